"""Our tar reader against Go, GNU tar, CPython and libarchive.

(a) Every case of tests/support/tar_cases*.cpp: we refuse exactly what Go refuses (and what the table names as refused for
    the runtimes' sake), give exactly Go's members where it accepts, and say `ambiguous` wherever a third reader sees other
    members.
(b) Mutants of the cases, with right checksums: the same for Go alone.
(c) Random well-formed archives made by GNU tar, bsdtar and CPython: all readers agree.

usage: differential_test.py TAR_DUMP WRITE_TAR_CASES LIBARCHIVE_DUMP GO_SOURCE [SEED]
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import archives
import readers

AMBIGUOUS = 2
# Go would write a tebibyte of zeros into its hash.
TOO_BIG_FOR_GO = {"sparse_hole_of_a_tebibyte"}
# Where a third reader differs and we say less than `ambiguous`, and why that is enough.
HARMLESS = {
    "minor_beyond_32_bits": "T13 is a finding: GNU tar refuses the number, nobody shows another file",
    "pax_mtime_least": "T13 likewise",
    "global_last": "CPython stumbles over a global header at the very end",
    "nothing": "a zero-byte layer is a finding by spec 1.1",
    "padding_truncated": "a finding by spec 3.1 (508): Go tolerates it, others refuse",
    "padding_missing": "likewise",
}
# CPython 3.11 shows the placeholder names of GNU tar's pax sparse members.
CPYTHON_CANNOT = ("gnu-sparse-0.1", "gnu-sparse-1.0")


def clean(name):
    parts = []
    for part in name.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def comparable(entry, keys):
    """The facts of an entry under `keys`, in the one form that all readers can give."""
    facts = {}
    for key in keys:
        if key not in entry:
            continue
        value = entry[key]
        if key == "name":
            value = clean(value)
        elif key == "link":
            value = b"" if entry["type"] not in ("symlink", "hardlink") else value
            if entry["type"] == "hardlink" and b".." not in value.split(b"/"):
                value = clean(value)
        elif key == "size" and entry["type"] != "file":
            continue
        elif key == "mode":
            value &= 0o7777
            if entry["type"] == "symlink":
                continue  # bsdtar and GNU tar disagree, and Linux ignores it
        elif key in ("uid", "gid"):
            value &= 0xFFFFFFFF
        elif key in ("major", "minor"):
            value = value & 0xFFFFFFFF if entry["type"] in ("char", "block") else 0
        facts[key] = value
    return facts


FOR_GO = ("name", "link", "type", "size", "mode", "uid", "gid", "uname", "gname", "mtime", "major", "minor", "sha256",
          "xattrs")
FOR_OTHERS = ("name", "link", "type", "size", "mode", "uid", "gid", "sha256")


def difference(ours, theirs, keys):
    """A sentence about the first difference, or None."""
    if len(ours) != len(theirs):
        return f"{len(ours)} members here, {len(theirs)} there: " + repr([e["name"] for e in theirs])
    for mine, its in zip(ours, theirs):
        common = [key for key in keys if key in mine and key in its]
        left, right = comparable(mine, common), comparable(its, common)
        for key in common:
            if key in left and key in right and left[key] != right[key]:
                return f"{mine['name']!r}: {key} is {left[key]!r} here, {right[key]!r} there"
    return None


def members(listing):
    return [entry for entry in listing["entries"] if entry["type"] != "global"]


def check_case(name, verdict, ours, go, complaints):
    if (verdict == "accept") != (ours["error"] is None):
        complaints.append(f"{name}: the table says {verdict}, we say {ours['error'] or 'accepted'}")
    if go is None:
        return
    if (verdict == "refuse") != (go["error"] is not None):
        complaints.append(f"{name}: the table says {verdict}, Go says {go['error'] or 'accepted'}")
    if ours["error"] is None and go["error"] is None:
        found = difference(ours["entries"], members(go), FOR_GO)
        if found:
            complaints.append(f"{name}: differs from Go: {found}")


def check_others(name, ours, others, complaints):
    """Where a third reader sees other members than we show, we must say so."""
    if ours["error"] is not None or AMBIGUOUS in ours["oddities"].values():
        return
    for who, listing in others.items():
        found = difference(ours["entries"], listing["entries"], FOR_OTHERS)
        if found is None and listing["error"]:
            found = "refused: " + listing["error"].strip().split("\n")[0]
        if found and name not in HARMLESS:
            complaints.append(f"{name}: not ambiguous, but {who}: {found}")


def others_of(path, libarchive):
    return {"CPython": readers.read_python(path), "GNU tar": readers.read_gnu(path), "libarchive": libarchive[path]}


def run_cases(tools, directory, complaints):
    subprocess.run([tools["cases"], directory], check=True)
    index = [line.split() for line in (pathlib.Path(directory) / "index.txt").read_text().splitlines()]
    path_of = {name: f"{directory}/{name}.tar" for name, _ in index}
    ours = readers.run_json(tools["dump"], list(path_of.values()))
    go = {}
    if tools["go"]:
        go = readers.run_json(tools["go"], [path for name, path in path_of.items() if name not in TOO_BIG_FOR_GO])
    libarchive = readers.run_json(tools["libarchive"], [p for n, p in path_of.items() if n not in TOO_BIG_FOR_GO])
    for name, verdict in index:
        path = path_of[name]
        check_case(name, verdict, ours[path], go.get(path), complaints)
        if name not in TOO_BIG_FOR_GO:
            check_others(name, ours[path], others_of(path, libarchive), complaints)
    return len(index)


def mutant_of(rng, content):
    """Some bytes of some blocks changed, and every header checksum made right again."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(data))
        if rng.random() < 0.8:  # mostly in the fields of some block
            at = at // 512 * 512 + rng.choice([rng.randrange(0, 20), rng.randrange(100, 160), rng.randrange(257, 360),
                                               rng.randrange(386, 512)])
        if at < len(data):
            data[at] = rng.choice([0, 32, 47, 48, 49, 55, 56, 0x80, 0xFF, ord("x"), ord("S"), ord("="), 10, rng.randrange(256)])
    for start in range(0, len(data) - 511, 512):
        block = data[start:start + 512]
        if any(block) and block[148:156].strip(b"\0 01234567") == b"" and block[154] == 0:
            block[148:156] = b" " * 8
            data[start + 148:start + 156] = b"%06o\0 " % sum(block)
    return bytes(data)


