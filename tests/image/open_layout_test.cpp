// OCI layouts, opened: what is taken, what is verified, what is refused (spec sections 1.1, 1.3 and 3.3).
#include "image/image.h"
#include "tests/image/open_spoilt.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <sys/stat.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::string ref_annotation(const std::string& name) {
    return fmt::format(R"("annotations":{{"org.opencontainers.image.ref.name":"{}"}})", name);
}

} // namespace

TEST_CASE("an OCI layout opens to its manifest, config and layers") {
    const TempDir dir;
    ImageSpec spec = small_image("x", "v1");
    spec.compression = {LayerCompression::gzip, LayerCompression::zstd};
    const BuiltImage built = build_image(spec);
    write_oci_layout(dir / "layout", spec);

    const std::vector<Image> images = open_text("oci:" + (dir / "layout"));
    REQUIRE(images.size() == 1);
    const Image& image = images.front();
    CHECK(image.manifest->string() == built.manifest.digest);
    CHECK(image.manifest_size == built.manifest.bytes.size());
    CHECK(image.media_type == built.manifest.media_type);
    CHECK(image.config->string() == built.config.digest);
    CHECK(image.config_bytes == built.config.bytes);
    CHECK(image.platform == Platform{"linux", "amd64", ""});
    CHECK_FALSE(image.is_artifact);
    CHECK(image.oddities.empty());
    CHECK(image.companions.empty());
    REQUIRE(image.layers.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(image.layers[i].digest->string() == built.layers[i].digest);
        CHECK(image.layers[i].size == built.layers[i].bytes.size());
        CHECK(image.layers[i].stored_size == built.layers[i].bytes.size());
        CHECK(image.layers[i].diff_id->string() == built.diff_ids[i]);
        CHECK(image.layers[i].media_type == built.layers[i].media_type);
        CHECK(image.layers[i].history == i);
        CHECK(bytes_of(image.layers[i]) == built.layers[i].bytes);
        CHECK(bytes_of(image.layers[i]) == built.layers[i].bytes); // it may be opened again
    }
    CHECK(image.layers[0].name == "layer 0 (" + built.layers[0].digest + ")");
    CHECK(image.history[1].created_by == "RUN echo x");
}

TEST_CASE("the same image opens from directory, archive, compressed archive, and skopeo's directory") {
    const TempDir dir;
    const ImageSpec spec = small_image();
    const BuiltImage built = build_image(spec);
    write_oci_layout(dir / "oci", spec);
    write_oci_archive(dir / "oci.tar", spec);
    dir.write("oci.tar.gz", gzip_of(read_text_file(dir / "oci.tar")));
    dir.write("oci.tar.zst", zstd_of(read_text_file(dir / "oci.tar")));
    write_skopeo_dir(dir / "dir", spec);
    for (const std::string name : {"oci", "oci.tar", "oci.tar.gz", "oci.tar.zst", "dir"}) {
        CAPTURE(name);
        const std::vector<Image> images = open_text(dir / name);
        REQUIRE(images.size() == 1);
        CHECK(images[0].manifest->string() == built.manifest.digest);
        CHECK(images[0].config->string() == built.config.digest);
        REQUIRE(images[0].layers.size() == 2);
        CHECK(bytes_of(images[0].layers[1]) == built.layers[1].bytes);
        CHECK(images[0].oddities.empty());
    }
}

TEST_CASE("history lines go to the layers that they claim, and a wrong count is noted") {
    const TempDir dir;
    ImageSpec spec = small_image();
    spec.config_patch =
        R"({"history":[{"created_by":"a"},{"created_by":"ENV","empty_layer":true},{"created_by":"b"}]})";
    write_oci_layout(dir / "mapped", spec);
    const Image mapped = open_text(dir / "mapped").front();
    CHECK(mapped.layers[0].history == 0U);
    CHECK(mapped.layers[1].history == 2U);
    CHECK(mapped.history[1].empty_layer);

    spec.config_patch = R"({"history":[{"created_by":"a"}]})";
    write_oci_layout(dir / "short", spec);
    const Image shorter = open_text(dir / "short").front();
    CHECK(has_oddity(shorter, OddityCode::history_count));
    CHECK_FALSE(shorter.layers[0].history.has_value());

    spec.config_patch = R"({"history":null})";
    write_oci_layout(dir / "none", spec);
    CHECK(open_text(dir / "none").front().oddities.empty());
}

