// tar inside files. Our strict reader says what the members are, and where readers would disagree; this file walks the
// same blocks once more to say where each field lies, and refuses when both do not meet at every header.
#include "base/arena.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/source.h"
#include "diff/explain/archive_bytes.h"
#include "diff/explain/archive_formats.h"
#include "diff/explain/tar_fields.h"
#include "image/tar_reader.h"

#include <fmt/format.h>

namespace touchstone::archives {

namespace {

constexpr std::size_t most_ambiguities = 20; // each says that the archive cannot be trusted; more say nothing new

class TarArchive final : public Archive {
public:
    using Archive::Archive;

    /// False: what the reader saw and what lies in the blocks differ.
    bool read(std::uint64_t most, bool& too_many);
    Fields fields(const Member& member) const override;

private:
    bool add_member(const Entry& entry, std::uint64_t start);
    void read_end();

    Arena arena_;
    StringTable owners_;
};

bool TarArchive::read(std::uint64_t most, bool& too_many) {
    MemorySource source(bytes);
    std::vector<Oddity> oddities;
    TarLimits limits;
    limits.name_bytes = std::uint64_t{128} << 20; // twice the bytes of a file that is kept in memory
    TarReader reader(source, arena_, owners_, oddities, limits);
    Entry entry;
    while (reader.next(entry)) {
        if (members.size() == most) {
            too_many = true;
            return false;
        }
        if (!add_member(entry, members.empty() ? 0 : members.back().after.end())) return false;
    }
    for (const Oddity& oddity : oddities) {
        if (!is_ambiguous(oddity) || ambiguous.size() == most_ambiguities) continue;
        ambiguous.push_back(fmt::format("{}: {}", printable_short(oddity.path), row_of(oddity.code).name));
    }
    read_end();
    return true;
}

bool TarArchive::add_member(const Entry& entry, std::uint64_t start) {
    const std::optional<TarExtent> extent = find_tar_extent(bytes, start);
    if (!extent || extent->own != entry.offset) return false;
    Member member;
    member.name = entry.path.empty() ? std::string_view(".") : entry.path;
    member.header = {start, extent->data.offset - start};
    member.data = extent->data;
    member.after = {extent->data.end(), extent->end - extent->data.end()};
    switch (entry.type) {
    case EntryType::directory:
        member.node = Node::directory;
        break;
    case EntryType::symlink:
        member.node = Node::symlink;
        break;
    case EntryType::hardlink:
        member.node = Node::hardlink;
        member.link = arena_.keep(entry.link);
        break;
    default:
        break;
    }
    members.push_back(member);
    return true;
}

// Zero blocks as a rule: how many follows from how much the writer writes at once, and from the members.
void TarArchive::read_end() {
    const std::uint64_t start = members.empty() ? 0 : members.back().after.end();
    const Span rest{start, bytes.size() - start};
    const bool zero = all_zero(cut(bytes, rest));
    FieldList(outer, start).add(rest.size, "end of archive", zero ? FieldKind::structure : FieldKind::plain);
}

Fields TarArchive::fields(const Member& member) const {
    Fields fields;
    add_tar_fields(bytes, member.header, fields);
    // Zeros up to the block's end follow from the size.
    const FieldKind kind = all_zero(cut(bytes, member.after)) ? FieldKind::structure : FieldKind::plain;
    FieldList(fields, member.after.offset).add(member.after.size, "padding", kind);
    return fields;
}

} // namespace

Parsed parse_tar(std::string_view, ByteView bytes, const ExplainLimits& limits) {
    auto archive = std::make_unique<TarArchive>(bytes);
    bool too_many = false;
    try {
        if (archive->read(limits.members, too_many) && !archive->members.empty()) return {std::move(archive), false};
    } catch (const Error& error) {
        // What Go would not read is no tar for us.
        if (error.kind() == ErrorKind::over_limit) too_many = true;
    }
    return {nullptr, too_many};
}

} // namespace touchstone::archives
