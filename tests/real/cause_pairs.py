"""Pairs of files for causes_test.py: what a real tool makes twice, and what comes out when one asks why the two differ.

A script runs in a directory with the files of SOURCES, once with N=1 and once with N=2, on two days (faketime). It
leaves one file; its name is the name that the file has in an image. The causes are all that come out, no more and no
fewer; what is explained by them is explained to the last byte."""
from typing import NamedTuple

FIRST = "2026-03-01 10:00:00"
SECOND = "2026-03-02 12:13:00"
DAYS = (FIRST, SECOND)
YEARS = ("2025-12-31 22:00:00", "2026-01-01 09:00:00")

TOOLS = ("faketime", "gcc", "ar", "as", "strip", "objcopy", "go", "git", "perl", "zip", "gzip", "bzip2", "xz", "bsdtar",
         "sqlite3", "openssl", "ssh-keygen", "dpkg-deb", "uuidgen", "setarch", "localedef", "useradd", "add-shell",
         "setfattr")
LOCALES = ("en_US", "de_DE")  # made by localedef, below LOCPATH

# A source tree that all builds share; its times are those of a checkout.
SOURCES = {
    "hello.c": '#include <stdio.h>\nint main(void) { puts("hello from " __FILE__); return 0; }\n',
    "stamp.c": '#include <stdio.h>\nint main(void) { puts("built " __DATE__ " " __TIME__); return 0; }\n',
    "wrong.c": "int main(void) { return missing; }\n",
    "sum.c": "#include <stdio.h>\n"
             "double sum(int n) { double s = 0; for (int i = 1; i < n; i++) s += 1.0 / i; return s; }\n"
             "int main(int argc, char **) { printf(\"sum %.17g\\n\", sum(argc * 100000)); return 0; }\n",
    "steered.c": "int many(int n) { int s = 0; for (int i = 0; i < n; i++) if (n > 2) s += i * n; else s ^= i;"
                 " return s; }\n"
                 "int main(int argc, char **) { int s = 0; for (int i = 0; i < 9999; i++) s += many(argc);"
                 " return s == 7; }\n",
    "scale.c": "double scale(double a, double f) { return a * f; }\n",
    "go/hello.go": "package main\n\nfunc main() { println(\"hello\") }\n",
    "go/go.mod": "module example.org/hello\n\ngo 1.19\n",
    "mod.py": "import os\n\n\ndef where():\n    return os.getcwd()\n",
    "text": "".join(f"line {i} of an ordinary text\n" for i in range(200)),
    "words": "".join(f"package-{i}\n" for i in range(60)),
    "control": "Package: p\nVersion: 1\nArchitecture: all\nMaintainer: M <m@example.org>\nDescription: d\n",
}


class Pair(NamedTuple):
    name: str
    file: str
    script: str
    causes: str
    explained: bool = True
    clocks: tuple = DAYS
    root: bool = False  # the tool wants to be root, as it is in an image's build


OLD = "touch -d @1772000000"  # a time that both builds have
NEW = "touch -d @$(date +%s)"  # the time of this build


COMPILE = "python3 -c \"import py_compile; py_compile.compile('mod.py', 'mod.pyc', '/srv/mod.py')\""


def either(first, second):
    """What the script says in the first and in the second build."""
    return f"$([ $N = 1 ] && echo {first} || echo {second})"


