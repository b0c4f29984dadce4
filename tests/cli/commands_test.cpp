// The commands over real images on disk, as a user runs them.
#include "base/json.h"
#include "tests/cli/harness.h"
#include "tests/support/image_builder.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <locale>
#include <sys/wait.h>

namespace touchstone::test {
namespace {

std::string base_layer() {
    return TarBuilder().dir("etc/").file("etc/os-release", "ID=test\n").finish();
}

ImageSpec image_with(const std::string& program, LayerCompression compression = LayerCompression::gzip) {
    ImageSpec spec;
    spec.layer_tars = {base_layer(), TarBuilder().dir("bin/").file("bin/app", program, 0755).finish()};
    spec.created_by = {"COPY base /", "RUN make install"};
    spec.compression = {compression};
    return spec;
}

/// A published layout, one that is the same image, one in another encoding, and one with another program.
struct Images {
    TempDir dir;
    std::string published = dir / "published";
    std::string same = dir / "same.tar";
    std::string encoded = dir / "encoded";
    std::string other = dir / "other";
    Images() {
        write_oci_layout(published, image_with("program"));
        write_oci_archive(same, image_with("program"));
        write_oci_layout(encoded, image_with("program", LayerCompression::zstd));
        write_oci_layout(other, image_with("PROGRAM"));
    }
};

Json json_of(const std::string& text) {
    return parse_json(text, "output");
}

TEST_CASE("diff: the verdict decides the exit status") {
    const Images images;
    struct Row {
        std::string rebuilt;
        std::string required;
        std::string_view verdict;
        int status;
    };
    for (const Row& row :
         {Row{images.same, "identical", "IDENTICAL", 0}, Row{images.published, "identical", "IDENTICAL", 0},
          Row{images.encoded, "same-files", "EQUIVALENT", 0}, Row{images.encoded, "identical", "EQUIVALENT", 1},
          Row{images.other, "same-files", "DIVERGENT", 1}, Row{images.other, "divergent", "DIVERGENT", 0}}) {
        const Ran ran = touchstone({"diff", "--require", row.required, images.published, row.rebuilt});
        INFO(ran.out << ran.err);
        CHECK(ran.status == row.status);
        CHECK(ran.out.starts_with(std::string(row.verdict) + "  "));
        CHECK(ran.err.empty());
    }
}

TEST_CASE("diff: the file that differs is named with the build step that claims it") {
    const Images images;
    const Ran ran = touchstone({"diff", images.published, images.other});
    CHECK(contains(ran.out, "histories identical, 1 file differs"));
    CHECK(contains(ran.out, "  bin/app\n"));
    CHECK(contains(ran.out, "layer 1 <- RUN make install"));
}

TEST_CASE("diff: quiet is one line") {
    const Images images;
    const Ran ran = touchstone({"diff", "-q", images.published, images.other});
    CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 1);
    CHECK(ran.status == 1);
}

TEST_CASE("diff: the report does not depend on jobs or locale, and repeats byte by byte") {
    struct Grouping final : std::numpunct<char> {
        char do_thousands_sep() const override { return '.'; }
        char do_decimal_point() const override { return ','; }
        std::string do_grouping() const override { return "\1"; }
    };
    const Images images;
    for (const char* format : {"json", "text"}) {
        const std::string first = touchstone({"diff", "-o", format, "--jobs", "1", images.published, images.other}).out;
        CHECK(first == touchstone({"diff", "-o", format, "--jobs", "8", images.published, images.other}).out);
        const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Grouping));
        const std::string grouped = touchstone({"diff", "-o", format, images.published, images.other}).out;
        std::locale::global(before);
        CHECK(first == grouped);
    }
}

