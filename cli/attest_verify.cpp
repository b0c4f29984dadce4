// `touchstone attest verify`: signatures first, then what was signed, then whether it is enough.
#include "attest/check_listing.h"
#include "attest/registry_statements.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/printable.h"
#include "cli/attest_command.h"
#include "cli/cache_options.h"
#include "cli/digests.h"
#include "cli/key_source.h"
#include "cli/options.h"
#include "cli/registry_options.h"
#include "image/cache/upkeep.h"
#include "report/canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace touchstone {

namespace {

constexpr CommandText text{
    .name = "attest verify",
    .summary = "check who signed statements about an image, and whether they say enough",
    .synopsis = "[OPTIONS] FILE|docker://NAME... --key PUB...",
    .description =
        R"(Each FILE is a DSSE envelope or a Sigstore bundle with a statement of `touchstone diff --attest`, or several, one a
line, which count like as many files. Its signature must match one of the keys; only then is the statement read, from
the bytes that were signed. Then it is held against what is asked: about which image, which verdict at the least, by
which rules, how old. Without --threshold every FILE must say enough; with --threshold K, statements of at least K
distinct keys must, and others may say less. With --all-platforms that holds for each platform of the image: one that no
statement is about is not enough.

docker://NAME stands for the statements that lie beside that image in its registry (referrers, and cosign's tag .att), and
names the image that is meant. Anybody who may push can put some there: those that no key signed, or of another kind, are
counted and left aside, and unless --threshold asks for more, one that says enough is enough.

An image is the same by its manifest's digest, or by its configuration's, which archives keep and which names the layers
by their uncompressed bytes; for a bare tar, by the canonical tree. The output says which it was. Certificates and
transparency logs in a bundle are not looked at.
)",
    .takes_images = false,
    .exit_status =
        "  0   verified, and the statements say as much as was asked\n"
        "  1   verified, but they say less than was asked: another image, a lower verdict, more rules,\n"
        "      too old, dated in the future, too few keys\n"
        "  2   trouble: a signature that does not match, a revoked one, no statement of this kind, unreadable\n"
        "  75  trouble that may be gone when tried again\n",
    .examples =
        "  touchstone attest verify app.dsse.json --key release.pub --image docker://registry.example/app:1\n"
        "  touchstone attest verify docker://registry.example/app:1 --key a.pub --key b.pub --threshold 2\n"
        "  touchstone attest verify --threshold 2 --key a.pub --key b.pub --key c.pub --digest sha256:... *.json\n"
        "  touchstone attest verify app.json --key a.pub --verdict equivalent --max-age 90 --revoked revoked.txt\n"
        "  touchstone attest verify app.jsonl --key a.pub --all-platforms --image docker://registry.example/app:1\n",
};

/// What lies in a registry in place of a file.
bool is_in_registry(const std::string& file) {
    return file.starts_with("docker://");
}

struct VerifyOptions {
    std::vector<std::string> files;
    std::vector<std::string> keys;
    std::string image;
    std::optional<Digest> digest;
    std::string revoked;
    std::optional<std::size_t> threshold;
    Asked asked;
    OpenOptions open;
    bool json = false;
    bool quiet = false;
};

