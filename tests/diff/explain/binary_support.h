// For tests of binary formats: real tools run in a directory of their own, and the property that every handler must
// keep: a byte that differs is counted, and is explained only where a field with a cause is.
#pragma once

#include "base/printable.h"
#include "tests/diff/explain/support.h"
#include "tests/support/effort.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone::test {

/// Runs a shell command in `directory`; its output goes away. The test fails when the command does.
inline void run_in(const TempDir& directory, const std::string& command) {
    const std::string line = "cd '" + directory.path() + "' && ( " + command + " ) >log 2>&1";
    INFO(command);
    REQUIRE(std::system(line.c_str()) == 0);
}

/// What a Python script writes to its standard output.
inline std::string from_python(std::string_view script) {
    const TempDir directory;
    directory.write("script.py", script);
    run_in(directory, "PATH=\"/usr/bin:$PATH\" python3 script.py > out"); // not the stand-in of a version manager
    return read_text_file(directory / "out");
}

inline std::string flipped(std::string bytes, std::size_t at, unsigned mask) {
    bytes.at(at) = static_cast<char>(static_cast<unsigned char>(bytes.at(at)) ^ mask);
    return bytes;
}

/// Flips one bit at each `stride`-th place. Whatever is explained must lie in one of `fields`.
inline void check_single_bytes(std::string_view path, const std::string& bytes, const std::vector<Span>& fields,
                               std::size_t stride = 1) {
    for (std::size_t at = 0; at < bytes.size(); at += stride * each_byte) {
        const std::string mutated = flipped(bytes, at, 1U << (at % 8));
        const Part part = explain(path, bytes, mutated);
        const bool in_field = std::any_of(fields.begin(), fields.end(),
                                          [&](const Span& field) { return at >= field.offset && at < field.end(); });
        INFO(path << ", byte " << at);
        CHECK(part.all_differing()[0] + part.all_differing()[1] > 0);
        CHECK((!part.explained() || in_field));
    }
}

/// Many mutations of both sides at once, also truncated ones: nothing may crash, and what differs is counted.
inline void check_mutations(std::string_view path, const std::string& published, const std::string& rebuilt,
                            std::size_t wanted) {
    std::uint64_t state = 0x9E3779B97F4A7C15U;
    const auto random = [&](std::size_t below) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::size_t>(state >> 33U) % below;
    };
    for (std::size_t i = 0; i < rounds(wanted); ++i) {
        std::string left = published;
        std::string right = rebuilt;
        for (std::string* side : {&left, &right}) {
            for (std::size_t n = random(6); n-- > 0;) {
                // Headers are where the numbers are.
                const std::size_t at = random(random(2) == 0 ? side->size() : std::min<std::size_t>(side->size(), 128));
                (*side)[at] = random(3) == 0 ? '\xff' : static_cast<char>(random(256));
            }
            if (random(8) == 0) side->resize(1 + random(side->size()));
        }
        const Part part = explain(path, left, right);
        if (left != right) CHECK(part.all_differing()[0] + part.all_differing()[1] > 0);
    }
}

/// All differences of a part and of those in it, with the name of the part in front.
inline std::vector<Difference> all_differences(const Part& part) {
    std::vector<Difference> found;
    for (Difference difference : part.differences) {
        difference.where = part.name + ": " + difference.where;
        found.push_back(std::move(difference));
    }
    for (const Part& inner : part.parts) {
        for (Difference& difference : all_differences(inner)) found.push_back(std::move(difference));
    }
    return found;
}

/// The cause of the first difference at a place that contains `where`: "C2", "none", or "no such place".
inline std::string cause_at(const Part& part, std::string_view where) {
    for (const Difference& difference : all_differences(part)) {
        if (difference.where.find(where) == std::string::npos) continue;
        return difference.cause ? std::string(code_of(*difference.cause)) : "none";
    }
    return "no such place";
}

} // namespace touchstone::test
