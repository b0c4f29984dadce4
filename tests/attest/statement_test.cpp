// What our statements say, read back with a JSON reader, and what refuses to be one.
#include "attest/claim.h"
#include "base/digest.h"
#include "tests/attest/support.h"

#include <doctest/doctest.h>

#include <tuple>

namespace touchstone::test {
namespace {

std::string at(const Json& json, std::initializer_list<std::string_view> path) {
    const Json* here = &json;
    for (const std::string_view name : path) {
        here = here->find(name);
        if (here == nullptr) return "absent";
    }
    return here->dump();
}

TEST_CASE("our predicate says what the verdict rests on") {
    const Statement statement = sample_statement(Verdict::equivalent);
    CHECK(statement.subjects.size() == 1);
    CHECK(is_about(statement, sha_a()));
    CHECK_FALSE(is_about(statement, sha_b()));
    CHECK(statement.subjects.front().name == "docker://registry.example/app:1");
    const Json& predicate = statement.predicate;
    CHECK(at(predicate, {"verdict"}) == "\"equivalent\"");
    CHECK(at(predicate, {"required"}) == "\"same-files\"");
    CHECK(at(predicate, {"pass"}) == "true");
    CHECK(at(predicate, {"createdOn"}) == "\"2026-03-01T10:00:00Z\"");
    CHECK(at(predicate, {"published", "manifest"}) == "\"" + sha_a() + "\"");
    CHECK(at(predicate, {"published", "config"}) == "\"" + sha_c() + "\"");
    CHECK(at(predicate, {"rebuilt", "manifest"}) == "\"" + sha_b() + "\"");
    CHECK(at(predicate, {"rules", "mtime"}) == "true");
    CHECK(at(predicate, {"rules", "owner"}) == "false");
    CHECK(at(predicate, {"hidden", "noise", "mtime"}) == "\"9007199254740993\""); // 2^53 + 1: no double holds it
    CHECK(at(predicate, {"hidden", "accepted", "count"}) == "0");
    const Report report = sample_report(Verdict::equivalent);
    CHECK(at(predicate, {"report", "digest", "sha256"}) ==
          "\"" + digest_of(as_bytes(render_json(report))).hex() + "\"");
}

TEST_CASE("the policy is a document whose digest stands beside it") {
    CHECK(render_policy({.rules = {"mtime", "order"}, .accept = {"gzip/1"}, .required = Verdict::accepted}) ==
          R"({"accept":["gzip/1"],"require":"accepted","rules":["mtime","order"],"schema":"touchstone.policy/1"})");
    const Json predicate = sample_statement(Verdict::identical).predicate;
    const Json& policy = *predicate.find("policy");
    const std::string document = unbase64(policy.find("content")->as_string());
    CHECK(at(policy, {"digest", "sha256"}) == "\"" + digest_of(as_bytes(document)).hex() + "\"");
}

TEST_CASE("a verification summary has the level of the verdict, or FAILED") {
    struct Row {
        Verdict verdict;
        Verdict required;
        std::string_view result;
        std::string_view levels;
    };
    for (const Row& row : {
             Row{Verdict::identical, Verdict::same_files, "PASSED",
                 R"(["SLSA_BUILD_LEVEL_UNEVALUATED","REPRODUCIBLE_BITWISE"])"},
             Row{Verdict::equivalent, Verdict::same_files, "PASSED",
                 R"(["SLSA_BUILD_LEVEL_UNEVALUATED","REPRODUCIBLE_CANONICAL"])"},
             Row{Verdict::same_files, Verdict::same_files, "PASSED",
                 R"(["SLSA_BUILD_LEVEL_UNEVALUATED","REPRODUCIBLE_FILES"])"},
             Row{Verdict::accepted, Verdict::accepted, "PASSED",
                 R"(["SLSA_BUILD_LEVEL_UNEVALUATED","REPRODUCIBLE_ACCEPTED"])"},
             Row{Verdict::equivalent, Verdict::identical, "FAILED", R"(["FAILED"])"},
             Row{Verdict::divergent, Verdict::same_files, "FAILED", R"(["FAILED"])"},
         }) {
        const Statement statement = sample_statement(row.verdict, PredicateKind::vsa, row.required);
        CHECK(statement.predicate_type == "https://slsa.dev/verification_summary/v1");
        CHECK(statement.predicate.find("verificationResult")->as_string() == row.result);
        CHECK(statement.predicate.find("verifiedLevels")->dump() == row.levels);
        CHECK(read_claim(statement, "s").verdict == (row.result == "PASSED" ? row.verdict : Verdict::divergent));
    }
}

TEST_CASE("a test-result says no more than what was required") {
    const Statement passed = sample_statement(Verdict::identical, PredicateKind::test_result);
    CHECK(passed.predicate_type == "https://in-toto.io/attestation/test-result/v0.1");
    CHECK(at(passed.predicate, {"passedTests"}) == R"(["same-files"])");
    CHECK(read_claim(passed, "s").verdict == Verdict::same_files);
    const Statement failed = sample_statement(Verdict::divergent, PredicateKind::test_result);
    CHECK(at(failed.predicate, {"result"}) == "\"FAILED\"");
    CHECK(read_claim(failed, "s").verdict == Verdict::divergent);
}

TEST_CASE("statements come back as they were") {
    for (const PredicateKind kind : {PredicateKind::touchstone, PredicateKind::vsa, PredicateKind::test_result}) {
        const std::string text = render_statement(sample_statement(Verdict::equivalent, kind));
        const Statement back = parse_statement(text, "s");
        CHECK(render_statement(back) == text);
        CHECK(is_about(back, sha_a()));
        CHECK_NOTHROW(read_claim(back, "s"));
    }
}

TEST_CASE("what is no statement is refused with its reason") {
    const auto statement = [](std::string_view subject, std::string_view predicate) {
        return R"({"_type":"https://in-toto.io/Statement/v1","subject":[)" + std::string(subject) +
               R"(],"predicateType":"x","predicate":)" + std::string(predicate) + "}";
    };
    const std::string subject = R"({"name":"n","digest":{"sha256":"aa"}})";
    std::string many = subject;
    for (std::size_t i = 0; i < most_subjects; ++i) many += "," + subject;
    struct Row {
        std::string text;
        std::string_view message;
    };
    const std::vector<Row> rows{
        {"hello", "statement"},
        {"{}", "\"_type\" is missing"},
        {R"({"_type":"https://example.com/S"})", "is no in-toto statement"},
        {statement("", "{}"), "no subject"},
        {statement(R"({"name":"n"})", "{}"), "\"digest\" is missing"},
        {statement(R"({"digest":{}})", "{}"), "without a digest"},
        {statement(subject, "[]"), "the predicate is no object"},
        {statement(many, "{}"), "1025 subjects, the limit is 1024"},
    };
    for (const Row& row : rows) {
        const std::string refusal = refusal_of([&] { parse_statement(row.text, "s"); });
        CHECK_MESSAGE(has(refusal, row.message), refusal);
    }
    CHECK(has(refusal_of([&] { read_claim(parse_statement(statement(subject, "{}"), "s"), "s"); }),
              "s: a predicate of another kind: x"));
}

TEST_CASE("a predicate that contradicts itself is refused") {
    const auto changed = [](std::string_view from, std::string_view to) {
        std::string text = render_statement(sample_statement(Verdict::equivalent));
        const std::size_t place = text.find(from);
        REQUIRE(place != std::string::npos);
        text.replace(place, from.size(), to);
        return refusal_of([&] { read_claim(parse_statement(text, "s"), "s"); });
    };
    CHECK(has(changed(R"("pass":true)", R"("pass":false)"), "\"pass\" contradicts the verdict"));
    CHECK(has(changed(R"("verdict":"equivalent")", R"("verdict":"great")"), "\"great\" is no verdict"));
    CHECK(has(changed(R"("createdOn":"2026)", R"("createdOn":"x)"), "no RFC 3339 time"));
    CHECK(has(changed(R"("sha256":"aaaa)", R"("sha256":"baaa)"), "name different images"));
    CHECK(has(changed(R"(,"content":"eyJhY2NlcHQiOltd)", R"(,"content":"eyJhY2NlcHQiOlsg)"), "policy"));
}

TEST_CASE("an image that nothing names cannot be a subject") {
    Report report = sample_report(Verdict::equivalent);
    report.comparisons.front().sides[0].manifest.reset();
    const AttestedRun run{.report = report, .names = {"docker-archive:a.tar", "b"}, .accept = {}, .time = sample_time};
    CHECK(is_about(make_statements(run, PredicateKind::touchstone).front(), sha_c()));
    report.comparisons.front().sides[0].config.reset();
    CHECK(has(refusal_of([&] { make_statements(run, PredicateKind::touchstone); }), "neither a manifest nor"));
}

TEST_CASE("of several platforms each has its own statement, which says what else there was") {
    std::vector<Comparison> comparisons;
    for (const auto& [platform, manifest, verdict] : {std::tuple{"linux/arm64", sha_b(), Verdict::divergent},
                                                      std::tuple{"linux/amd64", sha_a(), Verdict::equivalent}}) {
        Report one = sample_report(verdict);
        one.comparisons.front().sides[0].platform = platform;
        one.comparisons.front().sides[0].manifest = manifest;
        comparisons.push_back(std::move(one.comparisons.front()));
    }
    Finding lonely;
    lonely.path = "linux/s390x";
    lonely.published = "present";
    lonely.rebuilt = "absent";
    const Report report = make_report(std::move(comparisons), {lonely}, Verdict::same_files);
    CHECK_FALSE(report.pass);
    const AttestedRun run{.report = report, .names = {"a", "b"}, .accept = {}, .time = sample_time};
    for (const PredicateKind kind : {PredicateKind::touchstone, PredicateKind::vsa, PredicateKind::test_result}) {
        const std::vector<Statement> statements = make_statements(run, kind);
        REQUIRE(statements.size() == 2);
        CHECK(is_about(statements[0], sha_a()));
        CHECK_FALSE(is_about(statements[0], sha_b()));
        CHECK(is_about(statements[1], sha_b()));
        CHECK(meets(read_claim(statements[0], "s").verdict, Verdict::same_files));
        CHECK(read_claim(statements[1], "s").verdict == Verdict::divergent);
    }
    const Json predicate = make_statements(run, PredicateKind::touchstone)[0].predicate;
    CHECK(at(predicate, {"pass"}) == "true"); // of these images; the run's is false
    CHECK(at(predicate, {"platforms", "compared"}) == R"(["linux/amd64","linux/arm64"])");
    CHECK(at(predicate, {"platforms", "unpaired"}) == R"([{"platform":"linux/s390x","only":"published"}])");
    CHECK(at(predicate, {"report", "digest", "sha256"}) ==
          "\"" + digest_of(as_bytes(render_json(report))).hex() + "\"");
    CHECK(at(sample_statement(Verdict::equivalent).predicate, {"platforms"}) == "absent");
}

TEST_CASE("names leave out where files lie") {
    CHECK(attested_name({.transport = Transport::oci_archive, .path = "/home/me/app.tar", .selector = "v1"}) ==
          "oci-archive:app.tar:v1");
    CHECK(attested_name({.transport = Transport::oci, .path = "build/layout/"}) == "oci:layout");
    const Reference remote = parse_reference("docker://registry.example/team/app:1");
    CHECK(attested_name(remote) == "docker://registry.example/team/app:1");
}

} // namespace
} // namespace touchstone::test
