// See predicate.h.
#include "attest/predicate.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/rfc3339.h"
#include "report/version.h"

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::array<PredicateRow, 3> predicates{{
    {PredicateKind::touchstone, "touchstone", TOUCHSTONE_URI "attestation/image-rebuild/v1"},
    {PredicateKind::vsa, "vsa", "https://slsa.dev/verification_summary/v1"},
    {PredicateKind::test_result, "test-result", "https://in-toto.io/attestation/test-result/v0.1"},
}};

constexpr std::array<LevelRow, 4> levels{{
    {Verdict::identical, "REPRODUCIBLE_BITWISE"},
    {Verdict::equivalent, "REPRODUCIBLE_CANONICAL"},
    {Verdict::same_files, "REPRODUCIBLE_FILES"},
    {Verdict::accepted, "REPRODUCIBLE_ACCEPTED"},
}};

/// More files than that are counted, not listed; the report, whose digest is there, has all.
constexpr std::size_t most_listed = 1000;

Json text(std::string_view value) {
    return Json::string(std::string(value));
}

Json optional_text(const std::optional<std::string>& value) {
    return value ? Json::string(utf8_or_escaped(*value)) : Json();
}

Json names_json(const std::vector<std::string>& names) {
    Json array = Json::array();
    for (const std::string& name : names) array.push_back(Json::string(name));
    return array;
}

Json digest_set(std::string_view bytes) {
    Json set = Json::object();
    set.set("sha256", Json::string(digest_of(as_bytes(bytes)).hex()));
    return set;
}

/// A ResourceDescriptor's digest of "sha256:<hex>".
Json digest_set_of(const std::string& digest) {
    const std::size_t colon = digest.find(':');
    Json set = Json::object();
    set.set(digest.substr(0, colon), Json::string(digest.substr(colon + 1)));
    return set;
}

/// The policy as a ResourceDescriptor that carries it whole, so that a reader needs no other file.
Json policy_json(const Policy& policy) {
    const std::string document = render_policy(policy);
    Json json = Json::object();
    json.set("uri", text(TOUCHSTONE_URI "policy/v1"));
    json.set("digest", digest_set(document));
    json.set("content", Json::string(base64(document)));
    json.set("mediaType", text("application/json"));
    return json;
}

Json report_json(const Report& report) {
    Json json = Json::object();
    json.set("name", text("report.json"));
    json.set("digest", digest_set(render_json(report)));
    json.set("mediaType", text("application/json"));
    return json;
}

Json side_json(const SideSummary& side, const std::string& name) {
    Json layers = Json::array();
    for (const LayerSummary& layer : side.layers) {
        Json item = Json::object();
        item.set("digest", optional_text(layer.digest));
        item.set("diffId", Json::string(layer.diff_id));
        if (layer.canonical) item.set("canonical", Json::string(*layer.canonical));
        layers.push_back(std::move(item));
    }
    Json json = Json::object();
    json.set("reference", Json::string(utf8_or_escaped(name)));
    json.set("platform", Json::string(utf8_or_escaped(side.platform)));
    json.set("mediaType", Json::string(utf8_or_escaped(side.media_type)));
    json.set("manifest", optional_text(side.manifest));
    json.set("config", optional_text(side.config));
    if (side.tree) json.set("tree", Json::string(*side.tree));
    json.set("layers", std::move(layers));
    return json;
}

Json rules_json(const RuleSet& rules) {
    Json json = Json::object();
    for (const RuleRow& row : rule_table()) json.set(std::string(row.name), Json::boolean(rules.has(row.rule)));
    return json;
}

Json accepted_json(const Comparison& comparison) {
    Json files = Json::array();
    std::size_t count = 0;
    if (comparison.explanation) {
        count = comparison.explanation->accepted.size();
        for (const AcceptedFile& file : comparison.explanation->accepted) {
            if (files.items().size() == most_listed) break;
            Json item = Json::object();
            item.set("path", Json::string(utf8_or_escaped(file.path)));
            item.set("rule", Json::string(file.rule));
            item.set("published", optional_text(file.content[0]));
            item.set("rebuilt", optional_text(file.content[1]));
            files.push_back(std::move(item));
        }
    }
    Json json = Json::object();
    json.set("count", count_json(count));
    json.set("files", std::move(files));
    return json;
}

