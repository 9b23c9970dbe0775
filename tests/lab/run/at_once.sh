# Two at once on the same disk; a journal that is damaged in its middle; a clock that goes backwards.

trap 'code=$?; [ $code = 0 ] || { tail -n 40 ./*.err; sleep 1; }' EXIT
says() { grep -Fq -- "$2" "$1.err" || { echo "$1 does not say: $2"; exit 1; }; }
whole="whole.rhai --set disk=/dev/ubda --answers answers.toml --yes --destroy /dev/ubda"

# begin NAME TEXT: in the background; returns when its journal has the text.
begin() {
    rm -rf "/run/$1"
    # shellcheck disable=SC2086
    "$G" $whole --journal "/run/$1" >"$1.out" 2>"$1.err" &
    pid=$!
    until grep -q "$2" "/run/$1"/*/journal.jsonl 2>/dev/null; do
        kill -0 $pid 2>/dev/null || { cat "$1.err"; exit 1; }
    done
}

# --- two at once: before anything is open, and with everything mounted -------------------------
for text in '"record":"run"' '"name":"stage3.unpack"'; do
    begin first "$text"
    kill -STOP $pid
    # shellcheck disable=SC2086
    ask second "$G" $whole --journal /run/second
    [ "$(cat second.code)" = 3 ] || exit 1
    says second "another gscript is working on /dev/ubda: whole.rhai (process $pid)"
    says second "wait until it is done, or stop it: kill $pid"
    must_not ls /run/second/*/journal.jsonl
    ask freed "$G" release /dev/ubda --yes
    [ "$(cat freed.code)" = 3 ] || exit 1
    says freed "another gscript is working on /dev/ubda: whole.rhai (process $pid)"
    ask resumed "$G" resume --answers answers.toml "$(ls /run/first/*/journal.jsonl)"
    [ "$(cat resumed.code)" = 3 ] || exit 1
    says resumed 'is running'
    echo 'fs::make("/dev/ubda3")' >session.rhai
    "$G" shell --yes --destroy /dev/ubda3 <session.rhai >session.out 2>session.err && exit 1
    echo 'file::make_dir("/mnt/whole/x")' >session.rhai
    "$G" shell --yes <session.rhai >session.out 2>session.err && exit 1
    says session "another gscript is working on /mnt/whole/x: whole.rhai (process $pid)"
    # Another disk is another matter.
    printf 'fs::make("/dev/ubdb");\n' >other.rhai
    must "$G" other.rhai --yes --destroy /dev/ubdb --journal /run/other 2>other.err
    kill -CONT $pid
    wait $pid || { cat first.err; exit 1; }
    nothing_left
done

# --- a journal that is damaged in its middle: an older run is not taken for the newest -----------
rm -rf /run/runs
printf 'file::write("/run/older", "x"); file::write("/proc/older", "x");\n' >older.rhai
mkdir -p /run/runs
must_not "$G" older.rhai --yes --journal /run/runs 2>older.err
begin runs-of '"name":"stage3.unpack"'
kill -KILL $pid; wait $pid 2>/dev/null
mv /run/runs-of/* /run/runs
journal=$(ls /run/runs/*whole/journal.jsonl) name=$(basename "$(dirname "$journal")")
sed -i '1s/"number":1,/"number":2,/; 9s/"record":"/"record":"?/' "$journal"
cp "$journal" damaged.jsonl
for command in "resume --journal /run/runs --answers answers.toml" "resume $journal" "release $journal --yes" "log $journal"; do
    # shellcheck disable=SC2086
    ask damaged "$G" $command
    [ "$(cat damaged.code)" = 2 ] || { cat damaged.code; exit 1; }
    says damaged "the journal $journal can't be used: line 9: "
    says damaged 'gscript release /dev/ubda'
done
cmp "$journal" damaged.jsonl || exit 1
ask list "$G" log --journal /run/runs
must grep -q "^$name .*damaged: line 9: " list.out
# By hand.
must "$G" release /dev/ubda --yes 2>byhand.err
nothing_left

# --- a clock that goes backwards: between two runs, between run and resume, in the middle -------
rm -rf /run/clock
begin clock '"name":"stage3.unpack"'
kill -KILL $pid; wait $pid 2>/dev/null
date -s '2001-01-01' >/dev/null
must "$G" resume --journal /run/clock --answers answers.toml --yes --destroy /dev/ubda --json >clock.json 2>clock.err
nothing_left
( while :; do date -s '-11 days' >/dev/null; sleep 0.2; done ) &
back=$!
# shellcheck disable=SC2086
"$G" $whole --journal /run/clock --json >>clock.json 2>later.err; code=$?
kill $back; wait $back 2>/dev/null
[ $code = 0 ] || { cat later.err; exit 1; }
nothing_left
# What took how long is not told by that clock.
python3 - clock.json <<'END' || exit 1
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
took = [event["millis"] for event in events if "millis" in event]
assert len(took) > 20 and max(took) < 30 * 60 * 1000, took
END
[ "$(ls /run/clock | wc -l)" = 2 ] || exit 1
ask list "$G" log --journal /run/clock
newest=$(head -n1 list.out | cut -d' ' -f1)
must grep -q '"number":2,' "/run/clock/$newest/journal.jsonl"
must [ "$newest" = "$(ls /run/clock | head -n1)" ]
