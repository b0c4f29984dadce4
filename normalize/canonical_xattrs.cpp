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

void put(std::vector<NamedBytes>& xattrs, const NamedBytes& added, bool replace) {
    const auto at = std::lower_bound(xattrs.begin(), xattrs.end(), added.first,
                                     [](const NamedBytes& x, const std::string& name) { return x.first < name; });
    if (at == xattrs.end() || at->first != added.first) {
        xattrs.insert(at, added);
    } else if (replace) {
        at->second = added.second;
    }
}

void put_libarchive(std::vector<NamedBytes>& xattrs, const Entry& entry) {
    constexpr std::string_view prefix = "LIBARCHIVE.xattr.";
    for (const auto& [key, value] : entry.extra->records) {
        if (!key.starts_with(prefix)) continue;
        std::string padded = value;
        while (padded.size() % 4 != 0) padded += '=';
        put(xattrs, {url_decoded(std::string_view(key).substr(prefix.size())), unbase64(padded)}, false);
    }
}

} // namespace

std::span<const DroppedXattr> dropped_xattrs() { return dropped_table; }

std::vector<NamedBytes> canonical_xattrs(const Inode& inode, const XattrDropped& dropped) {
    std::vector<NamedBytes> all;
    if (inode.content->extra) all = inode.content->extra->xattrs;
    if (inode.meta != inode.content && inode.meta->extra) {
        for (const NamedBytes& added : inode.meta->extra->xattrs) put(all, added, true);
    }
    if (inode.content->extra) put_libarchive(all, *inode.content);
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
