// Extracting differing files: pairs under published/ and rebuilt/, harmless names, nothing overwritten.
#include "base/error.h"
#include "diff/compare.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <filesystem>

using namespace touchstone;
using namespace touchstone::test;
namespace fs = std::filesystem;

namespace {

struct Pair {
    Image published;
    Image rebuilt;
    Comparison comparison;
    Pair(const TarBuilder& a, const TarBuilder& b)
        : published(make_image({.layers = {a.finish()}})), rebuilt(make_image({.layers = {b.finish()}})),
          comparison(compare_images(published, rebuilt, {})) {}
};

} // namespace

TEST_CASE("differing files are written in pairs, with modes that do not execute") {
    const TempDir directory;
    const Pair pair(TarBuilder().file("bin/tool", "old", 04755).file("same", "x").file("gone", "g"),
                    TarBuilder().file("bin/tool", "new", 04755).file("same", "x"));
    CHECK(extract_differences(pair.published, pair.rebuilt, pair.comparison, {}, directory / "out") == 2);
    CHECK(read_text_file(directory / "out/published/0001-tool") == "old");
    CHECK(read_text_file(directory / "out/rebuilt/0001-tool") == "new");
    CHECK(read_text_file(directory / "out/published/0002-gone") == "g");
    CHECK_FALSE(fs::exists(directory / "out/rebuilt/0002-gone"));
    CHECK((fs::status(directory / "out/published/0001-tool").permissions() & static_cast<fs::perms>(07111)) ==
          fs::perms::none);
    CHECK(read_text_file(directory / "out/index.json").find("\"path\": \"bin/tool\"") != std::string::npos);
}

TEST_CASE("no name from an image reaches the file system") {
    const TempDir directory;
    const Pair pair(TarBuilder().file("a/$(rm -rf ~);\n\x1b[31m", "1"),
                    TarBuilder().file("a/$(rm -rf ~);\n\x1b[31m", "2"));
    extract_differences(pair.published, pair.rebuilt, pair.comparison, {}, directory / "out");
    for (const auto& item : fs::recursive_directory_iterator(directory / "out")) {
        CHECK(item.path().filename().string().find_first_not_of(
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == std::string::npos);
    }
}

TEST_CASE("the content of a hard link is found behind its target") {
    const TempDir directory;
    const Pair pair(TarBuilder().file("a", "one").hardlink("b", "a"), TarBuilder().file("a", "two").hardlink("b", "a"));
    CHECK(extract_differences(pair.published, pair.rebuilt, pair.comparison, {}, directory / "out") == 2);
    CHECK(read_text_file(directory / "out/published/0002-b") == "one");
    CHECK(read_text_file(directory / "out/rebuilt/0002-b") == "two");
}

TEST_CASE("a directory that holds something is left alone") {
    const TempDir directory;
    directory.write("out/mine", "precious");
    const Pair pair(TarBuilder().file("a", "1"), TarBuilder().file("a", "2"));
    CHECK_THROWS_AS(extract_differences(pair.published, pair.rebuilt, pair.comparison, {}, directory / "out"), Error);
    CHECK(read_text_file(directory / "out/mine") == "precious");
}
