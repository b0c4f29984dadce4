// Whole reports, kept as files that were read with care: tests/report/golden. TOUCHSTONE_UPDATE_GOLDENS=1 writes them
// anew, and then the difference is to be read again. schema_test.py validates the JSON ones.
#include "tests/report/samples.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

namespace touchstone::test {
namespace {

const std::string golden_directory = std::string(TOUCHSTONE_SOURCE_DIR) + "/tests/report/golden/";

void check_golden(const std::string& name, const std::string& found) {
    const std::string path = golden_directory + name;
    if (std::getenv("TOUCHSTONE_UPDATE_GOLDENS") != nullptr) {
        std::ofstream(path, std::ios::binary) << found;
        return;
    }
    CHECK_MESSAGE(read_text_file(path) == found, path << " differs from:\n" << found);
}

TEST_CASE("reports are what their golden files say, as text and as JSON") {
    for (const Sample& sample : samples()) {
        check_golden(std::string(sample.name) + ".txt", render_text(sample.report, sample.text));
        check_golden(std::string(sample.name) + ".json", render_json(sample.report));
    }
}

} // namespace
} // namespace touchstone::test
