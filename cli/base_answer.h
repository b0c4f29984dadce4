// What `touchstone base` found, and how it is printed.
#pragma once

#include "attest/base_files.h"
#include "attest/base_search.h"
#include "cli/base_ask.h"
#include "image/provenance.h"

#include <cstdint>
#include <optional>
#include <string>

namespace touchstone {

/// Whether what an image says of its base is so.
enum class ClaimState : std::uint8_t { none, holds, fails, unknown };

struct BaseAnswer {
    Record image;
    std::optional<Provenance> provenance;
    std::optional<KnownImage> base;
    FoundBase found;                  ///< with a base
    std::optional<FileSearch> search; ///< where files were compared, because no layers were found
    std::optional<KnownImage> moved;  ///< what the ledger knows the base's name to have become
    std::optional<AskedName> asked;   ///< what the registry says; where that was wanted, and there is a base
};

/// By the annotation org.opencontainers.image.base.digest.
ClaimState annotation_claim(const BaseAnswer& answer);
/// By the images that provenance says went into the build: one of them is the base.
ClaimState provenance_claim(const BaseAnswer& answer);

std::string render_base_text(const BaseAnswer& answer);
/// touchstone.base/1 (docs/outputs.schema.json).
std::string render_base_json(const BaseAnswer& answer);

} // namespace touchstone
