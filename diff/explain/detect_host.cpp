// What a build writes down of its machine: host names (E1), the kernel (E2), the environment (E4), the locale (E5), and
// who built (P3). A host name counts only when the image's own config names it, on each side its own.
#include "diff/explain/detect_rules.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

bool is_host_char(char c) {
    return is_alnum(c) || c == '.' || c == '-' || c == '_';
}
bool is_address_char(char c) {
    return is_host_char(c) || c == '@';
}

constexpr std::string_view buildkit_host = "buildkitsandbox";

/// A name of this side's builder, or that name with a domain, or the short form of a container's id.
bool is_own_host(const SideClues& side, std::string_view word) {
    constexpr std::size_t shortest = 3; // "a" is a host name somewhere, and a word everywhere
    constexpr std::size_t short_id = 12;
    if (word.size() < shortest) return false;
    if (word == buildkit_host) return true;
    const auto is = [&](const std::string& name) {
        if (name.size() < shortest || name == "localhost") return false;
        const bool with_domain = word.size() > name.size() && word.starts_with(name) && word[name.size()] == '.';
        const bool is_short_id = word.size() == short_id && name.size() == 64 && name.starts_with(word);
        return word == name || with_domain || is_short_id;
    };
    return std::any_of(side.host_names.begin(), side.host_names.end(), is);
}

/// In "https://host/", "host:443/x" and the like the name is an address to go to.
bool is_address(std::string_view before, std::string_view after) {
    return before.ends_with("://") || after.starts_with("://") ||
           (after.starts_with(':') && after.size() > 1 && is_digit(after[1])) ||
           mentions(before, {"http", "https", "server", "proxy", "endpoint", "url", "connect"});
}

bool claim_host(const Site& site, WordClaims& claims, const SpanPair& word) {
    for (std::size_t side : {0U, 1U}) {
        if (is_address(site.before(side, word[side]), site.after(side, word[side]))) return false;
    }
    if (is_obeyed_line(site, word)) return false;
    return claims.claim(word, CauseId::host_name, "each image's config names its own");
}

/// The window begins where the line does.
bool has_begin_of_line(const Site& site) {
    return std::all_of(site.window.begin(), site.window.end(), [&, side = 0U](const Span& window) mutable {
        const std::size_t s = side++;
        return window.offset == 0 || site.text(s, {window.offset - 1, 1}) == "\n";
    });
}

bool is_release_char(char c) {
    return is_alnum(c) || std::string_view(".-_+~").find(c) != std::string_view::npos;
}

/// "6.1.0-18-amd64": three numbers with dots, then anything.
bool is_kernel_release(std::string_view text) {
    std::size_t numbers = 0;
    while (numbers < 3 && !text.empty() && is_digit(text.front())) {
        while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
        ++numbers;
        if (numbers < 3 && text.starts_with('.')) text.remove_prefix(1);
    }
    return numbers == 3 && (text.empty() || !is_digit(text.front()));
}

bool tells_kernel(std::string_view before) {
    if (mentions(before, {"linux-image", "linux-headers", "linux-libc-dev", "modules", "package", "unpacking"}))
        return false;
    return mentions(before, {"uname", "uname -r", "kernel", "kernel version", "kernel release", "osrelease", "osvers",
                             "linux version", "host_system", "host_system_version", "system_version", "cmake_system",
                             "kernelversion", "kernel_version", "myuname"});
}

/// "Linux host 6.1.0-18-amd64 #1 SMP … x86_64 GNU/Linux": the line of uname -a, around the token.
bool is_uname_line(std::string_view line) {
    const std::string small = ascii_lower(line);
    const std::size_t name = small.find("linux ");
    const std::size_t number = small.find(" #");
    return name != std::string::npos && number != std::string::npos && name < number &&
           (small.find(" smp", number) != std::string::npos || small.find("gnu/linux", number) != std::string::npos);
}

/// From the release to what names the machine ("x86_64"); nothing when the core is not in it.
std::optional<SpanPair> uname_words(const Site& site) {
    SpanPair token{};
    for (std::size_t side : {0U, 1U}) {
        const std::string_view line = site.text(side, site.window[side]);
        const std::string small = ascii_lower(line);
        const std::size_t number = small.find(" #");
        if (!is_uname_line(line)) return std::nullopt;
        std::size_t begin = number;
        while (begin > 0 && is_release_char(line[begin - 1])) --begin;
        if (!is_kernel_release(line.substr(begin, number - begin))) return std::nullopt;
        std::size_t end = line.npos;
        for (const std::string_view machine :
             {" x86_64", " aarch64", " armv7l", " s390x", " ppc64le", " riscv64", " i686"}) {
            end = std::min(end, line.find(machine, number));
        }
        if (end == line.npos) return std::nullopt;
        token[side] = {site.window[side].offset + begin, end - begin};
        const Span& core = site.core[side];
        if (core.offset < token[side].offset || core.end() > token[side].end()) return std::nullopt;
    }
    return token;
}