TIMES = [
    Pair("date", "out.txt", "{ echo built; date; echo end; } > out.txt", "T2"),
    Pair("date -Is", "out.txt", "date -Is > out.txt", "T2"),
    Pair("date -R", "out.txt", "date -R > out.txt", "T2"),
    Pair("date %F", "out.txt", "date +%F > out.txt", "T2"),
    Pair("date stamp", "build.txt", "date +'version 1.0, built %Y%m%d%H%M%S' > build.txt", "T2"),
    Pair("date seconds", "build.txt", "date +'time=%s' > build.txt", "T2"),
    Pair("a time from the compiler", "stamp", "gcc -o stamp stamp.c", "C2 T2"),
    Pair("gzip with a time", "text.gz", f"{NEW} text && gzip text", "T3"),
    Pair("zip with times", "a.zip", f"{NEW} text words && zip -q a.zip text words", "T3"),
    Pair("ar with times", "lib.a", f"gcc -c hello.c && {NEW} hello.o && ar rcU lib.a hello.o", "T3"),
    Pair("tar with times", "a.tar", f"{NEW} text words && tar --format=gnu -cf a.tar text words", "C2 T3"),
    Pair("cpio with times", "initrd", f"{NEW} text words && bsdtar --format newc -cf initrd text words", "E9 T3"),
    Pair("deb", "p.deb", f"""mkdir -p p/DEBIAN p/usr && cp text p/usr && cp control p/DEBIAN &&
     find p -exec {NEW} {{}} + && dpkg-deb --root-owner-group -b p p.deb >/dev/null""", "C2 T3"),
    Pair("bytecode of a touched source", "mod.pyc", f"{NEW} mod.py && {COMPILE}", "T3"),
    Pair("bytecode of a source from later", "mod.pyc", f"touch -d @$(($(date +%s) + 600)) mod.py && {COMPILE}", "T9"),
    Pair("the day of a password", "etc/shadow", """mkdir etc && printf 'root:*:20000:0:99999:7:::\\n' > etc/shadow &&
     printf 'app:!:%s:0:99999:7:::\\n' $(($(date +%s) / 86400)) >> etc/shadow""", "T4"),
    Pair("the day of an account", "etc/shadow",
         "mkdir etc && touch etc/passwd etc/group etc/shadow && useradd --prefix $PWD -r app", "T4", root=True),
    Pair("copyright year", "LICENSE.txt", "date +'Copyright (C) 2019-%Y Example' > LICENSE.txt", "T5", clocks=YEARS),
    Pair("time zone", "out.txt", f"TZ={either('UTC', 'JST-9')} date -Is -d @1772359200 > out.txt", "T6"),
    Pair("duration", "build.log", "{ time bash -c 'for i in $(seq $((N * 9000))); do :; done'; } 2> build.log", "T7"),
    Pair("certificate", "cert.pem",
         "cp ../key.pem . && openssl req -x509 -new -key key.pem -subj /CN=x -days 30 -out cert.pem 2>/dev/null", "T8"),
]

STEPS = """mkfifo a b said; for s in a b; do
  { n=0; while read -r turn; do n=$((n + 1)); echo "$s: part $n" >> build.log; echo >&9; done; } < $s 9> said & done
exec 3> a 4> b 5< said
for turn in %s; do echo >&$turn; read -r said <&5; done; exec 3>&- 4>&-; wait"""

