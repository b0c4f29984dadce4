// Several signed statements against what somebody asks of them: who signed, about which image, and whether enough
// distinct keys say enough. Everything is judged from the bytes whose signature was verified.
#pragma once

#include "attest/claim.h"
#include "attest/envelope.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Files of one command: more quorums than that are a typing error.
constexpr std::size_t most_statements = 256;

/// The image that statements should be about.
struct SoughtImage {
    std::optional<std::string> manifest; ///< digests
    std::optional<std::string> config;
    /// The canonical tree, "crf1:…", or nothing; asked only for an image that has neither digest, because it costs
    /// reading all layers.
    std::function<std::optional<std::string>()> tree;
};

/// What does not count any more: a file of lines "key sha256:…" (PublicKey::fingerprint) and "statement sha256:…" (of
/// the signed bytes); "#" starts a comment.
struct Revoked {
    std::set<std::string, std::less<>> keys;
    std::set<std::string, std::less<>> statements;
};
/// Throws malformed, naming the line.
Revoked parse_revoked(std::string_view text, std::string_view what);

struct CheckRequest {
    std::vector<PublicKey> keys; ///< distinct
    Asked asked;
    std::optional<SoughtImage> image;
    std::optional<std::size_t> threshold; ///< distinct keys that must agree; absent: every statement must say enough
    Revoked revoked;
};

struct SignedFile {
    std::string name; ///< raw
    std::string content;
};

struct CheckedStatement {
    std::string file;              ///< raw
    std::string digest;            ///< of the signed bytes
    std::vector<std::string> keys; ///< fingerprints of those that signed
    Statement statement;
    Claim claim;
    std::string matched;                 ///< "manifest", "config" or "tree": by what the image was found; or empty
    std::vector<std::string> shortfalls; ///< printable; empty: it says enough
};

struct Check {
    std::vector<CheckedStatement> statements;
    std::size_t agreeing = 0; ///< distinct keys whose statements say enough
    std::size_t needed = 1;
    bool every = true; ///< no threshold: all statements must say enough, too
    bool pass = false;
};

/// Whether check_statements can take the file: readable, signed by a key that counts, not revoked, and of a kind that
/// is known. For what anybody may have put beside an image; what a user names shall fail with its reason.
bool is_usable(const SignedFile& file, const CheckRequest& request);

/// Throws unverified where a file has no signature of a key that counts, or was revoked; usage where statements that
/// would count together are about different images and none was named; and what the readers throw.
Check check_statements(const std::vector<SignedFile>& files, const CheckRequest& request);

} // namespace touchstone
