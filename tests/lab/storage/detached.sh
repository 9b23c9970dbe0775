#!/bin/bash
# Detached LUKS headers in files, and headers and keys that /etc/crypttab names: no action loses them unnoticed.
#
# disks: 64M 64M 64M
# tier: make lab
# takes: 35 s
. "${0%/*}/../lib/cases.sh"

head -c 512 /dev/urandom >/run/detached.key && chmod 400 /run/detached.key
must mkfs.ext4 -q /dev/ubdb
mkdir -p /mnt/stick && must mount /dev/ubdb /mnt/stick
truncate -s 20M /mnt/stick/header
must cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --header /mnt/stick/header \
    --key-file /run/detached.key /dev/ubda
header=$(sha256sum /mnt/stick/header)
open='luks::open("/dev/ubda", "detached", #{ key: "/run/detached.key", header: "/mnt/stick/header" });'
ln -s /mnt/stick /run/stick
losses=(
    'file::remove("/mnt/stick/header");'
    'file::remove("/run/stick/header");'
    'file::remove("/header", #{ root: "/mnt/stick" });'
    'file::write("/mnt/stick/header", "x");'
    'file::copy("/run/detached.key", "/mnt/stick/header");'
    'file::link("/run/detached.key", "/mnt/stick/header");'
)

# refused RECIPE: the recipe is refused while it is planned.
refused() {
    recipe lose.rhai <<<"$1"
    ask lose "$G" lose.rhai --yes
    exits lose 3
    tells lose '/mnt/stick/header is open as /dev/mapper/detached (detached header)'
    tells lose 'release it first: cryptsetup close detached'
}

it 'a file with the header of an open container is neither overwritten nor removed'
for loss in "${losses[@]}"; do
    refused "$open$loss"
    must_not test -e /dev/mapper/detached
done
# Another program has opened it.
must cryptsetup open --header /mnt/stick/header --key-file /run/detached.key /dev/ubda detached
for loss in "${losses[@]}"; do refused "$loss"; done
must test "$header" = "$(sha256sum /mnt/stick/header)"

it 'a file with the header of an open container may be read, and its mode changed'
do_ 'file::chmod("/mnt/stick/header", "0400"); file::copy("/mnt/stick/header", "/run/copy");'
do_ 'luks::close("detached"); file::remove("/run/copy");'

# warned ACTION NEEDED: the plan of an action warns that it loses what an entry in crypttab needs.
warned() {
    recipe warned.rhai <<<"$1"
    must "$G" plan warned.rhai >warned.out
    must grep -Fq "$2, according to /mnt/x/etc/crypttab" warned.out
}

it 'a plan warns about headers and keys that crypttab names'
must mkfs.ext4 -q /dev/ubdc
mkdir -p /mnt/x && must mount /dev/ubdc /mnt/x
mkdir -p /mnt/x/etc
stick=$(blkid -p -s UUID -o value /dev/ubdb)
entry() { echo "detached /dev/ubda $1 luks,header=$2" >/mnt/x/etc/crypttab; }
entry none "/header:UUID=$stick"
warned 'file::remove("/mnt/stick/header");' '/mnt/stick/header has the LUKS header of detached'
must umount /mnt/stick
warned 'disk::wipe("/dev/ubdb");' '/dev/ubdb has the LUKS header of detached'
warned 'fs::make("/dev/ubdb");' '/dev/ubdb has the LUKS header of detached'
entry "/key:UUID=$stick" /other
warned 'disk::wipe("/dev/ubdb");' '/dev/ubdb has the key of detached'
entry none /dev/ubdb
warned 'disk::wipe("/dev/ubdb");' '/dev/ubdb has the LUKS header of detached'
# Without a device, fstab names it.
entry none /boot/header
printf '/dev/ubdc / ext4\nUUID=%s /boot ext4\n' "$stick" >/mnt/x/etc/fstab
warned 'disk::wipe("/dev/ubdb");' '/dev/ubdb has the LUKS header of detached'

it 'a plan warns about a disk that only looks blank'
recipe blank.rhai <<<'disk::wipe("/dev/ubda");'
must "$G" plan blank.rhai >blank.out
must grep -Fq '/dev/ubda looks blank, but has the data of detached, according to /mnt/x/etc/crypttab' blank.out
must_not grep -q 'LUKS header' blank.out

it 'no warning is given if nothing needs the device, or only swap with a random key'
echo 'swap /dev/ubda /dev/urandom swap' >/mnt/x/etc/crypttab
must "$G" plan blank.rhai >quiet.out
must_not grep -q crypttab quiet.out
rm /mnt/x/etc/crypttab
recipe quiet.rhai <<<'disk::wipe("/dev/ubdb");'
must "$G" plan quiet.rhai >quiet.out
must_not grep -q crypttab quiet.out
must umount /mnt/x
nothing_left
