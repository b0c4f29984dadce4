// Where a container engine listens: what DOCKER_HOST, a docker context or CONTAINER_HOST says, else the usual sockets.
#pragma once

#include "image/remote/engine.h"
#include "image/remote/http.h"
#include "image/remote/options.h"

#include <string>

namespace touchstone {

struct EnginePlace {
    HttpRequest request; ///< its URL has the root as target
    RemoteOptions options;
    std::string name;       ///< printable
    bool is_chosen = false; ///< the user said where; else it is the usual socket
};

/// Docker: DOCKER_HOST (with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH), else a docker context (docker_context.h), else
/// Docker's socket. podman: CONTAINER_HOST, else its socket of this user, else of the system. Throws unsupported for
/// addresses that are neither unix:// nor tcp://, and what find_docker_context throws.
EnginePlace engine_place(Engine engine, const RemoteOptions& options);

/// Why nobody can be spoken to at a Unix socket ("No such file or directory"); empty where somebody listens.
std::string socket_trouble(const std::string& path);

} // namespace touchstone
