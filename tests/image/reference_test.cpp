// References: how what the user wrote becomes a transport, a path and a selector. The syntax is that of
// containers-transports(5); where a colon may belong to the path, the file system decides.
#include "image/reference.h"
#include "tests/support/image_builder.h"
#include "tests/support/refusal.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace touchstone;
using namespace touchstone::test;

namespace {

const std::string pin = "sha256:" + std::string(64, 'a');

struct ReferenceRow {
    std::string text; ///< $D is the temporary directory
    Transport transport;
    std::string path;
    std::string selector;
};

std::string in(const TempDir& dir, std::string text) {
    if (const std::size_t at = text.find("$D"); at != std::string::npos) text.replace(at, 2, dir.path());
    return text;
}

} // namespace

TEST_CASE("names that engines have for images go to them as they are") {
    const std::vector<std::string> names{"alpine", "localhost:5000/team/app:1.2_x",
                                         "app@sha256:" + std::string(64, 'a'), "sha256:" + std::string(64, 'b'),
                                         std::string(512, 'a')};
    for (const std::string& name : names) {
        const Reference docker = parse_reference("docker-daemon:" + name);
        CHECK(docker.transport == Transport::docker_daemon);
        CHECK(docker.path == name);
        CHECK(parse_reference("podman:" + name).transport == Transport::podman);
        CHECK(parse_reference("containerd:" + name).transport == Transport::containerd);
        CHECK(parse_reference("containerd:" + name).path == name);
    }
}

TEST_CASE("the store of containers/image is podman's, and its names are full ones") {
    const std::string id(64, 'b');
    const std::pair<std::string, std::string> rows[] = {
        {"alpine", "docker.io/library/alpine:latest"},
        {"team/app:1.2", "docker.io/team/app:1.2"},
        {"localhost/app", "localhost/app:latest"},
        {"registry.example:5000/app@" + pin, "registry.example:5000/app@" + pin},
        {id, id},
        {"@" + id, id},
    };
    for (const auto& [name, path] : rows) {
        const std::string text = "containers-storage:" + name;
        CAPTURE(text);
        const Reference reference = parse_reference(text);
        CHECK(reference.transport == Transport::podman);
        CHECK(reference.path == path);
        CHECK(reference.text == text);
    }
}

TEST_CASE("a reference is split where the longest existing path ends") {
    const TempDir dir;
    std::filesystem::create_directories(dir / "layout");
    std::filesystem::create_directories(dir / "odd:name");
    dir.write("a.tar", "");
    const ReferenceRow rows[] = {
        {"oci:$D/layout", Transport::oci, "$D/layout", ""},
        {"oci:$D/layout:v1", Transport::oci, "$D/layout", "v1"},
        {"oci:$D/layout:docker.io/library/alpine:3.19", Transport::oci, "$D/layout", "docker.io/library/alpine:3.19"},
        {"oci:$D/layout@" + pin, Transport::oci, "$D/layout", "@" + pin},
        {"oci:$D/layout:@" + pin, Transport::oci, "$D/layout", "@" + pin},
        {"oci:$D/layout:v1@" + pin, Transport::oci, "$D/layout", "v1@" + pin},
        {"oci:$D/odd:name", Transport::oci, "$D/odd:name", ""},
        {"oci:$D/odd:name:v1", Transport::oci, "$D/odd:name", "v1"},
        {"oci-archive:$D/a.tar:v1", Transport::oci_archive, "$D/a.tar", "v1"},
        {"docker-archive:$D/a.tar:x/y:z", Transport::docker_archive, "$D/a.tar", "x/y:z"},
        {"docker-archive:$D/a.tar:@1", Transport::docker_archive, "$D/a.tar", "@1"},
        {"docker-archive:-", Transport::docker_archive, "-", ""},
        {"docker-archive:-:x:1", Transport::docker_archive, "-", "x:1"},
        {"dir:$D/layout", Transport::dir, "$D/layout", ""},
        {"dir:$D/layout@" + pin, Transport::dir, "$D/layout", "@" + pin},
        {"tar:$D/a.tar", Transport::tar, "$D/a.tar", ""},
        {"tar:-", Transport::tar, "-", ""},
    };
    for (const ReferenceRow& row : rows) {
        CAPTURE(row.text);
        const Reference reference = parse_reference(in(dir, row.text));
        CHECK(name_of(reference.transport) == name_of(row.transport));
        CHECK(reference.path == in(dir, row.path));
        CHECK(reference.selector == row.selector);
        CHECK(reference.text == in(dir, row.text));
    }
}

