// Archives made by the real tools at test time, twice: by two builds whose clocks are those of support.h. And one row
// of the format tables by itself, because the engine goes on to other formats where one refuses.
#pragma once

#include "support.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone::test {

/// What `script` (sh, stops at the first error) leaves in the file "out", with CLOCK and SIDE (0 or 1) in its
/// environment; empty where it says by status 77 that a tool is not installed.
inline std::optional<std::string> try_made_by(std::string_view script, std::size_t side) {
    constexpr int not_installed = 77 * 256; // as wait() gives it
    const TempDir directory;
    const std::string text = "set -eu\ncd " + directory.path() +
                             "\nexport TZ=UTC LC_ALL=C.UTF-8 SIDE=" + std::to_string(side) +
                             " CLOCK=" + std::to_string(side == 0 ? published_clock - 60 : rebuilt_clock - 60) +
                             "\nexport PATH=\"/usr/bin:/bin:$PATH\"\numask 022\n" + std::string(script) + "\n";
    const std::string path = directory.write("script", text);
    const int status = std::system(("sh " + path + " >" + path + ".log 2>&1").c_str()); // NOLINT(cert-env33-c)
    if (status == not_installed) return {};
    INFO(std::string(script));
    INFO(read_text_file(path + ".log"));
    REQUIRE(status == 0);
    return read_text_file(directory / "out");
}

inline std::string made_by(std::string_view script, std::size_t side) {
    return try_made_by(script, side).value();
}

inline std::array<std::string, 2> made_twice(std::string_view script) {
    return {made_by(script, 0), made_by(script, 1)};
}

inline std::optional<std::array<std::string, 2>> try_made_twice(std::string_view script) {
    auto published = try_made_by(script, 0);
    auto rebuilt = try_made_by(script, 1);
    if (!published || !rebuilt) return {};
    return {{std::move(*published), std::move(*rebuilt)}};
}

/// One format's own answer; empty where it does not recognize a side or refuses.
inline std::optional<Part> ask_format(std::string_view kind, std::string_view name, std::string_view published,
                                      std::string_view rebuilt, const ExplainLimits& limits = {}) {
    const Clues clues = two_builds();
    Analyzer analyzer(clues, limits, Analyzer::Clock::now() + std::chrono::minutes(5));
    Subject subject;
    subject.path = name;
    subject.name = name;
    subject.bytes = {as_bytes(published), as_bytes(rebuilt)};
    for (const auto& rows : {archive_formats(), compressed_formats()}) {
        for (const FormatRow& row : rows) {
            if (row.kind != kind) continue;
            if (!row.recognizes(name, subject.bytes[0]) || !row.recognizes(name, subject.bytes[1])) return {};
            Part part;
            part.name = name;
            part.kind = kind;
            if (!row.analyze(subject, analyzer, part)) return {};
            return part;
        }
    }
    FAIL("no such format: ", kind);
    return {};
}

/// "a.jar/b/c.txt: text", the parts below that no cause explains, one a line; for messages.
inline std::string outline(const Part& part, const std::string& above = {}) {
    const std::string name = above.empty() ? part.name : above + " > " + part.name;
    std::string text = name + ": " + part.kind + (part.complete ? "" : " (" + part.limit + ")") + " differs " +
                       std::to_string(part.differing[0]) + "/" + std::to_string(part.differing[1]) + " covered " +
                       std::to_string(part.covered[0]) + "/" + std::to_string(part.covered[1]) + "\n";
    for (const Difference& difference : part.differences) {
        text += "  " + difference.where + " [" + difference.values[0] + "] [" + difference.values[1] + "] " +
                (difference.cause ? std::string(code_of(*difference.cause)) : "?") + "\n";
    }
    for (const Part& inner : part.parts) text += outline(inner, name);
    return text;
}

} // namespace touchstone::test
