// Any tar that is accepted has a canonical form, and that form is a fixed point: it is accepted, it is its own
// canonical form without a change counted, it says what the tar said, and all ways of making it give the same bytes.
// The first byte chooses the profile (a map of owners is not idempotent, so there is none). Checksums are repaired in a
// second run; the mutator below also moves whole blocks and names about, for what members do to one another is the hard
// part.
#include "base/error.h"
#include "normalize/spooled_layer.h"
#include "tests/support/content_map.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

// libFuzzer's own mutation, for custom mutators to fall back on.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using namespace touchstone;

constexpr std::size_t block = 512;

void require(bool condition, std::string_view property) {
    if (condition) return;
    std::fprintf(stderr, "violated: %.*s\n", static_cast<int>(property.size()), property.data());
    std::abort();
}

LayerLimits small_limits() {
    LayerLimits limits;
    limits.tar.hole_bytes = std::uint64_t{1} << 17U; // keeps a run short; the next one likewise
    limits.inflate.output = std::uint64_t{4} << 20U;
    limits.inflate.zstd_window_log = 20;
    return limits;
}

/// A form may be larger than what it was made of: every short name may need records.
LayerLimits limits_of_form() {
    LayerLimits limits;
    limits.tar.hole_bytes = 0;
    return limits;
}

LayerRef layer_of(ByteView bytes) {
    LayerRef layer;
    layer.name = "fuzz";
    layer.stored_size = bytes.size();
    layer.open = [bytes] { return std::make_unique<MemorySource>(bytes); };
    return layer;
}

Profile profile_of(std::uint8_t choice) {
    constexpr std::array<const char*, 3> times{"zero", "keep", "clamp:1000000000"};
    constexpr std::array<const char*, 2> owners{"keep", "70000:4294967294"};
    return {parse_mtime_policy(times[choice % times.size()]),
            parse_owner_policy(owners[choice / times.size() % owners.size()])};
}

/// A layer with its content. Throws Error when it is refused.
struct Layer {
    Layer(ByteView bytes, const LayerLimits& limits)
        : listing(content.read(layer_of(bytes), limits)), tree(build_layer_tree(listing, 0)) {}

    test::ContentMap content;
    std::shared_ptr<const LayerListing> listing;
    Tree tree;
};

/// What the writer makes of a layer.
struct Written {
    Written(Layer& layer, const Profile& profile) {
        StringSink out;
        result = write_canonical_layer(layer.tree, profile, layer.content, out, &log);
        form = out.text();
    }

    CanonicalResult result;
    std::vector<Change> log;
    std::string form;
};

/// The streamer and the spool must come to what the writer made.
void check_spooled(ByteView bytes, const LayerLimits& limits, const Profile& profile, const Written& expected) {
    const auto spooled = spool_layer(layer_of(bytes), limits, nullptr,
                                     {.profile = profile, .keep_stream = true, .changes = true, .log = true});
    require(spooled->canonical.digest == expected.result.digest, "spooled: the same digest");
    require(spooled->canonical.size == expected.result.size, "spooled: the same size");
    require(spooled->canonical.changes == expected.result.changes, "spooled: the same changes");
    require(spooled->log.size() == expected.log.size(), "spooled: the same log");
    StringSink stream;
    copy_file(*spooled->stream, stream);
    require(stream.text() == expected.form, "spooled: the same bytes");
}

/// Ambiguous oddities that a canonical form may have, since the layer's content forces them: no other spelling of the
/// same entries would be without them. `from` is what the layer itself must have shown then.
struct Forced {
    OddityCode code;
    OddityCode from;
    const char* why;
};
using enum OddityCode;
constexpr std::array forced_oddities{
    Forced{hardlink_target_missing, hardlink_target_missing, "an external link: its target is below, or nowhere"},
    Forced{hardlink_target_missing, dot_dot_name,
           "an external link whose '..' the check resolves, and the form does not"},
    Forced{hardlink_target_missing, root_entry_not_directory, "the root is a file with other names, or one of them"},
    Forced{dot_dot_name, dot_dot_name, "the target of an external link is kept raw when it has '..'"},
    Forced{below_non_directory, below_non_directory, "the layer has both the file and what lies below it"},
    Forced{below_non_directory, hardlink_target_missing,
           "a hard link to a directory, which may come to carry the inode"},
    Forced{below_symlink, below_symlink, "the layer has both the symlink and what lies below it"},
    Forced{path_and_whiteout, path_and_whiteout, "the layer has both the path and its whiteout"},
    Forced{opaque_placement, opaque_placement, "the marker is at the root, or in what is no directory"},
    Forced{whiteout_inside_path, whiteout_inside_path, "the name of a directory"},
    Forced{char_device_zero, char_device_zero, "the numbers of the device"},
    Forced{id_out_of_range, id_out_of_range, "the owner 4294967295"},
    Forced{root_entry_not_directory, root_entry_not_directory, "the type of the root"},
    Forced{file_name_ends_in_slash, root_entry_not_directory, "the name of the root is ./ even if it is a file"},
};

