// rpm's three database formats, with two packages that rpm itself installed. What is expected is what `rpm -qa` and
// `rpm -q --qf '[%{FILENAMES} %{FILEDIGESTS} %{FILEFLAGS} %{FILELINKTOS}\n]'` say of them.
#include "packages_rpm_data.h"

#include "base/printable.h"
#include "diff/explain/packages.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <iterator>
#include <random>

using namespace touchstone;

namespace {

std::string unpacked(std::string_view gz) {
    std::string in = unbase64(gz);
    std::string out(1 << 20, '\0');
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    REQUIRE(result == Z_STREAM_END);
    return out;
}

const std::set<std::string> wanted{
    "usr/bin/hello", "etc/hello/hello.conf", "usr/share/hello/one", "usr/share/hello/two",  "var/log/hello.log",
    "opt/tiny/file", "usr/share/hello/link", "etc/hello",           "usr/share/hello/three"};

PackageDatabase read(std::map<std::string, std::string> databases) {
    return read_package_databases({std::move(databases), wanted, true});
}

std::string owner(const PackageDatabase& database, std::string_view path, std::string_view content) {
    const OwnedFile* file = database.find(path);
    if (file == nullptr) return "-";
    const Ownership found = ownership_of(database, *file, as_bytes(content));
    return found.package + " " + found.version + " " + std::string(name_of(found.match)) +
           (found.digest.empty() ? "" : " " + found.digest) + (found.configuration ? " conffile" : "");
}

void check_packages(const PackageDatabase& database) {
    CHECK(database.summary() == "rpm: 2 packages");
    CHECK(owner(database, "usr/bin/hello", "#!/bin/sh\necho hello\n") == "hello 2:1.0-3 matches sha256");
    CHECK(owner(database, "usr/bin/hello", "#!/bin/sh\necho bye\n") == "hello 2:1.0-3 differs sha256");
    CHECK(owner(database, "etc/hello/hello.conf", "greeting=hi\n") == "hello 2:1.0-3 matches sha256 conffile");
    CHECK(owner(database, "usr/share/hello/one", "data one\n") == "hello 2:1.0-3 matches sha256");
    CHECK(owner(database, "usr/share/hello/two", "data one\n") == "hello 2:1.0-3 differs sha256");
    CHECK(owner(database, "usr/share/hello/link", "one") == "hello 2:1.0-3 matches target");
    CHECK(owner(database, "usr/share/hello/link", "two") == "hello 2:1.0-3 differs target");
    CHECK(owner(database, "var/log/hello.log", "x") == "hello 2:1.0-3 not-recorded"); // %ghost
    CHECK(owner(database, "etc/hello", "") == "hello 2:1.0-3 not-recorded");
    CHECK(owner(database, "usr/share/hello/three", "") == "-");
    CHECK(owner(database, "opt/tiny/file", "tiny\n") == "tiny 0.1-1 matches sha256");
    for (const Package& package : database.packages) {
        CHECK(package.source == (package.name == "tiny" ? "tiny-0.1-1.src.rpm" : "hello-1.0-3.src.rpm"));
        CHECK(package.architecture == (package.name == "tiny" ? "x86_64" : "noarch"));
    }
}

void put_be32(std::string& bytes, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes.at(at + i) = static_cast<char>(value >> (24 - 8 * i) & 255U);
}

} // namespace

TEST_CASE("rpm's SQLite database") {
    check_packages(read({{"usr/lib/sysimage/rpm/rpmdb.sqlite", unpacked(test::rpm_sqlite_gz)}}));
    check_packages(
        read({{"var/lib/rpm/rpmdb.sqlite", unpacked(test::rpm_sqlite_gz)}, {"var/lib/rpm/rpmdb.sqlite-wal", ""}}));
}

TEST_CASE("rpm's Berkeley DB file") {
    check_packages(read({{"var/lib/rpm/Packages", unpacked(test::rpm_bdb_gz)}}));
}

TEST_CASE("rpm's ndb") {
    check_packages(read({{"usr/lib/sysimage/rpm/Packages.db", unpacked(test::rpm_ndb_gz)}}));
}

TEST_CASE("a write-ahead log counts as far as it is committed") {
    const std::string log = unpacked(test::rpm_wal_gz);
    const auto packages = [](const std::string& wal) {
        return read(
                   {{"var/lib/rpm/rpmdb.sqlite", unpacked(test::rpm_sqlite_gz)}, {"var/lib/rpm/rpmdb.sqlite-wal", wal}})
            .summary();
    };
    CHECK(packages(log) == "rpm: 1 package");
    CHECK(packages(log.substr(0, log.size() - 1)) == "rpm: 2 packages"); // the last page, with the commit, is not whole
    std::string damaged = log;
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    CHECK(packages(damaged) == "rpm: 2 packages");
    CHECK(packages("not a log, but long enough to be one's header") ==
          "rpm: 2 packages; var/lib/rpm/rpmdb.sqlite-wal: not a valid log of its database; not read");
}

