// An image, opened: which manifest was chosen, its verified manifest and config, and the layers, each ready to be
// streamed. Opening verifies everything but the layers; read_layer() verifies those while it reads them.
#pragma once

#include "base/digest.h"
#include "base/json.h"
#include "base/source.h"
#include "image/cache/options.h"
#include "image/descriptor.h"
#include "image/oddity.h"
#include "image/provenance.h"
#include "image/reference.h"
#include "image/remote/options.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace touchstone {

class Cache;

/// One layer of an image, before it is read.
struct LayerRef {
    std::string
        name; ///< for messages, printable, counted from 0 like everywhere: "layer 3 (sha256:…)" or "layer 3 (<member>)"
    std::optional<Digest> digest;      ///< of the blob as stored; absent in docker-archive and tar
    std::optional<std::uint64_t> size; ///< promised bytes of the blob, where something promises them
    std::string media_type;            ///< empty where the container names none
    std::optional<Digest> diff_id;     ///< of the uncompressed stream; absent only for tar:
    std::vector<std::pair<std::string, std::string>>
        toc_annotations; ///< what its descriptor says of a table of contents for lazy pulling (image/lazy_view.h)
    std::optional<std::size_t> history; ///< index into Image::history of the entry that claims this layer
    std::uint64_t stored_size = 0;      ///< bytes that will be read, for progress and scheduling
    std::function<std::unique_ptr<ByteSource>()>
        open;                           ///< raw blob bytes, unverified; may be called again, from any thread
    std::shared_ptr<const Cache> cache; ///< where its listing is kept; null for what lies on this machine anyway
};

/// One history line: claims, never evidence.
struct HistoryEntry {
    std::string created;
    std::string created_by;
    std::string author;
    std::string comment;
    bool empty_layer = false;
};

/// A manifest beside the image that is not compared as a platform (attestations, signatures, artifacts).
struct Companion {
    Digest digest;
    std::string media_type;
    std::string kind;      ///< "attestation-manifest", an artifact type, or "unknown platform"
    std::string describes; ///< digest string of the manifest that it speaks about; may be empty
};

struct Image {
    Reference reference;
    std::string ref_name; ///< the first name that the container gives it (ref.name, RepoTags), raw bytes; may be empty
    std::optional<Platform> platform; ///< from the config, else the index; absent for tar:
    std::string media_type;           ///< of the manifest; empty where there is none (docker-archive, tar)
    std::optional<Digest> manifest;   ///< absent where the container has none
    std::uint64_t manifest_size = 0;
    std::optional<Digest> index;  ///< the outermost index that led to the manifest (never a layout's index.json)
    Json manifest_json;           ///< null where there is none
    std::optional<Digest> config; ///< sha256 of the config's bytes; absent for tar:
    std::string config_bytes;     ///< as stored, verified
    Json config_json;             ///< null for tar:
    std::vector<HistoryEntry> history;
    std::vector<LayerRef> layers;         ///< bottom first
    std::vector<Companion> companions;    ///< listed, not compared
    std::optional<Provenance> provenance; ///< what BuildKit's says, where it was asked for and is there; a claim
    std::vector<Oddity> oddities;         ///< of the documents; those of the layers come from read_layer
    bool is_artifact = false;             ///< the manifest is no container image: blobs are compared as bytes only
};

struct OpenOptions {
    std::optional<Platform> platform; ///< default: the host's, else the only one
    bool all_platforms = false;       ///< every platform of an index
    RemoteOptions remote;             ///< how registries are reached
    CacheOptions cache;               ///< what came from registries before
    bool provenance = false;          ///< Image::provenance is wanted
};

/// Opens what `reference` names. One image, or with all_platforms one per platform, sorted by platform.
/// Throws unreadable, malformed, unverified, unsupported or usage (several images or platforms: the message lists
/// them), and transient for a registry that may answer later.
std::vector<Image> open_images(const Reference& reference, const OpenOptions& options = {});

} // namespace touchstone
