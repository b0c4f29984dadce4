"""Lists of checksums that the real tools write (coreutils, bsdtar, NetBSD's mtree, openssl, dpkg, rpm) or that follow a
specification to the letter, held against images of the same tree: as it is, with one changed byte, with one file missing,
and with one wrong mode."""
import base64
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import harness
import images
import packages_test
from harness import tool
from trees import copy_tree, write

# What one changed thing is to be called; None: lists without modes cannot see it.
CHANGED, MISSING, MODE = "etc/conf", "usr/bin/tool", "usr/bin/other"
FOUND = {
    "good": [],
    "changed": [(CHANGED, "differs", ["content"])],
    "missing": [(MISSING, "missing", [])],
    "mode": [(MODE, "differs", ["mode"])],
}


def schema():
    import jsonschema

    return jsonschema.Draft202012Validator(json.loads((harness.REPOSITORY / "docs/outputs.schema.json").read_text()))


def plant(tree):
    write(tree / "etc/conf", "port=8080\n")
    write(tree / "usr/bin/tool", "#!/bin/sh\n", 0o755)
    write(tree / "usr/bin/other", "#!/bin/sh\nexit\n", 0o755)
    os.link(tree / "usr/bin/other", tree / "another-name")
    write(tree / "with blank/new\nline", "odd\n")
    write(tree / "back\\slash # and hash", "odd, too\n")
    write(tree / "large", "0123456789abcdef" * (200 << 10))
    write(tree / "empty", "")
    with open(os.fsencode(tree) + b"/caf\xe9", "wb") as file:
        file.write(b"not UTF-8")
    os.symlink("usr/bin/tool", tree / "li nk")
    os.chown(tree / "etc/conf", 12, 34)
    tree.chmod(0o755)


def change(tree, what):
    if what == "changed":
        write(tree / CHANGED, "port=8081\n")
    elif what == "missing":
        (tree / MISSING).unlink()
    elif what == "mode":
        (tree / MODE).chmod(0o4755)


def packed(tree, target):
    tool("tar", "-C", tree, "--format=pax", "--sort=name", "-cf", target, ".")
    return f"tar:{target}"


def regular_files(tree, prefix=b"./"):
    """Paths as bytes, sorted."""
    root = os.fsencode(tree)
    return sorted(prefix + os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root)
                  for name in names if os.path.isfile(os.path.join(folder, name))
                  and not os.path.islink(os.path.join(folder, name)))  # fmt: skip


def digest_of(tree, path, algorithm):
    with open(os.path.join(os.fsencode(tree), path), "rb") as file:
        return hashlib.new(algorithm, file.read()).hexdigest()


