// The handler only stores a number: all that POSIX allows a handler, and all that is needed.
#include "base/interrupt.h"

#include "base/error.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <csignal>

namespace touchstone {

namespace {

std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not wait for a lock");

extern "C" void note_signal(int number) {
    received.store(number, std::memory_order_relaxed);
}

} // namespace

void note_interrupts() {
    for (const int number : std::array{SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction before {};
        if (::sigaction(number, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) continue;
        struct sigaction action {};
        action.sa_handler = note_signal;
        action.sa_flags = static_cast<int>(SA_RESETHAND); // no SA_RESTART: a read that waits for a pipe comes back
        ::sigaction(number, &action, nullptr);
    }
    struct sigaction ignored {};
    ignored.sa_handler = SIG_IGN; // a write past `ulimit -f` then fails with EFBIG, like any other full disk
    ::sigaction(SIGXFSZ, &ignored, nullptr);
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL; // some start their programs with it ignored: then nobody learns how a child ended
    ::sigaction(SIGCHLD, &usual, nullptr);
}

int interrupting_signal() {
    return received.load(std::memory_order_relaxed);
}

void stop_if_interrupted() {
    if (const int number = interrupting_signal(); number != 0)
        fail(ErrorKind::interrupted, fmt::format("stopped by signal {}; nothing was written", number));
}

} // namespace touchstone
