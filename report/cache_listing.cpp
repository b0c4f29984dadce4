// See cache_listing.h.
#include "report/cache_listing.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/json_parts.h"
#include "report/listing_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

struct KindRow {
    CacheKind kind;
    std::string_view meaning;
};

constexpr std::array<KindRow, 3> kinds{{
    {CacheKind::blob, "layers and documents as registries store them"},
    {CacheKind::listing, "what was found in layers, so that they need not be read again"},
    {CacheKind::temporary, "being written, or left by a process that was killed"},
}};

/// When the object was used that nobody used for longest; empty where there is none.
std::optional<std::string> oldest_use(std::span<const CacheObject> objects, CacheKind kind) {
    const CacheObject* oldest = nullptr;
    for (const CacheObject& object : objects) {
        if (object.name.kind == kind && (oldest == nullptr || object.used < oldest->used)) oldest = &object;
    }
    if (oldest == nullptr) return std::nullopt;
    return time_text({.seconds = oldest->used});
}

} // namespace

std::string render_cache_text(const CacheListing& cache) {
    Canvas canvas(false);
    canvas.line(fmt::format("place       {}", printable(cache.place)));
    for (const KindRow& row : kinds) {
        const CacheUse use = use_of(cache.found, row.kind);
        if (row.kind == CacheKind::temporary && use.objects == 0) continue;
        const auto oldest = oldest_use(cache.found, row.kind);
        canvas.line(fmt::format("{:<12}{:>6}  {:>9}  {}  {}", name_of(row.kind), use.objects, human_bytes(use.bytes),
                                oldest ? "oldest use " + *oldest : "", row.meaning));
    }
    return canvas.text();
}

std::string render_cache_json(const CacheListing& cache) {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.cache/1");
    write_tool(json);
    json.bytes_member("place", cache.place);
    for (const KindRow& row : kinds) {
        const CacheUse use = use_of(cache.found, row.kind);
        json.key(name_of(row.kind));
        json.begin_object();
        json.member("objects", use.objects);
        json.member("bytes", use.bytes);
        json.optional_member("oldest_use", oldest_use(cache.found, row.kind));
        json.end_object();
    }
    json.end_object();
    return json.take();
}

std::string removed_text(const CacheUse& removed) {
    return fmt::format("removed {} ({})", counted(removed.objects, "object"), human_bytes(removed.bytes));
}

} // namespace touchstone