class ChecksumsTestCase(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        harness.need("bsdtar", "mtree", "openssl", "tar", "zstd")
        temp = tempfile.TemporaryDirectory(prefix="touchstone-checksums-")
        cls.addClassCleanup(temp.cleanup)
        cls.temp = pathlib.Path(temp.name)
        cls.tree = cls.temp / "good"
        cls.tree.mkdir()
        plant(cls.tree)
        cls.image = {}
        for what in FOUND:
            if what != "good":
                copy_tree(cls.tree, cls.temp / what)
                change(cls.temp / what, what)
            cls.image[what] = packed(cls.temp / what, cls.temp / f"{what}.tar")

    def list_of(self, content, name="list"):
        file = self.temp / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def check(self, image, *options):
        """The answer as JSON; the status must agree with it."""
        done = harness.touchstone("verify", image, "--json", *options)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        found = json.loads(done.stdout)
        self.assertEqual([error.message for error in schema().iter_errors(found)], [])
        self.assertEqual(done.returncode, 0 if found["pass"] else 1)
        return found

    def findings(self, found):
        return [(one["path"], one["state"], [fact["fact"] for fact in one["differences"]]) for one in found["findings"]
                if one["fails"]]  # fmt: skip

    def assert_judged(self, file, form, modes=False, count=None, images_of=None):
        """The list holds of the good image, and finds what was changed in the others."""
        for what, image in (images_of or self.image).items():
            with self.subTest(format=form, image=what):
                found = self.check(image, "--checksums", file)
                expected = [] if what == "mode" and not modes else FOUND[what]
                if what == "mode" and modes:  # both names of the one file
                    listed = [("another-name", "differs", ["mode"])] + FOUND[what] if images_of is None else FOUND[what]
                    expected = listed
                self.assertEqual(self.findings(found), expected)
                self.assertEqual(found["pass"], not expected)
                self.assertEqual(found["lists"][0]["format"], form)
                if count is not None:
                    self.assertEqual(found["lists"][0]["listed"], count)


class Sums(ChecksumsTestCase):
    def sums(self, *command, prefix=b"./"):
        done = subprocess.run([*command, *regular_files(self.tree, prefix)], cwd=self.tree, capture_output=True, check=True)
        return self.list_of(done.stdout)

    def test_coreutils(self):
        count = len(regular_files(self.tree))
        for command in (
            ["sha256sum"],
            ["sha512sum", "--tag"],
            ["md5sum"],
            ["sha1sum", "--binary"],
            ["sha224sum"],
            ["sha384sum", "--tag"],
            ["b2sum", "--tag"],
        ):
            with self.subTest(command=command):
                self.assert_judged(self.sums(*command), "sums", count=count)

    def test_openssl(self):
        for digest in ("-sha256", "-sha3-384", "-sha512-256"):
            with self.subTest(digest=digest):
                # openssl escapes nothing: names with line ends are not its to list
                paths = [path for path in regular_files(self.tree) if b"\n" not in path]
                lines = subprocess.run(["openssl", "dgst", digest, *paths], cwd=self.tree, capture_output=True, check=True)
                self.assert_judged(self.list_of(lines.stdout), "sums", count=len(paths))

    def test_md5_and_sha1_are_called_weak(self):
        for command, weak in ((["md5sum"], True), (["sha1sum"], True), (["sha256sum"], False)):
            file = self.sums(*command)
            found = self.check(self.image["good"], "--checksums", file)["lists"][0]
            self.assertEqual(found["weak"], found["listed"] if weak else 0)
            text = harness.touchstone("verify", self.image["good"], "--checksums", file).stdout.decode()
            self.assertEqual("not authenticity" in text, weak)

    def test_several_lists_must_all_hold(self):
        sha256 = self.sums("sha256sum")
        md5 = self.list_of((self.tree / "etc/conf").read_bytes() and
                           hashlib.md5(b"port=8081\n").hexdigest() + "  ./etc/conf\n", "md5")  # fmt: skip
        found = self.check(self.image["good"], "--checksums", sha256, "--checksums", md5)
        self.assertEqual([(one["list"], one["path"]) for one in found["findings"]], [(1, "etc/conf")])
        found = self.check(self.image["changed"], "--checksums", sha256, "--checksums", md5)
        self.assertEqual([(one["list"], one["path"]) for one in found["findings"]], [(0, "etc/conf")])

    def test_missing_and_unlisted_files(self):
        file = self.sums("sha256sum")
        self.assertTrue(self.check(self.image["missing"], "--checksums", file, "--ignore-missing")["pass"])
        self.assertTrue(self.check(self.image["good"], "--checksums", file, "--complete")["pass"])
        lines = file.read_bytes().splitlines(keepends=True)
        short = self.list_of(b"".join(line for line in lines if b"etc/conf" not in line), "short")
        found = self.check(self.image["good"], "--checksums", short)
        self.assertEqual((found["pass"], found["unlisted_files"], found["unlisted_others"]), (True, 1, 1))
        found = self.check(self.image["good"], "--checksums", short, "--complete")
        self.assertEqual(self.findings(found), [("etc/conf", "unlisted", [])])
        found = self.check(self.image["good"], "--checksums", short, "--all")
        self.assertEqual([one["path"] for one in found["findings"]], ["etc/conf", "li nk"])

    def test_quiet_says_nothing(self):
        file = self.sums("sha256sum")
        for what, status in (("good", 0), ("changed", 1)):
            done = harness.touchstone("verify", "-q", self.image[what], "--checksums", file)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (status, b"", b""))

    def test_an_image_of_several_layers(self):
        harness.need(*images.TOOLS)
        lower, upper = self.temp / "lower", self.temp / "upper"
        for tree in (lower, upper):
            if tree.exists():
                shutil.rmtree(tree)
        copy_tree(self.temp / "changed", lower)
        write(lower / "removed-above", "x")
        write(upper / "etc/conf", "port=8080\n")
        write(upper / ".wh.removed-above", "")
        images.image_of(self.temp / "layers", [lower, upper])
        for command in (["sha256sum"], ["md5sum"]):
            found = self.check(f"oci:{self.temp / 'layers'}", "--checksums", self.sums(*command), "--complete")
            self.assertEqual((self.findings(found), found["pass"]), ([], True))


