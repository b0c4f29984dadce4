// The recorded image whose files another one holds. This is for images without their base's layers (squashed,
// flattened, exported), and it is weaker evidence than layers are: later releases of one image hold most of each
// other's files, too.
#pragma once

#include "attest/base_search.h"
#include "normalize/tree.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace touchstone {

/// At most one recorded file in so many may be changed or gone. Installing packages on a slim Debian touches
/// about two dozen of its 3,000 files (package database, logs, ld.so.cache, passwd), on Alpine a handful of 450; an
/// update of libc6 alone touches 280.
inline constexpr std::uint64_t base_files_per_loss = 50;
/// An entry with fewer regular files that are not empty is no base by files: whoever copies a program from an image of
/// one program is not built on it.
inline constexpr std::uint64_t least_base_files = 16;

/// How the files of an entry lie in an image: all but directories, which say little, being everywhere.
struct HeldFiles {
    std::uint64_t recorded = 0;
    std::uint64_t with_content = 0; ///< of the recorded: regular, not empty
    std::uint64_t held = 0;         ///< of the recorded: same path and facts; not which other paths share the inode
    std::uint64_t in_place = 0;     ///< of the recorded: there is a file of whatever kind at the path
    std::uint64_t image = 0;        ///< files of the image
};
/// Nearly all of the entry is there, and the image adds more files than it changed or lost of the entry's: else it is
/// rather another edition of the same image.
bool is_base_by_files(const HeldFiles& files);

/// Reads a stored listing to its verified end; the tree's entries must have the digests of contents. Stops counting
/// where so many are lost that it can be no base any more. Throws what compare_with_listing throws.
HeldFiles count_held_files(const std::string& path, const ListingName& name, const Tree& tree);

/// What can be judged by files, and what became of it.
struct FileSearch {
    std::vector<std::size_t> candidates; ///< indices of entries with a listing that are not the image itself
    std::uint64_t without_listing = 0;   ///< entries that could not be judged
    std::uint64_t unreadable = 0;        ///< likewise: their listing cannot be read
    std::string unreadable_example;      ///< why the first of them cannot; printable
    std::optional<FoundBase> base;       ///< the one of which most files are held; of equals the newest
};
/// Finds the candidates only.
FileSearch plan_file_search(std::span<const KnownImage> known, const Record& image);
/// Judges them. Throws unverified or malformed for a listing that is not the one that was recorded.
void search_files(FileSearch& search, std::span<const KnownImage> known, const Ledger& ledger, const Tree& tree,
                  unsigned jobs);

} // namespace touchstone
