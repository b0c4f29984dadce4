// Python's marshal format, as far as bytecode files of CPython 3.8 to 3.13 use it: a tree of nodes with their places,
// references resolved, and a digest for each node that does not depend on marks of references and interned texts, or on
// the order of sets.
#pragma once

#include "base/bytes.h"
#include "diff/explain/part.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

struct MarshalNode {
    char type = 0;     ///< without the reference flag; 'r' for a reference
    bool flag = false; ///< FLAG_REF
    Span span;         ///< with the type byte, and with all children
    Span value;        ///< of what has no children: the bytes after the type byte
    std::vector<std::uint32_t> children;
    std::uint32_t target = 0; ///< of a reference: the node
    std::string digest;       ///< SHA-256; a reference has its target's
};

/// The type of a text whether or not it is interned: that depends on what else the interpreter had in memory.
char plain_type(char type);

struct MarshalTree {
    std::vector<MarshalNode> nodes; ///< the first is the root
    /// The names of a code object's children in this version, "co_code", "co_consts", …
    std::vector<std::string_view> code_fields;

    const MarshalNode& resolved(std::uint32_t node) const;
};

/// How code objects are laid out: by the magic number of the file. Nothing for versions that are not known.
struct CodeShape {
    std::size_t numbers = 0; ///< 32-bit numbers in front
    std::vector<std::string_view> objects;
    std::size_t line_after = 0; ///< co_firstlineno stands after so many objects
};
std::optional<CodeShape> code_shape(std::uint32_t magic);

/// `bytes` from `start` on hold one object and nothing more; nothing where they do not, or are larger than sane.
std::optional<MarshalTree> read_marshal(ByteView bytes, std::uint64_t start, const CodeShape& shape);

} // namespace touchstone
