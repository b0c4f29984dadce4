// Paths that a build leaves in files: temporary names (P2), homes (P3), build directories (P1). A path is explained
// only as a trace of the build; where it is opened or run (scripts, services, configuration, search paths) it is not.
#include "diff/explain/detect_rules.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

bool is_path_char(char c) {
    return is_alnum(c) || std::string_view("/._+-@~%").find(c) != std::string_view::npos;
}

constexpr std::size_t component_limit = 64; ///< deeper paths are no paths of a build

using Components = std::vector<std::string_view>;

Components split(std::string_view path) {
    Components parts;
    while (!path.empty() && parts.size() <= component_limit) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        if (slash > 0) parts.push_back(path.substr(0, slash));
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return parts;
}

/// A pair of paths, and where they differ.
struct PathPair {
    SpanPair token{};
    std::array<std::string_view, 2> path;
    std::array<Components, 2> parts;
    std::array<Components, 2> middle; ///< without the components that both begin and end with
    std::size_t tail = 0;             ///< components that both end with
};

/// "/x" out of "-I/x" and "file:///x"; nothing for relative paths and other URLs.
std::optional<std::size_t> begin_of_absolute(std::string_view word, std::string_view before) {
    const std::size_t slash = word.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view head = word.substr(0, slash);
    const bool is_option = head == "-I" || head == "-L" || head == "-B" || head == "-isystem";
    if (!head.empty() && !is_option) return std::nullopt;
    if (!word.substr(slash).starts_with("//")) return slash;
    const bool is_file_url = before.ends_with("file:") && word.substr(slash).starts_with("///");
    return is_file_url ? std::optional(slash + 2) : std::nullopt;
}

void find_difference(PathPair& pair) {
    const Components& a = pair.parts[0];
    const Components& b = pair.parts[1];
    const std::size_t shorter = std::min(a.size(), b.size());
    std::size_t head = 0;
    while (head < shorter && a[head] == b[head]) ++head;
    while (pair.tail < shorter - head && a[a.size() - 1 - pair.tail] == b[b.size() - 1 - pair.tail]) ++pair.tail;
    for (std::size_t side : {0U, 1U}) {
        const Components& all = pair.parts[side];
        pair.middle[side].assign(all.begin() + static_cast<std::ptrdiff_t>(head),
                                 all.end() - static_cast<std::ptrdiff_t>(pair.tail));
    }
}

/// The end of a sentence is no part of a path.
void drop_full_stop(const Site& site, SpanPair& word) {
    for (std::size_t side : {0U, 1U}) {
        if (!site.text(side, word[side]).ends_with('.')) return;
    }
    for (Span& span : word) --span.size;
}

std::optional<PathPair> paths_around(const Site& site) {
    auto word = word_around(site, is_path_char);
    if (!word) return std::nullopt;
    drop_full_stop(site, *word);
    PathPair pair;
    for (std::size_t side : {0U, 1U}) {
        Span& span = (*word)[side];
        const auto begin = begin_of_absolute(site.text(side, span), site.before(side, span));
        if (!begin) return std::nullopt;
        span = {span.offset + *begin, span.size - *begin};
        pair.path[side] = site.text(side, span);
        pair.parts[side] = split(pair.path[side]);
        if (pair.parts[side].size() > component_limit) return std::nullopt;
        const auto climbs = [](std::string_view part) { return part == "." || part == ".."; };
        if (std::any_of(pair.parts[side].begin(), pair.parts[side].end(), climbs)) return std::nullopt;
    }
    pair.token = *word;
    find_difference(pair);
    return pair;
}

bool is_source_name(std::string_view path) {
    constexpr std::array<std::string_view, 31> suffixes{".c",  ".h",  ".cc",   ".cpp", ".cxx", ".hpp",   ".hxx", ".hh",
                                                        ".C",  ".S",  ".s",    ".asm", ".inc", ".ipp",   ".o",   ".lo",
                                                        ".rs", ".go", ".py",   ".pyx", ".f",   ".f90",   ".zig", ".d",
                                                        ".m",  ".mm", ".java", ".kt",  ".hs",  ".scala", ".ml"};
    return std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view s) { return path.ends_with(s); });
}

/// What debuggers read; the section of that name is not loaded, or it would not be here.
bool is_debug_section(const Site& site) {
    return !site.leaf.text && site.leaf.subject.name.starts_with(".debug");
}

/// In a program only names of sources are traces of the compiler; any other path may be one that it opens.
bool may_be_a_trace(const Site& site, const SpanPair& token) {
    if (site.leaf.text) return !is_obeyed(site) && !is_configuration(site) && !steers_execution(site, token);
    if (is_debug_section(site)) return true;
    return is_source_name(site.text(0, token[0])) && is_source_name(site.text(1, token[1]));
}

