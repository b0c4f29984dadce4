// The table, and the loop over it. Equality is asked on the stored values, without formatting anything; only what
// differs and is kept gets a text.
#include "diff/facts.h"

#include "base/printable.h"
#include "diff/security.h"
#include "normalize/path_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

const Entry& content(const NodeView& view) {
    return *view.inode->content;
}
const Entry& meta(const NodeView& view) {
    return *view.inode->meta;
}

bool is_device(EntryType type) {
    return type == EntryType::char_device || type == EntryType::block_device;
}

std::string_view owner_name(const NodeView& view, std::uint32_t number) {
    return view.inode->listing == nullptr ? std::string_view() : view.inode->listing->owner_names.text_of(number);
}

constexpr std::uint32_t permission_bits = 07777;

bool same_kind(const NodeView& a, const NodeView& b) {
    return content(a).type == content(b).type && content(a).whiteout == content(b).whiteout;
}

/// Facts of content are only compared between nodes of one type: a changed type says it all.
bool content_equal(const NodeView& a, const NodeView& b) {
    return !same_kind(a, b) || content(a).type != EntryType::file || content(a).content == content(b).content;
}
bool size_equal(const NodeView& a, const NodeView& b) {
    return !same_kind(a, b) || content(a).type != EntryType::file || content(a).size == content(b).size;
}
bool link_equal(const NodeView& a, const NodeView& b) {
    return !same_kind(a, b) || content(a).link == content(b).link;
}
bool device_equal(const NodeView& a, const NodeView& b) {
    return !same_kind(a, b) || !is_device(content(a).type) ||
           (content(a).dev_major == content(b).dev_major && content(a).dev_minor == content(b).dev_minor);
}
/// A hard link's header may say something else than its target's: containerd applies the link's to the shared inode,
/// umoci keeps the target's. Only what is equal both ways is equal.
template <class Get>
bool equal_both_ways(const NodeView& a, const NodeView& b, Get get) {
    return get(meta(a)) == get(meta(b)) && get(content(a)) == get(content(b));
}
template <class Get>
std::string value_both_ways(const NodeView& view, Get get) {
    const std::string value = get(meta(view));
    const std::string target = get(content(view));
    return value == target ? value : fmt::format("{} (the header of {} has {})", value, content(view).path, target);
}
std::string mode_text(const Entry& entry) {
    return fmt::format("{:04o}", entry.permissions());
}
std::string uid_text(const Entry& entry) {
    return std::to_string(entry.uid);
}
std::string gid_text(const Entry& entry) {
    return std::to_string(entry.gid);
}

bool mode_equal(const NodeView& a, const NodeView& b) {
    if (same_kind(a, b) && content(a).type == EntryType::symlink) return true;
    return equal_both_ways(a, b, [](const Entry& entry) { return entry.permissions(); });
}
bool uid_equal(const NodeView& a, const NodeView& b) {
    return equal_both_ways(a, b, [](const Entry& entry) { return entry.uid; });
}
bool gid_equal(const NodeView& a, const NodeView& b) {
    return equal_both_ways(a, b, [](const Entry& entry) { return entry.gid; });
}
bool symlink_mode_equal(const NodeView& a, const NodeView& b) {
    return !(same_kind(a, b) && content(a).type == EntryType::symlink) ||
           meta(a).permissions() == meta(b).permissions();
}
bool ifmt_equal(const NodeView& a, const NodeView& b) {
    return (meta(a).mode & ~permission_bits) == (meta(b).mode & ~permission_bits);
}
bool times_equal(const NodeView& a, const NodeView& b) {
    static const EntryExtra none;
    const EntryExtra& left = meta(a).extra ? *meta(a).extra : none;
    const EntryExtra& right = meta(b).extra ? *meta(b).extra : none;
    return left.atime == right.atime && left.ctime == right.ctime;
}
std::string optional_time(const std::optional<Timestamp>& time) {
    return time ? seconds_text(*time) : "-";
}
std::string times_value(const NodeView& view) {
    if (!meta(view).extra) return "-/-";
    return optional_time(meta(view).extra->atime) + "/" + optional_time(meta(view).extra->ctime);
}
bool acl_equal(const NodeView& a, const NodeView& b) {
    const auto has_any = [](const NodeView& view) {
        return !view.tree->link_headers.empty() || (content(view).extra && !content(view).extra->acls.empty());
    };
    if (!has_any(a) && !has_any(b)) return true;
    return acls_of(*a.tree, a.node->inode) == acls_of(*b.tree, b.node->inode);
}
std::string acl_value(const NodeView& view) {
    std::string text;
    for (const auto& [name, acl] : acls_of(*view.tree, view.node->inode)) {
        text += fmt::format("{}{}:{}", text.empty() ? "" : " ", name, acl);
    }
    return text;
}

