#!/usr/bin/env python3
"""Makes tests/vectors/canonical-layer-more.json: tar streams with the digests of their canonical forms (CLF-1, times zero),
and tests/vectors/canonical-rootfs-1.json: stacks of layers with the ids of their canonical trees (CRF-1) and layers.

A second implementation of docs/canonical-layer.md, on purpose: standard library only, nothing shared with the C++ code,
another method (it plays layers back into dictionaries of inodes instead of merging sorted listings). It reads only what its
own inputs and the given vectors hold; it is no general tar reader.

    make_vectors.py           writes the files
    make_vectors.py --check   compares what it would write with the files, and itself with the given vectors
"""
import base64
import decimal
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import urllib.parse
import zlib

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"
GIVEN, MORE = VECTORS / "canonical-layer-v1.json", VECTORS / "canonical-layer-more.json"
ROOTFS = VECTORS / "canonical-rootfs-1.json"
# Contradicts the document that it came with (see vectors_test.cpp).
WRONG = "diff-prefix_gnu_magic"
BLOCK = 512


class Rejected(Exception):
    pass


# --- building inputs -------------------------------------------------------------------------------------------------

def padded(data):
    return data + bytes(-len(data) % BLOCK)


def number(value, width):
    """Octal and NUL; base-256 where that does not fit."""
    digits = width - 1
    if value < 8**digits:
        return b"%0*o\0" % (digits, value)
    return b"\x80" + value.to_bytes(width - 1, "big")


def header(name, kind=b"0", mode=0o644, uid=0, gid=0, size=0, mtime=0, link=b"", magic=b"ustar\x0000", owner=(b"", b""),
           device=None, tail=b""):
    block = bytearray(BLOCK)

    def put(offset, data):
        block[offset:offset + len(data)] = data

    put(0, name[:100])
    put(100, number(mode, 8))
    put(108, number(uid, 8))
    put(116, number(gid, 8))
    put(124, number(size, 12))
    put(136, number(mtime, 12))
    put(148, b" " * 8)
    put(156, kind)
    put(157, link[:100])
    put(257, magic)
    put(265, owner[0])
    put(297, owner[1])
    if device:
        put(329, number(device[0], 8))
        put(337, number(device[1], 8))
    put(345, tail)
    put(148, b"%06o\0 " % sum(block))
    return bytes(block)


def pax_line(key, value):
    length = len(key) + len(value) + 3
    total = length + len(str(length))
    total = length + len(str(total))
    return b"%d %s=%s\n" % (total, key, value)


def records(pairs, kind=b"x"):
    body = b"".join(pax_line(k, v) for k, v in pairs)
    return header(b"PaxHeaders/1", kind, size=len(body)) + padded(body)


def entry(name, kind=b"0", body=b"", extended=(), **fields):
    fields.setdefault("mode", 0o755 if kind == b"5" else 0o644)
    fields.setdefault("size", len(body))
    front = records(extended) if extended else b""
    return front + header(name, kind, **fields) + padded(body)


def directory(name, **fields):
    return entry(name, b"5", **fields)


def symlink(name, target, **fields):
    return entry(name, b"2", link=target, **fields)


def hardlink(name, target, **fields):
    return entry(name, b"1", link=target, **fields)


def gnu_long(kind, text):
    return header(b"././@LongLink", kind, size=len(text) + 1, magic=b"ustar  \0") + padded(text + b"\0")


def archive(*members, end=2):
    return b"".join(members) + bytes(end * BLOCK)


# --- reading ---------------------------------------------------------------------------------------------------------

def text(field):
    return field.split(b"\0")[0]


def parse_number(field):
    if field[0] & 0x80:
        if field[0] & 0x40:
            raise Rejected("negative number")
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    digits = text(field.strip(b"\0 "))
    if digits.strip(b"01234567"):
        raise Rejected("number")
    return int(digits or b"0", 8)


def parse_pax(body):
    result = {}
    while body:
        count, space, _ = body.partition(b" ")
        if not space or not count.isdigit() or int(count) > len(body) or body[int(count) - 1:int(count)] != b"\n":
            raise Rejected("pax record")
        key, equals, value = body[len(count) + 1:int(count) - 1].partition(b"=")
        if not equals or not key or (key in (b"path", b"linkpath") and b"\0" in value):
            raise Rejected("pax record")
        result[key] = value
        body = body[int(count):]
    return result


def clean(name):
    parts = []
    for part in name.split(b"/"):
        if part == b"..":
            parts = parts[:-1]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


