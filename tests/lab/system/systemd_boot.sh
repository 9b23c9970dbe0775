#!/bin/bash
# boot.systemd_boot, boot.kernel_install and boot.loader_entries: real bootctl and kernel-install, on an EFI system partition.
#
# disks: 128M 64M
# tier: make lab
# takes: 20 s
# needs: /usr/local/lib/gscript-systemd/bootctl
# needs: /usr/lib/systemd/boot/efi/systemd-bootx64.efi
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

do_ 'let parts = disk::partition("/dev/ubda", [#{ name: "esp", size: "64M", kind: "efi" }, #{ name: "root", size: "rest" }]);
fs::make(parts.root); mount::mount(parts.root, "/mnt/t");
fs::make(parts.esp, #{ kind: "vfat" }); mount::mount(parts.esp, "/mnt/t/efi");'
T=/mnt/t
mkdir -p $T/usr $T/etc/kernel $T/var/tmp $T/root $T/tmp $T/proc $T/sys $T/dev $T/run $T/boot
for d in bin sbin lib lib64; do ln -s usr/$d $T/$d; done
# Only in this virtual machine.
cp /usr/local/lib/gscript-systemd/bootctl /usr/bin/bootctl
must mount --bind /usr $T/usr
printf 'ID=gentoo\nPRETTY_NAME="Gentoo Linux"\n' >$T/etc/os-release
do_ 'chroot::prepare("/mnt/t");'

it 'systemd-boot is installed to an EFI system partition, and to nothing else'
do_ 'boot::systemd_boot("/mnt/t", "/efi");'
must cmp $T/efi/EFI/BOOT/BOOTX64.EFI /usr/lib/systemd/boot/efi/systemd-bootx64.efi
refused 'is not an EFI system partition: nothing is mounted there' 'boot::systemd_boot("/mnt/t", "/boot");'
refused 'is not an EFI system partition: the filesystem on' 'fs::make("/dev/ubdb"); mount::mount("/dev/ubdb", "/mnt/t/boot"); boot::systemd_boot("/mnt/t", "/boot");'
mkdir -p /mnt/bare && must mount --bind $T /mnt/bare && must mount --bind $T/efi /mnt/bare/efi
refused '/mnt/bare has no bootctl' 'boot::systemd_boot("/mnt/bare", "/efi");'
refused '/mnt/bare has no kernel-install' 'boot::kernel_install("/mnt/bare", "/efi", #{ version: "6.12.1" });'
must grep -q 'USE "boot kernel-install"' refused.out
must umount -R /mnt/bare

it 'kernel-install makes an entry of a kernel, with its command line'
says 'print(boot::loader_entries("/mnt/t", "/efi"));' '[]'
refused 'there is no image of the kernel 6.12.1 in /mnt/t' 'boot::kernel_install("/mnt/t", "/efi", #{ version: "6.12.1" });'
echo image >$T/boot/vmlinuz-6.12.1
echo 'root=/dev/vg/root ro quiet' >$T/etc/kernel/cmdline
echo gentoo >$T/etc/kernel/entry-token
# This machine's own plugins would build an initramfs.
printf 'layout=bls\ninitrd_generator=none\n' >$T/etc/kernel/install.conf
mkdir -p $T/etc/kernel/install.d
for one in /usr/lib/kernel/install.d/*; do
    case $one in */90-loaderentry.install) ;; *) ln -s /dev/null "$T/etc/kernel/install.d/${one##*/}" ;; esac
done
do_ 'boot::kernel_install("/mnt/t", "/efi", #{ version: "6.12.1" });'
must grep -qx 'options    root=/dev/vg/root ro quiet' $T/efi/loader/entries/gentoo-6.12.1.conf
must cmp $T/boot/vmlinuz-6.12.1 $T/efi/gentoo/6.12.1/linux

it 'entries are files, and unified kernel images'
mkdir -p $T/efi/EFI/Linux && echo image >$T/efi/EFI/Linux/gentoo-6.12.2.efi
echo 'initrd     /gentoo/6.12.1/initrd' >>$T/efi/loader/entries/gentoo-6.12.1.conf
says 'for one in boot::loader_entries("/mnt/t", "/efi") { print(one.title); print(one.kernel); print(one.initrd); print(one.cmdline); }' 'Gentoo Linux (6.12.1)
/efi/gentoo/6.12.1/linux
["/efi/gentoo/6.12.1/initrd"]
root=/dev/vg/root ro quiet
gentoo-6.12.2.efi
/efi/EFI/Linux/gentoo-6.12.2.efi
["/efi/EFI/Linux/gentoo-6.12.2.efi"]
'

do_ 'chroot::release("/mnt/t");'
must umount $T/usr
must umount $T/efi
must umount $T
nothing_left
