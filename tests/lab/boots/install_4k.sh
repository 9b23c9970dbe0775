#!/bin/bash
# Installs on a disk with 4 KiB sectors.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

must modprobe loop max_part=8
DISK=$(losetup --find --show --partscan --sector-size 4096 /dev/ubda)
must test "$(blockdev --getss $DISK)" = 4096
stick
must install_ --set firmware=efi
must losetup -d $DISK
nothing_left