TEST_CASE("a platform is the host's, the one that was asked for, or the only one") {
    const TempDir dir;
    ImageSpec first = small_image("first");
    ImageSpec second = small_image("second");
    const Platform host = host_platform();
    first.os = "plan9";
    first.architecture = "vax";
    second.architecture = host.architecture;
    for (const bool nested : {false, true}) {
        CAPTURE(nested);
        const std::string layout = dir / (nested ? "nested" : "flat");
        write_oci_layout(layout, {first, second}, {.nested = nested, .attestations = true});
        CHECK(open_text(layout).front().manifest->string() == build_image(second).manifest.digest);
        const OpenOptions vax{.platform = Platform{"plan9", "vax", ""}};
        const std::vector<Image> chosen = open_text(layout, vax);
        REQUIRE(chosen.size() == 1);
        CHECK(chosen[0].manifest->string() == build_image(first).manifest.digest);
        // Attestations are listed with the image that they speak about, and are no platforms.
        REQUIRE(chosen[0].companions.size() == 1);
        CHECK(chosen[0].companions[0].kind == "attestation-manifest");
        CHECK(chosen[0].companions[0].describes == build_image(first).manifest.digest);

        const std::vector<Image> all = open_text(layout, {.all_platforms = true});
        REQUIRE(all.size() == 2);
        for (const Image& image : all) {
            REQUIRE(image.companions.size() == 1);
            CHECK(image.companions[0].describes == image.manifest->string());
        }
        CHECK(all[0].platform->os == "linux");
        CHECK(all[1].platform->os == "plan9");
        CHECK_REFUSAL(refusal_of([&] {
                          open_text(layout, {.platform = Platform{"linux", "m68k", ""}});
                      }),
                      ErrorKind::usage, "no image for linux/m68k");
    }
    write_oci_layout(dir / "only", {first});
    CHECK(open_text(dir / "only").front().platform->architecture == "vax");
}

TEST_CASE("a platform that only the config knows is found there, and a lie is noted") {
    const TempDir dir;
    ImageSpec first = small_image("first", "a");
    ImageSpec second = small_image("second", "b");
    first.architecture = "s390x";
    second.architecture = "riscv64";
    ContainerFiles files = oci_layout_files({first, second});
    content_of(files, "index.json") =
        index_json(entry(build_image(first).manifest) + "," + entry(build_image(second).manifest));
    write_directory(dir / "layout", files);
    CHECK(open_text(dir / "layout", {.platform = Platform{"linux", "riscv64", ""}}).front().manifest->string() ==
          build_image(second).manifest.digest);

    content_of(files, "index.json") =
        index_json(entry(build_image(first).manifest, R"("platform":{"os":"linux","architecture":"arm64"})"));
    write_directory(dir / "liar", files);
    const Image image = open_text(dir / "liar").front();
    CHECK(has_oddity(image, OddityCode::platform_mismatch));
    CHECK(image.platform->architecture == "s390x");
}

TEST_CASE("images are named by ref, by containerd's name and by digest") {
    const TempDir dir;
    const ImageSpec first = small_image("first", "v1");
    const ImageSpec second = small_image("second", "v2");
    const std::string digest1 = build_image(first).manifest.digest;
    const std::string digest2 = build_image(second).manifest.digest;
    ContainerFiles files = oci_layout_files({first, second});
    content_of(files, "index.json") = index_json(
        entry(build_image(first).manifest, ref_annotation("v1")) + "," +
        entry(build_image(second).manifest, R"("annotations":{"io.containerd.image.name":"docker.io/library/app:v2",)"
                                            R"("org.opencontainers.image.ref.name":"v2"})"));
    write_directory(dir / "layout", files);
    const std::string base = "oci:" + (dir / "layout");
    CHECK(open_text(base + ":v1").front().manifest->string() == digest1);
    CHECK(open_text(base + ":v2").front().manifest->string() == digest2);
    CHECK(open_text(base + ":app:v2").front().manifest->string() == digest2);
    CHECK(open_text(base + "@" + digest2).front().manifest->string() == digest2);
    CHECK(open_text(base + ":v1@" + digest1).front().manifest->string() == digest1);
    const std::string both = ":v1  @" + digest1;
    CHECK_REFUSAL(refusal_of([&] { open_text(base); }), ErrorKind::usage, both);
    CHECK_REFUSAL(refusal_of([&] { open_text(base + ":v3"); }), ErrorKind::usage,
                  "no image is called `v3`; there are:");
    CHECK_REFUSAL(refusal_of([&] { open_text(base + ":v1@" + digest2); }), ErrorKind::usage, "nothing with the digest");
    CHECK_REFUSAL(refusal_of([&] { open_text(base + "@sha256:" + std::string(64, '0')); }), ErrorKind::usage, both);
    CHECK_REFUSAL(refusal_of([&] { open_text(base + ":@0"); }), ErrorKind::usage, "docker-archive");
}

