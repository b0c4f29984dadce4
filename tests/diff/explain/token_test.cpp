// Paths, hosts, ids, keys and versions in texts: pairs in the forms of the tools that are named, shortened to the lines
// that differ, and the traps of the catalogue. tests/real/causes_test.py runs real tools. The keys are throw-away ones.
#include "tests/diff/explain/words_support.h"

#include "base/printable.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <random>

using namespace touchstone;
using namespace touchstone::test;

namespace {

const std::vector<WordPair> paths{
    {"pip install .", "usr/lib/python3/x-1.dist-info/direct_url.json",
     "{\"url\": \"file:///tmp/pip-req-build-ab12cd34\"}\n", "{\"url\": \"file:///tmp/pip-req-build-z9_y8x7w\"}\n",
     "P2"},
    {"mktemp -d", "opt/a.txt", "in /tmp/tmp.9ZnjN45lIU/src\n", "in /tmp/tmp.xZQlKu67m9/src\n", "P2"},
    {"mktemp, like words by chance", "opt/a.txt", "in /tmp/tmp.abcdefghij/src\n", "in /tmp/tmp.klmnopqrst/src\n", "P2"},
    {"gcc -v, like words by chance", "opt/a.txt", "as -o /tmp/ccabcdef.o\n", "as -o /tmp/ccopqrst.o\n", "P2"},
    {"python tempfile", "opt/a.txt", "dir '/tmp/tmprvi30j66/x.c'\n", "dir '/tmp/tmpve6924zy/x.c'\n", "P2"},
    {"gcc -v", "opt/a.txt", "as -o /tmp/ccAb1xYz.o\n", "as -o /tmp/cc9kQq3W.o\n", "P2"},
    {"go build -x", "opt/a.txt", "WORK=/tmp/go-build1234567890\n", "WORK=/tmp/go-build345678901\n", "P2"},
    {"gcc, object in a map", "opt/a.txt", " .text 0x0 ccAb1xYz.o\n", " .text 0x0 cc9kQq3W.o\n", "P2"},
    {"pip wheel", "opt/a.txt", "/tmp/pip-install-rvi30j66/foo_0123456789abcdef0123456789abcdef/setup.py\n",
     "/tmp/pip-install-ve6924zy/foo_fe9876543210fedc0123456789abcd12/setup.py\n", "P2"},
    {"buildah mount", "opt/a.txt", "/var/tmp/buildah123456789/f\n", "/var/tmp/buildah987654321/f\n", "P2"},
    {"make", "opt/a.txt", "gcc -I/home/alice/src/inc -c x.c\n", "gcc -I/home/bob/src/inc -c x.c\n", "P3"},
    {"npm", "opt/a.txt", "at /root/app/x.txt\n", "at /home/ci/app/x.txt\n", "P3"},
    {"cmake", "opt/a.txt", "# /build/foo-1/CMake/x\n", "# /work/rebuild/foo-1/CMake/x\n", "P1"},
    {"gcc map", "usr/lib/x.la", "dependency_libs='/builds/grp/x/lib/libz.la'\n",
     "dependency_libs='/home/runner/work/x/lib/libz.la'\n", "P1"},
    {"config.log", "opt/a.txt", "configure: at /usr/src/x-1/conf.txt:12\n", "configure: at /build/x-1/conf.txt:12\n",
     "P1"},
};

const std::vector<WordPair> no_paths{
    {"two kinds of files", "opt/a.txt", "x /tmp/ccabcdef.o\n", "x /tmp/ccopqrst.so\n", ""},
    {"words elsewhere", "opt/a.txt", "x ccounter.o\n", "x ccaching.o\n", ""},
    {"longer words", "opt/a.txt", "x /tmp/tmp.abcdefghijk\n", "x /tmp/tmp.klmnopqrstu\n", ""},
    {"a service", "usr/lib/systemd/system/x.service", "ExecStart=/tmp/a/x\n", "ExecStart=/tmp/b/x\n", ""},
    {"a service elsewhere", "opt/x.service", "ExecStart=/tmp/a/x\n", "ExecStart=/tmp/b/x\n", ""},
    {"a script", "opt/run", "#!/bin/sh\nexec /tmp/tmp.9ZnjN45lIU/x\n", "#!/bin/sh\nexec /tmp/tmp.xZQlKu67m9/x\n", ""},
    {"cron", "etc/cron.d/x", "* * * * * root /tmp/ccAb1xYz.o\n", "* * * * * root /tmp/cc9kQq3W.o\n", ""},
    {"sudoers", "etc/sudoers", "app ALL=/home/alice/x\n", "app ALL=/home/bob/x\n", ""},
    {"start-up", "root/.bashrc", ". /home/alice/x\n", ". /home/bob/x\n", ""},
    {"PATH", "opt/env.txt", "PATH=/home/alice/bin\n", "PATH=/home/bob/bin\n", ""},
    {"LD_PRELOAD", "opt/env.txt", "LD_PRELOAD=/build/a/x.txt\n", "LD_PRELOAD=/build/b/x.txt\n", ""},
    {"PYTHONPATH", "opt/env.txt", "PYTHONPATH=/build/a/lib\n", "PYTHONPATH=/build/b/lib\n", ""},
    {"nginx", "etc/nginx/nginx.conf", "root /tmp/a/www;\n", "root /tmp/b/www;\n", ""},
    {"a program's configuration", "opt/x.ini", "dir = /build/a/www\n", "dir = /build/b/www\n", ""},
    {"a Python module", "opt/x.py", "open('/build/a/x')\n", "open('/build/b/x')\n", ""},
    {"no build directory", "opt/a.txt", "see /etc/a/x\n", "see /etc/b/x\n", ""},
    {"other file", "opt/a.txt", "see /build/a/x\n", "see /build/a/y\n", ""},
    {"words below /tmp, not random, another end", "opt/a.txt", "see /tmp/foobar\n", "see /tmp/barfoo\n", ""},
    {"words with a number below /tmp", "opt/a.txt", "see /tmp/version10\n", "see /tmp/hacking99\n", ""},
    {"random on one side", "opt/a.txt", "see /tmp/tmprvi30j66\n", "see /tmp/payload\n", ""},
    {"another end below /tmp", "opt/a.txt", "see /tmp/tmprvi30j66/a\n", "see /tmp/tmpve6924zy/b\n", ""},
    {"climbing", "opt/a.txt", "see /build/../bin/x\n", "see /build/b/../bin/x\n", ""},
    {"a URL's path", "opt/a.txt", "get http://h/tmp/tmprvi30j66\n", "get http://h/tmp/tmpve6924zy\n", ""},
    {"home against root, nothing below", "opt/a.json", "{\"home\": \"/root\"}\n", "{\"home\": \"/home/app\"}\n", ""},
};

const std::vector<WordPair> hosts{
    {"uname -n", "opt/a.txt", "built on buildhost1, ok\n", "built on ci-runner-7, ok\n", "E1"},
    {"docker", "opt/a.txt", "HOST 0123456789ab\n", "HOST ba9876543210\n", "E1"},
    {"postfix", "etc/postfix/x.cf", "myhostname = buildhost1.example.org\n", "myhostname = ci-runner-7.example.org\n",
     "E1"},
    {"kernel, mysql", "opt/a.txt", "by root@buildhost1 now\n", "by root@ci-runner-7 now\n", "E1"},
    {"mail", "opt/a.txt", "alice@buildhost1\n", "bob@ci-runner-7\n", "E1"},
    {"BuildKit", "opt/a.txt", "host=buildkitsandbox\n", "host=ci-runner-7\n", "E1"},
    {"uname -a", "opt/a.txt",
     "Linux x 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64 GNU/Linux\n",
     "Linux x 6.1.0-20-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.85-1 (2024-04-11) x86_64 GNU/Linux\n", "E2"},
    {"cmake", "opt/a.txt", "set(CMAKE_HOST_SYSTEM_VERSION \"6.1.0-18-amd64\")\n",
     "set(CMAKE_HOST_SYSTEM_VERSION \"6.1.0-20-amd64\")\n", "E2"},
    {"cmake", "opt/a.txt", "set(CMAKE_HOST_SYSTEM \"Linux-6.1.0-18-amd64\")\n",
     "set(CMAKE_HOST_SYSTEM \"Linux-6.1.0-20-amd64\")\n", "E2"},
    {"config.log", "opt/a.txt", "uname -r = 5.15.0-101-generic\n", "uname -r = 5.15.0-113-generic\n", "E2"},
    {"declare -x", "opt/a.txt",
     "declare -x HOME=\"/x\"\ndeclare -x OLDPWD\ndeclare -x SHLVL=\"1\"\ndeclare -x SSH_CONNECTION=\"1 2\"\ndeclare -x "
     "TERM=\"x\"\n",
     "declare -x HOME=\"/x\"\ndeclare -x OLDPWD\ndeclare -x SHLVL=\"2\"\ndeclare -x SSH_CONNECTION=\"3 4\"\ndeclare -x "
     "TERM=\"x\"\n",
     "E4 E4"},
    {"env", "opt/a.txt", "PATH=/bin\nHOME=/x\nSHLVL=1\nTERM=xterm\n", "PATH=/bin\nHOME=/x\nSHLVL=1\nTERM=dumb\n", "E4"},
    {"gcc", "opt/a.txt", "warning: unused \xe2\x80\x98x\xe2\x80\x99 in y\n", "warning: unused 'x' in y\n", "E5"},
    {"printf in de_DE", "opt/a.txt", "load 0,35 ok\n", "load 0.35 ok\n", "E5"},
    {"jar", "META-INF/MANIFEST.MF", "Built-By: root\n", "Built-By: app\n", "P3"},
};

const std::vector<WordPair> no_hosts{
    {"a host that the config does not name", "opt/a.txt", "on buildhost2 x\n", "on ci-runner-7 x\n", ""},
    {"the other side's host", "opt/a.txt", "on ci-runner-7 x\n", "on buildhost1 x\n", ""},
    {"a host to go to", "opt/a.txt", "https://buildhost1/x\n", "https://ci-runner-7/x\n", ""},
    {"a host in a script", "opt/x.sh", "ssh buildhost1\n", "ssh ci-runner-7\n", ""},
    {"a host in sudoers", "etc/sudoers", "app buildhost1=ALL\n", "app ci-runner-7=ALL\n", ""},
    {"a comment that includes", "etc/sudoers", "# buildhost1\n", "# ci-runner-7\n", ""},
    {"three numbers alone", "opt/a.txt", "uses 6.1.0 now\n", "uses 6.1.2 now\n", ""},
    {"PATH of an environment", "opt/a.txt", "HOME=/x\nSHLVL=1\nPATH=/a\nTERM=x\n",
     "HOME=/x\nSHLVL=1\nPATH=/b\nTERM=x\n", ""},
    {"LD_PRELOAD of an environment", "opt/a.txt", "HOME=/x\nSHLVL=1\nLD_PRELOAD=a\nTERM=x\nPWD=/\n",
     "HOME=/x\nSHLVL=1\nLD_PRELOAD=b\nTERM=x\nPWD=/\n", ""},
    {"variables that are no environment", "opt/a.txt", "A=1\nUSER=x\nB=2\n", "A=1\nUSER=y\nB=2\n", ""},
    {"an environment that is read at start", "etc/environment", "HOME=/x\nSHLVL=1\nTERM=a\nPWD=/\n",
     "HOME=/x\nSHLVL=1\nTERM=b\nPWD=/\n", ""},
    {"as whom something runs", "opt/a.txt", "user = root\n", "user = app\n", ""},
    {"other words between quotes", "opt/a.txt", "unused \xe2\x80\x98x\xe2\x80\x99\n", "unused 'y'\n", ""},
    {"other numbers", "opt/a.txt", "load 0,35 ok\n", "load 0.36 ok\n", ""},
};

const std::vector<WordPair> ids{
    {"uuidgen", "opt/a.txt", "x 775c073d-1e84-4614-b6d8-1b4a80b2f837\n", "x d1a82009-832f-4cb5-8bce-9de0debc4b13\n",
     "R1"},
    {"uuidgen -t", "opt/a.txt", "x d1a7a3ea-e5d3-11f1-a312-02fc00000001\n", "x e2bc8ef0-e5d4-11f1-a312-02fc00000001\n",
     "R1"},
    {"ulid", "opt/a.txt", "x 01KJMDEBBV3V9K2Q0T7XH5RCMD\n", "x 01KJQ7EKAVW8NY4E6ZB1PGJ0SA\n", "R1"},
    {"systemd-machine-id-setup", "var/lib/dbus/machine-id", "1339beb4ef4e22cffea03b919d7b5823\n",
     "48b3e99456968e51e0abbbb8c34eeb01\n", "R1"},
    {"influx", "opt/a.json", "{\"cluster_id\":\"1339beb4ef4e22cffea03b919d7b5823\"}\n",
     "{\"cluster_id\":\"48b3e99456968e51e0abbbb8c34eeb01\"}\n", "R1"},
    {"python repr", "opt/a.html", "&lt;object at 0x7f2928ba4750&gt;\n", "&lt;object at 0x7f1a28ca4720&gt;\n", "R5"},
    {"backtrace", "opt/a.txt", "[0x55d1c8b6e4f0]\n", "[0x5603c8b6e4f0]\n", "R5"},
    {"daemon log", "opt/a.txt", "started, pid 1234\n", "started, pid 98\n", "R6"},
    {"JSON", "opt/a.json", "{\"pid\": 31}\n", "{\"pid\": 4711}\n", "R6"},
    {"lock file", "var/lib/x/x.lock", "       123\n", "       456\n", "R6"},
    {"python crypt", "etc/shadow",
     "x:$6$FoCodYlrhLCsoa05$zDiBxWFj1zMOpVdeWuUgSroy2hcAlifRCupvITs3C2.srXwnmf5e4NkMTuZC1Q.9T6RFRG5sgt3nTR.yr9Ve70:1\n",
     "x:$6$RJnDzYcBDj7M2bHI$.AUT/k/fSpObY.PZDvfu59wR9/zx/Nbig4.aNvcDYMWIUZuLaGfyA4zEfl.myQr/RC83pCWF7/ipltEsOMq.F0:1\n",
     "R2"},
    {"openssl ecparam -genkey", "opt/k.txt",
     "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIO7DZ+rCHzT996G+bBSi6NR8fiWnAABqoDIsRYJEk5XYoAoGCCqGSM49\n"
     "AwEHoUQDQgAEpw8tefa6clL+RWPvZxhSllhrjgRTT2rYOQcLcJBRbenv8lv0HNyN\nNYhlgYNZT11cg4tJ4CoNXALUHuV5eD0Lkg==\n"
     "-----END EC PRIVATE KEY-----\n",
     "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEII03mMZhR08eYrFIuE0lzfIh1qGE1SE0jUK26SkXGf5aoAoGCCqGSM49\n"
     "AwEHoUQDQgAEVvyoryGeXvhKM0AwgiMaDVi33QajekUjxSOQ6YsXL/shmTOb6Ljx\nBW23O6pRC6SzzZ+LttD+VixFWHQKpoInNA==\n"
     "-----END EC PRIVATE KEY-----\n",
     "R2"},
    {"gpg --armor --detach-sign", "opt/m.asc",
     "-----BEGIN PGP "
     "SIGNATURE-----\n\niQGzBAABCgAdFiEEzEM0/Dno7FlUVbgZQowv/8j70NMFAmsB2YwACgkQQowv/8j7\n0NOgHgwAtN9zWNbi9PNF\n=Npa/\n"
     "-----END PGP SIGNATURE-----\n",
     "-----BEGIN PGP "
     "SIGNATURE-----\n\niQGzBAABCgAdFiEEzEM0/Dno7FlUVbgZQowv/8j70NMFAmsB2Y4ACgkQQowv/8j7\n0NMVtQv/Wb0IZSv2FiDv\n=M+o6\n"
     "-----END PGP SIGNATURE-----\n",
     "R3"},
};

const std::vector<WordPair> no_ids{
    {"a commit", "opt/a.txt", "id 1339beb4ef4e22cffea03b919d7b582348b3e994\n",
     "id 48b3e99456968e51e0abbbb8c34eeb011339beb4\n", ""},
    {"a digest of something", "opt/a.txt", "1339beb4ef4e22cffea03b919d7b5823  x.tar\n",
     "48b3e99456968e51e0abbbb8c34eeb01  x.tar\n", ""},
    {"a pin", "opt/a.txt", "id --hash=sha256:d24e0af47607be8d7888bcaf12519ba6dc78648bfb0316af9ad304c6885aab7b\n",
     "id --hash=sha256:f57b56a2120725f00f6c24c8cecb1501e47bf31b32772b67a92f3dbd3d7d302a\n", ""},
    {"an image's digest", "opt/a.txt",
     "id: x@sha256:d24e0af47607be8d7888bcaf12519ba6dc78648bfb0316af9ad304c6885aab7b\n",
     "id: x@sha256:f57b56a2120725f00f6c24c8cecb1501e47bf31b32772b67a92f3dbd3d7d302a\n", ""},
    {"a password", "opt/a.txt", "db password: 1339beb4ef4e22cffea03b919d7b5823\n",
     "db password: 48b3e99456968e51e0abbbb8c34eeb01\n", ""},
    {"an access key", "opt/a.txt", "access key id: 1339beb4ef4e22cffea03b919d7b5823\n",
     "access key id: 48b3e99456968e51e0abbbb8c34eeb01\n", ""},
    {"a password that is a UUID", "opt/a.txt", "password=775c073d-1e84-4614-b6d8-1b4a80b2f837\n",
     "password=d1a82009-832f-4cb5-8bce-9de0debc4b13\n", ""},
    {"an id in a script", "opt/x.sh", "ID=775c073d-1e84-4614-b6d8-1b4a80b2f837\n",
     "ID=d1a82009-832f-4cb5-8bce-9de0debc4b13\n", ""},
    {"UUIDs of names", "opt/a.txt", "x 775c073d-1e84-5614-b6d8-1b4a80b2f837\n",
     "x d1a82009-832f-5cb5-8bce-9de0debc4b13\n", ""},
    {"UUIDs of two kinds", "opt/a.txt", "x 775c073d-1e84-4614-b6d8-1b4a80b2f837\n",
     "x d1a7a3ea-e5d3-11f1-a312-02fc00000001\n", ""},
    {"no random digits", "opt/a.txt", "id 00000000000000000000000000000001\n", "id 00000000000000000000000000000002\n",
     ""},
    {"a ULID of another year", "opt/a.txt", "x 01AJMDEBBV3V9K2Q0T7XH5RCMD\n", "x 01AJQ7EKAVW8NY4E6ZB1PGJ0SA\n", ""},
    {"a mask", "opt/a.txt", "x 0x7fffffff\n", "x 0x7ffffffe\n", ""},
    {"an address on one side", "opt/a.txt", "x 0x7f2928ba4750\n", "x 0x112928ba4750\n", ""},
    {"a port", "opt/a.txt", "port 8080\n", "port 9090\n", ""},
    {"a port beside a daemon", "opt/a.txt", "rapid: 8080\n", "rapid: 9090\n", ""},
    {"a limit of pids", "opt/a.txt", "pid_max = 4096\n", "pid_max = 8192\n", ""},
    {"a public key", "root/.ssh/authorized_keys", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA x\n",
     "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB x\n", ""},
    {"a certificate", "opt/c.txt", "-----BEGIN CERTIFICATE-----\nMHcCAQEE\n-----END CERTIFICATE-----\n",
     "-----BEGIN CERTIFICATE-----\nMHcCAQEF\n-----END CERTIFICATE-----\n", ""},
    {"other things inside armour", "opt/x.txt",
     "-----BEGIN PGP SIGNATURE-----\nrm -rf $A\n-----END PGP SIGNATURE-----\n",
     "-----BEGIN PGP SIGNATURE-----\nrm -rf $B\n-----END PGP SIGNATURE-----\n", ""},
    {"hashes of two schemes", "opt/a.txt", "x:$6$FoCodYlrhLCsoa05$zDiBxWFj1zMOpVde:1\n",
     "x:$1$FoCodYlr$zDiBxWFj1zMOpVde:1\n", ""},
};

/// One file of each side that differs, known by what it hashes to.
Clues with_derived() {
    Clues clues = two_builds();
    clues.side[0].derived.add("usr/lib/x", as_bytes("published\n"));
    clues.side[1].derived.add("usr/lib/x", as_bytes("rebuilt\n"));
    return clues;
}

// printf 'published\n' | md5sum, sha1sum, sha256sum, openssl dgst -sha512 -binary | base64, … and the same of
// 'rebuilt\n'
const std::vector<WordPair> digests{
    {"md5sum", "var/lib/dpkg/info/x.md5sums", "568be5d70eac4f30a64a20172ac445ee  usr/lib/x\n",
     "42e61e3c743c31f6f02d818b6c16ed41  usr/lib/x\n", "C2"},
    {"sha1sum", "opt/a.txt", "1f4f74da0075237a0232bff99f69ae9546987856  x\n",
     "a27cbf23400d8e1a68fccc203ef48696569d9a92  x\n", "C2"},
    {"sha224sum", "opt/a.txt", "x deb084b0325517aacd971dce6eee606eff06501a428ca92235795539\n",
     "x cf9d31536e9acca1060561b567200336b8f88404bc8153f71960d851\n", "C2"},
    {"sha256sum, in a script", "opt/x.sh", "echo e41adfc0670b4e1740e6874bdb59f26e0bc6982e44796c5df37b6eead72932dc x\n",
     "echo 07a28a4981107db306eaf31dc7ec7d6f52578054b295a004b7c45d79fde74734 x\n", "C2"},
    {"sha384sum", "opt/a.txt",
     "e5f35b489d31fd9284615468e6247c68110586057c30e6e4e847e5c92d1a3b2db7d36b4196e68f5e6c5f3bad1a4191da  x\n",
     "8c2c384d0ad3050c554fde118aec05af874f74b3b209cb4c88dee4fb5b9f1dbf2f2b7326ffc9adb22c88bfb2e0750421  x\n", "C2"},
    {"sha512sum, upper case", "opt/a.txt",
     "11624BC1AF637B04434BE108E0FD2025DA764B7771F82FA023223192732D022E201106E0BF4D8236DBC18CFD7D8DE69055CBF54A38F4AA040"
     "0F8DD4EAC0B9991  x\n",
     "55102203E31595EFD06656B5B04B374380BD22ED71DE586220DB523E39E03F5EBE02B2E5F13BB6074AECE252D5976749AB114725E00209B72"
     "48007A4C12D6DB1  x\n",
     "C2"},
    {"npm", "opt/package-lock.json",
     "\"integrity\": "
     "\"sha512-EWJLwa9jewRDS+EI4P0gJdp2S3dx+C+gIyIxknMtAi4gEQbgv02CNtvBjP19jeaQVcv1Sjj0qgQA+N1OrAuZkQ==\",\n",
     "\"integrity\": "
     "\"sha512-VRAiA+MVle/QZla1sEs3Q4C9Iu1x3lhiINtSPjngP16+ArLl8Tu2B0rs4lLVl2dJqxFHJeACCbckgAekwS1tsQ==\",\n",
     "C2"},
    {"wheel RECORD", "x.dist-info/RECORD", "x/y.txt,sha256=5BrfwGcLThdA5odL21nybgvGmC5EeWxd83tu6tcpMtw,10\n",
     "x/y.txt,sha256=B6KKSYEQfbMG6vMdx-x9b1JXgFSylaAEt8Rdef3nRzQ,10\n", "C2"},
    {"apk installed", "lib/apk/db/installed", "Z:Q1H0902gB1I3oCMr/5n2mulUaYeFY=\n",
     "Z:Q1ony/I0ANjhpo/MwgPvSGlladmpI=\n", "C2"},
    {"Digest-Algorithms of jar", "META-INF/MANIFEST.MF",
     "SHA-256-Digest: 5BrfwGcLThdA5odL21nybgvGmC5EeWxd83tu6tcpMtw=\n",
     "SHA-256-Digest: B6KKSYEQfbMG6vMdx+x9b1JXgFSylaAEt8Rdef3nRzQ=\n", "C2"},
    {"git ls-files -s", "opt/a.txt", "100644 7a85ea4df37734c24dc10ccd171c24e536735fa4 0\n",
     "100644 2112d33228751fc0f47327b126049c8aa24a6bfc 0\n", "C2"},
};

} // namespace