ORDERS = [
    Pair("order of lines", "var/log/packages.log",
         "mkdir -p var/log; shuf --random-source=<(yes $N) words > var/log/packages.log", "O1"),
    Pair("order of lines in a list for people", "usr/share/doc/x/packages.list",
         "mkdir -p usr/share/doc/x; shuf --random-source=<(yes $N) words > usr/share/doc/x/packages.list", "", False),
    Pair("checksums as find finds them", "SHA256SUMS",
         "mkdir d; for i in $(seq 9); do echo $i > d/$i; done;"
         f" sha256sum {either('d/3 d/7 d/1', 'd/7 d/1 d/3')} > SHA256SUMS", "O1"),
    Pair("a directory's own order", "srv/x/install_manifest.txt",
         "mkdir -p d srv/x; touch d/{r,e,a,d,i}; find $PWD/d -type f -printf '/usr/lib/x/%f\\n' | sort |"
         " shuf --random-source=<(yes $N) > srv/x/install_manifest.txt", "O2"),
    Pair("json in another order", "a.json",
         "PYTHONHASHSEED=$N python3 -c \"import json; s = {'a','b','c','d','e','f'};"
         " print(json.dumps({k: len(k) for k in s}))\""
         " > a.json", "O3"),
    Pair("a set, printed", "out.txt",
         "PYTHONHASHSEED=$N python3 -c \"print({'alpha', 'beta', 'gamma', 'delta'})\" > out.txt", "O3"),
    Pair("perl's hash", "out.txt",
         "PERL_HASH_SEED=$N perl -e 'my %h = map { $_ => 1 } 1 .. 9; print join(\", \","
         " map { \"$_=$h{$_}\" } keys %h), \"\\n\"' > out.txt", "O3"),
    Pair("zip in another order", "a.zip",
         f"{OLD} text words; zip -qX a.zip {either('text words', 'words text')}", "C2 O4"),
    Pair("tar in another order", "a.tar",
         f"{OLD} text words; tar -cf a.tar {either('text words', 'words text')}", "O4"),
    Pair("ar in another order", "lib.a",
         f"gcc -c hello.c scale.c; ar rcD lib.a {either('hello.o scale.o', 'scale.o hello.o')}", "C2 O4"),
    Pair("sorted by two locales", "var/log/names.log",
         "mkdir -p var/log; printf '%s\\n' b A a B c-d cd C |"
         f" LC_ALL={either('C', 'en_US.UTF-8')} sort > var/log/names.log", "O5"),
    Pair("files sorted by two locales", "srv/x/install_manifest.txt",
         f"mkdir -p d srv/x; touch d/{{README,a,b,Makefile,zeta}};"
         f" LC_ALL={either('C', 'en_US.UTF-8')} bash -c 'printf \"/%s\\n\" d/*' > srv/x/install_manifest.txt", "O5"),
    Pair("two steps side by side", "build.log", STEPS % either("3 4 3 4 3 4", "3 3 4 4 4 3"), "O6"),
    Pair("accounts in another order", "etc/passwd",
         f"mkdir etc && touch etc/passwd etc/group etc/shadow && for u in {either('web db', 'db web')}; do"
         " useradd --prefix $PWD -r -s /bin/false $u; done", "O7", root=True),
    Pair("shells in another order", "etc/shells",
         f"mkdir etc; echo /bin/sh > etc/shells; for s in {either('/bin/zsh /bin/fish', '/bin/fish /bin/zsh')}; do"
         " DPKG_ROOT=$PWD add-shell $s; done", "O7"),
]

# Directories of one length, as offsets into tables of names would differ, too; and of these two, as gcc writes such
# tables in the order of a hash.
MAPPED = f"-ffile-prefix-map=$PWD=/build/{either('b', 'd')}/hello"

PATHS = [
    Pair("debug information", "hello", f"gcc -g {MAPPED} -o hello hello.c", "C2 P1"),
    Pair("the compiler's __FILE__", "hello", "gcc -o hello $PWD/hello.c", "C2 P1"),
    Pair("the same, stripped", "hello", f"gcc -g {MAPPED} -o hello $PWD/hello.c && strip hello", "C2 P1"),
    Pair("an object in an archive", "lib.a", f"gcc -g {MAPPED} -c hello.c && ar rcD lib.a hello.o", "P1"),
    Pair("a program in Go", "hello", f"cd go && GOFLAGS=-buildvcs=false go build -o ../hello .", "C2 P1"),
    Pair("bytecode", "mod.pyc",
         "python3 -c \"import py_compile; py_compile.compile('mod.py', 'mod.pyc', '/build/$N/mod.py')\"", "P1"),
    Pair("bytecode below /tmp", "mod.pyc",
         "python3 -c \"import py_compile; py_compile.compile('mod.py', 'mod.pyc', '/tmp/$N/mod.py')\"", "P2"),
    Pair("a compiler's messages", "gcc.log", "gcc -c $PWD/wrong.c 2> gcc.log || true", "P1"),
    Pair("temporary name", "out.txt", "f=$(mktemp) && echo \"wrote $f\" > out.txt && rm $f", "P2"),
    Pair("the compiler's temporary objects", "ld.log",
         "gcc -v -o hello hello.c 2>&1 | grep -o '/tmp/cc[^ ]*[.]o' > ld.log", "P2"),
    Pair("home", "site.txt", f"HOME=/home/{either('alice', 'bob')} python3 -m site --user-site > site.txt", "P3"),
    Pair("a home in debug information", "hello.o",
         f"gcc -g -c -fdebug-prefix-map=$PWD=/home/{either('alice', 'bobby')}/hello hello.c", "P3"),
]

