"""Layer tars read and rewritten by GNU tar, bsdtar and CPython's tarfile: three implementations that share no code with
each other or with this project. What they agree on is what a tar says."""
import copy
import io
import math
import os
import pathlib
import random
import stat
import subprocess
import tarfile

import truth
from harness import tool

TEXT = {"encoding": "utf-8", "errors": "surrogateescape"}
LOCALE = {**os.environ, "LC_ALL": "C.UTF-8"}  # bsdtar converts names by the locale
FACTS = ("SCHILY.xattr.", "SCHILY.acl.")  # the pax records that say something tarfile's fields do not
TYPES = {
    tarfile.SYMTYPE: stat.S_IFLNK,
    tarfile.CHRTYPE: stat.S_IFCHR,
    tarfile.BLKTYPE: stat.S_IFBLK,
    tarfile.DIRTYPE: stat.S_IFDIR,
    tarfile.FIFOTYPE: stat.S_IFIFO,
}


def clean(name):
    """A member's name as the path that it means, in bytes."""
    return os.path.normpath(name.encode(**TEXT).lstrip(b"/") or b".")


def is_whiteout(path):
    return os.path.basename(path).startswith(b".wh.")


def load(data):
    """[(TarInfo, content)] of a tar. Of the pax records only those are kept that have no field of their own, so that
    what a test changes in a field is what is written."""
    members = []
    with tarfile.open(fileobj=io.BytesIO(data), **TEXT) as archive:
        for info in archive:
            content = archive.extractfile(info).read() if info.isreg() else None
            kept = copy.copy(info)
            kept.mtime = whole_seconds(info)
            kept.pax_headers = {key: value for key, value in info.pax_headers.items() if key.startswith(FACTS)}
            members.append((kept, content))
    return members


def whole_seconds(info):
    """From the record's text, since a float rounds .9999999999 up."""
    return int(info.pax_headers["mtime"].split(".")[0]) if "mtime" in info.pax_headers else math.floor(info.mtime)


def store(members, format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, **TEXT) as archive:
        for info, content in members:
            archive.addfile(info, None if content is None else io.BytesIO(content))
    return out.getvalue()


def tree(data):
    """The tree of one tar by tarfile, in the words of truth.tree_of. Whiteouts are files, as for any tar reader."""
    nodes, masters = {}, {}
    for info, content in load(data):
        path = clean(info.name)
        if path in nodes:
            raise AssertionError(f"{path!r} twice: what that means is not for a tar reader to say")
        if info.islnk():
            masters[path] = masters.get(clean(info.linkname), clean(info.linkname))
            nodes[path] = nodes[masters[path]]
        else:
            nodes[path] = node(info, content)
    groups = {}
    for path, master in masters.items():
        groups.setdefault(master, {master}).add(path)
    for master, group in groups.items():
        nodes[master]["names"] = sorted(group)
    return nodes


def node(info, content):
    kind = truth.KINDS[TYPES.get(info.type, stat.S_IFREG)]
    facts = {"type": kind, "mode": f"{info.mode & 0o7777:04o}", "uid": info.uid, "gid": info.gid, "mtime": info.mtime}
    if kind == "file":
        facts.update(size=len(content), content=truth.sha256(content))
    elif kind == "symlink":
        facts.update(link=info.linkname.encode(**TEXT), mode="0777")
    elif kind in ("char", "block"):
        facts["device"] = [info.devmajor, info.devminor]
    prefix = "SCHILY.xattr."
    xattrs = {k[len(prefix) :]: v.encode(**TEXT) for k, v in info.pax_headers.items() if k.startswith(prefix)}
    if xattrs:
        facts["xattrs"] = truth.encoded(xattrs)
    return facts


def merged(layout):
    """The tree of an image by tarfile, layers applied as the OCI image-spec (layer.md) describes it."""
    nodes, inodes = {}, {}
    for index, layer in enumerate(truth.manifest_of(layout)["layers"]):
        added = tree(truth.plain(truth.blob_path(layout, layer["digest"]).read_bytes()))
        for path in filter(is_whiteout, added):  # about the layers below only
            folder, name = os.path.split(path)
            opaque = name == b".wh..wh..opq"
            truth.forget(nodes, folder if opaque else os.path.join(folder, name[4:]), keep_itself=opaque)
        for path, facts in added.items():
            if is_whiteout(path):
                continue
            if facts["type"] != "dir":
                truth.forget(nodes, path)
            nodes[path] = {key: value for key, value in facts.items() if key != "names"}
            inodes[path] = (index, facts["names"][0]) if "names" in facts else None
    groups = {}
    for path in nodes:
        if inodes[path]:
            groups.setdefault(inodes[path], []).append(path)
    for group in groups.values():
        if len(group) > 1:
            for path in group:
                nodes[path]["names"] = sorted(group)
    return nodes


def extracted_by_gnu_tar(tar, target, xattrs=True):
    os.mkdir(target)
    options = ["--xattrs", "--xattrs-include=*"] if xattrs else []
    tool("tar", "-C", target, "--numeric-owner", "--same-owner", *options, "-xpf", tar)


def extracted_by_bsdtar(tar, target):
    os.mkdir(target)
    tool("bsdtar", "-C", target, "--numeric-owner", "--same-owner", "--xattrs", "-xpf", tar, env=LOCALE)


def gnu_tar(*options, backwards=False):
    """A writer of those paths of a folder that a list names, by GNU tar."""

    def write(folder, tar, paths):
        names = listed(tar, paths, backwards)
        tool("tar", "-C", folder, "--no-recursion", *options, "--null", "-T", names, "-cf", tar)

    return write


def bsdtar(*options):
    def write(folder, tar, paths):
        names = listed(tar, paths)
        tool("bsdtar", "-C", folder, "--no-recursion", *options, "--null", "-T", names, "-cf", tar, env=LOCALE)

    return write


def listed(tar, paths, backwards=False):
    """A file with the names. Backwards: children before their folders, and another name first for each inode."""
    return written(f"{tar}.list", b"\0".join(b"./" + path for path in sorted(paths, reverse=backwards)))


def shuffled(members, seed, prefix=""):
    """Another order, another name first in each hard-link group, prefixes, owner names: nothing that means anything."""
    plain = prefix.replace("none/../", "")  # a target with ".." means no other name (CLF-1, R13)
    members = [(copy.copy(info), content) for info, content in members]
    contents = {info.name: (info, content) for info, content in members if not info.islnk()}
    random.Random(seed).shuffle(members)
    first = {}
    for place, (info, _) in enumerate(members):
        master = info.linkname if info.islnk() else info.name
        original, content = contents[master]
        if master not in first:
            first[master] = plain + info.name
            named, info = prefix + info.name, copy.copy(original)
            info.name, info.size = named, len(content or b"")
            members[place] = (info, content)
        else:
            info.type, info.linkname, info.pax_headers = tarfile.LNKTYPE, first[master], {}
            info.name, info.size = prefix + info.name, 0
            members[place] = (info, None)
        info.uname, info.gname = f"user{seed}", f"group{seed}"
    return members


def zstd(*options):
    return lambda data: subprocess.run(
        ["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True
    ).stdout


def written(path, data):
    path = pathlib.Path(path)
    path.write_bytes(data)
    return path
