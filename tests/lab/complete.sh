# The whole recipe, until the disk could start by itself. The system in the tarball is this machine's own: its
# /usr is seen through /run, which every root is shown. Only emerge and portageq are stand-ins here, because
# real ones take half an hour in this machine; packages.sh has the same lines of the recipe with real ones.

KV=$(uname -r)
mkdir -p /run/host && must mount --bind / /run/host
mkdir -p system/{boot,dev,home,mnt,proc,root,run,sys,tmp,var/lib,var/tmp,etc/portage}
cp -a /etc/. system/etc/
rm -f system/etc/machine-id system/etc/crypttab system/etc/runlevels/*/{lvm,cronie,dhcpcd,sysklogd,sshd}
ln -s run/host/usr system/usr
for d in bin sbin lib lib64; do ln -s usr/$d system/$d; done
rm -f system/etc/os-release; echo 'ID=gentoo' >system/etc/os-release
# What a hostile tarball would like to have written. Before the root is entered, links stay inside; from then on
# /run in it is the running system's, and a link into it is refused.
echo untouched | tee /run/victim1 /run/victim2 /run/victim3 >/dev/null
rm -f system/etc/{fstab,resolv.conf,hostname,mtab}; mkdir -p system/etc/conf.d
ln -s ../../../../run/victim1 system/etc/fstab
ln -s /../../run/victim2 system/etc/resolv.conf
ln -s ../../../../../../run/victim3 system/etc/hostname

mkdir -p "/usr/lib/modules" && mount -t tmpfs tmpfs /usr/lib/modules && ln -s "/usr/lib/uml/modules/$KV" "/usr/lib/modules/$KV"
cat >/usr/local/bin/emerge <<END
#!/bin/sh
echo "emerge \$*" >>/var/emerge.log
for word; do case \$word in
    sys-kernel/gentoo-kernel-bin) echo kernel >/boot/vmlinuz-$KV ;;
    *cryptsetup) [ ! -e /etc/portage/package.accept_keywords/crypto ] || echo new >/var/cryptsetup ;;
esac; done
for one in lvm cronie dhcpcd sysklogd sshd; do
    [ -e /etc/init.d/\$one ] || printf '#!/sbin/openrc-run\n' >/etc/init.d/\$one; chmod 755 /etc/init.d/\$one
done
mkdir -p /etc/default
END
printf '#!/bin/sh\necho "portageq $*" >>/var/emerge.log\n[ -e /var/cryptsetup ]\n' >/usr/local/bin/portageq
chmod 755 /usr/local/bin/emerge /usr/local/bin/portageq

tar --numeric-owner -C system -cf a.tar.xz .
export GNUPGHOME=/run/gpg; mkdir -m 700 $GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-generate-key good ed25519 sign 1d
gpg --armor --export good >good.asc
printf '# SHA512 HASH\n%s  a.tar.xz\n' "$(sha512sum <a.tar.xz | cut -d' ' -f1)" >d.txt
gpg --batch --quiet --local-user good --output a.tar.xz.DIGESTS --clearsign d.txt
gpgconf --kill all
mkfs.vfat -I -n STICK /dev/ubdb >/dev/null
printf 'passphrase = "otter: one"\nfallback_passphrase = "otter: two"\nroot_password = "otter: three"\n' >answers.toml; chmod 600 answers.toml

whole() {
    "$G" "$PROJECT/recipes/encrypted-root.rhai" --yes --destroy /dev/ubda --prove --journal /run/proved --answers answers.toml \
    --set disk=/dev/ubda --set key_dev=/dev/ubdb --set key_file=laptop.key --set kdf_memory=8M --set boot_size=160M \
    --set swap_size=32M --set home_size=64M --set stage3="$OUT/a.tar.xz" --set stage3_keys="$OUT/good.asc" \
    --set unlock=gpg --set fallback=passphrase --set repository=there --set locale=de_AT --set hostname=box \
    --set sshd=true --set jobs=2 "$@"
}
# A plan shows what can't be: an entry in the list of a firmware that is not there, too little room.
before=$(sha256sum /dev/ubda /dev/ubdb)
ask firmware whole --set nvram=true
[ "$(cat firmware.code)" = 3 ] && must grep -q 'there is no /sys/firmware/efi/efivars' firmware.err
must grep -q 'next: let it take the place that every firmware looks at' firmware.err
ask room whole --set boot_size=16M
[ "$(cat room.code)" = 2 ] && must grep -q 'choose a boot_size of' room.err
[ "$before" = "$(sha256sum /dev/ubda /dev/ubdb)" ] || { echo 'something has changed'; exit 1; }

ask hostile whole
must grep -q 'a link in /mnt/gentoo leads to /run, which is the running system' hostile.err
must grep -q 'system.hostname /mnt/gentoo' hostile.err
for victim in /run/victim1 /run/victim2 /run/victim3; do must grep -qx untouched $victim; done
nothing_left
# Who knows what it is removes it, and goes on.
printf 'otter: two' | must cryptsetup open --key-file - /dev/ubda2 look
must vgchange -qay vg_hostos >/dev/null
mkdir -p /run/look && must mount /dev/vg_hostos/root /run/look
must rm /run/look/etc/hostname
umount /run/look; vgchange -qan vg_hostos >/dev/null; cryptsetup close look
"$G" resume --journal /run/proved --answers answers.toml >whole.out 2>whole.err || { tail -n 60 whole.err; exit 1; }
must_not grep -rqE 'otter: ' /run/proved ./*.out ./*.err
must grep -q 'The machine is as planned' whole.err
proved
must grep -q 'You may reboot now' whole.err
for victim in /run/victim1 /run/victim2 /run/victim3; do must grep -qx untouched $victim; done
must umount /run/host
nothing_left

# What a person would look at, with the tools of this machine.
mkdir -p /run/s /run/r
must mount -o ro /dev/ubdb /run/s
must test -f /run/s/laptop.key.gpg
must_not test -e /run/s/laptop.key
gpg --batch --quiet --no-tty --pinentry-mode loopback --passphrase 'otter: one' --decrypt /run/s/laptop.key.gpg >/run/plain 2>/dev/null
must test "$(stat -c %s /run/plain)" = 512
must cryptsetup open --test-passphrase --key-file /run/plain /dev/ubda2
rm /run/plain
printf 'otter: two' | must cryptsetup open --key-file - /dev/ubda2 look
umount /run/s
must vgchange -qay vg_hostos >/dev/null
R=/run/r
must mount -o ro /dev/vg_hostos/root $R; must mount -o ro /dev/ubda1 $R/boot; must mount -o ro /dev/ubda3 $R/boot/efi
must test -s $R/boot/efi/EFI/BOOT/BOOTX64.EFI
must test ! -L $R/etc/fstab
must test "$(cat $R/etc/hostname)" = box
for uuid in $(blkid -s UUID -o value /dev/vg_hostos/root /dev/vg_hostos/home /dev/vg_hostos/swap /dev/ubda1 /dev/ubda3); do
    must grep -q "^UUID=$uuid" $R/etc/fstab
done
for one in boot/lvm default/cronie default/dhcpcd default/sysklogd default/sshd; do must test -L $R/etc/runlevels/$one; done
LUKS=$(cryptsetup luksUUID /dev/ubda2) STICK=$(blkid -s UUID -o value /dev/ubdb)
must grub-script-check $R/boot/grub/grub.cfg
must grub-script-check $R/boot/grub/custom.cfg
must grep -A3 'Keyfile Boot' $R/boot/grub/custom.cfg >entry
must grep -q "rd.luks.uuid=$LUKS rd.luks.key=/laptop.key.gpg:UUID=$STICK:UUID=$LUKS rd.lvm.lv=vg_hostos/root" entry
must grep -A3 'Passphrase Boot' $R/boot/grub/custom.cfg >entry
must grep -q "linux /vmlinuz-$KV root=/dev/vg_hostos/root ro .*rd.luks.uuid=$LUKS" entry
must_not grep -q rd.luks.key entry
must grep -q "initrd /initramfs-$KV.img" entry
must lsinitrd $R/boot/initramfs-"$KV".img >image.txt
for what in sbin/cryptsetup bin/gpg bin/stty sbin/lvm dm-crypt.ko crypt-gpg-lib.sh; do must grep -q "$what" image.txt; done
must python3 - $R <<'END'
import crypt, sys, warnings
line = next(line for line in open(sys.argv[1] + "/etc/shadow") if line.startswith("root:"))
hashed = line.split(":")[1]
sys.exit(crypt.crypt("otter: three", hashed) != hashed)
END
cat $R/var/emerge.log
umount -R $R; vgchange -qan vg_hostos >/dev/null; cryptsetup close look
