// `touchstone explain`: the second pass by itself, for two files that somebody has already.
#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "base/rfc3339.h"
#include "base/source.h"
#include "cli/commands.h"
#include "cli/explain_options.h"
#include "cli/options.h"
#include "diff/explain/plain_files.h"
#include "report/file_explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>

namespace touchstone {

namespace {

constexpr CommandText explain_text{
    .name = "explain",
    .summary = "say why two plain files differ",
    .synopsis = "[OPTIONS] FILE_A FILE_B",
    .description =
        R"(Compares two plain files as `touchstone diff` compares a file of two images: it looks inside archives,
compressed files, executables, bytecode, databases and texts, says what differs, and why, if every byte of it has a
cause that its evidence supports (`touchstone rules --causes`). Times in the files are recognized by when the files were
made: their modification times, or what --built says. FILE_A counts as published, FILE_B as rebuilt; the name of FILE_A
says what they are.
)",
    .takes_images = false,
    .exit_status = "  0   the same bytes\n"
                   "  1   they differ\n"
                   "  2   trouble\n",
    .examples = "  touchstone explain published/app.jar rebuilt/app.jar\n"
                "  touchstone explain --built 2026-03-01T10:00:00Z,2026-03-02T12:13:00Z a.pyc b.pyc\n"
                "  touchstone explain --json a.deb b.deb\n",
};

struct Options {
    std::array<std::string, 2> names;
    std::optional<std::array<std::int64_t, 2>> built;
    ExplainLimits limits;
    std::chrono::seconds budget{60};
    ColorChoice color = ColorChoice::automatic;
    bool json = false;
    bool quiet = false;
};

std::int64_t parse_moment(std::string_view value) {
    if (const auto time = parse_rfc3339(value)) return *time;
    return static_cast<std::int64_t>(parse_number("--built", value));
}

void declare(CommandLine& line, Options& options) {
    line.argument("FILE_A", options.names[0]);
    line.argument("FILE_B", options.names[1]);
    line.option("--built", "TIME_A,TIME_B", "when each was made: RFC 3339 or unix seconds",
                [&](const std::string& value) {
                    const std::size_t comma = value.find(',');
                    if (comma == std::string::npos) fail(ErrorKind::usage, "--built: two times, with a comma between");
                    const std::string_view both = value;
                    options.built = {parse_moment(both.substr(0, comma)), parse_moment(both.substr(comma + 1))};
                });
    add_explain_bounds(line, options.budget, options.limits);
    add_json_option(line, options.json, "print touchstone.explanation/1");
    add_color_option(line, options.color);
    add_quiet_option(line, options.quiet, "one line only");
}

std::int64_t modified(const std::string& path) {
    const auto time = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(path));
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

bool is_executable(const std::string& path) {
    using std::filesystem::perms;
    const perms any = perms::owner_exec | perms::group_exec | perms::others_exec;
    return (std::filesystem::status(path).permissions() & any) != perms::none;
}

std::string read_plain(const std::string& path, std::uint64_t limit) {
    const std::shared_ptr<const File> file = open_file(path);
    FileRange range(file, 0, file->size());
    return read_all(range, limit, printable(path));
}

std::optional<FileExplanation> explain_files(const Options& options) {
    const std::array<std::string, 2> contents{read_plain(options.names[0], options.limits.file),
                                              read_plain(options.names[1], options.limits.file)};
    if (contents[0] == contents[1]) return std::nullopt;
    PlainFiles files;
    files.name = options.names[0];
    files.bytes = {as_bytes(contents[0]), as_bytes(contents[1])};
    files.built = options.built.value_or(std::array{modified(options.names[0]), modified(options.names[1])});
    files.executable = is_executable(options.names[0]) || is_executable(options.names[1]);
    return explain_plain_files(files, options.limits, options.budget);
}

} // namespace

int explain_command(const Arguments& args, Streams& streams) {
    Options options;
    CommandLine line(explain_text);
    declare(line, options);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    const std::optional<FileExplanation> file = explain_files(options);
    const TextOptions terminal{.color = wants_color(options.color, streams), .quiet = options.quiet};
    streams.out(options.json ? render_file_json(options.names, file) : render_file_text(options.names, file, terminal));
    return file ? exit_status::not_met : exit_status::met;
}

} // namespace touchstone
