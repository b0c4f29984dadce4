"""The same comparison from a registry on this machine and from a layout on disk, in turns (issue 6: at most 1.2 times as
long). Debian's docker-registry serves both images; it shares the processors with the program that it serves. Beside it:
what keeping everything costs the first time, and what a second comparison takes."""
import contextlib
import os
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time

import inputs
import measure

FROM_REGISTRY = 1.2  # over the same from a layout on disk
PAIRS = ("debian", "npm")
START = 20  # seconds for the registry to come up
CONFIG = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/store}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def wait_for(port):
    end = time.monotonic() + START
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"bench: docker-registry does not answer at port {port}")


@contextlib.contextmanager
def registry(folder):
    """Its host, while it runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = pathlib.Path(folder, "config.yml")
    config.write_text(CONFIG.format(folder=folder, port=port))
    process = subprocess.Popen(
        ["docker-registry", "serve", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def push(references, host):
    """Both sides, byte for byte; their names there."""
    names = [f"{host}/pair/{side}:1" for side in ("published", "rebuilt")]
    for reference, name in zip(references, names, strict=True):
        words = ["skopeo", "--insecure-policy", "copy", "--quiet", "--preserve-digests", "--dest-tls-verify=false"]
        subprocess.run([*words, reference, f"docker://{name}"], check=True)
    return [f"docker://{name}" for name in names]


def run(options, pair):
    """One pair: seconds of each way, and the row that bench/run.py keeps."""
    with tempfile.TemporaryDirectory(dir=inputs.CACHE) as folder, registry(folder) as host:
        remote = push(pair["references"], host)
        words = [options.program, "diff", "--explain", "none"]
        runs = {"layout": [], "no cache": [], "first": [], "second": []}
        for number in range(options.runs):
            os.environ["XDG_CACHE_HOME"] = f"{folder}/cache-{number}"
            runs["layout"].append(measure.run_program([*words, *pair["references"]]))
            runs["no cache"].append(measure.run_program([*words, "--no-cache", *remote]))
            runs["first"].append(measure.run_program([*words, *remote]))
            runs["second"].append(measure.run_program([*words, *remote]))
    wall = {way: statistics.median(one["wall"] for one in all_of_it) for way, all_of_it in runs.items()}
    ratio = {way: seconds / wall["layout"] for way, seconds in wall.items()}
    row = {"pair": pair["name"], "wall": wall, "ratio": ratio, "raw": runs, "missed": []}
    if ratio["no cache"] > FROM_REGISTRY:
        row["missed"].append(f"{pair['name']} from a registry: {ratio['no cache']:.2f} times, not {FROM_REGISTRY}")
    print(
        f"  {pair['name']:<16}{wall['layout']:8.3f}s   from a registry {ratio['no cache']:.2f} ({FROM_REGISTRY}), "
        f"and kept {ratio['first']:.2f}, a second time {ratio['second']:.2f}  {'MISSED' if row['missed'] else ''}",
        flush=True,
    )
    return row
