// Pushing against a fake: which requests are made, in which order, and what becomes of answers that are wrong.
#include "image/remote/push.h"
#include "tests/image/remote/fake_registry.h"
#include "tests/support/refusal.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace touchstone;
using namespace touchstone::test;

namespace {

using Log = std::vector<std::string>;

BlobToPush blob_of(const std::string& bytes, const std::string& mount = "") {
    return {digest_of(as_bytes(bytes)), bytes.size(),
            [bytes = std::make_shared<const std::string>(bytes)]() -> std::unique_ptr<ByteSource> {
                return std::make_unique<MemorySource>(std::string_view(*bytes));
            },
            mount};
}

const std::string letters = "abcdefghij";
const std::string letters_digest = digest_of(as_bytes(letters)).string();
// url_escape() of the digest
const std::string letters_query = "sha256%3A" + letters_digest.substr(7);

} // namespace

TEST_CASE("a small blob goes up in one request, and only where it is not") {
    FakeRegistry fake;
    CHECK(push_blob(*fake.open(), blob_of(letters)) == PushedBlob::sent);
    CHECK(fake.blobs[letters_digest] == letters);
    CHECK(push_blob(*fake.open(), blob_of(letters)) == PushedBlob::was_there);
    CHECK(fake.log() == Log{"HEAD /v2/app/blobs/" + letters_digest, "POST /v2/app/blobs/uploads/",
                            "PUT /v2/app/blobs/uploads/one?digest=" + letters_query,
                            "HEAD /v2/app/blobs/" + letters_digest});
    CHECK(push_blob(*fake.open(), blob_of("")) == PushedBlob::sent); // an empty one, too
}

