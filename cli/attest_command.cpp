// `touchstone attest`: the words behind it are commands of their own.
#include "cli/attest_command.h"
#include "attest/check_listing.h"
#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/options.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr CommandText attest_text{
    .name = "attest",
    .summary = "check who signed what about an image, and make keys",
    .synopsis = "verify|show|key [OPTIONS] ...",
    .description =
        R"(Statements are what `touchstone diff --attest` signs: this image was rebuilt, by these rules, with this verdict.

  verify   check signatures, and whether what was signed is as much as is asked; see `touchstone attest verify --help`
  show     print what an envelope says, without verifying anything
  key      make a key pair (key new), or name a key by its fingerprints (key show)
)",
    .takes_images = false,
    .exit_status = "  0   verified, and as much as was asked; shown; made\n"
                   "  1   verified, but it says less than was asked\n"
                   "  2   trouble: not verified, not readable, no statement of this kind\n",
    .examples =
        "  touchstone attest key new -o release.key\n"
        "  touchstone diff --attest app.dsse.json --attest-key release.key docker://registry.example/app:1 "
        "oci:rebuilt\n"
        "  touchstone attest verify app.dsse.json --key release.key.pub --image docker://registry.example/app:1\n"
        "  touchstone attest show app.dsse.json\n",
};

constexpr CommandText attest_show_text{
    .name = "attest show",
    .summary = "print what an envelope says, without verifying anything",
    .synopsis = "FILE",
    .description =
        "Prints the statement in a DSSE envelope or a Sigstore bundle, or of several, one a line. Nothing of it "
        "is\nverified.\n",
    .takes_images = false,
    .exit_status = "  0   shown\n"
                   "  2   trouble\n",
    .examples = "  touchstone attest show app.dsse.json\n",
};

int show(const Arguments& args, Streams& streams) {
    std::string file;
    CommandLine line(attest_show_text);
    line.argument("FILE", file);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    std::string text;
    for (const SignedFile& one : statements_in(file, read_statement_file(file))) {
        const std::string what = printable(one.name);
        text += (text.empty() ? "" : "\n") + render_envelope_text(parse_envelope(one.content, what), what);
    }
    streams.out(text);
    return exit_status::met;
}

} // namespace

std::string read_statement_file(const std::string& path) {
    const std::shared_ptr<const File> file = open_file(path);
    FileRange range(file, 0, file->size());
    return read_all(range, longest_statement_file, printable(path));
}

int attest_command(const Arguments& args, Streams& streams) {
    const std::string word = args.empty() ? std::string() : args.front();
    const Arguments rest(args.begin() + (args.empty() ? 0 : 1), args.end());
    if (word == "verify") return attest_verify(rest, streams);
    if (word == "show") return show(rest, streams);
    if (word == "key") return attest_key(rest, streams);
    const CommandLine line(attest_text);
    if (word == "--help" || word == "-h") {
        streams.out(line.help());
        return exit_status::met;
    }
    fail(ErrorKind::usage, fmt::format("\"{}\": verify, show or key is expected", printable_short(word)));
}

} // namespace touchstone