TEST_CASE("a reference that names nothing says what could be said instead") {
    const TempDir dir;
    std::filesystem::create_directories(dir / "layout");
    std::filesystem::create_directories(dir / "empty");
    dir.write("a.tar", "");
    dir.write("text", "no tar at all, and longer than one block of a tar has to be: " + std::string(600, 'x'));
    struct Refused {
        std::string text;
        std::string part;
    };
    const Refused rows[] = {
        {"", "an empty reference"},
        {"docker:alpine:3.19", "docker://alpine:3.19"},
        {"docker://", "no name of an image"},
        {"docker://Alpine", "docker://Alpine: \"Alpine\" is no name of an image"},
        {"docker-daemon:", "docker-daemon: an empty name of an image"},
        {"docker-daemon:../../containers", "`../../containers` is no name of an image"},
        {"podman:a//b", "podman: `a//b` is no name of an image"},
        {"podman:a?all=1", "`a?all=1` is no name of an image"},
        {"podman:" + std::string(513, 'a'), "a name of 513 bytes, the limit is 512"},
        {"podman:--help", "`--help` is no name of an image"},
        {"containerd:-o", "containerd: `-o` is no name of an image"},
        {"containers-storage:[vfs@/root]alpine", "takes no [DRIVER@ROOT]"},
        {"containers-storage:Alpine", "containers-storage: \"Alpine\" is no name of an image"},
        {"ostree:alpine@/repo", "copy alpine@/repo with skopeo to oci:DIR"},
        {"Nonsense:thing", "`Nonsense:thing` is no path here, and no name of an image in a registry"},
        {"./nowhere", "no such file or directory: ./nowhere"},
        {"/nowhere/at/all:x", "no such file or directory"},
        {"-", "say docker-archive:-"},
        {"oci:", "no such file or directory"},
        {"oci:$D/nowhere:tag", "no such file or directory"},
        {"oci:-", "no such file or directory"},
        {"tar:", "no such file or directory"},
        {"tar:$D/a.tar:tag", "no such file or directory"},
        {"dir:$D/layout:tag", "holds one image"},
        {"oci:$D/a.tar", "needs a directory"},
        {"dir:$D/a.tar", "needs a directory"},
        {"oci-archive:$D/layout", "needs a file"},
        {"tar:$D/layout", "needs a file"},
        {"$D/empty", "neither an OCI layout"},
        {std::string("a\0b", 3), "NUL"},
        {"evil\x1b[31m", "evil\\x1b[31m"},
    };
    for (const Refused& row : rows) {
        CAPTURE(row.text);
        CHECK_REFUSAL(refusal_of([&] { parse_reference(in(dir, row.text)); }), ErrorKind::usage, row.part);
    }
    CHECK_REFUSAL(refusal_of([&] { parse_reference(dir / "text"); }), ErrorKind::malformed, "text");
}

TEST_CASE("what is no path and not written like one is a name in a registry") {
    const TempDir dir;
    for (const std::string& text : {std::string("docker://alpine:3.19@") + pin, "alpine:3.19@" + pin}) {
        const Reference reference = parse_reference(text);
        CHECK(name_of(reference.transport) == "docker");
        REQUIRE(reference.registry);
        CHECK(reference.registry->full_name() == "docker.io/library/alpine:3.19@" + pin);
        CHECK(reference.text == text);
        CHECK(reference.path.empty());
    }
    dir.write("there", "");
    CHECK(name_of(parse_reference(dir / "there").transport) == "tar"); // a path wins
    CHECK(!parse_reference("oci:" + dir.path()).registry);
}

