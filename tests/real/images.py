"""Real images, made at test time by real tools out of this machine's own Debian files: GNU tar, umoci, buildah, skopeo.

Each builder makes one thing once per run, below $TOUCHSTONE_REAL_DIR (run as a program with a directory, this module
empties it first), and returns its path; a lock lets test programs run in parallel. An image that is "built again" is
made from the sources anew, with other times, because that is what differs between two honest builds."""
import contextlib
import fcntl
import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from harness import need, possible, tool

WORK = pathlib.Path(os.environ.get("TOUCHSTONE_REAL_DIR") or tempfile.mkdtemp(prefix="touchstone-real-"))
FIRST_BUILD = "2024-03-01T10:00:00Z"
SECOND_BUILD = "2024-06-15T08:30:00Z"
TOOLS = ("umoci", "skopeo", "tar")


def once(builder):
    """builder(target, *arguments) makes `target`, which does not exist yet; called once for the same arguments."""

    @functools.wraps(builder)
    def built(*arguments):
        WORK.mkdir(parents=True, exist_ok=True)
        name = "-".join([builder.__name__, *map(str, arguments)]).replace("/", "_").replace(":", "")
        target = WORK / name
        with open(WORK / f".{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.exists():
                draft = WORK / f".{name}.draft"
                shutil.rmtree(draft, ignore_errors=True)
                builder(draft, *arguments)
                draft.rename(target)
        return target

    return built


@contextlib.contextmanager
def scratch():
    with tempfile.TemporaryDirectory(prefix="touchstone-real-") as path:
        yield pathlib.Path(path)


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def set_times(tree, time):
    """Every node as old as the build: what COPY and RUN leave behind."""
    subprocess.run(["find", tree, "-exec", "touch", "-h", "-d", time, "{}", "+"], check=True)


def package_files(*packages):
    listed = subprocess.run(["dpkg", "-L", *packages], capture_output=True, text=True, check=True).stdout.split("\n")
    return sorted(
        {os.path.join(os.path.realpath(os.path.dirname(p)), os.path.basename(p)) for p in listed if p not in ("", "/.")}
    )


@once
def base_tree(target):
    """A root file system of a few MB from installed packages: setuid programs, symlinks, libraries, configuration."""
    target.mkdir()
    programs = ["/usr/bin/dash", "/usr/bin/rm", "/usr/bin/mkdir", "/usr/bin/touch", "/usr/bin/chmod", "/usr/bin/mv"]
    linked = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=True).stdout
    libraries = {word for word in linked.split() if word.startswith("/") and not word.endswith(":")}
    files = {os.path.realpath(library) for library in libraries} | set(programs)
    files |= {
        path
        for path in package_files("passwd", "base-files", "debianutils")
        if "/locale/" not in path and "/man" not in path
    }
    with scratch() as temp:
        (temp / "list").write_bytes(
            b"\0".join(os.fsencode(path.lstrip("/")) for path in sorted(files) if os.path.lexists(path))
        )
        tool("tar", "-C", "/", "--no-recursion", "--null", "-T", temp / "list", "-cf", temp / "tar")
        tool("tar", "-C", target, "-xpf", temp / "tar")
    for name in ("bin", "lib", "sbin", "lib64"):
        if not os.path.lexists(target / name):
            os.symlink(f"usr/{name}", target / name)
    for library in libraries:  # the names by which programs ask for the libraries
        link = target / os.path.realpath(os.path.dirname(library)).lstrip("/") / os.path.basename(library)
        if not os.path.lexists(link):
            link.parent.mkdir(parents=True, exist_ok=True)
            real = target / os.path.realpath(library).lstrip("/")
            os.symlink(os.path.relpath(real, link.parent), link)
    os.symlink("dash", target / "usr/bin/sh")


