// See engine_program.h.
#include "image/remote/engine_program.h"

#include "base/child_process.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/printable.h"
#include "image/archive_index.h"
#include "image/remote/engine.h"
#include "image/remote/engine_place.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr std::string_view containerd_socket = "/run/containerd/containerd.sock"; // ctr(8)

/// What a program writes to its standard output, spooled; good only if the program says so in the end.
std::shared_ptr<const File> spool_output(std::vector<std::string> words, const std::string& what) {
    const std::string program = printable(words.front());
    return within(program, [&] {
        // It may put everything together on its own disk before it writes the first byte.
        ChildProcess child(
            {.words = std::move(words), .reads_output = true, .keeps_errors = true, .silence = engine_patience});
        std::shared_ptr<const File> file = spool(child, archive_spool_limit, what);
        const ChildEnd end = child.wait();
        if (end.timed_out) fail(ErrorKind::unreadable, "it wrote its output, and does not end");
        if (end.status == 0) return file;
        const std::string words_of_it = child.last_words();
        fail(ErrorKind::unreadable,
             fmt::format("exit status {}{}{}", end.status, words_of_it.empty() ? "" : ": it says: ", words_of_it));
    });
}

} // namespace

std::shared_ptr<const File> save_with_podman(const std::string& name, const std::string& what) {
    const std::string program = find_program("podman");
    if (program.empty()) return nullptr;
    return spool_output({program, "save", "--quiet", "--format", "oci-archive", name}, what);
}

std::shared_ptr<const File> export_from_containerd(const std::string& name, const std::optional<Platform>& platform,
                                                   bool all_platforms) {
    check_engine_name(name);
    const std::string what = "containerd:" + printable_short(name);
    return within(what, [&] {
        const std::string program = find_program("ctr");
        if (program.empty()) {
            fail(ErrorKind::unreadable,
                 fmt::format("there is no ctr in PATH (Debian: apt install containerd); else: nerdctl save -o FILE {}, "
                             "then docker-archive:FILE",
                             printable_short(name)));
        }
        const std::string socket = environment_variable("CONTAINERD_ADDRESS", containerd_socket);
        // ctr would wait for ten seconds.
        if (const std::string trouble = socket_trouble(socket); !trouble.empty()) {
            fail(ErrorKind::unreadable, fmt::format("{}: {}; is containerd running? CONTAINERD_ADDRESS says where",
                                                    printable(socket), trouble));
        }
        std::vector<std::string> words{program, "images", "export"};
        if (all_platforms) words.emplace_back("--all-platforms");
        if (platform) words.insert(words.end(), {"--platform", platform->string()});
        words.insert(words.end(), {"-", name});
        const std::string name_space = printable_short(environment_variable("CONTAINERD_NAMESPACE", "default"));
        // Pulling fetches one platform of an index, as a rule.
        const std::string_view hint = all_platforms ? ", all platforms (--platform chooses one)" : "";
        return within(fmt::format("{}, namespace {}{}", printable(socket), name_space, hint),
                      [&] { return spool_output(std::move(words), what); });
    });
}

} // namespace touchstone
