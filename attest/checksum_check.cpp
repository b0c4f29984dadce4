// First it is settled where each listed path lies in the tree, then what was not hashed yet is read, then each fact is
// compared. A path is followed in two ways only, both of package managers: into usr/ on usr-merged systems, and to
// where dpkg's diversions say that other packages' files were put.
#include "attest/checksum_check.h"

#include "attest/checksum_contents.h"
#include "base/error.h"
#include "base/printable.h"
#include "diff/explain/divergent.h"
#include "diff/explain/package_reader.h"
#include "diff/explain/second_look.h"
#include "diff/tree.h"
#include "normalize/path_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace touchstone {

namespace {

constexpr std::string_view diversions_path = "var/lib/dpkg/diversions";
/// Real ones have some dozens of lines.
constexpr std::uint64_t diversions_limit = std::uint64_t{1} << 20;

/// A path of the tree; of the root without an entry, what runtimes make of it.
struct Spot {
    std::string_view path;
    const Entry* content = nullptr;
    const Entry* meta = nullptr;
    std::optional<std::size_t> node; ///< index; absent for the root
};

class Places {
public:
    explicit Places(const Tree& tree) : tree_(tree) {}

    std::optional<Spot> find(std::string_view path) const {
        if (path.empty()) {
            const Entry& root = tree_.root == nullptr ? implied_directory() : *tree_.root;
            return Spot{path, &root, &root, std::nullopt};
        }
        const Node* node = find_node(tree_, path);
        if (node == nullptr) node = find_alias(path);
        if (node == nullptr) return std::nullopt;
        const Inode& inode = tree_.inode_of(*node);
        return Spot{node->path, inode.content, inode.meta, static_cast<std::size_t>(node - tree_.nodes.data())};
    }

private:
    /// bin/ls is usr/bin/ls where bin is a symbolic link to usr/bin.
    const Node* find_alias(std::string_view path) const {
        const std::optional<std::string> alias = usr_alias(path);
        if (!alias || alias->size() < path.size()) return nullptr; // from bin into usr/bin only
        const std::string_view top = path.substr(0, path.find('/'));
        const Node* const link = find_node(tree_, top);
        if (link == nullptr) return nullptr;
        const Entry& entry = *tree_.inode_of(*link).content;
        const std::string target = "usr/" + std::string(top);
        const bool merged = entry.type == EntryType::symlink && database_path(entry.link) == target;
        return merged ? find_node(tree_, *alias) : nullptr;
    }

    const Tree& tree_;
};

/// The text of the image's own diversions; empty where it has none.
std::string diversions_of(const Stack& stack, const Tree& tree, const LoadOptions& load) {
    const Node* const node = find_node(tree, diversions_path);
    if (node == nullptr) return {};
    const Entry& entry = *tree.inode_of(*node).content;
    if (entry.type != EntryType::file) return {};
    if (entry.size > diversions_limit) {
        fail(ErrorKind::over_limit,
             fmt::format("{}: {} are too much for a list of diversions", diversions_path, human_bytes(entry.size)));
    }
    SecondLook look({&stack, &stack}, load);
    look.want(0, entry);
    look.read();
    return std::string(as_text(look.content(entry)));
}

ContentHashes hashes_of(const ChecksumEntry& entry) {
    ContentHashes hashes = 0;
    for (const ContentDigest& digest : entry.digests) hashes |= bit_of(digest.hash);
    return hashes & ~bit_of(ContentHash::sha256); // that one every entry of a tree has
}

class Judge {
public:
    Judge(const Tree& tree, const ChecksumContents& contents) : places_(tree), contents_(contents) {}

    /// What does not hold of an entry at a place. `other_kind`: nothing else was compared.
    std::vector<ListedDifference> compare(const ChecksumEntry& entry, const Spot& spot, bool& other_kind) {
        std::vector<ListedDifference> differences;
        const Entry& found = *spot.content;
        const bool link_by_digest = entry.may_be_link && found.type == EntryType::symlink;
        const std::string_view expected = entry.may_be_link ? name_of(EntryType::file) : entry.kind;
        other_kind = !expected.empty() && expected != name_of(found.type) && !link_by_digest;
        if (other_kind) {
            differences.push_back({"type", std::string(expected), std::string(name_of(found.type))});
            return differences;
        }
        if (link_by_digest) {
            compare_content(entry, as_bytes(found.link), differences);
        } else if (found.type == EntryType::file) {
            compare_content(entry, found, differences);
        }
        const auto number = [&](std::string_view fact, const auto& listed, std::uint64_t value) {
            if (listed && *listed != value)
                differences.push_back({fact, std::to_string(*listed), std::to_string(value)});
        };
        const bool is_link = found.type == EntryType::symlink;
        if (found.type == EntryType::file) number("size", entry.size, found.size);
        if (entry.link && is_link && *entry.link != found.link) {
            differences.push_back({"link", *entry.link, std::string(found.link)});
        }
        const Entry& meta = *spot.meta;
        if (entry.mode && !is_link && *entry.mode != meta.permissions()) {
            differences.push_back(
                {"mode", fmt::format("{:04o}", *entry.mode), fmt::format("{:04o}", meta.permissions())});
        }
        number("uid", entry.uid, meta.uid);
        number("gid", entry.gid, meta.gid);
        return differences;
    }

