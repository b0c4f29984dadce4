// The rule table: which differences are only encoding. Normalize applies the rules, diff asks whether a fact is equal
// under them; there is no other ignore switch anywhere. A new rule is one row: it appears by itself in `--rules`, in
// `touchstone rules`, in the reports and in the docs.
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

enum class Rule : std::uint8_t {
    order,
    dialect,
    path_spelling,
    padding,
    compression,
    mtime,
    owner_names,
    ifmt_bits,
    symlink_mode,
    whiteout_metadata,
    selinux_label,
    media_type,
    annotations,
    formatting,
    config_times,
    diff_ids,
    builder_identity,
    history,
    owner,
    last_ // not a rule: the table's length
};

struct RuleRow {
    Rule rule;
    std::string_view name; ///< as in --rules and in the JSON: "owner-names"
    bool by_default;
    std::string_view hides;  ///< what it calls noise
    std::string_view reason; ///< why that is safe, or for whom
};

/// All rules in the order of the enum.
std::span<const RuleRow> rule_table();
std::string_view name_of(Rule rule);

/// A set of rules that are on.
class RuleSet {
public:
    /// The default set.
    RuleSet();
    bool has(Rule rule) const { return on_.test(static_cast<std::size_t>(rule)); }
    void set(Rule rule, bool on) { on_.set(static_cast<std::size_t>(rule), on); }
    /// The names of the rules that are on, sorted.
    std::vector<std::string> names() const;
    bool operator==(const RuleSet&) const = default;

private:
    std::bitset<static_cast<std::size_t>(Rule::last_)> on_;
};

/// Changes the default set by "+owner,-mtime"; "none" and "default" may stand first. Throws usage, listing the names.
RuleSet parse_rules(std::string_view text);

} // namespace touchstone
