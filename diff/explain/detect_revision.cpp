// Which source was built (V5) and by which run of a build service (V6). A commit's hash is never explained by its form:
// only a key that says "commit" or the images' own labels make it one, and never in what is obeyed.
#include "diff/explain/detect_rules.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::size_t shortest_commit = 7; ///< git abbreviates to at least that
constexpr std::size_t longest_commit = 40;

bool is_commit(std::string_view text) {
    return text.size() >= shortest_commit && text.size() <= longest_commit && all_of(text, is_hex_digit);
}

bool is_key_char(char c) {
    return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

/// The key right before a value: "vcs.revision" of "vcs.revision=", "commit" of ""commit": "". Lower case; empty if
/// none.
std::string key_before(std::string_view before) {
    std::size_t end = before.size();
    while (end > 0 && std::string_view(" \t:=\"'(@").find(before[end - 1]) != std::string_view::npos) --end;
    if (end == before.size()) return {};
    std::size_t begin = end;
    while (begin > 0 && is_key_char(before[begin - 1])) --begin;
    return ascii_lower(before.substr(begin, end - begin));
}

constexpr std::array<std::string_view, 29> commit_keys{
    "commit",       "commits",     "commitid",      "commit_id",    "commit-id",     "commithash",
    "commit_hash",  "commit-hash", "commitsha",     "commit_sha",   "revision",      "rev",
    "vcs.revision", "vcs-ref",     "vcs_ref",       "vcs.ref",      "gitcommit",     "git_commit",
    "git-commit",   "git_sha",     "gitsha",        "git_revision", "git_rev",       "githash",
    "git_hash",     "git-hash",    "git.commit.id", "build.commit", "sourcerevision"};

/// Names like "main.gitCommit" and "org.opencontainers.image.revision" end with a key.
bool is_commit_key(std::string_view key) {
    return std::any_of(commit_keys.begin(), commit_keys.end(), [&](std::string_view known) {
        return key.ends_with(known) && (key.size() == known.size() || !is_alnum(key[key.size() - known.size() - 1]));
    });
}

/// The commit, in full or abbreviated, that a label of this side's image names as its source.
bool is_labelled(const SideClues& side, std::string_view commit) {
    constexpr std::array<std::string_view, 2> keys{"org.opencontainers.image.revision", "org.label-schema.vcs-ref"};
    return std::any_of(side.labels.begin(), side.labels.end(), [&](const auto& label) {
        return std::find(keys.begin(), keys.end(), label.first) != keys.end() && is_commit(label.second) &&
               label.second.starts_with(commit);
    });
}

bool commit_hash(const Site& site, WordClaims& claims) {
    const auto word = word_around(site, is_alnum);
    if (!word) return false;
    bool labelled = true;
    bool keyed = true;
    for (std::size_t side : {0U, 1U}) {
        const std::string_view text = site.text(side, (*word)[side]);
        if (!is_commit(text)) return false;
        labelled = labelled && is_labelled(site.clue(side), text);
        keyed = keyed && is_commit_key(key_before(site.before(side, (*word)[side])));
    }
    if (!labelled && !keyed) return false;
    return claims.claim(*word, CauseId::source_revision,
                        labelled ? "each image's label names its own" : "commits, by the key before them");
}

bool is_describe_char(char c) {
    return is_alnum(c) || std::string_view(".-_+~").find(c) != std::string_view::npos;
}

/// Takes "-dirty" off; true when it was there.
bool take_dirty(std::string_view& text) {
    for (const std::string_view mark : {"-dirty", "+dirty", ".dirty"}) {
        if (!text.ends_with(mark)) continue;
        text.remove_suffix(mark.size());
        return true;
    }
    return false;
}

/// "v1.2-3-gabcdef0" of git describe, "v0.0.0-20260301100000-abcdef012345" of Go.
bool is_described(std::string_view text) {
    const std::size_t dash = text.rfind('-');
    if (dash == text.npos || dash < 3) return false;
    const std::string_view last = text.substr(dash + 1);
    const std::string_view head = text.substr(0, dash);
    if (last.starts_with('g') && is_commit(last.substr(1))) {
        const std::size_t count = head.rfind('-');
        return count != head.npos && all_of(head.substr(count + 1), is_digit);
    }
    constexpr std::size_t go_commit = 12;
    constexpr std::size_t go_time = 14;
    return last.size() == go_commit && is_commit(last) && head.size() > go_time &&
           all_of(head.substr(head.size() - go_time), is_digit);
}

bool starts_as_version(std::string_view text) {
    if (text.starts_with('v')) text.remove_prefix(1);
    return !text.empty() && is_digit(text.front());
}

bool description(const Site& site, WordClaims& claims) {
    const auto word = word_around(site, is_describe_char);
    if (!word) return false;
    bool told = false;
    for (std::size_t side : {0U, 1U}) {
        std::string_view text = site.text(side, (*word)[side]);
        const bool dirty = take_dirty(text);
        const bool described = is_described(text);
        told = told || dirty || described;
        if (!described && !starts_as_version(text) && !is_commit(text)) return false;
    }
    return told && claims.claim(*word, CauseId::source_revision, "as git describe names a state of the source");
}

bool is_value_char(char c) {
    return is_alnum(c) || std::string_view("-_.:+/").find(c) != std::string_view::npos;
}

/// "vcs.time=…", "vcs.modified=true": what Go writes of the commit.
bool commit_facts(const Site& site, WordClaims& claims) {
    auto word = word_around(site, is_value_char);
    if (!word) return false;
    for (std::size_t side : {0U, 1U}) {
        const std::string key = key_before(site.before(side, (*word)[side]));
        constexpr std::array<std::string_view, 8> keys{"vcs.time",   "vcs.modified", "committime",      "commit_time",
                                                       "commitdate", "commit_date",  "git.commit.time", "gittreestate"};
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) return false;
    }
    return claims.claim(*word, CauseId::source_revision, "a fact of the commit, by the key before it");
}

