// See engine.h. The requests are those of `docker save` (GET /images/get, Docker Engine API) and of podman's own client
// (libpod API, images/{name}/get).
#include "image/remote/engine.h"

#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "image/archive_index.h"
#include "image/remote/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <unistd.h>

namespace touchstone {

namespace {

/// Old daemons write the whole archive to their own disk before the first byte of it comes.
constexpr std::chrono::seconds engine_patience{600};
constexpr std::size_t message_limit = std::size_t{64} << 10; // an error's body; real ones have some hundred bytes

struct EngineRow {
    Engine engine;
    std::string_view transport;     ///< as in references
    std::string_view host_variable; ///< names where it listens
    std::string_view advice;        ///< what to do without it; {} is the image's name
};
constexpr std::array engines{
    EngineRow{Engine::docker, "docker-daemon", "DOCKER_HOST",
              "is the daemon running? DOCKER_HOST says where; else: docker save -o FILE {}, then docker-archive:FILE"},
    EngineRow{Engine::podman, "podman", "CONTAINER_HOST",
              "`podman system service` listens there (CONTAINER_HOST says where); else: podman save --format "
              "oci-archive -o FILE {}, then oci-archive:FILE"},
};

const EngineRow& row_of(Engine engine) {
    return *std::find_if(engines.begin(), engines.end(), [&](const EngineRow& row) { return row.engine == engine; });
}

std::string environment(std::string_view name) {
    const char* const value = std::getenv(std::string(name).c_str()); // NOLINT(concurrency-mt-unsafe): nobody sets it
    return value == nullptr ? std::string() : value;
}

/// The usual sockets: Docker's, and podman's of this user or of the system (podman-system-service(1)).
std::string default_socket(Engine engine) {
    if (engine == Engine::docker) return "/var/run/docker.sock";
    const std::string runtime = environment("XDG_RUNTIME_DIR");
    const std::string own = runtime + "/podman/podman.sock";
    return !runtime.empty() && access(own.c_str(), F_OK) == 0 ? own : "/run/podman/podman.sock";
}

/// Where an engine listens, and how it is spoken to there.
struct Place {
    HttpRequest request; ///< its URL has the root as target
    RemoteOptions options;
    std::string name; ///< printable
};

Place socket_place(std::string path, const RemoteOptions& options) {
    Place place{{parse_url("http://localhost/")}, options, printable(path)};
    place.request.socket = std::move(path);
    return place;
}

/// tcp:// is HTTP, or with DOCKER_TLS_VERIFY or DOCKER_CERT_PATH TLS with the certificates that docker(1) names there.
Place tcp_place(std::string_view address, const RemoteOptions& options) {
    Place place{{}, options, printable_short(address)};
    const std::string certificates = environment("DOCKER_CERT_PATH");
    const bool verifies = !environment("DOCKER_TLS_VERIFY").empty();
    const bool has_tls = verifies || !certificates.empty() || !environment("DOCKER_TLS").empty();
    place.request.url = parse_url(fmt::format("{}://{}/", has_tls ? "https" : "http", address));
    if (!has_tls) return place;
    if (!verifies) place.options.verify_tls = false;
    if (certificates.empty()) return place;
    place.options.ca_file = certificates + "/ca.pem";
    place.options.certificate = certificates + "/cert.pem";
    place.options.key = certificates + "/key.pem";
    place.request.shows_certificate = true;
    return place;
}

Place place_of(const EngineRow& row, const RemoteOptions& options) {
    constexpr std::string_view unix_scheme = "unix://";
    constexpr std::string_view tcp_scheme = "tcp://";
    const std::string host = environment(row.host_variable);
    if (host.empty()) return socket_place(default_socket(row.engine), options);
    if (host.starts_with(unix_scheme)) return socket_place(host.substr(unix_scheme.size()), options);
    if (host.starts_with(tcp_scheme)) return tcp_place(std::string_view(host).substr(tcp_scheme.size()), options);
    fail(ErrorKind::unsupported,
         fmt::format("{} is {}: only unix:// and tcp:// are spoken", row.host_variable, printable_short(host)));
}

/// A name without tag or digest means the tag `latest` here as everywhere; `docker save` itself would take all tags of
/// it. Twelve and more hex digits are an ID.
std::string with_tag(const std::string& name) {
    constexpr std::size_t short_id = 12;
    const bool is_id = name.size() >= short_id && name.find_first_not_of("0123456789abcdef") == std::string::npos;
    const std::size_t last = name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1;
    const bool is_exact = name.find(':', last) != std::string::npos || name.find('@') != std::string::npos;
    return is_id || is_exact ? name : name + ":latest";
}

std::string target_of(Engine engine, const std::string& name) {
    if (engine == Engine::docker) return "/images/get?names=" + url_escape(with_tag(name));
    return fmt::format("/v4.0.0/libpod/images/{}/get?format=oci-archive", with_tag(name));
}

/// {"message": "…"} of both; a stranger's words.
std::string message_of(HttpResponse& response) {
    try {
        const Json document = parse_json(response.text(message_limit), "error");
        const Json* const message = document.find("message");
        if (message != nullptr && message->is(Json::Kind::string)) {
            return ": it says: " + printable_short(message->as_string());
        }
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
    }
    return {};
}

std::unique_ptr<HttpResponse> ask(const EngineRow& row, const Place& place, const std::string& name) {
    HttpRequest request = place.request;
    request.url.target = target_of(row.engine, name);
    try {
        // libcurl would speak of the URL's host, which nobody meant.
        if (!request.socket.empty() && access(request.socket.c_str(), R_OK | W_OK) != 0) {
            fail(ErrorKind::unreadable, std::generic_category().message(errno));
        }
        return HttpClient(place.options).send(request);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        fail(ErrorKind::unreadable,
             fmt::format("{}; {}", error.what(), fmt::format(fmt::runtime(row.advice), printable_short(name))));
    }
}

} // namespace

void check_engine_name(std::string_view name) {
    if (name.empty()) fail(ErrorKind::usage, "an empty name of an image");
    if (name.size() > engine_name_limit) {
        fail(ErrorKind::usage, fmt::format("a name of {} bytes, the limit is {}", name.size(), engine_name_limit));
    }
    const auto is_known = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._-/:@").find(c) != std::string_view::npos;
    };
    const bool climbs = name.find("..") != std::string_view::npos || name.find("//") != std::string_view::npos;
    if (climbs || !is_known(name.front()) || !std::all_of(name.begin(), name.end(), is_known)) {
        fail(ErrorKind::usage, fmt::format("`{}` is no name of an image", printable_short(name)));
    }
}

std::shared_ptr<const File> fetch_from_engine(Engine engine, const std::string& name, const RemoteOptions& options) {
    const EngineRow& row = row_of(engine);
    check_engine_name(name);
    const std::string what = fmt::format("{}:{}", row.transport, printable_short(name));
    return within(what, [&] {
        Place place = place_of(row, options);
        place.options.stall_timeout = std::max(place.options.stall_timeout, engine_patience);
        return within(place.name, [&] {
            const std::unique_ptr<HttpResponse> response = ask(row, place, name);
            constexpr int good = 200;
            if (response->status() != good) {
                fail(ErrorKind::unreadable, fmt::format("status {}{}", response->status(), message_of(*response)));
            }
            return spool(*response, archive_spool_limit, what);
        });
    });
}

} // namespace touchstone
