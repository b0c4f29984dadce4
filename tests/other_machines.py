#!/usr/bin/env python3
"""The same answers on other machines: without ISA-L, without SHA extensions, without AVX. One table of commands runs on
each of them; standard output, exit status, messages and written files must be those of the normal program here, byte
for byte. Damaged layers must be refused everywhere.

    tests/other_machines.py [--program build/release/cli/touchstone] [--fallback PROGRAM] [--emulate]

Always: OpenSSL's code for older processors, which its environment variable chooses. --fallback: a program that was
built without ISA-L. --emulate: both under qemu as older processors, which ISA-L, libzstd and OpenSSL see all alike.
ISA-L has three ways to inflate, for AVX2, for SSE 4.2 and for anything: a new machine, Nehalem and qemu64 take one
each."""
import argparse
import concurrent.futures
import io
import os
import pathlib
import platform
import random
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
TIMEOUT = 120  # seconds, for one command
SKIPPED = 77

# Bits of the two numbers of OPENSSL_ia32cap: CPUID leaf 1 (EDX, then ECX), and leaf 7 (EBX, then ECX).
SSSE3, AVX = (0, 1 << 41), (0, 1 << 60)
BMI1, AVX2, BMI2, SHA = (1, 1 << 3), (1, 1 << 5), (1, 1 << 8), (1, 1 << 29)


# --- machines


class Machine:
    """How a command is run, and what its processor must not have: one that hides nothing would prove nothing."""

    def __init__(self, name, program, without=(), cpu=None):
        self.name, self.program, self.without = name, program, without
        self.prefix = ["qemu-x86_64", "-cpu", cpu] if cpu else []
        self.environment = dict(os.environ)
        if without and not cpu:
            masks = [sum(bit for word, bit in without if word == number) for number in (0, 1)]
            self.environment["OPENSSL_ia32cap"] = f"~{masks[0]:#x}:~{masks[1]:#x}"

    def run(self, *command, **options):
        return subprocess.run(
            [*self.prefix, *command],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            **options,
        )

    def complaint(self):
        """OpenSSL's own word on what it sees."""
        said = self.run(shutil.which("openssl"), "version", "-c").stdout.decode()
        words = [int(word, 16) for word in re.search(r"ia32cap=0x(\w+):0x(\w+)", said).groups()]
        if any(words[word] & bit for word, bit in self.without):
            return f"{self.name}: has what it should not have: {said.strip()}"
        return None


def machines(options):
    program, fallback = options.program, options.fallback
    yield Machine("OpenSSL without SHA", program, (SHA,))
    yield Machine("OpenSSL without SHA and AVX2", program, (SHA, AVX2, BMI1, BMI2))
    yield Machine("OpenSSL without SHA and AVX", program, (SHA, AVX, AVX2, BMI1, BMI2))
    yield Machine("OpenSSL without any of them", program, (SHA, SSSE3, AVX, AVX2, BMI1, BMI2))
    old = (SHA, AVX, AVX2, BMI1, BMI2)
    if fallback:
        yield Machine("zlib", fallback)
    if options.emulate:
        yield Machine("Nehalem", program, old, "Nehalem")
        yield Machine("the first x86-64", program, (SSSE3, *old), "qemu64")
    if fallback and options.emulate:
        yield Machine("zlib on the first x86-64", fallback, (SSSE3, *old), "qemu64")


# --- layers


