"""Why files differ, on files that real tools made twice: each row of the table is one thing built on two days (faketime),
in two directories, by two users, in two orders … and the causes that must come out. Beside them the traps: pairs that look
like a harmless cause and are not, which must not be explained.

A row says what the engine may say at all: a file that is explained must be explained by these causes and no others."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import need, touchstone, TestCase

FIRST = "2026-03-01 10:00:00"
SECOND = "2026-03-02 12:13:00"
BUILT = "2026-03-01T10:00:00Z,2026-03-02T12:13:00Z"
TOOLS = ("faketime", "gcc", "ar", "zip", "sqlite3", "openssl", "ssh-keygen", "xz", "bzip2", "dpkg-deb", "uuidgen", "setarch")

# A source tree that all builds share; its times are those of a checkout.
SOURCES = {
    "hello.c": '#include <stdio.h>\nint main(void) { puts("hello from " __FILE__); return 0; }\n',
    "stamp.c": '#include <stdio.h>\nint main(void) { puts("built " __DATE__ " " __TIME__); return 0; }\n',
    "mod.py": "import os\n\n\ndef where():\n    return os.getcwd()\n",
    "text": "".join(f"line {i} of an ordinary text\n" for i in range(200)),
    "words": "".join(f"package-{i}\n" for i in range(60)),
}

# name, the file it leaves, a shell script run on both days ($N is 1 or 2), the causes, whether all is explained.
PAIRS = [
    ("date", "out.txt", "{ echo built; date; echo end; } > out.txt", "T2", True),
    ("date -Is", "out.txt", "date -Is > out.txt", "T2", True),
    ("date -R", "out.txt", "date -R > out.txt", "T2", True),
    ("date %F", "out.txt", "date +%F > out.txt", "T2", True),
    ("date stamp", "build.txt", "date +'version 1.0, built %Y%m%d%H%M%S' > build.txt", "T2", True),
    ("date seconds", "build.txt", "date +'time=%s' > build.txt", "T2", True),
    ("time zone", "out.txt", "TZ=$([ $N = 1 ] && echo UTC || echo JST-9) date -Is -d @1772359200 > out.txt", "T6", True),
    ("gzip with a time", "text.gz", "touch -d @$(date +%s) text && gzip text", "T3", True),
    ("gzip with another level", "text.gz", "gzip -n$([ $N = 1 ] && echo 1 || echo 9) text", "C3", True),
    ("xz with another level", "text.xz", "xz -$([ $N = 1 ] && echo 0 || echo 6) --check=crc32 text", "C3", True),
    ("zip with times", "a.zip", "touch -d @$(date +%s) text words && zip -q a.zip text words", "T3", True),
    ("zip in another order", "a.zip",
     "touch -d @1772000000 text words; zip -qX a.zip $([ $N = 1 ] && echo text words || echo words text)", "O4 C2", True),
    ("ar with times", "lib.a", "gcc -c hello.c && touch -d @$(date +%s) hello.o && ar rcU lib.a hello.o", "T3", True),
    ("tar with times", "a.tar", "touch -d @$(date +%s) text words && tar --format=gnu -cf a.tar text words", "T1 T3 C2", True),
    ("tar in another order", "a.tar",
     "touch -d @1772000000 text words; tar -cf a.tar $([ $N = 1 ] && echo text words || echo words text)", "O4 C2", True),
    ("a date in a gz in a tar", "a.tar",
     "date > d && touch -d @1772000000 d && gzip -n d && touch -d @1772000000 d.gz && tar -cf a.tar d.gz", "C2 T2", True),
    ("deb", "p.deb", """mkdir -p p/DEBIAN p/usr && cp text p/usr &&
     printf 'Package: p\\nVersion: 1\\nArchitecture: all\\nMaintainer: M <m@example.org>\\nDescription: d\\n' > p/DEBIAN/control &&
     find p -exec touch -d @$(date +%s) {} + && dpkg-deb --root-owner-group -b p p.deb >/dev/null""", "T1 T3 C2 C3", True),
    ("bytecode of a touched source", "mod.pyc",
     "touch -d @$(date +%s) mod.py && python3 -c \"import py_compile; py_compile.compile('mod.py', 'mod.pyc')\"", "T3 T9", True),
    ("shadow", "etc/shadow", """mkdir etc && printf 'root:x:0:0::/root:/bin/sh\\n' > etc/passwd && printf 'root:x:0:\\n' > etc/group &&
     printf 'root:*:20000:0:99999:7:::\\n' > etc/shadow &&
     printf 'app:!:%s:0:99999:7:::\\n' $(($(date +%s) / 86400)) >> etc/shadow""", "T4", True),
    ("sqlite with another history", "db.sqlite",
     "sqlite3 db.sqlite 'create table t(a); insert into t values(1);' && "
     "[ $N = 1 ] || sqlite3 db.sqlite 'update t set a=2; ' 'update t set a=1;'", "R7", True),
    ("order of lines", "usr/share/doc/x/packages.list",
     "mkdir -p usr/share/doc/x; shuf --random-source=<(yes $N) words > usr/share/doc/x/packages.list", "O1", None),
    ("uuid", "id.txt", "uuidgen -r > id.txt", "R1", True),
    ("temporary name", "out.txt", "f=$(mktemp) && echo \"wrote $f\" > out.txt && rm $f", "P2", True),
    ("kernel", "out.txt", "echo kernel: $([ $N = 1 ] && setarch --uname-2.6 uname -r || uname -r) > out.txt", "E2", True),
    ("certificate", "cert.pem",
     "cp ../key.pem . && openssl req -x509 -new -key key.pem -subj /CN=x -days 30 -out cert.pem 2>/dev/null", "T8 R3", True),
    ("duration", "build.log", "echo \"real 0m0.$((N * 137))s\" > build.log", "T7", True),
    ("copyright year", "LICENSE.txt", "echo \"Copyright (C) 2019-202$((N + 4)) Example\" > LICENSE.txt", None, None),
    ("json in another order", "a.json",
     "PYTHONHASHSEED=$N python3 -c \"import json; s = {'a','b','c','d','e','f'}; print(json.dumps({k: len(k) for k in s}))\""
     " > a.json", "O3", True),
]

# What must not be explained: name, file, script.
TRAPS = [
    ("a commit is no random id", "rev.txt", "echo commit $(echo $N | sha1sum | cut -c1-40) > rev.txt"),
    ("lines of sudoers in another order", "etc/sudoers",
     "mkdir etc; [ $N = 1 ] && printf 'a ALL=(ALL) ALL\\na ALL=(ALL) !ALL\\n' > etc/sudoers ||"
     " printf 'a ALL=(ALL) !ALL\\na ALL=(ALL) ALL\\n' > etc/sudoers"),
    ("lines of a script in another order", "run.sh",
     "[ $N = 1 ] && printf '#!/bin/sh\\nrm x\\nmv y x\\n' > run.sh || printf '#!/bin/sh\\nmv y x\\nrm x\\n' > run.sh"),
    ("another password", "etc/shadow",
     "mkdir etc; printf 'root:$6$salt%s$abcdefgh:20000:0:99999:7:::\\n' $N > etc/shadow"),
    ("code with a number that could be a time", "prog",
     "printf 'int when = %d; int main(void) { return when == 7; }' $((1772359200 + (N - 1) * 94380)) > p.c && gcc -O0 -o prog p.c"),
    ("a content in a zip", "a.zip", "echo payload $N > text; touch -d @1772000000 text; zip -qX a.zip text"),
    ("a mode in a zip", "a.zip", "chmod $([ $N = 1 ] && echo 644 || echo 4755) text; touch -d @1772000000 text; zip -q a.zip text"),
    ("a path that is executed", "x.service", "echo ExecStart=/tmp/tmp.$([ $N = 1 ] && echo aB3dE5gH1k || echo zY9xW7vU2t)/x > x.service"),
    ("a time outside of the builds", "out.txt", "date -u -d @$((1600000000 + N * 1000)) > out.txt"),
    ("another constant in a script", "conf.sh", "echo \"PORT=80$N\" > conf.sh"),
    ("bytecode of another source", "mod.pyc",
     "echo \"X = $N\" >> mod.py; touch -d @1772000000 mod.py;"
     "python3 -c \"import py_compile; py_compile.compile('mod.py', 'mod.pyc')\""),
    ("an added certificate", "etc/ssl/certs/ca.crt",
     "mkdir -p etc/ssl/certs; cat ../a.pem > etc/ssl/certs/ca.crt; [ $N = 1 ] || cat ../b.pem >> etc/ssl/certs/ca.crt"),
]


def build(root, script, number, clock):
    """One of the two builds: a copy of the sources in a directory of its own, the script run at that time."""
    folder = root / f"build{number}"
    folder.mkdir()
    for name, content in SOURCES.items():
        path = folder / name
        path.write_text(content)
        os.utime(path, (1771000000, 1771000000))
    environment = {**os.environ, "N": str(number), "NO_FAKE_STAT": "1", "FAKE_UTIME": "0", "TZ": "UTC", "LC_ALL": "C", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["faketime", "-f", f"@{clock}", "bash", "-eo", "pipefail", "-c", script],
        cwd=folder, env=environment, capture_output=True, timeout=60,
    )
    if done.returncode != 0:
        raise AssertionError(f"{script}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return folder


class Causes(TestCase):
    @classmethod
    def setUpClass(cls):
        need(*TOOLS, root=False)
        cls.temp = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.temp.name)
        for name in ("a", "b"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", cls.root / "key.pem", "-subj", f"/CN={name}", "-out", cls.root / f"{name}.pem"],
                           check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def explain(self, file, script):
        """The explanation of one file that was built twice."""
        root = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        for name in ("key.pem", "a.pem", "b.pem"):
            (root / name).symlink_to(self.root / name)
        first = build(root, script, 1, FIRST)
        second = build(root, script, 2, SECOND)
        # The name goes as it is in an image: relative, from inside the directory.
        done = touchstone("explain", "--json", "--built", BUILT, file, second / file, cwd=first)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        report = json.loads(done.stdout)
        self.assertFalse(report["same"], "the two builds are the same bytes")
        return report["explanation"]["files"][0]

    def test_what_real_tools_leave_is_explained(self):
        for name, file, script, causes, explained in PAIRS:
            with self.subTest(name):
                found = self.explain(file, script)
                codes = set(found["causes"])
                if explained is not None:
                    self.assertEqual(found["explained"], explained, json.dumps(found)[:3000])
                if explained and causes is not None:
                    self.assertLessEqual(codes, set(causes.split()), json.dumps(found)[:3000])
                    self.assertTrue(codes)

    def test_what_looks_harmless_and_is_not_stays_unexplained(self):
        for name, file, script in TRAPS:
            with self.subTest(name):
                found = self.explain(file, script)
                harmless = found["explained"] and found["class"] in ("benign-metadata", "hygiene")
                self.assertFalse(harmless, json.dumps(found)[:3000])


if __name__ == "__main__":
    unittest.main()
