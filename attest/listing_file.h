// The files of an image as a kept list: one line of JSON for each path of the merged tree, sorted, compressed, and
// named by the SHA-256 of its text. With it a vanished image can still be compared file by file.
#pragma once

#include "base/file.h"
#include "base/source.h"
#include "normalize/tree.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// How a record names a listing. Of the text, not of the compressed bytes, which depend on the version of libzstd.
struct ListingName {
    std::string digest;        ///< "sha256:…"
    std::uint64_t size = 0;    ///< bytes of the text
    std::uint64_t entries = 0; ///< lines
};

/// What is written down of a path, and how JSON has it. An empty value is left out.
struct ListedFact {
    enum class Form : std::uint8_t { text, number, bytes };
    std::string_view name;
    Form form;
};
inline constexpr std::array<ListedFact, 10> listed_facts{{
    {"type", ListedFact::Form::text},
    {"mode", ListedFact::Form::text}, // four octal digits
    {"uid", ListedFact::Form::number},
    {"gid", ListedFact::Form::number},
    {"size", ListedFact::Form::number}, // of files only, like `content`
    {"content", ListedFact::Form::text},
    {"link", ListedFact::Form::bytes},     // where a symlink points
    {"hardlink", ListedFact::Form::bytes}, // the first path of those that share the inode
    {"device", ListedFact::Form::text},    // "major:minor"
    {"xattrs", ListedFact::Form::text},    // a digest over the names and values of attributes and ACLs
}};

struct ListedFile {
    std::string path;                                   ///< raw, cleaned; "." is the root
    std::array<std::string, listed_facts.size()> facts; ///< in the order of listed_facts; empty = does not apply
};

/// The file at `index` of a tree whose entries have the digests of contents; tree.nodes.size() is the root, where a
/// layer lists it.
ListedFile listed_file(const Tree& tree, std::size_t index);

std::string listing_line(const ListedFile& file);     ///< with the LF
ListedFile parse_listing_line(std::string_view line); ///< without it; throws malformed

/// A listing that is ready to be stored.
struct SpooledListing {
    ListingName name;
    std::shared_ptr<const File> compressed; ///< zstd
};
SpooledListing spool_listing(const Tree& tree);

struct FileDifference {
    std::string path;      ///< raw
    std::string_view fact; ///< of listed_facts, or "presence"
    std::string recorded;  ///< raw; empty = does not apply
    std::string found;
};

struct FileDifferences {
    std::vector<FileDifference> list; ///< the first of them, in path order
    std::uint64_t total = 0;
};
/// No more than these are kept; all are counted.
inline constexpr std::size_t file_differences_kept = 10'000;

/// Reads a stored listing and compares it with a tree. Throws unverified when it is not the one that `name` names, and
/// malformed when its lines are not sorted.
FileDifferences compare_with_listing(const std::string& path, const ListingName& name, const Tree& tree);

/// Reads a listing line by line to its end, and verifies it.
class ListingReader {
public:
    /// `compressed` is sniffed and inflated. `what` is printable.
    ListingReader(std::unique_ptr<ByteSource> compressed, const ListingName& name, std::string what);
    /// False at the verified end.
    bool next(ListedFile& file);
    /// To the verified end, without a look at the lines.
    void skip_rest();

private:
    bool fill();
    [[noreturn]] void refuse(std::string_view why) const;

    struct Stream;
    std::shared_ptr<Stream> stream_;
    std::string what_;
    std::string held_;
    std::size_t used_ = 0;
    std::uint64_t lines_ = 0;
    std::uint64_t promised_ = 0;
    std::string last_; // path
};

} // namespace touchstone
