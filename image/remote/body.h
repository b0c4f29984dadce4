// What a request carries, as a stream that can be begun again: who is asked for a password sends the same once more.
#pragma once

#include "base/source.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace touchstone {

struct HttpBody {
    std::uint64_t size = 0; ///< bytes that the source must have: it is announced before they are read
    /// Called, and its source read, on the thread that moves the bytes of all transfers: no more than a read of a file
    /// or of memory may lie behind it. Not after the answer is destroyed, or no answer came about.
    std::function<std::unique_ptr<ByteSource>()> open;
};

} // namespace touchstone
