// Where users keep their registry credentials: the files of containers/image and of docker, and the helpers that these
// name. A credential is looked up for one registry, given to nobody else, and never part of a message.
#pragma once

#include "image/remote/credential_helper.h"
#include "image/remote/options.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Where to look: from the environment, or made up by a test.
struct CredentialPlaces {
    std::string only;        ///< --authfile or REGISTRY_AUTH_FILE: no other file counts then, and it must exist
    std::string runtime_dir; ///< XDG_RUNTIME_DIR, or /run/containers/<uid> without it
    bool runtime_is_xdg = false;
    std::string config_home;   ///< XDG_CONFIG_HOME or ~/.config
    std::string docker_config; ///< DOCKER_CONFIG or ~/.docker
    std::string home;          ///< may be empty
    std::string search_path;   ///< PATH
};

CredentialPlaces credential_places(const RemoteOptions& options);

/// The credential for `repository` ("library/alpine") at `host` ("docker.io", "registry.example:5000"): the first that
/// the files have, in the order of c/image's getAuthFilePaths. Throws unreadable or malformed when a file that may hold
/// it cannot be used; what is in the file is not shown.
std::optional<Credential> find_credential(const CredentialPlaces& places, std::string_view host,
                                          std::string_view repository);

} // namespace touchstone
