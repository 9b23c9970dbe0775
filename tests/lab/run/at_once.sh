#!/bin/bash
# Two runs at once on the same disk; a disk that another process opens; a journal that is damaged in the middle; a clock that is set back.
#
# disks: 300M 100M
# with: cut.so
# tier: make lab
# takes: 60 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/everything.sh"

it 'two runs on the same disk'
for text in '"record":"run"' '"name":"stage3.unpack"'; do
    stopped_at "$text" first
    ask second whole /run/second
    exits second 3
    tells second "another gscript is working on /dev/ubda: whole.rhai (process $pid)"
    tells second "wait until it ends, or stop it: kill $pid"
    must_not ls /run/second/*/journal.jsonl
    ask freed "$G" release /dev/ubda --yes
    exits freed 3
    tells freed "another gscript is working on /dev/ubda: whole.rhai (process $pid)"
    ask resumed "$G" resume --answers answers.toml "$(ls /run/first/*/journal.jsonl)"
    exits resumed 3
    tells resumed 'is running'
    echo 'fs::make("/dev/ubda3")' >session.rhai
    must_not "$G" shell --yes --destroy /dev/ubda3 <session.rhai >session.out 2>session.err
    echo 'file::make_dir("/mnt/whole/x")' >session.rhai
    must_not "$G" shell --yes <session.rhai >session.out 2>session.err
    tells session "another gscript is working on /mnt/whole/x: whole.rhai (process $pid)"
    # A run on another disk is allowed.
    printf 'fs::make("/dev/ubdb");\n' >other.rhai
    must "$G" other.rhai --yes --destroy /dev/ubdb --journal /run/other 2>other.err
    kill -CONT $pid
    wait $pid || fail
    nothing_left
done

it 'a process that opens the disk for writing after the plan'
printf 'label: gpt\nsize=20M\n' | must sfdisk --quiet --wipe always /dev/ubdb
printf 'disk::wipe("/dev/ubdb");\n' >other.rhai
for device in /dev/ubdb /dev/ubdb1; do
    rm -rf /run/other /run/stopped
    (export CUT_TEXT='"name":"disk.wipe"' CUT_SIGN=/run/stopped LD_PRELOAD=$OUT/cut.so
    exec "$G" other.rhai --yes --destroy /dev/ubdb --journal /run/other) >other.out 2>other.err &
    pid=$!
    has_stopped disk.wipe
    exec 8<>$device
    kill -CONT $pid
    wait $pid
    must test $? = 3
    must grep -q "bash (pid $$) has it open for writing" other.err
    must test -b /dev/ubdb1
    exec 8>&-
done
must mkfs.ext4 -q -F /dev/ubdb

it 'a journal that is damaged in its middle'
rm -rf /run/runs
printf 'mount::mount("/dev/ubdb", "/mnt/older", #{ options: "ro" }); file::write("/mnt/older/x", "x");\n' >older.rhai
mkdir -p /run/runs
ask older "$G" older.rhai --yes --journal /run/runs
exits older 1
must ls /run/runs/*older/journal.jsonl
killed_at '"name":"stage3.unpack"' /run/runs-of
mv /run/runs-of/* /run/runs
journal=$(ls /run/runs/*whole/journal.jsonl) name=$(basename "$(dirname "$journal")")
sed -i '1s/"number":1,/"number":2,/; 9s/"record":"/"record":"?/' "$journal"
cp "$journal" damaged.jsonl
for command in "resume --journal /run/runs --answers answers.toml" "resume $journal" "release $journal --yes" "log $journal"; do
    # shellcheck disable=SC2086
    ask damaged "$G" $command
    exits damaged 2
    tells damaged "$journal: unusable journal: line 9: "
    tells damaged 'gscript release /dev/ubda'
done
must cmp "$journal" damaged.jsonl
ask list "$G" log --journal /run/runs
must grep -q "^$name .*damaged: line 9: " list.out
# Released manually.
must "$G" release /dev/ubda --yes 2>byhand.err
nothing_left

it 'a clock that goes backwards'
killed_at '"name":"stage3.unpack"' /run/clock
date -s '2001-01-01' >/dev/null
must "$G" resume --journal /run/clock --answers answers.toml --yes --destroy /dev/ubda --json >clock.json 2>clock.err
nothing_left
( while :; do date -s '-11 days' >/dev/null; sleep 0.2; done ) &
back=$!
whole /run/clock --json >>clock.json 2>later.err; code=$?
kill $back; wait $back 2>/dev/null
must [ $code = 0 ]
nothing_left
# Durations do not depend on that clock.
python3 - clock.json <<'END' || fail
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
took = [event["millis"] for event in events if "millis" in event]
assert len(took) > 20 and max(took) < 30 * 60 * 1000, took
END
must [ "$(ls /run/clock | wc -l)" = 2 ]
ask list "$G" log --journal /run/clock
newest=$(head -n1 list.out | cut -d' ' -f1)
must grep -q '"number":2,' "/run/clock/$newest/journal.jsonl"
must test "$newest" = "$(ls /run/clock | head -n1)"
