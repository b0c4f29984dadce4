// Image documents from a stranger: index, manifest, config, descriptor, a docker archive's manifest.json, references'
// selectors. The first byte chooses the parser; only Error may come out, and what is accepted keeps its promises.
#include "base/bytes.h"
#include "base/error.h"
#include "image/descriptor.h"
#include "image/docker_archive.h"
#include "image/document.h"
#include "image/manifest.h"
#include "image/select.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

using namespace touchstone;

namespace {

constexpr std::string_view what = "the document";

void require(bool condition) {
    if (!condition) std::abort();
}

void fuzz_manifest(std::string_view text) {
    const Json json = parse_document(text, what, manifest_limit);
    const Manifest manifest = parse_manifest(json, what, "");
    require(manifest.layers.size() <= layer_count_limit);
    require(media_type_of(manifest.media_type).kind == MediaKind::manifest);
    require(json.find("manifests") == nullptr); // never an index as well
}

void fuzz_index(std::string_view text) {
    const Json json = parse_document(text, what, manifest_limit);
    for (const Descriptor& descriptor : parse_index(json, what, "").manifests) {
        require(!descriptor.data || descriptor.data->size() == descriptor.size);
    }
    require(json.find("layers") == nullptr && json.find("config") == nullptr);
}

void fuzz_config(std::string_view text) {
    const Json json = parse_document(text, what, config_limit);
    parse_config(json, what);
    std::vector<Oddity> oddities;
    note_control_keys(json, what, oddities);
    require(oddities.size() <= 11);
}

void fuzz_docker(std::string_view text) {
    for (const DockerEntry& entry : parse_docker_manifest(parse_document(text, what, manifest_limit))) {
        for (const std::string& tag : entry.tags) require(full_name(full_name(tag)) == full_name(tag));
    }
}

void fuzz_selector(std::string_view text) {
    const Selector selector = parse_selector(text);
    require(!selector.index || (!selector.digest && selector.name.empty()));
    full_name(selector.name);
}

using Parser = void (*)(std::string_view);
constexpr Parser parsers[] = {fuzz_manifest, fuzz_index, fuzz_config, fuzz_docker, fuzz_selector};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text = as_text({data + 1, size - 1});
    try {
        parsers[data[0] % std::size(parsers)](text);
    } catch (const Error&) {
        // refused: as good as accepted
    }
    return 0;
}
