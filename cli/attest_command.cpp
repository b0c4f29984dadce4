// `touchstone attest`: the words behind it are commands of their own.
#include "cli/attest_command.h"
#include "attest/check_listing.h"
#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/key_source.h"
#include "cli/options.h"

#include <fmt/format.h>

#include <filesystem>
#include <sys/stat.h>

namespace touchstone {

namespace {

constexpr CommandText overview{
    .name = "attest",
    .summary = "check who signed what about an image, and make keys",
    .synopsis = "verify|show|key [OPTIONS] ...",
    .description =
        R"(Statements are what `touchstone diff --attest` signs: this image was rebuilt, by these rules, with this verdict.

  verify   check signatures, and whether what was signed is as much as is asked; see `touchstone attest verify --help`
  show     print what an envelope says, without verifying anything
  key new  make a key pair
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

constexpr CommandText show_text{
    .name = "attest show",
    .summary = "print what an envelope says, without verifying anything",
    .synopsis = "FILE",
    .description = "Prints the statement in a DSSE envelope or a Sigstore bundle. Nothing of it is verified.\n",
    .takes_images = false,
    .exit_status = "  0   shown\n"
                   "  2   trouble\n",
    .examples = "  touchstone attest show app.dsse.json\n",
};

constexpr CommandText key_text{
    .name = "attest key",
    .summary = "make a key pair",
    .synopsis = "new -o FILE [OPTIONS]",
    .description =
        R"(Writes a new private key to FILE (PKCS#8, readable by you alone) and its public key to FILE.pub. Neither may be
there already. openssl and cosign (import-key-pair) read both.
)",
    .takes_images = false,
    .exit_status = "  0   made\n"
                   "  2   trouble\n",
    .examples = "  touchstone attest key new -o release.key\n"
                "  touchstone attest key new --type ed25519 --passphrase file:secret.txt -o release.key\n",
};

int show(const Arguments& args, Streams& streams) {
    std::string file;
    CommandLine line(show_text);
    line.argument("FILE", file);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    streams.out(render_envelope_text(parse_envelope(read_envelope_file(file), printable(file)), printable(file)));
    return exit_status::met;
}

/// New files are for their owner only, as long as this lives; no thread runs beside it.
class PrivateFiles {
public:
    PrivateFiles() : before_(::umask(S_IRWXG | S_IRWXO)) {}
    ~PrivateFiles() { ::umask(before_); }
    PrivateFiles(const PrivateFiles&) = delete;
    PrivateFiles& operator=(const PrivateFiles&) = delete;

private:
    mode_t before_;
};

struct KeyCommand {
    std::string action;
    std::string file;
    std::string passphrase;
    KeyType type = KeyType::ecdsa_p256;
};

KeyType parse_type(const std::string& text) {
    if (text == "ecdsa-p256") return KeyType::ecdsa_p256;
    if (text == "ed25519") return KeyType::ed25519;
    fail(ErrorKind::usage, fmt::format("--type: \"{}\" is not ecdsa-p256 or ed25519", printable_short(text)));
}

void make_key(const KeyCommand& command, Streams& streams) {
    const std::string public_file = command.file + ".pub";
    for (const std::string& file : {command.file, public_file}) {
        std::error_code error;
        if (std::filesystem::exists(std::filesystem::symlink_status(file, error))) {
            fail(ErrorKind::usage, fmt::format("-o: {} exists; keys are never replaced", printable(file)));
        }
    }
    std::string passphrase;
    if (!command.passphrase.empty()) {
        passphrase = passphrase_from("--passphrase", command.passphrase, streams)();
        if (passphrase.empty()) fail(ErrorKind::usage, "--passphrase: it is empty");
    }
    const PrivateKey key = PrivateKey::generate(command.type);
    std::string pem = key.private_pem(passphrase);
    wipe(passphrase);
    {
        const PrivateFiles owner_only;
        write_file_whole(command.file, pem, false);
    }
    wipe(pem);
    write_file_whole(public_file, key.public_key().pem(), false);
    streams.out(fmt::format("{}  {}\n", key.public_key().fingerprint(), printable(public_file)));
}

int key_command(const Arguments& args, Streams& streams) {
    KeyCommand command;
    CommandLine line(key_text);
    line.argument("ACTION", command.action);
    line.option("-o,--output", "FILE", "where the private key goes; the public key goes to FILE.pub",
                [&](const std::string& value) { command.file = value; });
    line.option("--type", "TYPE", "ecdsa-p256 or ed25519 (default ecdsa-p256, which more programs read)",
                [&](const std::string& value) { command.type = parse_type(value); });
    line.option("--passphrase", "SOURCE", "encrypt it with the passphrase in env:NAME or file:PATH (default: not)",
                [&](const std::string& value) { command.passphrase = value; });
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    if (command.action != "new") {
        fail(ErrorKind::usage, fmt::format("\"{}\": `attest key new` is expected", printable_short(command.action)));
    }
    if (command.file.empty()) fail(ErrorKind::usage, "-o FILE is missing");
    make_key(command, streams);
    return exit_status::met;
}

} // namespace

std::string read_envelope_file(const std::string& path) {
    const std::shared_ptr<const File> file = open_file(path);
    FileRange range(file, 0, file->size());
    return read_all(range, longest_envelope, printable(path));
}

int attest_command(const Arguments& args, Streams& streams) {
    const std::string word = args.empty() ? std::string() : args.front();
    const Arguments rest(args.begin() + (args.empty() ? 0 : 1), args.end());
    if (word == "verify") return attest_verify(rest, streams);
    if (word == "show") return show(rest, streams);
    if (word == "key") return key_command(rest, streams);
    const CommandLine line(overview);
    if (word == "--help" || word == "-h") {
        streams.out(line.help());
        return exit_status::met;
    }
    fail(ErrorKind::usage, fmt::format("\"{}\": verify, show or key is expected", printable_short(word)));
}

} // namespace touchstone
