// dpkg's databases, as text: var/lib/dpkg/status with info/PKG.{list,md5sums}, and distroless images' status.d. The
// list says whose a file is, md5sums and the status' Conffiles what it hashes to; diversions say where it really lies.
#include "diff/explain/package_reader.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::string_view root = "var/lib/dpkg/";
constexpr std::string_view status_path = "var/lib/dpkg/status";
constexpr std::string_view diversions_path = "var/lib/dpkg/diversions";
constexpr std::string_view info = "var/lib/dpkg/info/";
constexpr std::string_view single = "var/lib/dpkg/status.d/"; ///< one file per package, without a list
constexpr std::string_view sums = ".md5sums";

/// A stanza of status; views of the database's text.
struct Stanza {
    std::string_view package;
    std::string_view version;
    std::string_view architecture;
    std::string_view source;
    std::string_view status;    ///< "install ok installed"; empty in status.d
    std::string_view conffiles; ///< the lines below the field's name
};

struct Field {
    std::string_view name;
    std::string_view Stanza::*value;
};
constexpr std::array fields{Field{"package", &Stanza::package},
                            Field{"version", &Stanza::version},
                            Field{"architecture", &Stanza::architecture},
                            Field{"source", &Stanza::source},
                            Field{"status", &Stanza::status},
                            Field{"conffiles", &Stanza::conffiles}};

/// Field names are written in any case (deb822).
bool same_name(std::string_view name, std::string_view lower) {
    const auto is_same = [](char a, char b) { return ascii_lower(a) == b; };
    return std::equal(name.begin(), name.end(), lower.begin(), lower.end(), is_same);
}

bool is_continued(std::string_view text) {
    return text.starts_with(' ') || text.starts_with('\t');
}

/// Takes one field with its continued lines. A field that is there twice counts once.
void take_field(std::string_view& text, Stanza& stanza) {
    std::string_view line = take_line(text);
    const char* const below = text.data();
    while (is_continued(text)) take_line(text);
    const std::string_view name = take_until(line, ':');
    const auto* row =
        std::find_if(fields.begin(), fields.end(), [&](const Field& one) { return same_name(name, one.name); });
    if (row == fields.end() || !(stanza.*row->value).empty()) return;
    const bool is_lines = row->value == &Stanza::conffiles;
    stanza.*row->value = is_lines ? std::string_view(below, static_cast<std::size_t>(text.data() - below))
                                  : trimmed(line, line_end_blanks);
}

/// False at the end. A stanza ends with an empty line.
bool take_stanza(std::string_view& text, Stanza& stanza) {
    stanza = {};
    while (text.starts_with('\n')) take_line(text);
    if (text.empty()) return false;
    while (!text.empty() && !text.starts_with('\n')) take_field(text, stanza);
    return true;
}

/// The word after the last blank: "installed", "config-files", "half-configured", …
std::string_view state_of(const Stanza& stanza) {
    return stanza.status.empty() ? "installed" : stanza.status.substr(stanza.status.rfind(' ') + 1);
}

using Diversions = std::map<std::string_view, Diversion>;

/// The wanted files of one package, gathered from its three sources before they are claimed.
class PackageClaims {
public:
    PackageClaims(std::string_view package, std::uint32_t index, const Diversions& diversions, PackageReader& reader)
        : package_(package), index_(index), diversions_(diversions), reader_(reader) {}

    void own(std::string_view listed) {
        const std::string_view path = place_of(listed);
        if (reader_.wants(path)) files_.try_emplace(path, OwnedFile{index_, {}, false, false});
    }
    /// A digest for a file that is owned already: md5sums still names files that another package has taken over.
    void record(std::string_view listed, std::string_view md5, bool configuration) {
        const auto file = files_.find(place_of(listed));
        if (file == files_.end()) return;
        if (file->second.digest.empty()) file->second.digest = hex_digest("md5", md5);
        file->second.configuration = file->second.configuration || configuration;
    }
    void claim() {
        for (const auto& [path, file] : files_) reader_.claim(path, file);
    }

private:
    std::string_view place_of(std::string_view listed) const {
        const std::string_view path = database_path(listed);
        if (diversions_.empty()) return path;
        const auto diversion = diversions_.find(path);
        return diversion == diversions_.end() || diversion->second.package == package_ ? path
                                                                                       : diversion->second.target;
    }

    std::string_view package_;
    std::uint32_t index_;
    const Diversions& diversions_;
    PackageReader& reader_;
    std::map<std::string_view, OwnedFile> files_;
};

/// "<32 hex digits>  path" a line; `is_list`: there is no other list of the package's files.
void read_md5sums(std::string_view text, bool is_list, PackageClaims& claims) {
    constexpr std::size_t digits = 32;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.size() <= digits + 2 || line[digits] != ' ') continue;
        const std::string_view path = line.substr(digits + 2); // after two blanks, or a blank and '*'
        if (is_list) claims.own(path);
        claims.record(path, line.substr(0, digits), false);
    }
}

