// Patience with networks, bounded: how often something is tried again, and how long is waited before.
#pragma once

#include "base/error.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

class HttpResponse;

/// c/image: five tries, and no pause of more than a minute whatever the server asks for.
inline constexpr unsigned try_limit = 5;
inline constexpr std::chrono::seconds longest_pause{60};
/// A name that nobody knows is mostly a wrong one, or there is no network: resolvers have tried several times already.
inline constexpr unsigned name_try_limit = 2;
/// So much between two breaks of one body counts as a new start; a server that gives less each time is given up.
inline constexpr std::uint64_t progress_of_note = std::uint64_t{1} << 20;

/// An answer that says "later": 408, 429, 500, 502, 503, 504.
class Busy : public Error {
public:
    Busy(const std::string& message, std::optional<std::chrono::seconds> after)
        : Error(ErrorKind::transient, message), after_(after) {}
    std::optional<std::chrono::seconds> after() const { return after_; }

private:
    std::optional<std::chrono::seconds> after_;
};

/// The name of a host (or of a proxy) was not resolved.
class Unresolved : public Error {
public:
    explicit Unresolved(const std::string& message) : Error(ErrorKind::transient, message) {}
};

/// Throws Busy when the answer is of that kind.
void throw_if_busy(HttpResponse& response, std::string_view place);

/// What the server says about an error: `errors[].code` and `.message` of a JSON body (distribution spec, "Error
/// codes"), printable and cut, with ": " in front; "" when there is none.
std::string server_message(HttpResponse& response);

/// Counts the failures of one piece of work.
class Patience {
public:
    explicit Patience(std::chrono::milliseconds first_pause) : first_pause_(first_pause) {}
    /// After a failure: returns when the time for another try has come. Throws the failure itself when it is not
    /// transient, and transient with the number of tries when that was the last one.
    void wait_after(const Error& failure);
    /// Bytes that came; enough of them make earlier failures forgotten.
    void progress(std::uint64_t bytes);

private:
    std::chrono::milliseconds first_pause_;
    unsigned failures_ = 0;
    unsigned unresolved_ = 0; ///< of them
    std::uint64_t since_failure_ = 0;
};

/// work() until it does not throw transient, within the bounds of Patience.
template <class Work>
auto patiently(std::chrono::milliseconds first_pause, Work&& work) {
    Patience patience(first_pause);
    for (;;) {
        try {
            return work();
        } catch (const Error& error) {
            patience.wait_after(error);
        }
    }
}

} // namespace touchstone
