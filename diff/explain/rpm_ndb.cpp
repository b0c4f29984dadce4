// rpm's own database format "ndb" (SUSE): little-endian; a table of slots, each pointing to a blob in blocks of 16
// bytes.
#include "diff/explain/rpm_header.h"

#include "base/endian.h"

namespace touchstone {

namespace {

constexpr std::size_t page_size = 4096;
constexpr std::size_t block_size = 16;
constexpr std::size_t slot_size = 16; ///< magic, package number, first block, blocks
constexpr std::size_t first_slot = 2; ///< the file's header lies where the first two slots would
constexpr std::size_t blob_head = 16; ///< magic, package number, generation, length

bool has_magic(ByteView bytes, std::size_t offset, std::string_view magic) {
    return as_text(bytes.subspan(offset, magic.size())) == magic;
}

/// The blob of a slot; empty when it does not fit.
ByteView blob_of(ByteView database, ByteView slot) {
    const std::uint64_t from = std::uint64_t{little_word(slot, 8)} * block_size;
    if (from > database.size() || database.size() - from < blob_head) return {};
    const ByteView blob = database.subspan(from);
    if (!has_magic(blob, 0, "BlbS") || little_word(blob, 4) != little_word(slot, 4)) return {};
    const std::uint32_t size = little_word(blob, 12);
    return size <= blob.size() - blob_head ? blob.subspan(blob_head, size) : ByteView();
}

} // namespace

std::string_view read_rpm_ndb(ByteView database, RpmBlobs& blobs) {
    if (database.size() < page_size || !has_magic(database, 0, "RpmP") || little_word(database, 4) != 0) {
        return "not an ndb database of version 0";
    }
    const std::uint64_t pages = little_word(database, 12);
    if (pages > database.size() / page_size) return "its table of packages does not fit into it";
    std::string_view trouble;
    for (std::size_t i = first_slot; i < pages * page_size / slot_size; ++i) {
        const ByteView slot = database.subspan(i * slot_size, slot_size);
        if (!has_magic(slot, 0, "Slot")) return "its table of packages is damaged";
        if (little_word(slot, 4) == 0) continue; // free
        const ByteView blob = blob_of(database, slot);
        if (blob.empty()) {
            trouble = "a package's blob is not where the table says";
        } else if (!blobs.take(blob)) {
            return "its packages are longer than it is";
        }
    }
    return trouble;
}

} // namespace touchstone
