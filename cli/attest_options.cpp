// See attest_options.h.
#include "cli/attest_options.h"

#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "cli/key_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace touchstone {

namespace {

struct FormRow {
    std::string_view name;
    AttestForm form;
};
constexpr std::array<FormRow, 3> forms{{
    {"dsse", {EnvelopeForm::dsse, StatementPlace::referrer}},
    {"bundle", {EnvelopeForm::bundle, StatementPlace::referrer}},
    {"cosign-att", {EnvelopeForm::dsse, StatementPlace::cosign_tag}},
}};

AttestForm parse_form(const std::string& text) {
    for (const FormRow& row : forms) {
        if (row.name == text) return row.form;
    }
    fail(ErrorKind::usage,
         fmt::format("--attest-format: \"{}\" is not dsse, bundle or cosign-att", printable_short(text)));
}

constexpr std::string_view registry_transport = "docker://";

PredicateKind parse_kind(const std::string& text) {
    for (const PredicateRow& row : predicate_table()) {
        if (row.name == text) return row.kind;
    }
    fail(ErrorKind::usage,
         fmt::format("--attest-as: \"{}\" is not touchstone, vsa or test-result", printable_short(text)));
}

/// A file of that name can be had as ./docker:...
bool in_registry(const AttestOptions& options) {
    return options.file.starts_with(registry_transport);
}

RegistryName repository_of(const AttestOptions& options) {
    return parse_registry_name(std::string_view(options.file).substr(registry_transport.size()));
}

void check_place(const AttestOptions& options, const std::vector<Output>& outputs, bool force) {
    namespace fs = std::filesystem;
    if (in_registry(options)) return;
    if (options.form && options.form->place == StatementPlace::cosign_tag) {
        fail(ErrorKind::usage, "--attest-format cosign-att is a tag beside the image in its registry, and no form of a "
                               "file: --attest docker://NAME");
    }
    const fs::path path(options.file);
    for (const Output& output : outputs) {
        if (!output.file.empty() && fs::path(output.file).lexically_normal() == path.lexically_normal()) {
            fail(ErrorKind::usage, fmt::format("--attest: a report goes to {}, too", printable(options.file)));
        }
    }
    std::error_code error;
    const fs::file_status status = fs::symlink_status(path, error);
    // It appears by rename, which would put a file in the place of a device.
    if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_symlink(status)) {
        fail(ErrorKind::usage, fmt::format("--attest: {} is there and is not a regular file", printable(options.file)));
    }
    if (fs::exists(status) && !force) {
        fail(ErrorKind::usage, fmt::format("--attest: {} exists; --force replaces it", printable(options.file)));
    }
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (!fs::is_directory(parent, error)) {
        fail(ErrorKind::usage, fmt::format("--attest: {} is no directory", printable(parent.string())));
    }
}

} // namespace

void add_attest_options(CommandLine& line, AttestOptions& options) {
    line.option("--attest", "FILE",
                "write the verdict, also a bad one, as a signed statement to FILE, which appears whole, or "
                "(docker://NAME) attach it to the published image in that repository; needs --attest-key (`touchstone "
                "attest verify` reads it)",
                [&](const std::string& value) {
                    if (value.empty()) fail(ErrorKind::usage, "--attest: a file name is missing");
                    options.file = value;
                });
    line.option("--attest-key", "KEY",
                "the private key that signs: a PEM file (PKCS#8; ECDSA P-256 or Ed25519), or env:NAME that holds one",
                [&](const std::string& value) { options.key = value; });
    line.option("--attest-passphrase", "SOURCE",
                "env:NAME or file:PATH with the passphrase of an encrypted key (default: asked on the terminal)",
                [&](const std::string& value) { options.passphrase = value; });
    line.option("--attest-format", "FORM",
                "dsse, or bundle: Sigstore's, v0.3 (default dsse, in a registry bundle); cosign-att: in a registry, an "
                "envelope under cosign's older tag sha256-HEX.att",
                [&](const std::string& value) {
                    options.form = parse_form(value);
                    options.shaped = true;
                });
    line.option("--attest-as", "PREDICATE",
                "touchstone: all that the verdict rests on; vsa: SLSA's verification summary; test-result: in-toto's "
                "(default touchstone)",
                [&](const std::string& value) {
                    options.kind = parse_kind(value);
                    options.shaped = true;
                });
}

