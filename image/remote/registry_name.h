// Names of images in registries: docker://HOST/NAME:TAG@DIGEST, with Docker Hub's defaults. The grammar is that of the
// distribution spec (pull) and distribution/reference.
#pragma once

#include "base/digest.h"

#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

struct RegistryName {
    std::string host;       ///< lower case, with the port if there is one; "docker.io" for Docker Hub
    std::string repository; ///< "library/alpine"
    std::string tag;        ///< empty when there is a digest and no tag; never used when there is a digest
    std::optional<Digest> digest;
    std::string name() const;      ///< "docker.io/library/alpine"
    std::string full_name() const; ///< with tag and digest
    /// Where its registry answers: Docker Hub's is not at its name.
    std::string server() const;
};

/// Parses what stands behind "docker://". Throws usage, saying which rule it breaks.
RegistryName parse_registry_name(std::string_view text);

} // namespace touchstone
