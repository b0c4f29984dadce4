// Naming places.
#include "diff/explain/leaf_places.h"

#include <fmt/format.h>

namespace touchstone {

std::uint64_t LineCounter::lines_before(std::uint64_t offset) {
    const std::string_view before = text_.substr(0, offset);
    while (at_ < before.size()) {
        const std::size_t end = before.find('\n', at_);
        if (end == std::string_view::npos) {
            at_ = before.size();
        } else {
            ++lines_;
            at_ = end + 1;
        }
    }
    return lines_;
}

Places::Places(const Leaf& leaf)
    : text_(leaf.text), lines_{LineCounter(as_text(leaf.subject.bytes[0])),
                               LineCounter(as_text(leaf.subject.bytes[1]))} {}

std::string Places::name(const SpanPair& spans) {
    if (!text_) {
        if (spans[0].offset == spans[1].offset) return fmt::format("offset {:#x}", spans[0].offset);
        return fmt::format("offset {:#x}, rebuilt {:#x}", spans[0].offset, spans[1].offset);
    }
    const std::uint64_t published = lines_[0].lines_before(spans[0].offset) + 1;
    const std::uint64_t rebuilt = lines_[1].lines_before(spans[1].offset) + 1;
    if (published == rebuilt) return fmt::format("line {}", published);
    return fmt::format("line {}, rebuilt {}", published, rebuilt);
}

} // namespace touchstone
