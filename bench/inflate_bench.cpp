// What inflating costs, with everything that is checked on the way (checksums, the guard against bombs): gzip by the
// decoder of this build and by zlib, which builds without ISA-L have, and zstd. Bytes per second of output.
#include "base/compressor.h"
#include "base/decoders.h"
#include "base/source.h"
#include "bench/inputs.h"

#include <benchmark/benchmark.h>

#include <array>

namespace {

using namespace touchstone;

const std::string& compressed(Compression kind) {
    const auto make = [](Compression how) {
        StringSink out;
        CompressingSink in(how, out);
        in.write(std::string_view(bench::library_bytes()));
        in.finish();
        return out.text();
    };
    static const std::array blobs{make(Compression::gzip), make(Compression::zstd)};
    return blobs.at(kind == Compression::gzip ? 0 : 1);
}

void report_bytes(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bench::library_bytes().size()));
}

void gunzip(benchmark::State& state, std::unique_ptr<DeflateDecoder> (*make_decoder)()) {
    const std::string& blob = compressed(Compression::gzip);
    for (auto _ : state) {
        CompressionFacts facts;
        CompressedInput input(std::make_unique<MemorySource>(std::string_view(blob)));
        benchmark::DoNotOptimize(drain(*make_gzip_source(std::move(input), {}, facts, make_decoder())));
    }
    report_bytes(state);
}
BENCHMARK_CAPTURE(gunzip, fast, make_fast_decoder)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gunzip, zlib, make_zlib_decoder)->Unit(benchmark::kMillisecond);

void unzstd(benchmark::State& state) {
    const std::string& blob = compressed(Compression::zstd);
    for (auto _ : state) {
        CompressionFacts facts;
        auto input = std::make_unique<MemorySource>(std::string_view(blob));
        benchmark::DoNotOptimize(drain(*inflate(std::move(input), {}, facts)));
    }
    report_bytes(state);
}
BENCHMARK(unzstd)->Unit(benchmark::kMillisecond);

} // namespace
