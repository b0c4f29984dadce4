"""Registries on this machine: Debian's docker-registry with and without TLS, passwords and tokens, a token server, and a
proxy before a registry that does to answers whatever a test wants."""
import base64
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

from harness import tool
from trees import once

WAIT = 20  # seconds for a server to come up
ROOM = 1 << 30  # bytes in memory that a registry's folder may need at most, by far


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Scratch:
    """A folder that goes when the object is closed. In memory where there is room: docker-registry waits for the disk
    after each chunk that it stores."""

    def __init__(self):
        memory = pathlib.Path("/dev/shm")
        roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="touchstone-registry-", dir=memory if roomy else None))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


@once
def rsa_key(target, name):
    """A key for the certificates of all authorities, which takes long to make; RSA, because tokens are signed by it."""
    tool("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", target)


class Authority(Scratch):
    """A certificate authority of its own, with certificates for localhost and for a client, by openssl."""

    def __init__(self):
        super().__init__()
        self.ca = self.folder / "ca.pem"
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                 self.folder / "ca.key", "-out", self.ca, "-days", "2", "-subj", "/CN=touchstone test authority")
        self.server = self.issue("server", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        self.client = self.issue("client", "extendedKeyUsage=clientAuth")

    @staticmethod
    def run(*arguments):
        tool("openssl", *arguments)

    def issue(self, name, extension):
        """(certificate, key)"""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        shutil.copy(rsa_key(name), key)
        (self.folder / "extension").write_text(extension)
        self.run("req", "-new", "-key", key, "-out", self.folder / "request", "-subj", f"/CN={name}")
        self.run("x509", "-req", "-in", self.folder / "request", "-CA", self.ca, "-CAkey", self.folder / "ca.key",
                 "-CAcreateserial", "-out", certificate, "-days", "2", "-extfile", self.folder / "extension")
        return certificate, key


class Registry(Scratch):
    """docker-registry. `tls` is an Authority; `passwords` a dict; `token` a dict as in its configuration."""

    def __init__(self, tls=None, client_ca=None, passwords=None, token=None, store=None):
        super().__init__()
        self.port = free_port()
        self.host = f"localhost:{self.port}"
        store = store or self.folder / "store"
        lines = ["version: 0.1", "log: {level: error, accesslog: {disabled: true}}", "storage:",
                 f"  filesystem: {{rootdirectory: {store}}}", "http:", f"  addr: 127.0.0.1:{self.port}",
                 "  secret: hidden"]  # of the state in upload URLs: another registry may go on with them
        if tls:
            lines += ["  tls:", f"    certificate: {tls.server[0]}", f"    key: {tls.server[1]}"]
            if client_ca:
                lines += [f"    clientcas: [{tls.ca}]"]
        if passwords:
            for number, (user, password) in enumerate(passwords.items()):
                tool("htpasswd", "-B", "-C", "4", "-b", *(["-c"] if number == 0 else []), self.folder / "htpasswd", user,
                     password)
            lines += ["auth:", f"  htpasswd: {{realm: test, path: {self.folder / 'htpasswd'}}}"]
        if token:
            lines += ["auth:", "  token:", *(f"    {key}: {value}" for key, value in token.items())]
        config = self.folder / "config.yml"
        config.write_text("\n".join(lines) + "\n")
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(["docker-registry", "serve", config], stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        wait_for_port(self.port)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        super().close()


def wait_for_port(port):
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens at port {port}")


def push(layout, registry, name, *options):
    """skopeo copy to the registry, byte for byte; `layout` as skopeo names it."""
    tool("skopeo", "--insecure-policy", "copy", "--quiet", "--preserve-digests", "--dest-tls-verify=false", *options,
         layout, f"docker://{registry.host}/{name}")


def put(layout, registry, repository, tag):
    """What push() does to a plain registry, of an image of any layout on disk, without a program run for each."""
    layout = pathlib.Path(layout)
    connection = http.client.HTTPConnection("127.0.0.1", registry.port, timeout=30)

    def ask(verb, path, status, body=None, kind="application/octet-stream"):
        connection.request(verb, path, body=body, headers={"Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
        if answer.status != status:
            raise AssertionError(f"{verb} {path}: status {answer.status}")
        return answer.getheader("Location")

    entry, = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = (layout / "blobs/sha256" / entry["digest"][7:]).read_bytes()
    for part in (json.loads(manifest)["config"], *json.loads(manifest)["layers"]):
        place = ask("POST", f"/v2/{repository}/blobs/uploads/", 202)
        data = (layout / "blobs/sha256" / part["digest"][7:]).read_bytes()
        ask("PUT", f"{place}&digest={part['digest']}", 201, data)
    ask("PUT", f"/v2/{repository}/manifests/{tag}", 201, manifest, entry["mediaType"])
    connection.close()


class Server:
    """A threaded HTTP server whose requests go to self.answer(handler); it counts connections and keeps requests."""

    def __init__(self, tls=None):
        owner = self
        self.tls = tls
        self.connections = 0
        self.requests = []  # (method, path, headers)
        self.lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60
            disable_nagle_algorithm = True  # or each body waits 40 ms for the delayed acknowledgement of its header

            def setup(self):
                super().setup()
                with owner.lock:
                    owner.connections += 1

            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                stop = owner.break_at(self)
                self.body = self.rfile.read(length if stop is None else min(stop, length))
                with owner.lock:
                    owner.requests.append((self.command, self.path, self.headers))
                if stop is not None:
                    owner.broken(self)
                    return self.hang_up()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    owner.answer(self)

            do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def hang_up(self):
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)

            def send(self, status, headers, body=b""):
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def send_head(self, status, length, headers):
                """An answer to HEAD about a body of so many bytes."""
                self.send_response_only(status)
                for name, value in headers + [("Content-Length", str(length))]:
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Threads(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # clients that hang up are what some tests are about

        self.server = Threads(("127.0.0.1", 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls.server)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.host = f"localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def break_at(self, handler):
        """After how many bytes of a request's body to hang up; None for never."""

    def broken(self, handler):
        """What was sent before that is in handler.body."""

    def paths(self, part="", method=None):
        with self.lock:
            return [path for verb, path, _ in self.requests if part in path and method in (None, verb)]

    def headers(self, name):
        """The values of a header field in all requests that had it."""
        with self.lock:
            return [headers[name] for _, _, headers in self.requests if headers[name] is not None]


class Answer:
    """What a proxy is about to send."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.cut = None  # send so many bytes of the body, then hang up
        self.pace = None  # seconds between bytes

    def set(self, name, value):
        self.headers = [(n, v) for n, v in self.headers if n.lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))


class Proxy(Server):
    """Passes requests on to a registry, and answers through `fault(proxy, handler, answer)`; before that, `before(proxy,
    handler)` may answer itself (True)."""

    def __init__(self, upstream, fault=None, before=None, tls=None):
        self.upstream, self.fault, self.before = upstream, fault, before
        self.seen = {}  # what faults count
        super().__init__(tls)

    def count(self, key):
        """How often this was called with the key before."""
        with self.lock:
            self.seen[key] = self.seen.get(key, 0) + 1
            return self.seen[key] - 1

    def answer(self, handler):
        if self.before and self.before(self, handler):
            return
        path = handler.path
        if path.startswith("http://"):  # asked as a proxy
            path = "/" + path.split("/", 3)[3]
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream.port, timeout=30)
        wanted = {n: v for n, v in handler.headers.items() if n.lower() not in ("connection", "proxy-connection")}
        if self.tls:
            wanted["X-Forwarded-Proto"] = "https"  # or it would send its clients to plain HTTP
        connection.request(handler.command, path, body=handler.body or None, headers=wanted)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        skipped = ("content-length", "transfer-encoding", "connection")
        answer = Answer(response.status, [(n, v) for n, v in response.getheaders() if n.lower() not in skipped], body)
        if self.fault:
            self.fault(self, handler, answer)
        self.deliver(handler, answer, response.getheader("Content-Length"))

    @staticmethod
    def deliver(handler, answer, length):
        if handler.command == "HEAD":
            handler.send_response_only(answer.status)
            for name, value in answer.headers + [("Content-Length", length or "0")]:
                handler.send_header(name, value)
            handler.end_headers()
            return
        if answer.cut is None and answer.pace is None:
            handler.send(answer.status, answer.headers, answer.body)
            return
        handler.send_response_only(answer.status)
        for name, value in answer.headers + [("Content-Length", str(len(answer.body)))]:
            handler.send_header(name, value)
        handler.end_headers()
        body = answer.body[: answer.cut]
        if answer.pace is None:
            handler.wfile.write(body)
        else:
            for at in range(len(body)):
                handler.wfile.write(body[at : at + 1])
                handler.wfile.flush()
                time.sleep(answer.pace)
        handler.wfile.flush()
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.connection.shutdown(socket.SHUT_RDWR)


def query_of(path):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)


class TokenServer(Server):
    """Gives out tokens. With `authority` they are JWTs that docker-registry believes; else short words, of which `valid`
    says which are good (for proxies that check them). `passwords` are asked for where there are any."""

    SERVICE = "test-registry"
    ISSUER = "test-issuer"

    def __init__(self, authority=None, passwords=None, lifetime=300, refresh_token=None):
        self.authority, self.passwords, self.lifetime = authority, passwords, lifetime
        self.refresh_token = refresh_token
        self.valid = set()
        self.issued = 0
        self.forms = []
        super().__init__()

    @property
    def realm(self):
        return f"http://{self.host}/token"

    @property
    def challenge(self):
        return f'Bearer realm="{self.realm}",service="{self.SERVICE}"'

    def registry_options(self):
        return {"realm": self.realm, "service": self.SERVICE, "issuer": self.ISSUER,
                "rootcertbundle": self.authority.server[0]}

    def answer(self, handler):
        if handler.command == "POST":
            form = urllib.parse.parse_qs(handler.body.decode())
            with self.lock:
                self.forms.append(form)
            allowed = self.refresh_token is not None and form.get("refresh_token") == [self.refresh_token]
            scopes = form.get("scope", [""])[0].split(" ")
        else:
            allowed = not self.passwords or self.password_is_right(handler.headers["Authorization"])
            scopes = query_of(handler.path).get("scope", [])
        if not allowed:
            body = json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": "go \x1b[31maway"}]}).encode()
            return handler.send(401, [("Content-Type", "application/json")], body)
        with self.lock:
            self.issued += 1
            token = self.signed(scopes) if self.authority else f"word-{self.issued}"
            self.valid.add(token)
        body = json.dumps({"token": token, "expires_in": self.lifetime}).encode()
        return handler.send(200, [("Content-Type", "application/json")], body)

    def password_is_right(self, header):
        if not header or not header.startswith("Basic "):
            return False
        user, _, password = base64.b64decode(header[6:]).decode().partition(":")
        return self.passwords.get(user) == password

    def signed(self, scopes):
        """A JWT (RS256) with the certificate in it, as docker-registry's token authentication wants it."""
        certificate, key = self.authority.server
        der = "".join(line for line in certificate.read_text().split("\n") if line and not line.startswith("-----"))
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        now = int(time.time())
        claims = {"iss": self.ISSUER, "sub": "", "aud": self.SERVICE, "exp": now + self.lifetime, "nbf": now - 60,
                  "iat": now, "jti": str(self.issued), "access": access}

        def encoded(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")

        head = {"typ": "JWT", "alg": "RS256", "x5c": [der]}
        text = encoded(json.dumps(head).encode()) + b"." + encoded(json.dumps(claims).encode())
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text, capture_output=True,
                                   check=True).stdout
        return (text + b"." + encoded(signature)).decode()