TEST_CASE("a database of another kind is a trouble and no more") {
    CHECK(read({{"var/lib/rpm/rpmdb.sqlite", "nothing"}}).summary() ==
          "no package database; var/lib/rpm/rpmdb.sqlite: not an SQLite database");
    CHECK(read({{"var/lib/rpm/Packages", std::string(8192, 'x')}}).summary() ==
          "no package database; var/lib/rpm/Packages: not a Berkeley DB hash file");
    CHECK(read({{"var/lib/rpm/Packages.db", std::string(8192, 'x')}}).summary() ==
          "no package database; var/lib/rpm/Packages.db: not an ndb database of version 0");
    CHECK(read({{"var/lib/rpm/rpmdb.sqlite-wal", "x"}}).troubles.size() == 1);
}

TEST_CASE("a table of packages that is not as rpm makes it is not read") {
    const std::string good = unpacked(test::rpm_sqlite_gz);
    struct Edit {
        std::string_view from;
        std::string_view to;
    };
    for (const Edit& edit :
         {Edit{"blob BLOB NOT NULL)", "blob AS (hnum+100))"}, Edit{"TABLE 'Packages'", "TABLE 'Package_'"},
          Edit{"CREATE TABLE 'Packages'", "CREATE VIEW 'Packages' "}}) {
        std::string database = good;
        CAPTURE(edit.from);
        REQUIRE(database.find(edit.from) != std::string::npos); // there are stale copies of it in unused space
        for (std::size_t at = 0; (at = database.find(edit.from, at)) != std::string::npos;) {
            database.replace(at, edit.to.size(), edit.to);
        }
        const PackageDatabase result = read({{"var/lib/rpm/rpmdb.sqlite", database}});
        CHECK(result.packages.empty());
        CHECK(result.troubles.size() == 1);
    }
}

TEST_CASE("blobs of a hostile ndb that overlap end with its size") {
    std::string database = unpacked(test::rpm_ndb_gz);
    const std::string slot_3 = database.substr(48, 16);
    for (std::size_t slot = 4; slot < 256; ++slot) database.replace(slot * 16, 16, slot_3);
    const PackageDatabase result = read({{"var/lib/rpm/Packages.db", database}});
    CHECK(result.packages.size() < 6);
    REQUIRE(result.troubles.size() == 1);
    CHECK(result.troubles[0] == "var/lib/rpm/Packages.db: its packages are longer than it is");
}

TEST_CASE("header values that do not fit are as good as missing") {
    const std::string good = unpacked(test::rpm_ndb_gz);
    const std::string_view base_names("\0\0\x04\x5d\0\0\0\x08", 8); // tag 1117, array of texts
    for (const std::uint32_t count : {0U, 0x7fffffffU, 0xffffffffU}) {
        std::string database = good;
        std::size_t at = 0;
        while ((at = database.find(base_names, at)) != std::string::npos) put_be32(database, at += 12, count);
        const PackageDatabase result = read({{"var/lib/rpm/Packages.db", database}});
        CHECK(result.packages.size() == 2);
        CHECK(result.files.empty());
    }
}

TEST_CASE("damaged rpm databases are read without harm") {
    std::mt19937 random(11); // always the same, so that a failure can be repeated
    const std::vector<std::pair<std::string, std::string>> good{
        {"var/lib/rpm/rpmdb.sqlite", unpacked(test::rpm_sqlite_gz)},
        {"var/lib/rpm/rpmdb.sqlite-wal", unpacked(test::rpm_wal_gz)},
        {"var/lib/rpm/Packages", unpacked(test::rpm_bdb_gz)},
        {"var/lib/rpm/Packages.db", unpacked(test::rpm_ndb_gz)}};
    for (std::size_t round = 0; round < test::rounds(1500); ++round) {
        std::map<std::string, std::string> databases(good.begin(), good.end());
        std::string& bytes = databases[good[random() % good.size()].first];
        for (auto n = random() % 20 + 1; n > 0; --n) {
            // Three of four in what is not zero: there the structure is.
            std::size_t at = random() % bytes.size();
            if (random() % 4 != 0) at = std::min(bytes.find_first_not_of('\0', at), bytes.size() - 1);
            bytes[at] = "\0\1\x7f\x80\xff\x10 a"[random() % 8];
        }
        if (random() % 8 == 0) bytes.resize(random() % bytes.size());
        const PackageDatabase database = read(std::move(databases));
        for (const auto& [path, file] : database.files) owner(database, path, "data one\n");
        CHECK(database.troubles.size() <= 20);
    }
}
