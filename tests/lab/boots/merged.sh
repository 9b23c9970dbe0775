#!/bin/bash
# Checks which packages Portage has recorded on a disk that the recipe installed.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"
. "$LAB/lib/repository.sh"

printf '%s' "$FALLBACK" | must cryptsetup open --key-file - /dev/ubda2 look
must vgchange -qay vg_hostos >/dev/null
mkdir -p /mnt/r && must mount -o ro /dev/vg_hostos/root /mnt/r
PKG=/mnt/r/var/db/pkg
for one in "${GUIDE[@]}"; do
    must test -d "$PKG/$one-1"
done
must test -d "$PKG/sys-fs/cryptsetup-$(cryptsetup --version | cut -d' ' -f2)"
must grep -qx "~sys-fs/cryptsetup-$(cryptsetup --version | cut -d" " -f2) ~amd64" /mnt/r/etc/portage/package.accept_keywords/crypto
must grep -q ' /etc/init.d/lvm ' $PKG/sys-fs/lvm2-1/CONTENTS
must grep -qE '^obj /(usr/)?lib/modules/.*/dm-crypt.ko' $PKG/sys-kernel/gentoo-kernel-bin-1/CONTENTS
# Packages that were requested by name are in the world file.
must grep -qx sys-fs/lvm2 /mnt/r/var/lib/portage/world
must umount /mnt/r
must vgchange -qan vg_hostos >/dev/null
must cryptsetup close look
nothing_left
