// Counters that workers bump and a terminal may show. They carry no result: nothing that is reported depends on them.
#pragma once

#include <atomic>
#include <cstdint>

namespace touchstone {

struct Progress {
    std::atomic<std::uint64_t> bytes{0};       ///< compressed bytes read so far
    std::atomic<std::uint64_t> total_bytes{0}; ///< what they will come to; 0 = unknown
    std::atomic<std::uint32_t> layers{0};
    std::atomic<std::uint32_t> total_layers{0};
};

} // namespace touchstone
