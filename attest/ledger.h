// The ledger: a folder with a file of records, one a line, each line naming the SHA-256 of the whole line before it, so
// that nothing that was written can be changed, dropped or moved without showing. Lines are only ever appended, under a
// lock that is held for that moment.
//
//     {"sequence": 7, "previous": "sha256:…", "digest": "sha256:…", "record": {…}}
//
// `digest` is that of the record's bytes as they stand: it names the line that was damaged, also the last one. Who can
// write the file can write a new chain: keep the digest of the last line elsewhere (`ledger verify` prints and takes
// it).
#pragma once

#include "attest/record.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// One line, as it was read.
struct LedgerEntry {
    std::uint64_t sequence = 0;
    std::string previous; ///< digest of the line before with its LF; empty for the first
    std::string digest;   ///< of `record`
    std::string record;   ///< JSON on one line
};

/// With the LF.
std::string ledger_line(const LedgerEntry& entry);
/// The line without its LF must be what ledger_line writes; nullopt with `why` where it is not.
std::optional<LedgerEntry> parse_ledger_line(std::string_view line, std::string& why);

/// Something wrong with a ledger.
struct LedgerProblem {
    std::uint64_t line = 0; ///< from 1
    std::string rule;       ///< "form", "sequence", "previous", "digest", "record", "torn", "too-long"
    std::string expected;   ///< printable
    std::string found;      ///< printable
};

struct LedgerCheck {
    std::uint64_t entries = 0;
    std::string head;                    ///< digest of the last whole line; empty without any
    std::vector<LedgerProblem> problems; ///< the first of them
    std::uint64_t problem_count = 0;
    bool has_wanted_head = false; ///< one of the lines has the digest that was asked for
};
inline constexpr std::size_t ledger_problems_kept = 100;

/// A longer line is no record of ours.
inline constexpr std::size_t ledger_line_limit = record_limit + 1024;

/// Called with each entry that is in order by itself, and its line number.
using LedgerVisitor = std::function<void(const LedgerEntry& entry, std::uint64_t line)>;

/// Reads a ledger's bytes to the end. `wanted_head` may be empty.
LedgerCheck check_ledger_bytes(ByteSource& bytes, const std::string& wanted_head, const LedgerVisitor& visit);

class Ledger {
public:
    /// `directory` is the user's path.
    explicit Ledger(std::string directory) : directory_(std::move(directory)) {}

    /// Makes the folder where it is missing.
    void create() const;
    /// Appends one record and waits until the disk has it. A torn last line (a crash) is set aside first, as
    /// `torn-LINE-DIGEST` beside the ledger, and named in `note`. Throws unverified when the last whole line is
    /// damaged.
    LedgerEntry append(const Record& record, std::string& note) const;
    /// Stores a listing under its digest, whole or not at all. Before the record that names it.
    void store(const SpooledListing& listing) const;

    /// Under a shared lock the size is taken; what is appended later is not looked at.
    LedgerCheck check(const std::string& wanted_head, const LedgerVisitor& visit) const;
    /// check(), and throws unverified when anything is wrong.
    void read(const LedgerVisitor& visit) const;

    std::string listing_path(const ListingName& listing) const;
    std::string file_path() const { return directory_ + "/ledger.jsonl"; }

private:
    std::string directory_;
};

} // namespace touchstone