class Member:
    """One header as a runtime reads it."""

    def __init__(self, block, extended, long_name, long_link):
        keep = lambda key, field: extended.get(key) or field  # an empty value keeps the header's field
        self.kind = block[156:157]
        self.name, self.link = text(block[0:100]), text(block[157:257])
        magic = block[257:265]
        if magic.startswith(b"ustar\0") and text(block[345:500]):
            self.name = text(block[345:500]) + b"/" + self.name
        self.name = long_name or keep(b"path", self.name)
        self.link = long_link or keep(b"linkpath", self.link)
        self.mode = parse_number(block[100:108])
        self.uid = int(keep(b"uid", parse_number(block[108:116]))) & 0xFFFFFFFF
        self.gid = int(keep(b"gid", parse_number(block[116:124]))) & 0xFFFFFFFF
        exact = decimal.Decimal(extended.get(b"mtime", b"").decode() or parse_number(block[136:148]))
        self.mtime = int(exact.to_integral_value(decimal.ROUND_FLOOR))
        self.size = int(keep(b"size", parse_number(block[124:136])))
        self.device = (parse_number(block[329:337]), parse_number(block[337:345]))
        if self.kind == b"\0":
            self.kind = b"5" if self.name.endswith(b"/") else b"0"
        if self.kind in b"123456":
            self.size = 0
        self.body = b""
        self.path = clean(self.name)
        self.xattrs, self.acls, self.foreign, self.dropped = {}, {}, {}, []
        for key, value in extended.items():
            if key.startswith(b"SCHILY.xattr."):
                self.xattrs[key[13:]] = value
            elif key in (b"SCHILY.acl.access", b"SCHILY.acl.default"):
                self.acls[key] = value
            elif key.startswith(b"LIBARCHIVE.xattr."):
                raw = base64.b64decode(value + b"=" * (-len(value) % 4))
                name = urllib.parse.unquote_to_bytes(key[17:])
                if b"\0" not in name:
                    self.foreign[name] = raw
            elif key not in (b"path", b"linkpath", b"size", b"uid", b"gid", b"uname", b"gname", b"mtime", b"atime", b"ctime"):
                self.dropped.append(key)


def old_sparse(block, data):
    """GNU's first sparse format, up to four regions in the header: the content with its holes."""
    content = bytearray(parse_number(block[483:495]))
    at = 0
    for offset in range(386, 386 + 4 * 24, 24):
        if block[offset] == 0:
            break
        start, length = parse_number(block[offset:offset + 12]), parse_number(block[offset + 12:offset + 24])
        content[start:start + length] = data[at:at + length]
        at += length
    return bytes(content)


def read(tar):
    at, extended, long_name, long_link, members = 0, {}, b"", b"", []
    while at < len(tar):
        block = tar[at:at + BLOCK]
        at += BLOCK
        if not any(block):
            if any(tar[at:at + BLOCK]):
                raise Rejected("one zero block, then data")
            break
        if parse_number(block[148:156]) != sum(block[:148]) + 8 * 32 + sum(block[156:]):
            raise Rejected("checksum")
        kind = block[156:157]
        if kind in (b"x", b"g", b"L", b"K"):
            size = parse_number(block[124:136])
            body = tar[at:at + size]
            at += size + -size % BLOCK
            if kind == b"x":
                extended = parse_pax(body)
            elif kind == b"g":
                parse_pax(body)
            elif kind == b"L":
                long_name = text(body)
            else:
                long_link = text(body)
            continue
        if kind not in (b"\0", b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"S"):
            raise Rejected("typeflag")
        member = Member(block, extended, long_name, long_link)
        member.body = tar[at:at + member.size]
        if len(member.body) != member.size:
            raise Rejected("truncated")
        at += member.size + -member.size % BLOCK
        if kind == b"S":
            member.kind, member.body = b"0", old_sparse(block, member.body)
        if member.path.rsplit(b"/", 1)[-1] == b".wh.":
            raise Rejected("whiteout of nothing")
        members.append(member)
        extended, long_name, long_link = {}, b"", b""
    return members


# --- the canonical form ----------------------------------------------------------------------------------------------

class Node:
    def __init__(self, member):
        self.kind, self.link, self.body, self.device = member.kind, member.link, member.body, member.device
        self.xattrs, self.acls, self.foreign = dict(member.xattrs), dict(member.acls), dict(member.foreign)
        self.apply(member)

    def apply(self, member):
        """A header that is applied to the inode: the first one, and that of each link to it. Attributes only ever come."""
        self.mode, self.uid, self.gid, self.mtime = member.mode & 0o7777, member.uid, member.gid, member.mtime
        self.xattrs.update(member.xattrs)
        self.acls.update(member.acls)


class Profile:
    """Section 1: a policy for times and one for owners, by their spelling in an id."""

    def __init__(self, mtime="zero", owner="keep"):
        self.mtime, self.owner = mtime, owner

    def id(self, form, digest):
        named = "" if (self.mtime, self.owner) == ("zero", "keep") else f"mtime={self.mtime},owner={self.owner}:"
        return f"{form}:{named}sha256:{digest}"

    def time(self, seconds):
        if self.mtime == "zero":
            return 0
        limit = int(self.mtime[6:]) if self.mtime.startswith("clamp:") else seconds
        return min(max(seconds, 0), max(limit, 0))

    def owners(self, uid, gid):
        if self.owner == "keep":
            return uid, gid
        if not self.owner.startswith("map:"):
            return tuple(int(part) for part in self.owner.split(":"))
        ranges = [[int(part) for part in piece.split(":")] for piece in self.owner[4:].split(",")]

        def mapped(number):
            for first, to, *count in ranges:
                if first <= number < first + (count or [1])[0]:
                    return to + number - first
            return number

        return mapped(uid), mapped(gid)


