#!/bin/bash
# Installs Gentoo on the layout luks-lvm, with EFI, on a loop device; the key is on the stick.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

must modprobe loop max_part=8
DISK=$(losetup --find --show --partscan /dev/ubda)
stick
must "$G" "$PROJECT/recipes/gentoo.rhai" "${ANSWERS[@]}" --set layout=luks-lvm --set disk="$DISK" \
    --set key_dev=$STICK --set key=/mnt/key/laptop.key --set swap_size=64M --set serial=ttyS0 \
    --set repository=there --set hostname=box --set jobs=2 --set stage3="$OUT/stage3.tar" \
    --set stage3_keys="$OUT/keys.asc" --yes --destroy "$DISK" --journal "$RUNS"
must losetup -d "$DISK"
nothing_left
