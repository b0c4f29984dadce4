// Lexical cleaning of member names, as Go's filepath.Clean does it on the rooted name (containerd and Docker key what
// they extract by that). Most names are clean already but for a leading "./" or a trailing '/', so they cost one scan.
#include "image/tar_reader.h"

#include <string>

namespace touchstone {

namespace {

// The component that starts at `at`, without its '/'.
std::string_view component_at(std::string_view name, std::size_t at) {
    const std::size_t slash = name.find('/', at);
    return name.substr(at, slash == std::string_view::npos ? slash : slash - at);
}

// True when `name` has only real components: nothing empty, no "." and no "..".
bool is_clean(std::string_view name) {
    for (std::size_t at = 0; at < name.size();) {
        const char first = name[at];
        if (first == '/') return false;
        if (first == '.') {
            const std::string_view part = component_at(name, at);
            if (part == "." || part == "..") return false;
        }
        const std::size_t slash = name.find('/', at);
        if (slash == std::string_view::npos) return true;
        at = slash + 1;
        if (at == name.size()) return false; // only a caller that kept the trailing '/' gets here
    }
    return true;
}

std::string_view rebuild(std::string_view name, bool& dot_dot, Arena& arena) {
    std::string clean;
    clean.reserve(name.size());
    for (std::size_t at = 0; at <= name.size();) {
        const std::string_view part = component_at(name, at);
        at += part.size() + 1;
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            dot_dot = true;
            const std::size_t slash = clean.rfind('/');
            clean.resize(slash == std::string::npos ? 0 : slash); // ".." at the root stays at the root
            continue;
        }
        if (!clean.empty()) clean.push_back('/');
        clean += part;
    }
    return arena.keep(clean);
}

} // namespace

CleanedName clean_name(std::string_view stored, Arena& arena) {
    CleanedName cleaned;
    cleaned.absolute = stored.starts_with('/');
    std::string_view name = stored;
    for (;;) {
        if (name.starts_with('/'))
            name.remove_prefix(1);
        else if (name.starts_with("./"))
            name.remove_prefix(2);
        else
            break;
    }
    while (name.ends_with('/')) name.remove_suffix(1);
    if (name == ".") name = {};
    cleaned.path = is_clean(name) ? name : rebuild(name, cleaned.dot_dot, arena);
    return cleaned;
}

} // namespace touchstone
