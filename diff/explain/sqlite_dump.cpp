// Reading a hostile database: a private copy in memory, an authorizer that allows reading only, and a bounded number of
// steps of the virtual machine.
#include "diff/explain/sqlite_dump.h"

#include "base/printable.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace touchstone {

namespace {

constexpr int step_batch = 10'000;     ///< steps of the virtual machine between two looks at the bound
constexpr unsigned batch_limit = 5000; ///< 50 million steps: about a second; a million rows need less
constexpr int cell_limit = 1 << 24;    ///< bytes of one value
constexpr std::size_t table_limit = 2000;

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

/// Reading of tables, and the one pragma that checks them. No function may be called: a generated column or an index
/// on an expression would run what the file says.
int authorize(void*, int action, const char* first, const char*, const char*, const char*) {
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
        return SQLITE_OK;
    case SQLITE_PRAGMA:
        return std::string_view(first) == "integrity_check" ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

int count_batch(void* count) {
    auto& batches = *static_cast<unsigned*>(count);
    return ++batches > batch_limit ? 1 : 0;
}

/// The database is in UTF-8, so that nothing is converted: the bytes as they stand in the file.
std::string_view text_at(sqlite3_stmt* statement, int column) {
    const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, column));
    return {text == nullptr ? "" : text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

std::string quoted(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        out += c;
        if (c == quote) out += c;
    }
    return out + quote;
}

/// Quoted, and on one line: two different texts never look alike.
std::string literal(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\\') {
            out += "\\\\";
        } else if (c == '\0') {
            out += "\\0";
        } else {
            out += c;
        }
    }
    return quoted(out, '\'');
}

/// Types keep apart what looks alike: 1, 1.0 and '1'.
std::string cell(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        return "NULL";
    case SQLITE_INTEGER:
        return fmt::format("{}", sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
        return fmt::format("{:a}", sqlite3_column_double(statement, column));
    case SQLITE_TEXT:
        return literal(text_at(statement, column));
    default:
        return fmt::format("x'{}'", hex(text_at(statement, column)));
    }
}

class Dump {
public:
    Dump(ByteView bytes, std::uint64_t limit, std::uint64_t lines)
        : copy_(bytes.begin(), bytes.end()), limit_(limit), lines_left_(lines) {}

    std::optional<std::string> run() {
        if (!open() || !is_whole() || !schema()) return std::nullopt;
        for (const std::string& table : tables_) {
            if (!rows(table)) return std::nullopt;
        }
        return std::move(out_);
    }

private:
    bool open() {
        // A file left in WAL mode cannot be opened without its other files; its own content is what is compared.
        if (copy_.size() < 100 || copy_[59] != 1) return false; // UTF-8
        copy_[18] = copy_[19] = 1;
        sqlite3* raw = nullptr;
        const int status = sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
        database_.reset(raw);
        if (status != SQLITE_OK) return false;
        sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
        sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
        sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
        sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, cell_limit);
        sqlite3_limit(raw, SQLITE_LIMIT_SQL_LENGTH, 1'000'000);
        sqlite3_limit(raw, SQLITE_LIMIT_EXPR_DEPTH, 50);
        sqlite3_limit(raw, SQLITE_LIMIT_VDBE_OP, 250'000);
        sqlite3_limit(raw, SQLITE_LIMIT_ATTACHED, 0);
        // CHECK constraints would be evaluated; whether rows fulfil them is not the question here.
        sqlite3_exec(raw, "PRAGMA ignore_check_constraints=ON; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY",
                     nullptr, nullptr, nullptr);
        sqlite3_progress_handler(raw, step_batch, count_batch, &batches_);
        const auto size = static_cast<sqlite3_int64>(copy_.size());
        if (sqlite3_deserialize(raw, "main", copy_.data(), size, size, SQLITE_DESERIALIZE_READONLY) != SQLITE_OK) {
            return false;
        }
        sqlite3_set_authorizer(raw, authorize, nullptr); // after the copy is attached, which it would forbid
        return true;
    }

    Statement prepare(const std::string& sql) {
        sqlite3_stmt* raw = nullptr;
        sqlite3_prepare_v2(database_.get(), sql.c_str(), static_cast<int>(sql.size()), &raw, nullptr);
        return {raw, sqlite3_finalize};
    }

    /// Every index says what its table says, so that rows stand for the whole file.
    bool is_whole() {
        const Statement check = prepare("PRAGMA integrity_check(1)");
        return check && sqlite3_step(check.get()) == SQLITE_ROW && text_at(check.get(), 0) == "ok";
    }

    bool append(std::string_view line) {
        if (lines_left_ == 0 || out_.size() + line.size() + 1 > limit_) return false;
        --lines_left_;
        out_ += line;
        out_ += '\n';
        return true;
    }

    /// What can hold rows must be an ordinary table: rows of a virtual one are not in the file as such.
    bool schema() {
        const Statement all =
            prepare("SELECT type, name, tbl_name, sql, rootpage FROM sqlite_master ORDER BY type, name");
        if (!all) return false;
        int status = SQLITE_ROW;
        while ((status = sqlite3_step(all.get())) == SQLITE_ROW) {
            const std::string_view type = text_at(all.get(), 0);
            if (!append(fmt::format("{} {} on {}: {}", literal(type), literal(text_at(all.get(), 1)),
                                    literal(text_at(all.get(), 2)), literal(text_at(all.get(), 3))))) {
                return false;
            }
            if (type == "table" && sqlite3_column_int64(all.get(), 4) != 0) {
                tables_.emplace_back(text_at(all.get(), 1));
            }
            if (tables_.size() > table_limit) return false;
        }
        return status == SQLITE_DONE;
    }

    /// In the order of the file, and never through an index; with the row's number where there is one.
    bool rows(const std::string& table) {
        const std::string name = quoted(table, '"');
        Statement all = prepare(fmt::format("SELECT _rowid_, * FROM {} NOT INDEXED", name));
        if (!all) all = prepare(fmt::format("SELECT * FROM {} NOT INDEXED", name));
        if (!all) return false;
        const std::string start = literal(table);
        int status = SQLITE_ROW;
        while ((status = sqlite3_step(all.get())) == SQLITE_ROW) {
            std::string line = start;
            for (int i = 0; i < sqlite3_column_count(all.get()); ++i) {
                line += i == 0 ? ": " : ", ";
                line += cell(all.get(), i);
                if (line.size() > limit_) return false;
            }
            if (!append(line)) return false;
        }
        return status == SQLITE_DONE;
    }

    std::vector<std::uint8_t> copy_; ///< outlives the database, which reads it in place
    Database database_{nullptr, sqlite3_close};
    std::vector<std::string> tables_;
    std::string out_;
    std::uint64_t limit_;
    std::uint64_t lines_left_;
    unsigned batches_ = 0;
};

} // namespace

std::optional<std::string> dump_sqlite(ByteView bytes, std::uint64_t limit, std::uint64_t lines) {
    return Dump(bytes, limit, lines).run();
}

} // namespace touchstone
