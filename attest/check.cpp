// See check.h.
#include "attest/check.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

std::string_view without_comment(std::string_view line) {
    return trimmed(line.substr(0, line.find('#')), line_end_blanks);
}

void revoke(Revoked& revoked, std::string_view line) {
    const std::size_t blank = line.find(' ');
    const std::string_view kind = line.substr(0, blank);
    if (blank == std::string_view::npos || (kind != "key" && kind != "statement")) {
        fail(ErrorKind::malformed, "expected \"key sha256:...\" or \"statement sha256:...\"");
    }
    const Digest digest = parse_digest(without_comment(line.substr(blank)));
    (kind == "key" ? revoked.keys : revoked.statements).insert(digest.string());
}

std::vector<std::string> signers_of(const Envelope& envelope, const CheckRequest& request, std::string_view what) {
    std::vector<std::string> valid;
    std::string gone;
    for (const std::size_t place : verify_envelope(envelope, request.keys, what)) {
        const std::string& key = request.keys[place].fingerprint();
        if (request.revoked.keys.contains(key)) {
            gone = key;
        } else {
            valid.push_back(key);
        }
    }
    if (valid.empty()) {
        fail(ErrorKind::unverified, fmt::format("{}: signed by a revoked key only: {}", what, gone));
    }
    return valid;
}

/// By what the sought image is the statement's subject; empty where it is not.
std::string match(const CheckedStatement& checked, const SoughtImage& image) {
    if (image.manifest && is_about(checked.statement, *image.manifest)) return "manifest";
    // Archives of docker have no manifest; another encoding of an image keeps its configuration, which names the layers
    // by their uncompressed bytes.
    if (image.config) {
        const bool same = is_about(checked.statement, *image.config) || checked.claim.config == image.config;
        return same ? "config" : "";
    }
    if (image.manifest || !image.tree || !checked.claim.tree) return {};
    return image.tree() == checked.claim.tree ? "tree" : "";
}

std::string subjects_text(const Statement& statement) {
    constexpr std::size_t shown = 3;
    std::string text;
    std::size_t count = 0;
    for (const StatementSubject& subject : statement.subjects) {
        for (const auto& [algorithm, value] : subject.digests) {
            if (++count > shown) return text + ", ...";
            text += (text.empty() ? "" : ", ") + printable_short(fmt::format("{}:{}", algorithm, value));
        }
    }
    return text;
}

std::optional<std::string> digest_in(const SoughtImage& image) {
    return image.manifest ? image.manifest : image.config;
}

std::string sought_text(const std::vector<SoughtImage>& images) {
    if (images.size() > 1) return fmt::format("one of {} platforms", images.size());
    return digest_in(images.front()).value_or("an image without a manifest, of other files");
}

CheckedStatement check_one(const SignedFile& file, const CheckRequest& request) {
    const std::string what = printable(file.name);
    const Envelope envelope = parse_envelope(file.content, what);
    CheckedStatement checked{.file = file.name, .digest = digest_of(as_bytes(envelope.payload)).string()};
    checked.keys = signers_of(envelope, request, what);
    if (request.revoked.statements.contains(checked.digest)) {
        fail(ErrorKind::unverified, fmt::format("{}: the statement was revoked: {}", what, checked.digest));
    }
    checked.statement = parse_statement(envelope.payload, what); // the very bytes whose signature holds
    checked.claim = read_claim(checked.statement, what);
    checked.shortfalls = shortfalls(checked.claim, request.asked);
    for (std::size_t i = 0; i < request.images.size(); ++i) {
        const std::string by = match(checked, request.images[i]);
        if (by.empty()) continue;
        checked.about.push_back(i);
        if (checked.matched.empty()) checked.matched = by;
    }
    if (!request.images.empty() && checked.about.empty()) {
        checked.shortfalls.push_back(fmt::format("it is about another image: {}, not {}",
                                                 subjects_text(checked.statement), sought_text(request.images)));
    }
    return checked;
}

/// So many distinct keys signed those that are about this image, or any.
std::size_t keys_of(const std::vector<const CheckedStatement*>& counted, std::optional<std::size_t> image) {
    std::set<std::string> keys;
    for (const CheckedStatement* const checked : counted) {
        const std::vector<std::size_t>& about = checked->about;
        const bool meant = !image || std::find(about.begin(), about.end(), *image) != about.end();
        if (meant) keys.insert(checked->keys.begin(), checked->keys.end());
    }
    return keys.size();
}

/// Where no image was named, statements add up only if they name one together.
void check_same_subject(const std::vector<const CheckedStatement*>& counted) {
    if (counted.empty()) return;
    const Statement& first = counted.front()->statement;
    const bool shared = std::any_of(first.subjects.begin(), first.subjects.end(), [&](const StatementSubject& subject) {
        return std::any_of(subject.digests.begin(), subject.digests.end(), [&](const auto& digest) {
            const std::string text = digest.first + ":" + digest.second;
            return std::all_of(counted.begin(), counted.end(),
                               [&](const CheckedStatement* other) { return is_about(other->statement, text); });
        });
    });
    if (!shared) {
        fail(ErrorKind::usage, "the statements are about different images: name the one that is meant with --image or "
                               "--digest, or all platforms of one with --image and --all-platforms");
    }
}

bool is_document(std::string_view text) {
    try {
        parse_json(text, "line", {.bytes = longest_envelope});
        return true;
    } catch (const Error&) {
        return false;
    }
}

} // namespace

std::vector<SignedFile> statements_in(const std::string& name, const std::string& content) {
    std::string_view rest = trimmed_end(content, any_blanks);
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos || !is_document(rest.substr(0, end))) return {{name, content}};
    std::vector<SignedFile> files;
    while (!rest.empty()) {
        if (files.size() == most_statements) {
            fail(ErrorKind::over_limit, fmt::format("{}: more than {} statements", printable(name), most_statements));
        }
        files.push_back({fmt::format("{}:{}", name, files.size() + 1), std::string(take_line(rest))});
    }
    return files;
}

Revoked parse_revoked(std::string_view text, std::string_view what) {
    Revoked revoked;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = without_comment(take_line(text));
        if (!line.empty()) within(fmt::format("{}: line {}", what, number), [&] { revoke(revoked, line); });
    }
    return revoked;
}

bool is_usable(const SignedFile& file, const CheckRequest& request) {
    try {
        check_one(file, request);
        return true;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::transient) throw;
        return false;
    }
}

Check check_statements(const std::vector<SignedFile>& files, const CheckRequest& request) {
    Check check;
    check.needed = request.threshold.value_or(1);
    check.every = !request.threshold;
    for (const SignedFile& file : files) check.statements.push_back(check_one(file, request));
    std::vector<const CheckedStatement*> counted;
    for (const CheckedStatement& checked : check.statements) {
        if (checked.shortfalls.empty()) counted.push_back(&checked);
    }
    if (request.images.empty()) check_same_subject(counted);
    for (std::size_t i = 0; i < request.images.size(); ++i) {
        const SoughtImage& image = request.images[i];
        check.images.push_back({image.platform, digest_in(image), keys_of(counted, i)});
    }
    check.agreeing = request.images.empty() ? keys_of(counted, std::nullopt) : check.images.front().agreeing;
    for (const CheckedImage& image : check.images) check.agreeing = std::min(check.agreeing, image.agreeing);
    check.pass = check.agreeing >= check.needed && (!check.every || counted.size() == check.statements.size());
    return check;
}

} // namespace touchstone
