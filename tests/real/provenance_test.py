"""BuildKit's provenance beside real images: the lines that it claims are in every report, as a claim; provenance that is
damaged, of another image or hostile is not used and changes no verdict. The statement has the form of a real one
(zlabjp/slsa-provenance-test, BuildKit of 2023, mode=max), for the layers of the image at hand."""
import base64
import hashlib
import json
import pathlib

import harness
import images
from trees import scratch, write

DOCKERFILE = "# the real one began with a comment, too\nFROM alpine:3.17 AS base\n\nRUN make \\\n    install\n"
BASE = "docker.io/library/alpine:3.17@sha256:"
KEY = "https://mobyproject.org/buildkit@v1#metadata"


def put(layout, data, media_type):
    """A blob and its descriptor."""
    digest = hashlib.sha256(data).hexdigest()
    (layout / "blobs/sha256" / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def step(number, op, inputs):
    one = {"id": f"step{number}", "op": {"Op": op, "constraints": {}}}
    return one | ({"inputs": inputs} if inputs else {})


def lines(first, last):
    return {"locations": [{"ranges": [{"start": {"line": first}, "end": {"line": last}}]}]}


def predicate(layers, base, form, dockerfile, filename):
    """Layer 0 comes with the base, layer 1 from the instruction above it."""
    chain = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": d, "size": 1} for d in layers]
    source = {"source": {"identifier": f"docker-image://{BASE}{base * 64}"}}
    run = {"exec": {"meta": {"args": ["/bin/sh", "-c", "make install"], "cwd": "/"}}}
    config = {"llbDefinition": [step(0, source, []), step(1, run, ["step0:0"]), step(2, None, ["step1:0"])]}
    info = {"filename": filename, "language": "Dockerfile", "data": base64.b64encode(dockerfile.encode()).decode()}
    metadata = {
        "layers": {"step0:0": [chain[:1], chain[:1]], "step1:0": [chain[:2]]},
        "source": {"infos": [info], "locations": {"step0": lines(2, 2), "step1": lines(4, 5), "step2": {}}},
        "vcs": {"revision": "24acc49548454b2f21a01a85d3357fc1858abdf4-dirty"},
    }
    if form == "v0.2":
        return {"buildType": "https://mobyproject.org/buildkit@v1", "buildConfig": config,
                "metadata": {"buildInvocationID": "yape2zf8kh5omd5fte3ja6kas", KEY: metadata}}
    return {"buildDefinition": {"internalParameters": {"buildConfig": config, "builderPlatform": "linux/amd64"}},
            "runDetails": {"builder": {"id": ""}, "metadata": {"buildkit_metadata": metadata}}}


def attest(layout, base="b", form="v0.2", dockerfile=DOCKERFILE, filename="Dockerfile", change=lambda text: text):
    """Puts the attestation manifest beside the only image, as BuildKit stores it."""
    layout = pathlib.Path(layout)
    index = json.loads((layout / "index.json").read_text())
    image = index["manifests"][0]
    manifest = json.loads((layout / "blobs/sha256" / image["digest"][7:]).read_text())
    layers = [layer["digest"] for layer in manifest["layers"]]
    kind = f"https://slsa.dev/provenance/{form}"
    statement = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": kind,
        "subject": [{"name": "pkg:docker/app@1", "digest": {"sha256": image["digest"][7:]}}],
        "predicate": predicate(layers, base, form, dockerfile, filename),
    }
    text = change(json.dumps(statement)).encode()
    blob = put(layout, text, "application/vnd.in-toto+json") | {"annotations": {"in-toto.io/predicate-type": kind}}
    config = {"architecture": "unknown", "os": "unknown", "config": {},
              "rootfs": {"type": "layers", "diff_ids": [blob["digest"]]}}
    oci = "application/vnd.oci.image.{}.v1+json"
    document = {"schemaVersion": 2, "mediaType": oci.format("manifest"),
                "config": put(layout, json.dumps(config).encode(), oci.format("config")), "layers": [blob]}
    entry = put(layout, json.dumps(document).encode(), oci.format("manifest"))
    entry["platform"] = {"architecture": "unknown", "os": "unknown"}
    entry["annotations"] = {"vnd.docker.reference.digest": image["digest"],
                            "vnd.docker.reference.type": "attestation-manifest"}
    index["manifests"].append(entry)
    (layout / "index.json").write_text(json.dumps(index))
    return layout / "blobs/sha256" / blob["digest"][7:]


def two_images(folder):
    """Two layers each; a file of each layer differs, neither is a program."""
    for number, created in enumerate((images.FIRST_BUILD, images.SECOND_BUILD)):
        base, own = folder / f"base{number}", folder / f"own{number}"
        write(base / "usr/share/base", ("of the first base\n", "words of another\n")[number])
        write(own / "usr/share/own", ("by the first build\n", "made once more\n")[number])
        images.image_of(folder / f"image{number}", [base, own], created)
    return [folder / "image0", folder / "image1"]


