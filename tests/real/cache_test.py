"""The cache of what came from registries: what is not asked for again, and that nothing else changes: neither reports,
nor what happens when the cache is damaged, full, read-only, someone else's, or shared by many."""
import concurrent.futures
import hashlib
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import tarfile
import time

import harness
import images
import registries
import registry_test
from registry_test import setUpModule  # noqa: F401  the same tools
from trees import app_tree, base_tree, copy_tree, odd_tree, once, scratch, write

FORMATS = ("text", "json", "html")


def is_blob(handler):
    return "/blobs/" in handler.path and handler.command == "GET"


def tar_of(name, size):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = size
        tar.addfile(member, io.BytesIO(os.urandom(size)))
    return stream.getvalue()


def write_image(layout, layers):
    """An OCI layout of plain tars, without history; returns the manifest's digest."""
    (layout / "blobs/sha256").mkdir(parents=True, exist_ok=True)
    stored = [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **images.add_blob(layout, layer)} for layer in layers]
    config = {"architecture": "amd64", "os": "linux",
              "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in stored]}}
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "layers": stored,
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                           **images.add_blob(layout, json.dumps(config).encode())}}
    entry = {"mediaType": kind, **images.add_blob(layout, json.dumps(manifest).encode()),
             "annotations": {"org.opencontainers.image.ref.name": "latest"}}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return entry["digest"]


