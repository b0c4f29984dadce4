// BuildKit's provenance: which lines it claims for which layers, and everything for which it is not used. What is
// expected comes from moby/buildkit docs/attestations and from a real statement (see provenance_builder.h).
#include "image/provenance.h"
#include "tests/image/open_support.h"
#include "tests/support/effort.h"
#include "tests/support/provenance_builder.h"
#include "tests/support/refusal.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <functional>
#include <random>

using namespace touchstone;
using namespace touchstone::test;

namespace {

const std::string manifest = "sha256:" + std::string(64, 'a');
const std::string base_digest = "sha256:" + std::string(64, 'b');
const std::string base_name = "docker.io/library/alpine:3.17";

std::string layer(char digit) {
    return "sha256:" + std::string(64, digit);
}

const std::vector<std::string> image_layers{layer('0'), layer('1'), layer('2'), layer('3')};

/// The lowest `count` layers.
std::vector<std::string> bottom(std::size_t count) {
    return {image_layers.begin(), image_layers.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// A base of two layers, and two instructions above it.
ProvenanceSpec ordinary(ProvenanceForm form = ProvenanceForm::v0_2) {
    return {.form = form,
            .manifest = manifest,
            .dockerfile = "# syntax=docker/dockerfile:1\nFROM alpine:3.17\n\nRUN apk add \\\n    curl\nCOPY a /a\n",
            .steps = {{.image = base_name + "@" + base_digest, .first = 2, .layers = bottom(2)},
                      {.first = 4, .last = 5, .layers = bottom(3)},
                      {.first = 6, .layers = bottom(4)}}};
}

Provenance read(const ProvenanceSpec& spec) {
    return read_provenance(make_statement(spec), predicate_type(spec.form), manifest, image_layers);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

std::optional<Refusal> refused(const std::string& statement) {
    return refusal_of(
        [&] { read_provenance(statement, predicate_type(ProvenanceForm::v0_2), manifest, image_layers); });
}

std::string line_of(const Provenance& provenance, std::size_t index) {
    if (index >= provenance.layers.size() || !provenance.layers[index]) return "none";
    const SourceLines& lines = *provenance.layers[index];
    return lines.file + ":" + std::to_string(lines.first) + "-" + std::to_string(lines.last) +
           (lines.base ? " base" : "") + " " + lines.text;
}

} // namespace

TEST_CASE("each layer gets the lines of the step whose chain ends with it, in both versions of the predicate") {
    for (const ProvenanceForm form : {ProvenanceForm::v0_2, ProvenanceForm::v1}) {
        const Provenance found = read(ordinary(form));
        CHECK(found.unused.empty());
        CHECK(line_of(found, 0) == "Dockerfile:2-2 base FROM alpine:3.17");
        CHECK(line_of(found, 1) == "Dockerfile:2-2 base FROM alpine:3.17");
        CHECK(line_of(found, 2) == "Dockerfile:4-5 RUN apk add \\\n    curl");
        CHECK(line_of(found, 3) == "Dockerfile:6-6 COPY a /a");
        REQUIRE(found.base.has_value());
        CHECK(found.base->name == base_name);
        CHECK(found.base->digest == base_digest);
        CHECK(found.base->layers == 2);
    }
}

TEST_CASE("of several steps with one chain the earliest made it") {
    ProvenanceSpec spec = ordinary();
    spec.steps.push_back({.first = 1, .layers = bottom(4)});
    CHECK(line_of(read(spec), 3) == "Dockerfile:6-6 COPY a /a");
}

TEST_CASE("the base is the longest chain that was fetched: a base of the base is no layer's maker") {
    ProvenanceSpec spec = ordinary();
    spec.steps.insert(spec.steps.begin(),
                      {.image = "docker.io/library/other@" + base_digest, .first = 1, .layers = bottom(1)});
    const Provenance found = read(spec);
    CHECK(found.base->name == base_name);
    CHECK(line_of(found, 0) == "Dockerfile:2-2 base FROM alpine:3.17");
}

TEST_CASE("a chain of another stage says nothing about this image") {
    ProvenanceSpec spec = ordinary();
    spec.steps[1].layers = {layer('0'), layer('1'), layer('9')};
    CHECK(line_of(read(spec), 2) == "none");
    spec.steps[1].layers = {layer('2')};
    CHECK(line_of(read(spec), 2) == "none");
}

TEST_CASE("steps without a location, images without a digest and files without text leave their places empty") {
    ProvenanceSpec spec = ordinary();
    spec.steps[1].first = 0;
    CHECK(line_of(read(spec), 2) == "none");
    spec.steps[0].image = base_name;
    CHECK_FALSE(read(spec).base.has_value());
    spec.dockerfile.clear();
    CHECK(line_of(read(spec), 3) == "Dockerfile:6-6 ");
}

TEST_CASE("text is bounded") {
    ProvenanceSpec spec = ordinary();
    spec.dockerfile = "FROM a\nRUN " + std::string(5000, 'x') + "\n";
    spec.steps = {{.first = 2, .layers = bottom(1)}};
    CHECK(read(spec).layers[0]->text.size() == source_text_limit);
    spec.dockerfile = std::string(source_file_limit + 100, 'x');
    CHECK_REFUSAL(refused(make_statement(spec)), ErrorKind::over_limit, "more than");
}

TEST_CASE("provenance that is not of this image, or says too little, is not used") {
    ProvenanceSpec spec = ordinary();
    for (ProvenanceStep& step : spec.steps) step.layers = {layer('9')};
    CHECK(read(spec).unused.find("not those of this image") != std::string::npos);
    const std::string min =
        replaced(make_statement(ordinary()), "https://mobyproject.org/buildkit@v1#metadata", "nothing of interest");
    CHECK(read_provenance(min, predicate_type(ProvenanceForm::v0_2), manifest, image_layers).unused.find("mode=max") !=
          std::string::npos);
}

TEST_CASE("the images that went into a build are read in both versions, whatever the mode; the rest is none") {
    const std::string hex_a(64, 'a');
    for (const ProvenanceForm form : {ProvenanceForm::v0_2, ProvenanceForm::v1}) {
        ProvenanceSpec spec = ordinary(form);
        CHECK(read(spec).images.empty());
        spec.materials = R"([{"uri":"pkg:docker/alpine@3.17?platform=linux%2Famd64","digest":{"sha256":")" + hex_a +
                         R"("}},{"uri":"https://example.org/a.tar","digest":{"sha256":")" + hex_a +
                         R"("}},{"uri":"pkg:docker/nameless@1","digest":{"sha1":"00"}},{"uri":"pkg:docker/bare@1"},)"
                         R"({"uri":"pkg:oci/local?digest=x","digest":{"sha256":")" +
                         hex_a + R"("}},{"digest":null}])";
        for (const bool max : {true, false}) {
            std::string statement = make_statement(spec);
            const char* const metadata =
                form == ProvenanceForm::v0_2 ? "https://mobyproject.org/buildkit@v1#metadata" : "buildkit_metadata";
            if (!max) statement = replaced(statement, metadata, "nothing");
            const std::vector<UsedImage> images =
                read_provenance(statement, predicate_type(form), manifest, image_layers).images;
            REQUIRE(images.size() == 2);
            CHECK(images[0].uri == "pkg:docker/alpine@3.17?platform=linux%2Famd64");
            CHECK(images[0].digest == "sha256:" + hex_a);
            CHECK(images[1].uri == "pkg:oci/local?digest=x");
        }
    }
    ProvenanceSpec spec = ordinary();
    for (const char* materials :
         {R"({"uri":1})", R"([7])", R"([{"uri":7}])", R"([{"uri":"pkg:docker/a","digest":{"sha256":"00"}}])",
          R"([{"uri":"pkg:docker/a","digest":"00"}])"}) {
        spec.materials = materials;
        CHECK_REFUSAL(refused(make_statement(spec)), ErrorKind::malformed, "");
    }
}

