// See attestation.h. The layout is that of moby/buildkit docs/attestations/attestation-storage.md.
#include "image/attestation.h"

#include "base/error.h"
#include "image/document.h"
#include "image/manifest.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr std::string_view statement_type = "application/vnd.in-toto+json";
constexpr std::string_view predicate_key = "in-toto.io/predicate-type";
constexpr std::string_view provenance_prefix = "https://slsa.dev/provenance/";

std::string predicate_of(const Descriptor& layer) {
    if (layer.media_type != statement_type) return {};
    for (const auto& [key, value] : layer.annotations) {
        if (key == predicate_key && value.starts_with(provenance_prefix)) return value;
    }
    return {};
}

struct Statement {
    Descriptor descriptor;
    std::string predicate;
};

std::vector<Statement> statements_of(const BlobStore& store, const Descriptor& attestation) {
    const std::string what = fmt::format("manifest {}", attestation.digest.string());
    const std::string bytes = read_blob(store, attestation, manifest_limit, what);
    const Manifest manifest = parse_manifest(parse_document(bytes, what, manifest_limit), what, attestation.media_type);
    std::vector<Statement> statements;
    for (const Descriptor& layer : manifest.layers) {
        if (std::string predicate = predicate_of(layer); !predicate.empty()) {
            statements.push_back({layer, std::move(predicate)});
        }
    }
    return statements;
}

Provenance read_statement(const BlobStore& store, const Statement& statement, const Image& image) {
    const std::string what = fmt::format("statement {}", statement.descriptor.digest.string());
    const std::string bytes = read_blob(store, statement.descriptor, config_limit, what);
    std::vector<std::string> layers;
    for (const LayerRef& layer : image.layers) layers.push_back(layer.digest ? layer.digest->string() : std::string());
    return within(what, [&] {
        return read_provenance(bytes, statement.predicate, image.manifest ? image.manifest->string() : "", layers);
    });
}

Provenance not_used(std::string why) {
    Provenance provenance;
    provenance.unused = std::move(why);
    return provenance;
}

} // namespace

std::optional<Provenance> find_provenance(const BlobStore& store, std::span<const Descriptor> attestations,
                                          const Image& image) {
    if (attestations.empty()) return std::nullopt;
    // Which of several is meant nobody says, and two readers could take two.
    if (attestations.size() > 1) {
        return not_used(fmt::format("{} attestation manifests describe this image", attestations.size()));
    }
    try {
        const std::vector<Statement> statements = statements_of(store, attestations.front());
        if (statements.empty()) return std::nullopt; // an SBOM only
        if (statements.size() > 1) return not_used(fmt::format("there are {} of it", statements.size()));
        return read_statement(store, statements.front(), image);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        return not_used(error.what());
    }
}

} // namespace touchstone
