// See claim.h.
#include "attest/claim.h"

#include "attest/fields.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/rfc3339.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

std::vector<std::string> texts(const Json& array) {
    std::vector<std::string> result;
    for (const Json& item : array.items()) result.push_back(item.as_string());
    return result;
}

std::optional<std::string> optional_text(const Json& object, std::string_view name) {
    const Json* const found = object.find(name);
    if (found == nullptr || found->is_null()) return std::nullopt;
    return found->as_string();
}

Verdict read_verdict(const std::string& text) {
    for (const Verdict verdict :
         {Verdict::identical, Verdict::equivalent, Verdict::same_files, Verdict::accepted, Verdict::divergent}) {
        if (text == name_of(verdict)) return verdict;
    }
    fail(ErrorKind::malformed, fmt::format("\"{}\" is no verdict", printable_short(text)));
}

std::int64_t read_time(const std::string& text) {
    if (const auto seconds = parse_rfc3339(text)) return *seconds;
    fail(ErrorKind::malformed, fmt::format("\"{}\" is no RFC 3339 time", printable_short(text)));
}

bool read_result(const Json& predicate, std::string_view name) {
    const std::string& result = required_member(predicate, name).as_string();
    if (result != "PASSED" && result != "FAILED" && result != "WARNED") {
        fail(ErrorKind::malformed, fmt::format("{}: \"{}\" is no result", name, printable_short(result)));
    }
    return result == "PASSED";
}

/// The policy that a descriptor carries; nothing where it is another's or only named. Its digest must be right.
std::optional<Policy> read_policy(const Json& descriptor) {
    const Json* const content = descriptor.find("content");
    if (content == nullptr) return std::nullopt;
    const std::string document = unbase64(content->as_string());
    const Json json = parse_json(document, "policy");
    const Json* const schema = json.find("schema");
    if (schema == nullptr || !schema->is(Json::Kind::string) || schema->as_string() != "touchstone.policy/1") {
        return std::nullopt;
    }
    if (required_member(required_member(descriptor, "digest"), "sha256").as_string() !=
        digest_of(as_bytes(document)).hex()) {
        fail(ErrorKind::malformed, "the policy is not the one that its digest names");
    }
    return Policy{.rules = texts(required_member(json, "rules")),
                  .accept = texts(required_member(json, "accept")),
                  .required = read_verdict(required_member(json, "require").as_string())};
}

std::optional<Policy> policy_in(const Json& predicate) {
    return within("policy", [&] { return read_policy(required_member(predicate, "policy")); });
}

Claim read_ours(const Statement& statement) {
    const Json& predicate = statement.predicate;
    Claim claim;
    claim.verdict = read_verdict(required_member(predicate, "verdict").as_string());
    const Verdict required = read_verdict(required_member(predicate, "required").as_string());
    if (required_member(predicate, "pass").as_boolean() != meets(claim.verdict, required)) {
        fail(ErrorKind::malformed, "\"pass\" contradicts the verdict");
    }
    claim.time = read_time(required_member(predicate, "createdOn").as_string());
    claim.policy = policy_in(predicate);
    const Json& published = required_member(predicate, "published");
    claim.config = optional_text(published, "config");
    claim.tree = optional_text(published, "tree");
    const std::optional<std::string> manifest = optional_text(published, "manifest");
    const std::string named = manifest.value_or(claim.config.value_or(""));
    if (!is_about(statement, named)) fail(ErrorKind::malformed, "subject and predicate name different images");
    const Json& verifier = required_member(predicate, "verifier");
    claim.tool = required_member(verifier, "name").as_string() + " " + required_member(verifier, "version").as_string();
    return claim;
}

Claim read_summary(const Json& predicate) {
    Claim claim{.kind = PredicateKind::vsa};
    claim.tool = required_member(required_member(predicate, "verifier"), "id").as_string();
    claim.policy = policy_in(predicate);
    if (const auto time = optional_text(predicate, "timeVerified")) claim.time = read_time(*time);
    const bool passed = read_result(predicate, "verificationResult");
    const std::vector<std::string> verified = texts(required_member(predicate, "verifiedLevels"));
    if (!passed || std::find(verified.begin(), verified.end(), "FAILED") != verified.end()) return claim;
    for (const LevelRow& row : level_table()) {
        if (std::find(verified.begin(), verified.end(), row.level) == verified.end()) continue;
        claim.verdict = row.verdict;
        break; // the table has the best first
    }
    return claim;
}

Claim read_test_result(const Json& predicate) {
    Claim claim{.kind = PredicateKind::test_result};
    const bool passed = read_result(predicate, "result");
    for (const Json& descriptor : required_member(predicate, "configuration").items()) {
        if (!claim.policy) claim.policy = within("configuration", [&] { return read_policy(descriptor); });
    }
    const Json* const tests = predicate.find("passedTests");
    if (!passed || tests == nullptr || !claim.policy) return claim;
    // The one test is the required verdict; what was reached beyond it, this predicate cannot say.
    const std::vector<std::string> names = texts(*tests);
    const bool listed = std::find(names.begin(), names.end(), name_of(claim.policy->required)) != names.end();
    if (listed) claim.verdict = claim.policy->required;
    return claim;
}

std::optional<std::string> rules_beyond(const Claim& claim, const RuleSet& allowed) {
    if (!claim.policy) return "it does not say under which rules it was made";
    const std::vector<std::string> names = allowed.names();
    std::string beyond;
    for (const std::string& rule : claim.policy->rules) {
        if (std::find(names.begin(), names.end(), rule) != names.end()) continue;
        beyond += (beyond.empty() ? "" : ", ") + printable_short(rule);
    }
    if (beyond.empty()) return std::nullopt;
    return fmt::format("it hides differences by rules beyond those asked for: {}", beyond);
}

} // namespace

Claim read_claim(const Statement& statement, std::string_view what) {
    const std::span<const PredicateRow> table = predicate_table();
    const auto row = std::find_if(table.begin(), table.end(),
                                  [&](const PredicateRow& r) { return r.type == statement.predicate_type; });
    if (row == table.end()) {
        fail(ErrorKind::unsupported,
             fmt::format("{}: a predicate of another kind: {}", what, printable_short(statement.predicate_type)));
    }
    return within(fmt::format("{}: {} predicate", what, row->name), [&] {
        if (row->kind == PredicateKind::vsa) return read_summary(statement.predicate);
        if (row->kind == PredicateKind::test_result) return read_test_result(statement.predicate);
        return read_ours(statement);
    });
}

std::vector<std::string> shortfalls(const Claim& claim, const Asked& asked) {
    std::vector<std::string> result;
    if (!meets(claim.verdict, asked.verdict)) {
        result.push_back(fmt::format("its verdict is below the level asked for: {}, not {}", name_of(claim.verdict),
                                     name_of(asked.verdict)));
    }
    if (auto beyond = rules_beyond(claim, asked.rules)) result.push_back(std::move(*beyond));
    if (claim.time && *claim.time > asked.now + clock_skew) {
        result.push_back(fmt::format("it is dated in the future: {}", rfc3339(*claim.time)));
    }
    if (!asked.max_age) return result;
    if (!claim.time) {
        result.emplace_back("it does not say when it was made, and an age was asked for");
    } else if (*claim.time < asked.now - *asked.max_age) {
        result.push_back(fmt::format("it is older than asked for: {}", rfc3339(*claim.time)));
    }
    return result;
}

} // namespace touchstone
