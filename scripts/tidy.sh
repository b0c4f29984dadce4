#!/bin/bash
# clang-tidy over the sources that differ from a git revision, or over all of them: scripts/tidy.sh [REVISION]
# A source takes half a minute, all take hours. For a header that differs, one source that includes it is read. Prints
# each finding once, however many sources meet it; exit status 1 when there is one. bench/ needs Google Benchmark's
# header and is left out without it.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { echo "usage: scripts/tidy.sh [REVISION]" >&2 && exit 2; }
[ $# -le 1 ] || usage
[ $# -eq 0 ] || git rev-parse --verify --quiet "$1^{commit}" >/dev/null || usage
export build=build/tidy
cmake --preset dev -B $build -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
    -DTOUCHSTONE_FUZZ=ON >/dev/null

# For the rest (bench/, tests/consumer) clang-tidy takes the command of the source nearest by name.
candidates() {
    git ls-files --others --exclude-standard -- '*.cpp'
    [ $# -eq 1 ] || { git ls-files -- '*.cpp' && return; }
    git diff --name-only "$1" -- '*.cpp'
    git diff --name-only "$1" -- '*.h' | while read -r header; do
        git grep --fixed-strings --files-with-matches "#include \"$header\"" -- '*.cpp' | sed -n 1p || true
    done
}
sources=()
while read -r source; do
    [[ $source != bench/* || -f /usr/include/benchmark/benchmark.h ]] || continue
    [ ! -f "$source" ] || sources+=("$source")
done < <(candidates "$@" | sort -u)
[ ${#sources[@]} -gt 0 ] || exit 0

found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
export found
tidy() {
    local out=$found/${1//\//+}
    # What it counts goes to stderr, and what it says when it crashes.
    clang-tidy-14 -p "$build" --quiet "$1" >"$out" 2>"$out.log" </dev/null && return
    [ -s "$out" ] || mv "$out.log" "$out"
    return 1
}
export -f tidy
status=0
printf '%s\0' "${sources[@]}" | xargs -0 -P "$(nproc)" -I{} bash -euo pipefail -c 'tidy {}' || status=1
find "$found" -type f ! -name '*.log' -print0 | sort -z |
    xargs -0 awk 'FNR == 1 { shown = 1 } /: (error|warning): / { shown = !seen[$0]++ } shown'
echo "tidy: ${#sources[@]} sources, $([ $status -eq 0 ] && echo "nothing found" || echo "see above")" >&2
exit $status
