"""Statements and signatures against other programs: openssl makes and checks our signatures, cosign our envelopes and
bundles, and we check what they made. cosign is in Debian since trixie: its package is fetched into a scratch folder,
with package lists of its own, and nothing of the system's is touched."""
import base64
import hashlib
import json
import os
import pathlib
import pty
import select
import subprocess
import tempfile
import unittest

import harness
from harness import tool, touchstone

PUBLISHED = harness.REPOSITORY / "fixtures/published.oci.tar"
REBUILT = harness.REPOSITORY / "fixtures/rebuilt.oci.tar"
# What cosign 2.5 asks for even where a key is all the trust there is.
TRUSTED_ROOT = '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
PREDICATE = "https://touchstone.invalid/attestation/image-rebuild/v1"
TYPES = ("ecdsa-p256", "ed25519")


def pae(kind, body):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


def fetch_cosign(folder):
    """The program, or None: with apt's own client, into `folder` alone."""
    folder = pathlib.Path(folder)
    for name in ("state/lists/partial", "cache/archives/partial", "root"):
        (folder / name).mkdir(parents=True)
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (folder / "sources.list").write_text(f"deb [signed-by={keyring}] http://deb.debian.org/debian trixie main\n")
    options = [
        "-o", f"Dir::Etc::sourcelist={folder}/sources.list", "-o", "Dir::Etc::sourceparts=-",
        "-o", f"Dir::State={folder}/state", "-o", "Dir::State::status=/dev/null",
        "-o", f"Dir::Cache={folder}/cache", "-o", f"APT::Sandbox::User={'root' if os.geteuid() == 0 else ''}",
    ]  # fmt: skip
    try:
        for action in (["update"], ["download", "cosign"]):
            command = ["apt-get", "-qq", *options, *action]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        tool("dpkg-deb", "-x", next(folder.glob("cosign_*.deb")), folder / "root")
    except (OSError, subprocess.SubprocessError, StopIteration, AssertionError) as error:
        print(f"cosign could not be had: {error}")
        return None
    return folder / "root/usr/bin/cosign"


