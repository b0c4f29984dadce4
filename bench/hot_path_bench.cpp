// What each step of the path of a byte costs by itself: hashing, walking a tar of many entries, reading a layer whole,
// writing its canonical form, building trees and comparing them. Run it before and after a change; quote ratios from
// one run.
#include "base/digest.h"
#include "base/source.h"
#include "bench/inputs.h"
#include "diff/facts.h"
#include "diff/stack.h"
#include "diff/tree.h"
#include "image/layer.h"
#include "image/tar_reader.h"
#include "normalize/canonical_layer.h"
#include "normalize/spooled_layer.h"
#include "tests/support/content_map.h"

#include <benchmark/benchmark.h>

namespace {

using namespace touchstone;
using bench::many;

const std::string& files() {
    static const std::string tar = bench::many_files(bench::Build::first);
    return tar;
}

void hash_message(benchmark::State& state) {
    Hasher hasher;
    const std::string message(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state) {
        hasher.update(as_bytes(message));
        benchmark::DoNotOptimize(hasher.finish_sha256());
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hash_message)->Arg(20)->Arg(4096)->Arg(1 << 20);

void walk_tar(benchmark::State& state) {
    const std::string& tar = files();
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
    const LayerRef layer = bench::layer_of(files());
    for (auto _ : state) benchmark::DoNotOptimize(read_layer(layer, {}, nullptr));
    state.SetItemsProcessed(state.iterations() * many);
}
BENCHMARK(read_whole_layer)->Unit(benchmark::kMillisecond);

/// Reading included: what `digest` does with a layer that is in canonical order.
void read_and_spool_layer(benchmark::State& state) {
    const LayerRef layer = bench::layer_of(files());
    for (auto _ : state) benchmark::DoNotOptimize(spool_layer(layer, {}, nullptr, {}));
    state.SetItemsProcessed(state.iterations() * many);
}
BENCHMARK(read_and_spool_layer)->Unit(benchmark::kMillisecond);

/// Writing only: what comes after, for a layer that is not.
void write_canonical_form(benchmark::State& state) {
    test::ContentMap content;
    const Tree tree = build_layer_tree(content.read(bench::layer_of(files())), 0);
    for (auto _ : state) {
        HashingSink out;
        benchmark::DoNotOptimize(write_canonical_layer(tree, {}, content, out, nullptr));
    }
    state.SetItemsProcessed(state.iterations() * many);
}
BENCHMARK(write_canonical_form)->Unit(benchmark::kMillisecond);

void build_one_tree(benchmark::State& state) {
    const Image image = bench::image_of(files());
    const std::vector<Stack> stacks = load_stacks({&image}, {});
    for (auto _ : state) {
        std::vector<Oddity> oddities;
        benchmark::DoNotOptimize(build_tree(stacks[0], oddities));
    }
    state.SetItemsProcessed(state.iterations() * many);
}
BENCHMARK(build_one_tree)->Unit(benchmark::kMillisecond);

/// Two trees and nobody who wants the findings.
void compare_two_trees(benchmark::State& state, bench::Build build) {
    const std::string other = bench::many_files(build);
    const Image a = bench::image_of(files());
    const Image b = bench::image_of(other);
    const std::vector<Stack> stacks = load_stacks({&a, &b}, {});
    std::vector<Oddity> oddities;
    const Tree published = build_tree(stacks[0], oddities);
    const Tree rebuilt = build_tree(stacks[1], oddities);
    class Nothing final : public FactSink {
        void difference(const FactRow&, const NodeView&, const NodeView&, Weight, std::optional<Rule>) override {}
        void xattr_difference(const std::string&, const std::optional<std::string>&, const std::optional<std::string>&,
                              const NodeView&, const NodeView&, Weight, std::optional<Rule>) override {}
        void only(Side, const NodeView&, Weight) override {}
        void pair(bool) override {}
    } nothing;
    for (auto _ : state) compare_trees(published, rebuilt, RuleSet(), nothing);
    state.SetItemsProcessed(state.iterations() * many);
}
BENCHMARK_CAPTURE(compare_two_trees, equal, bench::Build::first)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare_two_trees, noise, bench::Build::later)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare_two_trees, different, bench::Build::patched)->Unit(benchmark::kMillisecond);

} // namespace
