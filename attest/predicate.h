// What a statement says of a comparison: our own predicate, with all that the verdict rests on, and two of others for
// tools that know those. docs/attestation.md specifies ours.
#pragma once

#include "attest/statement.h"
#include "image/reference.h"
#include "report/report.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

enum class PredicateKind : std::uint8_t { touchstone, vsa, test_result };

struct PredicateRow {
    PredicateKind kind;
    std::string_view name; ///< as in --attest-as
    std::string_view type; ///< predicateType
};
std::span<const PredicateRow> predicate_table();

/// Who verifies, in a VSA. No host answers at this name (RFC 2606), and none needs to: it is an identifier. This is the
/// one place where it, and with it the URIs of our predicates, is written.
#define TOUCHSTONE_URI "https://touchstone.invalid/" // NOLINT(cppcoreguidelines-macro-usage): joined to literals

/// A verdict as a level of a VSA. `SLSA_` is reserved for SLSA's own.
struct LevelRow {
    Verdict verdict;
    std::string_view level;
};
std::span<const LevelRow> level_table(); ///< best first; `divergent` has none

/// What decided what counts as a difference. Part of every statement, as a document with a digest.
struct Policy {
    std::vector<std::string> rules;  ///< names of the rules that were on, sorted
    std::vector<std::string> accept; ///< as given to --accept, sorted
    Verdict required = Verdict::same_files;
};
/// touchstone.policy/1: compact, keys sorted, ASCII: also what RFC 8785 makes of it.
std::string render_policy(const Policy& policy);

struct AttestedRun {
    const Report& report;
    std::array<std::string, 2> names; ///< attested_name() of both references
    std::vector<std::string> accept;  ///< what --accept was given
    std::int64_t time = 0;            ///< unix seconds
};

/// How a statement names an image: its repository with tag and digest, or the transport and the last component of a
/// path: where files lie on the signer's machine is nobody's business.
std::string attested_name(const Reference& reference);

/// One about each comparison, in the report's order: whether it passed is said of its images alone, and which platforms
/// the run was about beside it. Throws unsupported where a published image has neither manifest nor config.
std::vector<Statement> make_statements(const AttestedRun& run, PredicateKind kind);

} // namespace touchstone