class Attested(harness.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.work = pathlib.Path(self.scratch.name)

    def run_well(self, *arguments, status=0, **options):
        done = touchstone(*arguments, **options)
        self.assertEqual(done.returncode, status, done.stderr.decode(errors="replace"))
        return done.stdout.decode()

    def key(self, kind):
        path = self.work / f"{kind}.key"
        if not path.exists():
            self.run_well("attest", "key", "new", "--type", kind, "-o", path)
        return path, pathlib.Path(f"{path}.pub")

    def attest(self, kind, name, *options, published=PUBLISHED, rebuilt=PUBLISHED, status=0):
        path = self.work / name
        private, _ = self.key(kind)
        self.run_well("diff", "--quiet", "--attest", path, "--attest-key", private, *options, published, rebuilt,
                      status=status)  # fmt: skip
        return path

    def verify(self, path, *options, status=0):
        return json.loads(self.run_well("attest", "verify", "--json", path, *options, status=status))

    def manifest(self):
        """The bytes of the published image's manifest, by the layout's index: cosign's blob."""
        with tempfile.TemporaryDirectory() as folder:
            tool("tar", "-xf", PUBLISHED, "-C", folder)
            index = json.loads((pathlib.Path(folder) / "index.json").read_text())
            digest = index["manifests"][0]["digest"].split(":")[1]
            path = self.work / "manifest.json"
            path.write_bytes((pathlib.Path(folder) / "blobs/sha256" / digest).read_bytes())
            return path


class OpenSSL(Attested):
    def check(self, kind, public, signature, message):
        (self.work / "message").write_bytes(message)
        (self.work / "signature").write_bytes(signature)
        if kind == "ecdsa-p256":
            tool("openssl", "dgst", "-sha256", "-verify", public, "-signature", self.work / "signature",
                 self.work / "message")  # fmt: skip
        else:
            tool("openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", public, "-sigfile",
                 self.work / "signature", "-in", self.work / "message")  # fmt: skip

    def sign(self, kind, private, message):
        (self.work / "message").write_bytes(message)
        if kind == "ecdsa-p256":
            return tool("openssl", "dgst", "-sha256", "-sign", private, self.work / "message")
        return tool("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", private, "-in", self.work / "message")

    def test_openssl_accepts_our_signatures_and_we_accept_openssls(self):
        for kind in TYPES:
            with self.subTest(kind):
                private, public = self.key(kind)
                envelope = json.loads(self.attest(kind, f"{kind}.json").read_text())
                body = base64.b64decode(envelope["payload"])
                message = pae(envelope["payloadType"].encode(), body)
                self.check(kind, public, base64.b64decode(envelope["signatures"][0]["sig"]), message)
                with self.assertRaises(AssertionError):
                    self.check(kind, public, base64.b64decode(envelope["signatures"][0]["sig"]), message + b" ")
                envelope["signatures"] = [{"sig": base64.b64encode(self.sign(kind, private, message)).decode()}]
                theirs = self.work / f"{kind}.theirs.json"
                theirs.write_text(json.dumps(envelope, indent=4))
                self.assertTrue(self.verify(theirs, "--key", public, "--image", PUBLISHED)["pass"])

    def test_keys_of_openssl_sign_encrypted_or_not(self):
        tool("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256",
             "-pass", "pass:right", "-out", self.work / "key")  # fmt: skip
        tool("openssl", "pkey", "-in", self.work / "key", "-passin", "pass:right", "-pubout", "-out", self.work / "pub")
        common = ("diff", "--quiet", "--attest-key", self.work / "key", PUBLISHED, PUBLISHED, "--attest")
        environment = {**os.environ, "WORD": "right", "OTHER": "wrong"}
        done = touchstone(*common, self.work / "a", "--attest-passphrase", "env:OTHER", env=environment)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"wrong passphrase", done.stderr)
        self.assertFalse((self.work / "a").exists())
        self.run_well(*common, self.work / "b", "--attest-passphrase", "env:WORD", env=environment)
        self.assertTrue(self.verify(self.work / "b", "--key", self.work / "pub")["pass"])

    def test_openssl_reads_our_encrypted_keys(self):
        (self.work / "word").write_text("right\n")
        self.run_well("attest", "key", "new", "-o", self.work / "key", "--passphrase", f"file:{self.work}/word")
        self.assertEqual((self.work / "key").stat().st_mode & 0o777, 0o600)
        public = tool("openssl", "pkey", "-in", self.work / "key", "-passin", "pass:right", "-pubout")
        self.assertEqual(public, (self.work / "key.pub").read_bytes())
        der = tool("openssl", "pkey", "-pubin", "-in", self.work / "key.pub", "-outform", "DER")
        path = self.work / "a"
        self.run_well("diff", "--quiet", "--attest", path, "--attest-key", self.work / "key", "--attest-passphrase",
                      f"file:{self.work}/word", PUBLISHED, PUBLISHED)  # fmt: skip
        signers = self.verify(path, "--key", self.work / "key.pub")["statements"][0]["keys"]
        self.assertEqual(signers, ["sha256:" + hashlib.sha256(der).hexdigest()])

    def test_other_types_of_keys_are_refused_by_name(self):
        tool("openssl", "genrsa", "-out", self.work / "rsa", "2048")
        tool("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384",
             "-out", self.work / "p384")  # fmt: skip
        for name, said in (("rsa", "a key of type RSA"), ("p384", "secp384r1")):
            done = touchstone("diff", "--attest", self.work / "x", "--attest-key", self.work / name,
                              PUBLISHED, PUBLISHED)  # fmt: skip
            self.assert_trouble(done, said)

    def test_the_key_of_a_certificate_verifies(self):
        private, _ = self.key("ecdsa-p256")
        tool("openssl", "req", "-x509", "-new", "-key", private, "-subj", "/CN=x", "-out", self.work / "cert")
        path = self.attest("ecdsa-p256", "a.json")
        self.assertTrue(self.verify(path, "--key", self.work / "cert")["pass"])


