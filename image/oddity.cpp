// The table of oddities. Weights follow spec/formats-and-hostile-input.md: what its tables refuse although Go accepts
// it, and the triggers T1-T3 and T5-T12, are ambiguous; what occurs in ordinary images is a note; the rest are
// findings.
#include "image/oddity.h"

#include <array>
#include <cstddef>

namespace touchstone {

namespace {

using enum OddityCode;
constexpr auto note = OddityWeight::note;
constexpr auto finding = OddityWeight::finding;
constexpr auto ambiguous = OddityWeight::ambiguous;

constexpr std::array rows{
    // The tar stream
    OddityRow{
        pax_size_differs, "pax-size-differs", finding,
        "a pax size replaces a different, non-zero size field; readers that miss the pax record lose their place"},
    OddityRow{
        size_on_header_only, "size-on-header-only", ambiguous,
        "a size on a type without a body: Go reads no body, libarchive and GNU tar may skip one and hide entries"},
    OddityRow{file_name_ends_in_slash, "file-name-ends-in-slash", ambiguous,
              "a file named with a trailing slash: readers disagree whether it is a file or a directory"},
    OddityRow{number_padded_with_nul, "number-padded-with-nul", ambiguous,
              "a number that starts with NUL: Go reads its digits, libarchive, Python and GNU tar read 0"},
    OddityRow{number_field_odd, "number-field-odd", ambiguous,
              "a numeric field of blanks, or with bytes behind its NUL: Go reads it, GNU tar or libarchive refuse it"},
    OddityRow{number_in_base256, "number-in-base256", note, "a base-256 number that octal digits could have held"},
    OddityRow{
        number_base256_odd, "number-base256-odd", ambiguous,
        "a base-256 number with an unusual first byte or sign: Go reads it, Python and others refuse or clamp it"},
    OddityRow{
        gnu_and_pax_name, "gnu-and-pax-name", ambiguous,
        "a GNU long name and a different pax path for one member: the GNU one wins in Go, the pax one in GNU tar"},
    OddityRow{pax_header_twice, "pax-header-twice", ambiguous,
              "two pax headers before one member: Go keeps only the last, Python merges them"},
    OddityRow{gnu_name_twice, "gnu-name-twice", ambiguous,
              "two GNU long names or links before one member: the last wins in Go, the first in Python"},
    OddityRow{pax_key_twice, "pax-key-twice", finding, "one pax key twice in one header: the last one wins"},
    OddityRow{pax_field_twice, "pax-field-twice", ambiguous,
              "size, path or linkpath twice in one pax header with different values: the last wins in Go"},
    OddityRow{extension_value_empty, "extension-value-empty", ambiguous,
              "an empty pax value or GNU name: Go keeps the header's field, Python and GNU tar take the empty one"},
    OddityRow{pax_global, "pax-global", ambiguous,
              "a global pax header: runtimes ignore its records, GNU tar and Python apply them to all that follows"},
    OddityRow{pax_global_comment, "pax-global-comment", note,
              "a global pax header with only a comment, as git archive writes it"},
    OddityRow{pax_state_dropped, "pax-state-dropped", ambiguous,
              "an extension header before a global one: Go forgets it, libarchive, GNU tar and Python apply it"},
    OddityRow{dangling_extension, "dangling-extension", ambiguous,
              "an extension header without a member at the end: ignored by Go, an error to others"},
    OddityRow{pax_number_odd, "pax-number-odd", ambiguous,
              "a pax number with a sign or leading zeros: Go reads it, libarchive may read 0 or refuse it"},
    OddityRow{
        prefix_in_gnu_header, "prefix-in-gnu-header", ambiguous,
        "bytes where a GNU header has its times: Go joins text there to the name, Python anything, others nothing"},
    OddityRow{v7_tail_not_zero, "v7-tail-not-zero", ambiguous,
              "a v7 header with bytes where ustar has prefix and devices: ignored by Go, used by Python, refused by "
              "libarchive"},
    OddityRow{star_header, "star-header", ambiguous,
              "a star header: Go takes 131 bytes of prefix and two times, others may take the ustar prefix"},
    OddityRow{ustar_version_odd, "ustar-version-odd", ambiguous,
              "a ustar magic with an unusual version: readers disagree whether the prefix and owner names count"},
    OddityRow{signed_checksum, "signed-checksum", finding,
              "a header checksum over signed bytes, as old Sun tars wrote it"},
    OddityRow{bytes_after_nul, "bytes-after-nul", finding,
              "bytes behind the NUL that ends a name field: nobody shows them"},
    OddityRow{
        gnu_sparse_area_used, "gnu-sparse-area-used", ambiguous,
        "sparse data in a GNU header of another type: Go ignores it, libarchive applies it and may swallow a member"},
    OddityRow{
        sparse, "sparse", ambiguous,
        "a GNU sparse member: expanded as Go does; containerd and Docker refuse type S, libarchive reads some maps "
        "differently"},
    OddityRow{no_end_marker, "no-end-marker", finding, "the archive ends without zero blocks"},
    OddityRow{short_end_marker, "short-end-marker", finding, "the archive ends with one zero block instead of two"},
    OddityRow{data_after_end, "data-after-end", ambiguous,
              "data after the end marker: runtimes stop before it, readers of concatenated archives go on"},
    OddityRow{estargz_toc_after_end, "estargz-toc-after-end", note,
              "the eStargz table of contents after the end marker, where BuildKit puts it"},
    OddityRow{padding_not_zero, "padding-not-zero", finding,
              "the bytes between a member's end and its block's end hold data"},
    OddityRow{extension_padding, "extension-padding", ambiguous,
              "bytes behind the records of an extension header, in its last block: CPython reads them as records"},
    OddityRow{missing_padding, "missing-padding", finding, "the last block is not filled up"},
    OddityRow{schily_size_records, "schily-size-records", ambiguous,
              "SCHILY.realsize, SCHILY.devmajor, SCHILY.devminor or SUN.holesdata: libarchive obeys them, Go does not"},
    OddityRow{
        libarchive_xattr, "libarchive-xattr", finding,
        "xattrs as LIBARCHIVE.xattr.* or RHT.security.*: runtimes ignore them, libarchive and GNU tar restore them"},
    OddityRow{xattr_twice, "xattr-twice", ambiguous,
              "one xattr name twice: the last wins in Go, libarchive gives both"},
    OddityRow{xattr_empty, "xattr-empty", finding, "an xattr with an empty value: older Docker and containerd drop it"},
    OddityRow{xattr_host_dependent, "xattr-host-dependent", finding,
              "a trusted.* or security.* xattr: whether it is set depends on the host and its privileges"},
    OddityRow{xattr_oversized, "xattr-oversized", finding,
              "an xattr with a name over 255 bytes or a value over 64 KiB: the kernel refuses it"},
    OddityRow{time_out_of_range, "time-out-of-range", finding,
              "a time before 1970 or after 9223372036: runtimes set it to 0"},
    OddityRow{id_out_of_range, "id-out-of-range", ambiguous,
              "an owner outside 0..4294967294: the kernel takes 32 bits of it (2^32 becomes root), GNU tar refuses it"},
    OddityRow{device_out_of_range, "device-out-of-range", finding, "a device number outside 32 bits: runtimes cut it"},
    OddityRow{acl_in_pax, "acl-in-pax", note, "a SCHILY.acl record: kept and compared, ignored by runtimes"},
    // Names
    OddityRow{absolute_name, "absolute-name", ambiguous,
              "a name with a leading slash: runtimes root it in the image, some readers refuse or keep it"},
    OddityRow{dot_dot_name, "dot-dot-name", ambiguous,
              "a name with a '..' component: containerd resolves it inside the image, Docker refuses it"},
    OddityRow{name_not_utf8, "name-not-utf8", finding, "a name that is not valid UTF-8"},
    OddityRow{name_with_control, "name-with-control", finding,
              "a name with control, bidi or other invisible characters"},
    OddityRow{name_very_long, "name-very-long", finding,
              "a component over 255 bytes or a path over 4096: ordinary file systems refuse it"},
    OddityRow{names_equal_folded, "names-equal-folded", finding,
              "two names that differ only in case: one file on Windows and macOS"},
    // Layers as sets of entries
    OddityRow{
        duplicate_path, "duplicate-path", ambiguous,
        "one path twice in a layer: the last wins when extracted, tar-split refuses, some readers show the first"},
    OddityRow{path_and_whiteout, "path-and-whiteout", ambiguous,
              "a path and its whiteout in one layer: it stays, goes or fails, depending on the runtime and the order"},
    OddityRow{
        hardlink_target_missing, "hardlink-target-missing", ambiguous,
        "a hardlink to nothing earlier in its layer, to itself or to a directory: an error or a link to a lower layer"},
    OddityRow{
        hardlink_meta_differs, "hardlink-meta-differs", finding,
        "a hardlink whose header differs from its target's: runtimes apply it to the shared file, umoci does not"},
    OddityRow{opaque_placement, "opaque-placement", ambiguous,
              "an opaque whiteout at the root, below a non-directory, or after a child with an implied parent"},
    OddityRow{below_non_directory, "below-non-directory", ambiguous,
              "an entry below something that is not a directory in the same layer"},
    OddityRow{below_symlink, "below-symlink", ambiguous,
              "an entry below a symlink: some runtimes follow it, others replace it by a directory"},
    OddityRow{root_entry_not_directory, "root-entry-not-directory", ambiguous,
              "an entry for the root that is not a directory: ignored, or an error"},
    OddityRow{root_entry_attributes, "root-entry-attributes", finding,
              "an entry for the root with unusual attributes: umoci applies them, runtimes ignore them"},
    OddityRow{whiteout_not_plain, "whiteout-not-plain", ambiguous,
              "a whiteout that is not an empty regular file: only its name counts to runtimes"},
    OddityRow{aufs_metadata, "aufs-metadata", ambiguous,
              "AUFS metadata (.wh..wh.*): Docker skips it, containerd takes it for a whiteout"},
    OddityRow{whiteout_inside_path, "whiteout-inside-path", ambiguous,
              "a directory component that starts with .wh.: no runtime agrees with another on it"},
    OddityRow{implied_parent, "implied-parent", note,
              "a parent directory without an entry: its attributes come from a lower layer, or are 0755 root"},
    OddityRow{char_device_zero, "char-device-zero", ambiguous,
              "a character device 0:0: overlayfs takes it for a whiteout, other snapshotters for a device"},
    OddityRow{readings_differ, "readings-differ", ambiguous,
              "the layers give different trees under the OCI, the naive and the overlay reading"},
    // Lazy pulling
    OddityRow{lazy_view_differs, "lazy-view-differs", ambiguous,
              "the table of contents for lazy pulling says something else than the tar: stargz-snapshotter and "
              "containers/storage show the table, all others the tar"},
    OddityRow{
        lazy_view_unreadable, "lazy-view-unreadable", ambiguous,
        "a table of contents for lazy pulling that cannot be read, or is not the promised one: lazy runtimes refuse "
        "the layer, fall back to the tar, or show what only they can read"},
    // Compression
    OddityRow{
        media_type_mismatch, "media-type-mismatch", finding,
        "the compression is not what the media type says: containerd looks at the bytes, umoci believes the type"},
    OddityRow{empty_layer_blob, "empty-layer-blob", finding,
              "a layer of zero bytes: empty to containerd, an error to others"},
    OddityRow{compressed_padding, "compressed-padding", finding, "zero bytes after the end of the compressed data"},
    // Image documents
    OddityRow{platform_mismatch, "platform-mismatch", finding, "the index and the config name different platforms"},
    OddityRow{history_count, "history-count", finding, "the history does not have one line for each layer"},
    OddityRow{config_name_not_digest, "config-name-not-digest", finding,
              "the config's file name is not the digest of its content"},
    OddityRow{unreferenced_blobs, "unreferenced-blobs", note, "blobs that nothing refers to"},
    OddityRow{control_in_key, "control-in-key", finding, "a control character in a JSON key"},
    OddityRow{docker_archive_two_views, "docker-archive-two-views", note,
              "both index.json and manifest.json are there, and agree"},
    OddityRow{missing_layout_file, "missing-layout-file", finding, "an OCI layout without its oci-layout file"},
    // Registries
    OddityRow{registry_digest_differs, "registry-digest-differs", finding,
              "the registry names another digest than that of the manifest that it sends"},
    OddityRow{registry_warning, "registry-warning", finding, "a warning that the registry sent"},
};

consteval bool in_enum_order() {
    for (std::size_t at = 0; at < rows.size(); ++at) {
        if (static_cast<std::size_t>(rows[at].code) != at) return false;
    }
    return rows.size() == static_cast<std::size_t>(last_);
}
static_assert(in_enum_order(), "one row for each code, in the enum's order");

} // namespace

std::span<const OddityRow> oddity_table() {
    return rows;
}

const OddityRow& row_of(OddityCode code) {
    return rows[static_cast<std::size_t>(code)];
}

} // namespace touchstone
