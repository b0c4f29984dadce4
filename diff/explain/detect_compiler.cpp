// What compilers write of themselves (.comment, the producer of debug information): who compiled, and with which
// options. Another compiler is drift (V4); another processor (E3) or the use of a profile (C4) is said as such; any
// other option changes what was compiled, and stays without a cause.
#include "diff/explain/detect_rules.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

/// The first words of such a line.
constexpr std::array<std::string_view, 9> heads{
    "GCC: (",  "clang version ", "Debian clang version ", "Ubuntu clang version ", "Linker: LLD ", "rustc version ",
    "GNU AS ", "GNU C",          "Alpine clang version "};

/// "GNU C17 12.2.0" and " -march=x86-64 -g".
struct Record {
    std::string_view compiler;
    std::string_view options;
};

Record split(std::string_view line) {
    const std::size_t options = std::min(line.find(" -"), line.size());
    return {line.substr(0, options), line.substr(options)};
}

/// Which processor the code is for; the sizes of caches come with -march=native.
bool is_target(std::string_view option) {
    constexpr std::array<std::string_view, 5> starts{"-march=", "-mtune=", "-mcpu=", "--param=l1-cache-",
                                                     "--param=l2-cache-"};
    return std::any_of(starts.begin(), starts.end(), [&](std::string_view s) { return option.starts_with(s); });
}

bool is_profile(std::string_view option) {
    return option.starts_with("-fprofile-use") || option.starts_with("-fauto-profile");
}

/// Both sides' options are equal without those that `is`, and these differ.
bool differ_only_in(const std::array<Record, 2>& records, bool (*is)(std::string_view)) {
    std::array<std::vector<std::string_view>, 2> left_out;
    std::array<std::vector<std::string_view>, 2> others;
    for (std::size_t side : {0U, 1U}) {
        std::string_view rest = records[side].options;
        while (!rest.empty()) {
            const std::size_t size = std::min(rest.find(' '), rest.size());
            const std::string_view option = rest.substr(0, size);
            if (!option.empty()) (is(option) ? left_out : others)[side].push_back(option);
            rest.remove_prefix(std::min(size + 1, rest.size()));
        }
    }
    return others[0] == others[1] && left_out[0] != left_out[1];
}

} // namespace

bool is_compiler_record(const Site& site) {
    const auto is = [&](std::size_t side) {
        const std::string_view line = site.text(side, site.window[side]);
        return std::any_of(heads.begin(), heads.end(), [&](std::string_view head) { return line.starts_with(head); });
    };
    return is(0) && is(1);
}

bool compiler_record(const Site& site, WordClaims& claims) {
    const std::array<Record, 2> records{split(site.text(0, site.window[0])), split(site.text(1, site.window[1]))};
    SpanPair compiler{};
    SpanPair options{};
    for (std::size_t side : {0U, 1U}) {
        compiler[side] = {site.window[side].offset, records[side].compiler.size()};
        options[side] = {compiler[side].end(), records[side].options.size()};
    }
    if (records[0].options == records[1].options) {
        return claims.claim(compiler, CauseId::toolchain, "compilers write this line of themselves");
    }
    if (records[0].compiler != records[1].compiler) return false;
    if (differ_only_in(records, is_target)) {
        return claims.claim(options, CauseId::cpu_features, "the compiler recorded another target");
    }
    if (differ_only_in(records, is_profile)) {
        return claims.claim(options, CauseId::float_or_profile, "the compiler recorded that it used a profile");
    }
    return false;
}

} // namespace touchstone
