// The real streams. Output is written with write(2) and nothing is buffered beyond a call, so that every failure (a
// full disk, a closed pipe) is seen here and turned into an exit status.
#include "cli/streams.h"

#include "base/environment.h"
#include "base/error.h"

#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace touchstone {

namespace {

/// Returns 0, or the error number.
int write_fully(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

void write_out(std::string_view text) {
    const int error = write_fully(STDOUT_FILENO, text);
    if (error == EPIPE) throw BrokenPipe();
    if (error != 0) fail_errno(error, "standard output");
}

void write_err(std::string_view text) {
    // Nothing is left to complain to when standard error cannot be written; the exit status still tells.
    static_cast<void>(write_fully(STDERR_FILENO, text));
}

std::optional<std::string> environment(const char* name) {
    std::string value = environment_variable(name);
    return value.empty() ? std::nullopt : std::optional(std::move(value));
}

} // namespace

Streams process_streams() {
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    return {.out = write_out,
            .err = write_err,
            .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
            .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
            .environment = environment};
}

} // namespace touchstone
