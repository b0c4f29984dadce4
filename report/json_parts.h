// The parts that several JSON documents share: how a layer, an oddity, a companion and a finding look. One key is
// spelled in one place, so that a report and a verification never disagree about it.
#pragma once

#include "diff/comparison.h"
#include "report/json_writer.h"

namespace touchstone {

/// "tool": who wrote the document.
void write_tool(JsonWriter& json);

/// The members of one side from "reference" on, into the object that is open. With `every_note` each note is listed
/// among the oddities; their counts are given in either case.
void write_side_members(JsonWriter& json, const SideSummary& side, bool every_note);

void write_oddity(JsonWriter& json, const Oddity& oddity);
/// "history": what the config says of its layers, each text with its bytes where it is no UTF-8.
void write_history(JsonWriter& json, const std::vector<HistoryEntry>& history);
void write_companions(JsonWriter& json, const std::vector<Companion>& companions);
/// `explanation` of the file that the finding is about; its members are there only with it.
void write_finding(JsonWriter& json, const Finding& finding, const FileExplanation* explanation = nullptr);

/// "note", "finding", "ambiguous".
std::string_view name_of(OddityWeight weight);

} // namespace touchstone
