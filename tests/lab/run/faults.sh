# Each tool and subcommand in one way, and one of them in all.
sample rescue lsblk blkid 'lvm fullreport' 'cryptsetup open' 'lvm vgchange' 'cryptsetup close'
open=$(grep -nm1 '^cryptsetup open' /run/rescue.calls | cut -d: -f1)
for how in fails killed hangs nothing; do strike rescue "$open" "$how"; done
sample install sfdisk blkid 'cryptsetup luksFormat' 'cryptsetup luksHeaderBackup' 'lvm pvcreate' 'lvm vgcreate' 'lvm lvcreate' mkswap mkfs.ext4 gpg tar
