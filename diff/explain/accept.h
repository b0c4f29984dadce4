// Accepting by name: which differences may be hidden when somebody asks for it. A normalizer is a name with a version
// for some causes in some formats; a noise rule (noise.h) for whole files. None is in force by itself, all that is
// hidden is listed with both digests, and nothing that could run is hidden.
#pragma once

#include "diff/explain/divergent.h"
#include "diff/explain/part.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

struct NormalizerRule {
    std::string_view name;   ///< "gzip/1": with its version
    std::string_view kinds;  ///< of Part, separated by blanks; "*" = any
    std::string_view causes; ///< codes, separated by blanks
    std::string_view meaning;
};
std::span<const NormalizerRule> normalizer_rules();

/// What --accept hides.
class Acceptance {
public:
    Acceptance() = default;
    /// Names of normalizers and noise rules, or `hygiene` for all of them. Throws usage, naming what is unknown.
    explicit Acceptance(const std::vector<std::string>& names);
    bool empty() const { return names_.empty(); }

    /// The rule that accepts a file whose only findings are of content and size, all explained; or empty. `part` is
    /// that of the content.
    std::string accepts_content(const DivergentFile& file, const Part& part) const;
    /// The noise rule that accepts the file as a whole, whatever it holds; or empty. `heads`: the first bytes of the
    /// contents, where a side has one.
    std::string accepts_whole(const DivergentFile& file, const std::array<ByteView, 2>& heads) const;

private:
    bool allows(const Part& part, std::vector<std::string_view>& used) const;
    std::vector<std::string> names_;
};

/// All names, for `touchstone rules` and messages.
std::vector<std::string> acceptance_names();

} // namespace touchstone
