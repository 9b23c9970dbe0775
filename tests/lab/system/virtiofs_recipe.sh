#!/bin/bash
# recipes/virtiofs-guest.rhai: a virtual machine boots from a directory with a signed root, and is kept by a second run.
#
# disks: none
# tier: make lab
# takes: 20 s
# needs: /usr/bin/qemu-system-x86_64
# needs: /usr/lib/qemu/virtiofsd
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
VM=vm-recipe
. "$LAB/lib/virtual.sh"
vm_own
vm_kernel
vm_root root
KV=$(basename initramfs/lib/modules/*)

# This system has the kernel; the root has an initramfs that mounts the tag `fs`.
mkdir -p /usr/lib/modules && must mount -t tmpfs tmpfs /usr/lib/modules && must mount -t tmpfs tmpfs /boot
cp -a "initramfs/lib/modules/$KV" /usr/lib/modules
cp vmlinuz "/boot/vmlinuz-$KV"
echo CONFIG_VIRTIO_FS=m >"/boot/config-$KV"
mkdir -p root/{boot,etc/conf.d,mnt,usr/src,var/tmp}
cp initramfs.img "root/boot/initramfs-$KV.img"
echo 'ID=gentoo' >root/etc/os-release
printf '#!/bin/sh\n' >root/sbin/openrc-run
chmod 755 root/sbin/openrc-run
tar --numeric-owner --owner=0 --group=0 -C root -cf - . | xz -0 >a.tar.xz
sign_archive

# guest NAME ARGUMENTS…: runs the recipe.
guest() {
    "$G" "$PROJECT/recipes/virtiofs-guest.rhai" --yes --prove --journal "/run/$1" --set name=$VM --set directory="$OUT/guest" \
        --set stage3="$OUT/a.tar.xz" --set stage3_keys="$OUT/good.asc" --set kernel="$KV" --set dracut=none --set memory=512M \
        --set processors=1 "${@:2}" >"$1.out" 2>"$1.err"
}

it 'a stage3 with a wrong signature makes no root'
cp a.tar.xz whole.tar.xz
printf x >>a.tar.xz
must_not guest forged
must_not test -e guest/etc
mv whole.tar.xz a.tar.xz

it 'the root boots from virtiofs, with the kernel of this system'
must guest made
vm_says $VM >made.txt
must grep -q 'PROBE ok true' made.txt
must grep -q '^fs.*/.*virtiofs' guest/etc/fstab
must test "$(cat guest/etc/hostname guest/etc/conf.d/hostname 2>/dev/null | grep -c $VM)" != 0

it 'a second run keeps the root and the virtual machine'
echo mine >guest/etc/fstab
must guest again
must test "$(cat guest/etc/fstab)" = mine
says 'print(qemu::stop("'$VM'"));' powerdown
vm_none_left