TEST_CASE("a large blob goes up in chunks, as large as the registry wants them") {
    struct Row {
        std::uint64_t chunk;
        std::string least;
        Log ranges;
    };
    const Row rows[] = {
        {4, "", {"0-3", "4-7", "8-9"}},
        {4, "OCI-Chunk-Min-Length: 6", {"0-5", "6-9"}},
        {4, "OCI-Chunk-Min-Length: -1", {"0-3", "4-7", "8-9"}}, // no number
        {9, "OCI-Chunk-Min-Length: 3", {"0-8", "9-9"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.least);
        Log ranges;
        FakeRegistry fake([&](const FakeRequest& request) {
            if (request.verb == "PATCH") ranges.push_back(request.field("Content-Range"));
            if (request.verb != "POST" || row.least.empty()) return std::string();
            return answer(202, {"Location: /v2/app/blobs/uploads/one", row.least});
        });
        Progress progress;
        CHECK(push_blob(*fake.open(), blob_of(letters), {row.chunk, &progress}) == PushedBlob::sent);
        CHECK(fake.blobs[letters_digest] == letters);
        CHECK(ranges == row.ranges);
        CHECK(progress.bytes == letters.size());
    }
}

TEST_CASE("each Location is the place of the next request") {
    int number = 0;
    FakeRegistry fake([&](const FakeRequest& request) {
        const std::string next = "Location: /up/" + std::to_string(number);
        if (request.verb == "POST") return answer(202, {next});
        if (request.verb != "PATCH") return request.verb == "PUT" ? answer(201, {}) : std::string();
        CHECK(request.path == "/up/" + std::to_string(number++));
        return answer(202, {"Location: " + std::to_string(number) + "?a=b"}); // relative to where it was
    });
    push_blob(*fake.open(), blob_of(letters), {5, nullptr});
    CHECK(fake.log().back() == "PUT /up/2?a=b&digest=" + letters_query);
}

TEST_CASE("what another repository has is mounted, or sent where that is refused") {
    for (const int status : {201, 202, 401, 403, 404, 405}) {
        CAPTURE(status);
        FakeRegistry fake([&](const FakeRequest& request) {
            const bool mounting = request.query.starts_with("mount=");
            return mounting ? answer(status, {"Location: /v2/app/blobs/uploads/one"}) : std::string();
        });
        const PushedBlob how = push_blob(*fake.open("app", {true, {"other/x"}}), blob_of(letters, "other/x"));
        CHECK(how == (status == 201 ? PushedBlob::mounted : PushedBlob::sent));
        CHECK(fake.log()[1] == "POST /v2/app/blobs/uploads/?mount=" + letters_query + "&from=other%2Fx");
    }
}

TEST_CASE("after a failure the registry says where to go on") {
    struct Row {
        std::string state; ///< the answer to the question where the upload is
        Log sent;          ///< Content-Range of each PATCH
    };
    const std::string location = "Location: /v2/app/blobs/uploads/one";
    const Row rows[] = {
        {answer(204, {location, "Range: 0-1"}), {"0-3", "4-7", "2-5", "6-9"}},
        {answer(204, {location, "Range: bytes=0-3"}), {"0-3", "4-7", "4-7", "8-9"}},
        {answer(204, {location, "Range: 0-0"}), {"0-3", "4-7", "0-3", "4-7", "8-9"}},
        {answer(404, {}), {"0-3", "4-7", "0-3", "4-7", "8-9"}},                        // forgotten: all over again
        {answer(204, {location, "Range: 0-99"}), {"0-3", "4-7", "0-3", "4-7", "8-9"}}, // nonsense: likewise
    };
    for (const Row& row : rows) {
        CAPTURE(row.state);
        Log sent;
        std::string bytes;
        FakeRegistry fake([&](const FakeRequest& request) {
            if (request.verb == "GET") return row.state;
            if (request.verb == "POST") bytes.clear();
            if (request.verb == "PUT") return answer(201, {});
            if (request.verb != "PATCH") return std::string();
            sent.push_back(request.field("Content-Range"));
            if (sent.size() == 2) return answer(503, {"Retry-After: 0"});
            return answer(202, {location, "Range: 0-" + sent.back().substr(sent.back().find('-') + 1)});
        });
        CHECK(push_blob(*fake.open(), blob_of(letters), {4, nullptr}) == PushedBlob::sent);
        CHECK(sent == row.sent);
    }
}

TEST_CASE("an upload that was gone on with and turns out wrong begins again, once") {
    int puts = 0;
    Log sent;
    FakeRegistry fake([&](const FakeRequest& request) {
        if (request.verb == "PATCH") sent.push_back(request.field("Content-Range"));
        if (request.verb == "PATCH" && sent.size() == 2) return answer(500, {});
        return request.verb == "PUT" && ++puts == 1 ? answer(400, {}) : std::string();
    });
    CHECK(push_blob(*fake.open(), blob_of(letters), {4, nullptr}) == PushedBlob::sent);
    CHECK(sent == Log{"0-3", "4-7", "4-7", "8-9", "0-3", "4-7", "8-9"});
    CHECK(fake.blobs[letters_digest] == letters);
}

TEST_CASE("a registry that takes less than it gets is gone on with, but not for ever") {
    for (const std::size_t taken : {std::size_t{3}, std::size_t{1}}) {
        std::size_t has = 0;
        FakeRegistry fake([&](const FakeRequest& request) {
            const std::string range = "Range: 0-" + std::to_string(has + taken - 1);
            if (request.verb == "PATCH") has += taken;
            if (request.verb == "PATCH") return answer(202, {"Location: /v2/app/blobs/uploads/one", range});
            const std::string now = "Range: 0-" + std::to_string(has - 1);
            if (request.verb == "GET") return answer(204, {"Location: /v2/app/blobs/uploads/one", now});
            return request.verb == "PUT" ? answer(201, {}) : std::string();
        });
        const auto push = [&] { push_blob(*fake.open(), blob_of(letters + "klmno"), {10, nullptr}); };
        if (taken == 3) {
            push();
            CHECK(has == 15);
        } else {
            CHECK_REFUSAL(refusal_of(push), ErrorKind::transient, "given up after 5 tries");
        }
    }
}

TEST_CASE("answers that are no success") {
    struct Row {
        std::string verb;
        std::string said;
        ErrorKind kind;
        std::string part;
    };
    const std::string location = "Location: /v2/app/blobs/uploads/one";
    const std::string other = "Docker-Content-Digest: sha256:" + std::string(64, '0');
    const Row rows[] = {
        {"HEAD", answer(403, {}), ErrorKind::unreadable, "status 403"},
        {"HEAD", answer(500, {}), ErrorKind::transient, "given up after 5 tries"},
        {"HEAD", answer(200, {}), ErrorKind::unverified, "it has 0 bytes"},
        {"POST", answer(202, {}), ErrorKind::malformed, "without a Location"},
        {"POST", answer(201, {}), ErrorKind::unreadable, "status 201"}, // nothing was to be mounted
        {"POST", answer(202, {"Location: ftp://x/"}), ErrorKind::malformed, "only http and https"},
        {"POST", answer(202, {"Location: http://10.0.0.1/"}), ErrorKind::unsupported, "inner network"},
        {"POST", answer(302, {"Location: /elsewhere"}), ErrorKind::unsupported, "status 302 to a POST"},
        {"POST", answer(307, {"Location: http://host.example/"}), ErrorKind::unsupported, "to another host"},
        {"PATCH", answer(413, {}), ErrorKind::unreadable, "status 413"},
        {"PATCH", answer(202, {location, "Range: 0-99"}), ErrorKind::malformed, "answers with Range 0-99"},
        {"PATCH", answer(202, {location, "Range: 5-9"}), ErrorKind::malformed, "answers with Range 5-9"},
        {"PATCH", answer(202, {location, "Range: 0-0"}), ErrorKind::transient, "from 0 to 4 it took those up to 0"},
        {"PATCH", answer(416, {}), ErrorKind::transient, "status 416 in the middle"},
        {"PATCH", answer(404, {}), ErrorKind::transient, "status 404 in the middle"},
        {"PUT", answer(400, {}, R"({"errors":[{"code":"DIGEST_INVALID","message":"no"}]})"), ErrorKind::unreadable,
         "DIGEST_INVALID: no"},
        {"PUT", answer(201, {other}), ErrorKind::unverified, "it says that it stored sha256:0000"},
        {"PUT", answer(201, {"Docker-Content-Digest: x"}), ErrorKind::unverified, "it says that it stored x"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.said);
        FakeRegistry fake([&](const FakeRequest& request) { return request.verb == row.verb ? row.said : ""; });
        CHECK_REFUSAL(refusal_of([&] { push_blob(*fake.open(), blob_of(letters), {4, nullptr}); }), row.kind, row.part);
    }
}

TEST_CASE("manifests: the digest that the registry names is compared, and what was there is not replaced unseen") {
    const std::string bytes = R"({"schemaVersion":2})";
    const ManifestToPut manifest{"tag", "application/vnd.oci.image.manifest.v1+json", bytes, ""};
    FakeRegistry fake;
    const PutManifest put = put_manifest(*fake.open(), manifest);
    CHECK(put.stored);
    CHECK(!put.knows_subject);
    CHECK(fake.manifests["tag"] == bytes);
    ManifestToPut careful = manifest;
    careful.if_match = "\"other\"";
    CHECK(!put_manifest(*fake.open(), careful).stored);
    std::string said;
    FakeRegistry liar([&](const FakeRequest& request) { return request.verb == "PUT" ? said : ""; });
    said = answer(201, {"Docker-Content-Digest: sha256:" + std::string(64, '1')});
    CHECK_REFUSAL(refusal_of([&] { put_manifest(*liar.open(), manifest); }), ErrorKind::unverified, "sha256:1111");
    said = answer(202, {});
    CHECK_REFUSAL(refusal_of([&] { put_manifest(*liar.open(), manifest); }), ErrorKind::unreadable, "status 202");
}

TEST_CASE("whether we may push is known before there is something to push, and nothing is left of the question") {
    FakeRegistry fake;
    CHECK_NOTHROW(check_may_push(*fake.open()));
    CHECK(fake.log().back() == "DELETE /v2/app/blobs/uploads/one");
    CHECK(fake.manifests.empty());
    FakeRegistry strict([](const FakeRequest& request) { return request.verb == "POST" ? answer(403, {}) : ""; });
    CHECK_REFUSAL(refusal_of([&] { check_may_push(*strict.open()); }), ErrorKind::unreadable, "status 403");
    for (const int status : {404, 405, 500}) { // to forget an upload is optional
        FakeRegistry keeps(
            [&](const FakeRequest& request) { return request.verb == "DELETE" ? answer(status, {}) : std::string(); });
        CHECK_NOTHROW(check_may_push(*keeps.open()));
    }
}

TEST_CASE("another origin gets no credential, and nor does who comes back from there") {
    Log seen; // Authorization of what the other host got
    std::string back;
    ToyServer other([&](const std::string& text) {
        seen.push_back(text.find("Authorization") == std::string::npos ? "none" : "shown");
        return answer(202, {"Location: " + back});
    });
    Log own;
    FakeRegistry fake([&](const FakeRequest& request) {
        if (request.verb == "HEAD" && request.field("Authorization").empty()) {
            return answer(401, {"WWW-Authenticate: Basic realm=x"});
        }
        own.push_back(request.verb + (request.field("Authorization").empty() ? " none" : " shown"));
        if (request.verb == "POST") return answer(202, {"Location: http://localhost:" + other.port() + "/up"});
        if (request.verb == "PATCH") return answer(202, {});
        return request.verb == "PUT" ? answer(201, {}) : std::string();
    });
    back = fake.url("/v2/app/blobs/uploads/one");
    const TempDir folder;
    const std::string auth = folder.write("auth.json", R"({"auths":{")" + fake.host() + R"(":{"auth":"dTpwYXNz"}}})");
    const auto registry = fake.open("app", {true, {}}, auth);
    push_blob(*registry, blob_of(letters), {10 - 1, nullptr});
    CHECK(seen == Log{"none"});
    CHECK(own == Log{"HEAD shown", "POST shown", "PATCH none", "PUT none"});
}
