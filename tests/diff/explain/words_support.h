// Runs one group of detectors on one pair, after the real alignment: for the tables of positive and negative pairs.
#pragma once

#include "tests/diff/explain/support.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace touchstone::test {

/// A pair as a tool writes it (which one is in `tool`), the path of its file, and the causes that are expected.
struct WordPair {
    std::string_view tool;
    std::string_view path;
    std::string_view published;
    std::string_view rebuilt;
    std::string_view causes; ///< "T2 E1" in the order of the claims' places; all differing bytes are then covered
};

struct Told {
    std::string causes;
    bool all = false; ///< every region is claimed, and the claims prove it
    std::vector<Difference> found;
};

inline Told tell(std::span<const DetectorRow> rows, std::string_view path, std::string_view published,
                 std::string_view rebuilt, const Clues& clues = two_builds(), bool executable = false) {
    Subject subject;
    subject.path = path;
    subject.name = path;
    subject.bytes = {as_bytes(published), as_bytes(rebuilt)};
    subject.executable = executable;
    const Leaf leaf = align(subject, {});
    Told told;
    std::vector<Region> unclaimed = leaf.regions;
    for (const DetectorRow& row : rows) {
        row.run(leaf, unclaimed, clues, told.found);
        const auto claimed = [&](const Region& region) {
            return std::any_of(told.found.begin(), told.found.end(), [&](const Difference& d) {
                return d.spans[0].offset <= region[0].offset && region[0].end() <= d.spans[0].end() &&
                       d.spans[1].offset <= region[1].offset && region[1].end() <= d.spans[1].end();
            });
        };
        unclaimed.erase(std::remove_if(unclaimed.begin(), unclaimed.end(), claimed), unclaimed.end());
    }
    const auto before = [](const Difference& a, const Difference& b) { return a.spans[0].offset < b.spans[0].offset; };
    std::sort(told.found.begin(), told.found.end(), before);
    std::vector<SpanPair> spans;
    for (const Difference& difference : told.found) {
        spans.push_back(difference.spans);
        told.causes += (told.causes.empty() ? "" : " ") + std::string(code_of(*difference.cause));
    }
    told.all = unclaimed.empty() && covers(subject.bytes, spans);
    return told;
}

inline Told tell_token(const WordPair& pair, const Clues& clues = two_builds()) {
    return tell(token_detectors(), pair.path, pair.published, pair.rebuilt, clues);
}

inline void check_told(const std::vector<WordPair>& pairs) {
    for (const WordPair& pair : pairs) {
        CAPTURE(pair.tool);
        CAPTURE(pair.published);
        const Told told = tell_token(pair);
        CHECK(told.causes == pair.causes);
        CHECK(told.all);
    }
}

inline void check_untold(const std::vector<WordPair>& pairs) {
    for (const WordPair& pair : pairs) {
        CAPTURE(pair.tool);
        CAPTURE(pair.published);
        CHECK(tell_token(pair).causes.empty());
    }
}

} // namespace touchstone::test
