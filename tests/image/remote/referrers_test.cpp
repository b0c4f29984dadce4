// Referrers against a fake: listed by the API and by the tag, fetched whole, attached both ways.
#include "image/remote/attach.h"
#include "image/remote/referrers.h"
#include "tests/image/remote/fake_registry.h"
#include "tests/support/refusal.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace touchstone;
using namespace touchstone::test;

namespace {

const std::string index_field = "Content-Type: application/vnd.oci.image.index.v1+json";
const Digest subject = digest_of(as_bytes(std::string_view("the image")));
const std::string tag = "sha256-" + subject.hex();

std::string entry(char digit, const std::string& type = "application/x") {
    return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","size":7,"artifactType":")" + type +
           R"(","digest":"sha256:)" + std::string(64, digit) + "\"}";
}

std::string index_of(const std::string& entries) {
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + entries + "]}";
}

bool is_api(const FakeRequest& request) {
    return request.path.find("/referrers/") != std::string::npos;
}

Attachment small_attachment() {
    Attachment attachment;
    attachment.subject.media_type = "application/vnd.oci.image.manifest.v1+json";
    attachment.subject.digest = subject;
    attachment.subject.size = 9;
    attachment.artifact_type = "application/vnd.example.claim";
    attachment.layers = {{"application/json", R"({"a":1})", {{"title", "claim"}}}};
    attachment.annotations = {{"made", "here"}};
    return attachment;
}

} // namespace

TEST_CASE("the API's pages are one list, each digest once") {
    FakeRegistry fake([&](const FakeRequest& request) {
        if (!is_api(request)) return std::string();
        if (request.query == "n=2") return answer(200, {index_field}, index_of(entry('2') + "," + entry('3')));
        return answer(200, {index_field, "Link: <?n=2>; rel=\"next\""}, index_of(entry('1') + "," + entry('2')));
    });
    const Referrers found = list_referrers(*fake.open(), subject);
    CHECK(found.source == ReferrerSource::api);
    REQUIRE(found.entries.size() == 3);
    CHECK(found.entries[2].digest.hex() == std::string(64, '3'));
    CHECK(found.entries[0].artifact_type == "application/x");
    CHECK(found.notes.empty());
    CHECK(list_referrers(*fake.open(), subject, {"application/y", false}).entries.empty());
    CHECK(fake.log().back() == "GET /v2/app/referrers/" + subject.string() + "?n=2");
}

TEST_CASE("a registry without the API is asked for the tag") {
    for (const int status : {400, 404, 405, 501}) {
        FakeRegistry fake([&](const FakeRequest& request) { return is_api(request) ? answer(status, {}) : ""; });
        CHECK(list_referrers(*fake.open(), subject).source == ReferrerSource::none);
        fake.manifests[tag] = index_of(entry('1'));
        const Referrers found = list_referrers(*fake.open(), subject);
        CHECK(found.source == ReferrerSource::tag);
        CHECK(found.entries.size() == 1);
    }
    FakeRegistry page([&](const FakeRequest& request) { // for people, whatever is asked
        return is_api(request) ? answer(200, {"Content-Type: text/html"}, "<html>") : "";
    });
    CHECK(list_referrers(*page.open(), subject).source == ReferrerSource::none);
}

TEST_CASE("what breaks the rules is none, with a note") {
    struct Row {
        std::string said;
        std::size_t entries;
        std::string note;
    };
    const std::string one = index_of(entry('1'));
    const Row rows[] = {
        {answer(200, {index_field}, "{"), 0, "not used"},
        {answer(200, {index_field}, index_of(R"({"digest":"x"})")), 0, "mediaType"},
        {answer(200, {index_field}, R"({"schemaVersion":2,"config":{},"layers":[]})"), 0, "not used"},
        {answer(200, {index_field, "Link: <http://host.example/>; rel=next"}, one), 1, "another host"},
        {answer(200, {index_field, "Link: <http://10.0.0.1/>; rel=next"}, one), 1, "inner network"},
        {answer(200, {index_field, "Link: <ftp://x/>; rel=next"}, one), 1, "only http and https"},
        {answer(200, {index_field, "Link: <?again>; rel=next"}, one), 1, "more than 16 pages"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.said);
        FakeRegistry fake([&](const FakeRequest& request) { return is_api(request) ? row.said : ""; });
        const Referrers found = list_referrers(*fake.open(), subject);
        CHECK(found.source == ReferrerSource::api);
        CHECK(found.entries.size() == row.entries);
        REQUIRE(found.notes.size() == 1);
        INFO(found.notes.front());
        CHECK(found.notes.front().find(row.note) != std::string::npos);
    }
    FakeRegistry fake;
    fake.manifests[tag] = "[]";
    CHECK(list_referrers(*fake.open(), subject).entries.empty());
    CHECK(list_referrers(*fake.open(), subject).notes.size() == 1);
    FakeRegistry busy([&](const FakeRequest& request) { return is_api(request) ? answer(403, {}) : ""; });
    CHECK_REFUSAL(refusal_of([&] { list_referrers(*busy.open(), subject); }), ErrorKind::unreadable, "status 403");
}

