// Lists of checksums: what each format says, and what is refused. Digests in here are those of "hello\n" by coreutils;
// texts of mtree are what NetBSD's mtree and bsdtar wrote.
#include "attest/checksum_list.h"
#include "attest/checksum_signature.h"
#include "attest/vis.h"
#include "tests/attest/support.h"
#include "tests/support/image_builder.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>

using namespace touchstone;
using namespace touchstone::test;

namespace {

const std::string md5 = "b1946ac92492d2347c6235b4d2611184";
const std::string sha1 = "f572d396fae9206628714fb2ce00f72e94f2258f";
const std::string sha224 = "2d6d67d91d0badcdd06cbbba1fe11538a68a37ec9c2e26457ceff12b";
const std::string sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
const std::string sha384 =
    "1d0f284efe3edea4b9ca3bd514fa134b17eae361ccc7a1eefeff801b9bd6604e01f21f6bf249ef030599f0c218f2ba8c";
const std::string sha512 = "e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931"
                           "f94aae41edda2c2b207a36e10f8bcb8d45223e54878f5b316e7ce3b6bc019629";

ChecksumList read(std::string_view text) {
    return read_checksum_list(text, "LIST");
}

/// One line an entry: everything that it says.
std::vector<std::string> lines_of(const ChecksumList& list) {
    std::vector<std::string> lines;
    for (const ChecksumEntry& entry : list.entries) {
        std::string line = entry.path.empty() ? "." : printable(entry.path);
        if (!entry.kind.empty()) line += fmt::format(" {}", entry.kind);
        if (entry.mode) line += fmt::format(" {:04o}", *entry.mode);
        if (entry.uid) line += fmt::format(" u{}", *entry.uid);
        if (entry.gid) line += fmt::format(" g{}", *entry.gid);
        if (entry.size) line += fmt::format(" {}B", *entry.size);
        if (entry.link) line += " -> " + printable(*entry.link);
        for (const ContentDigest& digest : entry.digests) line += " " + text_of(digest).substr(0, 14);
        if (entry.unknown_digest) line += " ?";
        if (entry.may_be_link) line += " or-link";
        if (entry.may_be_absent) line += " optional";
        lines.push_back(line);
    }
    return lines;
}

using Lines = std::vector<std::string>;

struct Refused {
    std::string text;
    const char* why;
};

} // namespace

TEST_CASE("coreutils' digest is told by its length") {
    for (const auto& [digits, name] :
         {std::pair(md5, "md5"), std::pair(sha1, "sha1"), std::pair(sha224, "sha224"), std::pair(sha256, "sha256"),
          std::pair(sha384, "sha384"), std::pair(sha512, "sha512")}) {
        const ChecksumList list = read(digits + "  ./bin/x\n");
        REQUIRE(list.entries.size() == 1);
        CHECK(text_of(list.entries[0].digests.at(0)) == name + (":" + digits));
    }
}

TEST_CASE("lines of coreutils and BSD") {
    struct Row {
        std::string line;
        std::string entry;
    };
    const Row rows[] = {
        {sha256 + "  bin/ls", "bin/ls file sha256:5891b5b"},
        {sha256 + " */bin/ls", "bin/ls file sha256:5891b5b"},
        {sha256 + "   two blanks ", " two blanks  file sha256:5891b5b"},
        {"\\" + sha256 + "  a\\nb\\\\c\\rd", "a\\x0ab\\\\c\\x0dd file sha256:5891b5b"},
        {sha256 + "  a\\nb", "a\\\\nb file sha256:5891b5b"}, // no escapes without the mark
        {"SHA256 (./a (1) = b) = " + sha256, "a (1) = b file sha256:5891b5b"},
        {"SHA2-256(a)= " + sha256, "a file sha256:5891b5b"},
        {"SHA512/256 (a) = " + sha256, "a file sha512-256:589"},
        {"SHA3-256 (a) = " + sha256, "a file sha3-256:5891b"},
        {"BLAKE2b (a) = " + sha512, "a file blake2b-512:e7"},
        {"\\MD5 (a\\\\b) = " + md5, "a\\\\b file md5:b1946ac924"},
        {sha256 + "  .//a/./b/", "a/b file sha256:5891b5b"},
    };
    for (const Row& row : rows) {
        INFO(row.line);
        const Lines lines = lines_of(read(row.line + "\n"));
        REQUIRE(lines.size() == 1);
        CHECK(lines[0] == row.entry);
    }
}

