// What is in the cache's place. Only names of its grammar are ours to show or to remove; whatever else a user has put
// there stays.
#include "image/cache/folder.h"

#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>

namespace touchstone {

namespace {

constexpr std::array algorithms{DigestAlgorithm::sha256, DigestAlgorithm::sha512};

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

/// The names in a folder, sorted.
std::vector<std::string> names_in(Fd folder) {
    std::vector<std::string> names;
    if (!folder) return names;
    const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(folder.get()));
    if (!directory) return names;
    folder.release();
    while (const dirent* const entry = ::readdir(directory.get())) { // NOLINT(concurrency-mt-unsafe): our own stream
        names.emplace_back(static_cast<const char*>(entry->d_name));
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// listing_rules() of any version.
bool is_rules(std::string_view name) {
    constexpr std::size_t longest = 32;
    const std::size_t dash = name.find('-');
    return name.size() <= longest && dash != std::string_view::npos &&
           consists_of(name.substr(0, dash), "0123456789.") && !name.starts_with('.') &&
           consists_of(name.substr(dash + 1), decimal_digits);
}

bool is_hex(std::string_view name, DigestAlgorithm algorithm) {
    return name.size() == 2 * size_of(algorithm) && consists_of(name, lower_hex_digits);
}

/// "<pid>-<16 hex digits>": new_object.cpp makes it.
bool is_temporary(std::string_view name) {
    constexpr std::size_t random_digits = 16;
    const std::size_t dash = name.find('-');
    return dash != std::string_view::npos && consists_of(name.substr(0, dash), decimal_digits) &&
           name.size() == dash + 1 + random_digits && consists_of(name.substr(dash + 1), lower_hex_digits);
}

} // namespace

std::string_view name_of(CacheKind kind) {
    constexpr std::array<std::string_view, 3> names{"blobs", "listings", "temporaries"};
    return names.at(static_cast<std::size_t>(kind));
}

void CacheFolder::list_files(CacheKind kind, const std::vector<std::string>& folders,
                             std::vector<CacheObject>& objects) const {
    const Fd folder = descend(folders, Missing::leave);
    if (!folder) return;
    for (std::string& name : names_in(descend(folders, Missing::leave))) {
        const bool ours = kind == CacheKind::temporary
                              ? is_temporary(name)
                              : std::any_of(algorithms.begin(), algorithms.end(), [&](DigestAlgorithm algorithm) {
                                    return folders.back() == touchstone::name_of(algorithm) && is_hex(name, algorithm);
                                });
        struct stat status {};
        if (!ours || ::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (S_ISDIR(status.st_mode)) continue;
        objects.push_back({.name = {kind, folders, std::move(name)},
                           .size = static_cast<std::uint64_t>(status.st_size),
                           .used = status.st_mtim.tv_sec,
                           .nanos = static_cast<std::uint32_t>(status.st_mtim.tv_nsec)});
    }
}

std::vector<CacheObject> CacheFolder::list() const {
    std::vector<CacheObject> objects;
    for (const DigestAlgorithm algorithm : algorithms) {
        list_files(CacheKind::blob, {"blobs", std::string(touchstone::name_of(algorithm))}, objects);
    }
    for (const std::string& rules : names_in(descend({"listings"}, Missing::leave))) {
        if (!is_rules(rules)) continue;
        for (const DigestAlgorithm algorithm : algorithms) {
            list_files(CacheKind::listing, {"listings", rules, std::string(touchstone::name_of(algorithm))}, objects);
        }
    }
    list_files(CacheKind::temporary, {"tmp"}, objects);
    return objects;
}

} // namespace touchstone
