// Readings: what the three kinds of appliers make of the same stack. Ordinary layers read the same everywhere and are
// merged once; a stack that holds one of the triggers of spec/formats-and-hostile-input.md 2.3 is simulated entry by
// entry in each reading, and "equal" is only claimed where all of them are.
#pragma once

#include "diff/tree.h"
#include "image/oddity.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

/// spec: OCI layer.md as umoci has it (whiteouts apply to lower layers only). naive: containerd's applyNaive, also
/// rootless, native, btrfs, zfs snapshotters and Docker vfs. overlay: each layer unpacked into a directory of its own,
/// stacked by the kernel (containerd as root, Docker overlay2).
enum class Reading : std::uint8_t { spec, naive, overlay };
std::string_view name_of(Reading reading);

/// Another reading than the spec's. Exactly one of the two is set: an applier may refuse the stack.
struct OtherReading {
    Reading reading = Reading::naive;
    std::optional<Tree> tree;
    std::string refusal; ///< printable
};

struct Readings {
    Tree spec;
    std::vector<OtherReading> others; ///< only those that are not the same as `spec`
};

/// Builds all readings. Oddities that only the stack shows are appended, with their layer. Throws malformed when the
/// spec reading and the naive one both refuse the stack (no runtime could run it).
Readings build_readings(const Stack& stack, std::vector<Oddity>& oddities);

/// The same tree by linear merging, or nothing where a layer reaches through something that is no directory.
std::optional<Tree> build_by_merging(const Stack& stack);

/// True when both trees hold the same paths with the same entries behind them (pointer for pointer: same stack).
bool same_reading(const Tree& a, const Tree& b);

} // namespace touchstone
