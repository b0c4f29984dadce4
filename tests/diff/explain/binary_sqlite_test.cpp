// SQLite: databases made by SQLite itself, and what their file may not hide.
#include "tests/diff/explain/binary_support.h"

#include <sqlite3.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::string database(const std::vector<std::string>& statements) {
    const TempDir directory;
    const std::string path = directory / "a.db";
    sqlite3* handle = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
    for (const std::string& statement : statements) {
        INFO(statement);
        REQUIRE(sqlite3_exec(handle, statement.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    sqlite3_close(handle);
    return read_text_file(path);
}

const std::vector<std::string> rows = {
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL, d BLOB)",
    "CREATE INDEX i ON t(b)",
    "INSERT INTO t VALUES(1, 'one', 1.5, x'00ff'), (2, 'it''s', NULL, NULL), (3, 'three', 3, x'')",
};

std::string with(const std::vector<std::string>& more) {
    std::vector<std::string> all = rows;
    all.insert(all.end(), more.begin(), more.end());
    return database(all);
}

} // namespace

TEST_CASE("SQLite: only the counters of the header differ") {
    const std::string bytes = database(rows);
    std::string other = bytes;
    for (const std::size_t at : {27U, 95U}) other[at] = static_cast<char>(other[at] + 1);
    const Part part = explain("var/lib/a.db", bytes, other);
    CHECK(part.kind == "sqlite");
    CHECK(causes_of(part) == "R7");
    CHECK(part.explained());
    CHECK(causes_of(explain("a.db", bytes, flipped(bytes, 98, 1))) == "V4");
}

TEST_CASE("SQLite: the same rows in other pages") {
    const std::string left = database(rows);
    const std::string right =
        with({"CREATE TABLE gone(x)", "INSERT INTO gone VALUES('" + std::string(9000, 'x') + "')", "DROP TABLE gone"});
    REQUIRE(left.size() != right.size());
    const Part part = explain("a.db", left, right);
    CHECK(causes_of(part) == "R7");
    CHECK(part.explained());
}

TEST_CASE("SQLite: another row is shown as a row") {
    const Part part = explain("a.db", database(rows), with({"UPDATE t SET b = 'two' WHERE a = 2"}));
    CHECK_FALSE(part.explained());
    REQUIRE_FALSE(part.parts.empty());
    CHECK(part.parts[0].name == "rows");
    CHECK(part.parts[0].kind == "text");
}

TEST_CASE("SQLite: what a program would notice is not explained") {
    const std::string bytes = database(rows);
    const std::vector<std::string> changes = {
        "PRAGMA user_version=3",
        "PRAGMA application_id=7",
        "CREATE VIEW v AS SELECT * FROM t",
        "ANALYZE",
        "PRAGMA journal_mode=WAL",
        "CREATE TRIGGER r INSERT ON t BEGIN DELETE FROM t; END",
        "INSERT INTO t(b) VALUES(NULL)",
        "UPDATE t SET c = 1.25 WHERE a = 1",
        "UPDATE t SET b = x'6f6e65' WHERE a = 1",
    };
    for (const std::string& change : changes) {
        INFO(change);
        CHECK_FALSE(explain("a.db", bytes, with({change})).explained());
    }
}

TEST_CASE("SQLite: texts with quotes and lines cannot pass as other rows") {
    const auto two = [](const std::string& left, const std::string& right) {
        return database({"CREATE TABLE t(a, b)", "INSERT INTO t VALUES('" + left + "', '" + right + "')"});
    };
    CHECK_FALSE(explain("a.db", two("a'', ''b", "c"), two("a", "b'', ''c")).explained());
    CHECK_FALSE(explain("a.db", two("x\ny", "c"), two("x\\ny", "c")).explained());
}

TEST_CASE("SQLite: an index that says something else than its table is not passed over") {
    const std::string bytes = database(rows);
    // 'three' stands in the table's page and in the index's.
    const std::size_t first = bytes.find("three");
    const std::size_t second = bytes.find("three", first + 1);
    REQUIRE(second != std::string::npos);
    for (const std::size_t at : {first, second})
        CHECK_FALSE(explain("a.db", bytes, flipped(bytes, at + 4, 1)).explained());
}

TEST_CASE("SQLite: a schema that calls functions is not run") {
    const std::string left = database(
        {"CREATE TABLE t(a, b AS (upper(a)))", "INSERT INTO t(a) VALUES('x')", "INSERT INTO t(a) VALUES('y')"});
    const std::string right = database({"CREATE TABLE t(a, b AS (upper(a)))", "INSERT INTO t(a) VALUES('x')",
                                        "INSERT INTO t(a) VALUES('z')", "UPDATE t SET a = 'y' WHERE a = 'z'",
                                        "DELETE FROM t WHERE a = 'x'", "INSERT INTO t(rowid, a) VALUES(1, 'x')"});
    if (left != right) CHECK(explain("a.db", left, right).parts.size() <= 2);
}

TEST_CASE("SQLite: every byte is accounted for") {
    const std::string bytes = database(rows);
    // What no row, index or list of the file uses is zero here, and may differ: it is the layout that differs.
    std::vector<Span> unused = {{24, 4}, {92, 8}};
    for (std::size_t at = 100; at < bytes.size(); ++at) {
        if (bytes[at] == 0) unused.push_back({at, 1});
    }
    check_single_bytes("a.db", bytes, unused, 31);
    check_single_bytes("a.db", bytes.substr(0, 100), {{24, 4}, {92, 8}});
    for (std::size_t page = 0; page < bytes.size(); page += 4096) {
        for (std::size_t i = 0; i < 8; ++i) {
            const std::string mutated = flipped(bytes, (page == 0 ? 100 : page) + i, 1);
            INFO("page header at " << page << " + " << i);
            CHECK_FALSE(explain("a.db", bytes, mutated).explained());
        }
    }
}

TEST_CASE("SQLite: mutated databases do not crash") {
    check_mutations("a.db", database(rows), with({"DELETE FROM t WHERE a = 2"}), 750);
}
