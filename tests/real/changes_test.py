"""One change at a time to a real image: the report names exactly that, with the weight that it deserves."""
import os
import pathlib
import tempfile

import harness
import images


def patched_in_place(path):
    """Replaces the last bytes of a file: same size, same mode, another program."""
    data = bytearray(path.read_bytes())
    data[-16:] = b"forged by nobody"
    path.write_bytes(data)


def replaced_by(make):
    def change(path):
        path.unlink()
        make(path)

    return change


def broken_hardlink(path):
    copy = path.read_bytes()
    path.unlink()
    path.write_bytes(copy)


def allowed_beside(facts):
    """The facts that may honestly differ together with the expected ones."""
    beside = {"content": {"size"}, "type": {"content", "size", "mode", "link"}}
    return set(facts).union(*(beside.get(fact, set()) for fact in facts))


# (what, path, how the path is changed, expected {fact: weight})
CHANGES = (
    ("a binary of the same size", "usr/local/bin/server", patched_in_place, {"content": "security"}),
    (
        "a line of configuration",
        "etc/server.conf",
        lambda p: p.write_text("port=8081\nroot=/srv\n"),
        {"content": "real"},
    ),
    ("the setuid bit", "usr/local/bin/server", lambda p: p.chmod(0o4755), {"mode": "security"}),
    ("write permission for all", "etc/server.conf", lambda p: p.chmod(0o666), {"mode": "security"}),
    ("permission of the group", "etc/server.conf", lambda p: p.chmod(0o664), {"mode": "real"}),
    ("the sticky bit of a folder", "srv", lambda p: p.chmod(0o1755), {"mode": "security"}),
    ("the owner", "etc/server.conf", lambda p: os.chown(p, 1000, 0), {"uid": "security"}),
    ("the group", "etc/server.conf", lambda p: os.chown(p, 0, 1000), {"gid": "security"}),
    (
        "a capability",
        "usr/local/bin/server",
        lambda p: harness.tool(
            "setfattr", "-n", "security.capability", "-v", "0x0100000200200000000000000000000000000000", p
        ),
        {"xattr:security.capability": "security"},
    ),
    (
        "an ordinary xattr",
        "etc/server.conf",
        lambda p: harness.tool("setfattr", "-n", "user.note", "-v", "x", p),
        {"xattr:user.note": "real"},
    ),
    ("the target of a symlink", "usr/local/bin/run", replaced_by(lambda p: p.symlink_to("server")), {"link": "real"}),
    (
        "a file that only the rebuilt image has",
        "etc/new.conf",
        lambda p: images.write(p, "new\n"),
        {"presence": "real"},
    ),
    (
        "an executable that only the rebuilt image has",
        "usr/local/bin/new",
        lambda p: images.write(p, "#!/bin/sh\n", 0o755),
        {"presence": "security"},
    ),
    ("a file that only the published image has", "etc/server.conf", pathlib.Path.unlink, {"presence": "real"}),
    (
        "a symlink where a file was",
        "etc/server.conf",
        replaced_by(lambda p: p.symlink_to("/dev/null")),
        {"type": "real"},
    ),
    ("a device node", "etc/device", lambda p: os.mknod(p, 0o020600, os.makedev(1, 1)), {"presence": "security"}),
)


