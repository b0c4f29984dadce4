// What a registry says today of the name under which a base was recorded.
#pragma once

#include "attest/base_search.h"
#include "image/image.h"

#include <cstdint>
#include <optional>
#include <string>

namespace touchstone {

struct AskedName {
    enum class Answer : std::uint8_t { same, moved, gone, not_asked };
    Answer answer = Answer::not_asked;
    std::string why;                     ///< nobody was asked; printable
    std::optional<std::string> index;    ///< what the tag names now
    std::optional<std::string> manifest; ///< of the base's platform; absent where there is none any more
};
std::string_view name_of(AskedName::Answer answer); ///< "same", "moved", "gone", "not-asked"

/// Asks the registry of a base that was recorded by a tag. Its name must not lead elsewhere: manifests only are read,
/// and no layer. Throws what open_images throws, but for a tag or a platform that is not there any more.
AskedName ask_registry(const KnownImage& base, const OpenOptions& options);

} // namespace touchstone