/// Which paths share the inode: the first of them and how many. (Every real difference of two groups shows on some
/// path.)
bool hardlink_equal(const NodeView& a, const NodeView& b) {
    if (a.inode->links != b.inode->links) return false;
    return a.inode->links <= 1 || a.tree->nodes[a.inode->first].path == b.tree->nodes[b.inode->first].path;
}
std::string hardlink_value(const NodeView& view) {
    if (view.inode->links <= 1) return "1 link";
    return fmt::format("{} links, the first is {}", view.inode->links, view.tree->nodes[view.inode->first].path);
}

std::string link_value(const NodeView& view) {
    return std::string(content(view).link);
}

constexpr std::array<FactRow, 15> facts{{
    {"type", std::nullopt, false, same_kind, type_name, "what kind of file it is"},
    {"content", std::nullopt, false, content_equal,
     [](const NodeView& v) { return to_digest(content(v).content).string(); }, "the SHA-256 of a file's content"},
    {"size", std::nullopt, false, size_equal, [](const NodeView& v) { return std::to_string(content(v).size); },
     "bytes of content"},
    {"mode", std::nullopt, false, mode_equal, [](const NodeView& v) { return value_both_ways(v, mode_text); },
     "permission bits with setuid, setgid and sticky"},
    {"uid", Rule::owner, true, uid_equal, [](const NodeView& v) { return value_both_ways(v, uid_text); },
     "numeric owner"},
    {"gid", Rule::owner, true, gid_equal, [](const NodeView& v) { return value_both_ways(v, gid_text); },
     "numeric group"},
    {"link", std::nullopt, false, link_equal, link_value, "where a link points"},
    {"device", std::nullopt, true, device_equal,
     [](const NodeView& v) { return fmt::format("{},{}", content(v).dev_major, content(v).dev_minor); },
     "device numbers"},
    {"hardlink", std::nullopt, false, hardlink_equal, hardlink_value, "which paths share the inode"},
    {"acl", std::nullopt, true, acl_equal, acl_value, "POSIX ACLs in SCHILY.acl records"},
    {"uname", Rule::owner_names, false,
     [](const NodeView& a, const NodeView& b) { return owner_name(a, meta(a).uname) == owner_name(b, meta(b).uname); },
     [](const NodeView& v) { return std::string(owner_name(v, meta(v).uname)); }, "the owner's name in the header"},
    {"gname", Rule::owner_names, false,
     [](const NodeView& a, const NodeView& b) { return owner_name(a, meta(a).gname) == owner_name(b, meta(b).gname); },
     [](const NodeView& v) { return std::string(owner_name(v, meta(v).gname)); }, "the group's name in the header"},
    {"mtime", Rule::mtime, false,
     [](const NodeView& a, const NodeView& b) { return meta(a).mtime == meta(b).mtime && times_equal(a, b); },
     [](const NodeView& v) {
         return times_value(v) == "-/-" ? seconds_text(meta(v).mtime)
                                        : seconds_text(meta(v).mtime) + " " + times_value(v);
     },
     "modification time (and access/change times where a header has them)"},
    {"ifmt-bits", Rule::ifmt_bits, false, ifmt_equal,
     [](const NodeView& v) { return fmt::format("{:o}", meta(v).mode); }, "file-type bits in the mode field"},
    {"symlink-mode", Rule::symlink_mode, false, symlink_mode_equal,
     [](const NodeView& v) { return fmt::format("{:04o}", meta(v).permissions()); },
     "permission bits of a symbolic link"},
}};

/// Whiteouts have a name and nothing else: all other facts of theirs are one kind of noise.
std::optional<Rule> hiding_rule(const FactRow& row, const NodeView& a, const NodeView& b) {
    const bool whiteouts = content(a).whiteout != Whiteout::none && content(a).whiteout == content(b).whiteout;
    return whiteouts ? std::optional(Rule::whiteout_metadata) : row.rule;
}

