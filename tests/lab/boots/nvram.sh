#!/bin/bash
# On a disk that boots with EFI, replaces the first process by one that writes the firmware boot entries: with
# boot.* in a chroot, as on a live medium. Then this entry is the only way to boot. Runs in User Mode Linux.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

printf '%s' "$PASSPHRASE" | must cryptsetup open --key-file - /dev/ubda3 look
must vgchange -qay vg >/dev/null
R=/mnt/r
mkdir -p $R && must mount /dev/vg/root $R
must strip -o $R/usr/bin/gscript "$1"
must cp "$(command -v efibootmgr)" $R/usr/bin/efibootmgr
ldd "$G" "$(command -v efibootmgr)" | grep -oE '/[^ ]+ \(0x' | sed 's/ (0x$//' | sort -u |
    while read -r file; do [ -e "$R$file" ] || install -D -m 755 "$(readlink -f "$file")" "$R$file"; done
printf 'boot::grub_install("/mnt/new", #{ efi: "/boot/efi", removable: false });\n' >$R/root/enter.rhai
printf 'chroot::prepare("/mnt/new");\n%s\nchroot::release("/mnt/new");\n' "$(cat $R/root/enter.rhai)" >$R/root/nvram.rhai
mv $R/sbin/init $R/sbin/init.then
cat >$R/sbin/init <<'INIT'
#!/bin/bash
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export GSCRIPT_STATE=/run/gscript
mountpoint -q /proc || mount -t proc proc /proc
# Messages of the kernel would appear within the lines.
echo 1 >/proc/sys/kernel/printk
mountpoint -q /sys || mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mountpoint -q /run || mount -t tmpfs run /run
mount -o remount,rw /
echo 'nameserver 192.0.2.1' >/run/resolv.conf
mkdir -p /mnt/new
# A copy: the running system itself is refused.
mount -t tmpfs new /mnt/new
cp -ax /. /mnt/new/
mount /dev/vda2 /mnt/new/boot
mount /dev/vda1 /mnt/new/boot/efi
# The directory of the firmware variables exists, but they are not mounted.
gscript plan /root/enter.rhai 2>&1; echo "refused: $?"
mount -t efivarfs efivarfs /sys/firmware/efi/efivars
mv /mnt/new/usr/bin/efibootmgr /root/
gscript plan /root/enter.rhai 2>&1; echo "refused: $?"
mv /root/efibootmgr /mnt/new/usr/bin/
gscript /root/nvram.rhai --yes --journal /run/runs 2>&1; echo "entered: $?"
efibootmgr --verbose
# The default path that every firmware tries must not boot any more.
rm /mnt/new/boot/efi/EFI/BOOT/BOOTX64.EFI
ls /mnt/new/boot/efi/EFI/*
umount -R /mnt/new
mv /sbin/init.then /sbin/init
sync
echo 'all of it is done'
echo o >/proc/sysrq-trigger
read -r _
INIT
chmod 755 $R/sbin/init
must umount $R
must vgchange -qan vg >/dev/null
must cryptsetup close look
nothing_left
