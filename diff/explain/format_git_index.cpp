// git's index: what lstat() said of each file when it was checked out, and a digest of the whole at the end. The
// entries' names and object ids are content.
#include "diff/explain/binary_formats.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr std::uint64_t entry_limit = 1'000'000; ///< the largest known repositories
constexpr std::uint64_t stat_size = 40;          ///< times, device, inode, mode, owner, size

class Reader {
public:
    Reader(ByteView bytes, FieldLayout& layout) : numbers_{bytes, true}, layout_(layout) {}

    bool run() {
        version_ = numbers_.at(4, 4);
        const std::uint64_t count = numbers_.at(8, 4);
        if (version_ < 2 || version_ > 4 || count > entry_limit || !find_digest()) return false;
        layout_.stretches.push_back({"header", {0, 12}});
        at_ = 12;
        for (std::uint64_t i = 0; i < count; ++i) {
            if (!entry()) return false;
        }
        return at_ <= end_ && extensions();
    }

private:
    /// SHA-1 or SHA-256 by the kind of repository; only a digest that is right tells where the content ends.
    bool find_digest() {
        for (const std::uint64_t size : {20U, 32U}) {
            if (numbers_.bytes.size() < 12 + size) return false;
            end_ = numbers_.bytes.size() - size;
            const ByteView content = numbers_.bytes.first(end_);
            if ((size == 20 ? sha1_of(content) : sha256_of(content)) != numbers_.text({end_, size})) continue;
            id_size_ = size;
            layout_.stretches.push_back({"digest", {end_, size}});
            layout_.fields.push_back(
                checksum_field("digest", {end_, size}, true, "the digest of the index, right on both sides"));
            return true;
        }
        return false;
    }

    /// In version 4 a name is given as so many bytes less of the one before, and a new end.
    std::optional<std::string> packed_name(std::uint64_t& at) {
        std::uint64_t drop = 0;
        for (unsigned i = 0;; ++i) {
            if (i > 4 || at >= end_) return std::nullopt;
            const std::uint64_t byte = numbers_.at(at++, 1);
            drop = drop << 7U | (byte & 0x7fU);
            if ((byte & 0x80U) == 0) break;
            ++drop;
        }
        const std::string_view rest = numbers_.text({at, end_ - at});
        const std::size_t end = rest.substr(0, 4097).find('\0'); // PATH_MAX
        if (drop > name_.size() || end == rest.npos) return std::nullopt;
        at += end + 1;
        return name_.substr(0, name_.size() - drop) + std::string(rest.substr(0, end));
    }

    bool entry() {
        const std::uint64_t from = at_;
        std::uint64_t at = from + stat_size + id_size_ + 2;
        if (at >= end_) return false;
        const std::uint64_t flags = numbers_.at(at - 2, 2);
        if ((flags & 0x4000U) != 0) at += 2; // extended flags, version 3 on
        if (at >= end_) return false;
        if (version_ == 4) {
            auto name = packed_name(at);
            if (!name || name->size() > 4096) return false;
            name_ = std::move(*name);
        } else {
            const std::string_view rest = numbers_.text({at, end_ - at});
            const std::size_t end = rest.find('\0');
            if (end == rest.npos) return false;
            name_ = rest.substr(0, end);
            at = from + (at - from + end + 8) / 8 * 8; // one to eight NULs
        }
        if (at > end_) return false;
        at_ = at;
        layout_.stretches.push_back({name_, {from, at - from}});
        describe_stat(from);
        return true;
    }

    void describe_stat(std::uint64_t from) {
        add_time("time of the inode's change", from);
        add_time("time of the content's change", from + 8);
        add_known("device", from + 16, CauseId::fs_feature);
        add_known("inode", from + 20, CauseId::fs_feature);
        add_known("user", from + 28, CauseId::uid_map);
        add_known("group", from + 32, CauseId::uid_map);
    }

    /// Seconds and nanoseconds; one moment, but two fields, because either may be equal.
    void add_time(std::string_view what, std::uint64_t offset) {
        const auto seconds = static_cast<std::int64_t>(numbers_.at(offset, 4));
        layout_.fields.push_back(time_field(fmt::format("{}: {}", name_, what), {offset, 4}, seconds));
        Field rest = time_field(fmt::format("{}: nanoseconds of the {}", name_, what), {offset + 4, 4}, seconds);
        rest.shown = fmt::format("{}", numbers_.at(offset + 4, 4));
        layout_.fields.push_back(std::move(rest));
    }

    void add_known(std::string_view what, std::uint64_t offset, CauseId cause) {
        Field field;
        field.name = fmt::format("{}: {}", name_, what);
        field.span = {offset, 4};
        field.proof = Proof::known;
        field.cause = cause;
        field.evidence = "git keeps what the file system said, to see changes quickly";
        field.shown = fmt::format("{}", numbers_.at(offset, 4));
        layout_.fields.push_back(std::move(field));
    }

    bool extensions() {
        while (at_ < end_) {
            const std::uint64_t size = numbers_.at(at_ + 4, 4);
            if (end_ - at_ < 8 || size > end_ - at_ - 8) return false;
            layout_.stretches.push_back({fmt::format("extension {}", numbers_.text({at_, 4})), {at_, size + 8}});
            at_ += size + 8;
        }
        return true;
    }

    Numbers numbers_;
    FieldLayout& layout_;
    std::uint64_t version_ = 0;
    std::uint64_t id_size_ = 0;
    std::uint64_t at_ = 0;
    std::uint64_t end_ = 0;
    std::string name_;
};

} // namespace

bool recognizes_git_index(std::string_view, ByteView bytes) {
    return as_text(bytes).starts_with("DIRC");
}

bool analyze_git_index(const Subject& subject, Analyzer& analyzer, Part& part) {
    std::array<FieldLayout, 2> layouts;
    for (std::size_t side : {0U, 1U}) {
        if (!Reader(subject.bytes.at(side), layouts.at(side)).run()) return false;
    }
    return compare_layouts(subject, analyzer, part, std::move(layouts));
}

} // namespace touchstone
