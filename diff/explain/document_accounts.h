// Lines of passwd, group, shadow and gshadow: a name and fields between colons. What the two handlers share.
#pragma once

#include "diff/explain/document_records.h"

#include <optional>
#include <vector>

namespace touchstone {

/// A line of exactly `fields.size()` fields; with the colons and the line end they add up to all of it.
struct AccountLine {
    std::vector<Span> fields;
    Span end; ///< "\n", or nothing in a last line without one
};

struct AccountFile {
    std::vector<KeyedRecord> records; ///< one a line; the key is the name
    std::vector<AccountLine> lines;
};

/// Nothing when a line has another number of fields, no name, or a name with '+' or '-' in front: those include other
/// databases (nsswitch's compat), and their order matters.
std::optional<AccountFile> read_accounts(ByteView bytes, std::size_t fields, const ExplainLimits& limits);

/// The path is etc/NAME or etc/NAME- in some root, for one of the names.
bool is_account_file(std::string_view path, std::string_view name);

/// A number as useradd writes it; nothing for any other text.
std::optional<std::uint32_t> account_number(std::string_view text);

/// "a,b" and "b,a": the same members, none twice.
bool same_members(std::string_view published, std::string_view rebuilt);

} // namespace touchstone
