// The table itself. Rule numbers are those of docs/canonical-layer.md, whose section 7 is the same list in prose.
#include "normalize/dropped.h"

#include "normalize/canonical_xattrs.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace touchstone {

namespace {

using From = DroppedFrom;
using By = DroppedBy;

constexpr std::array rows_of_streams{
    DroppedRow{.name = "order",
               .what = "the order of entries",
               .becomes = "sorted by path, component by component",
               .reason =
                   "it follows the builder's directory walk; which of two entries of one path wins and what a hard "
                   "link links to is decided before",
               .rule = "W1"},
    DroppedRow{.name = "path-spelling",
               .what = "./ and / in front, doubled slashes, . and .. parts, a slash too few or too many at the end",
               .becomes = "the clean path, a directory's with a slash at its end",
               .reason = "runtimes clean a name before they use it",
               .rule = "W2"},
    DroppedRow{.name = "dialect",
               .what = "how a header is spelled: GNU, v7, star or pax, number formats, split names, sparse maps, "
                       "device numbers of what is no device, which name of its group a hard link gives",
               .becomes = "a ustar header, with a pax header where it does not suffice",
               .reason = "another spelling of what is kept; everything that it says was read and is written again",
               .rule = "W3-W6, W12, W15"},
    DroppedRow{.name = "padding",
               .what = "bytes that fill up the last block of a file, and zero blocks at the end",
               .becomes = "zeros up to the block's end, and exactly two zero blocks",
               .reason = "a writer's option; no runtime reads them, and `diff` and `verify` tell of bytes that are not "
                         "zero",
               .rule = "W18, W20"},
    DroppedRow{.name = "bytes-after-end-dropped",
               .what = "what follows the end marker (the table of contents of eStargz, or anything)",
               .becomes = "nothing",
               .reason = "no runtime reads it; `diff` and `verify` tell of it",
               .rule = "R9, W20"},
    DroppedRow{.name = "global-header-dropped",
               .what = "pax global headers (git archive writes one with the commit)",
               .becomes = "nothing",
               .reason = "runtimes ignore them; `verify` tells of those that other readers obey",
               .rule = "R3"},
    DroppedRow{.name = "dangling-extension-dropped",
               .what = "an extension header (x, L, K) at the end, which no member follows",
               .becomes = "nothing",
               .reason = "runtimes ignore it; `verify` tells of it",
               .rule = "R2, R4"},
    DroppedRow{.name = "entry-replaced",
               .what = "entries that a later one of the same layer replaces or sweeps away",
               .becomes = "nothing",
               .reason = "the last one wins when the layer is applied; `verify` tells of duplicates",
               .rule = "R12"},
};

constexpr std::array rows_of_entries{
    DroppedRow{.name = "hardlink-carrier",
               .what = "which path of a hard-link group carries the data",
               .becomes = "the first in canonical order",
               .reason = "it follows the builder's directory walk; all paths of the group are the same file",
               .rule = "W15"},
    DroppedRow{.name = "hardlink-header",
               .what = "mode and owner in the header of a file that a hard link's own header overrides",
               .becomes = "those of the last link's header, for the whole group",
               .reason = "containerd and Docker apply a link's header to the file that it shares",
               .rule = "R13"},
    DroppedRow{.name = "mtime",
               .by = By::mtime_policy,
               .what = "modification times; fractions of a second under every policy",
               .becomes = "zero, or by --mtime keep or clamp whole seconds from 0 on",
               .reason = "they hold when the build ran; the policy is part of the id, so that a digest without times "
                         "never looks like one with them",
               .rule = "W10"},
    DroppedRow{.name = "atime-ctime",
               .what = "access and change times",
               .becomes = "nothing",
               .reason = "access times hold when the builder read the file, and change times cannot be set",
               .rule = "W11"},
    DroppedRow{.name = "uid",
               .by = By::owner_policy,
               .what = "numeric owners, where --owner names others",
               .becomes = "what --owner says; kept by default",
               .reason = "owners carry meaning, so only on demand, and then the policy is part of the id",
               .rule = "W8"},
    DroppedRow{.name = "gid",
               .by = By::owner_policy,
               .what = "numeric groups, where --owner names others",
               .becomes = "what --owner says; kept by default",
               .reason = "as for uid",
               .rule = "W8"},
    DroppedRow{.name = "owner-names",
               .what = "names of owners and groups",
               .becomes = "nothing",
               .reason = "the OCI layer specification says to prefer the numbers, which are kept; names depend on the "
                         "building host",
               .rule = "W9"},
    DroppedRow{.name = "ifmt-bits",
               .what = "mode bits above 07777, the file type",
               .becomes = "zero",
               .reason = "builders differ in setting them; the type has a field of its own, which is kept",
               .rule = "W7"},
    DroppedRow{.name = "symlink-mode",
               .what = "the permission bits of symbolic links",
               .becomes = "0777",
               .reason = "Linux ignores them",
               .rule = "W7"},
    DroppedRow{.name = "whiteout-metadata",
               .what = "mode, owner, time, type, content and attributes of whiteouts",
               .becomes = "an empty file, everything zero",
               .reason = "only the name of a whiteout means anything",
               .rule = "W16"},
    DroppedRow{.name = "aufs-metadata-dropped",
               .what = "entries named .wh..wh.* other than .wh..wh..opq",
               .becomes = "nothing",
               .reason = "bookkeeping of a storage driver, which appliers skip",
               .rule = "W16"},
    DroppedRow{.name = "record-dropped *",
               .what = "pax records that are no field, no SCHILY.xattr.*, no SCHILY.acl.* and not hdrcharset "
                       "(LIBARCHIVE.xattr.* only where its value cannot be decoded, or its name has a NUL)",
               .becomes = "nothing",
               .reason = "no runtime applies them; those that other readers obey are told of by `verify`",
               .rule = "W11"},
};

constexpr std::array rows_of_documents{
    DroppedRow{.name = "config-time",
               .from = From::config,
               .by = By::mtime_policy,
               .what = "created, and history[].created",
               .becomes = "1970-01-01T00:00:00Z (set where absent, too), or by --mtime keep or clamp",
               .reason = "they hold when the build ran",
               .rule = ""},
    DroppedRow{.name = "config-null",
               .from = From::config,
               .what = "members whose value is null",
               .becomes = "nothing",
               .reason = "Go reads null and an absent member as the same",
               .rule = ""},
    DroppedRow{.name = "layers-merged",
               .from = From::config,
               .by = By::merging,
               .what = "the layers of the source, with what upper ones hide of lower ones, and their whiteouts",
               .becomes = "one layer with the tree that they make",
               .reason = "done only where it is asked for, and where no runtime is known to make another tree of them",
               .rule = ""},
    DroppedRow{.name = "formatting",
               .from = From::config,
               .what = "white space, order of keys, escapes",
               .becomes = "compact, keys sorted by bytes",
               .reason = "the same JSON values; duplicate keys are refused",
               .rule = "",
               .counted = false},
    DroppedRow{.name = "diff-ids",
               .from = From::config,
               .what = "rootfs.diff_ids",
               .becomes = "those of the canonical layers",
               .reason = "they follow from the layers, and were verified against them",
               .rule = "",
               .counted = false},
    DroppedRow{.name = "media-type",
               .from = From::manifest,
               .what = "Docker's media types, and those of compressed layers",
               .becomes = "the OCI types of what is written",
               .reason = "two names of one format; what a layer is was decided by its bytes",
               .rule = ""},
    DroppedRow{.name = "annotation-dropped",
               .from = From::manifest,
               .what = "annotations of the manifest and its descriptors",
               .becomes = "nothing (a layer that is compressed has one that says how)",
               .reason = "they describe an image from outside, and differ between copies of it",
               .rule = ""},
    DroppedRow{.name = "manifest-member-dropped",
               .from = From::manifest,
               .what = "members other than schemaVersion, mediaType, config, layers and annotations",
               .becomes = "nothing",
               .reason = "subject and artifactType point to or describe other things; no runtime takes content from "
                         "them",
               .rule = ""},
    DroppedRow{.name = "index",
               .from = From::manifest,
               .what = "the other images of an index, and attestations beside the image",
               .becomes = "nothing; index.json names the one image, with its platform and name",
               .reason = "they are other documents; `diff` and `verify` list what stands beside an image",
               .rule = "",
               .counted = false},
    DroppedRow{.name = "compression",
               .from = From::manifest,
               .what = "compression of layers, with digests and sizes of the compressed blobs",
               .becomes = "plain, or what --compress says, with the digests and sizes of what is written",
               .reason = "the uncompressed stream decides, and was verified against its diffID",
               .rule = "R1",
               .counted = false},
};

/// "xattr-dropped NAME" for each attribute that is dropped, in the order of their table.
std::vector<std::string> xattr_change_names() {
    std::vector<std::string> names;
    for (const DroppedXattr& xattr : dropped_xattrs()) {
        names.push_back("xattr-dropped " + std::string(xattr.name));
        if (names.back().ends_with('.')) names.back() += '*';
    }
    return names;
}

DroppedRow row_of_xattr(const std::string& name, const DroppedXattr& xattr) {
    return {.name = name,
            .what = name.ends_with('*') ? "extended attributes whose names begin so" : "this extended attribute",
            .becomes = "nothing",
            .reason = xattr.reason,
            .rule = "W13"};
}

std::vector<DroppedRow> all_rows() {
    std::vector<DroppedRow> rows(rows_of_streams.begin(), rows_of_streams.end());
    rows.insert(rows.end(), rows_of_entries.begin(), rows_of_entries.end());
    static const std::vector<std::string> names = xattr_change_names(); // what the rows' views point at
    for (std::size_t i = 0; i < names.size(); ++i) rows.push_back(row_of_xattr(names[i], dropped_xattrs()[i]));
    rows.insert(rows.end(), rows_of_documents.begin(), rows_of_documents.end());
    return rows;
}

} // namespace

std::string_view name_of(DroppedFrom from) {
    constexpr std::array<std::string_view, 3> names{"layer", "config", "manifest"};
    return names[static_cast<std::size_t>(from)];
}

std::string_view name_of(DroppedBy by) {
    constexpr std::array<std::string_view, 4> names{"always", "--mtime", "--owner", "--merge"};
    return names[static_cast<std::size_t>(by)];
}

std::span<const DroppedRow> dropped_table() {
    static const std::vector<DroppedRow> rows = all_rows();
    return rows;
}

const DroppedRow* dropped_row(std::string_view what) {
    const std::span<const DroppedRow> rows = dropped_table();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const DroppedRow& r) {
        const std::string_view prefix = r.name.substr(0, r.name.size() - 1);
        return r.name.ends_with('*') ? what.starts_with(prefix) : what == r.name;
    });
    return row == rows.end() ? nullptr : &*row;
}

} // namespace touchstone
