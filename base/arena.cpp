// Chunks grow from small to big, so that a tiny layer costs little and a huge one few allocations.
#include "base/arena.h"

#include <algorithm>
#include <cstring>

namespace touchstone {

namespace {

constexpr std::size_t first_chunk = std::size_t{4} << 10;
constexpr std::size_t largest_chunk = std::size_t{1} << 20; // past that, fewer allocations save nothing measurable

} // namespace

std::string_view Arena::keep(std::string_view text) {
    if (text.empty()) return {};
    if (chunks_.empty() || text.size() > capacity_ - used_) {
        const std::size_t next = chunks_.empty() ? first_chunk : std::min(capacity_ * 2, largest_chunk);
        const std::size_t size = std::max(next, text.size());
        chunks_.push_back(std::unique_ptr<char[]>(new char[size])); // not make_unique: that would fill it with zeros
        capacity_ = size;
        used_ = 0;
    }
    char* const place = chunks_.back().get() + used_;
    std::memcpy(place, text.data(), text.size());
    used_ += text.size();
    bytes_ += text.size();
    return {place, text.size()};
}

StringTable::StringTable() : texts_{std::string_view{}}, numbers_{{std::string_view{}, 0}} {}

std::uint32_t StringTable::number_of(std::string_view text) {
    if (const auto found = numbers_.find(text); found != numbers_.end()) return found->second;
    const std::string_view kept = arena_.keep(text);
    const auto number = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(kept);
    numbers_.emplace(kept, number);
    return number;
}

} // namespace touchstone
