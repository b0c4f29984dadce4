// Splitting a reference, and sniffing a bare path. A path may hold colons and a name may too, so the file system
// decides: the longest prefix that exists is the path.
#include "image/reference.h"

#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "image/remote/engine.h"
#include "image/sniff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sys/stat.h>

namespace touchstone {

namespace {

struct TransportRow {
    Transport transport;
    std::string_view name;
    bool directory;  ///< its path is a directory, else a file
    bool names;      ///< takes a ref name or tag
    bool digests;    ///< takes @sha256:…
    bool from_stdin; ///< takes "-"
};
constexpr std::array transports{
    TransportRow{Transport::docker, "docker", false, true, true, false},
    TransportRow{Transport::docker_daemon, "docker-daemon", false, false, false, false},
    TransportRow{Transport::podman, "podman", false, false, false, false},
    TransportRow{Transport::containerd, "containerd", false, false, false, false},
    TransportRow{Transport::oci, "oci", true, true, true, false},
    TransportRow{Transport::oci_archive, "oci-archive", false, true, true, true},
    TransportRow{Transport::docker_archive, "docker-archive", false, true, true, true},
    TransportRow{Transport::dir, "dir", true, false, true, false},
    TransportRow{Transport::tar, "tar", false, false, false, true},
};

constexpr std::string_view forms =
    "docker://NAME[:TAG][@DIGEST], docker-daemon:NAME[:TAG], podman:NAME[:TAG], containerd:NAME, "
    "oci:DIR[:REF], oci-archive:FILE[:REF], docker-archive:FILE[:TAG], dir:DIR, tar:FILE, "
    "or the path or the name alone";

/// Transports of containers/image that Touchstone does not read, and what to do instead. {} is what followed the colon.
struct RefusedRow {
    std::string_view name;
    std::string_view instead;
};
constexpr std::array refused{
    RefusedRow{"ostree", "not read: copy {} with skopeo to oci:DIR"},
    RefusedRow{"sif", "not read: copy {} with skopeo to oci:DIR"},
};

const TransportRow& row_of(Transport transport) {
    return *std::find_if(transports.begin(), transports.end(),
                         [&](const TransportRow& row) { return row.transport == transport; });
}

enum class PathKind : std::uint8_t { missing, directory, other };

/// Any trouble but absence counts as "there": opening it will say what the trouble is.
PathKind kind_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG ? PathKind::missing : PathKind::other;
    }
    return S_ISDIR(status.st_mode) ? PathKind::directory : PathKind::other;
}

struct Split {
    std::string path;
    std::string selector;
};

/// "PATH", "PATH@sha256:…", "PATH:SELECTOR", the longest path that exists. A lone "-" is standard input.
std::optional<Split> split_by_existence(std::string_view text, bool from_stdin) {
    const auto is_there = [&](std::string_view path) {
        return !path.empty() && ((from_stdin && path == "-") || kind_of(std::string(path)) != PathKind::missing);
    };
    if (is_there(text)) return Split{std::string(text), ""};
    for (std::size_t end = text.find_last_of(":@"); end != std::string_view::npos && end > 0;
         end = text.find_last_of(":@", end - 1)) {
        if (!is_there(text.substr(0, end))) continue;
        const bool at = text[end] == '@';
        return Split{std::string(text.substr(0, end)), std::string(text.substr(at ? end : end + 1))};
    }
    return std::nullopt;
}

void check_selector(const Reference& reference) {
    const TransportRow& row = row_of(reference.transport);
    const std::string_view selector = reference.selector;
    if (selector.empty() || row.names || (row.digests && selector.starts_with('@'))) return;
    fail(ErrorKind::usage, fmt::format("{}: holds one image: `:{}` selects nothing in {}", row.name,
                                       printable_short(selector), printable_short(reference.path)));
}

void check_path_kind(const Reference& reference) {
    const TransportRow& row = row_of(reference.transport);
    if (reference.path == "-" && row.from_stdin) return;
    const PathKind kind = kind_of(reference.path);
    if (row.directory && kind != PathKind::directory) {
        fail(ErrorKind::usage, fmt::format("{}: needs a directory, and {} is none; for a file there are oci-archive:, "
                                           "docker-archive: and tar:",
                                           row.name, printable_short(reference.path)));
    }
    if (!row.directory && kind == PathKind::directory) {
        fail(ErrorKind::usage,
             fmt::format("{}: needs a file, and {} is a directory; for a directory there are oci: and dir:", row.name,
                         printable_short(reference.path)));
    }
}

Reference parse_with_transport(const TransportRow& row, std::string_view rest, std::string_view text) {
    Reference reference{row.transport, "", "", std::string(text)};
    const bool may_split = row.names || row.digests;
    const std::optional<Split> split =
        may_split ? split_by_existence(rest, row.from_stdin) : Split{std::string(rest), ""};
    const bool missing =
        !split || split->path.empty() || (!may_split && rest != "-" && kind_of(std::string(rest)) == PathKind::missing);
    if (missing) {
        fail(ErrorKind::usage, fmt::format("{}: no such file or directory: {}", row.name, printable_short(rest)));
    }
    reference.path = split->path;
    reference.selector = split->selector;
    check_selector(reference);
    check_path_kind(reference);
    return reference;
}

