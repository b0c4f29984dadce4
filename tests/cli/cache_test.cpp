// `touchstone cache` and the options about it: what is understood, where the place is, what is removed.
#include "cli/cache_options.h"

#include "cli/options.h"
#include "image/cache/folder.h"
#include "tests/cli/harness.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace touchstone::test {
namespace {

using Environment = std::map<std::string, std::string>;

std::string place_of(const Environment& environment) {
    Streams streams;
    streams.environment = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    return default_cache_directory(streams);
}

Ran in(const TempDir& temp, const std::vector<std::string>& args) {
    return touchstone(args, {.environment = {{"XDG_CACHE_HOME", temp.path()}}});
}

void put(const TempDir& temp, const std::string& content) {
    std::string trouble;
    const auto folder = CacheFolder::open(temp / "touchstone", CacheFolder::Missing::make, trouble);
    REQUIRE(folder != nullptr);
    const auto object = folder->start(CacheFolder::blob_name(digest_of(as_bytes(content))), content.size());
    object->write(content);
    REQUIRE(object->publish() != nullptr);
}

} // namespace

TEST_CASE("the place of the cache is that of the XDG base directory specification") {
    CHECK(place_of({{"XDG_CACHE_HOME", "/caches"}, {"HOME", "/home/me"}}) == "/caches/touchstone");
    CHECK(place_of({{"HOME", "/home/me"}}) == "/home/me/.cache/touchstone");
    CHECK(place_of({{"XDG_CACHE_HOME", "relative"}, {"HOME", "/home/me"}}) == "/home/me/.cache/touchstone");
    CHECK(place_of({{"HOME", "relative"}}).empty());
    CHECK(place_of({}).empty());
}

TEST_CASE("that the cache is not used is told once, and not at all where the command is quiet") {
    struct Row {
        std::vector<std::string> args;
        const char* told;
    };
    const Row rows[] = {
        {{}, "touchstone: note: a reason\n"},
        {{"-q"}, ""},
        {{"--quiet"}, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.args.size());
        std::string told;
        Streams streams;
        streams.err = [&](std::string_view text) { told += text; };
        streams.environment = [](const char*) { return std::nullopt; };
        OpenOptions open;
        bool quiet = false;
        CommandLine line({});
        add_platform_options(line, open, false, streams, &quiet);
        add_quiet_option(line, quiet, "");
        REQUIRE(line.parse(row.args));
        open.cache.note("a reason");
        open.cache.note("a reason"); // of the other image
        CHECK(told == row.told);
    }
}

TEST_CASE("what makes no sense is refused, and says how it is meant") {
    struct Row {
        std::vector<std::string> args;
        const char* message;
    };
    const Row rows[] = {
        {{"cache"}, "ACTION"},
        {{"cache", "empty"}, "info, prune or clear"},
        {{"cache", "info", "--keep", "1G"}, "options of `cache prune`"},
        {{"cache", "clear", "--older-than", "1"}, "options of `cache prune`"},
        {{"cache", "clear", "--json"}, "option of `cache info`"},
        {{"cache", "prune", "--keep", "much"}, "--keep"},
        {{"cache", "prune", "--older-than", "36501"}, "at most 36500"},
        {{"cache", "prune", "--older-than", "-1"}, "--older-than"},
        {{"verify", "--cache-limit", "0", "x"}, "--cache-limit"},
    };
    const TempDir temp;
    for (const Row& row : rows) {
        CAPTURE(row.message);
        const Ran ran = in(temp, row.args);
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK_MESSAGE(contains(ran.err, row.message), ran.err);
    }
    CHECK(contains(touchstone({"cache", "info"}).err, "XDG_CACHE_HOME"));
}

TEST_CASE("where nothing was kept there is nothing, and nothing is made") {
    const TempDir temp;
    CHECK(in(temp, {"cache", "clear"}).out == "removed 0 objects (0 bytes)\n");
    CHECK(in(temp, {"cache", "prune"}).out == "removed 0 objects (0 bytes)\n");
    const Ran info = in(temp, {"cache", "info"});
    CHECK(info.status == 0);
    CHECK(contains(info.out, temp / "touchstone"));
    std::string trouble;
    CHECK(CacheFolder::open(temp / "touchstone", CacheFolder::Missing::leave, trouble) == nullptr);
}

TEST_CASE("pruning keeps what it is told to") {
    const TempDir temp;
    for (const char* const content : {"one", "two", "three"}) put(temp, content);
    CHECK(in(temp, {"cache", "prune"}).out == "removed 0 objects (0 bytes)\n");
    CHECK(in(temp, {"cache", "prune", "--older-than", "1"}).out == "removed 0 objects (0 bytes)\n");
    CHECK(in(temp, {"cache", "prune", "--keep", "11"}).out == "removed 0 objects (0 bytes)\n");
    CHECK(contains(in(temp, {"cache", "prune", "--keep", "10"}).out, "removed 1 object ("));
    CHECK(contains(in(temp, {"cache", "info", "--json"}).out, "\"blobs\": {\"objects\": 2"));
    CHECK(contains(in(temp, {"cache", "clear"}).out, "removed 2 objects"));
}

TEST_CASE("every command that opens an image has the options of the cache") {
    for (const char* const command : {"diff", "verify", "ls", "inspect", "digest", "normalize"}) {
        CAPTURE(command);
        const Ran ran = touchstone({command, "--help"});
        CHECK(contains(ran.out, "--no-cache"));
        CHECK(contains(ran.out, "--cache-limit SIZE"));
    }
}

} // namespace touchstone::test
