// The committed defects of fixtures/malformed: each is refused, by name of member and rule.
#include "tests/image/tar_helpers.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <filesystem>

namespace touchstone::test {

TEST_CASE("every fixture of fixtures/malformed is refused with a reason") {
    std::size_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator(TOUCHSTONE_SOURCE_DIR "/fixtures/malformed")) {
        if (file.path().extension() != ".tar") continue;
        ++count;
        const std::string name = file.path().filename().string();
        CAPTURE(name);
        try {
            list(read_text_file(file.path().string()));
            FAIL_CHECK("was accepted");
        } catch (const Error& error) {
            const std::string_view message = error.what();
            CAPTURE(message);
            CHECK((error.kind() == ErrorKind::malformed || error.kind() == ErrorKind::unsupported));
            CHECK(message.starts_with("layer 0: tar"));
            CHECK(message.find("offset ") != std::string_view::npos);
        }
    }
    CHECK(count >= 30);
}

} // namespace touchstone::test
