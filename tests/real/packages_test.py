"""Whose file it is: packages of this machine in an image with dpkg's own database, packages that rpmbuild made and rpm
installed, and an apk database; one file of each is changed in the second image. dpkg and rpm say what is to be said."""
import base64
import hashlib
import os
import pathlib
import shutil

import harness
import images
from harness import tool
from trees import copy_tree, scratch, write

SPEC = """Name: hello
Epoch: 2
Version: {version}
Release: 3
Summary: a package
License: MIT
BuildArch: noarch
%description
A package.
%install
mkdir -p %{{buildroot}}/usr/share/hello %{{buildroot}}/etc
echo one > %{{buildroot}}/usr/share/hello/one
echo two > %{{buildroot}}/usr/share/hello/two
echo a=1 > %{{buildroot}}/etc/hello.conf
ln -s one %{{buildroot}}/usr/share/hello/link
%files
/usr/share/hello
%config(noreplace) /etc/hello.conf
"""

APK = """C:Q1pSfk9QHPTkOQ1+5aWTnQ6aZ6l2I=
P:base
V:1.2-r3
A:x86_64
o:base
F:etc
R:motd
Z:Q1{motd}
F:usr/share/base
R:data
Z:Q1{data}

"""


def sha1(text):
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()


def dpkg_root(tree):
    """Files of dash and debianutils as they are installed here, with dpkg's whole database."""
    for package in ("dash", "debianutils"):
        for path in map(pathlib.Path, tool("dpkg", "-L", package).decode().split("\n")):
            if path.is_file() and not path.is_symlink():
                target = tree / os.path.realpath(path).lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
    (tree / "bin").symlink_to("usr/bin")
    admin = tree / "var/lib/dpkg"
    (admin / "info").mkdir(parents=True)
    shutil.copy2("/var/lib/dpkg/status", admin)
    if os.path.exists("/var/lib/dpkg/diversions"):
        shutil.copy2("/var/lib/dpkg/diversions", admin)
    for path in pathlib.Path("/var/lib/dpkg/info").glob("d*"):
        shutil.copy2(path, admin / "info")


def rpm_root(tree, version="1.0"):
    """A package made by rpmbuild and installed by rpm, in its SQLite database."""
    with scratch() as temp:
        write(temp / "hello.spec", SPEC.format(version=version))
        tool("rpmbuild", "-bb", "--define", f"_topdir {temp}/top", temp / "hello.spec")
        package = next(temp.glob("top/RPMS/noarch/*.rpm"))
        tree.mkdir(exist_ok=True)
        database = tree / "usr/lib/sysimage/rpm"
        tool("rpm", "--root", tree, "--dbpath", "/usr/lib/sysimage/rpm", "--initdb")
        tool("rpm", "--root", tree, "--dbpath", "/usr/lib/sysimage/rpm", "--nodeps", "--noscripts", "-i", package)
        for leftover in (".rpm.lock", "rpmdb.sqlite-shm"):
            (database / leftover).unlink(missing_ok=True)


class Packages(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        harness.need(*images.TOOLS, "dpkg", "dpkg-query")

    def owners(self, first, change, second=None):
        """{path: [owner in published, owner in rebuilt]} of two images, and the explanation."""
        with scratch() as folder:
            first(folder / "a")
            (second or (lambda tree: copy_tree(folder / "a", tree)))(folder / "b")
            change(folder / "b")
            for name, created in (("a", images.FIRST_BUILD), ("b", images.SECOND_BUILD)):
                images.image_of(folder / f"image-{name}", [folder / name], created)
            report = self.diff(f"oci:{folder}/image-a", f"oci:{folder}/image-b")
            explanation = report.json["explanation"]
            return {file["path"]: file["package"] for file in explanation["files"]}, explanation

    def assert_owner(self, owner, system, package, version, match, recorded):
        found = tuple(owner[key] for key in ("system", "package", "version", "match", "recorded"))
        self.assertEqual(found, (system, package, version, match, recorded))

    def test_dpkg(self):
        def change(tree):
            (tree / "usr/bin/dash").write_bytes(b"another shell")
            write(tree / "usr/bin/unowned", "nobody's")

        owners, explanation = self.owners(lambda tree: (tree.mkdir(), dpkg_root(tree)), change)
        version = tool("dpkg-query", "-W", "-f", "${Version}", "dash").decode()
        self.assert_owner(owners["usr/bin/dash"][0], "dpkg", "dash", version, "matches", "md5")
        self.assert_owner(owners["usr/bin/dash"][1], "dpkg", "dash", version, "differs", "md5")
        self.assertIsNone(owners["usr/bin/unowned"])
        installed = tool("dpkg-query", "-W", "-f", "${db:Status-Status}\n").decode().split("\n").count("installed")
        self.assertEqual(explanation["packages"], [f"dpkg: {installed} packages"] * 2)
        self.assertEqual(explanation["drift"], [])

    def test_rpm(self):
        harness.need("rpm", "rpmbuild")

        def change(tree):
            write(tree / "usr/share/hello/two", "changed\n")
            write(tree / "etc/hello.conf", "a=2\n")

        owners, explanation = self.owners(rpm_root, change)
        self.assert_owner(owners["usr/share/hello/two"][0], "rpm", "hello", "2:1.0-3", "matches", "sha256")
        self.assert_owner(owners["usr/share/hello/two"][1], "rpm", "hello", "2:1.0-3", "differs", "sha256")
        self.assertTrue(owners["etc/hello.conf"][1]["configuration"])
        self.assertEqual(explanation["packages"], ["rpm: 1 package"] * 2)

    def test_rpm_drift(self):
        harness.need("rpm", "rpmbuild")
        _, explanation = self.owners(rpm_root, lambda tree: None, lambda tree: rpm_root(tree, "1.1"))
        drift = [(one["system"], one["package"], one["published"], one["rebuilt"]) for one in explanation["drift"]]
        self.assertEqual(drift, [("rpm", "hello", "2:1.0-3", "2:1.1-3")])

    def test_apk(self):
        def root(tree):
            write(tree / "etc/motd", "hello\n")
            write(tree / "usr/share/base/data", "data\n")
            write(tree / "lib/apk/db/installed", APK.format(motd=sha1("hello\n"), data=sha1("data\n")))

        owners, explanation = self.owners(root, lambda tree: write(tree / "usr/share/base/data", "other\n"))
        self.assert_owner(owners["usr/share/base/data"][0], "apk", "base", "1.2-r3", "matches", "sha1")
        self.assert_owner(owners["usr/share/base/data"][1], "apk", "base", "1.2-r3", "differs", "sha1")
        self.assertEqual(explanation["packages"], ["apk: 1 package"] * 2)


if __name__ == "__main__":
    harness.main()
