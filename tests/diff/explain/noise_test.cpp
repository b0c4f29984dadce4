// The pattern language, the table of noise rules by what it matches and what not, and what takes an exemption away.
#include "diff/explain/noise.h"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <string>

using namespace touchstone;

namespace {

std::string rule_of(std::string_view path) {
    const NoiseRule* rule = noise_rule_for(path);
    return rule == nullptr ? "-" : std::string(rule->name);
}

/// A file of a cache, and then what makes it something else.
struct File {
    Entry entry;
    std::string head = "data";
    File() {
        entry.mode = 0644;
        entry.size = 100;
    }
    std::string loses() const {
        constexpr NoiseRule rule{"test/1", "x", 1000, "rm x", false};
        return loses_exemption(rule, entry, entry, as_bytes(head));
    }
};

} // namespace

TEST_CASE("patterns") {
    struct Row {
        std::string_view pattern;
        std::string_view path;
        bool matches;
    };
    for (const Row& row : {Row{"a/b", "a/b", true},
                           {"a/b", "a/bc", false},
                           {"a/b", "a", false},
                           {"a/*", "a/b", true},
                           {"a/*", "a/", true},
                           {"a/*", "a/b/c", false},
                           {"a/**", "a/b/c", true},
                           {"a/**", "a", false},
                           {"a/**", "ab/c", false},
                           {"*.log", "x.log", true},
                           {"*.log", "d/x.log", false},
                           {"**.log", "d/x.log", true},
                           {"**/x", "a/b/x", true},
                           {"**/x", "x", false},
                           {"**/x", "a/yx", false},
                           {"a?c", "abc", true},
                           {"a?c", "a/c", false},
                           {"a?c", "ac", false},
                           {"*a*b*c", "xaxbxc", true},
                           {"*a*b*c", "xaxcxb", false},
                           {"**a/*/b**", "x/a/y/b/z", true},
                           {"**a/*/b**", "x/a/y/z/b", false},
                           {"**a*b**c", "a/ab/c", true},
                           {"*", "", true},
                           {"", "", true},
                           {"", "a", false},
                           {"a*a", "a", false}}) {
        CAPTURE(row.pattern);
        CAPTURE(row.path);
        CHECK(matches_pattern(row.pattern, row.path) == row.matches);
    }
}

TEST_CASE("a long path costs a pass, whatever the pattern") {
    std::string pattern;
    for (int i = 0; i < 30; ++i) pattern += "*a";
    const std::string path(100'000, 'a');
    const auto start = std::chrono::steady_clock::now();
    CHECK(matches_pattern(pattern, path));
    CHECK_FALSE(matches_pattern(pattern + "**b*a", path));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20)); // backtracking would take years
}

TEST_CASE("paths that are noise") {
    struct Row {
        std::string_view path;
        std::string_view rule;
    };
    for (const Row& row : std::initializer_list<Row>{
             {"var/cache/ldconfig/aux-cache", "ldconfig-aux-cache/1"},
             {"var/cache/fontconfig/3047814df9a2f067bd2d96a2b9c36e5a-le64.cache-8", "fontconfig-cache/1"},
             {"usr/share/fonts/truetype/.uuid", "fontconfig-cache/1"},
             {"var/log/dpkg.log", "logs/1"},
             {"var/log/apt/history.log", "logs/1"},
             {"var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_InRelease", "apt-lists/1"},
             {"var/cache/apt/pkgcache.bin", "apt-cache/1"},
             {"var/lib/apt/extended_states", "apt-state/1"},
             {"var/lib/dpkg/status-old", "dpkg-old/1"},
             {"var/cache/debconf/config.dat-old", "debconf-cache/1"},
             {"var/cache/apk/APKINDEX.066df28d.tar.gz", "apk-cache/1"},
             {"lib/apk/db/triggers", "apk-cache/1"},
             {"var/cache/dnf/base-1234/repodata/repomd.xml", "dnf-cache/1"},
             {"var/lib/dnf/history.sqlite-wal", "dnf-history/1"},
             {"var/lib/rpm/__db.001", "rpmdb-shared-memory/1"},
             {"var/lib/pacman/sync/core.db", "pacman-cache/1"},
             {"etc/passwd-", "account-backups/1"},
             {"etc/shadow-", "shadow-backups/1"},
             {"etc/resolv.conf", "mount-placeholders/1"},
             {"etc/hostname", "host-name/1"},
             {"run/mount/utab", "mount-table/1"},
             {"var/cache/man/de/index.db", "man-cache/1"},
             {"var/lib/texmf/web2c/pdftex/pdflatex.fmt", "tex-formats/1"},
             {"var/lib/systemd/catalog/database", "systemd-state/1"},
             {"var/lib/systemd/random-seed", "random-seed/1"},
             {"root/.gnupg/random_seed", "gnupg-leftovers/1"},
             {"root/.bash_history", "history/1"},
             {"home/app/.python_history", "history/1"},
             {"root/.wget-hsts", "wget-hsts/1"},
             {"root/.cache/pip/selfcheck/fe300af5f7d70.json", "pip-cache/1"},
             {"root/.npm/_logs/2026-01-01T00_00_00_000Z-debug-0.log", "npm-cache/1"},
             {"usr/local/share/.cache/yarn/v6/.tmp/x", "yarn-cache/1"},
             {"root/.composer/cache/repo/x.json", "composer-cache/1"},
             {"opt/conda/conda-meta/history", "conda-history/1"},
             {"usr/lib/ruby/gems/3.1.0/extensions/x86_64-linux/3.1.0/x/gem_make.out", "ruby-build-logs/1"},
             {"usr/lib/x86_64-linux-gnu/perl/5.36/perllocal.pod", "perl-install-logs/1"},
             {"root/.ccache/0/stats", "build-cache/1"},
             {"src/.pytest_cache/v/cache/lastfailed", "test-cache/1"},
             {"tmp/hsperfdata_root/17", "temporary-files/1"}}) {
        CAPTURE(row.path);
        CHECK(rule_of(row.path) == row.rule);
    }
}

