// Components are looked at once per distinct directory or file, so a strange directory name is one oddity, however many
// entries lie below it.
#include "image/name_checks.h"

#include "base/arena.h"
#include "base/printable.h"
#include "base/unicode.h"
#include "image/case_fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace touchstone {

namespace {

constexpr std::size_t longest_component = 255; // NAME_MAX
constexpr std::size_t longest_path = 4096;     // PATH_MAX

// True when every byte is printable ASCII; eight at a time, for nearly all names are.
bool is_plain_ascii(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    std::uint64_t strange = 0;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        const std::uint64_t below_blank = (word - ones * 0x20) & ~word; // exact when no byte has its high bit set
        const std::uint64_t del = word ^ (ones * 0x7f);
        strange |= word | below_blank | ((del - ones) & ~del);
    }
    strange &= ones * 0x80;
    for (; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x20 || byte >= 0x7f) strange = 1;
    }
    return strange == 0;
}

void check_characters(const PathTrie& trie, std::uint32_t node, OddityLog& log) {
    std::string_view rest = trie[node].component;
    bool valid = true;
    bool hidden = false;
    while (!rest.empty()) {
        const CodePoint code_point = first_code_point(rest);
        valid = valid && code_point.valid;
        hidden = hidden || (code_point.valid && is_control_or_format(code_point.value));
        rest.remove_prefix(code_point.length);
    }
    if (!valid) log.add(OddityCode::name_not_utf8, trie.path_of(node));
    if (hidden) log.add(OddityCode::name_with_control, trie.path_of(node));
}

bool folds_to_itself(std::string_view component) {
    return std::none_of(component.begin(), component.end(),
                        [](char c) { return (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80; });
}

// Two nodes are the same name to a case-insensitive file system when their components fold alike and so do their
// parents: then they are one node of the tree of folded names.
class FoldedNames {
public:
    FoldedNames(const PathTrie& trie, OddityLog& log) : trie_(trie), log_(log) {}

    void run() {
        tree_.reserve(trie_.size());
        folded_of_.assign(1, PathTrie::root);
        folded_of_.reserve(trie_.size());
        first_.assign(1, PathTrie::root);
        first_.reserve(trie_.size());
        for (std::uint32_t node = 1; node < trie_.size(); ++node) place(node);
    }

private:
    void place(std::uint32_t node) {
        const std::string_view component = trie_[node].component;
        std::string_view folded = component;
        if (!folds_to_itself(component)) {
            scratch_.clear();
            if (append_folded(component, scratch_)) folded = arena_.keep(scratch_);
        }
        const std::uint32_t at = tree_.child(folded_of_[trie_[node].parent], folded);
        folded_of_.push_back(at);
        if (at == first_.size()) {
            first_.push_back(node);
            return;
        }
        // Children of directories that fold alike may have the very same name: that is told by the directories.
        const std::uint32_t first = first_[at];
        if (trie_[first].component == component) return;
        log_.add(OddityCode::names_equal_folded, trie_.path_of(node),
                 fmt::format("and \"{}\"", printable_short(trie_.path_of(first))));
    }

    const PathTrie& trie_;
    OddityLog& log_;
    PathTrie tree_;
    std::vector<std::uint32_t> folded_of_; ///< the node of tree_ for each of trie_
    std::vector<std::uint32_t> first_;     ///< the first node of trie_ for each of tree_
    std::string scratch_;
    Arena arena_;
};

} // namespace

void check_stored_name(const Entry& entry, OddityLog& log) {
    const std::string_view stored = entry.stored;
    if (stored.starts_with('/') && !entry.path.empty())
        log.add(OddityCode::absolute_name, entry.path); // "/" is the root
    if (entry.path.size() > longest_path) {
        log.add(OddityCode::name_very_long, entry.path, fmt::format("{} bytes", entry.path.size()));
    }
    for (std::size_t at = stored.find(".."); at != std::string_view::npos; at = stored.find("..", at + 1)) {
        const bool starts = at == 0 || stored[at - 1] == '/';
        const bool ends = at + 2 == stored.size() || stored[at + 2] == '/';
        if (!starts || !ends) continue;
        log.add(OddityCode::dot_dot_name, entry.path, fmt::format("stored as \"{}\"", printable_short(stored)));
        return;
    }
}

void check_components(const PathTrie& trie, OddityLog& log) {
    bool any_folds = false;
    for (std::uint32_t node = 1; node < trie.size(); ++node) {
        const std::string_view component = trie[node].component;
        if (!is_plain_ascii(component)) check_characters(trie, node, log);
        if (component.size() > longest_component) {
            log.add(OddityCode::name_very_long, trie.path_of(node),
                    fmt::format("component of {} bytes", component.size()));
        }
        any_folds = any_folds || !folds_to_itself(component);
    }
    // Names that all fold to themselves differ also when folded.
    if (any_folds) FoldedNames(trie, log).run();
}

} // namespace touchstone
