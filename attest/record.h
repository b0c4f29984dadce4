// Records: what is written down of an image while it can be had, so that it is recognized later without its publisher,
// from whatever registry, archive or encoding it comes back. Everything but the claims was computed from verified
// bytes.
#pragma once

#include "attest/listing_file.h"
#include "base/file.h"
#include "diff/stack.h"
#include "image/image.h"
#include "normalize/tree.h"
#include "report/json_writer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

struct RecordedLayer {
    std::optional<std::string> digest; ///< of the stored blob; absent where nothing names it
    std::string diff_id;
    std::string chain_id;  ///< image-spec config.md, "Layer ChainID"
    std::string canonical; ///< "clf1:…"
    std::uint64_t size = 0;
    std::uint64_t uncompressed = 0;
    std::string media_type;  ///< raw; may be empty
    std::string compression; ///< "none", "gzip", "zstd"
    std::uint64_t entries = 0;
    bool hidden = false; ///< bytes after the end marker or in padding, which no canonical form keeps
};

struct Record {
    std::string version;   ///< of the program that made it
    std::string time;      ///< RFC 3339, UTC, whole seconds
    std::string reference; ///< as the image was named; raw
    std::string platform;  ///< raw; may be empty
    std::optional<std::string> index;
    std::optional<std::string> manifest;
    std::uint64_t manifest_size = 0;
    std::string media_type; ///< of the manifest; raw
    std::optional<std::string> config;
    std::string config_document;        ///< its bytes; they have that digest
    std::vector<RecordedLayer> layers;  ///< bottom first
    std::string tree;                   ///< "crf1:…"; empty for a layer tar that needs lower layers
    std::string image;                  ///< digest of the canonical manifest; empty without a config
    std::uint64_t files = 0;            ///< paths of the merged tree
    std::vector<std::string> ambiguous; ///< names of oddities that known readers take differently; sorted, unique
    // Claims: nobody but the image says so.
    std::vector<HistoryEntry> history;
    std::optional<std::string> base_name;   ///< org.opencontainers.image.base.name; raw
    std::optional<std::string> base_digest; ///< org.opencontainers.image.base.digest; raw
    std::optional<ListingName> listing;     ///< of its files, where it was wanted
};

/// An image that was read whole, and its merged tree, which keeps alive what it points into.
struct DescribedImage {
    Record record; ///< without time and listing
    Tree tree;
};

/// Reads and verifies all layers, and computes the canonical ids under the default profile. With `files` the tree has
/// the digests of contents. Throws unsupported for an artifact, and what load_stacks throws.
std::vector<DescribedImage> describe_images(const std::vector<Image>& images, const LoadOptions& load, bool files);

/// The reference of an image without anything that could be a password.
std::string recorded_reference(const Reference& reference);

/// Longer records are refused, written or read: a config may have 8 MiB, and JSON escapes some bytes as six.
inline constexpr std::size_t record_limit = std::size_t{64} << 20;

/// touchstone.record/1 (docs/outputs.schema.json), with an LF at the end. Throws over_limit.
std::string record_json(const Record& record, JsonWriter::Layout layout);
/// Reads one strictly; `what` (printable) names it. Throws malformed, and unverified when the configuration in it has
/// another digest than it says.
Record parse_record(std::string_view text, std::string_view what);
/// Reads a record from a file that the user named.
Record read_record(const std::string& path);

} // namespace touchstone
