// UTF-8 decoding and the one question that output asks of a code point: may it be shown? Own tables, because the C
// library's answers depend on the locale. Used by printable text and by JSON output.
#pragma once

#include <cstddef>
#include <string_view>

namespace touchstone {

struct CodePoint {
    char32_t value = 0;
    std::size_t length = 1; ///< bytes; 1 when they are not valid UTF-8
    bool valid = false;
};

/// The code point at the start of `bytes`, which must not be empty. Strict (RFC 3629): no overlong forms, no
/// surrogates, nothing above U+10FFFF.
CodePoint first_code_point(std::string_view bytes);

/// C0, DEL, C1, general category Cf (Unicode 15), U+2028 and U+2029: what could steer a terminal or reorder a line.
bool is_control_or_format(char32_t code_point);

} // namespace touchstone
