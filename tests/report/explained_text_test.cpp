// What an explanation adds to the text report.
#include "tests/report/explained_samples.h"
#include "tests/report/samples.h"
#include "tests/support/texts.h"

#include <doctest/doctest.h>

#include <string>

namespace touchstone::test {
namespace {

std::string text_of(Comparison comparison, const TextOptions& options = {}) {
    return render_text(report_on(std::move(comparison)), options);
}

/// Few files, so that each has room for what is inside it.
Comparison few_files() {
    const Comparison all = explained_images();
    Comparison comparison = all;
    comparison.findings = Findings(false);
    for (const Finding& finding : all.findings.list()) {
        const bool kept = finding.place == Place::file &&
                          (finding.path.starts_with("etc/") || finding.path.starts_with("srv/app/shop") ||
                           finding.path.starts_with("usr/sbin"));
        if (kept) comparison.findings.add(finding);
    }
    comparison.findings.sort();
    return comparison;
}

TEST_CASE("a file says why it differs, how much of it is explained, whose it is and what to do") {
    const std::string text = text_of(few_files());
    CHECK(contains(text, "why: T2 text-date (hygiene), a date or time of the build is written in the text [each is "
                         "within its own build]"));
    CHECK(contains(text, "explained: all differing bytes"));
    CHECK(contains(text, "fix: declare ARG SOURCE_DATE_EPOCH"));
    CHECK(contains(text,
                   "owner: nginx 1.22.1-9+deb12u1 (dpkg); published differs from the package's recorded checksum, "
                   "rebuilt matches"));
}

TEST_CASE("a text shows its lines, with signs in front") {
    const std::string text = text_of(few_files());
    CHECK(contains(text, "      | -Tue Nov 14 22:13:20 UTC 2023\n      | +Thu Jan  4 09:02:11 UTC 2024\n"));
}

TEST_CASE("what lies inside an archive is named by its trail") {
    CHECK(contains(
        text_of(few_files()),
        "shop.jar > BOOT-INF/lib/shop-core.jar > META-INF/MANIFEST.MF > Built-By: root | builder  P3 home-path"));
}

TEST_CASE("files of one package whose version differs stand under one heading") {
    const std::string text = text_of(explained_images());
    const std::string heading = "libssl3 3.0.15-1~deb12u1 -> 3.0.17-1~deb12u2: 9 files  (dpkg)\n";
    REQUIRE(contains(text, heading));
    CHECK(text.find("libssl0.so.3") > text.find(heading));
    CHECK_FALSE(contains(text, "usr/lib/x86_64-linux-gnu/ (9)"));
}

TEST_CASE("in a crowd each file has its causes behind it") {
    const std::string text = text_of(explained_images());
    CHECK(contains(text, "module00.cpython-311.pyc  content  [layer 3]  T9 stale-pyc\n"));
    CHECK(contains(text, "blob0.bin  content  [layer 4]  not examined\n"));
    // 26 of 29 bytes, as in the JSON's test
    CHECK(contains(text, "settings.ini  content, size  [layer 4]  E1 host-name; 89.6 % explained\n"));
}

TEST_CASE("the report ends with what would settle most") {
    const std::string text = text_of(explained_images());
    const std::size_t list = text.find("What would settle most\n  1. ENV PYTHONDONTWRITEBYTECODE=1");
    REQUIRE(list != std::string::npos);
    CHECK(list > text.find("Noise"));
    CHECK(contains(text, "T9 stale-pyc: in 34 files, settles 34, such as usr/lib/python3/"));
    CHECK(contains(text, "  12 files  /build/shop-1 | /home/ci/work/shop  P1 build-path"));
}

TEST_CASE("accepted files are listed with both digests") {
    const std::string text = text_of(explained_images());
    CHECK(contains(text, "Accepted by name: 2 files"));
    CHECK(contains(text, "var/log/dpkg.log  var-log/1  sha256:555555555555 | none"));
}

TEST_CASE("what was cut is said") {
    Comparison comparison = explained_images();
    comparison.explanation->cut = "60 s for explaining are over";
    CHECK(contains(text_of(comparison), "cut short: 60 s for explaining are over"));
    CHECK(contains(text_of(comparison), "not examined: 3 files"));
}

TEST_CASE("no byte of an explanation reaches the terminal unescaped") {
    const std::string text = text_of(hostile_explanation(), {.all = true});
    for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
    for (const char* bad : {"\xe2\x80\xae", "\xe2\x80\xa8", "\xff", "\x7f", "\xc2\x85"})
        CHECK_FALSE(contains(text, bad));
}

TEST_CASE("a view has as many lines as there is room for") {
    Comparison comparison = crowd_of_files(3, 3);
    const std::string text = text_of(comparison);
    CHECK(contains(text, "built on 2024-01-04"));
    Comparison many = crowd_of_files(20, 20); // short views
    CHECK(contains(text_of(many), "| ... 6 more lines"));
}

} // namespace
} // namespace touchstone::test
