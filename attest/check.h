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

/// Statements of one command: more quorums than that are a typing error.
constexpr std::size_t most_statements = 256;

/// A file of several statements, a line each: one of each of an image's platforms. Those have some kilobytes each.
constexpr std::size_t longest_statement_file = std::size_t{32} << 20; // bytes

/// The image that statements should be about.
struct SoughtImage {
    std::string platform;                ///< for messages; raw, may be empty
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
    std::vector<SoughtImage> images;      ///< each must be spoken of; empty: none was named
    std::optional<std::size_t> threshold; ///< distinct keys that must agree; absent: every statement must say enough
    Revoked revoked;
};

struct SignedFile {
    std::string name; ///< raw
    std::string content;
};
/// The statements in a file: one document, or where the first line is a whole document and more follows, one a line
/// (JSON Lines), which are called "NAME:1" and so on. Throws over_limit for more than most_statements; what is no
/// envelope is for parse_envelope to say.
std::vector<SignedFile> statements_in(const std::string& name, const std::string& content);

struct CheckedStatement {
    std::string file;              ///< raw
    std::string digest;            ///< of the signed bytes
    std::vector<std::string> keys; ///< fingerprints of those that signed
    Statement statement;
    Claim claim;
    std::vector<std::size_t> about;      ///< places in CheckRequest::images
    std::string matched;                 ///< "manifest", "config" or "tree": by what the first was found; or empty
    std::vector<std::string> shortfalls; ///< printable; empty: it says enough
};

/// How many say enough about one image that was asked for.
struct CheckedImage {
    std::string platform;              ///< raw
    std::optional<std::string> digest; ///< of its manifest, else of its configuration
    std::size_t agreeing = 0;          ///< distinct keys
};

struct Check {
    std::vector<CheckedStatement> statements;
    std::vector<CheckedImage> images; ///< as in the request
    std::size_t agreeing = 0;         ///< distinct keys whose statements say enough; of several images, the fewest
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
