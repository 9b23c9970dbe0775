#!/bin/bash
# Merges a second kernel in an installed system, in the way of its package: its files, then installkernel. Writes its version
# to the file `version`.
. "${0%/*}/../lib/cases.sh"

CONTAINER=$(blkid -t TYPE=crypto_LUKS -o device /dev/ubda? | head -n 1)
printf '%s' "$PASSPHRASE" | must cryptsetup open --key-file - "$CONTAINER" look
must vgchange -qay vg_hostos >/dev/null
R=/mnt/r
mkdir -p $R && must mount /dev/vg_hostos/root $R
for at in /boot /boot/efi; do
    source=$(awk -v at=$at '$2 == at { print $1 }' $R/etc/fstab)
    [ -z "$source" ] || must mount "$(findfs "$source")" $R$at
done
must tar -C $R -xf "$KERNEL"
KV=$(tar -tf "$KERNEL" | sed -n 's,^usr/src/linux-\([^/]*\)/$,\1,p')
echo "$KV" >"$OUT/version"
must depmod -b $R "$KV"
echo 'chroot::prepare("/mnt/r");' >prepare.rhai
must "$G" prepare.rhai --yes --journal /run/prepare
if grep -rqs 'installkernel.* grub' $R/etc/portage/package.use; then
    must install -D -m 755 "$LAB/lib/gentoo/installkernel" $R/sbin/installkernel
    must chroot $R installkernel "$KV" "/usr/src/linux-$KV/arch/x86/boot/bzImage" "/usr/src/linux-$KV/System.map"
else
    must chroot $R emerge sys-kernel/gentoo-kernel-bin
fi
echo 'chroot::release("/mnt/r");' >release.rhai
must "$G" release.rhai --yes --journal /run/release
must umount -R $R
must vgchange -qan vg_hostos >/dev/null
must cryptsetup close look
nothing_left
