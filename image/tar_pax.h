// The records of one pax extended header, framed as strictly as Go frames them, and the two kinds of numbers in them.
#pragma once

#include "image/tar_header.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

struct PaxRecord {
    std::string_view key;
    std::string_view value;
};

/// Reused from member to member; records are views into the body that was parsed last.
class PaxRecords {
public:
    /// Copies and cuts the body of an x or g header. Later records win over earlier ones of the same key; oddities of
    /// the framing go to `notes`. Throws malformed.
    void parse(std::string_view body, const TarPlace& place, std::vector<TarNote>& notes);
    void clear();
    bool empty() const { return records_.empty(); }
    /// Sorted by key, each key once.
    const std::vector<PaxRecord>& all() const { return records_; }
    /// The value of `key`; empty when it is absent, which Go does not tell from an empty value either.
    std::string_view find(std::string_view key) const;

private:
    bool sparse_offset_or_length(const PaxRecord& record, const TarPlace& place);
    void sort_and_unite(std::vector<TarNote>& notes);

    std::string body_;
    std::vector<PaxRecord> records_;
    std::string sparse_map_; // the GNU.sparse.offset and .numbytes pairs of format 0.0, joined by ',' as in 0.1
    std::size_t sparse_numbers_ = 0;
};

/// strconv.ParseInt(text, 10, 64): an optional sign, digits, nothing else.
std::optional<std::int64_t> parse_go_integer(std::string_view text);
/// archive/tar's parsePAXTime: at most nine digits of the fraction count, and a minus sign covers the fraction too.
std::optional<Timestamp> parse_pax_time(std::string_view text);
/// True for a number that Go accepts but that is not plain digits: "+12", "007".
bool is_odd_number(std::string_view text);

} // namespace touchstone
