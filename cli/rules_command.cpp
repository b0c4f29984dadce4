// `touchstone rules`: the tables behind the verdict, printed from the tables themselves.
#include "base/error.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "report/rule_listing.h"

namespace touchstone {

namespace {

constexpr CommandText text{
    .name = "rules",
    .summary = "explain which differences are noise, what is odd in an image, and what canonical forms drop",
    .synopsis = "[OPTIONS]",
    .description =
        R"(Lists the rules: what each calls noise, and why that is safe. `touchstone diff --rules` switches them on and
off. With --oddities, lists what Touchstone finds strange in a single image, and who reads it how. With --canonical,
lists everything that `touchstone digest` and `touchstone normalize` drop or rewrite, and why that is safe.
)",
    .takes_images = false,
    .exit_status = "  0   listed\n"
                   "  2   trouble\n",
    .examples = "  touchstone rules\n"
                "  touchstone rules --rules +owner,-mtime\n"
                "  touchstone rules --oddities --json\n"
                "  touchstone rules --canonical\n",
};

} // namespace

int rules_command(const Arguments& args, Streams& streams) {
    RuleSet rules;
    bool json = false;
    bool oddities = false;
    bool canonical = false;
    CommandLine line(text);
    line.flag("--oddities", oddities, "the table of oddities instead");
    line.flag("--canonical", canonical, "what digest and normalize drop or rewrite instead");
    line.option("--rules", "+RULE,-RULE", "show the set that `diff --rules` would use",
                [&](const std::string& value) { rules = parse_rules(value); });
    add_json_option(line, json, "print touchstone.rules/1, touchstone.oddities/1 or touchstone.dropped/1");
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    if (oddities && canonical) fail(ErrorKind::usage, "--oddities and --canonical exclude each other");
    if (oddities) {
        streams.out(json ? render_oddities_json() : render_oddities_text());
    } else if (canonical) {
        streams.out(json ? render_dropped_json() : render_dropped_text());
    } else {
        streams.out(json ? render_rules_json(rules) : render_rules_text(rules));
    }
    return exit_status::met;
}

} // namespace touchstone
