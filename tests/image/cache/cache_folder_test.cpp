// The cache's place: what is trusted, how objects appear, what is listed and what is removed first.
#include "image/cache/folder.h"

#include "base/error.h"
#include "image/cache/upkeep.h"
#include "tests/image/cache/cache_helpers.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace touchstone::test {

namespace {

namespace fs = std::filesystem;

std::shared_ptr<const CacheFolder> open_at(const std::string& path, std::string& trouble) {
    return CacheFolder::open(path, CacheFolder::Missing::make, trouble);
}

struct Place {
    TempDir temp;
    std::string path = temp / "cache";
    std::string trouble;
    std::shared_ptr<const CacheFolder> folder = open_at(path, trouble);

    CacheName put(const std::string& content) const { return put(content, digest_of(as_bytes(content))); }
    CacheName put(const std::string& content, const Digest& digest) const {
        return put(content, CacheFolder::blob_name(digest));
    }
    CacheName put(const std::string& content, CacheName name) const {
        const auto object = folder->start(name, content.size());
        object->write(content);
        REQUIRE(object->publish() != nullptr);
        return name;
    }
    std::string file_of(const CacheName& name) const { return path + "/" + name.path(); }
    void used(const CacheName& name, std::int64_t seconds) const {
        const timespec time{.tv_sec = seconds, .tv_nsec = 0};
        const timespec times[2] = {time, time};
        REQUIRE(::utimensat(AT_FDCWD, file_of(name).c_str(), times, 0) == 0);
    }
    std::vector<std::string> paths() const {
        std::vector<std::string> found;
        for (const CacheObject& object : folder->list()) found.push_back(object.name.path());
        return found;
    }
};

mode_t mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

} // namespace

TEST_CASE("the place and all in it are the user's alone") {
    const Place place;
    REQUIRE(place.folder != nullptr);
    const CacheName name = place.put("content");
    CHECK(mode_of(place.path) == 0700);
    CHECK(mode_of(place.path + "/blobs") == 0700);
    CHECK(mode_of(place.file_of(name)) == 0600);
    CHECK(fs::is_empty(place.path + "/tmp"));
}