@once
def changed(target):
    """`published` with an application that was built from something else, at another time."""
    with scratch() as temp:
        tree = temp / "app"
        copy_tree(app_tree(), tree)
        write(tree / "etc/server.conf", "port=8081\nroot=/srv\nbuilt=2024-06-15T08:30:00Z\n")
        write(tree / "srv/index.html", "<p>Built from other sources.</p>\n")
        program = bytearray((tree / "usr/local/bin/server").read_bytes())
        program[len(program) // 2] ^= 0xff
        (tree / "usr/local/bin/server").write_bytes(program)
        images.image_of(target, [base_tree(), odd_tree(), tree], images.SECOND_BUILD)


@once
def applications(target, count):
    """So many layouts, each with the same base below and a layer of its own above."""
    base = tar_of("base", 3_000_000)
    for number in range(count):
        write_image(target / str(number), [base, tar_of(f"app{number}", 2000)])


class CacheTest(registry_test.RegistryTestCase):
    @classmethod
    def setUpClass(cls):
        cls.registry = registries.Registry()
        cls.layouts = {"app:1": images.published(), "app:2": changed()}
        for name, layout in cls.layouts.items():
            registries.push(f"oci:{layout}:latest", cls.registry, name)
        cls.digests = {name: json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
                       for name, layout in cls.layouts.items()}

    @classmethod
    def tearDownClass(cls):
        cls.registry.close()

    def setUp(self):
        self.proxy = self.start(registries.Proxy, self.registry)
        self.caches = self.temporary()
        self.place = self.caches / "touchstone"

    def name(self, rest):
        return f"docker://{self.proxy.host}/{rest}"

    def pinned(self, name):
        return self.name(f"app@{self.digests[name]}")

    def with_cache(self, command, *arguments, caches=None, **options):
        return self.run_on(command, *arguments, environment={"XDG_CACHE_HOME": str(caches or self.caches)}, **options)

    def cache(self, *arguments):
        return harness.touchstone("cache", *arguments, env={"XDG_CACHE_HOME": str(self.caches)})

    def compared(self, *options, names=None, **more):
        """The report of both images as the bytes that were printed."""
        names = names or (self.name("app:1"), self.name("app:2"))
        done = self.with_cache("diff", *names, *options, **more)
        self.assertEqual(done.returncode, 1, done.stderr.decode())
        return done.stdout

    def asked(self, part=""):
        """What was asked for since the last time."""
        with self.proxy.lock:
            found = [path for _, path, _ in self.proxy.requests if part in path]
            self.proxy.requests.clear()
        return found

    def objects(self, kind=""):
        """Files by their path below the cache."""
        return {str(path.relative_to(self.place)): path for path in sorted(self.place.rglob("*"))
                if path.is_file() and str(path.relative_to(self.place)).startswith(kind)}

    # What is not done again

    def test_the_second_comparison_downloads_nothing(self):
        first = self.compared()
        blobs = self.asked("/blobs/")
        self.assertEqual(len(blobs), len(set(blobs)), "a blob was fetched twice")
        self.assertEqual(self.compared(), first)
        requests = self.asked()
        self.assertEqual([path for path in requests if "/blobs/" in path], [])
        self.assertEqual(len([path for path in requests if "/manifests/" in path]), 2)  # tags move

    def test_a_digest_that_is_known_costs_no_request(self):
        names = (self.pinned("app:1"), self.pinned("app:2"))
        first = self.compared(names=names)
        self.assertEqual(self.proxy.paths(f"/manifests/{self.digests['app:1']}"), [f"/v2/app/manifests/{self.digests['app:1']}"])
        self.asked()
        connections = self.proxy.connections
        for command in (("ls", "--json"), ("verify",), ("digest",)):
            self.assertEqual(self.with_cache(*command, names[0]).returncode, 0)
        self.assertEqual(self.compared(names=names), first)
        self.assertEqual(self.asked(), [])
        self.assertEqual(self.proxy.connections, connections)

    def test_a_digest_is_known_from_its_tag(self):
        self.compared()
        self.asked()
        self.compared(names=(self.pinned("app:1"), self.pinned("app:2")))
        self.assertEqual(self.asked(), [])

    def test_listings_are_enough_without_their_blobs(self):
        options = ("--explain", "none")
        first = self.compared(*options)
        # What both share at the bottom was verified only, as long as nothing in it decides: that has none.
        listed = {file.name for file in self.objects("listings").values()}
        listed_layers = [file for file in self.objects("blobs").values() if file.name in listed]
        self.assertGreaterEqual(len(listed_layers), 2)
        for file in listed_layers:
            file.unlink()
        self.asked()
        self.assertEqual(self.compared(*options), first)
        self.assertEqual(self.asked("/blobs/"), [])

    def test_a_base_under_forty_images_is_fetched_and_listed_once(self):
        count = 40
        layouts = applications(count)
        for number in range(count):
            registries.put(layouts / str(number), self.registry, "many", number)
        base = registry_test.manifest_in(layouts / "0")["layers"][0]["digest"]
        for number in range(count):
            done = self.with_cache("ls", "--json", self.name(f"many:{number}"))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(done.stdout.splitlines()), 2)
        self.assertEqual(len(self.asked(base)), 1)
        listing, = [path for path in self.objects("listings").values() if path.name == base[7:]]
        made = listing.stat().st_ino
        self.compared(names=(self.name("many:0"), self.name("many:1")))
        self.assertEqual(listing.stat().st_ino, made)

    # Reports do not depend on it

    def test_reports_are_the_same_cold_warm_and_without(self):
        options = ("--all", "--whole", "--canonical", "--explain", "all")
        for form in FORMATS:
            with self.subTest(form):
                without = self.compared("-o", form, *options, "--no-cache")
                cold = self.compared("-o", form, *options, caches=self.temporary())
                warm = [self.compared("-o", form, *options, "--jobs", jobs) for jobs in ("1", "1", "4")]
                self.assertEqual({cold, *warm}, {without})

    def test_other_commands_say_the_same(self):
        for command in (("ls",), ("ls", "--json"), ("ls", "--json", "--layer", "1"), ("verify", "--json"), ("digest",),
                        ("inspect", "--json")):
            with self.subTest(command):
                found = [self.with_cache(*command, self.name("app:1"), *more).stdout for more in ((), (), ("--no-cache",))]
                self.assertNotEqual(found[0], b"")
                self.assertEqual(len(set(found)), 1)

    def test_what_is_wrong_is_wrong_also_when_it_is_kept(self):
        """A config that promises another diffID for a layer that is known."""
        layout = self.temporary() / "layout"
        images.copy_tree(images.published(), layout)
        manifest = registry_test.manifest_in(layout)
        config = registry_test.config_in(layout, manifest)
        config["rootfs"]["diff_ids"][0] = "sha256:" + "0" * 64
        manifest["config"].update(images.add_blob(layout, json.dumps(config).encode()))
        images.set_manifest(layout, manifest)
        registries.push(f"oci:{layout}:latest", self.registry, "wrong:1")
        self.compared()
        for options in ((), ("--no-cache",)):
            done = self.with_cache("ls", self.name("wrong:1"), *options)
            self.assert_trouble(done, "diffID: expected sha256:0000")

    def test_verify_reads_the_bytes(self):
        self.compared()
        for file in self.objects("listings").values():
            file.unlink()
        self.asked()
        self.assertEqual(self.with_cache("verify", self.name("app:1")).returncode, 0)
        self.assertEqual(self.asked("/blobs/"), [])
        self.assertEqual(self.objects("listings"), {})

    # Damage

    def test_damaged_objects_are_made_anew(self):
        first = self.compared()
        whole = {path: file.read_bytes() for path, file in self.objects().items()}
        kinds = {"a bit": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
                 "cut": lambda data: data[: len(data) // 2], "empty": lambda data: b"", "longer": lambda data: data + b"\0"}
        for kind, damage in kinds.items():
            with self.subTest(kind):
                for path, data in whole.items():
                    (self.place / path).write_bytes(damage(data))
                self.assertEqual(self.compared(), first)
                self.assertEqual(self.compared(names=(self.pinned("app:1"), self.pinned("app:2"))), self.compared(
                    "--no-cache", names=(self.pinned("app:1"), self.pinned("app:2"))))
                self.assertEqual({path: file.read_bytes() for path, file in self.objects().items()}, whole)

    def test_a_damaged_blob_is_not_explained_from(self):
        first = self.compared()
        for file in self.objects("blobs").values():
            data = bytearray(file.read_bytes())
            for at in range(0, len(data), 1000):
                data[at] ^= 0x10
            file.write_bytes(data)
        self.assertEqual(self.compared(), first)

    def test_what_a_registry_gives_wrongly_is_not_kept(self):
        def fault(proxy, handler, answer):
            if is_blob(handler) and answer.body:
                answer.body = answer.body[:-1] + bytes([answer.body[-1] ^ 1])

        proxy = self.start(registries.Proxy, self.registry, fault)
        done = self.with_cache("verify", f"docker://{proxy.host}/app:1")
        self.assert_trouble(done, "expected sha256:")
        for path, file in self.objects("blobs").items():
            self.assertEqual(hashlib.sha256(file.read_bytes()).hexdigest(), file.name)
        self.compared()

    # Many at once, and accidents

    def test_eight_at_once_over_an_empty_cache(self):
        expected = self.compared("--no-cache")
        for _ in range(2):
            shutil.rmtree(self.place, ignore_errors=True)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                found = list(pool.map(lambda _: self.compared(), range(8)))
            self.assertEqual(set(found), {expected})
            self.assertEqual(self.objects("tmp"), {})
        self.asked()
        self.assertEqual(self.compared(), expected)
        self.assertEqual(self.asked("/blobs/"), [])

    def test_clearing_disturbs_nobody(self):
        expected = self.compared("--no-cache")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = [pool.submit(self.compared) for _ in range(6)]
            while not all(run.done() for run in runs):
                self.assertEqual(self.cache("clear").returncode, 0)
            self.assertEqual({run.result() for run in runs}, {expected})

    def test_a_process_that_is_killed_leaves_a_cache_that_works(self):
        expected = self.compared("--no-cache")
        clean = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(self.caches)}
        for number in range(12):
            process = subprocess.Popen([harness.PROGRAM, "diff", self.name("app:1"), self.name("app:2")], env=clean,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.01 * number)
            process.send_signal(signal.SIGKILL)
            process.wait()
            for path, file in self.objects("blobs").items():
                self.assertEqual(hashlib.sha256(file.read_bytes()).hexdigest(), file.name, path)
        self.assertEqual(self.compared(), expected)
        self.assertEqual(self.compared(), expected)

    def test_a_process_that_is_interrupted_leaves_nothing_half_written(self):
        def fault(proxy, handler, answer):
            if is_blob(handler) and len(answer.body) > 300_000:
                answer.pace = 0.001

        proxy = self.start(registries.Proxy, self.registry, fault)
        environment = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(self.caches)}
        process = subprocess.Popen([harness.PROGRAM, "verify", f"docker://{proxy.host}/app:1"],
                                   env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not proxy.paths("/blobs/", "GET") and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        # Long before its patience with the registry ends (30 s), also while something trickles in.
        self.assertEqual(process.wait(timeout=10), 128 + signal.SIGTERM)
        self.assertEqual(self.objects("tmp"), {})

    # Places that cannot be used

    def test_full_disks_stop_the_keeping_and_nothing_else(self):
        expected = self.compared("--no-cache")
        for limit in (0, 1, 4096, 300_000):
            with self.subTest(limit=limit):

                def limited(limit=limit):
                    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

                shutil.rmtree(self.place, ignore_errors=True)
                self.assertEqual(self.compared(preexec_fn=limited), expected)
                self.assertEqual(self.objects("tmp"), {})
                self.assertTrue(all(file.stat().st_size <= limit for file in self.objects().values()))
                self.assertEqual(self.compared(), expected)

    def as_nobody(self):
        os.setgid(65534)
        os.setuid(65534)

    def test_a_cache_that_cannot_be_written_is_read(self):
        """By a user to whom the file system says no."""
        os.chmod(self.caches, 0o755)
        expected = self.compared("--no-cache")
        self.compared()
        for path in [self.place, *self.place.rglob("*")]:
            os.chown(path, 65534, 65534)
            os.chmod(path, 0o500 if path.is_dir() else 0o400)
        before = sorted(self.objects())
        self.asked()
        self.assertEqual(self.compared(preexec_fn=self.as_nobody), expected)
        self.assertEqual(self.asked("/blobs/"), [])
        for file in list(self.objects("blobs").values())[:3]:
            file.write_bytes(b"damaged")
        self.assertEqual(self.compared(preexec_fn=self.as_nobody), expected)
        self.assertEqual(sorted(self.objects()), before)

    def test_a_cache_of_others_is_refused_with_a_note(self):
        expected = self.compared("--no-cache")
        rows = {"written by others": lambda: os.chmod(self.place, 0o1777),
                "another user": lambda: os.chown(self.place, 65534, 65534),
                "not a directory": lambda: (self.place.rmdir(), self.place.write_text("x"))}
        for reason, spoil in rows.items():
            with self.subTest(reason):
                shutil.rmtree(self.place, ignore_errors=True)
                self.place.mkdir(mode=0o700)
                spoil()
                done = self.with_cache("diff", self.name("app:1"), self.name("app:2"))
                self.assertEqual(done.stdout, expected)
                self.assertEqual(len(re_notes(done.stderr)), 1, done.stderr)
                self.assertIn(reason.encode(), done.stderr)
                self.assertEqual(self.with_cache("diff", "--quiet", self.name("app:1"), self.name("app:2")).stderr, b"")
                self.assertEqual(self.objects(), {})
                for action in ("info", "prune", "clear"):
                    self.assert_trouble(self.cache(action), reason)

    def test_without_a_place_the_work_goes_on_in_silence(self):
        for environment in ({}, {"XDG_CACHE_HOME": "relative"}, {"XDG_CACHE_HOME": "/proc/none/here"}):
            done = self.run_on("verify", self.name("app:1"), environment=environment)
            self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_no_cache_leaves_no_file_and_uses_none(self):
        self.compared("--no-cache")
        self.assertEqual(list(self.caches.iterdir()), [])
        self.compared()
        self.asked()
        self.compared("--no-cache")
        self.assertNotEqual(self.asked("/blobs/"), [])

    def test_images_on_this_machine_are_not_kept(self):
        self.with_cache("ls", f"oci:{images.published()}:latest")
        self.assertEqual(list(self.caches.iterdir()), [])

    # The command

    def test_info_prune_and_clear(self):
        def info():
            done = self.cache("info", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)

        def size(report):
            return sum(report[kind]["bytes"] for kind in ("blobs", "listings", "temporaries"))

        self.assertEqual(size(info()), 0)
        self.assertFalse(self.place.exists())
        self.compared()
        found = info()
        self.assertEqual(found["place"], str(self.place))
        for kind in ("blobs", "listings"):
            files = self.objects(kind).values()
            self.assertEqual(found[kind]["objects"], len(files))
            self.assertEqual(found[kind]["bytes"], sum(file.stat().st_size for file in files))
        self.assertIn(str(self.place).encode(), self.cache("info").stdout)
        half = size(found) // 2
        self.assertEqual(self.cache("prune", "--keep", str(half)).returncode, 0)
        self.assertLessEqual(size(info()), half)
        self.assertEqual(info()["listings"], found["listings"])
        for file in self.objects().values():
            os.utime(file, (1, 1))
        self.cache("prune", "--older-than", "3")
        self.assertEqual(size(info()), 0)
        self.compared()
        (self.place / "mine").write_text("mine")
        self.cache("clear")
        self.assertEqual(list(self.objects()), ["mine"])

    def test_the_limit_holds_after_the_work(self):
        self.compared("--cache-limit", "1M")
        self.assertLessEqual(sum(file.stat().st_size for file in self.objects().values()), 1 << 20)


def re_notes(stderr):
    return [line for line in stderr.splitlines() if b"note:" in line]


if __name__ == "__main__":
    harness.main()
