// See select.h.
#include "image/select.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace touchstone {

namespace {

std::string describe(const Candidate& candidate) {
    const std::string platform = candidate.platform ? printable_short(candidate.platform->string()) : "no platform";
    return fmt::format("{}  {}", platform, candidate.label);
}

std::string list_of(const std::vector<Candidate>& candidates, const std::vector<std::size_t>& which) {
    std::vector<std::string> lines;
    lines.reserve(which.size());
    for (const std::size_t index : which) lines.push_back(describe(candidates[index]));
    return bullet_list(lines);
}

std::vector<std::size_t> all_of(const std::vector<Candidate>& candidates) {
    std::vector<std::size_t> which(candidates.size());
    for (std::size_t i = 0; i < which.size(); ++i) which[i] = i;
    return which;
}

bool same_platform(const Candidate& first, const Candidate& second) {
    if (!first.platform || !second.platform) return !first.platform && !second.platform;
    return matches(*first.platform, *second.platform);
}

std::vector<std::size_t> one_per_platform(const std::vector<Candidate>& candidates) {
    if (candidates.size() > platform_limit) {
        fail(ErrorKind::over_limit,
             fmt::format("{} images, the limit of --all-platforms is {}", candidates.size(), platform_limit));
    }
    std::vector<std::size_t> which = all_of(candidates);
    std::stable_sort(which.begin(), which.end(),
                     [&](std::size_t a, std::size_t b) { return candidates[a].platform < candidates[b].platform; });
    for (std::size_t i = 0; i < which.size(); ++i) {
        for (std::size_t j = i + 1; j < which.size(); ++j) {
            if (!same_platform(candidates[which[i]], candidates[which[j]])) continue;
            fail(ErrorKind::usage, fmt::format("several images for one platform; name one of:{}",
                                               list_of(candidates, {which[i], which[j]})));
        }
    }
    return which;
}

constexpr std::size_t listed = 50; // lines of a list in a message

} // namespace

std::string bullet_list(const std::vector<std::string>& lines) {
    std::string text;
    for (std::size_t i = 0; i < std::min(lines.size(), listed); ++i) text += "\n  " + lines[i];
    if (lines.size() > listed) text += fmt::format("\n  and {} more", lines.size() - listed);
    return text;
}

std::vector<std::size_t> choose(const std::vector<Candidate>& candidates, const OpenOptions& options) {
    if (candidates.empty()) fail(ErrorKind::usage, "there is no image in it");
    if (options.all_platforms) return one_per_platform(candidates);
    if (!options.platform && candidates.size() == 1) return {0};

    const Platform wanted = options.platform.value_or(host_platform());
    std::vector<std::size_t> hits;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (candidates[i].platform && matches(wanted, *candidates[i].platform)) hits.push_back(i);
    }
    if (hits.size() == 1) return hits;
    const std::string name = printable_short(wanted.string());
    if (hits.empty()) {
        fail(ErrorKind::usage, fmt::format("no image for {}; choose with --platform (or --all-platforms) from:{}", name,
                                           list_of(candidates, all_of(candidates))));
    }
    fail(ErrorKind::usage, fmt::format("several images for {}; name one of:{}", name, list_of(candidates, hits)));
}

Selector parse_selector(std::string_view text) {
    Selector selector;
    const std::size_t at = text.rfind('@');
    if (at != std::string_view::npos) {
        const std::string_view rest = text.substr(at + 1);
        if (consists_of(rest, decimal_digits)) {
            std::size_t index = 0;
            const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
            if (error != std::errc() || at != 0) {
                fail(ErrorKind::usage,
                     fmt::format("`{}` selects no image: @N stands alone and counts from 0", printable_short(text)));
            }
            selector.index = index;
            return selector;
        }
        if (rest.find(':') != std::string_view::npos) {
            selector.digest = within(fmt::format("the digest in `{}`", printable_short(text)), [&] {
                try {
                    return parse_digest(rest);
                } catch (const Error& error) {
                    fail(ErrorKind::usage, error.what());
                }
            });
            text = text.substr(0, at);
        }
    }
    selector.name = text;
    return selector;
}

std::string full_name(std::string_view name) {
    const std::size_t slash = name.find('/');
    const std::string_view first = name.substr(0, slash == std::string_view::npos ? 0 : slash);
    const bool has_host = first.find_first_of(".:") != std::string_view::npos || first == "localhost";
    std::string full;
    if (!has_host) full = slash == std::string_view::npos ? "docker.io/library/" : "docker.io/";
    if (first == "index.docker.io") { // the old spelling of the same host
        full = "docker.io";
        name.remove_prefix(first.size());
    }
    full += name;
    const std::size_t last_slash = full.rfind('/');
    if (full.find(':', last_slash) == std::string::npos) full += ":latest";
    return full;
}

} // namespace touchstone