/// True when the two nodes cannot differ in anything but the hard-link group: the very same headers lie behind them.
bool same_headers(const NodeView& a, const NodeView& b) {
    const bool links_add = !a.tree->link_headers.empty() || !b.tree->link_headers.empty();
    return !links_add && a.inode->content == b.inode->content && a.inode->meta == b.inode->meta;
}

/// The rule that makes an attribute the host's business, if there is one.
std::optional<Rule> rule_of_xattr(std::string_view name) {
    return name == "security.selinux" ? std::optional(Rule::selinux_label) : std::nullopt;
}

/// True when nothing differs but, perhaps, times, owner names and the hard-link group: what most pairs of a rebuilt
/// image look like, asked without going through the table.
bool same_substance(const NodeView& a, const NodeView& b) {
    const Entry& x = content(a);
    const Entry& y = content(b);
    if (&meta(a) != &x || &meta(b) != &y || x.extra || y.extra) return false;
    if (!a.tree->link_headers.empty() || !b.tree->link_headers.empty()) return false;
    return x.content == y.content && x.size == y.size && x.mode == y.mode && x.uid == y.uid && x.gid == y.gid &&
           x.type == y.type && x.whiteout == y.whiteout && x.dev_major == y.dev_major && x.dev_minor == y.dev_minor &&
           x.link == y.link;
}

/// The facts that same_substance() leaves open.
constexpr bool is_loose(const FactRow& row) {
    return row.equal == hardlink_equal || row.rule == Rule::mtime || row.rule == Rule::owner_names;
}

/// Their rows, so that nearly every pair asks for four facts instead of looking at fifteen rows.
constexpr auto loose_rows = [] {
    std::array<const FactRow*, static_cast<std::size_t>(std::count_if(facts.begin(), facts.end(), is_loose))> rows{};
    auto* at = rows.begin();
    for (const FactRow& row : facts) {
        if (is_loose(row)) *at++ = &row;
    }
    return rows;
}();

bool compare_xattrs(const NodeView& a, const NodeView& b, const RuleSet& rules, FactSink& sink) {
    if (!has_xattrs(*a.tree, a.node->inode) && !has_xattrs(*b.tree, b.node->inode)) return false;
    const std::vector<NamedBytes> left = xattrs_of(*a.tree, a.node->inode);
    const std::vector<NamedBytes> right = xattrs_of(*b.tree, b.node->inode);
    bool differs = false;
    const auto report = [&](const std::string& name, const std::string* l, const std::string* r) {
        const std::optional<Rule> rule = rule_of_xattr(name);
        const bool noise = rule && rules.has(*rule);
        differs = differs || !noise;
        sink.xattr_difference(name, l ? std::optional(*l) : std::nullopt, r ? std::optional(*r) : std::nullopt, a, b,
                              noise ? Weight::noise : weight_of_xattr(name), noise ? rule : std::nullopt);
    };
    auto l = left.begin();
    auto r = right.begin();
    while (l != left.end() || r != right.end()) {
        if (r == right.end() || (l != left.end() && l->first < r->first)) {
            report(l->first, &l->second, nullptr);
            ++l;
        } else if (l == left.end() || r->first < l->first) {
            report(r->first, nullptr, &r->second);
            ++r;
        } else {
            if (l->second != r->second) report(l->first, &l->second, &r->second);
            ++l;
            ++r;
        }
    }
    return differs;
}

/// Tells the sink of a fact that differs; true when that is more than noise.
bool report_difference(const FactRow& row, const NodeView& a, const NodeView& b, const RuleSet& rules, FactSink& sink) {
    const std::optional<Rule> rule = hiding_rule(row, a, b);
    const bool noise = rule && rules.has(*rule);
    const Weight weight = noise ? Weight::noise : weight_of_change(row.name, row.security, a, b);
    sink.difference(row, a, b, weight, noise ? rule : std::nullopt);
    return !noise;
}

void compare_pair(const NodeView& a, const NodeView& b, const RuleSet& rules, FactSink& sink) {
    bool changed = false;
    const auto compare = [&](const FactRow& row) {
        if (!row.equal(a, b) && report_difference(row, a, b, rules, sink)) changed = true;
    };
    if (same_headers(a, b) || same_substance(a, b)) {
        for (const FactRow* row : loose_rows) compare(*row);
    } else {
        for (const FactRow& row : facts) compare(row);
        if (compare_xattrs(a, b, rules, sink)) changed = true;
    }
    sink.pair(changed);
}

