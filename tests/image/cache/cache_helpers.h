// What the tests of the cache share: a listing spelt out to its last field, and layers that promise what is true.
#pragma once

#include "base/digest.h"
#include "base/printable.h"
#include "image/cache/cache.h"
#include "image/layer.h"
#include "tests/image/tar_helpers.h"
#include "tests/support/temp_dir.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

namespace touchstone::test {

inline std::string spelt_out(const std::optional<Timestamp>& time) {
    return time ? fmt::format("{}.{}", time->seconds, time->nanoseconds) : "-";
}

inline std::string spelt_out(const std::vector<NamedBytes>& list) {
    std::string text = "[";
    for (const auto& [name, value] : list) text += fmt::format("{}={};", hex(name), hex(value));
    return text + "]";
}

inline std::string spelt_out(const LayerListing& listing, const Entry& e) {
    std::string text = fmt::format(
        "{} {} {} {} size {} at {} hash {} time {} mode {:o} {}:{} {}:{} dev {},{} {} {} {} {}", hex(e.stored),
        hex(e.path), hex(e.link), to_digest(e.content).hex(), e.size, e.offset, e.header_hash, spelt_out(e.mtime),
        e.mode, e.uid, e.gid, hex(listing.owner_names.text_of(e.uname)), hex(listing.owner_names.text_of(e.gname)),
        e.dev_major, e.dev_minor, name_of(e.type), name_of(e.dialect), static_cast<int>(e.whiteout), e.padding_zero);
    if (e.extra) {
        text += " extra " + spelt_out(e.extra->xattrs) + spelt_out(e.extra->acls) + spelt_out(e.extra->records) +
                spelt_out(e.extra->atime) + spelt_out(e.extra->ctime);
    }
    return text + "\n";
}

/// Every field but the arena.
inline std::string spelt_out(const LayerListing& l) {
    const CompressionFacts& c = l.compression;
    std::string text = fmt::format(
        "{} {} {} {} {}\n{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}\n", l.listed, l.blob.string(),
        l.diff_id.string(), l.size, l.uncompressed, name_of(c.kind), c.compressed, c.uncompressed, c.members,
        c.skippable_frames, c.zero_padding, c.gzip_mtime, c.gzip_xfl, c.gzip_os, hex(c.gzip_name), hex(c.gzip_comment),
        c.gzip_extra, c.estargz_footer, c.zstd_checksum, c.zstd_window, c.zstd_chunked_footer);
    text += fmt::format("{} {} {} {} {}\n", l.tail.zero_blocks, l.tail.bytes_after_end, l.tail.global_headers,
                        l.tail.extension_hash, l.tail.padding_hash);
    const TocFooter& t = c.toc;
    text += fmt::format("{} {} {} {} {} {} {} {}\n", static_cast<int>(t.format), t.elsewhere, t.offset, t.size,
                        t.unpacked, t.type, l.lazy ? l.lazy->json.string() : "",
                        l.lazy && l.lazy->stored ? l.lazy->stored->string() : "");
    for (const Entry& entry : l.entries) text += spelt_out(l, entry);
    for (const Oddity& o : l.oddities) {
        text += fmt::format("{} {} {} {}\n", row_of(o.code).name, hex(o.path), o.detail, o.layer);
    }
    return text;
}

/// A layer that promises what is true of these bytes, and counts how often it is opened.
inline LayerRef honest_layer(const std::string& stored, const std::string& uncompressed, int& opened) {
    LayerRef layer = layer_of(stored);
    layer.digest = digest_of(as_bytes(stored));
    layer.size = stored.size();
    layer.diff_id = digest_of(as_bytes(uncompressed));
    layer.open = [open = layer.open, &opened] {
        ++opened;
        return open();
    };
    return layer;
}

inline std::shared_ptr<const Cache> cache_at(const TempDir& temp, std::uint64_t limit = default_cache_limit) {
    CacheOptions options;
    options.directory = temp / "cache";
    options.limit = limit;
    return Cache::open(options);
}

} // namespace touchstone::test
