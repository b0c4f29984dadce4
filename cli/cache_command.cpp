// `touchstone cache`: what is kept of registries, and how to be rid of it.
#include "base/error.h"
#include "base/printable.h"
#include "cli/cache_options.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "report/cache_listing.h"

#include <fmt/format.h>

#include <optional>

namespace touchstone {

namespace {

constexpr CommandText cache_text{
    .name = "cache",
    .summary = "show or empty what is kept of images in registries",
    .synopsis = "info|prune|clear [OPTIONS]",
    .description =
        R"(Of images that come from registries, blobs are kept by their digests, and so is what was found in their layers:
a second comparison downloads and unpacks nothing again. What a digest names cannot change, so nothing of it can be
out of date; each object is verified whenever it is read, and one that is damaged is fetched anew. The place is
$XDG_CACHE_HOME/touchstone, else ~/.cache/touchstone; it is not used when others may write there.

  info    what there is: how many objects, how large, and when the oldest was used
  prune   removes what was not used for longest, down to 4G or --keep: blobs first; with --older-than all of that age
  clear   removes everything

Removing disturbs nobody: whoever is at work fetches again what is missing.
)",
    .takes_images = false,
    .exit_status = "  0   done, also where there is nothing\n"
                   "  2   trouble\n",
    .examples = "  touchstone cache info\n"
                "  touchstone cache prune --keep 500M\n"
                "  touchstone cache prune --older-than 30\n"
                "  touchstone diff --no-cache docker://registry.example/app:1 oci:rebuilt\n",
};

struct CacheCommand {
    std::string action;
    std::optional<std::uint64_t> keep;
    std::optional<std::uint64_t> days;
    bool json = false;
};

void check_usage(const CacheCommand& command) {
    const bool prunes = command.action == "prune";
    if (!prunes && command.action != "info" && command.action != "clear") {
        fail(ErrorKind::usage,
             fmt::format("\"{}\": info, prune or clear is expected", printable_short(command.action)));
    }
    if (!prunes && (command.keep || command.days)) {
        fail(ErrorKind::usage, "--keep and --older-than are options of `cache prune`");
    }
    if (command.json && command.action != "info") fail(ErrorKind::usage, "--json is an option of `cache info`");
}

CacheUse prune(const CacheFolder& folder, const CacheCommand& command) {
    CacheUse removed;
    if (command.days) {
        constexpr std::int64_t day = 86400;
        removed = remove_older(folder, now_in_seconds() - static_cast<std::int64_t>(*command.days) * day);
        if (!command.keep) return removed;
    }
    const CacheUse more = keep_within(folder, command.keep.value_or(default_cache_limit));
    return {removed.objects + more.objects, removed.bytes + more.bytes};
}

/// Null when there is none. Throws unreadable when there is one that must not be touched.
std::shared_ptr<const CacheFolder> folder_at(const std::string& place) {
    if (place.empty()) {
        fail(ErrorKind::usage, "neither XDG_CACHE_HOME nor HOME names an absolute path: there is no cache");
    }
    std::string trouble;
    auto folder = CacheFolder::open(place, CacheFolder::Missing::leave, trouble);
    if (!trouble.empty()) fail(ErrorKind::unreadable, fmt::format("{}: {}", printable(place), trouble));
    return folder;
}

} // namespace

int cache_command(const Arguments& args, Streams& streams) {
    CacheCommand command;
    CommandLine line(cache_text);
    line.argument("ACTION", command.action);
    line.option("--keep", "SIZE", "of prune: keep so much, what was used last (default 4G)",
                [&](const std::string& value) { command.keep = parse_size("--keep", value); });
    line.option("--older-than", "DAYS", "of prune: remove what was not used for so long",
                [&](const std::string& value) {
                    constexpr std::uint64_t most = 36500; // a century is a typing error
                    command.days = parse_number("--older-than", value);
                    if (*command.days > most) fail(ErrorKind::usage, fmt::format("--older-than: at most {}", most));
                });
    add_json_option(line, command.json, "of info: print touchstone.cache/1");
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    check_usage(command);
    const std::string place = default_cache_directory(streams);
    const auto folder = folder_at(place);
    if (command.action == "info") {
        const std::vector<CacheObject> found = folder ? folder->list() : std::vector<CacheObject>();
        streams.out(command.json ? render_cache_json({place, found}) : render_cache_text({place, found}));
        return exit_status::met;
    }
    CacheUse removed;
    if (folder) removed = command.action == "prune" ? prune(*folder, command) : remove_all(*folder);
    streams.out(removed_text(removed) + "\n");
    return exit_status::met;
}

} // namespace touchstone
