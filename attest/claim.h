// What a verified statement claims, in the terms of this program, and whether that is as much as somebody asks. A claim
// that leaves something out says less: it is never completed in its favour.
#pragma once

#include "attest/predicate.h"
#include "normalize/rules.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Clocks of two machines may differ by so much before a statement counts as one of the future.
constexpr std::int64_t clock_skew = 300; // seconds

struct Claim {
    PredicateKind kind = PredicateKind::touchstone;
    Verdict verdict = Verdict::divergent; ///< the best that is claimed; divergent where the result is FAILED
    std::optional<std::int64_t> time;     ///< unix seconds; a test-result has none
    std::optional<Policy> policy;         ///< absent where the statement does not carry it
    // Of our own predicate only; raw.
    std::optional<std::string> config; ///< digest of the published image's configuration
    std::optional<std::string> tree;   ///< "crf1:…" of the published image
    std::string tool;                  ///< "touchstone 0.1.0"; raw
};

/// Throws unsupported for a predicate of another kind, and malformed for one that lacks what its specification requires
/// or contradicts itself; `what` is printable.
Claim read_claim(const Statement& statement, std::string_view what);

struct Asked {
    Verdict verdict = Verdict::same_files;
    RuleSet rules;                       ///< no rule beyond these may have been on
    std::optional<std::int64_t> max_age; ///< seconds
    std::int64_t now = 0;                ///< unix seconds
};

/// Why the claim says less than is asked, a printable sentence each; empty where it says enough.
std::vector<std::string> shortfalls(const Claim& claim, const Asked& asked);

} // namespace touchstone