ENVIRONMENT = [
    Pair("kernel", "out.txt", "echo kernel: $([ $N = 1 ] && setarch --uname-2.6 uname -r || uname -r) > out.txt", "E2"),
    Pair("two processors", "scale.o",
         "gcc -g -O2 -fdebug-prefix-map=$PWD=/src -c -march=x86-64-v$((N + 1)) scale.c", "E3"),
    Pair("two processors, by the recorded switches", "scale.o",
         "gcc -O2 -frecord-gcc-switches -c -march=x86-64-v$((N + 1)) scale.c", "E3"),
    Pair("environment", "env.txt",
         "env -i PATH=/bin HOME=/root PWD=/src HOSTNAME=h LANG=C TERM=$TERM$N SHLVL=$N OLDPWD=/ env > env.txt", "E4"),
    Pair("environment of a shell", "env.txt",
         "env -i PATH=/bin HOME=/root LANG=C TERM=$TERM$N bash -c 'export -p' > env.txt", "E4"),
    Pair("decimal sign", "out.txt",
         f"LC_ALL={either('C', 'de_DE.UTF-8')} bash -c 'printf \"ratio %.2f\\n\" 1/3' 2>/dev/null > out.txt ||"
         " true", "E5"),
    Pair("quotes", "gcc.log", f"LC_ALL={either('C', 'C.UTF-8')} gcc -c wrong.c 2> gcc.log || true", "E5"),
]

RANDOM = [
    Pair("uuid", "id.txt", "uuidgen -r > id.txt", "R1"),
    Pair("machine id", "etc/machine-id", "mkdir etc; uuidgen -r | tr -d - > etc/machine-id", "R1"),
    Pair("a private key", "etc/ssh/ssh_host_ed25519_key",
         "mkdir -p etc/ssh; ssh-keygen -q -t ed25519 -N '' -C x -f etc/ssh/ssh_host_ed25519_key", "R2"),
    Pair("a key in PEM", "key.pem", "openssl genpkey -algorithm ED25519 -out key.pem", "R2"),
    Pair("salt", "etc/shadow",
         "mkdir etc; printf 'root:%s:20000:0:99999:7:::\\n' $(openssl passwd -6 secret) > etc/shadow", "R2"),
    Pair("a certificate that was signed twice", "cert.pem",
         "cp ../key.pem . &&"
         " openssl req -x509 -new -key key.pem -subj /CN=x -set_serial 1 -days 30 -out cert.pem 2>/dev/null",
         "R3", clocks=(FIRST, FIRST)),
    Pair("a signature of what is in another file", "text.sig",
         "ssh-keygen -q -t ecdsa -N '' -f k && ssh-keygen -q -Y sign -f k -n file text 2>/dev/null", "", False),
    Pair("a bare signature", "text.sig", "openssl dgst -sha256 -sign ../key.pem -out text.sig text", "", False),
    Pair("ldconfig's cache", "var/cache/ldconfig/aux-cache",
         "mkdir -p etc lib var/cache/ldconfig; for i in 1 2 3;"
         " do gcc -shared -Wl,-soname,lib$i.so.1 -o lib/lib$i.so.1 -x c /dev/null; done;"
         " echo /lib > etc/ld.so.conf; ldconfig -X -r $PWD", "R4", root=True),
    Pair("an address", "out.txt", "python3 -c 'print(object())' > out.txt", "R5"),
    Pair("process id", "run/app.pid", "mkdir run; bash -c 'echo $$' > run/app.pid", "R6"),
    Pair("sqlite with another history", "db.sqlite",
         "sqlite3 db.sqlite 'create table t(a); insert into t values(1);' && "
         "[ $N = 1 ] || sqlite3 db.sqlite 'update t set a=2; ' 'update t set a=1;'", "R7"),
    Pair("sqlite with deleted rows", "db.sqlite",
         "sqlite3 db.sqlite 'pragma secure_delete=off; create table t(a); insert into t values(1);'"
         " \"insert into t values('row $N')\" \"delete from t where a != 1\"", "R7"),
    Pair("a log that ends early", "build.log",
         f"seq -f 'line %g' 100 | head -n {either('100', '63')} > build.log", "R8"),
]