TEST_CASE("paths that only look like noise") {
    for (const char* path : {"etc/ld.so.cache",
                             "etc/passwd",
                             "etc/shadow",
                             "etc/ssh/ssh_host_rsa_key",
                             "var/lib/dpkg/status",
                             "var/lib/dpkg/info/base-files.postinst",
                             "var/lib/dpkg/info/x-old",
                             "var/cache/debconf/passwords.dat",
                             "var/cache/debconf/passwords.dat-old",
                             "root/.gnupg/private-keys-v1.d/A.key",
                             "root/.gnupg/pubring.kbx",
                             "etc/pacman.d/gnupg/pubring.gpg",
                             "etc/pacman.d/gnupg/private-keys-v1.d/A.key",
                             "usr/lib/udev/hwdb.bin",
                             "root/.bashrc",
                             "root/.ssh/known_hosts",
                             "tmp/.ssh/authorized_keys",
                             "var/logs/x",
                             "tmp",
                             "var/log",
                             "usr/bin/tmp/x",
                             "var/cache/ldconfig/aux-cache/x",
                             "var/lib/rpm/rpmdb.sqlite",
                             "etc/machine-id",
                             "root/.cache/pre-commit/x/y",
                             "root/.cache/node/corepack/v1/x",
                             "lib/apk/db/installed",
                             "etc/apk/world"}) {
        CAPTURE(path);
        CHECK(rule_of(path) == "-");
    }
}

TEST_CASE("what a program runs by its name is not noise anywhere") {
    for (const char* path : {"tmp/start.sh", "var/cache/dnf/plugin.py", "var/log/x.so", "var/tmp/app.jar",
                             "usr/local/share/.cache/yarn/v6/x/index.js", "tmp/__pycache__/x.cpython-311.pyc",
                             "tmp/v8-compile-cache-0/x", "tmp/node-compile-cache/v22/x", "var/tmp/evil.pth"}) {
        CAPTURE(path);
        CHECK(rule_of(path) == "-");
    }
}

TEST_CASE("rules have a version, a remedy and names of their own") {
    std::set<std::string_view> names;
    for (const NoiseRule& rule : noise_rules()) {
        CAPTURE(rule.name);
        CHECK(rule.name.ends_with("/1"));
        CHECK_FALSE(rule.patterns.empty());
        CHECK_FALSE(rule.remedy.empty());
        CHECK(names.insert(rule.name).second);
    }
    std::set<std::string_view> secret;
    for (const NoiseRule& rule : noise_rules()) {
        if (rule.secret) secret.insert(rule.name);
    }
    CHECK(secret == std::set<std::string_view>{"gnupg-leftovers/1", "history/1", "random-seed/1", "shadow-backups/1"});
}

TEST_CASE("a plain small file keeps its exemption") {
    CHECK(File().loses().empty());
    File empty;
    empty.entry.size = 0;
    empty.head = "";
    CHECK(empty.loses().empty());
}

TEST_CASE("what could run or lead elsewhere loses it") {
    File file;
    SUBCASE("executable by anybody") {
        file.entry.mode = 0641;
    }
    SUBCASE("setuid") {
        file.entry.mode = 04644;
    }
    SUBCASE("setgid") {
        file.entry.mode = 02644;
    }
    SUBCASE("symbolic link") {
        file.entry.type = EntryType::symlink;
    }
    SUBCASE("device") {
        file.entry.type = EntryType::char_device;
    }
    SUBCASE("fifo") {
        file.entry.type = EntryType::fifo;
    }
    SUBCASE("setgid directory") {
        file.entry.type = EntryType::directory;
        file.entry.mode = 02755;
    }
    SUBCASE("file capabilities") {
        file.entry.extra = std::make_unique<EntryExtra>();
        file.entry.extra->xattrs.emplace_back("security.capability", "x");
    }
    SUBCASE("too large") {
        file.entry.size = 1001;
    }
    SUBCASE("ELF") {
        file.head = "\x7f"
                    "ELF";
    }
    SUBCASE("PE") {
        file.head = std::string("MZ\x90\0", 4);
    }
    SUBCASE("Mach-O") {
        file.head = "\xcf\xfa\xed\xfe";
    }
    SUBCASE("script") {
        file.head = "#!/bin/sh\n";
    }
    SUBCASE("Python bytecode") {
        file.head = "\xa7\x0d\x0d\x0a";
    }
    SUBCASE("Java class") {
        file.head = "\xca\xfe\xba\xbe";
    }
    SUBCASE("WebAssembly") {
        file.head = std::string("\0asm", 4);
    }
    SUBCASE("not looked into") {
        file.head = "";
    }
    SUBCASE("hardly looked into") {
        file.head = "dat";
    }
    CHECK_FALSE(file.loses().empty());
}

TEST_CASE("attributes of the name count, not only those of the content") {
    File file;
    Entry meta;
    meta.mode = 0755;
    constexpr NoiseRule rule{"test/1", "x", 1000, "rm x", false};
    CHECK(loses_exemption(rule, file.entry, meta, as_bytes(file.head)) == "is executable");
}

TEST_CASE("a directory and a sticky bit lose nothing") {
    File directory;
    directory.entry.type = EntryType::directory;
    directory.entry.mode = 01777;
    directory.head = "";
    CHECK(directory.loses().empty());
}
