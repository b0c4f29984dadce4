"""The same pairs by other tools of Debian, with what each finds and misses: diffoscope on the two archives and on one
layer of each side as a tar; `umoci unpack` of both images and `diff -r --no-dereference`. `bench/run.sh --others` runs
it.

What is found is judged on the pair `planted`, which holds one difference of each kind in an otherwise equal layer: a
path counts as found when the tool's report names it as changed."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import inputs
import sources

LIMIT = 120  # seconds for each tool and pair
PAIRS = ("planted", "fixture", "debian", "npm")
# One permitted capability, CAP_NET_RAW, as version 2 of security.capability stores it.
CAPABILITY = "\x01\x00\x00\x02\x00\x20" + "\x00" * 14


def plant_content(member, file):
    return sources.flipped(file)


def plant_setuid(member, file):
    member.mode |= 0o4000
    return file


def plant_owner(member, file):
    member.uid = 1000
    return file


def plant_mtime(member, file):
    member.mtime = sources.SECOND_BUILD
    return file


def plant_capability(member, file):
    member.pax_headers = {**member.pax_headers, "SCHILY.xattr.security.capability": CAPABILITY}
    return file


KINDS = {
    "content": plant_content,
    "setuid": plant_setuid,
    "owner": plant_owner,
    "capability": plant_capability,
    "mtime": plant_mtime,
}


class Plants:
    """The second build of `planted`: the first one with one difference of each kind, evenly spread over usr/."""

    def __init__(self, source):
        links = {member.linkname for member, _ in source if member.islnk()}
        usable = lambda member: member.isreg() and 1000 < member.size < 100_000 and member.name not in links
        names = [member.name for member, _ in source if usable(member) and member.name.startswith("./usr/")]
        step = len(names) // len(KINDS)
        self.kinds = {names[number * step]: kind for number, kind in enumerate(KINDS)}
        self.planted = {kind: name.removeprefix("./") for name, kind in self.kinds.items()}

    def __call__(self, member, file):
        member.mtime = sources.FIRST_BUILD
        kind = self.kinds.get(member.name)
        return (KINDS[kind](member, file), True) if kind else (file, False)


def free_bytes(folder):
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize


def run_limited(words, folder):
    """Wall seconds, whether it came to its end, what it printed, and the peak of temporary disk in MB: what the file
    system had less than before, so that others who write there at the time are counted, too."""
    before = least = free_bytes(folder)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        environment = {**os.environ, "TMPDIR": folder, "LC_ALL": "C.UTF-8"}
        quiet = {"stdout": out, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(words, **quiet, env=environment, start_new_session=True)
        while process.poll() is None and time.perf_counter() - start < LIMIT:
            time.sleep(0.02)
            least = min(least, free_bytes(folder))
        wall, ended = time.perf_counter() - start, process.returncode is not None
        if not ended:
            os.killpg(process.pid, signal.SIGKILL)  # only the session that was started here
            process.wait()
        out.seek(0)
        text = out.read().decode(errors="replace")
    return {"seconds": wall, "ended": ended, "status": process.returncode, "disk": (before - least) / 1e6, "out": text}


def archive(pair, side, folder):
    """The image as one file, as `docker save` or skopeo would give it."""
    transport, path = pair["references"][side].split(":", 1)
    if transport == "oci-archive":
        return path
    target = f"{folder}/{'ab'[side]}.oci.tar"
    subprocess.run(["tar", "-C", path, "-cf", target, "oci-layout", "index.json", "blobs"], check=True)
    return target


def layer_tar(pair, side, folder):
    """The first layer of the side as a plain tar."""
    target = f"{folder}/{'ab'[side]}-layer.tar"
    blob = pair["sides"][side][0]["path"]
    subprocess.run(["sh", "-c", 'igzip -dc "$0" > "$1"', blob, target], check=True)
    return target


def layout(pair, side, folder):
    """The image as a layout with the name `latest`, which umoci wants."""
    transport, path = pair["references"][side].split(":", 1)
    if transport == "oci":
        return path
    target = f"{folder}/{'ab'[side]}-layout"
    words = ["skopeo", "--insecure-policy", "copy", "--quiet", f"oci-archive:{path}", f"oci:{target}:latest"]
    subprocess.run(words, check=True)
    return target


def diffoscope(paths):
    return ["diffoscope", "--no-progress", "--text", "-", *paths]


def umoci_and_diff(layouts_of_pair, folder):
    rootless = "" if os.geteuid() == 0 else "--rootless"
    unpack = "; ".join(
        f'umoci unpack {rootless} --image "{path}:latest" "{folder}/{side}" >&2 || exit 2'
        for path, side in zip(layouts_of_pair, "ab")
    )
    return ["sh", "-c", f'{unpack}; cd "{folder}"; exec diff -r --no-dereference a/rootfs b/rootfs']


def touchstone(program, references):
    return [program, "diff", *references, "-o", "json"]


def named_by_diffoscope(path, text):
    """Its report names the path in a heading, or in a line that was added or removed; lines around a change do not
    count."""
    pattern = re.compile(rf"(^[│ ]*([├└]── |[│ ]*[-+]).*{re.escape(path)}(\s|$|\W))", re.MULTILINE)
    return pattern.search(text) is not None


def named_by_diff(path, text):
    return re.search(rf"^(Files|Only in|diff|Binary files).*{re.escape(path)}( |$)", text, re.MULTILINE) is not None


def named_by_touchstone(path, text):
    return text != "" and any(finding.get("path") == path for finding in json.loads(text)["findings"])


def noise_of(tool, text):
    """Touchstone's count of times that differ, which it does not name without --all."""
    return json.loads(text)["summary"]["noise"].get("mtime", 0) if tool.startswith("touchstone") and text else 0