bool is_random_char(char c) {
    return is_alnum(c) || c == '_';
}

enum class Kind : std::uint8_t { digit, large, small };

Kind kind_of(char c) {
    if (is_digit(c)) return Kind::digit;
    return is_upper(c) ? Kind::large : Kind::small;
}

/// Digits and letters of both cases in turns: "rvi30j66", but not "version10" or "FooBar".
bool looks_random(std::string_view text) {
    constexpr int fewest_turns = 2; // six random letters and digits have fewer once in a hundred times
    int turns = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
        const bool capital = i == 1 && kind_of(text[0]) == Kind::large && kind_of(text[1]) == Kind::small;
        if (kind_of(text[i]) != kind_of(text[i - 1]) && !capital) ++turns;
    }
    return turns >= fewest_turns;
}

/// What stands before the random letters in names of known tools.
constexpr std::array<std::string_view, 31> temporary_prefixes{"pip-req-build-",
                                                              "pip-install-",
                                                              "pip-build-env-",
                                                              "pip-build-tracker-",
                                                              "pip-build-",
                                                              "pip-unpack-",
                                                              "pip-wheel-",
                                                              "pip-metadata-",
                                                              "pip-record-",
                                                              "pip-modern-metadata-",
                                                              "pip-ephem-wheel-cache-",
                                                              "pip-standalone-pip-",
                                                              "apt-key-gpghome.",
                                                              "apt-dpkg-install-",
                                                              "easy_install-",
                                                              "build-via-sdist-",
                                                              "cargo-install",
                                                              "rustc",
                                                              "go-build",
                                                              "go-link-",
                                                              "bundler",
                                                              "buildah",
                                                              "conda-",
                                                              "yarn--",
                                                              "npm-",
                                                              "dpkg-deb.",
                                                              "Rtmp",
                                                              "sh-thd.",
                                                              "tmp.",
                                                              "tmp",
                                                              "cc"};

/// The same literal begin and end around random letters, of the same number.
bool share_pattern(std::string_view a, std::string_view b, std::string_view prefix, bool must_look_random) {
    constexpr std::size_t fewest = 6; // mktemp's own minimum is three, but it and all tools use at least six
    a.remove_prefix(prefix.size());
    b.remove_prefix(prefix.size());
    std::array<std::string_view, 2> random;
    for (std::size_t side : {0U, 1U}) {
        std::string_view& rest = side == 0 ? a : b;
        std::size_t size = 0;
        while (size < rest.size() && is_random_char(rest[size])) ++size;
        random[side] = rest.substr(0, size);
        rest.remove_prefix(size);
        if (size < fewest) return false;
    }
    const bool numbers = all_of(random[0], is_digit) && all_of(random[1], is_digit);
    if (a != b || (random[0].size() != random[1].size() && !numbers)) return false;
    return !must_look_random || (looks_random(random[0]) && looks_random(random[1]));
}

bool has_known_pattern(std::string_view a, std::string_view b) {
    return std::any_of(temporary_prefixes.begin(), temporary_prefixes.end(), [&](std::string_view prefix) {
        if (!a.starts_with(prefix) || !b.starts_with(prefix)) return false;
        // After so short a begin as "cc" and "tmp", a word of six letters is not rare.
        constexpr std::size_t short_prefix = 5;
        return share_pattern(a, b, prefix, prefix.size() <= short_prefix);
    });
}

/// Names that mktemp and gcc make, by their whole form: their random letters may look like a word by chance.
bool are_of_known_form(std::string_view a, std::string_view b) {
    struct Form {
        std::string_view prefix;
        std::size_t letters;
        std::string_view end;
    };
    constexpr std::array<Form, 5> forms{
        {{"tmp.", 10, ""}, {"cc", 6, ".o"}, {"cc", 6, ".s"}, {"cc", 6, ".res"}, {"cc", 6, ".ld"}}};
    const auto has = [](const Form& form, std::string_view name) {
        return name.size() == form.prefix.size() + form.letters + form.end.size() && name.starts_with(form.prefix) &&
               name.ends_with(form.end) && all_of(name.substr(form.prefix.size(), form.letters), is_alnum);
    };
    return std::any_of(forms.begin(), forms.end(), [&](const Form& form) { return has(form, a) && has(form, b); });
}

/// Two components of one pattern: a known tool's, or random letters after the last sign that both have.
bool is_same_pattern(std::string_view a, std::string_view b) {
    if (are_of_known_form(a, b) || has_known_pattern(a, b)) return true;
    std::size_t common = 0;
    while (common < std::min(a.size(), b.size()) && a[common] == b[common]) ++common;
    while (common > 0 && is_alnum(a[common - 1])) --common;
    return share_pattern(a, b, a.substr(0, common), true);
}

