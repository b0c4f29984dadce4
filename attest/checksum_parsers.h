// What the readers of lists share: where the entries go, with the bounds, and lines. One reader a format; each is told
// by its first lines, and is_…() looks at no more than that.
#pragma once

#include "attest/checksum_list.h"
#include "base/arena.h"
#include "base/json.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace touchstone {

class ChecksumListBuilder {
public:
    explicit ChecksumListBuilder(ChecksumList& list) : list_(list) {}

    /// `path` as the list has it, decoded. Throws malformed for one with "..", or none; over_limit.
    void add(std::string_view path, ChecksumEntry entry);
    /// The list says something that is not compared.
    void ignore(std::string_view what, std::uint64_t times = 1);
    /// A digest of that name: into the entry, or counted where it cannot be computed here.
    void add_digest(ChecksumEntry& entry, std::string_view algorithm, std::string_view digits);
    /// Messages name this line from now on; 0: there are none.
    void at_line(std::uint64_t line) { line_ = line; }
    [[noreturn]] void refuse(std::string_view why) const;

    void format(ListFormat format) { list_.format = format; }

private:
    /// What a digest, a target or a type says of the others.
    void settle_kind(ChecksumEntry& entry);

    ChecksumList& list_;
    Arena arena_; ///< of paths that are not written cleanly
    std::uint64_t line_ = 0;
};

/// Lines of a text, one after the other, without their ends.
class ChecksumLines {
public:
    ChecksumLines(std::string_view text, ChecksumListBuilder& out) : text_(text), out_(out) {}
    bool next(std::string_view& line);
    std::uint64_t number() const { return number_; }

private:
    std::string_view text_;
    ChecksumListBuilder& out_;
    std::uint64_t number_ = 0;
};

/// The first line that is neither empty nor a comment (#).
std::string_view first_significant_line(std::string_view text);

bool is_sums(std::string_view text);
void read_sums(std::string_view text, ChecksumListBuilder& out);
bool is_mtree(std::string_view text);
void read_mtree(std::string_view text, ChecksumListBuilder& out);
bool is_spdx_tag_value(std::string_view text);
void read_spdx_tag_value(std::string_view text, ChecksumListBuilder& out);
/// SPDX 2 and 3, CycloneDX.
void read_checksum_document(const Json& document, ChecksumListBuilder& out);
bool is_apk_text(std::string_view text);
bool is_rpm_bytes(std::string_view bytes);
void read_package_list(std::string_view bytes, ListFormat format, ChecksumListBuilder& out);

} // namespace touchstone
