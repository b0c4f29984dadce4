"""The readers of the differential test, each as a function from paths to {path: Listing}. A Listing is None where the
reader refuses, else a list of dicts with raw-byte names. What one reader cannot tell is absent from its dicts."""
import hashlib
import json
import os
import re
import subprocess
import tarfile

BATCH = 50


def run_json(program, paths):
    """The programs that print JSON lines: tar_dump, go_tar_oracle, libarchive_dump."""
    results, current = {}, None
    for start in range(0, len(paths), BATCH):
        batch = paths[start:start + BATCH]
        output = subprocess.run([program, *batch], check=True, stdout=subprocess.PIPE, timeout=600).stdout
        for line in output.splitlines():
            value = json.loads(line)
            if "file" in value:
                current = {"entries": [], "error": None, "oddities": {}}
                results[bytes.fromhex(value["file"]).decode()] = current
            elif "error" in value:
                current["error"] = bytes.fromhex(value["error"]).decode(errors="replace")
                current["kind"] = value.get("kind")
            elif "oddity" in value:
                current["oddities"][value["oddity"]] = value["weight"]
            else:
                for key in ("name", "link", "uname", "gname"):
                    if key in value:
                        value[key] = bytes.fromhex(value[key])
                current["entries"].append(value)
    return results


def read_python(path):
    """CPython's tarfile."""
    kinds = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.LNKTYPE: "hardlink", tarfile.SYMTYPE: "symlink",
             tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block", tarfile.DIRTYPE: "dir", tarfile.FIFOTYPE: "fifo",
             tarfile.GNUTYPE_SPARSE: "file", tarfile.CONTTYPE: "file"}
    entries = []
    try:
        with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
            for member in archive:
                kind = kinds.get(member.type, "unknown")
                digest = hashlib.sha256(archive.extractfile(member).read()).hexdigest() if kind == "file" else ""
                entries.append({"name": os.fsencode(member.name), "link": os.fsencode(member.linkname), "type": kind,
                                "size": member.size, "mode": member.mode & 0o7777, "uid": member.uid, "gid": member.gid,
                                "sha256": digest})
    except Exception as error:  # whatever it is, it refuses
        return {"entries": entries, "error": str(error)}
    return {"entries": entries, "error": None}


GNU_LINE = re.compile(
    rb"(?P<type>.)(?P<mode>[-rwxsStT]{9})\S* (?P<uid>-?\d+)/(?P<gid>-?\d+) +(?P<size>[\d,]+) "
    rb"(?P<date>\S+ \S+) +(?P<name>.*)")


def unescape(text):
    return re.sub(rb"\\([0-7]{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else
                  {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}.get(m[1], m[1]),
                  text)


def permissions(text):
    bits = sum(1 << (8 - at) for at, letter in enumerate(text) if letter in b"rwxst")
    return bits | sum(extra for at, extra in ((2, 0o4000), (5, 0o2000), (8, 0o1000)) if text[at] in b"sStT")


def read_gnu(path):
    """GNU tar's listing: names, types, sizes, modes and owners, no content."""
    done = subprocess.run(["tar", "-tvf", path, "--numeric-owner", "--full-time", "--quoting-style=escape", "--utc"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"}, timeout=60)
    kinds = {b"-": "file", b"d": "dir", b"l": "symlink", b"h": "hardlink", b"c": "char", b"b": "block", b"p": "fifo"}
    entries = []
    for line in done.stdout.split(b"\n")[:-1]:
        match = GNU_LINE.match(line)
        if not match:
            return {"entries": entries, "error": "unreadable listing: " + repr(line)}
        kind, name, link = kinds.get(match["type"], "unknown"), match["name"], b""
        if kind == "symlink":
            name, _, link = name.partition(b" -> ")
        elif kind == "hardlink":
            name, _, link = name.partition(b" link to ")
        entry = {"name": unescape(name), "link": unescape(link), "type": kind, "mode": permissions(match["mode"]),
                 "uid": int(match["uid"]), "gid": int(match["gid"])}
        if kind == "file":
            entry["size"] = int(match["size"])
        entries.append(entry)
    return {"entries": entries, "error": done.stderr.decode(errors="replace") if done.returncode else None}
