#!/bin/bash
# The second boot of reboot.sh, with the disks in reverse order.
. "${0%/*}/../lib/cases.sh"

it 'after a reboot with other device names the run is resumed'
ask resumed "$G" resume --journal "$OUT/runs" --answers answers.toml --yes --destroy /dev/ubdb
exits resumed 0
must grep -q '^/dev/ubda of the run is now /dev/ubdb' resumed.err
must grep -q 'The resulting state matches the plan' resumed.err
must grep -q 'luks.open /dev/ubda2 crypt_ubda2' resumed.err
nothing_left
must [ "$(blkid -po value -s LABEL /dev/ubdb1)" = boot ]
must_not blkid -p /dev/ubda
must mount /dev/ubdb1 /mnt; must ls /mnt/gscript/*/journal.jsonl; must umount /mnt
must [ "$("$G" log --journal "$OUT/runs" | awk '{ print $NF }')" = finished ]