TEST_CASE("diff: reports go to files whole, and replace others only when told so") {
    const Images images;
    const std::string file = images.dir / "report.json";
    const std::vector<std::string> args{"diff", "-o", "text", "-o", "json=" + file, images.published, images.other};
    Ran ran = touchstone(args);
    CHECK(ran.status == 1);
    CHECK(ran.out.starts_with("DIVERGENT"));
    const std::string report = read_text_file(file);
    CHECK(json_of(report).find("verdict")->as_string() == "divergent");
    CHECK(touchstone({"diff", "-o", "json", images.published, images.other}).out == report);

    ran = touchstone(args);
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "--force"));
    CHECK(read_text_file(file) == report);

    ran = touchstone({"diff", "--force", "-o", "json=" + file, images.published, images.same});
    CHECK(ran.status == 0);
    CHECK(ran.out.empty());
    CHECK(json_of(read_text_file(file)).find("verdict")->as_string() == "identical");
}

TEST_CASE("diff: without a verdict nothing is written, and an old report stays") {
    const Images images;
    const std::string old = images.dir.write("old.json", "old");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(images.other)) {
        if (!entry.is_regular_file() || entry.file_size() < 100) continue;
        std::filesystem::resize_file(entry.path(), entry.file_size() - 1);
    }
    const Ran ran = touchstone({"diff", "--force", "-o", "text", "-o", "json=" + old, images.published, images.other});
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.starts_with("touchstone: error: "));
    CHECK(read_text_file(old) == "old");
}

TEST_CASE("diff: --all lists noise, --rules decides what it is") {
    const Images images;
    const Ran all = touchstone({"diff", "--all", "-o", "json", images.published, images.encoded});
    CHECK_FALSE(json_of(all.out).find("noise")->items().empty());
    CHECK(touchstone({"diff", "--rules", "-compression", "-o", "json", images.published, images.encoded}).out !=
          touchstone({"diff", "-o", "json", images.published, images.encoded}).out);
}

TEST_CASE("diff: --extract writes the files that differ") {
    const Images images;
    const std::string directory = images.dir / "differs";
    const Ran ran = touchstone({"diff", "--extract", directory, images.published, images.other});
    CHECK(ran.status == 1);
    CHECK(contains(ran.err, "1 path that differs written below"));
    std::vector<std::string> contents;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (entry.is_regular_file()) contents.push_back(read_text_file(entry.path().string()));
    }
    CHECK(std::find(contents.begin(), contents.end(), "program") != contents.end());
    CHECK(std::find(contents.begin(), contents.end(), "PROGRAM") != contents.end());
}

TEST_CASE("diff: --all-platforms pairs by platform, and a lonely platform is divergent") {
    const TempDir dir;
    ImageSpec amd = image_with("program");
    ImageSpec arm = image_with("program");
    arm.architecture = "arm64";
    write_oci_layout(dir / "both", std::vector{amd, arm});
    write_oci_layout(dir / "turned", std::vector{arm, amd});
    write_oci_layout(dir / "one", std::vector{amd});
    Ran ran = touchstone({"diff", "--all-platforms", "-o", "json", dir / "both", dir / "turned"});
    INFO(ran.err);
    CHECK(ran.status == 0);
    CHECK(json_of(ran.out).find("reports")->items().size() == 2);
    ran = touchstone({"diff", "--all-platforms", dir / "both", dir / "one"});
    CHECK(ran.status == 1);
    CHECK(contains(ran.out, "- linux/arm64  only published"));
    ran = touchstone({"diff", "--platform", "linux/arm64", dir / "both", dir / "turned"});
    CHECK(ran.status == 0);
}

TEST_CASE("diff: colour follows the option and the environment, never in files") {
    const Images images;
    const std::vector<std::string> args{"diff", images.published, images.same};
    CHECK_FALSE(contains(touchstone(args).out, "\x1b"));
    CHECK(contains(touchstone(args, {.out = true}).out, "\x1b[1;32mIDENTICAL"));
    CHECK_FALSE(contains(touchstone(args, {.out = true, .environment = {{"NO_COLOR", "1"}}}).out, "\x1b"));
    const std::string file = images.dir / "report.txt";
    CHECK(touchstone({"diff", "-o", "text=" + file, images.published, images.same}, {.out = true}).status == 0);
    CHECK_FALSE(contains(read_text_file(file), "\x1b"));
}