@once
def odd_tree(target):
    """What images may hold and simple tools lose: odd names, hardlinks, devices, xattrs, owners, holes, modes."""
    target.mkdir()
    root = os.fsencode(target)
    odd = os.path.join(root, b"odd")
    os.mkdir(odd)
    names = [
        b"with blank",
        b"-dash",
        b"new\nline",
        "gr\u00fc\u00dfe".encode(),
        b"not\xffutf8",
        b"back\\slash",
        b"x" * 255,
        b"tab\there",
        "\u202eevil".encode(),
        b"star*",
        b"quote'\"",
    ]
    for name in names:
        with open(os.path.join(odd, name), "wb") as file:
            file.write(name)
    deep = target / "/".join(["deep-folder-name"] * 12)
    write(deep / ("f" * 100), "a path over 256 bytes\n")
    write(target / "links/first", "three names, one inode\n")
    os.link(target / "links/first", target / "links/second")
    os.link(target / "links/first", target / "elsewhere")
    os.symlink("nowhere", target / "links/dangling")
    os.symlink("/links", target / "links/absolute")
    os.symlink("x" * 200, target / "links/long")
    special = target / "special"
    special.mkdir()
    os.mkfifo(special / "fifo", 0o600)
    os.mknod(special / "null", 0o666 | 0o020000, os.makedev(1, 3))
    os.mknod(special / "disk", 0o660 | 0o060000, os.makedev(259, 300))
    write(special / "capable", "#!/bin/sh\n", 0o755)
    tool(
        "setfattr", "-n", "security.capability", "-v", "0x0100000200200000000000000000000000000000", special / "capable"
    )
    tool("setfattr", "-n", "user.note", "-v", "0x00ff0a3d", special / "capable")
    write(special / "owned", "owned\n", 0o640)
    os.chown(special / "owned", 1000, 4_000_000)
    write(special / "setuid", "s\n")
    (special / "setuid").chmod(0o4755)
    (special / "shared").mkdir(mode=0o755)
    (special / "shared").chmod(0o3777)
    write(special / "empty", "")
    with open(special / "holes", "wb") as file:
        file.truncate(3 << 20)
        file.seek(1 << 20)
        file.write(b"island")
    os.utime(special / "empty", ns=(0, 1_700_000_000_123_456_789))


@once
def app_tree(target):
    """A small application, the upper layer of most pairs here; its only binary is a real one."""
    target.mkdir()
    (target / "usr/local/bin").mkdir(parents=True)
    shutil.copy("/usr/bin/env", target / "usr/local/bin/server")
    write(target / "usr/local/bin/start", "#!/bin/sh\nexec server\n", 0o755)
    write(target / "etc/server.conf", "port=8080\nroot=/srv\n")
    write(target / "srv/index.html", "<p>Built from source.</p>\n")
    os.symlink("start", target / "usr/local/bin/run")
    os.link(target / "srv/index.html", target / "srv/default.html")
    os.chown(target / "srv", 33, 33)


def copy_tree(source, target):
    """cp -a: owners, times, xattrs, hardlinks, devices and holes stay."""
    tool("cp", "-a", "--no-target-directory", source, target)


def tar_layer(tree, target, *options):
    """One layer by GNU tar, with xattrs."""
    tool(
        "tar", "-C", tree, "--format=pax", "--xattrs", "--xattrs-include=*", "--sort=name", *options, "-cf", target, "."
    )


def assemble(layout, layers, created):
    """An OCI layout with one image, `latest`, from plain tars and the lines of its history, by umoci."""
    image = f"{layout}:latest"
    tool("umoci", "init", "--layout", layout)
    tool("umoci", "new", "--image", image)
    for number, layer in enumerate(layers):
        tool(
            "umoci",
            "raw",
            "add-layer",
            "--image",
            image,
            "--history.created",
            created,
            "--history.comment",
            "buildkit.dockerfile.v0",
            "--history.created_by",
            f"COPY layer{number}/ / # buildkit",
            layer,
        )
    tool(
        "umoci",
        "config",
        "--image",
        image,
        "--created",
        created,
        "--history.created",
        created,
        "--architecture",
        "amd64",
        "--os",
        "linux",
        "--config.cmd",
        "server",
        "--history.created_by",
        'CMD ["server"]',
    )
    tool("umoci", "gc", "--layout", layout)


