"""Pushing to registries that break, lie or leak: each fault ends in a push that is whole or in a precise error without a
tag, and no credential gets to where it does not belong."""
import json
import re
import signal
import subprocess
import time

import harness
import images
import registries
import toy_registry
from push_test import PushTestCase, published
from registry_test import USER, setUpModule  # noqa: F401  the same tools

CHUNKS = ("--chunk-size", "20K")


def is_upload(handler, verb):
    return handler.command == verb and "/blobs/uploads/" in handler.path


def is_manifest(handler, verb="PUT"):
    return handler.command == verb and "/manifests/" in handler.path


class ProxyTest(PushTestCase):
    """Debian's docker-registry behind a proxy."""

    @classmethod
    def setUpClass(cls):
        cls.registry = registries.Registry()
        cls.number = 0

    @classmethod
    def tearDownClass(cls):
        cls.registry.close()

    def setUp(self):
        type(self).number += 1
        self.repository = f"faults/{self.number}"

    def proxy(self, fault=None, before=None):
        return self.start(registries.Proxy, self.registry, fault, before)

    def name(self, server, tag="1"):
        return f"docker://{server.host}/{self.repository}:{tag}"

    def pushed_whole(self, server, *options):
        digest = self.push(published(), self.name(server), *options)
        self.assertEqual(self.tag_digest(self.registry, f"{self.repository}:1"), digest)
        self.verified(f"docker://{self.registry.host}/{self.repository}@{digest}")

    def no_tag(self, server, *patterns, **more):
        self.not_pushed(published(), self.name(server), *patterns, **more)
        self.assertIsNone(self.tag_digest(self.registry, f"{self.repository}:1"))

    def test_a_connection_that_breaks_in_the_middle_of_a_chunk(self):
        proxy = self.proxy()
        proxy.break_at = lambda handler: (
            5000 if is_upload(handler, "PATCH") and proxy.count("patch") in (1, 3) else None)
        self.pushed_whole(proxy, *CHUNKS)
        self.assertGreater(proxy.seen["patch"], 4)

    def test_a_connection_that_breaks_each_time_is_given_up(self):
        proxy = self.proxy()
        proxy.break_at = lambda handler: 5000 if is_upload(handler, "PATCH") else None
        self.no_tag(proxy, "given up after 5 tries", "blob sha256:", status=75, options=CHUNKS)

    def test_500_once_and_for_ever(self):
        for verb, what in (("PUT", "/manifests/"), ("PUT", "/blobs/"), ("POST", "/blobs/")):
            for times, good in ((2, True), (99, False)):
                with self.subTest(verb=verb, what=what, times=times):
                    type(self).number += 1
                    self.repository = f"faults/{self.number}"

                    def before(proxy, handler, verb=verb, what=what, times=times):
                        bad = handler.command == verb and what in handler.path and proxy.count(verb) < times
                        return bad and not handler.send(500, [])

                    proxy = self.proxy(before=before)
                    if good:
                        self.pushed_whole(proxy)
                    else:
                        self.no_tag(proxy, "status 500", "given up after 5 tries", status=75)

    def test_a_server_that_says_when_is_believed(self):
        def before(proxy, handler):
            return is_upload(handler, "PUT") and proxy.count("put") == 0 and not handler.send(429, [("Retry-After", "2")])

        begin = time.monotonic()
        self.pushed_whole(self.proxy(before=before))
        self.assertGreaterEqual(time.monotonic() - begin, 2)

    def test_a_digest_that_is_another_is_believed(self):
        wrong = "sha256:" + "0" * 64
        for what in ("/manifests/", "/blobs/"):
            def fault(_, handler, answer, what=what):
                if handler.command == "PUT" and what in handler.path:
                    answer.set("Docker-Content-Digest", wrong)

            self.repository += "x"
            self.no_tag(self.proxy(fault), f"it says that it stored {wrong}")

    def test_what_is_refused_is_not_tried_again(self):
        def before(_, handler):
            if not is_manifest(handler):
                return False
            body = json.dumps({"errors": [{"code": "DENIED", "message": "not \x1b[31mhere"}]}).encode()
            return not handler.send(403, [], body)

        proxy = self.proxy(before=before)
        self.no_tag(proxy, "status 403", r"DENIED: not \\x1b\[31mhere")
        self.assertEqual(len(proxy.paths("/manifests/", "PUT")), 1)

    def test_an_interrupt_ends_an_upload(self):
        def before(_, handler):
            if is_upload(handler, "PATCH"):
                time.sleep(5)
            return False

        proxy = self.proxy(before=before)
        process = subprocess.Popen([harness.PROGRAM, "normalize", published(), "-o", self.name(proxy), *CHUNKS],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"HOME": "/nonexistent"})
        end = time.monotonic() + 30
        while not proxy.paths("/blobs/uploads/", "PATCH") and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        out, error = process.communicate(timeout=harness.TIMEOUT)
        self.assertEqual((process.returncode, out), (128 + signal.SIGINT, b""), error)
        self.assertLess(time.monotonic() - begin, 3)
        self.assertIsNone(self.tag_digest(self.registry, f"{self.repository}:1"))

    def test_a_tag_that_moves_while_we_work_is_left(self):
        other = images.rebuilt()

        def before(proxy, handler):
            if is_manifest(handler) and "sha256" in handler.path and proxy.count("manifest") == 0:
                registries.push(f"oci:{other}:latest", self.registry, f"{self.repository}:1")
            return False

        self.not_pushed(published(), self.name(self.proxy(before=before)), "exists, and is another image")
        digest = json.loads((other / "index.json").read_text())["manifests"][0]["digest"]
        self.assertEqual(self.tag_digest(self.registry, f"{self.repository}:1"), digest)

    # Where uploads go

    def registry_with_passwords(self):
        return self.start(registries.Registry, passwords=USER, store=self.registry.folder / "store")

    def moved(self, registry, place):
        """A proxy whose uploads go on at `place`."""

        def fault(_, handler, answer):
            if is_upload(handler, "POST"):
                path = re.sub("^https?://[^/]*", "", dict(answer.headers)["Location"])
                answer.set("Location", place + path)

        return self.start(registries.Proxy, registry, fault)

    def test_another_host_gets_the_bytes_and_no_credential(self):
        other = self.proxy()
        proxy = self.moved(self.registry_with_passwords(), f"http://{other.host}")
        self.pushed_whole(proxy, *CHUNKS, "--authfile", self.write_auth(proxy))
        self.assertTrue(other.paths("/blobs/uploads/", "PATCH"))
        self.assertEqual(other.headers("Authorization"), [])
        self.assertTrue(proxy.headers("Authorization"))
        self.assertEqual(proxy.paths("/blobs/uploads/", "PATCH"), [])

    def test_another_host_that_asks_for_a_password_gets_none(self):
        other = self.proxy(before=lambda _, handler: not handler.send(401, [("WWW-Authenticate", 'Basic realm="x"')]))
        proxy = self.moved(self.registry_with_passwords(), f"http://{other.host}")
        auth = self.write_auth(proxy)
        both = json.loads(auth.read_text())
        both["auths"][other.host] = both["auths"][proxy.host]
        auth.write_text(json.dumps(both))
        self.no_tag(proxy, "status 401", options=("--authfile", auth))
        self.assertEqual(other.headers("Authorization"), [])

    def test_inner_addresses_and_plain_http_are_refused(self):
        self.no_tag(self.moved(self.registry, "http://127.0.0.1:1"), "inner network")
        self.no_tag(self.moved(self.registry, "http://169.254.169.254"), "inner network")
        self.no_tag(self.moved(self.registry, "ftp://localhost"), "only http and https")
        authority = self.start(registries.Authority)
        plain = self.proxy()

        def fault(_, handler, answer):
            if is_upload(handler, "POST"):
                answer.set("Location", f"http://{plain.host}/v2/x")

        proxy = self.start(registries.Proxy, self.registry, fault, tls=authority)
        self.no_tag(proxy, "not be encrypted", options=("--ca-file", authority.ca))
        self.assertEqual(plain.paths(), [])

    def test_a_redirect_elsewhere_is_refused(self):
        other = self.proxy()

        def before(_, handler):
            return is_upload(handler, "PUT") and not handler.send(
                307, [("Location", f"http://{other.host}{handler.path}")])

        self.no_tag(self.proxy(before=before), "a redirect of a PUT to another host")
        self.assertEqual(other.paths(), [])

    def test_a_token_that_expires_half_way_is_renewed(self):
        tokens = self.start(registries.TokenServer)

        def before(proxy, handler):
            if is_upload(handler, "PATCH") and proxy.count("patch") == 1:
                tokens.valid.clear()
            if (handler.headers["Authorization"] or "").removeprefix("Bearer ") in tokens.valid:
                del handler.headers["Authorization"]
                return False
            return not handler.send(401, [("WWW-Authenticate", tokens.challenge + ',error="invalid_token"')])

        proxy = self.proxy(before=before)
        self.pushed_whole(proxy, *CHUNKS)
        self.assertEqual(tokens.issued, 2)
        for path in tokens.paths():
            self.assertEqual(registries.query_of(path)["scope"], [f"repository:{self.repository}:pull,push"])


