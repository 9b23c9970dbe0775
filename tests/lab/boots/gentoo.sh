#!/bin/bash
# Installs Gentoo by EFI on a loop device, with the parameters in SETS; the key is on the stick.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

must modprobe loop max_part=8
DISK=$(losetup --find --show --partscan /dev/ubda)
stick
SET=()
for one in $SETS; do SET+=(--set "$one"); done
must "$G" "$PROJECT/recipes/gentoo.rhai" "${ANSWERS[@]}" "${SET[@]}" --set disk="$DISK" \
    --set key_dev=$STICK --set key=/mnt/key/laptop.key --set serial=ttyS0 \
    --set repository=there --set hostname=box --set jobs=2 --set stage3="$OUT/stage3.tar" \
    --set stage3_keys="$OUT/keys.asc" --yes --destroy "$DISK" --journal "$RUNS"
must losetup -d "$DISK"
nothing_left
