#!/bin/bash
# From a fresh clone to the first report: builds the program and compares the shipped pair of images, a published one
# and its rebuild from the same Dockerfile. Exit status 0 when the report is what fixtures/README.md says.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
build=build/demo
[ -f $build/build.ninja ] || cmake --preset release -B $build -DTOUCHSTONE_TESTS=OFF >/dev/null
cmake --build $build --target touchstone -- --quiet

echo "\$ touchstone diff fixtures/published.oci.tar fixtures/rebuilt.oci.tar"
status=0
report=$($build/cli/touchstone diff --color "$([ -t 1 ] && echo always || echo never)" \
    fixtures/published.oci.tar fixtures/rebuilt.oci.tar) || status=$?
printf '%s\n\n' "$report"
if [ $status -ne 1 ] || [[ $report != *healthcheck* ]]; then
    echo "demo: expected exit status 1 and usr/local/bin/healthcheck in the report, found exit status $status" >&2
    exit 1
fi
echo "What it means: both images claim the same Dockerfile, but the published one holds another" \
    "usr/local/bin/healthcheck than its source builds (exit status 1)."
