// rpm's SQLite database, read from memory by SQLite itself, with everything off that a hostile file could use: no
// schema is trusted, one table is read, by one statement, and the work is counted.
#include "diff/explain/rpm_header.h"

#include "base/text.h"

#include <sqlite3.h>

#include <memory>

namespace touchstone {

namespace {

/// A header blob in SQLite is a row; rpm's own limit for a header is 256 MiB.
constexpr int row_limit = 256 << 20;
/// Steps of SQLite's machine: some ten a row, so that no real database comes near; a hostile view or loop ends here.
constexpr int steps_between_checks = 10'000;
constexpr int check_limit = 2'000;

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

int count_steps(void* checks) {
    return ++*static_cast<int*>(checks) > check_limit ? 1 : 0;
}

/// Reading is all that is allowed; of functions, what the statements below use (PRAGMA table_xinfo as a table).
int authorize(void*, int action, const char*, const char*, const char*, const char*) {
    return action == SQLITE_SELECT || action == SQLITE_READ ? SQLITE_OK : SQLITE_DENY;
}

Database open_memory(std::string& content, int& checks) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(raw);
    if (opened != SQLITE_OK) return nullptr;
    for (const auto& [option, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                                        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                                        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
                                        {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0}}) {
        sqlite3_db_config(raw, option, value, nullptr);
    }
    sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, row_limit);
    sqlite3_limit(raw, SQLITE_LIMIT_SQL_LENGTH, 1 << 16);
    sqlite3_limit(raw, SQLITE_LIMIT_VDBE_OP, 10'000);
    sqlite3_limit(raw, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(raw, SQLITE_LIMIT_EXPR_DEPTH, 20);
    sqlite3_limit(raw, SQLITE_LIMIT_COLUMN, 100);
    sqlite3_progress_handler(raw, steps_between_checks, &count_steps, &checks);
    const auto size = static_cast<sqlite3_int64>(content.size());
    auto* const bytes = reinterpret_cast<unsigned char*>(content.data());
    if (sqlite3_deserialize(raw, "main", bytes, size, size, SQLITE_DESERIALIZE_READONLY) != SQLITE_OK) return nullptr;
    sqlite3_exec(raw, "PRAGMA cell_size_check=ON", nullptr, nullptr, nullptr);
    sqlite3_set_authorizer(raw, &authorize, nullptr);
    return database;
}

Statement prepare(sqlite3* database, const char* sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(database, sql, -1, &raw, nullptr) != SQLITE_OK) raw = nullptr;
    return Statement(raw);
}

std::string_view column_text(sqlite3_stmt* row, int column) {
    const void* const bytes = sqlite3_column_blob(row, column);
    const int size = sqlite3_column_bytes(row, column);
    if (bytes == nullptr || size <= 0) return {};
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

/// Lower case, without blanks, line ends and quotes.
std::string plain_sql(std::string_view sql) {
    std::string plain;
    for (const char c : sql) {
        if (std::string_view(" \t\r\n'\"`").find(c) != std::string_view::npos) continue;
        plain += ascii_lower(c);
    }
    return plain;
}

/// The table must be the very one that rpm makes: no view, no virtual table, no computed column under its name.
bool is_rpm_table(sqlite3* database) {
    const Statement found = prepare(database, "SELECT type, sql FROM sqlite_master WHERE name = 'Packages'");
    if (!found || sqlite3_step(found.get()) != SQLITE_ROW || column_text(found.get(), 0) != "table") return false;
    std::string sql = plain_sql(column_text(found.get(), 1));
    constexpr std::string_view optional = "ifnotexists";
    const std::size_t at = sql.find(optional);
    if (at != std::string::npos) sql.erase(at, optional.size());
    return sql == "createtablepackages(hnumintegerprimarykeyautoincrement,blobblobnotnull)" &&
           sqlite3_step(found.get()) == SQLITE_DONE;
}

/// rpm keeps its database in WAL mode, which a database in memory cannot have; these two bytes say so.
void leave_wal_mode(std::string& content) {
    constexpr std::size_t write_version = 18;
    for (const std::size_t at : {write_version, write_version + 1}) {
        if (content[at] == 2) content[at] = 1;
    }
}

} // namespace

std::string_view read_rpm_sqlite(std::string& content, RpmBlobs& blobs) {
    constexpr std::size_t header_size = 100;
    constexpr std::string_view magic("SQLite format 3\0", 16);
    if (content.size() < header_size || !content.starts_with(magic)) return "not an SQLite database";
    leave_wal_mode(content);
    int checks = 0;
    const Database database = open_memory(content, checks);
    if (!database) return "SQLite does not open it";
    if (!is_rpm_table(database.get())) return "it has no table of packages as rpm makes it";
    const Statement rows = prepare(database.get(), "SELECT blob FROM Packages ORDER BY hnum");
    if (!rows) return "SQLite does not read its table of packages";
    int result = sqlite3_step(rows.get());
    for (; result == SQLITE_ROW; result = sqlite3_step(rows.get())) {
        if (!blobs.take(as_bytes(column_text(rows.get(), 0)))) return "its packages are longer than it is";
    }
    return result == SQLITE_DONE ? std::string_view() : "it is damaged: not all packages were read";
}

} // namespace touchstone
