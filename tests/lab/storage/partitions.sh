#!/bin/bash
# disk.partition, disk.wipe, disk.fill_random: the tools read what the actions write.
#
# disks: 1G
# tier: make test
# takes: 25 s
. "${0%/*}/../lib/cases.sh"

it 'a GPT has the partitions that were asked for'
do_ 'let p = disk::partition("/dev/ubda", [
    #{ name: "boot", size: "100M", kind: "linux", bootable: true },
    #{ name: "esp", size: "50M", kind: "efi" },
    #{ name: "root", size: "-300M", kind: "luks" },
    #{ name: "swap", size: "200M", kind: "swap" },
    #{ name: "last", size: "rest", kind: "8302" },
]);
if p.root != "/dev/ubda3" { throw p; }'
sfdisk --dump /dev/ubda >"$OUT/gpt.txt"
must grep -q 'start= *2048, size= *204800, .*name="boot", attrs="LegacyBIOSBootable"' gpt.txt
must grep -q 'type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B.*name="esp"' gpt.txt
must grep -q '/dev/ubda5 : .*type=933AC7E1-2EB4-4F13-B844-0E14E2AEF915' gpt.txt
must sfdisk --verify /dev/ubda

it 'old signatures do not come back'
# A filesystem must not reappear when the same partition is made again.
do_ 'fs::make("/dev/ubda1"); fs::make("/dev/ubda3", #{ kind: "xfs" });'
do_ 'disk::partition("/dev/ubda", [#{ size: "100M" }, #{ size: "rest" }]);'
for p in 1 2; do [ -z "$(blkid -p -o value -s TYPE /dev/ubda$p)" ] || fail; done

it 'an MBR has the partitions that were asked for'
do_ 'disk::partition("/dev/ubda", [
    #{ size: "64M", kind: "0x07", bootable: true }, #{ size: "rest", kind: "lvm" },
], #{ table: "mbr" });'
sfdisk --dump /dev/ubda >"$OUT/mbr.txt"
must grep -q 'label: dos' mbr.txt
must grep -q '/dev/ubda1 : start= *2048, size= *131072, type=7, bootable' mbr.txt
must grep -q '/dev/ubda2 : .*type=8e' mbr.txt

it 'a wiped disk has neither table nor signatures'
do_ 'fs::make("/dev/ubda1"); disk::wipe("/dev/ubda");'
must [ -z "$(wipefs /dev/ubda)" ]
must [ ! -e /dev/ubda1 ]

it 'random data fills the partition, and nothing else'
do_ 'disk::partition("/dev/ubda", [#{ size: "40M" }, #{ size: "rest" }]);'
before=$(head -c 1M /dev/ubda2 | sha256sum)
do_ 'disk::fill_random("/dev/ubda1");'
head -c 40M /dev/ubda1 | gzip -1 | wc -c >"$OUT/random.txt"
must [ "$(cat random.txt)" -gt 41000000 ]
# The next partition is unchanged.
must test "$before" = "$(head -c 1M /dev/ubda2 | sha256sum)"

it 'sectors of 4 KiB'
# Sectors of 4096 bytes, and partition names with a p.
truncate -s 300M /run/4k.img
must modprobe loop max_part=8
must losetup -P --sector-size 4096 /dev/loop0 /run/4k.img
do_ 'let p = disk::partition("/dev/loop0", [#{ name: "a", size: "100M" }, #{ name: "b", size: "rest" }]);
if p.b != "/dev/loop0p2" { throw p; }
fs::make(p.b);'
must test "$(blockdev --getss /dev/loop0)" = 4096
must sfdisk --verify /dev/loop0
sfdisk --dump /dev/loop0 | grep -q 'start= *256, size= *25600' || fail