class Terminal(Attested):
    def ask(self, answer, *command):
        """What is shown when the program asks at a terminal and gets `answer`; and its exit status."""
        child, terminal = pty.fork()
        if child == 0:
            os.execv(harness.PROGRAM, [harness.PROGRAM, *map(os.fspath, command)])
        shown, answered = b"", False
        while select.select([terminal], [], [], 30)[0]:
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # how Linux says that nobody is at the other end
                break
            shown += piece
            if b"passphrase of the key: " in shown and not answered:
                answered = True
                os.write(terminal, answer)
        os.close(terminal)
        return shown, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def test_the_passphrase_is_asked_for_and_not_shown(self):
        (self.work / "word").write_text("correct horse")
        self.run_well("attest", "key", "new", "-o", self.work / "key", "--passphrase", f"file:{self.work}/word")
        for answer, status in ((b"correct horse\n", 0), (b"battery\n", 2), (b"\x03", 130)):
            path = self.work / f"{status}.json"
            shown, ended = self.ask(answer, "diff", "--quiet", "--attest", path, "--attest-key", self.work / "key",
                                    PUBLISHED, PUBLISHED)  # fmt: skip
            self.assertEqual(ended, status, shown)
            self.assertEqual(path.exists(), status == 0)
            self.assertNotIn(answer.strip(), shown.replace(b"\x1b", b""))


class Statements(Attested):
    def test_a_statement_has_the_digest_of_the_report_of_the_same_run(self):
        report = self.work / "report.json"
        path = self.attest("ed25519", "a.json", "-o", f"json={report}", rebuilt=REBUILT, status=1)
        predicate = json.loads(base64.b64decode(json.loads(path.read_text())["payload"]))["predicate"]
        self.assertEqual(predicate["report"]["digest"]["sha256"], hashlib.sha256(report.read_bytes()).hexdigest())
        whole = harness.Report(report.read_bytes()).json
        self.assertEqual(predicate["verdict"], whole["verdict"])
        self.assertEqual(predicate["hidden"]["noise"], whole["summary"]["noise"])
        self.assertEqual(predicate["published"]["manifest"], whole["sides"][0]["manifest"])
        self.assertEqual(predicate["rebuilt"]["config"], whole["sides"][1]["config"])
        policy = predicate["policy"]
        content = base64.b64decode(policy["content"])
        self.assertEqual(hashlib.sha256(content).hexdigest(), policy["digest"]["sha256"])
        self.assertEqual(json.loads(content)["rules"], whole["rules"])
        canonical = json.dumps(json.loads(content), sort_keys=True, separators=(",", ":")).encode()
        self.assertEqual(content, canonical)

    def test_status_1_where_it_says_less_and_2_where_it_is_not_verified(self):
        _, public = self.key("ed25519")
        _, stranger = self.key("ecdsa-p256")
        bad = self.attest("ed25519", "bad.json", rebuilt=REBUILT, status=1)
        good = self.attest("ed25519", "good.json")
        self.assertFalse(self.verify(bad, "--key", public, status=1)["pass"])
        self.assertTrue(self.verify(bad, "--key", public, "--verdict", "divergent")["pass"])
        self.assertFalse(self.verify(good, "--key", public, "--image", REBUILT, status=1)["pass"])
        self.assert_trouble(touchstone("attest", "verify", good, "--key", stranger), "the signature does not match")
        again = touchstone("diff", "--attest", good, "--attest-key", self.key("ed25519")[0], PUBLISHED, PUBLISHED)
        self.assert_trouble(again, "exists; --force replaces it")
        everything = touchstone("diff", "--attest", self.work / "x", "--attest-key", public, "--all-platforms",
                                PUBLISHED, PUBLISHED)  # fmt: skip
        self.assert_trouble(everything, "--attest works on one platform")

    def test_another_encoding_is_found_by_its_configuration(self):
        harness.need("skopeo", root=False)
        _, public = self.key("ed25519")
        good = self.attest("ed25519", "good.json")
        tool("skopeo", "copy", "--quiet", "--format", "v2s2", f"oci-archive:{PUBLISHED}", f"dir:{self.work}/other")
        said = self.verify(good, "--key", public, "--image", f"dir:{self.work}/other")
        self.assertEqual(said["statements"][0]["matched"], "config")