TEST_CASE("a platform's manifest inside a nested index is named by its digest") {
    const TempDir dir;
    ImageSpec first = small_image("first");
    ImageSpec second = small_image("second");
    second.architecture = "s390x";
    write_oci_layout(dir / "layout", {first, second}, {.nested = true, .attestations = true});
    const std::string digest = build_image(second).manifest.digest;
    const std::vector<Image> images = open_text("oci:" + (dir / "layout") + "@" + digest);
    REQUIRE(images.size() == 1);
    CHECK(images[0].manifest->string() == digest);
}

TEST_CASE("a name that is there twice is refused, two names of one image are not") {
    const ImageSpec spec = small_image("x", "v1");
    CHECK_REFUSAL(spoilt(
                      spec,
                      [](ContainerFiles& files, const BuiltImage& built) {
                          const BuiltBlob other = make_blob(built.manifest.bytes + " ", built.manifest.media_type);
                          add_blob(files, other);
                          content_of(files, "index.json") = index_json(entry(built.manifest, ref_annotation("v1")) +
                                                                       "," + entry(other, ref_annotation("v1")));
                      },
                      ":v1"),
                  ErrorKind::usage, "is there more than once");
    CHECK_FALSE(spoilt(spec, [](ContainerFiles& files, const BuiltImage& built) {
                    content_of(files, "index.json") = index_json(entry(built.manifest, ref_annotation("v1")) + "," +
                                                                 entry(built.manifest, ref_annotation("v2")));
                }).has_value());
}

TEST_CASE("whatever is not what was promised ends in an error that names it") {
    struct Row {
        std::string_view name;
        std::function<void(ContainerFiles&, const BuiltImage&)> spoil;
        ErrorKind kind;
        std::string_view part;
    };
    const Row rows[] = {
        {"a manifest with one byte changed",
         [](ContainerFiles& files, const BuiltImage& built) { content_of(files, blob_path(built.manifest))[1] ^= 1; },
         ErrorKind::unverified, "manifest sha256:"},
        {"a manifest one byte longer",
         [](ContainerFiles& files, const BuiltImage& built) { content_of(files, blob_path(built.manifest)) += " "; },
         ErrorKind::unverified, "has the wrong size: expected"},
        {"a config with one byte changed",
         [](ContainerFiles& files, const BuiltImage& built) { content_of(files, blob_path(built.config))[1] ^= 1; },
         ErrorKind::unverified, "config sha256:"},
        {"a layer one byte shorter",
         [](ContainerFiles& files, const BuiltImage& built) {
             content_of(files, blob_path(built.layers[1])).pop_back();
         },
         ErrorKind::unverified, "layer 1 (sha256:"},
        {"no manifest",
         [](ContainerFiles& files, const BuiltImage& built) { remove_file(files, blob_path(built.manifest)); },
         ErrorKind::unreadable, "is missing: expected it at"},
        {"no config",
         [](ContainerFiles& files, const BuiltImage& built) { remove_file(files, blob_path(built.config)); },
         ErrorKind::unreadable, "blobs/sha256/"},
        {"no layer",
         [](ContainerFiles& files, const BuiltImage& built) { remove_file(files, blob_path(built.layers[0])); },
         ErrorKind::unreadable, "layer 0 (sha256:"},
        {"no index", [](ContainerFiles& files, const BuiltImage&) { remove_file(files, "index.json"); },
         ErrorKind::unreadable, "there is no index.json"},
        {"an index without images",
         [](ContainerFiles& files, const BuiltImage&) { content_of(files, "index.json") = index_json(""); },
         ErrorKind::usage, "no image"},
        {"another layout version",
         [](ContainerFiles& files, const BuiltImage&) {
             content_of(files, "oci-layout") = R"({"imageLayoutVersion":"2.0.0"})";
         },
         ErrorKind::unsupported, "expected imageLayoutVersion 1.0.0, found 2.0.0"},
        {"a layout file with a key in another case",
         [](ContainerFiles& files, const BuiltImage&) {
             content_of(files, "oci-layout") = R"({"imagelayoutversion":"1.0.0"})";
         },
         ErrorKind::malformed, "case variant"},
        {"an index.json that is a manifest",
         [](ContainerFiles& files, const BuiltImage& built) { content_of(files, "index.json") = built.manifest.bytes; },
         ErrorKind::malformed, "expected an index"},
        {"an index.json over 4 MiB",
         [](ContainerFiles& files, const BuiltImage&) { content_of(files, "index.json").append(5 << 20, ' '); },
         ErrorKind::over_limit, "index.json"},
        {"a config over 8 MiB",
         [](ContainerFiles& files, const BuiltImage& built) {
             const BuiltBlob config =
                 make_blob(built.config.bytes + std::string(9 << 20, ' '), built.config.media_type);
             add_blob(files, config);
             const BuiltBlob manifest =
                 make_blob(fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[]}})", config.descriptor_json()),
                           built.manifest.media_type);
             add_blob(files, manifest);
             content_of(files, "index.json") = index_json(entry(manifest));
         },
         ErrorKind::over_limit, "the limit is 8388608"},
        {"a schema 1 manifest",
         [](ContainerFiles& files, const BuiltImage&) {
             content_of(files, "index.json") =
                 index_json(entry(make_blob("{}", "application/vnd.docker.distribution.manifest.v1+prettyjws")));
         },
         ErrorKind::unsupported, "schema 1"},
        {"a descriptor whose type the manifest denies",
         [](ContainerFiles& files, const BuiltImage& built) {
             BuiltBlob docker = built.manifest;
             docker.media_type = "application/vnd.docker.distribution.manifest.v2+json";
             content_of(files, "index.json") = index_json(entry(docker));
         },
         ErrorKind::malformed, "but its descriptor says application/vnd.docker"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK_REFUSAL(spoilt(small_image(), row.spoil), row.kind, row.part);
    }
}