def image_of(layout, trees, created=FIRST_BUILD, options=()):
    """One layer a tree."""
    with scratch() as temp:
        layers = []
        for number, tree in enumerate(trees):
            layers.append(temp / f"{number}.tar")
            tar_layer(tree, layers[-1], *options)
        assemble(layout, layers, created)


@once
def published(target):
    """The image that most pairs share: the base below, the application above."""
    image_of(target, [base_tree(), odd_tree(), app_tree()])


@once
def rebuilt(target):
    """The same trees, built again as another machine would: other times, order, dialect and owner names."""
    with scratch() as temp:
        trees = []
        for tree in (base_tree(), odd_tree(), app_tree()):
            copy_tree(tree, temp / tree.name)
            set_times(temp / tree.name, SECOND_BUILD)
            trees.append(temp / tree.name)
        image_of(target, trees, SECOND_BUILD, ["--sort=none", "--numeric-owner"])


@once
def squashed(target):
    """The files of `published` in a single layer."""
    with scratch() as temp:
        for tree in (base_tree(), odd_tree(), app_tree()):
            copy_tree(tree, temp / "all")
        image_of(target, [temp / "all"])


@once
def in_four(target):
    """The files of `published` in four layers: the application's data lie in one of their own."""
    with scratch() as temp:
        copy_tree(app_tree(), temp / "app")
        (temp / "data").mkdir(mode=0o755)
        shutil.move(temp / "app/srv", temp / "data/srv")
        image_of(target, [base_tree(), odd_tree(), temp / "app", temp / "data"])


@once
def umoci_layers(target):
    """Three layers by umoci's own differ: files added, changed, removed, and a folder removed and made again."""
    image = f"{target}:latest"
    with scratch() as temp:
        rootfs = temp / "bundle/rootfs"
        tool("umoci", "init", "--layout", target)
        tool("umoci", "new", "--image", image)
        tool("umoci", "unpack", "--image", image, temp / "bundle")

        def commit(line):
            tool("umoci", "repack", "--image", image, "--refresh-bundle", "--history.created_by", line, temp / "bundle")

        tool("cp", "-a", f"{base_tree()}/.", f"{odd_tree()}/.", rootfs)
        commit("COPY base/ /")
        tool("cp", "-a", f"{app_tree()}/.", rootfs)
        (rootfs / "usr/bin/touch").unlink()
        shutil.rmtree(rootfs / "odd")
        (rootfs / "links/second").unlink()
        shutil.rmtree(rootfs / "usr/share/doc", ignore_errors=True)
        write(rootfs / "usr/share/doc/new", "the folder was removed and made again\n")
        commit("RUN remove")
        (rootfs / "usr/local/bin/server").unlink()
        write(rootfs / "usr/local/bin/server", "#!/bin/sh\n", 0o755)
        (rootfs / "special/shared").rmdir()
        write(rootfs / "special/shared", "a file where a folder was\n")
        os.chown(rootfs / "special", 7, 7)
        (rootfs / "etc/server.conf").chmod(0o600)
        commit("RUN change")
    tool("umoci", "gc", "--layout", target)


DOCKERFILE = """FROM scratch
COPY base/ /
COPY app/ /
RUN rm /usr/bin/touch && mkdir -p /var/data && echo "$GREETING" > /var/data/greeting && chmod 4755 /usr/bin/rm
ENV GREETING=hello
USER 1000:1000
CMD ["/usr/local/bin/start"]
"""


@once
def by_buildah(target, time):
    """A Dockerfile built by buildah, one layer a step. `time` is the age of the copied files."""
    with scratch() as temp:
        write(temp / "policy.json", '{"default": [{"type": "insecureAcceptAnything"}]}')
        write(temp / "context/Dockerfile", DOCKERFILE)
        for name, tree in (("base", base_tree()), ("app", app_tree())):
            copy_tree(tree, temp / "context" / name)
        set_times(temp / "context", time)
        buildah = ["buildah", "--root", temp / "storage", "--runroot", temp / "run", "--storage-driver", "vfs"]
        tool(
            *buildah,
            "bud",
            "--signature-policy",
            temp / "policy.json",
            "--isolation",
            "chroot",
            "--layers",
            "--no-cache",
            "--network",
            "host",
            "-t",
            f"oci:{target}:latest",
            temp / "context",
        )


