"""Where the files of the benchmark's images come from: Debian's packages, npm's registry, a seeded generator. Each
source is an iterable of (TarInfo, file or None) that can be gone through twice; `write_layers` makes the tars of one
build of it."""
import io
import json
import pathlib
import random
import shutil
import subprocess
import tarfile

FIRST_BUILD = 1_700_000_000
SECOND_BUILD = 1_710_000_000
CHANGED = 10  # files that differ between two builds
REBUILT = 300  # and where explaining is timed: "hundreds" (issue 5)
# About 1 GB in 17,000 files; the quick one about 160 MB. The suite moves on, so that two machines have the same kind of
# files, not the same bytes: what is compared is measured on one machine.
DEBIAN = {
    "full": ["apt", "g++,git,python3,perl,openjdk-17-jdk-headless,nodejs,cmake,gdb"],
    "quick": ["essential", "perl,python3-minimal"],
}
# 98,000 files in the full list (2026), 24,000 in the quick one; what these depend on is the registry's choice of the
# day.
NPM_QUICK = {
    "aws-sdk": "2.1629.0",
    "core-js": "3.37.1",
    "date-fns": "3.6.0",
    "googleapis": "137.1.0",
    "lodash": "4.17.21",
    "next": "14.2.3",
    "react": "18.3.1",
    "react-dom": "18.3.1",
    "rxjs": "7.8.1",
}
NPM = {
    "quick": NPM_QUICK,
    "full": NPM_QUICK
    | {
        "@angular/cli": "17.3.8",
        "@mui/icons-material": "5.15.18",
        "@mui/material": "5.15.18",
        "jest": "29.7.0",
        "react-scripts": "5.0.1",
        "typescript": "5.4.5",
        "webpack": "5.91.0",
    },
}


class TarSource:
    """The members of a tar as a build would hold them: no device nodes, at most `limit` members."""

    def __init__(self, path, limit=None):
        self.path, self.limit = path, limit

    def __iter__(self):
        with tarfile.open(self.path, "r|") as archive:
            for number, member in enumerate(archive):
                if number == self.limit:
                    return
                archive.members = []  # else it keeps every one of them
                if not member.isdev():
                    yield member, archive.extractfile(member) if member.isreg() else None


