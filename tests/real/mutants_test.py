"""A layer has another canonical form as soon as anything in it means something else: each fact that is kept, changed in
a real layer by Python's tarfile, gives digests of its own, and each fact that is dropped gives none."""
import copy
import re
import tarfile

import encodings_test
import harness
import tars


def has(key, value):
    return lambda info: info.pax_headers.__setitem__(key, value)


def lacks(key):
    return lambda info: info.pax_headers.__delitem__(key)


def sets(**fields):
    return lambda info: [setattr(info, field, value) for field, value in fields.items()]


def adds(field, number):
    return lambda info: setattr(info, field, getattr(info, field) + number)


CAPABILITY = "SCHILY.xattr.security.capability"
# A member of `published`'s layer of odd nodes, what is said about it, and how that is changed.
CHANGED_MEMBERS = (
    ("special/owned", "mode: others may read", adds("mode", 0o004)),
    ("special/setuid", "mode: no longer setuid", adds("mode", -0o4000)),
    ("special/shared", "mode: no longer sticky", adds("mode", -0o1000)),
    ("special/fifo", "mode of a fifo", adds("mode", 0o066)),
    ("special/null", "mode of a device", adds("mode", 0o022)),
    (".", "mode of the root", adds("mode", -0o055)),
    ("special/owned", "uid", adds("uid", 1)),
    ("special/owned", "uid that differs in its upper half only", adds("uid", 65536)),
    ("special/owned", "gid", adds("gid", -1)),
    ("links/dangling", "uid of a symlink", adds("uid", 1)),
    ("special/shared", "gid of a folder", adds("gid", 1)),
    ("special/capable", "another capability", has(CAPABILITY, "\x01\0\0\2\1" + "\0" * 15)),
    ("special/capable", "no capability", lacks(CAPABILITY)),
    ("special/setuid", "a new capability", has(CAPABILITY, "\x01\0\0\2\0\x20" + "\0" * 14)),
    ("special/capable", "another value of an attribute", has("SCHILY.xattr.user.note", "\0=")),
    ("special/capable", "another name of an attribute", has("SCHILY.xattr.user.other", "")),
    ("special/shared", "an access ACL", has("SCHILY.acl.access", "user::rwx,user:7:rwx,group::-,mask::rwx,other::-")),
    ("special/shared", "a default ACL", has("SCHILY.acl.default", "user::rwx,group::rwx,other::rwx")),
    ("links/dangling", "target of a symlink", sets(linkname="nowhere2")),
    ("links/absolute", "target of a symlink, relative", sets(linkname="links")),
    ("links/absolute", "target of a symlink, with a slash", sets(linkname="/links/")),
    ("links/long", "target of a symlink in byte 200", sets(linkname="x" * 199 + "y")),
    ("special/null", "minor", sets(devminor=5)),
    ("special/disk", "major", sets(devmajor=8)),
    ("special/null", "a block device", sets(type=tarfile.BLKTYPE)),
    ("special/fifo", "an empty file", sets(type=tarfile.REGTYPE)),
    ("special/empty", "a fifo", sets(type=tarfile.FIFOTYPE)),
    ("special/shared", "an empty file instead of a folder", sets(type=tarfile.REGTYPE)),
    ("links/dangling", "a hard link instead of a symlink", sets(type=tarfile.LNKTYPE, linkname="./elsewhere")),
    ("special/empty", "another name", sets(name="./special/Empty")),
    ("special/empty", "another folder", sets(name="./links/empty")),
    ("odd/gr\u00fc\u00dfe", "the same name to an eye, decomposed", sets(name="./odd/gru\u0308\u00dfe")),
)


def flip(content, place):
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


