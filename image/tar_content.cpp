// Holes are given as views of one page of zeros, so that a terabyte of hole costs no memory.
#include "image/tar_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::array<std::uint8_t, std::size_t{64} << 10> zeros{};

} // namespace

void TarContent::start(std::uint64_t size, const TarPlace& place) {
    place_ = place;
    left_ = size;
    stored_ = size;
    map_ = nullptr;
}

void TarContent::start_sparse(const SparseMap& map, std::uint64_t data, std::uint64_t padding_base,
                              const TarPlace& place) {
    start(data, place);
    stored_ = padding_base;
    map_ = &map;
    region_ = 0;
    at_ = 0;
}

ByteView TarContent::data(std::uint64_t most) {
    const ByteView bytes = input_.take(most);
    if (bytes.empty()) {
        fail_at(place_, ErrorKind::malformed, fmt::format("the archive ends with {} bytes of content missing", left_));
    }
    left_ -= bytes.size();
    return bytes;
}

ByteView TarContent::next_sparse() {
    const std::vector<SparseRegion>& regions = map_->regions;
    while (region_ < regions.size() && regions[region_].offset + regions[region_].length <= at_) ++region_;
    const bool in_hole = region_ == regions.size() || at_ < regions[region_].offset;
    const std::int64_t end = region_ == regions.size() ? map_->size
                             : in_hole                 ? regions[region_].offset
                                                       : regions[region_].offset + regions[region_].length;
    if (at_ == end) return {};
    const auto most = static_cast<std::uint64_t>(end - at_);
    const ByteView bytes =
        in_hole ? ByteView(zeros).first(static_cast<std::size_t>(std::min<std::uint64_t>(most, zeros.size())))
                : data(most);
    at_ += static_cast<std::int64_t>(bytes.size());
    return bytes;
}

ByteView TarContent::next() {
    if (map_ != nullptr) return next_sparse();
    return left_ == 0 ? ByteView{} : data(left_);
}

void TarContent::skip() {
    left_ -= input_.skip(left_);
    if (left_ != 0) {
        fail_at(place_, ErrorKind::malformed, fmt::format("the archive ends with {} bytes of content missing", left_));
    }
    map_ = nullptr;
}

} // namespace touchstone
