// Files that are noise as a whole by what they are (class X of shared/spec/content-and-causes.md): caches, logs, lists
// and databases that a build leaves behind and nothing that runs depends on. A table, named and versioned. Never in
// force by itself: it names the cause C1 and its remedy; --accept makes it hide a file, which is then listed with both
// digests.
#pragma once

#include "base/bytes.h"
#include "image/entry.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace touchstone {

/// A path pattern: '*' stands for any characters but '/', '**' for any, '?' for one but '/'.
bool matches_pattern(std::string_view pattern, std::string_view path);

struct NoiseRule {
    std::string_view name;     ///< "ldconfig-aux-cache/1": with its version
    std::string_view patterns; ///< separated by blanks
    std::uint64_t largest;     ///< bytes; a larger file is not what the rule is about
    std::string_view remedy;   ///< the line for the Dockerfile
    bool secret;               ///< it should not ship at all (history files, random seeds): named even when accepted
};
std::span<const NoiseRule> noise_rules();

/// The rule for this path, or nullptr.
const NoiseRule* noise_rule_for(std::string_view path);

/// Why a file may not use its rule (executable, setuid, a link or a device, an ELF file or a script, too large), as a
/// printable phrase; empty: it may. `head` is the content's beginning, at least 4 bytes where there are.
std::string loses_exemption(const NoiseRule& rule, const Entry& content, const Entry& meta, ByteView head);

} // namespace touchstone
