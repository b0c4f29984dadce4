// What is dropped or rewritten on the way to a canonical form, and why that is safe: a closed list, so that a reader of
// an equality can see everything that it does not speak of (docs/canonical-layer.md section 7). `touchstone rules
// --canonical` prints it; a test holds it against what is really counted.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace touchstone {

/// Where the dropped thing stood. The canonical form of a layer tar, or of a tree, has rows of `layer` only.
enum class DroppedFrom : std::uint8_t { layer, config, manifest };
std::string_view name_of(DroppedFrom from); ///< "layer", "config", "manifest"

/// What decides whether it is dropped.
enum class DroppedBy : std::uint8_t { always, mtime_policy, owner_policy, merging };
std::string_view name_of(DroppedBy by); ///< "always", "--mtime", "--owner", "--merge"

struct DroppedRow {
    std::string_view name; ///< as changes are counted and logged; a '*' at the end stands for any text
    DroppedFrom from = DroppedFrom::layer;
    DroppedBy by = DroppedBy::always;
    std::string_view what;    ///< of the source
    std::string_view becomes; ///< in the canonical form
    std::string_view reason;
    std::string_view rule; ///< of docs/canonical-layer.md; empty for documents, which that page does not rule
    bool counted = true;   ///< false for what follows from the form itself and would be counted on every image
};

/// All rows; extended attributes have one for each that is dropped.
std::span<const DroppedRow> dropped_table();

/// The row of a change, by its name in counts and logs ("xattr-dropped security.selinux"); null when there is none,
/// which is a mistake in the program.
const DroppedRow* dropped_row(std::string_view what);

} // namespace touchstone
