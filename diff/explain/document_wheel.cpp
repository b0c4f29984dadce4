// Two small formats. A wheel's RECORD: a line for each installed file, with its hash and size, looked up by path; lines
// are matched by path, and path, hash, size and line end add up to the line. A machine-id: one random number.
#include "diff/explain/document_records.h"
#include "diff/explain/documents.h"

#include "diff/explain/detect_subject.h"

#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

struct WheelRow {
    Span hash;
    Span size;
    Span end;
};

struct WheelRecord {
    std::vector<KeyedRecord> records; ///< the key is the path as it is written
    std::vector<WheelRow> rows;
};

std::optional<WheelRecord> read_wheel_record(ByteView bytes, const ExplainLimits& limits) {
    const auto lines = lines_of(bytes, limits);
    if (!lines) return std::nullopt;
    WheelRecord record;
    for (const Span& line : *lines) {
        const std::string_view whole = as_text(bytes).substr(line.offset, line.size);
        const std::string_view text = without_end(whole);
        const std::size_t size = text.rfind(',');
        if (size == std::string_view::npos || size == 0) return std::nullopt;
        const std::size_t hash = text.rfind(',', size - 1);
        if (hash == std::string_view::npos || hash == 0) return std::nullopt;
        record.records.push_back({std::string(text.substr(0, hash)), line});
        record.rows.push_back({{line.offset + hash + 1, size - hash - 1},
                               {line.offset + size + 1, text.size() - size - 1},
                               {line.offset + text.size(), whole.size() - text.size()}});
    }
    return record;
}

/// "sha256=" and 43 characters of RFC 4648's alphabet for URLs, without padding (PEP 376); else empty.
std::string decode_hash(std::string_view text) {
    constexpr std::string_view prefix = "sha256=";
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (!text.starts_with(prefix) || text.size() != prefix.size() + 43) return {};
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text.substr(prefix.size())) {
        const std::size_t value = alphabet.find(c);
        if (value == std::string_view::npos) return {};
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> count & 0xFFU);
        }
    }
    return (bits & ((1U << count) - 1)) == 0 ? bytes : std::string();
}

const DerivedTable::Source* source_of(const Splitter& out, std::size_t side, const WheelRow& row) {
    const std::string digest = decode_hash(out.text(side, row.hash));
    return digest.empty() ? nullptr : out.clues().side.at(side).derived.find_digest(as_bytes(digest));
}

bool is_known_size(const Splitter& out, std::size_t side, const WheelRow& row) {
    std::uint64_t size = 0;
    const std::string_view text = out.text(side, row.size);
    if (text.empty() || text.size() > 15) return false;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        size = size * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return out.clues().side.at(side).derived.find_size(size) != nullptr;
}

void compare_rows(Splitter& out, const std::string& path, const WheelRow& a, const WheelRow& b) {
    const DerivedTable::Source* left = source_of(out, 0, a);
    const DerivedTable::Source* right = source_of(out, 1, b);
    const bool derived = left != nullptr && right != nullptr && left->path == right->path;
    const auto cause = derived ? std::optional(CauseId::derived) : std::nullopt;
    const std::string of = derived ? left->path : "";
    const std::string why = derived ? "the sha256 of " + printable_short(left->path) : "";
    out.differ(path + ": hash", {a.hash, b.hash}, cause, why, of);
    const bool sized = derived && is_known_size(out, 0, a) && is_known_size(out, 1, b);
    out.differ(path + ": size", {a.size, b.size}, sized ? cause : std::nullopt,
               sized ? "the size that goes with the hash" : "", sized ? of : "");
    out.differ(path + ": line end", {a.end, b.end});
}

bool is_machine_id(ByteView bytes) {
    const std::string_view text = as_text(bytes);
    return text.size() == 33 && text.back() == '\n' && consists_of(text.substr(0, 32), lower_hex_digits);
}

} // namespace

bool recognizes_wheel_record(std::string_view name, ByteView /*bytes*/) {
    return name.ends_with(".dist-info/RECORD");
}

bool analyze_wheel_record(const Subject& subject, Analyzer& analyzer, Part& part) {
    const auto published = read_wheel_record(subject.bytes[0], analyzer.limits());
    const auto rebuilt = read_wheel_record(subject.bytes[1], analyzer.limits());
    if (!published || !rebuilt) return false;
    const auto matched = match_records(published->records, rebuilt->records);
    if (!matched) return false;
    Splitter out(subject, analyzer, part);
    for (const auto& [i, j] : matched->pairs) {
        compare_rows(out, printable_short(published->records[i].key, 120), published->rows[i], rebuilt->rows[j]);
    }
    const std::array<const WheelRecord*, 2> sides{&*published, &*rebuilt};
    for (std::size_t side : {0U, 1U}) {
        for (const std::size_t i : matched->only.at(side)) {
            const KeyedRecord& record = sides.at(side)->records[i];
            out.only(side, printable_short(record.key, 120), record.span, record.span.offset);
        }
    }
    if (!matched->moved.empty()) {
        out.order("order of rows", moved_range(*matched, published->records, rebuilt->records), CauseId::record_order,
                  "a RECORD is a set of rows, each path once");
    }
    return true;
}

bool recognizes_machine_id(std::string_view name, ByteView /*bytes*/) {
    const std::string_view path = plain_path(name);
    return path == "etc/machine-id" || path == "var/lib/dbus/machine-id";
}

bool analyze_machine_id(const Subject& subject, Analyzer& analyzer, Part& part) {
    if (!is_machine_id(subject.bytes[0]) || !is_machine_id(subject.bytes[1])) return false;
    constexpr Span digits{0, 32}; // all but the line end, which is_machine_id found equal
    Splitter out(subject, analyzer, part);
    out.differ("machine id", {digits, digits}, CauseId::random_id, "made by systemd-machine-id-setup or dbus-uuidgen");
    return true;
}

} // namespace touchstone
