// Values of options, colour, pairing, and the progress line.
#include "base/error.h"
#include "cli/options.h"
#include "cli/pairing.h"
#include "cli/progress_line.h"
#include "tests/cli/harness.h"

#include <doctest/doctest.h>

#include <thread>

namespace touchstone::test {
namespace {

TEST_CASE("sizes are whole numbers with units of 1024") {
    CHECK(parse_size("--x", "1") == 1);
    CHECK(parse_size("--x", "2K") == 2048);
    CHECK(parse_size("--x", "3M") == 3145728);
    CHECK(parse_size("--x", "64G") == 68719476736);
    CHECK(parse_size("--x", "16777215T") == 18446742974197923840U);
    for (const char* text : {"", "0", "G", "1.5G", "-1", "+1", " 1", "1 G", "16777216T", "1KB", "0x10"}) {
        CHECK_THROWS_AS(parse_size("--x", text), Error);
    }
}

TEST_CASE("colour: the option, then NO_COLOR, then CLICOLOR_FORCE, then the terminal") {
    struct Row {
        ColorChoice choice;
        bool terminal;
        std::map<std::string, std::string> environment;
        bool expected;
    };
    for (const Row& row : {Row{ColorChoice::automatic, false, {}, false}, Row{ColorChoice::automatic, true, {}, true},
                           Row{ColorChoice::automatic, true, {{"NO_COLOR", "1"}}, false},
                           Row{ColorChoice::automatic, false, {{"CLICOLOR_FORCE", "1"}}, true},
                           Row{ColorChoice::automatic, false, {{"CLICOLOR_FORCE", "0"}}, false},
                           Row{ColorChoice::automatic, true, {{"NO_COLOR", "1"}, {"CLICOLOR_FORCE", "1"}}, false},
                           Row{ColorChoice::automatic, true, {{"TERM", "dumb"}}, false},
                           Row{ColorChoice::always, false, {{"NO_COLOR", "1"}}, true},
                           Row{ColorChoice::never, true, {{"CLICOLOR_FORCE", "1"}}, false}}) {
        Streams streams;
        streams.out_is_terminal = row.terminal;
        streams.environment = [&](const char* name) -> std::optional<std::string> {
            const auto found = row.environment.find(name);
            return found == row.environment.end() ? std::nullopt : std::optional(found->second);
        };
        CHECK(wants_color(row.choice, streams) == row.expected);
    }
}

Image image_for(std::string_view platform) {
    Image image;
    image.platform = parse_platform(platform);
    return image;
}

std::vector<Image> images_for(std::initializer_list<std::string_view> platforms) {
    std::vector<Image> images;
    for (const std::string_view platform : platforms) images.push_back(image_for(platform));
    return images;
}

TEST_CASE("platforms are paired by what they are, not by their place") {
    const Pairing pairing = pair_platforms(images_for({"linux/amd64", "linux/arm64", "linux/s390x"}),
                                           images_for({"linux/arm64/v8", "linux/amd64", "linux/riscv64"}));
    CHECK(pairing.pairs == std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 0}});
    REQUIRE(pairing.unpaired.size() == 2);
    CHECK(pairing.unpaired[0].path == "linux/riscv64");
    CHECK(pairing.unpaired[0].rebuilt == "present");
    CHECK(pairing.unpaired[0].published == "absent");
    CHECK(pairing.unpaired[1].path == "linux/s390x");
    CHECK(pairing.unpaired[1].published == "present");
}

TEST_CASE("an exact platform is preferred to one that means the same") {
    const Pairing pairing =
        pair_platforms(images_for({"linux/arm/v7", "linux/arm/v6"}), images_for({"linux/arm/v6", "linux/arm/v7"}));
    CHECK(pairing.pairs == std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 0}});
    CHECK(pairing.unpaired.empty());
}

TEST_CASE("progress says bytes, rate and layers") {
    Progress progress;
    progress.bytes = 50'000'000;
    CHECK(contains(progress_text(progress, std::chrono::seconds(2)), "25 MB/s"));
    progress.total_bytes = 100'000'000;
    progress.layers = 2;
    progress.total_layers = 7;
    CHECK(contains(progress_text(progress, std::chrono::seconds(2)), " of 100 MB"));
    CHECK(contains(progress_text(progress, std::chrono::seconds(2)), "2 of 7 layers"));
}

TEST_CASE("the progress line is for terminals and for work that takes over a second, and is erased") {
    struct Row {
        bool terminal, quiet;
        int milliseconds;
        bool shown;
    };
    for (const Row& row : {Row{true, false, 1300, true}, Row{true, false, 0, false}, Row{false, false, 1100, false},
                           Row{true, true, 1100, false}}) {
        std::string err;
        Streams streams;
        streams.err = [&](std::string_view text) { err += text; };
        streams.err_is_terminal = row.terminal;
        {
            Progress progress;
            const ProgressLine line(progress, streams, row.quiet);
            std::this_thread::sleep_for(std::chrono::milliseconds(row.milliseconds));
        }
        CHECK(err.empty() != row.shown);
        if (row.shown) CHECK(err.ends_with("\r\x1b[K"));
    }
}

} // namespace
} // namespace touchstone::test
