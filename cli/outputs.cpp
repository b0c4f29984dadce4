// Reports to files and to standard output.
#include "cli/outputs.h"

#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

namespace touchstone {

namespace {

struct FormatRow {
    ReportFormat format;
    std::string_view name;
    std::string (*render)(const Report&, const TextOptions&);
};

constexpr std::array<FormatRow, 4> formats{{
    {ReportFormat::text, "text", render_text},
    {ReportFormat::json, "json", [](const Report& report, const TextOptions&) { return render_json(report); }},
    {ReportFormat::html, "html", [](const Report& report, const TextOptions&) { return render_html(report); }},
    {ReportFormat::markdown, "markdown",
     [](const Report& report, const TextOptions&) { return render_markdown(report); }},
}};

void check_file(const std::string& file, bool force) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path path(file);
    const fs::file_status status = fs::symlink_status(path, error);
    // A report appears by rename, which would put a file in the place of /dev/null or a pipe.
    if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_symlink(status)) {
        fail(ErrorKind::usage, fmt::format("-o: {} is there and is not a regular file", printable(file)));
    }
    if (fs::exists(status) && !force) {
        fail(ErrorKind::usage, fmt::format("-o: {} exists; --force replaces it", printable(file)));
    }
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (!fs::is_directory(parent, error)) {
        fail(ErrorKind::usage, fmt::format("-o: {} is no directory", printable(parent.string())));
    }
}

std::string render(const Report& report, ReportFormat format, const TextOptions& options) {
    const auto row =
        std::find_if(formats.begin(), formats.end(), [&](const FormatRow& r) { return r.format == format; });
    return row->render(report, options);
}

} // namespace

Output parse_output(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const auto row = std::find_if(formats.begin(), formats.end(), [&](const FormatRow& r) { return r.name == name; });
    if (row == formats.end()) {
        fail(ErrorKind::usage, fmt::format("-o: \"{}\" is no format; the formats are text, json, html and markdown",
                                           printable_short(name)));
    }
    Output output{.format = row->format, .file = {}};
    if (equals == std::string::npos) return output;
    output.file = text.substr(equals + 1);
    if (output.file.empty()) fail(ErrorKind::usage, fmt::format("-o {}: a file name is missing after '='", name));
    if (output.file == "-") output.file.clear();
    return output;
}

void check_outputs(const std::vector<Output>& outputs, bool force) {
    std::set<std::string> places;
    for (const Output& output : outputs) {
        const std::string place =
            output.file.empty() ? std::string() : std::filesystem::path(output.file).lexically_normal().string();
        if (!places.insert(place).second) {
            fail(ErrorKind::usage,
                 fmt::format("-o: two reports to {}", place.empty() ? "standard output" : printable(place)));
        }
        if (!output.file.empty()) check_file(output.file, force);
    }
}

void write_outputs(const std::vector<Output>& outputs, const Report& report, const TextOptions& terminal,
                   bool force_color, bool force, Streams& streams) {
    TextOptions in_file = terminal;
    in_file.color = force_color;
    for (const Output& output : outputs) {
        if (!output.file.empty()) write_file_whole(output.file, render(report, output.format, in_file), force);
    }
    for (const Output& output : outputs) {
        if (output.file.empty()) streams.out(render(report, output.format, terminal));
    }
}

} // namespace touchstone
