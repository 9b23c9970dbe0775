#!/bin/bash
# Layouts with LVM: applied, used, released, applied again (nothing changes), released. Each one starts with the disks
# as the one before has left them.
#
# disks: 2G 2G 2G 64M
# tier: make lab
# takes: 160 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/layouts.sh"

must modprobe -a dm-thin-pool dm-raid raid1

it 'luks-lvm'
layout luks-lvm.rhai /mnt/gentoo 'test -b /dev/mapper/vg-root' $one $key swap_size=100M

it 'lvm-raid'
layout lvm-raid.rhai /mnt/gentoo 'lvs --noheadings -o lv_layout vg/root | grep -q raid1' $two root_size=400M

it 'a name that another disk of the group still has is refused'
# One of its disks would be overwritten, and the other one would still carry the name of the old group.
ask taken "$G" "$PROJECT/recipes/layouts/lvm-thin.rhai" --yes --set $one --destroy /dev/ubda
exits taken 3
must grep -q "the name vg is in use" taken.err
do_ 'disk::wipe("/dev/ubdb");'

it 'lvm-thin'
layout lvm-thin.rhai /mnt/gentoo/home 'lvs --noheadings -o pool_lv vg/home | grep -q pool' $one root_size=600M home_size=800M

it 'a volume that is not as wanted is not touched'
# The partitions and the group match and are kept; the volumes do not match, and are not changed.
ask other "$G" "$PROJECT/recipes/layouts/lvm-rest.rhai" --yes --set $one --set swap_size=100M --set root_size=400M --destroy /dev/ubda
exits other 3
must grep -q "the name vg/root is in use" other.err
do_ 'disk::wipe("/dev/ubda");'

it 'lvm-rest'
layout lvm-rest.rhai /mnt/gentoo/home 'vgs --noheadings -o vg_free_count vg | grep -qw 0' $one root_size=400M swap_size=100M
