// Image archives, skopeo's directories and plain root file systems, opened in every form that is in use, and the ways
// in which one file could be two images (spec section 1.2).
#include "image/archive_index.h"
#include "image/image.h"
#include "tests/image/open_support.h"
#include "tests/support/refusal.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fcntl.h>
#include <functional>
#include <string>
#include <unistd.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

std::optional<Refusal> refusal_of_archive(const std::string& transport, const std::string& tar,
                                          const std::string& selector = "") {
    const TempDir dir;
    dir.write("x.tar", tar);
    return refusal_of([&] { open_text(transport + ":" + (dir / "x.tar") + selector); });
}

} // namespace

TEST_CASE("every form of docker archive gives the same config and layers") {
    const TempDir dir;
    ImageSpec spec = small_image("x", "app:1");
    spec.layer_tars.push_back(spec.layer_tars[1]); // legacy writers make the second one a symlink
    const BuiltImage built = build_image(spec);
    const std::pair<std::string, DockerForm> forms[] = {{"legacy", DockerForm::legacy},
                                                        {"dual", DockerForm::dual},
                                                        {"podman", DockerForm::podman},
                                                        {"kaniko", DockerForm::kaniko}};
    for (const auto& [name, form] : forms) {
        const auto& shown = name; // clang 14 captures no structured binding
        CAPTURE(shown);
        const std::string file = dir / (name + ".tar");
        write_docker_archive(file, spec, form);
        const std::vector<Image> images = open_text("docker-archive:" + file + ":app:1");
        REQUIRE(images.size() == 1);
        const Image& image = images.front();
        CHECK(image.config->string() == built.config.digest);
        CHECK(image.config_bytes == built.config.bytes);
        CHECK(image.platform == Platform{"linux", "amd64", ""});
        REQUIRE(image.layers.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(image.layers[i].diff_id->string() == built.diff_ids[i]);
            const std::string bytes = bytes_of(image.layers[i]);
            CHECK(bytes == (form == DockerForm::kaniko ? gzip_of(spec.layer_tars[i]) : spec.layer_tars[i]));
            CHECK(image.layers[i].stored_size == bytes.size());
        }
        const bool dual = form == DockerForm::dual;
        CHECK(image.manifest.has_value() == dual); // only an OCI view has a manifest
        CHECK(has_oddity(image, OddityCode::docker_archive_two_views) == dual);
        CHECK(image.layers[0].digest.has_value() == dual);
        CHECK(image.oddities.size() == (dual ? 1U : 0U));
    }
}

TEST_CASE("an archive is read through gzip and zstd around it") {
    const TempDir dir;
    const ImageSpec spec = small_image();
    const std::string tar = tar_of(docker_archive_files({spec}, DockerForm::legacy));
    dir.write("a.tar.gz", gzip_of(tar));
    dir.write("a.tar.zst", zstd_of(tar));
    for (const std::string name : {"a.tar.gz", "a.tar.zst"}) {
        CAPTURE(name);
        const Image image = open_text("docker-archive:" + (dir / name)).front();
        CHECK(image.config->string() == build_image(spec).config.digest);
        CHECK(bytes_of(image.layers[1]) == spec.layer_tars[1]);
    }
    std::string broken = gzip_of(tar);
    broken[broken.size() - 6] ^= 1; // its CRC
    dir.write("broken.tar.gz", broken);
    CHECK_REFUSAL(refusal_of([&] { open_text("docker-archive:" + (dir / "broken.tar.gz")); }), ErrorKind::malformed,
                  "broken.tar.gz");
}

