#!/bin/bash
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/torture.sh"
# The boot after the power cut.
rm -rf before after went
journal_disk
if [ -n "$STICK" ]; then
    # A live medium has lost its state directory; the copy is on the stick.
    mkdir -p "$STICK"; must mount -o umask=0077 /dev/ubdb "$STICK"
    RUNS=$STICK/gscript
fi
mkdir -p before; cp -r "$RUNS"/. before 2>/dev/null
# Without a journal the run starts from the beginning, which needs the stick unmounted.
[ -n "$(ls "$RUNS"/*/journal.jsonl 2>/dev/null)" ] || [ -z "$STICK" ] || { umount "$STICK"; RUNS=/run/runs; }
if [ "$STICK" = /run/stick ] && [ "$RUNS" != /run/runs ]; then
    # The run mounts the stick itself, with its own options: the error shows the command to type.
    ask elsewhere "$G" resume --journal "$RUNS"
    must grep -q 'help: umount /run/stick && gscript resume /run/gscript-state/runs/' elsewhere.err
    must umount /run/stick
    RUNS=$GSCRIPT_STATE/runs
fi
resume_or_restart "$RUNS" || { cp -r "$RUNS" after; exit 1; }
cp -r "$RUNS" after
[ -z "$STICK" ] || ! grep -q " $STICK " /proc/mounts || { mkdir -p /run/kept; cp -r "$RUNS"/. /run/kept; RUNS=/run/kept; umount "$STICK"; }
matches_reference "$RUNS"
