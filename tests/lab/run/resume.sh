#!/bin/bash
# A run is killed, and resumed: as after a reboot, or from the copy of its journal.
#
# disks: 300M 100M
# with: cut.so
# tier: make test
# takes: 40 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/everything.sh"

it 'a run without a fault'
must whole /run/reference --prove 2>reference.err
nothing_left
grep -oP '"record":"begin",.*?"name":"\K[^"]*' /run/reference/*/journal.jsonl >>"$OUT/proved"
must_not grep -rq 'not on any disk' /run/reference

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
