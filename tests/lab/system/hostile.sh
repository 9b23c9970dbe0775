#!/bin/bash
# A tarball that is signed and still malicious: its links lead to files of the running system. Before the root is
# prepared for chroot, links
# stay inside; afterwards /run in the root is that of the running system, and a link into it is refused.
#
# disks: 1700M 32M
# tier: make lab
# takes: 40 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/own_system.sh"

it 'links out of the root stop the run'
echo untouched | tee /run/victim1 /run/victim2 /run/victim3 >/dev/null
ln -s ../../../../run/victim1 system/etc/fstab
ln -s /../../run/victim2 system/etc/resolv.conf
ln -s ../../../../../../run/victim3 system/etc/hostname
pack

ask hostile whole --set goal=system
must [ "$(cat hostile.code)" != 0 ]
grep -qE 'is a link to|leads to|not the planned location' hostile.err || fail
grep -q 'system.hostname /mnt/gentoo' hostile.err || fail
for victim in /run/victim1 /run/victim2 /run/victim3; do must grep -qx untouched $victim; done
nothing_left

it 'after the link is removed the run is resumed'
# The user removes the link and resumes the run.
printf 'otter: two' | must cryptsetup open --key-file - /dev/ubda2 look
must vgchange -qay vg_hostos >/dev/null
mkdir -p /run/look && must mount /dev/vg_hostos/root /run/look
must rm /run/look/etc/hostname
umount /run/look; vgchange -qan vg_hostos >/dev/null; cryptsetup close look
"$G" resume --journal /run/proved --answers answers.toml --yes --destroy /dev/ubda >resumed.out 2>resumed.err || fail
must grep -q 'The resulting state matches the plan' resumed.err
proved
for victim in /run/victim1 /run/victim2 /run/victim3; do must grep -qx untouched $victim; done
must umount /run/host
nothing_left

it 'what was written is in the root'
# The files were written in the root itself, not through the links.
printf 'otter: two' | must cryptsetup open --key-file - /dev/ubda2 look
must vgchange -qay vg_hostos >/dev/null
must mount -o ro /dev/vg_hostos/root /run/look
for file in fstab hostname; do must test ! -L /run/look/etc/$file; done
must test "$(cat /run/look/etc/hostname)" = box
must grep -q '^UUID=.* / ' /run/look/etc/fstab
umount /run/look; vgchange -qan vg_hostos >/dev/null; cryptsetup close look
