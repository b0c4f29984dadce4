// What was changed on the way to a canonical form, counted by kind and, where a log is wanted, listed: an equality that
// rests on a change never looks like one that does not.
#pragma once

#include "normalize/canonical_tar.h"
#include "normalize/tree.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Kind of change ("mtime", "order", "xattr-dropped security.selinux", …) to the number of entries.
using ChangeCounts = std::map<std::string, std::uint64_t, std::less<>>;

/// Adds the counts of `more` to `all`.
void add_counts(ChangeCounts& all, const ChangeCounts& more);

/// One entry of the change log.
struct Change {
    std::string path; ///< raw bytes; empty = the root, or the layer as a whole
    std::string what;
    std::string before;
    std::string after;
};

/// Compares entries with the members that they become. `log` may be null and must outlive the recorder.
class ChangeRecorder {
public:
    ChangeRecorder(ChangeCounts& counts, std::vector<Change>* log) : counts_(counts), log_(log) {}

    /// Before all else that concerns one path.
    void begin() { entry_changed_ = false; }
    /// Something that is not kept: an attribute, a record, a whole entry.
    void dropped(std::string_view path, std::string_view what, std::string_view value);
    /// What the values of a member are that its inode had otherwise.
    void member(const Tree& tree, const Node& node, const CanonicalMember& member);
    void whiteout(std::string_view path, const Entry& own);
    /// What no value shows: how `own`, the entry that stands at the member's path, is written. `header_hash` is that of
    /// the member's header blocks. After all else that concerns the path.
    void encoding(const LayerListing& listing, const Entry& own, const CanonicalMember& member,
                  std::uint64_t header_hash);
    /// What concerns the stream as a whole: the order of its entries, and what fills it up.
    void stream(const LayerListing& listing);

private:
    void changed(std::string_view path, std::string_view what, std::string_view before, std::string_view after);
    void number(std::string_view path, std::string_view what, std::int64_t before, std::int64_t after);
    void names_and_records(const LayerListing& listing, const Entry& own, std::string_view path);

    ChangeCounts& counts_;
    std::vector<Change>* log_;
    bool entry_changed_ = false; ///< anything since begin()
};

} // namespace touchstone