def prepared(tool, pair, program, folder):
    """The command line over the pair in the form that the tool takes."""
    if tool == "touchstone":
        return touchstone(program, pair["references"]), named_by_touchstone
    if tool == "touchstone, one layer":
        return touchstone(program, [f"tar:{layer_tar(pair, side, folder)}" for side in (0, 1)]), named_by_touchstone
    if tool == "diffoscope, archives":
        return diffoscope([archive(pair, side, folder) for side in (0, 1)]), named_by_diffoscope
    if tool == "diffoscope, one layer":
        return diffoscope([layer_tar(pair, side, folder) for side in (0, 1)]), named_by_diffoscope
    return umoci_and_diff([layout(pair, side, folder) for side in (0, 1)], folder), named_by_diff


NEEDS = {"umoci": "umoci", "diffoscope": "diffoscope"}  # by the first word of the tool's name
TOOLS = ("touchstone", "umoci, diff -r", "diffoscope, archives", "touchstone, one layer", "diffoscope, one layer")


def expected_paths(pair, tool):
    """What was changed, by kind or number, as far as the tool was shown it."""
    plants = inputs.CACHE.joinpath(*pair["place"], "plants.json")
    if plants.exists():
        return json.loads(plants.read_text())
    if tool.endswith("one layer"):
        return dict(enumerate(pair["sides"][1][0]["changed"]))
    return dict(enumerate(pair["expected"]))


def run_tool(tool, pair, program):
    with tempfile.TemporaryDirectory(dir=inputs.CACHE, ignore_cleanup_errors=True) as folder:
        words, named = prepared(tool, pair, program, folder)
        result = run_limited(words, folder)
        out = result.pop("out")
        expected = expected_paths(pair, tool)
        found = {kind: named(path, out) if result["ended"] else None for kind, path in expected.items()}
        noise = noise_of(tool, out)
    return {"tool": tool, "pair": pair["name"], **result, "found": found, "noise": noise}


def verdict_on(row):
    """`planted`: each kind with its mark; the others: how many of those changed were named."""
    if not row["ended"]:
        return f"stopped after {LIMIT} s"
    if row["status"] not in (0, 1):
        return f"failed: exit status {row['status']}"
    if row["pair"] != "planted":
        return f"{sum(row['found'].values())} of {len(row['found'])} changed files named"
    groups = {"finds": [], "misses": [], "counts as noise": []}
    for kind, found in row["found"].items():
        noise = kind == "mtime" and row["noise"] == 1
        groups["finds" if found else "counts as noise" if noise else "misses"].append(kind)
    return "; ".join(f"{what} {', '.join(kinds)}" for what, kinds in groups.items() if kinds)


def possible(tool, pair):
    needed = NEEDS.get(re.split(r"\W", tool)[0])
    if needed and not shutil.which(needed):
        print(f"{pair['name']:<10}{tool:<24} SKIPPED: there is no {needed} on this machine")
        return False
    return bool(pair["sides"]) or not tool.endswith("one layer")


def run(options):
    """All tools on all pairs that are there; returns the rows."""
    print(f"\nother tools, at most {LIMIT} s each; planted: one difference of each kind, of which mtime is noise")
    print(f"{'pair':<10}{'tool':<24}{'wall':>10}{'disk':>10}  result")
    rows = []
    for name in PAIRS:
        place = (options.scale, "pairs", name)
        path = inputs.CACHE.joinpath(*place, "pair.json")
        if not path.exists():
            continue
        pair = {**json.loads(path.read_text()), "place": place}
        for tool in TOOLS:
            if not possible(tool, pair):
                continue
            row = run_tool(tool, pair, options.program)
            print(f"{name:<10}{tool:<24}{row['seconds']:9.2f}s{row['disk']:7.0f} MB  {verdict_on(row)}", flush=True)
            rows.append(row)
    return rows
