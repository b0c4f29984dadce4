// The shared options. Limits are a table: each named limit of the readers has an option, because a limit that cannot be
// raised is a defect for somebody's image.
#include "cli/options.h"

#include "base/error.h"
#include "base/parallel.h"
#include "base/printable.h"
#include "cli/cache_options.h"
#include "cli/registry_options.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace touchstone {

namespace {

[[noreturn]] void fail_value(std::string_view option, std::string_view text, std::string_view expected) {
    fail(ErrorKind::usage, fmt::format("{}: \"{}\" is not {}", option, printable_short(text), expected));
}

/// True when all of `text` is decimal digits that fit.
bool read_digits(std::string_view text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

struct LimitRow {
    std::string_view option;
    std::string_view value_name;
    std::string_view description;
    std::uint64_t& (*field)(LayerLimits&);
    std::uint64_t unit; ///< the default is shown in it
    std::string_view unit_name;
};

constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t mib = std::uint64_t{1} << 20;

constexpr std::array<LimitRow, 8> limit_table{{
    {"--max-layer-size", "SIZE", "bytes of one layer, uncompressed",
     [](LayerLimits& l) -> std::uint64_t& { return l.inflate.output; }, gib, "G"},
    {"--max-ratio", "N", "uncompressed to compressed bytes, past the first 1G",
     [](LayerLimits& l) -> std::uint64_t& { return l.inflate.ratio; }, 1, ""},
    {"--max-entries", "N", "entries of one layer", [](LayerLimits& l) -> std::uint64_t& { return l.tar.entries; }, 1,
     ""},
    {"--max-names", "SIZE", "bytes of all names of one layer",
     [](LayerLimits& l) -> std::uint64_t& { return l.tar.name_bytes; }, gib, "G"},
    {"--max-depth", "N", "components of a path", [](LayerLimits& l) -> std::uint64_t& { return l.tar.path_depth; }, 1,
     ""},
    {"--max-xattrs", "SIZE", "bytes of the extended attributes of one entry",
     [](LayerLimits& l) -> std::uint64_t& { return l.tar.xattrs; }, mib, "M"},
    {"--max-sparse-regions", "N", "regions of one sparse entry",
     [](LayerLimits& l) -> std::uint64_t& { return l.tar.sparse_regions; }, 1, ""},
    {"--max-oddities", "N", "oddities of one layer", [](LayerLimits& l) -> std::uint64_t& { return l.tar.oddities; }, 1,
     ""},
}};

// libzstd: ZSTD_WINDOWLOG_MIN and ZSTD_WINDOWLOG_MAX_64.
constexpr std::uint64_t least_window_log = 10;
constexpr std::uint64_t largest_window_log = 31;

} // namespace

std::uint64_t parse_number(std::string_view option, std::string_view text, std::uint64_t least) {
    std::uint64_t value = 0;
    if (!read_digits(text, value) || value < least) {
        fail_value(option, text, fmt::format("a whole number of at least {}", least));
    }
    return value;
}

std::uint64_t parse_size(std::string_view option, std::string_view text) {
    constexpr std::string_view units = "KMGT";
    std::string_view digits = text;
    std::size_t shift = 0;
    if (const std::size_t unit = text.empty() ? std::string_view::npos : units.find(text.back());
        unit != std::string_view::npos) {
        shift = 10 * (unit + 1);
        digits.remove_suffix(1);
    }
    std::uint64_t value = 0;
    const bool fits =
        read_digits(digits, value) && value > 0 && value <= (std::numeric_limits<std::uint64_t>::max() >> shift);
    if (!fits) fail_value(option, text, "a size like 500M or 64G (K, M, G, T are powers of 1024)");
    return value << shift;
}

bool wants_color(ColorChoice choice, const Streams& streams) {
    if (choice != ColorChoice::automatic) return choice == ColorChoice::always;
    if (streams.environment("NO_COLOR")) return false;
    if (const auto force = streams.environment("CLICOLOR_FORCE"); force && *force != "0") return true;
    return streams.out_is_terminal && streams.environment("TERM") != "dumb";
}

void add_color_option(CommandLine& line, ColorChoice& choice) {
    line.option("--color", "WHEN", "auto, always or never; auto heeds NO_COLOR and CLICOLOR_FORCE (default auto)",
                [&choice](const std::string& text) {
                    if (text == "auto") {
                        choice = ColorChoice::automatic;
                    } else if (text == "always") {
                        choice = ColorChoice::always;
                    } else if (text == "never") {
                        choice = ColorChoice::never;
                    } else {
                        fail_value("--color", text, "auto, always or never");
                    }
                });
}

void add_quiet_option(CommandLine& line, bool& quiet, std::string_view description) {
    line.flag("-q,--quiet", quiet, description);
}

void add_json_option(CommandLine& line, bool& json, std::string_view description) {
    line.flag("--json", json, description);
}

void add_platform_options(CommandLine& line, OpenOptions& options, bool several, const Streams& streams,
                          const bool* quiet) {
    line.option("--platform", "OS/ARCH[/VARIANT]",
                "which platform of a multi-platform image (default: this machine's, else the only one)",
                [&options](const std::string& text) { options.platform = parse_platform(text); });
    if (several) line.flag("--all-platforms", options.all_platforms, "every platform");
    add_registry_options(line, options.remote);
    add_cache_options(line, options.cache, streams, quiet);
}

void add_limit_options(CommandLine& line, LayerLimits& limits) {
    for (const LimitRow& row : limit_table) {
        const std::string description = fmt::format("refuse more than this: {} (default {}{})", row.description,
                                                    row.field(limits) / row.unit, row.unit_name);
        line.option(row.option, row.value_name, description, [&row, &limits](const std::string& text) {
            row.field(limits) =
                row.value_name == "SIZE" ? parse_size(row.option, text) : parse_number(row.option, text, 1);
        });
    }
    line.option("--zstd-window-log", "N",
                fmt::format("refuse zstd windows of more than 2^N bytes (default {}, at most {})",
                            limits.inflate.zstd_window_log, largest_window_log),
                [&limits](const std::string& text) {
                    const std::uint64_t value = parse_number("--zstd-window-log", text, least_window_log);
                    if (value > largest_window_log) {
                        fail_value("--zstd-window-log", text, fmt::format("at most {}", largest_window_log));
                    }
                    limits.inflate.zstd_window_log = static_cast<int>(value);
                });
}

void add_profile_options(CommandLine& line, Profile& profile, const Streams& streams) {
    const std::string epoch = streams.environment("SOURCE_DATE_EPOCH").value_or("");
    line.option("--mtime", "POLICY",
                "zero, keep, clamp:SECONDS, or clamp, which takes SOURCE_DATE_EPOCH (default zero)",
                [&profile, epoch](const std::string& text) { profile.mtime = parse_mtime_policy(text, epoch); });
    line.option("--owner", "POLICY", "keep, UID:GID, or map:FROM:TO[:COUNT],... (default keep)",
                [&profile](const std::string& text) { profile.owner = parse_owner_policy(text); });
}

void add_load_options(CommandLine& line, LoadOptions& options) {
    options.jobs = default_jobs();
    line.option("-j,--jobs", "N", "threads (default: the processors); the result does not depend on it",
                [&options](const std::string& text) {
                    constexpr std::uint64_t most = 1024; // more threads than that is a typing error
                    const std::uint64_t jobs = parse_number("--jobs", text, 1);
                    if (jobs > most) fail_value("--jobs", text, fmt::format("at most {}", most));
                    options.jobs = static_cast<unsigned>(jobs);
                });
    add_limit_options(line, options.limits);
}

} // namespace touchstone
