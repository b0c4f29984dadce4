// The pieces that samples of explanations are made of.
#pragma once

#include "report/report.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace touchstone::test {

/// A digest that a reader recognizes again: one hex digit, repeated.
std::string repeated_digest(char digit);

/// Two images of six layers: one shared, one compressed anew, four different.
Comparison two_sides();

ViewLine view_line(ViewLine::Kind kind, std::string text,
                   std::vector<std::pair<std::uint32_t, std::uint32_t>> marks = {});
Difference difference_at(std::string where, std::string published, std::string rebuilt, std::optional<CauseId> cause,
                         std::string evidence = {});
Part part_of(std::string name, std::string kind, std::uint64_t published, std::uint64_t rebuilt);
Ownership owned_by(std::string package, std::string version, Ownership::Match match);

/// Adds findings and explanations together, as the engine does.
class ExplainedBuilder {
public:
    explicit ExplainedBuilder(Comparison comparison);

    void finding(const std::string& path, std::string fact, Weight weight, std::optional<std::string> published,
                 std::optional<std::string> rebuilt, std::array<int, 2> layers = {4, 4});
    /// Content that differs; what is explained follows from the part.
    FileExplanation& content(Part inside, Weight weight = Weight::real, std::array<int, 2> layers = {4, 4});
    void only_rebuilt(const std::string& path, Weight weight, CauseId cause);
    /// A file that was not examined.
    void unexamined(const std::string& path, Weight weight);

    Comparison& comparison() { return comparison_; }
    Explanation& explanation() { return *comparison_.explanation; }
    /// Sorted as a comparison is.
    Comparison take();

private:
    Comparison comparison_;
};

} // namespace touchstone::test
