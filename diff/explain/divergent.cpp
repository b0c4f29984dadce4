// Findings are sorted by path, and so are the nodes.
#include "diff/explain/divergent.h"

#include "normalize/path_order.h"

#include <algorithm>

namespace touchstone {

namespace {
constexpr std::uint32_t executable_bits = 0111;
} // namespace

bool DivergentFile::content_differs() const {
    return is_file(0) && is_file(1) && inode[0]->content->content != inode[1]->content->content;
}

bool DivergentFile::executable() const {
    return std::any_of(inode.begin(), inode.end(), [](const Inode* one) {
        return one != nullptr && one->content->type == EntryType::file &&
               (one->meta->permissions() & executable_bits) != 0;
    });
}

const Node* find_node(const Tree& tree, std::string_view path) {
    const auto at =
        std::lower_bound(tree.nodes.begin(), tree.nodes.end(), path,
                         [](const Node& node, std::string_view p) { return compare_paths(node.path, p) < 0; });
    return at == tree.nodes.end() || at->path != path ? nullptr : &*at;
}

std::vector<DivergentFile> divergent_files(const std::vector<Finding>& findings,
                                           const std::array<const Tree*, 2>& trees) {
    std::vector<DivergentFile> files;
    for (const Finding& finding : findings) {
        if (finding.place != Place::file) continue;
        if (files.empty() || files.back().path != finding.path) {
            DivergentFile file;
            file.path = finding.path;
            for (std::size_t side : {0U, 1U}) {
                const Node* const node = find_node(*trees[side], finding.path);
                if (node != nullptr) file.inode[side] = &trees[side]->inode_of(*node);
            }
            files.push_back(std::move(file));
        }
        files.back().findings.push_back(&finding);
        files.back().weight = std::max(files.back().weight, finding.weight);
    }
    return files;
}

} // namespace touchstone
