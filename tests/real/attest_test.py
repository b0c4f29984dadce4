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
import shutil
import subprocess
import tempfile
import unittest

import harness
from harness import tool, touchstone
from trees import once, scratch

PUBLISHED = harness.REPOSITORY / "fixtures/published.oci.tar"
REBUILT = harness.REPOSITORY / "fixtures/rebuilt.oci.tar"
# What cosign 2.5 asks for even where a key is all the trust there is.
TRUSTED_ROOT = '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
PREDICATE = "https://touchstone.invalid/attestation/image-rebuild/v1"
TYPES = ("ecdsa-p256", "ed25519")


def pae(kind, body):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


@once
def cosign_program(target):
    """The program, once a run for all tests; AssertionError where it cannot be had."""
    with scratch() as folder:
        program = fetch_cosign(folder)
        if program is None:
            raise AssertionError("cosign is not to be had: this network has no package of Debian trixie")
        shutil.copy(program, target)


def fetch_cosign(folder):
    """The program, or None: with apt's own client, into `folder` alone."""
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


def layout_of(folder, images):
    """An OCI layout with one index: {architecture: oci archive}. Its images' configurations say what the key says."""
    (folder / "blobs/sha256").mkdir(parents=True)

    def put(data):
        digest = hashlib.sha256(data).hexdigest()
        (folder / "blobs/sha256" / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    entries = []
    for architecture, archive in images.items():
        with tempfile.TemporaryDirectory() as unpacked:
            tool("tar", "-xf", archive, "-C", unpacked)
            unpacked = pathlib.Path(unpacked)
            for blob in (unpacked / "blobs/sha256").iterdir():
                put(blob.read_bytes())
            descriptor = json.loads((unpacked / "index.json").read_text())["manifests"][0]
            manifest = json.loads((unpacked / "blobs/sha256" / descriptor["digest"][7:]).read_bytes())
            config = json.loads((unpacked / "blobs/sha256" / manifest["config"]["digest"][7:]).read_bytes())
        config["architecture"] = architecture
        manifest["config"].update(put(json.dumps(config).encode()))
        entries.append({"mediaType": manifest.get("mediaType", descriptor["mediaType"]), **put(json.dumps(manifest).encode()),
                        "platform": {"os": "linux", "architecture": architecture}})  # fmt: skip
    kind = "application/vnd.oci.image.index.v1+json"
    index = put(json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode())
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [{"mediaType": kind, **index}]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return folder


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


class OpenSSH(Attested):
    def setUp(self):
        super().setUp()
        harness.need("ssh-keygen", root=False)

    def shown(self, file, *options):
        return dict(line.split(None, 1) for line in
                    self.run_well("attest", "key", "show", *options, file).replace("ECDSA P-256", "ECDSA-P-256").splitlines())  # fmt: skip

    def test_keys_of_ssh_keygen_verify_and_have_the_fingerprints_that_it_prints(self):
        for kind, options in (("ecdsa-p256", ("-t", "ecdsa", "-b", "256")), ("ed25519", ("-t", "ed25519"))):
            with self.subTest(kind):
                path = self.work / f"ssh-{kind}"
                tool("ssh-keygen", "-q", *options, "-N", "", "-C", "me@here and there", "-f", path)
                line = pathlib.Path(f"{path}.pub")
                fingerprint = tool("ssh-keygen", "-lf", line).decode().split()[1]
                self.assertEqual(self.shown(line)["OpenSSH"], fingerprint)
                theirs = self.attest(kind, f"{kind}.json")
                done = touchstone("attest", "verify", theirs, "--key", line)
                self.assert_trouble(done, "the signature does not match")

    def test_a_key_is_the_same_in_pem_and_in_its_line(self):
        private, public = self.key("ecdsa-p256")
        line = self.work / "line"
        line.write_bytes(tool("ssh-keygen", "-i", "-m", "PKCS8", "-f", public))
        self.assertEqual(self.shown(line)["OpenSSH"], tool("ssh-keygen", "-lf", line).decode().split()[1])
        # Ed25519: RFC 8410 has the point after 12 bytes, RFC 8709 after the type's name; ssh-keygen 9.2 does not convert it.
        _, ed25519 = self.key("ed25519")
        point = tool("openssl", "pkey", "-pubin", "-in", ed25519, "-outform", "DER")[12:]
        blob = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", point))
        other = self.work / "other"
        other.write_text(f"ssh-ed25519 {base64.b64encode(blob).decode()} me@here\n")
        self.assertEqual(self.shown(other)["OpenSSH"], tool("ssh-keygen", "-lf", other).decode().split()[1])
        for kind, pem, ssh in (("ecdsa-p256", public, line), ("ed25519", ed25519, other)):
            self.assertEqual(self.shown(pem), self.shown(ssh))
            self.assertEqual(self.shown(pem), self.shown(self.key(kind)[0]))
            path = self.attest(kind, f"{kind}.json")
            self.assertTrue(self.verify(path, "--key", ssh)["pass"])
            # One key in two files is one.
            done = touchstone("attest", "verify", path, "--key", ssh, "--key", pem, "--threshold", "2")
            self.assert_trouble(done, "2 keys cannot agree where 1 are given")
            # The keyid that verifiers in Go look for.
            envelope = json.loads(path.read_text())
            envelope["signatures"][0]["keyid"] = self.shown(pem)["OpenSSH"]
            path.write_text(json.dumps(envelope))
            self.assertTrue(self.verify(path, "--key", ssh)["pass"])

    def test_other_types_are_refused_by_name(self):
        for kind, bits, said in (("rsa", "2048", "ssh-rsa"), ("ecdsa", "384", "ecdsa-sha2-nistp384")):
            path = self.work / kind
            tool("ssh-keygen", "-q", "-t", kind, "-b", bits, "-N", "", "-f", path)
            self.assert_trouble(touchstone("attest", "key", "show", f"{path}.pub"), f"an OpenSSH key of type {said};")


class Secrets(Attested):
    def test_private_keys_are_for_their_owner_only_whatever_the_umask(self):
        for mask in (0, 0o022, 0o177):
            for options in ((), ("--passphrase", "env:WORD")):
                path = self.work / f"{mask}{len(options)}"
                self.run_well("attest", "key", "new", "-o", path, *options, env={**os.environ, "WORD": "x"},
                              preexec_fn=lambda mask=mask: os.umask(mask))  # fmt: skip
                self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_no_output_has_a_key_or_a_passphrase(self):
        word = "correct-horse-battery"
        environment = {**os.environ, "WORD": word, "WRONG": word + "-wrong"}
        plain, sealed, report = (self.work / name for name in ("plain", "sealed", "report"))
        self.run_well("attest", "key", "new", "-o", plain)
        runs = [touchstone("attest", "key", "new", "-o", sealed, "--passphrase", "env:WORD", env=environment)]
        environment |= {"PLAIN": plain.read_text(), "SEALED": sealed.read_text()}
        secrets = [word] + [line for path in (plain, sealed) for line in path.read_text().splitlines()[1:-1]]
        der = base64.b64decode("".join(plain.read_text().splitlines()[1:-1]))
        scalar = der[der.index(bytes.fromhex("0201010420")) + 5 :][:32]  # RFC 5915: version 1, 32 bytes
        secrets += [scalar.hex(), base64.b64encode(scalar).decode().rstrip("=")]
        self.assertGreater(len(secrets), 6)
        broken = self.work / "broken"
        broken.write_text(plain.read_text().replace("M", "N", 1))
        outputs = []
        for number, (key, phrase) in enumerate((
            (plain, "env:WORD"), ("env:PLAIN", "env:WORD"), (sealed, "env:WORD"), ("env:SEALED", "env:WORD"),
            (sealed, "env:WRONG"), ("env:SEALED", "env:NOT_SET"), (broken, "env:WORD"), (sealed, word), (sealed, None),
        )):  # fmt: skip
            out = self.work / f"{number}.json"
            phrases = ("--attest-passphrase", phrase) if phrase else ()
            runs.append(touchstone("diff", "--attest", out, "--attest-key", key, *phrases, "-o", f"json={report}{number}",
                                   "-o", f"html={report}{number}.html", "-o", "text", PUBLISHED, REBUILT,
                                   env=environment, start_new_session=True))  # fmt: skip
            outputs += [path for path in (out, pathlib.Path(f"{report}{number}"), pathlib.Path(f"{report}{number}.html"))
                        if path.exists()]  # fmt: skip
        self.assertEqual([done.returncode for done in runs], [0, 1, 1, 1, 1, 2, 2, 2, 2, 2])
        self.assertEqual(len(outputs), 12)
        for options in ((plain,), ("env:PLAIN",), (sealed, "--passphrase", "env:WORD"), (sealed, "--passphrase", "env:WRONG"),
                        (broken,)):  # fmt: skip
            runs.append(touchstone("attest", "key", "show", *options, env=environment))
        for key in (plain, "env:PLAIN", sealed, broken):
            runs.append(touchstone("attest", "verify", self.work / "0.json", "--key", key, env=environment))
        payloads = [base64.b64decode(json.loads(path.read_text())["payload"]) for path in outputs if path.suffix == ".json"]
        texts = [done.stdout + done.stderr for done in runs] + [path.read_bytes() for path in outputs] + payloads
        for secret in secrets:
            for text in texts:
                self.assertNotIn(secret.encode(), text)


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

    def resigned(self, name, change):
        """A statement that is genuine, signed by openssl, and says something else."""
        private, _ = self.key("ecdsa-p256")
        envelope = json.loads(self.attest("ecdsa-p256", f"{name}.first").read_text())
        statement = json.loads(base64.b64decode(envelope["payload"]))
        change(statement)
        body = json.dumps(statement).encode()
        (self.work / "message").write_bytes(pae(envelope["payloadType"].encode(), body))
        signature = tool("openssl", "dgst", "-sha256", "-sign", private, self.work / "message")
        envelope.update(payload=base64.b64encode(body).decode(), signatures=[{"sig": base64.b64encode(signature).decode()}])
        path = self.work / name
        path.write_text(json.dumps(envelope))
        return path

    def test_each_reason_not_to_trust_has_its_own_message(self):
        _, public = self.key("ecdsa-p256")
        good = self.attest("ecdsa-p256", "good.json")
        self.key("ed25519")
        fingerprint = self.verify(good, "--key", public)["statements"][0]
        old = self.resigned("old", lambda s: s["predicate"].update(createdOn="2020-01-01T00:00:00Z"))
        soon = self.resigned("soon", lambda s: s["predicate"].update(createdOn="2199-01-01T00:00:00Z"))
        other = self.resigned("other", lambda s: s.update(predicateType="https://slsa.dev/provenance/v1"))
        swapped = self.resigned("swapped", lambda s: s["subject"][0]["digest"].update(sha256="0" * 64))
        no_key, no_statement = self.work / "no-key", self.work / "no-statement"
        no_key.write_text(f"key {fingerprint['keys'][0]}\n")
        no_statement.write_text(f"statement {fingerprint['statement']}\n")
        bare = self.work / "bare"
        bare.write_bytes(base64.b64decode(json.loads(good.read_text())["payload"]))
        key = ("--key", public)
        for arguments, status, said in (
            ((good,), 2, "without a key nothing can be verified"),
            ((good, "--key", self.key("ed25519")[1]), 2, "the signature does not match"),
            ((bare, *key), 2, "nobody signed it"),
            ((good, *key, "--revoked", no_key), 2, "signed by a revoked key only: sha256:"),
            ((good, *key, "--revoked", no_statement), 2, "the statement was revoked: sha256:"),
            ((good, *key, "--revoked", good), 2, 'expected "key sha256:...'),
            ((other, *key), 2, "a predicate of another kind: https://slsa.dev/provenance/v1"),
            ((swapped, *key), 2, "subject and predicate name different images"),
            ((old, *key, "--max-age", "30"), 1, "it is older than asked for: 2020-01-01T00:00:00Z"),
            ((soon, *key), 1, "it is dated in the future: 2199-01-01T00:00:00Z"),
            ((good, *key, "--image", REBUILT), 1, "it is about another image: sha256:"),
            ((good, *key, "--verdict", "identical", "--digest", "sha256:" + "0" * 64), 1, "it is about another image"),
            ((self.attest("ecdsa-p256", "bad", rebuilt=REBUILT, status=1), *key), 1, "below the level asked for"),
            ((good, *key, "--rules=-mtime"), 1, "by rules beyond those asked for: mtime"),
            ((old, *key), 0, "VERIFIED"),
        ):  # fmt: skip
            with self.subTest(said):
                done = touchstone("attest", "verify", *arguments)
                self.assertEqual(done.returncode, status, done.stderr.decode())
                self.assertIn(said.encode(), done.stdout + done.stderr)
        # Nothing is taken for granted: not the key that lies beside it, nor the hint in a bundle.
        bundle = self.attest("ecdsa-p256", "bundle", "--attest-format", "bundle")
        self.assert_trouble(touchstone("attest", "verify", bundle, cwd=self.work), "--key is missing")

    def test_another_encoding_is_found_by_its_configuration(self):
        harness.need("skopeo", root=False)
        _, public = self.key("ed25519")
        good = self.attest("ed25519", "good.json")
        tool("skopeo", "copy", "--quiet", "--format", "v2s2", f"oci-archive:{PUBLISHED}", f"dir:{self.work}/other")
        said = self.verify(good, "--key", public, "--image", f"dir:{self.work}/other")
        self.assertEqual(said["statements"][0]["matched"], "config")


class Platforms(Attested):
    def layouts(self):
        both = layout_of(self.work / "both", {"amd64": PUBLISHED, "arm64": PUBLISHED})
        mixed = layout_of(self.work / "mixed", {"amd64": PUBLISHED, "arm64": REBUILT})
        more = layout_of(self.work / "more", {"amd64": PUBLISHED, "arm64": PUBLISHED, "s390x": PUBLISHED})
        return [f"oci:{path}" for path in (both, mixed, more)]

    def statements(self, path):
        return [json.loads(base64.b64decode(json.loads(line)["payload"])) for line in path.read_text().splitlines()]

    def test_a_line_for_each_platform_in_the_order_of_the_report(self):
        both, mixed, _ = self.layouts()
        report = self.work / "report"
        path = self.attest("ed25519", "a.jsonl", "--all-platforms", "-o", f"json={report}", published=both, rebuilt=mixed,
                           status=1)  # fmt: skip
        statements = self.statements(path)
        whole = json.loads(report.read_text())
        self.assertEqual([one["predicate"]["published"]["platform"] for one in statements], ["linux/amd64", "linux/arm64"])
        self.assertEqual([one["subject"][0]["digest"]["sha256"] for one in statements],
                         [one["sides"][0]["manifest"][7:] for one in whole["reports"]])  # fmt: skip
        self.assertEqual([one["predicate"]["pass"] for one in statements], [True, False])
        digest = hashlib.sha256(report.read_bytes()).hexdigest()
        self.assertEqual({one["predicate"]["report"]["digest"]["sha256"] for one in statements}, {digest})
        public = self.key("ed25519")[1]
        found = self.verify(path, "--key", public, "--image", both, "--all-platforms", status=1)
        self.assertEqual([one["file"] for one in found["statements"]], [f"{path}:1", f"{path}:2"])
        self.assertEqual([one["agreeing"] for one in found["images"]], [1, 0])
        # Like several files: every one must say enough, and of one platform the others do not.
        amd64 = ("--image", both, "--platform", "linux/amd64")
        self.assertFalse(self.verify(path, "--key", public, *amd64, status=1)["pass"])
        self.assertTrue(self.verify(path, "--key", public, *amd64, "--threshold", "1")["pass"])
        text = self.run_well("attest", "show", path)
        self.assertEqual(text.count("NOT VERIFIED"), 2)
        self.assertIn(f"\n{path}:2\n", text)
        path.write_text(path.read_text() + "{}\n")
        self.assert_trouble(touchstone("attest", "verify", path, "--key", public), ":3: .*payloadType")

    def test_a_platform_without_a_partner_is_in_no_statement_and_in_all(self):
        both, _, more = self.layouts()
        public = self.key("ed25519")[1]
        path = self.attest("ed25519", "a.jsonl", "--all-platforms", published=more, rebuilt=both, status=1)
        for statement in self.statements(path):
            self.assertTrue(statement["predicate"]["pass"])
            self.assertEqual(statement["predicate"]["platforms"]["unpaired"],
                             [{"platform": "linux/s390x", "only": "published"}])  # fmt: skip
        self.assertTrue(self.verify(path, "--key", public, "--image", both, "--all-platforms")["pass"])
        lacking = self.run_well("attest", "verify", path, "--key", public, "--image", more, "--all-platforms", status=1)
        self.assertRegex(lacking, r"NOT ENOUGH  linux/s390x, sha256:[0-9a-f]{64}: 0 distinct keys say enough")

    def test_where_nothing_is_compared_nothing_is_signed(self):
        amd64 = layout_of(self.work / "amd64", {"amd64": PUBLISHED})
        arm64 = layout_of(self.work / "arm64", {"arm64": PUBLISHED})
        done = touchstone("diff", "--attest", self.work / "x", "--attest-key", self.key("ed25519")[0], "--all-platforms",
                          f"oci:{amd64}", f"oci:{arm64}")  # fmt: skip
        self.assert_trouble(done, "no platform in common")
        self.assertFalse((self.work / "x").exists())


class Cosign(Attested):
    @classmethod
    def setUpClass(cls):
        try:
            cls.program = cosign_program()
        except AssertionError as error:
            print(f"\n*** NOT TESTED: {error}\n")
            raise unittest.SkipTest(str(error)) from error
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
