"""OCI layouts for the benchmark: written from plain tars, compressed by skopeo (Go's gzip and zstd, as most published
images are), put together anew from the blobs of others, and described for the floor."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

TYPE = "application/vnd.oci.image."
COMPRESSIONS = {TYPE + "layer.v1.tar": "plain", TYPE + "layer.v1.tar+gzip": "gzip", TYPE + "layer.v1.tar+zstd": "zstd"}


def blob_path(layout, digest):
    return pathlib.Path(layout) / "blobs" / digest.replace(":", "/")


def write_blob(layout, data):
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    blob_path(layout, digest).write_bytes(data)
    return {"digest": digest, "size": len(data)}


def move_in(layout, path):
    """Takes a file into the layout as a blob; its name goes away."""
    with open(path, "rb") as file:
        digest = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    (pathlib.Path(layout) / "blobs/sha256").mkdir(parents=True, exist_ok=True)
    pathlib.Path(path).rename(blob_path(layout, digest))
    return digest


def write_documents(layout, layers, created):
    """Configuration, manifest and index over layers that are there: (descriptor, diffID) from the bottom up."""
    history = [{"created": created, "created_by": f"COPY layer{number} /"} for number in range(len(layers))]
    config = {
        "created": created,
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/bin/sh"]},
        "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id in layers]},
        "history": history,
    }
    described = {"mediaType": TYPE + "config.v1+json", **write_blob(layout, json.dumps(config).encode())}
    manifest = {
        "schemaVersion": 2,
        "mediaType": TYPE + "manifest.v1+json",
        "config": described,
        "layers": [descriptor for descriptor, _ in layers],
    }
    entry = {"mediaType": TYPE + "manifest.v1+json", **write_blob(layout, json.dumps(manifest).encode())}
    entry["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    layout = pathlib.Path(layout)
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def from_tars(layout, tars, created):
    """A layout whose layers are stored plain."""
    layers = []
    for tar in tars:
        size = os.path.getsize(tar)
        digest = move_in(layout, tar)
        layers.append(({"mediaType": TYPE + "layer.v1.tar", "digest": digest, "size": size}, digest))
    write_documents(layout, layers, created)


def compress(source, target, kind):
    """The same image with layers of this compression; those that are compressed otherwise are done anew."""
    level = {"gzip": [], "zstd": ["--dest-compress-level", "3"]}[kind]
    subprocess.run(
        ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-compress-format", kind, *level]
        + [f"oci:{source}:latest", f"oci:{target}:latest"],
        check=True,
    )


def documents(layout):
    """The manifest and the configuration of the only image."""
    index = json.loads((pathlib.Path(layout) / "index.json").read_text())
    manifest = json.loads(blob_path(layout, index["manifests"][0]["digest"]).read_text())
    return manifest, json.loads(blob_path(layout, manifest["config"]["digest"]).read_text())


def layers_of(layout):
    """(layout, descriptor, diffID) of each layer, from the bottom up."""
    manifest, config = documents(layout)
    return [(layout, *pair) for pair in zip(manifest["layers"], config["rootfs"]["diff_ids"])]


def compose(target, layers, created):
    """A layout of its own from layers of others; the blobs are copied, so that nothing is shared but the bytes."""
    (pathlib.Path(target) / "blobs/sha256").mkdir(parents=True)
    for layout, descriptor, _ in layers:
        digest = descriptor["digest"]
        shutil.copyfile(blob_path(layout, digest), blob_path(target, digest))
    write_documents(target, [(descriptor, diff_id) for _, descriptor, diff_id in layers], created)


def describe(layout, contents):
    """For each layer what its floor needs; `contents` holds what was noted when the layer was written."""
    described = []
    for _, descriptor, diff_id in layers_of(layout):
        notes = json.loads((contents / f"{diff_id.split(':')[1]}.json").read_text())
        described.append(
            {
                "path": str(blob_path(layout, descriptor["digest"])),
                "digest": descriptor["digest"],
                "compression": COMPRESSIONS[descriptor["mediaType"]],
                "stored": descriptor["size"],
                "sizes": str(contents / f"{diff_id.split(':')[1]}.sizes"),
                **notes,
            }
        )
    return described
