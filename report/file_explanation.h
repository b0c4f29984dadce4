// `touchstone explain`: why two plain files differ, as text and as JSON.
#pragma once

#include "diff/explain/explanation.h"
#include "report/report.h"

#include <array>
#include <string>

namespace touchstone {

/// `names` are as the user wrote them. `file` is absent when both are the same bytes.
std::string render_file_text(const std::array<std::string, 2>& names, const std::optional<FileExplanation>& file,
                             const TextOptions& options);
/// touchstone.explanation/1 (docs/outputs.schema.json)
std::string render_file_json(const std::array<std::string, 2>& names, const std::optional<FileExplanation>& file);

} // namespace touchstone
