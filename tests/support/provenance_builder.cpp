#include "tests/support/provenance_builder.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

namespace touchstone::test {

namespace {

using Document = nlohmann::ordered_json;

std::string base64_of(const std::string& bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '\0');
    std::vector<unsigned char> out(text.size() + 1);
    const int size = EVP_EncodeBlock(out.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(size)};
}

Document step_of(const ProvenanceStep& step, std::size_t number) {
    Document op{{"constraints", Document::object()}};
    if (step.image.empty()) {
        op["Op"] = Document{{"exec", {{"meta", {{"args", {"/bin/sh", "-c", "true"}}, {"cwd", "/"}}}}}};
    } else {
        op["Op"] = Document{{"source", {{"identifier", "docker-image://" + step.image}}}};
    }
    Document result{{"id", fmt::format("step{}", number)}, {"op", op}};
    if (number > 0) result["inputs"] = Document::array({fmt::format("step{}:0", number - 1)});
    return result;
}

Document location_of(const ProvenanceStep& step) {
    if (step.first == 0) return Document::object(); // as BuildKit writes it for a step without one
    const unsigned last = step.last == 0 ? step.first : step.last;
    const Document range{{"start", {{"line", step.first}}}, {"end", {{"line", last}}}};
    return Document{{"locations", Document::array({Document{{"ranges", Document::array({range})}}})}};
}

Document chain_of(const ProvenanceStep& step) {
    Document chain = Document::array();
    for (const std::string& digest : step.layers) {
        chain.push_back(Document{
            {"mediaType", "application/vnd.oci.image.layer.v1.tar+gzip"}, {"digest", digest}, {"size", 29533839}});
    }
    return Document::array({chain});
}

} // namespace

std::string predicate_type(ProvenanceForm form) {
    return form == ProvenanceForm::v0_2 ? "https://slsa.dev/provenance/v0.2" : "https://slsa.dev/provenance/v1";
}

std::string make_statement(const ProvenanceSpec& spec) {
    Document steps = Document::array();
    Document locations = Document::object();
    Document layers = Document::object();
    for (std::size_t i = 0; i < spec.steps.size(); ++i) {
        steps.push_back(step_of(spec.steps[i], i));
        locations[fmt::format("step{}", i)] = location_of(spec.steps[i]);
        if (!spec.steps[i].layers.empty()) layers[fmt::format("step{}:0", i)] = chain_of(spec.steps[i]);
    }
    steps.push_back(Document{{"id", fmt::format("step{}", spec.steps.size())}, {"op", {{"Op", nullptr}}}});
    const Document info{{"filename", "Dockerfile"}, {"language", "Dockerfile"}, {"data", base64_of(spec.dockerfile)}};
    const Document metadata{{"source", {{"locations", locations}, {"infos", Document::array({info})}}},
                            {"layers", layers}};
    const Document config{{"llbDefinition", steps}};
    Document predicate;
    if (spec.form == ProvenanceForm::v0_2) {
        predicate = {{"buildType", "https://mobyproject.org/buildkit@v1"},
                     {"buildConfig", config},
                     {"metadata",
                      {{"buildInvocationID", "yape2zf8kh5omd5fte3ja6kas"},
                       {"https://mobyproject.org/buildkit@v1#metadata", metadata}}}};
    } else {
        predicate = {{"buildDefinition", {{"internalParameters", {{"buildConfig", config}}}}},
                     {"runDetails", {{"metadata", {{"buildkit_metadata", metadata}}}}}};
    }
    if (!spec.materials.empty()) {
        const Document materials = Document::parse(spec.materials);
        if (spec.form == ProvenanceForm::v0_2) {
            predicate["materials"] = materials;
        } else {
            predicate["buildDefinition"]["resolvedDependencies"] = materials;
        }
    }
    const Document subject{{"name", "pkg:docker/app@1?platform=linux%2Famd64"},
                           {"digest", {{"sha256", spec.manifest.substr(spec.manifest.find(':') + 1)}}}};
    return Document{{"_type", spec.form == ProvenanceForm::v0_2 ? "https://in-toto.io/Statement/v0.1"
                                                                : "https://in-toto.io/Statement/v1"},
                    {"predicateType", predicate_type(spec.form)},
                    {"subject", Document::array({subject})},
                    {"predicate", predicate}}
        .dump();
}

} // namespace touchstone::test
