// Berkeley DB's hash file, as rpm wrote it until 4.16 (CentOS 7, RHEL 8): pages with pairs of key and value; a long
// value is a chain of overflow pages. Every page is looked at once, in the order of the file, so that no bucket
// arithmetic is needed; either byte order.
#include "diff/explain/rpm_header.h"

#include "base/endian.h"

namespace touchstone {

namespace {

constexpr std::uint32_t hash_magic = 0x061561;
constexpr std::size_t page_header = 26;
constexpr std::uint8_t type_hash_unsorted = 2; ///< before 4.6
constexpr std::uint8_t type_overflow = 7;
constexpr std::uint8_t type_hash_meta = 8;
constexpr std::uint8_t type_hash = 13;
constexpr std::uint8_t item_inline = 1;
constexpr std::uint8_t item_overflow = 3;
constexpr std::size_t overflow_item = 12; ///< type, 3 unused, page number, length
/// Values that are not headers: the counter under key 0.
constexpr std::size_t smallest_header = 24;

class BerkeleyHash {
public:
    explicit BerkeleyHash(ByteView database) : database_(database) {}

    /// Empty, or why this is none.
    std::string_view open() {
        constexpr std::string_view not_one = "not a Berkeley DB hash file";
        constexpr std::size_t meta_size = 512;
        if (database_.size() < meta_size || database_[25] != type_hash_meta) return not_one;
        swapped_ = number(12, 4) != hash_magic;
        if (number(12, 4) != hash_magic) return not_one;
        if (database_[24] != 0) return "an encrypted Berkeley DB file";
        page_size_ = number(20, 4);
        const bool is_power = (page_size_ & (page_size_ - 1)) == 0;
        return is_power && page_size_ >= 512 && page_size_ <= 65536 ? std::string_view() : not_one;
    }

    std::string_view read(RpmBlobs& blobs) {
        const std::size_t pages = database_.size() / page_size_;
        for (std::size_t page = 1; page < pages; ++page) {
            const std::uint8_t type = database_[page * page_size_ + 25];
            if (type != type_hash && type != type_hash_unsorted) continue;
            const std::string_view trouble = read_page(page * page_size_, blobs);
            if (!trouble.empty()) return trouble;
        }
        return {};
    }

private:
    std::uint32_t number(std::size_t offset, std::size_t width) const {
        return static_cast<std::uint32_t>(swapped_ ? big_number(database_, offset, width)
                                                   : little_number(database_, offset, width));
    }

    /// Items grow down from the page's end: an item reaches to where the one before it begins.
    std::string_view read_page(std::size_t page, RpmBlobs& blobs) {
        constexpr std::string_view damaged = "a page is damaged";
        const std::size_t count = number(page + 20, 2);
        if (page_header + count * 2 > page_size_) return damaged;
        for (std::size_t i = 1; i < count; i += 2) { // keys and values take turns
            const std::size_t from = number(page + page_header + i * 2, 2);
            const std::size_t to = number(page + page_header + (i - 1) * 2, 2);
            if (from < page_header + count * 2 || from >= to || to > page_size_) return damaged;
            const ByteView item = database_.subspan(page + from, to - from);
            ByteView value = item.subspan(1);
            if (item[0] == item_overflow) {
                if (item.size() < overflow_item || !follow(page + from, blobs.left())) return damaged;
                value = long_value_;
            } else if (item[0] != item_inline) {
                continue;
            }
            if (value.size() >= smallest_header && !blobs.take(value)) return "its packages are longer than it is";
        }
        return {};
    }

    /// Gathers a chain; each page gives at least a byte, so that the length bounds it.
    bool follow(std::size_t item, std::uint64_t limit) {
        std::size_t page = number(item + 4, 4);
        const std::size_t length = number(item + 8, 4);
        long_value_.clear();
        if (length > limit) return false;
        while (long_value_.size() < length) {
            if (page == 0 || page >= database_.size() / page_size_) return false;
            const std::size_t start = page * page_size_;
            const std::size_t size = number(start + 22, 2);
            if (database_[start + 25] != type_overflow || size == 0 || size > page_size_ - page_header) return false;
            const ByteView data = database_.subspan(start + page_header, size);
            long_value_.insert(long_value_.end(), data.begin(), data.end());
            page = number(start + 16, 4);
        }
        return long_value_.size() == length;
    }

    ByteView database_;
    bool swapped_ = false; ///< big-endian
    std::size_t page_size_ = 0;
    std::vector<std::uint8_t> long_value_;
};

} // namespace

std::string_view read_rpm_bdb(ByteView database, RpmBlobs& blobs) {
    BerkeleyHash hash(database);
    const std::string_view trouble = hash.open();
    return trouble.empty() ? hash.read(blobs) : trouble;
}

} // namespace touchstone
