// Which recorded images the two sides stand on, where the user keeps a ledger of images: found by their layers, not by
// what they claim. Plain values that cli/ fills, because ledgers belong to attest/, and the words and the JSON that all
// renderers share.
#pragma once

#include "report/json_writer.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// What the layers of a base were recognized by.
enum class LayersBy : std::uint8_t {
    diff_id,
    canonical, ///< at least one of them: the same content, encoded differently
    promised,  ///< diffIDs that nobody computed: layers that both sides share and that were not listed, in another blob
};
std::string_view name_of(LayersBy by); ///< "diff-id", "canonical", "promised-diff-id"

struct RecordedBase {
    std::uint64_t sequence = 0; ///< of the entry in the ledger
    std::string time;           ///< RFC 3339, UTC
    std::string reference;      ///< raw
    std::optional<std::string> index;
    std::optional<std::string> manifest;
    std::uint64_t layers = 0; ///< so many from the bottom are the base's
    LayersBy by = LayersBy::diff_id;
};

enum class BaseRelation : std::uint8_t {
    none,         ///< no base is recorded, of either side
    one,          ///< of one side only
    same,         ///< both are the same image
    same_content, ///< two images whose layers have the same canonical forms
    different,
};
std::string_view name_of(BaseRelation relation); ///< "none", "one", "same", "same-content", "different"

struct RecordedBases {
    BaseRelation relation = BaseRelation::none;
    std::array<std::optional<RecordedBase>, 2> sides; ///< published, rebuilt
};

/// "debian:bookworm-slim@sha256:…, recorded 2026-03-02"; printable.
std::string recorded_base_text(const RecordedBase& base);
/// What is to be said of both, the most important line first; printable.
std::vector<std::string> recorded_bases_text(const RecordedBases& bases);
/// The members of a RecordedBase, inside an object.
void write_recorded_base_members(JsonWriter& json, const RecordedBase& base);
/// The member "bases"; nothing for null.
void write_recorded_bases(JsonWriter& json, const RecordedBases* bases);

} // namespace touchstone
