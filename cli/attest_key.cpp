// `touchstone attest key`: makes key pairs, and names keys by their fingerprints. Nothing of a private key is shown.
#include "attest/keys.h"
#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "cli/attest_command.h"
#include "cli/key_source.h"
#include "cli/options.h"

#include <fmt/format.h>

#include <filesystem>
#include <sys/stat.h>

namespace touchstone {

namespace {

constexpr CommandText key_text{
    .name = "attest key",
    .summary = "make a key pair, or show which key a file holds",
    .synopsis = "new|show [OPTIONS] ...",
    .description =
        R"(  new   make a key pair
  show  print the type and the fingerprints of a public or private key
)",
    .takes_images = false,
    .exit_status = "  0   made; shown\n"
                   "  2   trouble\n",
    .examples = "  touchstone attest key new -o release.key\n"
                "  touchstone attest key show release.key.pub\n",
};

constexpr CommandText new_text{
    .name = "attest key new",
    .summary = "make a key pair",
    .synopsis = "-o FILE [OPTIONS]",
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

constexpr CommandText key_show_text{
    .name = "attest key show",
    .summary = "print the type and the fingerprints of a public or private key",
    .synopsis = "[OPTIONS] FILE",
    .description =
        R"(FILE is what `attest verify --key` or `diff --attest-key` take: PEM, or a public key in a line of OpenSSH's. The first
fingerprint is what `attest verify` prints and --revoked lists, the second what `ssh-keygen -l` prints.
)",
    .takes_images = false,
    .exit_status = "  0   shown\n"
                   "  2   trouble\n",
    .examples = "  touchstone attest key show release.key.pub\n"
                "  touchstone attest key show ~/.ssh/id_ed25519.pub\n",
};

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

struct NewKey {
    std::string file;
    std::string passphrase;
    KeyType type = KeyType::ecdsa_p256;
};

KeyType parse_type(const std::string& text) {
    if (text == "ecdsa-p256") return KeyType::ecdsa_p256;
    if (text == "ed25519") return KeyType::ed25519;
    fail(ErrorKind::usage, fmt::format("--type: \"{}\" is not ecdsa-p256 or ed25519", printable_short(text)));
}

void make_key(const NewKey& command, Streams& streams) {
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

int key_new(const Arguments& args, Streams& streams) {
    NewKey command;
    CommandLine line(new_text);
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
    if (command.file.empty()) fail(ErrorKind::usage, "-o FILE is missing");
    make_key(command, streams);
    return exit_status::met;
}

int key_show(const Arguments& args, Streams& streams) {
    std::string file;
    std::string passphrase;
    CommandLine line(key_show_text);
    line.argument("FILE", file);
    line.option("--passphrase", "SOURCE",
                "env:NAME or file:PATH with the passphrase of an encrypted key (default: asked on the terminal)",
                [&](const std::string& value) { passphrase = value; });
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    std::string pem = read_secret_source("FILE", file, streams);
    const PublicKey key =
        PublicKey::read(pem, printable_short(file), passphrase_from("--passphrase", passphrase, streams));
    wipe(pem);
    streams.out(fmt::format("type     {}\nkey      {}\nOpenSSH  {}\n", name_of(key.type()), key.fingerprint(),
                            key.ssh_fingerprint()));
    return exit_status::met;
}

} // namespace

int attest_key(const Arguments& args, Streams& streams) {
    const std::string word = args.empty() ? std::string() : args.front();
    const Arguments rest(args.begin() + (args.empty() ? 0 : 1), args.end());
    if (word == "new") return key_new(rest, streams);
    if (word == "show") return key_show(rest, streams);
    const CommandLine line(key_text);
    if (word == "--help" || word == "-h") {
        streams.out(line.help());
        return exit_status::met;
    }
    fail(ErrorKind::usage,
         fmt::format("\"{}\": `attest key new` or `attest key show` is expected", printable_short(word)));
}

} // namespace touchstone
