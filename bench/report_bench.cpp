// What a verdict and its reports cost once the layers were read: 100,000 files that all differ, and 100,000 of which
// only the times do, which are counted as noise or, on demand, listed one by one.
#include "bench/inputs.h"
#include "diff/compare.h"
#include "report/report.h"

#include <benchmark/benchmark.h>

namespace {

using namespace touchstone;

enum class Noise : bool { counted, listed };

Report report_on(bench::Build build, Noise noise) {
    const std::string first = bench::many_files(bench::Build::first);
    const std::string other = bench::many_files(build);
    CompareOptions options;
    options.keep_noise = noise == Noise::listed;
    std::vector<Comparison> comparisons;
    comparisons.push_back(compare_images(bench::image_of(first), bench::image_of(other), options));
    return make_report(std::move(comparisons), {}, Verdict::same_files);
}

void report_rates(benchmark::State& state, std::size_t size) {
    state.SetItemsProcessed(state.iterations() * bench::many);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void write_json(benchmark::State& state, bench::Build build, Noise noise) {
    const Report report = report_on(build, noise);
    for (auto _ : state) benchmark::DoNotOptimize(render_json(report));
    report_rates(state, render_json(report).size());
}
BENCHMARK_CAPTURE(write_json, different, bench::Build::patched, Noise::counted)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write_json, noise, bench::Build::later, Noise::counted)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write_json, noise_listed, bench::Build::later, Noise::listed)->Unit(benchmark::kMillisecond);

void write_text(benchmark::State& state, bench::Build build, Noise noise) {
    const Report report = report_on(build, noise);
    TextOptions options;
    options.all = true;
    for (auto _ : state) benchmark::DoNotOptimize(render_text(report, options));
    report_rates(state, render_text(report, options).size());
}
BENCHMARK_CAPTURE(write_text, different, bench::Build::patched, Noise::counted)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write_text, noise, bench::Build::later, Noise::counted)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write_text, noise_listed, bench::Build::later, Noise::listed)->Unit(benchmark::kMillisecond);

} // namespace
