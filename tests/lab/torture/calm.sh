#!/bin/bash
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/torture.sh"
# Once without a fault: what the end is like, and which places there are.
material
export CUT_TRACE=$OUT/trace
job $JOURNAL/runs || fail
nothing_left
cp $JOURNAL/runs/*/journal.jsonl "$OUT/journal.jsonl"
state $JOURNAL/runs >calm.txt 2>&1 || fail
nothing_left
