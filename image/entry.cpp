// Names of types and dialects, and the two views of a cleaned path that everybody needs.
#include "image/entry.h"

#include <array>

namespace touchstone {

std::string_view name_of(EntryType type) {
    constexpr std::array<std::string_view, 7> names{"file", "hardlink", "symlink", "char", "block", "dir", "fifo"};
    return names[static_cast<std::size_t>(type)];
}

std::string_view name_of(Dialect dialect) {
    constexpr std::array<std::string_view, 5> names{"v7", "ustar", "star", "gnu", "pax"};
    return names[static_cast<std::size_t>(dialect)];
}

std::string_view Entry::base_name() const {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view Entry::parent() const {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

// Millions of entries are kept at once.
static_assert(sizeof(Entry) <= 208);

} // namespace touchstone
