// Numbers in binary data: times and memory addresses. A mask over a few bytes of a program would be the best hiding
// place there is, so nothing is claimed in what runs or is linked; in data a number must be aligned, must contain every
// differing byte around it, and must fit both builds' clocks.
#include "diff/explain/detect_binary.h"

#include "base/endian.h"

#include "diff/explain/detect_claim.h"
#include "diff/explain/detect_subject.h"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace touchstone {

namespace {

/// Regions looked at in one leaf: a file with more is not a few numbers in equal data.
constexpr std::size_t region_limit = 200'000;

std::uint64_t load(ByteView bytes, bool big_endian) {
    return big_endian ? big_number(bytes, 0, bytes.size()) : little_number(bytes, 0, bytes.size());
}

constexpr std::int64_t no_time = std::numeric_limits<std::int64_t>::min();

std::int64_t unix_seconds(std::uint64_t value) {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return value > largest ? no_time : static_cast<std::int64_t>(value);
}
std::int64_t unix_milliseconds(std::uint64_t value) {
    return unix_seconds(value / 1000);
}
std::int64_t unix_nanoseconds(std::uint64_t value) {
    return unix_seconds(value / 1'000'000'000);
}
/// Ticks of 100 ns since 1601-01-01.
std::int64_t filetime(std::uint64_t value) {
    return unix_seconds(value / 10'000'000) - 11'644'473'600;
}
/// Seconds since 1904-01-01.
std::int64_t mac_seconds(std::uint64_t value) {
    return static_cast<std::int64_t>(value) - 2'082'844'800;
}

/// Days from 1970-01-01 to a date from 1980 on, as DOS can hold: every fourth year is a leap year but 2100.
std::int64_t days_since_epoch(std::int64_t year, std::int64_t month, std::int64_t day) {
    constexpr std::array<std::int64_t, 12> before{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    const bool leap = year % 4 == 0 && year != 2100;
    const std::int64_t leap_days = (year - 1969) / 4 - (year > 2100 ? 1 : 0);
    return (year - 1970) * 365 + leap_days + before.at(static_cast<std::size_t>(month - 1)) +
           (leap && month > 2 ? 1 : 0) + day - 1;
}

/// FAT's date in the upper and time in the lower 16 bits; read as UTC, as both builds' zones are unknown.
std::int64_t dos_time(std::uint64_t value) {
    const auto bits = [&](unsigned shift, unsigned count) {
        return static_cast<std::int64_t>(value >> shift & ((1U << count) - 1));
    };
    const std::int64_t month = bits(21, 4);
    const std::int64_t day = bits(16, 5);
    if (month < 1 || month > 12 || day < 1 || bits(11, 5) > 23 || bits(5, 6) > 59 || bits(0, 5) > 29) return no_time;
    return days_since_epoch(1980 + bits(25, 7), month, day) * 86400 + bits(11, 5) * 3600 + bits(5, 6) * 60 +
           bits(0, 5) * 2;
}

struct TimeFormat {
    std::string_view name;
    std::size_t width;
    bool big_endian;
    std::int64_t (*seconds)(std::uint64_t);
};

constexpr std::array<TimeFormat, 14> time_formats{{
    {"unix seconds, 32 bits, little-endian", 4, false, unix_seconds},
    {"unix seconds, 32 bits, big-endian", 4, true, unix_seconds},
    {"DOS date and time", 4, false, dos_time},
    {"Mac seconds since 1904, 32 bits, big-endian", 4, true, mac_seconds},
    {"Mac seconds since 1904, 32 bits, little-endian", 4, false, mac_seconds},
    {"unix seconds, 64 bits, little-endian", 8, false, unix_seconds},
    {"unix seconds, 64 bits, big-endian", 8, true, unix_seconds},
    {"unix milliseconds, little-endian", 8, false, unix_milliseconds},
    {"unix milliseconds, big-endian", 8, true, unix_milliseconds},
    {"unix nanoseconds, little-endian", 8, false, unix_nanoseconds},
    {"unix nanoseconds, big-endian", 8, true, unix_nanoseconds},
    {"Windows FILETIME, little-endian", 8, false, filetime},
    {"Windows FILETIME, big-endian", 8, true, filetime},
    {"Mac seconds since 1904, 64 bits, big-endian", 8, true,
     [](std::uint64_t value) { return value > 0xFFFF'FFFF'FFU ? no_time : mac_seconds(value); }},
}};

/// 64-bit numbers stand at multiples of 4 in many formats made for 32-bit machines; nothing stands at odd places.
constexpr std::uint64_t alignment = 4;

/// The number of `width` bytes that is aligned on both sides and contains the region, the earliest first.
template <typename Accept>
bool with_aligned(const Leaf& leaf, const Region& region, std::size_t width, Accept accept) {
    if (region[0].size != region[1].size || region[0].size == 0 || region[0].size > width) return false;
    for (std::uint64_t before = width - region[0].size + 1; before-- > 0;) {
        SpanPair spans{};
        if (!widen(leaf, region, before, width, spans)) continue;
        if (spans[0].offset % alignment != 0 || spans[1].offset % alignment != 0) continue;
        if (accept(spans)) return true;
    }
    return false;
}

std::array<std::uint64_t, 2> load_both(const Leaf& leaf, const SpanPair& spans, bool big_endian) {
    std::array<std::uint64_t, 2> values{};
    for (std::size_t side : {0U, 1U}) {
        const ByteView bytes = leaf.subject.bytes.at(side).subspan(spans.at(side).offset, spans.at(side).size);
        values.at(side) = load(bytes, big_endian);
    }
    return values;
}

bool claim_time(const Leaf& leaf, const Clues& clues, const SpanPair& spans, const TimeFormat& format,
                SafeClaims& claims) {
    const auto values = load_both(leaf, spans, format.big_endian);
    const std::int64_t published = format.seconds(values[0]);
    const std::int64_t rebuilt = format.seconds(values[1]);
    if (published == no_time || rebuilt == no_time || !clues.plausible_times(published, rebuilt)) return false;
    Difference difference = claim_of(leaf, spans, CauseId::binary_time, std::string(format.name));
    difference.values = {fmt::format("{} s since 1970", published), fmt::format("{} s since 1970", rebuilt)};
    return claims.add(std::move(difference));
}

void find_times(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                std::vector<Difference>& found) {
    if (leaf.text || is_program(leaf.subject) || unclaimed.size() > region_limit) return;
    SafeClaims claims(leaf, unclaimed, found);
    for (const Region& region : unclaimed) {
        if (claims.taken(region)) continue;
        for (const TimeFormat& format : time_formats) {
            const auto accept = [&](const SpanPair& spans) { return claim_time(leaf, clues, spans, format, claims); };
            if (with_aligned(leaf, region, format.width, accept)) break;
        }
    }
}

/// Where Linux on 64-bit machines places programs (0x55, 0x56) and libraries and stacks (0x7f) at random.
bool is_address(std::uint64_t value) {
    const std::uint64_t top = value >> 40U;
    return top == 0x55 || top == 0x56 || top == 0x7F;
}

bool claim_pointer(const Leaf& leaf, const SpanPair& spans, SafeClaims& claims) {
    const auto values = load_both(leaf, spans, false);
    if (!is_address(values[0]) || !is_address(values[1]) || values[0] >> 40U != values[1] >> 40U) return false;
    // Randomization moves whole pages, so the same object keeps its place within a page.
    constexpr std::uint64_t page = 4096;
    if (values[0] % page != values[1] % page) return false;
    Difference difference = claim_of(leaf, spans, CauseId::pointer, "an address of 64 bits, moved by whole pages");
    difference.values = {fmt::format("{:#x}", values[0]), fmt::format("{:#x}", values[1])};
    return claims.add(std::move(difference));
}

void find_pointers(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& /*clues*/,
                   std::vector<Difference>& found) {
    constexpr std::uint64_t width = 8;
    if (leaf.text || is_program(leaf.subject) || unclaimed.size() > region_limit) return;
    SafeClaims claims(leaf, unclaimed, found);
    for (const Region& region : unclaimed) {
        if (claims.taken(region)) continue;
        with_aligned(leaf, region, width, [&](const SpanPair& spans) {
            return spans[0].offset % width == 0 && spans[1].offset % width == 0 && claim_pointer(leaf, spans, claims);
        });
    }
}

/// Proof before plausibility: a digest that is found says more than a number that fits.
constexpr std::array<DetectorRow, 5> rows{{{"binary digest", find_binary_digests},
                                           {"signature", find_signatures},
                                           {"expiry", find_expiries},
                                           {"binary time", find_times},
                                           {"pointer", find_pointers}}};

} // namespace

std::span<const DetectorRow> binary_detectors() {
    return rows;
}

} // namespace touchstone
