// The patterns and the bits. When in doubt a row is here: a finding that weighs too much costs a glance, one that
// weighs too little hides an attack among version strings.
#include "diff/security.h"

#include "diff/facts.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::array<SensitivePath, 47> patterns{{
    {Match::below, "etc/ssl", "certificate store"},
    {Match::below, "etc/pki", "certificate store"},
    {Match::below, "etc/ca-certificates", "certificate store"},
    {Match::below, "usr/share/ca-certificates", "certificate store"},
    {Match::below, "usr/local/share/ca-certificates", "certificate store"},
    {Match::exact, "etc/passwd", "account database"},
    {Match::exact, "etc/group", "account database"},
    {Match::exact, "etc/shadow", "account database"},
    {Match::exact, "etc/gshadow", "account database"},
    {Match::exact, "etc/subuid", "account database"},
    {Match::exact, "etc/subgid", "account database"},
    {Match::exact, "etc/sudoers", "privilege rules"},
    {Match::below, "etc/sudoers.d", "privilege rules"},
    {Match::exact, "etc/doas.conf", "privilege rules"},
    {Match::below, "etc/pam.d", "authentication rules"},
    {Match::below, "etc/security", "authentication rules"},
    {Match::below, "etc/polkit-1", "privilege rules"},
    {Match::below, "etc/ssh", "remote access"},
    {Match::below, "root/.ssh", "remote access"},
    {Match::contains, "/.ssh/", "remote access"},
    {Match::base_name, "authorized_keys", "remote access"},
    {Match::exact, "etc/ld.so.preload", "loaded into every process"},
    {Match::exact, "etc/ld.so.conf", "library search path"},
    {Match::below, "etc/ld.so.conf.d", "library search path"},
    {Match::exact, "etc/profile", "shell start-up"},
    {Match::below, "etc/profile.d", "shell start-up"},
    {Match::exact, "etc/environment", "shell start-up"},
    {Match::exact, "etc/bash.bashrc", "shell start-up"},
    {Match::below, "etc/zsh", "shell start-up"},
    {Match::base_name, ".bashrc", "shell start-up"},
    {Match::base_name, ".bash_profile", "shell start-up"},
    {Match::base_name, ".profile", "shell start-up"},
    {Match::base_name, ".zshrc", "shell start-up"},
    {Match::exact, "etc/crontab", "scheduled commands"},
    {Match::below, "etc/cron.d", "scheduled commands"},
    {Match::below, "etc/cron.hourly", "scheduled commands"},
    {Match::below, "etc/cron.daily", "scheduled commands"},
    {Match::below, "etc/cron.weekly", "scheduled commands"},
    {Match::below, "etc/cron.monthly", "scheduled commands"},
    {Match::below, "var/spool/cron", "scheduled commands"},
    {Match::below, "etc/systemd", "services"},
    {Match::below, "usr/lib/systemd", "services"},
    {Match::below, "etc/init.d", "services"},
    {Match::below, "etc/apt/trusted.gpg.d", "package signing keys"},
    {Match::suffix, ".pem", "key material"},
    {Match::suffix, ".key", "key material"},
    {Match::contains, ".so", "loadable code"},
}};

std::string_view base_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// "libc.so", "libc.so.6", "x.so.1.2": ".so" at the end of the name or before a dot.
bool is_shared_object(std::string_view name) {
    const std::size_t at = name.find(".so");
    return at != std::string_view::npos && (at + 3 == name.size() || name[at + 3] == '.');
}

bool falls_under(const SensitivePath& row, std::string_view path) {
    switch (row.match) {
    case Match::exact:
        return path == row.pattern;
    case Match::below:
        return path.size() > row.pattern.size() && path.starts_with(row.pattern) && path[row.pattern.size()] == '/';
    case Match::base_name:
        return base_name(path) == row.pattern;
    case Match::suffix:
        return path.ends_with(row.pattern);
    case Match::contains:
        return row.pattern == ".so" ? is_shared_object(base_name(path))
                                    : path.find(row.pattern) != std::string_view::npos;
    }
    return false;
}

constexpr std::uint32_t executable_bits = 0111;
/// setuid, setgid, sticky, and writing by others: the bits that hand out power.
constexpr std::uint32_t power_bits = 07002;

bool is_executable(const NodeView& view) {
    return view.inode->content->type == EntryType::file && (view.inode->meta->permissions() & executable_bits) != 0;
}

bool is_device(const NodeView& view) {
    return view.inode->content->type == EntryType::char_device || view.inode->content->type == EntryType::block_device;
}

} // namespace

std::span<const SensitivePath> sensitive_paths() {
    return patterns;
}

const SensitivePath* sensitive(std::string_view path) {
    const auto row =
        std::find_if(patterns.begin(), patterns.end(), [&](const SensitivePath& p) { return falls_under(p, path); });
    return row == patterns.end() ? nullptr : &*row;
}

Weight weight_of_change(std::string_view fact, bool always, const NodeView& published, const NodeView& rebuilt) {
    if (always) return Weight::security;
    if (fact == "mode") {
        const std::uint32_t changed = published.inode->meta->permissions() ^ rebuilt.inode->meta->permissions();
        const bool becomes_executable = is_executable(published) != is_executable(rebuilt);
        return (changed & power_bits) != 0 || becomes_executable ? Weight::security : Weight::real;
    }
    if (fact == "type" && (is_device(published) || is_device(rebuilt))) return Weight::security;
    if (fact == "content" || fact == "type" || fact == "link") {
        const bool code = is_executable(published) || is_executable(rebuilt);
        return code || sensitive(published.node->path) != nullptr ? Weight::security : Weight::real;
    }
    return Weight::real;
}

Weight weight_of_presence(const NodeView& node) {
    const bool power = node.inode->content->type != EntryType::symlink &&
                       node.inode->content->type != EntryType::directory &&
                       (node.inode->meta->permissions() & power_bits) != 0;
    const bool wanted = is_executable(node) || is_device(node) || power || has_xattrs(*node.tree, node.node->inode) ||
                        !acls_of(*node.tree, node.node->inode).empty() || sensitive(node.node->path) != nullptr;
    return wanted ? Weight::security : Weight::real;
}

Weight weight_of_xattr(std::string_view name) {
    const bool power =
        name.starts_with("security.") || name.starts_with("system.posix_acl_") || name.starts_with("trusted.");
    return power ? Weight::security : Weight::real;
}

} // namespace touchstone