TEST_CASE("paths that a build leaves have their cause") {
    check_told(paths);
}
TEST_CASE("paths that are opened or run, and paths of no build, have none") {
    check_untold(no_paths);
}
TEST_CASE("hosts, kernels, environments and locales have their cause") {
    check_told(hosts);
}
TEST_CASE("names that the config does not give, addresses and what steers have none") {
    check_untold(no_hosts);
}
TEST_CASE("random ids, addresses, process ids, keys and signatures have their cause") {
    check_told(ids);
}
TEST_CASE("digests, commits, passwords and numbers have none") {
    check_untold(no_ids);
}
TEST_CASE("an x bit makes a text obeyed") {
    const WordPair& pair = paths.front();
    CHECK(tell(token_detectors(), "opt/x", pair.published, pair.rebuilt, two_builds(), true).causes.empty());
    CHECK(tell(token_detectors(), "opt/x", pair.published, pair.rebuilt, two_builds(), false).causes == "P2");
}

TEST_CASE("digests of a divergent file are derived from it, in every writing") {
    const Clues clues = with_derived();
    for (const WordPair& pair : digests) {
        CAPTURE(pair.tool);
        const Told told = tell_token(pair, clues);
        CHECK(told.causes == "C2");
        CHECK(told.all);
        REQUIRE(told.found.size() == 1);
        CHECK(told.found[0].derived_of == "usr/lib/x");
    }
}

