// The header blob: il and dl (u32), il entries of 16 bytes {tag, type, offset, count}, then dl bytes of data. A
// package's files are parallel arrays: base name, index into the directory names, digest, flags, mode, state, link
// target.
#include "diff/explain/rpm_header.h"

#include "base/endian.h"
#include "base/text.h"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace touchstone {

namespace {

/// rpm's own limits (headerVerifyInfo): more is not a header.
constexpr std::uint32_t header_entry_limit = 65'535;
constexpr std::uint32_t data_limit = std::uint32_t{1} << 28U;
/// Directories of one package; the largest (documentation, kernel sources) have some ten thousand.
constexpr std::uint32_t directory_limit = 1'000'000;

enum class Tag : std::uint32_t {
    name = 1000,
    version = 1001,
    release = 1002,
    epoch = 1003,
    arch = 1022,
    file_sizes = 1028,
    file_states = 1029,
    file_modes = 1030,
    file_digests = 1035,
    file_links = 1036,
    file_flags = 1037,
    source_rpm = 1044,
    dir_indexes = 1116,
    base_names = 1117,
    dir_names = 1118,
    digest_algorithm = 5011,
};

enum class Type : std::uint32_t { character = 1, int8 = 2, int16 = 3, int32 = 4, string = 6, strings = 8 };

constexpr std::uint32_t config_flag = 1;
constexpr std::uint32_t ghost_flag = 64;
constexpr std::uint32_t normal_state = 0; ///< others: replaced by another package's, not installed, …
constexpr std::uint32_t type_mask = 0170000;
constexpr std::uint32_t link_mode = 0120000;

/// An array of one tag: numbers of 1, 2 or 4 bytes, or texts that end with NUL. Empty where the tag is missing.
class Values {
public:
    Values() = default;
    Values(ByteView data, std::uint32_t count, std::size_t width) : data_(data), count_(count), width_(width) {}

    std::uint32_t count() const { return count_; }
    /// Numbers: the value at an index, 0 beyond the end.
    std::uint32_t number(std::uint32_t index) const {
        if (index >= count_ || width_ == 0) return 0;
        return static_cast<std::uint32_t>(big_number(data_, index * width_, width_));
    }
    /// Texts: the next one, in order; empty at the end.
    std::string_view next() {
        if (count_ == 0) return {};
        --count_;
        std::string_view text = as_text(data_);
        const std::string_view value = take_until(text, '\0');
        data_ = as_bytes(text);
        return value;
    }

private:
    ByteView data_;
    std::uint32_t count_ = 0;
    std::size_t width_ = 0;
};

class Header {
public:
    /// False: the lengths do not fit.
    bool parse(ByteView blob) {
        if (blob.size() < 8) return false;
        const std::uint32_t entries = big_word(blob, 0);
        const std::uint32_t size = big_word(blob, 4);
        if (entries == 0 || entries > header_entry_limit || size > data_limit) return false;
        const std::uint64_t index_size = std::uint64_t{entries} * 16;
        if (blob.size() - 8 < index_size + size) return false;
        index_ = blob.subspan(8, index_size);
        data_ = blob.subspan(8 + index_size, size);
        return true;
    }

    /// The first entry of a tag. A value that does not fit into the data is as good as missing.
    Values values(Tag tag) const {
        for (std::size_t at = 0; at < index_.size(); at += 16) {
            if (big_word(index_, at) != static_cast<std::uint32_t>(tag)) continue;
            return values(static_cast<Type>(big_word(index_, at + 4)), big_word(index_, at + 8),
                          big_word(index_, at + 12));
        }
        return {};
    }
    std::string_view text(Tag tag) const { return values(tag).next(); }

private:
    Values values(Type type, std::uint32_t offset, std::uint32_t count) const {
        if (offset >= data_.size()) return {};
        const ByteView data = data_.subspan(offset);
        switch (type) {
        case Type::string:
        case Type::strings: // at least the NUL each
            return count <= data.size() ? Values(data, count, 0) : Values();
        case Type::character:
        case Type::int8:
            return numbers(data, count, 1);
        case Type::int16:
            return numbers(data, count, 2);
        case Type::int32:
            return numbers(data, count, 4);
        }
        return {};
    }
    static Values numbers(ByteView data, std::uint32_t count, std::size_t width) {
        return count <= data.size() / width ? Values(data, count, width) : Values();
    }

