// See statement.h.
#include "attest/statement.h"

#include "attest/envelope.h"
#include "attest/fields.h"
#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::string_view statement_v1 = "https://in-toto.io/Statement/v1";
constexpr std::string_view statement_v01 = "https://in-toto.io/Statement/v0.1";

StatementSubject read_subject(const Json& json) {
    StatementSubject subject;
    if (const Json* const name = json.find("name")) subject.name = name->as_string();
    const std::vector<Json::Member>& digests = required_member(json, "digest").members();
    if (digests.size() > most_subject_digests) {
        fail(ErrorKind::over_limit,
             fmt::format("a subject with {} digests, the limit is {}", digests.size(), most_subject_digests));
    }
    for (const auto& [algorithm, value] : digests) subject.digests.emplace(algorithm, value.as_string());
    if (subject.digests.empty()) fail(ErrorKind::malformed, "a subject without a digest names nothing");
    return subject;
}

Statement read_statement(const Json& json) {
    const std::string& type = required_member(json, "_type").as_string();
    if (type != statement_v1 && type != statement_v01) {
        fail(ErrorKind::unsupported, fmt::format("_type \"{}\" is no in-toto statement", printable_short(type)));
    }
    Statement statement;
    const std::vector<Json>& subjects = required_member(json, "subject").items();
    if (subjects.empty()) fail(ErrorKind::malformed, "no subject");
    if (subjects.size() > most_subjects) {
        fail(ErrorKind::over_limit, fmt::format("{} subjects, the limit is {}", subjects.size(), most_subjects));
    }
    for (const Json& subject : subjects) statement.subjects.push_back(read_subject(subject));
    statement.predicate_type = required_member(json, "predicateType").as_string();
    statement.predicate = required_member(json, "predicate");
    if (!statement.predicate.is(Json::Kind::object)) fail(ErrorKind::malformed, "the predicate is no object");
    return statement;
}

} // namespace

const Json& required_member(const Json& object, std::string_view name) {
    const Json* const found = object.find(name);
    if (found == nullptr) fail(ErrorKind::malformed, fmt::format("\"{}\" is missing", name));
    return *found;
}

Statement parse_statement(std::string_view payload, std::string_view what) {
    return within(what, [&] { return read_statement(parse_json(payload, "statement", {.bytes = longest_envelope})); });
}

std::string render_statement(const Statement& statement) {
    Json subjects = Json::array();
    for (const StatementSubject& subject : statement.subjects) {
        Json digests = Json::object();
        for (const auto& [algorithm, value] : subject.digests) digests.set(algorithm, Json::string(value));
        Json item = Json::object();
        item.set("name", Json::string(utf8_or_escaped(subject.name)));
        item.set("digest", std::move(digests));
        subjects.push_back(std::move(item));
    }
    Json json = Json::object();
    json.set("_type", Json::string(std::string(statement_v1)));
    json.set("subject", std::move(subjects));
    json.set("predicateType", Json::string(statement.predicate_type));
    json.set("predicate", statement.predicate);
    return json.dump();
}

bool is_about(const Statement& statement, std::string_view digest) {
    const std::size_t colon = digest.find(':');
    if (colon == std::string_view::npos) return false;
    return std::any_of(statement.subjects.begin(), statement.subjects.end(), [&](const StatementSubject& subject) {
        const auto found = subject.digests.find(digest.substr(0, colon));
        return found != subject.digests.end() && found->second == digest.substr(colon + 1);
    });
}

Json count_json(std::uint64_t value) {
    constexpr std::uint64_t exact = std::uint64_t{1} << 53;
    return value <= exact ? Json::number(static_cast<std::int64_t>(value)) : Json::string(std::to_string(value));
}

} // namespace touchstone
