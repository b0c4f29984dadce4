"""What `touchstone normalize` has to tell of a tar, counted by CPython's tarfile: one method for each kind of change
that GNU tar's output gives rise to, by what docs/canonical-layer.md says of it."""
import decimal
import io
import itertools
import tarfile

import tars

BLOCK = 512
GNU_MAGIC = b"ustar  \0"


def sort_key(path):
    """docs/canonical-layer.md, section 4."""
    if path == b".":
        return []
    return [(0 if c == b".wh..wh..opq" else 1 if c.startswith(b".wh.") else 2, c) for c in path.split(b"/")]


def stored_name(path, is_folder):
    """Section 5, stored names."""
    return b"./" if path == b"." else path + (b"/" if is_folder else b"")


class Input:
    """The members of a tar by tarfile, and what is to be counted of them."""

    def __init__(self, data, keep_times=False):
        self.data, self.keep_times = data, keep_times
        with tarfile.open(fileobj=io.BytesIO(data), **tars.TEXT) as archive:
            self.members = archive.getmembers()
        self.paths = [tars.clean(info.name) for info in self.members]

    def header(self, info):
        return self.data[info.offset_data - BLOCK :][:BLOCK]

    def raw_name(self, info):
        """tarfile takes the slash off a folder's name; where the header holds the whole name, that is as written."""
        if "path" in info.pax_headers:
            return info.pax_headers["path"].encode(**tars.TEXT)
        field = self.header(info)[:100].rstrip(b"\0")
        return field if len(field) < 100 else info.name.encode(**tars.TEXT) + (b"/" if info.isdir() else b"")

    def mtime(self):
        """Times that become others: all but zero, or under `keep` those with a fraction."""
        exact = [decimal.Decimal(info.pax_headers.get("mtime", int(info.mtime))) for info in self.members]
        return sum(time % 1 != 0 if self.keep_times else time != 0 for time in exact)

    def owner_names(self):
        return sum(bool(info.uname or info.gname) for info in self.members)

    def atime_ctime(self):
        return sum("atime" in info.pax_headers or "ctime" in info.pax_headers for info in self.members)

    def path_spelling(self):
        return sum(
            self.raw_name(info) != stored_name(path, info.isdir()) for info, path in zip(self.members, self.paths)
        )

    def dialect(self):
        """Headers with GNU's magic; any other spelling is told of only where nothing else of the entry changes."""
        return sum(self.header(info)[257:265] == GNU_MAGIC for info in self.members)

    def order(self):
        return sum(sort_key(a) > sort_key(b) for a, b in itertools.pairwise(self.paths))

    def hardlink_carrier(self):
        """Paths that are the first of their group in canonical order and links here, or the other way round."""
        groups = {}
        for info, path in zip(self.members, self.paths):
            groups.setdefault(tars.clean(info.linkname) if info.islnk() else path, []).append((info.islnk(), path))
        count = 0
        for group in groups.values():
            first = min((path for _, path in group), key=sort_key)
            count += sum(is_link != (path != first) for is_link, path in group)
        return count

    def padding(self):
        """Once, if other than two blocks of zeros stand at the end."""
        last = self.members[-1]
        end = last.offset_data + (-(-last.size // BLOCK) * BLOCK if last.isreg() else 0)
        tail = self.data[end:]
        if tail.strip(b"\0"):
            raise AssertionError("not only zeros at the end")
        return int(len(tail) != 2 * BLOCK)

    def owners(self, field, target):
        return sum(getattr(info, field) != target for info in self.members)

    KINDS = ("mtime", "owner-names", "atime-ctime", "path-spelling", "dialect", "order", "hardlink-carrier", "padding")

    def summary(self):
        counts = {kind: getattr(self, kind.replace("-", "_"))() for kind in self.KINDS}
        return {kind: count for kind, count in counts.items() if count}
