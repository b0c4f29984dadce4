// GNU tar manual, "Storing Sparse Files"; semantics: Go archive/tar readOldGNUSparseMap, readGNUSparseMap0x1 and 1x0.
#include "image/tar_sparse.h"

#include "base/printable.h"
#include "image/tar_hash.h"

#include <fmt/format.h>

#include <limits>
#include <string>

namespace touchstone {

namespace {

constexpr std::size_t region_width = 24; // offset and length, 12 bytes each
constexpr std::size_t number_width = 12;
constexpr std::size_t header_regions_offset = 386;
constexpr std::size_t header_regions = 4;
constexpr std::size_t header_extended_offset = 482;
constexpr std::size_t header_size_offset = 483;
constexpr std::size_t block_regions = 21; // of an extension block
constexpr std::size_t block_extended_offset = 504;
// The text of a 1.0 map; Go 1.24.8 allows as much.
constexpr std::uint64_t longest_map = std::uint64_t{1} << 20;

std::int64_t number_at(ByteView block, std::size_t offset, const TarPlace& place) {
    const ByteView field = block.subspan(offset, number_width);
    const std::optional<TarNumber> number = parse_tar_number(field);
    if (!number) {
        fail_at(place, ErrorKind::malformed,
                fmt::format("sparse map: expected a number, found \"{}\"", printable(as_text(field))));
    }
    return number->value;
}

std::int64_t decimal(std::string_view text, const TarPlace& place) {
    const std::optional<std::int64_t> number = parse_go_integer(text);
    if (!number) {
        fail_at(place, ErrorKind::malformed,
                fmt::format("sparse map: expected a decimal number, found \"{}\"", printable_short(text, 40)));
    }
    return *number;
}

// Cuts the text up to `separator` from the front.
std::string_view cut(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view token = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return token;
}

// Gives the numbers of a 1.0 map, reading no more blocks than they need: what follows is data.
class MapText {
public:
    MapText(TarInput& input, std::uint64_t content, const TarPlace& place)
        : input_(input), content_(content), place_(place) {}

    std::int64_t next() {
        std::size_t newline = text_.find('\n', at_);
        while (newline == std::string::npos) {
            const std::size_t searched = text_.size();
            read_block();
            newline = text_.find('\n', searched);
        }
        const std::string_view token = std::string_view(text_).substr(at_, newline - at_);
        at_ = newline + 1;
        return decimal(token, place_);
    }
    std::uint64_t taken() const { return text_.size(); }

private:
    void read_block() {
        const ByteView block = input_.block();
        if (content_ - taken() < tar_block || block.size() < tar_block) {
            fail_at(place_, ErrorKind::malformed, "sparse map: the content ends before the map does");
        }
        if (taken() + tar_block > longest_map) {
            fail_at(place_, ErrorKind::over_limit, fmt::format("sparse map: longer than {} bytes", longest_map));
        }
        text_ += as_text(block);
        input_.consume(tar_block);
    }

    TarInput& input_;
    std::uint64_t content_;
    const TarPlace& place_;
    std::string text_;
    std::size_t at_ = 0;
};

} // namespace

SparseFormat sparse_format_of(const PaxRecords& records) {
    const std::string_view major = records.find("GNU.sparse.major");
    const std::string_view minor = records.find("GNU.sparse.minor");
    if (major == "0" && (minor == "0" || minor == "1")) return SparseFormat::pax_0;
    if (major == "1" && minor == "0") return SparseFormat::pax_1;
    if (!major.empty() || !minor.empty()) return SparseFormat::none; // a version that Go does not know: a plain file
    return records.find("GNU.sparse.map").empty() ? SparseFormat::none : SparseFormat::pax_0;
}

void SparseMap::add(std::int64_t offset, std::int64_t length, const TarPlace& place, std::uint64_t limit) {
    if (regions.size() >= limit) {
        fail_at(place, ErrorKind::over_limit, fmt::format("sparse map: more than {} regions", limit));
    }
    regions.push_back({offset, length});
}

void SparseMap::read_old_gnu(ByteView block, TarInput& input, const TarPlace& place, std::uint64_t limit,
                             std::uint64_t& hash) {
    regions.clear();
    size = number_at(block, header_size_offset, place);
    const auto read_regions = [&](ByteView bytes, std::size_t first, std::size_t count) {
        for (std::size_t at = first; at < first + count * region_width; at += region_width) {
            if (bytes[at] == 0) return;
            add(number_at(bytes, at, place), number_at(bytes, at + number_width, place), place, limit);
        }
    };
    read_regions(block, header_regions_offset, header_regions);
    bool extended = block[header_extended_offset] != 0;
    // Empty extension blocks add no region, so the blocks are bounded too: each could hold 21.
    for (std::uint64_t blocks = 0; extended; ++blocks) {
        const ByteView next = input.block();
        if (next.size() < tar_block) fail_at(place, ErrorKind::malformed, "sparse map: the archive ends inside it");
        if (blocks > limit / block_regions) {
            fail_at(place, ErrorKind::over_limit, fmt::format("sparse map: more blocks than {} regions need", limit));
        }
        read_regions(next, 0, block_regions);
        extended = next[block_extended_offset] != 0;
        hash = mix_extent(hash, next);
        input.consume(tar_block);
    }
}

void SparseMap::read_pax_0(const PaxRecords& records, const TarPlace& place, std::uint64_t limit) {
    regions.clear();
    const std::int64_t count = decimal(records.find("GNU.sparse.numblocks"), place);
    std::string_view rest = records.find("GNU.sparse.map");
    std::int64_t numbers = rest.empty() ? 0 : 1;
    for (const char c : rest) numbers += c == ',' ? 1 : 0;
    if (count < 0 || numbers % 2 != 0 || numbers / 2 != count) {
        fail_at(place, ErrorKind::malformed,
                fmt::format("sparse map: {} regions promised, {} numbers found", count, numbers));
    }
    for (std::int64_t region = 0; region < count; ++region) {
        const std::int64_t offset = decimal(cut(rest, ','), place);
        add(offset, decimal(cut(rest, ','), place), place, limit);
    }
}

std::uint64_t SparseMap::read_pax_1(TarInput& input, std::uint64_t content, const TarPlace& place,
                                    std::uint64_t limit) {
    regions.clear();
    MapText text(input, content, place);
    const std::int64_t count = text.next();
    if (count < 0) fail_at(place, ErrorKind::malformed, fmt::format("sparse map: {} regions", count));
    for (std::int64_t region = 0; region < count; ++region) {
        const std::int64_t offset = text.next();
        add(offset, text.next(), place, limit);
    }
    return text.taken();
}

void SparseMap::check(std::uint64_t content, const TarPlace& place) const {
    if (size < 0) fail_at(place, ErrorKind::malformed, fmt::format("sparse file: size {}", size));
    std::int64_t end = 0;
    std::uint64_t data = 0;
    for (const SparseRegion& region : regions) {
        const bool overflows =
            region.length >= 0 && region.offset > std::numeric_limits<std::int64_t>::max() - region.length;
        if (region.offset < 0 || region.length < 0 || overflows || region.offset + region.length > size ||
            region.offset < end) {
            fail_at(place, ErrorKind::malformed,
                    fmt::format("sparse map: regions must be in order and inside {} bytes, found {}+{}", size,
                                region.offset, region.length));
        }
        end = region.offset + region.length;
        data += static_cast<std::uint64_t>(region.length);
    }
    if (data != content) {
        fail_at(place, ErrorKind::malformed,
                fmt::format("sparse file: the map needs {} bytes of data, the member holds {}", data, content));
    }
}

} // namespace touchstone
