"""Images of container engines by the engines' own programs: containerd's ctr with a daemon of its own, `podman save` where
podman's service does not run, and stand-ins for both that fail in the ways of programs."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import engines_test
import harness
import images
import registry_test
from harness import TestCase, tool, touchstone

NAME = "localhost/app:latest"


def setUpModule():
    harness.need(*images.TOOLS, "podman", "containerd", "ctr")


class Containerd:
    """A daemon with a folder of its own; no container is ever started, and nothing is unpacked."""

    def __init__(self, folder):
        self.socket = folder / "containerd.sock"
        config = folder / "config.toml"
        config.write_text(
            f'version = 2\nroot = "{folder}/root"\nstate = "{folder}/state"\n'
            f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "{self.socket}"\n'
        )
        self.process = subprocess.Popen(["containerd", "--config", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self.socket.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("containerd did not start")
            time.sleep(0.05)

    def load(self, layout, name, *options, namespace="default"):
        """`name` without its tag: that comes from the layout."""
        with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
            tool("tar", "-C", layout, "-cf", archive.name, ".")
            tool("ctr", "--address", self.socket, "--namespace", namespace, "images", "import", "--no-unpack", "--base-name",
                 name, *options, archive.name)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


class RealContainerd(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="touchstone-containerd-")
        cls.addClassCleanup(cls.temp.cleanup)
        cls.daemon = harness.possible(Containerd, pathlib.Path(cls.temp.name))
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.load(images.published(), "localhost/app")
        cls.daemon.load(images.rebuilt(), "localhost/other", namespace="team")

    def environment(self, **variables):
        plain = {key: value for key, value in os.environ.items() if not key.startswith("CONTAINERD_")}
        return {**plain, "CONTAINERD_ADDRESS": str(self.daemon.socket), **variables}

    def verdict(self, reference, published, *options, **variables):
        done = touchstone("diff", "-o", "json", f"oci:{published}", reference, *options, env=self.environment(**variables))
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        return json.loads(done.stdout)["verdict"]

    def test_containerd_gives_the_image_that_it_was_given(self):
        self.assertEqual(self.verdict(f"containerd:{NAME}", images.published()), "identical")

    def test_a_namespace_is_that_of_ctr(self):
        name = "containerd:localhost/other:latest"
        self.assertEqual(self.verdict(name, images.rebuilt(), CONTAINERD_NAMESPACE="team"), "identical")
        self.assert_trouble(touchstone("ls", name, env=self.environment()),
                            r'namespace default: \S*ctr: exit status 1: it says: ctr: image "localhost/other:latest": not found')

    def test_platforms_are_chosen_as_elsewhere(self):
        layout = registry_test.two_platforms()
        self.daemon.load(layout, "localhost/two", "--all-platforms")
        name = "containerd:localhost/two:latest"
        for options in ((), ("--platform", "linux/arm64"), ("--platform", "linux/amd64")):
            with self.subTest(options):
                self.assertEqual(self.verdict(name, layout, *options), "identical")
        done = touchstone("diff", "--all-platforms", f"oci:{layout}", name, env=self.environment())
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        done = touchstone("inspect", "--json", name, env=self.environment())
        self.assertEqual(done.returncode, 0, done.stderr.decode())

    def test_of_an_index_one_platform_is_enough(self):
        self.daemon.load(registry_test.two_platforms(), "localhost/half", namespace="half")
        name = "containerd:localhost/half:latest"
        self.assertEqual(self.verdict(name, registry_test.two_platforms(), CONTAINERD_NAMESPACE="half"), "identical")
        done = touchstone("inspect", name, env=self.environment(CONTAINERD_NAMESPACE="half"))
        if done.returncode == 0:  # until containerd has cleaned up, what an index's other platforms left is there, too
            return
        self.assert_trouble(done, r"all platforms \(--platform chooses one\): .*content digest sha256:[0-9a-f]{64}: not found")

    def test_where_nobody_listens_it_is_said_at_once(self):
        begun = time.monotonic()
        nowhere = f"{self.temp.name}/nothing.sock"
        self.assert_trouble(touchstone("ls", f"containerd:{NAME}", env=self.environment(CONTAINERD_ADDRESS=nowhere)),
                            "nothing.sock: No such file or directory; is containerd running")
        self.assertLess(time.monotonic() - begun, 5)


class PodmanWithoutService(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="touchstone-podman-")
        cls.addClassCleanup(cls.temp.cleanup)
        folder = pathlib.Path(cls.temp.name)
        storage = folder / "storage.conf"
        storage.write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/root"\n')
        # A socket that nobody listens at any more stands where podman's would be.
        (folder / "podman").mkdir()
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(folder / "podman/podman.sock"))
        cls.environment = engines_test.environment(CONTAINERS_STORAGE_CONF=str(storage), XDG_RUNTIME_DIR=str(folder))
        tool("podman", "pull", "--quiet", f"oci:{images.published()}", env=cls.environment)
        identity = tool("podman", "images", "--quiet", "--no-trunc", env=cls.environment).split()[0].decode()
        tool("podman", "tag", identity, NAME, env=cls.environment)
        cls.identity = identity.removeprefix("sha256:")

    def test_podman_itself_is_asked(self):
        for reference in (f"podman:{NAME}", "podman:localhost/app", f"podman:{self.identity[:12]}", f"containers-storage:{NAME}",
                          "containers-storage:localhost/app", f"containers-storage:@{self.identity}"):
            with self.subTest(reference):
                done = touchstone("diff", f"oci:{images.published()}", reference, "--require", "equivalent", env=self.environment)
                self.assertEqual(done.returncode, 0, done.stderr.decode())

    def test_its_words_are_said_and_what_was_tried_first(self):
        self.assert_trouble(touchstone("ls", "podman:localhost/nothing", env=self.environment),
                            r"podman:localhost/nothing: nobody answers at \S*/podman/podman.sock \(Connection refused\): "
                            r"\S*podman: exit status 125: it says: Error: localhost/nothing:latest: image not known")

    def test_a_place_that_was_chosen_is_the_only_one(self):
        chosen = {**self.environment, "CONTAINER_HOST": f"unix://{self.temp.name}/podman/podman.sock"}
        self.assert_trouble(touchstone("ls", f"podman:{NAME}", env=chosen), "podman.sock: Connection refused; `podman system")

    def test_without_podman_both_are_said_to_be_missing(self):
        nothing = {**self.environment, "PATH": self.temp.name}
        self.assert_trouble(touchstone("ls", f"podman:{NAME}", env=nothing),
                            r"podman.sock \(Connection refused\): there is no podman in PATH; .*CONTAINER_HOST")
        self.assert_trouble(touchstone("ls", f"containerd:{NAME}", env=nothing), "there is no ctr in PATH", "nerdctl save")


class StandIns(TestCase):
    """A `ctr` that is a shell script, beside a socket that somebody listens at."""

    def run_with(self, script, run=touchstone):
        with tempfile.TemporaryDirectory(prefix="touchstone-ctr-") as name, socket.socket(socket.AF_UNIX) as listening:
            folder = pathlib.Path(name)
            listening.bind(str(folder / "c.sock"))
            listening.listen()
            program = folder / "ctr"
            program.write_text("#!/bin/sh\n" + script.replace("FOLDER", name))
            program.chmod(0o755)
            (folder / "tmp").mkdir()
            shutil.copy(self.archive(), folder / "good.tar")
            environment = {**os.environ, "PATH": f"{name}:{os.environ['PATH']}", "TMPDIR": str(folder / "tmp"),
                           "CONTAINERD_ADDRESS": str(folder / "c.sock")}
            done = run("ls", f"containerd:{NAME}", env=environment)
            self.assertEqual(os.listdir(folder / "tmp"), [])
            asked = folder / "asked"
            return done, asked.read_text().split("\n") if asked.exists() else []

    @classmethod
    def archive(cls):
        path = pathlib.Path(cls.temp.name) / "good.tar"
        if not path.exists():
            tool("skopeo", "copy", "--quiet", f"oci:{images.published()}:latest", f"oci-archive:{path}:latest")
        return path

    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="touchstone-ctr-")
        cls.addClassCleanup(cls.temp.cleanup)

    def test_the_words_are_ctrs(self):
        done, asked = self.run_with('printf "%s\\n" "$@" > FOLDER/asked; cat FOLDER/good.tar\n')
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertEqual(asked, ["images", "export", "-", NAME, ""])

    def test_a_parent_that_ignores_the_ends_of_children_changes_nothing(self):
        def ignoring(*words, env):
            prefix = ("/usr/bin/env", "--ignore-signal=CHLD")  # GNU env: what it starts inherits that
            return touchstone(*words, prefix=prefix, env=env)

        done, _ = self.run_with("cat FOLDER/good.tar\n", ignoring)
        self.assertEqual(done.returncode, 0, done.stderr.decode())

    def test_a_program_that_fails_gives_no_image(self):
        for script, pattern in (
            ("cat FOLDER/good.tar; exit 3\n", "exit status 3$"),  # all of it came, and yet
            ("echo 'ctr: \033[2J gone' >&2; exit 1\n", r"exit status 1: it says: ctr: \\x1b\[2J gone"),
            ("kill -9 $$\n", "exit status 137"),
            ("head -c 100000 FOLDER/good.tar\n", "containerd:localhost/app:latest"),  # it says that this is all
            ("exit 0\n", "containerd:localhost/app:latest"),
            ("echo no tar\n", "containerd:localhost/app:latest"),
        ):
            with self.subTest(script):
                done, _ = self.run_with(script)
                self.assert_trouble(done, pattern)
                self.assertNotIn(b"\x1b", done.stderr)

    def test_what_it_leaves_running_ends_with_it(self):
        done, asked = self.run_with("sleep 300 & echo $! > FOLDER/asked; cat FOLDER/good.tar\n")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assert_gone(asked[0])

    def test_an_interrupt_ends_it_and_what_it_started(self):
        def interrupted(*words, env):
            process = subprocess.Popen([harness.PROGRAM, *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            asked = pathlib.Path(env["CONTAINERD_ADDRESS"]).with_name("asked")
            while not asked.exists() or not asked.read_text().endswith("\n"):
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
            return process

        done, asked = self.run_with("sleep 300 & echo $! > FOLDER/asked; head -c 1000 FOLDER/good.tar; wait\n", interrupted)
        self.assertEqual(done.returncode, 128 + signal.SIGINT)
        self.assert_gone(asked[0])

    def assert_gone(self, process):
        child = pathlib.Path("/proc") / process / "cmdline"
        self.assertFalse(child.exists() and "sleep" in child.read_text())


if __name__ == "__main__":
    harness.main()
