"""The house of the design, kept by a test: which folder may include which, where third-party headers may be, how long a
file may be, that each file says what it is for, and that no two types have one name."""
import collections
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


UNNAMED = re.compile(r"^namespace \{\n.*?^\} // namespace$", re.S | re.M)
NAMESPACE = re.compile(r"^namespace ([\w:]+) \{", re.M)
TYPE = re.compile(r"^(?:struct|class|enum class) (\w+)(?: final)?(?: : [^{;]*)? \{", re.M)


def types_defined_twice(paths):
    """One name for two types is undefined behaviour that no tool here reports: of functions that both have, a destructor
    say, the linker takes one for both."""
    places = collections.defaultdict(list)
    for path in paths:
        text = UNNAMED.sub("", path.read_text())
        namespace = NAMESPACE.search(text)
        for name in TYPE.findall(text):
            places[namespace.group(1) if namespace else "", name].append(str(path.relative_to(ROOT)))
    for (namespace, name), files in sorted(places.items()):
        if len(files) > 1:
            yield f"{namespace}::{name}: defined in {' and in '.join(files)}"


def main():
    complaints = []
    sources = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in LIMITS]
    for path in sources:
        complaints += complaints_about(path, path.relative_to(ROOT).parts[0])
    tests = [path for path in sorted((ROOT / "tests").rglob("*")) if path.suffix in LIMITS and "consumer" not in path.parts]
    complaints += types_defined_twice(sources + tests)
    print("\n".join(complaints) if complaints else f"{len(sources)} files in order")
    sys.exit(1 if complaints or not sources else 0)


if __name__ == "__main__":
    main()