TEST_CASE("more referrers than anybody has are cut, and it is said") {
    std::string entries;
    for (std::size_t i = 0; i <= referrer_limit; ++i) {
        std::string number = std::to_string(i);
        number.insert(0, 64 - number.size(), '0');
        std::string one = entry('1');
        one.replace(one.find(std::string(64, '1')), 64, number);
        entries += (i == 0 ? "" : ",") + one;
    }
    FakeRegistry fake;
    fake.manifests[tag] = index_of(entries);
    const Referrers found = list_referrers(*fake.open(), subject);
    CHECK(found.entries.size() == referrer_limit);
    CHECK(found.notes.size() == 1);
}

TEST_CASE("cosign's tags are looked for where that is wanted") {
    FakeRegistry fake;
    fake.manifests[tag + ".sig"] = "{}";
    const Referrers found = list_referrers(*fake.open(), subject, {"", true});
    REQUIRE(found.tags.size() == 1);
    CHECK(found.tags.front().tag == tag + ".sig");
    CHECK(found.tags.front().kind == "sig");
    CHECK(!found.tags.front().digest); // the fake says nothing of it
    CHECK(list_referrers(*fake.open(), subject).tags.empty());
}

TEST_CASE("an attachment's manifest is that of the image-spec's guidelines") {
    // The digest and size of "{}": image-spec manifest.md. Of {"a":1}: sha256sum.
    CHECK(attachment_manifest(small_attachment()) ==
          R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
          R"("artifactType":"application/vnd.example.claim",)"
          R"("config":{"mediaType":"application/vnd.oci.empty.v1+json",)"
          R"("digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},)"
          R"("layers":[{"mediaType":"application/json",)"
          R"("digest":"sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862","size":7,)"
          R"("annotations":{"title":"claim"}}],)"
          R"("subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
              subject.string() + R"(","size":9},"annotations":{"made":"here"}})");
}

TEST_CASE("what is attached is found, and fetched whole") {
    for (const bool has_api : {false, true}) {
        CAPTURE(has_api);
        FakeRegistry fake;
        fake.has_referrers = has_api;
        const auto registry = fake.open();
        const Attached attached = attach(registry, small_attachment());
        CHECK(attached.listed == (has_api ? ReferrerSource::api : ReferrerSource::tag));
        CHECK(fake.manifests.count(tag) == (has_api ? 0U : 1U));
        const std::optional<FetchedReferrer> fetched = fetch_referrer(registry, attached.digest.string());
        REQUIRE(fetched);
        CHECK(fetched->subject == subject);
        CHECK(fetched->artifact_type == "application/vnd.example.claim");
        CHECK(fetched->annotations == small_attachment().annotations);
        REQUIRE(fetched->layers.size() == 1);
        CHECK(fetched->layers.front().bytes == R"({"a":1})");
        if (has_api) continue;
        const Referrers found = list_referrers(*registry, subject);
        REQUIRE(found.entries.size() == 1);
        CHECK(found.entries.front().digest == attached.digest);
        CHECK(found.entries.front().size == attached.size);
        CHECK(found.entries.front().annotations == small_attachment().annotations);
    }
    FakeRegistry fake;
    CHECK(!fetch_referrer(fake.open(), subject.string()));
}

