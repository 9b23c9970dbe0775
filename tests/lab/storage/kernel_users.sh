#!/bin/bash
# What the kernel itself has on a device: compressed memory, journals on other disks, several paths to a disk,
# write caches and firmware RAID. Each is seen as a use, or known by its signature where the kernel has none.
#
# disks: 200M 200M
# tier: make lab
# takes: 40 s
. "${0%/*}/../lib/cases.sh"

# planned_on CODE RECIPE TEXT: the plan ends with this exit code, and prints the text.
planned_on() {
    recipe one.rhai <<<"$2"
    ask one "$G" plan one.rhai
    exits one "$1"
    grep -qF -- "$3" one.out one.err || fail "not in the plan of $2: $3"
}

it 'an ext4 filesystem with its journal on another disk'
must mke2fs -q -F -O journal_dev /dev/ubdb
must mkfs.ext4 -q -F -J device=/dev/ubdb /dev/ubda
mkdir -p /mnt/x
must mount /dev/ubda /mnt/x
planned_on 3 'disk::wipe("/dev/ubdb");' '/dev/ubdb is in use'
ask released "$G" release /dev/ubdb --yes
must_not grep -q '/dev/ubdb is free' released.err
must umount /mnt/x
planned_on 0 'disk::wipe("/dev/ubdb");' '/dev/ubdb belongs to an ext4 filesystem, which has its journal there'
planned_on 2 'mount::mount("/dev/ubda", "/mnt/x", #{ options: "journal_path=/dev/ubdp" });' '/dev/ubdp is not a log or journal'
planned_on 3 '//! # A journal that is not declared
//! ```toml
//! [needs]
//! devices = ["/dev/ubda"]
//! mounts = ["/mnt/x"]
//! ```
mount::mount("/dev/ubda", "/mnt/x", #{ options: "journal_path=/dev/ubdb" });' 'devices = ["/dev/ubda", "/dev/ubdb"]'
do_ 'mount::mount("/dev/ubda", "/mnt/x", #{ options: "journal_path=/dev/ubdb" });'
must umount /mnt/x
must wipefs -qa /dev/ubda /dev/ubdb

it 'a device of several paths'
must modprobe -a dm-multipath dm-round-robin
sectors=$(blockdev --getsz /dev/ubda)
must dmsetup create mpatha --noudevsync --uuid mpath-1 \
    --table "0 $sectors multipath 0 0 1 1 round-robin 0 1 1 $(stat -c '%Hr:%Lr' /dev/ubda) 1000"
planned_on 3 'disk::wipe("/dev/ubda");' '/dev/ubda is open as /dev/mapper/mpatha'
do_ 'fs::make("/dev/mapper/mpatha"); mount::mount("/dev/mapper/mpatha", "/mnt/x");'
planned_on 3 'fs::make("/dev/ubda");' '/dev/ubda is open as /dev/mapper/mpatha'
planned_on 3 'fs::make("/dev/mapper/mpatha");' '/dev/mapper/mpatha is mounted at /mnt/x'
# The path has the same contents, and is no copy.
must mkdir -p /run/r/etc
do_ 'fstab::write("/run/r", [#{ at: "/", device: "/dev/mapper/mpatha" }]);'
must umount /mnt/x
ask released "$G" release /dev/ubda --yes
tells released mpatha
dmsetup remove --noudevsync mpatha 2>/dev/null
must_not test -e /sys/block/dm-0
must wipefs -qa /dev/ubda

it 'compressed memory, and the disk that it writes to'
must modprobe zram
backing=
if [ -e /sys/block/zram0/backing_dev ]; then
    must sh -c 'echo /dev/ubdb >/sys/block/zram0/backing_dev'
    backing=1
fi
must sh -c 'echo 32M >/sys/block/zram0/disksize'
must mkswap -q /dev/zram0 >/dev/null
must swapon /dev/zram0
planned_on 3 'fs::make("/dev/zram0");' '/dev/zram0 is active swap space'
[ -z "$backing" ] || planned_on 3 'disk::wipe("/dev/ubdb");' '/dev/ubdb is in use'
must swapoff /dev/zram0
must sh -c 'echo 1 >/sys/block/zram0/reset'
must rmmod zram
do_ 'disk::wipe("/dev/ubdb");'

it 'a volume with a write cache is released and removed with its parts'
must modprobe dm-writecache
must pvcreate -q -ff -y /dev/ubda /dev/ubdb
must vgcreate -q vg /dev/ubda /dev/ubdb
must lvcreate -q -y -L 40M -n root vg /dev/ubda
must lvcreate -q -y -an -L 12M -n fast vg /dev/ubdb
must lvconvert -q -y --type writecache --cachevol fast vg/root
planned_on 3 'disk::wipe("/dev/ubdb");' '/dev/ubdb is open as'
ask released "$G" release /dev/ubdb --yes
exits released 0
tells released '/dev/ubdb is free.'
recipe remove.rhai <<<'lvm::vg_activate("vg"); lvm::lv_remove("vg", "root"); lvm::vg_remove("vg");'
# shellcheck disable=SC2046
ask removed "$G" remove.rhai --yes --prove --journal /run/proved $(everything)
exits removed 0
tells removed 'its internal volumes fast_cvol, root_wcorig are removed with it'
proved
nothing_left
must wipefs -qa /dev/ubda /dev/ubdb

it 'the container of a DDF array is stopped after its array'
must modprobe -a raid0 raid1
must mdadm -C /dev/md/ddf0 -e ddf -n2 --run /dev/ubda /dev/ubdb -q
must mdadm -C /dev/md/data -l1 -n2 --run /dev/md/ddf0 -q
planned_on 3 'disk::wipe("/dev/ubda");' '/dev/ubda is open as'
ask released "$G" release /dev/ubda --yes
exits released 0
must_not grep -q '^md' /proc/mdstat
planned_on 0 'disk::wipe("/dev/ubda");' '/dev/ubda belongs to a firmware RAID'
must wipefs -qa /dev/ubda /dev/ubdb
nothing_left
