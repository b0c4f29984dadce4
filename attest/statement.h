// In-toto Statement v1 (github.com/in-toto/attestation, spec/v1/statement.md): which artifacts a predicate is about.
#pragma once

#include "base/json.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// sigstore-go's bounds, so that what is read here can be read there.
constexpr std::size_t most_subjects = 1024;
constexpr std::size_t most_subject_digests = 32;

struct StatementSubject {
    std::string name;                                        ///< raw; may be empty
    std::map<std::string, std::string, std::less<>> digests; ///< algorithm to lower-case hex; raw
};

struct Statement {
    std::vector<StatementSubject> subjects; ///< at least one
    std::string predicate_type;             ///< a URI; raw
    Json predicate;                         ///< an object
};

/// Reads v1, and v0.1, whose fields are the same and which cosign still writes. Throws malformed, over_limit or
/// unsupported; `what` is printable.
Statement parse_statement(std::string_view payload, std::string_view what);

/// One line without an LF; the same statement gives the same bytes.
std::string render_statement(const Statement& statement);

/// Whether a subject has this digest ("sha256:<hex>").
bool is_about(const Statement& statement, std::string_view digest);

/// A count as a number, or as a string where a double could not hold it (protobuf's Struct goes through doubles).
Json count_json(std::uint64_t value);

} // namespace touchstone