CHANGED_CONTENTS = (
    ("special/owned", "the first byte", lambda content: flip(content, 0)),
    ("special/holes", "the last byte of a hole", lambda content: flip(content, len(content) - 1)),
    ("special/holes", "a byte in the middle", lambda content: flip(content, len(content) // 2)),
    ("special/owned", "a zero at the end, which padding would hide", lambda content: content + b"\0"),
    ("special/owned", "empty", lambda content: b""),
    ("elsewhere", "content of a hard-link group", lambda content: content.upper()),
)
# Whiteouts say something to the layers below only: the layer's digest changes, its own merged tree does not.
ADDED = (
    ("special/.wh.gone", False),
    ("special/.wh.owned", False),
    ("special/.wh..wh..opq", False),
    (".wh..wh..opq", False),
    ("special/new", True),
)


class Mutants(encodings_test.EncodingsTestCase):
    """Each fact that is kept, changed in one real layer: every mutant has digests of its own."""

    def setUp(self):
        super().setUp()
        self.data = encodings_test.layer("published", 1)

    def members(self):
        return tars.load(self.data)

    def found(self, members, path):
        """The place of a member."""
        (place,) = [n for n, (info, _) in enumerate(members) if tars.clean(info.name) == path.encode()]
        return place

    def mutants(self):
        """(what, members, whether the merged tree changes too)"""
        for path, what, change in CHANGED_MEMBERS:
            members = self.members()
            place = self.found(members, path)
            change(members[place][0])
            if members[place][0].type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
                members[place][0].size = 0
            yield f"{path}: {what}", members, True
        for path, what, change in CHANGED_CONTENTS:
            members = self.members()
            place = self.found(members, path)
            content = change(members[place][1])
            members[place][0].size = len(content)
            members[place] = (members[place][0], content)
            yield f"{path}: {what}", members, True
        for path in ("special/empty", "links/dangling", "special/null", "special/fifo", "elsewhere", "special/shared"):
            members = self.members()
            place = self.found(members, path)
            if members[place][0].islnk() or path not in {m[0].linkname[2:] for m in members if m[0].islnk()}:
                del members[place]
                yield f"{path}: removed", members, True
        for path, in_tree in ADDED:
            members = self.members()
            info = tarfile.TarInfo(path)
            members.append((info, b""))
            yield f"{path}: added", members, in_tree
        yield "a hard link made a file with the same content", *self.broken_link()
        yield "a hard link to another file", *self.turned_link()

    def broken_link(self):
        members = self.members()
        place = next(n for n, (info, _) in enumerate(members) if info.islnk())
        master = self.found(members, tars.clean(members[place][0].linkname).decode())
        info = copy.copy(members[master][0])
        info.name = members[place][0].name
        members[place] = (info, members[master][1])
        return members, True

    def turned_link(self):
        members = self.members()
        place = next(n for n, (info, _) in enumerate(members) if info.islnk())
        link = members.pop(place)
        link[0].linkname = "./special/empty"
        return [*members, link], True

    def test_every_mutant_has_digests_of_its_own(self):
        original = self.digests_of(self.file(tars.store(self.members())))
        self.assertEqual(original, self.digests_of(self.file(self.data)))  # Python's rewriting alone changes nothing
        layers, trees, count = {original[0]: "the original"}, {original[1]: "the original"}, 0
        for what, members, in_tree in self.mutants():
            with self.subTest(mutant=what):
                digests = self.digests_of(self.file(tars.store(members)))
                self.assertNotIn(digests[0], layers, layers.get(digests[0]))
                layers[digests[0]] = what
                if in_tree:
                    self.assertNotIn(digests[1], trees, trees.get(digests[1]))
                    trees[digests[1]] = what
                else:
                    self.assertEqual(digests[1], original[1])
                count += 1
        self.assertGreaterEqual(count, 48)

    def test_one_byte_of_a_real_program(self):
        data = encodings_test.layer("published", 0)
        members = tars.load(data)
        place = max(range(len(members)), key=lambda n: len(members[n][1] or b""))
        original = self.digests_of(self.file(data))
        for byte in (0, len(members[place][1]) // 2, len(members[place][1]) - 1):
            with self.subTest(byte=byte):
                changed = list(members)
                changed[place] = (members[place][0], flip(members[place][1], byte))
                found = self.digests_of(self.file(tars.store(changed)))
                self.assertEqual([a == b for a, b in zip(original, found)], [False, False])

    def test_a_whiteout_of_a_real_layer(self):
        data = encodings_test.layer("umoci_layers", 1)
        members = tars.load(data)
        whiteouts = [n for n, (info, _) in enumerate(members) if tars.is_whiteout(tars.clean(info.name))]
        self.assertGreater(len(whiteouts), 2)
        layers = {self.digests_of(self.file(data))[0]}
        for place in whiteouts:
            self.assertNotIn(self.without(members, place), layers)
            layers.add(self.without(members, place))
            renamed = copy.copy(members[place][0])
            renamed.name += "x"
            layers.add(self.digests_of(self.file(tars.store([*members, (renamed, b"")])))[0])
        self.assertEqual(len(layers), 1 + 2 * len(whiteouts))

    def without(self, members, place):
        return self.digests_of(self.file(tars.store(members[:place] + members[place + 1 :])))[0]

    def test_what_a_profile_hides_changes_the_digest_of_another_profile_only(self):
        for field, what, hiding, showing in (
            ("mtime", 1234567890, (), ("--mtime", "keep")),
            ("mtime", 1600000000, ("--mtime", "clamp:1500000000"), ("--mtime", "clamp:1650000000")),
            ("uid", 77, ("--owner", "0:0"), ()),
            ("gid", 77, ("--owner", "map:77:4000000"), ("--owner", "map:78:4000000")),
        ):
            with self.subTest(field=field, hiding=hiding):
                members = self.members()
                setattr(members[self.found(members, "special/owned")][0], field, what)
                mutant, original = self.file(tars.store(members)), self.file(self.data)
                self.assertEqual(self.digests_of(mutant, *hiding), self.digests_of(original, *hiding))
                for one, other in zip(self.digests_of(mutant, *showing), self.digests_of(original, *showing)):
                    self.assertNotEqual(one, other)

    def test_what_is_dropped_changes_nothing(self):
        original = self.digests_of(self.file(self.data))
        for what, change in (
            ("names of owners", sets(uname="eve", gname="staff")),
            ("an SELinux label", has("SCHILY.xattr.security.selinux", "system_u:object_r:usr_t:s0\0")),
            ("an overlay attribute", has("SCHILY.xattr.trusted.overlay.opaque", "y")),
            ("an unknown record", has("SCHILY.ino", "4711")),
            ("a comment", has("comment", "built by hand")),
            ("bits of the type in the mode", adds("mode", 0o100000)),
        ):
            with self.subTest(dropped=what):
                members = self.members()
                change(members[self.found(members, "special/capable")][0])
                self.assertEqual(self.digests_of(self.file(tars.store(members))), original)

    def test_a_profile_is_named_in_the_digest(self):
        tar = self.file(self.data)
        hexes = set()
        for options, prefix in (
            ((), "sha256:"),
            (("--mtime", "zero", "--owner", "keep"), "sha256:"),
            (("--mtime", "keep"), "mtime=keep,owner=keep:sha256:"),
            (("--mtime", "clamp:7"), "mtime=clamp:7,owner=keep:sha256:"),
            (("--owner", "3:4"), "mtime=zero,owner=3:4:sha256:"),
            (("--owner", "map:9:1,0:5:2"), "mtime=zero,owner=map:0:5:2,9:1:sha256:"),
        ):
            with self.subTest(options=options):
                layer_id, tree_id = self.digests_of(tar, *options)
                self.assertRegex(layer_id, "^clf1:" + re.escape(prefix) + "[0-9a-f]{64}$")
                self.assertRegex(tree_id, "^crf1:" + re.escape(prefix) + "[0-9a-f]{64}$")
                hexes.add(layer_id[-64:])
        self.assertEqual(len(hexes), 5)


if __name__ == "__main__":
    harness.main()