SERVER = """python3 - > headers.txt 2>/dev/null <<'END'
import functools, http.server, threading, urllib.request
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/text").headers, end="")
END"""
COMMIT = ("git -c init.defaultBranch=main init -q . && git config user.name a && git config user.email a@example.org &&"
          " git add text && git commit -q -m $N")

VERSIONS = [
    Pair("another version of a package", "var/lib/dpkg/status", """mkdir -p p/DEBIAN r/var/lib/dpkg/{updates,info}
     touch r/var/lib/dpkg/{status,available}
     sed "s/^Version.*/Version: 1.$N-1/" control > p/DEBIAN/control; dpkg-deb -b p p.deb >/dev/null
     dpkg --root=$PWD/r --force-not-root --force-script-chrootless --log=/dev/null -i p.deb >/dev/null
     mkdir -p var/lib/dpkg; cp r/var/lib/dpkg/status var/lib/dpkg""", "V1", root=True),
    Pair("what a server says of a download", "headers.txt", f"{NEW} text; {SERVER}", "T2 V3"),
    Pair("two kinds of gzip", "text.gz",
         "[ $N = 1 ] && gzip -n text || python3 -c \"import gzip, shutil; shutil.copyfileobj(open('text', 'rb'),"
         " gzip.GzipFile('', 'wb', fileobj=open('text.gz', 'wb'), mtime=0))\"", "C3 V4"),
    Pair("two kinds of zip", "a.zip",
         f"{OLD} text; {either('zip -qX a.zip text', 'python3 -m zipfile -c a.zip text')} | sh", "V4", False),
    Pair("another version of the compiler", "hello.o",
         "gcc -c hello.c && printf 'GCC: (Debian 12.2.0-%s) 12.2.0\\0' $((N + 13)) > c &&"
         " objcopy --update-section .comment=c hello.o", "V4"),
    Pair("git describe", "version.txt",
         f"{COMMIT} && git tag v1.0 -m x && git commit -q --allow-empty -m $N && git describe > version.txt", "V5"),
    Pair("commit in a file", "build.txt", f"{COMMIT} && echo commit: $(git rev-parse HEAD) > build.txt", "V5"),
    Pair("commit in Go's build information", "hello",
         f"{COMMIT} && ln -sfn $PWD ../same && cd ../same/go && git add . && git commit -q -m x &&"
         " go build -o ../hello .", "C2 T2 V5"),  # -trimpath would compile Go's library anew
    Pair("run of a build service", "build-info.txt",
         "env -i GITHUB_RUN_ID=77$N GITHUB_RUN_NUMBER=$N GITHUB_SERVER_URL=https://github.com env >"
         " build-info.txt", "V6"),
]