TEST_CASE("comments, sorting, and several digests of one path") {
    const ChecksumList list = read("# made today\n\n" + sha256 + "  b\n" + md5 + "  a\n" + "SHA1 (b) = " + sha1 +
                                   "\nSM3 (c) = " + sha256 + "\n");
    CHECK(lines_of(list) ==
          Lines{"a file md5:b1946ac924", "b file sha256:5891b5b", "b file sha1:f572d396f", "c file ?"});
    CHECK(list.ignored == std::map<std::string, std::uint64_t>{{"SM3", 1}});
    CHECK(list.format == ListFormat::sums);
    CHECK(read(md5 + "  bin/a\n" + md5 + "  etc/b\n").format == ListFormat::md5sums);
    CHECK(read(md5 + "  ./bin/a\n").format == ListFormat::sums); // no list of dpkg's
    CHECK(read(sha256 + "  bin/a\n").format == ListFormat::sums);
}

TEST_CASE("mtree, nested") {
    const ChecksumList list = read(
        "#\t   user: (null)\n\n# .\n/set type=file uid=0 gid=0 mode=0644 nlink=1 flags=none\n"
        ".               type=dir mode=0755 nlink=4 time=1795320920.566480922\n"
        "    li\\snk      type=link mode=0777 link=a/b\\sc\n"
        "    nl\\ntab\\t\\M-i \\\n                size=6 \\\n                md5=" +
        md5 + " \\\n                rmd160=e9821fe9b86ac6e245d2e821084cba46df5d00dd\n\n# ./a\n" +
        "a               type=dir size=4096 nlink=3\n    back\\\\ \\\n        sha256=" + sha256 +
        "\n/unset uid mode\nf\\#1 gid=7 rmd160digest=e9821fe9b86ac6e245d2e821084cba46df5d00dd optional\n# ./a\n..\n"
        "fifo type=fifo\n..\n");
    CHECK(lines_of(list) == Lines{". dir 0755 u0 g0", "a dir 0644 u0 g0", "a/back\\\\ file 0644 u0 g0 sha256:5891b5b",
                                  "a/f#1 file g7 ? optional", "fifo fifo g0", "li nk symlink u0 g0 -> a/b c",
                                  "nl\\x0atab\\x09\\xe9 file 0644 u0 g0 6B md5:b1946ac924 ?"});
    CHECK(list.ignored.at("size of what is no file") == 1);
    CHECK(list.ignored.at("mode of symbolic links") == 1);
    CHECK(list.ignored.at("rmd160") == 1);
    CHECK(list.format == ListFormat::mtree);
}

TEST_CASE("mtree with full paths, and compressed") {
    const std::string text = "#mtree\n. type=dir mode=755\n./nl\\012tab\\011\\351 mode=4755 gid=0 uid=1000 type=file "
                             "size=6 sha1digest=" +
                             sha1 + " sha512digest=" + sha512 + "\n./usr type=dir\n./usr/bin/x sha384digest=" + sha384 +
                             "\nnochanged type=file mode=0600 nochange\n";
    const Lines expected{". dir 0755", "nl\\x0atab\\x09\\xe9 file 4755 u1000 g0 6B sha1:f572d396f sha512:e7c22b9",
                         "nochanged file", "usr dir", "usr/bin/x file sha384:1d0f284"};
    CHECK(lines_of(read(text)) == expected);
    CHECK(lines_of(read(gzip_of(text))) == expected);
    CHECK(lines_of(read(zstd_of(text))) == expected);
    CHECK(read(zstd_of(text)).compression == Compression::zstd);
    CHECK(read(gzip_of(text)).digest == "sha256:" + sha256_hex(gzip_of(text))); // of the bytes that were signed
}

