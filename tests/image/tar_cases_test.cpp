// Runs the table of tar cases (tests/support/tar_cases*.cpp) through read_layer: what is refused and as what, which
// entries come, and exactly which oddities. The same table is compared with other readers in tests/image/differential.
#include "tests/image/tar_helpers.h"
#include "tests/support/effort.h"
#include "tests/support/tar_cases.h"

#include <doctest/doctest.h>

namespace touchstone::test {

TEST_CASE("each tar case is refused or read as the table says") {
    std::set<std::string> names;
    for (const TarCase& one : tar_cases()) {
        CAPTURE(one.name);
        CHECK_MESSAGE(names.insert(one.name).second, "two cases of one name");
        try {
            const auto listing = list(one.bytes);
            CHECK_MESSAGE(!one.refused, "was accepted");
            std::vector<Oddity> expected;
            for (const OddityCode code : one.oddities) expected.push_back({code, {}, {}, -1});
            CHECK(kinds_of(listing->oddities) == kinds_of(expected));
            if (!one.entries.empty()) CHECK(summary_of(*listing) == one.entries);
        } catch (const Error& error) {
            const std::string_view message = error.what();
            CAPTURE(message);
            CHECK_MESSAGE(one.refused == error.kind(), "was refused as ", name_of(error.kind()));
            CHECK(message.starts_with("layer 0: "));
        }
    }
    CHECK(names.size() >= 250);
}

TEST_CASE("every oddity of the stream and of the set of entries has a case") {
    std::set<OddityCode> seen;
    for (const TarCase& one : tar_cases()) seen.insert(one.oddities.begin(), one.oddities.end());
    for (const OddityRow& row : oddity_table()) {
        // Those of several layers, of compression and of documents have their tests elsewhere.
        if (row.code >= OddityCode::readings_differ && row.code != OddityCode::empty_layer_blob) continue;
        CHECK_MESSAGE(seen.contains(row.code), row.name);
    }
}

TEST_CASE("cutting a stream anywhere never reads past its end") {
    for (const TarCase& one : tar_cases()) {
        if (one.bytes.size() > 4096) continue;
        for (std::size_t length = 0; length < one.bytes.size(); length += 37 * each_byte) {
            try {
                list(one.bytes.substr(0, length));
            } catch (const Error&) { // either is fine; the sanitizers watch
            }
        }
    }
}

} // namespace touchstone::test
