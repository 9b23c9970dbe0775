#!/bin/bash
# Packages that write to /boot, and the first updates of an installed system: real Portage, GRUB and dracut, with packages
# as unfriendly as Gentoo's.
#
# disks: none
# tier: make lab
# takes: 90 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"

. "$LAB/lib/portage_root.sh"
repository "${PROFILES[@]}"
rm -rf $T/etc/portage/package.*
directories $T
printf '%s\nACCEPT_LICENSE="GPL-2"\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/amd64/23.0/desktop");'
must test "$(chroot $T portageq envvar ARCH)" = amd64
# This root is not on a device, which grub-mkconfig asks grub-probe for.
printf '#!/bin/sh\ncase "$*" in *--target=device*) echo /dev/x3 ;; *uuid*) echo 6a9f ;; *--target=fs*) echo ext2 ;; esac\n' >$T/usr/sbin/grub-probe
# An initramfs with nothing but its base is made in seconds.
mkdir -p $T/usr/lib/dracut/dracut.conf.d
printf 'dracutmodules="base"\ncompress="cat"\n' >$T/usr/lib/dracut/dracut.conf.d/99-small.conf
linux_firmware 20260410
intel_microcode 20260512
installkernel 70
small_kernel 6.12.1
for one in sys-boot/grub sys-kernel/dracut; do package $one 1 amd64 </dev/null; done

it 'a license that is not accepted'
fails 'portage::license("/mnt/t", ">=sys-kernel/linux-firmware-20260410", ["linux-fw-redistributable"])' \
    'portage::emerge("/mnt/t", ["sys-kernel/linux-firmware"]);'
fails 'portage::license("/mnt/t", ">=sys-firmware/intel-microcode-20260512", ["intel-ucode"])' \
    'portage::emerge("/mnt/t", ["sys-firmware/intel-microcode"]);'
do_ 'portage::license("/mnt/t", "sys-kernel/linux-firmware", ["linux-fw-redistributable"]);
portage::license("/mnt/t", "sys-firmware/intel-microcode", ["intel-ucode"]);'

it 'firmware is refused while the boot partition of fstab is not mounted'
printf 'PARTLABEL=boot /boot ext4 noauto,noatime 0 2\nPARTLABEL=esp /boot/efi vfat noauto,umask=0077 0 0\n' >$T/etc/fstab
for one in sys-kernel/linux-firmware sys-firmware/intel-microcode; do
    fails "(pretend phase): /boot not mounted" "portage::emerge(\"/mnt/t\", [\"$one\"]);"
