#!/bin/bash
# probe and plan as a user who must not read the disks. There is no udev here, so its database is written from the
# output of blkid for each device.
#
# disks: 1G 64M
# tier: make lab
# takes: 15 s
. "${0%/*}/../lib/cases.sh"

it 'probe and plan without the right to read disks'
do_ 'let parts = disk::partition("/dev/ubda", [
    #{ name: "boot", size: "100M", kind: "linux" }, #{ name: "root", size: "rest", kind: "luks" }]);
fs::make(parts.boot, #{ label: "boot" });
fs::make("/dev/ubdb", #{ kind: "vfat", label: "STICK" });'
printf 'a passphrase' >"$OUT/pass"
must cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/ubda2 "$OUT/pass"
must cryptsetup open --key-file "$OUT/pass" /dev/ubda2 enc
must lvm pvcreate --yes /dev/mapper/enc
must lvm vgcreate vg /dev/mapper/enc
must lvm lvcreate --yes --extents 20 --name root vg
must mkfs.ext4 -q /dev/mapper/vg-root

mkdir -p /run/udev/data
for device in /dev/ubd[abp] /dev/ubda[12] /dev/mapper/enc /dev/mapper/vg-root; do
    number=$(lsblk --nodeps --noheadings --output MAJ:MIN "$device" | tr -d ' ')
    {
        echo I:1
        blkid --probe --output udev "$device" | sed 's/^/E:/'
    } >"/run/udev/data/b$number"
done

ordinary() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
chmod 0600 /dev/ubd* /dev/dm-*
export GSCRIPT_STATE=/tmp/ordinary
"$G" probe >"$OUT/root.json" || fail
ordinary "$G" probe >"$OUT/user.json" || fail
recipe stick.rhai <<'END'
let stick = disk::info("/dev/ubdb");
if stick.content != "vfat" || stick.label != "STICK" { throw stick; }
fs::make("/dev/ubdb", #{ label: "new" });
END
ask plan ordinary "$G" plan "$OUT/stick.rhai"
recipe busy.rhai <<'END'
disk::partition("/dev/ubda", [#{ size: "rest", kind: "linux" }]);
END
ask busy ordinary "$G" plan "$OUT/busy.rhai"
lvm vgchange -a n vg
cryptsetup close enc
