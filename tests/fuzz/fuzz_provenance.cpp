// Any bytes as an in-toto statement about an image of four layers: refused with an Error, or read into lines that make
// sense. The first byte chooses the version of the predicate.
#include "base/error.h"
#include "image/provenance.h"

#include <cstdlib>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace touchstone;
    if (size == 0) return 0;
    std::vector<std::string> layers;
    for (const char digit : {'0', '1', '2', '3'}) layers.push_back("sha256:" + std::string(64, digit));
    const std::string_view type =
        data[0] % 2 == 0 ? "https://slsa.dev/provenance/v0.2" : "https://slsa.dev/provenance/v1";
    const std::string_view statement(reinterpret_cast<const char*>(data) + 1, size - 1);
    try {
        const Provenance found = read_provenance(statement, type, "sha256:" + std::string(64, 'a'), layers);
        if (!found.layers.empty() && found.layers.size() != layers.size()) std::abort();
        for (const std::optional<SourceLines>& lines : found.layers) {
            if (!lines) continue;
            if (lines->first == 0 || lines->last < lines->first || lines->text.size() > source_text_limit) std::abort();
        }
        if (found.base && (found.base->layers == 0 || found.base->layers > layers.size())) std::abort();
        for (const UsedImage& image : found.images) {
            if (image.uri.empty() || image.digest.size() != 7 + 64) std::abort();
        }
    } catch (const Error&) {
        return 0;
    }
    return 0;
}
