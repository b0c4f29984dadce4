"""Makes fixtures/malformed/<defect>.tar: layers that every runtime refuses, one defect each, small enough to commit.
Independent of the C++ builder, so that the two check each other. With --check it compares instead of writing.

usage: make_malformed.py [--check] DIRECTORY
"""
import pathlib
import sys

BLOCK = 512
END = bytes(2 * BLOCK)


def octal(value, width):
    return b"%0*o\0" % (width - 1, value)


def checksum(block):
    return sum(block[:148]) + 8 * 32 + sum(block[156:])


def header(name=b"f", *, size=0, type=b"0", link=b"", magic=b"ustar\x0000", patches=()):
    block = bytearray(BLOCK)
    fields = [(0, name), (100, octal(0o644, 8)), (108, octal(0, 8)), (116, octal(0, 8)), (124, octal(size, 12)),
              (136, octal(0, 12)), (156, type), (157, link), (257, magic), *patches]
    for offset, text in fields:
        block[offset:offset + len(text)] = text
    if not any(offset == 148 for offset, _ in patches):
        block[148:156] = b"%06o\0 " % checksum(block)
    return bytes(block)


def padded(body):
    return body + bytes(-len(body) % BLOCK)


def member(body=b"", **fields):
    return header(size=len(body), **fields) + padded(body)


def pax(records, type=b"x"):
    return member(records, name=b"././@PaxHeader", type=type)


def record(key, value):
    length = len(key) + len(value) + 4
    while len(b"%d %s=%s\n" % (length, key, value)) != length:
        length += 1
    return b"%d %s=%s\n" % (length, key, value)


def sparse(map_text, data):
    records = record(b"GNU.sparse.major", b"1") + record(b"GNU.sparse.minor", b"0") + record(b"GNU.sparse.realsize", b"20")
    return pax(records) + member(padded(map_text) + data)


FILE = member(b"four")
DEFECTS = {
    "checksum-wrong": header(patches=[(148, b"000000\0 ")]) + END,
    "size-not-octal": header(patches=[(124, b"0000000009\0")]) + END,
    "size-negative": header(patches=[(124, b"\xff" * 12)]) + END,
    "size-overflow": header(patches=[(124, b"\x80" + b"\xff" * 11)]) + END,
    "mode-not-octal": header(patches=[(100, b"rw-r--r-")]) + END,
    "device-not-octal": header(patches=[(329, b"xxxxxxxx")]) + END,
    "truncated-header": FILE + header()[:300],
    "truncated-content": FILE[:514],
    "one-zero-block": FILE + bytes(BLOCK) + member(name=b"evil") + END,
    "garbage-between-members": FILE + b"g" * BLOCK + END,
    "type-contiguous": header(type=b"7") + END,
    "type-solaris-acl": header(type=b"A") + END,
    "type-volume-label": header(type=b"V", magic=b"ustar  \0") + END,
    "type-multivolume": header(type=b"M", magic=b"ustar  \0") + END,
    "type-incremental-directory": header(type=b"D", magic=b"ustar  \0") + END,
    "pax-length-wrong": pax(b"99 path=b\n") + FILE + END,
    "pax-no-newline": pax(b"9 path=bX") + FILE + END,
    "pax-no-equals": pax(b"9 path b\n") + FILE + END,
    "pax-empty-key": pax(b"6 =ab\n") + FILE + END,
    "pax-trailing-nuls": pax(record(b"path", b"b") + bytes(3)) + FILE + END,
    "pax-nul-in-path": pax(record(b"path", b"b\0c")) + FILE + END,
    "pax-nul-in-key": pax(record(b"a\0b", b"c")) + FILE + END,
    "pax-size-blank": pax(record(b"size", b" 4")) + FILE + END,
    "pax-size-negative": pax(record(b"size", b"-4")) + FILE + END,
    "pax-mtime-words": pax(record(b"mtime", b"now")) + FILE + END,
    "global-malformed": pax(b"9 path b\n", type=b"g") + FILE + END,
    "sparse-type-in-ustar": header(type=b"S") + END,
    "sparse-under-mapped": sparse(b"1\n0\n4\n", b"fourmore") + END,
    "sparse-over-mapped": sparse(b"1\n0\n9\n", b"four") + END,
    "sparse-overlap": sparse(b"2\n0\n4\n2\n4\n", b"fourmore") + END,
    "sparse-beyond-size": sparse(b"1\n18\n4\n", b"four") + END,
    "sparse-map-cut": sparse(b"9\n0\n4\n", b"") + END,
    "whiteout-of-nothing": member(name=b".wh.") + END,
    "whiteout-of-dot": member(name=b"d/.wh..") + END,
    "whiteout-of-dot-dot": member(name=b".wh...") + END,
    "text": b"This is no archive." + b"." * BLOCK,
}


def main():
    check = sys.argv[1] == "--check"
    directory = pathlib.Path(sys.argv[-1])
    directory.mkdir(parents=True, exist_ok=True)
    wrong = []
    for name, content in DEFECTS.items():
        path = directory / f"{name}.tar"
        if not check:
            path.write_bytes(content)
        elif not path.exists() or path.read_bytes() != content:
            wrong.append(name)
    wrong += [path.stem for path in directory.glob("*.tar") if path.stem not in DEFECTS]
    print("\n".join(f"{name}.tar is not what make_malformed.py makes" for name in wrong) or f"{len(DEFECTS)} fixtures")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
