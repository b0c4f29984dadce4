"""Images of container engines: podman's own service, asked by its own API and by that for Docker's clients, and a
stand-in for Docker's daemon that serves what skopeo writes as `docker save` does and fails in the ways of daemons."""
import hashlib
import http.server
import json
import os
import pathlib
import socketserver
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

import harness
import images
from harness import TestCase, tool, touchstone

NAME = "localhost/app:rebuilt"


def setUpModule():
    harness.need(*images.TOOLS, "podman", "openssl")


def environment(**variables):
    """Of a user without settings for engines."""
    plain = {key: value for key, value in os.environ.items()
             if not key.startswith(("DOCKER_", "CONTAINER_", "XDG_RUNTIME"))}
    return {**plain, **variables}


class Podman:
    """Its service over a store of its own, in a temporary folder; no container is ever started."""

    def __init__(self, folder):
        self.socket = folder / "podman.sock"
        self.storage = folder / "storage.conf"
        self.storage.write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/root"\n')
        self.environment = {**os.environ, "CONTAINERS_STORAGE_CONF": str(self.storage)}
        self.process = subprocess.Popen(["podman", "system", "service", "-t", "0", f"unix://{self.socket}"],
                                        env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self.socket.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("podman's service did not start")
            time.sleep(0.05)

    def load(self, layout, name):
        tool("podman", "pull", "--quiet", f"oci:{layout}", env=self.environment)
        identity = tool("podman", "images", "--quiet", "--no-trunc", env=self.environment).split()[0].decode()
        tool("podman", "tag", identity, name, env=self.environment)
        return identity.removeprefix("sha256:")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


class RealPodman(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="touchstone-podman-")
        cls.podman = Podman(pathlib.Path(cls.temp.name))
        cls.addClassCleanup(cls.temp.cleanup)
        cls.addClassCleanup(cls.podman.stop)
        cls.identity = cls.podman.load(images.published(), NAME)

    def verdict(self, reference, **variables):
        done = touchstone("diff", "-o", "json", f"oci:{images.published()}", reference, env=environment(**variables))
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        return json.loads(done.stdout)["verdict"]

    def test_podman_gives_the_image_that_it_was_given(self):
        host = f"unix://{self.podman.socket}"
        for name in (NAME, self.identity, self.identity[:12]):
            with self.subTest(name):
                self.assertIn(self.verdict(f"podman:{name}", CONTAINER_HOST=host), ("identical", "equivalent"))

    def test_its_api_for_dockers_clients_gives_the_same_image(self):
        self.assertEqual(self.verdict(f"docker-daemon:{NAME}", DOCKER_HOST=f"unix://{self.podman.socket}"), "equivalent")

    def test_the_socket_of_the_user_is_found(self):
        with tempfile.TemporaryDirectory() as runtime:
            (pathlib.Path(runtime) / "podman").mkdir()
            (pathlib.Path(runtime) / "podman/podman.sock").symlink_to(self.podman.socket)
            self.assertIn(self.verdict(f"podman:{NAME}", XDG_RUNTIME_DIR=runtime), ("identical", "equivalent"))

    def test_an_unknown_image_is_an_error_in_podmans_words(self):
        done = touchstone("ls", "podman:localhost/nothing", env=environment(CONTAINER_HOST=f"unix://{self.podman.socket}"))
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"status 404: it says: localhost/nothing:latest: image not known", done.stderr)


