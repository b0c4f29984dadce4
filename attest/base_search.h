// The recorded image that another one is built on: the one all of whose layers are its lowest. What an image says of
// its base leads nobody here. base_files.h looks where layers were squashed.
#pragma once

#include "attest/ledger.h"
#include "attest/record.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// What tells layers apart.
struct KnownLayer {
    std::string diff_id;
    /// "clf1:…"; empty where it is not known, or cannot speak: known readers take something in the image differently.
    std::string canonical;
    std::optional<std::string> digest; ///< of the stored blob
};

/// As much of a ledger's entry as finding bases takes. A ledger is read and checked once, and forgotten but for this.
struct KnownImage {
    std::uint64_t sequence = 0;
    std::string time;      ///< RFC 3339
    std::string reference; ///< raw
    std::string platform;  ///< raw
    std::optional<std::string> index;
    std::optional<std::string> manifest;
    std::string image; ///< digest of the canonical manifest; may be empty
    std::string tree;  ///< "crf1:…"; may be empty
    std::vector<KnownLayer> layers;
    std::optional<ListingName> listing;
};

std::vector<KnownLayer> known_layers(const Record& record);
KnownImage known_image(const Record& record, std::uint64_t sequence);
/// All entries in their order. Throws unverified for a ledger that is not in order, and unreadable without one.
std::vector<KnownImage> read_known_images(const Ledger& ledger);

enum class BaseBy : std::uint8_t { diff_id, canonical, files };
std::string_view name_of(BaseBy by); ///< "diff-id", "canonical", "files"

struct FoundBase {
    std::size_t known = 0; ///< index into what was searched
    BaseBy by = BaseBy::diff_id;
    std::uint64_t held = 0;     ///< by files only: so many of the recorded ones are in the image unchanged
    std::uint64_t recorded = 0; ///< by files only
};

/// The entry with most layers, all of which, and fewer than all of the image's, are the lowest of `layers`, each by
/// diffID or else by canonical form. Of equals the one by diffIDs alone, then the newest.
std::optional<FoundBase> find_base(std::span<const KnownImage> known, std::span<const KnownLayer> layers);

/// The newest entry with the reference and the platform of `base`, where it came later and is of another manifest: the
/// tag has moved. Null where it has not, or nobody recorded it.
const KnownImage* moved_since(std::span<const KnownImage> known, const KnownImage& base);

} // namespace touchstone
