// rpm's database, in whichever of three formats the image has it; and the write-ahead log that SQLite may have left
// beside it (in a later layer, even).
#include "diff/explain/rpm_header.h"

#include "base/endian.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

/// Of Fedora and RHEL until 9, of SUSE and Fedora from 36 on, of ostree systems.
constexpr std::array<std::string_view, 3> directories{"var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/"};

constexpr std::string_view sqlite_name = "rpmdb.sqlite";
constexpr std::string_view wal_name = "rpmdb.sqlite-wal";
constexpr std::string_view ndb_name = "Packages.db";
constexpr std::string_view bdb_name = "Packages";

std::string_view name_in_database(std::string_view path) {
    for (const std::string_view directory : directories) {
        if (path.starts_with(directory)) return path.substr(directory.size());
    }
    return {};
}

/// The log's checksum: two sums over pairs of numbers, of the byte order that the log's magic names.
struct WalSum {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    bool operator==(const WalSum&) const = default;

    void add(ByteView bytes, bool big_endian) {
        for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
            first += order(big_word(bytes, at), big_endian) + second;
            second += order(big_word(bytes, at + 4), big_endian) + first;
        }
    }

private:
    static std::uint32_t order(std::uint32_t value, bool big_endian) {
        if (big_endian) return value;
        return value >> 24U | (value >> 8U & 0xFF00U) | (value << 8U & 0xFF0000U) | value << 24U;
    }
};

void read_sqlite(const std::string& path, PackageFiles& databases, PackageReader& reader) {
    std::string& content = databases.at(path);
    const auto wal = databases.find(path + "-wal");
    if (wal != databases.end() && !wal->second.empty() && !apply_sqlite_wal(content, as_bytes(wal->second))) {
        reader.trouble(wal->first, "not a valid log of its database; not read");
    }
    RpmBlobs blobs(content.size(), reader);
    const std::string_view trouble = read_rpm_sqlite(content, blobs);
    if (!trouble.empty()) reader.trouble(path, trouble);
    if (blobs.bad() > 0) reader.trouble(path, fmt::format("{} packages are damaged", blobs.bad()));
}

void read_binary(const std::string& path, ByteView content, PackageReader& reader) {
    RpmBlobs blobs(content.size(), reader);
    const std::string_view trouble =
        path.ends_with(ndb_name) ? read_rpm_ndb(content, blobs) : read_rpm_bdb(content, blobs);
    if (!trouble.empty()) reader.trouble(path, trouble);
    if (blobs.bad() > 0) reader.trouble(path, fmt::format("{} packages are damaged", blobs.bad()));
}

} // namespace

/// A log: 32 bytes of header {magic, version, page size, sequence, salt, salt, sum, sum}, then frames of 24 bytes
/// {page, pages of the database after a commit or 0, salt, salt, sum, sum} and a page. Sums run on from frame to frame;
/// what comes after the last whole commit does not count.
bool apply_sqlite_wal(std::string& database, ByteView wal) {
    constexpr std::size_t header_size = 32;
    constexpr std::size_t frame_header = 24;
    constexpr std::uint32_t magic = 0x377f0682; // its last bit: sums are of big-endian numbers
    if (wal.size() < header_size || (big_word(wal, 0) & ~1U) != magic) return false;
    const bool big_endian = (big_word(wal, 0) & 1U) != 0;
    const std::size_t page_size = big_word(wal, 8);
    if (page_size < 512 || page_size > 65536 || (page_size & (page_size - 1)) != 0) return false;
    WalSum sum;
    sum.add(wal.first(24), big_endian);
    if (sum != WalSum{big_word(wal, 24), big_word(wal, 28)}) return false;

    const std::size_t frame_size = frame_header + page_size;
    std::vector<ByteView> pending;
    for (std::size_t at = header_size; wal.size() - at >= frame_size; at += frame_size) {
        const ByteView frame = wal.subspan(at, frame_size);
        sum.add(frame.first(8), big_endian);
        sum.add(frame.subspan(frame_header), big_endian);
        const bool same_salt = as_text(frame.subspan(8, 8)) == as_text(wal.subspan(16, 8));
        if (!same_salt || sum != WalSum{big_word(frame, 16), big_word(frame, 20)}) break;
        pending.push_back(frame);
        const std::uint64_t pages = big_word(frame, 4);
        if (pages == 0) continue;
        if (pages > package_file_limit / page_size) return false;
        database.resize(pages * page_size);
        for (const ByteView page : pending) {
            const std::uint64_t number = big_word(page, 0);
            if (number == 0 || number > pages) continue;
            const std::string_view bytes = as_text(page.subspan(frame_header));
            std::copy(bytes.begin(), bytes.end(),
                      database.begin() + static_cast<std::ptrdiff_t>((number - 1) * page_size));
        }
        pending.clear();
    }
    return true;
}

bool is_rpm_database(std::string_view path) {
    const std::string_view name = name_in_database(path);
    return name == sqlite_name || name == wal_name || name == ndb_name || name == bdb_name;
}

void read_rpm(PackageFiles& databases, PackageReader& reader) {
    for (const auto& [path, content] : databases) {
        const std::string_view name = name_in_database(path);
        if (name == sqlite_name) read_sqlite(path, databases, reader);
        if (name == ndb_name || name == bdb_name) read_binary(path, as_bytes(content), reader);
        if (name == wal_name && databases.find(path.substr(0, path.size() - 4)) == databases.end()) {
            reader.trouble(path, "a log without its database");
        }
    }
}

} // namespace touchstone
