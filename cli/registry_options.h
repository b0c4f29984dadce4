// Options about registries: trust, credentials, patience. Every command that opens an image has them.
#pragma once

#include "cli/command_line.h"
#include "image/remote/options.h"

#include <cstdint>

namespace touchstone {

/// Whether there are --cert and --key; `attest verify` has another --key.
enum class ClientCertificate : std::uint8_t { none, possible };

void add_registry_options(CommandLine& line, RemoteOptions& options,
                          ClientCertificate certificate = ClientCertificate::possible);

} // namespace touchstone
