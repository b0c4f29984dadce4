// fork and execve: between them only system calls, because the process may have threads.
#include "base/child_process.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/printable.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace touchstone {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int glance = 100;                   // milliseconds: how late a Ctrl-C may be noticed
constexpr int longest_pause = 20;             // milliseconds between two looks whether it has ended
constexpr std::size_t errors_kept = 4096;     // of standard error; one line of it is shown
constexpr std::size_t last_words_limit = 300; // of that line

/// What the child needs, made before it is there.
struct Prepared {
    std::vector<char*> arguments;
    std::vector<char*> environment;
    const char* directory = nullptr; ///< null: stays
    std::array<int, 3> streams{};    ///< what become its standard ones
    int report = -1;                 ///< where the number of an error goes; closes with execve
    const rlimit* file_limit = nullptr;
};

[[noreturn]] void become(const Prepared& child) {
    setpgid(0, 0);
    if (child.file_limit != nullptr) setrlimit(RLIMIT_FSIZE, child.file_limit);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXFSZ, SIGPIPE}) ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    bool ready = child.directory == nullptr || chdir(child.directory) == 0;
    int standard = STDIN_FILENO;
    for (const int stream : child.streams) ready = ready && dup2(stream, standard++) >= 0;
    if (ready) execve(child.arguments[0], child.arguments.data(), child.environment.data());
    const int error = errno;
    [[maybe_unused]] const ssize_t written = write(child.report, &error, sizeof error);
    constexpr int not_started = 127; // as shells say it
    _exit(not_started);
}

/// The group of a child, killed and waited for whatever happens.
class Group {
public:
    explicit Group(pid_t leader) : leader_(leader) {
        setpgid(leader, leader); // whoever comes first, child or parent
    }
    ~Group() { end(); }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    bool has_ended() const {
        siginfo_t info{};
        const int done = waitid(P_PID, static_cast<id_t>(leader_), &info, WEXITED | WNOHANG | WNOWAIT);
        return done == 0 ? info.si_pid != 0 : errno != EINTR;
    }
    /// Kills what is left of the group while its leader still holds the number; then the leader's status.
    int end() {
        if (leader_ == 0) return status_;
        kill(-leader_, SIGKILL);
        pid_t done = 0;
        while ((done = waitpid(leader_, &status_, 0)) < 0 && errno == EINTR) continue;
        // Where this process was started with SIGCHLD ignored, nobody knows how it went; that is no success.
        if (done < 0) status_ = W_EXITCODE(255, 0);
        leader_ = 0;
        return status_;
    }

private:
    pid_t leader_;
    int status_ = 0;
};

/// Two ends of a pipe. None is a standard stream, even where this process was started without those.
struct Ends {
    Fd ours;
    Fd theirs;
};

Fd above_standard(Fd fd) {
    if (fd.get() > STDERR_FILENO) return fd;
    Fd moved(fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!moved) fail_errno(errno, "a pipe");
    return moved;
}

Ends make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail_errno(errno, "a pipe");
    Fd first(ends[0]);
    Fd second(ends[1]);
    return {above_standard(std::move(first)), above_standard(std::move(second))};
}

/// The end of a socket in which all of `input` lies ready. No pipe: writing to one without a reader is a signal.
Fd standing_input(const std::string& input) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail_errno(errno, "a socket");
    const Fd ours(ends[0]);
    Fd theirs(ends[1]);
    const ssize_t sent = send(ours.get(), input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(input.size())) fail(ErrorKind::over_limit, "more input than a socket holds");
    return above_standard(std::move(theirs));
}

Fd nothing() {
    Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) fail_errno(errno, "/dev/null");
    return above_standard(std::move(null));
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

std::vector<char*> pointers_to_own_environment() {
    std::vector<char*> result;
    for (char** variable = environ; *variable != nullptr; ++variable) result.push_back(*variable);
    result.push_back(nullptr);
    return result;
}

/// Forks; returns when the program runs. Throws what kept it from that.
std::unique_ptr<Group> start(Prepared& child, const std::string& name) {
    Ends report = make_pipe();
    child.report = report.theirs.get();
    const pid_t pid = fork();
    if (pid < 0) fail_errno(errno, name);
    if (pid == 0) become(child);
    auto group = std::make_unique<Group>(pid);
    report.theirs.reset();
    int error = 0;
    ssize_t count = 0;
    while ((count = ::read(report.ours.get(), &error, sizeof error)) < 0 && errno == EINTR) continue;
    if (count == static_cast<ssize_t>(sizeof error)) fail_errno(error, name);
    return group;
}

} // namespace

std::string find_program(std::string_view name, std::string_view search_path) {
    while (!search_path.empty()) {
        const std::string_view folder = search_path.substr(0, search_path.find(':'));
        search_path.remove_prefix(std::min(search_path.size(), folder.size() + 1));
        if (!folder.starts_with('/')) continue;
        std::string file = std::string(folder) + "/" + std::string(name);
        struct stat status {};
        if (stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(file.c_str(), X_OK) == 0) return file;
    }
    return {};
}

