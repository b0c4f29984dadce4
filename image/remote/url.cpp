// See url.h.
#include "image/remote/url.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"
#include "image/remote/headers.h"
#include "image/remote/libcurl.h"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>

namespace touchstone {

namespace {

struct UrlHandle {
    CURLU* handle = libcurl().url();
    UrlHandle() {
        if (handle == nullptr) throw std::bad_alloc();
    }
    ~UrlHandle() { libcurl().url_cleanup(handle); }
    UrlHandle(const UrlHandle&) = delete;
    UrlHandle& operator=(const UrlHandle&) = delete;

    std::string part(CURLUPart which, unsigned flags = 0) const {
        char* text = nullptr;
        if (libcurl().url_get(handle, which, &text, flags) != CURLUE_OK) return {};
        const std::unique_ptr<char, decltype(&::curl_free)> owned(text, libcurl().free);
        return text;
    }
};

/// Without its query: that is where presigned URLs have their secret.
[[noreturn]] void refuse(std::string_view text, std::string_view why) {
    fail(ErrorKind::malformed, fmt::format("URL {}: {}", printable_short(text.substr(0, text.find('?'))), why));
}

void set(const UrlHandle& url, std::string_view text) {
    if (text.size() > url_limit) refuse(text, fmt::format("longer than {} bytes", url_limit));
    const bool odd = std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<std::uint8_t>(c);
        return byte <= 0x20 || byte >= 0x7f;
    });
    if (odd) refuse(text, "a blank, a control character or a byte that is not ASCII");
    const CURLUcode code = libcurl().url_set(url.handle, CURLUPART_URL, std::string(text).c_str(),
                                             CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_USER_NOT_ALLOWED) refuse("(not shown)", "a user name in it");
    if (code != CURLUE_OK) refuse(text, libcurl().url_strerror(code));
}

Url taken_apart(const UrlHandle& handle, std::string_view text) {
    Url url;
    url.scheme = ascii_lower(handle.part(CURLUPART_SCHEME));
    if (url.scheme != "http" && url.scheme != "https") {
        refuse(text, fmt::format("scheme {}: only http and https are spoken", printable_short(url.scheme)));
    }
    url.host = ascii_lower(handle.part(CURLUPART_HOST));
    // A dot at the end makes a name of what is an address without it ("2130706433.").
    const bool no_name = url.host.empty() || url.host.ends_with('.') || url.host.find("..") != std::string::npos;
    if (no_name) refuse(text, "no host");
    const std::string port = handle.part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
    std::from_chars(port.data(), port.data() + port.size(), url.port); // curl has checked it
    url.target = handle.part(CURLUPART_PATH);
    if (const std::string query = handle.part(CURLUPART_QUERY); !query.empty()) url.target += "?" + query;
    return url;
}

/// What is connected to is our own spelling, read once more: it must be the place that was looked at. (An escaped host
/// like "%30x7f.1" becomes an address only the second time.)
Url checked(Url url, std::string_view text) {
    const std::string spelling = url.string();
    const UrlHandle handle;
    set(handle, spelling);
    const Url again = taken_apart(handle, text);
    if (!same_origin(url, again) || url.target != again.target) refuse(text, "not the same when it is read twice");
    return url;
}

unsigned default_port(std::string_view scheme) {
    return scheme == "https" ? 443 : 80;
}

/// A network by its first bits.
struct Network {
    std::array<std::uint8_t, 16> address;
    unsigned bits;
};

template <std::size_t count>
bool in_any(const std::array<Network, count>& networks, const std::uint8_t* address) {
    return std::any_of(networks.begin(), networks.end(), [&](const Network& network) {
        for (unsigned bit = 0; bit < network.bits; ++bit) {
            const unsigned mask = 0x80U >> (bit % 8);
            if ((address[bit / 8] & mask) != (network.address[bit / 8] & mask)) return false;
        }
        return true;
    });
}

// RFC 1122, 1918, 3927, 6598.
constexpr std::array<Network, 7> inner_v4{
    {{{0}, 8}, {{10}, 8}, {{100, 64}, 10}, {{127}, 8}, {{169, 254}, 16}, {{172, 16}, 12}, {{192, 168}, 16}}};
// RFC 4291 (:: and ::1), 4193, 4291 (link-local).
constexpr std::array<Network, 3> inner_v6{{{{0}, 127}, {{0xfc}, 7}, {{0xfe, 0x80}, 10}}};
// IPv4 addresses in IPv6 clothes: RFC 4291 (mapped), RFC 6052 (NAT64).
constexpr std::array<Network, 2> v4_in_v6{
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, {{0, 0x64, 0xff, 0x9b}, 96}}};

} // namespace

std::string Url::authority() const {
    return port == default_port(scheme) ? host : fmt::format("{}:{}", host, port);
}

std::string Url::string() const {
    return fmt::format("{}://{}{}", scheme, authority(), target);
}

Url parse_url(std::string_view text) {
    const UrlHandle handle;
    set(handle, text);
    return checked(taken_apart(handle, text), text);
}

Url resolve_url(const Url& base, std::string_view location) {
    const UrlHandle handle;
    set(handle, base.string());
    set(handle, location); // relative to what is there already
    return checked(taken_apart(handle, location), location);
}

bool same_origin(const Url& first, const Url& second) {
    return first.scheme == second.scheme && first.host == second.host && first.port == second.port;
}

std::string url_escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<std::uint8_t>(c)));
        }
    }
    return out;
}

bool is_loopback_host(std::string_view host) {
    if (host == "localhost" || host == "[::1]") return true;
    in_addr address{};
    return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127;
}

bool is_inner_address(std::string_view host) {
    std::array<std::uint8_t, 16> address{};
    if (inet_pton(AF_INET, std::string(host).c_str(), address.data()) == 1) return in_any(inner_v4, address.data());
    if (!host.starts_with('[') || !host.ends_with(']')) return false;
    host = host.substr(1, host.size() - 2);
    host = host.substr(0, host.find('%'));                                                // a zone
    if (inet_pton(AF_INET6, std::string(host).c_str(), address.data()) != 1) return true; // what it is nobody knows
    if (in_any(v4_in_v6, address.data())) return in_any(inner_v4, address.data() + 12);
    return in_any(inner_v6, address.data());
}

bool names_host(std::string_view entry, std::string_view host, unsigned port) {
    const std::string wanted = ascii_lower(entry);
    return wanted == host || wanted == fmt::format("{}:{}", host, port);
}

} // namespace touchstone
