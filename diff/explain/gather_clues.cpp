// Nothing here is evidence of what an image holds: the config may say what it likes. Clues only narrow what a token in
// two files may be called, and a cause that they allow still has to cover every differing byte.
#include "diff/explain/gather_clues.h"

#include "base/rfc3339.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace touchstone {

namespace {

/// Times of files that are looked up exactly; what is beyond that says nothing that the window does not.
constexpr std::size_t mtime_limit = 10'000;
constexpr std::size_t user_limit = 10'000;
/// Debian's, Alpine's and systemd's machines have short names; a config may hold megabytes.
constexpr std::size_t word_limit = 4096;

const Json* at_path(const Json& root, std::initializer_list<std::string_view> keys) {
    const Json* value = &root;
    for (const std::string_view key : keys) {
        value = value->find(key);
        if (value == nullptr) return nullptr;
    }
    return value;
}

std::string text_at(const Json& root, std::initializer_list<std::string_view> keys) {
    const Json* const value = at_path(root, keys);
    if (value == nullptr || !value->is(Json::Kind::string) || value->as_string().size() > word_limit) return {};
    return value->as_string();
}

/// What is 1970, or the SOURCE_DATE_EPOCH of a reproducible build's choice, says nothing of when it was built.
std::optional<std::int64_t> known_time(std::string_view text) {
    const auto seconds = parse_rfc3339(text);
    constexpr std::int64_t first_year =
        366LL * 86400; // builders that mean "no time" write 0, 1 or 1980 - see newest_mtime
    return seconds && *seconds > first_year ? seconds : std::nullopt;
}

void add_host(SideClues& clues, const std::string& name) {
    constexpr std::size_t shortest = 3; // "a" and "db" are in every text
    if (name.size() >= shortest && name != "localhost") clues.host_names.insert(name);
    const bool is_id = name.size() == 64 && consists_of(name, lower_hex_digits);
    if (is_id) clues.host_names.insert(name.substr(0, 12));
}

void add_environment(SideClues& clues, const Json& config) {
    const Json* const list = at_path(config, {"config", "Env"});
    if (list == nullptr || !list->is(Json::Kind::array)) return;
    for (const Json& item : list->items()) {
        if (!item.is(Json::Kind::string)) continue;
        const std::string& text = item.as_string();
        const std::size_t equals = text.find('=');
        if (equals != std::string::npos)
            clues.environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
}

void add_labels(SideClues& clues, const Json& config) {
    const Json* const labels = at_path(config, {"config", "Labels"});
    if (labels == nullptr || !labels->is(Json::Kind::object)) return;
    for (const auto& [key, value] : labels->members()) {
        if (value.is(Json::Kind::string)) clues.labels.emplace_back(key, value.as_string());
    }
}

void add_config(SideClues& clues, const Image& image) {
    const Json& config = image.config_json;
    clues.created = known_time(text_at(config, {"created"}));
    for (const HistoryEntry& line : image.history) {
        const auto time = known_time(line.created);
        if (time && (!clues.created || *time > *clues.created)) clues.created = time;
    }
    clues.architecture = text_at(config, {"architecture"});
    add_host(clues, text_at(config, {"config", "Hostname"}));
    add_host(clues, text_at(config, {"container_config", "Hostname"}));
    add_host(clues, text_at(config, {"container"}));
    add_environment(clues, config);
    add_labels(clues, config);
    for (const auto* const pairs : {&clues.environment, &clues.labels}) {
        for (const auto& [key, value] : *pairs) {
            std::int64_t seconds = 0;
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
            const bool whole = error == std::errc() && end == value.data() + value.size();
            if (key == "SOURCE_DATE_EPOCH" && whole && seconds > 0) clues.source_date_epoch = seconds;
        }
    }
}

void add_times(SideClues& clues, const Tree& tree) {
    clues.oldest_mtime = std::numeric_limits<std::int64_t>::max();
    for (const Inode& inode : tree.inodes) {
        if (inode.meta == nullptr || inode.meta->mtime.seconds <= 0) continue;
        clues.oldest_mtime = std::min(clues.oldest_mtime, inode.meta->mtime.seconds);
        clues.newest_mtime = std::max(clues.newest_mtime, inode.meta->mtime.seconds);
    }
    clues.oldest_mtime = std::min(clues.oldest_mtime, clues.newest_mtime);
}

} // namespace

Clues gather_clues(const std::array<const Image*, 2>& images, const std::array<const Tree*, 2>& trees,
                   const std::vector<DivergentFile>& files) {
    Clues clues;
    for (std::size_t side : {0U, 1U}) {
        SideClues& one = clues.side.at(side);
        add_config(one, *images.at(side));
        add_times(one, *trees.at(side));
        for (const DivergentFile& file : files) {
            const Inode* const inode = file.inode.at(side);
            if (inode == nullptr || one.mtimes.size() >= mtime_limit) continue;
            if (inode->meta->mtime.seconds > 0) one.mtimes.insert(inode->meta->mtime.seconds);
        }
    }
    return clues;
}

void add_users(SideClues& clues, std::string_view passwd) {
    while (!passwd.empty() && clues.users.size() < user_limit) {
        const std::string_view line = take_line(passwd);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && colon > 0) clues.users.emplace(line.substr(0, colon));
    }
}

} // namespace touchstone
