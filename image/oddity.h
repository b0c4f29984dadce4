// Oddities: what is strange about one image by itself. A closed table of named values; the code, its name in JSON and
// `--help`, whether known runtimes read the construct differently, and the sentence that says who does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace touchstone {

enum class OddityCode : std::uint8_t {
    // The tar stream (spec tables 3.1 and 4.1; image/tar_reader.cpp)
    pax_size_differs,        ///< pax size beats a different, non-zero ustar size
    size_on_header_only,     ///< size != 0 on a type that has no body
    file_name_ends_in_slash, ///< a regular file ('0') whose name ends in '/', or an old one whose long name does
    number_padded_with_nul,  ///< a numeric field that starts with NUL
    number_field_odd,        ///< a numeric field of blanks only, or with other bytes behind its NUL
    number_in_base256,       ///< base-256 where octal would have done
    number_base256_odd,      ///< base-256 with a first byte other than 0x80 or 0xff, or negative and not a time
    gnu_and_pax_name,        ///< GNU L/K and pax path/linkpath for one member, with different values
    pax_header_twice,        ///< two x headers before one member: the last one wins whole
    gnu_name_twice,          ///< two L, or two K, before one member
    pax_key_twice,           ///< one key twice in one x header
    pax_field_twice,         ///< size, path or linkpath twice in one x header, with different values
    extension_value_empty, ///< an empty pax path, linkpath, size, uid, gid or mtime, or GNU name: Go keeps the header's
    pax_global,            ///< a g header with other records than `comment`
    pax_global_comment,    ///< a g header with only `comment`s (git archive): harmless
    pax_state_dropped,     ///< x, L or K followed by g: Go drops the extension
    dangling_extension,    ///< x, L or K at the end of the archive
    pax_number_odd,        ///< "+12", leading zeros: accepted by Go
    prefix_in_gnu_header,  ///< GNU magic with a ustar prefix, or with times that Python takes for one
    v7_tail_not_zero,      ///< a v7 header with a prefix, or with device fields that are no numbers
    star_header,           ///< the star trailer, with its own prefix rules
    ustar_version_odd,     ///< magic "ustar\0" with another version than "00"
    signed_checksum,       ///< only the signed sum matches
    bytes_after_nul,       ///< bytes behind the NUL that ends a name field
    gnu_sparse_area_used,  ///< a GNU header that is not sparse, with bytes where the sparse map would be
    sparse,                ///< GNU sparse member, in any of its formats
    no_end_marker,         ///< no zero blocks at the end
    short_end_marker,      ///< one zero block at the end
    data_after_end,        ///< non-zero bytes after the end marker
    estargz_toc_after_end, ///< the eStargz table of contents that BuildKit puts after the end marker
    padding_not_zero,      ///< bytes between a member's end and the block's
    extension_padding,     ///< bytes between the end of an x, g, L or K body and the block's
    missing_padding,       ///< the last block is not filled up
    schily_size_records,   ///< SCHILY.realsize, SCHILY.dev*, SUN.holesdata: libarchive honours them, Go does not
    libarchive_xattr,      ///< LIBARCHIVE.xattr.*, RHT.security.*: read by some, ignored by runtimes
    xattr_twice,           ///< one xattr name twice
    xattr_empty,           ///< an xattr with an empty value: older Docker and containerd drop it
    xattr_host_dependent,  ///< trusted.* or security.* other than security.capability
    xattr_oversized,       ///< name > 255 or value > 64 KiB: the kernel refuses it
    time_out_of_range,     ///< mtime < 0 or > 9223372036
    id_out_of_range,       ///< uid or gid outside 0..4294967294
    device_out_of_range,   ///< major or minor over 32 bit
    acl_in_pax,            ///< SCHILY.acl.*: kept and compared; runtimes ignore it
    // Names (3.1)
    absolute_name, ///< a leading '/'
    dot_dot_name,  ///< a '..' component
    name_not_utf8,
    name_with_control,  ///< control, bidi or other format characters
    name_very_long,     ///< a component over 255 bytes or a path over 4096
    names_equal_folded, ///< two names equal after NFC-free case folding
    // Layers as sets of entries (2.3; image/layer_checks.cpp)
    duplicate_path,           ///< T7: the last one wins
    path_and_whiteout,        ///< T2
    hardlink_target_missing,  ///< T3: not earlier in the same layer, itself, a directory or empty
    hardlink_meta_differs,    ///< T4
    opaque_placement,         ///< T5
    below_non_directory,      ///< T6
    below_symlink,            ///< T1, in the same layer or (diff/tree.cpp) through a lower one
    root_entry_not_directory, ///< T12
    root_entry_attributes,    ///< T12: a root entry with attributes; runtimes ignore them
    whiteout_not_plain,       ///< T11: a whiteout that is not an empty regular file
    aufs_metadata,            ///< `.wh..wh.*` other than `.opq`
    whiteout_inside_path,     ///< a directory component that starts with `.wh.`
    implied_parent,           ///< T15
    char_device_zero,         ///< char 0:0, overlayfs's own whiteout, inside a layer
    readings_differ,          ///< the spec, naive and overlay readings of the stack give different trees
    // Lazy pulling (1.3; image/lazy_view.cpp)
    lazy_view_differs,    ///< the table of contents of eStargz or zstd:chunked says something else than the tar
    lazy_view_unreadable, ///< it cannot be read, or is not the one that the annotations promise
    // Compression (3.4)
    media_type_mismatch, ///< compression by magic is not what the media type says
    empty_layer_blob,    ///< zero bytes: an empty layer to containerd, an error to others
    compressed_padding,  ///< zero bytes after the last gzip member
    // Image documents (3.3)
    platform_mismatch,        ///< index and config disagree
    history_count,            ///< the non-empty history entries are not as many as the layers
    config_name_not_digest,   ///< docker-archive: the config's file name is not its SHA-256
    unreferenced_blobs,       ///< blobs that nothing refers to
    control_in_key,           ///< a control character in a JSON key
    docker_archive_two_views, ///< index.json and manifest.json are both there, and agree
    missing_layout_file,      ///< an OCI layout without its oci-layout file
    // Registries (1.5)
    registry_digest_differs, ///< Docker-Content-Digest is not the digest of the manifest that came with it
    registry_warning,        ///< a warning for people that the registry sent
    last_                    // not a code: the table's length
};

/// How much an oddity says about trust.
enum class OddityWeight : std::uint8_t {
    note,      ///< worth knowing; occurs in ordinary images
    finding,   ///< unusual; does not change what runtimes see
    ambiguous, ///< known runtimes or readers see different content (security)
};

struct OddityRow {
    OddityCode code;
    std::string_view name; ///< "pax-size-differs": in JSON, text and docs
    OddityWeight weight;
    std::string_view meaning; ///< one sentence: what it is, and who reads it how
};

/// All rows, in the order of the enum.
std::span<const OddityRow> oddity_table();
const OddityRow& row_of(OddityCode code);

/// One occurrence.
struct Oddity {
    OddityCode code;
    std::string path;   ///< raw bytes of the member's cleaned path, a blob's digest, or empty
    std::string detail; ///< printable; may be empty
    int layer = -1;     ///< index in the stack, or -1: about the image (set by whoever knows it)
};
/// True for what lies in a blob beside its uncompressed stream: two blobs of one stream need not share it.
inline bool is_beside_stream(OddityCode code) {
    return code == OddityCode::lazy_view_differs || code == OddityCode::lazy_view_unreadable;
}
inline bool is_ambiguous(const Oddity& oddity) {
    return row_of(oddity.code).weight == OddityWeight::ambiguous;
}

} // namespace touchstone