TEST_CASE("standard input is spooled and then read like a file") {
    const TempDir dir;
    const ImageSpec spec = small_image();
    write_docker_archive(dir / "x.tar", spec, DockerForm::legacy);
    dir.write("x.tar.gz", gzip_of(read_text_file(dir / "x.tar")));
    dir.write("root.tar.gz", gzip_of(spec.layer_tars[1]));
    const auto from_stdin = [&](const std::string& file, const std::string& reference) {
        const int saved = ::dup(STDIN_FILENO);
        const int input = ::open((dir / file).c_str(), O_RDONLY);
        REQUIRE(::dup2(input, STDIN_FILENO) == STDIN_FILENO);
        ::close(input);
        std::vector<Image> images = open_text(reference);
        ::dup2(saved, STDIN_FILENO);
        ::close(saved);
        return images;
    };
    for (const std::string file : {"x.tar", "x.tar.gz"}) {
        CAPTURE(file);
        const Image image = from_stdin(file, "docker-archive:-").front();
        CHECK(image.config->string() == build_image(spec).config.digest);
        CHECK(bytes_of(image.layers[1]) == spec.layer_tars[1]);
        CHECK(image.reference.path == "-");
    }
    const Image root = from_stdin("root.tar.gz", "tar:-").front();
    CHECK(bytes_of(root.layers.front()) == gzip_of(spec.layer_tars[1]));
}

TEST_CASE("an image of an archive is named by tag, by number and by id") {
    const TempDir dir;
    const ImageSpec first = small_image("first", "docker.io/library/app:latest");
    const ImageSpec second = small_image("second", "app:2");
    write_docker_archive(dir / "x.tar", {first, second}, DockerForm::legacy);
    const std::string base = "docker-archive:" + (dir / "x.tar");
    const std::string id1 = build_image(first).config.digest;
    const std::string id2 = build_image(second).config.digest;
    const std::pair<std::string, std::string> rows[] = {
        {":app", id1}, {":app:latest", id1}, {":library/app", id1}, {":app:2", id2},
        {":@0", id1},  {":@1", id2},         {"@" + id2, id2},
    };
    for (const auto& [selector, id] : rows) {
        const auto& shown = selector; // clang 14 captures no structured binding
        CAPTURE(shown);
        CHECK(open_text(base + selector).front().config->string() == id);
    }
    CHECK_REFUSAL(refusal_of([&] { open_text(base); }), ErrorKind::usage, ":app:2  @1");
    CHECK_REFUSAL(refusal_of([&] { open_text(base + ":other"); }), ErrorKind::usage, "has no such image; there are:");
    CHECK_REFUSAL(refusal_of([&] { open_text(base + ":@2"); }), ErrorKind::usage, "has no such image");
    CHECK_REFUSAL(refusal_of([&] { open_text(base + "@sha256:" + std::string(64, '0')); }), ErrorKind::usage,
                  "no config has the digest");
    CHECK_REFUSAL(refusal_of([&] {
                      open_text(base + ":@1", {.platform = Platform{"linux", "m68k", ""}});
                  }),
                  ErrorKind::usage, "no image for linux/m68k");
    write_docker_archive(dir / "twice.tar", {small_image("a", "x:1"), small_image("b", "x:1")}, DockerForm::legacy);
    CHECK_REFUSAL(refusal_of([&] { open_text("docker-archive:" + (dir / "twice.tar") + ":x:1"); }), ErrorKind::usage,
                  "is there more than once");
}

TEST_CASE("all platforms of a docker archive are its images of different platforms") {
    const TempDir dir;
    ImageSpec second = small_image("b");
    second.architecture = "s390x";
    write_docker_archive(dir / "x.tar", {small_image("a"), second}, DockerForm::podman);
    const std::vector<Image> images = open_text(dir / "x.tar", {.all_platforms = true});
    REQUIRE(images.size() == 2);
    CHECK(images[0].platform->architecture == "amd64");
    CHECK(images[1].platform->architecture == "s390x");
}

