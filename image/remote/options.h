// How registries are reached: what the user may say about trust, credentials and patience. Plain values, so that an
// image can be opened without anybody including what speaks HTTP.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace touchstone {

class RegistryPool;

/// c/image copies six layers at a time, docker three: more only takes from others.
inline constexpr unsigned default_downloads = 4;

struct RemoteOptions {
    std::string auth_file; ///< the only file that credentials come from; empty: REGISTRY_AUTH_FILE, else the usual ones
    bool verify_tls = true;  ///< false: any certificate will do, from any host; never makes plain HTTP acceptable
    std::string ca_file;     ///< PEM, in place of the system's authorities
    std::string certificate; ///< PEM, shown to the registry only, never to hosts that it sends us to
    std::string key;         ///< PEM, of the certificate; empty: in the same file
    std::vector<std::string> plain_http; ///< hosts ("host" for any port, or "host:port") that are spoken to without TLS
    std::vector<std::string> token_hosts; ///< hosts that may be sent the registry's password in exchange for a token
    std::chrono::milliseconds retry_delay{1000}; ///< before the second try; doubles with each further one
    std::chrono::seconds stall_timeout{30};      ///< a connection on which nearly nothing moves for so long is given up
    unsigned downloads = default_downloads;      ///< blobs that are read from one registry at the same time, at least 1
    std::shared_ptr<RegistryPool> pool; ///< connections and tokens for all who hold it (pool.h); null: each their own
    bool operator==(const RemoteOptions&) const = default;
};

} // namespace touchstone
