#!/bin/bash
# Installs the whole recipe with a swap that the system hibernates to.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

install_with() {
    "$G" "$PROJECT/recipes/encrypted-root.rhai" "${ANSWERS[@]}" --set disk=$DISK --set unlock=passphrase \
        --set hibernate=true --set trim=true --set serial=ttyS0 --set firmware=bios --set boot_size=160M --set kdf_memory=32M \
        --set repository=there --set hostname=box --set jobs=2 --set target=/mnt/new --set stage3="$OUT/stage3.tar" \
        --set stage3_keys="$OUT/keys.asc" --yes --destroy $DISK --journal "$RUNS" "$@"
}
# The memory is larger than that, and the disk is not touched.
if install_with --set swap_size=64M >small.txt 2>&1; then fail 'the swap is too small'; fi
must grep -q 'hibernate: /dev/vg_hostos/swap (64 MiB) is smaller than the memory' small.txt
must test -z "$(lsblk -no NAME $DISK | sed 1d)"
must install_with --set swap_size=800M
nothing_left
