// Which texts are obeyed: run by an interpreter, a shell, a service manager, or read as a rule of access. There a path
// is no trace of the build but the thing that will be opened or started, and almost nothing may be explained away.
#include "diff/explain/words.h"

#include "base/text.h"

#include "diff/explain/detect_subject.h"
#include "diff/security.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

/// What service managers, cron and access rules read; programs in any language are in detect_subject.cpp.
constexpr std::array<std::string_view, 11> obeyed_suffixes{
    ".service", ".socket", ".timer", ".path", ".mount", ".target", ".desktop", ".rules", ".cron", ".sudoers", ".env"};
constexpr std::array<std::string_view, 12> obeyed_names{"crontab",  "sudoers",       "supervisord.conf", "inittab",
                                                        "rc.local", "ld.so.conf",    "procfile",         ".bashrc",
                                                        ".profile", ".bash_profile", ".zshrc",           ".env"};

bool is_obeyed_name(std::string_view path) {
    const std::string name = ascii_lower(last_component(path));
    const auto ends = [&](std::string_view suffix) { return std::string_view(name).ends_with(suffix); };
    if (std::any_of(obeyed_suffixes.begin(), obeyed_suffixes.end(), ends)) return true;
    return std::any_of(obeyed_names.begin(), obeyed_names.end(), [&](std::string_view n) { return name == n; });
}

bool is_sensitive(std::string_view path) {
    return sensitive(plain_path(path)) != nullptr;
}

bool is_configuration_name(std::string_view path) {
    constexpr std::array<std::string_view, 8> suffixes{".conf",   ".cfg",      ".ini",  ".cnf",
                                                       ".config", ".htaccess", ".toml", ".list"};
    const std::string name = ascii_lower(last_component(path));
    const auto ends = [&](std::string_view suffix) { return std::string_view(name).ends_with(suffix); };
    return plain_path(path).starts_with("etc/") || std::any_of(suffixes.begin(), suffixes.end(), ends);
}

/// The line opens as a comment of some language. "#!" and "#include" do something.
bool opens_comment(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos) return false;
    line.remove_prefix(first);
    if (line.starts_with("# ") || line.starts_with("#\t") || line.starts_with("##")) return true;
    constexpr std::array<std::string_view, 7> openings{"//", "/*", "* ", "; ", "<!--", "dnl ", ".\\\""};
    return std::any_of(openings.begin(), openings.end(), [&](std::string_view o) { return line.starts_with(o); });
}

} // namespace

Nature nature_of(const Subject& subject) {
    Nature nature;
    nature.sensitive = is_sensitive(subject.path) || is_sensitive(subject.name);
    nature.obeyed =
        nature.sensitive || is_program(subject) || is_obeyed_name(subject.path) || is_obeyed_name(subject.name);
    nature.configuration = is_configuration_name(subject.path) || is_configuration_name(subject.name);
    return nature;
}

bool is_obeyed_line(const Site& site, const SpanPair& token) {
    if (!is_obeyed(site)) return false;
    if (site.nature.sensitive) return true;
    return !opens_comment(site.before(0, token[0])) || !opens_comment(site.before(1, token[1]));
}

bool steers_execution(const Site& site, const SpanPair& token) {
    const auto steers = [&](std::size_t side) {
        const std::string line = ascii_lower(site.before(side, token[side]));
        // Inside longer names, too: PYTHONPATH, LD_LIBRARY_PATH, execstartpre, preload_libraries.
        constexpr std::array<std::string_view, 17> keys{
            "path=",   "path\"",   "path:",  "path =",      "path'", "preload",    "exec", "command", "cmd",
            "include", "node_opt", "plugin", "load_module", "hook",  "entrypoint", "prog", "shell"};
        return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) { return line.find(key) != line.npos; });
    };
    return steers(0) || steers(1);
}

} // namespace touchstone
