// What of memory_image.h compares: a file of its own, so that the tests of base/ to normalize/ need not build diff/.
#include "base/printable.h"
#include "tests/support/memory_image.h"

#include <fmt/format.h>

namespace touchstone::test {

Comparison compare(const MemoryImage& published, const MemoryImage& rebuilt, const CompareOptions& options) {
    const Image a = make_image(published);
    const Image b = make_image(rebuilt);
    return compare_images(a, b, options);
}

std::vector<std::string> lines_of(const Comparison& comparison) {
    std::vector<std::string> lines;
    for (const Finding& finding : comparison.findings.list()) {
        lines.push_back(fmt::format("{} {} {} {}: {} -> {}", name_of(finding.place), printable(finding.path),
                                    finding.fact, name_of(finding.weight), finding.published.value_or("-"),
                                    finding.rebuilt.value_or("-")));
    }
    return lines;
}

} // namespace touchstone::test
