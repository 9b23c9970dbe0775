#!/bin/bash
# mount.mount: an image for both optical media and USB sticks, which has a filesystem and partitions inside it.
#
# disks: 100M
# tier: make lab
# takes: 10 s
. "${0%/*}/../lib/cases.sh"

it 'a machine with a live stick is probed, and planned on elsewhere'
must python3 "$LAB/lib/hybrid.py" /dev/ubda
must blockdev --rereadpt /dev/ubda
must mkfs.vfat /dev/ubda2 >/dev/null
recipe list.rhai <<'END'
print(disk::list().len);
END
must "$G" plan list.rhai >here.out
must "$G" probe >stick.json
must "$G" plan list.rhai --machine stick.json >there.out
must cmp here.out there.out
says 'print(disk::info("/dev/ubda").content); print(disk::info("/dev/ubda").table);' 'iso9660
mbr'

it 'the whole stick and its partitions are mounted'
must modprobe isofs
for device in /dev/ubda /dev/ubda1; do
    do_ "mount::mount(\"$device\", \"/mnt/live\");"
    must grep -q 'a live medium' /mnt/live/readme
    must grep -q ' /mnt/live ro,' /proc/self/mountinfo
    do_ 'mount::unmount("/mnt/live");'
done

it 'a partition inside a mounted one is in use'
do_ 'mount::mount("/dev/ubda1", "/mnt/live");'
recipe inside.rhai <<'END'
fs::make("/dev/ubda2");
END
ask inside "$G" inside.rhai --yes --destroy /dev/ubda2
exits inside 3
tells inside '/dev/ubda1 is mounted at /mnt/live'
do_ 'mount::unmount("/mnt/live");'
ask inside "$G" plan inside.rhai
exits inside 0
must grep -q 'warning: /dev/ubda2 and /dev/ubda1 overlap' inside.out
nothing_left
