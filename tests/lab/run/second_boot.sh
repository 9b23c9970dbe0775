
# Another boot, and the disks are found in another order: /dev/ubda is /dev/ubdb now.
ask resumed "$G" resume --journal "$OUT/runs" --answers answers.toml --yes --destroy /dev/ubdb
[ "$(cat resumed.code)" = 0 ] || { cat resumed.err; exit 1; }
must grep -q '^/dev/ubda of the run is /dev/ubdb now' resumed.err
must grep -q 'The machine is as planned' resumed.err
must grep -q 'luks.open /dev/ubda2 crypt_ubda2' resumed.err
nothing_left
[ "$(blkid -po value -s LABEL /dev/ubdb1)" = boot ] || exit 1
must_not blkid -p /dev/ubda
must mount /dev/ubdb1 /mnt; must ls /mnt/gscript/*/journal.jsonl; must umount /mnt
[ "$("$G" log --journal "$OUT/runs" | awk '{ print $NF }')" = finished ] || exit 1