TEST_CASE("the fallback index keeps what others wrote, gets each entry once, and is no other thing's place") {
    FakeRegistry fake;
    fake.has_etags = true;
    fake.manifests[tag] = R"({"schemaVersion":2,"manifests":[)" + entry('1') + R"(],"annotations":{"by":"others"}})";
    const auto registry = fake.open();
    attach(registry, small_attachment());
    const std::string index = fake.manifests[tag];
    CHECK(index.find(std::string(64, '1')) != std::string::npos);
    CHECK(index.find(R"("annotations":{"by":"others"})") != std::string::npos);
    attach(registry, small_attachment());
    CHECK(fake.manifests[tag] == index);
    fake.manifests[tag] = R"({"schemaVersion":2,"config":{},"layers":[]})";
    CHECK_REFUSAL(refusal_of([&] { attach(registry, small_attachment()); }), ErrorKind::malformed, tag);
    CHECK(fake.manifests[tag].find("config") != std::string::npos);
}

TEST_CASE("when another is faster, the fallback index is read again") {
    FakeRegistry* self = nullptr;
    int puts = 0;
    FakeRegistry fake([&](const FakeRequest& request) {
        const bool writes = request.verb == "PUT" && request.path.ends_with(tag);
        // Somebody writes between our reading and our writing, twice.
        if (writes && ++puts <= 2) self->manifests[tag] = index_of(entry(puts == 1 ? '1' : '2'));
        return std::string();
    });
    self = &fake;
    fake.has_etags = true;
    fake.manifests[tag] = index_of(entry('0'));
    attach(fake.open(), small_attachment());
    CHECK(puts == 3);
    CHECK(fake.manifests[tag].find(std::string(64, '2')) != std::string::npos);
    CHECK(list_referrers(*fake.open(), subject).entries.size() == 2);
    FakeRegistry full([&](const FakeRequest& request) {
        return request.verb == "PUT" && request.path.ends_with(tag) ? answer(201, {}) : ""; // and forgets it
    });
    CHECK_REFUSAL(refusal_of([&] { attach(full.open(), small_attachment()); }), ErrorKind::transient,
                  "others changed it");
}

TEST_CASE("artifacts that are not what they are named are refused") {
    FakeRegistry fake;
    const auto registry = fake.open();
    const Attached attached = attach(registry, small_attachment());
    std::string& manifest = fake.manifests[attached.digest.string()];
    const std::string good = manifest;
    manifest += " ";
    CHECK_REFUSAL(refusal_of([&] { fetch_referrer(registry, attached.digest.string()); }), ErrorKind::unverified,
                  "not what was asked for");
    manifest = good;
    fake.blobs["sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"] = R"({"a":2})";
    CHECK_REFUSAL(refusal_of([&] { fetch_referrer(registry, attached.digest.string()); }), ErrorKind::unverified,
                  "layer 0");
    std::string huge = good;
    huge.replace(huge.find("\"size\":7"), 8, "\"size\":70000000");
    fake.manifests["huge"] = huge;
    CHECK_REFUSAL(refusal_of([&] { fetch_referrer(registry, "huge"); }), ErrorKind::over_limit, "67108864 bytes");
}

namespace {

const std::string att = tag + ".att";
const std::string envelope_type = "application/vnd.dsse.envelope.v1+json";

AttachmentLayer layer_of(const std::string& bytes) {
    return {envelope_type, bytes, {{"dev.cosignproject.cosign/signature", ""}, {"predicateType", "u"}}};
}

std::string sha256_of(const std::string& bytes) {
    return digest_of(as_bytes(bytes)).string();
}

} // namespace

TEST_CASE("under cosign's tag statements are layers, and what is there stays") {
    FakeRegistry fake;
    fake.has_etags = true;
    const auto registry = fake.open();
    const Digest made = attach_by_tag(registry, att, layer_of("one"));
    CHECK(made.string() == sha256_of(fake.manifests[att]));
    // What `cosign attest` 2.5.0 was seen to push: an image configuration that names the layers.
    const std::string config = R"({"architecture":"","created":"0001-01-01T00:00:00Z",)"
                               R"("history":[{"created":"0001-01-01T00:00:00Z"}],"os":"",)"
                               R"("rootfs":{"type":"layers","diff_ids":[")" +
                               sha256_of("one") + R"("]},"config":{}})";
    const std::string layer =
        R"({"mediaType":"application/vnd.dsse.envelope.v1+json","digest":")" + sha256_of("one") +
        R"(","size":3,"annotations":{"dev.cosignproject.cosign/signature":"","predicateType":"u"}})";
    CHECK(fake.manifests[att] == R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
                                 R"("config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
                                     sha256_of(config) + R"(","size":)" + std::to_string(config.size()) +
                                     R"(},"layers":[)" + layer + "]}");
    CHECK(fake.blobs[sha256_of(config)] == config);
    const std::string first = fake.manifests[att];
    attach_by_tag(registry, att, layer_of("one")); // once
    CHECK(fake.manifests[att] == first);
    attach_by_tag(registry, att, layer_of("two"));
    CHECK(fake.manifests[att].find(layer) != std::string::npos);
    const std::optional<FetchedReferrer> fetched = fetch_referrer(registry, att);
    REQUIRE(fetched);
    REQUIRE(fetched->layers.size() == 2);
    CHECK(fetched->layers[1].bytes == "two");
}

