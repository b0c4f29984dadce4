// Findings: what a comparison has to say, one difference each, and the counts of what the rules hid. A finding is data
// for every renderer; prose is made from it in report/.
#pragma once

#include "image/oddity.h"
#include "normalize/rules.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// published = 0, rebuilt = 1, always in this order.
enum class Side : std::uint8_t { published, rebuilt };
std::string_view name_of(Side side); ///< "published", "rebuilt"

enum class Place : std::uint8_t { image, config, layer, file };
std::string_view name_of(Place place);

enum class Weight : std::uint8_t { noise, real, security };
std::string_view name_of(Weight weight);

/// What a file is, for a path that only one side has.
struct PresentFile {
    std::string type;                   ///< "file", "dir", …
    std::uint64_t size = 0;             ///< bytes, for files
    std::optional<std::string> content; ///< "sha256:…", for files
};

struct Finding {
    Place place = Place::file;
    /// file: raw bytes of the path. config: a JSON pointer. layer: "2:2", "1:1,2", "-:3" (indices on each side).
    /// image: empty, or what it is about.
    std::string path;
    /// A name of the fact table ("content", "xattr:security.capability"), of the encoding facts ("compression"), or
    /// "ambiguous", "layering", "shadowed", "presence".
    std::string fact;
    Weight weight = Weight::real;
    std::optional<std::string> published; ///< the value on that side, raw bytes; absent = that side has none
    std::optional<std::string> rebuilt;
    std::array<int, 2> layers{-1, -1};  ///< the layer that each side's value comes from; -1 = none
    std::optional<PresentFile> present; ///< with fact "presence"
    std::array<std::string, 2>
        stored_at;            ///< for hard links: the member that carries the content; empty = `path` itself
    std::string detail;       ///< printable; one sentence for people, or empty
    std::optional<Rule> rule; ///< the rule that makes it noise
};

/// Collects findings and counts noise. Values of noise are not even formatted unless they are kept.
class Findings {
public:
    explicit Findings(bool keep_noise) : keep_noise_(keep_noise) {}
    bool keeps_noise() const { return keep_noise_; }
    void add(Finding finding); ///< real or security
    void count_noise(std::string_view fact, std::uint64_t times = 1);
    void add_noise(Finding finding); ///< kept only with keep_noise; counts in either case

    /// Takes out all findings about these files (raw paths, in any order).
    void take_files(const std::set<std::string_view>& paths);
    /// Takes over what was found elsewhere (in parallel).
    void append(Findings&& more);
    /// Sorted: place, path (component-wise), fact.
    void sort();
    const std::vector<Finding>& list() const { return list_; }
    const std::vector<Finding>& noise() const { return noise_; }
    const std::map<std::string, std::uint64_t, std::less<>>& noise_counts() const { return counts_; }

private:
    bool keep_noise_;
    std::vector<Finding> list_;
    std::vector<Finding> noise_;
    std::map<std::string, std::uint64_t, std::less<>> counts_; ///< by fact
};

} // namespace touchstone
