// Names of types and dialects, and the two views of a cleaned path that everybody needs.
#include "image/entry.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

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

namespace {

/// The length of `path` without its last component and the '/' before it; npos where there is none. memrchr goes by
/// vectors, rfind by bytes.
std::size_t last_slash(std::string_view path) {
    const void* const slash = path.empty() ? nullptr : ::memrchr(path.data(), '/', path.size());
    return slash == nullptr ? std::string_view::npos
                            : static_cast<std::size_t>(static_cast<const char*>(slash) - path.data());
}

} // namespace

std::string_view Entry::base_name() const {
    const std::size_t slash = last_slash(path);
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view Entry::parent() const {
    const std::size_t slash = last_slash(path);
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

// Millions of entries are kept at once.
static_assert(sizeof(Entry) <= 208);

} // namespace touchstone