class StrictTest(PushTestCase):
    """The registry in memory."""

    def toy(self, **options):
        return self.start(toy_registry.ToyRegistry, **options)

    def name(self, server):
        return f"docker://{server.host}/app:1"

    def pushed_whole(self, server, *options):
        digest = self.push(published(), self.name(server), *options)
        self.assertEqual(digest, self.layout_digest(published()))
        self.verified(self.name(server))

    def test_small_and_in_chunks(self):
        for options in ((), CHUNKS):
            self.pushed_whole(self.toy(), *options)

    def test_chunks_of_the_least_size_that_the_registry_takes(self):
        toy = self.toy(least_chunk=50000)
        self.pushed_whole(toy, *CHUNKS)
        sizes = [int(length) for verb, path, headers in toy.requests for length in [headers["Content-Length"]]
                 if verb == "PATCH"]
        self.assertIn(50000, sizes)

    def test_a_broken_chunk_is_gone_on_with(self):
        def break_body(toy, handler):
            return 5000 if handler.command == "PATCH" and toy.count("patch") in (1, 2) else None

        toy = self.toy(break_body=break_body)
        self.pushed_whole(toy, *CHUNKS)
        self.assertEqual(toy.statuses, 2)
        firsts = [int(one.split("-")[0]) for one in toy.headers("Content-Range")]
        self.assertTrue(any(first % 5000 == 0 and first % 20480 for first in firsts), firsts)  # from where it broke

    def test_an_upload_that_is_forgotten_begins_again(self):
        def before(toy, handler):
            if handler.command == "PATCH" and toy.count("patch") == 1:
                toy.uploads.clear()
            return False

        self.pushed_whole(self.toy(before=before), *CHUNKS)

    def test_uploads_that_never_end_are_given_up(self):
        def before(toy, handler):
            if handler.command == "PATCH":
                toy.uploads.clear()
            return False

        self.not_pushed(published(), self.name(self.toy(before=before)), "given up after 5 tries", status=75,
                        options=CHUNKS)


if __name__ == "__main__":
    harness.main()
