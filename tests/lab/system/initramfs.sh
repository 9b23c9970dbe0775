#!/bin/bash
# The initramfs: real dracut, real modules, and everything that the boot of the guide needs.
#
# disks: none
# tier: make lab
# takes: 40 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

target /mnt/t
T=/mnt/t
do_ 'chroot::prepare("/mnt/t");'

KV=$(basename /usr/lib/uml/modules/*)

it 'a kernel is copied from another system'
# A kernel of another system: its modules, its image inside the sources, and the sources.
S=usr/src/linux-$KV giver=/run/giver
mkdir -p $giver/usr/lib/modules "$giver/$S"/{arch/x86/boot,include/config}
ln -s usr/lib $giver/lib; cp -a "/usr/lib/uml/modules/$KV" $giver/usr/lib/modules/
echo 'an image' >"$giver/$S/arch/x86/boot/bzImage"; ln -s arch/x86/boot/bzImage "$giver/$S/vmlinuz"
echo 'CONFIG_MODULES=y' >"$giver/usr/lib/modules/$KV/config"
printf 'VERSION = 1\nPATCHLEVEL = 2\nSUBLEVEL = 3\n' >"$giver/$S/Makefile"; echo "$KV" >"$giver/$S/include/config/kernel.release"
copy_from="kernel::copy_from(\"/mnt/t\", \"$KV\", #{ from: \"$giver\" })"
# Existing links with the name of a file or a directory are replaced, not followed.
mkdir -p "$T/usr/lib/modules/$KV" /run/elsewhere; echo 'not to be touched' >/run/elsewhere/file
ln -s /run/elsewhere/file "$T/usr/lib/modules/$KV/modules.dep"
ln -s /run/elsewhere "$T/usr/lib/modules/$KV/kernel"
fails "cannot overwrite non-directory" "$copy_from;"; must_not test -e "$T/boot/vmlinuz-$KV"
rm "$T/usr/lib/modules/$KV/kernel"
do_ "if $copy_from != \"/boot/vmlinuz-$KV\" { throw \"the path\"; }"
must test "$(ls -A /run/elsewhere) $(cat /run/elsewhere/file)" = 'file not to be touched'
for at in usr/lib/modules/"$KV" "$S"; do must diff -r --no-dereference $giver/"$at" $T/"$at"; done
must test "$(cat $T/boot/vmlinuz-"$KV" $T/boot/config-"$KV")" = 'an image
CONFIG_MODULES=y'
same_again "$copy_from;"
refused 'kernel 1.2.3 has no modules' 'kernel::copy_from("/mnt/t", "1.2.3");'
refused 'is both the source and the target' 'kernel::copy_from("/mnt/t", "1.2.3", #{ from: "/mnt/t" });'

it 'the link to the kernel sources'
rm -f $T/usr/src/linux
refused 'there are no kernel sources at /mnt/t/usr/src/linux-1.2.3' 'kernel::sources("/mnt/t", "1.2.3");'
same_again "kernel::sources(\"/mnt/t\", \"$KV\");"
must test "$(readlink $T/usr/src/linux)" = "linux-$KV"

it 'dracut makes an initramfs with what the boot needs'
do_ 'kernel::initramfs("/mnt/t", #{ add: ["crypt", "crypt-gpg", "lvm"], compress: "zstd -1" });'
lsinitrd $T/boot/initramfs-"$KV".img >image.txt
for what in sbin/cryptsetup bin/gpg bin/stty sbin/lvm dm-crypt.ko crypt-gpg-lib.sh; do
    grep -q "$what" image.txt || fail "not in the initramfs: $what"
done

it 'what dracut lacks is told before'
refused 'has no module "nonesuch"' 'kernel::initramfs("/mnt/t", #{ add: ["nonesuch"] });'
mv $T/usr/lib/dracut/modules.d/*crypt-gpg "$T/root/"
refused 'has no module "crypt-gpg"' 'kernel::initramfs("/mnt/t", #{ add: ["crypt", "crypt-gpg"] });'
must grep -q 'help: emerge sys-kernel/dracut 044 or later with app-crypt/gnupg' refused.out
mv $T/root/*crypt-gpg $T/usr/lib/dracut/modules.d/
refused 'kernel 1.2.3 has no modules' 'kernel::initramfs("/mnt/t", #{ version: "1.2.3" });'
# systemd of a stage3 has no cryptsetup, and dracut would include neither of them.
mv $T/usr/lib/systemd/systemd-cryptsetup "$T/root/"
refused '/mnt/t/usr/lib/systemd/systemd has no systemd-cryptsetup' 'kernel::initramfs("/mnt/t");'
must grep -q 'help: set USE cryptsetup for sys-apps/systemd' refused.out
recipe allowed.rhai <<'END'
kernel::initramfs("/mnt/t", #{ omit: ["systemd"] });
kernel::initramfs("/mnt/t", #{ add: ["lvm"] });
END
must "$G" plan allowed.rhai >/dev/null
mv $T/root/systemd-cryptsetup $T/usr/lib/systemd/
refused 'expected a version such as' 'kernel::initramfs("/mnt/t", #{ version: "../x" });'
mv $T/usr/bin/gpg $T/usr/bin/gpg.away
refused '/mnt/t has no gpg' 'kernel::initramfs("/mnt/t", #{ add: ["crypt-gpg"] });'
mv $T/usr/bin/gpg.away $T/usr/bin/gpg

it 'what dracut finds missing'
mv $T/usr/sbin/lvm $T/usr/sbin/lvm.away
fails 'emerge the program named above it' 'kernel::initramfs("/mnt/t", #{ add: ["lvm"], image: "/boot/other.img" });'
must grep -q "'lvm' cannot be" fails.out
must_not test -e $T/boot/other.img
mv $T/usr/sbin/lvm.away $T/usr/sbin/lvm

it 'a full /boot'
must mount -t tmpfs -o size=1M tmpfs $T/boot
fails 'check the free space of /boot (df -h)' 'kernel::initramfs("/mnt/t", #{ add: ["crypt"], compress: "zstd -1" });'
must grep -q 'No space left on device' fails.out
umount $T/boot

do_ 'chroot::release("/mnt/t");'
umount /mnt/t
must_not grep ' /mnt/t' /proc/mounts
