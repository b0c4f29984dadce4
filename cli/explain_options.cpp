// What is wrong with a value is said before an image is opened.
#include "cli/explain_options.h"

#include "base/error.h"
#include "base/printable.h"
#include "cli/options.h"
#include "diff/explain/accept.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

ExplainOptions::Mode parse_mode(const std::string& text) {
    if (text == "none") return ExplainOptions::Mode::none;
    if (text == "auto") return ExplainOptions::Mode::automatic;
    if (text == "all") return ExplainOptions::Mode::all;
    fail(ErrorKind::usage, fmt::format("--explain: \"{}\" is not none, auto or all", printable_short(text)));
}

std::vector<std::string> parse_names(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const std::string_view name = text.substr(0, text.find(','));
        names.emplace_back(name);
        text.remove_prefix(std::min(text.size(), name.size() + 1));
    }
    const Acceptance check(names); // throws on a name that is none
    return names;
}

/// A week: more than any comparison takes, and no overflow when it is added to a clock.
constexpr std::uint64_t longest_budget = std::uint64_t{7} * 86400;

} // namespace

void add_explain_bounds(CommandLine& line, std::chrono::seconds& budget, ExplainLimits& limits) {
    line.option("--explain-budget", "SECONDS", "time for explaining; what it cuts is said (default 60)",
                [&](const std::string& value) {
                    const std::uint64_t seconds = parse_number("--explain-budget", value);
                    budget = std::chrono::seconds(std::min(seconds, longest_budget));
                });
    line.option("--max-explained-file", "SIZE",
                "files and members up to this size are explained; of larger files windows are shown (default 64M)",
                [&](const std::string& value) { limits.file = parse_size("--max-explained-file", value); });
}

void add_explain_options(CommandLine& line, ExplainOptions& options) {
    options.mode = ExplainOptions::Mode::automatic;
    line.option("--explain", "none|auto|all",
                "say why files differ: of up to 1,000 files, security weight first (auto, the default), of all, or not",
                [&](const std::string& value) { options.mode = parse_mode(value); });
    add_explain_bounds(line, options.budget, options.limits);
    line.option(
        "--accept", "NAME,...",
        "hide differences of contents by name, or `hygiene` for all that `touchstone rules --accept` lists; the "
        "verdict can then be `accepted`",
        [&](const std::string& value) { options.accept = parse_names(value); });
}

} // namespace touchstone
