"""Images in registries: pulled from Debian's docker-registry (plain, TLS, passwords, tokens), and the same as from a
layout on disk."""
import base64
import copy
import gzip
import hashlib
import io
import json
import os
import pathlib
import stat
import tarfile
import tempfile

import harness
import images
import registries
from trees import once

QUICK = ("--retry-delay", "0.01", "--stall-timeout", "10")
USER = {"someone": "hush-hush"}


def setUpModule():
    harness.need(*images.TOOLS, "docker-registry", "htpasswd", "openssl")


def config_in(layout, manifest):
    return json.loads((layout / "blobs/sha256" / manifest["config"]["digest"][7:]).read_text())


def manifest_in(layout):
    index = json.loads((layout / "index.json").read_text())
    return json.loads((layout / "blobs/sha256" / index["manifests"][0]["digest"][7:]).read_text())


@once
def two_platforms(target):
    """`published` for amd64, and with another word in its config for arm64, in one index."""
    images.copy_tree(images.published(), target)
    index = json.loads((target / "index.json").read_text())
    first = index["manifests"][0]
    manifest = manifest_in(target)
    config = config_in(target, manifest)
    config["architecture"] = "arm64"
    manifest["config"].update(images.add_blob(target, json.dumps(config).encode()))
    second = {"mediaType": "application/vnd.oci.image.manifest.v1+json",
              **images.add_blob(target, json.dumps(manifest).encode())}
    entries = []
    for descriptor, architecture in ((first, "amd64"), (second, "arm64")):
        entries.append({key: descriptor[key] for key in ("mediaType", "digest", "size")})
        entries[-1]["platform"] = {"os": "linux", "architecture": architecture}
    kind = "application/vnd.oci.image.index.v1+json"
    inner = {"schemaVersion": 2, "mediaType": kind, "manifests": entries}
    index["manifests"] = [{"mediaType": kind, **images.add_blob(target, json.dumps(inner).encode()),
                           "annotations": {"org.opencontainers.image.ref.name": "latest"}}]
    (target / "index.json").write_text(json.dumps(index))


