// The fact table: every property of a node that can differ, which rule (if any) makes the difference noise, and how
// much it weighs. The comparison, the JSON keys, the options and the docs all come from this table; a new fact is one
// row.
#pragma once

#include "diff/finding.h"
#include "diff/tree.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace touchstone {

/// One node as the facts see it.
struct NodeView {
    const Tree* tree = nullptr;
    const Node* node = nullptr;
    const Inode* inode = nullptr;
    NodeView(const Tree& t, const Node& n) : tree(&t), node(&n), inode(&t.inode_of(n)) {}
};

struct FactRow {
    std::string_view name;
    std::optional<Rule> rule; ///< the rule that hides it, where there is one
    bool security;            ///< always weighs as security; others ask diff/security.h
    bool (*equal)(const NodeView&, const NodeView&);
    std::string (*value)(const NodeView&); ///< for reports; raw bytes
    std::string_view meaning;
};

/// All facts of a file that have one value. `presence` and `xattr:NAME` are handled by compare_trees itself.
std::span<const FactRow> fact_table();

/// "file", "dir", "symlink", …; "whiteout" and "opaque" for those (only layer trees hold them).
std::string_view type_name(const Entry& entry);
std::string type_name(const NodeView& view);

/// The findings about two nodes of one path, and about a node that only one side has.
/// `whiteout` nodes' owners, modes and times fall under Rule::whiteout_metadata.
class FactSink {
public:
    virtual ~FactSink() = default;
    /// A fact that is not equal. `finding` has all but layers.
    virtual void difference(const FactRow& row, const NodeView& published, const NodeView& rebuilt, Weight weight,
                            std::optional<Rule> rule) = 0;
    virtual void xattr_difference(const std::string& name, const std::optional<std::string>& published,
                                  const std::optional<std::string>& rebuilt, const NodeView& published_node,
                                  const NodeView& rebuilt_node, Weight weight, std::optional<Rule> rule) = 0;
    virtual void only(Side side, const NodeView& node, Weight weight) = 0;
    /// Both sides have the path; `changed` when a fact differs that is not noise.
    virtual void pair(bool changed) = 0;
};

/// The one loop: merges two sorted trees and gives every difference to `sink`, in path order.
void compare_trees(const Tree& published, const Tree& rebuilt, const RuleSet& rules, FactSink& sink);

/// True when compare_trees finds nothing but noise.
bool same_but_for_noise(const Tree& published, const Tree& rebuilt, const RuleSet& rules);

/// A Finding for a difference of one fact (values formatted).
Finding make_finding(const FactRow& row, const NodeView& published, const NodeView& rebuilt, Weight weight,
                     std::optional<Rule> rule);
Finding make_xattr_finding(const std::string& name, const std::optional<std::string>& published,
                           const std::optional<std::string>& rebuilt, const NodeView& published_node,
                           const NodeView& rebuilt_node, Weight weight, std::optional<Rule> rule);
Finding make_presence_finding(Side side, const NodeView& node, Weight weight);

} // namespace touchstone
