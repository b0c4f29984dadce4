// The thread that looks at the counters a few times a second. Written with CSI codes that every terminal has had since
// the VT100 (carriage return, erase to end of line).
#include "cli/progress_line.h"

#include "base/printable.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds patience{1000}; // before the line appears at all
constexpr std::chrono::milliseconds period{200};
constexpr std::string_view erase = "\r\x1b[K";

} // namespace

std::string progress_text(const Progress& progress, std::chrono::milliseconds elapsed) {
    const std::uint64_t bytes = progress.bytes.load(std::memory_order_relaxed);
    const std::uint64_t total = progress.total_bytes.load(std::memory_order_relaxed);
    const auto seconds = std::chrono::duration<double>(elapsed).count();
    std::string text = human_bytes(bytes);
    if (total > 0) text += " of " + human_bytes(total);
    text += fmt::format(", {}/s", human_bytes(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds)));
    const std::uint32_t layers = progress.total_layers.load(std::memory_order_relaxed);
    if (layers > 0) text += fmt::format(", {} of {} layers", progress.layers.load(std::memory_order_relaxed), layers);
    return text;
}

ProgressLine::ProgressLine(const Progress& progress, Streams& streams, bool quiet)
    : progress_(progress), streams_(streams) {
    if (streams.err_is_terminal && !quiet) thread_ = std::thread([this] { show_until_done(); });
}

ProgressLine::~ProgressLine() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        done_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void ProgressLine::show_until_done() {
    const auto start = Clock::now();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, patience, [this] { return done_; })) return;
    do {
        const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
        streams_.err(fmt::format("{}{}", erase, progress_text(progress_, elapsed)));
    } while (!wake_.wait_for(lock, period, [this] { return done_; }));
    streams_.err(erase);
}

} // namespace touchstone