    const Places& places() const { return places_; }

private:
    using Differences = std::vector<ListedDifference>;

    /// All digests must hold; the strongest that does not is named.
    void compare_content(const ChecksumEntry& entry, const Entry& found, Differences& differences) const {
        const ContentDigest* wrong = nullptr;
        std::string value;
        for (const ContentDigest& digest : entry.digests) {
            const ContentDigest own = digest_of_entry(found, digest.hash);
            if (own == digest || (wrong != nullptr && wrong->hash > digest.hash)) continue;
            wrong = &digest;
            value = text_of(own);
        }
        if (wrong != nullptr) differences.push_back({"content", text_of(*wrong), value});
    }
    /// Of a symbolic link's target.
    void compare_content(const ChecksumEntry& entry, ByteView target, Differences& differences) {
        for (const ContentDigest& digest : entry.digests) {
            hasher_.start(bit_of(digest.hash));
            hasher_.update(target);
            const ContentDigest own = hasher_.finish().front();
            if (own != digest) differences.push_back({"link", text_of(digest), text_of(own)});
        }
    }
    ContentDigest digest_of_entry(const Entry& found, ContentHash hash) const {
        if (hash == ContentHash::sha256) return {hash, std::string(as_text(ByteView(found.content)))};
        const ContentDigest* const digest = contents_.find(found, hash);
        if (digest == nullptr) {
            fail(ErrorKind::unverified,
                 fmt::format("{}: its content could not be read again: the image changed", printable(found.path)));
        }
        return *digest;
    }

    Places places_;
    const ChecksumContents& contents_;
    ContentHasher hasher_;
};

/// Of package managers only dpkg has diversions, and only its own lists mean a package's file by a path.
bool follows_diversions(const ChecksumList& list) {
    return list.format == ListFormat::md5sums;
}

/// Where the entries of one list can lie.
class ListPlaces {
public:
    ListPlaces(const Places& places, const ChecksumList& list, std::string_view diversions) : places_(places) {
        if (follows_diversions(list)) diversions_ = read_diversions(diversions);
    }
    std::optional<Spot> usual(const ChecksumEntry& entry) const { return places_.find(entry.path); }
    std::optional<Spot> diverted(const ChecksumEntry& entry) const {
        if (diversions_.empty()) return std::nullopt;
        const auto diversion = diversions_.find(std::string_view(entry.path));
        return diversion == diversions_.end() ? std::nullopt : places_.find(diversion->second.target);
    }

private:
    const Places& places_;
    std::map<std::string_view, Diversion> diversions_;
};

/// Findings and counts as they come, within the bounds.
class Outcome {
public:
    Outcome(ChecksumCheck& check, const Tree& tree) : check_(check), covered_(tree.nodes.size()) {}

    void judge(std::size_t index, const ChecksumEntry& entry, const ListPlaces& places, Judge& judge) {
        ChecksumCounts& counts = check_.lists[index].counts;
        ++counts.listed;
        const std::optional<Spot> usual = places.usual(entry);
        ChecksumFinding finding;
        finding.path = entry.path;
        finding.list = index;
        bool other_kind = false;
        if (usual) {
            cover(*usual);
            finding.differences = judge.compare(entry, *usual, other_kind);
            if (usual->path != entry.path) finding.place = usual->path;
        }
        if (usual && finding.differences.empty()) return hold(entry, *usual, std::move(finding));
        if (const std::optional<Spot> diverted = places.diverted(entry)) {
            cover(*diverted);
            bool kind = false;
            if (judge.compare(entry, *diverted, kind).empty()) {
                finding.differences.clear();
                finding.place = diverted->path;
                finding.state = PathState::diverted;
                return hold(entry, *diverted, std::move(finding));
            }
        }
        if (!usual) return lack(entry, std::move(finding));
        finding.state = other_kind ? PathState::other_kind : PathState::differs;
        ++(other_kind ? counts.other_kind : counts.differs);
        keep(std::move(finding));
    }

    void unlisted(const Tree& tree) {
        for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
            const EntryType type = tree.inode_of(tree.nodes[i]).content->type;
            if (covered_[i] || type == EntryType::directory) continue;
            const bool is_file = type == EntryType::file;
            ++(is_file ? check_.unlisted_files : check_.unlisted_others);
            ChecksumFinding finding;
            finding.path = tree.nodes[i].path;
            finding.state = PathState::unlisted;
            finding.fails = is_file && check_.rules.complete;
            if (finding.fails || check_.rules.all) keep(std::move(finding));
        }
    }

