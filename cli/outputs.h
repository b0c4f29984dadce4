// Where reports go: `-o FORMAT[=FILE]`, as often as wanted. What cannot work (two reports to one place, a file that is
// there already, a directory that is not) is refused before any image is opened.
#pragma once

#include "cli/streams.h"
#include "report/report.h"

#include <cstdint>
#include <string>
#include <vector>

namespace touchstone {

enum class ReportFormat : std::uint8_t { text, json, html, markdown };

struct Output {
    ReportFormat format = ReportFormat::text;
    std::string file; ///< empty = standard output
};

/// Reads "json", "text=report.txt", "json=-"; throws usage.
Output parse_output(const std::string& text);

/// Throws usage when two outputs have one place, or a file cannot be made or (without `force`) exists.
void check_outputs(const std::vector<Output>& outputs, bool force);

/// Files first, each whole or not at all; then standard output, so that what stands there means that all went well.
void write_outputs(const std::vector<Output>& outputs, const Report& report, const TextOptions& terminal,
                   bool force_color, bool force, Streams& streams);

} // namespace touchstone
