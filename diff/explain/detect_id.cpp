// Identifiers that were made by chance: random ids (R1), memory addresses (R5), process ids (R6). A hex string says
// nothing of itself: it is an id only where the words beside it say so, since it could be the digest of something else.
#include "diff/explain/detect_rules.h"

#include "base/text.h"

#include "diff/explain/detect_subject.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

bool is_id_char(char c) {
    return is_alnum(c) || c == '-';
}

constexpr std::size_t uuid_size = 36;

/// The version digit of "8-4-4-4-12" with the variant of RFC 9562; 0 when the text is none.
char uuid_version(std::string_view text) {
    if (text.size() != uuid_size) return 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex_digit(text[i])) return 0;
    }
    return std::string_view("89abAB").find(text[19]) == std::string_view::npos ? '\0' : text[14];
}

/// Versions 3 and 5 are digests of a name, so two of them are two names.
bool are_random_uuids(std::string_view a, std::string_view b) {
    const char version = uuid_version(a);
    return version == uuid_version(b) && (version == '1' || version == '4' || version == '6' || version == '7');
}

/// The milliseconds in the first ten characters of a ULID; nothing when it is none.
std::optional<std::int64_t> ulid_seconds(std::string_view text) {
    constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    constexpr std::size_t ulid_size = 26;
    constexpr std::size_t time_size = 10;
    if (text.size() != ulid_size || text[0] > '7') return std::nullopt;
    std::int64_t milliseconds = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t value = alphabet.find(text[i]);
        if (value == alphabet.npos) return std::nullopt;
        if (i < time_size) milliseconds = milliseconds * 32 + static_cast<std::int64_t>(value);
    }
    return milliseconds / 1000;
}

/// As many different digits as chance gives with near certainty, and letters with numbers.
bool is_random_hex(std::string_view text) {
    struct Length {
        std::size_t digits;
        int different;
    };
    // Half a chance in a thousand of fewer, by counting; "deadbeefdeadbeef" and padded numbers have fewer.
    constexpr std::array<Length, 3> lengths{{{16, 7}, {32, 10}, {64, 13}}};
    const auto length =
        std::find_if(lengths.begin(), lengths.end(), [&](const Length& l) { return l.digits == text.size(); });
    if (length == lengths.end() || !all_of(text, is_hex_digit) || all_of(text, is_digit)) return false;
    std::array<bool, 256> seen{};
    int different = 0;
    for (const char c : text) {
        bool& once = seen.at(static_cast<unsigned char>(ascii_lower(c)));
        different += once ? 0 : 1;
        once = true;
    }
    const auto mixed = [&](bool (*is)(char)) { return std::any_of(text.begin(), text.end(), is); };
    const bool one_case = !mixed(is_upper) || !mixed([](char c) { return is_letter(c) && !is_upper(c); });
    return different >= length->different && one_case;
}

/// What is written here names content: another value is other content, not another throw of the dice.
bool names_content(std::string_view line) {
    return mentions(line,
                    {"sha",      "sha1", "sha224",    "sha256", "sha384",   "sha512", "md5",  "md5sum", "digest",
                     "checksum", "hash", "integrity", "commit", "revision", "rev",    "ref",  "tree",   "fingerprint",
                     "pin",      "crc",  "etag",      "blake",  "sum",      "image",  "layer"});
}

/// Values that grant access, and so are no mere ids.
bool names_secret(std::string_view line) {
    return mentions(line,
                    {"password", "passwd", "pass", "pwd", "secret", "token", "key", "apikey", "api_key", "credential",
                     "credentials", "auth", "salt", "cookie", "private", "signature", "jwt", "bearer", "passphrase"});
}

bool names_id(std::string_view line) {
    return mentions(line, {"id",         "ids",        "uid",       "uuid",           "guid",
                           "machine-id", "machineid",  "instance",  "instanceid",     "seed",
                           "nonce",      "session",    "sessionid", "run_id",         "runid",
                           "random",     "documentid", "serial",    "buildid",        "clusterid",
                           "nodeid",     "deviceid",   "installid", "installationid", "clientid"});
}

/// "etc/machine-id", "var/lib/x/uuid": the file is the id.
bool is_id_file(const Site& site) {
    const std::string name = ascii_lower(last_component(site.leaf.subject.name));
    return names_id(name) && !names_secret(name) && !names_content(name) && site.window[0].offset == 0 &&
           site.window[1].offset == 0;
}

/// Hex digits inside a longer name that a tool made: "ComposerAutoloaderInit<md5>".
bool is_after_known_name(std::string_view before) {
    return before.ends_with("ComposerAutoloaderInit") || before.ends_with("ComposerStaticInit");
}

/// The line until the token, cut to what is likely about it.
std::string_view close_before(const Site& site, std::size_t side, const Span& span) {
    constexpr std::size_t near = 48;
    const std::string_view before = site.before(side, span);
    return before.substr(before.size() - std::min(before.size(), near));
}

