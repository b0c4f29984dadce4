#!/usr/bin/env python3
"""Makes the pairs of images that the benchmark compares, and beside each a pair.json with what its floor needs.

    bench/inputs.py [--scale full|quick] PAIR...

They are kept in $TOUCHSTONE_BENCH_DIR (else a folder of the temporary directory); what is there is not made again. A
and B are two builds of the same: B has other times, and one other byte in ten files. bench/run.py runs this in a
process of its own, because the peak memory of a child counts what its parent held when it was started."""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import layouts
import sources

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
CACHE = pathlib.Path(os.environ.get("TOUCHSTONE_BENCH_DIR") or pathlib.Path(tempfile.gettempdir()) / "touchstone-bench")
CREATED = {"a": "2023-11-14T22:13:20Z", "b": "2024-03-09T16:00:00Z"}
GENERATED = {"full": {"tiny-files": 100_000, "million": 1_000_000}, "quick": {"tiny-files": 20_000, "million": 100_000}}


class Bench:
    """The folders of one scale."""

    def __init__(self, scale):
        self.scale = scale
        self.root = CACHE / scale
        self.contents = self.root / "contents"
        for folder in ("pairs", "sources", "contents"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)

    def pair(self, name):
        return self.root / "pairs" / name

    def source(self, name):
        """The tar of a source, fetched once."""
        path = self.root / "sources" / f"{name}.tar"
        if not path.exists():
            print(f"bench: fetching {path.name}", file=sys.stderr)
            {"debian": sources.debian, "npm": sources.npm}[name](path, self.scale)
        return path


def builds(bench, target, source, layers=1, compression="gzip", second=sources.SecondBuild):
    """Both builds of a source, as layouts target/a and target/b; `second` makes what edits the files of the second."""
    total, linked, step = sources.survey(source)
    for side in "ab":
        edit = sources.first_build if side == "a" else second(linked, step)
        drafts = sources.write_layers(target / "draft", source, layers, total, edit)
        for draft in drafts:
            with open(draft.path, "rb") as file:
                draft.close(bench.contents, hashlib.file_digest(file, "sha256").hexdigest())
        plain = target / side if compression == "plain" else target / "draft/plain"
        layouts.from_tars(plain, [draft.path for draft in drafts], CREATED[side])
        if compression != "plain":
            layouts.compress(plain, target / side, compression)
        shutil.rmtree(target / "draft")


def recompressed(bench, target, name):
    """The layers of another pair, in zstd."""
    for side in "ab":
        layouts.compress(made(bench, name) / side, target / side, "zstd")


def debian_source(bench, limit=None):
    return sources.TarSource(bench.source("debian"), limit)


def debian_top(bench, target):
    """Two of three layers are the same blobs on both sides."""
    a, b = (layouts.layers_of(made(bench, "debian") / side) for side in "ab")
    layouts.compose(target / "a", a, CREATED["a"])
    layouts.compose(target / "b", a[:2] + b[2:], CREATED["b"])


def debian_same(bench, target):
    for side in "ab":
        shutil.copytree(made(bench, "debian") / "a", target / side)


def one_sided(bench, target):
    """One big layer against a small one."""
    big = made(bench, "debian-one") / "a"
    layouts.compose(target / "a", layouts.layers_of(big), CREATED["a"])
    builds(bench, target / "small", debian_source(bench, limit=1000))
    (target / "small/a").rename(target / "b")
    shutil.rmtree(target / "small")


def rebuilt(bench, target, name):
    """Hundreds of files differ, as they do between two builds: for the time that explaining takes."""
    builds(bench, target, sources.TarSource(bench.source(name)), layers=3, second=sources.Rebuild)


def planted(bench, target):
    """A third of the root file system, with differences of known kinds (bench/others.py looks for them)."""
    import others

    source = debian_source(bench, limit=8000)
    plants = others.Plants(source)
    builds(bench, target, source, second=lambda linked, step: plants)
    (target / "plants.json").write_text(json.dumps(plants.planted))


# How each pair is made. Not here: `fixture`, which is shipped.
PAIRS = {
    "debian": lambda bench, target: builds(bench, target, debian_source(bench), layers=3),
    "debian-zstd": lambda bench, target: recompressed(bench, target, "debian"),
    "debian-one": lambda bench, target: builds(bench, target, debian_source(bench)),
    "debian-one-zstd": lambda bench, target: recompressed(bench, target, "debian-one"),
    "debian-top": debian_top,
    "debian-same": debian_same,
    "npm": lambda bench, target: builds(bench, target, sources.TarSource(bench.source("npm"))),
    "tiny-files": lambda bench, target: builds(
        bench, target, sources.Generated(GENERATED[bench.scale]["tiny-files"]), layers=4
    ),
    "million": lambda bench, target: builds(
        bench, target, sources.Generated(GENERATED[bench.scale]["million"]), compression="plain"
    ),
    "one-sided": one_sided,
    "debian-rebuilt": lambda bench, target: rebuilt(bench, target, "debian"),
    "npm-rebuilt": lambda bench, target: rebuilt(bench, target, "npm"),
    "planted": planted,
}


def pair_json(bench, folder):
    """References of both sides, their layers, and the paths that a comparison must find: those whose bytes the second
    build changed, in layers that are not on the first side, too. Where the sides hold different names: null."""
    a, b = (layouts.describe(folder / side, bench.contents) for side in "ab")
    common = {layer["digest"] for layer in a}
    expected = sorted(name for layer in b if layer["digest"] not in common for name in layer["changed"])
    if folder.name in ("one-sided", "planted"):
        expected = None
    return {
        "name": folder.name,
        "references": [f"oci:{folder}/a", f"oci:{folder}/b"],
        "sides": [a, b],
        "expected": expected,
    }


def made(bench, name):
    """The folder of the pair, made first if it is not there."""
    folder = bench.pair(name)
    if not (folder / "pair.json").exists():
        print(f"bench: making the pair {name}", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        PAIRS[name](bench, folder)
        (folder / "pair.json").write_text(json.dumps(pair_json(bench, folder), indent=1))
    return folder


def fixture(bench):
    folder = bench.pair("fixture")
    folder.mkdir(exist_ok=True)
    references = [f"oci-archive:{REPOSITORY}/fixtures/{side}.oci.tar" for side in ("published", "rebuilt")]
    pair = {"name": "fixture", "references": references, "sides": [], "expected": ["usr/local/bin/healthcheck"]}
    (folder / "pair.json").write_text(json.dumps(pair, indent=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--scale", choices=sources.DEBIAN, default="full")
    parser.add_argument("pairs", nargs="+", choices=[*PAIRS, "fixture"], metavar="PAIR")
    options = parser.parse_args()
    bench = Bench(options.scale)
    for name in options.pairs:
        if name == "fixture":
            fixture(bench)
        elif name.startswith("npm") and not shutil.which("npm") and not (bench.pair(name) / "pair.json").exists():
            print(f"bench: SKIPPED the pair {name}: there is no npm on this machine", file=sys.stderr)
        else:
            made(bench, name)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"bench: {' '.join(map(str, error.cmd))}: exit status {error.returncode}")