void declare(CommandLine& line, VerifyOptions& options, const Streams& streams) {
    line.arguments("FILE", options.files);
    line.repeatable("--key", "PUB",
                    "a public key that counts: a PEM file (also a certificate, for its key), a line of OpenSSH's, or "
                    "env:NAME that holds one; may be repeated",
                    [&](const std::string& value) { options.keys.push_back(value); });
    line.option("--threshold", "K", "so many distinct keys must agree (default: every FILE must say enough)",
                [&](const std::string& value) { options.threshold = parse_number("--threshold", value, 1); });
    line.option("--image", "IMAGE", "the image that must be meant: any reference that `touchstone diff` takes",
                [&](const std::string& value) { options.image = value; });
    line.option("--digest", "DIGEST", "the same by the digest of its manifest, sha256:...",
                [&](const std::string& value) { options.digest = parse_digest(value); });
    line.option("--verdict", "VERDICT", "the least verdict that is enough (default same-files)",
                [&](const std::string& value) { options.asked.verdict = parse_verdict(value); });
    line.option("--rules", "+RULE,-RULE", "the rules that may have been on, changing the default set",
                [&](const std::string& value) { options.asked.rules = parse_rules(value); });
    line.option("--max-age", "DAYS", "refuse older statements, and those that do not say when they were made",
                [&](const std::string& value) {
                    constexpr std::uint64_t most = 36500; // a century is a typing error
                    constexpr std::int64_t day = 86400;
                    const std::uint64_t days = parse_number("--max-age", value);
                    if (days > most) fail(ErrorKind::usage, fmt::format("--max-age: at most {}", most));
                    options.asked.max_age = static_cast<std::int64_t>(days) * day;
                });
    line.option("--revoked", "FILE", "lines \"key sha256:...\" and \"statement sha256:...\" that do not count any more",
                [&](const std::string& value) { options.revoked = value; });
    line.option("--platform", "OS/ARCH[/VARIANT]", "which platform of --image",
                [&](const std::string& value) { options.open.platform = parse_platform(value); });
    line.flag("--all-platforms", options.open.all_platforms, "every platform of the image must be spoken of");
    add_registry_options(line, options.open.remote, ClientCertificate::none);
    add_cache_options(line, options.open.cache, streams, &options.quiet);
    add_json_option(line, options.json, "print touchstone.attestation-check/1");
    add_quiet_option(line, options.quiet, "one line only");
}

void check_usage(const VerifyOptions& options) {
    if (options.files.empty()) fail(ErrorKind::usage, "a FILE is missing");
    if (options.files.size() > most_statements) {
        fail(ErrorKind::usage, fmt::format("at most {} files at once", most_statements));
    }
    if (options.keys.empty()) {
        fail(ErrorKind::usage, "--key is missing: without a key nothing can be verified (see `attest show`)");
    }
    if (options.keys.size() > most_signatures) fail(ErrorKind::usage, fmt::format("at most {} keys", most_signatures));
    const auto in_registries = std::count_if(options.files.begin(), options.files.end(), is_in_registry);
    if (in_registries > 0 && in_registries < std::ssize(options.files) && !options.threshold) {
        fail(ErrorKind::usage, "of files every one must say enough, of what lies in a registry one is enough: together "
                               "they need --threshold");
    }
    if (!options.image.empty() && options.digest) fail(ErrorKind::usage, "--image and --digest exclude each other");
    if (!options.open.all_platforms) return;
    if (options.open.platform) fail(ErrorKind::usage, "--platform and --all-platforms exclude each other");
    if (options.digest || (options.image.empty() && in_registries == 0)) {
        fail(ErrorKind::usage, "--all-platforms: of which image? --image or docker://NAME says it");
    }
}

/// The same key in two files is one key.
std::vector<PublicKey> read_keys(const std::vector<std::string>& sources, const Streams& streams) {
    std::vector<PublicKey> keys;
    for (const std::string& source : sources) {
        const std::string what = fmt::format("--key {}", printable_short(source));
        const AskPassphrase none = [&what]() -> std::string {
            fail(ErrorKind::usage, fmt::format("{}: an encrypted private key; give its public key", what));
        };
        std::string pem = read_secret_source("--key", source, streams);
        PublicKey key = PublicKey::read(pem, what, none);
        wipe(pem);
        const bool known = std::any_of(
            keys.begin(), keys.end(), [&](const PublicKey& other) { return other.fingerprint() == key.fingerprint(); });
        if (!known) keys.push_back(std::move(key));
    }
    return keys;
}

