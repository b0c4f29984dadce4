// See archive_index.h. Names are resolved lexically and only among the members: nothing here reaches the file system.
#include "image/archive_index.h"

#include "base/compression.h"
#include "base/error.h"
#include "base/printable.h"
#include "image/tar_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace touchstone {

namespace {

constexpr std::uint64_t header_size = 512; // of a tar header block (POSIX pax, "ustar Interchange Format")
constexpr unsigned symlink_hops = 40;      // Linux's MAXSYMLINKS

std::string cleaned(std::string_view name) {
    Arena arena;
    return std::string(clean_name(name, arena).path);
}

/// A symlink's target, seen from the directory of the member that it is.
std::string link_target(std::string_view member, std::string_view link) {
    if (link.starts_with('/')) return cleaned(link);
    const std::size_t slash = member.rfind('/');
    const std::string_view parent = slash == std::string_view::npos ? std::string_view() : member.substr(0, slash);
    return cleaned(fmt::format("{}/{}", parent, link));
}

Compression sniff(ByteSource& source, std::string& head) {
    head.resize(sniff_length);
    head.resize(read_full(source, ByteSpan(reinterpret_cast<std::uint8_t*>(head.data()), head.size())));
    return sniff_compression(as_bytes(head));
}

std::shared_ptr<const File> spool_plain(std::unique_ptr<ByteSource> source, const std::string& name) {
    InflateLimits limits;
    limits.output = archive_spool_limit;
    CompressionFacts facts;
    const std::unique_ptr<ByteSource> plain = inflate(std::move(source), limits, facts);
    return within(name, [&] { return spool(*plain, archive_spool_limit, name); });
}

class LayoutArchive final : public BlobStore {
public:
    explicit LayoutArchive(std::shared_ptr<const ArchiveIndex> archive) : archive_(std::move(archive)) {}
    std::optional<StoredBytes> find(const Digest& digest) const override { return archive_->find(layout_path(digest)); }
    std::optional<StoredBytes> find_file(std::string_view name) const override { return archive_->find(name); }
    std::string place_of(const Digest& digest) const override {
        return fmt::format("{} in {}", layout_path(digest), archive_->name());
    }

private:
    std::shared_ptr<const ArchiveIndex> archive_;
};

} // namespace

/// Builds the map while the reader runs over the archive.
struct ArchiveIndex::Lister {
    ArchiveIndex& index;

    static Type type_of(EntryType type) {
        switch (type) {
        case EntryType::file:
            return Type::file;
        case EntryType::symlink:
            return Type::symlink;
        case EntryType::directory:
            return Type::directory;
        default:
            return Type::other;
        }
    }

    void add(const Entry& entry) const {
        Member member{type_of(entry.type), entry.offset + header_size, entry.size, std::string(entry.link)};
        const std::string_view path = entry.path;
        if (member.type == Type::file &&
            (member.offset > index.file_->size() || member.size > index.file_->size() - member.offset)) {
            fail(ErrorKind::malformed,
                 fmt::format("member `{}` reaches past the end of the archive", printable_short(path)));
        }
        const auto [place, is_new] = index.members_.try_emplace(std::string(path), std::move(member));
        if (is_new) return;
        if (place->second.type == Type::directory && entry.type == EntryType::directory) return;
        fail(
            ErrorKind::malformed,
            fmt::format("member `{}` is there twice: containers/image would take the first, docker load and containerd "
                        "the last",
                        printable_short(path)));
    }

    void list() const {
        FileRange source(index.file_, 0, index.file_->size());
        Arena arena;
        StringTable names;
        TarLimits limits;
        limits.entries = archive_member_limit;
        TarReader reader(source, arena, names, index.oddities_, limits);
        for (Entry entry; reader.next(entry); entry = Entry()) add(entry);
        // A sparse member's content is not one stretch of the file; no image writer makes them.
        for (Oddity& oddity : index.oddities_) {
            if (oddity.code == OddityCode::sparse) {
                fail(ErrorKind::unsupported,
                     fmt::format("member `{}` is sparse: it cannot be read in place", printable_short(oddity.path)));
            }
            oddity.detail = oddity.detail.empty() ? "in the image archive" : "in the image archive: " + oddity.detail;
        }
    }
};

ArchiveIndex::ArchiveIndex(std::shared_ptr<const File> file) : file_(std::move(file)) {
    within(file_->name(), [&] { Lister{*this}.list(); });
}

std::shared_ptr<const ArchiveIndex> ArchiveIndex::open(const std::string& path) {
    return std::make_shared<ArchiveIndex>(open_plain(path));
}

StoredBytes ArchiveIndex::stored(const Member& member) const {
    return {member.size, [file = file_, member]() -> std::unique_ptr<ByteSource> {
                return std::make_unique<FileRange>(file, member.offset, member.size);
            }};
}

std::optional<StoredBytes> ArchiveIndex::find(std::string_view name) const {
    const auto found = members_.find(name);
    if (found == members_.end()) return std::nullopt;
    if (found->second.type != Type::file) {
        fail(ErrorKind::malformed,
             fmt::format("{}: member `{}` is not a regular file", file_->name(), printable_short(name)));
    }
    return stored(found->second);
}

const ArchiveIndex::Member* ArchiveIndex::follow(std::string_view name) const {
    std::string path = cleaned(name);
    for (unsigned hop = 0; hop <= symlink_hops; ++hop) {
        const auto found = members_.find(path);
        if (found == members_.end()) return nullptr;
        const Member& member = found->second;
        if (member.type == Type::file) return &member;
        if (member.type != Type::symlink) {
            fail(ErrorKind::malformed, fmt::format("{}: member `{}` is neither a regular file nor a symlink",
                                                   file_->name(), printable_short(path)));
        }
        path = link_target(path, member.link);
    }
    fail(ErrorKind::malformed, fmt::format("{}: member `{}` leads through more than {} symlinks", file_->name(),
                                           printable_short(name), symlink_hops));
}

std::optional<StoredBytes> ArchiveIndex::resolve(std::string_view name) const {
    const Member* const member = follow(name);
    if (member == nullptr) return std::nullopt;
    return stored(*member);
}

std::optional<std::uint64_t> ArchiveIndex::offset_of(std::string_view name) const {
    const Member* const member = follow(name);
    if (member == nullptr) return std::nullopt;
    return member->offset;
}

std::shared_ptr<const BlobStore> open_layout_archive(std::shared_ptr<const ArchiveIndex> archive) {
    return std::make_shared<LayoutArchive>(std::move(archive));
}

std::shared_ptr<const File> open_plain(const std::string& path) {
    std::string head;
    if (path == "-") {
        auto input = std::make_unique<DescriptorSource>(STDIN_FILENO);
        sniff(*input, head);
        return spool_plain(std::make_unique<PrefixedSource>(std::move(head), std::move(input)), "standard input");
    }
    std::shared_ptr<const File> file = open_file(path);
    FileRange start(file, 0, std::min<std::uint64_t>(file->size(), sniff_length));
    const Compression compression = within(file->name(), [&] { return sniff(start, head); });
    if (compression == Compression::none) return file;
    return spool_plain(std::make_unique<FileRange>(file, 0, file->size()), file->name());
}

} // namespace touchstone
