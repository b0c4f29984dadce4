// Statements as BuildKit writes them, after a real one (zlabjp/slsa-provenance-test's README: v0.2, mode=max) and after
// moby/buildkit docs/attestations/slsa-definitions.md for v1. What a test wants spoiled it changes in the text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace touchstone::test {

enum class ProvenanceForm : std::uint8_t { v0_2, v1 };

/// One build step. Its number is its place in the list.
struct ProvenanceStep {
    std::string image;  ///< what it fetches, "docker.io/library/alpine:3.17@sha256:…"; empty for other steps
    unsigned first = 0; ///< line of the Dockerfile; 0: no location
    unsigned last = 0;  ///< 0: as `first`
    std::vector<std::string> layers; ///< the chain of digests that came out of it; empty: none is named
};

struct ProvenanceSpec {
    ProvenanceForm form = ProvenanceForm::v0_2;
    std::string manifest; ///< "sha256:…", the subject
    std::string dockerfile;
    std::vector<ProvenanceStep> steps;
    std::string materials; ///< JSON of `materials` (v0.2) or `resolvedDependencies` (v1); empty: there are none
};

std::string predicate_type(ProvenanceForm form);
std::string make_statement(const ProvenanceSpec& spec);

} // namespace touchstone::test