TEST_CASE("digests of unknown, exchanged or different files are not derived") {
    for (const WordPair& pair : digests) {
        CAPTURE(pair.tool);
        CHECK(tell_token(pair).causes.empty());
        CHECK(tell_token({pair.tool, pair.path, pair.rebuilt, pair.published, ""}, with_derived()).causes.empty());
        Clues two_files = two_builds();
        two_files.side[0].derived.add("usr/lib/x", as_bytes("published\n"));
        two_files.side[1].derived.add("usr/lib/y", as_bytes("rebuilt\n"));
        CHECK(tell_token(pair, two_files).causes.empty());
    }
}

TEST_CASE("in a program only names of sources are traces of the build") {
    using namespace std::string_literals;
    const auto causes = [](const std::string& a, const std::string& b) {
        const std::string head = "\x7f"
                                 "ELF\1\2\0"s;
        return tell(token_detectors(), "usr/bin/x", head + a + "\0\3\4"s, head + b + "\0\3\4"s, two_builds(), true)
            .causes;
    };
    CHECK(causes("/build/a/x.c", "/build/b/x.c") == "P1");
    CHECK(causes("/home/alice/x/main.go", "/home/bob/x/main.go") == "P3");
    CHECK(causes("/tmp/ccAb1xYz.s", "/tmp/cc9kQq3W.s") == "P2");
    CHECK(causes("GCC: (Debian 12.2.0-14) 12.2.0", "GCC: (Debian 12.2.0-15) 12.2.0") == "V4");
    CHECK(causes("/build/a/plugins", "/build/b/plugins").empty());
    CHECK(causes("/tmp/tmp.9ZnjN45lIU", "/tmp/tmp.xZQlKu67m9").empty());
    CHECK(causes("775c073d-1e84-4614-b6d8-1b4a80b2f837", "d1a82009-832f-4cb5-8bce-9de0debc4b13").empty());
    CHECK(causes("id 1339beb4ef4e22cffea03b919d7b5823", "id 48b3e99456968e51e0abbbb8c34eeb01").empty());
}

