// Parsing and spelling of profiles. Numbers are decimal digits only: an id must not depend on how someone wrote them.
#include "normalize/profile.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace touchstone {

namespace {

/// The largest uid the kernel takes: 2^32 - 1 means "no change" to chown.
constexpr std::uint64_t max_id = 4294967294;
/// Eleven octal digits of the mtime field.
constexpr std::uint64_t max_mtime = (std::uint64_t{1} << 33) - 1;

/// Digits only and no leading zeros: one number has one spelling, also for those who read "010" as eight.
std::optional<std::uint64_t> number(std::string_view text, std::uint64_t limit) {
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > limit) return std::nullopt;
    return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

[[noreturn]] void fail_owner(std::string_view text) {
    fail(ErrorKind::usage,
         fmt::format("--owner \"{}\": expected keep, UID:GID, or map:FROM:TO[:COUNT],… with numbers up to {} "
                     "without leading zeros",
                     printable(text), max_id));
}

OwnerPolicy::Range parse_range(std::string_view part, std::string_view whole) {
    const std::vector<std::string_view> fields = split(part, ':');
    if (fields.size() < 2 || fields.size() > 3) fail_owner(whole);
    const auto from = number(fields[0], max_id);
    const auto to = number(fields[1], max_id);
    const auto count = fields.size() == 3 ? number(fields[2], max_id) : std::optional<std::uint64_t>(1);
    if (!from || !to || !count || *count == 0 || *from + *count - 1 > max_id || *to + *count - 1 > max_id)
        fail_owner(whole);
    return {static_cast<std::uint32_t>(*from), static_cast<std::uint32_t>(*to), static_cast<std::uint32_t>(*count)};
}

std::uint32_t mapped(const std::vector<OwnerPolicy::Range>& ranges, std::uint32_t id) {
    for (const OwnerPolicy::Range& range : ranges) {
        if (id >= range.from && id - range.from < range.count) return range.to + (id - range.from);
    }
    return id;
}

void refuse_overlap(const std::vector<OwnerPolicy::Range>& ranges, std::string_view text) {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        for (std::size_t j = i + 1; j < ranges.size(); ++j) {
            const std::uint64_t end_i = std::uint64_t{ranges[i].from} + ranges[i].count;
            const std::uint64_t end_j = std::uint64_t{ranges[j].from} + ranges[j].count;
            if (ranges[i].from < end_j && ranges[j].from < end_i) {
                fail(ErrorKind::usage, fmt::format("--owner \"{}\": two ranges map the same id", printable(text)));
            }
        }
    }
}

MtimePolicy clamp_to(std::uint64_t seconds) {
    return {.kind = MtimePolicy::Kind::clamp, .limit = static_cast<std::int64_t>(seconds)};
}

MtimePolicy clamp_to_epoch(std::string_view epoch) {
    if (epoch.empty()) fail(ErrorKind::usage, "--mtime clamp: give clamp:SECONDS, or set SOURCE_DATE_EPOCH");
    if (const auto limit = number(epoch, max_mtime)) return clamp_to(*limit);
    fail(ErrorKind::usage,
         fmt::format("--mtime clamp: SOURCE_DATE_EPOCH is \"{}\": expected seconds, 0 to {}, without leading zeros",
                     printable(epoch), max_mtime));
}

} // namespace

std::int64_t MtimePolicy::apply(std::int64_t seconds) const {
    const std::int64_t kept = std::max<std::int64_t>(seconds, 0);
    switch (kind) {
    case Kind::zero:
        return 0;
    case Kind::keep:
        return kept;
    case Kind::clamp:
        return std::min(kept, limit);
    }
    return 0;
}

std::string MtimePolicy::string() const {
    switch (kind) {
    case Kind::zero:
        return "zero";
    case Kind::keep:
        return "keep";
    case Kind::clamp:
        return fmt::format("clamp:{}", limit);
    }
    return {};
}

std::uint32_t OwnerPolicy::apply_uid(std::uint32_t id) const {
    return kind == Kind::fixed ? uid : mapped(ranges, id);
}
std::uint32_t OwnerPolicy::apply_gid(std::uint32_t id) const {
    return kind == Kind::fixed ? gid : mapped(ranges, id);
}

std::string OwnerPolicy::string() const {
    switch (kind) {
    case Kind::keep:
        return "keep";
    case Kind::fixed:
        return fmt::format("{}:{}", uid, gid);
    case Kind::map:
        break;
    }
    std::string text = "map:";
    for (const Range& range : ranges) {
        if (text.back() != ':') text += ',';
        text += range.count == 1 ? fmt::format("{}:{}", range.from, range.to)
                                 : fmt::format("{}:{}:{}", range.from, range.to, range.count);
    }
    return text;
}

MtimePolicy parse_mtime_policy(std::string_view text, std::string_view source_date_epoch) {
    constexpr std::string_view clamp_prefix = "clamp:";
    if (text == "zero") return {};
    if (text == "keep") return {.kind = MtimePolicy::Kind::keep, .limit = 0};
    if (text == "clamp") return clamp_to_epoch(source_date_epoch);
    if (text.starts_with(clamp_prefix)) {
        if (const auto limit = number(text.substr(clamp_prefix.size()), max_mtime)) return clamp_to(*limit);
    }
    fail(ErrorKind::usage,
         fmt::format("--mtime \"{}\": expected zero, keep, clamp or clamp:SECONDS (0 to {}, without leading zeros)",
                     printable(text), max_mtime));
}

OwnerPolicy parse_owner_policy(std::string_view text) {
    OwnerPolicy policy;
    if (text == "keep") return policy;
    constexpr std::string_view map_prefix = "map:";
    if (text.starts_with(map_prefix)) {
        policy.kind = OwnerPolicy::Kind::map;
        for (const std::string_view part : split(text.substr(map_prefix.size()), ','))
            policy.ranges.push_back(parse_range(part, text));
        refuse_overlap(policy.ranges, text);
        std::sort(policy.ranges.begin(), policy.ranges.end(),
                  [](const auto& a, const auto& b) { return a.from < b.from; });
        return policy;
    }
    const std::vector<std::string_view> ids = split(text, ':');
    if (ids.size() != 2) fail_owner(text);
    const auto uid = number(ids[0], max_id);
    const auto gid = number(ids[1], max_id);
    if (!uid || !gid) fail_owner(text);
    policy.kind = OwnerPolicy::Kind::fixed;
    policy.uid = static_cast<std::uint32_t>(*uid);
    policy.gid = static_cast<std::uint32_t>(*gid);
    return policy;
}

std::string Profile::id(std::string_view form, std::string_view digest) const {
    if (is_default()) return fmt::format("{}:{}", form, digest);
    return fmt::format("{}:mtime={},owner={}:{}", form, mtime.string(), owner.string(), digest);
}

} // namespace touchstone
