#!/usr/bin/env python3
"""Counts the instructions that the program's own code executes for three small fixed jobs, and holds them against
bench/budget.txt: CI guards the count, not the clock. Libraries are left out, because they choose their code by the
processor; what is left depends on the compiler and the sources only.

    bench/count.py --program build/release/cli/touchstone [--update]

A count may not grow by more than TOLERANCE without a line in bench/budget.txt that says why. --update writes the counts
anew; the reasons are written by people."""
import argparse
import io
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
BUDGET = REPOSITORY / "bench/budget.txt"
TOLERANCE = 0.03


def layer(path, changed):
    """5,000 files of 0 to 2 KB in 50 folders; every 500th differs between the two."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for number in range(5000):
            if number % 100 == 0:
                folder = tarfile.TarInfo(f"data/{number // 100:03}/")
                folder.type, folder.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(folder)
            member = tarfile.TarInfo(f"data/{number // 100:03}/file-{number:05}.txt")
            body = f"{number}\n".encode() * (number % 300) + (b"changed" if changed and number % 500 == 0 else b"")
            member.size, member.mode = len(body), 0o644
            archive.addfile(member, io.BytesIO(body))


def jobs(folder):
    """Name to arguments."""
    layer(folder / "a.tar", False)
    layer(folder / "b.tar", True)
    fixtures = REPOSITORY / "fixtures"
    diff = ["diff", "--explain", "none"]  # what explaining costs depends on libraries that align and unpack
    return {
        "diff-fixtures": [*diff, f"oci-archive:{fixtures}/published.oci.tar", f"oci-archive:{fixtures}/rebuilt.oci.tar"],
        "diff-5000": [*diff, f"tar:{folder}/a.tar", f"tar:{folder}/b.tar"],
        "normalize-5000": ["normalize", f"tar:{folder}/a.tar", "-o", f"{folder}/out.tar", "--force"],
    }


def count(program, arguments, folder):
    """Instructions executed in the program itself, by callgrind's output (valgrind manual, "Callgrind Format")."""
    out = folder / "callgrind.out"
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, *arguments, "--jobs", "1"],
        capture_output=True,
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(arguments)}: exit status {done.returncode}\n{done.stderr.decode(errors='replace')}")
    names, ours, total, after_call = {}, False, 0, False
    for line in out.read_text().splitlines():
        if match := re.fullmatch(r"ob=\((\d+)\)(?: (.*))?", line):
            if match[2]:
                names[match[1]] = match[2]
            ours = pathlib.Path(names[match[1]]).name == pathlib.Path(program).name
        elif match := re.fullmatch(r"cob=\((\d+)\) (.*)", line):
            names[match[1]] = match[2]
        elif line.startswith("calls="):
            after_call = True  # the next line holds what the called function cost
        elif re.match(r"[+\-*\d]", line):
            if not after_call and ours:
                total += int(line.split()[1])
            after_call = False
    return total


def budget():
    """Name to count; text after the count is the reason, for people."""
    lines = BUDGET.read_text().splitlines() if BUDGET.exists() else []
    return {line.split()[0]: int(line.split()[1]) for line in lines if line and not line.startswith("#")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", default=str(REPOSITORY / "build/release/cli/touchstone"))
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        counts = {job: count(options.program, arguments, folder) for job, arguments in jobs(folder).items()}
    allowed = budget()
    too_many = False
    for job, found in counts.items():
        share = found / allowed[job] - 1 if job in allowed else 0
        too_many = too_many or share > TOLERANCE or job not in allowed
        print(f"{job:<16}{found:>14,} instructions   {share:+.1%} of the budget")
    if options.update:
        head = "# Instructions of the program's own code, release build, g++ 12 (bench/count.py). job, count, why it grew\n"
        BUDGET.write_text(head + "".join(f"{job} {found}\n" for job, found in counts.items()))
    elif too_many:
        sys.exit(f"more than {TOLERANCE:.0%} over the budget: make it cheaper, or write in {BUDGET.name} why it grew")


if __name__ == "__main__":
    main()
