// Platforms: the option's syntax, the machine's own, and when two mean the same. Aliases and default variants are those
// of containerd's platforms package (database.go, normalizeArch), because that is what picks an image at run time.
#include "image/descriptor.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace touchstone {

namespace {

struct Alias {
    std::string_view name;
    std::string_view architecture;
    std::string_view variant; ///< what the alias itself says; empty = keeps what was there
};
constexpr std::array aliases{
    Alias{"x86_64", "amd64", ""}, Alias{"x86-64", "amd64", ""}, Alias{"aarch64", "arm64", ""},
    Alias{"i386", "386", ""},     Alias{"i686", "386", ""},     Alias{"armhf", "arm", "v7"},
    Alias{"armel", "arm", "v6"},  Alias{"armv7l", "arm", "v7"}, Alias{"armv6l", "arm", "v6"},
};

/// The variant that is meant when none is written; "" where there is no such thing.
std::string_view default_variant(std::string_view architecture) {
    if (architecture == "amd64") return "v1";
    if (architecture == "arm64") return "v8";
    if (architecture == "arm") return "v7";
    return "";
}

Platform normalized(const Platform& platform) {
    Platform result{ascii_lower(platform.os), ascii_lower(platform.architecture), ascii_lower(platform.variant)};
    const auto* const alias =
        std::find_if(aliases.begin(), aliases.end(), [&](const Alias& row) { return row.name == result.architecture; });
    if (alias != aliases.end()) {
        result.architecture = alias->architecture;
        if (!alias->variant.empty()) result.variant = alias->variant;
    }
    if (result.variant.size() == 1 && result.variant[0] >= '0' && result.variant[0] <= '9') {
        result.variant.insert(0, 1, 'v'); // "arm/7", which old writers used
    }
    if (result.variant.empty()) result.variant = default_variant(result.architecture);
    return result;
}

bool is_platform_word(std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    });
}

} // namespace

std::string Platform::string() const {
    std::string text = os + "/" + architecture;
    if (!variant.empty()) text += "/" + variant;
    return text;
}

Platform parse_platform(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('/', begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    const bool right_count = words.size() == 2 || words.size() == 3;
    if (!right_count || !std::all_of(words.begin(), words.end(), is_platform_word)) {
        fail(ErrorKind::usage,
             fmt::format("`{}` is no platform: expected os/arch or os/arch/variant, such as linux/arm64",
                         printable_short(text)));
    }
    return {ascii_lower(words[0]), ascii_lower(words[1]), words.size() == 3 ? ascii_lower(words[2]) : ""};
}

Platform host_platform() {
#if defined(__x86_64__)
    const std::string_view architecture = "amd64";
#elif defined(__aarch64__)
    const std::string_view architecture = "arm64";
#elif defined(__arm__)
    const std::string_view architecture = "arm";
#elif defined(__i386__)
    const std::string_view architecture = "386";
#elif defined(__riscv) && __riscv_xlen == 64
    const std::string_view architecture = "riscv64";
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    const std::string_view architecture = "ppc64le";
#elif defined(__s390x__)
    const std::string_view architecture = "s390x";
#else
    const std::string_view architecture = "unknown";
#endif
    return {"linux", std::string(architecture), ""};
}

bool matches(const Platform& wanted, const Platform& image) {
    return normalized(wanted) == normalized(image);
}

} // namespace touchstone
