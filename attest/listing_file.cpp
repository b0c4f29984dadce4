// Written from a tree, read back against one: both as sorted streams, so that only one line is in memory at a time.
#include "attest/listing_file.h"

#include "base/compression.h"
#include "base/compressor.h"
#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "normalize/path_order.h"
#include "report/json_writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

/// Two names of at most 1 MiB each (TarLimits::extension), of which JSON may make six bytes of one, and their base64.
constexpr std::size_t line_limit = std::size_t{32} << 20;
/// Two million files of 500 bytes; no listing that we write of an image within the default limits is longer.
constexpr std::uint64_t text_limit = std::uint64_t{8} << 30;

bool is_device(EntryType type) {
    return type == EntryType::char_device || type == EntryType::block_device;
}

std::string xattrs_digest(const Tree& tree, std::uint32_t inode) {
    std::string text;
    const auto add = [&](std::string_view kind, const std::vector<NamedBytes>& list) {
        for (const auto& [name, value] : list) {
            text += fmt::format("{} {} {}:", kind, name.size(), value.size());
            text += name;
            text += value;
        }
    };
    add("xattr", xattrs_of(tree, inode));
    add("acl", acls_of(tree, inode));
    return text.empty() ? std::string() : digest_of(as_bytes(text)).string();
}

ListedFile file_of(std::string_view path, const Entry& content, const Entry& meta, std::string_view hardlink,
                   std::string xattrs) {
    const bool regular = content.type == EntryType::file;
    return {.path = std::string(path),
            .facts = {
                std::string(name_of(content.type)), fmt::format("{:04o}", meta.permissions()), std::to_string(meta.uid),
                std::to_string(meta.gid), regular ? std::to_string(content.size) : std::string(),
                regular ? to_digest(content.content).string() : std::string(),
                content.type == EntryType::symlink ? std::string(content.link) : std::string(), std::string(hardlink),
                is_device(content.type) ? fmt::format("{}:{}", content.dev_major, content.dev_minor) : std::string(),
                std::move(xattrs)}};
}

std::string root_xattrs(const Entry& root) {
    std::string text;
    if (root.extra == nullptr) return text;
    for (const auto& [kind, list] : {std::pair("xattr", &root.extra->xattrs), std::pair("acl", &root.extra->acls)}) {
        for (const auto& [name, value] : *list) {
            text += fmt::format("{} {} {}:", kind, name.size(), value.size());
            text += name;
            text += value;
        }
    }
    return text.empty() ? text : digest_of(as_bytes(text)).string();
}

/// The root comes first, though it stands last in the count of listed_file.
std::size_t listed_count(const Tree& tree) {
    return tree.nodes.size() + (tree.root == nullptr ? 0 : 1);
}
ListedFile nth(const Tree& tree, std::size_t n) {
    if (tree.root == nullptr) return listed_file(tree, n);
    return listed_file(tree, n == 0 ? tree.nodes.size() : n - 1);
}

/// The root sorts before everything below it.
int compare_listed(std::string_view a, std::string_view b) {
    return compare_paths(a == "." ? "" : a, b == "." ? "" : b);
}

std::string text_member(const Json& line, std::string_view name, ListedFact::Form form) {
    const Json* value = line.find(name);
    if (value == nullptr) return {};
    if (form == ListedFact::Form::number) return std::to_string(value->as_integer());
    if (form == ListedFact::Form::text) return value->as_string();
    const Json* raw = line.find(fmt::format("{}_base64", name));
    if (raw == nullptr) return value->as_string();
    std::string bytes = unbase64(raw->as_string());
    if (utf8_or_escaped(bytes) != value->as_string()) {
        fail(ErrorKind::malformed, fmt::format("{} and {}_base64 are not the same", name, name));
    }
    return bytes;
}

class Differences {
public:
    void presence(const ListedFile& file, bool recorded) {
        add(file.path, "presence", recorded ? "present" : "absent", recorded ? "absent" : "present");
    }
    void facts(const ListedFile& recorded, const ListedFile& found) {
        for (std::size_t i = 0; i < listed_facts.size(); ++i) {
            if (recorded.facts[i] != found.facts[i]) {
                add(found.path, listed_facts[i].name, recorded.facts[i], found.facts[i]);
            }
        }
    }
    FileDifferences take() { return std::move(result_); }

private:
    void add(const std::string& path, std::string_view fact, std::string recorded, std::string found) {
        ++result_.total;
        if (result_.list.size() < file_differences_kept) {
            result_.list.push_back({path, fact, std::move(recorded), std::move(found)});
        }
    }
    FileDifferences result_;
};

} // namespace

ListedFile listed_file(const Tree& tree, std::size_t index) {
    if (index == tree.nodes.size()) return file_of(".", *tree.root, *tree.root, {}, root_xattrs(*tree.root));
    const Node& node = tree.nodes[index];
    const Inode& inode = tree.inode_of(node);
    const std::string_view group = inode.links > 1 ? tree.nodes[inode.first].path : std::string_view();
    return file_of(node.path, *inode.content, *inode.meta, group, xattrs_digest(tree, node.inode));
}

