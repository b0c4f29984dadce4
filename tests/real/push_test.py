"""Canonical images sent to registries: Debian's docker-registry in all its ways, the same behind a proxy that breaks
things, and a registry in memory that is stricter. What was pushed is what skopeo reads and what `diff` finds equivalent;
what could not be pushed whole has no tag."""
import json
import re
import subprocess
import time

import harness
import images
import registries
import registry_test
import toy_registry
from registry_test import QUICK, USER, setUpModule  # noqa: F401  the same tools


class PushTestCase(registry_test.RegistryTestCase):
    def push(self, source, target, *options, **more):
        """Pushes, which must succeed; the name on standard output."""
        done = self.run_on("normalize", source, "-o", target, *options, **more)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        found = re.fullmatch(rf"{re.escape(target.split('@')[0])}@(sha256:[0-9a-f]{{64}})\n", done.stdout.decode())
        self.assertTrue(found, done.stdout)
        self.summary = done.stderr.decode()
        return found[1]

    def not_pushed(self, source, target, *patterns, status=2, options=(), **more):
        done = self.run_on("normalize", source, "-o", target, *options, **more)
        error = done.stderr.decode()
        self.assertEqual(done.returncode, status, error)
        self.assertEqual(done.stdout, b"")
        for pattern in patterns:
            self.assertRegex(error, pattern)
        for secret in USER.values():
            self.assertNotIn(secret, error)
        return error

    def tag_digest(self, registry, name, *options):
        """What the registry has under a name, by skopeo; None when there is nothing."""
        command = ["skopeo", "inspect", "--raw", "--tls-verify=false", *options, f"docker://{registry.host}/{name}"]
        done = subprocess.run(command, capture_output=True, timeout=harness.TIMEOUT)
        return toy_registry.digest_of(done.stdout) if done.returncode == 0 else None

    def layout_digest(self, source, *options):
        """The manifest that `normalize` makes of it on disk."""
        target = self.temporary() / "layout"
        self.normalize(source, f"oci:{target}", *options)
        return json.loads((target / "index.json").read_text())["manifests"][0]["digest"]


def published():
    return f"oci:{images.published()}:latest"


def another():
    """Not the same files: the rebuilt image has the canonical form of the published one."""
    return f"oci:{registry_test.many_layers(3)}:latest"


