#!/bin/bash
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/torture.sh"
# Each line of `points` is a place: its name, the action after the kill, and the variables of cut.c.
# lost NAME: keeps the files of a trial that failed.
lost() {
    mkdir -p "lost/$1"
    cp run.out run.err resumed.* state.txt "lost/$1" 2>/dev/null; cp -r $JOURNAL/runs "lost/$1"
    "$G" release "$(ls $JOURNAL/runs/*/journal.jsonl | tail -n 1)" --yes >/dev/null 2>&1
    close_all
}

while read -r name then place; do
    echo "at $name"
    for after in '' CUT_AFTER=100 CUT_AFTER=0; do
        blank_disks; rm -f went resumed.* state.txt
        # shellcheck disable=SC2086,SC2163
        (export $place $after; apply_plan $JOURNAL/runs)
        code=$?
        [ $code = 137 ] || { echo "LOST $name: it was not killed: $code"; cat run.err; break; }
        # A running tool outlives the program and finishes.
        for _ in $(seq 6000); do [ "$then" = open ] && [ -n "$(running_tools)" ] || break; sleep 0.1; done
        case $place in *CUT_CALL=*) call=${place#*CUT_CALL=} call=${call%% *} ;; *) break ;; esac
        grep -q "\"done\",\"call\":$call," $JOURNAL/runs/*/journal.jsonl || break
        echo "$name: it was over already $after"; close_all
    done
    [ $code = 137 ] || { lost "$name"; continue; }
    [ "$then" = open ] || close_all
    # If the run had finished, the trial proves nothing, unless the place is its end.
    [ "$(last_state $JOURNAL/runs)" != finished ] || [[ $name == *-ended* ]] || { echo "LOST $name: it had finished"; lost "$name"; continue; }
    if resume_or_restart $JOURNAL/runs && matches_reference $JOURNAL/runs; then
        echo "SURVIVED $name: $(cat went)"
    else
        echo "LOST $name"; lost "$name"
    fi
done <points