bool random_hex(const Site& site, WordClaims& claims) {
    const auto word = word_around(site, is_hex_digit);
    if (!word) return false;
    for (std::size_t side : {0U, 1U}) {
        const Span& span = (*word)[side];
        const std::string_view before = site.before(side, span);
        const std::string_view after = site.after(side, span);
        if (!is_random_hex(site.text(side, span))) return false;
        const bool known = is_after_known_name(before);
        if (!known && !before.empty() && (is_alnum(before.back()) || before.back() == '@')) return false;
        if (!after.empty() && is_alnum(after.front())) return false;
        const std::string_view line = close_before(site, side, span);
        if (names_content(line) || names_secret(before)) return false;
        if (!known && !names_id(line) && !is_id_file(site)) return false;
    }
    if ((*word)[0].size != (*word)[1].size || is_obeyed(site)) return false;
    return claims.claim(*word, CauseId::random_id, "random hex digits where the words beside say that it is an id");
}

bool is_pointer_text(std::string_view text, bool arm) {
    // User space of Linux: 47 bits on x86-64 (code at 0x55…, 0x56…; libraries and stacks at 0x7f…), 48 on arm64.
    constexpr std::size_t size = 14; // "0x" and twelve digits
    if (text.size() != size || !text.starts_with("0x") || !all_of(text.substr(2), is_hex_digit)) return false;
    const std::string top = ascii_lower(text.substr(2, 2));
    return top == "7f" || top == "7e" || top == "55" || top == "56" || (arm && (top == "ff" || top == "aa"));
}

bool is_process_id(std::string_view text) {
    constexpr std::int64_t highest = 4'194'304; // PID_MAX_LIMIT of Linux
    const auto number = whole_number(text);
    return number && *number > 0 && *number <= highest && text[0] != '0';
}

/// "pid 123", "PID: 123", "pid=123": nothing but signs between the word and the number.
bool is_after_pid(std::string_view before) {
    std::size_t end = before.size();
    while (end > 0 && std::string_view(" \t:=#\"'([").find(before[end - 1]) != std::string_view::npos) --end;
    const std::string word =
        ascii_lower(before.substr(end - std::min<std::size_t>(end, 8), std::min<std::size_t>(end, 8)));
    const std::size_t size = word.ends_with("ppid") ? 4 : word.ends_with("pid") ? 3 : 0;
    return size > 0 && (word.size() == size || !is_alnum(word[word.size() - size - 1])) && end < before.size();
}

/// The number is all that a lock or pid file has.
bool is_pid_file(const Site& site, std::size_t side, const Span& span) {
    const std::string name = ascii_lower(last_component(site.leaf.subject.name));
    const bool named =
        name.ends_with(".pid") || name.ends_with(".lock") || name.ends_with(".lck") || name == "lock" || name == "pid";
    std::string_view all = as_text(site.leaf.subject.bytes.at(side));
    if (all.ends_with('\n')) all.remove_suffix(1);
    const std::size_t text = all.find_first_not_of(' '); // HDB UUCP locks are padded to ten
    return named && text == span.offset && all.size() == span.end();
}

} // namespace

bool random_id(const Site& site, WordClaims& claims) {
    if (!site.leaf.text || is_obeyed(site)) return false;
    const auto word = word_around(site, is_id_char);
    if (!word) return random_hex(site, claims);
    const std::string_view a = site.text(0, (*word)[0]);
    const std::string_view b = site.text(1, (*word)[1]);
    const bool secret = names_secret(site.before(0, (*word)[0])) || names_secret(site.before(1, (*word)[1]));
    if (secret) return false;
    if (are_random_uuids(a, b)) return claims.claim(*word, CauseId::random_id, "UUIDs of one random version");
    const auto published = ulid_seconds(a);
    const auto rebuilt = ulid_seconds(b);
    if (published && rebuilt && site.clues.plausible_times(*published, *rebuilt)) {
        return claims.claim(*word, CauseId::random_id, "ULIDs; their times fit the clocks of their builds");
    }
    return random_hex(site, claims);
}

bool pointer(const Site& site, WordClaims& claims) {
    if (!site.leaf.text || is_obeyed(site)) return false;
    const auto word = word_around(site, is_alnum);
    if (!word) return false;
    for (std::size_t side : {0U, 1U}) {
        const bool arm = site.clue(side).architecture == "arm64";
        if (!is_pointer_text(site.text(side, (*word)[side]), arm)) return false;
    }
    return claims.claim(*word, CauseId::pointer, "addresses of user space on both sides");
}

bool process_id(const Site& site, WordClaims& claims) {
    if (!site.leaf.text || is_obeyed(site)) return false;
    const auto word = word_around(site, is_digit);
    if (!word) return false;
    for (std::size_t side : {0U, 1U}) {
        const Span& span = (*word)[side];
        const std::string_view after = site.after(side, span);
        if (!is_process_id(site.text(side, span))) return false;
        if (!after.empty() && (is_alnum(after.front()) || after.front() == '.')) return false;
        if (!is_after_pid(site.before(side, span)) && !is_pid_file(site, side, span)) return false;
    }
    return claims.claim(*word, CauseId::process_id, "small numbers beside the word pid, or alone in a lock file");
}

} // namespace touchstone