std::set<OddityCode> ambiguous_of(const LayerListing& listing) {
    std::set<OddityCode> codes;
    for (const Oddity& oddity : listing.oddities) {
        if (is_ambiguous(oddity)) codes.insert(oddity.code);
    }
    return codes;
}

void check_oddities(const LayerListing& source, const LayerListing& form) {
    const std::set<OddityCode> before = ambiguous_of(source);
    for (const OddityCode code : ambiguous_of(form)) {
        const bool forced = std::any_of(forced_oddities.begin(), forced_oddities.end(), [&](const Forced& row) {
            return row.code == code && before.contains(row.from);
        });
        require(forced, row_of(code).name);
    }
}

/// A hard link to a path that is put there only later in the layer, and that sorts before the link: it means a file of
/// a lower layer, but in canonical order its target comes first.
bool has_late_target(const Layer& layer) {
    std::set<std::string_view> seen;
    std::set<std::uint32_t> carried;
    for (const CanonicalNode& at : canonical_nodes(layer.tree)) {
        const Entry& content = *layer.tree.inode_of(at.node).content;
        if (at.own->whiteout != Whiteout::none) {
            seen.insert(at.node.path);
            continue;
        }
        const bool carries = carried.insert(at.node.inode).second;
        if (carries && content.type == EntryType::hardlink && seen.contains(content.link)) return true;
        seen.insert(at.node.path);
    }
    return false;
}

/// An attribute whose name has a '=', as only LIBARCHIVE.xattr.* can spell it.
bool has_attribute_with_equals(const Layer& layer) {
    for (const Entry& entry : layer.listing->entries) {
        if (!entry.extra) continue;
        for (const auto& [key, value] : entry.extra->records) {
            const bool escaped = key.find("%3D") != std::string::npos || key.find("%3d") != std::string::npos;
            if (escaped && key.starts_with("LIBARCHIVE.xattr.")) return true;
        }
    }
    return false;
}

/// Names and attributes that may come to more than one pax header holds, when GNU headers or several links gave them.
bool has_large_header(const Layer& layer) {
    std::uint64_t bytes = 0;
    for (const Entry& entry : layer.listing->entries) {
        bytes += entry.stored.size() + entry.link.size();
        if (!entry.extra) continue;
        for (const auto* list : {&entry.extra->xattrs, &entry.extra->acls, &entry.extra->records}) {
            for (const auto& [name, value] : *list) bytes += name.size() + value.size() + block; // and framing
        }
    }
    return bytes > TarLimits().extension;
}

/// Layers that need not have a form that is a fixed point; see section 12 of docs/canonical-layer.md.
struct Limit {
    bool (*applies)(const Layer&);
    const char* why;
};
constexpr std::array limits{
    Limit{has_attribute_with_equals, "the name could not be told from a shorter one with a longer value"},
    Limit{has_late_target, "no canonical order keeps what such a link means; refused"},
    Limit{has_large_header, "a pax header of more than 1 MiB, which no reader takes"},
};

/// Path and content of each file.
using Contents = std::vector<std::pair<std::string_view, Sha256>>;

Contents contents_of(const Tree& tree) {
    Contents contents;
    for (const CanonicalNode& at : canonical_nodes(tree)) {
        const Entry& entry = *tree.inode_of(at.node).content;
        if (at.own->whiteout == Whiteout::none && entry.type == EntryType::file)
            contents.emplace_back(at.node.path, entry.content);
    }
    return contents;
}

void check_form(ByteView bytes, Layer& layer, const Profile& profile) {
    const Written once(layer, profile);
    require(once.result.size == once.form.size(), "the size is that of the form");
    require(once.result.digest == digest_of(as_bytes(once.form)), "the digest is that of the form");
    const bool same = layer.listing->diff_id == once.result.digest;
    require(same == once.result.changes.empty(), "changes are counted if and only if there are any");
    check_spooled(bytes, small_limits(), profile, once);

    Layer form(as_bytes(once.form), limits_of_form());
    const Written twice(form, profile);
    require(twice.form == once.form, "the form is its own form");
    require(twice.result.changes.empty() && twice.log.empty(), "nothing in the form is changed");
    check_spooled(as_bytes(once.form), limits_of_form(), profile, twice);

    const Profile keep{parse_mtime_policy("keep"), {}};
    require(!layer_difference({layer.tree, profile}, {form.tree, keep}), "the form says what the layer said");
    require(contents_of(layer.tree) == contents_of(form.tree), "the form holds the contents of the layer");
    check_oddities(*layer.listing, *form.listing);
}

