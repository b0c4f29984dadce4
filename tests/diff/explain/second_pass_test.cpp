// What surrounds the engine: clues from configurations, causes of facts, votes, remedies, and what may be accepted.
#include "diff/explain/accept.h"
#include "diff/explain/cause.h"
#include "diff/explain/conclusions.h"
#include "diff/explain/fact_causes.h"
#include "diff/explain/file_verdict.h"
#include "diff/explain/noise.h"
#include "tests/diff/explain/support.h"

#include "base/error.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace touchstone;

namespace {

FileExplanation file(std::string path, std::initializer_list<CauseId> causes, bool explained = true) {
    FileExplanation one;
    one.path = std::move(path);
    for (const CauseId cause : causes) one.causes[cause] = 1;
    one.explained = explained;
    return one;
}

Difference pair_of(CauseId cause, std::string a, std::string b) {
    Difference difference;
    difference.cause = cause;
    difference.values = {std::move(a), std::move(b)};
    return difference;
}

} // namespace

TEST_CASE("the catalogue has 48 causes with codes, remedies and meanings of their own") {
    std::set<std::string_view> codes;
    std::set<std::string_view> names;
    for (const CauseRow& row : cause_table()) {
        codes.insert(row.code);
        names.insert(row.name);
        CHECK_FALSE(row.remedy.empty());
        CHECK_FALSE(row.meaning.empty());
    }
    CHECK(codes.size() == 48); // 3.2 of the catalogue, counted there
    CHECK(names.size() == 48);
}

TEST_CASE("permissions that two usual umasks leave of one wish differ by umask") {
    CHECK(differ_by_umask(0644, 0664)); // 0666 under 022 and 002
    CHECK(differ_by_umask(0755, 0775));
    CHECK(differ_by_umask(0755, 0700));
    CHECK(differ_by_umask(0644, 0600));
    CHECK_FALSE(differ_by_umask(0644, 0666)); // a umask of 0 is nobody's
    CHECK_FALSE(differ_by_umask(04755, 0775));
    CHECK_FALSE(differ_by_umask(0644, 0755));
    CHECK_FALSE(differ_by_umask(0640, 0604));
}

TEST_CASE("a pair of words in several files is one vote, in one file none") {
    std::vector<FileExplanation> files{file("a", {CauseId::build_path}), file("b", {CauseId::build_path})};
    for (FileExplanation& one : files) one.part.add(pair_of(CauseId::build_path, "/build/1", "/build/2"));
    files[0].part.add(pair_of(CauseId::host_name, "x", "y"));
    files[0].part.add(pair_of(CauseId::build_path, "/build/1", "/build/2")); // twice in one file is once
    const std::vector<Vote> votes = count_votes(files);
    REQUIRE(votes.size() == 1);
    CHECK(votes[0].files == 2);
    CHECK(votes[0].values[1] == "/build/2");
}

TEST_CASE("remedies come in the order in which they settle files") {
    std::vector<FileExplanation> files{
        file("1", {CauseId::text_date}),
        file("2", {CauseId::text_date}),
        file("3", {CauseId::text_date, CauseId::build_path}),
        file("4", {CauseId::build_path}),
        file("5", {CauseId::text_date}, false), // never settled
    };
    const std::vector<Remedy> remedies = find_remedies(files);
    REQUIRE(remedies.size() == 2);
    CHECK(remedies[0].cause == CauseId::text_date);
    CHECK(remedies[0].settles == 2);
    CHECK(remedies[0].files == 4);
    CHECK(remedies[1].cause == CauseId::build_path);
    CHECK(remedies[1].settles == 2); // the third file, too
}

TEST_CASE("what follows from another file is settled with it, and not at all where that is unexplained") {
    std::vector<FileExplanation> files{file("root", {CauseId::text_date}), file("sum", {CauseId::derived}),
                                       file("bad", {}, false), file("sum of bad", {CauseId::derived})};
    files[1].derived_of = "root";
    files[3].derived_of = "bad";
    const std::vector<Remedy> remedies = find_remedies(files);
    REQUIRE(remedies.size() == 1);
    CHECK(remedies[0].settles == 2);
}

TEST_CASE("digests that name each other in a ring settle nothing and end") {
    std::vector<FileExplanation> files{file("a", {CauseId::derived}), file("b", {CauseId::derived})};
    files[0].derived_of = "b";
    files[1].derived_of = "a";
    CHECK(find_remedies(files).empty());
}

TEST_CASE("what is not explained is suspicious, whatever else is") {
    FileExplanation one = file("x", {CauseId::text_date}, false);
    conclude_file(one, false);
    CHECK(one.worst == CauseClass::suspicious);
    FileExplanation other = file("x", {CauseId::text_date, CauseId::package_version});
    conclude_file(other, true);
    CHECK(other.worst == CauseClass::input_drift);
    CHECK(other.coverage == 1000);
}