TEST_CASE("verify: says what was checked, or fails") {
    const Images images;
    Ran ran = touchstone({"verify", images.published});
    CHECK(ran.status == 0);
    CHECK(ran.out.starts_with("VERIFIED  "));
    const Json json = json_of(touchstone({"verify", "--json", images.published}).out);
    const Json& image = json.find("images")->items()[0];
    const BuiltImage built = build_image(image_with("program"));
    CHECK(image.find("manifest")->as_string() == built.manifest.digest);
    CHECK(image.find("layers")->items()[1].find("diff_id")->as_string() == built.diff_ids[1]);
    CHECK(image.find("layers")->items()[1].find("digest")->as_string() == built.layers[1].digest);
    CHECK(touchstone({"verify", "-q", images.published}).out.empty());

    const std::string blob = images.published + "/blobs/sha256/" + built.layers[1].hex();
    std::string bytes = read_text_file(blob);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file(blob, bytes);
    ran = touchstone({"verify", images.published});
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
}

TEST_CASE("ls: the merged tree, one layer, text and JSON Lines") {
    const Images images;
    const Ran text = touchstone({"ls", images.published});
    CHECK(text.status == 0);
    CHECK(contains(text.out, "-rwxr-xr-x "));
    CHECK(contains(text.out, "  1  bin/app\n"));
    CHECK(std::count(text.out.begin(), text.out.end(), '\n') == 4);
    const Ran layer = touchstone({"ls", "--json", "--layer", "0", images.published});
    CHECK(std::count(layer.out.begin(), layer.out.end(), '\n') == 2);
    const std::string second = layer.out.substr(layer.out.find('\n') + 1);
    CHECK(json_of(second).find("content")->as_string() == "sha256:" + sha256_hex("ID=test\n"));
    CHECK(touchstone({"ls", "--layer", "2", images.published}).status == 2);
}

TEST_CASE("inspect: what the image says of itself") {
    const Images images;
    const Json json = json_of(touchstone({"inspect", "--json", images.encoded}).out);
    const Json& image = json.find("images")->items()[0];
    CHECK(image.find("platform")->as_string() == "linux/amd64");
    CHECK(image.find("layers")->items()[0].find("compression")->as_string() == "zstd");
    CHECK(image.find("layers")->items()[1].find("created_by")->as_string() == "RUN make install");
    CHECK(contains(touchstone({"inspect", images.encoded}).out, "RUN make install"));
}

TEST_CASE("rules: both tables, as text and as JSON") {
    CHECK(contains(touchstone({"rules"}).out, "owner-names"));
    CHECK(contains(touchstone({"rules", "--oddities"}).out, "duplicate-path"));
    const Json rules = json_of(touchstone({"rules", "--json", "--rules", "-mtime"}).out);
    for (const Json& rule : rules.find("rules")->items()) {
        if (rule.find("name")->as_string() != "mtime") continue;
        CHECK_FALSE(rule.find("on")->as_boolean());
        CHECK(rule.find("by_default")->as_boolean());
    }
    CHECK_FALSE(json_of(touchstone({"rules", "--json", "--oddities"}).out).find("oddities")->items().empty());
}

int exit_of(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("the program: a full disk is trouble with a message, a closed pipe is trouble without one") {
    const TempDir dir;
    const std::string program = TOUCHSTONE_PROGRAM;
    const std::string err = dir / "err";
    CHECK(exit_of(program + " rules > /dev/full 2> " + err) == 2);
    CHECK(contains(read_text_file(err), "standard output: No space left on device"));
    CHECK(exit_of("sh -c '(sleep 0.2; " + program + " rules 2> " + err + "; echo $? > " + dir.path() +
                  "/status) | true'") == 0);
    for (int wait = 0; wait < 50 && !std::filesystem::exists(dir / "status"); ++wait) {
        CHECK(exit_of("sleep 0.1") == 0);
    }
    CHECK(read_text_file(dir / "status") == "2\n");
    CHECK(read_text_file(err).empty());
    CHECK(exit_of(program + " --version > /dev/null") == 0);
}

} // namespace
} // namespace touchstone::test
