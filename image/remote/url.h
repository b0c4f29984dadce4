// URLs, taken apart by the parser of the library that connects to them: a second parser with another opinion about
// where the host ends is how credentials get to strangers.
#pragma once

#include <string>
#include <string_view>

namespace touchstone {

/// An absolute http or https URL without user or fragment. Compared by parts that are in canonical form: scheme and
/// host in lower case, IPv4 addresses with four decimal numbers, the port always there.
struct Url {
    std::string scheme; ///< "http" or "https"
    std::string host;   ///< IPv6 in brackets
    unsigned port = 0;
    std::string target;            ///< path and query, starts with '/'
    std::string string() const;    ///< the port only where it is not the scheme's
    std::string authority() const; ///< "host", or "host:port" where the port is not the scheme's
};

/// Longest URL; presigned ones have one or two thousand bytes, and servers refuse more than 8 KiB.
inline constexpr std::size_t url_limit = std::size_t{16} << 10;

/// Throws malformed: no absolute URL of http or https, a user in it, a control character or blank, or too long.
Url parse_url(std::string_view text);
/// `location` as a server at `base` means it (RFC 3986 section 5). Throws like parse_url.
Url resolve_url(const Url& base, std::string_view location);

/// Same scheme, host and port: what may see a credential meant for the other.
bool same_origin(const Url& first, const Url& second);

/// `text` within a URL's query or a form: everything but letters, digits and "-._~" as %XX.
std::string url_escape(std::string_view text);

/// localhost, 127.0.0.0/8 or [::1]; `host` as in Url.
bool is_loopback_host(std::string_view host);
/// An IP address (not a name) that is loopback, private, link-local or unspecified: nothing that a stranger may send
/// us to (ggcr validateRealmURL; cloud metadata services live at such addresses).
bool is_inner_address(std::string_view host);

/// Whether `entry` ("host" for any port, or "host:port", in any case) of a user's list means this host and port.
bool names_host(std::string_view entry, std::string_view host, unsigned port);

} // namespace touchstone
