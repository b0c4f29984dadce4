// The members of an image archive (an outer tar): names, offsets and sizes, so that blobs are read in place. Read by
// the layer tar reader, with its strictness. Readers disagree on which of two members with one name counts
// (containers/image takes the first, docker load and containerd the last: spec section 1.2), so a repeated name is
// refused.
#pragma once

#include "base/file.h"
#include "image/blob_store.h"
#include "image/oddity.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Real archives of many images hold some thousand members.
inline constexpr std::uint64_t archive_member_limit = 100'000;
/// What a compressed archive may become when it is spooled: 256 GiB, the limit of a whole image.
inline constexpr std::uint64_t archive_spool_limit = std::uint64_t{256} << 30;

class ArchiveIndex {
public:
    /// `path` is the user's; "-" is standard input. Compressed archives and standard input are spooled once to an
    /// unnamed temporary file; anything else is used in place.
    static std::shared_ptr<const ArchiveIndex> open(const std::string& path);
    explicit ArchiveIndex(std::shared_ptr<const File> file);

    /// A regular member by its cleaned name, without following links; nullopt when there is none of that name. Throws
    /// malformed when it is something else.
    std::optional<StoredBytes> find(std::string_view name) const;
    /// The same for names in a docker-archive's manifest.json: cleaned first, symlinks followed inside the archive.
    std::optional<StoredBytes> resolve(std::string_view name) const;
    /// Where resolve() ends, to tell whether two names are one member.
    std::optional<std::uint64_t> offset_of(std::string_view name) const;

    const std::vector<Oddity>& oddities() const { return oddities_; } ///< of the outer tar
    const std::string& name() const { return file_->name(); }         ///< printable

private:
    enum class Type : std::uint8_t { file, symlink, directory, other };
    struct Member {
        Type type = Type::other;
        std::uint64_t offset = 0; // of the content
        std::uint64_t size = 0;
        std::string link;
    };
    struct Lister;
    const Member* follow(std::string_view name) const;
    StoredBytes stored(const Member& member) const;

    std::shared_ptr<const File> file_;
    std::map<std::string, Member, std::less<>> members_; // by cleaned name
    std::vector<Oddity> oddities_;
};

/// The blobs of an OCI layout inside an archive.
std::shared_ptr<const BlobStore> open_layout_archive(std::shared_ptr<const ArchiveIndex> archive);

/// `path` (or standard input for "-") as plain bytes in a file: itself, or what it inflates to, spooled.
std::shared_ptr<const File> open_plain(const std::string& path);

} // namespace touchstone
