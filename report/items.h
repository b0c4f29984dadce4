// Findings as readers want them: everything that is said about one path together, with its explanation where there is
// one; and the few phrases that every renderer for people shares, so that they never disagree about a name.
#pragma once

#include "diff/comparison.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// What is said about one path: consecutive findings of the sorted list.
struct Item {
    std::vector<const Finding*> findings;
    Weight weight = Weight::noise;
    const FileExplanation* explanation = nullptr; ///< of a file; absent: not asked for, or not known
    const Finding& first() const { return *findings.front(); }
    std::string_view path() const { return first().path; }
};

/// The findings that are not noise, by path. Views into `comparison`.
std::vector<Item> items_of(const Comparison& comparison);

bool is_presence(const Finding& finding);
/// Of a presence finding.
bool only_published(const Finding& finding);
/// '-' only published, '+' only rebuilt, ' ' on both sides.
char sign_of(const Finding& finding);

/// "none", or the value in short.
std::string value_text(const std::optional<std::string>& value);
/// "a | b"
std::string values_text(const Finding& finding);
/// "only rebuilt: file, 17 bytes, sha256:777777777777"
std::string presence_text(const Finding& finding);

/// "published layer 1, rebuilt layers 1,2" from "1:1,2".
std::string layer_place(std::string_view path);
/// What a finding that is not about a file is about: "config /config/User", "layer 2", "image".
std::string title_of(const Finding& finding);

/// The directory part with its '/', empty at the top.
std::string_view directory_of(std::string_view path);

/// The steps that claim the layers which the values come from; one line where both sides say the same. Printable.
std::vector<std::string> claims_of(const Comparison& comparison, const Item& item, std::size_t width);

/// One oddity and the sides that have it; sides that share a layer share its oddities.
struct Occurrence {
    const Oddity* oddity = nullptr;
    std::vector<std::string_view> roles;
};
/// The oddities of one weight, sorted by code, layer and path. Views into `sides`.
std::vector<Occurrence> occurrences(const std::vector<const SideSummary*>& sides, OddityWeight weight);

/// What a verdict means, as a sentence without its full stop.
std::string_view meaning_of(Verdict verdict);

/// What the noise of one fact is: the rule's words, or the fact's.
std::string_view phrase_of_noise(std::string_view fact);

/// The histories are the same word for word, and files differ: the forgery that comparing histories cannot see.
bool has_forged_history(const Comparison& comparison);

} // namespace touchstone
