// See engine.h. The requests are those of `docker save` (GET /images/get, Docker Engine API) and of podman's own client
// (libpod API, images/{name}/get).
#include "image/remote/engine.h"

#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "base/text.h"
#include "image/archive_index.h"
#include "image/remote/engine_place.h"
#include "image/remote/engine_program.h"
#include "image/remote/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::size_t message_limit = std::size_t{64} << 10; // an error's body; real ones have some hundred bytes

struct EngineRow {
    Engine engine;
    std::string_view transport; ///< as in references
    std::string_view advice;    ///< what to do without it; {} is the image's name
};
constexpr std::array engines{
    EngineRow{Engine::docker, "docker-daemon",
              "is the daemon running? DOCKER_HOST or DOCKER_CONTEXT says where; else: docker save -o FILE {}, then "
              "docker-archive:FILE"},
    EngineRow{Engine::podman, "podman",
              "`podman system service` listens there (CONTAINER_HOST says where); else: podman save --format "
              "oci-archive -o FILE {}, then oci-archive:FILE"},
};

const EngineRow& row_of(Engine engine) {
    return *std::find_if(engines.begin(), engines.end(), [&](const EngineRow& row) { return row.engine == engine; });
}

/// A name without tag or digest means the tag `latest` here as everywhere; `docker save` itself would take all tags of
/// it.
std::string with_tag(const std::string& name) {
    const std::size_t last = name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1;
    const bool is_exact = name.find(':', last) != std::string::npos || name.find('@') != std::string::npos;
    return is_engine_id(name) || is_exact ? name : name + ":latest";
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

/// Throws what keeps us from an answer, and what to do instead.
[[noreturn]] void fail_with_advice(const EngineRow& row, std::string_view trouble, const std::string& name) {
    fail(ErrorKind::unreadable,
         fmt::format("{}; {}", trouble, fmt::format(fmt::runtime(row.advice), printable_short(name))));
}

std::unique_ptr<HttpResponse> ask(const EngineRow& row, const EnginePlace& place, const std::string& name) {
    HttpRequest request = place.request;
    request.url.target = target_of(row.engine, name);
    if (!request.socket.empty()) {
        // libcurl would speak of the URL's host, which nobody meant.
        const std::string trouble = socket_trouble(request.socket);
        if (!trouble.empty()) fail_with_advice(row, trouble, name);
    }
    try {
        return HttpClient(place.options).send(request);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        fail_with_advice(row, error.what(), name);
    }
}

std::shared_ptr<const File> fetch(const EngineRow& row, const EnginePlace& place, const std::string& name,
                                  const std::string& what) {
    const std::unique_ptr<HttpResponse> response = ask(row, place, name);
    constexpr int good = 200;
    if (response->status() != good) {
        fail(ErrorKind::unreadable, fmt::format("status {}{}", response->status(), message_of(*response)));
    }
    return spool(*response, archive_spool_limit, what);
}

/// Where podman's service does not run at its usual place, podman itself has the same images.
std::shared_ptr<const File> fetch_without_service(const EngineRow& row, const EnginePlace& place,
                                                  const std::string& name, const std::string& what) {
    if (row.engine != Engine::podman || place.is_chosen) return nullptr;
    const std::string trouble = socket_trouble(place.request.socket);
    if (trouble.empty()) return nullptr;
    return within(fmt::format("nobody answers at {} ({})", place.name, trouble), [&] {
        std::shared_ptr<const File> file = save_with_podman(with_tag(name), what);
        if (!file) fail_with_advice(row, "there is no podman in PATH", name);
        return file;
    });
}

} // namespace

bool is_engine_id(std::string_view name) {
    constexpr std::size_t short_id = 12;
    return name.size() >= short_id && consists_of(name, lower_hex_digits);
}

void check_engine_name(std::string_view name) {
    if (name.empty()) fail(ErrorKind::usage, "an empty name of an image");
    if (name.size() > engine_name_limit) {
        fail(ErrorKind::usage, fmt::format("a name of {} bytes, the limit is {}", name.size(), engine_name_limit));
    }
    const auto is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    const auto is_known = [&](char c) {
        return is_word(c) || std::string_view("._-/:@").find(c) != std::string_view::npos;
    };
    const bool climbs = name.find("..") != std::string_view::npos || name.find("//") != std::string_view::npos;
    if (climbs || !is_word(name.front()) || !std::all_of(name.begin(), name.end(), is_known)) {
        fail(ErrorKind::usage, fmt::format("`{}` is no name of an image", printable_short(name)));
    }
}

std::shared_ptr<const File> fetch_from_engine(Engine engine, const std::string& name, const RemoteOptions& options) {
    const EngineRow& row = row_of(engine);
    check_engine_name(name);
    const std::string what = fmt::format("{}:{}", row.transport, printable_short(name));
    return within(what, [&] {
        EnginePlace place = engine_place(engine, options);
        place.options.stall_timeout = std::max(place.options.stall_timeout, engine_patience);
        if (std::shared_ptr<const File> file = fetch_without_service(row, place, name, what)) return file;
        return within(place.name, [&] { return fetch(row, place, name, what); });
    });
}

} // namespace touchstone
