#!/usr/bin/env python3
"""How long `diff`, `digest` and `normalize` take, beside a floor: inflating and hashing the same layers once, by the
fastest tools of Debian (igzip, openssl), all cores busy; for normalize, writing the uncompressed bytes, too. Two pairs:
real files of this machine's /usr, and 100,000 small files.

    bench/end_to_end.py [--program build/release/cli/touchstone] [--megabytes 500] [--runs 5]

The pairs are kept in $TOUCHSTONE_BENCH_DIR (else a folder of the temporary directory). Both are timed in turns in one
session with a warm cache: the ratio is the result, not the seconds, because machines differ."""
import argparse
import concurrent.futures
import io
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
CACHE = pathlib.Path(os.environ.get("TOUCHSTONE_BENCH_DIR") or pathlib.Path(tempfile.gettempdir()) / "touchstone-bench")
LAYERS = 4
SMALL_FILES = 100_000
MEMORY_LIMIT_MB = 120  # for 100,000 files a side


def real_files(megabytes):
    """Regular files of /usr in the order of their names, up to so many bytes in all."""
    left = megabytes << 20
    for folder, folders, names in os.walk("/usr"):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            size = os.path.getsize(path)
            if size > left:
                return
            left -= size
            yield path.lstrip("/"), pathlib.Path(path).read_bytes()


def small_files():
    for number in range(SMALL_FILES):
        yield f"data/{number // 1000:03}/file-{number:06}.txt", f"{number}\n".encode() * (number % 40)


def write_layers(folder, files, time_of_build, changed):
    """Plain tars, the files dealt out in runs of equal length; every `changed`-th file differs in its first byte."""
    files = list(files())
    total = sum(len(data) + 1024 for _, data in files)
    layers, written, number = [], 0, 0
    for index in range(LAYERS):
        path = folder / f"layer{index}.tar"
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            while number < len(files) and written < total * (index + 1) / LAYERS:
                name, data = files[number]
                if changed and number % changed == changed - 1 and data:
                    data = bytes([data[0] ^ 1]) + data[1:]
                member = tarfile.TarInfo(name)
                member.size, member.mtime, member.mode = len(data), time_of_build, 0o644
                archive.addfile(member, io.BytesIO(data))
                written += len(data) + 1024
                number += 1
        layers.append(path)
    return layers


def make_image(target, files, time_of_build, changed=0):
    """An OCI layout with gzip layers, assembled by umoci."""
    draft = pathlib.Path(tempfile.mkdtemp(dir=CACHE))
    layers = write_layers(draft, files, time_of_build, changed)
    image = f"{draft}/image:latest"
    run = lambda *command: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    run("umoci", "init", "--layout", f"{draft}/image")
    run("umoci", "new", "--image", image)
    for layer in layers:
        run("umoci", "raw", "add-layer", "--image", image, "--history.created_by", f"COPY {layer.stem} /", str(layer))
        layer.unlink()
    run("umoci", "gc", "--layout", f"{draft}/image")
    (draft / "image").rename(target)
    draft.rmdir()


def apart(make, target, *how):
    """Makes what is not there, in a process of its own: the peak of a child counts what its parent held at the fork."""
    if not target.exists():
        process = multiprocessing.get_context("fork").Process(target=make, args=(target, *how))
        process.start()
        process.join()
        if process.exitcode != 0:
            sys.exit(f"could not make {target}")


def layer_blobs(layout):
    index = json.loads((layout / "index.json").read_text())
    blob = lambda descriptor: layout / "blobs" / descriptor["digest"].replace(":", "/")
    return [blob(layer) for layer in json.loads(blob(index["manifests"][0]).read_text())["layers"]]


def floor(pair):
    """Seconds to inflate and hash every distinct layer once, one at a time for each core, the largest first."""
    blobs = sorted(
        {path.name: path for layout in pair for path in layer_blobs(layout)}.values(), key=lambda p: -p.stat().st_size
    )
    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(
            pool.map(
                lambda path: subprocess.run(
                    ["sh", "-c", 'igzip -dc "$0" | openssl dgst -sha256', path], check=True, stdout=subprocess.DEVNULL
                ),
                blobs,
            )
        )
    return time.perf_counter() - start


def write(layout):
    """Seconds to write the layers' uncompressed bytes to files and make them last: what normalize must do besides."""
    blobs = layer_blobs(layout)
    sizes = [int(subprocess.check_output(["sh", "-c", 'igzip -dc "$0" | wc -c', blob])) for blob in blobs]
    block = os.urandom(1 << 20)
    start = time.perf_counter()
    for size in sizes:
        with tempfile.NamedTemporaryFile(dir=CACHE) as file:
            for _ in range(size >> 20):
                file.write(block)
            os.fsync(file.fileno())
    return time.perf_counter() - start


def run_once(program, *arguments):
    """Seconds, processor seconds and peak memory (MB) of one run of the program."""
    start = time.perf_counter()
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"touchstone {arguments[0]}: exit status {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare(program, pair):
    return run_once(program, "diff", f"oci:{pair[0]}", f"oci:{pair[1]}", "--quiet")


def digest(program, pair):
    return run_once(program, "digest", f"oci:{pair[0]}")


def normalize(program, pair):
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        return run_once(program, "normalize", "--quiet", f"oci:{pair[0]}", "-o", f"oci:{folder}/out")


# What is measured: the command, and what its floor is made of.
COMMANDS = {
    "diff": (compare, "igzip | openssl", lambda pair: floor(pair)),
    "digest": (digest, "igzip | openssl", lambda pair: floor(pair[:1])),
    "normalize": (normalize, "igzip | openssl, write", lambda pair: floor(pair[:1]) + write(pair[0])),
}


def measure(name, program, pair, runs, command):
    run, floor_name, floor_of = COMMANDS[command]
    run(program, pair)  # warms the cache
    ours, floors = [], []
    for _ in range(runs):
        ours.append(run(program, pair))
        floors.append(floor_of(pair))
    wall, processor, memory = (statistics.median(column) for column in zip(*ours))
    base = statistics.median(floors)
    cores = processor / wall
    print(
        f"{name:<14}{command:<10}{wall:7.3f} s   {floor_name:<23}{base:7.3f} s   ratio {wall / base:5.2f}   "
        f"cores busy {cores:4.2f} of {os.cpu_count()}   peak {max(run[2] for run in ours):6.1f} MB",
        flush=True,
    )
    return max(run[2] for run in ours)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", default=str(REPOSITORY / "build/release/cli/touchstone"))
    parser.add_argument("--megabytes", type=int, default=500, help="uncompressed, for each side")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--commands", nargs="*", choices=COMMANDS, default=list(COMMANDS))
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    size = options.megabytes
    real = [CACHE / f"real-{size}-a", CACHE / f"real-{size}-b"]
    small = [CACHE / "small-a", CACHE / "small-b"]
    for pair, files, changed in ((real, lambda: real_files(size), 5000), (small, small_files, 20_000)):
        apart(make_image, pair[0], files, 1_700_000_000)
        apart(make_image, pair[1], files, 1_710_000_000, changed)
    for command in options.commands:
        measure(f"{size} MB", options.program, real, options.runs, command)
        memory = measure(f"{SMALL_FILES:,} files", options.program, small, options.runs, command)
        if memory > MEMORY_LIMIT_MB:
            sys.exit(f"{command}: peak memory {memory:.0f} MB is over the limit of {MEMORY_LIMIT_MB} MB")


if __name__ == "__main__":
    main()