class PlainTest(PushTestCase):
    @classmethod
    def setUpClass(cls):
        cls.registry = registries.Registry()

    @classmethod
    def tearDownClass(cls):
        cls.registry.close()

    def test_what_is_pushed_is_what_is_written_to_disk_and_others_read_it(self):
        for options in ((), ("--compress", "gzip"), ("--compress", "zstd", "--merge")):
            with self.subTest(options):
                name = f"docker://{self.registry.host}/canonical/app:{len(options)}"
                digest = self.push(published(), name, *options)
                self.assertEqual(digest, self.layout_digest(published(), *options))
                self.assertEqual(digest, self.tag_digest(self.registry, f"canonical/app:{len(options)}"))
                self.assertTrue(self.verified(f"{name.rsplit(':', 1)[0]}@{digest}"))
                target = self.temporary() / "copied"
                harness.tool("skopeo", "--insecure-policy", "copy", "--preserve-digests", "--src-tls-verify=false", name,
                             f"oci:{target}:x")
                self.verified(f"oci:{target}:x")
                need = "same-files" if "--merge" in options else "equivalent"
                self.assertTrue(self.diff(published(), name, "--require", need, *QUICK).json["pass"])

    def test_what_is_there_is_not_sent_again(self):
        proxy = self.start(registries.Proxy, self.registry)
        name = f"docker://{proxy.host}/again/app:1"
        first = self.push(published(), name)
        self.assertIn("4 sent", self.summary)
        sent = len(proxy.paths("/blobs/uploads/"))
        self.assertEqual(self.push(published(), name), first)
        self.assertIn("4 there already", self.summary)
        self.assertEqual(len(proxy.paths("/blobs/uploads/")), sent)
        self.assertEqual(len(proxy.paths("/manifests/1", "PUT")), 1)  # the tag names it already

    def test_blobs_of_the_same_registry_are_mounted(self):
        proxy = self.start(registries.Proxy, self.registry)
        first = self.push(published(), f"docker://{proxy.host}/from/app:1")
        sent = len(proxy.paths("/blobs/uploads/", "PUT"))
        second = self.push(f"docker://{proxy.host}/from/app:1", f"docker://{proxy.host}/to/app:1")
        self.assertEqual(first, second)  # what is canonical stays as it is
        self.assertIn("4 mounted", self.summary)
        self.assertEqual(len(proxy.paths("/blobs/uploads/", "PUT")), sent)
        self.assertEqual(len(proxy.paths("from=from%2Fapp", "POST")), 4)

    def test_layers_of_a_base_are_mounted(self):
        registries.push(published(), self.registry, "base:1")
        proxy = self.start(registries.Proxy, self.registry)
        digest = self.push(published(), f"docker://{proxy.host}/on-base:1", "--base", f"docker://{proxy.host}/base:1")
        self.assertIn("1 sent, 3 mounted", self.summary)  # the configuration alone is another
        self.verified(f"docker://{self.registry.host}/on-base@{digest}")

    def test_chunks(self):
        proxy = self.start(registries.Proxy, self.registry)
        digest = self.push(published(), f"docker://{proxy.host}/chunks:1", "--chunk-size", "100K")
        self.assertGreater(len(proxy.paths("/blobs/uploads/", "PATCH")), 3)
        self.assertTrue(all(re.fullmatch(r"\d+-\d+", one) for one in proxy.headers("Content-Range")))
        self.verified(f"docker://{self.registry.host}/chunks@{digest}")

    def test_a_tag_that_names_another_image_is_moved_by_force_only(self):
        name = f"docker://{self.registry.host}/tags:1"
        first = self.push(published(), name)
        second = self.layout_digest(another())
        self.assertNotEqual(first, second)
        self.not_pushed(another(), name, "exists, and is another image", first, second, "--force moves the tag")
        self.assertEqual(self.tag_digest(self.registry, "tags:1"), first)
        self.assertIsNone(self.tag_digest(self.registry, f"tags@{second}"))  # refused before anything was sent
        self.assertEqual(self.push(another(), name, "--force"), second)
        self.assertEqual(self.tag_digest(self.registry, "tags:1"), second)

    def test_a_digest_to_push_to_is_that_of_the_image_or_nothing_is_pushed(self):
        digest = self.layout_digest(published())
        place = f"docker://{self.registry.host}/pinned"
        done = self.run_on("normalize", published(), "-o", f"{place}@{digest}")
        self.assertEqual((done.returncode, done.stdout.decode()), (0, f"{place}@{digest}\n"))
        self.assertIsNone(self.tag_digest(self.registry, "pinned:latest"))
        self.assertEqual(self.push(published(), f"{place}:1@{digest}"), digest)
        self.assertEqual(self.tag_digest(self.registry, "pinned:1"), digest)
        self.not_pushed(another(), f"{place}:2@{digest}", "the image that was made is sha256:")
        self.assertIsNone(self.tag_digest(self.registry, "pinned:2"))

    def test_what_makes_no_sense_is_said_before_work_begins(self):
        tar = self.temporary() / "x.tar"
        harness.tool("tar", "-cf", tar, "-C", tar.parent, "--files-from=/dev/null")
        self.not_pushed(f"tar:{tar}", f"docker://{self.registry.host}/x", "no configuration")
        self.not_pushed(published(), "docker://UPPER/x:", "UPPER")
        self.not_pushed(published(), "docker:x", "two slashes")
        self.not_pushed(published(), f"docker://localhost:{registries.free_port()}/x", "given up", status=75)
        self.not_pushed(published(), f"docker://{self.registry.host}/x", "--chunk-size", options=("--chunk-size", "0"))

    def test_a_log_is_written_only_with_the_image(self):
        log = self.temporary() / "log"
        self.push(published(), f"docker://{self.registry.host}/log:1", "--log", log)
        self.assertTrue(log.stat().st_size)
        log.unlink()
        proxy = self.start(registries.Proxy, self.registry, None, lambda proxy, handler: (
            handler.command == "PUT" and "/manifests/" in handler.path and not handler.send(403, [])))
        self.not_pushed(published(), f"docker://{proxy.host}/log:2", "status 403", options=("--log", log))
        self.assertFalse(log.exists())

    def test_one_registry_is_one_place(self):
        """Two references: one look for TLS, and no more connections than for one."""
        registries.push(published(), self.registry, "one:1")
        registries.push(f"oci:{images.rebuilt()}:latest", self.registry, "two:1")
        proxy = self.start(registries.Proxy, self.registry)
        self.diff(f"docker://{proxy.host}/one:1", f"docker://{proxy.host}/two:1", "--jobs", "2", *QUICK)
        self.assertEqual(len(proxy.paths("/v2/")) - len(proxy.paths("/manifests/")) - len(proxy.paths("/blobs/")), 1)
        self.assertLessEqual(proxy.connections, 2 + 2)  # jobs; and those that found out about TLS

    def test_four_blobs_at_a_time_or_as_many_as_the_user_says(self):
        registries.push(f"oci:{registry_test.many_layers(40)}:latest", self.registry, "many")
        for options, most in (((), 4), (("--downloads", "2"), 2)):
            inside, seen = [], []

            def fault(proxy, handler, _, inside=inside, seen=seen):
                if "/blobs/" not in handler.path:
                    return
                with proxy.lock:
                    inside.append(1)
                    seen.append(len(inside))
                time.sleep(0.05)
                with proxy.lock:
                    inside.pop()

            proxy = self.start(registries.Proxy, self.registry, fault)
            self.verified(f"docker://{proxy.host}/many", "--jobs", "12", *options)
            self.assertEqual(max(seen), most)


