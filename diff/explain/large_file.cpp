// The first pass leaves a digest for each block, the second fetches the blocks whose digests differ.
#include "diff/explain/large_file.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/printable.h"
#include "diff/explain/second_look.h"
#include "image/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace touchstone {

namespace {

/// A window is what a person looks at; a terabyte file still has its digests in 512 MiB.
constexpr std::uint64_t block_bytes = std::uint64_t{64} << 10;
/// Windows that are kept: 4 MiB a side.
constexpr std::size_t window_limit = 64;

/// Gives the blocks of one entry to somebody, in order.
class Blocks final : public ContentVisitor {
public:
    using Take = std::function<void(std::uint64_t index, std::string_view block)>;
    explicit Blocks(Take take) : take_(std::move(take)) {}
    bool wants(std::size_t, const Entry&) override { return true; }
    void bytes(std::size_t, ByteView stretch) override {
        while (!stretch.empty()) {
            const std::size_t room = static_cast<std::size_t>(block_bytes) - block_.size();
            const ByteView part = stretch.first(std::min(room, stretch.size()));
            block_ += as_text(part);
            stretch = stretch.subspan(part.size());
            if (block_.size() == block_bytes) give();
        }
    }
    void end(std::size_t) override {
        if (!block_.empty()) give();
    }

private:
    void give() {
        take_(index_++, block_);
        block_.clear();
    }
    Take take_;
    std::string block_;
    std::uint64_t index_ = 0;
};

void read_blocks(const Stack& stack, const Entry& entry, const LoadOptions& load, const Blocks::Take& take) {
    const std::optional<EntryPlace> place = place_of(stack, entry);
    if (!place) return;
    Blocks blocks(take);
    read_contents(*stack.layers[place->layer].ref, load.limits, std::span(&place->index, 1), blocks);
}

[[noreturn]] void fail_changed(const Entry& entry) {
    fail(ErrorKind::unverified,
         fmt::format("{}: it is not what was compared a moment ago: the image changed", printable(entry.path)));
}

/// A digest for each block; the whole must be what was compared.
std::vector<Sha256> block_digests(const Stack& stack, const Entry& entry, const LoadOptions& load) {
    std::vector<Sha256> digests;
    Hasher block_hasher;
    Hasher whole;
    read_blocks(stack, entry, load, [&](std::uint64_t, std::string_view block) {
        whole.update(as_bytes(block));
        block_hasher.update(as_bytes(block));
        digests.push_back(block_hasher.finish_sha256());
    });
    if (whole.finish_sha256() != entry.content) fail_changed(entry);
    return digests;
}

using Windows = std::map<std::uint64_t, std::array<std::string, 2>>;

void add_window(std::uint64_t index, const std::array<std::string, 2>& blocks, Part& part) {
    Leaf leaf;
    leaf.subject.bytes = {as_bytes(blocks[0]), as_bytes(blocks[1])};
    const std::string name = fmt::format("offset 0x{:x}", index * block_bytes);
    leaf.subject.name = name;
    leaf = align(leaf.subject, {});
    Part window;
    window.name = name;
    window.kind = "window";
    window.size = {blocks[0].size(), blocks[1].size()};
    for (const Region& region : leaf.regions) {
        window.add({.where = fmt::format("offset 0x{:x}", index * block_bytes + region[0].offset),
                    .spans = region,
                    .values = {short_bytes(text_of(leaf.subject, 0, region[0])),
                               short_bytes(text_of(leaf.subject, 1, region[1]))},
                    .cause = std::nullopt,
                    .evidence = {},
                    .derived_of = {}});
    }
    window.view = draw_leaf(leaf);
    part.parts.push_back(std::move(window));
}

} // namespace

Part explain_large_file(const DivergentFile& file, const std::array<const Stack*, 2>& stacks, const LoadOptions& load,
                        const ExplainLimits& limits) {
    const std::array<const Entry*, 2> entries{file.inode[0]->content, file.inode[1]->content};
    Part part;
    part.name = file.path;
    part.kind = "large";
    part.size = {entries[0]->size, entries[1]->size};
    part.complete = false;
    part.limit = fmt::format("larger than {}: compared by blocks of {}, no cause was looked for",
                             human_bytes(limits.file), human_bytes(block_bytes));
    std::array<std::vector<Sha256>, 2> digests;
    for (std::size_t side : {0U, 1U}) digests.at(side) = block_digests(*stacks.at(side), *entries.at(side), load);
    Hasher hasher;
    Windows windows;
    const std::size_t count = std::max(digests[0].size(), digests[1].size());
    std::size_t differing = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const bool same = i < digests[0].size() && i < digests[1].size() && digests[0][i] == digests[1][i];
        if (same) continue;
        if (++differing <= window_limit) windows[i] = {};
    }
    for (std::size_t side : {0U, 1U}) {
        read_blocks(*stacks.at(side), *entries.at(side), load, [&](std::uint64_t index, std::string_view block) {
            const auto window = windows.find(index);
            if (window == windows.end()) return;
            hasher.update(as_bytes(block));
            const bool same = index < digests.at(side).size() && hasher.finish_sha256() == digests.at(side)[index];
            if (!same) fail_changed(*entries.at(side));
            window->second.at(side) = block;
        });
    }
    for (const auto& [index, blocks] : windows) add_window(index, blocks, part);
    if (differing > windows.size()) {
        part.limit += fmt::format("; {} of {} blocks that differ are not shown", differing - windows.size(), differing);
    }
    return part;
}

} // namespace touchstone
