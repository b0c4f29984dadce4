// The sections of the HTML report, in the order of the page, and what they share: one comparison, its files in the
// order in which a reader should look at them, and how much room each section has.
#pragma once

#include "diff/comparison.h"
#include "report/explained.h"
#include "report/html.h"
#include "report/items.h"
#include "report/report.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// What a section may still write. Checked before each element, so that a page passes it by one element at most.
class Allowance {
public:
    Allowance(const Html& html, std::size_t bytes) : html_(html), end_(html.size() + bytes) {}
    bool left() const { return html_.size() < end_; }

private:
    const Html& html_;
    std::size_t end_;
};

/// One comparison as a part of the page.
struct Page {
    const Report& report;
    const Comparison& comparison;
    std::string prefix;                               ///< of element ids: empty for the first comparison
    std::size_t share = 0;                            ///< bytes that this comparison may take
    std::vector<Item> files;                          ///< sorted by standing, then as they were
    std::vector<Item> others;                         ///< findings about the image, its config and its layers
    std::map<std::string_view, std::size_t> detailed; ///< path -> number of the element that shows it

    const Explanation* explanation() const { return comparison.explanation ? &*comparison.explanation : nullptr; }
    /// `share` has a thousand parts.
    std::size_t part_of_share(std::size_t thousandths) const { return share / 1000 * thousandths; }
};

/// Verdict, requirement, and with several platforms a list of them.
void put_hero(Html& html, const Report& report);
/// What decided it.
void put_reasons(Html& html, const Page& page);
/// Both images, and their layers as a picture and a table.
void put_sides(Html& html, const Page& page);
void put_layers(Html& html, const Page& page);
/// What would settle most.
void put_remedies(Html& html, const Page& page);
/// Where the files lie that differ.
void put_tree(Html& html, const Page& page);
void put_causes(Html& html, const Page& page);
void put_drift(Html& html, const Page& page);
/// All files; fills `page.detailed`.
void put_files(Html& html, Page& page);
void put_others(Html& html, const Page& page);
void put_oddities(Html& html, const Page& page);
void put_accepted(Html& html, const Page& page);
void put_noise(Html& html, const Page& page);
/// How to make this report again.
void put_about(Html& html, const Report& report);

/// What differs inside a file: parts, differences, views.
void put_part(Html& html, const Part& part, const Allowance& room);

/// A digest in short with the whole as its title, or another value in short.
void put_value(Html& html, std::string_view value);
void put_optional(Html& html, const std::optional<std::string>& value);
/// A path with its last component strong; a link where the page shows more of it.
void put_path(Html& html, const Page& page, std::string_view path);
/// "T2 text-date" in the colours of its class.
void put_cause(Html& html, CauseId cause);
/// "… and 12 more, which are in the JSON report".
void put_more(Html& html, std::uint64_t count, std::string_view noun);

/// Patterns that the pictures are filled with; once in a page.
void put_patterns(Html& html);

std::string_view html_style();
std::string_view html_script();

} // namespace touchstone
