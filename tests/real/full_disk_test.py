"""`touchstone normalize` where no room is left, for its output, its log or its temporary files: it says so, leaves
nothing behind, and an old file stays, also with --force. The full disks are limits of file sizes, and small file
systems."""
import gzip
import os
import resource
import shutil
import subprocess

import harness
import images
import outputs_test
import tars

ON_FULL_TMPFS = """
mount -t tmpfs -o size="$1" tmpfs "$2" || exit 99
listing=$3; folder=$2; shift 3
for file in "$@"; do shift; [ "$file" = -- ] && break; cp "$file" "$folder"; done
"$@"
status=$?
find "$folder" -mindepth 1 -printf '%P %s\\n' > "$listing"
exit $status
"""


class FullDisk(outputs_test.OutputsTestCase):
    def sizes(self, form):
        """How large the largest file is that gets written, and all files together."""
        done = harness.touchstone(*self.command(form, self.temp / "whole"))
        self.assertEqual(done.returncode, 0, done.stderr)
        found = self.temp / "whole"
        files = [path.stat().st_size for path in found.rglob("*") if path.is_file()] or [found.stat().st_size]
        shutil.rmtree(found) if found.is_dir() else found.unlink()
        return max(files), sum(files)

    def test_a_limit_of_the_size_of_files(self):
        """RLIMIT_FSIZE stands for a full disk: every write beyond it fails, wherever that is."""
        for form in outputs_test.FORMS:
            largest, _ = self.sizes(form)
            for limit in (0, 1, 4096, largest // 2, largest - 1):
                with self.subTest(form=form, limit=limit):

                    def limited(limit=limit):
                        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

                    self.refused(
                        "File too large", arguments=self.command(form, self.out / "new"), preexec_fn=limited
                    )
                    if form != "oci":
                        tars.written(self.out / "mine", b"not yours\n")
                        arguments = (*self.command(form, self.out / "mine"), "--force")
                        self.refused("File too large", arguments=arguments, preexec_fn=limited)

    def on_tmpfs(self, size, folder, *command, files=(), environment=None):
        """Runs with a small file system on `folder`; returns what was done and what was left there: {path: size}."""
        harness.need("unshare", "mount", "find")
        listing = self.temp / "listing"
        prefix = ("unshare", "-m", "bash", "-c", ON_FULL_TMPFS, "bash", str(size), folder, listing, *files, "--")
        done = harness.touchstone(*command, prefix=tuple(map(str, prefix)), env={**os.environ, **(environment or {})})
        if done.returncode in (1, 99):  # unshare's or mount's own failure: a container that forbids it
            harness.possible(self.forbidden, done)
        lines = [line.rsplit(" ", 1) for line in listing.read_text().splitlines()]
        return done, {name: int(length) for name, length in lines}

    def forbidden(self, done):
        raise AssertionError(f"no small file system can be mounted here: {done.stderr.decode()}")

    def test_a_file_system_that_is_full(self):
        for form in outputs_test.FORMS:
            largest, total = self.sizes(form)
            for size in (4096, 65536, largest // 2, total - 4096):
                with self.subTest(form=form, size=size):
                    done, left = self.on_tmpfs(size, self.out, *self.command(form, self.out / "new"))
                    self.assert_trouble(done, "No space left on device", "out/")
                    self.assertEqual((done.stdout, left), (b"", {}))

    def test_a_file_system_that_is_large_enough(self):
        """Else the test above could be about anything."""
        for form in outputs_test.FORMS:
            with self.subTest(form=form):
                _, total = self.sizes(form)
                done, left = self.on_tmpfs(total + (1 << 20), self.out, *self.command(form, self.out / "new"))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual({name for name in left if "/" not in name}, {"new"})

    def test_an_old_file_survives_a_full_file_system_with_force(self):
        old = tars.written(self.temp / "old", b"not yours\n")
        for form in ("oci-archive", "layer"):
            with self.subTest(form=form):
                arguments = (*self.command(form, self.out / "old"), "--force")
                done, left = self.on_tmpfs(1 << 20, self.out, *arguments, files=(old,))
                self.assert_trouble(done, "No space left on device")
                self.assertEqual(left, {"old": 10})

    def test_no_room_for_temporary_files(self):
        spool = self.temp / "spool"
        spool.mkdir()
        for form in outputs_test.FORMS:
            with self.subTest(form=form):
                done, left = self.on_tmpfs(
                    65536, spool, *self.command(form, self.out / form), environment={"TMPDIR": str(spool)}
                )
                self.assertEqual(left, {})
                if done.returncode == 0:  # it needed no temporary files, which is as good
                    continue
                self.assert_trouble(done, "No space left on device")
                before = outputs_test.FORMS[: outputs_test.FORMS.index(form)]
                self.assertLessEqual(set(os.listdir(self.out)), set(before))

    def test_no_place_for_temporary_files(self):
        """Standard input and compressed archives are spooled (touchstone(1), TMPDIR)."""
        packed = gzip.compress(images.as_archive("docker-archive").read_bytes())
        archive = tars.written(self.temp / "app.tar.gz", packed)
        for place in (self.temp / "nowhere", self.layer):
            with self.subTest(place=place.name):
                arguments = ("normalize", f"docker-archive:{archive}", "-o", f"oci:{self.out / 'new'}")
                self.refused(place.name, arguments=arguments, env={**os.environ, "TMPDIR": str(place)})

    def test_standard_output_that_is_full(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [harness.PROGRAM, "normalize", f"tar:{self.layer}", "-o", "-"],
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=harness.TIMEOUT,
            )
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"No space left on device", done.stderr)

    def test_a_log_that_finds_no_room(self):
        harness.need("unshare", "mount")
        for form in outputs_test.FORMS:
            with self.subTest(form=form):
                logs = self.temp / "logs"
                logs.mkdir(exist_ok=True)
                command = (*self.command(form, self.out / form), "--log", logs / "log")
                done, left = self.on_tmpfs(8192, logs, *command)
                self.assert_trouble(done, "No space left on device", "logs/")
                self.assertEqual((left, outputs_test.snapshot(self.out)), ({}, {}))


if __name__ == "__main__":
    harness.main()
