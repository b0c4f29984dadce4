// fork and execve: between them only system calls, because the process may have threads.
#include "cli/child_process.h"

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace touchstone {

namespace {

constexpr auto pause = std::chrono::milliseconds(20); // between two looks; a diffoscope takes a second at least
constexpr int not_started = 127;                      // as shells say it

/// What the child needs, made before it is there.
struct Prepared {
    std::vector<char*> arguments;
    std::vector<char*> environment;
    const char* directory = nullptr;
    int null = -1;
    rlimit file_limit{};
};

[[noreturn]] void become(const Prepared& child) {
    setpgid(0, 0);
    setrlimit(RLIMIT_FSIZE, &child.file_limit);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXFSZ, SIGPIPE}) ::signal(signal, SIG_DFL);
    const bool ready = dup2(child.null, STDIN_FILENO) >= 0 && dup2(child.null, STDOUT_FILENO) >= 0 &&
                       dup2(child.null, STDERR_FILENO) >= 0 && chdir(child.directory) == 0;
    if (ready) execve(child.arguments[0], child.arguments.data(), child.environment.data());
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
        return waitid(P_PID, static_cast<id_t>(leader_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
    }
    /// Kills what is left of the group while its leader still holds the number; then the leader's status.
    int end() {
        if (leader_ == 0) return status_;
        kill(-leader_, SIGKILL);
        while (waitpid(leader_, &status_, 0) < 0 && errno == EINTR) continue;
        leader_ = 0;
        return status_;
    }

private:
    pid_t leader_;
    int status_ = 0;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

} // namespace

std::string find_program(const std::string& name) {
    const char* const path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): nothing here sets it
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::string_view directory = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
        if (!directory.starts_with('/')) continue; // never what lies in the working directory
        const std::string file = std::string(directory) + "/" + name;
        struct stat status {};
        if (stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(file.c_str(), X_OK) == 0) return file;
    }
    return {};
}

ChildEnd run_child(const std::vector<std::string>& command, const std::string& directory, std::chrono::seconds timeout,
                   std::uint64_t file_bytes) {
    std::vector<std::string> arguments = command;
    const char* const path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe)
    std::vector<std::string> environment{fmt::format("PATH={}", path == nullptr ? "/usr/bin:/bin" : path),
                                         "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + directory, "TMPDIR=" + directory};
    const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) fail_errno(errno, "/dev/null");
    const Prepared child{.arguments = pointers(arguments),
                         .environment = pointers(environment),
                         .directory = directory.c_str(),
                         .null = null.get(),
                         .file_limit = {.rlim_cur = file_bytes, .rlim_max = file_bytes}};
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const pid_t pid = fork();
    if (pid < 0) fail_errno(errno, printable(command.front()));
    if (pid == 0) become(child);
    Group group(pid);
    while (!group.has_ended()) {
        stop_if_interrupted();
        if (std::chrono::steady_clock::now() >= deadline) return {.timed_out = true};
        std::this_thread::sleep_for(pause);
    }
    const int status = group.end();
    if (WIFEXITED(status)) return {.status = WEXITSTATUS(status)};
    constexpr int by_signal = 128;
    return {.status = by_signal + WTERMSIG(status)};
}

} // namespace touchstone
