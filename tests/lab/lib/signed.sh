# A minimal system, signed, and a function to install it.

ROOT=$PROJECT/recipes/encrypted-root.rhai RESCUE=$PROJECT/recipes/rescue-encrypted-root.rhai

mkdir -p tree/{bin,etc,root,tmp,home}
cp /bin/busybox tree/bin; for a in sh cat ls cp mv id stty; do ln -s busybox tree/bin/$a; done
echo 'ID=gentoo' >tree/etc/os-release; echo 'nameserver 192.0.2.7' >tree/etc/resolv.conf
echo broken >tree/etc/repair-me
tar --numeric-owner -C tree -cJf a.tar.xz .
sign_archive

# install ARGUMENTS…: installs it; the disk is ubda, the stick ubdb.
install() {
    "$G" "$ROOT" --yes --destroy /dev/ubda --set disk=/dev/ubda --set key_dev=/dev/ubdb \
        --set key_file=laptop.key --set kdf_memory=32M --set boot_size=64M --set swap_size=64M \
        --set goal=base --set stage3="$OUT/a.tar.xz" --set stage3_keys="$OUT/good.asc" "$@"
}
