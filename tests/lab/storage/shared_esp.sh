#!/bin/bash
# The layout beside-another-system: the EFI system partition of another system is shared, and nothing on it is lost.
#
# disks: 400M 64M
# tier: make lab
# takes: 20 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/signed.sh"

it 'the files of the other system are kept'
sfdisk --quiet /dev/ubda <<<$'label: gpt\nsize=64M, type=U\ntype=L'
mkfs.vfat -F 32 -s 1 /dev/ubda1 >/dev/null
mkdir -p /run/esp
mount /dev/ubda1 /run/esp; mkdir -p /run/esp/EFI/other; echo other >/run/esp/EFI/other/boot.efi; umount /run/esp
beside() { ask "$1" "$G" layouts/beside-another-system --yes --destroy /dev/ubda2 --set root_dev=/dev/ubda2 --set esp=/dev/ubda1 --journal "/run/$1" "${@:2}"; }
uuid=$(blkid -s UUID -o value /dev/ubda1)
beside first
exits first 0
must test "$(cat /mnt/gentoo/efi/EFI/other/boot.efi)" = other
must test "$(blkid -s UUID -o value /dev/ubda1)" = "$uuid"
echo mine >/mnt/gentoo/file
must umount -R /mnt/gentoo
# Neither partition is formatted again.
beside second
exits second 0
must test "$(cat /mnt/gentoo/file /mnt/gentoo/efi/EFI/other/boot.efi)" = $'mine\nother'
must umount -R /mnt/gentoo

it 'an EFI system partition that is full is refused before the root is formatted'
wipefs -qa /dev/ubda2
mount /dev/ubda1 /run/esp; head -c 55M /dev/zero >/run/esp/full; umount /run/esp
beside full
exits full 1
tells full 'MiB free, and 8 MiB are needed'
must test -z "$(wipefs --noheadings /dev/ubda2)"
nothing_left
mount /dev/ubda1 /run/esp; rm /run/esp/full; umount /run/esp

it 'another filesystem is refused in the plan'
mkfs.ext4 -q /dev/ubdb
ask ext4 "$G" plan layouts/beside-another-system --set root_dev=/dev/ubda2 --set esp=/dev/ubdb
exits ext4 2
tells ext4 'esp: /dev/ubdb has ext4, and an EFI system partition has FAT'

it 'the boot loader of the other system is not replaced'
mount /dev/ubda1 /run/esp; mkdir -p /run/esp/EFI/BOOT; echo other >/run/esp/EFI/BOOT/BOOTX64.EFI; umount /run/esp
printf 'root_password = "an otter"\n' >answers.toml; chmod 600 answers.toml
ask taken "$G" gentoo --answers answers.toml --yes --destroy /dev/ubda2 --set layout=beside-another-system --set root_dev=/dev/ubda2 \
    --set esp=/dev/ubda1 --set stage3="$OUT/a.tar.xz" --set stage3_keys="$OUT/good.asc" --set network_check=false --journal /run/taken
exits taken 1
tells taken 'EFI/BOOT/BOOTX64.EFI of another system, which would be replaced: set nvram=true'
must test -z "$(wipefs --noheadings /dev/ubda2)"
nothing_left
mount /dev/ubda1 /run/esp; must test "$(cat /run/esp/EFI/BOOT/BOOTX64.EFI)" = other; umount /run/esp
