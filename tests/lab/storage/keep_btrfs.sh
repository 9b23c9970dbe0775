#!/bin/bash
# btrfs.make with `keep`: what is kept, and what is lost with a warning.
#
# disks: 128M 128M
# tier: make lab
# takes: 10 s
. "${0%/*}/../lib/cases.sh"

recipe keep.rhai <<<'btrfs::make(["/dev/ubda", "/dev/ubdb"], #{ label: "data", profile: "raid0", keep: true });'
# keeps: runs the recipe as approved, and tells what it says.
keeps() {
    "$G" keep.rhai --yes --prove --journal /run/proved --destroy /dev/ubda --destroy /dev/ubdb >kept.out 2>&1 || fail
    proved
}
lost='the btrfs filesystem on /dev/ubda is not on /dev/ubdb: it is not kept, and all its files are lost'

it 'a filesystem on one of the devices is not kept, and plan and run warn'
must mkfs.btrfs -q -f -L data /dev/ubda
uuid=$(blkid -p -s UUID -o value /dev/ubda)
must "$G" plan keep.rhai >plan.out
must grep -Fq "$lost" plan.out
keeps
must grep -Fq "$lost" kept.out
made=$(blkid -p -s UUID -o value /dev/ubda)
must test "$uuid" != "$made"
must test "$made" = "$(blkid -p -s UUID -o value /dev/ubdb)"

it 'a filesystem on all devices is kept without a warning'
must "$G" plan keep.rhai >plan.out
must_not grep -Fq 'is not kept' plan.out
keeps
must_not grep -Fq 'is not kept' kept.out
must test "$made" = "$(blkid -p -s UUID -o value /dev/ubda)"
nothing_left
