// Bills of materials that list files: SPDX 2 as JSON and as tag-value, SPDX 3, CycloneDX. Everything in them that is
// not a file with its digests (packages, licences, relations) is another matter and is passed over.
#include "attest/checksum_parsers.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::string_view zero_digest = "digests of zeros (not computed)";

const std::string& text_member(const Json& object, std::string_view key) {
    const Json* const value = object.find(key);
    if (value == nullptr) fail(ErrorKind::malformed, fmt::format("a file without \"{}\"", key));
    return within(key, [&]() -> const std::string& { return value->as_string(); });
}

/// The items of an array that may be missing.
const std::vector<Json>& items_of(const Json& object, std::string_view key) {
    static const std::vector<Json> none;
    const Json* const value = object.find(key);
    if (value == nullptr || value->is_null()) return none;
    return within(key, [&]() -> const std::vector<Json>& { return value->items(); });
}

bool is_text(const Json* value, std::string_view text) {
    return value != nullptr && value->is(Json::Kind::string) && value->as_string() == text;
}

/// syft writes zeros for files whose digests it did not compute.
bool is_zero(std::string_view digits) {
    return !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) { return c == '0'; });
}

void add_digest(ChecksumEntry& entry, std::string_view algorithm, std::string_view digits, ChecksumListBuilder& out) {
    if (is_zero(digits)) return out.ignore(zero_digest);
    out.add_digest(entry, algorithm, digits);
}

/// How one kind of document spells a file's digests.
struct HashKeys {
    std::string_view list;
    std::string_view algorithm;
    std::string_view value;
};
constexpr HashKeys spdx2_keys{"checksums", "algorithm", "checksumValue"};
constexpr HashKeys spdx3_keys{"verifiedUsing", "algorithm", "hashValue"};
constexpr HashKeys cyclonedx_keys{"hashes", "alg", "content"};

void add_file(const Json& file, std::string_view name_key, const HashKeys& keys, ChecksumListBuilder& out) {
    const std::string& name = text_member(file, name_key);
    ChecksumEntry entry;
    entry.kind = "file";
    within(printable_short(name), [&] {
        for (const Json& hash : items_of(file, keys.list)) {
            if (hash.find(keys.value) == nullptr) { // of another kind, or kept elsewhere in the document
                entry.unknown_digest = true;
                out.ignore(keys.list);
                continue;
            }
            add_digest(entry, text_member(hash, keys.algorithm), text_member(hash, keys.value), out);
        }
        out.add(name, std::move(entry));
    });
}

void read_cyclonedx(const Json& document, ChecksumListBuilder& out) {
    out.format(ListFormat::cyclonedx);
    // Components lie within components, as deep as the document's limit lets them.
    std::vector<const Json*> open{&document};
    while (!open.empty()) {
        const Json* const parent = open.back();
        open.pop_back();
        for (const Json& component : items_of(*parent, "components")) {
            if (is_text(component.find("type"), "file")) add_file(component, "name", cyclonedx_keys, out);
            open.push_back(&component);
        }
    }
}

void read_spdx2(const Json& document, ChecksumListBuilder& out) {
    out.format(ListFormat::spdx);
    for (const Json& file : items_of(document, "files")) add_file(file, "fileName", spdx2_keys, out);
}

void read_spdx3(const Json& document, ChecksumListBuilder& out) {
    out.format(ListFormat::spdx3);
    for (const Json& element : items_of(document, "@graph")) {
        const Json* const type = element.find("type") != nullptr ? element.find("type") : element.find("@type");
        if (!is_text(type, "software_File")) continue;
        if (is_text(element.find("software_fileKind"), "directory")) continue;
        add_file(element, "name", spdx3_keys, out);
    }
}

/// "Tag: value", where a value can be <text>…</text> over several lines.
class TagValueReader {
public:
    explicit TagValueReader(ChecksumListBuilder& out) : out_(out) {}

    void line(std::string_view line) {
        if (in_text_) {
            in_text_ = line.find("</text>") == std::string_view::npos;
            return;
        }
        const std::string_view tag = trimmed(take_until(line, ':'), line_end_blanks);
        const std::string_view value = trimmed(line, line_end_blanks);
        const std::size_t text = value.find("<text>");
        in_text_ = text != std::string_view::npos && value.find("</text>", text) == std::string_view::npos;
        if (tag == "FileName") {
            flush();
            name_ = value;
            entry_.kind = "file";
        } else if (tag == "FileChecksum") {
            if (name_.empty()) out_.refuse("a FileChecksum without a FileName before it");
            std::string_view rest = value;
            const std::string_view algorithm = trimmed(take_until(rest, ':'), line_end_blanks);
            add_digest(entry_, algorithm, trimmed(rest, line_end_blanks), out_);
        } else if (tag == "PackageName" || tag == "SnippetSPDXID") {
            flush();
        }
    }
    void flush() {
        if (!name_.empty()) out_.add(name_, std::move(entry_));
        name_.clear();
        entry_ = {};
    }

private:
    ChecksumListBuilder& out_;
    std::string name_;
    ChecksumEntry entry_;
    bool in_text_ = false;
};

} // namespace

void read_checksum_document(const Json& document, ChecksumListBuilder& out) {
    if (is_text(document.find("bomFormat"), "CycloneDX")) return read_cyclonedx(document, out);
    if (document.find("spdxVersion") != nullptr) return read_spdx2(document, out);
    if (document.find("@graph") != nullptr) return read_spdx3(document, out);
    fail(ErrorKind::unsupported, "JSON, but neither SPDX nor CycloneDX");
}

bool is_spdx_tag_value(std::string_view text) {
    return first_significant_line(text).starts_with("SPDXVersion:");
}

void read_spdx_tag_value(std::string_view text, ChecksumListBuilder& out) {
    out.format(ListFormat::spdx_tag_value);
    ChecksumLines lines(text, out);
    TagValueReader reader(out);
    for (std::string_view line; lines.next(line);) reader.line(line);
    reader.flush();
    out.at_line(0);
}

} // namespace touchstone