/// Names that shells and build tools export, and through which nothing is found or run.
constexpr std::array<std::string_view, 47> environment_names{"HOSTNAME",
                                                             "PWD",
                                                             "OLDPWD",
                                                             "HOME",
                                                             "USER",
                                                             "LOGNAME",
                                                             "USERNAME",
                                                             "SHLVL",
                                                             "TERM",
                                                             "COLUMNS",
                                                             "LINES",
                                                             "LANG",
                                                             "LANGUAGE",
                                                             "LC_ALL",
                                                             "LC_CTYPE",
                                                             "LC_COLLATE",
                                                             "LC_TIME",
                                                             "LC_NUMERIC",
                                                             "LC_MESSAGES",
                                                             "TZ",
                                                             "_",
                                                             "MAKELEVEL",
                                                             "MFLAGS",
                                                             "SSH_CONNECTION",
                                                             "SSH_CLIENT",
                                                             "SSH_TTY",
                                                             "XDG_SESSION_ID",
                                                             "XDG_RUNTIME_DIR",
                                                             "DISPLAY",
                                                             "COLORTERM",
                                                             "MAIL",
                                                             "SUDO_USER",
                                                             "SUDO_UID",
                                                             "SUDO_GID",
                                                             "container",
                                                             "TMPDIR",
                                                             "INVOCATION_ID",
                                                             "JOURNAL_STREAM",
                                                             "RANDOM",
                                                             "SECONDS",
                                                             "PPID",
                                                             "BASHPID",
                                                             "EUID",
                                                             "UID",
                                                             "LS_COLORS",
                                                             "WINDOWID",
                                                             "EPOCHSECONDS"};
/// Of these, at least so many must stand beside each other.
constexpr std::array<std::string_view, 12> telling_names{"PATH", "HOME", "PWD",     "OLDPWD", "SHLVL", "HOSTNAME",
                                                         "TERM", "USER", "LOGNAME", "LANG",   "SHELL", "_"};
constexpr std::size_t fewest_telling = 3;
constexpr std::size_t neighbours = 24;        ///< lines before and behind that are looked at
constexpr std::size_t neighbourhood = 16'384; ///< bytes before and behind

/// The name of "NAME=value", "declare -x NAME="value"", "export NAME='value'"; empty when the line is none.
std::string_view name_of_variable(std::string_view line) {
    bool exported = false;
    for (const std::string_view head : {"declare -x ", "export "}) {
        if (!line.starts_with(head)) continue;
        line.remove_prefix(head.size());
        exported = true;
    }
    std::size_t size = 0;
    while (size < line.size() && (is_alnum(line[size]) || line[size] == '_')) ++size;
    // "declare -x OLDPWD": exported, and without a value.
    const bool ends = size == line.size() ? exported : line[size] == '=';
    const bool is_name = size > 0 && ends && !is_digit(line[0]);
    return is_name ? line.substr(0, size) : std::string_view{};
}

template <std::size_t size>
bool is_one_of(std::string_view word, const std::array<std::string_view, size>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Lines of variables around the window, of those that only an environment has.
std::size_t telling_neighbours(const Site& site, std::size_t side) {
    const std::string_view all = as_text(site.leaf.subject.bytes.at(side));
    const Span& window = site.window.at(side);
    std::size_t count = 0;
    std::string_view rest = all.substr(window.offset, neighbourhood);
    for (std::size_t i = 0; i < neighbours && !rest.empty(); ++i) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view name = name_of_variable(rest.substr(0, end));
        if (name.empty()) break;
        if (is_one_of(name, telling_names)) ++count;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const std::size_t reach = std::min<std::size_t>(window.offset, neighbourhood);
    rest = all.substr(window.offset - reach, reach);
    for (std::size_t i = 0; i < neighbours && rest.size() > 1; ++i) {
        rest.remove_suffix(1); // the line's end
        const std::size_t begin = rest.rfind('\n') == rest.npos ? 0 : rest.rfind('\n') + 1;
        const std::string_view name = name_of_variable(rest.substr(begin));
        if (name.empty()) break;
        if (is_one_of(name, telling_names)) ++count;
        rest = rest.substr(0, begin);
    }
    return count;
}

/// With all quotes and decimal signs made one.
std::string plain_signs(std::string_view text) {
    struct Sign {
        std::string_view fancy;
        char plain;
    };
    constexpr std::array<Sign, 8> signs{{{"\xe2\x80\x98", '\''},
                                         {"\xe2\x80\x99", '\''},
                                         {"\xe2\x80\x9c", '"'},
                                         {"\xe2\x80\x9d", '"'},
                                         {"\xe2\x80\x9e", '"'},
                                         {"\xc2\xab", '"'},
                                         {"\xc2\xbb", '"'},
                                         {"`", '\''}}};
    std::string result;
    while (!text.empty()) {
        const auto sign =
            std::find_if(signs.begin(), signs.end(), [&](const Sign& s) { return text.starts_with(s.fancy); });
        result += sign == signs.end() ? text.front() : sign->plain;
        text.remove_prefix(sign == signs.end() ? 1 : sign->fancy.size());
    }
    return result;
}

bool is_number_char(char c) {
    return is_digit(c) || c == '.' || c == ',';
}

/// "0,35" and "0.35".
bool is_decimal_comma(const Site& site, const SpanPair& word) {
    const std::string_view a = site.text(0, word[0]);
    const std::string_view b = site.text(1, word[1]);
    const std::size_t sign = a.find_first_of(".,");
    if (a.size() != b.size() || sign == a.npos || sign == 0 || sign + 1 == a.size()) return false;
    if (a.find_first_of(".,", sign + 1) != a.npos) return false;
    return a.substr(0, sign) == b.substr(0, sign) && a.substr(sign + 1) == b.substr(sign + 1) && a[sign] != b[sign] &&
           is_number_char(b[sign]);
}

bool is_user_char(char c) {
    return is_alnum(c) || c == '_' || c == '-';
}

} // namespace