SoughtImage sought(const Image& image, const std::string& reference, const VerifyOptions& options) {
    SoughtImage result;
    if (image.platform) result.platform = image.platform->string();
    if (image.manifest) result.manifest = image.manifest->string();
    if (image.config) result.config = image.config->string();
    result.tree = [reference, open = options.open]() -> std::optional<std::string> {
        LoadOptions load;
        load.jobs = default_jobs();
        const std::string tree = canonical_digests(reference, open, load, {}).tree;
        return tree.empty() ? std::nullopt : std::optional(tree);
    };
    return result;
}

std::vector<SoughtImage> sought(const std::vector<Image>& images, const std::string& reference,
                                const VerifyOptions& options) {
    std::vector<SoughtImage> result;
    result.reserve(images.size());
    for (const Image& image : images) result.push_back(sought(image, reference, options));
    return result;
}

/// The manifests that statements in a registry may be attached to: the images', and of the index that led to them.
std::vector<Digest> subjects_of(const std::vector<Image>& images) {
    std::vector<Digest> subjects;
    subjects.reserve(images.size() + 1);
    for (const Image& image : images) subjects.push_back(image.manifest.value()); // a registry's images have one
    if (images.front().index) subjects.push_back(*images.front().index);
    return subjects;
}

/// Adds what lies beside the image in its registry and can be used, and lets the request mean that image.
void gather(const std::string& name, const VerifyOptions& options, CheckRequest& request,
            std::vector<SignedFile>& files, Streams& streams) {
    const Reference reference = parse_reference(name);
    const std::vector<Image> images = open_images(reference, options.open);
    if (request.images.empty()) request.images = sought(images, name, options);
    if (!request.threshold) request.threshold = 1;
    FoundStatements found = find_statements(reference.registry.value(), options.open.remote, subjects_of(images));
    std::size_t left = found.left_out;
    std::size_t usable = 0;
    for (SignedFile& file : found.files) {
        if (is_usable(file, request)) {
            files.push_back(std::move(file));
            ++usable;
        } else {
            ++left;
        }
    }
    if (usable == 0) {
        fail(ErrorKind::unverified, fmt::format("{}: none of {} beside it is signed by a key that counts",
                                                printable_short(name), counted(left, "statement")));
    }
    if (left > 0 && !options.quiet && !options.json) {
        streams.err(
            fmt::format("touchstone: {} beside {} left aside: unreadable, of another kind, or signed by no key that "
                        "counts\n",
                        counted(left, "statement"), printable_short(name)));
    }
}

} // namespace

int attest_verify(const Arguments& args, Streams& streams) {
    VerifyOptions options;
    CommandLine line(text);
    declare(line, options, streams);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    check_usage(options);
    CheckRequest request;
    request.keys = read_keys(options.keys, streams);
    if (options.threshold && *options.threshold > request.keys.size()) {
        fail(ErrorKind::usage, fmt::format("--threshold: {} keys cannot agree where {} are given", *options.threshold,
                                           request.keys.size()));
    }
    request.threshold = options.threshold;
    request.asked = options.asked;
    request.asked.now = now_in_seconds();
    if (!options.revoked.empty()) {
        request.revoked = parse_revoked(read_statement_file(options.revoked), printable(options.revoked));
    }
    if (options.digest) request.images = {SoughtImage{.manifest = options.digest->string()}};
    if (!options.image.empty()) {
        request.images = sought(open_images(parse_reference(options.image), options.open), options.image, options);
    }
    std::vector<SignedFile> files;
    for (const std::string& file : options.files) {
        if (is_in_registry(file)) {
            gather(file, options, request, files, streams);
        } else {
            std::vector<SignedFile> some = statements_in(file, read_statement_file(file));
            std::move(some.begin(), some.end(), std::back_inserter(files));
        }
        if (files.size() > most_statements) {
            fail(ErrorKind::over_limit, fmt::format("more than {} statements", most_statements));
        }
    }
    const Check check = check_statements(files, request);
    streams.out(options.json ? render_check_json(check) : render_check_text(check, options.quiet));
    return check.pass ? exit_status::met : exit_status::not_met;
}

} // namespace touchstone