def play(members, findings):
    """What the layer holds at its end: path to node."""
    held = {}
    for member in members:
        findings += [f"PAX_KEY_DROPPED {shown(member.path)} {shown(key)}" for key in member.dropped]
        target = held.get(clean(member.link)) if member.kind == b"1" else None
        old = held.get(member.path)
        if old is not None:
            findings.append(f"DUPLICATE_PATH {shown(member.path)}")
        if member.kind != b"5":
            for path in [p for p in held if p.startswith(member.path + b"/")]:
                del held[path]
        if target is not None:
            if (target.mode, target.uid, target.gid) != (member.mode & 0o7777, member.uid, member.gid):
                findings.append(f"HARDLINK_META_DIFFERS {shown(member.path)}")
            target.apply(member)
            held[member.path] = target
            continue
        if member.kind == b"1":
            member.link = clean(member.link)
            findings.append(f"HARDLINK_TARGET_NOT_IN_LAYER {shown(member.path)}")
        held[member.path] = Node(member)
    return held


def shown(data):
    return data.decode("utf-8", "backslashreplace")


def order(path):
    rank = lambda part: 0 if part == b".wh..wh..opq" else 1 if part.startswith(b".wh.") else 2
    return [(rank(part), part) for part in path.split(b"/")] if path else []


def canonical_member(path, kind, mode=0, owners=(0, 0), mtime=0, link=b"", body=b"", device=None, xattrs=(), acls=()):
    uid, gid = owners
    name = (path + b"/" if path else b"./") if kind == b"5" else path
    pairs = {b"SCHILY.xattr." + k: v for k, v in xattrs}
    pairs.update(acls)
    odd = []
    for key, value in ((b"path", name), (b"linkpath", link)):
        if len(value) > 100 or any(byte < 0x20 or byte > 0x7E for byte in value):
            pairs[key] = value
            odd.append(value)
    try:
        b"\n".join(odd).decode("utf-8")
    except UnicodeDecodeError:
        pairs[b"hdrcharset"] = b"BINARY"
    for key, value, width in ((b"size", len(body), 12), (b"uid", uid, 8), (b"gid", gid, 8)):
        if value >= 8**(width - 1):
            pairs[key] = b"%d" % value
    front = b""
    if pairs:
        lines = b"".join(pax_line(key, pairs[key]) for key in sorted(pairs))
        front = header(b"././@PaxHeader", b"x", 0o644, size=len(lines)) + padded(lines)
    return front + header(name, kind, mode, uid, gid, len(body), mtime, link, device=device) + padded(body)


def canonical(tar, findings, profile=Profile()):
    """CLF-1 of one layer."""
    return written(play(read(tar), findings), profile, findings)


def written(held, profile, findings):
    """Sections 4 to 6: the stream of a dictionary of paths."""
    out, carriers = [], {}
    for path in sorted(held, key=order):
        node, base = held[path], path.rsplit(b"/", 1)[-1]
        if base.startswith(b".wh."):
            if base.startswith(b".wh..wh.") and base != b".wh..wh..opq":
                findings.append(f"AUFS_METADATA_DROPPED {shown(path)}")
            else:
                out.append(canonical_member(path, b"0"))
            continue
        mode = 0o777 if node.kind == b"2" else node.mode
        # No canonical layer can say that a directory which none lists belongs to someone, so no profile gives it away.
        owners = (0, 0) if isinstance(node, Implied) else profile.owners(node.uid, node.gid)
        mtime = profile.time(node.mtime)
        if id(node) in carriers:
            out.append(canonical_member(path, b"1", mode, owners, mtime, carriers[id(node)]))
            continue
        if node.kind == b"1" and node.link in held and order(node.link) < order(path):
            raise Rejected("external link to a path that is written before it")  # section 3, rule 4
        carriers[id(node)] = path
        xattrs = {**node.foreign, **node.xattrs}
        for name in sorted(xattrs):
            if name == b"security.selinux" or name.startswith((b"trusted.overlay.", b"user.overlay.")):
                findings.append(f"XATTR_DROPPED {shown(path)} {shown(name)}")
                del xattrs[name]
        out.append(canonical_member(path, node.kind, mode, owners, mtime, node.link if node.kind in (b"1", b"2") else b"",
                                    node.body, node.device if node.kind in (b"3", b"4") else None, xattrs.items(),
                                    node.acls.items()))
    return b"".join(out) + bytes(2 * BLOCK)


# --- the canonical tree ----------------------------------------------------------------------------------------------

class Implied(Node):
    """A directory that no layer lists."""

    def __init__(self):
        super().__init__(Member(header(b"./", b"5", 0o755), {}, b"", b""))


def remove_below(tree, path):
    for gone in [p for p in tree if p and p != path and (not path or p.startswith(path + b"/"))]:
        del tree[gone]


def remove(tree, path):
    remove_below(tree, path)
    tree.pop(path, None)


def link_to_lower(tree, held):
    """Links that no member of their own layer explains join an inode of the layers below; their headers are applied to it."""
    joined = {}
    for path, node in held.items():
        if node.kind != b"1" or path.rsplit(b"/", 1)[-1].startswith(b".wh."):
            continue
        if id(node) not in joined:
            target = tree.get(node.link)
            if target is None or target.kind == b"5":
                raise Rejected("hard link to nothing")
            target.apply(node)
            joined[id(node)] = target
        held[path] = joined[id(node)]