void add_side(Finding& finding, Side side, const NodeView& view) {
    const auto i = static_cast<std::size_t>(side);
    finding.layers.at(i) = static_cast<int>(view.node->layer);
    if (view.inode->links > 1 && content(view).path != view.node->path)
        finding.stored_at.at(i) = std::string(content(view).path);
}

Finding base_finding(const NodeView& a, const NodeView& b) {
    Finding finding;
    finding.place = Place::file;
    finding.path = std::string(a.node->path);
    add_side(finding, Side::published, a);
    add_side(finding, Side::rebuilt, b);
    return finding;
}

} // namespace

std::span<const FactRow> fact_table() {
    return facts;
}

std::string_view type_name(const Entry& entry) {
    switch (entry.whiteout) {
    case Whiteout::none:
        break;
    case Whiteout::file:
        return "whiteout";
    case Whiteout::opaque:
        return "opaque";
    case Whiteout::aufs:
        return "aufs-metadata";
    }
    return name_of(entry.type);
}

std::string type_name(const NodeView& view) {
    return std::string(type_name(content(view)));
}

void compare_trees(const Tree& published, const Tree& rebuilt, const RuleSet& rules, FactSink& sink) {
    auto a = published.nodes.begin();
    auto b = rebuilt.nodes.begin();
    while (a != published.nodes.end() || b != rebuilt.nodes.end()) {
        const int order = a == published.nodes.end() ? 1
                          : b == rebuilt.nodes.end() ? -1
                                                     : compare_paths(a->path, b->path);
        if (order == 0) {
            compare_pair(NodeView(published, *a++), NodeView(rebuilt, *b++), rules, sink);
            continue;
        }
        const NodeView only = order < 0 ? NodeView(published, *a++) : NodeView(rebuilt, *b++);
        sink.only(order < 0 ? Side::published : Side::rebuilt, only, weight_of_presence(only));
    }
}

namespace {

/// Only asks whether there is any difference that is not noise.
class AnyDifference final : public FactSink {
public:
    bool found = false;
    void difference(const FactRow&, const NodeView&, const NodeView&, Weight weight, std::optional<Rule>) override {
        found = found || weight != Weight::noise;
    }
    void xattr_difference(const std::string&, const std::optional<std::string>&, const std::optional<std::string>&,
                          const NodeView&, const NodeView&, Weight weight, std::optional<Rule>) override {
        found = found || weight != Weight::noise;
    }
    void only(Side, const NodeView&, Weight) override { found = true; }
    void pair(bool) override {}
};

} // namespace

bool same_but_for_noise(const Tree& published, const Tree& rebuilt, const RuleSet& rules) {
    AnyDifference any;
    compare_trees(published, rebuilt, rules, any);
    return !any.found;
}

Finding make_finding(const FactRow& row, const NodeView& published, const NodeView& rebuilt, Weight weight,
                     std::optional<Rule> rule) {
    Finding finding = base_finding(published, rebuilt);
    finding.fact = row.name;
    finding.weight = weight;
    finding.published = row.value(published);
    finding.rebuilt = row.value(rebuilt);
    finding.rule = rule;
    return finding;
}

Finding make_xattr_finding(const std::string& name, const std::optional<std::string>& published,
                           const std::optional<std::string>& rebuilt, const NodeView& published_node,
                           const NodeView& rebuilt_node, Weight weight, std::optional<Rule> rule) {
    Finding finding = base_finding(published_node, rebuilt_node);
    finding.fact = "xattr:" + utf8_or_escaped(name);
    finding.weight = weight;
    finding.rule = rule;
    if (published) finding.published = "0x" + hex(*published);
    if (rebuilt) finding.rebuilt = "0x" + hex(*rebuilt);
    return finding;
}

Finding make_presence_finding(Side side, const NodeView& node, Weight weight) {
    Finding finding;
    finding.place = Place::file;
    finding.path = std::string(node.node->path);
    finding.fact = "presence";
    finding.weight = weight;
    finding.published = side == Side::published ? "present" : "absent";
    finding.rebuilt = side == Side::rebuilt ? "present" : "absent";
    add_side(finding, side, node);
    PresentFile present{.type = type_name(node), .size = 0, .content = std::nullopt};
    if (content(node).type == EntryType::file && content(node).whiteout == Whiteout::none) {
        present.size = content(node).size;
        present.content = to_digest(content(node).content).string();
    }
    finding.present = std::move(present);
    return finding;
}

} // namespace touchstone
