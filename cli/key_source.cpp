// See key_source.h.
#include "cli/key_source.h"

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace touchstone {

namespace {

constexpr std::size_t longest_passphrase = 1024; // OpenSSL's own bound for those that it asks for

/// A terminal that shows nothing of what is typed, as long as this lives.
class SilentTerminal {
public:
    explicit SilentTerminal(std::string_view option) : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
        if (!fd_ || ::tcgetattr(fd_.get(), &before_) != 0) {
            fail(ErrorKind::usage, fmt::format("the key is encrypted, and there is no terminal to ask for its "
                                               "passphrase: {} env:NAME or file:PATH says where it is",
                                               option));
        }
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(fd_.get(), TCSAFLUSH, &silent);
    }
    ~SilentTerminal() { ::tcsetattr(fd_.get(), TCSAFLUSH, &before_); }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;

    std::string ask(std::string_view question) const {
        say(question);
        std::string line;
        for (char letter = 0; next(letter) && letter != '\n';) {
            if (line.size() == longest_passphrase) fail(ErrorKind::over_limit, "the passphrase is too long");
            line += letter;
        }
        say("\n");
        return line;
    }

private:
    void say(std::string_view text) const {
        // Who cannot read the question can still answer it.
        if (::write(fd_.get(), text.data(), text.size()) < 0) return;
    }
    /// False at the end of input. A read is begun only when there is something, so that a signal ends the waiting.
    bool next(char& letter) const {
        for (;;) {
            stop_if_interrupted();
            pollfd ready{.fd = fd_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&ready, 1, -1) < 0 && errno != EINTR) fail_errno(errno, "/dev/tty");
            if (ready.revents == 0) continue;
            return ::read(fd_.get(), &letter, 1) == 1;
        }
    }

    Fd fd_;
    termios before_{};
};

std::string read_small_file(const std::string& path) {
    const std::shared_ptr<const File> file = open_file(path);
    FileRange range(file, 0, file->size());
    return read_all(range, longest_key_file, printable(path));
}

} // namespace

std::string read_secret_source(std::string_view option, const std::string& source, const Streams& streams) {
    if (!source.starts_with("env:")) {
        return read_small_file(source.starts_with("file:") ? source.substr(5) : source);
    }
    const std::string name = source.substr(4);
    const std::optional<std::string> value = streams.environment(name.c_str());
    if (!value) fail(ErrorKind::usage, fmt::format("{}: the variable {} is not set", option, printable_short(name)));
    return *value;
}

AskPassphrase passphrase_from(std::string_view option, const std::string& source, const Streams& streams) {
    if (source.empty()) {
        return [option] { return SilentTerminal(option).ask("touchstone: passphrase of the key: "); };
    }
    if (!source.starts_with("env:") && !source.starts_with("file:")) {
        // Not quoted: it may well be the passphrase itself.
        fail(ErrorKind::usage, fmt::format("{}: env:NAME or file:PATH is expected", option));
    }
    return [option, source, &streams] {
        std::string text = read_secret_source(option, source, streams);
        if (source.starts_with("file:")) text = text.substr(0, text.find_first_of("\r\n"));
        return text;
    };
}

} // namespace touchstone
