// Reading marshal data. Two passes: the first finds nodes and references, the second adds digests from the leaves up.
#include "diff/explain/marshal.h"

#include "diff/explain/binary_fields.h"

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t node_limit = 500'000; ///< some 60 MB of nodes; the largest file of the library has 100,000
constexpr unsigned depth_limit = 400;       ///< nested functions and tuples; the compiler stops long before
constexpr std::uint8_t reference_flag = 0x80;

/// How long the value of a simple object is.
enum class Shape : std::uint8_t {
    fixed,     ///< so many bytes
    counted8,  ///< one byte says how many follow
    counted32, ///< four bytes say how many follow
    digits,    ///< four bytes, signed, say how many pairs follow
};
struct Simple {
    char type;
    Shape shape;
    std::uint8_t size; ///< of Shape::fixed
};
constexpr std::array<Simple, 17> simples{{
    {'N', Shape::fixed, 0},
    {'F', Shape::fixed, 0},
    {'T', Shape::fixed, 0},
    {'S', Shape::fixed, 0},
    {'.', Shape::fixed, 0},
    {'i', Shape::fixed, 4},
    {'I', Shape::fixed, 8},
    {'g', Shape::fixed, 8},
    {'y', Shape::fixed, 16},
    {'l', Shape::digits, 0},
    {'s', Shape::counted32, 0},
    {'t', Shape::counted32, 0},
    {'u', Shape::counted32, 0},
    {'a', Shape::counted32, 0},
    {'A', Shape::counted32, 0},
    {'z', Shape::counted8, 0},
    {'Z', Shape::counted8, 0},
}};

class MarshalReader {
public:
    MarshalReader(ByteView bytes, std::uint64_t start, const CodeShape& shape, MarshalTree& tree)
        : numbers_{bytes}, at_(start), shape_(shape), tree_(tree) {}

    bool run() { return object(0) && at_ == numbers_.bytes.size(); }

private:
    bool object(unsigned depth) {
        if (depth > depth_limit || tree_.nodes.size() >= node_limit || !numbers_.has(at_, 1)) return false;
        const auto self = static_cast<std::uint32_t>(tree_.nodes.size());
        const std::uint64_t from = at_;
        const std::uint8_t byte = numbers_.bytes[at_++];
        MarshalNode node;
        node.type = static_cast<char>(byte & ~reference_flag);
        node.flag = (byte & reference_flag) != 0;
        // The place in the list is taken before the children, as CPython's reader reserves it.
        if (node.flag) references_.push_back(self);
        const char type = node.type;
        tree_.nodes.push_back(std::move(node));
        finished_.push_back(false);
        if (!body(self, type, depth)) return false;
        tree_.nodes[self].span = {from, at_ - from};
        finished_[self] = true;
        return true;
    }

    bool body(std::uint32_t self, char type, unsigned depth) {
        switch (type) {
        case 'r':
            return reference(self);
        case '(':
        case '[':
        case '<':
        case '>':
            return numbers_.has(at_, 4) && children(self, take(4), depth);
        case ')':
            return numbers_.has(at_, 1) && children(self, take(1), depth);
        case 'c':
            return code(self, depth);
        default:
            return simple(self, type);
        }
    }

    std::uint64_t take(std::size_t size) {
        const std::uint64_t value = numbers_.at(at_, size);
        at_ += size;
        return value;
    }

    /// Only to what is complete: CPython makes no others for bytecode.
    bool reference(std::uint32_t self) {
        if (!numbers_.has(at_, 4) || tree_.nodes[self].flag) return false;
        const std::uint64_t number = take(4);
        if (number >= references_.size() || !finished_[references_[number]]) return false;
        tree_.nodes[self].target = references_[number];
        tree_.nodes[self].value = {at_ - 4, 4};
        return true;
    }

    bool child(std::uint32_t self, unsigned depth) {
        const auto next = static_cast<std::uint32_t>(tree_.nodes.size());
        if (!object(depth + 1)) return false;
        tree_.nodes[self].children.push_back(next);
        return true;
    }

    bool children(std::uint32_t self, std::uint64_t count, unsigned depth) {
        if (!numbers_.has(at_, count)) return false; // each takes a byte at least
        for (std::uint64_t i = 0; i < count; ++i) {
            if (!child(self, depth)) return false;
        }
        return true;
    }

    /// A run of numbers as a node of its own, so that all bytes of a code object are in some child.
    bool number_run(std::uint32_t self, std::size_t count) {
        if (!numbers_.has(at_, count * 4)) return false;
        MarshalNode node;
        node.type = '#';
        node.span = node.value = {at_, count * 4};
        at_ += count * 4;
        tree_.nodes[self].children.push_back(static_cast<std::uint32_t>(tree_.nodes.size()));
        tree_.nodes.push_back(std::move(node));
        finished_.push_back(true);
        return true;
    }

