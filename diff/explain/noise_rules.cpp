// The table of noise rules. A row is a claim: nothing that runs in the image depends on these files. What is missing on
// purpose: etc/ld.so.cache, hwdb.bin (programs obey them), keyrings and trust databases of GnuPG with anything in them,
// etc/hosts and etc/resolv.conf with content, dnf's module state, packages that were left (a finding of their own).
#include "diff/explain/noise.h"

#include <array>

namespace touchstone {

namespace {

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;

// clang-format off
constexpr std::array rules{
    // 48 bytes a library and its name: a system with 10,000 libraries has 1 MiB.
    NoiseRule{"ldconfig-aux-cache/1", "var/cache/ldconfig/aux-cache", 4 * mib,
              "rm -f /var/cache/ldconfig/aux-cache  # at the end of the same RUN", false},
    // A directory of a thousand fonts has 2 MiB.
    NoiseRule{"fontconfig-cache/1",
              "var/cache/fontconfig/* root/.cache/fontconfig/* home/*/.cache/fontconfig/* usr/share/fonts/**.uuid "
              "usr/local/share/fonts/**.uuid",
              16 * mib, "rm -rf /var/cache/fontconfig/*  # at the end of the same RUN", false},
    // The log of an installation of a thousand packages has 5 MiB; a journal is made in files of 8 MiB.
    NoiseRule{"logs/1", "var/log/**", 32 * mib, "rm -rf /var/log/*  # at the end of the same RUN", false},
    // The largest list of Ubuntu's (contents of universe) has 300 MiB unpacked, those of packages 70 MiB.
    NoiseRule{"apt-lists/1", "var/lib/apt/lists/**", 128 * mib,
              "rm -rf /var/lib/apt/lists/*  # in the RUN of apt-get, or RUN --mount=type=cache,target=/var/lib/apt/lists",
              false},
    // Made from the lists, and smaller.
    NoiseRule{"apt-cache/1", "var/cache/apt/pkgcache.bin* var/cache/apt/srcpkgcache.bin*", 128 * mib,
              "rm -f /var/cache/apt/*.bin  # in the RUN of apt-get", false},
    // A stanza of 60 bytes a package; stamps are empty.
    NoiseRule{"apt-state/1", "var/lib/apt/extended_states var/lib/apt/periodic/*", 4 * mib,
              "rm -f /var/lib/apt/extended_states /var/lib/apt/periodic/*  # at the end of the same RUN", false},
    // status-old of 5,000 packages has 8 MiB.
    NoiseRule{"dpkg-old/1", "var/lib/dpkg/*-old var/backups/dpkg.* var/backups/apt.* var/backups/alternatives.*", 16 * mib,
              "rm -f /var/lib/dpkg/*-old  # at the end of the same RUN", false},
    // Texts of all questions in all languages: 1 MiB for 900 packages. Not passwords.dat.
    NoiseRule{"debconf-cache/1",
              "var/cache/debconf/config.dat var/cache/debconf/config.dat-old var/cache/debconf/templates.dat "
              "var/cache/debconf/templates.dat-old",
              16 * mib, "rm -f /var/cache/debconf/*-old /var/cache/debconf/templates.dat  # at the end of the same RUN",
              false},
    // Indexes have 3 MiB; cached packages may be larger, and are then a finding.
    NoiseRule{"apk-cache/1", "var/cache/apk/** etc/apk/cache/** lib/apk/db/triggers usr/lib/apk/db/triggers", 32 * mib,
              "apk add --no-cache", false},
    // Fedora's file lists as a database have 200 MiB.
    NoiseRule{"dnf-cache/1",
              "var/cache/dnf/** var/cache/libdnf5/** var/cache/yum/** var/cache/zypp/** root/.cache/libdnf5/**", 256 * mib,
              "dnf clean all && rm -rf /var/cache/dnf  # in the RUN of dnf", false},
    // Some kilobytes a transaction.
    NoiseRule{"dnf-history/1",
              "var/lib/dnf/history.sqlite* var/lib/dnf/repos/*/countme var/lib/yum/history/** var/lib/yum/yumdb/**",
              32 * mib, "rm -rf /var/lib/dnf/history.sqlite*  # at the end of the same RUN", false},
    // Shared memory of a database: 32 KiB for SQLite, some MiB for Berkeley DB; made anew when it is opened.
    NoiseRule{"rpmdb-shared-memory/1",
              "var/lib/rpm/rpmdb.sqlite-shm usr/lib/sysimage/rpm/rpmdb.sqlite-shm usr/share/rpm/rpmdb.sqlite-shm "
              "var/lib/rpm/__db.00?",
              8 * mib, "rm -f /var/lib/rpm/*.sqlite-shm /var/lib/rpm/__db.*  # at the end of the same RUN", false},
    // A repository's database of file names has 100 MiB.
    NoiseRule{"pacman-cache/1", "var/lib/pacman/sync/* var/cache/pacman/pkg/*", 128 * mib,
              "pacman -Scc --noconfirm && rm -rf /var/lib/pacman/sync/*  # in the RUN of pacman", false},
    // A line a user.
    NoiseRule{"account-backups/1", "etc/passwd- etc/group- etc/subuid- etc/subgid- etc/.pwd.lock", mib,
              "rm -f /etc/*-  # at the end of the same RUN", false},
    // They hold password hashes as the files themselves do.
    NoiseRule{"shadow-backups/1", "etc/shadow- etc/gshadow- var/backups/*.bak", mib,
              "rm -f /etc/*- /var/backups/*.bak  # at the end of the same RUN", true},
    // Mount points that the builder or runtime made: empty. With content they say something.
    NoiseRule{"mount-placeholders/1",
              "etc/hosts etc/resolv.conf etc/mtab .dockerenv run/.containerenv dev/* proc/* sys/*", 0,
              "build with BuildKit or buildah, which leave none", false},
    // A host name has at most 64 bytes, and a line end; every runtime puts its own there.
    NoiseRule{"host-name/1", "etc/hostname", 65, ": > /etc/hostname  # or build with BuildKit, which leaves it empty",
              false},
    NoiseRule{"mount-table/1", "run/mount/utab", 64 * kib, "rm -f /run/mount/utab  # at the end of the same RUN", false},
    // The index of 20,000 pages has 4 MiB; with formatted pages beside it.
    NoiseRule{"man-cache/1", "var/cache/man/**", 16 * mib,
              "rm -rf /var/cache/man  # or: echo 'path-exclude /usr/share/man/*' > /etc/dpkg/dpkg.cfg.d/no-man", false},
    // lualatex' format has 20 MiB.
    NoiseRule{"tex-formats/1",
              "var/lib/texmf/web2c/**.fmt var/lib/texmf/web2c/**.base var/lib/texmf/web2c/**.mem "
              "var/lib/texmf/web2c/**.log",
              64 * mib, "ENV FORCE_SOURCE_DATE=1  # with SOURCE_DATE_EPOCH, before fmtutil runs", false},
    // The catalogue of messages in all languages has 1 MiB; stamps have a line.
    NoiseRule{"systemd-state/1",
              "var/lib/systemd/catalog/database etc/.updated var/.updated var/lib/systemd/timers/stamp-*", 16 * mib,
              "rm -f /var/lib/systemd/catalog/database /etc/.updated /var/.updated  # at the end of the same RUN", false},
    // The kernel's pool has 512 bytes, systemd reads 4096 at most.
    NoiseRule{"random-seed/1", "var/lib/systemd/random-seed var/lib/urandom/random-seed", 4 * kib,
              "rm -f /var/lib/systemd/random-seed  # two machines must never start with the same one", true},
    // An empty trust database has 1200 bytes; one key that is trusted makes it longer. Locks and sockets are shorter.
    NoiseRule{"gnupg-leftovers/1",
              "root/.gnupg/trustdb.gpg root/.gnupg/random_seed root/.gnupg/.#lk* root/.gnupg/*.lock "
              "home/*/.gnupg/trustdb.gpg home/*/.gnupg/random_seed home/*/.gnupg/.#lk* home/*/.gnupg/*.lock "
              "etc/pacman.d/gnupg/trustdb.gpg etc/pacman.d/gnupg/random_seed etc/pacman.d/gnupg/.#lk* "
              "etc/pacman.d/gnupg/*.lock",
              1200, "GNUPGHOME=$(mktemp -d) … && rm -rf \"$GNUPGHOME\"  # in the same RUN", true},
    // A line a command; readline and shells keep 1000 or so.
    NoiseRule{"history/1",
              "root/.*_history home/*/.*_history root/.lesshst home/*/.lesshst root/.viminfo home/*/.viminfo", mib,
              "rm -f /root/.*_history /root/.lesshst /root/.viminfo  # or ENV HISTFILE=/dev/null LESSHISTFILE=-", true},
    // A line a host.
    NoiseRule{"wget-hsts/1", "root/.wget-hsts home/*/.wget-hsts", 256 * kib, "wget --no-hsts", false},
    // Downloads: wheels of the largest packages have several hundred MiB, and are then a finding.
    NoiseRule{"pip-cache/1", "root/.cache/pip/** home/*/.cache/pip/** root/.cache/uv/** home/*/.cache/uv/**", 128 * mib,
              "ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1  # or RUN --mount=type=cache,target=/root/.cache/pip",
              false},
    NoiseRule{"npm-cache/1",
              "root/.npm/_cacache/** home/*/.npm/_cacache/** root/.npm/_logs/* home/*/.npm/_logs/* "
              "root/.npm/_update-notifier-last-checked home/*/.npm/_update-notifier-last-checked "
              "root/.config/configstore/*.json home/*/.config/configstore/*.json",
              128 * mib, "npm cache clean --force && rm -rf ~/.npm/_logs  # or RUN --mount=type=cache,target=/root/.npm",
              false},
    NoiseRule{"yarn-cache/1", "root/.cache/yarn/** home/*/.cache/yarn/** usr/local/share/.cache/yarn/**", 128 * mib,
              "yarn cache clean  # in the RUN of yarn", false},
    NoiseRule{"composer-cache/1",
              "root/.composer/cache/** home/*/.composer/cache/** root/.cache/composer/** home/*/.cache/composer/**",
              128 * mib, "composer install --no-cache", false},
    // A list of what was installed when.
    NoiseRule{"conda-history/1", "**conda-meta/history", 4 * mib, "rm -f \"$CONDA_PREFIX/conda-meta/history\"", false},
    // Output of a compiler for one extension.
    NoiseRule{"ruby-build-logs/1", "**/gem_make.out **/mkmf.log", 8 * mib,
              "rm -rf /usr/local/bundle/extensions/*/*/*/gem_make.out /usr/local/bundle/extensions/*/*/*/mkmf.log", false},
    // A paragraph or a line an installed file.
    NoiseRule{"perl-install-logs/1", "**/perllocal.pod **/.packlist", 4 * mib,
              "perl Makefile.PL NO_PERLLOCAL=1 NO_PACKLIST=1", false},
    // Objects of one compilation.
    NoiseRule{"build-cache/1",
              "root/.ccache/** home/*/.ccache/** root/.cache/ccache/** home/*/.cache/ccache/** "
              "root/.cache/go-build/** home/*/.cache/go-build/**",
              64 * mib, "RUN --mount=type=cache,target=/root/.cache", false},
    // Texts and small databases about a source tree.
    NoiseRule{"test-cache/1",
              "**.pytest_cache/** **.mypy_cache/** **.ruff_cache/**", 16 * mib,
              "rm -rf .pytest_cache .mypy_cache .ruff_cache  # or name them in .dockerignore", false},
    // hsperfdata has 32 KiB a process; what is larger here was not left by accident.
    NoiseRule{"temporary-files/1", "tmp/** var/tmp/**", 16 * mib,
              "rm -rf /tmp/* /var/tmp/*  # in the same RUN; for Java also -XX:-UsePerfData", false},
};
// clang-format on

} // namespace

std::span<const NoiseRule> noise_rules() {
    return rules;
}

} // namespace touchstone