class TrustTest(PushTestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = registries.Authority()

    @classmethod
    def tearDownClass(cls):
        cls.authority.close()

    def test_tls(self):
        registry = self.start(registries.Registry, tls=self.authority)
        name = f"docker://{registry.host}/app:1"
        self.not_pushed(published(), name, "certificate")
        digest = self.push(published(), name, "--ca-file", self.authority.ca)
        self.assertEqual(self.tag_digest(registry, "app:1"), digest)

    def test_passwords(self):
        registry = self.start(registries.Registry, passwords=USER)
        name = f"docker://{registry.host}/app:1"
        self.not_pushed(published(), name, "asks for a user and a password")
        auth = self.write_auth(registry)
        self.not_pushed(published(), name, "status 401",
                        options=("--authfile", self.write_auth(registry, password="hush-hush-wrong")))
        digest = self.push(published(), name, "--authfile", auth)
        self.verified(f"docker://{registry.host}/app@{digest}", "--authfile", auth)

    def tokens(self, **options):
        tokens = self.start(registries.TokenServer, self.authority, **options)
        return tokens, self.start(registries.Registry, token=tokens.registry_options())

    def test_tokens_are_for_what_is_done(self):
        tokens, registry = self.tokens(passwords=USER)
        auth = self.write_auth(registry)
        self.not_pushed(published(), f"docker://{registry.host}/a/one:1", "token server", "status 401")
        first = self.push(published(), f"docker://{registry.host}/a/one:1", "--authfile", auth)
        scopes = [registries.query_of(path).get("scope") for path in tokens.paths()]
        self.assertEqual(scopes[-1], ["repository:a/one:pull,push"])
        begin = tokens.issued
        second = self.push(f"docker://{registry.host}/a/one:1", f"docker://{registry.host}/b/two:1", "--authfile", auth)
        self.assertEqual(first, second)
        self.assertIn("4 mounted", self.summary)
        scopes = [registries.query_of(path).get("scope") for path in tokens.paths()]
        self.assertEqual(scopes[-2:], [["repository:a/one:pull"],
                                       ["repository:b/two:pull,push", "repository:a/one:pull"]])
        self.assertEqual(tokens.issued - begin, 2)

    def test_who_may_only_read_is_told_so(self):
        tokens, registry = self.tokens()
        sign = tokens.signed
        tokens.signed = lambda scopes: sign([scope.replace(",push", "") for scope in scopes])
        self.not_pushed(published(), f"docker://{registry.host}/app:1", "status 401", "not allowed")

    def test_what_may_not_be_mounted_is_sent(self):
        tokens, registry = self.tokens()
        self.push(published(), f"docker://{registry.host}/from:1")
        sign = tokens.signed
        tokens.signed = lambda scopes: sign(scopes[:1])  # who pushes may not read the other repository
        self.push(f"docker://{registry.host}/from:1", f"docker://{registry.host}/to:1")
        self.assertIn("4 sent", self.summary)

    def test_one_token_for_both_sides(self):
        tokens, registry = self.tokens()
        self.push(published(), f"docker://{registry.host}/app:1")
        self.push(another(), f"docker://{registry.host}/app:2")
        begin = tokens.issued
        self.diff(f"docker://{registry.host}/app:1", f"docker://{registry.host}/app:2", *QUICK)
        self.assertEqual(tokens.issued - begin, 1)


if __name__ == "__main__":
    harness.main()
