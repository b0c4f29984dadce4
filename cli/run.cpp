// Finds the command, runs it, and turns whatever leaves it into an exit status: the only place that knows which error
// is worth which status.
#include "cli/run.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "report/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <numeric>
#include <optional>

namespace touchstone {

namespace {

struct Command {
    std::string_view name;
    std::string_view summary;
    int (*function)(const Arguments&, Streams&);
};

constexpr std::array<Command, 13> commands{{
    {"diff", "compare a published image with a rebuilt one, and give a verdict", diff_command},
    {"explain", "say why two plain files differ", explain_command},
    {"verify", "read a whole image and check every digest and size in it", verify_command},
    {"ls", "list the files of an image, or of one of its layers", ls_command},
    {"inspect", "show what an image says about itself", inspect_command},
    {"digest", "print host-independent digests of layers, files and the whole image", digest_command},
    {"normalize", "write an image or a layer tar in canonical form", normalize_command},
    {"attest", "check who signed what about an image, and make keys", attest_command},
    {"record", "write down what recognizes an image later, without its publisher", record_command},
    {"ledger", "check, list or show what `touchstone record --ledger` wrote", ledger_command},
    {"base", "find the recorded image that an image is built on", base_command},
    {"cache", "show or empty what is kept of images in registries", cache_command},
    {"rules", "explain which differences are noise, and what is odd in an image", rules_command},
}};

std::string overview() {
    std::string text = "touchstone - proves whether a published container image is what its source builds\n\n"
                       "usage: touchstone COMMAND [OPTIONS] ...\n\nCommands\n";
    for (const Command& command : commands) text += fmt::format("  {:<10}{}\n", command.name, command.summary);
    text += "\n`touchstone help COMMAND` or `touchstone COMMAND --help` teaches a command; `touchstone --version` "
            "prints the "
            "version.\n\nExample\n  touchstone diff oci-archive:published.tar oci:rebuilt-layout\n";
    return text;
}

/// The number of letters to insert, drop or replace (Levenshtein), bounded by the lengths.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, replaced}));
        }
    }
    return row.back();
}

[[noreturn]] void fail_unknown_command(std::string_view name) {
    constexpr std::size_t close = 2;    // two typing errors
    constexpr std::size_t longest = 20; // nothing longer is near any name
    std::string message = fmt::format("there is no command \"{}\"", printable_short(name));
    if (name.size() <= longest) {
        const auto near = std::min_element(commands.begin(), commands.end(), [&](const Command& a, const Command& b) {
            return distance(a.name, name) < distance(b.name, name);
        });
        if (distance(near->name, name) <= close) message += fmt::format("; did you mean \"{}\"?", near->name);
    }
    fail(ErrorKind::usage, message);
}

const Command& find_command(std::string_view name) {
    const auto found = std::find_if(commands.begin(), commands.end(), [&](const Command& c) { return c.name == name; });
    if (found == commands.end()) fail_unknown_command(name);
    return *found;
}

int help(const Arguments& args, Streams& streams) {
    if (args.size() < 2) {
        streams.out(overview());
        return exit_status::met;
    }
    return find_command(args[1]).function({"--help"}, streams);
}

int dispatch(const Arguments& args, Streams& streams) {
    if (args.empty()) {
        streams.err(overview());
        return exit_status::trouble;
    }
    const std::string& first = args.front();
    if (first == "help" || first == "--help" || first == "-h") return help(args, streams);
    if (first == "--version" || first == "version") {
        streams.out(fmt::format("touchstone {}\n", version()));
        return exit_status::met;
    }
    if (first.starts_with('-')) {
        fail(ErrorKind::usage, fmt::format("\"{}\": a command comes first", printable_short(first)));
    }
    return find_command(first).function({args.begin() + 1, args.end()}, streams);
}

/// Where a usage error sends the reader.
std::string hint(const Arguments& args) {
    const auto known = std::find_if(commands.begin(), commands.end(),
                                    [&](const Command& c) { return !args.empty() && c.name == args.front(); });
    return fmt::format(" (see touchstone {}--help)", known == commands.end() ? "" : std::string(known->name) + " ");
}

void complain(Streams& streams, std::string_view message) {
    // One error is one line, for logs and for `while read`; messages that list what there is use a line for each.
    constexpr std::string_view next_item = "\n  ";
    std::string line(message);
    for (std::size_t at = 0, items = 0; (at = line.find(next_item, at)) != std::string::npos; ++items) {
        line.replace(at, next_item.size(), items == 0 ? " " : ", ");
    }
    std::replace(line.begin(), line.end(), '\n', ' ');
    streams.err(fmt::format("touchstone: error: {}\n", line));
}

int status_of(ErrorKind kind) {
    constexpr int by_signal = 128; // how shells report a process that a signal ended
    if (kind == ErrorKind::interrupted) return by_signal + interrupting_signal();
    return kind == ErrorKind::transient ? exit_status::retry : exit_status::trouble;
}

} // namespace

int run(const std::vector<std::string>& args, Streams& streams) {
    try {
        return dispatch(args, streams);
    } catch (const Error& error) {
        complain(streams, error.what() + (error.kind() == ErrorKind::usage ? hint(args) : std::string()));
        return status_of(error.kind());
    } catch (const BrokenPipe&) {
        return exit_status::trouble;
    } catch (const std::bad_alloc&) {
        complain(streams, "out of memory");
    } catch (const std::exception& error) {
        complain(streams, fmt::format("internal error: {}", printable(error.what())));
    }
    return exit_status::trouble;
}

} // namespace touchstone
