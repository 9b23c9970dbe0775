#!/bin/bash
# Rescue of systems that another installer made: btrfs subvolumes, arrays that do not run, several containers, fstab lines that
# cannot be mounted here, a look that writes nothing, and systems without a shell that can run.
#
# disks: 260M 260M 64M
# tier: make lab
# takes: 120 s
. "${0%/*}/../lib/cases.sh"

RESCUE=$PROJECT/recipes/rescue-encrypted-root.rhai
must modprobe -a raid1 btrfs vfat nls_cp437 nls_ascii nls_iso8859-1
mkfs.vfat -n KEYS /dev/ubdc >/dev/null
mkdir -p /mnt/k /mnt/r
mount /dev/ubdc /mnt/k
head -c 512 /dev/urandom >/mnt/k/my.key
chmod 400 /mnt/k/my.key
cp /mnt/k/my.key /run/my.key
umount /mnt/k

# luks DEVICE NAME [KEY]: makes a container and opens it.
luks() {
    must cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file "${3:-/run/my.key}" "$1"
    must cryptsetup open --key-file "${3:-/run/my.key}" "$1" "$2"
}

# tree DIRECTORY: makes a system with a shell.
tree() {
    mkdir -p "$1"/{bin,etc,proc,sys,dev,run,boot,home,var}
    cp /bin/busybox "$1/bin/"
    for a in sh cat touch pwd ls; do ln -sf busybox "$1/bin/$a"; done
    echo 'nameserver 192.0.2.1' >"$1/etc/resolv.conf"
}

