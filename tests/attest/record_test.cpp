// Records: what is written can be read; and the verdicts on records that differ in one thing each.
#include "attest/record.h"
#include "attest/record_match.h"
#include "tests/attest/support.h"

#include <doctest/doctest.h>

#include <array>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::string sha256_of(std::string_view text) {
    return digest_of(as_bytes(text)).string();
}

/// Two layers and a configuration, all values made up but in order.
Record sample() {
    Record record;
    record.version = "0.1.0";
    record.time = "2024-05-06T07:08:09Z";
    record.reference = "oci:caf\xe9";
    record.platform = "linux/amd64";
    record.manifest = sha_a();
    record.manifest_size = 500;
    record.media_type = "application/vnd.oci.image.manifest.v1+json";
    record.config_document = R"({"architecture":"amd64","config":{"User":"root"}})";
    record.config = sha256_of(record.config_document);
    for (const std::string& digest : {sha_b(), sha_c()}) {
        RecordedLayer layer;
        layer.digest = digest;
        layer.diff_id = layer.chain_id = digest;
        layer.canonical = "clf1:" + digest;
        layer.compression = "gzip";
        record.layers.push_back(layer);
    }
    record.tree = "crf1:" + sha_a();
    record.image = sha_b();
    record.ambiguous = {};
    record.history = {{.created = "", .created_by = "COPY \x80", .author = "", .comment = "", .empty_layer = true}};
    record.base_name = "docker.io/library/debian:12";
    record.listing = ListingName{.digest = sha_c(), .size = 7, .entries = 1};
    return record;
}

struct Row {
    const char* name;
    void (*change)(Record&);
    Verdict verdict;
};

Verdict verdict_of(void (*change)(Record&)) {
    DescribedImage image;
    image.record = sample();
    change(image.record);
    ChosenRecord chosen;
    chosen.record = sample();
    return recognize(std::move(chosen), image).verdict;
}

void other_manifest(Record& record) {
    record.manifest = sha_b();
}

void other_stream(Record& record) {
    other_manifest(record);
    record.layers[1].diff_id = sha_a();
}

void set_config(Record& record, std::string document) {
    record.config_document = std::move(document);
    record.config = sha256_of(record.config_document);
}

} // namespace

TEST_CASE("a record is read as it was written, on many lines or one") {
    for (const auto layout : {JsonWriter::Layout::lines, JsonWriter::Layout::line}) {
        const std::string text = record_json(sample(), layout);
        const Record back = parse_record(text, "it");
        CHECK(record_json(back, layout) == text);
        CHECK(back.reference == sample().reference);
        CHECK(back.history[0].created_by == "COPY \x80");
    }
    const std::string line = record_json(sample(), JsonWriter::Layout::line);
    CHECK(line.find('\n') == line.size() - 1);
}

TEST_CASE("records that break a rule are refused by name") {
    const std::string text = record_json(sample(), JsonWriter::Layout::line);
    const std::vector<std::array<std::string, 3>> rows{
        {"touchstone.record/1", "touchstone.record/2", "schema"},
        {"\"time\": \"2024", "\"time\": \"24", "time"},
        {"\"files\": 0", "\"files\": -1", "negative"},
        {"\"files\": 0", "\"files\": 1.5", "files"},
        {"clf1:sha256", "clf2:sha256", "canonical"},
        {"\"User\\\":\\\"root", "\\\"User\\\":\\\"toor", "it"},
        {"caf\\\\xe9", "cafe", "base64"},
        {"\"layers\": [", "\"layers\": 1, \"x\": [", "layers"},
        {"\"claims\"", "\"claim\"", "claims"},
        {"\"manifest\": \"sha256:", "\"manifest\": \"md5:", "manifest"},
    };
    for (const auto& [from, to, part] : rows) {
        std::string changed = text;
        REQUIRE(changed.find(from) != std::string::npos);
        changed.replace(changed.find(from), from.size(), to);
        const std::string refusal = refusal_of([&] { parse_record(changed, "it"); });
        const std::string said = std::string(to) + ": " + refusal; // clang 14 lets no lambda have a structured binding
        const bool as_expected = has(refusal, part);
        CHECK_MESSAGE(as_expected, said);
    }
    for (std::size_t length = 0; length + 2 < text.size(); length += 13) {
        CHECK(refusal_of([&] { parse_record(text.substr(0, length), "it"); }) != "no error");
    }
}