TEST_CASE("a docker archive that is not whole or not plain is refused") {
    struct Row {
        std::string_view name;
        std::function<void(ContainerFiles&, const BuiltImage&)> spoil;
        ErrorKind kind;
        std::string_view part;
    };
    const auto layer = [](const BuiltImage& built, std::size_t i) { return built.diff_ids[i].substr(7) + ".tar"; };
    const Row rows[] = {
        {"no manifest.json", [](ContainerFiles& files, const BuiltImage&) { remove_file(files, "manifest.json"); },
         ErrorKind::unreadable, "there is no manifest.json"},
        {"no config",
         [](ContainerFiles& files, const BuiltImage& built) { remove_file(files, built.config.hex() + ".json"); },
         ErrorKind::unreadable, "the archive has no member"},
        {"no layer", [&](ContainerFiles& files, const BuiltImage& built) { remove_file(files, layer(built, 1)); },
         ErrorKind::unreadable, "layer 1"},
        {"a layer twice",
         [&](ContainerFiles& files, const BuiltImage& built) {
             files.push_back({layer(built, 0), "evil", ""});
         },
         ErrorKind::malformed, "is there twice"},
        {"a layer twice, spelt differently",
         [&](ContainerFiles& files, const BuiltImage& built) {
             files.push_back({"./x/../" + layer(built, 0), "evil", ""});
         },
         ErrorKind::malformed, "is there twice"},
        {"a directory in a layer's place",
         [&](ContainerFiles& files, const BuiltImage& built) {
             remove_file(files, layer(built, 0));
             files.push_back({layer(built, 0) + "/", "", ""});
         },
         ErrorKind::malformed, "neither a regular file nor a symlink"},
        {"a symlink to itself",
         [&](ContainerFiles& files, const BuiltImage& built) {
             remove_file(files, layer(built, 0));
             files.push_back({layer(built, 0), "", layer(built, 0)});
         },
         ErrorKind::malformed, "more than 40 symlinks"},
        {"a symlink out of the archive, which is a name in it and nothing else",
         [&](ContainerFiles& files, const BuiltImage& built) {
             remove_file(files, layer(built, 0));
             files.push_back({layer(built, 0), "", "../../../../etc/passwd"});
         },
         ErrorKind::unreadable, "the archive has no member"},
        {"a manifest.json with a second document behind it",
         [](ContainerFiles& files, const BuiltImage&) { content_of(files, "manifest.json") += "[]"; },
         ErrorKind::malformed, "manifest.json"},
        {"a manifest.json without images",
         [](ContainerFiles& files, const BuiltImage&) { content_of(files, "manifest.json") = "[]"; }, ErrorKind::usage,
         "no image"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const ImageSpec spec = small_image();
        ContainerFiles files = docker_archive_files({spec}, DockerForm::podman);
        row.spoil(files, build_image(spec));
        CHECK_REFUSAL(refusal_of_archive("docker-archive", tar_of(files)), row.kind, row.part);
    }
}

TEST_CASE("directories may be there twice, members may be spelt ./ and names are cleaned") {
    const TempDir dir;
    const ImageSpec spec = small_image();
    ContainerFiles files = docker_archive_files({spec}, DockerForm::legacy);
    for (ContainerFile& file : files) file.name = "./" + file.name;
    files.push_back({"dir/", "", ""});
    files.push_back({"./dir/", "", ""});
    dir.write("x.tar", tar_of(files));
    CHECK(open_text("docker-archive:" + (dir / "x.tar")).front().config->string() == build_image(spec).config.digest);
}

TEST_CASE("a config whose name is not its digest is noted, and the id is computed") {
    const TempDir dir;
    const ImageSpec spec = small_image();
    const std::string name = build_image(spec).config.hex() + ".json";
    ContainerFiles files = docker_archive_files({spec}, DockerForm::legacy);
    for (ContainerFile& file : files) {
        if (file.name == name) file.name = "other.json";
    }
    replace_all(content_of(files, "manifest.json"), name, "other.json");
    dir.write("x.tar", tar_of(files));
    const Image image = open_text(dir / "x.tar").front();
    CHECK(image.config->string() == build_image(spec).config.digest);
    CHECK(has_oddity(image, OddityCode::config_name_not_digest));
}

TEST_CASE("one archive that is two images is refused, whichever view is asked for") {
    struct Row {
        std::string_view name;
        std::function<void(ContainerFiles&, const BuiltImage&, const BuiltImage&)> spoil;
        std::string_view part;
    };
    const auto blob = [](const BuiltBlob& b) { return "blobs/sha256/" + b.hex(); };
    const Row rows[] = {
        {"another config, with its own layers",
         [&](ContainerFiles& files, const BuiltImage& good, const BuiltImage& evil) {
             std::string& manifest = content_of(files, "manifest.json");
             replace_all(manifest, good.config.hex(), evil.config.hex());
             replace_all(manifest, good.layers[1].hex(), evil.layers[1].hex());
             files.push_back({blob(evil.config), evil.config.bytes, ""});
             files.push_back({blob(evil.layers[1]), evil.layers[1].bytes, ""});
         },
         "disagree: "},
        {"the same config and another layer",
         [&](ContainerFiles& files, const BuiltImage& good, const BuiltImage& evil) {
             replace_all(content_of(files, "manifest.json"), good.layers[1].hex(), evil.layers[1].hex());
             files.push_back({blob(evil.layers[1]), evil.layers[1].bytes, ""});
         },
         "disagree: layer 1 is"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const ImageSpec spec = small_image("good", "app:1");
        ContainerFiles files = docker_archive_files({spec}, DockerForm::dual);
        row.spoil(files, build_image(spec), build_image(small_image("evil", "app:1")));
        CHECK_REFUSAL(refusal_of_archive("docker-archive", tar_of(files)), ErrorKind::malformed, row.part);
        CHECK_REFUSAL(refusal_of_archive("oci-archive", tar_of(files)), ErrorKind::malformed, row.part);
        CHECK_REFUSAL(refusal_of_archive("docker-archive", tar_of(files), ":app:1"), ErrorKind::malformed, row.part);
    }
}

TEST_CASE("two views agree when a layer lies there twice with the same bytes") {
    const TempDir dir;
    const ImageSpec spec = small_image("x", "app:1");
    const BuiltImage built = build_image(spec);
    ContainerFiles files = docker_archive_files({spec}, DockerForm::dual);
    files.push_back({"copy.tar", built.layers[1].bytes, ""});
    replace_all(content_of(files, "manifest.json"), "blobs/sha256/" + built.layers[1].hex(), "copy.tar");
    dir.write("x.tar", tar_of(files));
    const Image image = open_text("docker-archive:" + (dir / "x.tar")).front();
    CHECK(image.manifest->string() == built.manifest.digest);
    CHECK(has_oddity(image, OddityCode::docker_archive_two_views));
    CHECK(has_oddity(open_text("oci-archive:" + (dir / "x.tar")).front(), OddityCode::docker_archive_two_views));
}

TEST_CASE("several images in two views are matched by their tags") {
    const TempDir dir;
    const ImageSpec first = small_image("first", "app:1");
    const ImageSpec second = small_image("second", "app:2");
    ContainerFiles files = docker_archive_files({first, second}, DockerForm::dual);
    dir.write("x.tar", tar_of(files));
    for (const std::string transport : {"docker-archive:", "oci-archive:"}) {
        CAPTURE(transport);
        CHECK(open_text(transport + (dir / "x.tar") + ":app:2").front().manifest->string() ==
              build_image(second).manifest.digest);
    }
    // The tags exchanged in one view only: same set of images, other meaning of each name.
    std::string& index = content_of(files, "index.json");
    replace_all(index, "app:1", "app:3");
    replace_all(index, "app:2", "app:1");
    replace_all(index, "app:3", "app:2");
    dir.write("swapped.tar", tar_of(files));
    for (const std::string transport : {"docker-archive:", "oci-archive:"}) {
        CAPTURE(transport);
        CHECK_REFUSAL(refusal_of([&] { open_text(transport + (dir / "swapped.tar") + ":app:2"); }),
                      ErrorKind::malformed, "the two views of the archive disagree");
    }
}

TEST_CASE("the wrong archive transport is told the right one") {
    const std::string docker = tar_of(docker_archive_files({small_image()}, DockerForm::legacy));
    const std::string oci = tar_of(oci_layout_files({small_image()}));
    CHECK_REFUSAL(refusal_of_archive("oci-archive", docker), ErrorKind::usage, "use docker-archive:");
    CHECK_REFUSAL(refusal_of_archive("docker-archive", oci), ErrorKind::usage, "use oci-archive:");
}

TEST_CASE("a symlinked blob in an oci-archive is refused") {
    const ImageSpec spec = small_image();
    const BuiltImage built = build_image(spec);
    ContainerFiles files = oci_layout_files({spec});
    const std::string name = "blobs/sha256/" + built.layers[0].hex();
    remove_file(files, name);
    files.push_back({"real", built.layers[0].bytes, ""});
    files.push_back({name, "", "../../real"});
    CHECK_REFUSAL(refusal_of_archive("oci-archive", tar_of(files)), ErrorKind::malformed, "is not a regular file");
}

TEST_CASE("an archive that is cut short is refused") {
    const std::string tar = tar_of(oci_layout_files({small_image()}));
    const std::string cut = tar.substr(0, tar.size() / 2 / 512 * 512 - 100);
    const auto refusal = refusal_of_archive("oci-archive", cut);
    REQUIRE(refusal.has_value());
    CHECK(name_of(refusal->kind) == name_of(ErrorKind::malformed));
}

TEST_CASE("skopeo's directory: a manifest, an index, a pin") {
    const TempDir dir;
    const ImageSpec spec = small_image();
    const BuiltImage built = build_image(spec);
    write_skopeo_dir(dir / "one", spec);
    CHECK(open_text("dir:" + (dir / "one") + "@" + built.manifest.digest).front().manifest->string() ==
          built.manifest.digest);
    const std::string sha512 = "sha512:" + sha512_hex(built.manifest.bytes);
    CHECK(open_text("dir:" + (dir / "one") + "@" + sha512).front().manifest->string() == sha512);
    CHECK_REFUSAL(refusal_of([&] { open_text("dir:" + (dir / "one") + "@sha256:" + std::string(64, '0')); }),
                  ErrorKind::unverified, "expected sha256:0000");
    CHECK_REFUSAL(refusal_of([&] {
                      open_text(dir / "one", {.platform = Platform{"linux", "m68k", ""}});
                  }),
                  ErrorKind::usage, "linux/m68k");

    ImageSpec other = small_image("other");
    other.architecture = "s390x";
    const BuiltImage second = build_image(other);
    ContainerFiles files = skopeo_dir_files(spec);
    for (const ContainerFile& file : skopeo_dir_files(other)) {
        if (file.name.size() == 64 && file.name != built.layers[0].hex()) files.push_back(file);
    }
    for (const BuiltImage* image : {&built, &second})
        files.push_back({image->manifest.hex() + ".manifest.json", image->manifest.bytes, ""});
    content_of(files, "manifest.json") = fmt::format(
        R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{},{}]}})",
        built.manifest.descriptor_json(), second.manifest.descriptor_json());
    write_directory(dir / "all", files);
    CHECK(open_text(dir / "all", {.all_platforms = true}).size() == 2);
    CHECK(open_text("dir:" + (dir / "all") + "@" + second.manifest.digest).front().platform->architecture == "s390x");

    remove_file(files, "manifest.json");
    write_directory(dir / "none", files);
    CHECK_REFUSAL(refusal_of([&] { open_text("dir:" + (dir / "none")); }), ErrorKind::unreadable,
                  "there is no manifest.json");
}