TEST_CASE("under cosign's tag a configuration that names no layers, and unknown fields, stay as they are") {
    struct Row {
        std::string type;
        std::string config;
    };
    for (const Row& row : {
             Row{"application/x", "no JSON"},
             Row{"application/vnd.oci.empty.v1+json", "{}"},
             Row{"application/vnd.oci.image.config.v1+json", R"({ "rootfs": {"type":"layers"} })"},
             Row{"application/vnd.oci.image.config.v1+json", R"({ "rootfs": {"diff_ids":["sha256:too many"]} })"},
         }) {
        FakeRegistry fake;
        fake.blobs[sha256_of(row.config)] = row.config;
        const std::string config = R"("config":{"mediaType":")" + row.type + R"(","digest":")" + sha256_of(row.config) +
                                   R"(","size":)" + std::to_string(row.config.size()) + "}";
        fake.manifests[att] = R"({"schemaVersion":2,)" + config + R"(,"layers":[],"annotations":{"by":"others"}})";
        attach_by_tag(fake.open(), att, layer_of("one"));
        CHECK(fake.manifests[att].find(config) != std::string::npos);
        CHECK(fake.manifests[att].find(R"("annotations":{"by":"others"})") != std::string::npos);
        CHECK(fake.manifests[att].find(sha256_of("one")) != std::string::npos);
    }
}

TEST_CASE("what under cosign's tag is no manifest, or full, is not replaced") {
    FakeRegistry fake;
    const auto attaching = [&] { return refusal_of([&] { attach_by_tag(fake.open(), att, layer_of("one")); }); };
    fake.manifests[att] = index_of(entry('1'));
    CHECK_REFUSAL(attaching(), ErrorKind::malformed, att);
    CHECK(fake.manifests[att] == index_of(entry('1')));
    std::string layers;
    for (std::size_t i = 0; i < referrer_layer_limit; ++i) {
        std::string number = std::to_string(i);
        number.insert(0, 64 - number.size(), '0');
        layers += std::string(i == 0 ? "" : ",") + R"({"mediaType":"x/y","size":1,"digest":"sha256:)" + number + "\"}";
    }
    fake.manifests[att] = R"({"schemaVersion":2,"config":{"mediaType":"x/y","size":1,"digest":"sha256:)" +
                          std::string(64, '0') + R"("},"layers":[)" + layers + "]}";
    CHECK_REFUSAL(attaching(), ErrorKind::over_limit, "64 layers");
}

TEST_CASE("when another is faster, cosign's tag is read again") {
    FakeRegistry* self = nullptr;
    int puts = 0;
    FakeRegistry fake([&](const FakeRequest& request) {
        const bool writes = request.verb == "PUT" && request.path.ends_with(att);
        if (writes && ++puts == 2) self->manifests[att] = self->manifests["theirs"];
        return std::string();
    });
    self = &fake;
    fake.has_etags = true;
    attach_by_tag(fake.open(), "theirs", layer_of("theirs"));
    attach_by_tag(fake.open(), att, layer_of("before"));
    attach_by_tag(fake.open(), att, layer_of("ours"));
    CHECK(puts == 3);
    const std::optional<FetchedReferrer> fetched = fetch_referrer(fake.open(), att);
    REQUIRE(fetched);
    REQUIRE(fetched->layers.size() == 2);
    CHECK(fetched->layers[0].bytes == "theirs");
    CHECK(fetched->layers[1].bytes == "ours");
}
