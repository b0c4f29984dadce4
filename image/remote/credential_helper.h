// Programs that keep users' credentials (docker-credential-helpers' protocol): started without a shell, within a time,
// with bounded output. Their names come from the user's own files, never from an image.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

struct Credential {
    std::string user;
    std::string password;
    std::string identity_token; ///< an OAuth2 refresh token; then the others are empty
};

/// A helper may have to ask its user; c/image and docker wait for ever, scripts must not.
inline constexpr std::chrono::seconds helper_timeout{30};
inline constexpr std::size_t helper_output_limit = std::size_t{64} << 10; ///< real answers stay below 4 KiB

/// Asks `docker-credential-<suffix> get` for `server`; it is looked for in the absolute folders of `search_path`
/// (PATH). Nullopt when it has none. Throws unreadable: no such program, a status other than 0, an answer that is none;
/// never with what it printed.
std::optional<Credential> ask_helper(std::string_view suffix, std::string_view server, std::string_view search_path,
                                     std::chrono::milliseconds timeout = helper_timeout);

} // namespace touchstone
