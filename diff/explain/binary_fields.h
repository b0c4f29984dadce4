// What the handlers of binary formats share. A handler describes each side as stretches that tile the file (sections,
// chunks, tables) and fields within them whose meaning is known (a time, a checksum, an id). One place then pairs them
// by name, judges each field that differs, and compares all that is left, so that no handler can forget a byte.
#pragma once

#include "diff/explain/analyzer.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Numbers at offsets of untrusted bytes. Outside of them everything is zero: ask has() where that matters.
struct Numbers {
    ByteView bytes;
    bool big = false; ///< big-endian

    bool has(std::uint64_t offset, std::uint64_t size) const {
        return offset <= bytes.size() && size <= bytes.size() - offset;
    }
    std::uint64_t at(std::uint64_t offset, std::size_t size) const; ///< `size` at most 8
    std::string_view text(Span span) const;                         ///< empty when not inside
    ByteView view(Span span) const;                                 ///< empty when not inside
};

/// How the bytes of a stretch are compared that are not in a field.
enum class Inside : std::uint8_t {
    engine, ///< it may be a format of its own; all detectors
    leaf,   ///< text or binary; all detectors
    code,   ///< ranges are counted, nothing in it may be given a cause by a detector
};

struct Stretch {
    std::string name;
    Span span;
    Inside inside = Inside::code;
    std::optional<CauseId> cause = {}; ///< Inside::code: where a format knows why all of it differs
    std::string evidence = {};
    /// What the bytes unpack to; where both sides have it, that is compared in their place, and `cause` (else C3)
    /// says why equal content was written in other bytes.
    std::optional<std::string> unpacked = {};
    bool gap = false; ///< between stretches; filled in by compare_layouts
};

/// What must hold before a field that differs is given its cause.
enum class Proof : std::uint8_t {
    none,     ///< it has no cause
    known,    ///< the field's meaning is enough (a random id, a signature)
    time,     ///< both seconds fit the builds' clocks, or one side has zero, as reproducible tools write
    checksum, ///< recomputed, and right on both sides
    follows,  ///< computed from the rest of the file, which must differ, too
};

struct Field {
    std::string name;
    Span span;
    Proof proof = Proof::none;
    CauseId cause = CauseId::derived;
    std::string evidence;
    std::int64_t seconds = 0; ///< Proof::time
    bool right = false;       ///< Proof::checksum
    std::string shown;        ///< for people, printable or raw; empty: the bytes in hex
};

struct FieldLayout {
    std::vector<Stretch> stretches; ///< need not be sorted; gaps are filled in
    std::vector<Field> fields;      ///< each within one stretch or gap
    std::optional<CauseId> order;   ///< why the same stretches may stand in another order
};

/// A time field of `size` bytes that holds `seconds`.
Field time_field(std::string name, Span span, std::int64_t seconds);
/// A checksum field that was recomputed by the handler.
Field checksum_field(std::string name, Span span, bool right, std::string evidence);

/// Compares both sides by their layouts. False, and `part` untouched, when a layout does not fit its bytes (stretches
/// overlap or lie outside, a field crosses a border).
bool compare_layouts(const Subject& subject, Analyzer& analyzer, Part& part, std::array<FieldLayout, 2> layouts);

/// Adds the ranges in which `subject.bytes` differ, and a view of them; no detectors, every range gets `cause`.
void add_ranges(const Subject& subject, const Analyzer& analyzer, Part& part,
                std::optional<CauseId> cause = std::nullopt, std::string_view evidence = {});
/// The same as a part of its own.
Part compare_ranges(const Subject& outer, const Analyzer& analyzer, std::string_view name, BytePair bytes,
                    std::optional<CauseId> cause = std::nullopt, std::string_view evidence = {});
/// A part for the detectors that is not looked at as a format of its own.
Part compare_leaf(const Subject& outer, Analyzer& analyzer, std::string_view name, BytePair bytes);

/// Whether a field's pair of times is believed; zero on one side is.
bool believes_times(const Clues& clues, std::int64_t published, std::int64_t rebuilt);

/// "2026-03-01 10:00:00Z"; the number itself where the year has not four digits.
std::string show_time(std::int64_t seconds);
/// Unix seconds of a proleptic Gregorian moment; the caller has checked the ranges.
std::int64_t seconds_of(int year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second);

bool equal(ByteView left, ByteView right);
std::string sha1_of(ByteView bytes);   ///< raw, 20 bytes
std::string sha256_of(ByteView bytes); ///< raw, 32 bytes
std::uint32_t crc32_of(ByteView bytes);

/// A zlib stream that ends exactly where `bytes` end; nothing when it is broken, or the analyzer grants no room.
std::optional<std::string> inflate_zlib(ByteView bytes, Analyzer& analyzer);

} // namespace touchstone
