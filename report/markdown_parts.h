// The pieces of the Markdown report. The document takes blocks as long as there is room; what there is no room for is
// counted, so that a cut report says that it is one.
#pragma once

#include "diff/comparison.h"
#include "report/items.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

/// Text within a limit.
class MarkdownDocument {
public:
    explicit MarkdownDocument(std::size_t limit) : limit_(limit) {}
    /// Appends a block whole, or nothing; false when there is no room for it.
    bool add(std::string_view block);
    bool has_room(std::size_t bytes) const { return text_.size() + bytes <= limit_; }
    std::string take() { return std::move(text_); }

private:
    std::size_t limit_;
    std::string text_;
};

/// Files with their causes, security first: the first ones with what differs inside, then a table. Returns how many
/// found no place.
std::uint64_t add_files(MarkdownDocument& document, const Comparison& comparison, std::vector<Item> files);

} // namespace touchstone
