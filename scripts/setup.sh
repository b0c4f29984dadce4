#!/bin/bash
# Installs what is missing of Debian's packages, and nothing when all is there: scripts/setup.sh [--tests] [--checks]
# [--bench]. Building needs the first list only; --tests adds the real tools that the tests drive, --checks the
# formatter, the linter and the fuzzer's compiler, --bench the tools that the benchmarks compare with. On another system
# it prints the names of Debian's packages, and goes on if the tools to build are there.
#
# Some of the tools come with services (docker-registry, podman, containerd). Tests start what they need themselves, so
# services that are new on this machine are neither started nor enabled: while dpkg runs, and only for this run, its PATH
# begins with stand-ins for the four programs by which Debian's packages ask for that. (policy-rc.d would hold for the
# whole machine, RUNLEVEL is heeded by invoke-rc.d only, and neither keeps a unit from being enabled for the next boot.)
set -euo pipefail

packages=(g++ cmake ninja-build pkg-config libssl-dev zlib1g-dev libzstd-dev libisal-dev libfmt-dev
    nlohmann-json3-dev libcli11-dev libarchive-dev libgit2-dev libsqlite3-dev libcurl4-openssl-dev)
for option in "$@"; do
    case $option in
    --tests)
        packages+=(doctest-dev libarchive-tools mtree-netbsd python3 python3-jsonschema umoci skopeo buildah
            mmdebstrap zstd gzip xz-utils bzip2 zip sqlite3 attr libcap2-bin golang-go ccache openssl openssh-client
            faketime uuid-runtime binutils git locales rpm chromium docker-registry apache2-utils podman containerd diffoscope-minimal)
        ;;
    --checks) packages+=(clang-14 lld-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 valgrind qemu-user) ;;
    --bench)
        packages+=(isal openssl zstd time python3 umoci skopeo mmdebstrap docker-registry diffoscope-minimal python3-tlsh
            libbenchmark-dev)
        command -v npm >/dev/null || packages+=(npm) # any npm will do, and Debian's brings hundreds of packages
        ;;
    *)
        echo "usage: scripts/setup.sh [--tests] [--checks] [--bench]" >&2
        exit 2
        ;;
    esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "setup: not a Debian system; this project needs what Debian 12 calls: ${packages[*]}" >&2
    for tool in c++ cmake ninja pkg-config; do
        command -v "$tool" >/dev/null || { echo "setup: and $tool is not here" >&2 && exit 1; }
    done
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: run as root: apt-get install ${missing[*]}" >&2 && exit 1; }
    as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
log=$(mktemp)
quiet=$(mktemp -d)
trap 'rm -rf "$log" "$quiet"' EXIT
stand_in() { { printf '#!/bin/sh\n' && cat && printf 'exec %s "$@"\n' "$1"; } >"$quiet/${1##*/}"; }
stand_in /usr/bin/deb-systemd-invoke <<'END'
case " $* " in *" start "*) exit 0 ;; esac
END
stand_in /usr/sbin/invoke-rc.d <<'END'
case " $* " in *" start "*) exit 0 ;; esac
END
# What it knows nothing of yet it would call "enabled".
stand_in /usr/bin/deb-systemd-helper <<'END'
for unit; do :; done
states=/var/lib/systemd/deb-systemd
case " $* " in *" was-enabled "*)
    [ -e "$states-helper-enabled/$unit.dsh-also" ] || [ -e "$states-user-helper-enabled/$unit.dsh-also" ] || exit 1 ;;
esac
END
stand_in /usr/sbin/update-rc.d <<'END'
[ "$2" != defaults ] || ls /etc/rc?.d/[SK]??"$1" >/dev/null 2>&1 || set -- "$1" defaults-disabled
END
chmod -R a+rX "$quiet"
chmod a+x "$quiet"/*
install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o "DPkg::Path=$quiet:/usr/sbin:/usr/bin:/sbin:/bin" "${missing[@]}" >"$log" 2>&1 </dev/null
}
# A mirror's list may be absent on a fresh machine, or older than what the mirror still has: only then fetch it again.
install || { "${as_root[@]}" apt-get update -qq && install; } || { cat "$log" >&2 && exit 1; }
