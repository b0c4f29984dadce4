// A layer read once for everything: verified and listed, its content kept in an unnamed temporary file, and its
// canonical form made. Most layers come in canonical order already; then that file is the canonical form, made and
// hashed while the layer streamed by. Only for the others it is written from the content, once all is known.
#pragma once

#include "base/file.h"
#include "image/layer.h"
#include "normalize/canonical_layer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

struct CanonicalOptions {
    Profile profile;
    bool keep_stream = false;                   ///< SpooledLayer::stream is wanted
    bool changes = false;                       ///< CanonicalResult::changes are wanted
    bool log = false;                           ///< SpooledLayer::log, too
    Contents contents = Contents::fingerprints; ///< for proofs; digests need none
    bool read_back = false;                     ///< SpooledLayer::written is wanted; only with keep_stream
    bool with_root = false;                     ///< SpooledLayer::with_root is wanted, of images of one layer
    std::string directory;                      ///< where the temporary files are made; empty = wherever such files go
};

/// Immutable once read; may be shared by threads.
struct SpooledLayer {
    std::shared_ptr<const LayerListing> listing;
    std::shared_ptr<const File> content;
    std::vector<std::uint64_t> offsets; ///< of each entry's content in `content`
    CanonicalResult canonical;
    std::shared_ptr<const File> stream; ///< the canonical form itself; null when it was not wanted
    /// What `stream` holds, read from the file again, with the contents that were asked for; null when it was not
    /// wanted. Then canonical.digest is that of the bytes in the file, and what was written is what was read.
    std::shared_ptr<const LayerListing> written;
    std::vector<Change> log;
    /// The SHA-256 of the canonical form behind the header of an implied root, or of the form itself where it begins
    /// with a root: in most images of one layer that is their tree's. Nothing where that was not known while it
    /// streamed by.
    std::optional<Digest> with_root;
};

/// Reads and verifies a layer (see read_layer), and makes its canonical form. May be called from several threads.
std::shared_ptr<const SpooledLayer> spool_layer(const LayerRef& layer, const LayerLimits& limits, Progress* progress,
                                                const CanonicalOptions& options);

/// The content of any number of layers, which must outlive it. Reads ahead, because canonical order is mostly that of
/// the stream. One thread at a time; several stores may read the same layers.
class SpooledContent final : public ContentStore {
public:
    void add(const SpooledLayer& layer);
    void copy(const Entry& entry, ByteSink& out) override;

private:
    struct Reader {
        const SpooledLayer* layer = nullptr;
        std::vector<std::uint8_t> window;
        std::uint64_t start = 0; ///< of the window, in the file
        std::size_t held = 0;    ///< bytes in it
    };
    static void load(Reader& reader, std::uint64_t offset, const Entry& entry);
    std::vector<Reader> readers_; ///< sorted by the address of the first entry
};

} // namespace touchstone
