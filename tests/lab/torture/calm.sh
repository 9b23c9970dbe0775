
# Once without a fault: what the end is like, and which places there are.
material
export CUT_TRACE=$OUT/trace
job $JOURNAL/runs || { cat run.err; exit 1; }
nothing_left
cp $JOURNAL/runs/*/journal.jsonl "$OUT/journal.jsonl"
state $JOURNAL/runs >calm.txt 2>&1 || { tail calm.txt; exit 1; }
nothing_left
