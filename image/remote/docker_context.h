// `docker context`: the named places of Docker's daemon that docker(1) keeps in its configuration folder. Layout and
// precedence are those of docker/cli (cli/context/store, cli/command/cli.go). The files are the user's own.
#pragma once

#include <optional>
#include <string>

namespace touchstone {

struct DockerContext {
    std::string name;
    std::string host; ///< as it is stored: "unix:///run/docker.sock", "tcp://host:2376"; empty: the usual socket
    bool skips_verification = false; ///< of the certificate that the daemon shows
    std::string ca_file;             ///< PEM; this and the next two are empty where the context has none
    std::string certificate;         ///< PEM
    std::string key;                 ///< PEM
    bool has_tls() const { return skips_verification || !ca_file.empty() || !certificate.empty(); }
};

/// What the environment says about contexts.
struct DockerContextPlaces {
    std::string named;  ///< DOCKER_CONTEXT
    std::string folder; ///< DOCKER_CONFIG, else ~/.docker; empty: there is none
};
DockerContextPlaces docker_context_places();

/// The context in use: the one that DOCKER_CONTEXT names, else `currentContext` of the folder's config.json. Nullopt
/// for none and for "default". (DOCKER_HOST goes before all of this.) Throws unreadable for a context that is not
/// there, malformed for files that make no sense, without quoting them: config.json may hold passwords.
std::optional<DockerContext> find_docker_context(const DockerContextPlaces& places);

} // namespace touchstone