TEST_CASE("--accept takes names that exist, and hygiene for all") {
    CHECK_THROWS_AS(Acceptance({"gzip"}), Error);
    CHECK_THROWS_AS(Acceptance({""}), Error);
    CHECK_NOTHROW(Acceptance({"gzip/1", "hygiene"}));
    std::set<std::string> names;
    for (const std::string& name : acceptance_names()) CHECK(names.insert(name).second);
    for (const NormalizerRule& rule : normalizer_rules()) CHECK(std::string_view(rule.name).ends_with("/1"));
}

TEST_CASE("normalizers name causes of the catalogue that say nothing of what runs") {
    for (const NormalizerRule& rule : normalizer_rules()) {
        std::string_view causes = rule.causes;
        while (!causes.empty()) {
            const std::string_view code = causes.substr(0, causes.find(' '));
            const auto row = std::find_if(cause_table().begin(), cause_table().end(),
                                          [&](const CauseRow& r) { return r.code == code; });
            REQUIRE_MESSAGE(row != cause_table().end(), std::string(code));
            CHECK_MESSAGE(row->weight <= CauseClass::hygiene, std::string(code));
            causes.remove_prefix(std::min(causes.size(), code.size() + 1));
        }
    }
}

TEST_CASE("keys and hashes are in no view and no value") {
    const auto shown = [](const Part& part) {
        std::string text;
        const auto add = [&](const auto& self, const Part& one) -> void {
            for (const Difference& difference : one.differences) text += difference.values[0] + difference.values[1];
            for (const ViewLine& line : one.view) text += line.text;
            for (const Part& inner : one.parts) self(self, inner);
        };
        add(add, part);
        return text;
    };
    struct Row {
        const char* path;
        const char* published;
        const char* rebuilt;
    };
    for (const Row& row :
         {Row{"etc/shadow", "root:$6$saltA$SECRET1:20000:0:99999:7:::\n", "root:$6$saltB$SECRET2:20000:0:99999:7:::\n"},
          Row{"etc/shadow", "root:$6$salt$SECRET1:20000:0:99999:7:::\n", "root:$6$salt$SECRET2:20000:0:99999:7:::\n"},
          Row{"etc/ssh/ssh_host_key",
              "-----BEGIN PRIVATE KEY-----\nSECRET1aaaaaaaaaaaaaaaaaaaaaaaaa=\n-----END PRIVATE KEY-----\n",
              "-----BEGIN PRIVATE KEY-----\nSECRET2bbbbbbbbbbbbbbbbbbbbbbbbb=\n-----END PRIVATE KEY-----\n"}}) {
        Part part = test::explain(row.path, row.published, row.rebuilt);
        hide_secrets(part);
        CHECK_MESSAGE(shown(part).find("SECRET") == std::string::npos, shown(part));
    }
}

TEST_CASE("facts have causes only where the values say so") {
    struct Row {
        const char* fact;
        std::uint32_t published; ///< mode, or owner
        std::uint32_t rebuilt;
        const char* cause; ///< "" = none
    };
    for (const Row& row :
         {Row{"mtime", 0, 0, "T1"}, Row{"hardlink", 0, 0, "E9"}, Row{"mode", 0644, 0664, "E6"},
          Row{"mode", 0644, 04755, ""}, Row{"uid", 0, 1000, "E7"}, Row{"uid", 0, 100'000, "E7"}, Row{"uid", 0, 33, ""},
          Row{"uid", 1000, 1001, ""}, Row{"gid", 1000, 0, "E7"}, Row{"xattr:security.selinux", 0, 0, "E8"},
          Row{"xattr:security.capability", 0, 0, ""}, Row{"type", 0, 0, ""}, Row{"link", 0, 0, ""}}) {
        std::array<Entry, 2> entries;
        std::array<Inode, 2> inodes;
        DivergentFile file;
        for (std::size_t side : {0U, 1U}) {
            const std::uint32_t value = side == 0 ? row.published : row.rebuilt;
            entries[side].mode = std::string_view(row.fact) == "mode" ? value : 0644;
            entries[side].uid = std::string_view(row.fact) == "uid" ? value : 0;
            entries[side].gid = std::string_view(row.fact) == "gid" ? value : 0;
            inodes[side].content = inodes[side].meta = &entries[side];
            file.inode[side] = &inodes[side];
        }
        Finding finding;
        finding.fact = row.fact;
        const auto cause = cause_of_fact(finding, file);
        CHECK_MESSAGE((cause ? code_of(*cause) : std::string_view()) == row.cause, row.fact, " ", row.rebuilt);
    }
}
