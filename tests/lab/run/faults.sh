#!/bin/bash
# Commands of the recipes fail, one in each run: the first call of each tool and subcommand in one way, one of them in
# all ways.
#
# disks: 300M 64M
# tier: make lab
# takes: 165 s
. "${0%/*}/../lib/cases.sh"
# Other commands must finish within this limit, even on a slow machine.
LIMIT=120
. "$LAB/lib/wrappers.sh"
. "$LAB/lib/signed.sh"
. "$LAB/lib/faults.sh"

it 'recipes without a fault'
calm

it 'commands of the rescue fail'
sample rescue lsblk blkid 'lvm fullreport' 'cryptsetup open' 'lvm vgchange' 'cryptsetup close'
open=$(grep -nm1 '^cryptsetup open' /run/rescue.calls | cut -d: -f1)
for how in fails killed hangs nothing; do strike rescue "$open" "$how"; done

it 'commands of the installation fail'
sample install sfdisk blkid 'cryptsetup luksFormat' 'cryptsetup luksHeaderBackup' 'lvm pvcreate' 'lvm vgcreate' 'lvm lvcreate' mkswap mkfs.ext4 gpg tar
must [ $struck -ge 20 ]
