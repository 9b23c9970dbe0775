#!/bin/bash
# Layouts with RAID, of md and of btrfs: applied, used, released, applied again (nothing changes), released. Each one starts with the
# disks as the one before has left them.
#
# disks: 2G 2G 2G 64M
# tier: make lab
# takes: 190 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/layouts.sh"

must modprobe -a raid0 raid1 raid456

it 'md-raid0'
layout md-raid0.lua /mnt/gentoo 'grep -q "active raid0" /proc/mdstat' $three

it 'md-raid1'
layout md-raid1.rhai /mnt/gentoo 'grep -q "active raid1" /proc/mdstat' $two

it 'md-raid5'
layout md-raid5.rhai /mnt/gentoo 'grep -q "active raid5" /proc/mdstat' $three

it 'luks-on-raid1'
layout luks-on-raid1.rhai /mnt/gentoo 'test "$(grep -c "active raid1" /proc/mdstat)" = 2' $two $key

it 'two-luks-btrfs-raid1'
layout two-luks-btrfs-raid1.rhai /mnt/gentoo 'command btrfs filesystem df /mnt/gentoo | grep -q "Data, RAID1:"' $two $key
