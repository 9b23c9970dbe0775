# The whole recipe, on a system that shares the /usr of this machine: it is visible below /run, which every root can
# see.
# Only emerge and portageq are stand-ins (emerge.sh, portageq.sh), because real ones take half an hour in this
# machine; system/portage.sh runs the same lines of the recipe with real ones.

KV=$(uname -r)
mkdir -p /run/host && must mount --bind / /run/host
mkdir -p system/{boot,dev,home,mnt,proc,root,run,sys,tmp,var/lib,var/tmp,etc/portage}
cp -a --no-preserve=ownership /etc/. system/etc/ 2>unread.txt
must_not grep -v 'Permission denied' unread.txt
own_accounts system
rm -f system/etc/machine-id system/etc/crypttab system/etc/runlevels/*/{lvm,cronie,dhcpcd,sysklogd,sshd}
ln -s run/host/usr system/usr
for d in bin sbin lib lib64; do ln -s usr/$d system/$d; done
rm -f system/etc/os-release; echo 'ID=gentoo' >system/etc/os-release
rm -f system/etc/{fstab,resolv.conf,hostname,mtab}; mkdir -p system/etc/conf.d

modules=$(readlink -f "/lib/modules/$KV")
mkdir -p /usr/lib/modules && mount -t tmpfs tmpfs /usr/lib/modules && ln -s "$modules" "/usr/lib/modules/$KV"
for one in emerge portageq getuto; do install -m 755 "$PROJECT/runtime/vm/standin/$one.sh" /usr/local/bin/$one; done

mkfs.vfat -I -n STICK /dev/ubdb >/dev/null
printf 'passphrase = "otter: one"\nfallback_passphrase = "otter: two"\nroot_password = "otter: three"\n' >answers.toml; chmod 600 answers.toml
# The recipe refuses sshd without keys.
echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f test' >login.pub

# pack: packs and signs the current state of the system.
pack() { tar --owner=0 --group=0 --numeric-owner -C system -cf a.tar.xz . && sign_archive; }

# whole ARGUMENTS…: runs the recipe with mostly default values.
whole() {
    "$G" "$PROJECT/recipes/encrypted-root.rhai" --yes --destroy /dev/ubda --prove --journal /run/proved --answers answers.toml \
        --set disk=/dev/ubda --set key_dev=/dev/ubdb --set key_file=laptop.key --set kdf_memory=8M --set boot_size=512M \
        --set swap_size=32M --set home_size=64M --set stage3="$OUT/a.tar.xz" --set stage3_keys="$OUT/good.asc" \
        --set unlock=gpg --set fallback=passphrase --set repository=there --set locale=de_AT --set hostname=box \
        --set sshd=true --set authorized_keys="$OUT/login.pub" --set jobs=2 --set serial=ttyS1 --set serial_speed=9600 "$@"
}
