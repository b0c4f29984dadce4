// `touchstone rules`: the rule table and the oddity table, as text and as JSON, so that the program documents itself.
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

} // namespace touchstone
