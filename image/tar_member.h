// From a header and the extensions before it to an entry: who wins (Go's order of application), which types exist, what
// is out of range. Knows nothing of the stream.
#pragma once

#include "image/entry.h"
#include "image/tar_header.h"
#include "image/tar_pax.h"
#include "image/tar_reader.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// What x, L and K headers said since the last member.
struct TarExtensions {
    PaxRecords pax;
    std::string gnu_name; ///< empty: none, also when an L header said nothing (Go does not tell these apart)
    std::string gnu_link;
    bool has_pax = false;
    bool has_name = false;
    bool has_link = false;
    std::uint64_t hash = 0;     ///< over their blocks and bodies
    std::vector<TarNote> notes; ///< what was odd about them, and about the member's own header

    bool any() const { return has_pax || has_name || has_link; }
    void clear();
    /// Takes the body of an L or K header.
    void take_gnu(char type, std::string_view body);
};

/// True for the types that never have a body, whatever their size says: '1' to '6'.
bool is_header_only(char type);

/// Throws unsupported for a typeflag that containerd and Docker refuse.
void check_type(const TarHeader& header, const TarPlace& place);

/// Applies the extensions to `header` (name, link, owners, size) and to `entry` (times and everything rare), in Go's
/// order: pax, then GNU names, then the trailing slash of old directories. Returns the bytes that were kept.
std::uint64_t apply_extensions(TarExtensions& extensions, TarHeader& header, Entry& entry, const TarPlace& place,
                               const TarLimits& limits);

/// The fields that need no arena: type, numbers, dialect. What is out of range is cut as the kernel does, and noted.
void fill_numbers(const TarHeader& header, TarExtensions& extensions, Entry& entry);

/// What the last component of a cleaned path means to a layer applier.
Whiteout whiteout_of(std::string_view base_name);

} // namespace touchstone
