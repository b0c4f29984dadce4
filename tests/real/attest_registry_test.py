"""Statements beside the image in its registry: attached by `diff --attest docker://`, found by `attest verify docker://`,
and by cosign, in Debian's docker-registry (which lists referrers by tag only) and in one that has the API."""
import json

import attest_test
import harness
import registries
import toy_registry
from attest_test import PREDICATE, PUBLISHED, REBUILT, TRUSTED_ROOT, Attested
from harness import touchstone

NAME = "app:1"


class RegistryCase(Attested):
    def setUp(self):
        super().setUp()
        harness.need("docker-registry", "skopeo", "htpasswd", "openssl", root=False)

    def start(self, what, *arguments, **options):
        server = what(*arguments, **options)
        self.addCleanup(server.close)
        return server

    def registry(self):
        registry = self.start(registries.Registry)
        registries.push(f"oci-archive:{PUBLISHED}", registry, NAME)
        return registry, f"docker://{registry.host}/{NAME}"

    def attached(self, kind, image, *options, published=None, rebuilt=PUBLISHED, status=0):
        """What is said on standard error."""
        private, _ = self.key(kind)
        done = touchstone("diff", "--no-cache", "--attest", image, "--attest-key", private, *options, published or image,
                          rebuilt)  # fmt: skip
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stderr.decode()

    def verified(self, image, *options, status=0):
        return json.loads(self.run_well("attest", "verify", "--json", "--no-cache", image, *options, status=status))


