#!/bin/bash
# Commands of the recipes fail, one in each run: the first call of each tool and subcommand in one way, one of them in
# all ways.
#
# disks: 300M 64M
# tier: make lab
# takes: 310 s
. "${0%/*}/../lib/cases.sh"
# Other commands must finish within this limit, even on a slow machine.
LIMIT=120
. "$LAB/lib/wrappers.sh"
. "$LAB/lib/signed.sh"
. "$LAB/lib/faults.sh"

it 'recipes without a fault'
record_calls

it 'commands of the rescue fail'
inject_in_first_call rescue lsblk blkid 'lvm fullreport' 'cryptsetup open' 'lvm vgchange' 'cryptsetup close'
open=$(grep -nm1 '^cryptsetup open' /run/rescue.calls | cut -d: -f1)
for how in fails killed hangs nothing; do inject_fault rescue "$open" "$how"; done

it 'commands of the installation fail'
inject_in_first_call install sfdisk blkid 'cryptsetup luksFormat' 'cryptsetup luksHeaderBackup' 'lvm pvcreate' 'lvm vgcreate' 'lvm lvcreate' mkswap mkfs.ext4 gpg tar
must [ $struck -ge 20 ]
