// Names of types and dialects, and the two views of a cleaned path that everybody needs.
#include "image/entry.h"

#include <fmt/format.h>

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

std::string seconds_text(const Timestamp& time) {
    if (time.nanoseconds == 0) return std::to_string(time.seconds);
    // Nanoseconds count upwards also before 1970, so -2 s and 500000000 ns are -1.5.
    constexpr std::uint32_t second = 1'000'000'000;
    const bool negative = time.seconds < 0;
    std::string text = fmt::format("{}{}.{:09}", negative ? "-" : "", negative ? -(time.seconds + 1) : time.seconds,
                                   negative ? second - time.nanoseconds : time.nanoseconds);
    while (text.ends_with('0')) text.pop_back();
    return text;
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