    void finish() {
        std::stable_sort(check_.findings.begin(), check_.findings.end(),
                         [](const ChecksumFinding& a, const ChecksumFinding& b) {
                             const int order = compare_paths(a.path, b.path);
                             return order != 0 ? order < 0 : a.list < b.list;
                         });
        for (ChecksumFinding& finding : check_.findings) {
            if (finding.path.empty()) finding.path = ".";
        }
        // A list of which nothing is there is the list of something else.
        const bool all_met = std::all_of(check_.lists.begin(), check_.lists.end(),
                                         [](const CheckedList& one) { return one.counts.matches > 0; });
        check_.pass = !failed_ && all_met;
    }

private:
    void cover(const Spot& spot) {
        if (spot.node) covered_[*spot.node] = true;
    }

    void hold(const ChecksumEntry& entry, const Spot& spot, ChecksumFinding finding) {
        ChecksumCounts& counts = check_.lists[*finding.list].counts;
        const bool is_file = spot.content->type == EntryType::file;
        if (entry.digests.empty() && entry.unknown_digest) {
            ++counts.uncheckable;
            finding.state = PathState::uncheckable;
            return keep(std::move(finding));
        }
        ++counts.matches;
        const bool weak = std::all_of(entry.digests.begin(), entry.digests.end(),
                                      [](const ContentDigest& digest) { return row_of(digest.hash).weak; });
        if (entry.digests.empty()) {
            counts.without_content += is_file ? 1 : 0;
        } else {
            counts.weak += weak ? 1 : 0;
        }
        if (finding.state != PathState::diverted) return;
        ++counts.diverted;
        finding.fails = false; // but always shown: it is the image that says where to look
        keep(std::move(finding));
    }

    void lack(const ChecksumEntry& entry, ChecksumFinding finding) {
        ChecksumCounts& counts = check_.lists[*finding.list].counts;
        ++counts.missing;
        counts.optional += entry.may_be_absent ? 1 : 0;
        finding.state = PathState::missing;
        finding.fails = !entry.may_be_absent && !check_.rules.ignore_missing;
        if (finding.fails || check_.rules.all) keep(std::move(finding));
    }

    void keep(ChecksumFinding finding) {
        failed_ = failed_ || finding.fails;
        ++check_.findings_total;
        if (check_.findings.size() < checksum_findings_kept) check_.findings.push_back(std::move(finding));
    }

    ChecksumCheck& check_;
    std::vector<bool> covered_; ///< nodes that some list has
    bool failed_ = false;
};

void want_contents(const std::vector<ChecksumList>& lists, const Places& places, std::string_view diversions,
                   ChecksumContents& contents) {
    for (const ChecksumList& list : lists) {
        const ListPlaces in_list(places, list, diversions);
        for (const ChecksumEntry& entry : list.entries) {
            for (const std::optional<Spot>& spot : {in_list.usual(entry), in_list.diverted(entry)}) {
                if (spot && spot->content->type == EntryType::file) contents.want(*spot->content, hashes_of(entry));
            }
        }
    }
}

} // namespace

std::string_view name_of(PathState state) {
    constexpr std::array<std::string_view, 7> names{"matches", "diverted",    "differs", "other-kind",
                                                    "missing", "uncheckable", "unlisted"};
    return names.at(static_cast<std::size_t>(state));
}

ChecksumCheck check_image(const Image& image, std::vector<ChecksumList> lists, const ChecksumRules& rules,
                          LoadOptions load) {
    if (image.is_artifact) {
        fail(ErrorKind::unsupported, fmt::format("{}: an artifact: it has no files", printable(image.reference.text)));
    }
    ChecksumContents contents;
    for (const ChecksumList& list : lists) {
        for (const ChecksumEntry& entry : list.entries) contents.expect(entry.path, hashes_of(entry));
    }
    load.kept = false; // all is read, whatever was found before
    load.contents = Contents::digests;
    load.list = contents.reader();
    const std::vector<Stack> stacks = load_stacks({&image}, load);
    const Stack& stack = stacks.front();
    std::vector<Oddity> oddities;
    const Tree tree = build_tree(stack, oddities);

    const bool of_dpkg = std::any_of(lists.begin(), lists.end(), follows_diversions);
    const std::string diversions = of_dpkg ? diversions_of(stack, tree, load) : std::string();
    Judge judge(tree, contents);
    want_contents(lists, judge.places(), diversions, contents);
    contents.read(stack, load);

    ChecksumCheck check;
    check.reference = image.reference.text;
    if (image.platform) check.platform = image.platform->string();
    if (image.manifest) check.manifest = image.manifest->string();
    check.rules = rules;
    check.lists.resize(lists.size());
    Outcome outcome(check, tree);
    for (std::size_t i = 0; i < lists.size(); ++i) {
        const ListPlaces places(judge.places(), lists[i], diversions);
        for (const ChecksumEntry& entry : lists[i].entries) outcome.judge(i, entry, places, judge);
        lists[i].entries = {};
        check.lists[i].list = std::move(lists[i]);
    }
    outcome.unlisted(tree);
    outcome.finish();
    return check;
}

} // namespace touchstone
