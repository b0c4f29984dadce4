// Another program, run without a shell and for a limited time. It leads a process group of its own, so that its end is
// the end of everything that it started. Its words and its environment come from us or from the user, never from an
// image.
#pragma once

#include "base/source.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// The file that `name` means in the absolute folders of `search_path` (PATH's form), or an empty string: what lies in
/// the working directory is never meant.
std::string find_program(std::string_view name, std::string_view search_path);
std::string find_program(std::string_view name); ///< in PATH

struct ChildCommand {
    std::vector<std::string> words;                      ///< the first is the program's path
    std::string directory;                               ///< it runs there; empty: here
    std::optional<std::vector<std::string>> environment; ///< all of it, as NAME=VALUE; absent: that of this process
    std::string input;         ///< what it reads on standard input; must fit a socket's buffer, so keep it below 64 KiB
    bool reads_output = false; ///< read() gives its standard output; else that goes nowhere
    bool keeps_errors = false; ///< last_words() has the end of its standard error; else that goes nowhere
    std::optional<std::uint64_t> file_bytes;          ///< no file of it grows beyond this
    std::optional<std::chrono::milliseconds> timeout; ///< from its start to its end
    std::optional<std::chrono::milliseconds> silence; ///< without a byte of output, or after that without an end
};

struct ChildEnd {
    bool timed_out = false;
    int status = 0; ///< exit status; of one that a signal ended 128 and its number
};

/// A running child, and the stream of its standard output. Whatever happens, nothing of its group outlives this object.
class ChildProcess final : public ByteSource {
public:
    /// Throws unreadable where it cannot be started.
    explicit ChildProcess(const ChildCommand& command);
    ~ChildProcess() override;
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// Its standard output, to the end. Throws unreadable when it takes too long, interrupted after a signal. That the
    /// output is complete is for wait() to say.
    std::size_t read(ByteSpan buffer) override;
    /// Waits for its end; what it prints from now on is lost. Throws interrupted.
    ChildEnd wait();
    /// The last line that it wrote to standard error, printable and cut; empty when there is none. After wait().
    std::string last_words() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A child of which only the end matters.
ChildEnd run_child(const ChildCommand& command);

} // namespace touchstone
