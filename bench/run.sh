#!/bin/bash
# How fast, beside a floor that is measured in the same run: installs what is missing, builds the release, makes the
# pairs of images (Debian's packages, npm's registry, a generator; kept in $TOUCHSTONE_BENCH_DIR) and prints the table
# of ratios. The pairs need 12 GB of disk and about half an hour the first time; --quick takes small ones, and two
# minutes once they are there. Options go to bench/run.py:
#     bench/run.sh --quick --pairs debian npm --json figures.json
set -euo pipefail
cd "$(dirname "$0")/.."

case " $* " in *" --help "* | *" -h "*) exec python3 bench/run.py --help ;; esac
scripts/setup.sh --bench
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake --preset release -DTOUCHSTONE_BENCH=ON "${launcher[@]}" >/dev/null
cmake --build build/release --target touchstone touchstone_floor -- --quiet
exec python3 bench/run.py "$@"