class Daemon(http.server.BaseHTTPRequestHandler):
    """GET /images/get?names=NAME, as Docker's Engine API has it; `behaviour` is the server's."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        names = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("names", [])
        if self.server.behaviour == "hostile":
            return self.answer(500, {"message": "evil\x1b[31m" + "x" * 100_000})
        if names != [NAME]:
            return self.answer(404, {"message": f"reference does not exist: {names}"})
        content = self.server.archive.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-tar")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.server.behaviour == "breaks":
            content = content[: len(content) // 2]
        for at in range(0, len(content), 100_000):
            part = content[at : at + 100_000]
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        if self.server.behaviour != "breaks":
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "client"

    def log_message(self, *arguments):
        pass


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class StandInForDocker(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="touchstone-docker-")
        cls.addClassCleanup(cls.temp.cleanup)
        cls.folder = pathlib.Path(cls.temp.name)
        cls.archive = cls.folder / "saved.tar"
        tool("skopeo", "copy", "--quiet", f"oci:{images.rebuilt()}:latest", f"docker-archive:{cls.archive}:{NAME}")

    def serve(self, behaviour="well", tcp=False):
        """The address for DOCKER_HOST, and the server."""
        if tcp:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Daemon)
            address = f"tcp://127.0.0.1:{server.server_address[1]}"
        else:
            path = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "docker.sock"
            server = UnixServer(str(path), Daemon)
            address = f"unix://{path}"
        server.behaviour, server.archive, server.asked = behaviour, self.archive, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return address, server

    def report(self, second, **variables):
        done = touchstone("diff", "-o", "json", f"oci:{images.published()}", second, env=environment(**variables))
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        document = json.loads(done.stdout)
        for side in document["sides"]:
            side.pop("reference", None)
        return document

    def test_the_report_is_that_of_what_docker_save_writes(self):
        from_file = self.report(f"docker-archive:{self.archive}")
        for tcp in (False, True):
            with self.subTest(tcp=tcp):
                address, server = self.serve(tcp=tcp)
                self.assertEqual(self.report(f"docker-daemon:{NAME}", DOCKER_HOST=address), from_file)
                self.assertEqual(server.asked, ["/images/get?names=localhost%2Fapp%3Arebuilt"])

    def context(self, host, **more):
        """A configuration folder of docker with the context `builder`, and the settings to use it."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        meta = folder / "contexts/meta" / hashlib.sha256(b"builder").hexdigest() / "meta.json"
        meta.parent.mkdir(parents=True)
        meta.write_text(json.dumps({"Name": "builder", "Metadata": {}, "Endpoints": {"docker": {"Host": host, **more}}}))
        (folder / "config.json").write_text(json.dumps({"auths": {}, "currentContext": "builder"}))
        return folder

    def test_a_context_is_where_docker_itself_would_ask(self):
        used, server = self.serve()
        other, unused = self.serve()
        nowhere = f"unix://{self.folder}/nothing.sock"
        reference = f"docker-daemon:{NAME}"
        for settings in (
            {"DOCKER_CONFIG": str(self.context(used))},
            {"DOCKER_CONFIG": str(self.context(used)), "DOCKER_CONTEXT": "builder"},
            {"DOCKER_CONFIG": str(self.context(other)), "DOCKER_HOST": used},  # the host goes before all contexts
            {"DOCKER_CONFIG": str(self.context(other)), "DOCKER_HOST": used, "DOCKER_CONTEXT": "builder"},
            {"DOCKER_CONFIG": str(self.context(nowhere)), "DOCKER_HOST": used, "DOCKER_CONTEXT": "missing"},
        ):
            with self.subTest(settings):
                server.asked.clear()
                self.report(reference, **settings)
                self.assertEqual(len(server.asked), 1)
        self.assertEqual(unused.asked, [])
        home = self.folder / "home"
        home.mkdir()
        self.context(used).rename(home / ".docker")
        self.report(reference, HOME=str(home))

    def test_a_context_over_tls_uses_what_lies_beside_it(self):
        address, server = self.serve(tcp=True)
        keys = self.folder / "keys"
        keys.mkdir()
        tool("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keys / "key.pem", "-out", keys / "cert.pem")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(keys / "cert.pem", keys / "key.pem")
        tls.load_verify_locations(keys / "cert.pem")
        tls.verify_mode = ssl.CERT_REQUIRED
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        folder = self.context(address)
        material = folder / "contexts/tls" / hashlib.sha256(b"builder").hexdigest() / "docker"
        material.mkdir(parents=True)
        (material / "ca.pem").write_bytes((keys / "cert.pem").read_bytes())
        self.error_of(f"docker-daemon:{NAME}", DOCKER_CONFIG=str(folder))  # without the certificate that it wants
        self.assertEqual(server.asked, [])
        for name in ("cert.pem", "key.pem"):
            (material / name).write_bytes((keys / name).read_bytes())
        self.report(f"docker-daemon:{NAME}", DOCKER_CONFIG=str(folder))
        (material / "ca.pem").unlink()
        error = self.error_of(f"docker-daemon:{NAME}", DOCKER_CONFIG=str(folder))
        self.assertIn("of docker context builder: ", error)
        self.assertIn("certificate", error)
        meta = next(folder.glob("contexts/meta/*/meta.json"))
        meta.write_text(meta.read_text().replace('"Host"', '"SkipTLSVerify": true, "Host"'))
        self.report(f"docker-daemon:{NAME}", DOCKER_CONFIG=str(folder))

    def test_a_context_that_cannot_be_used_is_an_error(self):
        folder = str(self.context("ssh://user@host"))
        reference = f"docker-daemon:{NAME}"
        self.assertIn("docker context builder is ssh://user@host: only unix:// and tcp:// are spoken",
                      self.error_of(reference, DOCKER_CONFIG=folder))
        self.assertIn("no docker context `other` (it is named in DOCKER_CONTEXT",
                      self.error_of(reference, DOCKER_CONFIG=folder, DOCKER_CONTEXT="other"))
        nowhere = str(self.context(f"unix://{self.folder}/nothing.sock"))
        self.assertIn("nothing.sock of docker context builder: No such file or directory; ",
                      self.error_of(reference, DOCKER_CONFIG=nowhere))

    def error_of(self, reference, status=2, **variables):
        done = touchstone("ls", reference, env=environment(**variables))
        self.assertEqual(done.returncode, status, done.stdout[:500])
        self.assertEqual(done.stdout, b"")
        return done.stderr.decode()

    def test_a_name_without_tag_means_latest(self):
        address, server = self.serve()
        self.error_of("docker-daemon:localhost/app", DOCKER_HOST=address)
        self.assertEqual(server.asked, ["/images/get?names=localhost%2Fapp%3Alatest"])

    def test_troubles_of_daemons_are_errors(self):
        address, _ = self.serve()
        self.assertIn("status 404: it says: reference does not exist", self.error_of("docker-daemon:no:1", DOCKER_HOST=address))
        address, _ = self.serve("breaks")
        self.error_of(f"docker-daemon:{NAME}", status=75, DOCKER_HOST=address)
        address, _ = self.serve("hostile")
        error = self.error_of(f"docker-daemon:{NAME}", DOCKER_HOST=address)
        self.assertNotIn("\x1b", error)
        self.assertLess(len(error), 2000)

    def test_where_nobody_listens_the_error_says_what_to_do(self):
        error = self.error_of("docker-daemon:app:1", DOCKER_HOST=f"unix://{self.folder}/nothing.sock")
        self.assertIn("nothing.sock: No such file or directory; ", error)
        self.assertIn("docker save -o FILE app:1", error)
        error = self.error_of("podman:app:1", CONTAINER_HOST=f"unix://{self.folder}/nothing.sock")
        self.assertIn("podman save --format oci-archive -o FILE app:1", error)

    def test_other_ways_to_an_engine_are_refused_by_name(self):
        for host in ("ssh://user@host", "npipe:////./pipe/docker_engine"):
            with self.subTest(host):
                self.assertIn("only unix:// and tcp:// are spoken", self.error_of("docker-daemon:app", DOCKER_HOST=host))


if __name__ == "__main__":
    harness.main()
