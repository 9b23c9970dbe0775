# A run is cut off after each of its records, and resumed; then it is resumed after a reboot, with
# devices under other names, with a changed recipe, while another one is running.

# begin FOLDER: runs it in the background; its journal is $journal.
begin() {
    rm -rf "$1"
    "$G" whole.rhai --set disk=/dev/ubda --answers answers.toml --yes --prove --destroy /dev/ubda \
        --journal "$1" >"$1.out" 2>"$1.err" &
    pid=$!
}

# reboot_by_hand: what the end of a kernel does to what is open.
reboot_by_hand() {
    for _ in 1 2 3; do
        grep -o ' /mnt/[^ ]*' /proc/mounts | tac | while read -r at; do umount "$at" 2>/dev/null; done
    done
    swapoff -a; vgchange -qan >/dev/null 2>&1
    for m in $(dmsetup ls 2>/dev/null | grep -v '^No' | cut -f1); do dmsetup remove "$m" 2>/dev/null; done
    nothing_left
}

# --- once without a fault: how many records there are ------------------------------------------
begin /run/calm
wait $pid || { cat /run/calm.err; exit 1; }
nothing_left
records=$(wc -l </run/calm/*/journal.jsonl)
grep -oP '"record":"begin",.*?"name":"\K[^"]*' /run/calm/*/journal.jsonl >>"$OUT/proved"
must_not grep -rq 'not on any disk' /run/calm
cp /run/calm/*/journal.jsonl "$OUT/journal.jsonl"

# --- killed when record N appears ---------------------------------------------------------------
survived=0 tried=0
step=${RESUME_STEP:-8}
for n in $(seq 2 "$step" $((records - 1))); do
    begin /run/killed
    kill_at /run/killed record $n $pid
    wait $pid 2>/dev/null
    tried=$((tried + 1))
    # A tool that was running may outlive us.
    orphans_end
    state=$("$G" log --journal /run/killed | awk '{ print $NF }')
    [ "$state" = finished ] && { survived=$((survived + 1)); continue; }
    [ "$state" = unfinished ] || { echo "after $n: $state"; exit 1; }
    if [ $((tried % 2)) = 0 ]; then reboot_by_hand; fi
    if "$G" resume --journal /run/killed --answers answers.toml --yes --destroy /dev/ubda >/run/resumed.out 2>/run/resumed.err; then
        must grep -q 'The machine is as planned' /run/resumed.err
        survived=$((survived + 1))
        nothing_left
    else
        echo "NOT survived: killed at record $n"; cat /run/resumed.err; tail -3 /run/killed/*/journal.jsonl | cut -c1-400
        "$G" release "$(ls /run/killed/*/journal.jsonl)" --yes
        reboot_by_hand
    fi
done
echo "survived $survived of $tried"
[ "$survived" = "$tried" ] || exit 1

# --- what a killed run left is given back; the copy on /boot is enough to go on, or to look around --
begin /run/first
kill_at /run/first '"begin","call":19' 1 $pid
wait $pid 2>/dev/null; orphans_end
must "$G" release "$(ls /run/first/*/journal.jsonl)" --yes
nothing_left
must "$G" release "$(ls /run/first/*/journal.jsonl)"
mkdir -p /mnt/stick /run/copy
must mount /dev/ubda1 /mnt/stick; cp -r /mnt/stick/gscript/* /run/copy; must umount /mnt/stick
rm -r /run/first
printf 'see To go on, this is opened again first\nsee mount.mount\nsee Go on?\ntype y\nsee mount.mount /dev/ubda1\ntype cat /etc/motd\nsee hello\ntype exit\n' >acts
must python3 "$PROJECT/tests/lab/lib/typed.py" acts "$G" resume --shell --journal /run/copy --answers answers.toml
nothing_left
ask unapproved "$G" resume --journal /run/copy --answers answers.toml
[ "$(cat unapproved.code)" = 3 ] || { cat unapproved.err; exit 1; }
must grep -q "this is opened again first" unapproved.err
nothing_left
must "$G" resume --journal /run/copy --answers answers.toml --yes --destroy /dev/ubda
nothing_left
ask again "$G" resume "$(ls /run/copy/*/journal.jsonl)" --answers answers.toml
[ "$(cat again.code)" = 3 ] || { cat again.err; exit 1; }
must_not grep -rq 'not on any disk' /run/copy
