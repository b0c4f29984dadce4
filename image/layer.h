// A layer, read: one pass over the blob verifies its digest, size and diffID, lists its entries with the SHA-256 of
// every file, and keeps what the encoders left behind. Nothing is written to disk.
#pragma once

#include "base/arena.h"
#include "base/compression.h"
#include "base/digest.h"
#include "base/lane.h"
#include "base/progress.h"
#include "image/entry.h"
#include "image/image.h"
#include "image/lazy_view.h"
#include "image/oddity.h"
#include "image/tar_reader.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace touchstone {

struct LayerLimits {
    TarLimits tar;
    InflateLimits inflate;

    bool operator==(const LayerLimits&) const = default;
};

/// Everything that one layer holds. Immutable once read; may be shared by threads and by both sides of a comparison.
struct LayerListing {
    bool listed = true;     ///< false: only the blob was verified; diff_id is the promised one, the rest is unknown
    Digest blob;            ///< computed over the stored bytes (the algorithm that was expected, else sha256)
    Digest diff_id;         ///< computed over the uncompressed stream (likewise)
    std::uint64_t size = 0; ///< stored bytes
    std::uint64_t uncompressed = 0;
    CompressionFacts compression;
    std::optional<LazyDigests> lazy; ///< of the table of contents for lazy pulling, where there is one that can be read
    TarTail tail;
    std::vector<Entry> entries;   ///< in stream order
    std::vector<Oddity> oddities; ///< of the stream and of the set of entries; `layer` is -1 until a stack sets it
    StringTable owner_names;
    Arena arena; ///< owns what the entries' views point at

    LayerListing() = default;
    LayerListing(const LayerListing&) = delete;
    LayerListing& operator=(const LayerListing&) = delete;
};

/// What Entry::content is to hold.
enum class Contents : std::uint8_t {
    none,         ///< zeros: nobody looks at it, and hashing is a fifth of the work
    fingerprints, ///< something to tell equal from different within this process (base/fingerprint.h)
    digests,      ///< the SHA-256
};

/// Called with each regular file's content as it streams by.
class ContentVisitor {
public:
    virtual ~ContentVisitor() = default;
    /// Called for each entry by read_layer, before its content; `so_far` holds the entries before it. The views of
    /// `entry` live as long as the listing, `entry` itself does not.
    virtual void entry(const LayerListing& so_far, const Entry& entry);
    /// What read_layer puts into Entry::content. Asked once, first.
    virtual Contents contents() const { return Contents::digests; }
    /// True when the content of this entry is wanted (index in stream order).
    virtual bool wants(std::size_t index, const Entry& entry) = 0;
    virtual void bytes(std::size_t index, ByteView stretch) = 0;
    virtual void end(std::size_t index) = 0;
    /// Where the visitor puts off work that other threads may do while they wait (base/lane.h); by default nowhere.
    /// Asked once, by read_layer; must live until that returns.
    virtual Lane* lane() { return nullptr; }
};

/// For those who want to list a layer and see none of the content.
class NoContent final : public ContentVisitor {
public:
    explicit NoContent(Contents contents) : contents_(contents) {}
    Contents contents() const override { return contents_; }
    bool wants(std::size_t, const Entry&) override { return false; }
    void bytes(std::size_t, ByteView) override {}
    void end(std::size_t) override {}

private:
    Contents contents_;
};

/// Reads and verifies one layer. `progress` may be null, and so may `visitor`, which is shown the content while it
/// passes (not yet verified: what it keeps is worth something only once read_layer has returned). Throws unverified
/// when blob digest, size or diffID is not what `layer` promises, and whatever the decoders and the tar reader throw,
/// with layer.name in front.
std::unique_ptr<LayerListing> read_layer(const LayerRef& layer, const LayerLimits& limits, Progress* progress,
                                         ContentVisitor* visitor = nullptr);

/// read_layer in two steps: first what the blob alone decides; then what compares it with the words of the image that
/// names it. Those who keep listings by the digest of the blob (image/cache) keep what the first step gives.
std::unique_ptr<LayerListing> list_blob(const LayerRef& layer, const LayerLimits& limits, Progress* progress,
                                        ContentVisitor* visitor = nullptr);
void compare_with_reference(const LayerRef& layer, LayerListing& listing);

/// Verifies the blob's digest and size only: for a blob that was already listed from the other side.
void verify_blob(const LayerRef& layer, Progress* progress);

/// Verifies blob and diffID without listing: for another encoding of a stream that was already listed.
/// Returns a listing without entries, oddities and tail.
std::unique_ptr<LayerListing> verify_layer(const LayerRef& layer, const LayerLimits& limits, Progress* progress);

/// A second pass over a layer that was verified before, for the content of some entries. Verifies again.
void visit_content(const LayerRef& layer, const LayerLimits& limits, ContentVisitor& visitor);

/// The content of some entries (indices in stream order, sorted, unique) of a layer that was read and verified before;
/// stops behind the last of them. Verifies nothing: the caller compares what it keeps with the digests it has.
void read_contents(const LayerRef& layer, const LayerLimits& limits, std::span<const std::size_t> indices,
                   ContentVisitor& visitor);

/// The oddities of a layer as a set of entries (triggers T2-T7, T11, T12, T15 and names of spec section 2.3), appended
/// to `listing.oddities`. Called by read_layer; separate so that tests reach it. Refuses (malformed) what containerd's
/// validateWhiteout refuses: `.wh.`, `.wh..`, `.wh...`.
void check_entries(LayerListing& listing);

} // namespace touchstone
