// Reading: line by line, every one held against the whole line before it. A line has one spelling only, so that each of
// its bytes counts.
#include "attest/ledger.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <charconv>

namespace touchstone {

namespace {

constexpr std::string_view sequence_part = "{\"sequence\": ";
constexpr std::string_view previous_part = ", \"previous\": ";
constexpr std::string_view digest_part = ", \"digest\": \"";
constexpr std::string_view record_part = "\", \"record\": ";
constexpr std::size_t digest_size = 7 + 64; // "sha256:" and the hex

bool take(std::string_view& rest, std::string_view part) {
    if (!rest.starts_with(part)) return false;
    rest.remove_prefix(part.size());
    return true;
}

bool take_digest(std::string_view& rest, std::string& digest) {
    digest = rest.substr(0, digest_size);
    rest.remove_prefix(digest.size());
    const std::string_view hex_digits = std::string_view(digest).substr(std::min<std::size_t>(7, digest.size()));
    return digest.size() == digest_size && digest.starts_with("sha256:") && consists_of(hex_digits, lower_hex_digits);
}

bool take_previous(std::string_view& rest, std::string& previous) {
    if (take(rest, "null")) return true;
    return take(rest, "\"") && take_digest(rest, previous) && take(rest, "\"");
}

bool take_number(std::string_view& rest, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc()) return false;
    const std::string_view digits = rest.substr(0, static_cast<std::size_t>(end - rest.data()));
    rest.remove_prefix(digits.size());
    return digits == "0" || digits.front() != '0';
}

/// Holds lines against each other.
class Chain {
public:
    Chain(const std::string& wanted, const LedgerVisitor& visit) : wanted_(wanted), visit_(visit) {}

    void line(std::string_view text) { // without its LF
        ++line_;
        std::string why;
        const std::optional<LedgerEntry> entry = parse_ledger_line(text, why);
        Hasher hasher;
        hasher.update(as_bytes(text));
        hasher.update(as_bytes("\n"));
        const std::string digest = hasher.finish().string();
        if (!entry) {
            problem("form", "a line of a ledger", why);
            ++sequence_;
        } else {
            compare(*entry);
        }
        check_.head = digest;
        if (digest == wanted_) check_.has_wanted_head = true;
    }
    void problem(std::string rule, std::string expected, std::string found) {
        ++check_.problem_count;
        if (check_.problems.size() < ledger_problems_kept) {
            check_.problems.push_back({line_, std::move(rule), std::move(expected), std::move(found)});
        }
    }
    void torn(std::uint64_t bytes) {
        ++line_;
        problem("torn", "a line with its end", fmt::format("{} bytes without one", bytes));
    }
    void too_long() {
        ++line_;
        problem("too-long", fmt::format("lines of at most {} bytes", ledger_line_limit), "a longer one");
    }
    LedgerCheck take() {
        check_.entries = line_;
        return std::move(check_);
    }

private:
    void compare(const LedgerEntry& entry) {
        bool sound = true;
        if (entry.sequence != sequence_) {
            problem("sequence", std::to_string(sequence_), std::to_string(entry.sequence));
        }
        sequence_ = entry.sequence + 1; // one line that is gone is one problem
        if (entry.previous != check_.head) {
            problem("previous", check_.head.empty() ? "null: the first line" : check_.head,
                    entry.previous.empty() ? "null" : entry.previous);
        }
        if (const std::string found = digest_of(as_bytes(entry.record)).string(); found != entry.digest) {
            problem("digest", entry.digest, found);
            sound = false;
        }
        if (sound && visit_) visit_(entry, line_);
    }

    const std::string& wanted_;
    const LedgerVisitor& visit_;
    LedgerCheck check_;
    std::uint64_t line_ = 0;
    std::uint64_t sequence_ = 0;
};

} // namespace

std::string ledger_line(const LedgerEntry& entry) {
    const std::string previous = entry.previous.empty() ? "null" : "\"" + entry.previous + "\"";
    return fmt::format("{}{}{}{}{}{}{}{}}}\n", sequence_part, entry.sequence, previous_part, previous, digest_part,
                       entry.digest, record_part, entry.record);
}

std::optional<LedgerEntry> parse_ledger_line(std::string_view line, std::string& why) {
    LedgerEntry entry;
    std::string_view rest = line;
    const bool framed = take(rest, sequence_part) && take_number(rest, entry.sequence) && take(rest, previous_part) &&
                        take_previous(rest, entry.previous) && take(rest, digest_part) &&
                        take_digest(rest, entry.digest) && take(rest, record_part) && rest.ends_with('}');
    if (!framed) {
        constexpr std::size_t shown = 60;
        why = printable_short(line, shown);
        return std::nullopt;
    }
    entry.record = rest.substr(0, rest.size() - 1);
    return entry;
}

LedgerCheck check_ledger_bytes(ByteSource& bytes, const std::string& wanted_head, const LedgerVisitor& visit) {
    constexpr std::size_t step = std::size_t{256} << 10;
    Chain chain(wanted_head, visit);
    std::string held;
    std::size_t used = 0;
    std::size_t searched = 0;
    while (true) {
        for (std::size_t end = 0; (end = held.find('\n', searched)) != std::string::npos; searched = used = end + 1) {
            chain.line(std::string_view(held).substr(used, end - used));
        }
        held.erase(0, used);
        used = 0;
        searched = held.size();
        if (held.size() > ledger_line_limit) {
            chain.too_long();
            return chain.take();
        }
        held.resize(searched + step);
        const std::size_t count =
            read_full(bytes, ByteSpan(reinterpret_cast<std::uint8_t*>(held.data()) + searched, step));
        held.resize(searched + count);
        if (count == 0) break;
    }
    if (!held.empty()) chain.torn(held.size());
    return chain.take();
}

void Ledger::read(const LedgerVisitor& visit) const {
    const LedgerCheck found = check({}, visit);
    if (found.problems.empty()) return;
    const LedgerProblem& first = found.problems.front();
    fail(ErrorKind::unverified,
         fmt::format("{}: line {}: {}: expected {}, found {} ({} in all; see touchstone ledger verify)",
                     printable(file_path()), first.line, first.rule, first.expected, first.found, found.problem_count));
}

std::string Ledger::listing_path(const ListingName& listing) const {
    return fmt::format("{}/listings/{}.jsonl.zst", directory_, parse_digest(listing.digest).hex());
}

} // namespace touchstone