def run_mutants(tools, directory, seed, complaints, count=3000):
    """Needs the cases to lie in `directory` already."""
    if not tools["go"]:
        return 0
    rng = random.Random(seed)
    originals = sorted(path for path in pathlib.Path(directory).glob("*.tar") if 0 < path.stat().st_size < 8192)
    paths = []
    for number in range(count):
        path = pathlib.Path(directory) / f"mutant-{number}.tar"
        path.write_bytes(mutant_of(rng, rng.choice(originals).read_bytes()))
        paths.append(str(path))
    ours, go = readers.run_json(tools["dump"], paths), readers.run_json(tools["go"], paths)
    for path in paths:
        mine, its = ours[path], go[path]
        if "oracle" in (its["error"] or "") or mine.get("kind") in ("unsupported", "over-limit"):
            continue
        if mine["error"] and ("containerd refuses" in mine["error"]):
            continue
        found = None
        if (mine["error"] is None) != (its["error"] is None):
            found = f"{mine['error'] or 'accepted'} here, {its['error'] or 'accepted'} there"
        elif mine["error"] is None:
            found = difference(mine["entries"], members(its), FOR_GO)
        if found:
            complaints.append(f"{pathlib.Path(path).name} (seed {seed}): Go: {found}")
    return len(paths)


def run_archives(tools, directory, seed, complaints):
    paths = archives.make_all(directory, seed)
    ours = readers.run_json(tools["dump"], paths)
    go = readers.run_json(tools["go"], paths) if tools["go"] else {}
    libarchive = readers.run_json(tools["libarchive"], paths)
    for path in paths:
        name = pathlib.Path(path).name
        if ours[path]["error"]:
            complaints.append(f"{name}: refused: {ours[path]['error']}")
            continue
        if path in go:
            if go[path]["error"]:
                complaints.append(f"{name}: Go refuses it: {go[path]['error']}")
            found = difference(ours[path]["entries"], members(go[path]), FOR_GO)
            if found:
                complaints.append(f"{name}: differs from Go: {found}")
        for who, listing in others_of(path, libarchive).items():
            if who == "CPython" and name.startswith(CPYTHON_CANNOT):
                continue
            found = difference(ours[path]["entries"], listing["entries"], FOR_OTHERS) or listing["error"]
            if found:
                complaints.append(f"{name}: {who}: {found}")
        weighty = [code for code, weight in ours[path]["oddities"].items() if weight == AMBIGUOUS and code != "sparse"]
        if weighty:
            complaints.append(f"{name}: an ordinary archive must not be ambiguous: {weighty}")
    return len(paths)


def main():
    dump, cases, libarchive, go_source = sys.argv[1:5]
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    with tempfile.TemporaryDirectory(prefix="touchstone-differential-") as directory:
        tools = {"dump": dump, "cases": cases, "libarchive": libarchive, "go": None}
        if shutil.which("go"):
            tools["go"] = f"{directory}/go_tar_oracle"
            subprocess.run(["go", "build", "-o", tools["go"], go_source], check=True,
                           env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": f"{directory}/go"})
        elif os.environ.get("CI") == "true":
            sys.exit("no Go here, and CI skips nothing: scripts/setup.sh --tests installs it")
        else:
            print("SKIPPED: no Go here; compared with the other readers only")
        complaints = []
        count = run_cases(tools, f"{directory}/cases", complaints)
        mutants = run_mutants(tools, f"{directory}/cases", seed, complaints)
        made = run_archives(tools, f"{directory}/archives", seed, complaints)
    print("\n".join(complaints))
    print(f"{count} cases, {mutants} mutants, {made} random archives (seed {seed}), {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
