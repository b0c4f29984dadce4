// Collecting and filtering. libarchive's own records carry the name URL-encoded and the value in base64 without padding
// (libarchive-formats(5), "pax interchange format").
#include "normalize/canonical_xattrs.h"

#include "base/error.h"
#include "base/printable.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace touchstone {

namespace {

constexpr std::array<DroppedXattr, 3> dropped_table{{
    {"security.selinux", "the label is policy of the host that built"},
    {"trusted.overlay.", "overlayfs's own notes about how layers are stacked"},
    {"user.overlay.", "the same, of rootless overlayfs"},
}};

bool is_dropped(std::string_view name) {
    return std::any_of(dropped_table.begin(), dropped_table.end(), [&](const DroppedXattr& row) {
        return row.name.ends_with('.') ? name.starts_with(row.name) : name == row.name;
    });
}

/// Percent-encoding undone; what is no valid escape stays as it is.
std::string url_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        const char* digits = text.data() + i + 1;
        if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
            decoded += static_cast<char>(value);
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

/// Base64 with or without padding. Runtimes ignore these records, so one that is none of it is no reason to refuse.
bool is_base64(std::string_view text) {
    const std::size_t digits = std::min(text.find('='), text.size());
    const auto is_digit = [](char ch) {
        return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '+' ||
               ch == '/';
    };
    return digits % 4 != 1 && text.size() - digits <= 2 &&
           std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits), is_digit) &&
           text.substr(digits).find_first_not_of('=') == std::string_view::npos;
}

/// libarchive, whose records they are, ignores the bits of the last digit that no byte needs; unbase64() refuses them.
void clear_unused_bits(std::string& digits) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t over = digits.size() % 4;
    const std::size_t unused = over == 2 ? 4 : over == 3 ? 2 : 0;
    if (unused != 0) digits.back() = alphabet[alphabet.find(digits.back()) >> unused << unused];
}

void put_if_absent(std::vector<NamedBytes>& xattrs, NamedBytes added) {
    const auto at = std::lower_bound(xattrs.begin(), xattrs.end(), added.first,
                                     [](const NamedBytes& x, const std::string& name) { return x.first < name; });
    if (at == xattrs.end() || at->first != added.first) xattrs.insert(at, std::move(added));
}

void put_libarchive(std::vector<NamedBytes>& xattrs, const Entry& entry, const XattrDropped& dropped) {
    constexpr std::string_view prefix = "LIBARCHIVE.xattr.";
    for (const auto& [key, value] : entry.extra->records) {
        if (!key.starts_with(prefix)) continue;
        std::string name = url_decoded(std::string_view(key).substr(prefix.size()));
        // No attribute's name has a NUL, and no pax key may.
        if (!is_base64(value) || name.find('\0') != std::string::npos) {
            dropped("record-dropped " + printable(key), value);
            continue;
        }
        std::string padded = value.substr(0, value.find('='));
        clear_unused_bits(padded);
        while (padded.size() % 4 != 0) padded += '=';
        put_if_absent(xattrs, {std::move(name), unbase64(padded)});
    }
}

} // namespace

std::span<const DroppedXattr> dropped_xattrs() {
    return dropped_table;
}

std::vector<NamedBytes> canonical_xattrs(const Tree& tree, std::uint32_t inode, const XattrDropped& dropped) {
    std::vector<NamedBytes> all = xattrs_of(tree, inode);
    const Entry& content = *tree.inodes[inode].content;
    if (content.extra) put_libarchive(all, content, dropped);
    std::vector<NamedBytes> kept;
    for (NamedBytes& xattr : all) {
        if (is_dropped(xattr.first)) {
            dropped("xattr-dropped " + printable(xattr.first), xattr.second);
        } else {
            kept.push_back(std::move(xattr));
        }
    }
    return kept;
}

} // namespace touchstone
