// What registries and users' words hold: header fields, URLs, names of images. The first byte chooses the parser; only
// Error may come out, and what is accepted keeps its promises.
#include "base/bytes.h"
#include "base/error.h"
#include "image/remote/headers.h"
#include "image/remote/registry_name.h"
#include "image/remote/url.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

using namespace touchstone;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void fuzz_challenges(std::string_view text) {
    const std::size_t middle = text.size() / 2;
    for (const Challenge& challenge : parse_challenges({text, text.substr(0, middle), text.substr(middle)})) {
        require(!challenge.scheme.empty() && challenge.parameters.size() <= challenge_limit);
    }
}

void fuzz_small_fields(std::string_view text) {
    if (const auto range = parse_content_range(text)) {
        require(range->first <= range->last && (!range->total || range->last < *range->total));
    }
    if (const auto wait = parse_retry_after(text, 1700000000)) require(wait->count() >= 0);
    parse_warning(text);
    if (const auto link = parse_next_link({text, text.substr(text.size() / 2)})) require(link->size() < text.size());
    if (const auto has = parse_upload_range(text)) require(*has != 1);
    HttpHeaders headers;
    headers.add_line(text);
    require(headers.get("").empty());
}

void fuzz_url(std::string_view text) {
    const Url url = parse_url(text);
    const Url again = parse_url(url.string());
    require(same_origin(url, again) && url.string() == again.string());
    is_inner_address(url.host);
}

void fuzz_location(std::string_view text) {
    const Url url = resolve_url(parse_url("https://host.example:5000/v2/a/b?c"), text);
    require(url.scheme == "https" || url.scheme == "http");
}

void fuzz_name(std::string_view text) {
    const RegistryName name = parse_registry_name(text);
    require(parse_registry_name(name.full_name()).full_name() == name.full_name());
    const Url url = parse_url("https://" + name.server() + "/v2/" + name.repository + "/x");
    require(url.target == "/v2/" + name.repository + "/x");
}

using Parser = void (*)(std::string_view);
constexpr Parser parsers[] = {fuzz_challenges, fuzz_small_fields, fuzz_url, fuzz_location, fuzz_name};

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
