// Canonical streams: CLF-1 of one layer, CRF-1 of a merged tree (docs/canonical-layer.md). One writer makes both from a
// list of members; content is fetched by entry, because its place in the canonical order is not its place in the layer.
#pragma once

#include "base/digest.h"
#include "base/sink.h"
#include "normalize/profile.h"
#include "normalize/tree.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace touchstone {

/// Gives the content of regular files, in any order. Safe to use from one thread at a time.
class ContentStore {
public:
    virtual ~ContentStore() = default;
    /// Writes exactly entry.size bytes. Throws unreadable.
    virtual void copy(const Entry& entry, ByteSink& out) = 0;
};

/// What was changed on the way to the canonical form: rule or record name to the number of entries. An equality that
/// rests on one of these never looks like one that does not.
using ChangeCounts = std::map<std::string, std::uint64_t, std::less<>>;

/// One entry of the change log.
struct Change {
    std::string path; ///< raw bytes
    std::string what; ///< "mtime", "owner", "owner-names", "xattr-dropped security.selinux", …
    std::string before;
    std::string after;
};

struct CanonicalResult {
    Digest digest;          ///< sha256 of the stream
    std::uint64_t size = 0; ///< bytes of the stream
    ChangeCounts changes;
};

/// Writes the canonical form of one layer to `out`. `tree` is that of build_layer_tree. `log` may be null.
CanonicalResult write_canonical_layer(const Tree& tree, const Profile& profile, ContentStore& content, ByteSink& out,
                                      std::vector<Change>* log);

/// Writes CRF-1 of a merged tree: no whiteouts, implied directories and the root always there.
CanonicalResult write_canonical_tree(const Tree& tree, const Profile& profile, ContentStore& content, ByteSink& out);

} // namespace touchstone
