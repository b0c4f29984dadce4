// Whose file is it: the package databases that an image carries itself (shared/spec/records-and-signatures.md, 4.3).
// Text of dpkg and apk, header blobs of rpm; parsed by hand and fuzzed, because they come from the image. Recorded
// checksums are evidence of consistency, nothing more: who changes a file can change its record.
#pragma once

#include "base/bytes.h"
#include "diff/explain/explanation.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Largest database file that is read, and all of one image together. A full desktop's rpm database has 150 MB.
constexpr std::uint64_t package_file_limit = std::uint64_t{256} << 20;
constexpr std::uint64_t package_files_limit = std::uint64_t{512} << 20;

/// What a database says that a file's content hashes to.
struct RecordedDigest {
    std::string_view algorithm; ///< "md5", "sha1", "sha256", "sha256-160", …: one of ours; empty = none recorded
    std::string bytes;          ///< raw
    bool empty() const { return bytes.empty(); }
};

struct Package {
    std::string system;  ///< "dpkg", "apk", "rpm"
    std::string name;    ///< with ":arch" (rpm ".arch") only where several architectures of it are installed; raw
    std::string base;    ///< the name without that
    std::string version; ///< as the system writes it (epoch:version-release); raw
    std::string architecture;
    std::string source;    ///< source package, where it is named: "glibc", rpm "glibc-2.34-60.el9.src.rpm"
    bool installed = true; ///< false: removed, only its configuration files are left
};

struct OwnedFile {
    std::uint32_t package = 0; ///< index into PackageDatabase::packages
    RecordedDigest digest;
    bool configuration = false;
    bool shared = false; ///< several packages have it and none says what is in it: a directory, mostly
    // Only with PackageRequest::every, and where the database has them.
    std::optional<std::uint32_t> mode; ///< with the bits of the type, where it is known
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
    std::optional<std::uint64_t> size;
    bool ghost = false; ///< rpm: the package's own, but not shipped
};

/// What is asked of one image.
struct PackageRequest {
    std::map<std::string, std::string> databases; ///< path -> content of what is_package_database() chose
    std::set<std::string> wanted;                 ///< cleaned paths to be asked for; others are not kept
    /// bin, lib and sbin of this image are symbolic links into usr/: then bin/ls and usr/bin/ls are one file.
    bool usr_merged = true;
    bool every = false; ///< nothing is passed over, `wanted` or not, and more is kept of each file
};

/// What one image's databases say.
struct PackageDatabase {
    std::vector<Package> packages;     ///< in the order of the databases
    std::vector<std::string> troubles; ///< printable: which database could not be read, and why; never fatal
    /// Of the wanted files, as the databases spell them; diversions (dpkg-divert) are resolved.
    std::map<std::string, OwnedFile, std::less<>> files;
    bool usr_merged = true;

    /// Looks up a wanted path, as it is or as usr-merged systems alias it. nullptr: nobody's, or several packages'.
    const OwnedFile* find(std::string_view path) const;
    /// "dpkg: 89 packages", "no package database"; with the first trouble. Printable; Explanation::packages.
    std::string summary() const;
};

/// Which paths of an image hold package databases: asked of every path of the merged tree.
bool is_package_database(std::string_view path);

/// Reads databases. Never throws for what the bytes hold; adds a sentence to `troubles`.
PackageDatabase read_package_databases(PackageRequest request);

/// Compares content with what is recorded: a regular file's, or a symbolic link's target text (apk records its digest,
/// rpm the target itself). Absent (a side without this file, or too large to keep): nothing is compared, and the answer
/// is not_recorded.
Ownership ownership_of(const PackageDatabase& database, const OwnedFile& file, std::optional<ByteView> content);

/// Packages whose versions differ, and those that only one side has; by system and name. `files` is left empty.
/// Packages of other architectures are compared by name as long as each side has only one architecture of it.
std::vector<PackageDrift> package_drift(const PackageDatabase& published, const PackageDatabase& rebuilt);

} // namespace touchstone