TEST_CASE("SPDX and CycloneDX") {
    const Lines expected{"bin/a file sha1:f572d396f sha256:5891b5b", "bin/b file sha256:5891b5b"};
    const std::string spdx = fmt::format(
        R"({{"spdxVersion":"SPDX-2.3","files":[{{"fileName":"./bin/a","checksums":[{{"algorithm":"SHA1",)"
        R"("checksumValue":"{0}"}},{{"algorithm":"SHA256","checksumValue":"{1}"}}]}},{{"fileName":"/bin/b",)"
        R"("checksums":[{{"algorithm":"SHA256","checksumValue":"{1}"}}]}}]}})",
        sha1, sha256);
    CHECK(lines_of(read(spdx)) == expected);
    CHECK(read(spdx).format == ListFormat::spdx);
    const std::string tags = fmt::format("SPDXVersion: SPDX-2.3\nPackageName: p\nFileName: ./bin/a\nSPDXID: SPDXRef-1\n"
                                         "FileCopyrightText: <text>FileName: none\nFileName: ./none\n</text>\n"
                                         "FileChecksum: SHA1: {0}\nFileChecksum: SHA256: {1}\n\nFileName: bin/b\n"
                                         "FileChecksum: SHA256: {1}\n",
                                         sha1, sha256);
    CHECK(lines_of(read(tags)) == expected);
    const std::string graph = fmt::format(
        R"({{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{{"type":"software_File","name":)"
        R"("bin/a","verifiedUsing":[{{"type":"Hash","algorithm":"sha1","hashValue":"{0}"}},{{"type":"Hash",)"
        R"("algorithm":"sha256","hashValue":"{1}"}}]}},{{"type":"software_Package","name":"p"}},{{"type":)"
        R"("software_File","name":"bin/b","verifiedUsing":[{{"algorithm":"sha256","hashValue":"{1}"}}]}}]}})",
        sha1, sha256);
    CHECK(lines_of(read(graph)) == expected);
    const std::string cyclone = fmt::format(
        R"({{"bomFormat":"CycloneDX","components":[{{"type":"library","name":"l","hashes":[{{"alg":"SHA-256",)"
        R"("content":"{1}"}}],"components":[{{"type":"file","name":"/bin/a","hashes":[{{"alg":"SHA-1","content":"{0}"}},)"
        R"({{"alg":"SHA-256","content":"{1}"}}]}}]}},{{"type":"file","name":"bin/b","hashes":[{{"alg":"SHA-256",)"
        R"("content":"{1}"}}]}}]}})",
        sha1, sha256);
    CHECK(lines_of(read(cyclone)) == expected);
    CHECK(read(cyclone).format == ListFormat::cyclonedx);
}

TEST_CASE("digests that cannot be computed, and those that were not, are counted") {
    const ChecksumList list = read(
        fmt::format(R"({{"spdxVersion":"SPDX-2.3","files":[{{"fileName":"a","checksums":[{{"algorithm":"BLAKE3",)"
                    R"("checksumValue":"{0}"}}]}},{{"fileName":"b","checksums":[{{"algorithm":"SHA1","checksumValue":)"
                    R"("0000000000000000000000000000000000000000"}}]}},{{"fileName":"c"}}]}})",
                    sha256));
    CHECK(lines_of(list) == Lines{"a file ?", "b file", "c file"});
    CHECK(list.ignored.at("BLAKE3") == 1);
    CHECK(list.ignored.at("digests of zeros (not computed)") == 1);
}

TEST_CASE("apk's database, with owners and modes that it leaves out where they are usual") {
    const ChecksumList list = read("C:Q1eVpkasfqZAukAXFYbgwt4xAMZWU=\nP:busybox\nV:1.36.1-r15\nA:x86_64\n"
                                   "F:bin\nR:busybox\na:0:0:4755\nZ:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\n"
                                   "R:sh\na:0:0:777\nZ:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=\nF:etc\nM:0:42:2750\n"
                                   "R:passwd\nZ:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\n\n"
                                   "P:other\nV:1\nF:bin\nM:0:0:700\n");
    CHECK(lines_of(list) == Lines{"bin dir", "bin/busybox file 4755 u0 g0 sha1:f572d396f",
                                  "bin/sh 0777 u0 g0 sha1:a5c7d37c3 or-link", "etc dir 2750 u0 g42",
                                  "etc/passwd file 0644 u0 g0 sha1:f572d396f"});
    CHECK(list.format == ListFormat::apk);
}

