// Telling the formats apart, and putting entries into a list. What is another thing gets a sentence of its own: a file
// that is taken for an empty list would vouch for anything.
#include "attest/checksum_list.h"

#include "attest/checksum_parsers.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/source.h"
#include "base/text.h"
#include "image/tar_reader.h"
#include "normalize/path_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

struct FormatRow {
    ListFormat format;
    std::string_view name;
    std::string_view description;
};
constexpr std::array formats{
    FormatRow{ListFormat::sums, "sums", "checksums of coreutils or BSD"},
    FormatRow{ListFormat::md5sums, "md5sums", "MD5 sums as dpkg has them"},
    FormatRow{ListFormat::mtree, "mtree", "mtree"},
    FormatRow{ListFormat::apk, "apk", "apk's database"},
    FormatRow{ListFormat::rpm, "rpm", "an rpm database"},
    FormatRow{ListFormat::spdx, "spdx", "SPDX 2"},
    FormatRow{ListFormat::spdx_tag_value, "spdx-tag-value", "SPDX 2, tag-value"},
    FormatRow{ListFormat::spdx3, "spdx3", "SPDX 3"},
    FormatRow{ListFormat::cyclonedx, "cyclonedx", "CycloneDX"},
};

/// What people give by mistake, by how it begins, and what to do then.
struct Mistake {
    std::string_view begin;
    std::string_view why;
};
constexpr std::array mistakes{
    Mistake{"-----BEGIN PGP SIGNED MESSAGE",
            "a list in a PGP signature: check it with `gpgv --output LIST`, and give the LIST that it writes"},
    Mistake{"-----BEGIN PGP", "a PGP file: check the signature with gpgv, and give the plain list"},
    Mistake{"-----BEGIN ", "a key, a certificate or a signature, no list of checksums"},
    Mistake{"untrusted comment:",
            "a signature of signify or minisign: check it with that program, and give the plain list"},
    Mistake{"<", "XML: of SPDX and CycloneDX the JSON form is read"},
    Mistake{"Package:", "a package index or dpkg's status, which lists no files: give the md5sums files of "
                        "/var/lib/dpkg/info"},
};

/// Reading what is compressed: more than the limit is never held.
std::string inflated(std::string_view bytes, ChecksumList& list) {
    CompressionFacts facts;
    InflateLimits limits;
    limits.output = checksum_list_limit;
    const std::unique_ptr<ByteSource> source = inflate(std::make_unique<MemorySource>(bytes), limits, facts);
    std::string text = read_all(*source, checksum_list_limit, "the list");
    list.compression = facts.kind;
    return text;
}

[[noreturn]] void refuse_unknown(std::string_view text) {
    if (text.empty()) fail(ErrorKind::unsupported, "it is empty");
    for (const Mistake& mistake : mistakes) {
        if (text.starts_with(mistake.begin)) fail(ErrorKind::unsupported, std::string(mistake.why));
    }
    fail(ErrorKind::unsupported,
         fmt::format("no list of checksums that is known here: lines of sha256sum and its like, mtree, an apk or "
                     "rpm database, SPDX or CycloneDX; it begins with \"{}\"",
                     printable_short(first_significant_line(text), 40)));
}

void read_by_content(std::string_view text, ChecksumListBuilder& out) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin != std::string_view::npos && text[begin] == '{') {
        read_checksum_document(parse_json(text, "the document", {.bytes = checksum_document_limit, .depth = 64}), out);
    } else if (is_rpm_bytes(text)) {
        read_package_list(text, ListFormat::rpm, out);
    } else if (is_spdx_tag_value(text)) {
        read_spdx_tag_value(text, out);
    } else if (is_sums(text)) {
        read_sums(text, out);
    } else if (is_mtree(text)) {
        read_mtree(text, out);
    } else if (is_apk_text(text)) {
        read_package_list(text, ListFormat::apk, out);
    } else {
        refuse_unknown(text);
    }
}

bool says_content(const ChecksumEntry& entry) {
    return !entry.digests.empty() || entry.unknown_digest;
}

} // namespace

std::string_view name_of(ListFormat format) {
    return formats.at(static_cast<std::size_t>(format)).name;
}
std::string_view describe(ListFormat format) {
    return formats.at(static_cast<std::size_t>(format)).description;
}