TEST_CASE("a word that looks like a path and is none is not asked of a registry") {
    const TempDir dir;
    std::filesystem::create_directories(dir / "images/inner");
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(dir.path());
    const std::pair<std::string, std::string> rows[] = {
        {"nosuch.tar", "no such file or directory: nosuch.tar (.tar is the ending of a file); if an image in a "
                       "registry is meant: docker://nosuch.tar"},
        {"nosuch.tar.gz:v1", ".gz is the ending of a file"},
        {"nosuch.oci@" + pin, ".oci is the ending of a file"},
        {"some/where.tar.zst", ".zst is the ending of a file"},
        {"registry.example:5000/nosuch.tgz", "docker://registry.example:5000/nosuch.tgz"},
        {"images/app", "images is a directory here"},
        {"images/inner/app:v1", "images/inner is a directory here"},
        {"./images/app", "no such file or directory: ./images/app; a reference is"},
        {"../nosuch", "no such file or directory: ../nosuch"},
        {"~/images/app", "no such file or directory: ~/images/app"},
    };
    for (const auto& [text, part] : rows) {
        const auto& shown = text; // clang 14 captures no structured binding
        CAPTURE(shown);
        CHECK_REFUSAL(refusal_of([&] { parse_reference(shown); }), ErrorKind::usage, part);
    }
    // What is said with docker:// is meant so, and a tag or a host may end as it likes.
    for (const char* const text : {"docker://nosuch.tar", "docker://images/app", "nosuch:v1.tar", "images.tar/app",
                                   "images/app/web", "other/app"}) {
        CAPTURE(text);
        CHECK(name_of(parse_reference(text).transport) == "docker");
    }
    std::filesystem::current_path(before);
}

TEST_CASE("a bare path is what its files or members make it") {
    const TempDir dir;
    const ImageSpec spec{.layer_tars = {TarBuilder().file("a", "b").finish()}, .ref = "x:1"};
    write_oci_layout(dir / "oci", spec);
    write_skopeo_dir(dir / "dir", spec);
    write_oci_archive(dir / "oci.tar", spec);
    write_docker_archive(dir / "legacy.tar", spec, DockerForm::legacy);
    write_docker_archive(dir / "dual.tar", spec, DockerForm::dual);
    write_docker_archive(dir / "podman.tar", spec, DockerForm::podman);
    dir.write("oci.tar.gz", gzip_of(read_text_file(dir / "oci.tar")));
    dir.write("legacy.tar.zst", zstd_of(read_text_file(dir / "legacy.tar")));
    dir.write("root.tar", TarBuilder().dir("etc/").file("etc/manifest.json", "[]").finish());
    dir.write("root.tar.gz", gzip_of(TarBuilder().dir("etc/").finish()));
    std::filesystem::create_symlink(dir / "oci", dir / "link");

    const std::pair<std::string, Transport> rows[] = {
        {"oci", Transport::oci},
        {"dir", Transport::dir},
        {"oci.tar", Transport::oci_archive},
        {"legacy.tar", Transport::docker_archive},
        {"dual.tar", Transport::docker_archive},
        {"podman.tar", Transport::docker_archive},
        {"oci.tar.gz", Transport::oci_archive},
        {"legacy.tar.zst", Transport::docker_archive},
        {"root.tar", Transport::tar},
        {"root.tar.gz", Transport::tar},
        {"link", Transport::oci},
    };
    for (const auto& [path, transport] : rows) {
        const auto& shown = path; // clang 14 captures no structured binding
        CAPTURE(shown);
        CHECK(name_of(parse_reference(dir / path).transport) == name_of(transport));
    }
    const Reference tagged = parse_reference((dir / "legacy.tar") + ":x:1");
    CHECK(tagged.path == dir / "legacy.tar");
    CHECK(tagged.selector == "x:1");
    CHECK_REFUSAL(refusal_of([&] { parse_reference((dir / "root.tar") + ":x"); }), ErrorKind::usage, "holds one image");
}