    ByteView index_;
    ByteView data_;
};

struct HashName {
    std::uint32_t id; ///< OpenPGP's numbers
    std::string_view name;
};
constexpr std::array hash_names{HashName{1, "md5"},       HashName{2, "sha1"},     HashName{8, "sha256"},
                                HashName{9, "sha384"},    HashName{10, "sha512"},  HashName{11, "sha224"},
                                HashName{12, "sha3-256"}, HashName{14, "sha3-512"}};

std::string_view hash_name(const Values& algorithm) {
    const std::uint32_t id = algorithm.count() == 0 ? 1 : algorithm.number(0); // before 4.6 there was only MD5
    for (const HashName& row : hash_names) {
        if (row.id == id) return row.name;
    }
    return {};
}

/// epoch:version-release, as rpm's %{EVR} has it.
std::string version_of(const Header& header) {
    const Values epoch = header.values(Tag::epoch);
    const std::string number = epoch.count() == 0 ? "" : fmt::format("{}:", epoch.number(0));
    return number + kept(header.text(Tag::version)) + "-" + kept(header.text(Tag::release));
}

/// What the wanted directories of a package are; the others are nullptr.
std::vector<const PackageReader::Directory*> directories_of(const Header& header, const PackageReader& reader) {
    Values names = header.values(Tag::dir_names);
    std::vector<const PackageReader::Directory*> directories;
    if (names.count() > directory_limit) return directories;
    directories.reserve(names.count());
    for (std::uint32_t left = names.count(); left > 0; --left) {
        std::string_view path = database_path(names.next());
        if (path.ends_with('/')) path.remove_suffix(1);
        directories.push_back(reader.directory(path));
    }
    return directories;
}

void read_files(const Header& header, std::uint32_t package, PackageReader& reader) {
    const auto directories = directories_of(header, reader);
    const std::string_view algorithm = hash_name(header.values(Tag::digest_algorithm));
    const Values indexes = header.values(Tag::dir_indexes);
    const Values flags = header.values(Tag::file_flags);
    const Values modes = header.values(Tag::file_modes);
    const Values states = header.values(Tag::file_states);
    const Values sizes = header.values(Tag::file_sizes);
    Values names = header.values(Tag::base_names);
    Values digests = header.values(Tag::file_digests);
    Values links = header.values(Tag::file_links);
    const std::uint32_t count = names.count();
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string_view name = names.next();
        const std::string_view digest = digests.next();
        const std::string_view link = links.next();
        const std::uint32_t index = indexes.number(i);
        if (i >= indexes.count() || index >= directories.size()) continue;
        if (!PackageReader::wants(directories[index], name) || states.number(i) != normal_state) continue;
        OwnedFile file{package, hex_digest(algorithm, digest), (flags.number(i) & config_flag) != 0, false};
        if ((modes.number(i) & type_mask) == link_mode && !link.empty()) file.digest = {link_target, kept(link)};
        if (reader.every()) {
            if (i < modes.count()) file.mode = modes.number(i);
            if (i < sizes.count()) file.size = sizes.number(i);
            file.ghost = (flags.number(i) & ghost_flag) != 0;
        }
        const std::string& directory = directories[index]->path;
        reader.claim(directory.empty() ? std::string(name) : directory + "/" + std::string(name), std::move(file));
    }
}

} // namespace

bool read_rpm_header(ByteView blob, PackageReader& reader) {
    Header header;
    if (!header.parse(blob) || header.text(Tag::name).empty() || header.text(Tag::version).empty()) return false;
    Package package;
    package.system = "rpm";
    package.base = kept(header.text(Tag::name));
    package.version = version_of(header);
    package.architecture = kept(header.text(Tag::arch));
    package.source = kept(header.text(Tag::source_rpm));
    const std::optional<std::uint32_t> index = reader.add_package(std::move(package));
    if (index) read_files(header, *index, reader);
    return true;
}

bool RpmBlobs::take(ByteView blob) {
    if (blob.size() > left_) return false;
    left_ -= blob.size();
    if (!read_rpm_header(blob, reader_)) ++bad_;
    return true;
}

} // namespace touchstone