TEST_CASE("a claim takes the whole path") {
    const Told told = tell_token(paths[1]);
    REQUIRE(told.found.size() == 1);
    CHECK(told.found[0].values[0] == "/tmp/tmp.9ZnjN45lIU/src");
    CHECK(told.found[0].values[1] == "/tmp/tmp.xZQlKu67m9/src");
}

TEST_CASE("a value that a format has cut out of its line is judged with its key") {
    const auto causes = [](std::string_view key, std::string_view published, std::string_view rebuilt) {
        Subject subject;
        subject.path = "opt/a.json";
        subject.name = key;
        subject.bytes = {as_bytes(published), as_bytes(rebuilt)};
        const Leaf leaf = align(subject, {});
        std::vector<Difference> found;
        for (const DetectorRow& row : token_detectors()) {
            if (found.empty()) row.run(leaf, leaf.regions, two_builds(), found);
        }
        return found.empty() ? std::string() : std::string(code_of(*found.front().cause));
    };
    const std::string_view commit = "\"1339beb4ef4e22cffea03b919d7b582348b3e994\"";
    const std::string_view other = "\"48b3e99456968e51e0abbbb8c34eeb011339beb4\"";
    CHECK(causes("$.build.commit", commit, other) == "V5");
    CHECK(causes("$['org.opencontainers.image.revision']", commit, other) == "V5");
    CHECK(causes("[main] GIT_COMMIT", "1339beb", "48b3e99") == "V5");
    CHECK(causes("$.commits[0]", commit, other) == "V5");
    CHECK(causes("$.other", commit, other).empty());
    CHECK(causes("$.build_id", "41", "42") == "V6");
    const std::string_view uuid = "\"775c073d-1e84-4614-b6d8-1b4a80b2f837\"";
    const std::string_view another = "\"d1a82009-832f-4cb5-8bce-9de0debc4b13\"";
    CHECK(causes("$.id", uuid, another) == "R1");
    CHECK(causes("$.db.password", uuid, another).empty());
    CHECK(causes("$.password.value", uuid, another).empty());
    CHECK(causes("$.dir", "\"/build/a/x\"", "\"/build/b/x\"") == "P1");
    CHECK(causes("$.command", "\"/build/a/x\"", "\"/build/b/x\"").empty());
    CHECK(causes("$.tls_min_version", "\"1.2\"", "\"1.0\"").empty());
    CHECK(causes("$.version", "\"1.2\"", "\"1.3\"") == "V1");
}

