# The initramfs: real dracut, real modules, and what the guide's boot needs is in it.
KV=$(basename /usr/lib/uml/modules/*)
mkdir -p $T/usr/lib/modules $T/boot $T/usr/src/linux/include/config && ln -sfn "/usr/lib/uml/modules/$KV" $T/usr/lib/modules/"$KV"
echo "$KV" >$T/usr/src/linux/include/config/kernel.release
do_ 'kernel::initramfs("/mnt/t", #{ add: ["crypt", "crypt-gpg", "lvm"], compress: "zstd -1" });'
lsinitrd $T/boot/initramfs-"$KV".img >image.txt
for what in sbin/cryptsetup bin/gpg bin/stty sbin/lvm dm-crypt.ko crypt-gpg-lib.sh; do
    grep -q "$what" image.txt || { echo "not in the initramfs: $what"; exit 1; }
done
refused 'has no module "nonesuch"' 'kernel::initramfs("/mnt/t", #{ add: ["nonesuch"] });'
mv $T/usr/lib/dracut/modules.d/*crypt-gpg "$T/root/"
refused 'has no module "crypt-gpg"' 'kernel::initramfs("/mnt/t", #{ add: ["crypt", "crypt-gpg"] });'
must grep -q 'next: emerge sys-kernel/dracut 044 or later with app-crypt/gnupg' refused.out
mv $T/root/*crypt-gpg $T/usr/lib/dracut/modules.d/
refused 'there are no modules of the kernel 1.2.3' 'kernel::initramfs("/mnt/t", #{ version: "1.2.3" });'
refused 'is not the version of a kernel' 'kernel::initramfs("/mnt/t", #{ version: "../x" });'
mv $T/usr/bin/gpg $T/usr/bin/gpg.away
refused '/mnt/t has no gpg' 'kernel::initramfs("/mnt/t", #{ add: ["crypt-gpg"] });'
mv $T/usr/bin/gpg.away $T/usr/bin/gpg
# What dracut itself finds missing.
mv $T/usr/sbin/lvm $T/usr/sbin/lvm.away
fails 'lacks the program that is named above it' 'kernel::initramfs("/mnt/t", #{ add: ["lvm"], image: "/boot/other.img" });'
must grep -q "'lvm' cannot be" fails.out
must_not test -e $T/boot/other.img
mv $T/usr/sbin/lvm.away $T/usr/sbin/lvm
# A /boot that is full.
must mount -t tmpfs -o size=1M tmpfs $T/boot
fails 'is there room left in /boot (df -h)?' 'kernel::initramfs("/mnt/t", #{ add: ["crypt"], compress: "zstd -1" });'
must grep -q 'No space left on device' fails.out
umount $T/boot

do_ 'chroot::release("/mnt/t");'
umount /mnt/t
must_not grep ' /mnt/t' /proc/mounts
