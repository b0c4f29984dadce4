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
expect 1 explained.json explain --json "$published" "$rebuilt"
expect 0 same.json explain --json "$published" "$published"
"$python" "$here/../report/schema_test.py" "$root/docs/report.schema.json" "$work/explained.json" "$work/same.json" \
    "$work/divergent.json" "$work/all.json" "$work/identical.json" "$work/set.json"

expect 0 verification.json verify --all --json "$published"
expect 0 inspection.json inspect --json "$published"
expect 0 rules.json rules --json
XDG_CACHE_HOME=$work expect 0 cache.json cache info --json
expect 0 nothing attest key new -o "$work/key"
expect 0 nothing diff --quiet --attest "$work/statement" --attest-key "$work/key" "$published" "$published"
expect 1 check.json attest verify --json --key "$work/key.pub" --image "$rebuilt" "$work/statement"
expect 0 nothing record --quiet --files --ledger "$work/ledger" "$published"
expect 0 record.json record "$rebuilt"
expect 1 recognition.json verify --json --record "$work/record.json" "$published"
expect 0 recognized.json verify --json --ledger "$work/ledger" "$published"
mkdir -p "$work/tree/bin"
printf 'one\n' > "$work/tree/bin/one"
printf 'two\n' > "$work/tree/bin/two"
tar -C "$work/tree" -cf "$work/tree.tar" .
(cd "$work/tree" && md5sum bin/one && printf '%032d  bin/two\n%032d  caf\351\n' 0 0) > "$work/sums"
expect 1 checksums.json verify --json --all --checksums "$work/sums" "tar:$work/tree.tar"
expect 0 ledger.json ledger verify --json "$work/ledger"
expect 1 base.json base --json --ledger "$work/ledger" "$rebuilt"
expect 1 based.json diff -o json --ledger "$work/ledger" "$published" "$rebuilt"
"$python" "$here/../report/schema_test.py" "$root/docs/report.schema.json" "$work/based.json"
expect 0 oddities.json rules --oddities --json
expect 0 dropped.json rules --canonical --json
expect 0 causes.json rules --causes --json
expect 0 acceptable.json rules --accept --json
"$python" "$here/../report/schema_test.py" "$root/docs/outputs.schema.json" \
    "$work/verification.json" "$work/inspection.json" "$work/cache.json" "$work/rules.json" "$work/oddities.json" "$work/dropped.json" \
    "$work/causes.json" "$work/acceptable.json" "$work/check.json" \
    "$work/record.json" "$work/recognition.json" "$work/checksums.json" "$work/recognized.json" "$work/ledger.json" "$work/base.json"

for options in "" "--layer 0" "--layer 1"; do
    # shellcheck disable=SC2086 # the options are words
    expect 0 nodes.jsonl ls --json $options "$published"
    "$python" "$here/../report/schema_test.py" --lines "$root/docs/outputs.schema.json" "$work/nodes.jsonl"
done

# A layer of the system's tar: its dialect, a name that is not UTF-8, owners and times of today.
mkdir "$work/files"
: > "$work/files/$(printf 'caf\351')"
ln -s nowhere "$work/files/link"
tar -C "$work/files" -cf "$work/layer.tar" .
expect 0 digests.jsonl digest --json "$published" "tar:$work/layer.tar"
expect 0 profile.jsonl digest --json --mtime clamp:5 --owner map:0:100000,1000:0:10 "$published"
expect 0 nothing normalize --quiet --owner 5:6 --log "$work/image-changes.jsonl" "$published" -o "oci-archive:$work/canonical.tar"
expect 0 nothing normalize --quiet --log "$work/layer-changes.jsonl" "tar:$work/layer.tar" -o "$work/canonical-layer.tar"
"$python" "$here/../report/schema_test.py" --lines "$root/docs/outputs.schema.json" \
    "$work/digests.jsonl" "$work/profile.jsonl" "$work/image-changes.jsonl" "$work/layer-changes.jsonl"
