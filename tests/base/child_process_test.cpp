// Children, by what shells do as such: their output, their ends, and what is left of what they started.
#include "base/child_process.h"
#include "tests/base/helpers.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fmt/format.h>
#include <thread>

using namespace touchstone;
using namespace touchstone::test;

namespace {

using namespace std::chrono_literals;

ChildCommand shell(const std::string& script) {
    return {.words = {"/bin/sh", "-c", script}, .reads_output = true, .keeps_errors = true, .timeout = 20s};
}

std::string output_of(const ChildCommand& command) {
    ChildProcess child(command);
    return content_of(child);
}

/// Whether the process whose number lies in `file` is gone within a second, or dead though nobody has asked for it.
bool is_gone(const std::string& file) {
    const std::string words = "/proc/" + std::to_string(std::stoi(read_text_file(file))) + "/cmdline";
    for (int look = 0; look < 100; ++look) {
        if (!std::filesystem::exists(words) || read_text_file(words).empty()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

} // namespace

TEST_CASE("a child's output, exit status and last words are known") {
    ChildProcess child(shell("echo out; echo first >&2; printf 'the \\033 last\\n\\n' >&2; exit 3"));
    CHECK(content_of(child) == "out\n");
    const ChildEnd end = child.wait();
    CHECK(end.status == 3);
    CHECK(!end.timed_out);
    CHECK(child.last_words() == "the \\x1b last");
    CHECK(run_child({.words = {"/bin/sh", "-c", "kill -9 $$"}}).status == 128 + 9);
    CHECK(run_child({.words = {"/bin/true"}}).status == 0);
}

TEST_CASE("output of any length comes whole, whatever is said beside it") {
    const ChildCommand command = shell("i=0; while [ $i -lt 3000 ]; do printf '%01000d' $i; echo noise $i >&2; "
                                       "i=$((i+1)); done");
    ChildProcess child(command);
    CHECK(content_of(child).size() == 3000 * 1000);
    CHECK(child.wait().status == 0);
    CHECK(child.last_words() == "noise 2999");
}

TEST_CASE("a child has the input, the folder and the environment that it was given, and no others") {
    const TempDir dir;
    ChildCommand command = shell("cat; pwd; env");
    command.input = "words\n";
    command.directory = dir.path();
    command.environment = {"ONLY=this"};
    const std::string real = std::filesystem::canonical(dir.path()).string();
    CHECK(output_of(command) == fmt::format("words\n{}\nONLY=this\nPWD={}\n", real, real));
    CHECK(output_of(shell("cat; echo end")) == "end\n");             // nothing to read is an end
    CHECK(output_of(shell("kill -PIPE $$; echo survived")).empty()); // signals are as they usually are
}

TEST_CASE("what takes too long is ended with all that it started") {
    const TempDir dir;
    const std::string script = fmt::format("sleep 300 & echo $! > {}/child; echo begun; wait", dir.path());
    SUBCASE("whoever waits for the end gets it in time") {
        ChildCommand command = shell(script);
        command.reads_output = false;
        command.timeout = 300ms;
        CHECK(run_child(command).timed_out);
    }
    SUBCASE("whoever reads is told") {
        ChildCommand command = shell(script);
        command.timeout = 300ms;
        const auto refusal = refusal_of([&] { output_of(command); });
        REQUIRE(refusal);
        CHECK(refusal->says("took too long"));
    }
    SUBCASE("silence alone may be the limit") {
        ChildCommand command = shell(script);
        command.timeout.reset();
        command.silence = 300ms;
        CHECK(refusal_of([&] { output_of(command); }));
    }
    SUBCASE("nobody waits") {
        const ChildProcess child(shell(script));
        std::this_thread::sleep_for(200ms);
    }
    CHECK(is_gone(dir / "child"));
}

TEST_CASE("what a child leaves behind in its group ends with it, and holds up nobody") {
    const TempDir dir;
    ChildProcess child(shell(fmt::format("sleep 300 & echo $! > {}/child; echo done", dir.path())));
    CHECK(content_of(child) == "done\n"); // though the sleeper holds the pipe open
    CHECK(child.wait().status == 0);
    CHECK(is_gone(dir / "child"));
}

TEST_CASE("no file of a child grows beyond its bound") {
    const TempDir dir;
    ChildCommand command = shell("head -c 5000 /dev/zero > file");
    command.directory = dir.path();
    command.file_bytes = 1000;
    CHECK(run_child(command).status != 0);
    CHECK(std::filesystem::file_size(dir / "file") == 1000);
}

TEST_CASE("what cannot be started says why") {
    const TempDir dir;
    const std::string plain = dir.write("plain", "no program");
    struct Row {
        std::string program;
        std::string directory;
        std::string part;
    };
    const Row rows[] = {
        {dir / "missing", "", "missing: No such file or directory"},
        {plain, "", "plain: Permission denied"},
        {"/bin/true", dir / "nowhere", "/bin/true: No such file or directory"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.program);
        const auto refusal = refusal_of([&] { run_child({.words = {row.program}, .directory = row.directory}); });
        REQUIRE(refusal);
        CHECK(refusal->kind == ErrorKind::unreadable);
        CHECK(refusal->says(row.part));
    }
}

TEST_CASE("programs are looked for in absolute folders only, and must be such") {
    const TempDir dir;
    const std::string program = dir.write("second/tool", "#!/bin/sh\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    dir.write("first/tool", "not executable");
    std::filesystem::create_directories(dir / "folder/tool");
    const std::string path = fmt::format("{}/folder:{}/first:{}/second", dir.path(), dir.path(), dir.path());
    CHECK(find_program("tool", path) == program);
    CHECK(find_program("other", path).empty());
    CHECK(find_program("tool", "").empty());
    CHECK(find_program("tool", "::.:bin:" + dir / "first").empty());
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(dir / "second");
    CHECK(find_program("tool", ".::").empty());
    std::filesystem::current_path(before);
}