OTHERS = [
    Pair("a date in a gz in a tar", "a.tar",
         f"date > d && {OLD} d && gzip -n d && {OLD} d.gz && tar -cf a.tar d.gz", "C2 T2"),
    Pair("gzip with another level", "text.gz", f"gzip -n{either('1', '9')} text", "C3"),
    Pair("xz with another level", "text.xz", f"xz -{either('0', '6')} --check=crc32 text", "C3"),
    Pair("bzip2 with another level", "text.bz2", f"bzip2 -{either('1', '9')} text", "C3"),
    Pair("sums in another order", "sums.txt",
         f"gcc -O3 {either('-fno-fast-math', '-ffast-math')} -o sum sum.c && ./sum > sums.txt", "C4"),
    Pair("code that a profile steered", "steered.o",
         "gcc -O2 -fprofile-generate -c steered.c && gcc -fprofile-generate -o run steered.o &&"
         " ./run $([ $N = 2 ] && echo 2 3 4) &&"
         " gcc -O2 -frecord-gcc-switches -fprofile-use -fno-asynchronous-unwind-tables -c steered.c", "C2 C4", False),
    Pair("python's sums", "sums.txt",
         "python3 -c \"v = [0.1, 0.2, 0.3, 0.4, 0.7]; print('total',"
         " sum(v if $N == 1 else v[::-1]))\" > sums.txt", "C4"),
]

PAIRS = TIMES + ORDERS + PATHS + ENVIRONMENT + RANDOM + VERSIONS + OTHERS


