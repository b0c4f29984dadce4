// The one order of paths: component by component, bytes unsigned. '/' sorts before every other byte, so that a
// directory comes right before what it holds and subtrees are contiguous (a plain byte sort would put "a.c" between "a"
// and "a/b").
#pragma once

#include <algorithm>
#include <string_view>

namespace touchstone {

/// < 0, 0 or > 0, like strcmp.
inline int compare_paths(std::string_view a, std::string_view b) {
    const std::size_t common = std::min(a.size(), b.size());
    const auto difference = std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(common), b.begin());
    if (difference.first == a.begin() + static_cast<std::ptrdiff_t>(common)) {
        return a.size() == b.size() ? 0 : (a.size() < b.size() ? -1 : 1);
    }
    const auto rank = [](char c) { return c == '/' ? -1 : static_cast<int>(static_cast<unsigned char>(c)); };
    return rank(*difference.first) - rank(*difference.second);
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
