// What the tests of open_images share: a reference in one call, small images, and layers read back.
#pragma once

#include "image/image.h"
#include "tests/support/image_builder.h"
#include "tests/support/tar_builder.h"

#include <string>
#include <vector>

namespace touchstone::test {

inline std::vector<Image> open_text(const std::string& reference, const OpenOptions& options = {}) {
    return open_images(parse_reference(reference), options);
}

/// Two layers, the second with `mark` in it, so that specs with different marks are different images.
inline ImageSpec small_image(const std::string& mark = "mark", const std::string& ref = "") {
    return {.layer_tars = {TarBuilder().dir("etc/").file("etc/motd", "hello").finish(),
                           TarBuilder().file("mark", mark).finish()},
            .created_by = {"ADD rootfs.tar /", "RUN echo " + mark},
            .ref = ref};
}

inline std::string bytes_of(const LayerRef& layer) {
    const auto source = layer.open();
    return read_all(*source, std::uint64_t{1} << 30, layer.name);
}

inline bool has_oddity(const Image& image, OddityCode code) {
    for (const Oddity& oddity : image.oddities) {
        if (oddity.code == code) return true;
    }
    return false;
}

} // namespace touchstone::test
