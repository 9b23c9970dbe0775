#!/bin/bash
# Layouts with btrfs: applied, used, released, applied again (nothing changes), released. Each one starts with the
# disks as the one before has left them.
#
# disks: 2G 2G 2G 64M
# tier: make test
# takes: 60 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/layouts.sh"

it 'btrfs-subvolumes'
layout btrfs-subvolumes.rhai /mnt/gentoo/home 'grep -q /mnt/gentoo/swap/swapfile /proc/swaps && test "$(command btrfs subvolume list /mnt/gentoo | wc -l)" = 3' $one swap_size=100M

it 'luks-btrfs'
layout luks-btrfs.rhai /mnt/gentoo/home 'grep -q subvol=/@home /proc/mounts' $one $key
