"""Real images, made at test time by real tools out of the trees of trees.py: GNU tar, umoci, buildah, skopeo.

Run as a program with a directory, this module empties it, so that all is made anew. An image that is "built again" is
made from the sources anew, with other times, because that is what differs between two honest builds."""
import hashlib
import json
import os
import pathlib
import shutil
import sys

from harness import need, possible, tool
from trees import app_tree, base_tree, copy_tree, odd_tree, once, scratch, set_times, write, WORK

FIRST_BUILD = "2024-03-01T10:00:00Z"
SECOND_BUILD = "2024-06-15T08:30:00Z"
TOOLS = ("umoci", "skopeo", "tar")


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
def debian_trees(target):
    """Packages from Debian's archive, unpacked twice by mmdebstrap; the archive's lists are fetched and read once."""
    target.mkdir()
    with scratch() as temp:
        for run, options in (
            (1, [f'--extract-hook=cp -a "$1/var/lib/apt/lists" {temp}/lists']),
            (2, [f'--setup-hook=cp -a {temp}/lists/. "$1/var/lib/apt/lists"', "--skip=update"]),
        ):
            tool(
                "mmdebstrap",
                "--quiet",
                "--mode=root",
                "--variant=extract",
                "--include=base-files,dash,passwd,libc-bin",
                *options,
                "bookworm",
                target / str(run),
            )


@once
def by_mmdebstrap(target, run):
    """Those packages as one layer; `run` tells one build from the next."""
    image_of(target, [debian_trees() / str(run)])


def copied(source, target, *options):
    """skopeo copy between transports; `source` and `target` as skopeo names them."""
    tool("skopeo", "--insecure-policy", "copy", "--quiet", *options, source, target)
    return target


@once
def small(target):
    """What skopeo 1.9's zstd:chunked writer can take: it ends in "short write" on larger layers, and drops the zeros
    after the end marker (another diffID), so these tars are not padded to GNU tar's records of 10240 bytes."""
    image_of(target, [odd_tree(), app_tree()], FIRST_BUILD, ["--record-size=512"])


@once
def spelt(target):
    """The same without names that JSON cannot hold: zstd:chunked lists names in it."""
    image_of(target, [app_tree()], FIRST_BUILD, ["--record-size=512"])


SOURCES = {
    "published": published,
    "small": small,
    "spelt": spelt,
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
