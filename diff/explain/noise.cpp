// Matching paths against the noise table, and what takes a file's exemption away: whatever could run, or lead somewhere
// else, is looked at like any other file.
#include "diff/explain/noise.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace touchstone {

namespace {

/// Paths that are in a rule's place and are not noise: secrets that each image must have its own of, and code.
constexpr std::string_view never_noise =
    "**passwords.dat* **private-keys-v1.d/** **v8-compile-cache** **node-compile-cache** **/.ssh/**";

/// Endings of what is run by naming it to a program, without an x bit and without a magic number.
constexpr std::array<std::string_view, 33> code_endings{
    ".sh",  ".bash", ".zsh", ".ksh", ".csh", ".fish", ".py",    ".pyc", ".pyo", ".pyw", ".pyz",
    ".pth", ".pl",   ".pm",  ".rb",  ".js",  ".mjs",  ".cjs",   ".jsc", ".ts",  ".php", ".phar",
    ".lua", ".tcl",  ".awk", ".jar", ".war", ".ear",  ".class", ".so",  ".ko",  ".dll", ".exe"};

struct Magic {
    std::size_t offset;
    std::string_view bytes;
    std::string_view what;
};
constexpr std::array magics{
    Magic{0, "\x7f\x45LF", "an ELF file"},
    Magic{0, "MZ", "a Windows program"},
    Magic{0, "#!", "a script"},
    Magic{0, "\xfe\xed\xfa\xce", "a Mach-O program"},
    Magic{0, "\xfe\xed\xfa\xcf", "a Mach-O program"},
    Magic{0, "\xce\xfa\xed\xfe", "a Mach-O program"},
    Magic{0, "\xcf\xfa\xed\xfe", "a Mach-O program"},
    Magic{0, "\xca\xfe\xba\xbe", "a Java class or Mach-O program"},
    Magic{2, "\r\n", "Python bytecode"}, // two bytes of version before it
    Magic{0, std::string_view("\0asm", 4), "a WebAssembly program"},
    Magic{0, "\x1bLua", "a Lua program"},
    Magic{0, "BC\xc0\xde", "LLVM bitcode"},
    Magic{0, "dex\n", "an Android program"},
};
constexpr std::size_t magic_size = 4;

constexpr std::string_view wildcards = "*?";

/// States of the pattern after each character of the path: state s means that `pattern[0, s)` has matched. One pass
/// over the path with at most a step for each state, whatever the two hold.
class States {
public:
    explicit States(std::string_view pattern) : pattern_(pattern), now_(pattern.size() + 1), next_(now_.size()) {
        enter(now_, 0);
    }
    void step(char c) {
        std::fill(next_.begin(), next_.end(), false);
        for (std::size_t s = 0; s < pattern_.size(); ++s) {
            if (!now_[s]) continue;
            if (pattern_[s] == '*') {
                if (is_deep(s) || c != '/') enter(next_, s);
            } else if (pattern_[s] == c || (pattern_[s] == '?' && c != '/')) {
                enter(next_, s + 1);
            }
        }
        now_.swap(next_);
    }
    bool matched() const { return now_.back(); }

private:
    bool is_deep(std::size_t s) const { return pattern_.substr(s, 2) == "**"; }
    /// A star may also stand for nothing, so that the state behind it is entered with it.
    void enter(std::vector<bool>& states, std::size_t s) const {
        for (;;) {
            states[s] = true;
            if (s >= pattern_.size() || pattern_[s] != '*') return;
            s += is_deep(s) ? 2U : 1U;
        }
    }

    std::string_view pattern_;
    std::vector<bool> now_;
    std::vector<bool> next_;
};

template <class Use>
bool any_word(std::string_view list, const Use& use) {
    while (!list.empty()) {
        const std::string_view word = list.substr(0, list.find(' '));
        if (!word.empty() && use(word)) return true;
        list.remove_prefix(std::min(list.size(), word.size() + 1));
    }
    return false;
}

bool matches_any(std::string_view patterns, std::string_view path) {
    return any_word(patterns, [&](std::string_view pattern) { return matches_pattern(pattern, path); });
}

bool is_code_name(std::string_view path) {
    return std::any_of(code_endings.begin(), code_endings.end(),
                       [&](std::string_view ending) { return path.ends_with(ending); });
}

std::string_view code_magic(ByteView head) {
    const std::string_view bytes = as_text(head);
    for (const Magic& magic : magics) {
        if (bytes.size() >= magic.offset && bytes.substr(magic.offset).starts_with(magic.bytes)) return magic.what;
    }
    return {};
}

bool has_capability(const Entry& entry) {
    return entry.extra && std::any_of(entry.extra->xattrs.begin(), entry.extra->xattrs.end(),
                                      [](const NamedBytes& one) { return one.first == "security.capability"; });
}

} // namespace

bool matches_pattern(std::string_view pattern, std::string_view path) {
    // Nearly every pattern of a table fails here, by what stands before its first or after its last wildcard.
    const std::string_view front = pattern.substr(0, pattern.find_first_of(wildcards));
    if (!path.starts_with(front)) return false;
    if (front.size() == pattern.size()) return path.size() == pattern.size();
    if (!path.ends_with(pattern.substr(pattern.find_last_of(wildcards) + 1))) return false;
    States states(pattern);
    for (const char c : path) states.step(c);
    return states.matched();
}

const NoiseRule* noise_rule_for(std::string_view path) {
    for (const NoiseRule& rule : noise_rules()) {
        if (!matches_any(rule.patterns, path)) continue;
        return is_code_name(path) || matches_any(never_noise, path) ? nullptr : &rule;
    }
    return nullptr;
}

std::string loses_exemption(const NoiseRule& rule, const Entry& content, const Entry& meta, ByteView head) {
    const std::uint32_t permissions = content.permissions() | meta.permissions();
    if ((permissions & 06000U) != 0) return "is setuid or setgid";
    if (has_capability(content) || has_capability(meta)) return "has file capabilities";
    if (content.type == EntryType::directory) return {};
    if (content.type != EntryType::file) return fmt::format("is no regular file but of type {}", name_of(content.type));
    if ((permissions & 0111U) != 0) return "is executable";
    if (content.size > rule.largest) {
        return fmt::format("has {}, more than {}", human_bytes(content.size), human_bytes(rule.largest));
    }
    if (head.size() < std::min<std::uint64_t>(content.size, magic_size)) return "was not looked into";
    const std::string_view code = code_magic(head);
    return code.empty() ? std::string() : fmt::format("is {}", code);
}

} // namespace touchstone