TEST_CASE("what is wrong in a statement is refused by name") {
    struct Row {
        const char* from;
        const char* to;
        const char* message;
    };
    const std::string hex(64, 'a');
    const std::string good = make_statement(ordinary());
    for (const Row& row :
         {Row{"https://in-toto.io/Statement/v0.1", "https://example.org", "not an in-toto statement"},
          Row{"\"predicateType\":\"https://slsa.dev/provenance/v0.2\"",
              "\"predicateType\":\"https://slsa.dev/provenance/v1\"", "its layer promised"},
          Row{hex.c_str(), "00", "its subject is not"}, Row{"\"step1:0\":", "\"step1\":", "no output of a step"},
          Row{"\"step1:0\":[", "\"stepx:0\":[", "no build step"}, Row{"\"line\":4", "\"line\":7", "the lines 7 to 5"},
          Row{"\"line\":4", "\"line\":0", "the lines 0 to 5"}, Row{"\"line\":4", "\"line\":-1", "`line` is -1"},
          Row{"\"line\":4", "\"line\":4.5", "`line`"},
          Row{"\"end\":{\"line\":6}", "\"end\":{\"line\":7}", "line 7 of Dockerfile, which has 6"},
          Row{"\"filename\":\"Dockerfile\"", "\"filename\":\"\"", "no filename"},
          Row{"\"filename\"", "\"filename\":\"x\",\"filename\"", "filename"},
          Row{"\"data\":\"", "\"data\":\"!", "Dockerfile"},
          Row{"\"infos\":[{", "\"infos\":[],\"more\":[{", "there is no source 0"},
          Row{"\"locations\":{", "\"locations\":7,\"more\":{", "expected"},
          Row{"\"ranges\":[{", "\"ranges\":[],\"more\":[{", "a location without lines"},
          Row{"{\"_type\"", "[{\"_type\"", ""}}) {
        CAPTURE(row.from);
        CHECK_REFUSAL(refused(replaced(good, row.from, row.to)), ErrorKind::malformed, row.message);
    }
    CHECK_REFUSAL(refused(std::string(std::size_t{9} << 20, ' ')), ErrorKind::over_limit, "");
}

