// One Report value, several renderers. A report is made of one or more comparisons (several with --all-platforms), what
// was required of them, and whether that was met. Renderers are pure functions from a Report to text.
#pragma once

#include "diff/comparison.h"
#include "report/recorded_base.h"

#include <cstdint>
#include <string>
#include <vector>

namespace touchstone {

struct Report {
    std::vector<Comparison> comparisons;  ///< sorted by platform; one unless all platforms were asked for
    std::vector<Finding> unpaired;        ///< platforms that only one side has (place image, fact presence)
    Verdict verdict = Verdict::divergent; ///< the worst of them
    Verdict required = Verdict::same_files;
    bool pass = false;
    std::vector<RecordedBases> bases; ///< one for each comparison; empty where nobody looked for them
};

/// Those of `comparison`, which is one of the report's; null where nobody looked for them.
const RecordedBases* bases_of(const Report& report, const Comparison& comparison);

/// Puts comparisons together and judges them against `required`.
Report make_report(std::vector<Comparison> comparisons, std::vector<Finding> unpaired, Verdict required);

/// touchstone.report/1 (docs/report.schema.json), with an LF at the end. More than one comparison, or unpaired
/// platforms: touchstone.report-set/1, which holds the reports.
std::string render_json(const Report& report);

struct TextOptions {
    bool color = false;
    bool all = false;         ///< list noise one by one, and every finding however many there are
    bool quiet = false;       ///< the verdict line only
    std::size_t width = 100;  ///< columns to aim at
    std::size_t listed = 200; ///< findings listed per group before "… and N more" (not with `all`)
};

/// For people: a verdict line, what decided it worst first, noise as counts. Every name is printable().
std::string render_text(const Report& report, const TextOptions& options);

/// One self-contained page, bounded in size (docs: it is read without a script, fetches nothing, and holds no date).
std::string render_html(const Report& report);

/// GitHub takes summaries of a job up to this size; a comment holds 65,536 characters.
constexpr std::size_t markdown_limit = std::size_t{1} << 20;

/// For a pull request's comment or a job's summary: GitHub-flavoured, never longer than `limit` bytes (at least 4096).
std::string render_markdown(const Report& report, std::size_t limit = markdown_limit);

} // namespace touchstone