Reference parse_docker(std::string_view rest, std::string_view text) {
    constexpr std::string_view slashes = "//";
    if (!rest.starts_with(slashes)) {
        fail(ErrorKind::usage, fmt::format("docker: takes two slashes: docker://{}", printable_short(rest)));
    }
    Reference reference{Transport::docker, "", "", std::string(text)};
    reference.registry =
        within(printable_short(text), [&] { return parse_registry_name(rest.substr(slashes.size())); });
    return reference;
}

/// docker-daemon:NAME, podman:NAME and containerd:NAME; NAME as the engine's own commands take it.
Reference parse_engine(Transport transport, std::string_view rest, std::string_view text) {
    within(name_of(transport), [&] { check_engine_name(rest); });
    return {transport, std::string(rest), "", std::string(text)};
}

/// containers-storage: is the store that podman has its images in; podman is asked for them. Names there are full ones,
/// and containers/image completes short ones as those of registries.
Reference parse_storage(std::string_view rest, std::string_view text) {
    if (rest.starts_with('[')) {
        fail(ErrorKind::usage, "containers-storage: takes no [DRIVER@ROOT]: podman is asked, and has its own settings "
                               "for that (CONTAINERS_STORAGE_CONF)");
    }
    if (rest.starts_with('@')) rest.remove_prefix(1);
    if (is_engine_id(rest)) return parse_engine(Transport::podman, rest, text);
    const RegistryName name = within("containers-storage", [&] { return parse_registry_name(rest); });
    return parse_engine(Transport::podman, name.full_name(), text);
}

/// Why a word that is no path looks as if one was meant; empty where it does not. A name in a registry may look like
/// that, too: it is then said with docker://.
std::string path_hint(std::string_view text) {
    constexpr std::array<std::string_view, 8> endings{".tar", ".tgz", ".tzst", ".gz", ".zst", ".xz", ".bz2", ".oci"};
    const std::size_t slash = text.rfind('/');
    const std::string_view last = text.substr(slash == std::string_view::npos ? 0 : slash + 1);
    const std::string_view file = last.substr(0, last.find_first_of(":@"));
    for (const std::string_view ending : endings) {
        if (file.ends_with(ending)) return fmt::format("{} is the ending of a file", ending);
    }
    if (slash == std::string_view::npos) return {};
    const std::string folder(text.substr(0, slash));
    return kind_of(folder) == PathKind::directory ? printable_short(folder) + " is a directory here" : std::string();
}

/// What is no path may be a name in a registry; who meant a path must learn from the error that it was not found, and
/// at once where that is likely.
Reference parse_bare_word(std::string_view text) {
    const std::string shown = printable_short(text);
    if (text == "-") {
        fail(ErrorKind::usage, "standard input has no name to go by: say docker-archive:-, oci-archive:- or tar:-");
    }
    if (text.starts_with('/') || text.starts_with('.') || text.starts_with('~')) {
        fail(ErrorKind::usage, fmt::format("no such file or directory: {}; a reference is {}", shown, forms));
    }
    Reference reference{Transport::docker, "", "", std::string(text)};
    try {
        reference.registry = parse_registry_name(text);
    } catch (const Error& error) {
        fail(ErrorKind::usage,
             fmt::format("`{}` is no path here, and no name of an image in a registry: {}; a reference "
                         "is {}",
                         shown, error.what(), forms));
    }
    if (const std::string hint = path_hint(text); !hint.empty()) {
        fail(ErrorKind::usage, fmt::format("no such file or directory: {} ({}); if an image in a registry is meant: "
                                           "docker://{}",
                                           shown, hint, shown));
    }
    return reference;
}

} // namespace

std::string_view name_of(Transport transport) {
    return row_of(transport).name;
}

Reference parse_reference(std::string_view text) {
    if (text.empty()) fail(ErrorKind::usage, fmt::format("an empty reference; a reference is {}", forms));
    if (text.find('\0') != std::string_view::npos) fail(ErrorKind::usage, "a reference with a NUL byte");
    const std::size_t colon = text.find(':');
    const std::string_view head = text.substr(0, colon == std::string_view::npos ? 0 : colon);
    const std::string_view rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    if (head == name_of(Transport::docker)) return parse_docker(rest, text);
    for (const Transport engine : {Transport::docker_daemon, Transport::podman, Transport::containerd}) {
        if (head == name_of(engine)) return parse_engine(engine, rest, text);
    }
    if (head == "containers-storage") return parse_storage(rest, text);
    for (const TransportRow& row : transports) {
        if (row.name == head) return parse_with_transport(row, rest, text);
    }
    const std::optional<Split> split = split_by_existence(text, false);
    if (!split) {
        for (const RefusedRow& row : refused) {
            if (row.name != head) continue;
            fail(ErrorKind::usage,
                 fmt::format("{}: {}", row.name, fmt::format(fmt::runtime(row.instead), printable_short(rest))));
        }
        return parse_bare_word(text);
    }
    Reference reference{sniff_path(split->path), split->path, split->selector, std::string(text)};
    check_selector(reference);
    return reference;
}

} // namespace touchstone
