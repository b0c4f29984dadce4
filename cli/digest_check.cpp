// Lines of one image stand together, so only the last image's digests are kept.
#include "cli/digest_check.h"

#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "base/text.h"
#include "cli/digests.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace touchstone {

namespace {

/// A line per layer, and images have at most some hundred: this is room for thousands of images.
constexpr std::uint64_t list_limit = std::uint64_t{64} << 20;
constexpr std::string_view plain_digest = "sha256:";
constexpr std::string_view separator = "  ";

[[noreturn]] void fail_line(std::size_t number, std::string_view expected) {
    fail(ErrorKind::malformed, fmt::format("line {}: expected {}", number, expected));
}

/// "mtime=…,owner=…" of an id; the default profile when there is nothing.
Profile parse_profile(std::string_view text, std::size_t number) {
    constexpr std::string_view mtime = "mtime=";
    constexpr std::string_view owner = ",owner=";
    if (text.empty()) return {};
    const std::size_t at = text.find(owner);
    if (!text.starts_with(mtime) || at == std::string_view::npos)
        fail_line(number, "a profile mtime=...,owner=... in the id");
    return {parse_mtime_policy(text.substr(mtime.size(), at - mtime.size())),
            parse_owner_policy(text.substr(at + owner.size()))};
}

/// Checks the id against what it is said to be of, and takes the profile out of it.
void read_id(DigestLine& line, std::size_t number) {
    const std::string_view id = line.id;
    if (line.what == "image") {
        static_cast<void>(parse_digest(id));
        return;
    }
    const std::string_view form = line.what == "tree" ? "crf1:" : "clf1:";
    const std::size_t digest = id.rfind(plain_digest);
    if (!id.starts_with(form) || digest == std::string_view::npos || digest < form.size()) {
        fail_line(number, fmt::format("an id {}sha256:... for `{}`", form, line.what));
    }
    static_cast<void>(parse_digest(id.substr(digest)));
    std::string_view profile = id.substr(form.size(), digest - form.size());
    if (profile.ends_with(':')) profile.remove_suffix(1);
    line.profile = parse_profile(profile, number);
    line.has_profile = true;
}

/// Where " tree", " image" or " layer N" begins at the end of `text`; npos when there is none.
std::size_t suffix_of(std::string_view text) {
    for (const std::string_view what : {" tree", " image"}) {
        if (text.ends_with(what)) return text.size() - what.size();
    }
    constexpr std::string_view layer = " layer ";
    const std::size_t at = text.rfind(layer);
    if (at == std::string_view::npos) return at;
    const std::string_view digits = text.substr(at + layer.size());
    const bool number = consists_of(digits, decimal_digits);
    return number ? at : std::string_view::npos;
}

DigestLine parse_line(std::string_view text, std::size_t number) {
    const std::size_t gap = text.find(separator);
    if (gap == std::string_view::npos) fail_line(number, "ID, two blanks, a reference, and what of it");
    const std::string_view rest = text.substr(gap + separator.size());
    const std::size_t suffix = suffix_of(rest);
    if (suffix == std::string_view::npos || suffix == 0)
        fail_line(number, "a reference with `layer N`, `tree` or `image` behind it");
    DigestLine line;
    line.id = text.substr(0, gap);
    line.reference = rest.substr(0, suffix);
    line.what = rest.substr(suffix + 1);
    within(fmt::format("line {}", number), [&] { read_id(line, number); });
    return line;
}

std::string read_list(const std::string& path) {
    if (path == "-") {
        DescriptorSource input(STDIN_FILENO);
        return read_all(input, list_limit, "standard input");
    }
    const std::shared_ptr<const File> file = open_file(path);
    FileRange range(file, 0, file->size());
    return read_all(range, list_limit, file->name());
}

/// The id that `line` should have; empty when the image has no such part.
std::string recomputed(const DigestLine& line, const CanonicalDigests& digests) {
    if (line.what == "tree") return digests.tree;
    if (line.what == "image") return digests.image;
    const std::string_view digits = std::string_view(line.what).substr(std::string_view("layer ").size());
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    return error == std::errc() && index < digests.layers.size() ? digests.layers[index] : std::string();
}

/// Nothing when the image cannot be read or verified; standard error says why.
std::optional<CanonicalDigests> digests_or_trouble(const DigestLine& line, const OpenOptions& open,
                                                   const LoadOptions& load, Streams& streams) {
    try {
        return canonical_digests(line.reference, open, load, line.profile);
    } catch (const Error& error) {
        streams.err(fmt::format("touchstone: {}\n", error.what()));
        return std::nullopt;
    }
}

std::string_view words_of(CheckResult result) {
    switch (result) {
    case CheckResult::holds:
        return "OK";
    case CheckResult::fails:
        return "FAILED";
    case CheckResult::trouble:
        break;
    }
    return "FAILED open or read";
}

/// The default profile may be spelled out in an id; both spellings name the same form.
bool same_id(const DigestLine& line, const std::string& found) {
    if (!line.has_profile || found.empty()) return line.id == found;
    return line.id.substr(line.id.rfind(plain_digest)) == found.substr(found.rfind(plain_digest));
}

} // namespace

std::vector<DigestLine> parse_digest_lines(std::string_view text, const Profile& otherwise) {
    std::vector<DigestLine> lines;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = take_line(text);
        if (line.empty()) continue;
        DigestLine parsed = parse_line(line, number);
        if (!parsed.has_profile) {
            const bool continues = !lines.empty() && lines.back().reference == parsed.reference;
            parsed.profile = continues ? lines.back().profile : otherwise;
        }
        lines.push_back(std::move(parsed));
    }
    return lines;
}

CheckResult check_digests(const std::string& file, const OpenOptions& open, const LoadOptions& load,
                          const Profile& profile, bool quiet, Streams& streams) {
    const std::string text = read_list(file);
    const std::vector<DigestLine> lines = within(printable(file), [&] { return parse_digest_lines(text, profile); });
    if (lines.empty()) fail(ErrorKind::malformed, printable(file) + ": has no digest lines");
    CheckResult worst = CheckResult::holds;
    std::optional<CanonicalDigests> digests;
    const DigestLine* last = nullptr;
    for (const DigestLine& line : lines) {
        if (last == nullptr || last->reference != line.reference || last->profile != line.profile)
            digests = digests_or_trouble(line, open, load, streams);
        last = &line;
        const CheckResult result = !digests                                    ? CheckResult::trouble
                                   : same_id(line, recomputed(line, *digests)) ? CheckResult::holds
                                                                               : CheckResult::fails;
        worst = std::max(worst, result);
        if (result == CheckResult::holds && quiet) continue;
        streams.out(fmt::format("{} {}: {}\n", line.reference, line.what, words_of(result)));
    }
    return worst;
}

} // namespace touchstone