TEST_CASE("what is no list of checksums is named for what it is") {
    const Refused rows[] = {
        {"", "it is empty"},
        {"hello\n", "no list of checksums that is known here"},
        {"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + sha256 + "  a\n", "gpgv"},
        {"-----BEGIN PUBLIC KEY-----\n", "a key"},
        {"untrusted comment: x\n", "signify or minisign"},
        {"<?xml version=\"1.0\"?>\n<bom/>", "the JSON form"},
        {"Package: dash\nStatus: install ok installed\n", "md5sums files"},
        {"{}", "neither SPDX nor CycloneDX"},
        {R"({"a":1,"a":2})", "a"},
        {R"({"spdxVersion":"SPDX-2.3","files":[]})", "SPDX 2, but no file in it has a digest"},
        {R"({"bomFormat":"CycloneDX","components":[{"type":"library","name":"l","hashes":[]}]})", "no file in it"},
        {"P:x\nV:1\nF:bin\nR:x\n\n", "apk's database, but no file in it has a digest"},
        {"#mtree\n. type=dir\n", "mtree, but no file in it has a digest"},
        {"SQLite format 3", "damaged"},
    };
    for (const Refused& row : rows) {
        INFO(row.text);
        const std::string why = refusal_of([&] { read(row.text); });
        INFO(why);
        CHECK(why.starts_with("LIST: "));
        if (row.text != "SQLite format 3") CHECK(has(why, row.why));
    }
}

TEST_CASE("damaged lists are refused by line") {
    const std::string good = sha256 + "  a\n";
    const Refused rows[] = {
        {good + sha256 + " a\n", "line 2"},
        {good + sha256.substr(1) + "  a\n", "line 2"},
        {good + "hello\n", "line 2"},
        {good + sha256 + "  b\r\n", "line 2: a line end of Windows"},
        {good + sha256 + "  ../a\n", "line 2: the path ../a has \"..\""},
        {good + sha256 + "  " + std::string("a\0b", 3) + "\n", "zero byte"},
        {good + "\\" + sha256 + "  a\\tb\n", "line 2: a\\\\tb: an escape other than"},
        {good + "SHA256 (a) = " + md5 + "\n", "is no sha256: 64 hex digits"},
        {good + sha256 + "  " + std::string(4097, 'x') + "\n", "a path of 4097 bytes"},
        {good + sha256 + "  " + std::string(70'000, 'x') + "\n", "too long"},
        {"#mtree\na sha256=" + md5 + "\n", "line 2"},
        {"#mtree\na type=file mode=u=rwx\n", "octal"},
        {"#mtree\na type=file mode=10000\n", "octal"},
        {"#mtree\na type=door\n", "type=door"},
        {"#mtree\na mode=0644 mode=0755\n", "mode stands there twice"},
        {"#mtree\na uid=-1\n", "uid=-1"},
        {"#mtree\na uid=4294967296\n", "uid=4294967296"},
        {"#mtree\na size=1e3\n", "size=1e3"},
        {"#mtree\n..\n", "leaves more directories"},
        {"#mtree\na\\057b type=file\n", "encoded slash"},
        {"#mtree\na\\q type=file\n", "vis(3)"},
        {"#mtree\na type=dir sha256=" + sha256 + "\n", "a digest of what is of the type dir"},
        {"#mtree\na type=dir link=x\n", "a link's target"},
        {"#mtree\na type=file # comment\n", "'#' within a line"},
        {"#mtree\na type=file \\\n", "goes on"},
        {"#mtree\n/sett type=file\n", "/sett"},
        {R"({"spdxVersion":"SPDX-2.3","files":[{"checksums":[]}]})", "a file without \"fileName\""},
        {R"({"spdxVersion":"SPDX-2.3","files":{}})", "files"},
        {R"({"bomFormat":"CycloneDX","components":[{"type":"file","name":"a","hashes":[{"alg":"SHA-1","content":"x"}]}]})",
         "40 hex digits"},
        {"SPDXVersion: SPDX-2.3\nFileChecksum: SHA1: " + sha1 + "\n", "without a FileName"},
    };
    for (const Refused& row : rows) {
        INFO(row.text.substr(0, 200));
        const std::string why = refusal_of([&] { read(row.text); });
        INFO(why);
        CHECK(why.starts_with("LIST: "));
        CHECK(has(why, row.why));
    }
}

TEST_CASE("a directory's depth, a /set and a compressed list are bounded") {
    std::string deep = "#mtree\n";
    for (int i = 0; i < 600; ++i) deep += "directory type=dir\n";
    CHECK(has(refusal_of([&] { read(deep); }), "nested too deep"));
    std::string set = "#mtree\n";
    for (int i = 0; i < 70; ++i) set += fmt::format("/set k{}=1\n", i);
    CHECK(has(refusal_of([&] { read(set); }), "too many keywords"));
    std::string words = "#mtree\na";
    for (int i = 0; i < 65; ++i) words += fmt::format(" k{}=1", i);
    CHECK(has(refusal_of([&] { read(words + "\n"); }), "line 2: too many keywords"));
    words = "#mtree\n";
    for (int i = 0; i < 200; ++i) words += fmt::format("a sha256={} k{}=1\n", sha256, i);
    const ChecksumList list = read(words);
    CHECK(list.ignored.size() == checksum_ignored_limit + 1);
    CHECK(list.ignored.at("others") == 200 - checksum_ignored_limit);
    const std::string cut = gzip_of("#mtree\na sha256=" + sha256 + "\n");
    CHECK(has(refusal_of([&] { read(cut.substr(0, cut.size() - 1)); }), "LIST: "));
}

TEST_CASE("names are decoded as unvis(3) does") {
    struct Row {
        const char* encoded;
        const char* decoded; ///< null: refused
    };
    const Row rows[] = {{"plain", "plain"},       {"a\\040b", "a b"},    {"\\s\\t\\n\\\\\\#", " \t\n\\#"},
                        {"\\M-i", "\xe9"},        {"\\M^A", "\x81"},     {"\\^?\\^A", "\x7f\x01"},
                        {"\\351\\7z", "\xe9\az"}, {"\\x41\\E", "A\033"}, {"\\", nullptr},
                        {"\\q", nullptr},         {"\\777", nullptr},    {"\\M-", nullptr},
                        {"\\xg0", nullptr},       {"\\^", nullptr}};
    for (const Row& row : rows) {
        INFO(row.encoded);
        const std::optional<std::string> found = unvis(row.encoded);
        const std::string expected = row.decoded == nullptr ? "" : row.decoded;
        CHECK(found.has_value() == (row.decoded != nullptr));
        CHECK(found.value_or("") == expected);
    }
}

TEST_CASE("a list's signature is raw or base64, and of these bytes by this key") {
    const std::string list = sha256 + "  a\n";
    for (const KeyType type : {KeyType::ecdsa_p256, KeyType::ed25519}) {
        const PrivateKey key = PrivateKey::generate(type);
        const PrivateKey other = PrivateKey::generate(type);
        const std::string signature = key.sign(list);
        const auto check = [&](std::string_view bytes, std::string_view of, const PublicKey& by) {
            return refusal_of([&] { check_list_signature(bytes, of, by, "SIG", "KEY"); });
        };
        CHECK(check(list, signature, key.public_key()) == "no error");
        CHECK(check(list, base64(signature) + "\n", key.public_key()) == "no error");
        CHECK(has(check(list, signature, other.public_key()), "SIG: no signature of this list by the key KEY"));
        CHECK(has(check(list + " ", signature, key.public_key()), "no signature of this list"));
        CHECK(has(check(list, signature.substr(1), key.public_key()), "no signature of this list"));
        CHECK(has(check(list, "", key.public_key()), "no signature of this list"));
        CHECK(has(check(list, "-----BEGIN PGP SIGNATURE-----", key.public_key()), "gpgv"));
        CHECK(has(check(list, "{\"mediaType\":\"\"}", key.public_key()), "--output-signature"));
    }
}

TEST_CASE("a damaged list is refused or read, whatever was changed") {
    const std::string texts[] = {
        sha256 + "  a\n\\" + md5 + "  b\\nc\nSHA1 (d) = " + sha1 + "\n",
        "#mtree\n/set type=file mode=0644\n. type=dir\na\\040b sha256=" + sha256 + " size=6\nd type=dir\n..\n",
        "P:x\nV:1\nF:bin\nM:0:0:755\nR:x\na:0:0:755\nZ:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\n\n",
        R"({"bomFormat":"CycloneDX","components":[{"type":"file","name":"a","hashes":[{"alg":"MD5","content":")" + md5 +
            "\"}]}]}",
    };
    std::mt19937 random(7); // NOLINT: the same mutations in every run
    for (const std::string& text : texts) {
        for (int i = 0; i < 400; ++i) {
            std::string changed = text;
            changed[random() % changed.size()] = static_cast<char>(random());
            if (i % 3 == 0) changed.resize(random() % changed.size());
            refusal_of([&] { read(changed); }); // only Error may come out
        }
    }
}
