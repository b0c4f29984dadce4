// See upkeep.h. Nothing is locked: an object that another process has open stays readable for it, and one that it wants
// and does not find is fetched again.
#include "image/cache/upkeep.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <vector>

namespace touchstone {

namespace {

/// No download goes on for so long without a write.
constexpr std::int64_t stale_after = std::int64_t{24} * 3600;

template <class Condition>
CacheUse remove_if(const CacheFolder& folder, const std::vector<CacheObject>& objects, Condition&& condition) {
    CacheUse removed;
    for (const CacheObject& object : objects) {
        if (!condition(object)) continue;
        folder.remove(object.name);
        ++removed.objects;
        removed.bytes += object.size;
    }
    return removed;
}

} // namespace

std::int64_t now_in_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

CacheUse use_of(std::span<const CacheObject> objects, CacheKind kind) {
    CacheUse use;
    for (const CacheObject& object : objects) {
        if (object.name.kind != kind) continue;
        ++use.objects;
        use.bytes += object.size;
    }
    return use;
}

CacheUse keep_within(const CacheFolder& folder, std::uint64_t limit) {
    std::vector<CacheObject> objects = folder.list();
    std::sort(objects.begin(), objects.end(), [](const CacheObject& a, const CacheObject& b) {
        return std::tuple(a.name.kind, a.used, a.nanos) < std::tuple(b.name.kind, b.used, b.nanos);
    });
    std::uint64_t total = use_of(objects, CacheKind::blob).bytes + use_of(objects, CacheKind::listing).bytes;
    const std::int64_t stale = now_in_seconds() - stale_after;
    return remove_if(folder, objects, [&](const CacheObject& object) {
        if (object.name.kind == CacheKind::temporary) return object.used < stale;
        if (total <= limit) return false;
        total -= object.size;
        return true;
    });
}

CacheUse remove_older(const CacheFolder& folder, std::int64_t time) {
    return remove_if(folder, folder.list(), [&](const CacheObject& object) {
        return object.name.kind != CacheKind::temporary && object.used < time;
    });
}

CacheUse remove_all(const CacheFolder& folder) {
    return remove_if(folder, folder.list(), [](const CacheObject&) { return true; });
}

} // namespace touchstone
