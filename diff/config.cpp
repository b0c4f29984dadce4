// The walk over two JSON values and the table of pointers that are noise (spec/verdict-and-report.md, "Config").
#include "diff/config.h"

#include "diff/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace touchstone {

namespace {

/// A pointer pattern: '*' stands for one token; a trailing "/**" for anything below and the place itself.
struct PointerRule {
    std::string_view pattern;
    Rule rule;
};

constexpr std::array<PointerRule, 10> pointer_rules{{
    {"/created", Rule::config_times},
    {"/history/*/created", Rule::config_times},
    {"/history/**", Rule::history},
    {"/rootfs/diff_ids/**", Rule::diff_ids},
    {"/docker_version", Rule::builder_identity},
    {"/container", Rule::builder_identity},
    {"/container_config/Hostname", Rule::builder_identity},
    {"/moby.buildkit.buildinfo.v1/**", Rule::builder_identity},
    {"/moby.buildkit.cache.v0/**", Rule::builder_identity},
    {"/buildkit.dockerfile.v0/**", Rule::builder_identity},
}};

std::string_view take_token(std::string_view& pointer) {
    pointer.remove_prefix(1); // the '/'
    const std::size_t slash = pointer.find('/');
    const std::string_view token = pointer.substr(0, slash);
    pointer = slash == std::string_view::npos ? std::string_view() : pointer.substr(slash);
    return token;
}

bool matches_pattern(std::string_view pattern, std::string_view pointer) {
    while (!pattern.empty()) {
        if (pattern == "/**") return true;
        if (pointer.empty()) return false;
        const std::string_view wanted = take_token(pattern);
        const std::string_view found = take_token(pointer);
        if (wanted != "*" && wanted != found) return false;
    }
    return pointer.empty();
}

std::optional<Rule> rule_of(std::string_view pointer, const Json* published, const Json* rebuilt) {
    for (const PointerRule& row : pointer_rules) {
        if (matches_pattern(row.pattern, pointer)) return row.rule;
    }
    const auto is_empty = [](const Json* value) {
        return value == nullptr || value->is_null() || (value->is(Json::Kind::string) && value->as_string().empty());
    };
    if (pointer == "/author" && is_empty(published) && is_empty(rebuilt)) return Rule::builder_identity;
    // image-spec config.md: an optional field may be null, which means that it is absent.
    const auto is_absent = [](const Json* value) { return value == nullptr || value->is_null(); };
    if (is_absent(published) && is_absent(rebuilt)) return Rule::formatting;
    return std::nullopt;
}

/// RFC 6901: "~" and "/" inside a token.
std::string escape_token(std::string_view token) {
    std::string escaped;
    for (const char c : token) {
        if (c == '~') {
            escaped += "~0";
        } else if (c == '/') {
            escaped += "~1";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

class ConfigComparer {
public:
    ConfigComparer(const RuleSet& rules, Findings& findings) : rules_(rules), findings_(findings) {}

    /// Bounded by the depth that parse_json accepts.
    void walk(const std::string& pointer, const Json* published, const Json* rebuilt) {
        if (published != nullptr && rebuilt != nullptr) {
            if (*published == *rebuilt) return;
            if (published->is(Json::Kind::object) && rebuilt->is(Json::Kind::object))
                return walk_objects(pointer, *published, *rebuilt);
            const bool arrays = published->is(Json::Kind::array) && rebuilt->is(Json::Kind::array);
            if (arrays && published->items().size() == rebuilt->items().size())
                return walk_arrays(pointer, *published, *rebuilt);
        }
        report(pointer, published, rebuilt);
    }

private:
    void walk_objects(const std::string& pointer, const Json& published, const Json& rebuilt) {
        std::set<std::string> keys;
        for (const auto& [key, value] : published.members()) keys.insert(key);
        for (const auto& [key, value] : rebuilt.members()) keys.insert(key);
        for (const std::string& key : keys)
            walk(pointer + "/" + escape_token(key), published.find(key), rebuilt.find(key));
    }

    void walk_arrays(const std::string& pointer, const Json& published, const Json& rebuilt) {
        for (std::size_t i = 0; i < published.items().size(); ++i) {
            walk(fmt::format("{}/{}", pointer, i), &published.items()[i], &rebuilt.items()[i]);
        }
    }

    /// "Labels are real, one finding per label", also when only one side has labels at all; likewise other objects.
    void report(const std::string& pointer, const Json* published, const Json* rebuilt) {
        static const Json nothing = Json::object();
        const auto holds_members = [](const Json* value) {
            return value != nullptr && value->is(Json::Kind::object) && !value->members().empty();
        };
        const auto is_absent = [](const Json* value) { return value == nullptr || value->is_null(); };
        if (holds_members(published) && is_absent(rebuilt)) return walk_objects(pointer, *published, nothing);
        if (holds_members(rebuilt) && is_absent(published)) return walk_objects(pointer, nothing, *rebuilt);
        Finding finding;
        finding.place = Place::config;
        finding.path = pointer;
        finding.fact = "value";
        if (published != nullptr) finding.published = published->dump();
        if (rebuilt != nullptr) finding.rebuilt = rebuilt->dump();
        const std::optional<Rule> rule = rule_of(pointer, published, rebuilt);
        if (!rule) {
            findings_.add(std::move(finding));
            return;
        }
        finding.fact = name_of(*rule);
        add_by_rule(findings_, rules_, *rule, std::move(finding));
    }

    const RuleSet& rules_;
    Findings& findings_;
};

} // namespace

void compare_configs(const Image& published, const Image& rebuilt, const RuleSet& rules, Findings& findings) {
    if (!published.config && !rebuilt.config) return;
    if (!published.config || !rebuilt.config) {
        Finding finding;
        finding.place = Place::config;
        finding.fact = "config-absent";
        finding.published = published.config ? "present" : "absent";
        finding.rebuilt = rebuilt.config ? "present" : "absent";
        finding.weight = Weight::noise;
        finding.detail = "a plain tar has no run configuration; only the files were compared";
        findings.add_noise(std::move(finding));
        return;
    }
    if (published.config_bytes == rebuilt.config_bytes) return;
    ConfigComparer(rules, findings).walk("", &published.config_json, &rebuilt.config_json);
}

HistoryRelation compare_histories(const Image& published, const Image& rebuilt) {
    if (published.history.empty() && rebuilt.history.empty()) return HistoryRelation::absent;
    const bool same = std::equal(published.history.begin(), published.history.end(), rebuilt.history.begin(),
                                 rebuilt.history.end(), [](const HistoryEntry& a, const HistoryEntry& b) {
                                     return a.created_by == b.created_by && a.comment == b.comment &&
                                            a.author == b.author && a.empty_layer == b.empty_layer;
                                 });
    return same ? HistoryRelation::identical : HistoryRelation::different;
}

} // namespace touchstone
