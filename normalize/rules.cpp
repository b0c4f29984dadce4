// The table itself. Sources: spec/canonical-layer.md 1.5 ("Safe to hide vs must stay visible") and
// spec/verdict-and-report.md (config, media types, history).
#include "normalize/rules.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr auto rule_count = static_cast<std::size_t>(Rule::last_);

constexpr std::array<RuleRow, rule_count> rules{{
    {Rule::order, "order", true, "the order of entries in a layer",
     "it follows the builder's directory walk; the tree that results is the same (an order that matters is refused or "
     "ambiguous)"},
    {Rule::dialect, "dialect", true,
     "the header dialect (ustar, GNU, pax), number formats, unknown pax records, global comments",
     "another spelling of the same header; what runtimes apply is compared as facts of its own"},
    {Rule::path_spelling, "path-spelling", true, "leading ./ and /, doubled and trailing slashes",
     "runtimes clean the name before they use it"},
    {Rule::padding, "padding", true,
     "zero blocks and record padding at the end, bytes that fill up the last block of a file",
     "a writer's option; bytes that are not zero there are a finding"},
    {Rule::compression, "compression", true, "gzip, zstd or none, level, gzip header, members and frames",
     "the uncompressed stream decides; it is compared"},
    {Rule::mtime, "mtime", true, "modification, access and change times of entries",
     "they hold when the build ran; set -mtime for builds that promise fixed times"},
    {Rule::owner_names, "owner-names", true, "user and group names in headers",
     "OCI layer.md: names should be ignored in favour of the numbers, which are compared"},
    {Rule::ifmt_bits, "ifmt-bits", true, "file-type bits stored in the mode field",
     "Docker's classic builder sets them, BuildKit does not; the type is compared on its own"},
    {Rule::symlink_mode, "symlink-mode", true, "the permission bits of symbolic links", "Linux ignores them"},
    {Rule::whiteout_metadata, "whiteout-metadata", true, "owner, mode and times of whiteout entries",
     "only the name of a whiteout means anything"},
    {Rule::selinux_label, "selinux-label", true, "the extended attribute security.selinux",
     "policy of the host that built; runtimes label files by their own policy"},
    {Rule::media_type, "media-type", true, "Docker or OCI media types of the manifest, config and layers",
     "two names of one format; the bytes are compared"},
    {Rule::annotations, "annotations", true, "annotations of the manifest and its descriptors",
     "they describe the image from outside; no runtime takes content from them"},
    {Rule::formatting, "formatting", true, "white space and key order of manifest and config JSON",
     "the same JSON values; duplicate keys are refused"},
    {Rule::config_times, "config-times", true, "`created` and `history[].created` of the config",
     "they hold when the build ran"},
    {Rule::diff_ids, "diff-ids", true, "the diffIDs in the config and layer digests in the manifest",
     "they follow from the layers, which are compared entry by entry"},
    {Rule::builder_identity, "builder-identity", true,
     "docker_version, container, container_config.Hostname, moby.buildkit.*, an empty author",
     "they name the machine that built, not what runs"},
    {Rule::history, "history", true, "created_by, comment, author and empty_layer of history entries",
     "claims, which anyone can write: shown, but they raise or lower no verdict"},
    {Rule::owner, "owner", false, "numeric owners (uid, gid)",
     "never by default: owners carry meaning; for rebuilds as another user, where the reader accepts that"},
}};

} // namespace

std::span<const RuleRow> rule_table() {
    return rules;
}

std::string_view name_of(Rule rule) {
    return rules[static_cast<std::size_t>(rule)].name;
}

RuleSet::RuleSet() {
    for (const RuleRow& row : rules) set(row.rule, row.by_default);
}

std::vector<std::string> RuleSet::names() const {
    std::vector<std::string> result;
    for (const RuleRow& row : rules) {
        if (has(row.rule)) result.emplace_back(row.name);
    }
    std::sort(result.begin(), result.end());
    return result;
}

namespace {

[[noreturn]] void fail_unknown_rule(std::string_view word) {
    std::string known;
    for (const RuleRow& row : rules) known += fmt::format("{}{}", known.empty() ? "" : ", ", row.name);
    fail(ErrorKind::usage, fmt::format("--rules: \"{}\" is not +RULE or -RULE of a known rule; the rules are {}",
                                       printable(word), known));
}

void apply_word(RuleSet& set, std::string_view word) {
    if (word == "default") {
        set = RuleSet();
        return;
    }
    if (word == "none") {
        for (const RuleRow& row : rules) set.set(row.rule, false);
        return;
    }
    const bool on = word.starts_with('+');
    if (!on && !word.starts_with('-')) fail_unknown_rule(word);
    const auto row =
        std::find_if(rules.begin(), rules.end(), [&](const RuleRow& r) { return r.name == word.substr(1); });
    if (row == rules.end()) fail_unknown_rule(word);
    set.set(row->rule, on);
}

} // namespace

RuleSet parse_rules(std::string_view text) {
    RuleSet set;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        apply_word(set, text.substr(0, comma));
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
    return set;
}

} // namespace touchstone
