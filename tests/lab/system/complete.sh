#!/bin/bash
# The whole recipe, until the disk is bootable.
#
# disks: 1700M 32M
# tier: make torture
# takes: 200 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/own_system.sh"

it 'a plan shows what this machine cannot have'
pack
# The plan refuses what is impossible: a firmware boot entry without firmware, and a boot partition that is too small.
before=$(sha256sum /dev/ubda /dev/ubdb)
ask firmware whole --set nvram=true
exits firmware 2
must grep -q 'nvram: this machine was booted by a BIOS' firmware.err
ask room whole --set boot_size=16M
exits room 2
must grep -q 'boot_size: 16M is too small' room.err
[ "$before" = "$(sha256sum /dev/ubda /dev/ubdb)" ] || fail 'something has changed'

it 'the whole recipe ends as planned'
whole >whole.out 2>whole.err || fail
must_not grep -rqE 'otter: ' /run/proved ./*.out ./*.err
must grep -q 'The resulting state matches the plan' whole.err
proved
must grep -q 'Reboot now, without' whole.err
must umount /run/host
nothing_left

it 'the disk has what a boot needs'
# Inspects the result with the tools of this machine.
mkdir -p /run/s /run/r
must mount -o ro /dev/ubdb /run/s
must test -f /run/s/laptop.key.gpg
must_not test -e /run/s/laptop.key
gpg --batch --quiet --no-tty --pinentry-mode loopback --passphrase 'otter: one' --decrypt /run/s/laptop.key.gpg >/run/plain 2>/dev/null
must test "$(stat -c %s /run/plain)" = 512
must cryptsetup open --test-passphrase --key-file /run/plain /dev/ubda2
rm /run/plain
printf 'otter: two' | must cryptsetup open --key-file - /dev/ubda2 look
umount /run/s
must vgchange -qay vg_hostos >/dev/null
R=/run/r
must mount -o ro /dev/vg_hostos/root $R; must mount -o ro /dev/ubda1 $R/boot; must mount -o ro /dev/ubda3 $R/boot/efi
must test -s $R/boot/efi/EFI/BOOT/BOOTX64.EFI
must test "$(cat $R/etc/hostname)" = box
for uuid in $(blkid -s UUID -o value /dev/vg_hostos/root /dev/vg_hostos/home /dev/vg_hostos/swap /dev/ubda1 /dev/ubda3); do
    must grep -q "^UUID=$uuid" $R/etc/fstab
done
for one in boot/lvm default/cronie default/dhcpcd default/sysklogd default/sshd; do must test -L $R/etc/runlevels/$one; done
must grep -qx 's1:12345:respawn:/sbin/agetty -L 9600 ttyS1 vt100' $R/etc/inittab
must grep -qx 'serial --unit=1 --speed=9600' $R/boot/grub/grub.cfg
must grep -Eqx 'terminal_output console serial *' $R/boot/grub/grub.cfg
LUKS=$(cryptsetup luksUUID /dev/ubda2) STICK=$(blkid -s UUID -o value /dev/ubdb)
must grub-script-check $R/boot/grub/grub.cfg
must grep -A25 "^menuentry 'Gentoo Linux (Keyfile Boot)'" $R/boot/grub/grub.cfg >entry
must grep -q "rd.luks.uuid=$LUKS rd.luks.key=/laptop.key.gpg:UUID=$STICK:UUID=$LUKS rd.lvm.lv=vg_hostos/root console=tty0 console=ttyS1,9600" entry
must grep -A25 "^menuentry 'Gentoo Linux (Passphrase Boot)'" $R/boot/grub/grub.cfg >entry
must grep -q "/vmlinuz-$KV root=.* ro .*rd.luks.uuid=$LUKS.* console=tty0 console=ttyS1,9600" entry
must_not grep -q rd.luks.key entry
must grep -q "initrd.*/initramfs-$KV.img" entry
must lsinitrd $R/boot/initramfs-"$KV".img >image.txt
for what in sbin/cryptsetup bin/gpg bin/stty sbin/lvm dm-crypt.ko crypt-gpg-lib.sh; do must grep -q "$what" image.txt; done
must python3 - $R <<'END'
import crypt, sys, warnings
line = next(line for line in open(sys.argv[1] + "/etc/shadow") if line.startswith("root:"))
hashed = line.split(":")[1]
sys.exit(crypt.crypt("otter: three", hashed) != hashed)
END
cat $R/var/emerge.log
umount -R $R; vgchange -qan vg_hostos >/dev/null; cryptsetup close look
