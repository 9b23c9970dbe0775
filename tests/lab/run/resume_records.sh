#!/bin/bash
# A run is killed after some of its records, and resumed: at once, or as after a reboot.
#
# disks: 300M 100M
# with: cut.so
# tier: make lab
# takes: 105 s
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

must whole /run/reference 2>reference.err
nothing_left
records=$(wc -l </run/reference/*/journal.jsonl)

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
