"""What belongs to an image in its registry: listed by `inspect` from the API and from the tags, attached by the interface
that commands build on, each against Debian's docker-registry (which has no API) and one in memory that has it."""
import json
import os
import pathlib
import re

import harness
import images
import registries
import registry_test
import toy_registry
from registry_test import setUpModule  # noqa: F401  the same tools

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ATTACH = os.environ.get("TOUCHSTONE_ATTACH", str(pathlib.Path(harness.PROGRAM).parents[1] / "tests/image/remote/attach_tool"))


def schema():
    import jsonschema

    return jsonschema.Draft202012Validator(json.loads((harness.REPOSITORY / "docs/outputs.schema.json").read_text()))


def entry(number, artifact_type="application/x", **more):
    return {"mediaType": MANIFEST, "digest": f"sha256:{number:064x}", "size": 7, "artifactType": artifact_type, **more}


def index_of(*entries):
    return json.dumps({"schemaVersion": 2, "mediaType": toy_registry.INDEX, "manifests": entries}).encode()


class ReferrersTestCase(registry_test.RegistryTestCase):
    def setUp(self):
        self.layout = images.published()
        descriptor = json.loads((self.layout / "index.json").read_text())["manifests"][0]
        self.digest, self.size = descriptor["digest"], descriptor["size"]
        self.tag = self.digest.replace(":", "-")

    def inspected(self, reference):
        """The images as JSON, valid; and the text, which must be fit for a terminal."""
        done = self.run_on("inspect", "--json", reference)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        document = json.loads(done.stdout)
        self.assertEqual([error.message for error in schema().iter_errors(document)], [])
        text = self.run_on("inspect", reference).stdout
        self.assertNotRegex(text.replace(b"\n", b""), rb"[\x00-\x1f\x7f]")
        return document["images"], text.decode()

    def referrers(self, reference):
        shown, self.text = self.inspected(reference)
        self.assertEqual([one["subject"] for one in shown[0]["referrers"]], [self.digest])
        return shown[0]["referrers"][0]

    def attach(self, registry, content, artifact_type="application/vnd.example.claim"):
        """(digest, how it is listed)"""
        file = self.temporary() / "content"
        file.write_text(content)
        return harness.tool(ATTACH, "attach", f"docker://{registry.host}/app@{self.digest}", str(self.size), artifact_type,
                            "text/plain", file).decode().split()

    def fetched(self, registry, artifact_type="application/vnd.example.claim"):
        out = harness.tool(ATTACH, "fetch", f"docker://{registry.host}/app@{self.digest}", artifact_type).decode()
        return dict(line.split(" ", 1) for line in out.splitlines())


class DebianTest(ReferrersTestCase):
    """No API: the index under the tag."""

    def setUp(self):
        super().setUp()
        self.registry = self.start(registries.Registry)
        self.name = f"docker://{self.registry.host}/app:1"
        registries.push(f"oci:{self.layout}:latest", self.registry, "app:1")

    def test_an_image_without_any(self):
        self.assertEqual(self.referrers(self.name), {"subject": self.digest, "role": "manifest", "source": "none",
                                                     "entries": [], "tags": [], "notes": []})
        self.assertNotIn("referrer", self.text)

    def test_what_is_attached_is_listed_and_fetched(self):
        first, how = self.attach(self.registry, "one")
        self.assertEqual(how, "tag")
        self.assertEqual(self.attach(self.registry, "one"), [first, "tag"])  # once
        second, _ = self.attach(self.registry, "two", "application/vnd.example.other")
        listed = self.referrers(self.name)
        self.assertEqual(listed["source"], "tag")
        self.assertEqual([(one["digest"], one["artifact_type"]) for one in listed["entries"]],
                         [(first, "application/vnd.example.claim"), (second, "application/vnd.example.other")])
        self.assertIn(f"{first}  application/vnd.example.claim, claims to be about the manifest", self.text)
        self.assertEqual(self.fetched(self.registry), {first: "one"})
        raw = json.loads(harness.tool("skopeo", "inspect", "--raw", "--tls-verify=false",
                                      f"docker://{self.registry.host}/app:{self.tag}"))
        self.assertEqual([one["digest"] for one in raw["manifests"]], [first, second])
        self.verified(self.name)  # the image is what it was

    def test_tags_of_cosign(self):
        registries.push(f"oci:{images.rebuilt()}:latest", self.registry, f"app:{self.tag}.sig")
        listed = self.referrers(self.name)
        other = json.loads((images.rebuilt() / "index.json").read_text())["manifests"][0]["digest"]
        self.assertEqual(listed["tags"], [{"tag": f"{self.tag}.sig", "kind": "sig", "digest": other}])
        self.assertIn(f"tag {self.tag}.sig, claims to be about the manifest", self.text)

    def test_the_index_behind_a_tag_is_named_and_asked_about(self):
        registries.push(f"oci:{registry_test.two_platforms()}:latest", self.registry, "both:1", "--all")
        index = json.loads((registry_test.two_platforms() / "index.json").read_text())["manifests"][0]["digest"]
        shown, text = self.inspected(f"docker://{self.registry.host}/both:1")
        self.assertEqual([one["index"] for one in shown], [index, index])
        self.assertEqual([[one["role"] for one in image["referrers"]] for image in shown], [["index", "manifest"]] * 2)
        self.assertEqual(len(re.findall(f"^index +{index}$", text, re.M)), 2)
        local = self.run_on("inspect", "--json", f"oci:{registry_test.two_platforms()}:latest").stdout
        self.assertEqual([one["index"] for one in json.loads(local)["images"]], [index, index])
        alone, _ = self.inspected(self.name)
        self.assertIsNone(alone[0]["index"])
        self.assertNotIn("referrers", json.loads(self.run_on("inspect", "--json", f"oci:{self.layout}").stdout)["images"][0])