bool host_name(const Site& site, WordClaims& claims) {
    if (const auto word = word_around(site, is_host_char)) {
        const bool own =
            is_own_host(site.clue(0), site.text(0, (*word)[0])) && is_own_host(site.clue(1), site.text(1, (*word)[1]));
        if (own) return claim_host(site, claims, *word);
    }
    // "alice@host": the user may differ as well, if both are plain names.
    const auto address = word_around(site, is_address_char);
    if (!address) return false;
    for (std::size_t side : {0U, 1U}) {
        const std::string_view text = site.text(side, (*address)[side]);
        const std::size_t at = text.find('@');
        if (at == text.npos || !all_of(text.substr(0, at), is_user_char)) return false;
        if (!is_own_host(site.clue(side), text.substr(at + 1))) return false;
    }
    return claim_host(site, claims, *address);
}

bool kernel(const Site& site, WordClaims& claims) {
    if (!site.leaf.text) return false;
    if (const auto words = uname_words(site)) {
        return !is_obeyed_line(site, *words) && claims.claim(*words, CauseId::kernel, "the line of uname -a");
    }
    auto word = word_around(site, is_release_char);
    if (!word || is_obeyed_line(site, *word)) return false;
    for (std::size_t side : {0U, 1U}) {
        Span& span = (*word)[side];
        const std::string_view text = site.text(side, span);
        const std::size_t skip = text.starts_with("Linux-") ? 6 : 0; // CMAKE_HOST_SYSTEM
        span = {span.offset + skip, span.size - skip};
        if (!is_kernel_release(site.text(side, span)) || !tells_kernel(site.before(side, span))) return false;
    }
    return claims.claim(*word, CauseId::kernel, "the line speaks of the kernel that ran");
}

bool environment_dump(const Site& site, WordClaims& claims) {
    if (!site.leaf.text || is_obeyed(site) || !has_begin_of_line(site)) return false;
    SpanPair value{};
    std::array<std::string_view, 2> name;
    for (std::size_t side : {0U, 1U}) {
        const std::string_view line = site.text(side, site.window[side]);
        name[side] = name_of_variable(line);
        if (!is_one_of(name[side], environment_names)) return false;
        if (line.find('=') == line.npos) return false;
        const std::size_t begin = line.find('=') + 1;
        value[side] = {site.window[side].offset + begin, line.size() - begin};
        if (site.core[side].offset < value[side].offset) return false;
        if (telling_neighbours(site, side) < fewest_telling) return false;
    }
    if (name[0] != name[1]) return false;
    return claims.claim(value, CauseId::environment_dump, "among lines of an environment");
}

bool locale_text(const Site& site, WordClaims& claims) {
    if (!site.leaf.text || is_obeyed(site)) return false;
    if (const auto word = word_around(site, is_number_char); word && is_decimal_comma(site, *word)) {
        return claims.claim(*word, CauseId::locale_text, "the same number with another decimal sign");
    }
    const std::string a = plain_signs(site.text(0, site.core[0]));
    const std::string b = plain_signs(site.text(1, site.core[1]));
    if (a != b || a.empty()) return false;
    const std::string_view left = site.text(0, site.window[0]);
    const std::string_view right = site.text(1, site.window[1]);
    if (plain_signs(left) != plain_signs(right)) return false;
    return claims.claim(site.core, CauseId::locale_text, "the same line with other quotes");
}

bool builder_name(const Site& site, WordClaims& claims) {
    if (is_obeyed(site)) return false;
    const auto word = word_around(site, is_user_char);
    if (!word) return false;
    for (std::size_t side : {0U, 1U}) {
        if (!site.clue(side).users.contains(std::string(site.text(side, (*word)[side])))) return false;
        const std::string_view before = site.before(side, (*word)[side]);
        constexpr std::size_t near = 40;
        const std::string_view close = before.substr(before.size() - std::min(before.size(), near));
        // "user=" alone is as whom something runs; these say who built.
        if (!mentions(close, {"built-by", "built by", "builtby", "built_by", "compiled by", "build user", "build_user",
                              "builduser", "builder", "packager", "packaged by", "build.user", "user.name"})) {
            return false;
        }
    }
    return claims.claim(*word, CauseId::home_path, "users of each image, named as who built");
}

} // namespace touchstone