std::string listing_line(const ListedFile& file) {
    JsonWriter json;
    json.begin_object();
    json.bytes_member("path", file.path);
    for (std::size_t i = 0; i < listed_facts.size(); ++i) {
        const ListedFact& fact = listed_facts[i];
        const std::string& value = file.facts[i];
        if (value.empty()) continue;
        if (fact.form == ListedFact::Form::number) {
            json.key(fact.name);
            json.number_text(value);
        } else if (fact.form == ListedFact::Form::bytes) {
            json.bytes_member(fact.name, value);
        } else {
            json.member(fact.name, value);
        }
    }
    json.end_object();
    return json.take();
}

ListedFile parse_listing_line(std::string_view line) {
    const Json json = parse_json(line, "the line", {.bytes = line_limit, .depth = 2});
    ListedFile file;
    file.path = text_member(json, "path", ListedFact::Form::bytes);
    if (file.path.empty()) fail(ErrorKind::malformed, "a line without a path");
    for (std::size_t i = 0; i < listed_facts.size(); ++i) {
        file.facts[i] = text_member(json, listed_facts[i].name, listed_facts[i].form);
    }
    return file;
}

SpooledListing spool_listing(const Tree& tree) {
    SpoolFile spool("the listing of the files");
    CompressingSink compressor(Compression::zstd, spool);
    Hasher hasher;
    SpooledListing listing;
    listing.name.entries = listed_count(tree);
    for (std::size_t n = 0; n < listing.name.entries; ++n) {
        const std::string line = listing_line(nth(tree, n));
        hasher.update(as_bytes(line));
        listing.name.size += line.size();
        compressor.write(line);
    }
    if (listing.name.size > text_limit) fail(ErrorKind::over_limit, "the listing of the files: longer than 8 GiB");
    compressor.finish();
    listing.name.digest = hasher.finish().string();
    listing.compressed = spool.finish();
    return listing;
}

struct ListingReader::Stream {
    CompressionFacts facts;
    std::unique_ptr<ByteSource> source;
};

ListingReader::ListingReader(std::unique_ptr<ByteSource> compressed, const ListingName& name, std::string what)
    : stream_(std::make_shared<Stream>()), what_(std::move(what)), promised_(name.entries) {
    InflateLimits limits;
    limits.output = std::min(name.size, text_limit); // more is not what the record names
    limits.ratio = 1000;                             // lists of paths are repetitive
    stream_->source = std::make_unique<VerifyingSource>(inflate(std::move(compressed), limits, stream_->facts),
                                                        Expected{parse_digest(name.digest), name.size}, what_);
}

void ListingReader::refuse(std::string_view why) const {
    fail(ErrorKind::malformed, fmt::format("{}: line {}: {}", what_, lines_, why));
}

bool ListingReader::fill() {
    constexpr std::size_t step = std::size_t{64} << 10;
    held_.erase(0, used_);
    used_ = 0;
    const std::size_t before = held_.size();
    if (before > line_limit) refuse("longer than any that is written");
    held_.resize(before + std::max(step, before)); // doubling: a long line is not searched again and again
    const ByteSpan room(reinterpret_cast<std::uint8_t*>(held_.data()) + before, held_.size() - before);
    const std::size_t count = read_full(*stream_->source, room);
    held_.resize(before + count);
    return count > 0;
}

bool ListingReader::next(ListedFile& file) {
    std::size_t end = held_.find('\n', used_);
    while (end == std::string::npos) {
        if (!fill()) {
            if (!held_.empty()) refuse("the last line has no end");
            if (lines_ != promised_) refuse(fmt::format("the end, where {} lines were promised", promised_));
            return false;
        }
        end = held_.find('\n', used_);
    }
    ++lines_;
    file = within(fmt::format("{}: line {}", what_, lines_),
                  [&] { return parse_listing_line(std::string_view(held_).substr(used_, end - used_)); });
    used_ = end + 1;
    if (lines_ > 1 && compare_listed(last_, file.path) >= 0) refuse("not sorted by path");
    last_ = file.path;
    return true;
}

void ListingReader::skip_rest() {
    drain(*stream_->source);
}

FileDifferences compare_with_listing(const std::string& path, const ListingName& name, const Tree& tree) {
    const std::shared_ptr<const File> file = open_file(path);
    ListingReader reader(std::make_unique<FileRange>(file, 0, file->size()), name, file->name());
    Differences differences;
    const std::size_t count = listed_count(tree);
    std::size_t n = 0;
    ListedFile recorded;
    bool more = reader.next(recorded);
    while (more || n < count) {
        ListedFile found;
        if (n < count) found = nth(tree, n);
        const int order = !more ? 1 : n == count ? -1 : compare_listed(recorded.path, found.path);
        if (order < 0) differences.presence(recorded, true);
        if (order > 0) differences.presence(found, false);
        if (order == 0) differences.facts(recorded, found);
        if (order <= 0) more = reader.next(recorded);
        if (order >= 0) ++n;
    }
    return differences.take();
}

} // namespace touchstone