@once
def many_layers(target, count):
    """So many layers with one small file each."""
    (target / "blobs/sha256").mkdir(parents=True)
    layers, diff_ids = [], []
    for number in range(count):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            data = os.urandom(2000)
            member = tarfile.TarInfo(f"file{number}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        diff_ids.append("sha256:" + hashlib.sha256(stream.getvalue()).hexdigest())
        layers.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                       **images.add_blob(target, gzip.compress(stream.getvalue()))})
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                           **images.add_blob(target, json.dumps(config).encode())}, "layers": layers}
    entry = {"mediaType": manifest["mediaType"], **images.add_blob(target, json.dumps(manifest).encode()),
             "annotations": {"org.opencontainers.image.ref.name": "latest"}}
    (target / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (target / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')


def without_references(report):
    """A report without what names the images: all else must not depend on where they came from."""
    report = copy.deepcopy(report.json)
    for side in report["sides"]:
        del side["reference"]
    return report


class RegistryTestCase(harness.TestCase):
    def start(self, what, *arguments, **options):
        server = what(*arguments, **options)
        self.addCleanup(server.close)
        return server

    def temporary(self):
        folder = tempfile.TemporaryDirectory(prefix="touchstone-registry-")
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def run_on(self, command, *arguments, environment=None, **options):
        """The program, with no credentials but those that a test gives it."""
        clean = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "XDG_RUNTIME_DIR": "/nonexistent"}
        quick = QUICK if "--stall-timeout" not in arguments else QUICK[:2]
        return harness.touchstone(command, *quick, *arguments, env={**clean, **(environment or {})}, **options)

    def verified(self, reference, *options, **more):
        done = self.run_on("verify", reference, *options, **more)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return done.stdout

    def refused(self, reference, *patterns, options=(), **more):
        done = self.run_on("verify", reference, *options, **more)
        self.assert_trouble(done, *patterns)
        for secret in USER.values():
            self.assertNotIn(secret.encode(), done.stderr + done.stdout)
        return done

    def write_auth(self, registry, path=None, user="someone", password=None):
        path = path or self.temporary() / "auth.json"
        pair = base64.b64encode(f"{user}:{password or USER[user]}".encode()).decode()
        path.write_text(json.dumps({"auths": {registry.host: {"auth": pair}}}))
        return path


class PullTest(RegistryTestCase):
    @classmethod
    def setUpClass(cls):
        cls.registry = registries.Registry()
        registries.push(f"oci:{images.published()}:latest", cls.registry, "app:1")
        registries.push(f"oci:{images.rebuilt()}:latest", cls.registry, "app:2")
        registries.push(f"oci:{images.as_oci('zstd')}:latest", cls.registry, "zstd/app")
        registries.push(f"oci:{two_platforms()}:latest", cls.registry, "both:1", "--all")

    @classmethod
    def tearDownClass(cls):
        cls.registry.close()

    def name(self, rest):
        return f"docker://{self.registry.host}/{rest}"

    def test_a_pulled_image_gives_the_report_of_the_same_layout(self):
        digest = json.loads((images.published() / "index.json").read_text())["manifests"][0]["digest"]
        from_disk = self.diff(f"oci:{images.published()}:latest", f"oci:{images.rebuilt()}:latest")
        for published in ("app:1", f"app@{digest}", f"app:2@{digest}"):  # a digest wins over a tag
            with self.subTest(published):
                pulled = self.diff(self.name(published), f"oci:{images.rebuilt()}:latest", *QUICK)
                self.assertEqual(without_references(pulled), without_references(from_disk))
        both = self.diff(self.name("app:1"), self.name("app:2"), *QUICK)
        self.assertEqual(without_references(both), without_references(from_disk))

    def test_a_bare_word_is_a_name_in_a_registry(self):
        report = self.diff(f"{self.registry.host}/app:1", f"oci:{images.published()}:latest", *QUICK)
        self.assertEqual(report.verdict, "identical")
        self.refused(f"{self.registry.host}/nothing:1", "`localhost:[0-9]*/nothing:1` is no path here", "not there")

    def test_zstd_layers(self):
        report = self.diff(self.name("zstd/app"), f"oci:{images.as_oci('zstd')}:latest", *QUICK)
        self.assertEqual(report.verdict, "identical")

    def test_platforms(self):
        layout = f"oci:{two_platforms()}:latest"
        for options in (("--platform", "linux/arm64"), ("--platform", "linux/amd64"), ("--all-platforms",)):
            with self.subTest(options):
                pulled = self.diff(self.name("both:1"), layout, *options, *QUICK)
                self.assertEqual(pulled.verdict, "identical")
        self.refused(self.name("both:1"), "linux/amd64", "linux/arm64", options=("--platform", "linux/s390x"))
        index = json.loads((two_platforms() / "index.json").read_text())["manifests"][0]["digest"]
        self.verified(self.name(f"both@{index}"), "--platform", "linux/arm64")
        inner = json.loads((two_platforms() / "blobs/sha256" / index[7:]).read_text())
        self.verified(self.name(f"both@{inner['manifests'][1]['digest']}"))

    @staticmethod
    def without_names(documents):
        return json.dumps(documents).replace('"name": ""', "")

    def test_every_command_reads_registries(self):
        layout = f"oci:{images.published()}:latest"
        self.assertEqual(self.ls(self.name("app:1"), *QUICK), self.ls(layout))
        for command in (("digest", "--json"), ("inspect", "--json"), ("verify", "--json")):
            with self.subTest(command):
                pulled, local = (self.run_on(*command, image) for image in (self.name("app:1"), layout))
                self.assertEqual(pulled.returncode, 0, pulled.stderr.decode())
                text = pulled.stdout.decode().replace(self.name("app:1"), layout)
                found, expected = ([json.loads(line) for line in ([out] if out.startswith("{\n") else out.splitlines())]
                                   for out in (text, local.stdout.decode()))
                for image in found[0].get("images", []):
                    image.pop("referrers", None)  # only a registry has them
                self.assertEqual(self.without_names(found), self.without_names(expected))
        target = self.temporary() / "normal"
        self.normalize(self.name("app:1"), f"oci:{target}:latest", *QUICK)
        report = self.diff(self.name("app:1"), f"oci:{target}:latest", "--require", "equivalent", *QUICK)
        self.assertTrue(report.json["pass"])

    def test_what_is_not_there_is_said(self):
        self.refused(self.name("app:missing"), "app:missing", "status 404", "manifest unknown")
        self.refused(self.name("app@sha256:" + "0" * 64), "status 404")
        done = self.run_on("verify", f"docker://localhost:{registries.free_port()}/app")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertRegex(done.stderr.decode(), "given up after 5 tries")

    def test_forty_layers_do_not_mean_forty_connections(self):
        registries.push(f"oci:{many_layers(40)}:latest", self.registry, "many")
        proxy = self.start(registries.Proxy, self.registry)
        self.verified(f"docker://{proxy.host}/many", "--jobs", "4")
        self.assertEqual(len(proxy.paths("/blobs/")), 41)
        self.assertLessEqual(proxy.connections, 4 + 2)  # and those that found out about TLS

    def test_proxies_come_from_the_environment_and_plain_http_from_an_option(self):
        proxy = self.start(registries.Proxy, self.registry)
        variables = {"http_proxy": f"http://127.0.0.1:{proxy.port}"}
        self.verified("docker://registry.example/app:1", "--plain-http", "registry.example", environment=variables)
        self.assertTrue(proxy.paths("http://registry.example/v2/app/manifests/1"))


class TlsTest(RegistryTestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = registries.Authority()
        cls.other = registries.Authority()
        cls.registry = registries.Registry(tls=cls.authority)
        registries.push(f"oci:{images.published()}:latest", cls.registry, "app:1")
        cls.name = f"docker://{cls.registry.host}/app:1"

    @classmethod
    def tearDownClass(cls):
        for server in (cls.registry, cls.authority, cls.other):
            server.close()

    def test_certificates_are_believed_by_leave_only(self):
        self.refused(self.name, "certificate")
        self.refused(self.name, "certificate", options=("--ca-file", self.other.ca))
        self.refused(self.name, "certificate", options=("--plain-http", "elsewhere.example"))
        self.verified(self.name, "--ca-file", self.authority.ca)
        self.verified(self.name, "--tls-verify", "false")
        self.verified(self.name, "--tls-verify=false")

    def test_client_certificates(self):
        registry = self.start(registries.Registry, tls=self.authority, client_ca=True,
                              store=self.registry.folder / "store")
        name = f"docker://{registry.host}/app:1"
        certificate, key = self.authority.client
        trust = ("--ca-file", self.authority.ca)
        self.verified(name, *trust, "--cert", certificate, "--key", key)
        done = self.run_on("verify", name, *trust)
        self.assertIn(done.returncode, (2, 75), done.stderr)  # a TLS alert, or a reset that overtakes it
        self.assertEqual(done.stdout, b"")

    def test_a_redirect_to_plain_http_is_refused(self):
        def fault(proxy, handler, answer):
            if "/blobs/" in handler.path:
                answer.status = 307
                answer.set("Location", f"http://localhost:{proxy.port}/elsewhere")

        plain = self.start(registries.Registry, store=self.registry.folder / "store")
        proxy = self.start(registries.Proxy, plain, fault, tls=self.authority)
        self.refused(f"docker://{proxy.host}/app:1", "not be encrypted", options=("--ca-file", self.authority.ca))


class PasswordTest(RegistryTestCase):
    @classmethod
    def setUpClass(cls):
        store = registries.Registry()
        registries.push(f"oci:{images.published()}:latest", store, "app:1")
        cls.store = store
        cls.registry = registries.Registry(passwords=USER, store=store.folder / "store")
        cls.name = f"docker://{cls.registry.host}/app:1"

    @classmethod
    def tearDownClass(cls):
        cls.registry.close()
        cls.store.close()

    def test_credentials_come_from_where_users_have_them(self):
        self.refused(self.name, "asks for a user and a password")
        auth = self.write_auth(self.registry)
        self.verified(self.name, "--authfile", auth)
        self.verified(self.name, environment={"REGISTRY_AUTH_FILE": str(auth)})
        docker = self.temporary()
        self.write_auth(self.registry, docker / "config.json")
        self.verified(self.name, environment={"DOCKER_CONFIG": str(docker)})
        helper = docker / "docker-credential-test"
        helper.write_text('#!/bin/sh\nread -r server\necho "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"someone\\",'
                          '\\"Secret\\":\\"hush-hush\\"}"\n')
        helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
        (docker / "config.json").write_text(json.dumps({"credHelpers": {self.registry.host: "test"}}))
        variables = {"DOCKER_CONFIG": str(docker), "PATH": f"{docker}:{os.environ['PATH']}"}
        self.verified(self.name, environment=variables)

    def test_a_wrong_password_is_refused_and_not_shown(self):
        auth = self.write_auth(self.registry, password="hush-hush-wrong")
        self.refused(self.name, "status 401", "credential", options=("--authfile", auth))
        elsewhere = self.write_auth(self.start(registries.Proxy, self.registry))
        self.refused(self.name, "asks for a user", options=("--authfile", elsewhere))
        self.refused(self.name, "missing.json", options=("--authfile", self.temporary() / "missing.json"))

    def test_redirects_to_another_host_get_no_credential(self):
        other = self.start(registries.Proxy, self.store)

        def fault(proxy, handler, answer):
            if "/blobs/" in handler.path:
                answer.status = 307
                answer.set("Location", f"http://{other.host}{handler.path}")

        proxy = self.start(registries.Proxy, self.registry, fault)
        self.verified(f"docker://{proxy.host}/app:1", "--authfile", self.write_auth(proxy))
        self.assertTrue(proxy.headers("Authorization"))
        self.assertTrue(other.paths("/blobs/"))
        self.assertEqual(other.headers("Authorization"), [])

    def test_another_host_that_asks_for_a_password_gets_none(self):
        def ask(_, handler):
            handler.send(401, [("WWW-Authenticate", 'Basic realm="give"')])
            return True

        other = self.start(registries.Proxy, self.store, before=ask)

        def fault(proxy, handler, answer):
            if "/blobs/" in handler.path:
                answer.status = 307
                answer.set("Location", f"http://{other.host}{handler.path}")

        proxy = self.start(registries.Proxy, self.registry, fault)
        auth = self.write_auth(proxy)
        both = json.loads(auth.read_text())
        both["auths"][other.host] = both["auths"][proxy.host]
        auth.write_text(json.dumps(both))
        self.refused(f"docker://{proxy.host}/app:1", "status 401", options=("--authfile", auth))
        self.assertEqual(other.headers("Authorization"), [])


class TokenTest(RegistryTestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = registries.Authority()
        cls.store = registries.Registry()
        registries.push(f"oci:{images.published()}:latest", cls.store, "app:1")

    @classmethod
    def tearDownClass(cls):
        cls.store.close()
        cls.authority.close()

    def pair(self, **options):
        """A token server and a registry that believes it."""
        tokens = self.start(registries.TokenServer, self.authority, **options)
        registry = self.start(registries.Registry, token=tokens.registry_options(), store=self.store.folder / "store")
        return tokens, registry

    def test_a_token_for_nobody(self):
        tokens, registry = self.pair()
        self.verified(f"docker://{registry.host}/app:1")
        self.assertEqual(tokens.issued, 1)
        query = registries.query_of(tokens.paths()[0])
        self.assertEqual(query, {"service": [tokens.SERVICE], "scope": ["repository:app:pull"]})

    def test_a_token_for_a_password(self):
        tokens, registry = self.pair(passwords=USER)
        name = f"docker://{registry.host}/app:1"
        refused = self.refused(name, "token server", "status 401", "without a credential")
        self.assertNotIn(b"\x1b", refused.stderr)
        self.assertIn(b"go \\\\x1b[31maway".replace(b"\\\\", b"\\"), refused.stderr)
        self.verified(name, "--authfile", self.write_auth(registry))

    def test_a_token_for_an_identity_token(self):
        tokens, registry = self.pair(passwords=USER, refresh_token="hush-hush")
        auth = self.temporary() / "auth.json"
        auth.write_text(json.dumps({"auths": {registry.host: {"identitytoken": "hush-hush"}}}))
        self.verified(f"docker://{registry.host}/app:1", "--authfile", auth)
        self.assertEqual(tokens.forms[0]["grant_type"], ["refresh_token"])
        self.assertEqual(tokens.forms[0]["service"], [tokens.SERVICE])
        self.assertEqual(tokens.forms[0]["scope"], ["repository:app:pull"])
        auth.write_text(json.dumps({"auths": {registry.host: {"identitytoken": "hush-hush-no"}}}))
        self.refused(f"docker://{registry.host}/app:1", "status 401", options=("--authfile", auth))

    def proxy_that_names(self, realm):
        def before(_, handler):
            if handler.headers["Authorization"]:
                return False
            handler.send(401, [("WWW-Authenticate", f'Bearer realm="{realm}",service="x"')])
            return True

        return self.start(registries.Proxy, self.store, before=before)

    def test_a_strange_place_for_tokens_sees_no_password(self):
        tokens = self.start(registries.TokenServer, passwords=USER)
        elsewhere = f"http://tokens.localhost:{tokens.port}/token"
        proxy = self.proxy_that_names(elsewhere)
        name = f"docker://{proxy.host}/app:1"
        auth = self.write_auth(proxy)
        self.refused(name, "--token-host tokens.localhost", options=("--authfile", auth))
        self.assertEqual(tokens.paths(), [])
        self.verified(name, "--authfile", auth, "--token-host", "tokens.localhost")

    def test_a_place_for_tokens_in_an_inner_network_is_refused(self):
        tokens = self.start(registries.TokenServer)
        for realm in (f"http://127.0.0.1:{tokens.port}/token", "http://169.254.169.254/latest/meta-data",
                      "file:///etc/passwd", "//x", ""):
            with self.subTest(realm):
                proxy = self.proxy_that_names(realm)
                self.refused(f"docker://{proxy.host}/app:1", "the place for tokens that it names")
        self.assertEqual(tokens.paths(), [])


if __name__ == "__main__":
    harness.main()