def put(tree, path, node):
    parts = path.split(b"/")
    for count in range(1, len(parts)):
        above = b"/".join(parts[:count])
        if above not in tree or tree[above].kind != b"5":
            tree[above] = Implied()
    if node.kind != b"5":
        remove_below(tree, path)
    tree[path] = node


def apply_layer(tree, held):
    link_to_lower(tree, held)
    for path in held:
        parent, _, base = path.rpartition(b"/")
        if base == b".wh..wh..opq":
            remove_below(tree, parent)
        elif base.startswith(b".wh.") and not base.startswith(b".wh..wh."):
            remove(tree, parent + b"/" + base[4:] if parent else base[4:])
    for path in sorted(held, key=order):
        if path == b"":
            if held[path].kind == b"5":
                tree[path] = held[path]
        elif not path.rsplit(b"/", 1)[-1].startswith(b".wh."):
            put(tree, path, held[path])


def canonical_tree(layers, profile=Profile()):
    """CRF-1 of a stack, bottom first. Whiteouts mean lower layers only, so the order inside a layer does not matter."""
    tree = {b"": Implied()}
    for layer in layers:
        apply_layer(tree, play(read(layer), []))
    return written(tree, profile, [])


# --- the vectors -----------------------------------------------------------------------------------------------------

def by_tarfile():
    """An archive that CPython wrote: the inputs are not all of one hand."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, kind in (("./", tarfile.DIRTYPE), ("./etc", tarfile.DIRTYPE), ("./etc/\u00fcber.conf", tarfile.REGTYPE),
                           ("./etc/link", tarfile.SYMTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.mtime, info.uname, info.gname = kind, 0o755, 1700000000.25, "root", "wheel"
            info.linkname = "\u00fcber.conf" if kind == tarfile.SYMTYPE else ""
            info.size = 5 if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(b"hello") if info.size else None)
    return out.getvalue()


def sparse_member():
    """16 bytes of data at 0, a hole, 4 bytes at 8192, a hole up to 20000."""
    regions = b"".join(number(value, 12) for value in (0, 16, 8192, 4))
    tail = bytes(386 - 345) + regions + bytes(2 * 24) + b"\0" + number(20000, 12)
    return entry(b"holes", b"S", b"0123456789abcdefTAIL", magic=b"ustar  \0", tail=tail)


def vectors():
    xattr = lambda name, value: (b"SCHILY.xattr." + name, value)
    name100, name101 = b"n" * 100, b"m" * 101
    yield "each-type", archive(
        directory(b"t/"), entry(b"t/file", body=b"x"), hardlink(b"t/hard", b"t/file"), symlink(b"t/soft", b"file"),
        entry(b"t/char", b"3", device=(1, 3)), entry(b"t/block", b"4", device=(8, 0)), entry(b"t/fifo", b"6", mode=0o600))
    yield "name-of-100-and-101-bytes", archive(entry(name100, body=b"1"), gnu_long(b"L", name101),
                                               entry(name101, body=b"2", magic=b"ustar  \0"))
    yield "directory-name-of-99-100-with-slash", archive(
        directory(b"d" * 98 + b"/"), directory(b"e" * 99 + b"/"),
        directory(b"f", extended=[(b"path", b"f" * 100 + b"/")]), directory(b"prefixed/", tail=b"p" * 60))
    yield "long-link", archive(gnu_long(b"K", b"../" * 40 + b"x"), symlink(b"s", b"", magic=b"ustar  \0"),
                               symlink(b"t", b"l" * 100), entry(b"u", b"2", extended=[(b"linkpath", b"l" * 101)]))
    yield "link-not-ascii", archive(symlink(b"s", "stra\u00dfe".encode()), symlink(b"d", b"tab\there"), symlink(b"e", b"del\x7f"))
    yield "name-not-utf8", archive(entry(b"caf\xe9", body=b"1"), symlink(b"s", b"\xff\xfe"), directory(b"\xc3\xa9/"),
                                   entry(b"\xc3\xa9/\xed\xa0\x80", body=b"surrogate"), entry(b"\xc0\x80"))
    yield "uid-gid-edges", archive(
        entry(b"a", uid=2097151, gid=2097151), entry(b"b", uid=2097152, gid=0), entry(b"c", uid=0, gid=2097152),
        entry(b"d", extended=[(b"uid", b"4294967294"), (b"gid", b"4294967294")]))
    yield "times-do-not-matter", archive(
        entry(b"a", mtime=8**11 - 1), entry(b"b", extended=[(b"mtime", b"-12.5"), (b"atime", b"1"), (b"ctime", b"2.25")]),
        entry(b"c", mtime=2**40))
    yield "special-mode-bits", archive(
        directory(b"setgid/", mode=0o42775), directory(b"sticky/", mode=0o41777), entry(b"setuid", mode=0o104755),
        directory(b"all/", mode=0o7777), entry(b"none", mode=0), symlink(b"link", b"x", mode=0o120644))
    yield "xattr-order", archive(entry(b"f", body=b"x", extended=[
        xattr(b"user.b", b"2"), xattr(b"user.B", b"1"), xattr(b"user.a", b"line\nline=\0end"), (b"uid", b"2097152"),
        xattr(b"security.capability", b"\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), xattr(b"user.empty", b"")]))
    yield "xattr-record-length-edge", archive(*(
        entry(b"f%d" % count, extended=[xattr(b"user.x", b"v" * count)]) for count in (74, 75, 76, 77, 973, 974, 975)))
    yield "acl-access-and-default", archive(directory(b"d/", extended=[
        xattr(b"user.z", b"z"), (b"SCHILY.acl.default", b"user::rwx,group::r-x,other::---"),
        (b"SCHILY.acl.access", b"user::rwx,user:1000:rwx,group::r-x,mask::rwx,other::r-x"),
        xattr(b"system.posix_acl_access", b"\2\0\0\0")]))
    yield "libarchive-xattr", archive(entry(b"f", extended=[
        (b"LIBARCHIVE.xattr.user.only%20here", base64.b64encode(b"decoded!").rstrip(b"=")),
        (b"LIBARCHIVE.xattr.user.both", base64.b64encode(b"loses").rstrip(b"=")), xattr(b"user.both", b"wins")]))
    yield "xattrs-of-the-host-dropped", archive(directory(b"d/", extended=[
        xattr(b"trusted.overlay.opaque", b"y"), xattr(b"user.overlay.origin", b"o"), xattr(b"security.selinux", b"label\0"),
        xattr(b"security.selinux2", b"kept"), xattr(b"trusted.overlayx", b"kept"), xattr(b"security.ima", b"kept")]))
    yield "unknown-records-dropped", archive(entry(b"f", extended=[
        (b"comment", b"c"), (b"SCHILY.dev", b"1"), (b"SCHILY.fflags", b"nodump"), (b"VENDOR.key", b"v"), (b"uname", b"joe")]))
    yield "hard-link-chain", archive(entry(b"m", body=b"data"), hardlink(b"z", b"m"), hardlink(b"a", b"./z"), hardlink(b"k", b"/a"))
    yield "hard-link-to-symlink", archive(symlink(b"s", b"target", uid=5), hardlink(b"r", b"s", uid=5))
    yield "hard-link-header-has-another-mode", archive(entry(b"a", body=b"1", mode=0o600),
                                                       hardlink(b"b", b"a", mode=0o4755, uid=1, gid=2))
    yield "hard-link-adds-xattr-keeps-acl", archive(
        entry(b"a", body=b"1", extended=[xattr(b"user.a", b"old"), xattr(b"user.c", b"c"),
                                         (b"SCHILY.acl.access", b"user::rw-,user:7:rw-")]),
        hardlink(b"b", b"a", extended=[xattr(b"user.a", b"new"), xattr(b"user.b", b"b")]))
    yield "hard-link-in-the-middle-adds-xattr", archive(
        entry(b"a", body=b"1", mode=0o755), hardlink(b"b", b"a", mode=0o755, extended=[xattr(b"security.capability", b"\1\0\0\2cap")]),
        hardlink(b"c", b"a", mode=0o755), entry(b"d", extended=[xattr(b"user.d", b"d")]), hardlink(b"e", b"d"))
    yield "hard-link-external-and-late-target", archive(hardlink(b"a", b"./lower//file", mode=0o640), hardlink(b"b", b"c"),
                                                        entry(b"c", body=b"too late"))
    yield "hard-link-to-late-target-that-sorts-earlier", archive(hardlink(b"b", b"a"), entry(b"a", body=b"too late"))
    yield "hard-link-whose-first-name-was-replaced", archive(
        entry(b"a", body=b"old", mode=0o600), hardlink(b"b", b"a", mode=0o600), hardlink(b"c", b"b", mode=0o600),
        symlink(b"a", b"b"))
    yield "file-sweeps-directory", archive(
        directory(b"a/"), entry(b"a/x", body=b"1"), directory(b"a/d/"), entry(b"a/d/y", body=b"2"), entry(b"a.c"),
        entry(b"a", body=b"now a file"))
    yield "directory-over-file", archive(entry(b"a", body=b"file"), directory(b"a/", mode=0o700), entry(b"a/x", body=b"1"))
    yield "file-between-two-directories-sweeps", archive(
        directory(b"a/"), entry(b"a/gone", body=b"1"), symlink(b"a", b"elsewhere"), directory(b"a/", mode=0o711),
        entry(b"a/stays", body=b"2"))
    yield "duplicate-directory-last-attributes", archive(
        directory(b"d/", mode=0o700, uid=1), entry(b"d/x", body=b"stays"), directory(b"./d", mode=0o1777, gid=9))
    yield "whiteouts-in-subdirectory", archive(
        entry(b"a/!", body=b"1"), entry(b"a/.wh.x"), entry(b"a/.wh..wh..opq"), entry(b"a/-", body=b"2"),
        entry(b"a/.wh.!"), directory(b"a/"), entry(b".wh.zz"), entry(b".a"))
    yield "whiteout-with-owner-and-mode", archive(
        entry(b".wh.gone", body=b"junk", mode=0o4755, uid=1, gid=2, mtime=3, extended=[xattr(b"user.x", b"y")]),
        entry(b"d/.wh..wh..opq", b"3", device=(0, 0)))
    yield "aufs-metadata", archive(entry(b".wh..wh.aufs"), directory(b".wh..wh.plnk/"), directory(b".wh..wh.orph/"), entry(b"f"))
    yield "order-around-slash", archive(*(entry(name) for name in (
        b"so.c", b"so-bar", b"so!", b"so0", b"so\xff", b"so\x01", b"so/foo.c", b"so/foo/y", b"so/foo-bar", b"so/foo!", b"so/\x7f",
        b"s", b"S", b"\xff")), directory(b"so/"), directory(b"so/foo/"), entry(b"so/foo/x"))
    yield "root-only", archive(directory(b"./", mode=0o700, uid=3))
    yield "root-by-other-names", archive(directory(b"/"), directory(b".//", mode=0o1755, gid=4), entry(b"//usr/./bin//x"))
    yield "fifo-and-device-edges", archive(
        entry(b"p", b"6", mode=0o10622), entry(b"b", b"4", device=(2097151, 2097152)), entry(b"c", b"3", device=(4095, 1048575)),
        entry(b"f", device=(7, 7)))
    yield "old-header-directory", archive(
        entry(b"dir/", b"\0", magic=bytes(8)), entry(b"file", b"\0", body=b"x", magic=bytes(8)), entry(b"odd/", b"0", body=b"y"))
    yield "trailing-zero-blocks", archive(entry(b"f", body=b"x" * 512), entry(b"g", body=b"y" * 513), end=20)
    yield "no-end-marker", archive(entry(b"f", body=b"x"), end=0)
    yield "gnu-sparse", archive(sparse_member())
    yield "global-header-ignored", archive(records([(b"comment", b"c" * 40)], b"g"), entry(b"f", body=b"x"))
    yield "written-by-python", by_tarfile()
    yield "reject-whiteout-of-nothing", archive(entry(b"d/.wh."))
    yield "reject-checksum", archive(entry(b"f")[:1] + b"g" + entry(b"f")[2:])
    yield "reject-type-of-vendor", archive(entry(b"f", b"V"))
    yield "reject-truncated", entry(b"f", body=b"x" * 600)[:BLOCK + 100]
    digit8 = header(b"f").replace(b"0000644", b"0000648")
    yield "reject-digit-8", archive(digit8[:148] + b"%06o\0 " % (int(digit8[148:154], 8) + 4) + digit8[156:])


def stacks():
    """Names, layers from the bottom up, and a profile where it is not the default."""
    xattr = lambda name, value: (b"SCHILY.xattr." + name, value)
    base = archive(directory(b"etc/", mode=0o750, uid=7), entry(b"etc/a", body=b"1"), entry(b"etc/b", body=b"2"),
                   directory(b"var/"), directory(b"var/lib/", mode=0o700), entry(b"var/lib/x", body=b"x"))
    yield "no-layers", []
    yield "empty-layers", [archive(), archive(end=20)]
    yield "one-layer-root-not-listed", [base]
    yield "root-listed-last-one-wins", [
        archive(directory(b"./", mode=0o700, uid=1, extended=[xattr(b"user.old", b"gone")]), entry(b"f")),
        archive(entry(b"g")), archive(entry(b"h"), directory(b"/", mode=0o1755, gid=2, extended=[xattr(b"user.new", b"there")]))]
    yield "implied-parents", [archive(entry(b"a/b/c", body=b"x"), entry(b"a/d/e")), archive(symlink(b"a/b/z/l", b"../c"))]
    yield "implied-below-is-listed-above", [archive(entry(b"a/b/c")), archive(directory(b"a/b/", mode=0o711, gid=5))]
    yield "listed-below-is-implied-above", [base, archive(entry(b"etc/c"), entry(b"var/lib/y"))]
    yield "upper-directory-has-only-its-own-attributes", [
        archive(directory(b"d/", mode=0o700, uid=1, extended=[xattr(b"user.lower", b"1"), (b"SCHILY.acl.default", b"user::rwx")]),
                entry(b"d/x")), archive(directory(b"d/", mode=0o755, extended=[xattr(b"user.upper", b"2")]))]
    yield "whiteouts-of-file-directory-and-nothing", [
        base, archive(entry(b"etc/.wh.a"), entry(b".wh.var"), entry(b"etc/.wh.never"), entry(b"etc/.wh.b.c"))]
    yield "whiteout-then-back-in-a-later-layer", [
        base, archive(entry(b".wh.var")), archive(entry(b"var/lib/x", body=b"new")), archive(entry(b"etc/.wh.a"), entry(b"etc/c"))]
    yield "whiteout-and-same-file-in-one-layer", [
        base, archive(entry(b"etc/.wh.a"), entry(b"etc/a", body=b"stays")), archive(entry(b"etc/b", body=b"stays"), entry(b"etc/.wh.b"))]
    yield "whiteout-of-directory-that-is-listed-again", [
        base, archive(directory(b"var/", mode=0o711), entry(b"var/y", body=b"y"), entry(b".wh.var"))]
    yield "whiteout-before-what-implies-its-directory", [base, archive(entry(b".wh.var"), entry(b"var/lib/y", body=b"y"))]
    yield "whiteout-after-what-implies-its-directory", [base, archive(entry(b"var/lib/y", body=b"y"), entry(b".wh.var"))]
    yield "opaque-directory-listed", [
        base, archive(directory(b"etc/", mode=0o555), entry(b"etc/.wh..wh..opq"), entry(b"etc/c", body=b"3"))]
    yield "opaque-directory-not-listed-keeps-its-attributes", [base, archive(entry(b"etc/.wh..wh..opq"), entry(b"etc/c", body=b"3"))]
    yield "opaque-before-what-implies-a-directory-below", [base, archive(entry(b"var/.wh..wh..opq"), entry(b"var/lib/y", body=b"y"))]
    yield "opaque-after-what-implies-a-directory-below", [base, archive(entry(b"var/lib/y", body=b"y"), entry(b"var/.wh..wh..opq"))]
    yield "opaque-root", [archive(directory(b"./", mode=0o711), directory(b"d/"), entry(b"d/x")),
                          archive(entry(b".wh..wh..opq"), entry(b"e/f", body=b"1"))]
    yield "types-replace-each-other", [
        archive(directory(b"a/"), entry(b"a/x"), directory(b"b/"), entry(b"b/x"), entry(b"c", body=b"c"), symlink(b"d", b"c"),
                directory(b"e/"), entry(b"e/x/y")),
        archive(entry(b"a", body=b"file"), symlink(b"b", b"a"), directory(b"c/", mode=0o700), directory(b"d/"), entry(b"d/x"),
                entry(b"e", b"6"))]
    yield "names-that-begin-alike-stay", [
        archive(directory(b"a/"), entry(b"a/x"), entry(b"a.c"), entry(b"a-b"), entry(b"ab/x"), entry(b"a!")), archive(entry(b".wh.a"))]
    yield "last-of-equal-names-in-one-layer", [
        base, archive(entry(b"etc/a", body=b"first"), entry(b"./etc//a", body=b"last", mode=0o600), directory(b"var/", mode=0o700),
                      directory(b"var/", mode=0o705))]
    yield "hard-links-carrier-removed-above", [
        archive(entry(b"a", body=b"data", mode=0o640, uid=3, gid=4), hardlink(b"b", b"a", mode=0o640, uid=3, gid=4),
                hardlink(b"c", b"b", mode=0o640, uid=3, gid=4)), archive(entry(b".wh.a"))]
    yield "hard-link-replaced-above-leaves-its-group", [
        archive(entry(b"a", body=b"data"), hardlink(b"b", b"a"), hardlink(b"c", b"a")), archive(entry(b"b", body=b"data"))]
    yield "hard-link-whose-carrier-sorts-last", [archive(entry(b"z/data", body=b"1")), archive(
        entry(b"z/one", body=b"2"), hardlink(b"m", b"z/one", mode=0o600), hardlink(b"a/deep/b", b"z/one", mode=0o604, uid=9))]
    yield "hard-link-to-lower-file", [
        archive(entry(b"a", body=b"data", mode=0o600, extended=[xattr(b"user.a", b"1"), xattr(b"user.c", b"3")])),
        archive(hardlink(b"b", b"./a", mode=0o4755, uid=1, gid=2, extended=[xattr(b"user.a", b"2"), xattr(b"user.b", b"2")]))]
    yield "hard-links-of-three-layers", [
        archive(entry(b"d/a", body=b"data")), archive(hardlink(b"c", b"d/a", mode=0o600), hardlink(b"e", b"c", mode=0o640)),
        archive(hardlink(b"b", b"e", mode=0o644), entry(b"d/.wh.x"))]
    yield "hard-link-to-lower-file-that-is-removed-later", [
        archive(entry(b"a", body=b"data")), archive(hardlink(b"b", b"a")), archive(entry(b".wh.a"))]
    yield "dropped-attributes-and-aufs", [
        archive(entry(b".wh..wh.aufs"), directory(b".wh..wh.plnk/"), entry(b"f", extended=[
            xattr(b"security.selinux", b"label\0"), xattr(b"user.kept", b"v"), xattr(b"security.capability", b"\1\0\0\2cap")])),
        archive(directory(b"d/", extended=[xattr(b"trusted.overlay.opaque", b"y"), xattr(b"user.overlay.origin", b""), (b"comment", b"c"),
                                           (b"LIBARCHIVE.xattr.user.foreign", b"aGk")]))]
    yield "devices-and-overlay-whiteout-is-none", [
        archive(entry(b"null", b"3", device=(1, 3)), entry(b"pipe", b"6", mode=0o10622), entry(b"gone")),
        archive(entry(b"gone", b"3", device=(0, 0)), entry(b"sda", b"4", device=(8, 0), mode=0o60660))]
    yield "names-long-and-odd", [
        archive(entry(b"d/caf\xe9", body=b"1"), gnu_long(b"L", b"l" * 120 + b"/" + b"m" * 130),
                entry(b"short", body=b"2", magic=b"ustar  \0"), entry("\u00fc/\u00e4".encode(), body=b"3")),
        archive(entry(b"d/.wh.caf\xe9"), entry(b"d/cafe"), entry("\u00fc/u\u0308".encode()))]
    one = [entry(b"a/x", body=b"1", mtime=5), hardlink(b"a/y", b"a/x", mtime=5), directory(b"b/", mode=0o700), symlink(b"s", b"a")]
    yield "cut-one-layer", [archive(directory(b"a/"), *one)]
    yield "cut-same-tree-other-layers", [
        archive(symlink(b"s", b"elsewhere"), entry(b"a/x", body=b"1"), entry(b"old/er")),
        archive(hardlink(b"a/y", b"a/x"), entry(b".wh.old")), archive(entry(b"b", body=b"file")),
        archive(directory(b"./b", mode=0o700), entry(b"s", b"2", link=b"a", owner=(b"root", b"root")))]
    times = archive(directory(b"./", mtime=40), entry(b"old", body=b"1", mtime=10, uid=1000, gid=1000),
                    entry(b"new", body=b"2", mtime=5_000_000_000, uid=1001, gid=100), hardlink(b"linked", b"new", mtime=77, uid=70_000),
                    entry(b"half", extended=[(b"mtime", b"1700000000.75")], uid=65_534), entry(b"before", extended=[(b"mtime", b"-0.5")]),
                    entry(b"implied/far", mtime=2**35, gid=2**21))
    upper = archive(symlink(b"s", b"old", mtime=99, uid=1000), entry(b".wh.half", mtime=3, uid=1000), entry(b"late/r", mtime=100, uid=1999))
    for mtime, owner in (("keep", "keep"), ("clamp:1700000000", "keep"), ("clamp:0", "0:0"), ("zero", "1000:100"), ("zero", "4294967294:0"),
                         ("keep", "map:0:100000,1000:0:1000"), ("clamp:50", "map:65534:2097152,70000:5:2")):
        yield f"profile-{mtime}-{owner}".replace(":", "_").replace(",", "-"), [times, upper], Profile(mtime, owner)
    yield "reject-hard-link-to-nothing", [base, archive(hardlink(b"l", b"nowhere"))]
    yield "reject-hard-link-to-lower-directory", [base, archive(hardlink(b"l", b"etc"))]
    yield "reject-one-layer-of-two", [base, archive(entry(b"etc/.wh."))]


def packed(data):
    return base64.b64encode(zlib.compress(data, 9)).decode()


def described_stack(name, layers, profile=Profile()):
    vector = {"name": name, "layers_zlib_b64": [packed(layer) for layer in layers], "mtime": profile.mtime, "owner": profile.owner}
    try:
        form = canonical_tree(layers, profile)
    except Rejected as reason:
        return {**vector, "reject": str(reason)}
    forms = [canonical(layer, [], profile) for layer in layers]
    kept = Profile("keep", "keep")
    assert canonical_tree(forms, kept) == form, f"{name}: canonical layers have another tree than their sources"
    assert canonical_tree([form], kept) == form, f"{name}: the canonical tree, taken as a layer, has another tree"
    digest = lambda data: hashlib.sha256(data).hexdigest()
    return {**vector, "crf1": profile.id("crf1", digest(form)), "canonical_len": len(form),
            "clf1": [profile.id("clf1", digest(layer)) for layer in forms]}


def described(name, tar):
    vector = {"name": name, "input_zlib_b64": packed(tar)}
    findings = []
    try:
        form = canonical(tar, findings)
    except Rejected as reason:
        vector["reject"] = str(reason)
        return vector
    again = canonical(form, [])
    assert again == form, f"{name}: the canonical form of the canonical form differs"
    vector.update(clf1_zero=hashlib.sha256(form).hexdigest(), canonical_len=len(form), findings=sorted(findings))
    return vector


def unpacked(vector):
    """A vector without the accidents of one zlib's compression."""
    inflate = lambda value: [inflate(v) for v in value] if isinstance(value, list) else zlib.decompress(base64.b64decode(value))
    return {key: inflate(value) if key.endswith("_zlib_b64") else value for key, value in vector.items()}