    bool code(std::uint32_t self, unsigned depth) {
        if (!number_run(self, shape_.numbers)) return false;
        for (std::size_t i = 0; i < shape_.objects.size(); ++i) {
            if (i == shape_.line_after && !number_run(self, 1)) return false;
            if (!child(self, depth)) return false;
        }
        return true;
    }

    bool simple(std::uint32_t self, char type) {
        const auto found =
            std::find_if(simples.begin(), simples.end(), [&](const Simple& one) { return one.type == type; });
        if (found == simples.end()) return false;
        const std::uint64_t from = at_;
        std::uint64_t size = found->size;
        if (found->shape == Shape::counted8) size = 1 + numbers_.at(at_, 1);
        if (found->shape == Shape::counted32) size = 4 + numbers_.at(at_, 4);
        if (found->shape == Shape::digits) {
            const std::uint64_t raw = numbers_.at(at_, 4);
            size = 4 + 2 * (raw < 0x80000000U ? raw : 0x100000000U - raw);
        }
        if (!numbers_.has(at_, size)) return false;
        at_ += size;
        tree_.nodes[self].value = {from, size};
        return true;
    }

    Numbers numbers_;
    std::uint64_t at_;
    const CodeShape& shape_;
    MarshalTree& tree_;
    std::vector<std::uint32_t> references_;
    std::vector<bool> finished_;
};

/// Children and targets come before or after their node in the list, so that one pass backwards over the tree does not
/// do: a reference points back to a node whose digest the pass has not reached. Hence in the order of completion.
void add_digests(ByteView bytes, MarshalTree& tree) {
    std::vector<std::uint32_t> order(tree.nodes.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    // What ends first is complete first; of two that end together, the inner one, which comes later in the list.
    std::sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
        const std::uint64_t left_end = tree.nodes[left].span.end();
        const std::uint64_t right_end = tree.nodes[right].span.end();
        return left_end != right_end ? left_end < right_end : left > right;
    });
    for (const std::uint32_t i : order) {
        MarshalNode& node = tree.nodes[i];
        if (node.type == 'r') {
            node.digest = tree.nodes[node.target].digest;
            continue;
        }
        std::vector<std::string_view> parts;
        for (const std::uint32_t child : node.children) parts.emplace_back(tree.nodes[child].digest);
        if (node.type == '<' || node.type == '>') std::sort(parts.begin(), parts.end());
        // The type, and an even number of bytes per child: no two nodes of one type can be mistaken for each other.
        std::string text(1, plain_type(node.type));
        if (node.children.empty()) text += as_text(bytes.subspan(node.value.offset, node.value.size));
        for (const std::string_view part : parts) text += part;
        node.digest = sha256_of(as_bytes(text));
    }
}

} // namespace

char plain_type(char type) {
    return type == 'Z' ? 'z' : type == 'A' ? 'a' : type;
}

const MarshalNode& MarshalTree::resolved(std::uint32_t node) const {
    const MarshalNode& found = nodes.at(node);
    return found.type == 'r' ? nodes.at(found.target) : found;
}

std::optional<CodeShape> code_shape(std::uint32_t magic) {
    // Magic numbers of the releases and their last candidates; earlier ones are of no release.
    if (magic >= 3410 && magic <= 3439) { // 3.8, 3.9, 3.10
        return CodeShape{6,
                         {"co_code", "co_consts", "co_names", "co_varnames", "co_freevars", "co_cellvars",
                          "co_filename", "co_name", "co_lnotab"},
                         8};
    }
    if (magic >= 3490 && magic <= 3599) { // 3.11, 3.12, 3.13
        return CodeShape{5,
                         {"co_code", "co_consts", "co_names", "co_localsplusnames", "co_localspluskinds", "co_filename",
                          "co_name", "co_qualname", "co_linetable", "co_exceptiontable"},
                         8};
    }
    return std::nullopt;
}

std::optional<MarshalTree> read_marshal(ByteView bytes, std::uint64_t start, const CodeShape& shape) {
    MarshalTree tree;
    if (!MarshalReader(bytes, start, shape, tree).run()) return std::nullopt;
    tree.code_fields.emplace_back("numbers");
    for (std::size_t i = 0; i < shape.objects.size(); ++i) {
        if (i == shape.line_after) tree.code_fields.emplace_back("co_firstlineno");
        tree.code_fields.push_back(shape.objects[i]);
    }
    add_digests(bytes, tree);
    return tree;
}

} // namespace touchstone
