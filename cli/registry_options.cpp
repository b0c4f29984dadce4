// See registry_options.h. The names are those of skopeo and podman where these have the option.
#include "cli/registry_options.h"

#include "base/error.h"
#include "base/printable.h"
#include "cli/options.h"
#include "image/remote/pool.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace touchstone {

namespace {

constexpr double longest_delay = 3600; // seconds; more is a typing error
constexpr std::uint64_t longest_stall = 86400;
constexpr std::uint64_t most_downloads = 64; // registries count this as an attack long before

std::chrono::milliseconds parse_delay(const std::string& text) {
    double seconds = -1;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    const bool good =
        error == std::errc() && end == text.data() + text.size() && seconds >= 0 && seconds <= longest_delay;
    if (!good) {
        fail(ErrorKind::usage, fmt::format("--retry-delay: \"{}\" is no number of seconds, from 0 to {}",
                                           printable_short(text), longest_delay));
    }
    constexpr double in_second = 1000;
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * in_second));
}

bool parse_truth(std::string_view option, const std::string& text) {
    if (text == "true") return true;
    if (text == "false") return false;
    fail(ErrorKind::usage, fmt::format("{}: \"{}\" is neither true nor false", option, printable_short(text)));
}

} // namespace

void add_registry_options(CommandLine& line, RemoteOptions& options, ClientCertificate certificate) {
    options.pool = std::make_shared<RegistryPool>(); // one command, one visit
    line.option("--authfile", "FILE",
                "take registry credentials from this file only (default: REGISTRY_AUTH_FILE, else where podman login "
                "and docker login put them)",
                [&options](const std::string& text) { options.auth_file = text; });
    line.option("--tls-verify", "BOOL", "false: believe any certificate of a registry (default true)",
                [&options](const std::string& text) { options.verify_tls = parse_truth("--tls-verify", text); });
    line.option("--ca-file", "FILE", "PEM: believe these authorities about registries, and no others",
                [&options](const std::string& text) { options.ca_file = text; });
    if (certificate == ClientCertificate::possible) {
        line.option("--cert", "FILE", "PEM: the certificate to show to the registry",
                    [&options](const std::string& text) { options.certificate = text; });
        line.option("--key", "FILE", "PEM: its key (default: in the same file)",
                    [&options](const std::string& text) { options.key = text; });
    }
    line.repeatable("--plain-http", "HOST[:PORT]",
                    "speak to this registry without TLS; may be repeated (only this machine may otherwise lack it)",
                    [&options](const std::string& text) { options.plain_http.push_back(text); });
    line.repeatable("--token-host", "HOST[:PORT]",
                    "let this host, to which a registry sends its users for tokens, see the registry's credential; may "
                    "be repeated",
                    [&options](const std::string& text) { options.token_hosts.push_back(text); });
    line.option("--downloads", "N",
                "read at most N blobs of one registry at the same time, whatever --jobs (default 4)",
                [&options](const std::string& text) {
                    const std::uint64_t count = parse_number("--downloads", text, 1);
                    if (count > most_downloads) {
                        fail(ErrorKind::usage, fmt::format("--downloads: at most {}", most_downloads));
                    }
                    options.downloads = static_cast<unsigned>(count);
                });
    line.option("--retry-delay", "SECONDS",
                "wait so long before a registry is asked again, twice that before the next time (default 1)",
                [&options](const std::string& text) { options.retry_delay = parse_delay(text); });
    line.option("--stall-timeout", "SECONDS",
                "give up a connection to a registry on which nearly nothing moves for so long (default 30)",
                [&options](const std::string& text) {
                    const std::uint64_t seconds = parse_number("--stall-timeout", text, 1);
                    if (seconds > longest_stall) {
                        fail(ErrorKind::usage, fmt::format("--stall-timeout: at most {}", longest_stall));
                    }
                    options.stall_timeout = std::chrono::seconds(seconds);
                });
}

} // namespace touchstone
