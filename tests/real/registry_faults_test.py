"""Registries that fail, lie or leak, played by a proxy before a real one. Each fault ends in a retry that succeeds or in
a precise error: never in a wrong verdict, and never in a wait without end."""
import gzip
import json
import re
import signal
import subprocess
import time

import harness
import images
import registries
import registry_test
from registry_test import setUpModule  # noqa: F401  the same tools


def is_blob(handler):
    return "/blobs/" in handler.path and handler.command == "GET"


class FaultTest(registry_test.RegistryTestCase):
    @classmethod
    def setUpClass(cls):
        cls.registry = registries.Registry()
        registries.push(f"oci:{images.published()}:latest", cls.registry, "app:1")
        registries.push(f"oci:{images.rebuilt()}:latest", cls.registry, "app:2")
        registries.push(f"oci:{registry_test.two_platforms()}:latest", cls.registry, "both:1", "--all")
        manifest = registry_test.manifest_in(images.published())
        cls.digest = json.loads((images.published() / "index.json").read_text())["manifests"][0]["digest"]
        cls.layer = max(manifest["layers"], key=lambda layer: layer["size"])["digest"]  # the largest

    @classmethod
    def tearDownClass(cls):
        cls.registry.close()

    def proxy(self, fault=None, before=None):
        return self.start(registries.Proxy, self.registry, fault, before)

    def name(self, proxy, rest="app:1"):
        return f"docker://{proxy.host}/{rest}"

    def given_up(self, proxy, *patterns, options=()):
        done = self.run_on("verify", self.name(proxy), *options)
        error = done.stderr.decode()
        self.assertEqual(done.returncode, 75, error)
        for pattern in patterns:
            self.assertRegex(error, pattern)
        self.assertEqual(done.stdout, b"")

    # Broken connections

    def test_a_broken_transfer_is_gone_on_with(self):
        def fault(proxy, handler, answer):
            if is_blob(handler) and proxy.count(handler.path) < 3:
                answer.cut = len(answer.body) // 2

        proxy = self.proxy(fault)
        self.verified(self.name(proxy))
        ranges = proxy.headers("Range")
        self.assertGreaterEqual(len(ranges), 3)
        self.assertTrue(all(re.fullmatch(r"bytes=[0-9]+-", one) for one in ranges), ranges)

    def test_a_registry_without_ranges_is_read_again_from_the_start(self):
        def fault(proxy, handler, answer):
            if is_blob(handler) and proxy.count(handler.path) == 0:
                answer.cut = len(answer.body) // 2

        def before(proxy, handler):
            if handler.headers["Range"]:
                del handler.headers["Range"]
            return False

        self.verified(self.name(self.proxy(fault, before)))

    def test_a_transfer_that_never_gets_far_is_given_up(self):
        def fault(_, handler, answer):
            if self.layer in handler.path:
                answer.cut = 10

        proxy = self.proxy(fault)
        self.given_up(proxy, self.layer, "given up after 5 tries")
        self.assertEqual(len(proxy.paths(self.layer)), 5)

    def test_a_wrong_content_range_is_refused(self):
        ranges = ["bytes 0-{last}/{total}", "bytes {first}-{last}/{more}", "bytes {next}-{last}/{total}", None, "x",
                  "bytes {first}-{early}/{total}"]
        for text in ranges:
            with self.subTest(text):
                def fault(proxy, handler, answer, text=text):
                    if self.layer not in handler.path:
                        return
                    if answer.status == 200:
                        answer.cut = len(answer.body) // 2
                        return
                    first, last, total = map(int, re.findall("[0-9]+", dict(answer.headers)["Content-Range"]))
                    answer.set("Content-Range", text and text.format(first=first, last=last, total=total, more=total + 1,
                                                                     next=first + 1, early=last - 1))

                self.refused(self.name(self.proxy(fault)), "Content-Range", "layer [0-9]+")

    def test_a_trickle_is_given_up_and_the_transfer_gone_on_with(self):
        def fault(proxy, handler, answer):
            if self.layer in handler.path and proxy.count("layer") == 0:
                answer.pace = 0.2

        begin = time.monotonic()
        self.verified(self.name(self.proxy(fault)), "--stall-timeout", "1")
        self.assertLess(time.monotonic() - begin, 15)

    def test_silence_is_given_up(self):
        def before(proxy, handler):
            if "/manifests/" in handler.path:
                time.sleep(4)
            return False

        self.given_up(self.proxy(before=before), "given up", options=("--stall-timeout", "1"))

    def test_an_interrupt_ends_the_wait(self):
        def before(_, handler):
            if is_blob(handler):
                time.sleep(5)
            return False

        proxy = self.proxy(before=before)
        process = subprocess.Popen([harness.PROGRAM, "verify", self.name(proxy)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={"HOME": "/nonexistent"})
        end = time.monotonic() + 20
        while not proxy.paths("/blobs/") and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        _, error = process.communicate(timeout=harness.TIMEOUT)
        self.assertEqual(process.returncode, 128 + signal.SIGINT, error)
        self.assertLess(time.monotonic() - begin, 3)

    # Lies about bytes

    def test_bytes_that_are_changed_on_the_way_are_found(self):
        def fault(_, handler, answer):
            if self.layer in handler.path:
                middle = len(answer.body) // 2
                answer.body = answer.body[:middle] + bytes([answer.body[middle] ^ 1]) + answer.body[middle + 1 :]

        proxy = self.proxy(fault)
        self.refused(self.name(proxy), "layer [0-9]+", self.layer)
        done = self.run_on("diff", self.name(proxy), f"oci:{images.published()}:latest")
        self.assert_trouble(done, self.layer)

    def test_a_blob_of_another_size_is_refused(self):
        for change in (lambda body: body + b"x", lambda body: body[:-1]):
            def fault(_, handler, answer, change=change):
                if self.layer in handler.path:
                    answer.body = change(answer.body)

            self.refused(self.name(self.proxy(fault)), "wrong size")

    def test_an_encoded_blob_is_refused(self):
        def fault(_, handler, answer):
            if is_blob(handler):
                answer.body = gzip.compress(answer.body)
                answer.set("Content-Encoding", "gzip")

        self.refused(self.name(self.proxy(fault)), "Content-Encoding gzip")

    def test_a_config_that_is_another_is_refused(self):
        config = registry_test.manifest_in(images.published())["config"]["digest"]

        def fault(_, handler, answer):
            if config in handler.path:
                answer.body = answer.body.replace(b"amd64", b"amd65")

        self.refused(self.name(self.proxy(fault)), "config sha256", "expected", "found")

    # Lies about manifests

    def test_a_pinned_manifest_is_checked_against_the_pin_and_not_against_the_header(self):
        def fault(_, handler, answer):
            if "/manifests/" in handler.path:
                answer.body += b"\n"
                answer.set("Docker-Content-Digest", self.digest)

        self.refused(self.name(self.proxy(fault), f"app@{self.digest}"), "not what was asked for", self.digest)

    def test_a_lying_digest_of_a_tag_is_told(self):
        def fault(_, handler, answer):
            if "/manifests/" in handler.path:
                answer.set("Docker-Content-Digest", "sha256:" + "0" * 64)

        name = self.name(self.proxy(fault))
        report = self.diff(name, f"oci:{images.published()}:latest", *registry_test.QUICK)
        self.assertEqual(report.verdict, "identical")
        self.assertIn("registry-digest-differs", report.raw.decode())
        self.assertIn(self.digest, report.raw.decode())

    def test_a_tag_that_moves_while_it_is_read_is_one_image(self):
        def before(proxy, handler):
            if "/manifests/1" in handler.path and proxy.count("tag") % 2 == 1:
                handler.path = handler.path.replace("/manifests/1", "/manifests/2")
            return False

        proxy = self.proxy(before=before)
        first = self.run_on("inspect", "--json", self.name(proxy))
        second = self.run_on("inspect", "--json", self.name(proxy))
        local = [self.run_on("inspect", "--json", f"oci:{layout}:latest") for layout in (images.published(), images.rebuilt())]
        for pulled, expected in zip((first, second), local):
            digests = [sorted(set(re.findall(rb"sha256:[0-9a-f]{64}", text.stdout))) for text in (pulled, expected)]
            self.assertEqual(pulled.returncode, 0, pulled.stderr)
            self.assertEqual(*digests)
        self.assertEqual(len(proxy.paths("/manifests/1")) + len(proxy.paths("/manifests/2")), 2)  # one request for each

    def test_a_child_of_an_index_that_is_another_is_refused(self):
        def fault(proxy, handler, answer):
            if "/manifests/sha256:" in handler.path:
                answer.body += b"\n"

        self.refused(self.name(self.proxy(fault), "both:1"), "manifest sha256", options=("--platform", "linux/amd64"))

    def test_a_manifest_of_another_type_than_its_content_type_is_refused(self):
        def fault(_, handler, answer):
            if "/manifests/" in handler.path:
                answer.body = answer.body.replace(b"{", b'{"mediaType":"application/vnd.oci.image.manifest.v1+json",', 1) \
                    if b'"mediaType":"application/vnd.oci.image.manifest' not in answer.body[:200] else answer.body
                answer.set("Content-Type", "application/vnd.oci.image.index.v1+json")

        self.refused(self.name(self.proxy(fault)), "mediaType")

    def test_schema_1_is_refused_by_name(self):
        def fault(_, handler, answer):
            if "/manifests/" in handler.path:
                answer.body = b'{"schemaVersion":1,"fsLayers":[]}'
                answer.set("Content-Type", "application/vnd.docker.distribution.manifest.v1+prettyjws")

        self.refused(self.name(self.proxy(fault)), "schema 1")

    def test_a_manifest_without_end_is_refused(self):
        def fault(_, handler, answer):
            if "/manifests/" in handler.path:
                answer.body = b" " * (5 << 20)

        self.refused(self.name(self.proxy(fault)), "limit")

    # Redirects

    def test_redirects_in_a_circle_are_refused(self):
        def fault(_, handler, answer):
            if is_blob(handler):
                answer.status = 302
                answer.set("Location", handler.path)

        self.refused(self.name(self.proxy(fault)), "more than 10 redirects")

    def test_a_redirect_to_an_inner_address_is_refused(self):
        other = self.proxy()

        def fault(_, handler, answer):
            if is_blob(handler):
                answer.status = 307
                answer.set("Location", f"http://127.0.0.1:{other.port}{handler.path}")

        self.refused(self.name(self.proxy(fault)), "inner network")
        self.assertEqual(other.paths(), [])

    # Time and patience

    def test_a_storm_of_429_passes(self):
        def before(proxy, handler):
            if proxy.count(handler.path) >= 2:
                return False
            body = json.dumps({"errors": [{"code": "TOOMANYREQUESTS", "message": "slow down"}]}).encode()
            handler.send(429, [("Retry-After", "0")], body)
            return True

        self.verified(self.name(self.proxy(before=before)))

    def test_a_server_that_says_when_is_believed(self):
        def before(proxy, handler):
            if "/manifests/" not in handler.path or proxy.count("first"):
                return False
            handler.send(503, [("Retry-After", "2")])
            return True

        begin = time.monotonic()
        self.verified(self.name(self.proxy(before=before)))
        self.assertGreaterEqual(time.monotonic() - begin, 2)

    def test_a_storm_without_end_is_given_up(self):
        def before(_, handler):
            body = json.dumps({"errors": [{"code": "TOOMANYREQUESTS", "message": "\x1b[2Jslow\ndown"}]}).encode()
            if "/manifests/" in handler.path:
                handler.send(429, [], body)
            return "/manifests/" in handler.path

        proxy = self.proxy(before=before)
        self.given_up(proxy, "status 429", r"TOOMANYREQUESTS: \\x1b\[2Jslow\\x0adown", "given up after 5 tries")
        self.assertEqual(len(proxy.paths("/manifests/")), 5)

    def test_what_is_refused_is_not_asked_again(self):
        def before(_, handler):
            if "/manifests/" in handler.path:
                handler.send(403, [], b"<html>no</html>")
            return "/manifests/" in handler.path

        proxy = self.proxy(before=before)
        self.refused(self.name(proxy), "status 403")
        self.assertEqual(len(proxy.paths("/manifests/")), 1)

    def test_a_flood_of_header_fields_is_refused(self):
        def fault(_, handler, answer):
            if "/manifests/" in handler.path:
                answer.headers += [(f"X-{number}", "x" * 1000) for number in range(100)]

        self.refused(self.name(self.proxy(fault)), "bytes of header fields")

    def test_warnings_are_shown_once_and_escaped(self):
        def fault(_, __, answer):
            answer.headers.append(("Warning", '299 - "this tag will be \x1b[31mdeleted"'))

        report = self.diff(self.name(self.proxy(fault)), f"oci:{images.published()}:latest", *registry_test.QUICK)
        self.assertEqual(report.raw.count(b"will be"), 1)
        self.assertNotIn(b"\x1b", report.raw)

    # Tokens

    def bearer_proxy(self, tokens, fault=None, challenge=None):
        """A proxy that wants tokens which the token server holds for valid."""

        def before(_, handler):
            if (handler.headers["Authorization"] or "").removeprefix("Bearer ") in tokens.valid:
                del handler.headers["Authorization"]
                return False
            error = ',error="invalid_token"' if handler.headers["Authorization"] else ""
            handler.send(401, [("WWW-Authenticate", challenge or tokens.challenge + error)])
            return True

        return self.proxy(fault, before)

    def test_a_token_that_expires_half_way_is_renewed(self):
        tokens = self.start(registries.TokenServer)

        def fault(proxy, handler, answer):
            if self.layer in handler.path and proxy.count("layer") == 0:
                answer.cut = len(answer.body) // 2
                tokens.valid.clear()

        proxy = self.bearer_proxy(tokens, fault)
        self.verified(self.name(proxy))
        self.assertGreaterEqual(tokens.issued, 2)
        self.assertTrue(proxy.headers("Range"))

    def test_a_token_that_is_never_enough_is_refused(self):
        tokens = self.start(registries.TokenServer)
        for error in ("", ',error="insufficient_scope"'):
            proxy = self.bearer_proxy(tokens, challenge=tokens.challenge + error)
            tokens.valid = type("Nothing", (set,), {"add": lambda *_: None})()
            begin = len(tokens.paths())
            self.refused(self.name(proxy), "status 401")
            self.assertEqual(len(tokens.paths()) - begin, 2 if error else 1)  # more rights are asked for once

    def test_many_threads_share_one_token(self):
        tokens = self.start(registries.TokenServer)
        proxy = self.bearer_proxy(tokens)
        self.verified(self.name(proxy), "--jobs", "4")
        self.assertEqual(tokens.issued, 1)

    def test_a_busy_token_server_is_asked_again(self):
        tokens = self.start(registries.TokenServer)
        answer = tokens.answer
        calls = []

        def busy(handler):
            calls.append(handler.path)
            if len(calls) < 3:
                return handler.send(503, [])
            return answer(handler)

        tokens.answer = busy
        self.verified(self.name(self.bearer_proxy(tokens)))
        self.assertEqual(len(calls), 3)


if __name__ == "__main__":
    harness.main()
