// The table of normalizers, and what may use it.
#include "diff/explain/accept.h"

#include "base/error.h"
#include "base/printable.h"
#include "diff/explain/noise.h"
#include "diff/security.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::string_view everything = "hygiene";

constexpr std::array<NormalizerRule, 13> rules{{
    {"gzip/1", "gzip", "T3 C2 C3", "header times and names of gzip, and how it was compressed"},
    {"compressed/1", "xz zstd bzip2 lz4 lzma", "C2 C3", "how xz, zstd, bzip2, lz4 and lzma were compressed"},
    {"zip/1", "zip", "T3 O4 C2 C3", "times of members, their order and compression in zip, jar and wheel files"},
    {"ar/1", "ar", "T3 E7 O4 C2", "times and owners of members in ar archives"},
    {"tar/1", "tar", "T1 T3 O4 C2", "times and order of members in tar archives"},
    {"cpio/1", "cpio", "T3 O4 C2", "times and inode numbers in cpio archives"},
    {"pyc/1", "pyc", "T3 T9", "the time of its source in Python bytecode"},
    {"png/1", "png", "T2 T3 C3", "times and compression in PNG pictures"},
    {"gettext/1", "mo", "T2", "the time in a message catalogue"},
    {"sqlite/1", "sqlite", "R7", "change counters of an SQLite database"},
    {"text-date/1", "text json ini properties manifest", "T2 T5 T6", "dates of the build in texts"},
    {"order/1", "*", "O1 O2 O3 O4 O5 O7", "the order of lines, members and records where it means nothing"},
    {"derived/1", "*", "C2", "digests and sizes of other files that differ"},
}};

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const std::string_view first = list.substr(0, list.find(' '));
        if (first == word) return true;
        list.remove_prefix(std::min(list.size(), first.size() + 1));
    }
    return false;
}

/// Causes of these classes may be hidden: what says nothing of what runs.
bool is_harmless(CauseId cause) {
    return row_of(cause).weight <= CauseClass::hygiene;
}

/// What could run, or decides who may: never hidden by content, however well it is explained.
bool is_grave(const DivergentFile& file) {
    return file.weight == Weight::security || file.executable() || sensitive(file.path) != nullptr;
}

bool only_content(const DivergentFile& file) {
    return file.content_differs() && std::all_of(file.findings.begin(), file.findings.end(), [](const Finding* f) {
               return f->fact == "content" || f->fact == "size";
           });
}

bool only_content_or_presence(const DivergentFile& file) {
    return std::all_of(file.findings.begin(), file.findings.end(), [](const Finding* f) {
        return f->fact == "content" || f->fact == "size" || f->fact == "presence";
    });
}

} // namespace

std::span<const NormalizerRule> normalizer_rules() {
    return rules;
}

std::vector<std::string> acceptance_names() {
    std::vector<std::string> names{std::string(everything)};
    for (const NormalizerRule& rule : rules) names.emplace_back(rule.name);
    for (const NoiseRule& rule : noise_rules()) names.emplace_back(rule.name);
    return names;
}

Acceptance::Acceptance(const std::vector<std::string>& names) : names_(names) {
    const std::vector<std::string> known = acceptance_names();
    for (const std::string& name : names_) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            fail(ErrorKind::usage,
                 fmt::format("--accept: there is no rule \"{}\"; `touchstone rules --accept` lists them",
                             printable_short(name)));
        }
    }
    if (std::find(names_.begin(), names_.end(), everything) != names_.end()) names_ = known;
}

bool Acceptance::allows(const Part& part, std::vector<std::string_view>& used) const {
    for (const auto& [cause, count] : part.causes) {
        const auto rule = std::find_if(rules.begin(), rules.end(), [&, cause = cause](const NormalizerRule& r) {
            const bool fits = (r.kinds == "*" || has_word(r.kinds, part.kind)) && has_word(r.causes, code_of(cause));
            return fits && std::find(names_.begin(), names_.end(), r.name) != names_.end();
        });
        if (rule == rules.end() || !is_harmless(cause)) return false;
        if (std::find(used.begin(), used.end(), rule->name) == used.end()) used.push_back(rule->name);
    }
    return std::all_of(part.parts.begin(), part.parts.end(), [&](const Part& inner) { return allows(inner, used); });
}

std::string Acceptance::accepts_content(const DivergentFile& file, const Part& part) const {
    if (empty() || is_grave(file) || !only_content(file) || !part.explained()) return {};
    std::vector<std::string_view> used;
    if (!allows(part, used) || used.empty()) return {};
    std::string text;
    for (const std::string_view name : used) text += (text.empty() ? "" : " ") + std::string(name);
    return text;
}

std::string Acceptance::accepts_whole(const DivergentFile& file, const std::array<ByteView, 2>& heads) const {
    const NoiseRule* const rule = noise_rule_for(file.path);
    if (rule == nullptr || std::find(names_.begin(), names_.end(), rule->name) == names_.end()) return {};
    if (!only_content_or_presence(file)) return {};
    for (std::size_t side : {0U, 1U}) {
        const Inode* const inode = file.inode.at(side);
        if (inode == nullptr) continue;
        if (!loses_exemption(*rule, *inode->content, *inode->meta, heads.at(side)).empty()) return {};
    }
    return std::string(rule->name);
}

} // namespace touchstone
