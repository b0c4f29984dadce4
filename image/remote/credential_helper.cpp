// See credential_helper.h.
#include "image/remote/credential_helper.h"

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ; // NOLINT: POSIX has it so

namespace touchstone {

namespace {

constexpr std::string_view nothing_there = "credentials not found in native keychain";

bool is_suffix(std::string_view text) {
    return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

/// The program in the absolute folders of PATH: a relative one would depend on where the user happens to be.
std::string find_program(const std::string& name, std::string_view search_path) {
    while (!search_path.empty()) {
        const std::size_t colon = search_path.find(':');
        const std::string_view folder = search_path.substr(0, colon);
        if (folder.starts_with('/')) {
            std::string path = fmt::format("{}/{}", folder, name);
            if (::access(path.c_str(), X_OK) == 0) return path;
        }
        if (colon == std::string_view::npos) break;
        search_path.remove_prefix(colon + 1);
    }
    fail(ErrorKind::unreadable, "there is no such program in PATH");
}

/// A child whose standard input and output are ends of sockets, and which does not outlive this object.
class Child {
public:
    explicit Child(const std::string& program) {
        std::array<int, 2> input{};
        std::array<int, 2> output{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input.data()) != 0) fail_errno(errno, "socketpair");
        input_ = Fd(input[0]);
        const Fd child_input(input[1]);
        if (::pipe2(output.data(), O_CLOEXEC) != 0) fail_errno(errno, "pipe");
        output_ = Fd(output[0]);
        const Fd child_output(output[1]);

        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_adddup2(&actions, child_input.get(), STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, child_output.get(), STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        sigset_t usual; // this process ignores SIGPIPE
        sigemptyset(&usual);
        posix_spawnattr_setsigmask(&attributes, &usual);
        sigaddset(&usual, SIGPIPE);
        posix_spawnattr_setsigdefault(&attributes, &usual);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

        std::string get = "get";
        std::string name = program;
        const std::array<char*, 3> arguments{name.data(), get.data(), nullptr};
        const int error = ::posix_spawn(&pid_, program.c_str(), &actions, &attributes, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        if (error != 0) {
            pid_ = -1;
            fail_errno(error, "starting it");
        }
    }
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        reap();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void send(std::string_view text) {
        // It fits the socket's buffer; a helper that does not read it is its own trouble.
        [[maybe_unused]] const ssize_t sent = ::send(input_.get(), text.data(), text.size(), MSG_NOSIGNAL);
        input_.reset();
    }

    /// Everything that it prints until it closes its output.
    std::string receive(std::chrono::steady_clock::time_point deadline) {
        std::string text;
        std::array<char, 4096> block{};
        for (;;) {
            wait_until_readable(deadline);
            const ssize_t count = ::read(output_.get(), block.data(), block.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) return text;
            text.append(block.data(), static_cast<std::size_t>(count));
            if (text.size() > helper_output_limit) {
                fail(ErrorKind::over_limit, fmt::format("it prints more than {} bytes", helper_output_limit));
            }
        }
    }

    /// Its status; it has closed its output, but may yet take its time.
    int status(std::chrono::steady_clock::time_point deadline) {
        int status = 0;
        for (;;) {
            const pid_t done = ::waitpid(pid_, &status, WNOHANG);
            if (done == pid_) {
                pid_ = -1;
                return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
            }
            if (std::chrono::steady_clock::now() > deadline) fail_slow();
            stop_if_interrupted();
            ::poll(nullptr, 0, 5);
        }
    }

private:
    [[noreturn]] static void fail_slow() { fail(ErrorKind::unreadable, "it took too long to answer"); }

    void wait_until_readable(std::chrono::steady_clock::time_point deadline) const {
        for (;;) {
            pollfd ready{output_.get(), POLLIN, 0};
            constexpr int glance = 100; // milliseconds
            if (::poll(&ready, 1, glance) > 0) return;
            stop_if_interrupted();
            if (std::chrono::steady_clock::now() > deadline) fail_slow();
        }
    }

    void reap() const {
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    Fd input_;
    Fd output_;
    pid_t pid_ = -1;
};

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

std::optional<Credential> parse_answer(std::string_view text) {
    try {
        const Json answer = parse_json(text, "answer", {.bytes = helper_output_limit, .depth = 4});
        const Json* const user = answer.find("Username");
        const Json* const secret = answer.find("Secret");
        if (user != nullptr && secret != nullptr) {
            if (secret->as_string().empty()) return std::nullopt;
            if (user->as_string() == "<token>") return Credential{"", "", secret->as_string()};
            return Credential{user->as_string(), secret->as_string(), ""};
        }
    } catch (const Error&) {
        // its message may hold what must not be shown
    }
    fail(ErrorKind::unreadable, "its answer is no JSON object with Username and Secret (not shown)");
}

} // namespace

std::optional<Credential> ask_helper(std::string_view suffix, std::string_view server, std::string_view search_path,
                                     std::chrono::milliseconds timeout) {
    const std::string name = fmt::format("docker-credential-{}", suffix);
    return within(fmt::format("credential helper {}", printable_short(name)), [&]() -> std::optional<Credential> {
        if (!is_suffix(suffix)) fail(ErrorKind::unreadable, "no name of a helper (letters, digits, '.', '_', '-')");
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        Child child(find_program(name, search_path));
        child.send(server);
        const std::string output = child.receive(deadline);
        const int status = child.status(deadline);
        if (trimmed(output) == nothing_there) return std::nullopt;
        if (status != 0) fail(ErrorKind::unreadable, fmt::format("exit status {}", status));
        return parse_answer(output);
    });
}

} // namespace touchstone
