// Keeping what was asked for: the wanted paths by directory, so that a reader compares a directory's name once and
// passes over all of its files where none is wanted.
#include "diff/explain/package_reader.h"

#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

/// Top-level directories that a usr-merged system turns into links (Debian's usr-is-merged, Fedora's UsrMove).
constexpr std::array<std::string_view, 6> merged{"bin", "sbin", "lib", "lib32", "lib64", "libx32"};

struct SplitPath {
    std::string_view directory;
    std::string_view name;
};

SplitPath split(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return {{}, path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

/// Below one of them: bin itself is a link and usr/bin is not, so that those two are no aliases.
bool in_merged(std::string_view path) {
    const std::size_t slash = path.find('/');
    const std::string_view top = path.substr(0, slash);
    return slash != std::string_view::npos && std::find(merged.begin(), merged.end(), top) != merged.end();
}

} // namespace

PackageReader::PackageReader(PackageDatabase& database, const PackageRequest& request)
    : database_(database), every_(request.every) {
    const auto want = [this](std::string_view path) {
        const auto [directory, name] = split(path);
        Directory& entry = directories_[std::string(directory)];
        entry.path = directory;
        entry.names.emplace(name);
    };
    for (const std::string& path : request.wanted) {
        want(path);
        const std::optional<std::string> alias = request.usr_merged ? usr_alias(path) : std::nullopt;
        if (alias) want(*alias);
    }
}

std::optional<std::uint32_t> PackageReader::add_package(Package package) {
    if (database_.packages.size() >= package_count_limit) {
        if (!full_) trouble("packages", fmt::format("only the first {} are read", package_count_limit));
        full_ = true;
        return std::nullopt;
    }
    database_.packages.push_back(std::move(package));
    return static_cast<std::uint32_t>(database_.packages.size() - 1);
}

void PackageReader::trouble(std::string_view what, std::string_view why) {
    if (database_.troubles.size() >= trouble_limit) return;
    database_.troubles.push_back(fmt::format("{}: {}", printable_short(what), why));
}

const PackageReader::Directory* PackageReader::directory(std::string_view path) const {
    if (path == last_path_) return last_;
    if (every_) directories_.try_emplace(std::string(path), Directory{std::string(path), {}, true});
    const auto found = directories_.find(path);
    last_ = found == directories_.end() ? nullptr : &found->second;
    last_path_ = path;
    return last_;
}

bool PackageReader::wants(const Directory* directory, std::string_view name) {
    return directory != nullptr && (directory->every || directory->names.find(name) != directory->names.end());
}

bool PackageReader::wants(std::string_view path) const {
    const auto [parent, name] = split(path);
    return wants(directory(parent), name);
}

void PackageReader::claim(std::string_view path, OwnedFile file) {
    const auto [place, is_new] = database_.files.try_emplace(std::string(path), file);
    if (is_new) return;
    OwnedFile& known = place->second;
    const auto base = [this](const OwnedFile& one) -> std::string_view { return database_.packages[one.package].base; };
    if (base(known) == base(file)) { // the same package for another architecture, or named twice
        known.configuration = known.configuration || file.configuration;
        if (known.digest.empty()) known.digest = std::move(file.digest);
    } else if (known.digest.empty() && !file.digest.empty()) {
        known = std::move(file);
    } else if (known.digest.empty()) {
        known.shared = true;
    }
}

std::string_view database_path(std::string_view path) {
    if (path.starts_with("./")) path.remove_prefix(1);
    while (path.starts_with('/')) path.remove_prefix(1);
    return path;
}

std::optional<std::string> usr_alias(std::string_view path) {
    constexpr std::string_view usr = "usr/";
    if (path.starts_with(usr)) {
        const std::string_view rest = path.substr(usr.size());
        return in_merged(rest) ? std::optional(std::string(rest)) : std::nullopt;
    }
    return in_merged(path) ? std::optional(std::string(usr).append(path)) : std::nullopt;
}

std::string kept(std::string_view text) {
    return std::string(text.substr(0, package_text_limit));
}

RecordedDigest hex_digest(std::string_view algorithm, std::string_view digits) {
    if (digits.size() != digest_size(algorithm) * 2) return {};
    std::optional<std::string> bytes = bytes_of_hex(digits);
    if (!bytes || bytes->empty()) return {};
    return {algorithm, std::move(*bytes)};
}

} // namespace touchstone
