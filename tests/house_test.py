"""The house of the design, kept by a test: which folder may include which, where third-party headers may be, how long a
file may be, and that each file says what it is for."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ["base", "image", "normalize", "diff", "report", "attest", "cli"]  # each may include itself and those before it
LIMITS = {".cpp": 450, ".h": 180}
# Not installed: for the sources beside it only (cmake/library.cmake leaves it out).
INTERNAL = {"image/remote/libcurl.h", "diff/explain/libarchive.h"}
STANDARD = re.compile(r"[a-z0-9_]+|sys/[a-z]+\.h|(fcntl|unistd|errno|signal|dirent|time)\.h")


def complaints_about(path, folder):
    lines = path.read_text().split("\n")
    name = path.relative_to(ROOT)
    if len(lines) - 1 > LIMITS[path.suffix]:
        yield f"{name}: {len(lines) - 1} lines, the limit is {LIMITS[path.suffix]}"
    if not lines[0].startswith("//"):
        yield f"{name}: does not open with what lives here and why"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield f"{name}: no #pragma once"
    for number, line in enumerate(lines, 1):
        ours = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        theirs = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if ours:
            target = ours.group(1).split("/")[0]
            if target not in FOLDERS[: FOLDERS.index(folder) + 1]:
                yield f'{name}:{number}: {folder}/ may not include "{ours.group(1)}"'
        if theirs and path.suffix == ".h" and str(name) not in INTERNAL and not STANDARD.fullmatch(theirs.group(1)):
            yield f"{name}:{number}: <{theirs.group(1)}> is not of the standard library; it belongs in a .cpp file"


def main():
    complaints, files = [], 0
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in LIMITS:
                files += 1
                complaints += complaints_about(path, folder)
    print("\n".join(complaints) if complaints else f"{files} files in order")
    sys.exit(1 if complaints or files == 0 else 0)


if __name__ == "__main__":
    main()
