#!/bin/bash
# Builds with assertions and fatal warnings, and runs every test; options go to ctest: scripts/test.sh -R diff
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --tests
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
[ -f build/dev/build.ninja ] || cmake --preset dev "${launcher[@]}" >/dev/null
cmake --build build/dev -- --quiet
ctest --test-dir build/dev --output-on-failure --parallel "$(nproc)" "$@"
