// Tables of what runs, what steers, and what only tells. When in doubt a file is a program: then nothing is claimed.
#include "diff/explain/detect_subject.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

using namespace std::string_view_literals;

/// First bytes of what a kernel, a linker or a virtual machine runs.
constexpr std::array program_magics{
    "\x7f"
    "ELF"sv,
    "MZ"sv,               // PE, EFI
    "#!"sv,               // scripts
    "\xca\xfe\xba\xbe"sv, // Java class, Mach-O for several machines
    "\xfe\xed\xfa\xce"sv,
    "\xfe\xed\xfa\xcf"sv,
    "\xce\xfa\xed\xfe"sv,
    "\xcf\xfa\xed\xfe"sv, // Mach-O
    "\0asm"sv,            // WebAssembly
    "BC\xc0\xde"sv,       // LLVM bitcode
    "\x1bLua"sv,
    "dex\n"sv,
    "\xda\xda\xfe\xca"sv,
    "\xca\xfe\xda\xda"sv, // jlink modules: either end
    "bFLT"sv,
};

/// Names of code, compiled or not. ".so." covers versioned libraries.
constexpr std::array program_suffixes{
    ".so"sv,     ".o"sv,   ".a"sv,    ".ko"sv,   ".exe"sv,  ".dll"sv, ".efi"sv,      ".dylib"sv,   ".node"sv,
    ".class"sv,  ".jsa"sv, ".pyc"sv,  ".pyo"sv,  ".wasm"sv, ".elc"sv, ".beam"sv,     ".luac"sv,    ".bc"sv,
    ".bin"sv,    ".rom"sv, ".fw"sv,   ".sh"sv,   ".bash"sv, ".py"sv,  ".pl"sv,       ".pm"sv,      ".rb"sv,
    ".js"sv,     ".mjs"sv, ".cjs"sv,  ".ts"sv,   ".php"sv,  ".lua"sv, ".tcl"sv,      ".awk"sv,     ".el"sv,
    ".scm"sv,    ".ps1"sv, ".bat"sv,  ".cmd"sv,  ".c"sv,    ".h"sv,   ".cc"sv,       ".cpp"sv,     ".hpp"sv,
    ".go"sv,     ".rs"sv,  ".java"sv, ".sql"sv,  ".mk"sv,   ".in"sv,  ".am"sv,       ".ac"sv,      ".m4"sv,
    ".cmake"sv,  ".jar"sv, ".gs"sv,   ".r"sv,    ".R"sv,    ".pth"sv, ".postinst"sv, ".preinst"sv, ".prerm"sv,
    ".postrm"sv, ".bpf"sv, ".vim"sv,  ".fish"sv, ".zsh"sv,  ".nse"sv,
};

constexpr std::array program_names{"Makefile"sv, "GNUmakefile"sv, "makefile"sv, "CMakeLists.txt"sv, "Dockerfile"sv,
                                   "Rakefile"sv, "Gemfile"sv,     "vmlinuz"sv,  "vmlinux"sv,        "modules"sv};

constexpr std::array program_directories{"bin"sv, "sbin"sv, "libexec"sv, "init.d"sv, "cgi-bin"sv};

constexpr std::array configuration_suffixes{
    ".conf"sv,  ".cfg"sv,    ".cnf"sv,   ".config"sv,  ".ini"sv,      ".rules"sv, ".service"sv,    ".socket"sv,
    ".timer"sv, ".target"sv, ".mount"sv, ".desktop"sv, ".htaccess"sv, ".yaml"sv,  ".yml"sv,        ".toml"sv,
    ".env"sv,   ".policy"sv, ".list"sv,  ".sources"sv, ".repo"sv,     ".lst"sv,   ".preset"sv,     ".network"sv,
    ".xml"sv,   ".json"sv,   ".cron"sv,  ".acl"sv,     ".pac"sv,      ".zone"sv,  ".properties"sv,
};

template <typename Table>
bool ends_with_any(std::string_view name, const Table& table) {
    return std::any_of(table.begin(), table.end(), [&](std::string_view suffix) { return name.ends_with(suffix); });
}

template <typename Table>
bool is_any(std::string_view name, const Table& table) {
    return std::find(table.begin(), table.end(), name) != table.end();
}

bool has_program_magic(ByteView bytes) {
    const std::string_view text = as_text(bytes);
    return std::any_of(program_magics.begin(), program_magics.end(),
                       [&](std::string_view magic) { return text.starts_with(magic); }) ||
           text.substr(0, 4).ends_with("\r\n"); // pyc: two bytes of version before it
}

bool has_program_directory(std::string_view path) {
    for (std::size_t start = 0; start < path.size();) {
        const std::size_t slash = path.find('/', start);
        if (slash == std::string_view::npos) return false; // the last component is the file itself
        if (is_any(path.substr(start, slash - start), program_directories)) return true;
        start = slash + 1;
    }
    return false;
}

bool is_program_name(std::string_view path) {
    const std::string_view name = last_component(path);
    return ends_with_any(name, program_suffixes) || name.find(".so.") != std::string_view::npos ||
           is_any(name, program_names) || name.starts_with("vmlinuz-") || has_program_directory(path);
}

} // namespace

std::string_view last_component(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view plain_path(std::string_view path) {
    while (path.starts_with("./") || path.starts_with('/')) path.remove_prefix(path.front() == '/' ? 1 : 2);
    return path;
}

bool is_program(const Subject& subject) {
    // Sections of an ELF file arrive under their names, without the magic in front.
    const bool is_section = subject.name != subject.path && subject.name.starts_with('.');
    return is_section || subject.executable || has_program_magic(subject.bytes[0]) ||
           has_program_magic(subject.bytes[1]) || is_program_name(plain_path(subject.name)) ||
           is_program_name(plain_path(subject.path));
}

bool is_configuration_directory(const Subject& subject) {
    for (const std::string_view path : {plain_path(subject.path), plain_path(subject.name)}) {
        if (path.starts_with("etc/") || path.find("/etc/") != std::string_view::npos || path.starts_with("boot/"))
            return true;
    }
    return false;
}

bool is_configuration(const Subject& subject) {
    if (is_configuration_directory(subject)) return true;
    for (const std::string_view path : {plain_path(subject.path), plain_path(subject.name)}) {
        if (ends_with_any(path, configuration_suffixes) || last_component(path).starts_with('.')) return true;
    }
    return false;
}

bool is_log(const Subject& subject) {
    const std::string_view path = plain_path(subject.name);
    return path.starts_with("var/log/") || path.ends_with(".log");
}

} // namespace touchstone
