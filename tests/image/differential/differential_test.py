"""Our tar reader against Go, GNU tar, CPython and libarchive.

(a) Every case of tests/support/tar_cases*.cpp: we refuse exactly what Go refuses (and what the table names as refused for
    the runtimes' sake), give exactly Go's members where it accepts, and say `ambiguous` wherever a third reader sees other
    members.
(b) Random well-formed archives made by GNU tar, bsdtar and CPython: all readers agree.

usage: differential_test.py TAR_DUMP WRITE_TAR_CASES LIBARCHIVE_DUMP GO_SOURCE [SEED]
"""
import os
import pathlib
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
        else:
            print("no Go here: compared with the other readers only")
        complaints = []
        count = run_cases(tools, f"{directory}/cases", complaints)
        made = run_archives(tools, f"{directory}/archives", seed, complaints)
    print("\n".join(complaints))
    print(f"{count} cases, {made} random archives (seed {seed}), {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