constexpr std::array<std::string_view, 13> service_prefixes{
    "github_",  "gitlab_",   "ci_",        "circle_",    "travis_",   "buildkite_", "drone_",
    "jenkins_", "teamcity_", "bitbucket_", "codebuild_", "appveyor_", "semaphore_"};
constexpr std::array<std::string_view, 18> service_keys{
    "build_id",   "buildid",  "build_number", "buildnumber", "build_url",    "buildurl",
    "build_tag",  "job_name", "job_id",       "job_url",     "run_id",       "runid",
    "run_number", "run_url",  "run_attempt",  "pipeline_id", "pipeline_url", "build-id"};

bool is_service_key(std::string_view key) {
    // Tokens are secrets, and files and paths of a service steer its steps.
    for (const std::string_view no :
         {"token", "secret", "password", "key", "path", "cred", "env", "workspace", "dir"}) {
        if (key.find(no) != key.npos) return false;
    }
    if (std::find(service_keys.begin(), service_keys.end(), key) != service_keys.end()) return true;
    return std::any_of(service_prefixes.begin(), service_prefixes.end(),
                       [&](std::string_view prefix) { return key.starts_with(prefix); });
}

std::string_view host_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == url.npos) return {};
    return url.substr(0, std::min(url.find('/', scheme + 3), url.size()));
}

bool is_run_value_char(char c) {
    return is_value_char(c) || std::string_view("@%#?&~").find(c) != std::string_view::npos;
}

/// "…/actions/runs/123": a page of a run.
bool is_run_page(std::string_view url) {
    constexpr std::array<std::string_view, 6> pages{"/actions/runs/", "/-/jobs/", "/-/pipelines/",
                                                    "/job/",          "/builds/", "/workflows/"};
    return std::any_of(pages.begin(), pages.end(), [&](std::string_view page) { return url.find(page) != url.npos; });
}

/// `url` with every number made one.
std::string without_numbers(std::string_view url) {
    std::string result;
    for (std::size_t i = 0; i < url.size(); ++i) {
        if (!is_digit(url[i])) {
            result += url[i];
        } else if (i == 0 || !is_digit(url[i - 1])) {
            result += '0';
        }
    }
    return result;
}

} // namespace

bool source_revision(const Site& site, WordClaims& claims) {
    if (site.leaf.text && is_obeyed(site)) return false;
    return commit_hash(site, claims) || commit_facts(site, claims) || description(site, claims);
}

bool ci_injection(const Site& site, WordClaims& claims) {
    if (!site.leaf.text || is_obeyed(site)) return false;
    const auto word = word_around(site, is_run_value_char);
    if (!word) return false;
    const std::string_view a = site.text(0, (*word)[0]);
    const std::string_view b = site.text(1, (*word)[1]);
    if (host_of(a) != host_of(b)) return false;
    const std::string key = key_before(site.before(0, (*word)[0]));
    if (is_service_key(key) && key == key_before(site.before(1, (*word)[1]))) {
        return claims.claim(*word, CauseId::ci_injection, "a variable of a build service");
    }
    const bool pages = is_run_page(a) && is_run_page(b) && !host_of(a).empty();
    if (!pages || without_numbers(a) != without_numbers(b)) return false;
    return claims.claim(*word, CauseId::ci_injection, "the page of a run of a build service");
}

} // namespace touchstone
