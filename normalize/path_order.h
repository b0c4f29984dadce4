// The one order of paths: component by component, bytes unsigned. '/' sorts before every other byte, so that a
// directory comes right before what it holds and subtrees are contiguous (a plain byte sort would put "a.c" between "a"
// and "a/b").
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace touchstone {

/// How many bytes `a` and `b` begin with alike. Eight at a time: neighbours in a sorted list share most of their paths.
inline std::size_t common_prefix(std::string_view a, std::string_view b) {
    const std::size_t common = std::min(a.size(), b.size());
    std::size_t at = 0;
    while (at + sizeof(std::uint64_t) <= common) {
        std::uint64_t left = 0;
        std::uint64_t right = 0;
        std::memcpy(&left, a.data() + at, sizeof left);
        std::memcpy(&right, b.data() + at, sizeof right);
        if (left != right) break;
        at += sizeof left;
    }
    while (at < common && a[at] == b[at]) ++at;
    return at;
}

/// < 0, 0 or > 0, like strcmp.
inline int compare_paths(std::string_view a, std::string_view b) {
    const std::size_t at = common_prefix(a, b);
    if (at == std::min(a.size(), b.size())) return a.size() == b.size() ? 0 : (a.size() < b.size() ? -1 : 1);
    const auto rank = [](char c) { return c == '/' ? -1 : static_cast<int>(static_cast<unsigned char>(c)); };
    return rank(a[at]) - rank(b[at]);
}

struct PathLess {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return compare_paths(a, b) < 0; }
};

/// True when `path` lies below `directory` (not the same); everything but the root lies below the root "".
inline bool is_below(std::string_view path, std::string_view directory) {
    if (directory.empty()) return !path.empty();
    return path.size() > directory.size() && path[directory.size()] == '/' && path.starts_with(directory);
}

} // namespace touchstone
