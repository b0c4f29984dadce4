// Asking the package databases: which files hold them, whose a path is, and whether it is what the package shipped.
#include "diff/explain/packages.h"

#include "base/content_hash.h"
#include "base/openssl.h"
#include "base/printable.h"
#include "diff/explain/package_reader.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>

namespace touchstone {

namespace {

/// By the very name that a RecordedDigest has.
const ContentHashRow* algorithm_of(std::string_view name) {
    for (const ContentHashRow& row : content_hashes()) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

/// Nothing where this OpenSSL does not have it: MD5 is missing in FIPS mode.
std::optional<std::string> hash(const ContentHashRow& algorithm, ByteView content) {
    const std::unique_ptr<EVP_MD, Freed<EVP_MD_free>> md(EVP_MD_fetch(nullptr, algorithm.openssl, nullptr));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (!md || EVP_Digest(content.data(), content.size(), digest.data(), &size, md.get(), nullptr) != 1) return {};
    return std::string(as_text(ByteView(digest).first(std::min<std::size_t>(size, algorithm.size))));
}

Ownership::Match compare(const RecordedDigest& recorded, ByteView content) {
    if (recorded.algorithm == link_target) {
        return as_text(content) == recorded.bytes ? Ownership::Match::matches : Ownership::Match::differs;
    }
    const ContentHashRow* algorithm = algorithm_of(recorded.algorithm);
    if (algorithm == nullptr) return Ownership::Match::not_recorded;
    const std::optional<std::string> digest = hash(*algorithm, content);
    if (!digest) return Ownership::Match::not_recorded;
    return *digest == recorded.bytes ? Ownership::Match::matches : Ownership::Match::differs;
}

/// Drops databases that are too large, so that each reader's work is bounded by what is left.
void drop_large(PackageFiles& databases, PackageReader& reader) {
    std::uint64_t total = 0;
    for (auto file = databases.begin(); file != databases.end();) {
        const std::uint64_t size = file->second.size();
        if (size <= package_file_limit && size <= package_files_limit - total) {
            total += size;
            ++file;
            continue;
        }
        reader.trouble(file->first, fmt::format("{} are too many to read", human_bytes(size)));
        file = databases.erase(file);
    }
}

/// How much a record says of what is at its path. A package may ship usr/bin/x as a link to another one's bin/x: on a
/// usr-merged system the file is there, not the link.
int strength(const OwnedFile* file) {
    if (file == nullptr) return -1;
    if (file->digest.empty()) return 0;
    return file->digest.algorithm == link_target ? 1 : 2;
}

/// Adds the architecture to names where several are installed: `libc6:amd64`, `libc6:i386`.
void name_architectures(std::vector<Package>& packages) {
    std::vector<std::size_t> order(packages.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto key = [&](std::size_t i) { return std::tie(packages[i].system, packages[i].base); };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    for (std::size_t from = 0, to = 0; from < order.size(); from = to) {
        bool several = false;
        for (to = from; to < order.size() && key(order[to]) == key(order[from]); ++to) {
            several = several || packages[order[to]].architecture != packages[order[from]].architecture;
        }
        for (std::size_t i = from; several && i < to; ++i) {
            Package& package = packages[order[i]];
            if (!package.architecture.empty()) {
                package.name = package.base + (package.system == "rpm" ? "." : ":") + package.architecture;
            }
        }
    }
}

} // namespace

std::size_t digest_size(std::string_view algorithm) {
    const ContentHashRow* row = algorithm_of(algorithm);
    return row == nullptr ? 0 : row->size;
}

bool is_package_database(std::string_view path) {
    return is_dpkg_database(path) || is_apk_database(path) || is_rpm_database(path);
}

PackageDatabase read_package_databases(PackageRequest request) {
    PackageDatabase database;
    database.usr_merged = request.usr_merged;
    PackageReader reader(database, request);
    drop_large(request.databases, reader);
    read_dpkg(request.databases, reader);
    read_apk(request.databases, reader);
    read_rpm(request.databases, reader);
    for (Package& package : database.packages) package.name = package.base;
    name_architectures(database.packages);
    return database;
}

const OwnedFile* PackageDatabase::find(std::string_view path) const {
    const auto look = [this](std::string_view name) -> const OwnedFile* {
        const auto found = files.find(name);
        return found == files.end() ? nullptr : &found->second;
    };
    const OwnedFile* const exact = look(path);
    const std::optional<std::string> alias = usr_merged ? usr_alias(path) : std::nullopt;
    const OwnedFile* const other = alias ? look(*alias) : nullptr;
    const OwnedFile* const one = strength(other) > strength(exact) ? other : exact;
    if (one == nullptr || strength(one) > 0) return one;
    const OwnedFile* const second = one == exact ? other : exact;
    const bool same = second == nullptr || packages[one->package].base == packages[second->package].base;
    return same && !one->shared ? one : nullptr;
}

std::string PackageDatabase::summary() const {
    std::string text;
    for (const std::string_view system : {"dpkg", "apk", "rpm"}) {
        const auto count = std::count_if(packages.begin(), packages.end(), [&](const Package& package) {
            return package.system == system && package.installed;
        });
        if (count == 0) continue;
        text += fmt::format("{}{}: {} package{}", text.empty() ? "" : ", ", system, count, count == 1 ? "" : "s");
    }
    if (text.empty()) text = "no package database";
    if (!troubles.empty()) text += "; " + troubles.front();
    if (troubles.size() > 1) text += fmt::format(" (and {} more)", troubles.size() - 1);
    return text;
}

Ownership ownership_of(const PackageDatabase& database, const OwnedFile& file, std::optional<ByteView> content) {
    Ownership ownership;
    if (file.package < database.packages.size()) {
        const Package& package = database.packages[file.package];
        ownership.package = package.name;
        ownership.version = package.version;
        ownership.system = package.system;
    }
    ownership.digest = file.digest.algorithm;
    ownership.configuration = file.configuration;
    if (content && !file.digest.empty()) ownership.match = compare(file.digest, *content);
    return ownership;
}

} // namespace touchstone
