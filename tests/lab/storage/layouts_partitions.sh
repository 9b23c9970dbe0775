#!/bin/bash
# Layouts of partitions: applied, used, released, applied again (nothing changes), released. Each one starts with the
# disks as the one before has left them.
#
# disks: 2G 2G 2G 64M
# tier: make lab
# takes: 250 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/layouts.sh"

must modprobe f2fs

it 'simple-efi'
layout simple-efi.rhai /mnt/gentoo 'grep -q "/mnt/gentoo/boot vfat" /proc/mounts' $one

it 'bios-and-efi'
layout bios-and-efi.rhai /mnt/gentoo 'test -b /dev/ubda3' $one

it 'space-at-the-end'
layout space-at-the-end.rhai /mnt/gentoo 'grep -q "^/dev/ubda3" /proc/swaps' $one swap_size=100M

it 'odd-names'
layout odd-names.rhai /mnt/gentoo 'sfdisk --part-label /dev/ubda 1 | grep -qxF "Größe: 50% & \$HOME; #1 *"' $one

it 'swap-random-key'
layout swap-random-key.rhai /mnt/gentoo 'grep -Eq "^/dev/(dm-0|mapper/swap)" /proc/swaps' $one swap_size=100M

it 'tmpfs-root'
layout tmpfs-root.rhai /mnt/gentoo/var 'grep -q "^tmpfs /mnt/gentoo tmpfs .*size=102400k" /proc/mounts' $one root_size=100M usr_size=200M

it 'xfs-quota'
layout xfs-quota.rhai /mnt/gentoo 'grep -q "/mnt/gentoo xfs .*usrquota,prjquota" /proc/mounts' $one

it 'f2fs'
layout f2fs.lua /mnt/gentoo 'grep -q "/mnt/gentoo f2fs" /proc/mounts' card=/dev/ubda

it 'disk-list'
layout disk-list.lua /mnt/data/data3 'grep -q "/dev/ubdc1 /mnt/data/data3" /proc/mounts' $three
