// `touchstone rules`: the tables behind the verdict, printed from the tables themselves.
#include "base/error.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "report/rule_listing.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr CommandText rules_text{
    .name = "rules",
    .summary = "explain which differences are noise, what is odd in an image, and what canonical forms drop",
    .synopsis = "[OPTIONS]",
    .description =
        R"(Lists the rules: what each calls noise, and why that is safe. `touchstone diff --rules` switches them on and
off. With --causes, lists why files differ, as `diff` and `explain` say it, and what to do about each; with --accept, what
`diff --accept` can hide. With --oddities, lists what Touchstone finds strange in a single image, and who reads it how. With --canonical,
lists everything that `touchstone digest` and `touchstone normalize` drop or rewrite, and why that is safe.
)",
    .takes_images = false,
    .exit_status = "  0   listed\n"
                   "  2   trouble\n",
    .examples = "  touchstone rules\n"
                "  touchstone rules --rules +owner,-mtime\n"
                "  touchstone rules --oddities --json\n"
                "  touchstone rules --canonical\n"
                "  touchstone rules --causes\n",
};

struct Table {
    std::string_view option;
    std::string_view description;
    std::string (*text)();
    std::string (*json)();
};

constexpr std::array<Table, 4> tables{{
    {"--oddities", "the table of oddities instead", render_oddities_text, render_oddities_json},
    {"--canonical", "what digest and normalize drop or rewrite instead", render_dropped_text, render_dropped_json},
    {"--causes", "why files differ, and what to do about it, instead", render_causes_text, render_causes_json},
    {"--accept", "what `diff --accept` can hide instead", render_acceptable_text, render_acceptable_json},
}};

} // namespace

int rules_command(const Arguments& args, Streams& streams) {
    RuleSet rules;
    bool json = false;
    std::array<bool, tables.size()> chosen{};
    CommandLine line(rules_text);
    for (std::size_t i = 0; i < tables.size(); ++i) line.flag(tables[i].option, chosen[i], tables[i].description);
    line.option("--rules", "+RULE,-RULE", "show the set that `diff --rules` would use",
                [&](const std::string& value) { rules = parse_rules(value); });
    add_json_option(line, json,
                    "print touchstone.rules/1, or touchstone.oddities/1, .dropped/1, .causes/1, .acceptable/1");
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    if (std::count(chosen.begin(), chosen.end(), true) > 1) {
        fail(ErrorKind::usage, "--oddities, --canonical, --causes and --accept exclude each other");
    }
    const auto one = std::find(chosen.begin(), chosen.end(), true);
    if (one == chosen.end()) {
        streams.out(json ? render_rules_json(rules) : render_rules_text(rules));
    } else {
        const Table& table = tables.at(static_cast<std::size_t>(one - chosen.begin()));
        streams.out(json ? table.json() : table.text());
    }
    return exit_status::met;
}

} // namespace touchstone