class Cosign(Attested):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.program = fetch_cosign(cls.folder.name)
        if cls.program is None:
            message = "cosign is not to be had: this network has no package of Debian trixie"
            print(f"\n*** NOT TESTED: {message}\n")
            raise unittest.SkipTest(message)
        try:
            tool(cls.program, "version")
        except (OSError, AssertionError) as error:
            raise unittest.SkipTest(f"cosign of trixie does not run here: {error}") from error

    def cosign(self, *arguments):
        environment = {**os.environ, "HOME": str(self.work), "COSIGN_PASSWORD": "x"}
        return tool(self.program, *arguments, env=environment, cwd=self.work)

    def test_cosign_verifies_our_envelopes_and_bundles(self):
        manifest = self.manifest()
        root = self.work / "root.json"
        root.write_text(TRUSTED_ROOT)
        other = self.work / "other"
        other.write_text("another blob")
        for kind in TYPES:
            with self.subTest(kind):
                _, public = self.key(kind)
                common = ("verify-blob-attestation", "--key", public, "--insecure-ignore-tlog=true",
                          "--type", PREDICATE)  # fmt: skip
                envelope = self.attest(kind, f"{kind}.dsse.json")
                self.cosign(*common, "--signature", envelope, manifest)
                bundle = self.attest(kind, f"{kind}.bundle.json", "--attest-format", "bundle")
                bundled = (*common, "--new-bundle-format", "--trusted-root", root, "--bundle", bundle)
                self.cosign(*bundled, manifest)
                with self.assertRaises(AssertionError):
                    self.cosign(*bundled, other)

    def test_cosign_verifies_our_verification_summary(self):
        _, public = self.key("ecdsa-p256")
        envelope = self.attest("ecdsa-p256", "vsa.json", "--attest-as", "vsa")
        self.cosign("verify-blob-attestation", "--key", public, "--insecure-ignore-tlog=true", "--type",
                    "https://slsa.dev/verification_summary/v1", "--signature", envelope, self.manifest())  # fmt: skip

    def test_we_verify_what_cosign_signs(self):
        manifest = self.manifest()
        ours = json.loads(base64.b64decode(json.loads(self.attest("ed25519", "a.json").read_text())["payload"]))
        (self.work / "predicate.json").write_text(json.dumps(ours["predicate"]))
        self.cosign("generate-key-pair", "--output-key-prefix", "theirs")
        self.cosign("import-key-pair", "--key", self.key("ed25519")[0], "--output-key-prefix", "imported")
        for prefix in ("theirs", "imported"):
            with self.subTest(prefix):
                common = ("attest-blob", "--yes", "--tlog-upload=false", "--key", f"{prefix}.key", "--predicate",
                          "predicate.json", "--type", PREDICATE)  # fmt: skip
                self.cosign(*common, "--output-signature", f"{prefix}.dsse", manifest)
                self.cosign(*common, "--new-bundle-format", "--bundle", f"{prefix}.bundle", manifest)
                for name in (f"{prefix}.dsse", f"{prefix}.bundle"):
                    said = self.verify(self.work / name, "--key", self.work / f"{prefix}.pub", "--image", PUBLISHED)
                    self.assertTrue(said["pass"])


if __name__ == "__main__":
    harness.main()
