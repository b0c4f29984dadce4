#!/bin/bash
# The installed package, used from outside: installs a build to a new prefix, builds the consumer against that prefix
# only, runs it, and runs the installed program: run.sh BUILD_FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

cmake --install "$build" --prefix "$temp/prefix" >/dev/null
cp -r "$here" "$temp/source" # away from the repository: nothing of it may be found by a relative path
options=(-DCMAKE_PREFIX_PATH="$temp/prefix" -DCMAKE_BUILD_TYPE=Debug)
command -v ccache >/dev/null && options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
[ -z "${SANITIZE:-}" ] || options+=(-DCMAKE_CXX_FLAGS="-fsanitize=$SANITIZE")
cmake -S "$temp/source" -B "$temp/build" -G Ninja "${options[@]}" >/dev/null
cmake --build "$temp/build" -- --quiet

fixture=$here/../../fixtures/published.oci.tar
said=$("$temp/build/consumer" "oci-archive:$fixture")
echo "$said"
[[ $said =~ ^2\ layers,\ [0-9]+\ entries, ]]
"$temp/prefix/bin/touchstone" verify "oci-archive:$fixture" >/dev/null
