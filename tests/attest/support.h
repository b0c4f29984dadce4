// Keys, reports and refusals for the tests of attest/.
#pragma once

#include "attest/keys.h"
#include "attest/predicate.h"
#include "base/error.h"
#include "base/printable.h"

#include <string>
#include <string_view>
#include <utility>

namespace touchstone::test {

/// The message of the Error that `work` ends with, or "no error".
template <class Work>
std::string refusal_of(Work&& work) {
    try {
        std::forward<Work>(work)();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

inline std::string pem_of(std::string_view label, std::string_view der) {
    return "-----BEGIN " + std::string(label) + "-----\n" + base64(der) + "\n-----END " + std::string(label) +
           "-----\n";
}

inline std::string unhex(std::string_view text) {
    const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        bytes += static_cast<char>(digit(text[i]) << 4U | digit(text[i + 1]));
    }
    return bytes;
}

/// Fails the test that asks for a passphrase without need.
inline AskPassphrase nobody() {
    return []() -> std::string { fail(ErrorKind::usage, "asked for a passphrase"); };
}

inline const std::string& sha_a() {
    static const std::string value = "sha256:" + std::string(64, 'a');
    return value;
}
inline const std::string& sha_b() {
    static const std::string value = "sha256:" + std::string(64, 'b');
    return value;
}
inline const std::string& sha_c() {
    static const std::string value = "sha256:" + std::string(64, 'c');
    return value;
}

/// A comparison of an image with manifest a and config c with one of manifest b.
inline Report sample_report(Verdict verdict, Verdict required = Verdict::same_files) {
    Comparison comparison;
    comparison.verdict = verdict;
    comparison.sides[0].manifest = sha_a();
    comparison.sides[0].config = sha_c();
    comparison.sides[0].reference = "docker://registry.example/app:1";
    comparison.sides[1].side = Side::rebuilt;
    comparison.sides[1].manifest = sha_b();
    comparison.findings.count_noise("mtime", (std::uint64_t{1} << 53) + 1);
    std::vector<Comparison> comparisons;
    comparisons.push_back(std::move(comparison));
    return make_report(std::move(comparisons), {}, required);
}

inline constexpr std::int64_t sample_time = 1772359200; // 2026-03-01T10:00:00Z

inline Statement sample_statement(Verdict verdict, PredicateKind kind = PredicateKind::touchstone,
                                  Verdict required = Verdict::same_files) {
    const Report report = sample_report(verdict, required);
    return make_statements({.report = report,
                            .names = {"docker://registry.example/app:1", "oci:rebuilt"},
                            .accept = {},
                            .time = sample_time},
                           kind)
        .front();
}

} // namespace touchstone::test
