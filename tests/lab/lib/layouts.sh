# The layouts, for real: each is applied, used, released, applied again (nothing changes), and released. Each one
# starts with the disks as the one before has left them. The last disk is never selected.
#
# With CUT_EACH=LAYOUT, the program is killed within each action of that layout instead, and the run is resumed;
# nothing comes after it.

head -c 1M /dev/urandom >/dev/ubdd
sentinel=$(sha256sum /dev/ubdd)
two='disks=/dev/ubda,/dev/ubdb' three='disks=/dev/ubda,/dev/ubdb,/dev/ubdc'
one='disk=/dev/ubda' key='key=/run/root.key'

# run_layout FILE NAME SET…: runs a layout; `changed` then checks what it did.
run_layout() {
    local events=$1
    shift
    must start_layout "$@" >"$OUT/$events.json"
}

APPROVED=(--yes --destroy /dev/ubda --destroy /dev/ubdb --destroy /dev/ubdc)

start_layout() {
    local name=$1 sets=()
    shift
    for s in "$@"; do sets+=(--set "$s"); done
    rm -rf /run/journals
    "$G" "$PROJECT/recipes/layouts/$name" --json --journal /run/journals "${APPROVED[@]}" "${sets[@]}"
}

# only_changed EVENTS ALLOWED: every action that changed something must match the pattern.
only_changed() {
    python3 - "$OUT/$1.json" "$2" <<'END' || fail
import json, re, sys
names, bad, so = {}, [], 0
for event in map(json.loads, open(sys.argv[1])):
    if event["event"] == "began":
        names[event["call"]] = event["name"] + " " + event["about"]
    if event["event"] == "done":
        name = names[event["call"]]
        if event.get("already"):
            so += 1
        elif not re.fullmatch(sys.argv[2], name):
            bad.append(name)
if bad or not so:
    sys.exit(f"not so already: {bad}, {so} were")
print(f"  {so} unchanged")
END
}

# release_layout SET…: releases everything that a layout with these disks leaves mounted and open; a root in memory is on no disk.
release_layout() {
    local d
    for d in $(grep -ow '/dev/ubd[abc]' <<<"$*"); do
        "$G" release $d --yes >release.txt 2>&1 || fail
    done
    if mountpoint -q /mnt/gentoo; then umount /mnt/gentoo; fi
    nothing_left
}

# The actions that are repeated after a release, and those that are repeated even without one.
OPENS='(luks\.open|lvm\.vg_activate|md\.assemble|mount\.[a-z_]+|crypt\.swap_on) .*'
TOP='mount\.(un)?mount (/dev/[^ ]* )?/mnt/top'

# layout NAME WHERE CHECK SET…: WHERE is a persistent directory; CHECK is run while it is mounted.
layout() {
    local name=$1 where=$2 check=$3
    shift 3
    echo "== $name"
    if [ -n "${CUT_EACH:-}" ]; then
        if [ "$CUT_EACH" = "$name" ]; then
            interrupted "$name" "$check" "$@"
            exit
        fi
        run_layout before "$name" "$@"
        release_layout "$@"
        return
    fi
    run_layout first "$name" "$@"
    must eval "$check"
    echo "of the first run" >"$where/witness"
    cp /run/journals/*/journal.jsonl first.jsonl
    run_layout second "$name" "$@"
    only_changed second "$TOP"
    release_layout "$@"
    # `reopen` restores from the journal what a reboot would have ended; everything persistent is still there.
    "$G" reopen first.jsonl >reopened.json 2>&1 || fail
    nothing_left
    run_layout third "$name" "$@"
    only_changed third "$OPENS"
    must grep -q "of the first run" "$where/witness"
    must eval "$check"
    release_layout "$@"
    [ "$sentinel" = "$(sha256sum /dev/ubdd)" ] || fail "the disk that nobody chose has changed"
}

# blank: removes all tables and signatures from the disks, and from the partitions first.
blank() {
    local disk
    for disk in /dev/ubd[abc]; do
        wipefs --all --force --quiet "$disk"?* "$disk" 2>/dev/null
        must blockdev --rereadpt "$disk"
    done
}

# interrupted NAME CHECK SET…: kills the program at four moments within each action of a layout: a time in microseconds
# after the beginning of its first or second step. Each time the run
# is resumed; then everything is there, and applying the layout again changes nothing.
interrupted() {
    local name=$1 check=$2 call at code calls trials=0
    shift 2
    blank
    run_layout reference "$name" "$@"
    release_layout "$@"
    calls=$(python3 -c 'import json, sys
events = map(json.loads, open(sys.argv[1]))
print(*sorted({event["call"] for event in events if event["event"] == "step"}))' "$OUT/reference.json")
    for call in $calls; do
        for at in '0 0' '1 0' '0 30000' '0 300000'; do
            blank
            # The shell must not be a job: it would report the kill.
            (CUT_CALL=$call CUT_STEP=${at% *} CUT_AFTER=${at#* } LD_PRELOAD=$OUT/cut.so start_layout "$name" "$@") >cut.json 2>cut.err
            code=$?
            # A running tool outlives the program and finishes.
            orphans_end || fail "still there: $orphan"
            # A run that ended in time, or whose last record is that of its end, has nothing to resume.
            [ $code = 137 ] && ! tail -n 1 /run/journals/*/journal.jsonl | grep -q '"record":"ended"' ||
                { release_layout "$@"; continue; }
            "$G" resume "${APPROVED[@]}" --json /run/journals/*/journal.jsonl >resumed.json 2>resumed.err ||
                fail "call $call, step ${at% *} after ${at#* } µs: $(cat resumed.err)"
            run_layout again "$name" "$@"
            only_changed again "$TOP"
            must eval "$check"
            release_layout "$@"
            trials=$((trials + 1))
        done
    done
    echo "  resumed $trials times"
    # The first moment is before the step begins, so that every action is killed once at least.
    [ $trials -ge "$(wc -w <<<"$calls")" ] || fail "only $trials interruptions of the actions $calls"
}