class InRegistries(RegistryCase):
    def test_what_is_attached_is_found(self):
        _, image = self.registry()
        publics = [self.key(kind)[1] for kind in attest_test.TYPES]
        said = self.attached("ed25519", image)
        self.assertRegex(said, r"touchstone: attached docker://\S+@sha256:[0-9a-f]{64} to sha256:[0-9a-f]{64}, and listed by its tag")
        self.attached("ecdsa-p256", image, "--attest-format", "dsse")
        for public in publics:
            found = self.verified(image, "--key", public)
            self.assertEqual([one["matched"] for one in found["statements"]], ["manifest"])
        both = [word for public in publics for word in ("--key", public)]
        self.assertEqual(self.verified(image, *both, "--threshold", "2")["agreeing"], 2)

    def test_who_says_no_does_not_silence_who_says_yes(self):
        _, image = self.registry()
        public = self.key("ed25519")[1]
        self.attached("ed25519", image, rebuilt=REBUILT, status=1)
        self.assertFalse(self.verified(image, "--key", public, status=1)["pass"])
        self.attached("ed25519", image)
        self.assertTrue(self.verified(image, "--key", public)["pass"])

    def test_files_and_names_together_need_a_threshold(self):
        _, image = self.registry()
        public = self.key("ed25519")[1]
        self.attached("ed25519", image)
        bad = self.attest("ed25519", "bad.json", rebuilt=REBUILT, status=1)
        done = touchstone("attest", "verify", "--no-cache", bad, image, "--key", public)
        self.assert_trouble(done, "together they need --threshold")
        self.assertTrue(self.verified(image, bad, "--key", public, "--threshold", "1")["pass"])

    def test_what_strangers_attach_is_left_aside(self):
        _, image = self.registry()
        self.attached("ecdsa-p256", image)
        public = self.key("ed25519")[1]
        done = touchstone("attest", "verify", "--no-cache", image, "--key", public)
        self.assert_trouble(done, "none of 1 statement beside it is signed by a key that counts")
        self.attached("ed25519", image)
        done = touchstone("attest", "verify", "--no-cache", image, "--key", public)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertIn(b"1 statement beside", done.stderr)

    def test_a_revoked_key_does_not_count_and_does_not_stop_others(self):
        _, image = self.registry()
        publics = [self.key(kind)[1] for kind in attest_test.TYPES]
        for kind in attest_test.TYPES:
            self.attached(kind, image)
        both = [word for public in publics for word in ("--key", public)]
        signed = {key for one in self.verified(image, *both)["statements"] for key in one["keys"]}
        self.assertEqual(len(signed), 2)
        revoked = self.work / "revoked"
        revoked.write_text(f"key {sorted(signed)[0]}\n")
        left = self.verified(image, *both, "--revoked", revoked)["statements"]
        self.assertEqual([one["keys"] for one in left], [[sorted(signed)[1]]])

    def test_nothing_is_attached_to_what_is_not_there(self):
        registry, image = self.registry()
        private, _ = self.key("ed25519")
        other = f"docker://{registry.host}/other"
        for target, said in ((other, "the image that the statement is about is not there"),
                             (f"{image}@sha256:{'0' * 64}", "the statement is about sha256:")):
            done = touchstone("diff", "--no-cache", "--attest", target, "--attest-key", private, image, PUBLISHED)
            self.assert_trouble(done, said)

    def test_under_cosigns_tag_statements_add_up(self):
        for etags in (None, True, False):  # Debian's registry; one in memory with If-Match, and without
            with self.subTest(etags=etags):
                if etags is None:
                    registry, image = self.registry()
                else:
                    registry = self.start(toy_registry.ToyRegistry, etags=etags)
                    image = f"docker://{registry.host}/{NAME}"
                    self.run_well("normalize", PUBLISHED, "-o", image)
                said = self.attached("ed25519", image, "--attest-format", "cosign-att", rebuilt=image)
                self.assertRegex(said, r"attached docker://\S+:sha256-[0-9a-f]{64}\.att to sha256:")
                self.attached("ecdsa-p256", image, "--attest-format", "cosign-att", rebuilt=image)
                both = [word for kind in attest_test.TYPES for word in ("--key", self.key(kind)[1])]
                self.assertEqual(self.verified(image, *both, "--threshold", "2")["agreeing"], 2)

    def test_what_cannot_be_attached_is_known_before_the_comparison(self):
        def guarded(registry, handler):
            if handler.command == "GET" and "/blobs/" in handler.path:
                fetched.append(handler.path)
            if handler.command == "POST" and closed:
                return registry.problem(handler, 403, "DENIED") or True
            return False

        fetched, closed = [], []
        toy = self.start(toy_registry.ToyRegistry, before=guarded)
        image = f"docker://{toy.host}/{NAME}"
        self.run_well("normalize", PUBLISHED, "-o", image)
        config = json.loads(toy.manifests["app", "1"][1])["config"]["digest"]
        private, _ = self.key("ed25519")
        for target, shut, said in ((f"docker://{toy.host}/other", False, "is not there"), (image, True, "status 403")):
            with self.subTest(said):
                fetched.clear()
                closed[:] = [True] if shut else []
                done = touchstone("diff", "--no-cache", "--attest", target, "--attest-key", private, image, REBUILT)
                self.assert_trouble(done, said)
                self.assertEqual({path.rsplit("/", 1)[1] for path in fetched}, {config})
        self.assertEqual(toy.uploads, {})

    def test_a_registry_with_the_api_lists_it_itself(self):
        toy = self.start(toy_registry.ToyRegistry)
        image = f"docker://{toy.host}/{NAME}"
        self.run_well("normalize", PUBLISHED, "-o", image)
        self.assertNotIn("listed by its tag", self.attached("ed25519", image, rebuilt=image))
        self.assertTrue(self.verified(image, "--key", self.key("ed25519")[1])["pass"])


class PlatformsInRegistries(RegistryCase):
    def test_each_platform_has_its_statement_at_its_own_manifest(self):
        for form in ("bundle", "cosign-att"):
            with self.subTest(form):
                toy = self.start(toy_registry.ToyRegistry)
                image = f"docker://{toy.host}/{NAME}"
                platforms = attest_test.layout_of(self.work / form, {"amd64": PUBLISHED, "arm64": REBUILT})
                push_index(toy, "app", "1", platforms)
                index = json.loads((platforms / "index.json").read_text())["manifests"][0]["digest"]
                self.attached("ed25519", f"{image}@{index}", "--attest-format", form, "--all-platforms",
                              published=image, rebuilt=f"oci:{platforms}")  # fmt: skip
                public = self.key("ed25519")[1]
                found = self.verified(image, "--key", public, "--all-platforms")
                self.assertEqual([(one["platform"], one["agreeing"]) for one in found["images"]],
                                 [("linux/amd64", 1), ("linux/arm64", 1)])  # fmt: skip
                for platform in ("linux/amd64", "linux/arm64"):
                    one = self.verified(image, "--key", public, "--platform", platform)
                    self.assertEqual(len(one["statements"]), 1)
                    self.assertTrue(one["pass"])


