// Drift is the root cause of many files at once: a finding of its own, with its files inside.
#include "diff/explain/owners.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace touchstone {

namespace {

bool is_usr_merged(const Tree& tree) {
    const Node* const bin = find_node(tree, "bin");
    return bin == nullptr || tree.inode_of(*bin).content->type == EntryType::symlink;
}

/// The content that a checksum is compared with, where we have it whole.
std::optional<ByteView> comparable(const Inode& inode, ByteView content) {
    if (inode.content->type == EntryType::symlink) return as_bytes(inode.content->link);
    if (inode.content->type == EntryType::file && content.size() == inode.content->size) return content;
    return std::nullopt;
}

} // namespace

void Owners::want(SecondLook& look) {
    for (std::size_t side : {0U, 1U}) {
        std::uint64_t room = package_files_limit;
        for (const Node& node : trees_.at(side)->nodes) {
            if (!is_package_database(node.path)) continue;
            const Entry& entry = *trees_.at(side)->inode_of(node).content;
            if (entry.type != EntryType::file) continue;
            if (entry.size > std::min(room, package_file_limit)) {
                skipped_.at(side).push_back(fmt::format("{}: too large to be read", printable(node.path)));
                continue;
            }
            room -= entry.size;
            databases_.at(side).emplace_back(node.path, &entry);
            look.want(side, entry);
        }
    }
}

void Owners::read(const SecondLook& look, const std::vector<DivergentFile>& files) {
    for (std::size_t side : {0U, 1U}) {
        PackageRequest request;
        for (const auto& [path, entry] : databases_.at(side)) {
            request.databases.emplace(path, as_text(look.content(*entry)));
        }
        for (const DivergentFile& file : files) request.wanted.emplace(file.path);
        request.usr_merged = is_usr_merged(*trees_.at(side));
        read_.at(side) = read_package_databases(std::move(request));
        for (std::string& trouble : skipped_.at(side)) read_.at(side).troubles.push_back(std::move(trouble));
    }
    drift_ = package_drift(read_[0], read_[1]);
}

void Owners::find(const DivergentFile& file, const std::array<ByteView, 2>& contents, FileExplanation& out) const {
    for (std::size_t side : {0U, 1U}) {
        if (file.inode.at(side) == nullptr) continue;
        const OwnedFile* const owned = read_.at(side).find(file.path);
        if (owned == nullptr) continue;
        out.owner.at(side) = ownership_of(read_.at(side), *owned, comparable(*file.inode.at(side), contents.at(side)));
    }
}

bool Owners::explains_whole(const DivergentFile& file, FileExplanation& out) const {
    bool drifts = false;
    for (std::size_t side : {0U, 1U}) {
        const Inode* const inode = file.inode.at(side);
        if (inode == nullptr) continue;
        const auto& owner = out.owner.at(side);
        if (!owner) return false;
        const bool plain = inode->content->type != EntryType::file && owner->match == Ownership::Match::not_recorded;
        if (!plain && owner->match != Ownership::Match::matches) return false;
        drifts = drifts || std::any_of(drift_.begin(), drift_.end(), [&](const PackageDrift& drift) {
                     return drift.system == owner->system && drift.package == owner->package &&
                            drift.version.at(side) == owner->version;
                 });
    }
    if (drifts) out.causes[CauseId::package_version] = 1;
    return drifts;
}

void Owners::finish(Explanation& result) const {
    std::map<std::pair<std::string_view, std::string_view>, PackageDrift*> by_name;
    result.drift = drift_;
    for (PackageDrift& drift : result.drift) by_name[{drift.system, drift.package}] = &drift;
    for (const FileExplanation& file : result.files) {
        const auto& owner = file.owner[0] ? file.owner[0] : file.owner[1];
        if (!owner) continue;
        const auto found = by_name.find({owner->system, owner->package});
        if (found != by_name.end()) found->second->files.push_back(file.path);
    }
    std::stable_sort(result.drift.begin(), result.drift.end(),
                     [](const PackageDrift& a, const PackageDrift& b) { return a.files.size() > b.files.size(); });
    for (std::size_t side : {0U, 1U}) result.packages.at(side) = read_.at(side).summary();
}

} // namespace touchstone
