#!/bin/bash
# encrypted-root: a network, a clock and a stage3 that are refused before the disk is changed.
#
# disks: 300M 64M
# tier: make lab
# takes: 35 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/mirror.sh"
. "$LAB/lib/signed.sh"

it 'the network is checked before the disk is changed'
ip link set lo up
rm -rf "$GNUPGHOME"; release_keys
mkdir mirror
start_mirror
printf 'label: dos\n2048,,c\n' | sfdisk --quiet /dev/ubdb
mkfs.vfat -n KEYSTICK /dev/ubdb1 >/dev/null
latest() {
    ask "$1" "$G" "$ROOT" --yes --destroy /dev/ubda --set disk=/dev/ubda --set key_dev=/dev/ubdb1 --set key_file=laptop.key \
        --set kdf_memory=8M --set boot_size=64M --set swap_size=64M --set goal=base --set stage3_keys="$OUT/good.asc" \
        --journal "/run/$1" --set mirror="$URL" "${@:2}"
}
untouched() { must_not blkid -p /dev/ubda; must_not grep -q ' /mnt' /proc/mounts; }
GOOD=$URL
URL=http://127.0.0.1:1 latest closed
exits closed 1
tells closed 'no answer from http://127.0.0.1:1: '
tells closed 'help: configure the network'
untouched
URL=http://mirror.invalid latest unknown
exits unknown 1
tells unknown 'no answer from http://mirror.invalid: '
tells unknown 'getent hosts mirror.invalid'
untouched
URL="$GOOD http://127.0.0.1:1" latest second
exits second 1
tells second 'no answer from http://127.0.0.1:1: '
untouched
URL=$GOOD

it 'a wrong clock is refused before the disk is changed'
date -uR -d '3 days 1 hour' | sed 's/+0000/GMT/' >date
latest behind
tells behind '3 day(s) behind that of'
tells behind 'set it with chronyd -q, or with date'
date -uR -d '3 days ago' | sed 's/+0000/GMT/' >date
latest ahead
tells ahead 'day(s) ahead of that of'
untouched
rm date

it 'a stage3 that is not signed is refused before the disk is changed'
cp a.tar.xz file.tar.xz
latest unsigned --set stage3="$OUT/file.tar.xz"
tells unsigned 'file.tar.xz.sha256'
gpg --batch --quiet --local-user other --armor --output file.tar.xz.asc --detach-sign file.tar.xz
latest other --set stage3="$OUT/file.tar.xz"
tells other 'signed by a key that is not in the key file'
untouched
stop_mirror
