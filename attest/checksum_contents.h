// Contents of an image's files by the digests that lists are written in. They are computed while the layers are read
// for the first time, for the paths that a list names; only what lies there under another name (the first of several
// hard links) is read again. Memory is a few digests for each listed file.
#pragma once

#include "base/content_hash.h"
#include "diff/stack.h"
#include "image/entry.h"

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

class ChecksumContents {
public:
    /// Before the layers are read: these digests of what lies at `path`, or at its alias on usr-merged systems.
    void expect(std::string_view path, ContentHashes hashes);
    /// For LoadOptions::list. This object must outlive the loading.
    ListLayer reader();

    /// Afterwards: these digests of that entry. read() then reads what is not there yet.
    void want(const Entry& entry, ContentHashes hashes);
    /// Throws unverified where a content has another SHA-256 than when the image was loaded.
    void read(const Stack& stack, const LoadOptions& load);

    /// nullptr where it was not asked for.
    const ContentDigest* find(const Entry& entry, ContentHash hash) const;

private:
    class Collector;
    class Rereader;
    using Digests = std::vector<ContentDigest>;

    ContentHashes missing(const Entry& entry, ContentHashes hashes) const;
    void keep(const Entry& entry, Digests digests);

    std::map<std::string, ContentHashes, std::less<>> expected_;
    std::map<const Entry*, Digests> found_;
    std::map<const Entry*, ContentHashes> wanted_;
    mutable std::mutex mutex_; ///< layers are read by several threads
};

} // namespace touchstone