/// " /etc/x 0123… [obsolete]" a line; "newconffile" instead of a digest while it is being installed. A path may have
/// blanks, so that the digest is sought from the end.
void read_conffiles(std::string_view text, PackageClaims& claims) {
    while (!text.empty()) {
        std::string_view line = trimmed(take_line(text), line_end_blanks);
        for (const std::string_view flag : {" remove-on-upgrade", " obsolete"}) {
            if (line.ends_with(flag)) line.remove_suffix(flag.size());
        }
        const std::size_t blank = line.rfind(' ');
        if (blank == std::string_view::npos) continue;
        claims.record(line.substr(0, blank), line.substr(blank + 1), true);
    }
}

std::optional<std::uint32_t> add(const Stanza& stanza, PackageReader& reader) {
    const std::string_view state = state_of(stanza);
    if (stanza.package.empty() || stanza.version.empty() || state == "not-installed") return std::nullopt;
    std::string_view source = stanza.source; // "glibc (2.36-9)": the version is there where it differs
    Package package;
    package.system = "dpkg";
    package.base = kept(stanza.package);
    package.version = kept(stanza.version);
    package.architecture = kept(stanza.architecture);
    package.source = kept(take_until(source, ' '));
    package.installed = state != "config-files";
    return reader.add_package(std::move(package));
}

/// A file of info/; those of packages that can be there for several architectures have it in their name.
const std::string* find_info(const PackageFiles& databases, const Stanza& stanza, std::string_view ending) {
    std::string path = std::string(info).append(stanza.package.substr(0, package_text_limit));
    const std::string architecture = std::string(":").append(stanza.architecture.substr(0, package_text_limit));
    auto file = databases.find(path + architecture + std::string(ending));
    if (file == databases.end()) file = databases.find(path.append(ending));
    return file == databases.end() ? nullptr : &file->second;
}

void read_status(const PackageFiles& databases, const Diversions& diversions, PackageReader& reader) {
    const auto status = databases.find(std::string(status_path));
    std::string_view text = status == databases.end() ? std::string_view() : status->second;
    // Each file of info/ is read once: a status that names a package a thousand times must not cost a thousand reads.
    std::set<const std::string*> read;
    Stanza stanza;
    while (take_stanza(text, stanza)) {
        const std::optional<std::uint32_t> index = add(stanza, reader);
        if (!index) continue;
        PackageClaims claims(stanza.package, *index, diversions, reader);
        const std::string* list = find_info(databases, stanza, ".list");
        const std::string* md5sums = find_info(databases, stanza, sums);
        if (list != nullptr && read.insert(list).second) {
            for (std::string_view lines = *list; !lines.empty();) claims.own(take_line(lines));
        }
        if (md5sums != nullptr && read.insert(md5sums).second) read_md5sums(*md5sums, list == nullptr, claims);
        read_conffiles(stanza.conffiles, claims);
        claims.claim();
    }
}

void read_single_status(const PackageFiles& databases, const Diversions& diversions, PackageReader& reader) {
    for (auto file = databases.lower_bound(std::string(single)); file != databases.end(); ++file) {
        if (!file->first.starts_with(single)) break;
        if (file->first.ends_with(sums)) continue;
        std::string_view text = file->second;
        Stanza stanza;
        if (!take_stanza(text, stanza)) continue;
        const std::optional<std::uint32_t> index = add(stanza, reader);
        const auto md5sums = databases.find(file->first + std::string(sums));
        if (!index || md5sums == databases.end()) continue;
        PackageClaims claims(stanza.package, *index, diversions, reader);
        read_md5sums(md5sums->second, true, claims);
        claims.claim();
    }
}

} // namespace

/// Three lines each: original, target, package.
Diversions read_diversions(std::string_view text) {
    Diversions diversions;
    while (!text.empty()) {
        const std::string_view original = database_path(take_line(text));
        const std::string_view target = database_path(take_line(text));
        const std::string_view package = take_line(text);
        if (!package.empty()) diversions.try_emplace(original, Diversion{target, package});
    }
    return diversions;
}

bool is_dpkg_database(std::string_view path) {
    if (!path.starts_with(root)) return false;
    if (path == status_path || path == diversions_path) return true;
    const auto directly_in = [&](std::string_view directory) {
        return path.size() > directory.size() && path.starts_with(directory) &&
               path.find('/', directory.size()) == std::string_view::npos;
    };
    if (directly_in(single)) return true;
    return directly_in(info) && (path.ends_with(".list") || path.ends_with(sums));
}

void read_dpkg(const PackageFiles& databases, PackageReader& reader) {
    const auto file = databases.find(std::string(diversions_path));
    const Diversions diversions = read_diversions(file == databases.end() ? std::string_view() : file->second);
    read_status(databases, diversions, reader);
    read_single_status(databases, diversions, reader);
}

} // namespace touchstone
