// Any bytes are either refused with an Error or listed, with clean paths and whole contents; and the listing does not
// depend on how the stream is cut into reads. Checksums are repaired in a second run, or the fuzzer would never pass
// one.
#include "base/error.h"
#include "image/layer.h"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace {

using namespace touchstone;

constexpr std::size_t block = 512;

/// Gives at most `step` bytes a call.
class SteppedSource final : public ByteSource {
public:
    SteppedSource(ByteView bytes, std::size_t step) : source_(bytes), step_(step) {}
    std::size_t read(ByteSpan buffer) override { return source_.read(buffer.first(std::min(step_, buffer.size()))); }

private:
    MemorySource source_;
    std::size_t step_;
};

void check_path(std::string_view path) {
    if (path.starts_with('/') || path.ends_with('/')) std::abort();
    for (std::size_t at = 0; at < path.size();) {
        const std::string_view part = path.substr(at, path.find('/', at) - at);
        if (part.empty() || part == "." || part == "..") std::abort();
        at += part.size() + 1;
    }
}

struct Result {
    bool refused = false;
    std::string text;
    bool operator==(const Result&) const = default;
};

LayerLimits small_limits() {
    LayerLimits limits;
    limits.tar.hole_bytes = std::uint64_t{1} << 22U; // keeps a run short
    return limits;
}

Result list(ByteView bytes, std::size_t step) {
    LayerListing listing;
    Result result;
    try {
        SteppedSource source(bytes, step);
        TarReader reader(source, listing.arena, listing.owner_names, listing.oddities, small_limits().tar);
        Entry entry;
        while (reader.next(entry)) {
            check_path(entry.path);
            std::uint64_t size = 0;
            for (ByteView part = reader.content(); !part.empty(); part = reader.content()) {
                size += part.size();
            }
            if (size != entry.size) std::abort();
            result.text +=
                std::string(entry.stored) + '\0' + std::string(entry.link) + std::to_string(entry.header_hash);
            listing.entries.push_back(std::move(entry));
        }
        check_entries(listing);
        listing.tail = reader.tail();
    } catch (const Error& error) {
        result.refused = true;
        result.text = error.what();
        return result;
    }
    result.text += std::to_string(listing.oddities.size()) + std::to_string(listing.tail.padding_hash);
    return result;
}

/// Writes the right checksum into every block that is not all zero.
std::string repaired(ByteView bytes) {
    std::string text(as_text(bytes));
    for (std::size_t at = 0; at + block <= text.size(); at += block) {
        unsigned sum = 8 * ' ';
        for (std::size_t i = 0; i < block; ++i) {
            if (i < 148 || i >= 156) sum += static_cast<unsigned char>(text[at + i]);
        }
        if (sum == 8 * ' ') continue;
        for (std::size_t digit = 0; digit < 6; ++digit) {
            text[at + 148 + digit] = static_cast<char>('0' + (sum >> (15 - 3 * digit) & 7U));
        }
        text[at + 154] = '\0';
        text[at + 155] = ' ';
    }
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string fixed = repaired({data, size});
    for (const ByteView bytes : {ByteView(data, size), as_bytes(fixed)}) {
        if (!(list(bytes, ~std::size_t{0}) == list(bytes, 1 + size % 700))) std::abort();
    }
    return 0;
}
