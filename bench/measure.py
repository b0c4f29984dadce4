"""What bench/run.py measures, one thing once: a run of the program, the floor of its job, pipes of other tools, a
write. The peak memory of a child counts what its parent held when it was started; therefore time(1) starts the program,
and this process stays small: lists of a million sizes stay in files."""
import concurrent.futures
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time

CORES = len(os.sched_getaffinity(0))
FEATURES = ("sha_ni", "avx2", "avx512f", "pclmulqdq")
PACKAGES = ("libssl3", "libisal2", "zlib1g", "libzstd1", "isal", "openssl", "zstd", "diffoscope-minimal", "umoci")

# The parts that a command must do to each layer. `canonical` is one SHA-256 over as many bytes as the stream has: the
# canonical form holds the same files, so that its length is near that of the layer.
PARTS = {
    "diff": ("inflate", "stored", "stream", "content"),
    "verify": ("inflate", "stored", "stream"),
    "ls": ("inflate", "stored", "stream"),
    "ls-json": ("inflate", "stored", "stream", "content"),
    "digest": ("inflate", "stored", "stream", "canonical"),
    "normalize": ("inflate", "stored", "stream", "canonical"),
}


def arguments(command, pair, folder):
    """The command line; `folder` is an empty one for what it writes."""
    first, second = pair["references"]
    return {
        "diff": ["diff", "--explain", "none", first, second],  # explaining has no floor of libraries
        "verify": ["verify", first],
        "ls": ["ls", first],
        "ls-json": ["ls", "--json", first],
        "digest": ["digest", first],
        "normalize": ["normalize", "--quiet", first, "-o", f"oci:{folder}/out"],
        "version": ["--version"],
    }[command]


def run_program(words, memory=True):
    """Wall and processor seconds, and peak memory in MB (0 without `memory`, which costs a millisecond)."""
    with tempfile.NamedTemporaryFile("r") as peak:
        timer = ["/usr/bin/time", "-f", "%M", "-o", peak.name] if memory else []
        start = time.perf_counter()
        process = subprocess.Popen([*timer, *words], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        kilobytes = int(peak.read().split()[-1]) if memory else 0
    if process.returncode not in (0, 1):
        sys.exit(f"bench: {' '.join(words)}: exit status {process.returncode}")
    processor = usage.ru_utime + usage.ru_stime
    return {"wall": round(wall, 6), "processor": round(processor, 6), "memory": round(kilobytes / 1024, 1)}


def run_command(program, command, pair, scratch, memory=True, extra=()):
    if command == "normalize":
        os.sync()  # as before run_write
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        return run_program([program, *arguments(command, pair, folder), *extra], memory)


def same_bottom(pair):
    """How many layers from the bottom up are the same blobs on both sides."""
    count = 0
    for a, b in zip(*pair["sides"]):
        if a["digest"] != b["digest"]:
            break
        count += 1
    return count


def hashed_only(command, pair):
    """Blobs that need one SHA-256 and nothing else: each copy of a bottom that both sides share."""
    if command != "diff":
        return []
    return [layer for side in pair["sides"] for layer in side[: same_bottom(pair)]]


def read_whole(command, pair):
    """Distinct blobs that are inflated, hashed and walked."""
    if command != "diff":
        return pair["sides"][0]
    layers = [layer for side in pair["sides"] for layer in side[same_bottom(pair) :]]
    return list({layer["digest"]: layer for layer in layers}.values())


def run_floor(floor, pair):
    """Seconds that each library needs for each blob of the pair, by path."""
    layers = [layer for side in pair["sides"] for layer in side]
    words = [word for layer in layers for word in (layer["compression"], layer["path"], layer["sizes"])]
    measured = json.loads(subprocess.check_output([floor, *words]))
    for layer, blob in zip(layers, measured["blobs"], strict=True):
        seen = (blob["stored"]["bytes"], blob["inflate"]["bytes"] or layer["uncompressed"], blob["files"])
        if seen != (layer["stored"], layer["uncompressed"], layer["files"]):
            sys.exit(f"bench: {layer['path']}: the floor read {seen}, which is not what was written")
    return {layer["path"]: blob for layer, blob in zip(layers, measured["blobs"])}, measured["libraries"]


def part_seconds(blob, part):
    if part == "canonical":  # of a plain layer the stream is what is stored
        part = "stream" if blob["stream"]["bytes"] else "stored"
    return blob[part]["seconds"]


def floor_of(command, pair, blobs):
    """Seconds on all cores, of what the libraries took on one; but no two of them can inflate, or hash, one stream."""
    layers = read_whole(command, pair)
    seconds = sum(blobs[layer["path"]]["stored"]["seconds"] for layer in hashed_only(command, pair))
    for layer in layers:
        seconds += sum(part_seconds(blobs[layer["path"]], part) for part in PARTS[command])
    on_one = max((blobs[layer["path"]]["inflate"]["seconds"] for layer in layers), default=0)
    if command != "digest":
        return max(seconds / CORES, on_one)
    # The merged tree's digest is one more hash of all contents, in an order that is known when all layers are read.
    tree = sum(part_seconds(blobs[layer["path"]], "canonical") for layer in layers)
    if len(layers) == 1:
        return max((seconds + tree) / CORES, on_one)
    return max(seconds / CORES, on_one) + tree


def run_pipes(command, pair):
    """Seconds for `igzip | openssl dgst` over the same blobs, one pipe for each core at a time, the largest first."""
    tools = {"gzip": 'igzip -dc "$0" |', "zstd": 'zstd -qdc "$0" |', "plain": '< "$0"'}
    jobs = [(layer["uncompressed"], tools[layer["compression"]], layer["path"]) for layer in read_whole(command, pair)]
    jobs += [(layer["stored"], tools["plain"], layer["path"]) for layer in hashed_only(command, pair)]
    run = lambda job: subprocess.run(
        ["sh", "-c", f"{job[1]} openssl dgst -sha256", job[2]], check=True, stdout=subprocess.DEVNULL
    )
    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        list(pool.map(run, sorted(jobs, reverse=True)))
    return time.perf_counter() - start


def run_write(pair, scratch):
    """Seconds to write the uncompressed layers of the first side to files, and to make them last."""
    block = os.urandom(1 << 20)
    os.sync()  # what others wrote before is not part of it
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        start = time.perf_counter()
        for number, layer in enumerate(pair["sides"][0]):
            with open(f"{folder}/{number}", "wb", buffering=0) as file:
                left = layer["uncompressed"]
                while left:
                    left -= file.write(block[:left])
                os.fsync(file.fileno())
        return time.perf_counter() - start


def drop_caches():
    """Whether it was permitted."""
    os.sync()
    try:
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError:
        return False
    return True


def read_cold(pair):
    """Seconds that reading every blob takes when nothing of it is in memory."""
    drop_caches()
    start = time.perf_counter()
    paths = [layer["path"] for side in pair["sides"] for layer in side]
    subprocess.run(["cat", *paths], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def package_versions():
    versions = {}
    for package in PACKAGES if shutil.which("dpkg-query") else ():
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout:
            versions[package] = done.stdout
    return versions


def machine(program):
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    flags = facts.get("flags", "").split()
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "touchstone": subprocess.check_output([program, "--version"], text=True).strip(),
        "kernel": platform.release(),
        "cpu": facts.get("model name", platform.machine()),
        "features": [flag for flag in FEATURES if flag in flags],
        "cores": CORES,
        "load": os.getloadavg()[0],
        "packages": package_versions(),
    }
