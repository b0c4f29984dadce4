// What each step of the path of a byte costs by itself: hashing small messages, walking a tar of many entries, reading
// a layer whole, building and comparing trees. Run it before and after a change; quote ratios from one run.
#include "base/digest.h"
#include "base/source.h"
#include "diff/compare.h"
#include "diff/facts.h"
#include "diff/tree.h"
#include "image/layer.h"
#include "image/tar_reader.h"
#include "tests/support/tar_builder.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace {

using namespace touchstone;

constexpr int many = 100'000;

/// A node_modules-like layer: `count` small files in directories of 100.
const std::string& many_files() {
    static const std::string tar = [] {
        test::TarBuilder builder;
        for (int i = 0; i < many; ++i) {
            builder.file(fmt::format("node_modules/package-{:05}/file-{:06}.js", i / 100, i), "module.exports = 1;\n");
        }
        return builder.finish();
    }();
    return tar;
}

LayerRef layer_of(const std::string& tar) {
    LayerRef layer;
    layer.name = "bench";
    layer.stored_size = tar.size();
    layer.open = [&tar] { return std::make_unique<MemorySource>(std::string_view(tar)); };
    return layer;
}

void hash_small_message(benchmark::State& state) {
    Hasher hasher;
    const std::string message(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state) {
        hasher.update(as_bytes(message));
        benchmark::DoNotOptimize(hasher.finish_sha256());
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hash_small_message)->Arg(20)->Arg(4096)->Arg(1 << 20);

void walk_tar(benchmark::State& state) {
    const std::string& tar = many_files();
    for (auto _ : state) {
        MemorySource source{std::string_view(tar)};
        Arena arena;
        StringTable names;
        std::vector<Oddity> oddities;
        TarReader reader(source, arena, names, oddities);
        Entry entry;
        while (reader.next(entry)) benchmark::DoNotOptimize(entry.path.data());
    }
    state.SetItemsProcessed(state.iterations() * many);
}
BENCHMARK(walk_tar)->Unit(benchmark::kMillisecond);

void read_whole_layer(benchmark::State& state) {
    const LayerRef layer = layer_of(many_files());
    for (auto _ : state) benchmark::DoNotOptimize(read_layer(layer, {}, nullptr));
    state.SetItemsProcessed(state.iterations() * many);
}
BENCHMARK(read_whole_layer)->Unit(benchmark::kMillisecond);

void build_and_compare_trees(benchmark::State& state) {
    Image image;
    image.layers.push_back(layer_of(many_files()));
    const std::vector<Stack> stacks = load_stacks({&image, &image}, {});
    class Nothing final : public FactSink {
        void difference(const FactRow&, const NodeView&, const NodeView&, Weight, std::optional<Rule>) override {}
        void xattr_difference(const std::string&, const std::optional<std::string>&, const std::optional<std::string>&,
                              const NodeView&, const NodeView&, Weight, std::optional<Rule>) override {}
        void only(Side, const NodeView&, Weight) override {}
        void pair(bool) override {}
    } nothing;
    for (auto _ : state) {
        std::vector<Oddity> oddities;
        const Tree a = build_tree(stacks[0], oddities);
        const Tree b = build_tree(stacks[1], oddities);
        compare_trees(a, b, RuleSet(), nothing);
    }
    state.SetItemsProcessed(state.iterations() * many);
}
BENCHMARK(build_and_compare_trees)->Unit(benchmark::kMillisecond);

} // namespace
