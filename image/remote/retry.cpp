// See retry.h.
#include "image/remote/retry.h"

#include "base/interrupt.h"
#include "base/json.h"
#include "base/printable.h"
#include "image/remote/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <thread>

namespace touchstone {

namespace {

constexpr std::array busy_statuses{408, 429, 500, 502, 503, 504};

/// The spec page allows 1 MiB; a server that trickles must not hold us up that long for a message.
constexpr std::size_t message_read_limit = std::size_t{64} << 10;
constexpr std::size_t message_shown_limit = 500;

void sleep_for(std::chrono::milliseconds pause) {
    constexpr std::chrono::milliseconds glance{100}; // how late a Ctrl-C may be noticed
    const auto end = std::chrono::steady_clock::now() + pause;
    for (;;) {
        stop_if_interrupted();
        const auto left = end - std::chrono::steady_clock::now();
        if (left <= std::chrono::nanoseconds(0)) return;
        std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, glance));
    }
}

std::string text_of(const Json& object, std::string_view key) {
    const Json* const value = object.find(key);
    return value != nullptr && value->is(Json::Kind::string) ? value->as_string() : std::string();
}

std::string join_errors(const Json& document) {
    std::string joined;
    const Json* const errors = document.find("errors");
    if (errors == nullptr || !errors->is(Json::Kind::array)) return text_of(document, "details");
    for (const Json& error : errors->items()) {
        const std::string code = text_of(error, "code");
        const std::string message = text_of(error, "message");
        if (!joined.empty()) joined += "; ";
        joined += code.empty() || message.empty() ? code + message : fmt::format("{}: {}", code, message);
    }
    return joined;
}

} // namespace

void throw_if_busy(HttpResponse& response, std::string_view place) {
    const int status = response.status();
    if (std::find(busy_statuses.begin(), busy_statuses.end(), status) == busy_statuses.end()) return;
    const std::optional<std::chrono::seconds> after =
        parse_retry_after(response.headers().get("retry-after"), std::time(nullptr));
    throw Busy(fmt::format("{}: status {}{}", place, status, server_message(response)), after);
}

std::string server_message(HttpResponse& response) {
    const std::string body = response.text(message_read_limit);
    try {
        const std::string joined = join_errors(parse_json(body, "error"));
        return joined.empty() ? std::string() : ": the server says: " + printable_short(joined, message_shown_limit);
    } catch (const Error&) {
        return {}; // an error page for people: its status says as much
    }
}

void Patience::wait_after(const Error& failure) {
    if (failure.kind() != ErrorKind::transient) throw; // NOLINT: called in its handler
    since_failure_ = 0;
    if (dynamic_cast<const Unresolved*>(&failure) != nullptr) ++unresolved_;
    if (++failures_ >= try_limit || unresolved_ >= name_try_limit) {
        fail(ErrorKind::transient, fmt::format("{} (given up after {} tries)", failure.what(), failures_));
    }
    std::chrono::milliseconds pause = first_pause_ * (1U << (failures_ - 1));
    if (const auto* const busy = dynamic_cast<const Busy*>(&failure); busy != nullptr && busy->after()) {
        pause = std::max<std::chrono::milliseconds>(pause, *busy->after());
    }
    sleep_for(std::min<std::chrono::milliseconds>(pause, longest_pause));
}

void Patience::progress(std::uint64_t bytes) {
    since_failure_ += bytes;
    if (since_failure_ >= progress_of_note) failures_ = unresolved_ = 0;
}

} // namespace touchstone
