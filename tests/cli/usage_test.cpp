// Mistakes on the command line, and the texts that teach it.
#include "cli/command_line.h"
#include "tests/cli/harness.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace touchstone::test {
namespace {

TEST_CASE("every mistake is one line, status 2, says where help is, and writes nothing to standard output") {
    const TempDir dir;
    const std::string file = dir.write("report.json", "old");
    const std::string full = dir.path();
    struct Row {
        std::vector<std::string> args;
        std::string_view message;
    };
    const std::vector<Row> rows{
        {{"dif"}, "did you mean \"diff\"?"},
        {{"verfiy", "x"}, "did you mean \"verify\"?"},
        {{"frobnicate"}, "there is no command \"frobnicate\""},
        {{"\x1b[2J"}, "\\x1b[2J"},
        {{"help", "nonsense"}, "there is no command \"nonsense\""},
        {{"--frob"}, "a command comes first"},
        {{"diff"}, "PUBLISHED"},
        {{"diff", "a"}, "REBUILT is required"},
        {{"diff", "a", "b", "c"}, "not an option or argument here: c"},
        {{"diff", "--frob", "a", "b"}, "--frob"},
        {{"diff", "--platform", "linux/amd64", "--platform", "linux/arm64", "a", "b"},
         "--platform: given more than once"},
        {{"diff", "--platform", "linux", "a", "b"}, "platform"},
        {{"diff", "--platform", "linux/amd64", "--all-platforms", "a", "b"}, "exclude each other"},
        {{"diff", "--require", "fine", "a", "b"},
         "the ladder is identical, equivalent, same-files, accepted, divergent"},
        {{"diff", "--rules", "mtime", "a", "b"}, "is not +RULE or -RULE"},
        {{"diff", "--rules", "-nonsense", "a", "b"}, "the rules are"},
        {{"diff", "-o", "yaml", "a", "b"}, "the formats are text, json, html and markdown"},
        {{"diff", "-o", "json=", "a", "b"}, "a file name is missing"},
        {{"diff", "-o", "text", "-o", "json", "a", "b"}, "two reports to standard output"},
        {{"diff", "-o", "json=x", "-o", "text=./x", "a", "b"}, "two reports to x"},
        {{"diff", "-o", "json=" + file, "a", "b"}, "exists; --force replaces it"},
        {{"diff", "-o", "json=/dev/null", "--force", "a", "b"}, "not a regular file"},
        {{"diff", "-o", "json=" + full + "/no/such/report", "a", "b"}, "is no directory"},
        {{"diff", "--extract", full, "a", "b"}, "exists and is not an empty directory"},
        {{"diff", "--extract", file, "a", "b"}, "exists and is not an empty directory"},
        {{"diff", "--extract", full + "/new", "--all-platforms", "a", "b"}, "--extract works on one platform"},
        {{"diff", "--diffoscope", "a", "b"}, "--diffoscope-output DIR"},
        {{"diff", "--diffoscope=0", "a", "b"}, "--diffoscope: \"0\" is not a whole number of at least 1"},
        {{"diff", "--diffoscope=x", "a", "b"}, "--diffoscope: \"x\""},
        {{"diff", "--diffoscope", "--diffoscope", "a", "b"}, "--diffoscope"},
        {{"diff", "--diffoscope-output", full + "/new", "a", "b"}, "nothing goes there without --diffoscope"},
        {{"diff", "--diffoscope", "--diffoscope-output", full, "a", "b"}, "exists and is not an empty directory"},
        {{"diff", "--diffoscope", "--diffoscope-output", full + "/new", "--explain", "none", "a", "b"},
         "no sense with --explain none"},
        {{"diff", "--diffoscope-timeout", "0", "a", "b"}, "--diffoscope-timeout"},
        {{"diff", "--jobs", "0", "a", "b"}, "--jobs: \"0\" is not a whole number of at least 1"},
        {{"diff", "--jobs", "1e3", "a", "b"}, "--jobs"},
        {{"diff", "--jobs", "-1", "a", "b"}, "--jobs"},
        {{"diff", "--jobs", "99999", "a", "b"}, "at most 1024"},
        {{"diff", "--color", "blue", "a", "b"}, "auto, always or never"},
        {{"diff", "--max-layer-size", "many", "a", "b"}, "a size like 500M"},
        {{"diff", "--max-layer-size", "99999999999G", "a", "b"}, "a size like 500M"},
        {{"diff", "--zstd-window-log", "32", "a", "b"}, "at most 31"},
        {{"diff", full + "/absent", full + "/absent"}, "absent"},
        {{"diff", "docker://example.org/App", "b"}, "no name of an image"},
        {{"diff", "tar:-", "tar:-"}, "standard input can be one of the images, not both"},
        {{"verify"}, "IMAGE is required"},
        {{"ls", "--layer", "x", "a"}, "--layer"},
        {{"diff", "--attest", full + "/new", "a", "b"}, "--attest-key is missing"},
        {{"diff", "--attest-key", file, "a", "b"}, "no sense without --attest"},
        {{"diff", "--attest-as", "vsa", "a", "b"}, "no sense without --attest"},
        {{"diff", "--attest", file, "--attest-key", "k", "a", "b"}, "exists; --force replaces it"},
        {{"diff", "--attest", full + "/x", "--attest-key", "k", "-o", "json=" + full + "/./x", "a", "b"},
         "a report goes to"},
        {{"diff", "--attest", full + "/no/x", "--attest-key", "k", "a", "b"}, "is no directory"},
        {{"diff", "--attest", full + "/x", "--attest-key", "k", "--attest-format", "cosign-att", "a", "b"},
         "no form of a file: --attest docker://NAME"},
        {{"attest", "key", "show"}, "FILE is required"},
        {{"attest", "verify", file, "--key", "k", "--all-platforms"}, "of which image?"},
        {{"attest", "verify", file, "--key", "k", "--all-platforms", "--platform", "linux/arm64", "--image", "a"},
         "exclude each other"},
        {{"diff", "--attest", full + "/x", "--attest-key", "env:NO_SUCH_VARIABLE", "a", "b"},
         "the variable NO_SUCH_VARIABLE is not set"},
        {{"diff", "--attest", full + "/x", "--attest-key", "k", "--attest-passphrase", "secret", "a", "b"},
         "--attest-passphrase: env:NAME or file:PATH is expected"},
        {{"diff", "--attest-format", "pgp", "a", "b"}, "not dsse, bundle or cosign-att"},
        {{"diff", "--attest-as", "slsa", "a", "b"}, "not touchstone, vsa or test-result"},
        {{"attest"}, "verify, show or key is expected"},
        {{"attest", "verify", "--key", "k"}, "a FILE is missing"},
        {{"attest", "verify", file}, "--key is missing"},
        {{"attest", "verify", file, "--key", "k", "--image", "a", "--digest", "sha256:" + std::string(64, '0')},
         "exclude each other"},
        {{"attest", "verify", file, "--key", "k", "--threshold", "0"}, "--threshold"},
        {{"attest", "show"}, "FILE is required"},
        {{"attest", "key", "new"}, "-o FILE is missing"},
        {{"attest", "key", "old", "-o", full + "/k"}, "`attest key new` or `attest key show` is expected"},
        {{"attest", "key", "new", "-o", file}, "keys are never replaced"},
        {{"attest", "key", "new", "-o", full + "/k", "--type", "rsa"}, "not ecdsa-p256 or ed25519"},
        {{"record", "a", "-o", "b", "--ledger", "c"}, "exclude each other"},
        {{"record", "a", "--files"}, "--files needs -o FILE or --ledger DIR"},
        {{"record", "a", "--all-platforms"}, "--all-platforms needs --ledger"},
        {{"record", "a", "--force"}, "--force needs -o FILE"},
        {{"record", "a", "--time", "yesterday"}, "--time"},
        {{"verify", "a", "--record", "b", "--ledger", "c"}, "exclude each other"},
        {{"verify", "a", "--record", "b", "--all-platforms"}, "one platform"},
        {{"verify", "a", "--require", "identical"}, "--require needs --record or --ledger"},
        {{"verify", "a", "--checksums", "b", "--record", "c"}, "--checksums does not go with --record"},
        {{"verify", "a", "--checksums", "b", "--ledger", "c"}, "--checksums does not go with --record"},
        {{"verify", "a", "--checksums", "b", "--require", "identical"}, "--checksums does not go with --record"},
        {{"verify", "a", "--checksums", "b", "--all-platforms"}, "one platform"},
        {{"verify", "a", "--complete"}, "need --checksums"},
        {{"verify", "a", "--ignore-missing"}, "need --checksums"},
        {{"verify", "a", "--checksums-key", "b"}, "need --checksums"},
        {{"verify", "a", "--checksums", "b", "--checksums-signature", "c"}, "needs --checksums-key"},
        {{"verify", "a", "--checksums", "b", "--checksums", "c", "--checksums-key", "d", "--checksums-signature", "e"},
         "is of one list"},
        {{"ledger", "repair", "a"}, "verify, list or show is expected"},
        {{"ledger", "show", "a"}, "the number of an entry"},
        {{"ledger", "list", "a", "b"}, "one argument too many"},
        {{"ledger", "list", "a", "--json"}, "options of `ledger verify`"},
        {{"ledger", "verify", "a", "--head", "abc"}, "abc"},
        {{"base", "a"}, "--ledger DIR is required"},
        {{"rules", "extra"}, "extra"},
    };
    for (const Row& row : rows) {
        const Ran ran = touchstone(row.args);
        INFO(ran.err);
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(ran.err.starts_with("touchstone: error: "));
        CHECK(contains(ran.err, row.message));
        CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
        CHECK(contains(ran.err, "--help)"));
    }
    CHECK(read_text_file(file) == "old");
}

TEST_CASE("without arguments the commands are listed, and that is a mistake") {
    const Ran ran = touchstone({});
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    for (const char* command : {"diff", "verify", "ls", "inspect", "rules"}) CHECK(contains(ran.err, command));
    CHECK(touchstone({"--help"}).out == ran.err);
    CHECK(touchstone({"help"}).status == 0);
}

TEST_CASE("the version is that of the build") {
    CHECK(touchstone({"--version"}).out == "touchstone 0.1.0\n");
    CHECK(touchstone({"--version"}).status == 0);
}

TEST_CASE("each command's help has its options, the exit status and examples") {
    struct Row {
        std::string command;
        std::vector<std::string> options;
    };
    const std::vector<std::string> load{"--jobs", "--max-layer-size", "--max-ratio", "--max-entries",
                                        "--zstd-window-log"};
    for (const Row& row :
         {Row{"diff",
              {"--output", "--force", "--require", "--rules", "--platform", "--all-platforms", "--all", "--extract",
               "--color", "--quiet", "--explain", "--explain-budget", "--max-explained-file", "--diffoscope[=N]",
               "--diffoscope-output", "--diffoscope-timeout"}},
          Row{"explain", {"--built", "--explain-budget", "--max-explained-file"}},
          Row{"verify", {"--json", "--platform", "--all-platforms", "--all", "--color", "--quiet"}},
          Row{"ls", {"--json", "--layer", "--platform", "--quiet"}}, Row{"inspect", {"--json", "--platform"}},
          Row{"rules", {"--json", "--oddities", "--rules"}}}) {
        const Ran ran = touchstone({row.command, "--help"});
        CHECK(ran.status == 0);
        CHECK(ran.err.empty());
        for (const std::string& option : row.options)
            CHECK_MESSAGE(contains(ran.out, option), row.command << " " << option);
        if (row.command == "diff" || row.command == "verify" || row.command == "ls") {
            for (const std::string& option : load)
                CHECK_MESSAGE(contains(ran.out, option), row.command << " " << option);
        }
        CHECK(contains(ran.out, "usage: touchstone " + row.command));
        CHECK(contains(ran.out, "Exit status"));
        CHECK(contains(ran.out, "Examples"));
        CHECK(touchstone({"help", row.command}).out == ran.out);
        CHECK(touchstone({row.command, "-h", "--nonsense"}).out == ran.out);
    }
}

TEST_CASE("the help is made from the options themselves") {
    bool flag = false;
    std::string taken;
    CommandLine line(
        {.name = "x", .summary = "y", .synopsis = "z", .description = "d\n", .exit_status = "", .examples = ""});
    line.flag("-f,--flag", flag, "a flag");
    line.option("--option", "VALUE", "an option", [&](const std::string& value) { taken = value; });
    const std::string help = line.help();
    CHECK(line.option_names() == std::vector<std::string>{"--flag", "--option"});
    for (const std::string& name : line.option_names()) CHECK(contains(help, name));
    CHECK(line.parse({"--option", "-dash", "-f"}));
    CHECK(taken == "-dash"); // a value may look like an option: --rules -mtime
    CHECK(flag);
    CHECK_FALSE(line.parse({"--nonsense", "--help"}));
}

TEST_CASE("repeated options keep their order and take one value each") {
    std::vector<std::string> taken;
    std::string argument;
    CommandLine line(
        {.name = "x", .summary = "y", .synopsis = "z", .description = "", .exit_status = "", .examples = ""});
    line.repeatable("-o,--output", "FORMAT", "", [&](const std::string& value) { taken.push_back(value); });
    line.argument("IMAGE", argument);
    CHECK(line.parse({"-o", "b", "image", "--output=a"}));
    CHECK(taken == std::vector<std::string>{"b", "a"});
    CHECK(argument == "image");
}

} // namespace
} // namespace touchstone::test
