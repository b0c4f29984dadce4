// See cache_options.h.
#include "cli/cache_options.h"

#include "cli/options.h"

#include <fmt/format.h>

#include <memory>

namespace touchstone {

std::string default_cache_directory(const Streams& streams) {
    const auto absolute = [&](const char* variable) {
        const std::string path = streams.environment(variable).value_or("");
        return path.starts_with('/') ? path : std::string();
    };
    if (const std::string caches = absolute("XDG_CACHE_HOME"); !caches.empty()) return caches + "/touchstone";
    if (const std::string home = absolute("HOME"); !home.empty()) return home + "/.cache/touchstone";
    return {};
}

void add_cache_options(CommandLine& line, CacheOptions& options, const Streams& streams, const bool* quiet) {
    options.directory = default_cache_directory(streams);
    options.note = [&streams, quiet, told = std::make_shared<bool>(false)](std::string_view text) {
        if (quiet != nullptr && *quiet) return;
        if (!*told) streams.err(fmt::format("touchstone: note: {}\n", text)); // both images have the same
        *told = true;
    };
    line.flag("--no-cache", options.off, "keep nothing of what comes from registries, and use nothing that was kept");
    line.option(
        "--cache-limit", "SIZE",
        fmt::format("keep at most so much of what comes from registries (default {}G)", default_cache_limit >> 30U),
        [&options](const std::string& text) { options.limit = parse_size("--cache-limit", text); });
}

} // namespace touchstone