TEST_CASE("each difference has its rung") {
    const std::vector<Row> rows{
        {"the same", [](Record&) {}, Verdict::identical},
        {"another manifest", other_manifest, Verdict::equivalent},
        {"no manifest", [](Record& r) { r.manifest.reset(); }, Verdict::equivalent},
        {"another stream of the same content", other_stream, Verdict::equivalent},
        {"other layers, the same tree",
         [](Record& r) {
             other_stream(r);
             r.layers[1].canonical = "clf1:" + sha_a();
         },
         Verdict::same_files},
        {"fewer layers, the same tree",
         [](Record& r) {
             other_manifest(r);
             r.layers.pop_back();
         },
         Verdict::same_files},
        {"another tree",
         [](Record& r) {
             other_stream(r);
             r.layers[1].canonical = "clf1:" + sha_a();
             r.tree = "crf1:" + sha_b();
             r.ambiguous = {};
         },
         Verdict::divergent},
        {"what readers take differently, in other bytes",
         [](Record& r) {
             other_stream(r);
             r.ambiguous = {"pax-size-differs"};
         },
         Verdict::divergent},
        {"what readers take differently, in the same bytes",
         [](Record& r) {
             other_manifest(r);
             r.ambiguous = {"pax-size-differs"};
         },
         Verdict::equivalent},
        {"bytes after the end",
         [](Record& r) {
             other_stream(r);
             r.layers[1].hidden = true;
         },
         Verdict::divergent},
        {"another user",
         [](Record& r) {
             other_manifest(r);
             set_config(r, R"({"architecture":"amd64","config":{"User":"toor"}})");
         },
         Verdict::divergent},
        {"another time and history",
         [](Record& r) {
             other_manifest(r);
             set_config(r, R"({"architecture":"amd64","config":{"User":"root"},"created":"2024-01-01T00:00:00Z"})");
             r.history.clear();
         },
         Verdict::equivalent},
        {"no configuration",
         [](Record& r) {
             r.manifest.reset();
             r.config.reset();
             r.config_document.clear();
         },
         Verdict::same_files},
    };
    for (const Row& row : rows) CHECK_MESSAGE(verdict_of(row.change) == row.verdict, row.name);
}

TEST_CASE("a listed file is read as it was written, whatever its name") {
    ListedFile file;
    file.path = "a\xff\\x41/\n";
    file.facts = {"symlink", "0777", "0", "4294967295", "", "", "\x80", "", "", sha_a()};
    const std::string line = listing_line(file);
    CHECK(line.find('\n') == line.size() - 1);
    const ListedFile back = parse_listing_line(line.substr(0, line.size() - 1));
    CHECK(back.path == file.path);
    CHECK(back.facts == file.facts);
    std::string forged = line.substr(0, line.size() - 1);
    forged.replace(forged.find("\"path\": \"a"), 10, "\"path\": \"b");
    CHECK(has(refusal_of([&] { parse_listing_line(forged); }), "not the same"));
}

TEST_CASE("lines of a listing are sorted, whole and as many as promised") {
    const auto read = [](const std::string& text, std::uint64_t entries) {
        const ListingName name{.digest = sha256_of(text), .size = text.size(), .entries = entries};
        return refusal_of([&] {
            ListingReader reader(std::make_unique<MemorySource>(text), name, "it");
            ListedFile file;
            while (reader.next(file)) {
            }
        });
    };
    const std::string root = "{\"path\": \".\"}\n";
    const std::string a = "{\"path\": \"a\"}\n";
    const std::string below = "{\"path\": \"a/b\"}\n";
    const std::string beside = "{\"path\": \"a.b\"}\n";
    CHECK(read(root + a + below + beside, 4) == "no error");
    CHECK(has(read(a + root, 2), "line 2: not sorted"));
    CHECK(has(read(a + a, 2), "line 2: not sorted"));
    CHECK(has(read(a + beside + below, 3), "line 3: not sorted"));
    CHECK(has(read(a, 2), "2 lines were promised"));
    CHECK(has(read(a + below.substr(0, below.size() - 1), 2), "no end"));
    CHECK(has(read("\n", 1), "line 1"));
    CHECK(has(refusal_of([&] {
                  ListingReader reader(std::make_unique<MemorySource>(a),
                                       {.digest = sha_a(), .size = a.size(), .entries = 1}, "it");
                  ListedFile file;
                  while (reader.next(file)) {
                  }
              }),
              sha_a()));
}
