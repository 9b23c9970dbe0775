#!/bin/bash
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/torture.sh"
# A run without a fault, which records the final state and the places to interrupt.
make_media
export CUT_TRACE=$OUT/trace
apply_plan $JOURNAL/runs || fail
nothing_left
cp $JOURNAL/runs/*/journal.jsonl "$OUT/journal.jsonl"
state $JOURNAL/runs >reference.txt 2>&1 || fail
nothing_left
