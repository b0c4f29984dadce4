// What a command sees of the process that it runs in. Tests give strings instead, and so run whole commands in process.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

/// Thrown by Streams::out when nobody reads any more (EPIPE). Not an Error: there is nobody to tell.
struct BrokenPipe {};

struct Streams {
    std::function<void(std::string_view)> out; ///< throws Error(unreadable) when it cannot be written, or BrokenPipe
    std::function<void(std::string_view)> err; ///< never throws
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    /// The value of an environment variable, where it is set and not empty.
    std::function<std::optional<std::string>(const char* name)> environment;
};

/// Standard output, standard error and the environment. Ignores SIGPIPE, so that a closed pipe is an error like others.
Streams process_streams();

} // namespace touchstone
