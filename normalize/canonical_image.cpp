// The documents of a canonical image. A config is rebuilt rather than edited, so that nothing of the source's spelling
// (key order, blanks, null members, which Go writes for empty slices or leaves out) reaches the digest.
#include "normalize/canonical_image.h"

#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <limits>
#include <optional>
#include <span>

namespace touchstone {

namespace {

// image-spec media-types.md.
constexpr std::string_view manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view config_type = "application/vnd.oci.image.config.v1+json";

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
            if (key == "diff_ids" && value.is(Json::Kind::array) && value.items().size() > diff_ids_.size())
                add(changes_, "layers-merged", value.items().size());
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

/// What a layer's descriptor says besides; an empty object when it says nothing.
Json annotations_of(const CanonicalBlob& layer) {
    Json annotations = Json::object();
    if (!layer.compression.empty()) {
        annotations.set(std::string(compression_annotation), Json::string(layer.compression));
    }
    return annotations;
}

/// Counts what of a descriptor is not carried over to one with this type and these annotations.
void count_descriptor(const Json& source, std::string_view media_type, const Json& annotations, ChangeCounts& changes) {
    if (const Json* type = source.find("mediaType"); type != nullptr && type->is(Json::Kind::string)) {
        add(changes, "media-type", type->as_string() == media_type ? 0 : 1);
    }
    const Json* const before = source.find("annotations");
    if (before == nullptr || !before->is(Json::Kind::object)) return;
    for (const auto& [key, value] : before->members()) {
        const Json* const kept = annotations.find(key);
        add(changes, "annotation-dropped", kept != nullptr && *kept == value ? 0 : 1);
    }
}

/// Counts the members of `object` that are not `carried` over.
void count_members(const Json& object, std::span<const std::string_view> carried, ChangeCounts& changes) {
    for (const auto& [key, value] : object.members()) {
        if (std::find(carried.begin(), carried.end(), key) == carried.end()) add(changes, "manifest-member-dropped");
    }
}

constexpr std::array<std::string_view, 5> manifest_members{"schemaVersion", "mediaType", "config", "layers",
                                                           "annotations"};
constexpr std::array<std::string_view, 4> descriptor_members{"mediaType", "digest", "size", "annotations"};

void count_layers(const Json& sources, const std::vector<CanonicalBlob>& layers, ChangeCounts& changes) {
    if (!sources.is(Json::Kind::array) || layers.empty()) return;
    for (std::size_t i = 0; i < sources.items().size(); ++i) {
        const CanonicalBlob& layer = layers[std::min(i, layers.size() - 1)];
        count_descriptor(sources.items()[i], layer.media_type, annotations_of(layer), changes);
        count_members(sources.items()[i], descriptor_members, changes);
    }
}

void count_manifest(const Json& manifest, const std::vector<CanonicalBlob>& layers, ChangeCounts& changes) {
    if (!manifest.is(Json::Kind::object)) return;
    count_descriptor(manifest, manifest_type, {}, changes);
    if (const Json* config = manifest.find("config")) {
        count_descriptor(*config, config_type, {}, changes);
        count_members(*config, descriptor_members, changes);
    }
    if (const Json* sources = manifest.find("layers")) count_layers(*sources, layers, changes);
    count_members(manifest, manifest_members, changes);
}

bool made_layer(const Json& line) {
    if (!line.is(Json::Kind::object)) return false;
    const Json* const empty = line.find("empty_layer");
    return empty == nullptr || !empty->is(Json::Kind::boolean) || !empty->as_boolean();
}

Json with_member(const Json& object, std::string_view key, const Json& value) {
    Json result = Json::object();
    for (const auto& [name, member] : object.members()) {
        if (name != key) result.set(name, member);
    }
    result.set(std::string(key), value);
    return result;
}

Json merged_history(const Json& history) {
    const std::vector<Json>& lines = history.items();
    const auto top = std::find_if(lines.rbegin(), lines.rend(), made_layer);
    Json result = Json::array();
    for (const Json& line : lines) {
        const bool folded = made_layer(line) && &line != &*top;
        result.push_back(folded ? with_member(line, "empty_layer", Json::boolean(true)) : line);
    }
    return result;
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

std::string_view layer_media_type(Compression compression) {
    switch (compression) {
    case Compression::none:
        return "application/vnd.oci.image.layer.v1.tar";
    case Compression::gzip:
        return "application/vnd.oci.image.layer.v1.tar+gzip";
    case Compression::zstd:
        return "application/vnd.oci.image.layer.v1.tar+zstd";
    }
    return {};
}

CanonicalBlob stored_plain(const CanonicalResult& layer) {
    return {.media_type = std::string(layer_media_type(Compression::none)),
            .digest = layer.digest,
            .size = layer.size,
            .diff_id = layer.digest,
            .compression = {}};
}

Json merged_history_config(const Json& config) {
    const Json* const history = config.find("history");
    if (history == nullptr || !history->is(Json::Kind::array)) return config;
    return with_member(config, "history", merged_history(*history));
}

std::string canonical_manifest(const Digest& config, std::uint64_t config_size,
                               const std::vector<CanonicalBlob>& layers) {
    Json manifest = Json::object();
    manifest.set("schemaVersion", Json::number(2));
    manifest.set("mediaType", Json::string(std::string(manifest_type)));
    manifest.set("config", descriptor(config_type, config, config_size));
    Json list = Json::array();
    for (const CanonicalBlob& layer : layers) {
        Json item = descriptor(layer.media_type, layer.digest, layer.size);
        if (Json annotations = annotations_of(layer); !annotations.members().empty()) {
            item.set("annotations", std::move(annotations));
        }
        list.push_back(std::move(item));
    }
    manifest.set("layers", std::move(list));
    return manifest.dump();
}

CanonicalImage canonical_image(const Json& config, const Json& manifest, std::vector<CanonicalBlob> layers,
                               const MtimePolicy& mtime) {
    CanonicalImage image;
    image.layers = std::move(layers);
    std::vector<Digest> diff_ids;
    for (const CanonicalBlob& layer : image.layers) diff_ids.push_back(layer.diff_id);
    image.config = document(canonical_config(config, diff_ids, mtime, &image.changes));
    image.manifest = document(canonical_manifest(image.config.digest, image.config.bytes.size(), image.layers));
    count_manifest(manifest, image.layers, image.changes);
    return image;
}

} // namespace touchstone
