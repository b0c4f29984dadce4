// One command's options and arguments: declared once, parsed by CLI11 (which stays in command_line.cpp), and described
// by the same declarations in `--help`, so that the help cannot miss an option.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// The parts of a help text that are not options.
struct CommandText {
    std::string_view name;
    std::string_view summary;
    std::string_view synopsis;    ///< after "touchstone NAME "
    std::string_view description; ///< one paragraph, over several lines
    bool takes_images = true;     ///< explain how images are named
    std::string_view exit_status; ///< lines
    std::string_view examples;    ///< lines
};

class CommandLine {
public:
    using Take = std::function<void(const std::string&)>; ///< gets an option's value; throws usage

    explicit CommandLine(const CommandText& text);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    /// A required argument.
    void argument(std::string_view name, std::string& value);
    /// Any number of arguments, also none.
    void arguments(std::string_view name, std::vector<std::string>& values);
    void flag(std::string_view names, bool& value, std::string_view description);
    /// An option with a value, at most once. `names` as "-o,--output".
    void option(std::string_view names, std::string_view value_name, std::string_view description, Take take);
    /// An option whose value may be left out (`--name`, `--name=VALUE`, never `--name VALUE`); then it is `implied`.
    void optional_value(std::string_view name, std::string_view value_name, const std::string& implied,
                        std::string_view description, Take take);
    /// The same as often as wanted.
    void repeatable(std::string_view names, std::string_view value_name, std::string_view description, Take take);

    /// False when help was asked for; help() is what to print then. Throws usage.
    bool parse(const std::vector<std::string>& args);
    std::string help() const;
    /// The long names, for tests: "--platform", …
    std::vector<std::string> option_names() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace touchstone
