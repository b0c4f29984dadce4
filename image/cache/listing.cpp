// The fields of every structure below a listing are named by one structured binding each: a field that is added to one
// of them does not compile until it is written here, too.
#include "image/cache/listing.h"

#include "image/cache/fields.h"

#include <algorithm>
#include <functional>
#include <string>

// A number is pasted into the name of a folder; it is raised by hand (see listing.h).
#define TOUCHSTONE_LISTING_RULES "2"

namespace touchstone {

namespace {

constexpr std::string_view magic = "touchstone layer listing\n";

template <class Fields, class T>
void digest_fields(Fields& fields, T& digest) {
    auto& [algorithm, bytes] = digest;
    fields.choice(algorithm, DigestAlgorithm::sha512);
    fields.raw(bytes);
}

template <class Fields, class T>
void toc_footer_fields(Fields& fields, T& footer) {
    auto& [format, elsewhere, offset, size, unpacked, type] = footer;
    fields.choice(format, TocFormat::zstd_chunked);
    fields.flag(elsewhere);
    fields.number(offset);
    fields.number(size);
    fields.number(unpacked);
    fields.number(type);
}

/// `item`(fields, value) for a value that may be missing.
template <class Fields, class T, class Item>
void optional_fields(Fields& fields, T& value, Item&& item) {
    bool there = value.has_value();
    fields.flag(there);
    if constexpr (!Fields::writes) {
        if (there) value.emplace();
    }
    if (there) item(fields, *value);
}

template <class Fields, class T>
void lazy_fields(Fields& fields, T& lazy) {
    optional_fields(fields, lazy, [](Fields& inner, auto& digests) {
        auto& [json, stored] = digests;
        digest_fields(inner, json);
        optional_fields(inner, stored, [](Fields& innermost, auto& digest) { digest_fields(innermost, digest); });
    });
}

template <class Fields, class T>
void compression_fields(Fields& fields, T& facts) {
    auto& [kind, compressed, uncompressed, members, skippable_frames, zero_padding, gzip_mtime, gzip_xfl, gzip_os,
           gzip_name, gzip_comment, gzip_extra, estargz_footer, zstd_checksum, zstd_window, zstd_chunked_footer, toc] =
        facts;
    fields.choice(kind, Compression::zstd);
    fields.number(compressed);
    fields.number(uncompressed);
    fields.number(members);
    fields.number(skippable_frames);
    fields.number(zero_padding);
    fields.number(gzip_mtime);
    fields.number(gzip_xfl);
    fields.number(gzip_os);
    fields.text(gzip_name);
    fields.text(gzip_comment);
    fields.flag(gzip_extra);
    fields.flag(estargz_footer);
    fields.flag(zstd_checksum);
    fields.number(zstd_window);
    fields.flag(zstd_chunked_footer);
    toc_footer_fields(fields, toc);
}

template <class Fields, class T>
void tail_fields(Fields& fields, T& tail) {
    auto& [zero_blocks, bytes_after_end, global_headers, extension_hash, padding_hash] = tail;
    fields.number(zero_blocks);
    fields.number(bytes_after_end);
    fields.number(global_headers);
    fields.number(extension_hash);
    fields.number(padding_hash);
}

template <class Fields, class T>
void time_fields(Fields& fields, T& time) {
    auto& [seconds, nanoseconds] = time;
    fields.number(seconds);
    fields.number(nanoseconds);
}

template <class Fields, class T>
void optional_time_fields(Fields& fields, T& time) {
    optional_fields(fields, time, [](Fields& inner, auto& there) { time_fields(inner, there); });
}

template <class Fields, class T>
void named_bytes_fields(Fields& fields, T& list) {
    list_of(fields, list, 2, [](Fields& inner, auto& item) {
        inner.text(item.first);
        inner.text(item.second);
    });
}

template <class Fields, class T>
void extra_fields(Fields& fields, T& pointer) {
    bool there = pointer != nullptr;
    fields.flag(there);
    if constexpr (!Fields::writes) {
        if (there) pointer = std::make_unique<EntryExtra>();
    }
    if (!there) return;
    auto& [xattrs, acls, records, atime, ctime] = *pointer;
    named_bytes_fields(fields, xattrs);
    named_bytes_fields(fields, acls);
    named_bytes_fields(fields, records);
    optional_time_fields(fields, atime);
    optional_time_fields(fields, ctime);
}

/// Where `part` begins within `whole` if it is a view into it, counted from 1; else 0.
std::size_t place_within(std::string_view whole, std::string_view part) {
    const std::less_equal<const char*> not_after;
    const bool inside = !part.empty() && not_after(whole.data(), part.data()) &&
                        not_after(part.data() + part.size(), whole.data() + whole.size());
    return inside ? static_cast<std::size_t>(part.data() - whole.data()) + 1 : 0;
}

/// Most paths are views into the name as stored: they cost two numbers, and no memory of their own.
void path_field(FieldWriter& fields, std::string_view stored, std::string_view path) {
    const std::size_t place = place_within(stored, path);
    fields.number(place);
    if (place == 0) {
        fields.text(path);
    } else {
        fields.number(path.size());
    }
}

void path_field(FieldReader& fields, std::string_view stored, std::string_view& path) {
    std::size_t place = 0;
    fields.number(place);
    if (place == 0) return fields.text(path);
    std::size_t length = 0;
    fields.number(length);
    const bool inside = place - 1 <= stored.size() && length <= stored.size() - (place - 1);
    fields.require(inside);
    if (inside) path = stored.substr(place - 1, length);
}

template <class Fields, class T>
void entry_fields(Fields& fields, T& entry) {
    auto& [stored, path, link, content, size, offset, header_hash, mtime, mode, uid, gid, uname, gname, dev_major,
           dev_minor, type, dialect, whiteout, padding_zero, extra] = entry;
    fields.text(stored);
    path_field(fields, stored, path);
    fields.text(link);
    fields.choice(type, EntryType::fifo);
    if (type == EntryType::file) fields.raw(content);
    fields.number(size);
    fields.number(offset);
    fields.number(header_hash);
    time_fields(fields, mtime);
    fields.number(mode);
    fields.number(uid);
    fields.number(gid);
    fields.number(uname);
    fields.number(gname);
    fields.number(dev_major);
    fields.number(dev_minor);
    fields.choice(dialect, Dialect::pax);
    fields.choice(whiteout, Whiteout::aufs);
    fields.flag(padding_zero);
    extra_fields(fields, extra);
}

constexpr std::size_t least_entry = 20; // a byte for each field but `content` and the inner ones of `extra`
constexpr std::size_t least_oddity = 3;

/// Codes by their names: numbers change when a row is added.
void code_field(FieldWriter& fields, OddityCode code) {
    fields.text(row_of(code).name);
}

void code_field(FieldReader& fields, OddityCode& code) {
    std::string name;
    fields.text(name);
    const auto table = oddity_table();
    const auto row = std::find_if(table.begin(), table.end(), [&](const OddityRow& r) { return r.name == name; });
    fields.require(row != table.end());
    if (row != table.end()) code = row->code;
}

template <class Fields, class T>
void oddity_fields(Fields& fields, T& oddity) {
    auto& [code, path, detail, layer] = oddity; // no stack has set `layer` yet
    code_field(fields, code);
    fields.text(path);
    fields.text(detail);
}

void owner_fields(FieldWriter& fields, const StringTable& names, const std::vector<Entry>& entries) {
    std::size_t used = 0; // number 0 is the empty text
    for (const Entry& entry : entries) used = std::max<std::size_t>({used, entry.uname, entry.gname});
    fields.count(used, 1);
    for (std::size_t i = 1; i <= used; ++i) fields.text(names.text_of(static_cast<std::uint32_t>(i)));
}

void owner_fields(FieldReader& fields, StringTable& names, const std::vector<Entry>& entries) {
    std::size_t used = 0;
    fields.count(used, 1);
    std::string name;
    for (std::size_t i = 1; i <= used && fields.good(); ++i) {
        fields.text(name);
        fields.require(names.number_of(name) == i);
    }
    fields.require(std::all_of(entries.begin(), entries.end(),
                               [&](const Entry& entry) { return entry.uname <= used && entry.gname <= used; }));
}

template <class Fields, class T>
void listing_fields(Fields& fields, T& listing, ListingDetail& detail) {
    auto& [listed, blob, diff_id, size, uncompressed, compression, lazy, tail, entries, oddities, owner_names, arena] =
        listing;
    fields.choice(detail, ListingDetail::whole);
    digest_fields(fields, blob);
    digest_fields(fields, diff_id);
    fields.number(size);
    fields.number(uncompressed);
    compression_fields(fields, compression);
    if constexpr (!Fields::writes) listed = detail == ListingDetail::whole;
    if (detail != ListingDetail::whole) return;
    lazy_fields(fields, lazy);
    tail_fields(fields, tail);
    list_of(fields, entries, least_entry, [](Fields& inner, auto& entry) { entry_fields(inner, entry); });
    list_of(fields, oddities, least_oddity, [](Fields& inner, auto& oddity) { oddity_fields(inner, oddity); });
    owner_fields(fields, owner_names, entries);
}

std::string opening() {
    return std::string(magic) + std::string(listing_rules()) + "\n";
}

} // namespace

std::string_view listing_rules() {
    return TOUCHSTONE_VERSION "-" TOUCHSTONE_LISTING_RULES;
}

void encode_listing(const LayerListing& listing, ListingDetail detail, ByteSink& out) {
    HashingSink hashed(&out);
    hashed.write(opening());
    FieldWriter fields(hashed);
    listing_fields(fields, listing, detail);
    fields.flush();
    out.write(hashed.finish().view());
}

std::unique_ptr<LayerListing> decode_listing(ByteView bytes) {
    constexpr std::size_t sum_size = sizeof(Sha256);
    const std::string start = opening();
    if (bytes.size() < start.size() + sum_size || !as_text(bytes).starts_with(start)) return nullptr;
    const ByteView summed = bytes.first(bytes.size() - sum_size);
    const Digest sum = digest_of(summed);
    if (as_text(sum.view()) != as_text(bytes.last(sum_size))) return nullptr;

    auto listing = std::make_unique<LayerListing>();
    FieldReader fields(summed.subspan(start.size()), listing->arena);
    ListingDetail detail = ListingDetail::stream;
    listing_fields(fields, *listing, detail);
    return fields.good() && fields.at_end() ? std::move(listing) : nullptr;
}

} // namespace touchstone
