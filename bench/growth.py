#!/usr/bin/env python3
"""Shows that the cost of `touchstone diff` grows linearly: with bytes, with entries, with layers that hold the same
number of files, and what more threads bring.

    bench/growth.py [--series NAME...] [--quick] [--runs N] [--json FILE] [--svg [FILE]]
    bench/growth.py --from-json FILE --svg [FILE]        draw again what was measured
    bench/growth.py --make [--series NAME...]            only make the images

A point is `touchstone diff -q A B`, the median of some runs with a warm cache. The growth of a series is processor time
per unit at its largest point over that at its second smallest; the smallest is mostly start-up. bench/plot.py draws the
picture. The images lie in $TOUCHSTONE_BENCH_DIR/growth. They take minutes to make, up to 11 GB for one series, and go
when no series needs them any more; --keep leaves them there (20 GB)."""
import argparse
import functools
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile

import inputs
import layouts
import measure
import plot
import sources

GROWTH = inputs.CACHE / "growth"
GIGABYTE = 10**9
SPREAD_FILES = 120_000  # of the series `layers`, in all layers together
FOLDERS = 100  # each layer of that series has files in every one
MTIME = {"a": sources.FIRST_BUILD, "b": sources.SECOND_BUILD}
BLOCK = 1 << 20
# Points of each series. --quick takes those before the last, and the second size for `jobs`.
POINTS = {
    "bytes": [0.1, 1, 4, 12],
    "jobs": [1, 2, 3, 4, 6, 8],
    "entries": [10_000, 100_000, 1_000_000, 3_000_000],
    "layers": [1, 10, 30, 120],
}
# The folder of the images of a series.
IMAGES = {"bytes": "debian", "jobs": "debian", "entries": "files", "layers": "spread"}
UNITS = {"bytes": ("GB", 1), "entries": ("thousand entries", 1000), "layers": ("thousand entries", 1000)}


class Stream:
    """A tar on its way to disk: hashed as it is, compressed as it goes, never held in memory."""

    def __init__(self, path, compressed):
        self.digest, self.size, self.process = hashlib.sha256(), 0, None
        self.file = open(path, "wb", buffering=0)
        if compressed:
            self.process = subprocess.Popen(["igzip", "-1", "-c"], stdin=subprocess.PIPE, stdout=self.file)
        self.target = self.process.stdin if compressed else self.file

    def write(self, data):
        self.digest.update(data)
        self.size += len(data)
        self.target.write(data)

    def close(self):
        self.target.close()
        self.file.close()
        if self.process and self.process.wait() != 0:
            sys.exit(f"bench: igzip: exit status {self.process.returncode}")


class DebianLayer:
    """The packages below a top directory of this layer, over and over again until there are `limit` bytes."""

    compressed = True

    def __init__(self, number, limit):
        self.name, self.number, self.limit = f"debian-{number:02}-{limit}", number, limit

    def members(self):
        source = sources.TarSource(inputs.Bench("full").source("debian"))
        for turn in itertools.count():
            top = f"layer{self.number:02}-{turn}"
            folder = tarfile.TarInfo(top)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            yield top, folder, None
            yield from ((top, member, file) for member, file in source)

    def second_build(self):
        linked, step = linked_and_step()
        # Few files come first, in folders of large ones: a small part takes smaller steps than its share.
        return sources.SecondBuild(linked, step if self.limit >= GIGABYTE else step // 100)

    def write(self, stream, side):
        archive = tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT, bufsize=BLOCK)
        archive.copybufsize = BLOCK
        edit = sources.first_build if side == "a" else self.second_build()
        entries, names = 0, []
        for top, member, file in self.members():
            if archive.offset >= self.limit:
                break
            file, changed = edit(member, file)
            move_below(top, member)
            archive.addfile(member, file)
            archive.members = []  # else it keeps every one of them
            entries += 1
            names += [member.name] if changed else []
        archive.close()
        return entries, names


@functools.cache
def linked_and_step():
    """What sources.SecondBuild wants to know; the packages are read for it once."""
    return sources.survey(sources.TarSource(inputs.Bench("full").source("debian")))[1:]


def move_below(top, member):
    for name in ("path", "linkpath", "mtime", "atime", "ctime"):
        member.pax_headers.pop(name, None)  # these would win over the fields
    if member.name != top:
        member.name = f"{top}/{member.name.removeprefix('./')}"
    if member.islnk():
        member.linkname = f"{top}/{member.linkname.removeprefix('./')}"


class SmallFiles:
    """A layer of small files. tarfile takes 30 microseconds for an entry, which is minutes here: the headers are
    written by hand. `total` is the number of files in all layers of the image; ten of them differ."""

    compressed = False

    def __init__(self, name, total, folders, files):
        self.name, self.step, self.folders, self.files = name, total // sources.CHANGED, folders, files

    def write(self, stream, side):
        """`files` yields for each folder the numbers and names of its files."""
        entries, changed = 0, []
        for folder, files in zip(self.folders, self.files, strict=True):
            blocks = [header(folder + "/", 0, MTIME[side], b"5")]
            for number, name in files:
                body = f"{number:07}\n".encode() * (1 + number % 39)
                if side == "b" and number % self.step == self.step // 2:
                    body = b"x" + body[1:]
                    changed.append(f"{folder}/{name}")
                blocks += (header(f"{folder}/{name}", len(body), MTIME[side], b"0"), body.ljust(512, b"\0"))
            stream.write(b"".join(blocks))
            entries += 1 + len(files)
        stream.write(bytes(1024))
        return entries, changed


