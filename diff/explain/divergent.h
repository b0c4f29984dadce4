// The files that a comparison found to differ, each with all that was found about it and what both trees hold there.
#pragma once

#include "diff/comparison.h"
#include "normalize/tree.h"

#include <array>
#include <string_view>
#include <vector>

namespace touchstone {

/// One path with findings. Points into the findings and the trees.
struct DivergentFile {
    std::string_view path;
    std::vector<const Finding*> findings; ///< not empty
    Weight weight = Weight::real;         ///< the greatest of them
    std::array<const Inode*, 2> inode{};  ///< null: that side has no such path

    bool is_file(std::size_t side) const {
        return inode[side] != nullptr && inode[side]->content->type == EntryType::file;
    }
    /// Both are regular files, and their contents differ.
    bool content_differs() const;
    /// True when one side has an x bit.
    bool executable() const;
};

/// All of them, sorted by path. `findings` are sorted.
std::vector<DivergentFile> divergent_files(const std::vector<Finding>& findings,
                                           const std::array<const Tree*, 2>& trees);

/// The node at `path`, or nullptr.
const Node* find_node(const Tree& tree, std::string_view path);

} // namespace touchstone
