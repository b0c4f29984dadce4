// A pair of files from two strangers, through the whole engine: format, alignment, detectors, view. The first byte
// chooses the path that the pair is found at, the next two say how long the published bytes are; the rest is rebuilt.
#include "base/bytes.h"
#include "diff/explain/analyzer.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

using namespace touchstone;

namespace {

/// One for each reader that looks at the name.
constexpr std::string_view paths[] = {
    "usr/share/doc/x/README",
    "usr/lib/x/libx.so.1",
    "usr/lib/libx.a",
    "usr/share/man/man1/x.1.gz",
    "usr/share/java/x.jar",
    "usr/lib/python3/dist-packages/__pycache__/x.cpython-311.pyc",
    "usr/lib/python3/dist-packages/x.dist-info/RECORD",
    "etc/shadow",
    "etc/passwd",
    "etc/ssl/certs/ca-certificates.crt",
    "etc/ssl/certs/java/cacerts",
    "etc/x.json",
    "etc/x.conf",
    "var/lib/dpkg/status",
    "lib/apk/db/installed",
    "var/lib/rpm/rpmdb.sqlite",
    "var/log/dpkg.log",
    "var/cache/ldconfig/aux-cache",
    "usr/share/locale/de/LC_MESSAGES/x.mo",
    "srv/www/index.html",
    "srv/x.png",
    "srv/x.tar",
    "srv/x.deb",
    "srv/x.exe",
};

void require(bool condition) {
    if (!condition) std::abort();
}

Clues some_clues() {
    Clues clues;
    for (std::size_t side : {0U, 1U}) {
        SideClues& one = clues.side[side];
        one.created = 1772359200 + static_cast<std::int64_t>(side) * 94380; // 2026-03-01, and a day later
        one.oldest_mtime = 1769904000;
        one.newest_mtime = *one.created - 60;
        one.users = {"root", "app"};
        one.host_names = {side == 0 ? "buildhost1" : "ci-runner-7"};
        one.architecture = "amd64";
        one.derived.add("usr/bin/x", as_bytes(side == 0 ? "one" : "two"));
    }
    return clues;
}

Part explain(const Clues& clues, std::string_view path, const BytePair& bytes) {
    ExplainLimits limits;
    limits.depth = 4;
    limits.file = std::uint64_t{1} << 20;
    limits.unpacked = std::uint64_t{4} << 20;
    limits.members = 64;
    limits.lines = 4096;
    Subject subject;
    subject.path = subject.name = path;
    subject.bytes = bytes;
    subject.mtime = {1772359100, 1772453500};
    Analyzer analyzer(clues, limits, Analyzer::Clock::now() + std::chrono::hours(1));
    return analyzer.analyze(subject);
}

/// A part's differences lie in its own bytes, whose sizes it names.
void check_part(const Part& part) {
    for (const Difference& difference : part.differences) {
        for (std::size_t side : {0U, 1U}) {
            const Span& span = difference.spans[side];
            const std::uint64_t size = part.size[side].value_or(0);
            require(span.offset <= size && span.size <= size - span.offset);
            require(difference.values[side].size() <= value_limit);
        }
    }
    require(part.differences.size() <= difference_limit);
    require(part.view.size() <= view_limit);
    for (const ViewLine& line : part.view) {
        for (const auto& [from, to] : line.marks) require(from <= to && to <= line.text.size());
    }
    for (std::size_t side : {0U, 1U}) require(part.covered[side] <= part.differing[side]);
    for (const Part& inner : part.parts) check_part(inner);
}

bool same(const Part& a, const Part& b) {
    const auto same_difference = [](const Difference& x, const Difference& y) {
        return x.where == y.where && x.spans == y.spans && x.values == y.values && x.cause == y.cause &&
               x.evidence == y.evidence && x.derived_of == y.derived_of;
    };
    const auto same_line = [](const ViewLine& x, const ViewLine& y) {
        return x.kind == y.kind && x.text == y.text && x.marks == y.marks;
    };
    return a.name == b.name && a.kind == b.kind && a.size == b.size && a.more == b.more && a.causes == b.causes &&
           a.differing == b.differing && a.covered == b.covered && a.complete == b.complete && a.limit == b.limit &&
           std::equal(a.differences.begin(), a.differences.end(), b.differences.begin(), b.differences.end(),
                      same_difference) &&
           std::equal(a.view.begin(), a.view.end(), b.view.begin(), b.view.end(), same_line) &&
           std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(), same);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const std::string_view path = paths[data[0] % std::size(paths)];
    const ByteView rest{data + 3, size - 3};
    const std::size_t published = std::min<std::size_t>(data[1] * 256U + data[2], rest.size());
    const BytePair bytes{rest.first(published), rest.subspan(published)};
    if (as_text(bytes[0]) == as_text(bytes[1])) return 0; // the engine is asked only for what differs

    static const Clues clues = some_clues();
    const Part part = explain(clues, path, bytes);
    check_part(part);
    if (part.explained()) require(part.all_covered() == part.all_differing());
    require(same(part, explain(clues, path, bytes)));
    return 0;
}
