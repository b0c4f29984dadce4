// Quorums and requirements: who must agree, about what, and what is too little.
#include "attest/check.h"
#include "attest/check_listing.h"
#include "base/digest.h"
#include "tests/attest/support.h"

#include <doctest/doctest.h>

#include <array>

namespace touchstone::test {
namespace {

const std::array<PrivateKey, 3>& keys() {
    static const std::array<PrivateKey, 3> made{PrivateKey::generate(KeyType::ed25519),
                                                PrivateKey::generate(KeyType::ed25519),
                                                PrivateKey::generate(KeyType::ecdsa_p256)};
    return made;
}

SignedFile signed_by(std::size_t key, const Statement& statement, const std::string& name = "file") {
    return {name, render_envelope(sign_payload(render_statement(statement), keys().at(key)), EnvelopeForm::dsse, "")};
}

CheckRequest request() {
    CheckRequest result;
    for (const PrivateKey& key : keys()) result.keys.push_back(key.public_key());
    result.asked.now = sample_time + 60;
    return result;
}

std::string shortfall(const Statement& statement, const CheckRequest& asked) {
    const Check check = check_statements({signed_by(0, statement)}, asked);
    CHECK(check.pass == check.statements.front().shortfalls.empty());
    return check.pass ? "enough" : check.statements.front().shortfalls.front();
}

TEST_CASE("a threshold counts distinct keys, not signatures or files") {
    const Statement good = sample_statement(Verdict::equivalent);
    CheckRequest two = request();
    two.threshold = 2;
    CHECK_FALSE(check_statements({signed_by(0, good), signed_by(0, good)}, two).pass);
    CHECK(check_statements({signed_by(0, good), signed_by(2, good)}, two).pass);
    // One envelope with two signatures of one key, and of two keys.
    Envelope envelope = sign_payload(render_statement(good), keys()[0]);
    const auto render = [&] { return SignedFile{"file", render_envelope(envelope, EnvelopeForm::dsse, "")}; };
    envelope.signatures.push_back(envelope.signatures.front());
    CHECK_FALSE(check_statements({render()}, two).pass);
    envelope.signatures.push_back(sign_payload(envelope.payload, keys()[1]).signatures.front());
    CHECK(check_statements({render()}, two).agreeing == 2);
}

TEST_CASE("with a threshold others may say less, without one all must say enough") {
    const std::vector<SignedFile> files{signed_by(0, sample_statement(Verdict::equivalent)),
                                        signed_by(1, sample_statement(Verdict::divergent))};
    CHECK_FALSE(check_statements(files, request()).pass);
    CheckRequest one = request();
    one.threshold = 1;
    CHECK(check_statements(files, one).pass);
    one.threshold = 2;
    CHECK_FALSE(check_statements(files, one).pass);
}

TEST_CASE("every requirement has its own sentence") {
    const Statement good = sample_statement(Verdict::equivalent);
    CHECK(shortfall(good, request()) == "enough");
    CheckRequest asked = request();
    asked.asked.verdict = Verdict::identical;
    CHECK(has(shortfall(good, asked), "below the level asked for: equivalent, not identical"));

    asked = request();
    asked.asked.now = sample_time - clock_skew;
    CHECK(shortfall(good, asked) == "enough");
    asked.asked.now -= 1;
    CHECK(has(shortfall(good, asked), "dated in the future: 2026-03-01T10:00:00Z"));

    asked = request();
    asked.asked.max_age = 60;
    CHECK(shortfall(good, asked) == "enough");
    asked.asked.max_age = 59;
    CHECK(has(shortfall(good, asked), "older than asked for: 2026-03-01T10:00:00Z"));
    CHECK(has(shortfall(sample_statement(Verdict::identical, PredicateKind::test_result), asked),
              "does not say when it was made"));

    asked = request();
    asked.asked.rules.set(Rule::mtime, false);
    CHECK(has(shortfall(good, asked), "by rules beyond those asked for: mtime"));
    asked.asked.rules.set(Rule::mtime, true);
    asked.asked.rules.set(Rule::owner, true); // stricter statements are enough
    CHECK(shortfall(good, asked) == "enough");

    asked = request();
    asked.images = {SoughtImage{.manifest = sha_b()}};
    CHECK(has(shortfall(good, asked), "it is about another image: " + sha_a() + ", not " + sha_b()));
}

TEST_CASE("a summary whose policy is only named does not say its rules") {
    Statement summary = sample_statement(Verdict::identical, PredicateKind::vsa);
    std::string text = render_statement(summary);
    text.replace(text.find("\"content\""), 9, "\"xontent\"");
    CHECK(has(shortfall(parse_statement(text, "s"), request()), "under which rules"));
}

TEST_CASE("an image is found by its manifest, else its configuration, and a bare tar by its tree") {
    Statement statement = sample_statement(Verdict::equivalent);
    const auto matched = [&](const SoughtImage& image) {
        CheckRequest asked = request();
        asked.images = {image};
        return check_statements({signed_by(0, statement)}, asked).statements.front().matched;
    };
    const auto tree = [](std::string value) { return [value] { return std::optional(value); }; };
    CHECK(matched({.manifest = sha_a(), .config = sha_c()}) == "manifest");
    CHECK(matched({.manifest = sha_b(), .config = sha_c()}) == "config");
    CHECK(matched({.manifest = sha_b(), .config = sha_b()}).empty());
    CHECK(matched({.tree = tree("crf1:x")}).empty()); // the statement has none
    Report report = sample_report(Verdict::equivalent);
    report.comparisons.front().sides[0].tree = "crf1:x";
    statement = make_statements({report, {"a", "b"}, {}, sample_time}, PredicateKind::touchstone).front();
    CHECK(matched({.tree = tree("crf1:x")}) == "tree");
    CHECK(matched({.tree = tree("crf1:y")}).empty());
    CHECK(matched({.config = sha_b(), .tree = tree("crf1:x")}).empty()); // equal files under another configuration
}

TEST_CASE("statements about different images do not add up") {
    Report other = sample_report(Verdict::equivalent);
    other.comparisons.front().sides[0].manifest = sha_b();
    const Statement about_b = make_statements({other, {"x", "y"}, {}, sample_time}, PredicateKind::touchstone).front();
    CheckRequest two = request();
    two.threshold = 2;
    const std::vector<SignedFile> files{signed_by(0, sample_statement(Verdict::equivalent)), signed_by(1, about_b)};
    CHECK(has(refusal_of([&] { check_statements(files, two); }), "different images"));
    two.images = {SoughtImage{.manifest = sha_a()}};
    CHECK_FALSE(check_statements(files, two).pass);
}

TEST_CASE("of several platforms each must be spoken of, and by enough keys") {
    const auto about = [](const std::string& manifest, Verdict verdict) {
        Report report = sample_report(verdict);
        report.comparisons.front().sides[0].manifest = manifest;
        report.comparisons.front().sides[0].config.reset();
        return make_statements({report, {"x", "y"}, {}, sample_time}, PredicateKind::touchstone).front();
    };
    const Statement a = about(sha_a(), Verdict::equivalent);
    const Statement b = about(sha_b(), Verdict::equivalent);
    CheckRequest both = request();
    both.images = {SoughtImage{.platform = "linux/amd64", .manifest = sha_a()},
                   SoughtImage{.platform = "linux/arm64", .manifest = sha_b()}};
    CHECK(check_statements({signed_by(0, a), signed_by(0, b)}, both).pass);
    const Check lacking = check_statements({signed_by(0, a)}, both);
    CHECK_FALSE(lacking.pass);
    CHECK(has(render_check_text(lacking, false),
              "  NOT ENOUGH  linux/arm64, " + sha_b() + ": 0 distinct keys say enough\n"));
    CHECK_FALSE(check_statements({signed_by(0, a), signed_by(0, about(sha_b(), Verdict::divergent))}, both).pass);
    const Check stray =
        check_statements({signed_by(0, a), signed_by(0, b), signed_by(0, about(sha_c(), Verdict::identical))}, both);
    CHECK_FALSE(stray.pass);
    CHECK(has(stray.statements[2].shortfalls.front(), "another image: " + sha_c() + ", not one of 2 platforms"));
    both.threshold = 2;
    const std::vector<SignedFile> three{signed_by(0, a), signed_by(1, a), signed_by(0, b)};
    CHECK(check_statements(three, both).agreeing == 1); // three statements, two keys, but one about b
    CHECK_FALSE(check_statements(three, both).pass);
    CHECK(check_statements({signed_by(0, a), signed_by(1, a), signed_by(0, b), signed_by(2, b)}, both).pass);
}

TEST_CASE("a file has one document, or one on each line") {
    const auto names = [](const std::string& content) {
        std::string text;
        for (const SignedFile& file : statements_in("f", content)) text += file.name + "=" + file.content + ";";
        return text;
    };
    CHECK(names("{}") == "f={};");
    CHECK(names("{}\n") == "f={}\n;");
    CHECK(names("{}\n \n\n") == "f={}\n \n\n;");
    CHECK(names("{\n}\n") == "f={\n}\n;");
    CHECK(names("{}\n{\"a\":1}\r\n") == "f:1={};f:2={\"a\":1};");
    CHECK(names("{}\n\n{}") == "f:1={};f:2=;f:3={};"); // an empty line is no envelope
    CHECK(names("{}\nx") == "f:1={};f:2=x;");
    CHECK(names("x\n{}") == "f=x\n{};");
    CHECK(names("").size() == 3);
    std::string many;
    for (std::size_t i = 0; i <= most_statements; ++i) many += "{}\n";
    CHECK(has(refusal_of([&] { statements_in("f", many); }), "f: more than 256 statements"));
}

TEST_CASE("what was revoked does not count") {
    const SignedFile file = signed_by(0, sample_statement(Verdict::equivalent));
    const std::string digest = digest_of(as_bytes(render_statement(sample_statement(Verdict::equivalent)))).string();
    CheckRequest asked = request();
    asked.revoked = parse_revoked("# gone\n\nkey  " + keys()[0].public_key().fingerprint() + " # stolen\r\n", "r");
    CHECK(has(refusal_of([&] { check_statements({file}, asked); }), "file: signed by a revoked key only"));
    asked.revoked = parse_revoked("statement " + digest, "r");
    CHECK(has(refusal_of([&] { check_statements({file}, asked); }), "file: the statement was revoked"));
    CHECK(has(refusal_of([&] { parse_revoked("\nkey x\n", "r"); }), "r: line 2"));
    CHECK(has(refusal_of([&] { parse_revoked("keys sha256:00\n", "r"); }), "r: line 1: expected"));
}

TEST_CASE("a file that was not signed by a key that counts is trouble") {
    CheckRequest asked = request();
    asked.keys.erase(asked.keys.begin());
    const SignedFile file = signed_by(0, sample_statement(Verdict::equivalent), "\x1b[2J");
    CHECK(has(refusal_of([&] { check_statements({file}, asked); }), "\\x1b[2J: the signature does not match"));
}

TEST_CASE("texts of signers are escaped, and what is only shown is called not verified") {
    Report report = sample_report(Verdict::equivalent);
    const Statement statement =
        make_statements({report, {"\x1b[31mred", "b"}, {}, sample_time}, PredicateKind::touchstone).front();
    const SignedFile file = signed_by(0, statement);
    const std::string text = render_check_text(check_statements({file}, request()), false);
    CHECK(text.starts_with("VERIFIED  1 key says enough, 1 needed\n"));
    CHECK(text.find('\x1b') == std::string::npos);
    const std::string shown = render_envelope_text(parse_envelope(file.content, "file"), "file");
    CHECK(shown.starts_with("NOT VERIFIED"));
    CHECK(shown.find('\x1b') == std::string::npos);
}

} // namespace
} // namespace touchstone::test
