#!/bin/bash
# Makes ENTRY the default of the boot menu, as if a user chose it at the console.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

mkdir -p /mnt/boot; must mount /dev/ubda2 /mnt/boot
must grep -q "^menuentry '$ENTRY'" /mnt/boot/grub/grub.cfg
must sed -i "s/set default=\"0\"/set default=\"$ENTRY\"/" /mnt/boot/grub/grub.cfg
must grep -q "set default=\"$ENTRY\"" /mnt/boot/grub/grub.cfg
must umount /mnt/boot