TEST_CASE("a place that others could have filled is not used, and it is said why") {
    struct Row {
        const char* what;
        void (*make)(const std::string&);
        const char* trouble;
    };
    const Row rows[] = {
        {"group may write",
         [](const std::string& p) {
             fs::create_directory(p);
             ::chmod(p.c_str(), 0770);
         },
         "written by others"},
        {"all may write",
         [](const std::string& p) {
             fs::create_directory(p);
             ::chmod(p.c_str(), 01777);
         },
         "written by others"},
        {"a file", [](const std::string& p) { REQUIRE(::close(::creat(p.c_str(), 0600)) == 0); }, "not a directory"},
        {"a link",
         [](const std::string& p) {
             fs::create_directory(p + "2");
             fs::create_symlink(p + "2", p);
         },
         "not a directory"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const TempDir temp;
        row.make(temp / "cache");
        std::string trouble;
        CHECK(open_at(temp / "cache", trouble) == nullptr);
        CHECK(trouble.find(row.trouble) != std::string::npos);
    }
}

TEST_CASE("a place of another user is not used") {
    if (::geteuid() != 0) return; // nobody else can give folders away
    const TempDir temp;
    fs::create_directory(temp / "cache");
    REQUIRE(::chown((temp / "cache").c_str(), 12345, 12345) == 0);
    std::string trouble;
    CHECK(open_at(temp / "cache", trouble) == nullptr);
    CHECK(trouble.find("another user (12345)") != std::string::npos);
}

TEST_CASE("where no place can be made there is none, without a word") {
    std::string trouble;
    for (const char* const path : {"", "relative/cache", "/proc/nothing/cache"}) {
        CHECK(open_at(path, trouble) == nullptr);
        CHECK(trouble.empty());
    }
}

TEST_CASE("files that others could have made are not there") {
    const Place place;
    const CacheName name = place.put("content");
    const std::string file = place.file_of(name);
    REQUIRE(place.folder->find(name) != nullptr);
    SUBCASE("others may write it") {
        REQUIRE(::chmod(file.c_str(), 0602) == 0);
    }
    SUBCASE("its folder may be written") {
        REQUIRE(::chmod((place.path + "/blobs").c_str(), 0770) == 0);
    }
    SUBCASE("it is a link") {
        fs::rename(file, place.temp / "moved");
        fs::create_symlink(place.temp / "moved", file);
    }
    SUBCASE("it is a FIFO") {
        fs::remove(file);
        REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    }
    SUBCASE("it is a directory") {
        fs::remove(file);
        fs::create_directory(file);
    }
    SUBCASE("its folder is a link") {
        fs::rename(place.path + "/blobs", place.path + "/moved");
        fs::create_symlink("moved", place.path + "/blobs");
    }
    CHECK(place.folder->find(name) == nullptr);
}

TEST_CASE("what is published replaces what was there, whatever that is") {
    const Place place;
    const CacheName name = place.put("old");
    fs::remove(place.file_of(name));
    fs::create_symlink("/etc/passwd", place.file_of(name));
    place.put("new", name);
    CHECK(read_text_file(place.file_of(name)) == "new");
}

TEST_CASE("what is not published leaves nothing") {
    const Place place;
    const std::string large(std::size_t{1} << 20, 'x');
    const CacheName name = CacheFolder::blob_name(digest_of(as_bytes(large)));
    {
        const auto object = place.folder->start(name, large.size());
        object->write(large);
        CHECK(!fs::is_empty(place.path + "/tmp"));
    }
    const auto too_long = place.folder->start(name, large.size() - 1);
    too_long->write(large);
    CHECK(too_long->publish() == nullptr);
    CHECK(fs::is_empty(place.path + "/tmp"));
    CHECK(place.folder->find(name) == nullptr);
}

TEST_CASE("names that are not the cache's own are neither listed nor removed") {
    const Place place;
    const CacheName name = place.put("content");
    const std::string hex = name.file;
    const std::vector<std::string> others{"README",
                                          "blobs/README",
                                          "blobs/sha256/README",
                                          "blobs/sha256/" + hex + "0",
                                          "blobs/sha256/" + std::string(64, 'A'),
                                          "blobs/sha512/" + hex,
                                          "blobs/md5/" + hex,
                                          "listings/mine/sha256/" + hex,
                                          "tmp/mine",
                                          "tmp/1-000000000000000g"};
    for (const std::string& path : others) place.temp.write("cache/" + path, "mine");
    fs::create_directory_symlink(place.path + "/blobs", place.path + "/listings/1-1");
    CHECK(place.paths() == std::vector<std::string>{name.path()});
    CHECK(remove_all(*place.folder).objects == 1);
    CHECK(place.paths().empty());
    for (const std::string& path : others) CHECK_MESSAGE(fs::exists(place.path + "/" + path), path);
}

TEST_CASE("blobs go before listings, and first what was not used for longest") {
    const Place place;
    const CacheName first = place.put(std::string(100, 'a'));
    const CacheName second = place.put(std::string(100, 'b'));
    const CacheName third = place.put(std::string(100, 'c'));
    const CacheName listing =
        place.put(std::string(100, 'd'), CacheFolder::listing_name("1.0-1", digest_of(as_bytes("d"))));
    place.used(first, 2000);
    place.used(second, 1000);
    place.used(third, 3000);
    place.used(listing, 10);
    const auto left_of = [&](std::uint64_t limit) {
        keep_within(*place.folder, limit);
        return place.paths();
    };
    using Paths = std::vector<std::string>;
    const auto sorted = [](Paths paths) {
        std::sort(paths.begin(), paths.end());
        return paths;
    };
    CHECK(left_of(400).size() == 4);
    CHECK(left_of(399) == sorted({first.path(), third.path(), listing.path()}));
    CHECK(left_of(200) == Paths{third.path(), listing.path()});
    CHECK(left_of(150) == Paths{listing.path()});
    CHECK(left_of(99).empty());
}

TEST_CASE("use is what counts, not age") {
    const Place place;
    const CacheName first = place.put("1");
    const CacheName second = place.put("2");
    place.used(first, 1000);
    place.used(second, 2000);
    CacheFolder::touch(*place.folder->find(first));
    keep_within(*place.folder, 1);
    CHECK(place.paths() == std::vector<std::string>{first.path()});
}

TEST_CASE("temporaries of the last day stay, older ones go") {
    const Place place;
    const CacheName young{CacheKind::temporary, {"tmp"}, "123-0123456789abcdef"};
    const CacheName old{CacheKind::temporary, {"tmp"}, "124-0123456789abcdef"};
    place.temp.write("cache/" + young.path(), "x");
    place.temp.write("cache/" + old.path(), "x");
    place.used(old, now_in_seconds() - std::int64_t{24} * 3600 - 60);
    ::chmod((place.path + "/tmp").c_str(), 0700);
    keep_within(*place.folder, 0);
    CHECK(place.paths() == std::vector<std::string>{young.path()});
    CHECK(remove_all(*place.folder).objects == 1);
}

TEST_CASE("what was not used since a time is removed") {
    const Place place;
    const CacheName first = place.put("1");
    const CacheName second = place.put("2");
    place.used(first, 999);
    place.used(second, 1000);
    CHECK(remove_older(*place.folder, 1000).bytes == 1);
    CHECK(place.paths() == std::vector<std::string>{second.path()});
}

} // namespace touchstone::test