TEST_CASE("a damaged statement is refused or read within the bounds, and nothing else happens") {
    std::mt19937 random(20261121); // NOLINT: the same bytes in every run
    for (std::size_t round = 0; round < rounds(3000); ++round) {
        ProvenanceSpec spec = ordinary(round % 2 == 0 ? ProvenanceForm::v0_2 : ProvenanceForm::v1);
        spec.materials = R"([{"uri":"pkg:docker/a@1","digest":{"sha256":")" + std::string(64, 'b') + R"("}}])";
        std::string bytes = make_statement(spec);
        for (unsigned i = 0; i <= random() % 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
        if (random() % 8 == 0) bytes.resize(random() % bytes.size());
        try {
            const Provenance found =
                read_provenance(bytes, predicate_type(round % 2 == 0 ? ProvenanceForm::v0_2 : ProvenanceForm::v1),
                                manifest, image_layers);
            CHECK((found.layers.empty() || found.layers.size() == image_layers.size()));
            for (const UsedImage& image : found.images) CHECK(image.digest.size() == base_digest.size());
            for (const auto& lines : found.layers) CHECK((!lines || (lines->first > 0 && lines->first <= lines->last)));
        } catch (const Error&) { // refused: as it should be
        }
    }
}

namespace {

/// A layout with provenance, opened.
Image opened(const std::function<void(ContainerFiles&, const BuiltImage&)>& spoil = {}, bool wanted = true) {
    const TempDir dir;
    const ImageSpec spec = small_image();
    const LayoutOptions options{
        .nested = true,
        .attestations = true,
        .statement =
            [](const BuiltImage& image) {
                return make_statement(
                    {.manifest = image.manifest.digest,
                     .dockerfile = "FROM scratch\nADD rootfs.tar /\nRUN echo mark\n",
                     .steps = {{.first = 2, .layers = {image.layers[0].digest}},
                               {.first = 3, .layers = {image.layers[0].digest, image.layers[1].digest}}}});
            },
        .predicate = predicate_type(ProvenanceForm::v0_2)};
    ContainerFiles files = oci_layout_files({spec}, options);
    if (spoil) spoil(files, build_image(spec));
    write_directory(dir / "layout", files);
    return open_text("oci:" + (dir / "layout"), {.provenance = wanted}).front();
}

/// The file of the layout that holds `words`.
ContainerFile& file_with(ContainerFiles& files, const std::string& words) {
    for (ContainerFile& file : files) {
        if (file.content.find(words) != std::string::npos) return file;
    }
    throw std::runtime_error("no file holds " + words);
}

} // namespace

TEST_CASE("an image's provenance is read from the attestation beside it, when it is asked for") {
    const Image image = opened();
    REQUIRE(image.provenance.has_value());
    CHECK(image.provenance->unused == "");
    CHECK(line_of(*image.provenance, 0) == "Dockerfile:2-2 ADD rootfs.tar /");
    CHECK(line_of(*image.provenance, 1) == "Dockerfile:3-3 RUN echo mark");
    CHECK_FALSE(opened({}, false).provenance.has_value());
}

TEST_CASE("provenance that is missing, damaged or doubled is not used, and the image opens") {
    const auto unused = [](const std::function<void(ContainerFiles&, const BuiltImage&)>& spoil) {
        const Image image = opened(spoil);
        REQUIRE(image.provenance.has_value());
        CHECK(image.provenance->layers.empty());
        return image.provenance->unused;
    };
    CHECK(unused([](ContainerFiles& files, const BuiltImage&) {
              file_with(files, "llbDefinition").content.back() = ' ';
          }).find("expected sha256:") != std::string::npos);
    CHECK(unused([](ContainerFiles& files, const BuiltImage&) {
              remove_file(files, std::string(file_with(files, "llbDefinition").name));
          }).find("statement sha256:") != std::string::npos);
    CHECK(unused([](ContainerFiles& files, const BuiltImage&) {
              remove_file(files, std::string(file_with(files, "in-toto.io/predicate-type").name));
          }).find("manifest sha256:") != std::string::npos);
}