Json hidden_json(const Comparison& comparison) {
    Json noise = Json::object();
    for (const auto& [fact, count] : comparison.findings.noise_counts()) {
        noise.set(utf8_or_escaped(fact), count_json(count));
    }
    Json json = Json::object();
    json.set("noise", std::move(noise));
    json.set("accepted", accepted_json(comparison));
    return json;
}

Json counts_json(const Comparison& comparison) {
    const std::vector<Finding>& list = comparison.findings.list();
    const auto security = std::count_if(list.begin(), list.end(),
                                        [](const Finding& finding) { return finding.weight == Weight::security; });
    Json json = Json::object();
    json.set("equal", count_json(comparison.summary.equal));
    json.set("added", count_json(comparison.summary.added));
    json.set("removed", count_json(comparison.summary.removed));
    json.set("changed", count_json(comparison.summary.changed));
    json.set("findings", count_json(list.size()));
    json.set("securityFindings", count_json(static_cast<std::uint64_t>(security)));
    return json;
}

/// What one statement is made of.
struct RunPart {
    const AttestedRun& run;
    const Comparison& comparison;
    const Json& policy; ///< descriptors: the same for all of a run
    const Json& report;
    bool pass;
};

Policy policy_of(const AttestedRun& run) {
    Policy policy{{}, run.accept, run.report.required};
    if (!run.report.comparisons.empty()) policy.rules = run.report.comparisons.front().rules.names();
    std::sort(policy.accept.begin(), policy.accept.end());
    return policy;
}

/// Who sees one statement of several must see that the image has more platforms, and which nobody could compare.
Json platforms_json(const Report& report) {
    Json compared = Json::array();
    for (const Comparison& comparison : report.comparisons) {
        compared.push_back(Json::string(utf8_or_escaped(comparison.sides[0].platform)));
    }
    Json unpaired = Json::array();
    for (const Finding& finding : report.unpaired) {
        Json item = Json::object();
        item.set("platform", Json::string(utf8_or_escaped(finding.path)));
        item.set("only", text(finding.published == "present" ? "published" : "rebuilt"));
        unpaired.push_back(std::move(item));
    }
    Json json = Json::object();
    json.set("compared", std::move(compared));
    json.set("unpaired", std::move(unpaired));
    return json;
}

Json ours(const RunPart& part) {
    const Comparison& comparison = part.comparison;
    const Report& report = part.run.report;
    Json verifier = Json::object();
    verifier.set("name", text("touchstone"));
    verifier.set("version", text(version()));
    Json json = Json::object();
    json.set("verifier", std::move(verifier));
    json.set("createdOn", Json::string(rfc3339(part.run.time)));
    json.set("verdict", text(name_of(comparison.verdict)));
    json.set("required", text(name_of(report.required)));
    json.set("pass", Json::boolean(part.pass));
    json.set("published", side_json(comparison.sides[0], part.run.names[0]));
    json.set("rebuilt", side_json(comparison.sides[1], part.run.names[1]));
    if (report.comparisons.size() > 1 || !report.unpaired.empty()) json.set("platforms", platforms_json(report));
    json.set("rules", rules_json(comparison.rules));
    json.set("hidden", hidden_json(comparison));
    json.set("counts", counts_json(comparison));
    json.set("policy", part.policy);
    json.set("report", part.report);
    return json;
}

std::string_view level_of(Verdict verdict) {
    const auto row =
        std::find_if(levels.begin(), levels.end(), [&](const LevelRow& r) { return r.verdict == verdict; });
    return row == levels.end() ? std::string_view() : row->level;
}

