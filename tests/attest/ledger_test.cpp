// The chain of a ledger: whatever byte of it changes is found, and appending goes on behind what a crash left.
#include "attest/ledger.h"
#include "base/source.h"
#include "tests/attest/support.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::string sha256_of(std::string_view text) {
    return digest_of(as_bytes(text)).string();
}

/// A chain over these records, built by the words of ledger.h and not by the code under test.
std::string chain_of(const std::vector<std::string>& records) {
    std::string text;
    std::string previous = "null";
    for (std::size_t i = 0; i < records.size(); ++i) {
        const std::string line = "{\"sequence\": " + std::to_string(i) + ", \"previous\": " + previous +
                                 ", \"digest\": \"" + sha256_of(records[i]) + "\", \"record\": " + records[i] + "}\n";
        previous = "\"" + sha256_of(line) + "\"";
        text += line;
    }
    return text;
}

LedgerCheck check(std::string_view text, const std::string& head = {}) {
    MemorySource source(text);
    return check_ledger_bytes(source, head, {});
}

/// "line rule" of each problem.
std::vector<std::string> problems_of(std::string_view text) {
    std::vector<std::string> lines;
    for (const LedgerProblem& problem : check(text).problems) {
        lines.push_back(std::to_string(problem.line) + " " + problem.rule);
    }
    return lines;
}

using Lines = std::vector<std::string>;

Record record_with(std::size_t config_bytes) {
    Record record;
    record.version = "0.1.0";
    record.time = "2024-05-06T07:08:09Z";
    record.reference = "oci:somewhere";
    record.config_document = std::string(config_bytes, 'x');
    record.config = sha256_of(record.config_document);
    return record;
}

std::string file_text(const Ledger& ledger) {
    const auto file = open_file(ledger.file_path());
    FileRange bytes(file, 0, file->size());
    return read_all(bytes, file->size(), "the ledger");
}

} // namespace

TEST_CASE("a chain in order has its lines, its head, and no problem") {
    const std::string text = chain_of({"{}", "{\"a\": 1}", "{}"});
    const LedgerCheck found = check(text);
    CHECK(found.entries == 3);
    CHECK(found.problem_count == 0);
    const std::string last = text.substr(text.rfind('\n', text.size() - 2) + 1);
    CHECK(found.head == sha256_of(last));
    CHECK(check(text, sha256_of(last)).has_wanted_head);
    CHECK_FALSE(check(text, sha_a()).has_wanted_head);
    CHECK(check("").entries == 0);
    CHECK(check("").head.empty());
}

TEST_CASE("every byte of every line counts, also of the last") {
    const std::string text = chain_of({"{}", "{\"a\": 1}", "{\"b\": [2]}"});
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (const unsigned flip : {1U, 32U, 128U}) {
            std::string changed = text;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flip);
            INFO(at, " ", flip);
            const LedgerCheck found = check(changed);
            REQUIRE(found.problem_count > 0);
            const auto line =
                static_cast<std::uint64_t>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n')) + 1;
            const bool named = found.problems[0].line == line || found.problems[0].line == line + 1;
            CHECK(named);
        }
    }
}

TEST_CASE("lines that are dropped, repeated, moved or torn are named") {
    const std::string text = chain_of({"{\"n\": 0}", "{\"n\": 1}", "{\"n\": 2}"});
    const std::size_t first = text.find('\n') + 1;
    const std::size_t second = text.find('\n', first) + 1;
    const std::string a = text.substr(0, first);
    const std::string b = text.substr(first, second - first);
    const std::string c = text.substr(second);
    CHECK(problems_of(a + c) == Lines{"2 sequence", "2 previous"});
    CHECK(problems_of(b + c) == Lines{"1 sequence", "1 previous"});
    CHECK(problems_of(a + b + b + c) == Lines{"3 sequence", "3 previous"});
    CHECK(problems_of(a + c + b) == Lines{"2 sequence", "2 previous", "3 sequence", "3 previous"});
    CHECK(problems_of(a + b + c.substr(0, c.size() - 1)) == Lines{"3 torn"});
    CHECK(problems_of("nonsense\n" + a) == Lines{"1 form", "2 sequence", "2 previous"});
}

TEST_CASE("a line has one spelling") {
    const std::string line = chain_of({"{}"});
    for (const auto& [from, to] : {std::pair("\"sequence\": 0", "\"sequence\": 00"),
                                   {"\"sequence\": 0", "\"sequence\":0"},
                                   {"null", "\"\""},
                                   {"sha256", "SHA256"},
                                   {"{}}", "{} }"},
                                   {": 0,", ": -0,"}}) {
        std::string other = line.substr(0, line.size() - 1);
        other.replace(other.find(from), std::string_view(from).size(), to);
        std::string why;
        const std::optional<LedgerEntry> entry = parse_ledger_line(other, why);
        const bool refused = !entry || sha256_of(entry->record) != entry->digest;
        CHECK_MESSAGE(refused, other);
    }
}

TEST_CASE("long and short lines are appended behind each other") {
    const TempDir temp;
    const Ledger ledger(temp.path() + "/new");
    ledger.create();
    std::string note;
    for (const std::size_t size : {std::size_t{10}, std::size_t{300'000}, std::size_t{65'536}, std::size_t{1}}) {
        ledger.append(record_with(size), note);
    }
    CHECK(note.empty());
    std::vector<std::size_t> sizes;
    ledger.read([&](const LedgerEntry& entry, std::uint64_t) {
        sizes.push_back(parse_record(entry.record, "it").config_document.size());
    });
    CHECK(sizes == std::vector<std::size_t>{10, 300'000, 65'536, 1});
}

TEST_CASE("what a crash left is set aside, and said") {
    const TempDir temp;
    const Ledger ledger(temp.path());
    std::string note;
    ledger.append(record_with(5), note);
    const std::string whole = file_text(ledger);
    for (const std::size_t torn : {std::size_t{1}, std::size_t{40}, whole.size() - 1}) {
        write_file_whole(ledger.file_path(), whole + whole.substr(0, torn), true);
        CHECK(has(refusal_of([&] { ledger.read({}); }), "line 2: torn"));
        note.clear();
        CHECK(ledger.append(record_with(6), note).sequence == 1);
        CHECK(has(note, "line 2 was torn (" + std::to_string(torn) + " bytes"));
        CHECK(file_text(ledger).starts_with(whole));
        CHECK(check(file_text(ledger)).problem_count == 0);
    }
    // Nothing but a torn first line.
    write_file_whole(ledger.file_path(), whole.substr(0, 30), true);
    CHECK(ledger.append(record_with(6), note).sequence == 0);
    CHECK(check(file_text(ledger)).problem_count == 0);
}

TEST_CASE("nothing is appended to a last line that is damaged") {
    const TempDir temp;
    const Ledger ledger(temp.path());
    for (const char* text : {"nonsense\n", "\n", "{\"sequence\": 0}\n"}) {
        write_file_whole(ledger.file_path(), text, true);
        std::string note;
        CHECK(has(refusal_of([&] { ledger.append(record_with(1), note); }), "the last line is damaged"));
        CHECK(file_text(ledger) == text);
    }
}
