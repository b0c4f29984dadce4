// Streams end when they end: the checks made there, and that a refused stream never turns into a verified one.
#include "base/file.h"
#include "base/source.h"
#include "tests/base/helpers.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <vector>

namespace touchstone::test {

namespace {

std::unique_ptr<ByteSource> pieces(std::string text, std::size_t piece) {
    return std::make_unique<PiecewiseSource>(std::move(text), piece);
}

} // namespace

TEST_CASE("read_full goes on until the buffer is full or the source ends") {
    const auto source = pieces("abcdefg", 2);
    std::vector<std::uint8_t> buffer(5);
    CHECK(read_full(*source, buffer) == 5);
    CHECK(as_text(buffer) == "abcde");
    CHECK(read_full(*source, buffer) == 2);
    CHECK(read_full(*source, buffer) == 0);
}

TEST_CASE("read_all takes up to its limit and refuses one byte more") {
    CHECK(read_all(*pieces("abcdef", 4), 6, "thing") == "abcdef");
    CHECK(read_all(*pieces("", 4), 0, "thing").empty());
    CHECK(read_all(*pieces("abc", 4), UINT64_MAX, "thing") == "abc");
    const auto refusal = refusal_of([] { read_all(*pieces("abcdefg", 4), 6, "thing"); });
    REQUIRE(refusal);
    CHECK(refusal->kind == ErrorKind::over_limit);
    CHECK(refusal->says("thing"));
    CHECK(refusal->says("6"));
}

TEST_CASE("drain drops the rest and counts it") {
    const auto source = pieces(std::string(1'000'003, 'x'), 70'000);
    CHECK(drain(*source) == 1'000'003);
    CHECK(drain(*source) == 0);
}

TEST_CASE("skipping passes over what reading would have given, in every kind of source") {
    const TempDir directory;
    std::string text;
    for (int i = 0; i < 5000; ++i) text += static_cast<char>('a' + i % 26);
    const auto file = open_file(directory.write("f", "##" + text + "##"));
    for (const std::uint64_t count : {0U, 1U, 3U, 4U, 4096U, 4999U, 5000U}) {
        CAPTURE(count);
        std::vector<std::unique_ptr<ByteSource>> sources;
        sources.push_back(pieces(text, 7));
        sources.push_back(std::make_unique<PrefixedSource>(text.substr(0, 4), pieces(text.substr(4), 9)));
        sources.push_back(std::make_unique<FileRange>(file, 2, text.size()));
        for (const auto& source : sources) {
            CHECK(source->skip(count) == count);
            CHECK(read_all(*source, text.size(), "rest") == text.substr(count));
            CHECK(source->skip(1) == 0);
        }
        CHECK(pieces(text, 7)->skip(text.size() + 10) == text.size());
        CHECK(FileRange(file, 2, text.size()).skip(text.size() + 10) == text.size());
    }
}

TEST_CASE("a prefixed source gives the prefix first, then the rest") {
    PrefixedSource source("abc", pieces("defg", 3));
    CHECK(content_of(source, 2) == "abcdefg");
    PrefixedSource empty("", pieces("x", 1));
    CHECK(content_of(empty) == "x");
}

TEST_CASE("a stream that is what was promised is verified at its end, and not before") {
    const std::string text = "abc";
    VerifyingSource source(pieces(text, 2), {digest_of(as_bytes(text)), 3}, "blob");
    std::vector<std::uint8_t> buffer(3);
    CHECK(source.read({}) == 0); // an empty buffer is not the end
    CHECK(read_full(source, buffer) == 3);
    CHECK_FALSE(source.verified());
    CHECK(source.read(buffer) == 0);
    CHECK(source.verified());
    CHECK(source.bytes() == 3);
    CHECK(source.digest() == digest_of(as_bytes(text)));
    CHECK(source.read(buffer) == 0);
}

TEST_CASE("without a promise the sha256 is computed all the same") {
    VerifyingSource source(pieces("abc", 1), {}, "blob");
    CHECK(content_of(source) == "abc");
    CHECK(source.verified());
    CHECK(source.digest() == digest_of(as_bytes("abc")));
    VerifyingSource other(pieces("abc", 1), {digest_of(as_bytes("abc"), DigestAlgorithm::sha512), std::nullopt},
                          "blob");
    CHECK(content_of(other) == "abc");
    CHECK(other.digest().algorithm == DigestAlgorithm::sha512);
}

TEST_CASE("a stream that is not what was promised is unverified, and stays so") {
    struct Row {
        std::string name;
        std::string text;
        Expected expected;
        const char* says;
    };
    const Digest abc = digest_of(as_bytes("abc"));
    const std::vector<Row> rows{
        {"another digest", "abd", {abc, 3}, "expected sha256:ba7816bf"},
        {"too short", "ab", {std::nullopt, 3}, "expected 3 bytes, found 2"},
        {"too long", "abcd", {std::nullopt, 3}, "expected 3 bytes, found more"},
        {"longer than nothing", "a", {std::nullopt, 0}, "expected 0 bytes, found more"},
        {"the end is cut, the size unknown", "ab", {abc, std::nullopt}, "expected sha256:ba7816bf"},
        {"empty against a digest", "", {abc, std::nullopt}, "found sha256:e3b0c442"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        VerifyingSource source(pieces(row.text, 2), row.expected, "the blob");
        for (int attempt = 0; attempt < 2; ++attempt) {
            const auto refusal = refusal_of([&] { content_of(source); });
            REQUIRE(refusal);
            CAPTURE(refusal->message);
            CHECK(refusal->kind == ErrorKind::unverified);
            CHECK(refusal->says("the blob"));
            if (attempt == 0) CHECK(refusal->says(row.says));
            CHECK_FALSE(source.verified());
        }
    }
}

TEST_CASE("at most one byte past the promised size is read") {
    struct Endless final : ByteSource {
        explicit Endless(std::size_t& count) : given(count) {}
        std::size_t read(ByteSpan buffer) override {
            given += buffer.size();
            return buffer.size();
        }
        std::size_t& given;
    };
    std::size_t given = 0;
    VerifyingSource source(std::make_unique<Endless>(given), {std::nullopt, 10'000}, "blob");
    CHECK(refusal_of([&] { drain(source); }));
    CHECK(given == 10'001);
}

} // namespace touchstone::test
