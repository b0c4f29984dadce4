// Ledgers, records and listings that anybody may have changed. The first byte chooses the reader; only Error may come
// out, and what is accepted means the same when it is written again.
#include "attest/ledger.h"
#include "base/bytes.h"
#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

using namespace touchstone;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void fuzz_record(std::string_view text) {
    const Record record = parse_record(text, "it");
    const std::string again = record_json(record, JsonWriter::Layout::line);
    require(record_json(parse_record(again, "it"), JsonWriter::Layout::line) == again);
}

void fuzz_ledger(std::string_view text) {
    MemorySource source(text);
    std::string rebuilt;
    const LedgerCheck check = check_ledger_bytes(source, {}, [&](const LedgerEntry& entry, std::uint64_t) {
        rebuilt += ledger_line(entry);
        std::string why;
        require(digest_of(as_bytes(entry.record)).string() == entry.digest);
    });
    require(check.problems.size() <= ledger_problems_kept && check.problems.size() <= check.problem_count);
    if (check.problem_count == 0) require(rebuilt == text);
}

void fuzz_listing(std::string_view text) {
    const ListingName name{.digest = digest_of(as_bytes(text)).string(), .size = text.size(), .entries = 1};
    ListingReader reader(std::make_unique<MemorySource>(text), name, "it");
    ListedFile file;
    while (reader.next(file)) {
        const std::string line = listing_line(file);
        const ListedFile back = parse_listing_line(std::string_view(line).substr(0, line.size() - 1));
        require(back.path == file.path && back.facts == file.facts);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text = as_text({data + 1, size - 1});
    try {
        switch (data[0] % 3) {
        case 0:
            fuzz_record(text);
            break;
        case 1:
            fuzz_ledger(text);
            break;
        default:
            fuzz_listing(text);
        }
    } catch (const Error&) { // refused
    }
    return 0;
}
