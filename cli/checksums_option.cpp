// The lists come first: a mistake in one shows before an image is read. What is verified is what is parsed: the bytes
// of a list are read once.
#include "cli/checksums_option.h"

#include "attest/checksum_signature.h"
#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "cli/key_source.h"
#include "cli/progress_line.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

namespace touchstone {

namespace {

std::string read_small(const std::string& path, std::uint64_t limit) {
    const std::shared_ptr<const File> file = open_file(path);
    FileRange range(file, 0, file->size());
    return read_all(range, limit, file->name());
}

/// What SQLite has written and not yet put into its file is no part of the list.
void check_sqlite_log(const std::string& path, std::string_view bytes) {
    if (!bytes.starts_with("SQLite format 3")) return;
    std::error_code error;
    const std::string log = path + "-wal";
    const std::uintmax_t size = std::filesystem::file_size(log, error);
    if (error || size == 0) return;
    fail(ErrorKind::unsupported,
         fmt::format("{}: {} holds changes that are not in it yet; `sqlite3 FILE 'PRAGMA wal_checkpoint'` moves them",
                     printable(path), printable(log)));
}

std::optional<PublicKey> read_key(const ChecksumsOptions& options, const Streams& streams) {
    if (options.key.empty()) return std::nullopt;
    const AskPassphrase nobody = []() -> std::string {
        fail(ErrorKind::usage, "--checksums-key: an encrypted private key; give the public one");
    };
    return PublicKey::read(read_secret_source("--checksums-key", options.key, streams),
                           fmt::format("--checksums-key {}", printable_short(options.key)), nobody);
}

ChecksumList read_list(const std::string& path, const ChecksumsOptions& options, const std::optional<PublicKey>& key) {
    const std::string bytes = read_small(path, checksum_list_limit);
    if (key) {
        const std::string signature = options.signature.empty() ? path + ".sig" : options.signature;
        check_list_signature(bytes, read_small(signature, checksum_signature_limit), *key, printable(signature),
                             printable_short(options.key));
    }
    check_sqlite_log(path, bytes);
    ChecksumList list = read_checksum_list(bytes, printable(path));
    if (key) list.signer = key->fingerprint();
    return list;
}

ChecksumCheck check_with_progress(const Image& image, std::vector<ChecksumList> lists, const ChecksumRules& rules,
                                  LoadOptions load, bool quiet, Streams& streams) {
    Progress progress;
    load.progress = &progress;
    const ProgressLine shown(progress, streams, quiet);
    return check_image(image, std::move(lists), rules, load);
}

} // namespace

void add_checksums_options(CommandLine& line, ChecksumsOptions& options) {
    line.repeatable("--checksums", "FILE",
                    "are the files those of this list (sha256sum and its like, mtree, md5sums, SPDX, CycloneDX, a "
                    "database of apk or rpm)? may be repeated",
                    [&](const std::string& value) { options.lists.push_back(value); });
    line.option("--checksums-key", "PUB",
                "the public key (ECDSA P-256 or Ed25519; PEM or a line of OpenSSH's, or env:NAME) that must have "
                "signed each list",
                [&](const std::string& value) { options.key = value; });
    line.option("--checksums-signature", "FILE",
                "the signature of the list: detached, raw or in base64 (default: the name of the list with .sig)",
                [&](const std::string& value) { options.signature = value; });
    line.flag("--ignore-missing", options.ignore_missing, "with --checksums: what is listed may be missing");
    line.flag("--complete", options.complete, "with --checksums: a regular file that is in no list fails, too");
}

void check_checksums(const ChecksumsOptions& options, bool recognition, const OpenOptions& open) {
    if (!options.wanted()) {
        if (!options.key.empty() || !options.signature.empty() || options.ignore_missing || options.complete) {
            fail(ErrorKind::usage,
                 "--checksums-key, --checksums-signature, --ignore-missing and --complete need --checksums");
        }
        return;
    }
    if (recognition) fail(ErrorKind::usage, "--checksums does not go with --record, --ledger or --require");
    if (open.all_platforms) {
        fail(ErrorKind::usage, "a list is of the files of one platform: --all-platforms does not go with --checksums");
    }
    if (!options.signature.empty() && options.key.empty()) {
        fail(ErrorKind::usage, "--checksums-signature needs --checksums-key: a signature says nothing without a key");
    }
    if (!options.signature.empty() && options.lists.size() > 1) {
        fail(ErrorKind::usage, "--checksums-signature is of one list; of several, each is signed in LIST.sig");
    }
}

bool compare_checksums(const std::string& reference, const ChecksumsOptions& options, const OpenOptions& open,
                       LoadOptions load, const ChecksumsShown& shown, Streams& streams) {
    const std::optional<PublicKey> key = read_key(options, streams);
    std::vector<ChecksumList> lists;
    for (const std::string& path : options.lists) lists.push_back(read_list(path, options, key));
    const ChecksumRules rules{.ignore_missing = options.ignore_missing, .complete = options.complete, .all = shown.all};
    const std::vector<Image> images = open_images(parse_reference(reference), open);
    const ChecksumCheck check =
        check_with_progress(images.front(), std::move(lists), rules, std::move(load), shown.quiet, streams);
    if (!shown.quiet) {
        streams.out(shown.json ? render_checksums_json(check) : render_checksums_text(check, shown.color));
    }
    return check.pass;
}

} // namespace touchstone
