# The commands of the guide, as a user would write them in a script.
C='activation{udev_sync=0 udev_rules=0 verify_udev_operations=0} devices{obtain_device_list_from_udev=0 use_devicesfile=0 external_device_info_source="none"}'
[ "$KDF" = light ] && light='--pbkdf-memory 32768 --pbkdf-force-iterations 4'
sfdisk --quiet --wipe always --wipe-partitions always /dev/ubda <<END
label: gpt
start=2048, size=1048576, type=L, name="boot"
type=CA7D7CCB-63ED-4C53-861C-1742536059CC, name="root"
END
mkdir -p /mnt/key
mount -o umask=0077 /dev/ubdb /mnt/key
head -c 512 /dev/random >/mnt/key/keyfile.bin
cryptsetup --batch-mode $light --cipher aes-xts-plain64 -s 512 --key-file /mnt/key/keyfile.bin luksFormat /dev/ubda2
cryptsetup --key-file /mnt/key/keyfile.bin luksOpen /dev/ubda2 hdd_a2
pvcreate --config "$C" /dev/mapper/hdd_a2
vgcreate --config "$C" vg_hostos /dev/mapper/hdd_a2
vgchange --config "$C" -a y vg_hostos
lvcreate --config "$C" -y -L512M --contiguous y -nswap vg_hostos
PESIZE=$(vgdisplay --config "$C" vg_hostos | grep -E 'Free[[:space:]]+PE / Size' | awk '{ print $5 }')
lvcreate --config "$C" -y -l "$PESIZE" -nroot vg_hostos
mkswap /dev/vg_hostos/swap
swapon /dev/vg_hostos/swap
mkfs.ext4 -q /dev/vg_hostos/root
mkdir -p /mnt/gentoo
mount /dev/vg_hostos/root /mnt/gentoo
mkfs.ext4 -q /dev/ubda1
mkdir -p /mnt/gentoo/boot
mount /dev/ubda1 /mnt/gentoo/boot