std::string find_program(std::string_view name) {
    return find_program(name, environment_variable("PATH"));
}

struct ChildProcess::State {
    std::unique_ptr<Group> group;
    Fd output;
    Fd errors;
    std::string kept; ///< the end of standard error
    bool ended = false;
    std::optional<Clock::time_point> deadline;
    std::optional<std::chrono::milliseconds> silence;
    Clock::time_point last_sign = Clock::now();

    bool is_late() const {
        const Clock::time_point now = Clock::now();
        return (deadline && now >= *deadline) || (silence && now - last_sign >= *silence);
    }

    /// Waits a while for something to read; takes what is on standard error. True when there is output, or its end.
    bool look(int milliseconds) {
        stop_if_interrupted();
        std::array<pollfd, 2> waiting{pollfd{output.get(), POLLIN, 0}, pollfd{errors.get(), POLLIN, 0}}; // -1: ignored
        if (poll(waiting.data(), waiting.size(), milliseconds) <= 0) return false;
        if (waiting[1].revents != 0) take_errors();
        return waiting[0].revents != 0;
    }

    bool has_more_errors() const {
        pollfd waiting{errors.get(), POLLIN, 0};
        return errors && poll(&waiting, 1, 0) > 0;
    }

    void take_errors() {
        std::array<char, errors_kept> block{};
        const ssize_t count = ::read(errors.get(), block.data(), block.size());
        if (count < 0 && errno == EINTR) return;
        if (count <= 0) return errors.reset();
        kept.append(block.data(), static_cast<std::size_t>(count));
        if (kept.size() > errors_kept) kept.erase(0, kept.size() - errors_kept);
    }
};

ChildProcess::ChildProcess(const ChildCommand& command) : state_(std::make_unique<State>()) {
    std::vector<std::string> words = command.words;
    std::vector<std::string> variables = command.environment.value_or(std::vector<std::string>());
    const Fd input = command.input.empty() ? nothing() : standing_input(command.input);
    Ends output = command.reads_output ? make_pipe() : Ends{{}, nothing()};
    Ends errors = command.keeps_errors ? make_pipe() : Ends{{}, nothing()};
    const rlimit file_limit{.rlim_cur = command.file_bytes.value_or(0), .rlim_max = command.file_bytes.value_or(0)};
    Prepared child{.arguments = pointers(words),
                   .environment = command.environment ? pointers(variables) : pointers_to_own_environment(),
                   .directory = command.directory.empty() ? nullptr : command.directory.c_str(),
                   .streams = {input.get(), output.theirs.get(), errors.theirs.get()},
                   .file_limit = command.file_bytes ? &file_limit : nullptr};
    if (command.timeout) state_->deadline = Clock::now() + *command.timeout;
    state_->silence = command.silence;
    state_->output = std::move(output.ours);
    state_->errors = std::move(errors.ours);
    state_->group = start(child, printable(words.front()));
}

ChildProcess::~ChildProcess() = default;

std::size_t ChildProcess::read(ByteSpan buffer) {
    State& state = *state_;
    if (buffer.empty() || !state.output) return 0;
    state.last_sign = Clock::now(); // what its reader did meanwhile is no silence of it
    for (;;) {
        if (state.look(glance)) {
            const ssize_t count = ::read(state.output.get(), buffer.data(), buffer.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail_errno(errno, "its output");
            if (count == 0) state.output.reset();
            return static_cast<std::size_t>(count);
        }
        // Something that it started may hold the pipe open, and says nothing: that is not waited for.
        if (state.group->has_ended() && !state.look(0)) {
            state.output.reset();
            return 0;
        }
        if (state.is_late()) fail(ErrorKind::unreadable, "it took too long");
    }
}

ChildEnd ChildProcess::wait() {
    State& state = *state_;
    state.output.reset();
    state.last_sign = Clock::now();
    for (int pause = 1; !state.group->has_ended(); pause = std::min(2 * pause, longest_pause)) {
        if (state.is_late()) {
            state.group->end();
            return {.timed_out = true};
        }
        state.look(pause);
    }
    const int status = state.group->end();
    while (state.has_more_errors()) state.take_errors();
    if (WIFEXITED(status)) return {.status = WEXITSTATUS(status)};
    constexpr int by_signal = 128;
    return {.status = by_signal + WTERMSIG(status)};
}

std::string ChildProcess::last_words() const {
    std::string_view text = state_->kept;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    if (const std::size_t line = text.find_last_of("\r\n"); line != std::string_view::npos)
        text.remove_prefix(line + 1);
    return printable_short(text, last_words_limit);
}

ChildEnd run_child(const ChildCommand& command) {
    return ChildProcess(command).wait();
}

} // namespace touchstone
