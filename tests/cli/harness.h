// Runs whole commands in process: arguments in, status and both outputs back.
#pragma once

#include "cli/run.h"

#include <map>
#include <string>
#include <vector>

namespace touchstone::test {

struct Ran {
    int status = -1;
    std::string out;
    std::string err;
};

struct Terminal {
    bool out = false;
    bool err = false;
    std::map<std::string, std::string> environment;
};

inline Ran touchstone(const std::vector<std::string>& args, const Terminal& terminal = {}) {
    Ran ran;
    Streams streams{.out = [&](std::string_view text) { ran.out += text; },
                    .err = [&](std::string_view text) { ran.err += text; },
                    .out_is_terminal = terminal.out,
                    .err_is_terminal = terminal.err,
                    .environment = [&](const char* name) -> std::optional<std::string> {
                        const auto found = terminal.environment.find(name);
                        return found == terminal.environment.end() ? std::nullopt : std::optional(found->second);
                    }};
    ran.status = run(args, streams);
    return ran;
}

inline bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace touchstone::test