# What looks harmless and is not: never explained by a cause of the classes benign-metadata and hygiene alone. The
# causes are those of parts that have one.
TRAPS = [
    # Numbers and hex digits that could be times, ids or digests.
    Pair("code with a number that could be a time", "prog",
         "printf 'int when = %d; int main(void) { return when == 7;"
         " }' $((1772359200 + (N - 1) * 94380)) > p.c && gcc -O0 -o prog p.c", "C2 S1", False),
    Pair("a number in data of a program", "prog",
         "printf 'const long when = %d; int main(void) { return when == 7;"
         " }' $((1772359200 + (N - 1) * 94380)) > p.c && gcc -O0 -o prog p.c", "C2 S1", False),
    Pair("a time outside of the builds", "out.txt", "date -u -d @$((1600000000 + N * 1000)) > out.txt", "", False),
    Pair("a year outside of the builds", "LICENSE.txt",
         "echo Copyright 2019-202$((N + 4)) Example > LICENSE.txt", "", False),
    Pair("an expiry that was chosen", "policy.txt",
         "date -u -d \"@$((1900000000 + N * 86400))\" +'valid until %F' > policy.txt", "", False),
    Pair("a commit is no random id", "rev.txt", "echo $(echo $N | sha1sum | cut -c1-40) > rev.txt", "", False),
    Pair("a commit is another source", "rev.txt", "echo commit $(echo $N | sha1sum | cut -c1-40) > rev.txt", "V5"),
    Pair("a digest of something that is not there", "app.sha256",
         "echo $(echo $N | sha256sum | cut -c1-64) app > app.sha256", "", False),
    Pair("a pin in a lock file", "requirements.txt",
         "echo \"x==1.0 --hash=sha256:$(echo $N | sha256sum | cut -c1-64)\" > requirements.txt", "", False),
    Pair("a token is no id", "app.txt", "echo session token: $(uuidgen -r) > app.txt", "", False),
    # Orders in which the first match wins, or that are steps.
    Pair("lines of sudoers", "etc/sudoers",
         f"mkdir etc; printf 'a ALL=(ALL) %s\\n' {either('ALL !ALL', '!ALL ALL')} > etc/sudoers", "S1", False),
    Pair("lines of a script", "run.sh",
         f"{{ echo '#!/bin/sh'; echo {either('rm x', 'mv y x')}; echo {either('mv y x', 'rm x')}; }} > run.sh",
         "", False),
    Pair("directories of PATH", "etc/environment",
         f"mkdir etc; echo PATH={either('/usr/bin:/opt/bin', '/opt/bin:/usr/bin')} > etc/environment", "S1", False),
    Pair("directories of the linker", "etc/ld.so.conf",
         f"mkdir etc; printf '%s\\n' {either('/usr/lib /opt/lib', '/opt/lib /usr/lib')} > etc/ld.so.conf", "S1", False),
    Pair("rules of nginx", "etc/nginx/conf.d/x.conf", "mkdir -p etc/nginx/conf.d; printf '%s;\\n' "
         f"{either('allow@all deny@all', 'deny@all allow@all')} | tr @ ' ' > etc/nginx/conf.d/x.conf", "", False),
    Pair("two accounts with one id", "etc/passwd",
         f"mkdir etc && touch etc/passwd etc/group etc/shadow && for u in {either('web db', 'db web')}; do"
         " useradd --prefix $PWD -o -u 500 -M $u; done", "S1", False, root=True),
    Pair("names of hosts", "etc/hosts",
         f"mkdir etc; printf '%s db\\n' {either('10.0.0.1 10.0.0.2', '10.0.0.2 10.0.0.1')} > etc/hosts", "", False),
    Pair("objects that define one symbol", "lib.a",
         "gcc -c hello.c; sed s/hello/other/ hello.c > other.c; gcc -c other.c;"
         f" ar rcD lib.a {either('hello.o other.o', 'other.o hello.o')}", "O4", False),
    Pair("a list, printed", "out.txt", f"python3 -c \"print({either('[1,2,3]', '[3,1,2]')})\" > out.txt", "", False),
    # What is opened or run.
    Pair("a path that is executed", "x.service",
         f"echo ExecStart=/tmp/tmp.{either('aB3dE5gH1k', 'zY9xW7vU2t')}/x > x.service", "", False),
    Pair("a home from which a script is run", "start.sh",
         f"echo exec /home/{either('alice', 'bob')}/app > start.sh", "", False),
    Pair("a path that a program opens", "prog",
         f"printf 'const char *p = \"/build/%s/plugin.so\"; int main(void) {{ return p[7];"
         f" }}' {either('a', 'b')} > p.c; gcc -o prog p.c", "C2 S1", False),
    Pair("another version in a script", "get.sh", "echo curl https://example.org/app-1.$N.tar.gz > get.sh", "", False),
    Pair("another host to load from", "fetch.txt",
         "echo downloaded https://cdn$N.example.org/app/latest > fetch.txt", "", False),
    Pair("another constant in a script", "conf.sh", "echo PORT=80$N > conf.sh", "", False),
    Pair("bytecode of another source", "mod.pyc", f"echo X = $N >> mod.py; {OLD} mod.py; {COMPILE}", "", False),
    Pair("bytecode that is run whatever the source is", "mod.pyc",
         "echo X = $N >> mod.py; python3 -c \"import py_compile; py_compile.compile('mod.py', 'mod.pyc',"
         " '/srv/mod.py',"
         " invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)\"", "", False),
    Pair("code for another processor, and nothing says so", "scale.o",
         "gcc -O2 -c -march=x86-64-v$((N + 1)) scale.c", "", False),
    Pair("another option of the compiler", "hello.o",
         f"gcc -O2 -frecord-gcc-switches -c -{either('fstack-protector-strong', 'fno-stack-protector')} hello.c",
         "C2", False),
    Pair("an object for another machine", "x.o", f"echo .long 7 | as {either('--32', '--64')} -o x.o", "", False),
    # Contents and modes below a harmless cover.
    Pair("a content in a zip", "a.zip", f"echo payload $N > text; {OLD} text; zip -qX a.zip text", "C2", False),
    Pair("a mode in a zip", "a.zip", f"chmod {either('644', '4755')} text; {OLD} text; zip -q a.zip text", "", False),
    Pair("a mode in a tar", "a.tar",
         f"chmod {either('644', '4755')} text; {OLD} text; tar -cf a.tar text", "C2", False),
    Pair("a comment in a gzip", "text.gz",
         "gzip -n text; printf '\\x1f\\x8b\\x08\\x10\\0\\0\\0\\0\\0\\x03run %s\\0' $N > t;"
         " tail -c +11 text.gz >> t;"
         " mv t text.gz", "", False),
    Pair("rows of a database", "db.sqlite",
         "sqlite3 db.sqlite 'create table t(a)' \"insert into t values($N)\"", "", False),
    # Suspicious although explained.
    Pair("another password", "etc/shadow",
         "mkdir etc; echo root:$(openssl passwd -6 $N):20000:0:99999:7::: > etc/shadow", "R2"),
    Pair("an added certificate", "etc/ssl/certs/ca.crt",
         "mkdir -p etc/ssl/certs; cat ../a.pem > etc/ssl/certs/ca.crt; [ $N = 1 ] ||"
         " cat ../b.pem >> etc/ssl/certs/ca.crt", "S1", False),
    Pair("half a number", "limits.txt", "echo 0.1234567890123456$N 12$N > limits.txt", "C4", False),
]