def header(name, size, mtime, kind):
    mode = b"0000755" if kind == b"5" else b"0000644"
    fields = (
        name.encode().ljust(100, b"\0") + mode + b"\0" + b"0000000\0" * 2 + b"%011o\0%011o\0" % (size, mtime)
        # Eight spaces stand for the sum while it is computed.
        + b"        " + kind + bytes(100) + b"ustar\x0000"
    ).ljust(512, b"\0")
    return fields[:148] + b"%06o\0 " % sum(fields) + fields[156:]


def entries_layer(total):
    folders = [f"data/{number:04}" for number in range(total // 1000)]
    files = ([(number, f"file-{number:07}.txt") for number in range(at, at + 1000)] for at in range(0, total, 1000))
    return SmallFiles(f"files-{total}", total, folders, files)


def spread_layer(number, layers):
    """Every layer adds to every folder, so that merging has the most to do."""
    share = SPREAD_FILES // layers // FOLDERS
    folders = [f"folder-{folder:02}" for folder in range(FOLDERS)]
    first = [(number * FOLDERS + folder) * share for folder in range(FOLDERS)]
    files = ([(at, f"file-{at:06}.txt") for at in range(start, start + share)] for start in first)
    return SmallFiles(f"spread-{layers}-{number:03}", SPREAD_FILES, folders, files)


def layers_of(kind, size):
    """The layers of an image, each made anew for each side because its files are a generator."""
    if kind == "debian" and size < 1:
        return [DebianLayer(0, int(size * GIGABYTE))]
    if kind == "debian":
        return [DebianLayer(number, GIGABYTE) for number in range(size)]
    return [entries_layer(size)] if kind == "files" else [spread_layer(number, size) for number in range(size)]


def make_layer(store, layer, side):
    """The notes on a layer, which is written first if it is not there; its blob has the digest as its name."""
    notes = store / f"{layer.name}-{side}.json"
    if not notes.exists():
        draft = store / "draft"
        stream = Stream(draft, layer.compressed)
        entries, changed = layer.write(stream, side)
        stream.close()
        kind = layouts.TYPE + "layer.v1.tar" + ("+gzip" if layer.compressed else "")
        descriptor = {"mediaType": kind, "size": draft.stat().st_size, "digest": layouts.move_in(store, draft)}
        facts = {"uncompressed": stream.size, "entries": entries, "changed": changed}
        facts |= {"descriptor": descriptor, "diff_id": "sha256:" + stream.digest.hexdigest()}
        notes.write_text(json.dumps(facts))
    return json.loads(notes.read_text())


def make_pair(kind, size):
    """Two layouts whose blobs are hard links into the store, so that a larger image shares those of a smaller one."""
    store, folder = GROWTH / kind / "store", GROWTH / kind / f"pair-{size}"
    if not (folder / "pair.json").exists():
        print(f"bench: making {folder.name} of {kind}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        store.mkdir(parents=True, exist_ok=True)
        pair = {"references": [f"oci:{folder}/{side}" for side in "ab"], "layers": len(layers_of(kind, size))}
        for side in "ab":
            layers = [make_layer(store, layer, side) for layer in layers_of(kind, size)]
            (folder / side / "blobs/sha256").mkdir(parents=True)
            for digest in (layer["descriptor"]["digest"] for layer in layers):
                os.link(layouts.blob_path(store, digest), layouts.blob_path(folder / side, digest))
            described = [(layer["descriptor"], layer["diff_id"]) for layer in layers]
            layouts.write_documents(folder / side, described, inputs.CREATED[side])
            pair["expected"] = sorted(name for layer in layers for name in layer["changed"])
            pair |= {fact: sum(layer[fact] for layer in layers) for fact in ("uncompressed", "entries")}
        (folder / "pair.json").write_text(json.dumps(pair))
        os.sync()  # else the disk is busy while the first run is measured
    return json.loads((folder / "pair.json").read_text())


def check_findings(program, pair):
    """Warms the cache, and holds what is found against what was changed: a fast wrong answer is worth nothing."""
    with tempfile.TemporaryDirectory(dir=inputs.CACHE) as folder:
        measure.run_program([program, "diff", "-q", *pair["references"], "-o", f"json={folder}/report.json"])
        report = json.loads(pathlib.Path(folder, "report.json").read_text())
    found = sorted({finding["path"] for finding in report["findings"] if "path" in finding})
    if not found or (report["verdict"], found) != ("divergent", pair["expected"]):
        sys.exit(f"bench: changed were {pair['expected']}, touchstone: {report['verdict']}, {found}")


def points_of(series, quick):
    """(x, the size of the pair, more arguments) of each point."""
    sizes = POINTS["bytes"]
    if series == "jobs":
        return [(jobs, sizes[1] if quick else sizes[2], ["--jobs", str(jobs)]) for jobs in POINTS["jobs"]]
    return [(size, size, []) for size in (POINTS[series][:-1] if quick else POINTS[series])]


def run_point(options, pair, more):
    words = [options.program, "diff", "-q", *pair["references"], *more]
    runs = [measure.run_program(words) for _ in range(options.runs)]
    point = {name: statistics.median(run[name] for run in runs) for name in ("wall", "processor")}
    return point | {"memory": max(run["memory"] for run in runs), "raw": runs}


def run_series(options, series):
    points, warm = [], None
    for x, size, more in points_of(series, options.quick):
        pair = make_pair(IMAGES[series], size)
        if warm != size:
            check_findings(options.program, pair)
            warm = size
        gigabytes, entries = pair["uncompressed"] / GIGABYTE, pair["entries"]
        facts = {"x": gigabytes if series == "bytes" else x, "layers": pair["layers"]}
        facts |= {"gigabytes": gigabytes, "entries": entries, "work": gigabytes if series == "bytes" else entries}
        points.append(facts | run_point(options, pair, more))
        print_point(series, points[-1])
    return points


def print_point(series, point):
    text = f"{series:<9}{point['x']:>12.7g}{point['gigabytes']:9.2f} GB{point['entries']:>10}{point['layers']:>8}"
    text += f"{point['wall']:10.3f}s{point['processor']:10.3f}s{point['memory']:8.0f} MB"
    if series in UNITS:
        unit, count = UNITS[series]
        text += f"{point['processor'] / point['work'] * count * 1000:10.2f} ms per {unit}"
    print(text, flush=True)


def growth_of(series, points, cores):
    """One number for a series; of `jobs` one for each number of threads: wall over that with one thread a core."""
    if series == "jobs":
        base = next((point["wall"] for point in points if point["x"] == cores), points[0]["wall"])
        return {str(point["x"]): point["wall"] / base for point in points}
    if len(points) < 3:
        return None
    last, second = points[-1], points[1]
    return last["processor"] / last["work"] / (second["processor"] / second["work"])


def print_growth(results):
    cores = results["machine"]["cores"]
    print("\ngrowth")
    for series, value in results["growth"].items():
        points = results["series"][series]
        if series == "jobs":
            print(f"  jobs: wall over that of --jobs {cores}: {', '.join(f'{n}: {v:.2f}' for n, v in value.items())}")
        elif value:
            thing = "GB" if series == "bytes" else "entry"
            print(
                f"  {series}: {value:.2f} times the processor time per {thing} at {points[-1]['x']:.7g} "
                f"as at {points[1]['x']:.7g}"
            )


def run_all(options):
    results = {"machine": measure.machine(options.program), "runs": options.runs, "series": {}, "growth": {}}
    if results["machine"]["load"] > 0.5:
        print("bench: this machine is busy: do not quote these figures", file=sys.stderr)
    print(f"{'series':<9}{'x':>12}{'a side':>12}{'entries':>10}{'layers':>8}{'wall':>11}{'processor':>11}{'peak':>11}")
    chosen = [series for series in POINTS if series in options.series]  # in an order that shares the images
    for number, series in enumerate(chosen):
        points = results["series"][series] = run_series(options, series)
        results["growth"][series] = growth_of(series, points, results["machine"]["cores"])
        if not options.keep and IMAGES[series] not in [IMAGES[later] for later in chosen[number + 1 :]]:
            shutil.rmtree(GROWTH / IMAGES[series])
    return results


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", default=str(inputs.REPOSITORY / "build/release/cli/touchstone"))
    parser.add_argument("--runs", type=int, default=3, help="of each point; the median counts (default 3)")
    parser.add_argument("--series", nargs="+", choices=POINTS, default=list(POINTS), help="default: all")
    parser.add_argument("--quick", action="store_true", help="without the largest point of each series")
    parser.add_argument("--make", action="store_true", help="make the images, and measure nothing")
    parser.add_argument("--keep", action="store_true", help="leave the images there")
    parser.add_argument("--json", metavar="FILE", help="write every number there")
    parser.add_argument("--from-json", metavar="FILE", help="measure nothing, take what --json wrote")
    drawing = str(inputs.REPOSITORY / "docs/growth.svg")
    parser.add_argument("--svg", metavar="FILE", nargs="?", const=drawing, help="draw it (default docs/growth.svg)")
    return parser.parse_args()


def main():
    options = parse()
    if options.make:
        for series in options.series:
            for _, size, _ in points_of(series, options.quick):
                make_pair(IMAGES[series], size)
        return
    results = json.loads(pathlib.Path(options.from_json).read_text()) if options.from_json else run_all(options)
    print_growth(results)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    if options.svg:
        pathlib.Path(options.svg).write_text(plot.draw(results))


if __name__ == "__main__":
    main()