TEST_CASE("long lines and many differences stay bounded") {
    std::string published;
    std::string rebuilt;
    for (std::size_t i = 0; i < rounds(10000); ++i) {
        published += "a/tmp/tmprvi30j66 x" + std::to_string(i) + " ";
        rebuilt += "b/tmp/tmpve6924zy x" + std::to_string(i) + " ";
    }
    CHECK(tell(token_detectors(), "opt/x", published, rebuilt).causes.empty());
}

TEST_CASE("hostile texts are read without harm") {
    std::mt19937 random(11);
    const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random()) % below; };
    std::vector<WordPair> all;
    for (const auto* pairs : {&paths, &no_paths, &hosts, &no_hosts, &ids, &no_ids}) {
        all.insert(all.end(), pairs->begin(), pairs->end());
    }
    const Clues clues = with_derived();
    for (int round = 0; round < static_cast<int>(rounds(4000)); ++round) {
        std::array<std::string, 2> text;
        for (std::string& one : text) {
            for (int i = 0; i < 3; ++i) {
                const WordPair& pair = all[pick(all.size())];
                one += pick(2) == 0 ? pair.published : pair.rebuilt;
            }
            for (std::size_t edits = pick(6); edits > 0 && !one.empty(); --edits) {
                const std::size_t at = pick(one.size());
                if (pick(3) == 0) {
                    one.erase(at, pick(9));
                } else {
                    one[at] = static_cast<char>(pick(256));
                }
            }
        }
        const Told told = tell(token_detectors(), all[pick(all.size())].path, text[0], text[1], clues);
        for (const Difference& difference : told.found) {
            for (std::size_t side : {0U, 1U}) CHECK(difference.spans[side].end() <= text[side].size());
        }
    }
}
