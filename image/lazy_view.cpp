// The table is read as runtimes read it: from where the footer says, not from where a tar reader meets a member. What
// is wrong with it is never an Error, because the tar can be read all the same; what is wrong with the reading is.
#include "image/lazy_view.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/layer.h"
#include "image/lazy_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace touchstone {

namespace {

constexpr std::string_view estargz_digest = "containerd.io/snapshot/stargz/toc.digest";
// containers/storage, since 1.44 with "github"; stargz-snapshotter writes the older keys.
constexpr std::array<std::string_view, 2> zstd_digests{"io.containers.zstd-chunked.manifest-checksum",
                                                       "io.github.containers.zstd-chunked.manifest-checksum"};
constexpr std::array<std::string_view, 2> zstd_positions{"io.containers.zstd-chunked.manifest-position",
                                                         "io.github.containers.zstd-chunked.manifest-position"};
/// The type of the one kind of manifest that there is (ManifestTypeCRFS).
constexpr std::uint64_t manifest_type = 1;

bool is_one_of(std::string_view key, const std::array<std::string_view, 2>& keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

void add_unreadable(LayerListing& listing, std::string detail) {
    listing.oddities.push_back({OddityCode::lazy_view_unreadable, {}, std::move(detail), -1});
}

/// Throws where no reader could follow the footer.
void check_place(const TocFooter& toc, std::uint64_t blob_size) {
    if (toc.elsewhere) {
        fail(ErrorKind::unsupported, "the footer says that the table of contents lies in another image");
    }
    if (toc.size == 0 || toc.offset > blob_size || toc.size > blob_size - toc.offset) {
        fail(ErrorKind::malformed,
             fmt::format("the footer places the table of contents at {} bytes from {} on, outside "
                         "the blob of {} bytes",
                         toc.size, toc.offset, blob_size));
    }
    if (std::max(toc.size, toc.unpacked) > lazy_toc_limit) {
        fail(ErrorKind::over_limit, fmt::format("the table of contents has {} bytes, the limit is {}",
                                                std::max(toc.size, toc.unpacked), lazy_toc_limit));
    }
    if (toc.format == TocFormat::zstd_chunked && toc.type != manifest_type) {
        fail(ErrorKind::unsupported,
             fmt::format("a table of contents of type {}, expected {}", toc.type, manifest_type));
    }
}

/// The table's bytes as they are stored, from a blob that is verified again.
std::string stored_toc(const LayerRef& layer, const LayerListing& listing) {
    const TocFooter& toc = listing.compression.toc;
    return within(layer.name, [&] {
        VerifyingSource blob(layer.open(), {listing.blob, listing.size}, "blob");
        blob.skip(toc.offset);
        std::string bytes(static_cast<std::size_t>(toc.size), '\0');
        read_full(blob, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
        drain(blob);
        return bytes;
    });
}

void expect_compression(Compression expected, Compression found) {
    if (expected == found) return;
    fail(ErrorKind::malformed, fmt::format("its compression is {}, expected {}", name_of(found), name_of(expected)));
}

/// eStargz: a tar of its own, whose first member is the table.
std::string unpack_estargz(std::string_view stored, const LayerLimits& limits) {
    CompressionFacts facts;
    const std::unique_ptr<ByteSource> source = inflate(std::make_unique<MemorySource>(stored), limits.inflate, facts);
    expect_compression(Compression::gzip, facts.kind);
    Arena arena;
    StringTable owners;
    std::vector<Oddity> oddities;
    TarReader reader(*source, arena, owners, oddities, limits.tar);
    Entry entry;
    if (!reader.next(entry) || entry.stored != estargz_toc_name || entry.type != EntryType::file) {
        fail(ErrorKind::malformed, fmt::format("where it should lie is no file {}", estargz_toc_name));
    }
    if (entry.size > lazy_toc_limit) {
        fail(ErrorKind::over_limit, fmt::format("{} bytes, the limit is {}", entry.size, lazy_toc_limit));
    }
    std::string json;
    for (ByteView bytes = reader.content(); !bytes.empty(); bytes = reader.content()) json += as_text(bytes);
    return json;
}

std::string unpack_zstd(std::string_view stored, const LayerLimits& limits, std::uint64_t promised) {
    CompressionFacts facts;
    const std::unique_ptr<ByteSource> source = inflate(std::make_unique<MemorySource>(stored), limits.inflate, facts);
    expect_compression(Compression::zstd, facts.kind);
    std::string json = read_all(*source, lazy_toc_limit, "the table");
    if (json.size() != promised) {
        fail(ErrorKind::malformed, fmt::format("the footer promises {} bytes, it has {}", promised, json.size()));
    }
    return json;
}

/// The member that is the table itself is in the tar, and not in the table.
void add_own_entry(const LayerListing& listing, const std::string& json, const Digest& digest, LazyToc& toc) {
    const auto is_own = [](const Entry& entry) { return entry.path == estargz_toc_name; };
    const auto found = std::find_if(listing.entries.rbegin(), listing.entries.rend(), is_own);
    if (found == listing.entries.rend()) return; // where BuildKit puts it, after the end marker
    LazyEntry own;
    own.name = estargz_toc_name;
    own.mode = found->mode;
    own.uid = found->uid;
    own.gid = found->gid;
    own.size = json.size();
    own.digest = digest;
    own.chunks = {{own.size, digest}};
    if (found->extra) own.xattrs = found->extra->xattrs;
    toc.entries.push_back(std::move(own));
}

/// Runs `work`; what it refuses becomes an oddity. True when it refused nothing.
template <class Work>
bool readable(LayerListing& listing, const std::string& which, Work&& work) {
    try {
        work();
        return true;
    } catch (const Error& error) {
        add_unreadable(listing, which + error.what());
        return false;
    }
}

/// "<offset>:<length>:<uncompressed length>:<type>" of the footer, as the annotation has it.
std::string position_text(const TocFooter& toc) {
    return fmt::format("{}:{}:{}:{}", toc.offset, toc.size, toc.unpacked, toc.type);
}

} // namespace

std::vector<std::pair<std::string, std::string>>
toc_annotations(const std::vector<std::pair<std::string, std::string>>& annotations) {
    std::vector<std::pair<std::string, std::string>> found;
    std::copy_if(annotations.begin(), annotations.end(), std::back_inserter(found), [](const auto& annotation) {
        const std::string& key = annotation.first;
        return key == estargz_digest || is_one_of(key, zstd_digests) || is_one_of(key, zstd_positions);
    });
    std::sort(found.begin(), found.end());
    return found;
}

void check_lazy_view(const LayerRef& layer, const LayerLimits& limits, Contents contents, LayerListing& listing) {
    const TocFooter& footer = listing.compression.toc;
    if (footer.format == TocFormat::none) return;
    if (!readable(listing, {}, [&] { check_place(footer, listing.size); })) return;

    const bool estargz = footer.format == TocFormat::estargz;
    const std::string stored = stored_toc(layer, listing);
    // Who cannot read two tables must not take them for the same.
    std::string which = fmt::format("table of contents {}: ", digest_of(as_bytes(stored)).string());
    LazyToc toc;
    const bool read = readable(listing, which, [&] {
        const std::string json =
            estargz ? unpack_estargz(stored, limits) : unpack_zstd(stored, limits, footer.unpacked);
        const Digest digest = digest_of(as_bytes(json));
        listing.lazy = LazyDigests{.json = digest, .stored = std::nullopt};
        if (!estargz) listing.lazy->stored = digest_of(as_bytes(stored));
        toc = parse_lazy_toc(json);
        if (estargz) add_own_entry(listing, json, digest, toc);
    });
    if (read) compare_lazy_view(toc, layer, limits, contents, listing);
}

void compare_toc_annotations(const LayerRef& layer, LayerListing& listing) {
    if (layer.toc_annotations.empty()) return;
    const TocFooter& footer = listing.compression.toc;
    if (footer.format == TocFormat::none) {
        return add_unreadable(listing, fmt::format("the annotation {} names a table of contents, and the blob does not "
                                                   "end as if it had one",
                                                   layer.toc_annotations.front().first));
    }
    for (const auto& [key, value] : layer.toc_annotations) {
        std::string found = "none";
        if (is_one_of(key, zstd_positions)) {
            if (footer.format == TocFormat::zstd_chunked) found = position_text(footer);
        } else if (listing.lazy) {
            const bool json = key == estargz_digest;
            if (json || listing.lazy->stored) found = (json ? listing.lazy->json : *listing.lazy->stored).string();
        }
        if (value == found) continue;
        add_unreadable(listing,
                       fmt::format("the annotation {} says {}, the blob {}", key, printable_short(value), found));
    }
}

} // namespace touchstone