/// slsa.dev/spec/v1.0/verification_summary
Json summary(const RunPart& part) {
    Json versions = Json::object();
    versions.set("touchstone", text(version()));
    Json verifier = Json::object();
    verifier.set("id", text(TOUCHSTONE_URI "verifier/v1"));
    verifier.set("version", std::move(versions));
    Json verified = Json::array();
    const std::string_view level = level_of(part.comparison.verdict);
    if (part.pass && !level.empty()) {
        verified.push_back(text("SLSA_BUILD_LEVEL_UNEVALUATED"));
        verified.push_back(text(level));
    } else {
        verified.push_back(text("FAILED"));
    }
    Json json = Json::object();
    json.set("verifier", std::move(verifier));
    json.set("timeVerified", Json::string(rfc3339(part.run.time)));
    json.set("resourceUri", Json::string(utf8_or_escaped(part.run.names[0])));
    json.set("policy", part.policy);
    json.set("verificationResult", text(part.pass ? "PASSED" : "FAILED"));
    json.set("verifiedLevels", std::move(verified));
    json.set("slsaVersion", text("1.0"));
    return json;
}

/// in-toto/attestation, spec/predicates/test-result.md: one test, named by what was required.
Json test_result(const RunPart& part) {
    const SideSummary& rebuilt = part.comparison.sides[1];
    Json configuration = Json::array();
    configuration.push_back(part.policy);
    if (rebuilt.manifest) {
        Json image = Json::object();
        image.set("name", Json::string(utf8_or_escaped(part.run.names[1])));
        image.set("digest", digest_set_of(*rebuilt.manifest));
        configuration.push_back(std::move(image));
    }
    configuration.push_back(part.report);
    const std::vector<std::string> test{std::string(name_of(part.run.report.required))};
    Json json = Json::object();
    json.set("result", text(part.pass ? "PASSED" : "FAILED"));
    json.set("configuration", std::move(configuration));
    json.set("passedTests", names_json(part.pass ? test : std::vector<std::string>()));
    json.set("warnedTests", Json::array());
    json.set("failedTests", names_json(part.pass ? std::vector<std::string>() : test));
    return json;
}

Json predicate_of(const RunPart& part, PredicateKind kind) {
    if (kind == PredicateKind::vsa) return summary(part);
    return kind == PredicateKind::test_result ? test_result(part) : ours(part);
}

StatementSubject subject_of(const SideSummary& published, const std::string& name) {
    const std::optional<std::string>& digest = published.manifest ? published.manifest : published.config;
    if (!digest) {
        fail(ErrorKind::unsupported,
             "--attest: nothing names the published image: a bare tar has neither a manifest nor a configuration");
    }
    const std::size_t colon = digest->find(':');
    StatementSubject subject{.name = name, .digests = {}};
    subject.digests.emplace(digest->substr(0, colon), digest->substr(colon + 1));
    return subject;
}

} // namespace

std::span<const PredicateRow> predicate_table() {
    return predicates;
}

std::span<const LevelRow> level_table() {
    return levels;
}

std::string render_policy(const Policy& policy) {
    Json json = Json::object();
    json.set("accept", names_json(policy.accept));
    json.set("require", text(name_of(policy.required)));
    json.set("rules", names_json(policy.rules));
    json.set("schema", text("touchstone.policy/1"));
    return json.dump();
}

std::string attested_name(const Reference& reference) {
    if (reference.registry) return "docker://" + reference.registry->full_name();
    std::string path = reference.path;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    std::string name = std::string(name_of(reference.transport)) + ":" + path.substr(path.rfind('/') + 1);
    if (!reference.selector.empty()) name += ":" + reference.selector;
    return name;
}

std::vector<Statement> make_statements(const AttestedRun& run, PredicateKind kind) {
    const auto row =
        std::find_if(predicates.begin(), predicates.end(), [&](const PredicateRow& r) { return r.kind == kind; });
    const Json policy = policy_json(policy_of(run));
    const Json report = report_json(run.report);
    std::vector<Statement> statements;
    for (const Comparison& comparison : run.report.comparisons) {
        const RunPart part{run, comparison, policy, report, meets(comparison.verdict, run.report.required)};
        Statement statement;
        statement.subjects.push_back(subject_of(comparison.sides[0], run.names[0]));
        statement.predicate_type = row->type;
        statement.predicate = predicate_of(part, kind);
        statements.push_back(std::move(statement));
    }
    return statements;
}

} // namespace touchstone
