#!/bin/bash
# A run is killed after some of its records, and resumed: at once, or as after a reboot.
#
# disks: 300M 100M
# with: cut.so
# tier: make test
# takes: 60 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/everything.sh"

# like_a_reboot: closes what the end of a kernel would close.
like_a_reboot() {
    for _ in 1 2 3; do
        grep -o ' /mnt/[^ ]*' /proc/mounts | tac | while read -r at; do umount "$at" 2>/dev/null; done
    done
    swapoff -a; vgchange -qan >/dev/null 2>&1
    for m in $(dmsetup ls 2>/dev/null | grep -v '^No' | cut -f1); do dmsetup remove "$m" 2>/dev/null; done
    nothing_left
}

it 'a run without a fault'
must whole /run/calm --prove 2>calm.err
nothing_left
records=$(wc -l </run/calm/*/journal.jsonl)
grep -oP '"record":"begin",.*?"name":"\K[^"]*' /run/calm/*/journal.jsonl >>"$OUT/proved"
must_not grep -rq 'not on any disk' /run/calm
cp /run/calm/*/journal.jsonl "$OUT/journal.jsonl"

it 'a killed run is resumed after any record'
tried=0
for n in $(seq 2 "${RESUME_STEP:-8}" $((records - 1))); do
    rm -rf /run/killed
    (export CUT_RECORD=$n LD_PRELOAD=$OUT/cut.so; whole /run/killed --prove >killed.out 2>killed.err)
    [ $? = 137 ] || fail "it was not killed after record $n"
    must [ "$(wc -l </run/killed/*/journal.jsonl)" = "$n" ]
    tried=$((tried + 1))
    # A tool that was running may outlive it.
    orphans_end
    must [ "$("$G" log --journal /run/killed | awk '{ print $NF }')" = unfinished ]
    if [ $((tried % 2)) = 0 ]; then like_a_reboot; fi
    "$G" resume --journal /run/killed --answers answers.toml --yes --destroy /dev/ubda >resumed.out 2>resumed.err || fail "killed after record $n"
    must grep -q 'The resulting state matches the plan' resumed.err
    nothing_left
done
echo "resumed after $tried kills"
must [ $tried -ge 4 ]

it 'what a killed run left is released, and its copy is enough to resume'
killed_at '"begin","call":19,' /run/first
must "$G" release "$(ls /run/first/*/journal.jsonl)" --yes
nothing_left
must "$G" release "$(ls /run/first/*/journal.jsonl)"
mkdir -p /mnt/stick /run/copy
must mount /dev/ubda1 /mnt/stick; cp -r /mnt/stick/gscript/* /run/copy; must umount /mnt/stick
rm -r /run/first
printf 'see Opened again before the run continues\nsee mount.mount\nsee Continue?\ntype y\nsee mount.mount /dev/ubda1\ntype cat /etc/motd\nsee hello\ntype exit\n' >acts
must typed acts "$G" resume --shell --journal /run/copy --answers answers.toml
nothing_left
ask unapproved "$G" resume --journal /run/copy --answers answers.toml
exits unapproved 3
must grep -q "Opened again before the run continues" unapproved.err
nothing_left
must "$G" resume --journal /run/copy --answers answers.toml --yes --destroy /dev/ubda
nothing_left
ask again "$G" resume "$(ls /run/copy/*/journal.jsonl)" --answers answers.toml
exits again 3
must_not grep -rq 'not on any disk' /run/copy
