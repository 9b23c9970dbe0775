#!/bin/bash
# Installs the whole recipe with a passphrase, and a swap volume that the memory is written to.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

must "$G" "$PROJECT/recipes/encrypted-root.rhai" "${ANSWERS[@]}" --set disk=$DISK --set unlock=passphrase \
    --set hibernate=true --set swap_size=768M --set firmware="$FIRMWARE" --set boot_size=512M --set kdf_memory=32M \
    --set serial=ttyS0 --set repository=there --set hostname=box --set jobs=2 --set target=/mnt/new \
    --set stage3="$OUT/stage3.tar" --set stage3_keys="$OUT/keys.asc" --yes --destroy $DISK --journal "$RUNS"
nothing_left
