"""What is in an image, told without any code of this project: by umoci's own unpacking and lstat, and by CPython's
tarfile with whiteouts applied as the OCI image-spec (layer.md) describes them. Two readers, because each has its own
blind spots: the file system shows what a runtime would see, tarfile the layer that each node came from."""
import base64
import gzip
import hashlib
import io
import json
import os
import pathlib
import stat
import subprocess
import tarfile

from harness import tool

KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char",
    stat.S_IFBLK: "block",
    stat.S_IFIFO: "fifo",
}


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encoded(xattrs):
    return {name: base64.b64encode(value).decode() for name, value in xattrs.items()}


def node_of(path):
    """The facts of one path of a file system, in the words of `touchstone ls --json`."""
    facts = os.lstat(path)
    node = {
        "type": KINDS[stat.S_IFMT(facts.st_mode)],
        "mode": f"{stat.S_IMODE(facts.st_mode):04o}",
        "uid": facts.st_uid,
        "gid": facts.st_gid,
        "mtime": int(facts.st_mtime_ns // 10**9),
    }
    if node["type"] == "file":
        node["size"] = facts.st_size
        with open(path, "rb") as file:
            node["content"] = sha256(file.read())
    elif node["type"] == "symlink":
        node["link"] = os.readlink(path)
        node["mode"] = "0777"  # Linux ignores the mode of a symlink; the canonical form is 0777 (rule W7)
    elif node["type"] in ("char", "block"):
        node["device"] = [os.major(facts.st_rdev), os.minor(facts.st_rdev)]
    xattrs = {
        name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)
    }
    if xattrs:
        node["xattrs"] = encoded(xattrs)
    return node, (facts.st_ino if facts.st_nlink > 1 and node["type"] != "dir" else None)


def walk(root):
    """{raw relative path: node} of everything below `root`, and the groups of paths that share an inode."""
    root = os.fsencode(root)
    nodes, inodes = {}, {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, root)
            nodes[relative], inode = node_of(path)
            if inode is not None:
                inodes.setdefault(inode, set()).add(relative)
    return nodes, {frozenset(group) for group in inodes.values() if len(group) > 1}


def unpacked(layout, tag, bundle):
    """Unpacks an OCI image by umoci and walks it."""
    tool("umoci", "unpack", "--image", f"{layout}:{tag}", bundle)
    return walk(pathlib.Path(bundle) / "rootfs")


def tree_of(root):
    """walk() as one dictionary with the root itself, each node of a hard-link group with the names of that group: two
    trees are the same when these are equal."""
    nodes, groups = walk(root)
    for group in groups:
        for path in group:
            nodes[path]["names"] = sorted(group)
    nodes[b"."], _ = node_of(root)
    return nodes


def canonical_tree(tree, mtime=lambda seconds: 0, owner=lambda uid, gid: (uid, gid)):
    """The tree that an image must have after `normalize` with a profile, given here as plain arithmetic."""
    changed = {}
    for path, node in tree.items():
        changed[path] = {**node, "mtime": mtime(node["mtime"])}
        changed[path]["uid"], changed[path]["gid"] = owner(node["uid"], node["gid"])
    return changed


def same_layout(first, second):
    """Whether two folders hold the same files with the same bytes."""
    listed = [
        {path.relative_to(root): path.read_bytes() for path in pathlib.Path(root).rglob("*") if not path.is_dir()}
        for root in (first, second)
    ]
    return listed[0] == listed[1]


def manifest_of(layout):
    """The manifest of the only image of an OCI layout."""
    layout = pathlib.Path(layout)
    index = json.loads((layout / "index.json").read_text())
    return json.loads(blob_path(layout, index["manifests"][0]["digest"]).read_text())


def blob_path(layout, digest):
    return pathlib.Path(layout) / "blobs" / digest.replace(":", "/")


def plain(blob):
    """The uncompressed bytes of a layer, by Python's zlib or the zstd tool."""
    if blob[:2] == b"\x1f\x8b":
        return gzip.decompress(blob)
    if blob[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=blob, capture_output=True, check=True).stdout
    return blob


def layer_of_paths(layout):
    """{raw path: index of the layer that put it there} of the merged tree, by tarfile."""
    owner = {}
    for index, layer in enumerate(manifest_of(layout)["layers"]):
        data = plain(blob_path(layout, layer["digest"]).read_bytes())
        with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
            members = [(os.fsencode(os.path.normpath(member.name).lstrip("/")), member.isdir()) for member in archive]
        for path, _ in members:  # a layer's whiteouts are about the layers below only
            folder, name = os.path.split(path)
            if name == b".wh..wh..opq":
                forget(owner, folder, keep_itself=True)
            elif name.startswith(b".wh."):
                forget(owner, os.path.join(folder, name[4:]))
        for path, is_folder in members:
            if path == b"." or os.path.basename(path).startswith(b".wh."):
                continue
            if not is_folder:
                forget(owner, path)
            owner[path] = index
    return owner


def forget(owner, path, keep_itself=False):
    """Removes a path and what is below it."""
    below = path + b"/" if path else b""
    for known in [known for known in owner if known.startswith(below) or (known == path and not keep_itself)]:
        del owner[known]
