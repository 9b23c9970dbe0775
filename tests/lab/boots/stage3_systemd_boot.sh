# Sourced by stage3.sh: systemd-boot and kernel-install, which a stage3 has only after emerge has rebuilt their package with
# USE boot, and the plugins of installkernel.

BOOTCTL=/usr/local/lib/gscript-systemd/bootctl
LOADER=(/usr/bin/{kernel-install,systemd-id128} /usr/lib/kernel/install.d/{50-depmod,90-loaderentry}.install
    /usr/lib/systemd/boot/efi/{systemd-bootx64.efi,linuxx64.efi.stub})
for file in $BOOTCTL "${LOADER[@]}" /usr/bin/objcopy; do
    [ -e "$file" ] || { echo "there is no $file (see .ci/deps)" >&2; exit 1; }
done
put "${LOADER[@]}" /usr/bin/objcopy
install -D -m 0755 $BOOTCTL "$ROOT/usr/bin/bootctl"
{ ldd $BOOTCTL /usr/bin/{systemd-id128,objcopy} || true; } | grep -oE '/[^ ]+ \(0x' | sed 's/ (0x$//' | sort -u >"$ROOT/libraries"
while read -r file; do put "$file"; done <"$ROOT/libraries"
rm "$ROOT/libraries"
for file in /usr/bin/bootctl "${LOADER[@]}"; do
    mkdir -p "$ROOT/var/standin/systemd/boot${file%/*}"
    mv "$ROOT$file" "$ROOT/var/standin/systemd/boot$file"
done

# As installkernel 70 has them, for dracut.
PLUGINS=$ROOT/var/standin/installkernel/usr/lib/kernel/install.d
mkdir -p "$PLUGINS"
cat >"$PLUGINS/05-check-chroot.install" <<'END'
#!/bin/sh
[ "$1" = add ] && [ "$KERNEL_INSTALL_LAYOUT" = bls ] || exit 0
[ -f /etc/kernel/cmdline ] || { echo "kernel-install is run from inside a chroot but no cmdline was configured" >&2; exit 1; }
END
cat >"$PLUGINS/52-dracut.install" <<'END'
#!/bin/sh
[ "$1" = add ] || exit 0
case $KERNEL_INSTALL_LAYOUT in
uki) exec dracut --force --kernel-image "$4" --uefi "$KERNEL_INSTALL_STAGING_AREA/uki.efi" "$2" ;;
*) exec dracut --force --kernel-image "$4" --no-uefi "$KERNEL_INSTALL_STAGING_AREA/initrd" "$2" ;;
esac
END
cat >"$PLUGINS/90-uki-copy.install" <<'END'
#!/bin/sh
[ "$KERNEL_INSTALL_LAYOUT" = uki ] || exit 0
image=$KERNEL_INSTALL_BOOT_ROOT/EFI/Linux/$KERNEL_INSTALL_ENTRY_TOKEN-$2.efi
case $1 in
add) mkdir -p "${image%/*}" && cp "$KERNEL_INSTALL_STAGING_AREA/uki.efi" "$image" ;;
remove) rm -f "$image" ;;
esac
END
chmod 755 "$PLUGINS"/*
