"""What `touchstone normalize` writes appears whole, by rename; what exists is kept without --force; an interruption
leaves nothing behind. Directories are compared before and after, by name and bytes."""
import ctypes
import functools
import os
import pathlib
import signal
import struct
import subprocess
import tarfile
import tempfile
import time

import harness
import images
import tars
import truth

CREATED, MODIFIED, MOVED_TO = 0x100, 0x2, 0x80  # inotify(7): IN_CREATE, IN_MODIFY, IN_MOVED_TO
FORMS = ("oci", "oci-archive", "layer")  # the three kinds of output


def snapshot(folder):
    """{relative path: bytes, or None for a folder} of all that is below."""
    return {
        os.fsdecode(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in pathlib.Path(folder).rglob("*")
    }


class Watch:
    """The events of a folder, by inotify: what other programs could have seen there."""

    def __init__(self, folder):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK)
        if self.libc.inotify_add_watch(self.fd, os.fsencode(folder), CREATED | MODIFIED | MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch")

    def events(self):
        """{name: set of what happened to it} so far; closes the watch."""
        seen = {}
        try:
            while data := os.read(self.fd, 1 << 16):
                while data:
                    _, mask, _, length = struct.unpack_from("iIII", data)
                    name = data[16 : 16 + length].rstrip(b"\0").decode()
                    seen.setdefault(name, set()).add(mask & (CREATED | MODIFIED | MOVED_TO))
                    data = data[16 + length :]
        except BlockingIOError:
            pass
        os.close(self.fd)
        return seen


class OutputsTestCase(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS)
        temp = tempfile.TemporaryDirectory(prefix="touchstone-outputs-")
        self.addCleanup(temp.cleanup)
        self.temp = pathlib.Path(temp.name)
        self.out = self.temp / "out"  # the folder that outputs go to
        self.out.mkdir()
        self.layer = tars.written(self.temp / "layer.tar", first_layer(images.published()))

    def command(self, form, target, source=None):
        """The arguments that write one form of output; the source is `published`, or its lowest layer."""
        if form == "layer":
            return ("normalize", f"tar:{source or self.layer}", "-o", target)
        return ("normalize", f"oci:{source or images.published()}", "-o", f"{form}:{target}")

    def refused(self, *patterns, arguments, **run):
        """Runs; the status is 2, the message matches, and the output's folder is what it was."""
        before = snapshot(self.out)
        done = harness.touchstone(*arguments, **run)
        self.assert_trouble(done, *patterns)
        self.assertEqual(done.stdout, b"")
        self.assertEqual(sorted(snapshot(self.out)), sorted(before))
        self.assertTrue(snapshot(self.out) == before)


def first_layer(layout):
    return truth.plain(truth.blob_path(layout, truth.manifest_of(layout)["layers"][0]["digest"]).read_bytes())


class Existing(OutputsTestCase):
    def test_a_file_that_exists_is_kept_and_named(self):
        tars.written(self.out / "mine", b"not yours\n")
        for form in FORMS:
            with self.subTest(form=form):
                self.refused("out/mine", "exists", arguments=self.command(form, self.out / "mine"))

    def test_a_folder_that_exists_is_kept_also_with_force(self):
        (self.out / "empty").mkdir()
        images.copy_tree(images.small(), self.out / "layout")
        for name in ("empty", "layout"):
            for form in FORMS:
                for force in ((), ("--force",)):
                    with self.subTest(folder=name, form=form, force=force):
                        arguments = (*self.command(form, self.out / name), *force)
                        self.refused(f"out/{name}", "exists|directory|regular file", arguments=arguments)

    def test_a_symlink_a_fifo_and_a_device_are_not_written_through(self):
        os.symlink(self.temp / "elsewhere", self.out / "dangling")
        for form in FORMS:
            with self.subTest(form=form):
                done = harness.touchstone(*self.command(form, self.out / "dangling"))
                self.assert_trouble(done, "out/dangling")
                self.assertEqual(os.readlink(self.out / "dangling"), str(self.temp / "elsewhere"))
                self.assertFalse((self.temp / "elsewhere").exists())
        os.mkfifo(self.out / "fifo")
        os.mknod(self.out / "null", 0o020666, os.makedev(1, 3))
        for name in ("fifo", "null"):
            for force in ((), ("--force",)):
                with self.subTest(name=name, force=force):
                    mode = os.lstat(self.out / name).st_mode
                    done = harness.touchstone(*self.command("oci-archive", self.out / name), *force)
                    self.assert_trouble(done, f"out/{name}")
                    self.assertEqual(os.lstat(self.out / name).st_mode, mode)

    def test_force_replaces_a_file_with_what_a_new_name_gets(self):
        for form in ("oci-archive", "layer"):
            with self.subTest(form=form):
                old = tars.written(self.out / f"{form}-old", b"old\n" * 1000)
                inode = old.stat().st_ino
                for target, options in ((old, ("--force",)), (self.out / f"{form}-new", ())):
                    done = harness.touchstone(*self.command(form, target), *options)
                    self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(old.read_bytes(), (self.out / f"{form}-new").read_bytes())
                self.assertNotEqual(old.stat().st_ino, inode)  # a reader of the old file keeps it

    def test_a_folder_that_is_not_there_is_not_made(self):
        for form in FORMS:
            with self.subTest(form=form):
                self.refused("nowhere", arguments=self.command(form, self.out / "nowhere/out"))

    def test_mistakes_of_the_command_line_touch_nothing(self):
        tars.written(self.out / "mine", b"not yours\n")
        image, layer = f"oci:{images.published()}", f"tar:{self.layer}"
        for pattern, arguments in (
            ("-o", (image,)),
            ("oci:DIR, oci-archive:FILE or docker", (image, "-o", self.out / "new")),
            ("oci:DIR, oci-archive:FILE or docker", (image, "-o", "-")),
            ("layer tar", (layer, "-o", f"oci:{self.out / 'new'}")),
            ("none, gzip or zstd", (image, "-o", f"oci:{self.out / 'new'}", "--compress", "xz")),
            ("SOURCE_DATE_EPOCH", (image, "-o", f"oci:{self.out / 'new'}", "--mtime", "clamp")),
            ("yesterday", (image, "-o", f"oci:{self.out / 'new'}", "--mtime", "yesterday")),
            ("map", (image, "-o", f"oci:{self.out / 'new'}", "--owner", "map:0:1:5,3:9")),
            ("root", (image, "-o", f"oci:{self.out / 'new'}", "--owner", "root:root")),
            ("exists", (image, "-o", f"oci:{self.out / 'new'}", "--log", self.out / "mine")),
        ):
            with self.subTest(arguments=arguments):
                environment = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
                self.refused(pattern, arguments=("normalize", *arguments), env=environment)


class Appearing(OutputsTestCase):
    def test_an_output_appears_by_rename_and_is_never_seen_half_written(self):
        for form in FORMS:
            for force in ((), ("--force",)):
                if force and form == "oci":
                    continue
                with self.subTest(form=form, force=force):
                    name = form + "".join(force)
                    if force:
                        tars.written(self.out / name, b"old")
                    watch = Watch(self.out)
                    done = harness.touchstone(*self.command(form, self.out / name), *force)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(watch.events()[name], {MOVED_TO})

    def test_only_the_output_is_left(self):
        for form in FORMS:
            done = harness.touchstone(*self.command(form, self.out / form), "--log", self.out / f"{form}.log")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(self.out)), sorted([*FORMS, *(f"{form}.log" for form in FORMS)]))

    def test_what_appears_may_be_read_by_whom_the_umask_says(self):
        for form in FORMS:
            with self.subTest(form=form):
                done = harness.touchstone(*self.command(form, self.out / form), preexec_fn=lambda: os.umask(0o027))
                self.assertEqual(done.returncode, 0, done.stderr)
                found = [self.out / form, *(self.out / form).rglob("*")]
                modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in found}
                self.assertLessEqual(modes, {(True, 0o750), (False, 0o640)})

    def test_an_interruption_leaves_no_output(self):
        """Stopped in the middle of its input, which no program can be late for."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            with self.subTest(signal=number):
                target = self.out / f"stopped-{number}"
                command = [harness.PROGRAM, "normalize", "-", "-o", target]
                heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # background jobs ignore it
                pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
                with subprocess.Popen(command, preexec_fn=heard, **pipes) as running:
                    running.stdin.write(self.layer.read_bytes()[: 1 << 20])  # more than the pipe holds: it reads
                    running.stdin.flush()
                    running.send_signal(number)
                    self.assertNotEqual(running.wait(harness.TIMEOUT), 0)
                self.assertFalse(os.path.lexists(target))

    def test_an_interruption_while_the_output_is_built_leaves_nothing(self):
        """Stopped when something lies beside the target already: it is removed again, and the status tells why."""
        big = self.temp / "big.tar"
        entry = tarfile.TarInfo("zeros")
        entry.size = 1 << 30
        with big.open("wb") as file:
            file.write(entry.tobuf())
            file.truncate(512 + entry.size + 1024)  # a hole: much to hash, little to store
        images.assemble(self.temp / "big", [big], images.FIRST_BUILD)
        for form in ("oci", "oci-archive"):
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                with self.subTest(form=form, signal=number):
                    target = f"{form}:{self.out / 'new'}"
                    command = [harness.PROGRAM, "normalize", f"oci:{self.temp / 'big'}", "-o", target]
                    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
                    with subprocess.Popen(command, preexec_fn=heard, stderr=subprocess.PIPE) as running:
                        while not os.listdir(self.out) and running.poll() is None:
                            time.sleep(0.001)
                        running.send_signal(number)
                        self.assertEqual(running.wait(harness.TIMEOUT), 128 + number)
                        self.assertIn(b"stopped by signal", running.stderr.read())
                    self.assertEqual(os.listdir(self.out), [])


if __name__ == "__main__":
    harness.main()