TEST_CASE("the config must have one diffID for each layer") {
    ImageSpec spec = small_image();
    spec.config_patch = R"({"rootfs":{"diff_ids":[]}})";
    CHECK_REFUSAL(spoilt(spec, [](ContainerFiles&, const BuiltImage&) {}), ErrorKind::malformed,
                  "rootfs.diff_ids has 0 entries, the image has 2 layers");
}

TEST_CASE("a layout without its oci-layout file is opened and noted") {
    const TempDir dir;
    ContainerFiles files = oci_layout_files({small_image()});
    remove_file(files, "oci-layout");
    write_directory(dir / "layout", files);
    const Image image = open_text(dir / "layout").front();
    CHECK(has_oddity(image, OddityCode::missing_layout_file));
}

TEST_CASE("a blob that is no regular file is refused at once: symlink, FIFO, directory") {
    const ImageSpec spec = small_image();
    const BuiltImage built = build_image(spec);
    const TempDir dir;
    dir.write("outside", built.layers[0].bytes);
    const std::function<void(const std::string&)> makers[] = {
        [&](const std::string& path) { std::filesystem::create_symlink(dir / "outside", path); },
        [](const std::string& path) { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); },
        [](const std::string& path) { std::filesystem::create_directory(path); },
    };
    int number = 0;
    for (const auto& make : makers) {
        CAPTURE(number);
        const std::string layout = dir / ("layout" + std::to_string(number++));
        write_oci_layout(layout, spec);
        const std::string blob = layout + "/" + blob_path(built.layers[0]);
        std::filesystem::remove(blob);
        make(blob);
        CHECK_REFUSAL(refusal_of([&] { open_text("oci:" + layout); }), ErrorKind::unreadable, built.layers[0].hex());
    }
    const std::string layout = dir / "linked";
    write_oci_layout(layout, spec);
    std::filesystem::rename(layout + "/index.json", dir / "elsewhere.json");
    std::filesystem::create_symlink(dir / "elsewhere.json", layout + "/index.json");
    CHECK_REFUSAL(refusal_of([&] { open_text("oci:" + layout); }), ErrorKind::unreadable, "index.json");
}

TEST_CASE("sha512 blobs are found and verified") {
    const TempDir dir;
    const BuiltImage built = build_image(small_image());
    const std::string hex = sha512_hex(built.manifest.bytes);
    const auto layout = [&](const std::string& digest) {
        ContainerFiles files = oci_layout_files({small_image()});
        files.push_back({"blobs/sha512/" + digest, built.manifest.bytes, ""});
        BuiltBlob manifest = built.manifest;
        manifest.digest = "sha512:" + digest;
        content_of(files, "index.json") = index_json(entry(manifest));
        return files;
    };
    write_directory(dir / "good", layout(hex));
    CHECK(open_text(dir / "good").front().manifest->string() == "sha512:" + hex);
    write_directory(dir / "bad", layout(std::string(128, '0')));
    CHECK_REFUSAL(refusal_of([&] { open_text(dir / "bad"); }), ErrorKind::unverified, hex);
}
