// Images held against lists: one image, and lists that are right or wrong in one thing each. Digests are OpenSSL's, by
// way of the builders, and those of coreutils.
#include "attest/checksum_check.h"
#include "tests/attest/support.h"
#include "tests/support/image_builder.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

const std::string md5_hello = "b1946ac92492d2347c6235b4d2611184";
const std::string sha1_hello = "f572d396fae9206628714fb2ce00f72e94f2258f";
const std::string sha256_hello = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
const std::string md5_empty = "d41d8cd98f00b204e9800998ecf8427e";

/// Two layers: the upper one replaces a file, removes one, and has a hard link to what lies below.
Image sample() {
    MemoryImage image;
    image.layers.push_back(TarBuilder()
                               .symlink("bin", "usr/bin")
                               .dir("usr")
                               .dir("usr/bin")
                               .file("usr/bin/hello", "hello\n", 0755)
                               .file("usr/bin/replaced", "old\n")
                               .file("usr/bin/removed", "hello\n")
                               .file("usr/bin/sh.distrib", "hello\n", 0755)
                               .file("usr/bin/sh", "", 0755)
                               .dir("var/lib/dpkg")
                               .file("var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\ndash\n")
                               .symlink("usr/bin/link", "hello")
                               .finish());
    image.layers.push_back(TarBuilder()
                               .file("usr/bin/replaced", "hello\n")
                               .whiteout("usr/bin/.wh.removed")
                               .file("first", "hello\n")
                               .hardlink("usr/bin/hard", "first")
                               .add({.name = "owned", .body = "hello\n", .mode = 04750, .uid = 7, .gid = 8})
                               .finish());
    return make_image(image);
}

ChecksumCheck check(const std::vector<std::string>& texts, const ChecksumRules& rules = {}) {
    std::vector<ChecksumList> lists;
    for (const std::string& text : texts) {
        lists.push_back(read_checksum_list(text, fmt::format("list{}", lists.size())));
    }
    const Image image = sample();
    return check_image(image, std::move(lists), rules, {});
}

std::vector<std::string> lines_of(const ChecksumCheck& found) {
    std::vector<std::string> lines;
    for (const ChecksumFinding& finding : found.findings) {
        std::string line = fmt::format("{}{} {}", finding.fails ? "" : "ok ", name_of(finding.state), finding.path);
        if (!finding.place.empty()) line += "@" + finding.place;
        for (const ListedDifference& one : finding.differences) {
            line += fmt::format(" {}:{}|{}", one.fact, one.listed.substr(0, 11), one.found.substr(0, 11));
        }
        lines.push_back(line);
    }
    return lines;
}

using Lines = std::vector<std::string>;

struct ContentsRow {
    const char* name;
    std::string list;
    Lines findings;
};

} // namespace

TEST_CASE("each fact that a list has must hold") {
    const std::string mtree = "#mtree\n";
    const ContentsRow rows[] = {
        {"content", sha256_hello + "  usr/bin/hello\n", {}},
        {"content of the layer above", md5_hello + "  ./usr/bin/replaced\n", {}},
        {"hard link whose content has another name", sha1_hello + "  /usr/bin/hard\n", {}},
        {"merged usr", sha1_hello + "  ./bin/hello\n", {}},
        {"other content", sha256_hello + "  usr/bin/sh\n", {"differs usr/bin/sh content:sha256:5891|sha256:e3b0"}},
        {"other content by MD5", md5_hello + "  ./usr/bin/sh\n", {"differs usr/bin/sh content:md5:b194|md5:d41d"}},
        {"removed", sha256_hello + "  usr/bin/removed\n", {"missing usr/bin/removed"}},
        {"only bin is merged", sha256_hello + "  lib/hello\n", {"missing lib/hello"}},
        {"nothing else is followed", sha256_hello + "  usr/bin/link\n", {"other-kind usr/bin/link type:file|symlink"}},
        {"a directory", sha256_hello + "  usr\n", {"other-kind usr type:file|dir"}},
        {"several digests: all must hold, the strongest is named",
         mtree + "owned md5=" + md5_hello + " sha1=" + md5_hello + "00000000 sha256=" + sha256_hello + "\n",
         {"differs owned content:sha1:b1946a|sha1:f572d3"}},
        {"mode, owner and size",
         mtree + "owned type=file mode=0750 uid=8 gid=8 size=7 sha256=" + sha256_hello + "\n",
         {"differs owned size:7|6 mode:0750|4750 uid:8|7"}},
        {"right ones", mtree + "owned mode=4750 uid=7 gid=8 size=6 sha256=" + sha256_hello + "\n", {}},
        {"links, directories and the root",
         mtree +
             ". type=dir mode=0755 uid=0\n./bin type=link mode=0755 link=usr/bin\n./usr/bin/link type=link link=sh\n" +
             "./usr type=dir mode=0700\n./first sha256=" + sha256_hello + "\n",
         {"differs usr mode:0700|0755", "differs usr/bin/link link:sh|hello"}},
        {"a directory that no layer lists",
         mtree + "./var type=dir mode=0700\n./first md5=" + md5_hello + "\n",
         {"differs var mode:0700|0755"}},
        {"a socket", mtree + "first type=socket\nowned md5=" + md5_hello + "\n", {"other-kind first type:socket|file"}},
        {"a digest that nobody computes",
         mtree + "first rmd160=9c1185a5c5e9fc54612808977ee8f548b2258d31\nowned md5=" + md5_hello + "\n",
         {"uncheckable first"}},
        {"what may be absent", mtree + "gone optional type=file\nfirst md5=" + md5_hello + "\n", {}},
        {"twice, and both cannot be right",
         md5_hello + "  ./first\n" + md5_empty + "  ./first\n",
         {"differs first content:md5:d41d8cd|md5:b1946ac"}},
    };
    for (const ContentsRow& row : rows) {
        CAPTURE(row.name);
        const ChecksumCheck found = check({row.list});
        Lines expected = row.findings;
        Lines lines = lines_of(found);
        // Of digests the algorithm and a few digits are enough here.
        REQUIRE(lines.size() == expected.size());
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const std::size_t mark = expected[i].find("content:");
            CHECK(lines[i].substr(0, mark) == expected[i].substr(0, mark));
            if (mark == std::string::npos) continue;
            CHECK(lines[i].starts_with(expected[i].substr(0, expected[i].find('|'))));
        }
        const bool any = found.lists[0].counts.matches > 0;
        CHECK(found.pass == (expected.empty() && any));
    }
}