class Mtree(ChecksumsTestCase):
    def written(self, *command, **options):
        return subprocess.run(command, cwd=self.tree, capture_output=True, check=True, **options).stdout

    def test_bsdtar(self):
        for options in ("mtree:all", "mtree:sha256,mtree:use-set", "mtree:!all,mtree:type,mtree:mode,mtree:md5,mtree:size"):
            with self.subTest(options=options):
                file = self.list_of(self.written("bsdtar", "-cf", "-", "--format=mtree", f"--options={options}", "."))
                self.assert_judged(file, "mtree", modes=True)

    def test_mtree_of_netbsd(self):
        nested = self.written("mtree", "-c", "-K", "sha512,md5")
        paths = self.written("mtree", "-C", "-K", "sha512,md5", input=nested)
        for text in (nested, paths, gzip.compress(nested), self.written("zstd", "-c", input=paths)):
            self.assert_judged(self.list_of(text), "mtree", modes=True)

    def test_owners_and_links(self):
        text = self.written("mtree", "-c", "-K", "sha256").replace(b"gid=34", b"gid=35").replace(b"link=usr/bin/tool", b"link=x")
        found = self.check(self.image["good"], "--checksums", self.list_of(text))
        self.assertEqual(self.findings(found), [("etc/conf", "differs", ["gid"]), ("li nk", "differs", ["link"])])

    def test_a_digest_by_rmd160_alone_is_not_taken_for_checked(self):
        text = self.written("mtree", "-c", "-k", "type,rmd160")
        found = self.check(self.image["good"], "--checksums", self.list_of(text))
        self.assertEqual({one["state"] for one in found["findings"]}, {"uncheckable"})
        self.assertEqual(found["lists"][0]["uncheckable"], len(regular_files(self.tree)))
        self.assertFalse(found["pass"])


class Documents(ChecksumsTestCase):
    """Bills of materials, by the words of their specifications. Their JSON has names in UTF-8 only."""

    def files(self):
        return [path.decode() for path in regular_files(self.tree, b"") if b"\xe9" not in path]

    def digests(self, path, names):
        return [(name, digest_of(self.tree, os.fsencode(path), algorithm)) for algorithm, name in names]

    def test_spdx(self):
        names = (("sha1", "SHA1"), ("sha256", "SHA256"))
        files = [{"SPDXID": f"SPDXRef-{number}", "fileName": f"./{path}", "licenseConcluded": "NOASSERTION",
                  "checksums": [{"algorithm": name, "checksumValue": value} for name, value in self.digests(path, names)]}
                 for number, path in enumerate(self.files())]  # fmt: skip
        document = {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0", "files": files}
        self.assert_judged(self.list_of(json.dumps(document)), "spdx", count=len(files))

    def test_spdx_tag_value(self):
        lines = ["SPDXVersion: SPDX-2.3", "DataLicense: CC0-1.0", "DocumentName: tree", ""]
        paths = [path for path in self.files() if "\n" not in path]
        for path in paths:
            ((name, value),) = self.digests(path, (("sha256", "SHA256"),))
            lines += [f"FileName: ./{path}", "FileCopyrightText: <text>somebody's", "FileName: none</text>",
                      f"FileChecksum: {name}: {value}", ""]  # fmt: skip
        self.assert_judged(self.list_of("\n".join(lines)), "spdx-tag-value", count=len(paths))

    def test_spdx_3(self):
        graph = [{"type": "software_File", "spdxId": f"urn:{number}", "name": path,
                  "verifiedUsing": [{"type": "Hash", "algorithm": name, "hashValue": value}
                                    for name, value in self.digests(path, (("sha512", "sha512"),))]}
                 for number, path in enumerate(self.files())]  # fmt: skip
        document = {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}
        self.assert_judged(self.list_of(json.dumps(document)), "spdx3", count=len(graph))

    def test_cyclonedx(self):
        names = (("md5", "MD5"), ("sha256", "SHA-256"), ("sha3_512", "SHA3-512"))
        components = [{"type": "file", "name": f"/{path}",
                       "hashes": [{"alg": name, "content": value} for name, value in self.digests(path, names)]}
                      for path in self.files()]  # fmt: skip
        document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [
            {"type": "application", "name": "app", "version": "1", "components": components[1:]}, components[0]]}  # fmt: skip
        self.assert_judged(self.list_of(json.dumps(document)), "cyclonedx", count=len(components))


