// A table may have a hundred megabytes, and a tree of all its values would have gigabytes. So the outermost object and
// its list of entries are walked here, and each entry alone is parsed by base/json.
#include "image/lazy_toc.h"

#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "image/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace touchstone {

namespace {

/// An entry is an object of plain values and of one object with xattrs.
constexpr JsonLimits entry_limits{.bytes = std::size_t{4} << 20, .depth = 8};
/// Beside `version` and `entries` a table has one or two keys.
constexpr std::size_t most_keys = 64;

/// Every key that one of the readers knows.
constexpr std::array<std::string_view, 23> entry_keys{
    "name",   "type",      "size",      "modtime",     "accesstime",  "changetime", "linkName",   "mode",
    "uid",    "gid",       "userName",  "groupName",   "devMajor",    "devMinor",   "xattrs",     "digest",
    "offset", "endOffset", "chunkSize", "chunkOffset", "chunkDigest", "chunkType",  "innerOffset"};

struct TypeRow {
    std::string_view name;
    EntryType type;
};
constexpr std::array types{
    TypeRow{"reg", EntryType::file},           TypeRow{"hardlink", EntryType::hardlink},
    TypeRow{"symlink", EntryType::symlink},    TypeRow{"char", EntryType::char_device},
    TypeRow{"block", EntryType::block_device}, TypeRow{"dir", EntryType::directory},
    TypeRow{"fifo", EntryType::fifo},
};

[[noreturn]] void refuse(std::string message) {
    fail(ErrorKind::malformed, std::move(message));
}

/// Walks JSON text without looking into values: where they end is decided by quotes and brackets alone, and whoever is
/// given their text parses it.
class Walker {
public:
    explicit Walker(std::string_view text) : text_(text) {}

    /// Passes over white space and then `mark`, if that is next.
    bool accept(char mark) {
        at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
        if (at_ == text_.size() || text_[at_] != mark) return false;
        ++at_;
        return true;
    }
    void expect(char mark) {
        if (!accept(mark)) refuse(fmt::format("not valid JSON at byte {}: expected `{}`", at_, mark));
    }
    /// The text of the next value, which may still be anything.
    std::string_view value() {
        at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
        const std::size_t start = at_;
        std::size_t depth = 0;
        do {
            step(depth);
        } while (depth != 0);
        return text_.substr(start, at_ - start);
    }
    void expect_end() {
        at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
        if (at_ != text_.size()) refuse(fmt::format("not valid JSON at byte {}: bytes after the end", at_));
    }

private:
    /// One bracket, one string, or a stretch of anything else.
    void step(std::size_t& depth) {
        constexpr std::string_view marks = "\"{}[],:";
        if (at_ == text_.size()) refuse("not valid JSON: it ends inside a value");
        switch (text_[at_]) {
        case '"':
            return pass_string();
        case '{':
        case '[':
            ++depth;
            break;
        case '}':
        case ']':
            if (depth == 0) refuse(fmt::format("not valid JSON at byte {}: expected a value", at_));
            --depth;
            break;
        case ',':
        case ':':
            if (depth == 0) refuse(fmt::format("not valid JSON at byte {}: expected a value", at_));
            break;
        default:
            at_ = std::min(text_.find_first_of(marks, at_), text_.size());
            return;
        }
        ++at_;
    }

