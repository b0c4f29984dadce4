// Sets of causes are small (48 bits), so a file's needs are one number and settling is a comparison of numbers.
#include "diff/explain/conclusions.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <set>
#include <string_view>
#include <unordered_map>

namespace touchstone {

namespace {

using Needs = std::bitset<static_cast<std::size_t>(CauseId::last_)>;

std::size_t index_of(CauseId cause) {
    return static_cast<std::size_t>(cause);
}

/// What has to be settled for a file to be equal. What follows from another file needs that file's causes instead.
class NeedsOfFiles {
public:
    explicit NeedsOfFiles(const std::vector<FileExplanation>& files) : files_(files) {
        for (std::size_t i = 0; i < files.size(); ++i) by_path_.emplace(files[i].path, i);
    }

    /// False where something is not explained, in it or in what it follows from.
    bool find(std::size_t index, Needs& needs) const {
        std::set<std::size_t> seen; // files may name each other's digests in a ring
        return add(index, needs, seen);
    }

private:
    bool add(std::size_t index, Needs& needs, std::set<std::size_t>& seen) const {
        if (!seen.insert(index).second) return true;
        const FileExplanation& file = files_[index];
        if (!file.explained) return false;
        bool has_own = false;
        for (const auto& [cause, count] : file.causes) {
            if (cause == CauseId::derived) continue;
            needs.set(index_of(cause));
            has_own = true;
        }
        std::set<std::string_view> sources;
        if (!file.derived_of.empty()) sources.insert(file.derived_of);
        collect(file.part, sources);
        bool all = true;
        bool has_source = false;
        for (const std::string_view source : sources) {
            const auto found = by_path_.find(source);
            if (found == by_path_.end() || seen.size() > depth_limit) continue;
            has_source = true;
            all = add(found->second, needs, seen) && all;
        }
        // A trailer or a build id inside the file follows from the rest of it, which has its own causes.
        return all && (has_own || has_source);
    }

    static void collect(const Part& part, std::set<std::string_view>& sources) {
        for (const Difference& difference : part.differences) {
            if (!difference.derived_of.empty()) sources.insert(difference.derived_of);
        }
        for (const Part& inner : part.parts) collect(inner, sources);
    }

    /// A digest of a file of digests of files … is at three; more is somebody's game.
    static constexpr std::size_t depth_limit = 64;
    const std::vector<FileExplanation>& files_;
    std::unordered_map<std::string_view, std::size_t> by_path_;
};

struct Settling {
    CauseId cause = CauseId::last_;
    std::uint64_t settles = 0;
    std::uint64_t files = 0;
};

std::uint64_t files_with(const std::vector<FileExplanation>& files, CauseId cause) {
    return static_cast<std::uint64_t>(std::count_if(
        files.begin(), files.end(), [&](const FileExplanation& file) { return file.causes.contains(cause); }));
}

Remedy make_remedy(const std::vector<FileExplanation>& files, const Settling& best) {
    const auto example = std::find_if(files.begin(), files.end(),
                                      [&](const FileExplanation& f) { return f.causes.contains(best.cause); });
    Remedy remedy{.cause = best.cause,
                  .text = std::string(row_of(best.cause).remedy),
                  .files = best.files,
                  .settles = best.settles,
                  .example = example == files.end() ? "" : example->path};
    // A log's own line says which directory to remove; where all files of the cause have one line, that is better.
    const bool same = example != files.end() && !example->remedy.empty() &&
                      std::all_of(files.begin(), files.end(), [&](const FileExplanation& f) {
                          return !f.causes.contains(best.cause) || f.remedy == example->remedy;
                      });
    if (same && best.cause == CauseId::cache_or_log) remedy.text = example->remedy;
    return remedy;
}

} // namespace

std::vector<Vote> count_votes(const std::vector<FileExplanation>& files) {
    struct Key {
        CauseId cause;
        std::array<std::string, 2> values;
        bool operator<(const Key& other) const {
            return cause != other.cause ? cause < other.cause : values < other.values;
        }
    };
    std::map<Key, std::uint64_t> counts;
    const auto collect = [](const auto& self, const Part& part, std::set<Key>& keys) -> void {
        for (const Difference& difference : part.differences) {
            const bool said = difference.cause && !difference.values[0].empty() && !difference.values[1].empty();
            if (said) keys.insert({*difference.cause, difference.values});
        }
        for (const Part& inner : part.parts) self(self, inner, keys);
    };
    for (const FileExplanation& file : files) {
        std::set<Key> keys;
        collect(collect, file.part, keys);
        for (const Key& key : keys) ++counts[key];
    }
    std::vector<Vote> votes;
    for (const auto& [key, count] : counts) {
        if (count >= 2) votes.push_back({.cause = key.cause, .values = key.values, .files = count});
    }
    std::stable_sort(votes.begin(), votes.end(), [](const Vote& a, const Vote& b) { return a.files > b.files; });
    if (votes.size() > vote_limit) votes.resize(vote_limit);
    return votes;
}

std::vector<Remedy> find_remedies(const std::vector<FileExplanation>& files) {
    const NeedsOfFiles all(files);
    std::vector<Needs> open; // of files that can be settled and are not yet
    Needs causes;
    for (std::size_t i = 0; i < files.size(); ++i) {
        for (const auto& [cause, count] : files[i].causes) causes.set(index_of(cause));
        Needs needs;
        if (all.find(i, needs) && needs.any()) open.push_back(needs);
    }
    causes.reset(index_of(CauseId::derived)); // its remedy is that of what it follows from
    causes.reset(index_of(CauseId::unexplained_code));
    std::vector<Remedy> remedies;
    Needs done;
    while (causes.any()) {
        Settling best;
        for (const CauseRow& row : cause_table()) {
            if (!causes.test(index_of(row.id))) continue;
            Needs with = done;
            with.set(index_of(row.id));
            const auto settled = static_cast<std::uint64_t>(
                std::count_if(open.begin(), open.end(), [&](const Needs& needs) { return (needs & ~with).none(); }));
            const Settling one{.cause = row.id, .settles = settled, .files = files_with(files, row.id)};
            const bool better = best.cause == CauseId::last_ || one.settles > best.settles ||
                                (one.settles == best.settles && one.files > best.files);
            if (better) best = one;
        }
        causes.reset(index_of(best.cause));
        done.set(index_of(best.cause));
        std::erase_if(open, [&](const Needs& needs) { return (needs & ~done).none(); });
        remedies.push_back(make_remedy(files, best));
    }
    return remedies;
}

} // namespace touchstone