class ToyTest(ReferrersTestCase):
    def toy(self, **options):
        toy = self.start(toy_registry.ToyRegistry, **options)
        pushed = self.run_on("normalize", f"oci:{self.layout}:latest", "-o", f"docker://{toy.host}/app:1")
        self.assertEqual(pushed.returncode, 0, pushed.stderr)
        self.digest = pushed.stdout.decode().strip().rpartition("@")[2]
        self.size = len(toy.manifests["app", self.digest][1])
        self.tag = self.digest.replace(":", "-")
        self.name = f"docker://{toy.host}/app:1"
        return toy

    def test_the_api_page_by_page(self):
        toy = self.toy(page=2)
        made = [self.attach(toy, str(number)) for number in range(5)]
        self.assertEqual({how for _, how in made}, {"api"})
        self.assertNotIn(("app", self.tag), toy.manifests)
        begin = len(toy.paths("/referrers/"))
        listed = self.referrers(self.name)
        self.assertEqual(listed["source"], "api")
        self.assertEqual(sorted(one["digest"] for one in listed["entries"]), sorted(digest for digest, _ in made))
        self.assertEqual(len(toy.paths("/referrers/")) - begin, 2 * 3)  # JSON and text, three pages each
        self.assertEqual(sorted(self.fetched(toy).values()), ["0", "1", "2", "3", "4"])

    def test_the_tag_with_and_without_etags(self):
        for etags in (False, True):
            toy = self.toy(referrers=False, etags=etags)
            made = [self.attach(toy, str(number)) for number in range(3)]
            self.assertEqual({how for _, how in made}, {"tag"})
            self.assertEqual([one["digest"] for one in self.referrers(self.name)["entries"]], [one for one, _ in made])
            self.assertEqual(len(toy.headers("If-Match")), 2 if etags else 0)

    def test_an_index_made_by_hand(self):
        toy = self.toy(referrers=False)
        toy.manifests["app", self.tag] = (toy_registry.INDEX, index_of(entry(1), entry(2), entry(1)))
        self.assertEqual([one["digest"][-1] for one in self.referrers(self.name)["entries"]], ["1", "2"])

    def test_an_index_that_is_none(self):
        for data in (b"{", b"[]", b'{"schemaVersion":2,"manifests":5}', index_of({"digest": "x"}),
                     index_of({**entry(1), "size": -1}), b"[" * 100, b"\xff" * 100):
            with self.subTest(data[:40]):
                toy = self.toy(referrers=False)
                toy.manifests["app", self.tag] = (toy_registry.INDEX, data)
                listed = self.referrers(self.name)
                self.assertEqual((listed["entries"], len(listed["notes"])), ([], 1))
                self.assertIn("not used", self.text)

    def test_words_of_strangers(self):
        hostile = "evil\x1b[31m\nmanifest  sha256:0000\u202e"
        toy = self.toy(referrers=False)
        toy.manifests["app", self.tag] = (toy_registry.INDEX, index_of(
            entry(1, hostile, annotations={hostile: hostile, "x" * 5000: ""}), entry(2, "x" * 100000)))
        listed = self.referrers(self.name)
        self.assertEqual(len(listed["entries"]), 2)
        self.assertNotIn("\u202e", self.text)
        self.assertLess(max(map(len, self.text.splitlines())), 1000)

    def test_a_thousand_and_more(self):
        toy = self.toy(referrers=False)
        toy.manifests["app", self.tag] = (toy_registry.INDEX, index_of(*map(entry, range(1500))))
        listed = self.referrers(self.name)
        self.assertEqual((len(listed["entries"]), len(listed["notes"])), (1000, 1))
        self.assertIn("and 950 more (--json)", self.text)

    def test_a_registry_that_fails_here_has_still_shown_the_image(self):
        for status in (401, 403, 500):
            toy = self.toy()
            toy.before = lambda _, handler, status=status: (
                "/referrers/" in handler.path and not handler.send(status, []))
            listed = self.referrers(self.name)
            self.assertEqual(listed["entries"], [])
            self.assertRegex(listed["notes"][0], f"not known: .*status {status}")


if __name__ == "__main__":
    harness.main()