@once
def by_mmdebstrap(target, run):
    """Packages from Debian's archive, unpacked by mmdebstrap, as one layer; `run` tells one build from the next."""
    with scratch() as temp:
        tool(
            "mmdebstrap",
            "--quiet",
            "--mode=root",
            "--variant=extract",
            "--include=base-files,dash,passwd,libc-bin",
            "bookworm",
            temp / "tree",
        )
        image_of(target, [temp / "tree"])


def copied(source, target, *options):
    """skopeo copy between transports; `source` and `target` as skopeo names them."""
    tool("skopeo", "--insecure-policy", "copy", "--quiet", *options, source, target)
    return target


@once
def small(target):
    """What skopeo 1.9's zstd:chunked writer can take: it ends in "short write" on larger layers, and drops the zeros
    after the end marker (another diffID), so these tars are not padded to GNU tar's records of 10240 bytes."""
    image_of(target, [odd_tree(), app_tree()], FIRST_BUILD, ["--record-size=512"])


SOURCES = {
    "published": published,
    "small": small,
    "umoci_layers": umoci_layers,
    "by_buildah": lambda: by_buildah(FIRST_BUILD),
    "by_mmdebstrap": lambda: by_mmdebstrap(1),
}
REAL = {"published": (), "umoci_layers": (), "by_buildah": ("buildah",), "by_mmdebstrap": ("mmdebstrap",)}
TRANSPORTS = ("oci", "oci-archive", "docker-archive", "dir")


@once
def as_dir(target, compression, source="published"):
    """An image in skopeo's own layout: its layers as gzip, zstd, zstd:chunked or plain tars."""
    with scratch() as temp:
        copied(f"oci:{SOURCES[source]()}:latest", f"dir:{temp / 'plain'}", "--dest-decompress")
        if compression == "plain":
            copy_tree(temp / "plain", target)
        else:
            copied(f"dir:{temp / 'plain'}", f"dir:{target}", "--dest-compress", "--dest-compress-format", compression)


@once
def as_oci(target, compression, source="published"):
    copied(f"dir:{as_dir(compression, source)}", f"oci:{target}:latest", "--dest-oci-accept-uncompressed-layers")


@once
def as_archive(target, transport):
    """`published` as oci-archive or docker-archive."""
    copied(
        f"oci:{published()}:latest", f"{transport}:{target}:{'latest' if transport == 'oci-archive' else 'app:latest'}"
    )


def source(name):
    """An image of SOURCES; a skip where a tool of its own, named in REAL, is missing or cannot work."""
    need(*TOOLS, *REAL[name])
    return possible(SOURCES[name])


@once
def packed(target, transport, name):
    """An image of SOURCES through skopeo; what it is called where the transport has names: app:latest or latest."""
    end = {"oci": ":latest", "oci-archive": ":latest", "docker-archive": ":app:latest", "dir": ""}[transport]
    copied(f"oci:{SOURCES[name]()}:latest", f"{transport}:{target}{end}")


def add_blob(layout, data):
    """Stores a blob; returns the part of a descriptor that depends on its bytes."""
    digest = hashlib.sha256(data).hexdigest()
    (pathlib.Path(layout) / "blobs/sha256" / digest).write_bytes(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


def set_manifest(layout, manifest):
    """Makes `manifest` the only image of the layout."""
    path = pathlib.Path(layout) / "index.json"
    index = json.loads(path.read_text())
    index["manifests"][0].update(add_blob(layout, json.dumps(manifest).encode()))
    path.write_text(json.dumps(index))


if __name__ == "__main__":
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    os.makedirs(sys.argv[1])