class Generated:
    """Many small files, up to 312 bytes each: the worst case, more headers than contents."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        dice = random.Random(4)
        for number in range(self.count):
            if number % 1000 == 0:
                folder = tarfile.TarInfo(f"data/{number // 1000:04}")
                folder.type, folder.mode = tarfile.DIRTYPE, 0o755
                yield folder, None
            member = tarfile.TarInfo(f"data/{number // 1000:04}/file-{number:07}.txt")
            body = f"{number:07}\n".encode() * dice.randrange(40)
            member.size, member.mode = len(body), 0o644
            yield member, io.BytesIO(body)


def debian(target, scale):
    """A root file system as a tar, by mmdebstrap."""
    variant, packages = DEBIAN[scale]
    draft = target.with_suffix(".draft.tar")
    subprocess.run(
        ["mmdebstrap", "--quiet", f"--variant={variant}", "--dpkgopt=force-unsafe-io", f"--include={packages}"]
        + ["bookworm", str(draft)],
        check=True,
    )
    draft.rename(target)


def npm(target, scale):
    """A node_modules folder as a tar: sorted, owned by root."""
    folder = target.with_suffix(".draft")
    folder.mkdir(exist_ok=True)
    package = {"name": "bench", "version": "1.0.0", "private": True, "dependencies": NPM[scale]}
    (folder / "package.json").write_text(json.dumps(package))
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps", "--omit=optional"]
    subprocess.run(["npm", "install", "--silent", *options], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    owner = ["--sort=name", "--numeric-owner", "--owner=0", "--group=0"]
    subprocess.run(["tar", *owner, "-cf", folder / "out.tar", "node_modules"], cwd=folder, check=True)
    (folder / "out.tar").rename(target)
    shutil.rmtree(folder)


def survey(source):
    """Bytes of all members with their headers, the names that hard links lead to (what the second build changes has
    none, which would differ under its other name, too), and how many files lie between two that are changed."""
    total, count, linked = 0, 0, set()
    for member, _ in source:
        total += member.size + 1024
        count += member.isreg() and member.size > 0
        if member.islnk():
            linked.add(member.linkname)
    step = max(1, count // CHANGED)
    return total, linked, step


def flipped(file):
    data = bytearray(file.read())
    data[len(data) // 2] ^= 1
    return io.BytesIO(data)


class SecondBuild:
    """Other times, and one byte of every `step`-th file."""

    edit = staticmethod(flipped)

    def __init__(self, linked, step, count=CHANGED):
        self.linked, self.step, self.number, self.left, self.count = linked, step, 0, count, count

    def __call__(self, member, file):
        member.mtime = SECOND_BUILD
        if not (member.isreg() and member.size > 0):
            return file, False
        self.number += 1
        if self.number < self.step // 2 + self.step * (self.count - self.left) or not self.left:
            return file, False
        if member.name in self.linked:
            return file, False  # the next one, then
        self.left -= 1
        return self.edit(file), True


def rebuilt(file):
    """What a second build changes of a file: the time in a gzip header or a pyc, a date in a text; elsewhere a byte."""
    data = bytearray(file.read())
    if data[:2] == b"\x1f\x8b" and len(data) > 18:
        data[4:8] = SECOND_BUILD.to_bytes(4, "little")
    elif data[2:4] == b"\r\n" and len(data) > 16:
        data[8:12] = SECOND_BUILD.to_bytes(4, "little")
    elif b"\0" not in data[:4096] and len(data) > 40:
        data[-25:-1] = b"built 2024-03-09 16:00:0"  # the size stays: the member's header is written already
    else:
        data[len(data) // 2] ^= 1
    return io.BytesIO(data)


class Rebuild(SecondBuild):
    """Hundreds of files that differ as those of two builds do."""

    edit = staticmethod(rebuilt)

    def __init__(self, linked, step):
        super().__init__(linked, max(1, step * CHANGED // REBUILT), REBUILT)


class LayerDraft:
    """One layer while it is written, with what the floor needs to know of it."""

    def __init__(self, path):
        self.path, self.written, self.sizes, self.changed = path, 0, [], []
        self.archive = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)

    def add(self, member, file, changed):
        for name in ("mtime", "atime", "ctime"):
            member.pax_headers.pop(name, None)  # these would win over the fields
        self.archive.addfile(member, file)
        self.archive.members = []
        self.written += member.size + 1024
        if member.isreg():
            self.sizes.append(member.size)
        if changed:
            self.changed.append(member.name.removeprefix("./"))

    def close(self, contents, diff_id):
        """Keeps the sizes of the contents and the names of what was changed under the name of the diffID."""
        (contents / f"{diff_id}.sizes").write_text("".join(f"{size}\n" for size in self.sizes))
        notes = {"files": len(self.sizes), "uncompressed": self.path.stat().st_size, "changed": self.changed}
        (contents / f"{diff_id}.json").write_text(json.dumps(notes))


def first_build(member, file):
    member.mtime = FIRST_BUILD
    return file, False


def write_layers(folder, source, count, total, edit):
    """The members in their order, cut into `count` tars of about equal size; a hard link stays with its file."""
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    drafts = [LayerDraft(pathlib.Path(folder) / f"layer{number}.tar") for number in range(count)]
    homes, current = {}, 0
    for member, file in source:
        if drafts[current].written >= total / count and current + 1 < count:
            current += 1
        file, changed = edit(member, file)
        if count > 1 and member.isreg():
            homes[member.name] = current
        drafts[homes.get(member.linkname, current) if member.islnk() else current].add(member, file, changed)
    for draft in drafts:
        draft.archive.close()
    return drafts
