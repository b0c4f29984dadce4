// Lists of checksums from a stranger, whatever the format, which the content decides. Only Error may come out; what is
// accepted is sorted, within its bounds, and says what a file of its kind can have.
#include "attest/checksum_list.h"
#include "base/bytes.h"
#include "base/error.h"
#include "normalize/path_order.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace touchstone;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check(const ChecksumEntry& entry) {
    require(entry.path.size() <= checksum_path_limit && !entry.path.starts_with('/') && !entry.path.ends_with('/'));
    require(entry.path.find('\0') == std::string::npos && entry.path != "." && entry.path != "..");
    require(!entry.mode || *entry.mode <= 07777);
    require(entry.digests.empty() || entry.kind == "file" || entry.may_be_link);
    require(!entry.link || entry.kind == "symlink");
    require(!entry.size || entry.kind.empty() || entry.kind == "file");
    for (const ContentDigest& digest : entry.digests) require(digest.bytes.size() == row_of(digest.hash).size);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const ChecksumList list = read_checksum_list(as_text({data, size}), "it");
        require(!list.entries.empty() && list.entries.size() <= checksum_entry_limit);
        require(list.ignored.size() <= checksum_ignored_limit + 1);
        std::string_view last;
        for (const ChecksumEntry& entry : list.entries) {
            require(compare_paths(last, entry.path) <= 0);
            last = entry.path;
            check(entry);
        }
    } catch (const Error&) { // refused
    }
    return 0;
}
