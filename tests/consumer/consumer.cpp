// Opens two images with the installed headers and libraries, lists one, and links the renderer. What it prints is
// checked by the test that builds it (tests/consumer/run.sh).
#include "base/error.h"
#include "image/image.h"
#include "image/layer.h"
#include "image/reference.h"
#include "report/report.h"

#include <cstddef>
#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    try {
        const auto images = touchstone::open_images(touchstone::parse_reference(argv[1]));
        std::size_t entries = 0;
        for (const touchstone::LayerRef& layer : images.front().layers) {
            entries += touchstone::read_layer(layer, {}, nullptr)->entries.size();
        }
        const touchstone::Report report = touchstone::make_report({}, {}, touchstone::Verdict::same_files);
        std::cout << images.front().layers.size() << " layers, " << entries << " entries, "
                  << touchstone::render_json(report).size() << " bytes of an empty report\n";
        return 0;
    } catch (const touchstone::Error& error) {
        std::cerr << error.what() << '\n';
        return 2;
    }
}