def layer(scale):
    """A tar of text, of bytes that do not compress, of long runs (copies that overlap), and of many small files."""
    generator = random.Random(4)
    words = [bytes(generator.choices(b"abcdefghijklmnopqrstuvwxyz", k=generator.randint(2, 9))) for _ in range(2000)]
    files = {
        "text": b" ".join(generator.choices(words, k=10_000 * scale)),
        "random": generator.randbytes(40_000 * scale),
        "zeros": bytes(70_000 * scale),
        "period": b"0123456789abc" * 2000 * scale,
        "empty": b"",
    }
    files |= {f"small/{number:03}": f"{number}\n".encode() * (number % 50) for number in range(30 * scale)}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_700_000_000
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def raw_deflate(data, level=6, strategy=zlib.Z_DEFAULT_STRATEGY, window=15, memory=8, flush=None, pieces=1):
    compressor = zlib.compressobj(level, zlib.DEFLATED, -window, memory, strategy)
    out, step = b"", -(-len(data) // pieces) or 1
    for start in range(0, len(data), step):
        out += compressor.compress(data[start : start + step])
        if flush is not None:
            out += compressor.flush(flush)
    return out + compressor.flush()


def member(data, raw=None, flags=0, fields=b"", crc=0, size=0):
    """A gzip member (RFC 1952); `crc` and `size` are added to what is right."""
    header = b"\x1f\x8b\x08" + bytes([flags]) + bytes(5) + b"\xff" + fields
    if flags & 2:
        header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    trailer = struct.pack("<II", zlib.crc32(data) ^ crc, (len(data) + size) % 2**32)
    return header + (raw_deflate(data) if raw is None else raw) + trailer


def zstd(data, *options):
    return subprocess.run(["zstd", "-c", *options], input=data, capture_output=True, check=True).stdout


def pieces(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


def good_layers(tar):
    """Name to the bytes of a blob whose content is `tar`."""
    dynamic = raw_deflate(tar)
    extra = struct.pack("<H2sH3s", 7, b"XX", 3, b"abc")
    return {
        "plain": tar,
        **{f"gzip-{level}": member(tar, raw_deflate(tar, level)) for level in (0, 1, 9)},
        "gzip-fixed-codes": member(tar, raw_deflate(tar, strategy=zlib.Z_FIXED)),
        "gzip-huffman-only": member(tar, raw_deflate(tar, strategy=zlib.Z_HUFFMAN_ONLY)),
        "gzip-runs-only": member(tar, raw_deflate(tar, strategy=zlib.Z_RLE)),
        "gzip-small-window-and-blocks": member(tar, raw_deflate(tar, window=9, memory=1)),
        "gzip-empty-stored-blocks": member(tar, raw_deflate(tar, flush=zlib.Z_SYNC_FLUSH, pieces=500)),
        "gzip-empty-fixed-blocks": member(tar, raw_deflate(tar, flush=zlib.Z_PARTIAL_FLUSH, pieces=500)),
        "gzip-header-fields": member(tar, dynamic, 0x1E, extra + b"name\0comment\0"),
        "gzip-many-members": b"".join(member(piece) for piece in pieces(tar, 10_000)),
        "gzip-tiny-members": b"".join(member(piece) for piece in pieces(tar[:3000], 1)) + member(tar[3000:]),
        "gzip-empty-members": member(b"") * 3 + member(tar, dynamic) + member(b"", raw_deflate(b"", 0)) * 3,
        "gzip-zero-padding": member(tar, dynamic) + bytes(100_000),
        **{f"zstd-{level}": zstd(tar, f"-{level}") for level in (1, 19)},
        "zstd-many-frames": b"".join(zstd(piece) for piece in pieces(tar, 100_000)),
        "zstd-skippable-frame": struct.pack("<II", 0x184D2A50, 3) + b"abc" + zstd(tar, "--no-check"),
    }


def flipped(blob, bit):
    return blob[: bit // 8] + bytes([blob[bit // 8] ^ 1 << bit % 8]) + blob[bit // 8 + 1 :]


def bad_layers(tar):
    """Name to the bytes of a blob that nobody may accept."""
    blob, cut = member(tar), len(tar) // 2
    generator = random.Random(5)
    # Not the header, whose time says nothing, nor the last byte of the deflate stream, whose end is filled up. Half of
    # them hit the codes of the first block.
    flips = [generator.randrange(80, end) for end in (500, (len(blob) - 9) * 8) for _ in range(8)]
    compressed = zstd(tar, "--check")
    return {
        **{f"gzip-flipped-{bit}": flipped(blob, bit) for bit in flips},
        **{f"gzip-cut-{size}": blob[:size] for size in (5, 10, 11, len(blob) // 2, len(blob) - 9, len(blob) - 1)},
        "gzip-cut-in-second-member": member(tar[:cut]) + member(tar[cut:])[:-5000],
        "gzip-checksum": member(tar, crc=1),
        "gzip-checksum-of-empty-member": member(tar) + member(b"", crc=1),
        "gzip-size": member(tar, size=1),
        "gzip-header-checksum": flipped(member(tar, flags=2, fields=b""), 10 * 8),
        "gzip-garbage-at-end": blob + b"garbage",
        "gzip-garbage-after-padding": blob + bytes(1000) + blob,
        # Deflate (RFC 1951) by hand: the type of block that does not exist, a stored block whose two lengths disagree,
        # a copy before there is anything to copy, and code lengths that promise more codes than there can be.
        "deflate-block-type": member(b"", b"\x07\x00\x00"),
        "deflate-stored-length": member(tar[:512], b"\x01\x00\x02\xff\xfc" + tar[:512]),
        "deflate-copy-of-nothing": member(tar[:3], bits((1, 1), (1, 2), (0b1000000, 7), (0, 5), (0, 7))),
        "deflate-too-many-codes": member(b"", bits((1, 1), (2, 2), (0, 5), (0, 5), (15, 4), *[(1, 3)] * 19)),
        "zstd-flipped": flipped(compressed, len(compressed) * 4),
        "zstd-cut": compressed[:-1],
    }


def bits(*fields):
    """(value, width) pairs in the order of deflate: the lowest bit of the first byte comes first. At least 16 bytes."""
    number, at = 0, 0
    for value, width in fields:
        number |= value << at
        at += width
    return number.to_bytes(max(16, -(-at // 8)), "little")


def half_a_code(tar_size=1024):
    """An empty tar whose code lengths have a code with a branch that leads nowhere (lengths 1, 3 and 3). RFC 1951 does
    not say that this is wrong; zlib refuses it, ISA-L (and so igzip) does not. It is the one difference known."""
    order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    length_of = {0: 1, 1: 3, 18: 3}
    zero, one, zeros = (0, 1), (0b001, 3), (0b101, 3)  # as they stand in the stream: each code's first bit lowest
    codes = [(length_of.get(symbol, 0), 3) for symbol in order]
    # The literal 0 and the end of the block get a bit each, and one distance gets none.
    lengths = [one, zeros, (127, 7), zeros, (106, 7), one, zero]
    raw = bits((1, 1), (2, 2), (0, 5), (0, 5), (15, 4), *codes, *lengths, *[(0, 1)] * tar_size, (1, 1))
    return member(bytes(tar_size), raw)


# --- commands


class Case:
    """A command, the exit status that it must have, and whether it writes a file `out` in the folder where it runs."""

    def __init__(self, name, status, *arguments, writes=False):
        self.name, self.status, self.arguments, self.writes = name, status, arguments, writes

    def result(self, machine):
        """What must be the same: the status, and bytes by the name of where they went."""
        with tempfile.TemporaryDirectory(prefix="touchstone-machine-") as folder:
            done = machine.run(machine.program, *self.arguments, cwd=folder)
            out = pathlib.Path(folder) / "out"
            written = out.read_bytes() if self.writes and out.is_file() else b""
        return done.returncode, {"standard output": done.stdout, "standard error": done.stderr, "its file": written}


def cases(folder):
    published, rebuilt = (f"oci-archive:{REPOSITORY}/fixtures/{name}.oci.tar" for name in ("published", "rebuilt"))
    yield Case("diff", 1, "diff", published, rebuilt)
    yield Case("diff all", 1, "diff", "--all", "--canonical", published, rebuilt)
    yield Case("diff json", 1, "diff", "-o", "json", published, rebuilt)
    yield Case("diff identical", 0, "diff", "-o", "json", rebuilt, rebuilt)
    for name, arguments in {
        "verify": ["verify", "--all", "--json"],
        "ls": ["ls", "--json"],
        "inspect": ["inspect", "--json"],
        "digest": ["digest", "--json"],
    }.items():
        yield Case(name, 0, *arguments, published)
    for how in (["--compress", "none"], ["--compress", "gzip"], ["--compress", "zstd"], ["--merge"]):
        yield Case(f"normalize {' '.join(how)}", 0, "normalize", *how, rebuilt, "-o", "oci-archive:out", writes=True)

    for kind, status, blobs in (("good", 0, good_layers(layer(5))), ("bad", 2, bad_layers(layer(1)))):
        for name, blob in blobs.items():
            file = folder / name
            file.write_bytes(blob)
            yield Case(f"{kind} layer {name}", status, "verify", "--all", "--json", f"tar:{file}")
            if kind == "good" and name != "plain":
                same = ["diff", "--all", "-o", "json", f"tar:{folder}/plain", f"tar:{file}"]
                yield Case(f"{name} beside plain", 0, *same)
    yield Case("normalize a layer", 0, "normalize", f"tar:{folder}/gzip-9", "-o", "out", writes=True)


def difference(case, machine, expected):
    """What is wrong with one case on one machine, or None."""
    status, outputs = case.result(machine)
    where = f"{machine.name}: {case.name}"
    if status != expected[0]:
        return f"{where}: exit status {status}, expected {expected[0]}: {outputs['standard error'][:500]}"
    for name, data in outputs.items():
        # Decoders find different words, and find out at different places, when a stream is damaged.
        if data != expected[1][name] and not (case.status == 2 and name == "standard error"):
            return f"{where}: {name} differs:\n  {data[:500]}\n  expected {expected[1][name][:500]}"
    return None


def check_known_difference(here, others, folder):
    file = folder / "half-a-code"
    file.write_bytes(half_a_code())
    for machine in (here, *others):
        expected = 0 if b"isal_inflate" in pathlib.Path(machine.program).read_bytes() else 2
        found = Case("half a code", expected, "verify", f"tar:{file}").result(machine)
        if found[0] != expected:
            yield f"{machine.name}: half a code: exit status {found[0]}, expected {expected}"


def check(options):
    """Complaints, each as a line."""
    here, others = Machine("here", options.program), list(machines(options))
    if options.fallback and b"isal_inflate" in pathlib.Path(options.fallback).read_bytes():
        yield f"{options.fallback}: built with ISA-L"
    yield from filter(None, (machine.complaint() for machine in others))
    with tempfile.TemporaryDirectory(prefix="touchstone-machines-") as name:
        table = list(cases(pathlib.Path(name)))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            expected = list(pool.map(lambda case: case.result(here), table))
            for case, (status, outputs) in zip(table, expected):
                if status != case.status or (status == 2) == bool(outputs["standard output"] or outputs["its file"]):
                    yield f"here: {case.name}: exit status {status}, expected {case.status}: {outputs}"[:1000]
            pairs = [(case, machine, result) for machine in others for case, result in zip(table, expected)]
            yield from filter(None, pool.map(lambda pair: difference(*pair), pairs))
        yield from check_known_difference(here, others, pathlib.Path(name))
    print(f"{len(table)} commands on {len(others)} machines: " + ", ".join(machine.name for machine in others))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", type=os.path.abspath, default=str(REPOSITORY / "build/release/cli/touchstone"))
    parser.add_argument("--fallback", type=os.path.abspath, help="the program, built with TOUCHSTONE_ISAL=OFF")
    parser.add_argument("--emulate", action="store_true", help="older processors, too, by qemu")
    options = parser.parse_args()
    tools = ["openssl", "zstd"] + ["qemu-x86_64"] * options.emulate
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing or platform.machine() != "x86_64":
        print("skipped: needs x86-64", *missing)
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    complaints = list(check(options))
    print("\n".join(complaints), end="\n" if complaints else "")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
