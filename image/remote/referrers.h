// Artifacts that say of themselves that they are about an image (signatures, attestations, bills of materials), in the
// image's repository: found by the referrers API of the distribution spec 1.1 or by its tag scheme, and by cosign's
// older tags. Anybody who may push can make one: they are claims, listed and never trusted.
#pragma once

#include "base/digest.h"
#include "image/descriptor.h"
#include "image/remote/registry.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

/// Pages of one answer of the API, and referrers of one image: signed images have a handful, and a registry that names
/// thousands wants to be a nuisance.
inline constexpr std::size_t referrer_page_limit = 16;
inline constexpr std::size_t referrer_limit = 1000;
/// Layers of an artifact that are fetched, and bytes of all of them: attestations have one of some kilobytes, bills of
/// materials some megabytes.
inline constexpr std::size_t referrer_layer_limit = 64;
inline constexpr std::uint64_t referrer_bytes_limit = std::uint64_t{64} << 20;

enum class ReferrerSource : std::uint8_t {
    api,  ///< the registry keeps the list
    tag,  ///< the index under the tag "sha256-<hex>", which clients keep
    none, ///< there is neither
};
std::string_view name_of(ReferrerSource source); ///< "api", "tag", "none"

/// A tag by which cosign finds what belongs to an image.
struct ReferrerTag {
    std::string tag;                   ///< "sha256-<hex>.sig"
    std::string kind;                  ///< "sig", "att", "sbom"
    std::optional<std::string> digest; ///< what the registry says that it is; raw bytes, unverified
};

struct Referrers {
    ReferrerSource source = ReferrerSource::none;
    std::vector<Descriptor> entries; ///< in the registry's order, each digest once; unverified
    std::vector<ReferrerTag> tags;   ///< where find_tags was asked for
    std::vector<std::string> notes;  ///< printable: what there was but could not be used
};

struct ReferrerQuery {
    std::string artifact_type; ///< only these; empty = all
    bool find_tags = false;    ///< also cosign's tags: three more requests
};

/// What the repository says belongs to `subject`. An index that breaks the rules is none, with a note (distribution
/// spec, "Listing referrers"). Throws what Registry throws for answers of other kinds.
Referrers list_referrers(Registry& registry, const Digest& subject, const ReferrerQuery& query = {});

struct ReferrerBlob {
    Descriptor descriptor;
    std::string bytes; ///< verified against the descriptor
};

/// An artifact, whole: verified against the digest by which it was asked for, and its parts against it.
struct FetchedReferrer {
    Digest digest;
    std::string artifact_type;     ///< the config's type where the manifest has none, as the image-spec has it
    std::optional<Digest> subject; ///< absent for cosign's tags
    std::vector<std::pair<std::string, std::string>> annotations;
    std::vector<ReferrerBlob> layers;
};

/// The artifact with this digest or tag; nullopt when it is not there. The bytes are those that are named, nothing is
/// said of who wrote them. Throws unverified, malformed, over_limit.
std::optional<FetchedReferrer> fetch_referrer(const std::shared_ptr<Registry>& registry, const std::string& reference);

/// "sha256-<hex>" (distribution spec, "Referrers Tag Schema").
std::string referrers_tag(const Digest& subject);

} // namespace touchstone