void check_layer(ByteView bytes, const Profile& profile) {
    std::optional<Layer> layer;
    try {
        layer.emplace(bytes, small_limits());
    } catch (const Error&) {
        return; // refused: there is no form
    }
    // From here on nothing may throw.
    const bool limited =
        std::any_of(limits.begin(), limits.end(), [&](const Limit& row) { return row.applies(*layer); });
    if (!limited) check_form(bytes, *layer, profile);
}

bool is_zero(std::string_view text) {
    return text.find_first_not_of('\0') == std::string_view::npos;
}

/// How many bytes of body a header's size field promises; 0 when it is no plain number or the type has none.
std::size_t body_of(std::string_view header) {
    constexpr std::string_view with_body("\0"
                                         "07xgLKS",
                                         8);
    if (with_body.find(header[156]) == std::string_view::npos) return 0;
    std::size_t size = 0;
    for (const char digit : header.substr(124, 11)) {
        if (digit < '0' || digit > '7') return 0;
        size = size * 8 + static_cast<std::size_t>(digit - '0');
    }
    return size;
}

/// Writes the right checksum into every header.
void repair(std::string& tar) {
    for (std::size_t at = 0; at + block <= tar.size();) {
        const std::string_view header = std::string_view(tar).substr(at, block);
        const std::size_t next = at + block + (body_of(header) + block - 1) / block * block;
        if (!is_zero(header)) {
            tar.replace(at + 148, 8, "        ");
            unsigned sum = 0;
            for (const char byte : header) sum += static_cast<unsigned char>(byte);
            for (std::size_t digit = 0; digit < 6; ++digit)
                tar[at + 148 + digit] = static_cast<char>('0' + (sum >> (15 - 3 * digit) & 7U));
            tar[at + 154] = '\0';
        }
        at = next;
    }
}

/// One step that keeps to blocks and fields, where a step of single bytes hardly ever leaves a tar.
void mutate_tar(std::string& tar, std::size_t most, std::minstd_rand& random) {
    const std::size_t blocks = tar.size() / block;
    if (blocks == 0) return;
    const auto any = [&](std::size_t count) { return static_cast<std::size_t>(random()) % count; };
    const std::size_t from = any(blocks) * block;
    const std::size_t to = any(blocks) * block;
    const std::size_t extent = std::min((1 + any(3)) * block, tar.size() - from);
    constexpr std::size_t name_width = 100;
    constexpr std::size_t link_offset = 157;
    switch (any(7)) {
    case 0: // copy some blocks
        if (tar.size() + extent <= most) tar.insert(to, tar.substr(from, extent));
        break;
    case 1: { // move some blocks
        const std::string moved = tar.substr(from, extent);
        tar.erase(from, extent);
        tar.insert(std::min(to, tar.size()), moved);
        break;
    }
    case 2:
        tar.erase(from, extent);
        break;
    case 3: // a type of another member, or any
        tar[to + 156] = any(2) == 0 ? tar[from + 156] : "0123456xgLKS"[any(12)];
        break;
    case 4: // a name becomes that of another member, or a link's target
        tar.replace(to + (any(2) == 0 ? 0 : link_offset), name_width, tar.substr(from, name_width));
        break;
    case 5: { // a short name of few, so that members meet
        constexpr std::array<std::string_view, 12> names{
            "a", "b", "d", "d/a", "d/b", "d/d/a", "c", "./", "d/.wh.a", ".wh.d", "d/.wh..wh..opq", ".wh..wh.x"};
        std::string name(names[any(names.size())]);
        name.resize(name_width, '\0');
        tar.replace(to + (any(3) == 0 ? link_offset : 0), name_width, name);
        break;
    }
    default: // mode, owner, size or time of another member
        constexpr std::array<std::pair<std::size_t, std::size_t>, 5> fields{
            {{100, 8}, {108, 8}, {116, 8}, {124, 12}, {136, 12}}};
        const auto [offset, width] = fields[any(fields.size())];
        tar.replace(to + offset, width, tar.substr(from + offset, width));
    }
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    // Spools are temporary files: in memory where that is possible.
    if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0);
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    std::minstd_rand random(seed);
    if (size <= block || random() % 2 == 0) return LLVMFuzzerMutate(data, size, most);
    std::string tar(as_text({data + 1, size - 1}));
    mutate_tar(tar, most - 1, random);
    repair(tar);
    std::copy(tar.begin(), tar.end(), data + 1);
    return tar.size() + 1;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Profile profile = profile_of(data[0]);
    const ByteView bytes(data + 1, size - 1);
    std::string repaired(as_text(bytes));
    repair(repaired);
    check_layer(bytes, profile);
    if (repaired != as_text(bytes)) check_layer(as_bytes(repaired), profile);
    return 0;
}
