// The documents of a canonical image. A config is rebuilt rather than edited, so that nothing of the source's spelling
// (key order, blanks, null members, which Go writes for empty slices or leaves out) reaches the digest.
#include "normalize/canonical_image.h"

#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>

namespace touchstone {

namespace {

// image-spec media-types.md.
constexpr std::string_view manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view config_type = "application/vnd.oci.image.config.v1+json";
constexpr std::string_view layer_type = "application/vnd.oci.image.layer.v1.tar";

void add(ChangeCounts& changes, std::string_view what, std::uint64_t count = 1) {
    if (count > 0) changes[std::string(what)] += count;
}

std::string utc_text(std::int64_t seconds) {
    using namespace std::chrono;
    const sys_seconds time{std::chrono::seconds(seconds)};
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return fmt::format("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

/// Takes RFC 3339 apart, from front to back; `good` stays true while it follows the grammar of section 5.6.
struct TimeScanner {
    std::string_view text;
    bool good = true;

    int digits(std::size_t count, int least, int most) {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const char c = i < text.size() ? text[i] : '?';
            if (c < '0' || c > '9') {
                good = false;
                return least;
            }
            value = value * 10 + (c - '0');
        }
        text.remove_prefix(count);
        good = good && value >= least && value <= most;
        return value;
    }
    void literal(char c) {
        if (!one_of(std::string_view(&c, 1))) good = false;
    }
    /// Takes one character of `choice`, or none.
    std::optional<char> one_of(std::string_view choice) {
        if (text.empty() || choice.find(text.front()) == std::string_view::npos) return std::nullopt;
        const char c = text.front();
        text.remove_prefix(1);
        return c;
    }
    /// ".123": true when it says more than a whole second.
    bool fraction() {
        if (!one_of(".")) return false;
        const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
        good = good && end > 0;
        const bool more = text.substr(0, end).find_first_not_of('0') != std::string_view::npos;
        text.remove_prefix(end);
        return more;
    }
    std::chrono::minutes zone() {
        if (one_of("Zz")) return std::chrono::minutes(0);
        const std::optional<char> sign = one_of("+-");
        good = good && sign.has_value();
        const int hours = digits(2, 0, 23);
        literal(':');
        const int minutes = digits(2, 0, 59);
        const int offset = hours * 60 + minutes;
        return std::chrono::minutes(sign == '-' ? -offset : offset);
    }
};

/// True when `text` is an RFC 3339 time after `limit`. What cannot be read is not later than anything.
bool is_later(std::string_view text, std::int64_t limit) {
    using namespace std::chrono;
    TimeScanner scan{.text = text};
    const int year = scan.digits(4, 0, 9999);
    scan.literal('-');
    const auto month = static_cast<unsigned>(scan.digits(2, 1, 12));
    scan.literal('-');
    const auto day = static_cast<unsigned>(scan.digits(2, 1, 31));
    if (!scan.one_of("Tt")) scan.good = false;
    const int hour = scan.digits(2, 0, 23);
    scan.literal(':');
    const int minute = scan.digits(2, 0, 59);
    scan.literal(':');
    const int second = scan.digits(2, 0, 60); // a leap second is the first of the next minute
    const bool more = scan.fraction();
    const minutes zone = scan.zone();
    const year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!scan.good || !scan.text.empty() || !date.ok()) return false;
    const sys_seconds time = sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - zone;
    const std::int64_t since = time.time_since_epoch().count();
    return since > limit || (since == limit && more);
}

class ConfigWriter {
public:
    ConfigWriter(const std::vector<Digest>& diff_ids, const MtimePolicy& mtime, ChangeCounts& changes)
        : diff_ids_(diff_ids), mtime_(mtime), changes_(changes) {}

    Json config(const Json& source) {
        Json result = Json::object();
        for (const auto& [key, value] : with_time(source)) {
            if (key == "history" && value.is(Json::Kind::array)) {
                result.set(key, history(value));
            } else if (key == "rootfs") {
                result.set(key, rootfs(value));
            } else {
                result.set(key, canonical(value));
            }
        }
        return result;
    }

private:
    /// The members to keep, sorted.
    std::vector<Json::Member> kept(const Json& object) {
        std::vector<Json::Member> members;
        for (const Json::Member& member : object.members()) {
            if (member.second.is_null()) {
                add(changes_, "config-null");
            } else {
                members.push_back(member);
            }
        }
        std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        return members;
    }

    /// The same with `created` by the profile. `zero` also sets an absent one: to diff it is the same (rule
    /// config-times).
    std::vector<Json::Member> with_time(const Json& object) {
        std::vector<Json::Member> members = kept(object);
        const auto place =
            std::lower_bound(members.begin(), members.end(), std::string_view("created"),
                             [](const auto& member, std::string_view key) { return member.first < key; });
        const bool there = place != members.end() && place->first == "created";
        const std::optional<std::string> time = time_for(there ? &place->second : nullptr);
        if (!time) return members;
        add(changes_, "config-time");
        if (there) {
            place->second = Json::string(*time);
        } else {
            members.insert(place, {"created", Json::string(*time)});
        }
        return members;
    }