TEST_CASE("apk's links are held against their targets") {
    const auto list = [](const char* mode, std::string_view digest) {
        return fmt::format("P:x\nV:1\nF:usr/bin\nR:link\na:0:0:{}\nZ:{}\nR:hello\na:0:0:755\n"
                           "Z:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\n\n",
                           mode, digest);
    };
    const std::string target = "Q1qvTGHdzF6KLavt4PO0gs2a6pQ00="; // printf hello | openssl sha1 -binary | base64
    CHECK(lines_of(check({list("777", target)})) == Lines{});
    CHECK(lines_of(check({list("755", target)})) == Lines{"other-kind usr/bin/link type:file|symlink"});
    CHECK(lines_of(check({list("777", "Q19XLTlvrpIGYocU+yzgD3LpTyJY8=")})) ==
          Lines{"differs usr/bin/link link:sha1:f572d3|sha1:aaf4c6"});
}

TEST_CASE("dpkg's diversions are followed for its own lists only, and always shown") {
    CHECK(lines_of(check({md5_hello + "  bin/sh\n"})) == Lines{"ok diverted bin/sh@usr/bin/sh.distrib"});
    const ChecksumCheck diverted = check({md5_hello + "  bin/sh\n"});
    CHECK(diverted.pass);
    CHECK(diverted.lists[0].counts.diverted == 1);
    CHECK(lines_of(check({md5_empty + "  bin/sh\n"})) == Lines{}); // of the package that diverts
    CHECK(!check({md5_hello + "  ./bin/sh\n"}).pass);
    CHECK(!check({sha256_hello + "  bin/sh\n"}).pass);
}

TEST_CASE("what is missing, and what no list has") {
    const std::string list = md5_hello + "  first\n" + md5_hello + "  usr/share/doc/x\n";
    CHECK(!check({list}).pass);
    const ChecksumCheck ignored = check({list}, {.ignore_missing = true});
    CHECK(ignored.pass);
    CHECK(ignored.lists[0].counts.missing == 1);
    CHECK(ignored.findings.empty());
    CHECK(ignored.unlisted_files == 7); // hello, replaced, sh.distrib, sh, diversions, hard, owned
    CHECK(ignored.unlisted_others == 2);
    CHECK(!check({md5_hello + "  usr/share/doc/x\n"}, {.ignore_missing = true}).pass); // nothing was compared
    const ChecksumCheck complete = check({list}, {.ignore_missing = true, .complete = true});
    CHECK(!complete.pass);
    CHECK(complete.findings.size() == complete.unlisted_files);
    const ChecksumCheck all = check({list}, {.ignore_missing = true, .all = true});
    CHECK(all.pass);
    CHECK(all.findings.size() == all.unlisted_files + all.unlisted_others + 1);
}

TEST_CASE("of several lists each must hold, and they cover the image together") {
    const ChecksumCheck found = check({md5_hello + "  first\n", sha256_hello + "  usr/bin/sh\n"});
    CHECK(!found.pass);
    REQUIRE(found.findings.size() == 1);
    CHECK(found.findings[0].list == 1);
    CHECK(found.lists[0].counts.weak == 1);
    CHECK(found.lists[1].counts.weak == 0);
}

TEST_CASE("reports say what a weak match is worth and that nobody vouches") {
    const ChecksumCheck found = check({md5_hello + "  first\n" + md5_hello + "  usr/bin/\xff\n"});
    const std::string text = render_checksums_text(found, false);
    CHECK(text.starts_with("not as listed  "));
    CHECK(has(text, "1 of 2 listed paths are as listed"));
    CHECK(has(text, "consistency, not authenticity"));
    CHECK(has(text, "nobody vouches"));
    CHECK(has(text, "missing     usr/bin/\\xff"));
    const std::string json = render_checksums_json(found);
    CHECK(has(json, "\"weak_note\": \"a match by MD5 or SHA-1 shows consistency, not authenticity"));
    CHECK(has(json, "\"path_base64\": \"dXNyL2Jpbi//\""));
    CHECK(has(json, "\"signer\": null"));
}
