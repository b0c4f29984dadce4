// The one error type. It is raised by fail(), given context on its way up by within(), and caught in three places only:
// cli/run, parallel_for, and callbacks from C. A difference between images is data, never an Error.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace touchstone {

/// What kind of trouble it is; decides the exit status (base knows no exit status: see cli/run.cpp).
enum class ErrorKind {
    usage,       ///< the caller asked for something that makes no sense
    unreadable,  ///< the operating system refused: missing file, no permission, not a regular file
    malformed,   ///< the bytes break the format's rules
    unverified,  ///< a digest or a size is not what was promised
    unsupported, ///< well-formed perhaps, but of a kind that no runtime (or not we) can read
    over_limit,  ///< larger than a named limit
    interrupted, ///< a signal asked to stop
    transient,   ///< may succeed when tried again (network, registry 429/5xx)
};

/// A short name for messages and JSON: "malformed", "over-limit", …
std::string_view name_of(ErrorKind kind);

class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    ErrorKind kind() const noexcept { return kind_; }

private:
    ErrorKind kind_;
};

/// Throws Error. `message` is for people: which rule, what was expected, what was found. Names that come from an image
/// must already be printable() in it.
[[noreturn]] void fail(ErrorKind kind, std::string message);

/// Throws Error(unreadable, "`what`: strerror(error_number)").
[[noreturn]] void fail_errno(int error_number, std::string_view what);

/// Runs `work`; an Error that leaves it gets "`context`: " in front and keeps its kind. `context` must be printable.
template <class Work>
decltype(auto) within(std::string_view context, Work&& work) {
    try {
        return std::forward<Work>(work)();
    } catch (const Error& error) {
        throw Error(error.kind(), std::string(context) + ": " + error.what());
    }
}

} // namespace touchstone