class Databases(ChecksumsTestCase):
    def images_of(self, root, changed):
        """The four images of a tree with a package database; `changed`: what is changed, missing and of another mode."""
        result = {}
        for what in FOUND:
            tree = self.temp / f"database-{what}"
            if tree.exists():
                shutil.rmtree(tree)
            copy_tree(root, tree)
            path = tree / changed[what] if what in changed else None
            if what == "changed":
                content = path.read_bytes()
                path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
            elif what == "missing":
                path.unlink()
            elif what == "mode":
                path.chmod(0o700)
            result[what] = packed(tree, self.temp / f"database-{what}.tar")
        return result

    def fresh(self):
        root = self.temp / "root"
        if root.exists():
            shutil.rmtree(root)
        root.mkdir()
        return root

    def judged(self, image, file, *options):
        found = self.check(image, "--checksums", file, *options)
        return self.findings(found), found["lists"][0]

    def test_md5sums_of_dpkg(self):
        root = self.fresh()
        packages_test.dpkg_root(root)
        changed = {"changed": "usr/bin/dash", "missing": "usr/bin/dash", "mode": "usr/bin/dash"}
        found = self.images_of(root, changed)
        expected = {"good": [], "changed": [("bin/dash", "differs", ["content"])], "missing": [], "mode": []}
        for what, image in found.items():
            findings, counts = self.judged(image, "/var/lib/dpkg/info/dash.md5sums", "--ignore-missing")
            listed = pathlib.Path("/var/lib/dpkg/info/dash.md5sums").read_text()
            path = "bin/dash" if " bin/dash" in listed else "usr/bin/dash"
            self.assertEqual(findings, [(path, *one[1:]) for one in expected[what]])
            self.assertEqual((counts["format"], counts["listed"]), ("md5sums", listed.count("\n")))
            self.assertEqual(counts["weak"], counts["matches"])
        findings, _ = self.judged(found["missing"], "/var/lib/dpkg/info/dash.md5sums")
        self.assertIn((path, "missing", []), findings)

    def test_apk(self):
        root = self.fresh()
        write(root / "etc/motd", "hello\n")
        write(root / "usr/share/base/data", "data\n")
        os.symlink("data", root / "usr/share/base/link")
        write(root / "usr/share/base/run", "run\n", 0o755)
        text = packages_test.APK.format(motd=packages_test.sha1("hello\n"), data=packages_test.sha1("data\n"))
        more = f"R:link\na:0:0:777\nZ:Q1{packages_test.sha1('data')}\nR:run\na:0:0:755\nZ:Q1{packages_test.sha1('run' + chr(10))}\n"
        file = self.list_of(text.rstrip("\n") + "\n" + more + "\n")
        found = self.images_of(root, {"changed": "etc/motd", "missing": "etc/motd", "mode": "usr/share/base/run"})
        for what, expected in (("good", []), ("changed", [("etc/motd", "differs", ["content"])]),
                               ("missing", [("etc/motd", "missing", [])]),
                               ("mode", [("usr/share/base/run", "differs", ["mode"])])):  # fmt: skip
            findings, counts = self.judged(found[what], file)
            self.assertEqual((findings, counts["format"]), (expected, "apk"))
        (root / "usr/share/base/link").unlink()
        os.symlink("other", root / "usr/share/base/link")
        findings, _ = self.judged(packed(root, self.temp / "link.tar"), file)
        self.assertEqual(findings, [("usr/share/base/link", "differs", ["link"])])

    def test_rpm(self):
        harness.need("rpm", "rpmbuild", "sqlite3")
        root = self.fresh()
        packages_test.rpm_root(root)
        database = root / "usr/lib/sysimage/rpm/rpmdb.sqlite"
        tool("sqlite3", database, "PRAGMA wal_checkpoint(TRUNCATE)")
        file = self.temp / "rpmdb.sqlite"
        shutil.copy(database, file)
        one, two = "usr/share/hello/one", "usr/share/hello/two"
        found = self.images_of(root, {"changed": one, "missing": two, "mode": "etc/hello.conf"})
        for what, expected in (("good", []), ("changed", [(one, "differs", ["content"])]),
                               ("missing", [(two, "missing", [])]),
                               ("mode", [("etc/hello.conf", "differs", ["mode"])])):  # fmt: skip
            findings, counts = self.judged(found[what], file)
            self.assertEqual((findings, counts["format"], counts["weak"]), (expected, "rpm", 0))
        (root / "usr/share/hello/link").unlink()
        os.symlink("two", root / "usr/share/hello/link")
        findings, _ = self.judged(packed(root, self.temp / "link.tar"), file)
        self.assertEqual(findings, [("usr/share/hello/link", "differs", ["link"])])
        pathlib.Path(f"{file}-wal").write_bytes(b"pages")
        self.assert_trouble(harness.touchstone("verify", found["good"], "--checksums", file), "rpmdb.sqlite-wal")