    void pass_string() {
        for (++at_;; at_ += 2) {
            at_ = text_.find_first_of("\"\\", at_);
            if (at_ == std::string_view::npos || at_ + 1 > text_.size())
                refuse("not valid JSON: a string does not end");
            if (text_[at_] == '"') break;
            if (at_ + 2 > text_.size()) refuse("not valid JSON: a string does not end");
        }
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::int64_t integer(const ObjectReader& reader, std::string_view key) {
    const Json* const value = reader.find(key);
    return value == nullptr ? 0 : within(reader.place(key), [&] { return value->as_integer(); });
}

/// A number of bytes.
std::uint64_t count(const ObjectReader& reader, std::string_view key) {
    const std::int64_t value = integer(reader, key);
    if (value < 0) refuse(fmt::format("{}: a negative number, {}", reader.place(key), value));
    return static_cast<std::uint64_t>(value);
}

std::optional<Digest> digest(const ObjectReader& reader, std::string_view key) {
    const std::string text = reader.text(key);
    if (text.empty()) return std::nullopt;
    return within(reader.place(key), [&] { return parse_digest(text); });
}

std::vector<NamedBytes> xattrs_of(const ObjectReader& reader) {
    std::vector<NamedBytes> xattrs = reader.text_map("xattrs");
    for (auto& [name, value] : xattrs) {
        value = within(reader.place("xattrs"), [&, &text = value] { return unbase64(text); });
    }
    std::sort(xattrs.begin(), xattrs.end());
    return xattrs;
}

class TocParser {
public:
    LazyToc run(std::string_view text) {
        Walker walker(text);
        std::set<std::string> keys;
        walker.expect('{');
        if (!walker.accept('}')) {
            do {
                read_member(walker, keys);
            } while (walker.accept(','));
            walker.expect('}');
        }
        walker.expect_end();
        if (!keys.contains("version")) refuse("no `version`");
        finish_file();
        return std::move(toc_);
    }

private:
    void read_member(Walker& walker, std::set<std::string>& keys) {
        const std::string key = parse_json(walker.value(), "a key", entry_limits).as_string();
        walker.expect(':');
        // As ObjectReader has it: a key twice, or in another case, is another table to another reader.
        const std::string folded = fold_case(key);
        const bool known = folded == "version" || folded == "entries";
        if (!keys.insert(folded).second || (known && folded != key)) {
            refuse(fmt::format("the key `{}` is there twice, or in another case", printable_short(key)));
        }
        if (keys.size() > most_keys) fail(ErrorKind::over_limit, fmt::format("more than {} keys", most_keys));
        if (key == "entries") return read_entries(walker);
        const Json value = parse_json(walker.value(), fmt::format("`{}`", printable_short(key)), entry_limits);
        if (key == "version" && value != Json::number(1)) refuse("`version` is not 1");
    }

    void read_entries(Walker& walker) {
        walker.expect('[');
        if (walker.accept(']')) return;
        do {
            if (number_ == lazy_entry_limit) {
                fail(ErrorKind::over_limit, fmt::format("more than {} entries", lazy_entry_limit));
            }
            const std::string what = fmt::format("`entries[{}]`", number_++);
            read_entry(parse_json(walker.value(), what, entry_limits), what);
        } while (walker.accept(','));
        walker.expect(']');
    }

    void read_entry(const Json& json, const std::string& what) {
        const ObjectReader reader(json, what, entry_keys);
        const std::string type = reader.required_text("type");
        if (type == "chunk") return read_chunk(reader);
        finish_file();
        const auto* const row =
            std::find_if(types.begin(), types.end(), [&](const TypeRow& r) { return r.name == type; });
        if (row == types.end()) refuse(fmt::format("{}: \"{}\"", reader.place("type"), printable_short(type)));
        LazyEntry entry;
        entry.name = reader.required_text("name");
        entry.link = reader.text("linkName");
        entry.type = row->type;
        entry.mode = integer(reader, "mode");
        entry.uid = integer(reader, "uid");
        entry.gid = integer(reader, "gid");
        entry.dev_major = integer(reader, "devMajor");
        entry.dev_minor = integer(reader, "devMinor");
        entry.size = count(reader, "size");
        entry.digest = digest(reader, "digest");
        entry.xattrs = xattrs_of(reader);
        toc_.entries.push_back(std::move(entry));
        is_file_ = row->type == EntryType::file;
        if (is_file_ && toc_.entries.back().size != 0) add_chunk(reader);
    }

    /// Readers go by the place in the list, and not by the name; a name that says otherwise is refused.
    void read_chunk(const ObjectReader& reader) {
        if (!is_file_) refuse(fmt::format("{}: a chunk that follows no regular file", reader.what()));
        const std::string name = reader.text("name");
        if (!name.empty() && name != toc_.entries.back().name) {
            refuse(fmt::format("{}: a chunk of another file than the one before it", reader.what()));
        }
        add_chunk(reader);
    }

    /// A size of 0 is "up to the end of the file".
    void add_chunk(const ObjectReader& reader) {
        LazyEntry& file = toc_.entries.back();
        const std::uint64_t start = file.chunks.empty() ? 0 : file.chunks.back().end;
        const std::uint64_t offset = count(reader, "chunkOffset");
        const std::uint64_t size = count(reader, "chunkSize");
        const bool inside = offset == start && offset < file.size && size <= file.size - offset;
        file.chunks_fit = file.chunks_fit && inside;
        file.chunks.push_back({inside && size != 0 ? offset + size : file.size, digest(reader, "chunkDigest")});
    }

    void finish_file() {
        if (is_file_ && !toc_.entries.back().chunks.empty()) {
            LazyEntry& file = toc_.entries.back();
            file.chunks_fit = file.chunks_fit && file.chunks.back().end == file.size;
            file.chunks.shrink_to_fit();
        }
        is_file_ = false;
    }

    LazyToc toc_;
    std::size_t number_ = 0; // of the entry that is read next
    bool is_file_ = false;   // the last entry is a regular file, and chunks of it may follow
};

} // namespace

LazyToc parse_lazy_toc(std::string_view json) {
    if (json.size() > lazy_toc_limit) {
        fail(ErrorKind::over_limit, fmt::format("{} bytes, more than the limit of {}", json.size(), lazy_toc_limit));
    }
    return TocParser().run(json);
}

} // namespace touchstone
