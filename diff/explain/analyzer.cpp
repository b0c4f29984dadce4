// Choosing a format, going one level deeper, and the bounds that hold for one file.
#include "diff/explain/analyzer.h"

#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace touchstone {

namespace {

/// In this order: what can hold other files first, then single streams, then by structure, then texts with a grammar.
const std::vector<FormatRow>& formats() {
    static const std::vector<FormatRow> all = [] {
        std::vector<FormatRow> rows;
        for (const auto& group : {archive_formats(), compressed_formats(), binary_formats(), document_formats()}) {
            rows.insert(rows.end(), group.begin(), group.end());
        }
        return rows;
    }();
    return all;
}

Part new_part(const Subject& subject, std::string_view kind) {
    Part part;
    part.name = subject.name;
    part.kind = kind;
    part.size = {subject.bytes[0].size(), subject.bytes[1].size()};
    return part;
}

Part cut_short(const Subject& subject, std::string limit) {
    Part part = new_part(subject, "binary");
    part.differing = {subject.bytes[0].size(), subject.bytes[1].size()};
    part.complete = false;
    part.limit = std::move(limit);
    return part;
}

} // namespace

Part Analyzer::analyze(const Subject& subject) {
    if (out_of_time()) return cut_short(subject, "the time for explaining was over");
    for (const FormatRow& format : formats()) {
        if (!format.recognizes(subject.name, subject.bytes[0]) || !format.recognizes(subject.name, subject.bytes[1])) {
            continue;
        }
        Part part = new_part(subject, format.kind);
        if (format.analyze(subject, *this, part)) return part;
    }
    Part part = new_part(subject, "binary");
    analyze_leaf(subject, *this, part);
    return part;
}

Part Analyzer::child(const Subject& outer, std::string_view name, BytePair bytes) {
    Subject subject = outer;
    subject.name = name;
    subject.bytes = bytes;
    if (std::equal(bytes[0].begin(), bytes[0].end(), bytes[1].begin(), bytes[1].end())) {
        return new_part(subject, "equal");
    }
    if (depth_ + 1 >= limits_.depth) return cut_short(subject, fmt::format("nested deeper than {}", limits_.depth));
    ++depth_;
    Part part = analyze(subject);
    --depth_;
    return part;
}

bool Analyzer::take_unpacked(std::uint64_t bytes) {
    if (bytes > limits_.unpacked - unpacked_) return false;
    unpacked_ += bytes;
    return true;
}

} // namespace touchstone