def check(made):
    complaints = []
    for vector in json.loads(GIVEN.read_text()):
        ours = described(vector["name"], unpacked(vector)["input_zlib_b64"])
        if vector["name"] != WRONG and ("reject" in ours, ours.get("clf1_zero")) != ("reject" in vector, vector.get("clf1_zero")):
            complaints.append(f"{vector['name']}: given {vector.get('clf1_zero', 'reject')}, this script {ours.get('clf1_zero', 'reject')}")
    for file, list_of_vectors in made.items():
        stored = {v["name"]: unpacked(v) for v in json.loads(file.read_text())}
        fresh = {v["name"]: unpacked(v) for v in list_of_vectors}
        assert len(fresh) == len(list_of_vectors), "two vectors of one name"
        complaints += [f"{name}: {file.name} differs from this script" for name in sorted(stored.keys() | fresh.keys())
                       if stored.get(name) != fresh.get(name)]
    print("\n".join(complaints) or f"{sum(map(len, made.values()))} vectors in order")
    return 1 if complaints else 0


def main():
    made = {MORE: [described(name, tar) for name, tar in vectors()], ROOTFS: [described_stack(*stack) for stack in stacks()]}
    if "--check" in sys.argv[1:]:
        return check(made)
    for file, list_of_vectors in made.items():
        file.write_text(json.dumps(list_of_vectors, indent=1) + "\n")
        print(f"{file.name}: {len(list_of_vectors)} vectors written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
