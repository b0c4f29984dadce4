// `touchstone rules`: the rule table, the oddity table and what canonical forms drop, as text and as JSON, so that the
// program documents itself.
#pragma once

#include "normalize/rules.h"

#include <string>

namespace touchstone {

/// Each rule, whether `rules` has it, what it hides and why that is safe.
std::string render_rules_text(const RuleSet& rules);
std::string render_rules_json(const RuleSet& rules); ///< touchstone.rules/1 (docs/outputs.schema.json)

/// Each oddity, its weight, and who reads it how.
std::string render_oddities_text();
std::string render_oddities_json(); ///< touchstone.oddities/1 (docs/outputs.schema.json)

/// What `digest` and `normalize` drop or rewrite, what becomes of it, and why that is safe.
std::string render_dropped_text();
std::string render_dropped_json(); ///< touchstone.dropped/1 (docs/outputs.schema.json)

/// Each cause of a difference, its class, meaning and remedy.
std::string render_causes_text();
std::string render_causes_json(); ///< touchstone.causes/1 (docs/outputs.schema.json)

/// What `diff --accept` can hide.
std::string render_acceptable_text();
std::string render_acceptable_json(); ///< touchstone.acceptable/1 (docs/outputs.schema.json)

} // namespace touchstone
