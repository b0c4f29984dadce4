// The explanation in JSON: the answer beside each finding about a file, and everything that is known as one object.
#pragma once

#include "diff/explain/explanation.h"
#include "report/json_writer.h"

namespace touchstone {

/// "cause" to "remedy", into the finding that is open.
void write_answer(JsonWriter& json, const FileExplanation& file);

/// The member "explanation" of a report.
void write_explanation(JsonWriter& json, const Explanation& explanation);

} // namespace touchstone