class Signed(ChecksumsTestCase):
    def setUp(self):
        self.file = self.list_of(f"{digest_of(self.tree, b'etc/conf', 'sha256')}  etc/conf\n", "signed.list")
        self.signature = self.temp / "signed.list.sig"

    def key(self, name, *command):
        private, public = self.temp / f"{name}.pem", self.temp / f"{name}.pub"
        tool("openssl", *command, "-out", private)
        tool("openssl", "pkey", "-in", private, "-pubout", "-out", public)
        return private, public

    def made(self):
        """(name, public key, signature) by openssl of the list, for both types of keys."""
        private, public = self.key("ec", "ecparam", "-name", "prime256v1", "-genkey", "-noout")
        yield "ec", public, tool("openssl", "dgst", "-sha256", "-sign", private, self.file)
        private, public = self.key("ed", "genpkey", "-algorithm", "ed25519")
        yield "ed", public, tool("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", private, "-in", self.file)

    def refused(self, public, *patterns, options=()):
        done = harness.touchstone("verify", self.image["good"], "--checksums", self.file, "--checksums-key", public, *options)
        self.assert_trouble(done, *patterns)

    def test_signatures_of_openssl(self):
        _, other = self.key("other", "ecparam", "-name", "prime256v1", "-genkey", "-noout")
        good = self.file.read_bytes()
        for name, public, signature in self.made():
            for form, content in (("raw", signature), ("base64", base64.encodebytes(signature))):
                with self.subTest(key=name, form=form):
                    self.signature.write_bytes(content)
                    found = self.check(self.image["good"], "--checksums", self.file, "--checksums-key", public)
                    der = tool("openssl", "pkey", "-pubin", "-in", public, "-outform", "DER")
                    self.assertEqual(found["lists"][0]["signer"], "sha256:" + hashlib.sha256(der).hexdigest())
                    self.assertFalse(self.check(self.image["changed"], "--checksums", self.file, "--checksums-key", public)["pass"])
                    self.refused(other, "signed.list.sig: no signature of this list by the key")
                    self.file.write_bytes(good.replace(b"etc", b"usr"))
                    self.refused(public, "no signature of this list")
                    self.file.write_bytes(good)

    def test_a_signature_can_lie_elsewhere_and_must_be_there(self):
        for name, public, signature in self.made():
            elsewhere = self.temp / f"{name}.elsewhere"
            elsewhere.write_bytes(signature)
            self.signature.unlink(missing_ok=True)
            self.refused(public, "signed.list.sig")
            options = ("--checksums", self.file, "--checksums-key", public, "--checksums-signature", elsewhere)
            self.assertTrue(self.check(self.image["good"], *options)["pass"])
            elsewhere.write_bytes(b"-----BEGIN PGP SIGNATURE-----\n")
            self.refused(public, "gpgv", options=("--checksums-signature", elsewhere))

    def test_without_a_key_nobody_vouches(self):
        text = harness.touchstone("verify", self.image["good"], "--checksums", self.file).stdout.decode()
        self.assertIn("nobody vouches for this list", text)


class Refused(ChecksumsTestCase):
    def test_what_is_no_list(self):
        armoured = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
        for content, pattern in (
            (b"", "empty"),
            (b"hello\n", "no list of checksums"),
            (armoured, "gpgv"),
            (b'{"bomFormat": "CycloneDX", "components": []}', "no file in it has a digest"),
            ((self.temp / "good.tar").read_bytes(), "no list of checksums"),
        ):
            file = self.list_of(content, "refused")
            self.assert_trouble(harness.touchstone("verify", self.image["good"], "--checksums", file), "refused: ", pattern)
        self.assert_trouble(harness.touchstone("verify", self.image["good"], "--checksums", self.temp / "none"), "none")
        self.assert_trouble(harness.touchstone("verify", self.image["good"], "--checksums", self.temp), "directory")


if __name__ == "__main__":
    harness.main()
