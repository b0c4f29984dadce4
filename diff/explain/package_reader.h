// What the readers of package databases share: where they put what they find, which keeps only files that were asked
// for (an image has half a million owned files and a few hundred divergent ones), and small text helpers.
#pragma once

#include "base/bytes.h"
#include "diff/explain/packages.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace touchstone {

/// Twice what the largest distribution offers in one release; a database with more is not real.
constexpr std::size_t package_count_limit = 131'072;
/// Sentences in PackageDatabase::troubles: a reader wants the first few.
constexpr std::size_t trouble_limit = 20;
/// Bytes of a name, version or the like that are kept; longer ones are cut. PATH_MAX is as far as a name could go.
constexpr std::size_t package_text_limit = 4096;

class PackageReader {
public:
    /// The wanted names of one directory.
    struct Directory {
        std::string path;
        std::set<std::string, std::less<>> names;
        bool every = false; ///< all of its names are wanted
    };

    PackageReader(PackageDatabase& database, const PackageRequest& request);

    /// Its index, or nothing when there are too many (a trouble then).
    std::optional<std::uint32_t> add_package(Package package);
    void trouble(std::string_view what, std::string_view why);

    /// The wanted names of a directory; nullptr: none, so that a reader can pass over all of its files.
    const Directory* directory(std::string_view path) const;
    static bool wants(const Directory* directory, std::string_view name);
    /// Of a path as database_path() gives it.
    bool wants(std::string_view path) const;
    /// Everything is wanted, and more than digests of it.
    bool every() const { return every_; }

    /// A package says that a wanted path is its own. What has a digest is stronger than what has none; else the first.
    void claim(std::string_view path, OwnedFile file);

private:
    PackageDatabase& database_;
    /// Sorted, not hashed: paths come from strangers. Filled while reading where everything is wanted.
    mutable std::map<std::string, Directory, std::less<>> directories_;
    bool every_ = false;
    bool full_ = false;
    mutable std::string last_path_ = "/"; ///< asked for last (none yet): databases list a directory's files together
    mutable const Directory* last_ = nullptr;
};

/// "usr/bin/x" of "/usr/bin/x", "./usr/bin/x" and "//usr/bin/x".
std::string_view database_path(std::string_view path);
/// bin/ls for usr/bin/ls and the other way round; nothing for other paths.
std::optional<std::string> usr_alias(std::string_view path);

/// `text` cut to package_text_limit.
std::string kept(std::string_view text);

/// A digest in hex of exactly this algorithm; one that is empty for other text.
RecordedDigest hex_digest(std::string_view algorithm, std::string_view digits);
/// Algorithm of a RecordedDigest that is no digest but a symbolic link's target itself (rpm).
constexpr std::string_view link_target = "target";
/// Bytes of a digest; 0 for an algorithm that we do not know.
std::size_t digest_size(std::string_view algorithm);

/// dpkg-divert: who may put a file at the original place, and where the others' lie.
struct Diversion {
    std::string_view target;
    std::string_view package; ///< ":" = the administrator: then no package's file is at the original place
};
/// By original place; views of `text`, the content of var/lib/dpkg/diversions.
std::map<std::string_view, Diversion> read_diversions(std::string_view text);

/// The readers; `databases` has everything that is_package_database() chose. They may overwrite contents.
using PackageFiles = std::map<std::string, std::string>;
void read_dpkg(const PackageFiles& databases, PackageReader& reader);
void read_apk(const PackageFiles& databases, PackageReader& reader);
void read_rpm(PackageFiles& databases, PackageReader& reader);
bool is_dpkg_database(std::string_view path);
bool is_apk_database(std::string_view path);
bool is_rpm_database(std::string_view path);

} // namespace touchstone
