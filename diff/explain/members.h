// Archives: what all formats with members have in common. A format gives both sides as an Archive that tiles its file;
// matching members, comparing their fields and contents, order, presence and bounds are done here, once.
#pragma once

#include "diff/explain/analyzer.h"
#include "diff/explain/fields.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone::archives {

enum class Node : std::uint8_t { file, directory, symlink, hardlink };

struct Member {
    std::string_view name;  ///< raw
    Span header;            ///< in front of the data
    Span data;              ///< as stored
    Span after;             ///< padding, a descriptor, stray bytes
    Span index;             ///< its entry in a directory elsewhere in the file, if the format has one
    std::uint64_t rank = 0; ///< its place in that directory
    Node node = Node::file;
    std::string_view link; ///< of a hard link: the member it names
};

enum class UnpackStatus : std::uint8_t { done, broken, too_large };
struct Unpacked {
    UnpackStatus status = UnpackStatus::broken;
    ByteView content;
};

/// One side, parsed completely.
class Archive {
public:
    explicit Archive(ByteView file) : bytes(file) {}
    virtual ~Archive() = default;
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;

    ByteView bytes;
    std::vector<Member> members;        ///< in the order of the file
    Fields outer;                       ///< what belongs to no member
    std::vector<std::string> ambiguous; ///< printable; where two readers of this archive would disagree
    bool fixed_order = false;           ///< readers of this format need this order

    /// Of a member: they tile its header, its `after` and its index.
    virtual Fields fields(const Member& member) const = 0;
    /// True when nothing has to be unpacked to know that both contents are the same. By default the data itself is
    /// the content.
    virtual bool same_content(const Member& member, const Archive& other, const Member& others) const;
    /// The content, in the file or in `storage`. Checks everything that the archive says of it.
    virtual Unpacked unpack(const Member& member, Analyzer& analyzer, std::string& storage) const;
    /// For members that only say again what others are (symbol tables): what they mean, whatever their bytes; members
    /// of equal meaning differ only because others do. Empty: an ordinary member.
    virtual std::optional<std::string> meaning(const Member& member) const;
};

/// What a format's parser has to say of one side.
struct Parsed {
    std::unique_ptr<Archive> archive; ///< null: it does not parse completely
    bool too_many = false;            ///< members, for the limit
};
using ArchiveParser = Parsed (*)(std::string_view name, ByteView bytes, const ExplainLimits& limits);

/// Parses both sides and fills `part`; false where a side does not parse or its parts do not tile it.
bool explain_archive(const Subject& subject, Analyzer& analyzer, Part& part, ArchiveParser parse);

/// The part of a member that only one side has.
Part one_sided_part(std::string_view name, std::size_t side, std::uint64_t bytes);
/// Appends a part within part_limit; beyond it its numbers are added to `part`, so that the sums stay true.
void add_part(Part& part, Part inner);
constexpr std::size_t part_limit = 1000; ///< a report of more members is read by nobody; memory must not follow input

/// Marks `part` as cut short.
void cut_part(Part& part, std::string limit);

/// Whether the members' order tells readers nothing: no name twice, nothing below a link, links behind what they name.
bool order_is_free(const Archive& archive);

} // namespace touchstone::archives
