// What the text report promises, whatever its wording.
#include "tests/report/samples.h"
#include "tests/support/texts.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

namespace touchstone::test {
namespace {

Report report_of(const Comparison& comparison, Verdict required = Verdict::same_files) {
    std::vector<Comparison> comparisons;
    comparisons.push_back(comparison);
    return make_report(std::move(comparisons), {}, required);
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

TEST_CASE("the verdict is the first line, and with quiet the only one") {
    for (const Sample& sample : samples()) {
        const std::string text = render_text(sample.report, {.quiet = true});
        CHECK(std::count(text.begin(), text.end(), '\n') == 1);
        CHECK(first_line(render_text(sample.report, sample.text)) + "\n" == text);
    }
    CHECK(first_line(render_text(report_of(identical_images()), {})).starts_with("IDENTICAL  "));
    CHECK(first_line(render_text(report_of(split_layer()), {})).starts_with("SAME-FILES  "));
}

TEST_CASE("identical histories over different files are said before anything else about the images") {
    const std::string text = render_text(report_of(forged_history()), {});
    REQUIRE(contains(text, "histories identical, 3 files differ"));
    CHECK(text.find("histories identical") < text.find("oci-archive:published.oci.tar"));

    Comparison honest = forged_history();
    honest.history = HistoryRelation::different;
    CHECK_FALSE(contains(render_text(report_of(honest), {}), "histories identical"));
    CHECK_FALSE(contains(render_text(report_of(equivalent_images(false)), {}), "histories identical"));
}

TEST_CASE("security stands before real, and real before noise") {
    const std::string text = render_text(report_of(forged_history()), {});
    const std::size_t security = text.find("Security: 1 path");
    const std::size_t real = text.find("Real differences: 2 paths, 1 config value");
    const std::size_t noise = text.find("Noise");
    REQUIRE(security != std::string::npos);
    REQUIRE(real != std::string::npos);
    REQUIRE(noise != std::string::npos);
    CHECK(security < real);
    CHECK(real < noise);
}

TEST_CASE("a file is shown with both values, its layer, and the build step that claims it") {
    const std::string text = render_text(report_of(forged_history()), {});
    CHECK(contains(text, "sha256:333333333333 | sha256:444444444444"));
    CHECK_FALSE(contains(text, "sha256:3333333333333")); // twelve digits, not thirteen
    CHECK(contains(text, "4755 | 0755"));
    CHECK(contains(text, "layer 1 <- RUN make install PREFIX=/usr"));
    CHECK(contains(text, "+ usr/share/doc/changes  only rebuilt: file, 17 bytes, sha256:777777777777"));
}

TEST_CASE("colour is there when asked for, and carries nothing by itself") {
    for (const Sample& sample : samples()) {
        TextOptions options = sample.text;
        const std::string plain = render_text(sample.report, options);
        CHECK_FALSE(contains(plain, "\x1b"));
        options.color = true;
        std::string colored = render_text(sample.report, options);
        CHECK(contains(colored, "\x1b["));
        for (std::size_t at = 0; (at = colored.find('\x1b')) != std::string::npos;) {
            colored.erase(at, colored.find('m', at) - at + 1);
        }
        CHECK(colored == plain);
    }
}

TEST_CASE("no byte of an image reaches the terminal unescaped") {
    const std::string text = render_text(report_of(hostile_names()), {.all = true});
    for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
    CHECK_FALSE(contains(text, "\xe2\x80\xae")); // U+202E, right-to-left override
    CHECK_FALSE(contains(text, "\xff"));
    CHECK(contains(text, "etc/caf\\xe9"));
    CHECK(contains(text, "oci:\\x1b]0;owned\\x07"));
}

TEST_CASE("long lists are cut, and --all shows them whole") {
    const Report report = report_of(many_files());
    const std::string cut = render_text(report, {.listed = 25});
    CHECK(contains(cut, "... and 15 more (--all)"));
    CHECK_FALSE(contains(cut, "entry9"));
    const std::string whole = render_text(report, {.all = true, .listed = 25});
    CHECK_FALSE(contains(whole, "more (--all)"));
    CHECK(contains(whole, "entry9"));
    CHECK(contains(whole, "usr/lib/python3/json/ (15)"));
}

TEST_CASE("what both sides hold of oddities is said once") {
    const std::string text = render_text(report_of(odd_images()), {});
    CHECK(contains(text, "published  layer 1  usr/bin/x: entries 3 and 9"));
    CHECK(contains(text, "both       layer 0  usr/bin/y"));
    CHECK(contains(text, "3 | 0  implied-parent"));
}

/// The words of a text, sorted, with the names of the sides made one.
std::vector<std::string> words(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> result;
    for (std::string word; in >> word;) {
        const bool role = word.starts_with("published") || word.starts_with("rebuilt") || word == "+" || word == "-";
        if (!role) result.push_back(word);
    }
    std::sort(result.begin(), result.end());
    return result;
}

TEST_CASE("a report says the same of the two sides exchanged") {
    for (const Comparison& comparison :
         {forged_history(), equivalent_images(false), hostile_names(), many_files(), odd_images()}) {
        CHECK(words(render_text(report_of(comparison), {})) == words(render_text(report_of(mirrored(comparison)), {})));
    }
}

TEST_CASE("the exit status is explained as it is") {
    CHECK(contains(render_text(report_of(split_layer()), {}), "exit status 0"));
    CHECK(contains(render_text(report_of(split_layer(), Verdict::equivalent), {}), "exit status 1"));
    CHECK(contains(render_text(report_of(split_layer(), Verdict::equivalent), {}),
                   "required: equivalent or better - not met"));
}

} // namespace
} // namespace touchstone::test
