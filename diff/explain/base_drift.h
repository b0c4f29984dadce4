// V2, base-image: the two images stand on different releases or builds of one base, and a file of that base differs for
// that reason. Strict, because the base's name and digest are claims: only what lies in layers of the base on both
// sides, and nothing of security weight (a changed program stays on top until its package speaks for it).
#pragma once

#include "diff/explain/divergent.h"
#include "diff/explain/second_look.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

/// What is known of one image's base: from provenance, else from the annotations that image-spec annotations.md names.
struct BaseClaim {
    std::string name;
    std::string digest;
    std::size_t layers = 0; ///< so many from the bottom are surely the base's
};
/// Only of a base that is named with a digest. Annotations do not say how many layers it has: at least the lowest.
std::optional<BaseClaim> base_of(const Image& image);

/// The release that a root file system says it is: os-release(5), and the finer version files of Debian and Alpine.
struct BaseRelease {
    std::string id;      ///< ID
    std::string version; ///< all that tells releases apart, joined; empty: nothing known
};
BaseRelease release_of(std::string_view os_release, std::string_view version_file);

class BaseDrift {
public:
    BaseDrift(std::array<const Stack*, 2> stacks, std::array<const Tree*, 2> trees);

    /// Asks for the files that say which release this is, where they lie in the lowest layer.
    void want(SecondLook& look);
    /// After look.read().
    void read(const SecondLook& look);

    /// True when the file's content differs because the base image is another one.
    bool explains(const DivergentFile& file) const;

private:
    const Entry* lowest(std::size_t side, std::string_view path) const;

    std::array<const Stack*, 2> stacks_;
    std::array<const Tree*, 2> trees_;
    std::array<std::array<const Entry*, 2>, 2> release_files_{}; ///< by side: os-release, the version file
    std::array<std::size_t, 2> layers_{};                        ///< of the bases, where they differ; else 0
};

} // namespace touchstone
