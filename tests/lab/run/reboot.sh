#!/bin/bash
# The machine goes down during a run; then it boots again with other device names.
#
# disks: 300M 100M
# with: cut.so
# then: after_reboot.sh
# tier: make lab
# takes: 15 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/everything.sh"

it 'a run is killed with everything mounted'
# The machine goes down during a run: nothing is unmounted, and the journal is on the stick.
killed_at '"name":"stage3.unpack"' "$OUT/runs"
must grep -q " /mnt/whole/boot " /proc/mounts