class OneChange(harness.TestCase):
    def changed(self, temp, path, change):
        """`published` with one path of its application layer changed, and new times as another build leaves them."""
        tree = pathlib.Path(temp) / "app"
        images.copy_tree(images.app_tree(), tree)
        change(tree / path)
        images.set_times(tree, images.SECOND_BUILD)
        layout = pathlib.Path(temp) / "layout"
        images.image_of(layout, [images.base_tree(), images.odd_tree(), tree], images.SECOND_BUILD)
        return f"oci:{layout}"

    def test_each_change_is_reported_and_nothing_else(self):
        harness.need(*images.TOOLS, "setfattr")
        for what, path, change, facts in CHANGES:
            with self.subTest(change=what), tempfile.TemporaryDirectory() as temp:
                rebuilt = self.changed(temp, path, change)
                report = self.diff(f"oci:{images.published()}", rebuilt)
                self.assertEqual(report.verdict, "divergent")
                found = report.files()
                self.assertEqual({place for place, _ in found}, {path})
                self.assertEqual({fact: found.get((path, fact)) for fact in facts}, facts, found)
                self.assertLessEqual({fact for _, fact in found}, allowed_beside(facts), found)
                self.assertEqual(report.outside_files(), [])

    def test_a_hardlink_that_became_a_copy_is_reported(self):
        harness.need(*images.TOOLS)
        with tempfile.TemporaryDirectory() as temp:
            report = self.diff(f"oci:{images.published()}", self.changed(temp, "srv/default.html", broken_hardlink))
        self.assertEqual(report.verdict, "divergent")
        self.assertEqual({fact for _, fact in report.files()}, {"hardlink"})

    def test_times_alone_are_noise(self):
        harness.need(*images.TOOLS)
        with tempfile.TemporaryDirectory() as temp:
            report = self.diff(f"oci:{images.published()}", self.changed(temp, ".", lambda path: None))
        self.assertEqual((report.verdict, report.files()), ("equivalent", {}))

    def test_sides_are_mirrored_when_they_change_places(self):
        harness.need(*images.TOOLS)
        with tempfile.TemporaryDirectory() as temp:
            rebuilt = self.changed(temp, "etc/new.conf", lambda p: images.write(p, "new\n"))
            one = self.diff(f"oci:{images.published()}", rebuilt)
            other = self.diff(rebuilt, f"oci:{images.published()}")
        self.assertEqual(one.verdict, other.verdict)
        swapped = [
            {**f, "published": f["rebuilt"], "rebuilt": f["published"], "layers": f["layers"][::-1]}
            for f in other.findings
        ]
        self.assertEqual(one.findings, swapped)
        self.assertEqual(
            (one.json["summary"]["added"], one.json["summary"]["removed"]),
            (other.json["summary"]["removed"], other.json["summary"]["added"]),
        )


class Forgery(harness.TestCase):
    """Comparing histories cannot see a replaced binary; the shipped pair is such a forgery."""

    PAIR = [f"oci-archive:{harness.REPOSITORY}/fixtures/{side}.oci.tar" for side in ("published", "rebuilt")]

    def test_the_shipped_pair_differs_in_exactly_one_file(self):
        report = self.diff(*self.PAIR)
        self.assertEqual((report.verdict, report.json["pass"]), ("divergent", False))
        self.assertEqual(report.files(), {("usr/local/bin/healthcheck", "content"): "security"})
        self.assertEqual(report.outside_files(), [])
        summary = report.json["summary"]
        self.assertEqual((summary["added"], summary["removed"], summary["changed"]), (0, 0, 1))

    def test_the_text_says_that_the_histories_are_identical(self):
        text = self.text(*self.PAIR)
        self.assertIn("divergent", text.splitlines()[0].lower())
        self.assertIn("usr/local/bin/healthcheck", text)
        self.assertRegex(text.lower(), r"histor(y|ies)[^.\n]*identical|identical histor")

    def test_other_histories_with_the_same_files_are_still_equivalent(self):
        """A history is a claim: it never lowers a verdict either."""
        harness.need(*images.TOOLS)
        with tempfile.TemporaryDirectory() as temp:
            layout = pathlib.Path(temp) / "layout"
            images.copy_tree(images.published(), layout)
            harness.tool("umoci", "config", "--image", f"{layout}:latest", "--history.created_by", "LABEL nothing")
            report = self.diff(f"oci:{images.published()}", f"oci:{layout}")
        self.assertEqual(report.files(), {})
        self.assertNotEqual(report.verdict, "divergent")


if __name__ == "__main__":
    harness.main()