bool is_below_temporary(const Components& parts) {
    if (parts.size() < 2) return false;
    if (parts[0] == "tmp") return true;
    const bool second = (parts[0] == "var" || parts[0] == "usr") && parts[1] == "tmp";
    return (second || (parts[0] == "dev" && parts[1] == "shm")) && parts.size() > 2;
}

bool of_one_pattern(const PathPair& pair) {
    const auto& [a, b] = pair.middle;
    if (a.empty() || a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i] && !is_same_pattern(a[i], b[i])) return false;
    }
    return true;
}

bool is_name_char(char c) {
    return is_path_char(c) && c != '/';
}

/// "ccAb12Cd.o", "pip-req-build-ab12cd34" without their directories.
bool temporary_name(const Site& site, WordClaims& claims) {
    const auto word = word_around(site, is_name_char);
    if (!word || !has_known_pattern(site.text(0, (*word)[0]), site.text(1, (*word)[1]))) return false;
    // A component of a path is judged with the whole path.
    for (std::size_t side : {0U, 1U}) {
        const std::string_view before = site.before(side, (*word)[side]);
        const std::string_view after = site.after(side, (*word)[side]);
        if (before.ends_with('/') || after.starts_with('/')) return false;
    }
    if (!may_be_a_trace(site, *word)) return false;
    return claims.claim(*word, CauseId::temporary_path, "a temporary file's name, of one pattern on both sides");
}

/// Components after the home directory; nothing when it is below none.
std::optional<std::size_t> home_components(const Components& parts) {
    if (!parts.empty() && parts[0] == "root") return 1;
    const bool home = parts.size() >= 2 && (parts[0] == "home" || parts[0] == "Users");
    return home ? std::optional<std::size_t>(2) : std::nullopt;
}

/// Where people and build services put what they build.
bool is_build_directory(const Components& parts) {
    constexpr std::array<std::string_view, 29> tops{
        "build",      "builds",    "builddir",  "buildroot", "src",      "source",    "sources", "work",
        "home",       "root",      "tmp",       "go",        "github",   "workspace", "workdir", "__w",
        "drone",      "project",   "projects",  "code",      "checkout", "repo",      "sandbox", "Users",
        "woodpecker", "bitbucket", "codebuild", "buildkite", "jenkins"};
    if (parts.empty()) return false;
    if (std::find(tops.begin(), tops.end(), parts[0]) != tops.end()) return true;
    if (parts.size() < 2) return false;
    const auto below = [&](std::string_view first, std::string_view second) {
        return parts[0] == first && parts[1] == second;
    };
    return below("usr", "src") || below("var", "tmp") || below("opt", "build") || below("opt", "src") ||
           below("nix", "build") || below("var", "jenkins_home") || below("var", "buildkite-agent") ||
           (parts.size() > 2 && below("usr", "local") && parts[2] == "src") ||
           (parts.size() > 2 && below("var", "lib") && (parts[2] == "jenkins" || parts[2] == "gitlab-runner"));
}

} // namespace

bool temporary_path(const Site& site, WordClaims& claims) {
    const auto pair = paths_around(site);
    if (!pair) return temporary_name(site, claims);
    if (!is_below_temporary(pair->parts[0]) || !is_below_temporary(pair->parts[1])) return false;
    if (!of_one_pattern(*pair) || !may_be_a_trace(site, pair->token)) return false;
    return claims.claim(pair->token, CauseId::temporary_path, "below a temporary directory, names of one pattern");
}

bool home_path(const Site& site, WordClaims& claims) {
    const auto pair = paths_around(site);
    if (!pair) return false;
    std::array<Components, 2> rest;
    for (std::size_t side : {0U, 1U}) {
        const auto home = home_components(pair->parts[side]);
        if (!home) return false;
        rest[side].assign(pair->parts[side].begin() + static_cast<std::ptrdiff_t>(*home), pair->parts[side].end());
    }
    if (rest[0] != rest[1] || !may_be_a_trace(site, pair->token)) return false;
    // Nothing below: "/root" against "/home/app" may say as whom something runs.
    if (rest[0].empty() && (pair->parts[0][0] == "root" || pair->parts[1][0] == "root")) return false;
    return claims.claim(pair->token, CauseId::home_path, "two home directories, the same path below");
}

bool build_path(const Site& site, WordClaims& claims) {
    const auto pair = paths_around(site);
    // Debug information names the directory for itself; elsewhere one that nothing follows may be any directory.
    if (!pair || (pair->tail == 0 && !is_debug_section(site))) return false;
    if (!is_build_directory(pair->parts[0]) || !is_build_directory(pair->parts[1])) return false;
    if (!may_be_a_trace(site, pair->token)) return false;
    return claims.claim(pair->token, CauseId::build_path, "two build directories, the same path below");
}

} // namespace touchstone
