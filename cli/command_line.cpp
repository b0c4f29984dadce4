// CLI11 behind a small door: it splits the arguments; what the values mean, what errors say and what the help looks
// like is ours. Its exit codes are not used: every mistake in the arguments is Error(usage).
#include "cli/command_line.h"

#include "base/error.h"
#include "base/printable.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t description_column = 32;
constexpr std::size_t line_width = 100;

constexpr std::string_view images_text = R"(Images
  docker://NAME[:TAG][@DIGEST]  an image in a registry; short names are Docker Hub's
  docker-daemon:NAME[:TAG]    an image of Docker's daemon (DOCKER_HOST, docker context)
  podman:NAME[:TAG]           an image of podman, by its service (CONTAINER_HOST) or by podman save
  containers-storage:NAME     the same, asked of podman, too
  containerd:NAME             an image of containerd, by ctr (CONTAINERD_NAMESPACE, CONTAINERD_ADDRESS)
  oci:DIR[:REF]               OCI image layout in a directory
  oci-archive:FILE[:REF]      OCI image layout in a tar (skopeo, BuildKit, docker save since 25)
  docker-archive:FILE[:TAG]   what docker save, podman save and kaniko write
  dir:DIR                     skopeo's dir: manifest.json and blobs
  tar:FILE                    one tar, plain, gzip or zstd, as an image of one layer
  PATH                        any of these files and folders, recognized by what it holds
  NAME[:TAG][@DIGEST]         what is no path is a name in a registry
  REF and TAG name one image of several; @N (from 0) and @sha256:... choose by place or digest. The FILE
  may be - for standard input.
)";

struct Row {
    std::string left; ///< "-o, --output FORMAT[=FILE]"
    std::string description;
};

/// Breaks `text` at blanks; lines after the first are indented.
std::string wrapped(std::string_view text, std::size_t column) {
    std::string result;
    std::size_t used = column;
    while (!text.empty()) {
        const std::size_t blank = std::min(text.find(' '), text.size());
        if (used > column && used + 1 + blank > line_width) {
            result += "\n" + std::string(column, ' ');
            used = column;
        } else if (used > column) {
            result += ' ';
            ++used;
        }
        result += text.substr(0, blank);
        used += blank;
        text.remove_prefix(std::min(blank + 1, text.size()));
    }
    return result;
}

std::string spaced(std::string_view names) {
    std::string result;
    for (const char c : names) {
        result += c;
        if (c == ',') result += ' ';
    }
    // Options without a short name line up with the long names of the others.
    return names.starts_with("--") ? "    " + result : result;
}

std::string section(std::string_view title, std::string_view lines) {
    if (lines.empty()) return {};
    return fmt::format("\n{}\n{}", title, lines);
}

/// CLI11's sentences, with the name of the option in front where it has one.
std::string message_of(const CLI::ParseError& error) {
    std::string text = printable(error.what());
    constexpr std::string_view extra = "The following argument was not expected: ";
    constexpr std::string_view extras = "The following arguments were not expected: ";
    for (const std::string_view start : {extra, extras}) {
        if (text.starts_with(start))
            return fmt::format("not an option or argument here: {}", text.substr(start.size()));
    }
    if (const std::size_t count = text.find(": At Most 1 required"); count != std::string::npos) {
        return text.substr(0, count) + ": given more than once";
    }
    return text;
}

} // namespace

struct CommandLine::State {
    CommandText text;
    CLI::App app;
    std::vector<Row> rows;
    bool help_wanted = false;

    CLI::Option* add(std::string_view names, std::string_view value_name, std::string_view description, Take take) {
        rows.push_back({fmt::format("{} {}", spaced(names), value_name), std::string(description)});
        const auto call = [take = std::move(take)](const CLI::results_t& values) {
            for (const std::string& value : values) take(value);
            return true;
        };
        return app.add_option(std::string(names), call)->type_name(std::string(value_name))->expected(1);
    }
};

CommandLine::CommandLine(const CommandText& text) : state_(std::make_unique<State>()) {
    state_->text = text;
    state_->app.set_help_flag(); // ours is an ordinary flag, so that it can be asked for before anything is checked
}

CommandLine::~CommandLine() = default;

void CommandLine::argument(std::string_view name, std::string& value) {
    state_->app.add_option(std::string(name), value)->required()->type_name("");
}

void CommandLine::arguments(std::string_view name, std::vector<std::string>& values) {
    state_->app.add_option(std::string(name), values)->type_name("");
}

void CommandLine::flag(std::string_view names, bool& value, std::string_view description) {
    state_->rows.push_back({spaced(names), std::string(description)});
    state_->app.add_flag(std::string(names), value)->disable_flag_override();
}

void CommandLine::option(std::string_view names, std::string_view value_name, std::string_view description, Take take) {
    state_->add(names, value_name, description, std::move(take));
}

void CommandLine::optional_value(std::string_view name, std::string_view value_name, const std::string& implied,
                                 std::string_view description, Take take) {
    state_->rows.push_back({fmt::format("{}[={}]", spaced(name), value_name), std::string(description)});
    const auto call = [take = std::move(take), implied](const CLI::results_t& values) {
        for (const std::string& value : values) take(value == "true" ? implied : value); // CLI11's word for a bare flag
        return true;
    };
    CLI::Option* const option = state_->app.add_option(std::string(name), call);
    option->expected(0)->multi_option_policy(CLI::MultiOptionPolicy::Throw);
}

void CommandLine::repeatable(std::string_view names, std::string_view value_name, std::string_view description,
                             Take take) {
    state_->add(names, value_name, description, std::move(take))->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

bool CommandLine::parse(const std::vector<std::string>& args) {
    const auto end = std::find(args.begin(), args.end(), "--"); // what follows is no option
    if (std::find(args.begin(), end, "--help") != end || std::find(args.begin(), end, "-h") != end) return false;
    try {
        state_->app.parse(std::vector<std::string>(args.rbegin(), args.rend())); // CLI11 takes them last first
    } catch (const CLI::ParseError& error) {
        fail(ErrorKind::usage, message_of(error));
    }
    return true;
}

std::string CommandLine::help() const {
    const CommandText& text = state_->text;
    std::string result = fmt::format("touchstone {} - {}\n\nusage: touchstone {} {}\n\n{}", text.name, text.summary,
                                     text.name, text.synopsis, text.description);
    if (text.takes_images) result += fmt::format("\n{}", images_text);
    std::string options;
    std::vector<Row> rows = state_->rows;
    rows.push_back({"-h, --help", "this text"});
    for (const Row& row : rows) {
        const bool fits = row.left.size() + 4 <= description_column;
        options += fmt::format("  {:<{}}", row.left, description_column - 2);
        if (!fits) options += "\n" + std::string(description_column, ' ');
        options += wrapped(row.description, description_column) + "\n";
    }
    result += section("Options", options);
    result += section("Exit status", text.exit_status);
    result += section("Examples", text.examples);
    return result;
}

std::vector<std::string> CommandLine::option_names() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : state_->app.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

} // namespace touchstone