done
must mount -t tmpfs -o size=200M boot $T/boot
touch $T/etc/booted-by-efi
fails "(pretend phase): /boot/efi not mounted" 'portage::emerge("/mnt/t", ["sys-kernel/linux-firmware"]);'
mkdir $T/boot/efi && must mount -t tmpfs esp $T/boot/efi
do_ 'portage::emerge("/mnt/t", ["sys-kernel/linux-firmware", "sys-firmware/intel-microcode"]);'
must test -f $T/boot/amd-uc.img && must test -f $T/boot/intel-uc.img
# Without the images nothing is written to /boot, and it need not be mounted.
must umount $T/boot/efi
do_ 'portage::package_use("/mnt/t", "sys-kernel/linux-firmware", ["-initramfs"]);
portage::emerge("/mnt/t", ["sys-kernel/linux-firmware"], #{ newuse: true, oneshot: true });'
must_not test -e $T/boot/amd-uc.img
must mount -t tmpfs esp $T/boot/efi
rm $T/etc/portage/package.use/*

it 'a package with USE dist-kernel brings a kernel, which needs an initramfs'
fails 'portage::package_use("/mnt/t", ">=sys-kernel/installkernel-70", ["dracut"])' \
    'portage::package_use("/mnt/t", "sys-kernel/linux-firmware", ["dist-kernel"]);
portage::emerge("/mnt/t", ["sys-kernel/linux-firmware"], #{ newuse: true });'
rm $T/etc/portage/package.use/*

it 'a kernel is refused without settings for a chroot, and without free space'
echo 'sys-kernel/installkernel dracut' >$T/etc/portage/package.use/test
rm -rf $T/etc/dracut.conf.d
fails 'the package sys-kernel/gentoo-kernel-bin-6.12.1::gentoo failed (postinst phase)' \
    'portage::emerge("/mnt/t", ["sys-kernel/gentoo-kernel-bin"], #{ oneshot: true });'
must grep -q 'no cmdline for dracut was configured' $T/var/tmp/portage/sys-kernel/gentoo-kernel-bin-6.12.1/temp/build.log
mkdir -p $T/etc/dracut.conf.d
echo 'hostonly="no"' >$T/etc/dracut.conf.d/test.conf
head -c $((($(df -Pk $T/boot | awk 'FNR == 2 {print $4}') - 9000) * 1024)) /dev/zero >$T/boot/large
fails 'failed (postinst phase)' 'portage::emerge("/mnt/t", ["sys-kernel/gentoo-kernel-bin"], #{ oneshot: true });'
must grep -q 'Not enough disk space' $T/var/tmp/portage/sys-kernel/gentoo-kernel-bin-6.12.1/temp/build.log
must_not test -e $T/boot/vmlinuz-6.12.1-gentoo-dist
rm $T/boot/large $T/etc/dracut.conf.d/test.conf $T/etc/portage/package.use/test

it 'without USE grub a kernel never reaches the menu'
must_not test -e $T/boot/grub/grub.cfg
mkdir -p $T/etc/default && echo 'GRUB_DISTRIBUTOR="Gentoo"' >$T/etc/default/grub
echo 'sys-kernel/installkernel dracut' >$T/etc/portage/package.use/test
echo 'hostonly="no"' >$T/etc/dracut.conf.d/test.conf
do_ 'portage::emerge("/mnt/t", ["sys-kernel/gentoo-kernel-bin"], #{ oneshot: true });'
must test -s $T/boot/initramfs-6.12.1-gentoo-dist.img
must_not test -e $T/boot/grub/grub.cfg
rm $T/etc/dracut.conf.d/test.conf $T/etc/portage/package.use/test
do_ 'portage::emerge("/mnt/t", ["sys-kernel/linux-firmware"], #{ newuse: true });'
# installkernel stays, with other flags.
must chroot $T emerge --quiet --unmerge sys-kernel/gentoo-kernel-bin >/dev/null 2>&1
rm $T/boot/*-6.12.1-*

it 'the chapter of the kernel: a kernel that is merged is in the menu at once'
cat >chapter.rhai <<'END'
import "kernels" as kernels;
let layout = #{
    target: "/mnt/t", root: "/dev/x3", boot: "/dev/x2", esp: "/dev/x1", swap: (), disks: ["/dev/x"],
    mounts: [#{ at: "/", device: "/dev/x3" }], containers: [],
};
let params = #{ goal: "bootable", init: "openrc", jobs: 0, kernel_from: "dist", kernel_config: "", keymap: "us" };
kernels::kernel_settings(layout, params);
kernels::kernel(layout, params);
END
must "$G" chapter.rhai --yes --prove --journal /run/chapter
must grep -q 'initrd.*/amd-uc.img.*/initramfs-6.12.1-gentoo-dist.img' $T/boot/grub/grub.cfg

it 'the first update: firmware, and a kernel that replaces the old one'
linux_firmware 20260520
small_kernel 6.12.2
do_ 'portage::emerge("/mnt/t", ["@world"], #{ update: true });'
must test "$(cpio -i --quiet --to-stdout <$T/boot/amd-uc.img kernel/x86/microcode/AuthenticAMD.bin)" = 20260520
must grep -q '/vmlinuz-6.12.2-gentoo-dist' $T/boot/grub/grub.cfg
must grep -q '/initramfs-6.12.2-gentoo-dist.img' $T/boot/grub/grub.cfg
must test -d $T/var/db/pkg/sys-kernel/gentoo-kernel-bin-6.12.1
do_ 'chroot::run("/mnt/t", ["emerge", "--depclean", "--color=n"]);'
must_not test -e $T/var/db/pkg/sys-kernel/gentoo-kernel-bin-6.12.1
must test -d $T/var/db/pkg/sys-kernel/gentoo-kernel-bin-6.12.2
must_not test -e $T/usr/src/linux-6.12.1-gentoo-dist

do_ 'chroot::release("/mnt/t");'
must umount /mnt/t/boot/efi
must umount /mnt/t/boot
umount /mnt/t