class Provenance(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS)

    def test_every_report_shows_the_lines_as_a_claim(self):
        for form in ("v0.2", "v1"):
            with scratch() as folder:
                layouts = two_images(folder)
                for layout, base in zip(layouts, "bc"):
                    attest(layout, base, form)
                outputs = ["-o", f"html={folder}/r.html", "-o", f"markdown={folder}/r.md", "-o", f"json={folder}/r.json"]
                text = self.text(*(f"oci:{layout}" for layout in layouts), "-o", "text", *outputs)
                claim = "provenance claims Dockerfile:4-5: RUN make install"
                self.assertIn(claim, text)
                self.assertIn("claims the lines of 2 of 2 layers, and the base image", text)
                page = (folder / "r.html").read_text()
                self.assertIn("provenance claims Dockerfile:4-5 <code>RUN make install</code>", page)
                self.assertRegex((folder / "r.md").read_text(), "provenance claims Dockerfile:4-5")
                side = harness.Report((folder / "r.json").read_text()).json["sides"][0]
                self.assertEqual(side["provenance"]["used"], True)
                self.assertEqual(side["provenance"]["claimed_base"]["digest"], "sha256:" + "b" * 64)
                self.assertEqual(
                    side["layers"][1]["claimed_source"],
                    {"file": "Dockerfile", "first": 4, "last": 5, "text": "RUN make \\\n    install", "others": 0,
                     "base": False},
                )
                self.assertTrue(side["layers"][0]["claimed_source"]["base"])
                shown = harness.touchstone("inspect", f"oci:{layouts[0]}").stdout.decode()
                self.assertIn("of provenance: Dockerfile:4-5: RUN make install", shown)

    def test_another_base_explains_files_of_the_base_and_no_others(self):
        with scratch() as folder:
            layouts = two_images(folder)
            for layout, base in zip(layouts, "bc"):
                attest(layout, base)
            report = self.diff(*(f"oci:{layout}" for layout in layouts))
            causes = {f["path"]: (f["explained"], list(f["causes"])) for f in report.json["explanation"]["files"]}
            self.assertEqual(causes["usr/share/base"], (True, ["V2"]))
            self.assertEqual(causes["usr/share/own"], (False, []))
            self.assertEqual(report.verdict, "divergent")  # explained is not equal

    def test_one_base_explains_nothing(self):
        with scratch() as folder:
            layouts = two_images(folder)
            for layout in layouts:
                attest(layout)
            report = self.diff(*(f"oci:{layout}" for layout in layouts))
            self.assertNotIn("V2", json.dumps(report.json["explanation"]["files"]))

    def test_what_is_wrong_is_not_used_and_changes_no_verdict(self):
        def damaged(blob):
            blob.write_bytes(blob.read_bytes().replace(b"step0", b"step7", 1))

        for message, change, after in (
            ("expected sha256:.*, found sha256:", lambda text: text, damaged),
            ("is missing|not there|no such", lambda text: text, lambda blob: blob.unlink()),
            ("not valid JSON", lambda text: text[:-9], lambda blob: None),
            ("which has 5", lambda text: text.replace('"line": 5', '"line": 6'), lambda blob: None),
            ("its subject", lambda text: text.replace('"sha256": "', '"sha256": "f'), lambda blob: None),
        ):
            with self.subTest(message), scratch() as folder:
                layouts = two_images(folder)
                after(attest(layouts[0], change=change))
                report = self.diff(*(f"oci:{layout}" for layout in layouts))
                provenance = report.json["sides"][0]["provenance"]
                self.assertEqual(provenance["used"], False)
                self.assertNotIn("claimed_source", json.dumps(report.json))
                self.assertRegex(provenance["why"], message)
                self.assertIn("not used, because", self.text(*(f"oci:{layout}" for layout in layouts)))

    def test_hostile_words_are_escaped(self):
        with scratch() as folder:
            layouts = two_images(folder)
            attest(layouts[0], dockerfile="\n\n\n<script>alert(1)</script>\x1b[2J\n\u202eRUN\n", filename="<b>\x1b]0;x\x07")
            references = [f"oci:{layout}" for layout in layouts]
            outputs = ["-o", f"html={folder}/r.html", "-o", f"markdown={folder}/r.md", "-o", "text"]
            text = self.text(*references, *outputs)
            for shown in (text, (folder / "r.html").read_text(), (folder / "r.md").read_text()):
                self.assertNotIn("\x1b", shown)
                self.assertNotIn("\u202e", shown)
            self.assertNotIn("<script>alert", (folder / "r.html").read_text())


if __name__ == "__main__":
    harness.main()
