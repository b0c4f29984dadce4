// Text in GitHub-flavoured Markdown. Everything that comes from an image stands in code: there nothing is parsed, no
// name becomes a mention that rings somebody's phone, no digest a link to a commit, and no markup is let through.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Raw bytes as a code span, printable and cut to about `limit` bytes. Also good in a table's cell.
std::string markdown_code(std::string_view raw, std::size_t limit = 200);
/// As an element, which is code also where Markdown is not parsed (inside a <summary>).
std::string markdown_element(std::string_view raw, std::size_t limit = 200);
/// markdown_code() of a text that is printable already.
std::string markdown_said(std::string_view text, std::size_t limit = 200);

/// Our own words: nothing in them is markup, a mention or a link.
std::string markdown_text(std::string_view ours);

/// A fenced block; its fence is longer than any run of backticks inside. Lines must be printable.
std::string markdown_block(std::string_view language, const std::vector<std::string>& lines);

} // namespace touchstone