def push_index(toy, repository, tag, layout):
    """What `normalize` cannot push: an index of several platforms."""
    for blob in (layout / "blobs/sha256").iterdir():
        toy.blobs[repository, f"sha256:{blob.name}"] = blob.read_bytes()
    index = json.loads((layout / "index.json").read_text())["manifests"][0]
    data = toy.blobs[repository, index["digest"]]
    for name in (tag, index["digest"]):
        toy.manifests[repository, name] = (toy_registry.INDEX, data)
    for entry in json.loads(data)["manifests"]:
        toy.manifests[repository, entry["digest"]] = (entry["mediaType"], toy.blobs[repository, entry["digest"]])


class CosignInRegistries(RegistryCase):
    setUpClass = attest_test.Cosign.__dict__["setUpClass"]
    cosign = attest_test.Cosign.cosign

    def test_cosign_finds_and_verifies_what_we_attached(self):
        registry, image = self.registry()
        root = self.work / "root.json"
        root.write_text(TRUSTED_ROOT)
        for kind in attest_test.TYPES:
            with self.subTest(kind):
                self.attached(kind, image)
                self.cosign("verify-attestation", "--new-bundle-format", "--key", self.key(kind)[1], "--type", PREDICATE,
                            "--insecure-ignore-tlog=true", "--trusted-root", root, "--allow-http-registry",
                            f"{registry.host}/{NAME}")  # fmt: skip

    def test_cosign_verifies_what_lies_under_its_tag_and_adds_to_it(self):
        registry, image = self.registry()
        name = f"{registry.host}/{NAME}"
        common = ("--type", PREDICATE, "--insecure-ignore-tlog=true", "--allow-http-registry", name)
        for number, kind in enumerate(attest_test.TYPES):
            self.attached(kind, image, "--attest-format", "cosign-att")
            for earlier in attest_test.TYPES[: number + 1]:  # also the first, after the second
                self.cosign("verify-attestation", "--key", self.key(earlier)[1], *common)
        predicate = self.work / "predicate.json"
        predicate.write_text('{"a":1}')
        self.cosign("generate-key-pair", "--output-key-prefix", "theirs")
        self.cosign("attest", "--yes", "--tlog-upload=false", "--key", "theirs.key", "--predicate", predicate, "--type",
                    "https://example.com/other", "--allow-http-registry", name)  # fmt: skip
        for kind in attest_test.TYPES:
            self.cosign("verify-attestation", "--key", self.key(kind)[1], *common)
        # And now ours, after what cosign wrote.
        self.attached("ed25519", image, "--attest-format", "cosign-att", rebuilt=REBUILT, status=1)
        self.cosign("verify-attestation", "--key", "theirs.pub", "--type", "https://example.com/other", *common[2:])
        both = [word for kind in attest_test.TYPES for word in ("--key", self.key(kind)[1])]
        self.assertEqual(self.verified(image, *both, "--threshold", "2")["agreeing"], 2)

    def test_we_find_what_cosign_attached(self):
        registry, image = self.registry()
        ours = self.attest("ed25519", "a.json")
        predicate = json.loads(attest_test.base64.b64decode(json.loads(ours.read_text())["payload"]))["predicate"]
        (self.work / "predicate.json").write_text(json.dumps(predicate))
        self.cosign("generate-key-pair", "--output-key-prefix", "theirs")
        self.cosign("attest", "--yes", "--tlog-upload=false", "--key", "theirs.key", "--predicate", "predicate.json",
                    "--type", PREDICATE, "--allow-http-registry", f"{registry.host}/{NAME}")  # fmt: skip
        self.assertTrue(self.verified(image, "--key", self.work / "theirs.pub")["pass"])


if __name__ == "__main__":
    harness.main()
