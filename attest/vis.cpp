// See vis.h. The escapes are those of unvis(3) in NetBSD and FreeBSD.
#include "attest/vis.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

struct Escape {
    char written;
    char meant;
};
constexpr std::array escapes{Escape{'\\', '\\'}, Escape{'#', '#'},  Escape{'n', '\n'},  Escape{'r', '\r'},
                             Escape{'t', '\t'},  Escape{'s', ' '},  Escape{'b', '\b'},  Escape{'a', '\a'},
                             Escape{'v', '\v'},  Escape{'f', '\f'}, Escape{'E', '\033'}};

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

/// ^C is control-C, and ^? is DEL.
char control(char c) {
    return c == '?' ? '\177' : static_cast<char>(static_cast<unsigned>(c) & 0x1FU);
}

/// Takes one escape off `rest`, which begins behind the backslash. False: there is no such escape.
bool take_escape(std::string_view& rest, std::string& out) {
    if (rest.empty()) return false;
    const char first = rest.front();
    if (is_octal(first)) { // up to three digits
        unsigned value = 0;
        for (int i = 0; i < 3 && !rest.empty() && is_octal(rest.front()); ++i) {
            value = value * 8 + static_cast<unsigned>(rest.front() - '0');
            rest.remove_prefix(1);
        }
        out += static_cast<char>(value);
        return value <= 0xFF;
    }
    rest.remove_prefix(1);
    if (first == '^' && !rest.empty()) {
        out += control(rest.front());
        rest.remove_prefix(1);
        return true;
    }
    if (first == 'M' && rest.size() >= 2 && (rest.front() == '-' || rest.front() == '^')) {
        const char low = rest.front() == '-' ? rest[1] : control(rest[1]);
        out += static_cast<char>(static_cast<unsigned char>(low) | 0x80U);
        rest.remove_prefix(2);
        return true;
    }
    if (first == 'x' && rest.size() >= 2 && hex_value(rest[0]) >= 0 && hex_value(rest[1]) >= 0) {
        out += static_cast<char>(hex_value(rest[0]) * 16 + hex_value(rest[1]));
        rest.remove_prefix(2);
        return true;
    }
    const auto* const escape =
        std::find_if(escapes.begin(), escapes.end(), [&](const Escape& one) { return one.written == first; });
    if (escape == escapes.end()) return false;
    out += escape->meant;
    return true;
}

} // namespace

std::optional<std::string> unvis(std::string_view encoded) {
    std::string out;
    for (std::string_view rest = encoded; !rest.empty();) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c != '\\') {
            out += c;
        } else if (!take_escape(rest, out)) {
            return std::nullopt;
        }
    }
    return out;
}

} // namespace touchstone
