// Which bytes differ: by lines and words in texts, by bytes in everything else. Every region list keeps one promise:
// outside of its regions both sides are equal, stretch by stretch.
#include "base/printable.h"
#include "diff/explain/align_regions.h"

#include <algorithm>
#include <cstring>

namespace touchstone {

namespace {

std::uint64_t word_at(std::string_view text, std::size_t offset) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + offset, sizeof word);
    return word;
}

constexpr std::uint64_t each_byte = 0x0101010101010101;

/// Eight printable bytes. (A subtraction borrows into a byte's high bit where the byte is too small.)
bool is_printable_word(std::uint64_t word) {
    const std::uint64_t not_delete = word ^ (each_byte * 0x7F);
    return (((word - each_byte * 0x20) | word | ((not_delete - each_byte) & ~not_delete)) & (each_byte * 0x80)) == 0;
}

/// Bytes that are neither printable ASCII nor white space.
std::size_t count_odd_bytes(std::string_view text) {
    std::size_t odd = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        if (at + 8 <= text.size() && is_printable_word(word_at(text, at))) {
            at += 8;
            continue;
        }
        const std::size_t end = std::min(at + 8, text.size());
        for (; at < end; ++at) {
            const char c = text[at];
            odd += (c >= 0x20 && c < 0x7F) || (c >= '\t' && c <= '\r') ? 0U : 1U;
        }
    }
    return odd;
}

} // namespace

std::size_t common_prefix(std::string_view a, std::string_view b) {
    const std::size_t size = std::min(a.size(), b.size());
    std::size_t at = 0;
    while (at + 8 <= size && word_at(a, at) == word_at(b, at)) at += 8;
    while (at < size && a[at] == b[at]) ++at;
    return at;
}

std::size_t common_suffix(std::string_view a, std::string_view b) {
    const std::size_t size = std::min(a.size(), b.size());
    std::size_t at = 0;
    while (at + 8 <= size && word_at(a, a.size() - at - 8) == word_at(b, b.size() - at - 8)) at += 8;
    while (at < size && a[a.size() - at - 1] == b[b.size() - at - 1]) ++at;
    return at;
}

void RegionList::add(const Region& region) {
    if (region[0].size == 0 && region[1].size == 0) return;
    const bool touches = !regions_.empty() && regions_.back()[0].end() == region[0].offset;
    if (!touches && regions_.size() < region_limit) {
        regions_.push_back(region);
        return;
    }
    overflowed_ = overflowed_ || !touches;
    for (std::size_t side : {0U, 1U}) regions_.back()[side].size = region[side].end() - regions_.back()[side].offset;
}

bool is_text(ByteView bytes) {
    const std::string_view text = as_text(bytes);
    if (text.find('\0') != std::string_view::npos) return false;
    return count_odd_bytes(text) <= text.size() / 20 || is_valid_utf8(text);
}

Leaf align(const Subject& subject, const ExplainLimits& limits) {
    Leaf leaf;
    leaf.subject = subject;
    RegionList regions;
    leaf.text = is_text(subject.bytes[0]) && is_text(subject.bytes[1]) && align_text(subject.bytes, limits, regions);
    if (!leaf.text) align_binary(subject.bytes, regions);
    leaf.complete = !regions.overflowed();
    leaf.regions = regions.take();
    return leaf;
}

} // namespace touchstone
