// See credential_helper.h.
#include "image/remote/credential_helper.h"

#include "base/child_process.h"
#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace touchstone {

namespace {

constexpr std::string_view nothing_there = "credentials not found in native keychain";

bool is_suffix(std::string_view text) {
    return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

/// What `program get` prints for `server`, and its exit status.
std::pair<std::string, int> answer_of(const std::string& program, std::string_view server,
                                      std::chrono::milliseconds timeout) {
    ChildProcess child(
        {.words = {program, "get"}, .input = std::string(server), .reads_output = true, .timeout = timeout});
    std::string output;
    try {
        output = read_all(child, helper_output_limit, "its answer");
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::over_limit) throw;
        fail(ErrorKind::over_limit, fmt::format("it prints more than {} bytes", helper_output_limit));
    }
    const ChildEnd end = child.wait();
    if (end.timed_out) fail(ErrorKind::unreadable, "it took too long to answer");
    return {std::move(output), end.status};
}

std::optional<Credential> parse_answer(std::string_view text) {
    try {
        const Json answer = parse_json(text, "answer", {.bytes = helper_output_limit, .depth = 4});
        const Json* const user = answer.find("Username");
        const Json* const secret = answer.find("Secret");
        if (user != nullptr && secret != nullptr) {
            if (secret->as_string().empty()) return std::nullopt;
            if (user->as_string() == "<token>") return Credential{"", "", secret->as_string()};
            return Credential{user->as_string(), secret->as_string(), ""};
        }
    } catch (const Error&) {
        // its message may hold what must not be shown
    }
    fail(ErrorKind::unreadable, "its answer is no JSON object with Username and Secret (not shown)");
}

} // namespace

std::optional<Credential> ask_helper(std::string_view suffix, std::string_view server, std::string_view search_path,
                                     std::chrono::milliseconds timeout) {
    const std::string name = fmt::format("docker-credential-{}", suffix);
    return within(fmt::format("credential helper {}", printable_short(name)), [&]() -> std::optional<Credential> {
        if (!is_suffix(suffix)) fail(ErrorKind::unreadable, "no name of a helper (letters, digits, '.', '_', '-')");
        const std::string program = find_program(name, search_path);
        if (program.empty()) fail(ErrorKind::unreadable, "there is no such program in PATH");
        const auto [output, status] = answer_of(program, server, timeout);
        if (trimmed_end(output, " \r\n") == nothing_there) return std::nullopt;
        if (status != 0) fail(ErrorKind::unreadable, fmt::format("exit status {}", status));
        return parse_answer(output);
    });
}

} // namespace touchstone