# rescue NAME ARGUMENTS…: runs the recipe with the key of the stick.
rescue() {
    local name=$1
    shift
    rm -rf /run/rescued
    ask "$name" "$G" "$RESCUE" --yes --prove --journal /run/rescued --set key_dev=/dev/ubdc --set key_file=my.key "$@"
}
log() { grep -Eq "$1" /run/rescued/*/log.txt || fail "not in the log: $1"; }

# in_shell: runs lines of standard input in an interactive shell that approves everything.
in_shell() { "$G" shell --yes >shell.out 2>shell.err || true; cat shell.out >>shell.err; }

blank() { must wipefs -aq /dev/ubda /dev/ubdb; }

it 'btrfs: the root is found in its subvolume, and mounted with the options of its fstab'
luks /dev/ubda c
mkfs.btrfs -q -L root /dev/mapper/c
mount /dev/mapper/c /mnt/r
for name in @ @home @var; do btrfs -q subvolume create /mnt/r/$name || fail "no $name"; done
tree /mnt/r/@
uuid=$(blkid -s UUID -o value /dev/mapper/c)
cat >/mnt/r/@/etc/fstab <<END
UUID=$uuid /     btrfs noatime,compress=zstd:1,subvol=@,subvolid=256 0 0
UUID=$uuid /home btrfs noatime,compress=zstd:1,subvol=/@home 0 0
UUID=$uuid /var  btrfs subvolid=258 0 0
UUID=0-0 /data ext4 defaults 0 2
/dev/ubdc /mnt/stick vfat noauto,user
server:/export /srv nfs defaults 0 0
/dev/sda9 none swap
/swapfile none swap sw 0 0
END
# A snapshot has the fstab of its origin.
btrfs -q subvolume snapshot /mnt/r/@ /mnt/r/@before
umount /mnt/r
cryptsetup close c
rescue subvolumes --set run='cat /proc/mounts; touch /home/was-here'
exits subvolumes 0
log ' / btrfs rw,noatime,compress=zstd:1,.*subvol=/@ '
log ' /home btrfs rw,noatime,.*subvol=/@home '
for line in 'The root is the subvolume @ of' 'Skipped /var (btrfs): it names its subvolume by number' \
    'Skipped /data (ext4): there is no device UUID=0-0' 'Skipped /mnt/stick (vfat): it has the option noauto' \
    'Skipped /srv (nfs): it is on the network' 'Skipped none (swap): there is no device /dev/sda9' \
    'Skipped none (swap): it is a swap file'; do
    tells subvolumes "$line"
done
nothing_left

it ':rescue has the same diagnosis, and finds the same subvolume'
must cryptsetup open --key-file /run/my.key /dev/ubda c
in_shell <<<':rescue'
for line in 'check it for damage first' 'the root is the subvolume @ of /dev/mapper/c; its fstab has the mount options noatime,compress=zstd:1,subvol=@' \
    'mount::mount("/dev/mapper/c", "/mnt/gentoo", #{ options: "noatime,compress=zstd:1,subvol=@" })' \
    'Skipped /data (ext4): there is no device UUID=0-0' 'fstab has /dev/mapper/c on /home, but it is not mounted' \
    'Skipped none (swap): it is a swap file' '/mnt/gentoo has no proc, sys, dev, run' 'No further problems found.'; do
    tells shell "$line"
done
must [ "$(dmsetup ls | cut -f1)" = c ]

it 'btrfs: without subvol in the fstab, the default subvolume is the root'
mount -o subvolid=5 /dev/mapper/c /mnt/r
for name in first second; do
    btrfs -q subvolume create /mnt/r/$name
    tree /mnt/r/$name
    echo "UUID=$uuid / btrfs noatime 0 0" >/mnt/r/$name/etc/fstab
done
btrfs -q subvolume delete /mnt/r/@before /mnt/r/@
must btrfs subvolume set-default /mnt/r/second
umount /mnt/r
cryptsetup close c
rescue default --set run='cat /proc/mounts'
exits default 0
log ' / btrfs rw,noatime,.*subvol=/second '
nothing_left

it 'a btrfs root on two containers: both are unlocked'
blank
luks /dev/ubda a
luks /dev/ubdb b
mkfs.btrfs -q -d raid0 -m raid1 -L root /dev/mapper/a /dev/mapper/b
mount -o device=/dev/mapper/b /dev/mapper/a /mnt/r
tree /mnt/r
umount /mnt/r
cryptsetup close a
cryptsetup close b
rescue spanning --set container=/dev/ubda --set run='cat /proc/mounts'
exits spanning 0
tells spanning 'The root is on several devices'
log ' / btrfs rw,.*subvol=/ '
nothing_left

it 'two containers: the second one by the key file of the system'
blank
head -c 64 /dev/urandom >/run/home.key
luks /dev/ubda root
luks /dev/ubdb home /run/home.key
mkfs.ext4 -q /dev/mapper/root
mkfs.ext4 -q /dev/mapper/home
mount /dev/mapper/root /mnt/r
tree /mnt/r
mkdir /mnt/r/etc/keys
(umask 077; cp /run/home.key /mnt/r/etc/keys/)
printf '/dev/mapper/root / ext4 defaults 0 1\n/dev/mapper/home /home ext4 nodev 0 2\n' >/mnt/r/etc/fstab
second=$(cryptsetup luksUUID /dev/ubdb)
printf 'gone UUID=0-0 none luks\nhome UUID=%s /etc/keys/home.key luks\n' "$second" >/mnt/r/etc/crypttab
umount /mnt/r
cryptsetup close root
cryptsetup close home
rescue two --set container=/dev/ubda --set run='cat /proc/mounts'
exits two 0
log '/dev/mapper/home /home ext4 rw,nodev'
nothing_left
rescue neither
exits neither 2
tells neither 'Choose the one with the root: --set container=/dev/ubda'

it 'two containers: the second one has a passphrase of its own'
printf 'seven swans' >/run/phrase
must cryptsetup luksAddKey -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /run/home.key /dev/ubdb /run/phrase
must cryptsetup open --key-file /run/my.key /dev/ubda root
mount /dev/mapper/root /mnt/r
rm /mnt/r/etc/crypttab
mkdir /mnt/r/etc/conf.d
printf '# dm-crypt\ntarget=home\nsource=UUID="%s"\n' "$second" >/mnt/r/etc/conf.d/dmcrypt
umount /mnt/r
cryptsetup close root
rescue another --set container=/dev/ubda --set run='cat /proc/mounts'
exits another 0
tells another 'Skipped /dev/ubdb: the key or passphrase does not fit it'
tells another 'Skipped /home (ext4): there is no device /dev/mapper/home'
nothing_left
printf 'other_passphrase = "seven swans"\n' >other.toml
chmod 600 other.toml
rescue passphrase --set container=/dev/ubda --set others=passphrase --answers other.toml --set run='cat /proc/mounts'
exits passphrase 0
log '/dev/mapper/home /home ext4 rw,nodev'
must_not grep -rq 'seven swans' /run/rescued
nothing_left

it 'two containers: GPG encrypts the key of the second one'
must cryptsetup open --key-file /run/my.key /dev/ubda root
mount /dev/mapper/root /mnt/r
printf 'nine swans' >/run/gpg.phrase
must gpg --batch --pinentry-mode loopback --passphrase-file /run/gpg.phrase --symmetric \
    --output /mnt/r/etc/keys/home.gpg /run/home.key
must gpgconf --kill all
printf '# dm-crypt\ntarget=home\nsource=UUID="%s"\nkey="/etc/keys/home.gpg:gpg"\n' "$second" >/mnt/r/etc/conf.d/dmcrypt
umount /mnt/r
cryptsetup close root
rescue unknown --set container=/dev/ubda --set run='cat /proc/mounts'
exits unknown 0
tells unknown 'Skipped /dev/ubdb: GPG encrypts its key /mnt/gentoo/etc/keys/home.gpg, and no passphrase is known for it'
printf 'other_passphrase = "nine swans"\n' >other.toml
rescue encrypted --set container=/dev/ubda --set others=passphrase --answers other.toml --set run='cat /proc/mounts'
exits encrypted 0
log '/dev/mapper/home /home ext4 rw,nodev'
must_not grep -rq 'nine swans' /run/rescued
nothing_left
printf 'other_passphrase = "seven swans"\n' >other.toml
rescue direct --set container=/dev/ubda --set others=passphrase --answers other.toml --set run='cat /proc/mounts'
exits direct 0
log '/dev/mapper/home /home ext4 rw,nodev'
nothing_left

it 'no shell can run: the reason, and nothing stays mounted'
must cryptsetup open --key-file /run/my.key /dev/ubda root
mount /dev/mapper/root /mnt/r
rm /mnt/r/bin/* /mnt/r/etc/conf.d/dmcrypt
umount /mnt/r
cryptsetup close root
rescue noshell --set container=/dev/ubda
exits noshell 1
tells noshell 'no shell can run in /mnt/gentoo: neither /bin/bash nor /bin/sh exists; mount what the fstab'
must_not grep -q chroot.prepare noshell.err
nothing_left
must cryptsetup open --key-file /run/my.key /dev/ubda root
mount /dev/mapper/root /mnt/r
# The first bytes of a program for aarch64.
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0\1\0\0\0' >/mnt/r/bin/sh
head -c 40 /dev/zero >>/mnt/r/bin/sh
chmod 755 /mnt/r/bin/sh
umount /mnt/r
cryptsetup close root
rescue foreign --set container=/dev/ubda
exits foreign 1
tells foreign '/bin/sh is built for aarch64, and this machine is x86_64; boot a live medium for aarch64'
nothing_left

it 'a container on an array that does not run: its members are not touched'
blank
must mdadm -C /dev/md0 --name=any:crypt -e 1.2 -l1 -n2 --assume-clean --run /dev/ubda /dev/ubdb -q
luks /dev/md0 c
must pvcreate -q --config 'devices{use_devicesfile=0}' /dev/mapper/c
lvm() { command lvm "$@" --config 'devices{use_devicesfile=0 obtain_device_list_from_udev=0 external_device_info_source="none"} activation{udev_sync=0 udev_rules=0 verify_udev_operations=0}'; }
must lvm vgcreate -q vg /dev/mapper/c
must lvm lvcreate -q -y -n root -l 20 vg
must lvm lvcreate -q -y -n home -l 20 vg
mkfs.ext4 -q /dev/vg/root
mkfs.xfs -q /dev/vg/home 2>/dev/null || mkfs.ext4 -q /dev/vg/home
mount /dev/vg/root /mnt/r
tree /mnt/r
printf '/dev/vg/root / ext4 defaults 0 1\n/dev/vg/home /home auto defaults 0 2\n' >/mnt/r/etc/fstab
umount /mnt/r
# A journal that has to be replayed.
must debugfs -w -R 'feature needs_recovery' /dev/vg/root 2>/dev/null
must lvm vgchange -q -a n vg
cryptsetup close c
must mdadm -S /dev/md0 -q
wipefs -aq /dev/ubdb
rescue stopped
exits stopped 2
tells stopped 'the array crypt (raid1) is not running: 1 of its 2 devices is missing, present: ["/dev/ubda"]'
tells stopped 'Start it: --set arrays=crypt --set degraded=true'
tells stopped 'md::assemble("crypt", #{ degraded: true })'
must_not grep -qE 'luks::(format|restore_header)|fs::make' stopped.err
rescue member --set container=/dev/ubda
exits member 2
tells member 'start the array, which may hold the container: md::assemble("crypt")'
must_not grep -qE 'luks::(format|restore_header)|fs::make' member.err
in_shell <<<$':plan on\n:rescue'
tells shell 'md::assemble("crypt", #{ degraded: true })'
must_not grep -qE 'luks::(format|restore_header)|fs::make' shell.err

it 'a read-only look does not change a byte'
sums() { sha256sum /dev/ubda /dev/ubdb /dev/ubdc; }
before=$(sums)
rescue look --set read_only=true --set arrays=crypt --set degraded=true --set run='cat /proc/mounts; touch /etc/x || echo refused'
exits look 0
log ' / ext4 ro,.*(norecovery|noload)'
log ' /home (xfs|ext4) ro'
log 'refused'
nothing_left
must [ "$before" = "$(sums)" ]

it 'the container on the degraded array is unlocked'
rescue degraded --set arrays=crypt --set degraded=true --set run='touch /etc/x'
exits degraded 0
nothing_left
must_not [ "$before" = "$(sums)" ]

it 'an array with a number for a name'
blank
must mdadm -C /dev/md0 --name=rescue:0 -e 1.2 -l1 -n2 --assume-clean --run /dev/ubda /dev/ubdb -q
mkfs.ext4 -q -L root /dev/md0
mount /dev/md0 /mnt/r
tree /mnt/r
echo '/dev/md0 / ext4 defaults 0 1' >/mnt/r/etc/fstab
umount /mnt/r
must mdadm -S /dev/md0 -q
in_shell <<<':rescue'
tells shell 'the array 0 (raid1) is not running'
tells shell 'md::assemble("0")'
tells shell 'mount::mount("/dev/md127", "/mnt/gentoo")'
tells shell 'No further problems found.'
nothing_left
# Nothing is written by a read-only look, although the journal would have to be replayed.
must mdadm -A --run /dev/md0 /dev/ubda /dev/ubdb -q
must debugfs -w -R 'feature needs_recovery' /dev/md0 2>/dev/null
must mdadm -S /dev/md0 -q
before=$(sums)
in_shell <<<':rescue read-only'
tells shell 'md::assemble("0", #{ read_only: true })'
tells shell 'mount::mount("/dev/md127", "/mnt/gentoo", #{ options: "ro,noload" })'
tells shell 'chroot::prepare("/mnt/gentoo", #{ untouched: true })'
nothing_left
must [ "$before" = "$(sums)" ]

it 'a member that lost its superblock is no container'
# With the superblock at the end, what is on the array is visible at the beginning of its members.
must wipefs -aq /dev/ubda /dev/ubdb
must mdadm -C /dev/md0 --name=any:crypt -e 1.0 -l1 -n2 --assume-clean --run /dev/ubda /dev/ubdb -q
luks /dev/md0 c
cryptsetup close c
must mdadm -S /dev/md0 -q
must mdadm --zero-superblock /dev/ubdb
must [ "$(blkid -p -s TYPE -o value /dev/ubdb)" = crypto_LUKS ]
before=$(sums)
rescue stray
exits stray 2
tells stray 'the array crypt (raid1) is not running: 1 of its 2 devices is missing, present: ["/dev/ubda"]'
must_not grep -qE 'luks::(open|format|restore_header)' stray.err
in_shell <<<$':plan on\n:rescue'
tells shell '/dev/ubdb looks like a LUKS container, but may be a missing member of the array crypt'
must_not grep -q 'luks::' shell.err
must [ "$before" = "$(sums)" ]
