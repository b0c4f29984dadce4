// Digest strings by the grammar of the OCI image-spec (descriptor.md), hashes by the examples of FIPS 180-4.
#include "base/digest.h"
#include "tests/base/helpers.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace touchstone::test {

namespace {

const std::string abc_256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string empty_256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string abc_512 = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

} // namespace

TEST_CASE("hashes are those of FIPS 180-4's examples") {
    CHECK(digest_of(as_bytes("abc")).string() == "sha256:" + abc_256);
    CHECK(digest_of(as_bytes("")).string() == "sha256:" + empty_256);
    CHECK(digest_of(as_bytes("abc"), DigestAlgorithm::sha512).string() == "sha512:" + abc_512);
}

TEST_CASE("a hasher starts anew after each message") {
    Hasher hasher;
    for (int i = 0; i < 3; ++i) {
        hasher.update(as_bytes("a"));
        hasher.update({});
        hasher.update(as_bytes("bc"));
        CHECK(hasher.finish().hex() == abc_256);
        CHECK(to_digest(hasher.finish_sha256()).hex() == empty_256);
    }
    Hasher moved = std::move(hasher);
    moved.update(as_bytes("abc"));
    CHECK(moved.finish().hex() == abc_256);
    moved = Hasher(DigestAlgorithm::sha512);
    moved.update(as_bytes("abc"));
    CHECK(moved.finish().hex() == abc_512);
    CHECK(refusal_of([&] { moved.finish_sha256(); }));
}

TEST_CASE("well-formed digests are parsed and printed back") {
    for (const std::string& text : {"sha256:" + abc_256, "sha512:" + abc_512}) {
        CHECK(parse_digest(text).string() == text);
    }
    CHECK(parse_digest("sha256:" + abc_256) == digest_of(as_bytes("abc")));
    CHECK(parse_digest("sha256:" + abc_256) != parse_digest("sha256:" + empty_256));
}

TEST_CASE("digests that cannot be are refused by the rule they break") {
    struct Row {
        std::string name;
        std::string text;
        ErrorKind kind;
        const char* says;
    };
    std::string upper = abc_256;
    upper[0] = 'B';
    const std::vector<Row> rows{
        {"empty", "", ErrorKind::malformed, "':'"},
        {"no colon", abc_256, ErrorKind::malformed, "':'"},
        {"no algorithm", ":" + abc_256, ErrorKind::malformed, "algorithm"},
        {"nothing encoded", "sha256:", ErrorKind::malformed, "after ':'"},
        {"an upper-case algorithm", "SHA256:" + abc_256, ErrorKind::malformed, "algorithm"},
        {"a trailing separator", "sha256+:" + abc_256, ErrorKind::malformed, "algorithm"},
        {"two separators", "sha2..56:" + abc_256, ErrorKind::malformed, "algorithm"},
        {"a path", "sha256:../../etc/passwd", ErrorKind::malformed, "after ':'"},
        {"a blank in front", " sha256:" + abc_256, ErrorKind::malformed, "algorithm"},
        {"a newline at the end", "sha256:" + abc_256 + "\n", ErrorKind::malformed, "after ':'"},
        {"an embedded NUL", "sha256:" + abc_256.substr(0, 63) + std::string(1, '\0'), ErrorKind::malformed,
         "after ':'"},
        {"two colons", "sha256:sha256:" + abc_256, ErrorKind::malformed, "after ':'"},
        {"upper-case hex", "sha256:" + upper, ErrorKind::malformed, "lower-case"},
        {"not hex", "sha256:" + std::string(64, 'g'), ErrorKind::malformed, "lower-case"},
        {"63 digits", "sha256:" + abc_256.substr(1), ErrorKind::malformed, "64"},
        {"65 digits", "sha256:" + abc_256 + "0", ErrorKind::malformed, "64"},
        {"sha512 of sha256's length", "sha512:" + abc_256, ErrorKind::malformed, "128"},
        {"sha256 of sha512's length", "sha256:" + abc_512, ErrorKind::malformed, "64"},
        {"md5", "md5:d41d8cd98f00b204e9800998ecf8427e", ErrorKind::unsupported, "md5 cannot be verified"},
        {"blake3", "blake3:" + abc_256, ErrorKind::unsupported, "blake3 cannot be verified"},
        {"the specification's multihash example", "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8",
         ErrorKind::unsupported, "multihash+base58 cannot be verified"},
        {"terminal escapes", "\x1b[31m:x", ErrorKind::malformed, "\\x1b"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto refusal = refusal_of([&] { parse_digest(row.text); });
        REQUIRE(refusal);
        CAPTURE(refusal->message);
        CHECK(refusal->kind == row.kind);
        CHECK(refusal->says(row.says));
    }
}

} // namespace touchstone::test
