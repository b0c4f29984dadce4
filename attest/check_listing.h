// What `touchstone attest` prints: the outcome of a check, and what stands in an envelope that nobody verified.
#pragma once

#include "attest/check.h"

#include <string>
#include <string_view>

namespace touchstone {

std::string render_check_text(const Check& check, bool quiet); ///< `quiet`: the first line only
std::string render_check_json(const Check& check);             ///< touchstone.attestation-check/1

/// What an envelope holds, under a heading that says that nothing of it was verified.
std::string render_envelope_text(const Envelope& envelope, std::string_view what);

} // namespace touchstone
