#!/bin/sh
# Validates what every command prints as JSON: schema_test.sh PROGRAM PYTHON
set -eu
program=$1
python=$2
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
published=$root/fixtures/published.oci.tar
rebuilt=$root/fixtures/rebuilt.oci.tar

expect() { # STATUS FILE ARGUMENTS…: the command's standard output, in FILE
    wanted=$1
    file=$2
    shift 2
    status=0
    "$program" "$@" > "$work/$file" || status=$?
    [ "$status" -eq "$wanted" ] || { echo "touchstone $*: status $status, expected $wanted"; exit 1; }
}

expect 1 divergent.json diff -o json "$published" "$rebuilt"
expect 1 all.json diff --all -o json "$published" "$rebuilt"
expect 0 identical.json diff -o json "$published" "$published"
expect 1 set.json diff --all-platforms -o json "$published" "$rebuilt"
"$python" "$here/../report/schema_test.py" "$root/docs/report.schema.json" \
    "$work/divergent.json" "$work/all.json" "$work/identical.json" "$work/set.json"

expect 0 verification.json verify --all --json "$published"
expect 0 inspection.json inspect --json "$published"
expect 0 rules.json rules --json
expect 0 oddities.json rules --oddities --json
"$python" "$here/../report/schema_test.py" "$root/docs/outputs.schema.json" \
    "$work/verification.json" "$work/inspection.json" "$work/rules.json" "$work/oddities.json"

for options in "" "--layer 0" "--layer 1"; do
    # shellcheck disable=SC2086 # the options are words
    expect 0 nodes.jsonl ls --json $options "$published"
    "$python" "$here/../report/schema_test.py" --lines "$root/docs/outputs.schema.json" "$work/nodes.jsonl"
done
