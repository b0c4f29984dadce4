// See registry_name.h.
#include "image/remote/registry_name.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"
#include "image/remote/headers.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t name_limit = 255; // distribution/reference: host and repository together
constexpr std::size_t tag_limit = 128;  // distribution spec, "Pulling manifests"
constexpr std::string_view hub = "docker.io";

bool is_lower_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_alnum(char c) {
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool is_path_component(std::string_view text) {
    if (text.empty() || !is_lower_alnum(text.front()) || !is_lower_alnum(text.back())) return false;
    for (std::size_t at = 0; at < text.size();) {
        if (is_lower_alnum(text[at])) {
            ++at;
            continue;
        }
        const std::size_t end = static_cast<std::size_t>(
            std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_lower_alnum) - text.begin());
        const std::string_view separator = text.substr(at, end - at);
        const bool dashes = separator.find_first_not_of('-') == std::string_view::npos;
        if (!dashes && separator != "." && separator != "_" && separator != "__") return false;
        at = end;
    }
    return true;
}

/// Letters, digits and inner hyphens, between dots; or an IPv6 address in brackets.
bool is_host_name(std::string_view text) {
    if (text.starts_with('[')) {
        if (!text.ends_with(']')) return false;
        text = text.substr(1, text.size() - 2);
        return !text.empty() && text.find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
    }
    while (true) {
        const std::string_view label = text.substr(0, text.find('.'));
        if (label.empty() || !is_alnum(label.front()) || !is_alnum(label.back())) return false;
        if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; })) return false;
        if (label.size() == text.size()) return true;
        text.remove_prefix(label.size() + 1);
    }
}

bool is_host(std::string_view text) {
    const std::size_t colon = text.find(':', text.starts_with('[') ? text.find(']') : 0);
    if (colon == std::string_view::npos) return is_host_name(text);
    const std::optional<std::uint64_t> port = parse_decimal(text.substr(colon + 1));
    constexpr std::uint64_t last_port = 65535;
    return port && *port >= 1 && *port <= last_port && is_host_name(text.substr(0, colon));
}

bool is_tag(std::string_view text) {
    const auto is_word = [](char c) { return is_alnum(c) || c == '_'; };
    return !text.empty() && text.size() <= tag_limit && is_word(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

[[noreturn]] void refuse(std::string_view part, std::string_view rule) {
    fail(ErrorKind::usage, fmt::format("\"{}\" is {}", printable_short(part), rule));
}

void check_repository(std::string_view text) {
    std::string_view rest = text;
    while (true) {
        const std::string_view component = rest.substr(0, rest.find('/'));
        if (!is_path_component(component)) {
            refuse(text, "no name of an image: lower-case letters and digits, with single '.', '_', \"__\" or any "
                         "number of '-' between them, in parts separated by '/'");
        }
        if (component.size() == rest.size()) return;
        rest.remove_prefix(component.size() + 1);
    }
}

} // namespace

std::string RegistryName::name() const {
    return host + "/" + repository;
}

std::string RegistryName::full_name() const {
    std::string full = name();
    if (!tag.empty()) full += ":" + tag;
    if (digest) full += "@" + digest->string();
    return full;
}

std::string RegistryName::server() const {
    return host == hub ? "registry-1.docker.io" : host;
}

RegistryName parse_registry_name(std::string_view text) {
    RegistryName name;
    if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
        try {
            name.digest = parse_digest(text.substr(at + 1));
        } catch (const Error& error) {
            fail(ErrorKind::usage, error.what());
        }
        text = text.substr(0, at);
    }
    const std::size_t slash = text.rfind('/');
    const std::size_t colon = text.find(':', slash == std::string_view::npos ? 0 : slash);
    if (colon != std::string_view::npos) {
        name.tag = text.substr(colon + 1);
        if (!is_tag(name.tag)) {
            refuse(name.tag, "no tag: at most 128 letters, digits, '_', '.' and '-', the first of them no '.' or '-'");
        }
        text = text.substr(0, colon);
    } else if (!name.digest) {
        name.tag = "latest";
    }
    name.host = hub;
    const std::size_t first_slash = text.find('/');
    const std::string_view first = text.substr(0, first_slash == std::string_view::npos ? 0 : first_slash);
    const bool has_host = first.find_first_of(".:") != std::string_view::npos || ascii_lower(first) == "localhost";
    if (has_host) {
        name.host = ascii_lower(first);
        if (!is_host(name.host)) refuse(first, "no host: a name or an address, and perhaps \":\" and a port");
        if (name.host == "index.docker.io") name.host = hub; // the old spelling
        text.remove_prefix(first_slash + 1);
    }
    check_repository(text);
    name.repository = text;
    if (name.host == hub && text.find('/') == std::string_view::npos) name.repository = "library/" + name.repository;
    if (name.name().size() > name_limit)
        refuse(text, fmt::format("too long: at most {} characters with the host", name_limit));
    return name;
}

} // namespace touchstone
