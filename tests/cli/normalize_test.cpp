// `touchstone normalize`: what is written, what is refused, and that nothing half-done is left behind.
#include "base/json.h"
#include "tests/cli/canonical_images.h"
#include "tests/cli/harness.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

namespace touchstone::test {
namespace {

std::size_t files_in(const std::string& directory) {
    const std::filesystem::directory_iterator files(directory);
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::string image_line(const std::string& reference) {
    const std::string ids = ids_of(touchstone({"digest", reference}).out);
    return ids.substr(ids.rfind('\n', ids.size() - 2) + 1);
}

TEST_CASE("normalize: every wrapping becomes the same image, which diff calls equivalent to its source") {
    const Wrappings images;
    std::string manifest;
    for (std::size_t i = 0; i < images.same.size(); ++i) {
        const std::string out = "oci:" + (images.dir / ("out" + std::to_string(i)));
        const Ran ran = touchstone({"normalize", images.same[i], "-o", out});
        INFO(images.same[i] << ran.err);
        REQUIRE(ran.status == 0);
        CHECK(ran.out.empty());
        CHECK(ran.err.starts_with("touchstone: changed: "));
        const Ran diff = touchstone({"diff", "--require", "equivalent", images.same[i], out});
        INFO(diff.out << diff.err);
        CHECK(diff.status == 0);
        CHECK(touchstone({"verify", out}).status == 0);
        // digest promises the manifest that normalize writes
        const Json index =
            parse_json(read_text_file(images.dir / ("out" + std::to_string(i) + "/index.json")), "index");
        const Json& entry = index.find("manifests")->items().at(0);
        CHECK(entry.find("digest")->as_string() + "\n" == image_line(images.same[i]));
        CHECK(contains(entry.find("annotations")->find("org.opencontainers.image.ref.name")->as_string(), "app:1"));
        CHECK(entry.find("platform")->find("architecture")->as_string() == "amd64");
        if (manifest.empty()) manifest = entry.find("digest")->as_string();
        CHECK(entry.find("digest")->as_string() == manifest);
    }
}

TEST_CASE("normalize: the archive is the same bytes twice, and normal forms are fixed points") {
    const Wrappings images;
    const std::string once = images.dir / "once.tar";
    const std::string twice = images.dir / "twice.tar";
    const std::string again = images.dir / "again.tar";
    REQUIRE(touchstone({"normalize", images.same[4], "-o", "oci-archive:" + once}).status == 0);
    REQUIRE(touchstone({"normalize", "oci-archive:" + once, "-o", "oci-archive:" + twice}).status == 0);
    REQUIRE(touchstone({"normalize", images.same[4], "-o", "oci-archive:" + again}).status == 0);
    CHECK(read_text_file(once) == read_text_file(twice));
    CHECK(read_text_file(once) == read_text_file(again));
    CHECK(contains(touchstone({"normalize", "oci-archive:" + once, "-o", "oci-archive:" + twice, "--force"}).err,
                   "changed: nothing"));
}

TEST_CASE("normalize: a layer tar goes to a file or to standard output, and its digest is the one that digest prints") {
    const TempDir dir;
    const std::string tar = layers_in(true)[1];
    const std::string plain = dir.write("layer.tar", tar);
    const std::string zipped = dir.write("layer.tar.gz", gzip_of(tar));
    const std::string out = dir / "out.tar";
    const Ran ran = touchstone({"normalize", "tar:" + zipped, "-o", out});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK(contains(ran.err, "3 mtime"));
    CHECK(contains(ran.err, "1 whiteout-metadata"));
    const std::string written = read_text_file(out);
    CHECK(touchstone({"normalize", "tar:" + plain, "-o", "-"}).out == written);
    CHECK(touchstone({"normalize", "tar:" + out, "-o", "-"}).out == written);
    CHECK(contains(touchstone({"digest", "tar:" + plain}).out, "clf1:sha256:" + sha256_hex(written)));
    CHECK(touchstone({"normalize", "-q", "tar:" + plain, "-o", "-"}).err.empty());
}

TEST_CASE("normalize: owners of every profile are proven, also where directories are only implied") {
    const TempDir dir;
    const std::string tar = dir.write("layer.tar", TarBuilder().file("a/b/file", "x").finish());
    for (const char* owner : {"keep", "5:6", "map:0:1000", "map:0:1,1:0"}) {
        for (const char* mtime : {"zero", "keep", "clamp:5"}) {
            const Ran ran = touchstone({"normalize", "tar:" + tar, "-o", "-", "--owner", owner, "--mtime", mtime});
            INFO(owner << mtime << ran.err);
            CHECK(ran.status == 0);
        }
    }
}

TEST_CASE("normalize: the log has a line for each change") {
    const TempDir dir;
    const std::string tar = dir.write("layer.tar", layers_in(true)[0]);
    const std::string log = dir / "log";
    const Ran ran = touchstone({"normalize", "tar:" + tar, "-o", dir / "out.tar", "--log", log});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    const std::string text = read_text_file(log);
    CHECK(std::count(text.begin(), text.end(), '\n') ==
          9); // two entries: time, owner's name, spelling, dialect; and the padding
    bool found = false;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        const Json line = parse_json(text.substr(at, text.find('\n', at) - at), "line");
        if (line.find("what")->as_string() != "mtime" || line.find("path")->as_string() != "etc/os-release") continue;
        found = line.find("before")->as_string() == "1700000000" && line.find("after")->as_string() == "0" &&
                line.find("layer")->as_integer() == 0;
    }
    CHECK(found);
}

TEST_CASE("normalize: what cannot be written is refused, and nothing is left behind") {
    const Wrappings images;
    const TempDir dir;
    const std::string tar = "tar:" + images.dir.write("layer.tar", layers_in(false)[0]);
    const std::string broken = "tar:" + images.dir.write("broken.tar", layers_in(false)[0].substr(0, 700));
    const std::string old = dir.write("old", "old");
    std::filesystem::create_directory(dir / "empty");
    struct Row {
        std::vector<std::string> args;
        std::string_view message;
    };
    for (const Row& row : {
             Row{{"normalize", images.same[0]}, "-o OUT is required"},
             Row{{"normalize", images.same[0], "-o", dir / "x"},
                 "an image goes to oci:DIR, oci-archive:FILE or docker://NAME"},
             Row{{"normalize", images.same[0], "-o", "-"}, "an image goes to"},
             Row{{"normalize", images.same[0], "-o", "oci:"}, "a name is missing"},
             Row{{"normalize", images.same[0], "-o", "oci:" + (dir / "empty")}, "exists"},
             Row{{"normalize", "--force", images.same[0], "-o", "oci:" + (dir / "empty")}, "exists"},
             Row{{"normalize", images.same[0], "-o", "oci-archive:" + old}, "exists"},
             Row{{"normalize", images.same[0], "-o", "oci:" + (dir / "no/such/place")}, "No such file"},
             Row{{"normalize", images.same[0], "-o", "oci:" + (dir / "x"), "--log", old}, "exists"},
             Row{{"normalize", images.same[0], "-o", "oci:" + (dir / "x"), "--compress", "xz"},
                 "expected none, gzip or zstd"},
             Row{{"normalize", images.same[0], "-o", "oci:" + (dir / "x"), "--merge", "--base", images.other},
                 "exclude each other"},
             Row{{"normalize", tar, "-o", dir / "x", "--base", images.other}, "a layer tar has no base image"},
             Row{{"normalize", tar, "-o", dir / "x", "--merge"}, "one layer already"},
             Row{{"normalize", tar, "-o", "oci:" + (dir / "x")}, "a layer tar has no configuration"},
             Row{{"normalize", tar, "-o", old}, "exists"},
             Row{{"normalize", tar, "-o", "/dev/null", "--force"}, "not a regular file"},
             Row{{"normalize", broken, "-o", dir / "x", "--log", dir / "y"}, "broken.tar"},
         }) {
        const Ran ran = touchstone(row.args);
        INFO(ran.err);
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(contains(ran.err, row.message));
        CHECK(files_in(dir.path()) == 2);
    }
    CHECK(read_text_file(old) == "old");
    CHECK(touchstone({"normalize", tar, "-o", "-"}, {.out = true}).status == 2);
    CHECK(touchstone({"normalize", tar, "-o", old, "--force"}).status == 0);
}

TEST_CASE("normalize: the help has its options") {
    const Ran ran = touchstone({"normalize", "--help"});
    for (const char* option : {"--output", "--force", "--mtime", "--owner", "--compress", "--log", "--platform"})
        CHECK(contains(ran.out, option));
}

} // namespace
} // namespace touchstone::test