    /// What `created` becomes; nothing when it stays.
    std::optional<std::string> time_for(const Json* created) const {
        const bool is_text = created != nullptr && created->is(Json::Kind::string);
        switch (mtime_.kind) {
        case MtimePolicy::Kind::keep:
            return std::nullopt;
        case MtimePolicy::Kind::clamp:
            if (!is_text || !is_later(created->as_string(), mtime_.limit)) return std::nullopt;
            return utc_text(mtime_.limit);
        case MtimePolicy::Kind::zero:
            break;
        }
        const std::string zero = utc_text(0);
        if (is_text && created->as_string() == zero) return std::nullopt;
        return zero;
    }

    Json history(const Json& source) {
        Json result = Json::array();
        for (const Json& item : source.items()) {
            if (!item.is(Json::Kind::object)) {
                result.push_back(canonical(item));
                continue;
            }
            Json entry = Json::object();
            for (const auto& [key, value] : with_time(item)) entry.set(key, canonical(value));
            result.push_back(std::move(entry));
        }
        return result;
    }

    Json rootfs(const Json& source) {
        Json ids = Json::array();
        for (const Digest& id : diff_ids_) ids.push_back(Json::string(id.string()));
        Json result = Json::object();
        bool written = false;
        for (const auto& [key, value] : kept(source)) {
            result.set(key, key == "diff_ids" ? ids : canonical(value));
            written = written || key == "diff_ids";
        }
        if (!written) result.set("diff_ids", std::move(ids)); // only a config without layers may lack it
        return result;
    }

    /// Depth is bounded by the parser (JsonLimits::depth).
    Json canonical(const Json& value) { // NOLINT(misc-no-recursion)
        if (value.is(Json::Kind::array)) {
            Json result = Json::array();
            for (const Json& item : value.items()) result.push_back(canonical(item));
            return result;
        }
        if (!value.is(Json::Kind::object)) return value;
        Json result = Json::object();
        for (const auto& [key, member] : kept(value)) result.set(key, canonical(member));
        return result;
    }

    const std::vector<Digest>& diff_ids_;
    const MtimePolicy& mtime_;
    ChangeCounts& changes_;
};

Json size_number(std::uint64_t size) {
    if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        fail(ErrorKind::over_limit, fmt::format("a blob of {} bytes: no descriptor can name it", size));
    }
    return Json::number(static_cast<std::int64_t>(size));
}

Json descriptor(std::string_view media_type, const Digest& digest, std::uint64_t size) {
    Json result = Json::object();
    result.set("mediaType", Json::string(std::string(media_type)));
    result.set("digest", Json::string(digest.string()));
    result.set("size", size_number(size));
    return result;
}

/// Counts what of a descriptor is not carried over.
void count_descriptor(const Json& source, std::string_view media_type, ChangeCounts& changes) {
    if (const Json* type = source.find("mediaType"); type != nullptr && type->is(Json::Kind::string)) {
        add(changes, "media-type", type->as_string() == media_type ? 0 : 1);
    }
    if (const Json* annotations = source.find("annotations");
        annotations != nullptr && annotations->is(Json::Kind::object)) {
        add(changes, "annotation-dropped", annotations->members().size());
    }
}

void count_manifest(const Json& manifest, ChangeCounts& changes) {
    if (!manifest.is(Json::Kind::object)) return;
    count_descriptor(manifest, manifest_type, changes);
    if (const Json* config = manifest.find("config")) count_descriptor(*config, config_type, changes);
    if (const Json* layers = manifest.find("layers"); layers != nullptr && layers->is(Json::Kind::array)) {
        for (const Json& layer : layers->items()) count_descriptor(layer, layer_type, changes);
    }
    static constexpr std::array<std::string_view, 5> carried{"schemaVersion", "mediaType", "config", "layers",
                                                             "annotations"};
    for (const auto& [key, value] : manifest.members()) {
        if (std::find(carried.begin(), carried.end(), key) == carried.end()) add(changes, "manifest-member-dropped");
    }
}

CanonicalDocument document(std::string bytes) {
    const Digest digest = digest_of(as_bytes(bytes));
    return {std::move(bytes), digest};
}

} // namespace

std::string canonical_config(const Json& config, const std::vector<Digest>& diff_ids, const MtimePolicy& mtime,
                             ChangeCounts* changes) {
    ChangeCounts uncounted;
    return ConfigWriter(diff_ids, mtime, changes != nullptr ? *changes : uncounted).config(config).dump();
}

std::string canonical_manifest(const Digest& config, std::uint64_t config_size,
                               const std::vector<CanonicalBlob>& layers) {
    Json manifest = Json::object();
    manifest.set("schemaVersion", Json::number(2));
    manifest.set("mediaType", Json::string(std::string(manifest_type)));
    manifest.set("config", descriptor(config_type, config, config_size));
    Json list = Json::array();
    for (const CanonicalBlob& layer : layers) list.push_back(descriptor(layer.media_type, layer.digest, layer.size));
    manifest.set("layers", std::move(list));
    return manifest.dump();
}

CanonicalImage canonical_image(const Json& config, const Json& manifest, const std::vector<CanonicalResult>& layers,
                               const MtimePolicy& mtime) {
    CanonicalImage image;
    std::vector<Digest> diff_ids;
    for (const CanonicalResult& layer : layers) {
        diff_ids.push_back(layer.digest);
        image.layers.push_back({std::string(layer_type), layer.digest, layer.size, layer.digest});
    }
    image.config = document(canonical_config(config, diff_ids, mtime, &image.changes));
    image.manifest = document(canonical_manifest(image.config.digest, image.config.bytes.size(), image.layers));
    count_manifest(manifest, image.changes);
    return image;
}

} // namespace touchstone