std::optional<PrivateKey> prepare_attestation(const AttestOptions& options, const std::vector<Output>& outputs,
                                              bool force, const Streams& streams) {
    if (options.file.empty()) {
        if (!options.key.empty() || !options.passphrase.empty() || options.shaped) {
            fail(ErrorKind::usage, "--attest-key and its like make no sense without --attest FILE");
        }
        return std::nullopt;
    }
    if (options.key.empty()) fail(ErrorKind::usage, "--attest: --attest-key is missing: nothing else says who signs");
    check_place(options, outputs, force);
    if (in_registry(options)) repository_of(options);
    const AskPassphrase ask = passphrase_from("--attest-passphrase", options.passphrase, streams);
    std::string pem = read_secret_source("--attest-key", options.key, streams);
    PrivateKey key = PrivateKey::read(pem, fmt::format("--attest-key {}", printable_short(options.key)), ask);
    wipe(pem);
    return key;
}

void check_attestation(const AttestOptions& options, const std::vector<const Image*>& published,
                       const RemoteOptions& remote) {
    if (options.file.empty()) return;
    if (published.empty()) {
        fail(ErrorKind::usage, "--attest: both sides have no platform in common, so that there is nothing to attest");
    }
    if (published.size() > most_statements) {
        fail(ErrorKind::usage, fmt::format("--attest: more than {} platforms", most_statements));
    }
    if (!in_registry(options)) return;
    const RegistryName repository = repository_of(options);
    std::vector<Digest> subjects;
    for (const Image* const image : published) {
        if (!image->manifest) {
            fail(ErrorKind::unsupported,
                 "--attest docker://: the published image has no manifest, so nothing can be attached to it");
        }
        const bool meant =
            !repository.digest || repository.digest == image->manifest || repository.digest == image->index;
        if (!meant) {
            fail(ErrorKind::unverified, fmt::format("--attest: the statement is about {}, not about {}",
                                                    image->manifest->string(), repository.digest->string()));
        }
        subjects.push_back(*image->manifest);
    }
    check_attachable(repository, remote, subjects);
}

std::string write_attestation(const AttestOptions& options, const PrivateKey& key, const AttestedRun& run,
                              const RemoteOptions& remote, bool force) {
    const AttestForm usual{in_registry(options) ? EnvelopeForm::bundle : EnvelopeForm::dsse, StatementPlace::referrer};
    const AttestForm form = options.form.value_or(usual);
    std::string lines; // of the file, or of what is said
    const std::vector<Statement> statements = make_statements(run, options.kind);
    for (std::size_t i = 0; i < statements.size(); ++i) {
        const Envelope envelope = sign_payload(render_statement(statements[i]), key);
        const std::string text = render_envelope(envelope, form.envelope, key.public_key().hint());
        if (!in_registry(options)) {
            lines += text;
            continue;
        }
        const std::string& manifest = run.report.comparisons[i].sides[0].manifest.value(); // see check_attestation
        const AttachedStatement attached =
            attach_statement(repository_of(options), remote, parse_digest(manifest),
                             {text, form.envelope, form.place, statements[i].predicate_type, run.time});
        lines += fmt::format(
            "touchstone: attached {} to {}{}\n", printable(attached.name), manifest,
            attached.listed == ReferrerSource::tag ? ", and listed by its tag: the registry keeps no list" : "");
    }
    if (in_registry(options)) return lines;
    write_file_whole(options.file, lines, force);
    return {};
}

} // namespace touchstone
