// Fingerprints tell contents apart, and nothing else about them is promised: their values change with every process.
#include "base/fingerprint.h"
#include "tests/base/helpers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

namespace touchstone::test {

namespace {

Fingerprint fingerprint_of(std::string_view content) {
    Fingerprinter fingerprinter;
    fingerprinter.update(as_bytes(content));
    return fingerprinter.finish();
}

} // namespace

TEST_CASE("equal contents have equal fingerprints, wherever they are cut and whatever was hashed before") {
    Random random(3);
    Fingerprinter used;
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 31U, 4095U, 70000U}) {
        CAPTURE(size);
        const std::string content = random.bytes(size);
        for (std::string_view rest = content; !rest.empty();) {
            const std::size_t cut = std::min<std::size_t>(rest.size(), 1 + random.below(40));
            used.update(as_bytes(rest.substr(0, cut)));
            rest.remove_prefix(cut);
        }
        CHECK(used.finish() == fingerprint_of(content));
    }
}

TEST_CASE("one bit more, less or changed is another fingerprint") {
    const std::string content(1000, '\0');
    std::set<Fingerprint> seen{fingerprint_of(content), fingerprint_of(content + '\0'),
                               fingerprint_of(content.substr(1)), fingerprint_of("")};
    for (std::size_t at = 0; at < content.size(); ++at) {
        std::string changed = content;
        changed[at] = '\1';
        seen.insert(fingerprint_of(changed));
    }
    CHECK(seen.size() == 4 + content.size());
}

} // namespace touchstone::test