void ChecksumListBuilder::add(std::string_view path, ChecksumEntry entry) {
    if (path.empty()) refuse("an empty path");
    if (path.size() > checksum_path_limit) {
        fail(ErrorKind::over_limit, fmt::format("line {}: a path of {} bytes", line_, path.size()));
    }
    if (path.find('\0') != std::string_view::npos) refuse("a path with a zero byte");
    const CleanedName cleaned = clean_name(path, arena_);
    if (cleaned.dot_dot) refuse(fmt::format("the path {} has \"..\"", printable_short(path)));
    if (list_.entries.size() >= checksum_entry_limit) {
        fail(ErrorKind::over_limit, fmt::format("more than {} files are listed", checksum_entry_limit));
    }
    entry.path = cleaned.path;
    settle_kind(entry);
    list_.entries.push_back(std::move(entry));
}

void ChecksumListBuilder::settle_kind(ChecksumEntry& entry) {
    const bool hashed = !entry.digests.empty() || entry.unknown_digest;
    if (entry.kind.empty() && !entry.may_be_link) {
        if (entry.link) entry.kind = name_of(EntryType::symlink);
        if (hashed) entry.kind = name_of(EntryType::file);
    }
    if (entry.kind.empty() || entry.kind == name_of(EntryType::file)) {
        if (entry.link) refuse("a link's target, and what is in a file");
        return;
    }
    if (hashed) refuse(fmt::format("a digest of what is of the type {}", entry.kind));
    const bool is_link = entry.kind == name_of(EntryType::symlink);
    if (entry.link && !is_link) refuse(fmt::format("a link's target of what is of the type {}", entry.kind));
    if (entry.size) ignore("size of what is no file");           // of directories every file system says something else
    if (is_link && entry.mode) ignore("mode of symbolic links"); // nothing reads it
    entry.size.reset();
    if (is_link) entry.mode.reset();
}

void ChecksumListBuilder::ignore(std::string_view what, std::uint64_t times) {
    constexpr std::size_t shown = 40;
    std::string name = printable_short(what, shown);
    if (list_.ignored.size() >= checksum_ignored_limit && !list_.ignored.contains(name)) name = "others";
    list_.ignored[name] += times;
}

void ChecksumListBuilder::add_digest(ChecksumEntry& entry, std::string_view algorithm, std::string_view digits) {
    const std::optional<ContentHash> hash = find_content_hash(algorithm);
    if (!hash) {
        entry.unknown_digest = true;
        return ignore(algorithm);
    }
    std::optional<ContentDigest> digest = read_content_digest(*hash, digits);
    if (!digest) {
        refuse(fmt::format("{} is no {}: {} hex digits are expected", printable_short(digits), row_of(*hash).name,
                           row_of(*hash).size * 2));
    }
    entry.digests.push_back(std::move(*digest));
}

void ChecksumListBuilder::refuse(std::string_view why) const {
    fail(ErrorKind::malformed, line_ == 0 ? std::string(why) : fmt::format("line {}: {}", line_, why));
}

bool ChecksumLines::next(std::string_view& line) {
    if (text_.empty()) return false;
    line = take_line(text_);
    ++number_;
    out_.at_line(number_);
    return true;
}

std::string_view first_significant_line(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        const std::string_view rest = trimmed(line, line_end_blanks);
        if (!rest.empty() && !rest.starts_with('#')) return line;
    }
    return {};
}

ChecksumList read_checksum_list(std::string_view bytes, std::string name) {
    ChecksumList list;
    list.name = std::move(name);
    list.digest = digest_of(as_bytes(bytes)).string();
    list.size = bytes.size();
    within(list.name, [&] {
        if (bytes.size() > checksum_list_limit) {
            fail(ErrorKind::over_limit, fmt::format("{} are too much for a list", human_bytes(list.size)));
        }
        const std::string text = inflated(bytes, list);
        ChecksumListBuilder builder(list);
        read_by_content(text, builder);
    });
    if (std::none_of(list.entries.begin(), list.entries.end(), says_content)) {
        fail(ErrorKind::unsupported,
             fmt::format("{}: {}, but no file in it has a digest", list.name, describe(list.format)));
    }
    std::stable_sort(list.entries.begin(), list.entries.end(),
                     [](const ChecksumEntry& a, const ChecksumEntry& b) { return compare_paths(a.path, b.path) < 0; });
    return list;
}

} // namespace touchstone
