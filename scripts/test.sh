#!/bin/bash
# Builds what users get, with fatal warnings, and runs every test on it; options go to ctest: scripts/test.sh -R diff
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --tests
export CCACHE_SLOPPINESS=pch_defines,time_macros # with them it knows precompiled headers
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
[ -f build/release/build.ninja ] || cmake --preset release -DTOUCHSTONE_WERROR=ON "${launcher[@]}" >/dev/null
cmake --build build/release -- --quiet
ctest --test-dir build/release --output-on-failure --parallel "$(nproc)" "$@"
