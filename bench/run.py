#!/usr/bin/env python3
"""How long touchstone takes, end to end, beside a floor that is measured in the same loop: what the libraries alone
need for the same bytes (bench/floor.cpp: inflate, SHA-256 of the blobs, of the streams and of the contents), divided by
the number of cores. The ratio is the result, not the seconds, because machines differ. `work` is processor time over
the floor, `busy` the share of all cores that was used: where a ratio is high, one of them says why. `pipes` is the wall
over that of `igzip -dc X | openssl dgst -sha256` on all cores for the same blobs: one hash, less than the job must do.

    bench/run.sh [--quick] [--pairs PAIR...] [--commands COMMAND...] [--runs N] [--cold] [--explaining] [--registry] [--others] [--json FILE]

The pairs are those of bench/inputs.py. A missed target is marked, and fails the run only with --strict."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import inputs
import measure
import registry

# Wall over floor, at most (issue 4).
DIFF_TARGETS = {
    "debian": 1.15,
    "debian-zstd": 1.20,
    "debian-one": 1.25,
    "debian-one-zstd": 1.25,
    "debian-top": 1.15,
    "debian-same": 1.15,
    "npm": 1.30,
    "tiny-files": 1.30,
    "million": None,  # memory only
    "one-sided": 1.25,
}
# `normalize` has one write of the uncompressed bytes in its floor. The others: no more than what they must do.
COMMAND_TARGETS = {"normalize": 1.30, "digest": 1.0, "verify": 1.0, "ls": 1.0, "ls-json": 1.0}
COMMANDS = ["diff", *COMMAND_TARGETS]
ALL_COMMANDS_FOR = ("debian", "debian-zstd", "npm")  # on the other pairs only `diff` says something new
SECONDS = {"fixture": 0.025, "version": 0.010}  # absolute targets
ABSOLUTE_RUNS = 20
MEGABYTES = {"npm": 100, "tiny-files": 100, "million": 700}  # peak of any command; both sides together for diff
MORE_JOBS = 1.03  # more jobs than cores over as many as there are: no cost, but for the clock's noise
COLD = 1.10  # cold cache over the larger of warm cache and reading the files cold
QUICK_PAIRS = ["fixture", "debian", "debian-zstd", "debian-top", "debian-same", "npm", "tiny-files", "one-sided"]
EXPLAINING = 2.0  # with explaining over without: it adds at most the time of the comparison itself (issue 5)
EXPLAINED_PAIRS = ("debian-rebuilt", "npm-rebuilt")  # packages, of which 300 files differ
HEAD = (
    f"{'pair':<16}{'command':<11}{'wall':>9}{'floor':>9}{'ratio':>7}{'target':>8}  {'':<7}"
    f"{'work':>5}{'busy':>6}{'pipes':>7}{'peak':>9}"
)


def load_pair(options, name):
    path = inputs.CACHE / options.scale / "pairs" / name / "pair.json"
    return json.loads(path.read_text()) if path.exists() else None


def check_findings(options, pair):
    """Warms the cache, and holds what is found against what was changed: a fast wrong answer is worth nothing."""
    with tempfile.TemporaryDirectory(dir=inputs.CACHE) as folder:
        measure.run_program([options.program, "diff", *pair["references"], "-o", f"json={folder}/report.json"])
        report = json.loads(pathlib.Path(folder, "report.json").read_text())
    if pair["expected"] is None:
        return
    found = sorted({finding["path"] for finding in report["findings"] if "path" in finding})
    verdict = "divergent" if pair["expected"] else "identical"
    if (report["verdict"], found) != (verdict, pair["expected"]):
        sys.exit(f"bench: {pair['name']}: changed were {pair['expected']}, touchstone: {report['verdict']}, {found}")


def median_of(runs, column):
    return statistics.median(run[column] for run in runs)


def collect(options, pair, commands):
    """All raw numbers of a pair: the floor, each command and the pipes in turns."""
    raw = {command: {"runs": [], "floor": [], "pipes": [], "write": []} for command in commands}
    for _ in range(options.runs):
        blobs, options.libraries = measure.run_floor(options.floor, pair)
        options.rates[pair["name"]] = list(blobs.values())
        for command in commands:
            row = raw[command]
            # A disk has moods: one write before and one after, of which the mean counts.
            is_written = command == "normalize"
            before = measure.run_write(pair, inputs.CACHE) if is_written else 0
            row["runs"].append(measure.run_command(options.program, command, pair, inputs.CACHE))
            after = measure.run_write(pair, inputs.CACHE) if is_written else 0
            write = (before + after) / 2
            row["write"].append(write)
            row["floor"].append(measure.floor_of(command, pair, blobs) + write)
            if command == "diff":
                row["pipes"].append(measure.run_pipes(command, pair))
    return raw


def summarize(name, command, raw):
    wall, floor = median_of(raw["runs"], "wall"), statistics.median(raw["floor"])
    row = {"pair": name, "command": command, "wall": wall, "floor": floor, "ratio": wall / floor, "raw": raw}
    row["target"] = DIFF_TARGETS[name] if command == "diff" else COMMAND_TARGETS[command]
    row["pipes"] = wall / statistics.median(raw["pipes"]) if raw["pipes"] else None
    processor = median_of(raw["runs"], "processor") / measure.CORES
    row["work"], row["busy"] = processor / (floor - statistics.median(raw["write"])), processor / wall
    row["memory"] = max(run["memory"] for run in raw["runs"])
    row["missed"] = []
    if row["target"] and row["ratio"] > row["target"]:
        row["missed"].append(f"{name} {command}: {row['ratio']:.2f} times the floor, not {row['target']:.2f}")
    if row["memory"] > MEGABYTES.get(name, row["memory"]):
        row["missed"].append(f"{name} {command}: {row['memory']:.0f} MB, not {MEGABYTES[name]}")
    return row


def print_row(row):
    pipes, target = (f"{value:.2f}" if value else "-" for value in (row["pipes"], row["target"]))
    print(
        f"{row['pair']:<16}{row['command']:<11}{row['wall']:8.3f}s{row['floor']:8.3f}s{row['ratio']:7.2f}"
        f"{target:>8}  {'MISSED' if row['missed'] else '':<7}{row['work']:5.2f}{row['busy']:6.0%}{pipes:>7}"
        f"{row['memory']:6.0f} MB",
        flush=True,
    )


def run_pair(options, pair):
    commands = [c for c in options.commands if c == "diff" or pair["name"] in ALL_COMMANDS_FOR]
    check_findings(options, pair)
    rows = [summarize(pair["name"], command, raw) for command, raw in collect(options, pair, commands).items()]
    for row in rows:
        print_row(row)
    return rows


def run_absolute(options, name, command, pair):
    """Tiny jobs have a limit in milliseconds; nothing stands between the clock and the program."""
    count = max(options.runs, ABSOLUTE_RUNS)
    runs = [measure.run_command(options.program, command, pair, inputs.CACHE, memory=False) for _ in range(count)]
    wall, limit = median_of(runs, "wall"), SECONDS[name]
    row = {"pair": name, "command": command, "wall": wall, "target_seconds": limit, "raw": {"runs": runs}}
    row["missed"] = [f"{name}: {wall * 1000:.1f} ms, not {limit * 1000:.0f}"] if wall > limit else []
    mark = "MISSED" if row["missed"] else ""
    print(f"{name:<16}{command:<11}{wall * 1000:6.1f} ms{'-':>9}{'-':>7}{limit * 1000:5.0f} ms  {mark}", flush=True)
    return row


def run_jobs(options, pair):
    """One pair with fewer and more threads than cores."""
    counts = sorted({1, 2, 4, 8, measure.CORES})
    runs = {count: [] for count in counts}
    for _ in range(options.runs):
        for count in counts:
            extra = ["--jobs", str(count)]
            runs[count].append(measure.run_command(options.program, "diff", pair, inputs.CACHE, extra=extra))
    base = median_of(runs[measure.CORES], "wall")
    rows = []
    print(f"\njobs, diff of {pair['name']} ({measure.CORES} cores)")
    for count in counts:
        ratio = median_of(runs[count], "wall") / base
        row = {"pair": pair["name"], "jobs": count, "ratio": ratio, "raw": runs[count], "missed": []}
        if count > measure.CORES and ratio > MORE_JOBS:
            row["missed"].append(f"--jobs {count}: {ratio:.2f} times --jobs {measure.CORES}, not {MORE_JOBS}")
        memory = max(run["memory"] for run in runs[count])
        print(f"  {count:>3}{ratio * base:9.3f}s{ratio:7.2f}{memory:6.0f} MB  {'MISSED' if row['missed'] else ''}")
        rows.append(row)
    return rows


def run_explaining(options, pair):
    """`diff` as it is, beside the comparison alone, in turns."""
    runs = {"auto": [], "none": []}
    for _ in range(options.runs):
        for mode in runs:
            words = [options.program, "diff", "--explain", mode, *pair["references"]]
            runs[mode].append(measure.run_program(words))
    alone, whole = (median_of(runs[mode], "wall") for mode in ("none", "auto"))
    row = {"pair": pair["name"], "none": alone, "auto": whole, "ratio": whole / alone, "raw": runs, "missed": []}
    row["memory"] = max(run["memory"] for run in runs["auto"])
    row["files"] = None if pair["expected"] is None else len(pair["expected"])
    if row["ratio"] > EXPLAINING:
        row["missed"].append(f"{pair['name']} explained: {row['ratio']:.2f} times the comparison, not {EXPLAINING}")
    mark = "MISSED" if row["missed"] else ""
    print(
        f"  {pair['name']:<16}{whole:8.3f}s   alone {alone:.3f} s, {row['files']} files{row['ratio']:7.2f}"
        f"{EXPLAINING:8.2f}{row['memory']:6.0f} MB  {mark}",
        flush=True,
    )
    return row


def run_cold(options, pair):
    runs = {"cold": [], "warm": [], "cat": []}
    for _ in range(options.runs):
        runs["cat"].append(measure.read_cold(pair))
        measure.drop_caches()
        for kind in ("cold", "warm"):
            runs[kind].append(measure.run_command(options.program, "diff", pair, inputs.CACHE)["wall"])
    cold, warm, cat = (statistics.median(runs[kind]) for kind in ("cold", "warm", "cat"))
    ratio = cold / max(warm, cat)
    row = {"pair": pair["name"], "cold": cold, "warm": warm, "cat": cat, "ratio": ratio, "raw": runs, "missed": []}
    if ratio > COLD:
        row["missed"].append(f"{pair['name']} with a cold cache: {ratio:.2f} times the larger of the two, not {COLD}")
    mark = "MISSED" if row["missed"] else ""
    print(f"  {pair['name']:<16}{cold:8.3f}s   warm {warm:.3f} s, cat {cat:.3f} s{ratio:7.2f}{COLD:8.2f}  {mark}")
    return row


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    build = inputs.REPOSITORY / "build/release"
    parser.add_argument("--program", default=str(build / "cli/touchstone"))
    parser.add_argument("--floor", default=str(build / "bench/touchstone_floor"))
    parser.add_argument("--quick", dest="scale", action="store_const", const="quick", default="full")
    parser.add_argument("--runs", type=int, help="of each job; the median counts (default 5, quick 3)")
    parser.add_argument("--pairs", nargs="*", choices=["fixture", *DIFF_TARGETS], help="default: all")
    parser.add_argument("--commands", nargs="*", choices=COMMANDS, default=COMMANDS)
    parser.add_argument("--no-jobs", action="store_true", help="without the table of --jobs")
    parser.add_argument("--cold", action="store_true", help="with a cold cache, too (needs root)")
    parser.add_argument("--explaining", action="store_true", help="with explaining beside without")
    parser.add_argument("--registry", action="store_true", help="from a registry on this machine beside a layout")
    parser.add_argument("--others", action="store_true", help="beside diffoscope and umoci with diff")
    parser.add_argument("--json", metavar="FILE", help="write every number there")
    parser.add_argument("--strict", action="store_true", help="exit status 1 if a target is missed")
    options = parser.parse_args()
    options.runs = options.runs or {"full": 5, "quick": 3}[options.scale]
    if options.pairs is None:
        options.pairs = QUICK_PAIRS if options.scale == "quick" else ["fixture", *DIFF_TARGETS]
    options.libraries, options.rates = [], {}
    return options


def make_inputs(options):
    script = pathlib.Path(__file__).with_name("inputs.py")
    pairs = [*options.pairs, *(["planted"] if options.others else []), *(EXPLAINED_PAIRS if options.explaining else []),
             *(registry.PAIRS if options.registry else [])]
    if pairs:
        subprocess.run([sys.executable, script, "--scale", options.scale, *pairs], check=True)


def run_all(options):
    results = {"machine": measure.machine(options.program), "runs": options.runs, "scale": options.scale}
    facts = results["machine"]
    print(
        f"{facts['touchstone']}, {facts['cores']} cores of {facts['cpu']} ({' '.join(facts['features'])}), "
        f"kernel {facts['kernel']}, load {facts['load']:.1f}, {facts['date']}"
    )
    if facts["load"] > 0.5:
        print("bench: this machine is busy: do not quote these figures", file=sys.stderr)
    print(f"{HEAD}\n{'-' * len(HEAD)}")
    pairs = [pair for pair in (load_pair(options, name) for name in options.pairs) if pair]
    big = [pair for pair in pairs if pair["sides"]]
    rows = []
    for pair in pairs:
        if not pair["sides"]:
            check_findings(options, pair)
            rows += [run_absolute(options, "version", "version", pair), run_absolute(options, "fixture", "diff", pair)]
        elif options.commands:
            rows += run_pair(options, pair)
    results.update(table=rows, jobs=[], cold=[], explaining=[], registry=[], libraries=options.libraries, rates=options.rates)
    if big and not options.no_jobs:
        results["jobs"] = run_jobs(options, big[0])
    if options.explaining:
        print("\nexplaining, diff over diff --explain none")
        explained = [pair for pair in (load_pair(options, name) for name in EXPLAINED_PAIRS) if pair]
        results["explaining"] = [run_explaining(options, pair) for pair in explained]
    if options.registry:
        print("\nfrom a registry on this machine, diff --explain none over the same from a layout on disk")
        pairs = [pair for pair in (load_pair(options, name) for name in registry.PAIRS) if pair]
        results["registry"] = [registry.run(options, pair) for pair in pairs]
    if options.cold and not measure.drop_caches():
        print("bench: SKIPPED the cold cache: dropping caches is not permitted", file=sys.stderr)
    elif options.cold:
        print("\ncold cache, diff, over the larger of warm and cat")
        results["cold"] = [run_cold(options, pair) for pair in big]
    return results


def main():
    options = parse()
    make_inputs(options)
    results = run_all(options)
    if options.others:
        import others

        results["others"] = others.run(options)
    missed = [text for kind in ("table", "jobs", "cold", "explaining", "registry") for row in results[kind] for text in row["missed"]]
    print(f"\ntargets missed: {len(missed)}" + "".join(f"\n  {text}" for text in missed))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results | {"missed": missed}, indent=1) + "\n")
    sys.exit(1 if missed and options.strict else 0)


if __name__ == "__main__":
    main()