class ImageRow(NamedTuple):
    path: str
    script: str  # runs in the tree that becomes the layer; $FILE is the path, which is there and empty
    causes: str
    explained: bool = True
    rules: str = ""  # what to ask of `diff --rules`


# Both builds are on other days and machines ($HOST, also in the config), from other commits ($COMMIT, also a label).
HOSTS = ("0123456789ab", "ba9876543210")
COMMITS = ("9d9a2a9c0ad8a0ae1b1fd2f5d8f1d0c1f3ab54e7", "356a192b7913b04c54574d18c28d46e6395428ab")
BUILT_AT = either("'Fri Mar  1 10:00:00 UTC 2024'", "'Sat Jun 15 08:30:00 UTC 2024'")
IMAGE_ROWS = [
    ImageRow("srv/touched", "touch -d @$((1709280000 + N * 60)) $FILE", "T1", rules="-mtime"),
    ImageRow("srv/host.txt", "echo built on $HOST > $FILE", "E1"),
    ImageRow("srv/other-host.txt", "echo built on machine-$N > $FILE", "", False),
    ImageRow("srv/umask", f"rm $FILE; umask {either('022', '077')}; echo x > $FILE", "E6"),
    ImageRow("srv/setuid", f"chmod {either('0755', '4755')} $FILE", "", False),
    ImageRow("srv/owner", f"chown {either('0:0', '1000:1000')} $FILE", "E7"),
    ImageRow("srv/mapped", f"chown {either('33:33', '100033:100033')} $FILE", "E7"),
    ImageRow("srv/given", f"chown {either('33:33', '34:34')} $FILE", "", False),
    ImageRow("srv/label", "[ $N = 1 ] || setfattr -n user.origin -v here $FILE", "E8"),
    ImageRow("srv/linked", f"echo x > $FILE; {either('ln', 'cp')} $FILE $FILE.second", "E9"),
    ImageRow("var/log/app/install.log", "seq $((N * 7)) > $FILE", "C1"),
    ImageRow("var/log/app/program.log", "cp /bin/true $FILE; echo $N >> $FILE", "", False),
    ImageRow("srv/date.txt", f"echo built {BUILT_AT} > $FILE", "T2"),
    ImageRow("srv/date.txt.sha256", "sha256sum srv/date.txt > $FILE", "C2"),
    ImageRow("srv/commit.txt", "echo $COMMIT > $FILE", "V5"),
    ImageRow("srv/another.txt", "echo not $COMMIT | sha1sum > $FILE", "", False),
    ImageRow("usr/bin/tool", "printf '#!/bin/sh\\necho %s\\n' $N > $FILE; chmod 755 $FILE", "S1", False),
    # An object for i386 among those for amd64 is no other platform, but a swapped file.
    ImageRow("usr/lib/swapped.o", f"echo .long 7 | as {either('--32', '--64')} -o $FILE", "", False),
]
# The same, where the images say that they are for 386 and for amd64.
PLATFORM_ROW = ImageRow("usr/lib/object.o", f"echo .long 7 | as {either('--32', '--64')} -o $FILE", "C5")

# Causes without a pair in this file, and why.
NOT_HERE = {"V2": "needs a base image and what provenance says of it: provenance_test.py"}
