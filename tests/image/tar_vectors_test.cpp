// The published vectors of the canonical layer form (tests/vectors/canonical-layer-v1.json, made by an independent
// implementation), read: what they reject is refused, and each finding that they list is an oddity here.
#include "base/json.h"
#include "base/printable.h"
#include "tests/image/tar_helpers.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <map>

namespace touchstone::test {

namespace {

std::string inflate_zlib(const std::string& compressed) {
    std::string bytes(std::size_t{1} << 20, '\0'); // the largest vector is a tenth of that
    uLongf size = bytes.size();
    REQUIRE(::uncompress(reinterpret_cast<Bytef*>(bytes.data()), &size,
                         reinterpret_cast<const Bytef*>(compressed.data()), compressed.size()) == Z_OK);
    bytes.resize(size);
    return bytes;
}

const std::map<std::string, OddityCode, std::less<>>& codes() {
    using enum OddityCode;
    static const std::map<std::string, OddityCode, std::less<>> map{
        {"XATTR_DROPPED", xattr_host_dependent},
        {"DUPLICATE_PATH", duplicate_path},
        {"HARDLINK_TARGET_NOT_IN_LAYER", hardlink_target_missing},
        {"DATA_AFTER_END", data_after_end},
        {"PAX_SIZE_DIFFERS", pax_size_differs},
        {"NO_END_MARKER", short_end_marker}, // the one vector with it ends in a single zero block
        {"SIZE_ON_HEADER_ONLY_TYPE", size_on_header_only},
        {"FILE_NAME_ENDS_IN_SLASH", file_name_ends_in_slash},
        {"PAX_GLOBAL_IGNORED", pax_global},
        {"GNU_AND_PAX_NAME", gnu_and_pax_name},
        {"PAX_TWICE", pax_header_twice},
    };
    return map;
}

void check_finding(const LayerListing& listing, const std::string& finding) {
    CAPTURE(finding);
    const std::string word = finding.substr(0, finding.find(' '));
    if (word == "PAX_KEY_DROPPED") { // the canonical form drops it; the reader keeps it
        const std::string key = finding.substr(finding.rfind(' ') + 1);
        bool kept = false;
        for (const Entry& entry : listing.entries) {
            if (!entry.extra) continue;
            for (const auto& [name, value] : entry.extra->records) kept = kept || name == key;
        }
        CHECK(kept);
        return;
    }
    const auto code = codes().find(word);
    REQUIRE(code != codes().end());
    bool found = false;
    for (const Oddity& oddity : listing.oddities) found = found || oddity.code == code->second;
    CHECK(found);
}

} // namespace

TEST_CASE("the canonical-layer vectors are refused or give their findings") {
    const std::string text = read_text_file(TOUCHSTONE_SOURCE_DIR "/tests/vectors/canonical-layer-v1.json");
    const Json vectors = parse_json(text, "vectors");
    CHECK(vectors.items().size() == 40);
    for (const Json& vector : vectors.items()) {
        const std::string name = vector.find("name")->as_string();
        CAPTURE(name);
        const std::string bytes = inflate_zlib(unbase64(vector.find("input_zlib_b64")->as_string()));
        if (vector.find("reject") != nullptr) {
            CHECK_THROWS_AS(list(bytes), Error);
            continue;
        }
        const auto listing = list(bytes);
        if (const Json* const findings = vector.find("findings")) {
            for (const Json& finding : findings->items()) check_finding(*listing, finding.as_string());
        }
    }
}

} // namespace touchstone::test