TEST_CASE("a root file system is one layer without promises") {
    const TempDir dir;
    const std::string tar = TarBuilder().dir("etc/").file("etc/motd", "hi").finish();
    dir.write("root.tar", tar);
    dir.write("root.tar.gz", gzip_of(tar));
    for (const std::string name : {"root.tar", "root.tar.gz"}) {
        CAPTURE(name);
        const std::vector<Image> images = open_text("tar:" + (dir / name));
        REQUIRE(images.size() == 1);
        const Image& image = images.front();
        CHECK_FALSE(image.manifest.has_value());
        CHECK_FALSE(image.config.has_value());
        CHECK_FALSE(image.platform.has_value());
        CHECK(image.config_json.is_null());
        REQUIRE(image.layers.size() == 1);
        const LayerRef& layer = image.layers.front();
        CHECK_FALSE(layer.digest.has_value());
        CHECK_FALSE(layer.diff_id.has_value());
        CHECK(layer.media_type.empty());
        CHECK(bytes_of(layer) == read_text_file(dir / name)); // compressed as stored: nothing is spooled
    }
    CHECK_REFUSAL(refusal_of([&] {
                      open_text("tar:" + (dir / "root.tar"), {.platform = Platform{"linux", "amd64", ""}});
                  }),
                  ErrorKind::usage, "no platform to choose");
}
