#!/bin/bash
# Builds a bootable root from packages that are installed on a Debian system: the tools that create an
# initramfs and a boot loader, busybox, an init that prints the location of its root, and Debian's kernel as
# if it had been built from sources.
#
#   root.sh CACHE    prints the path of the tarball; it is only rebuilt if the packages have changed
#
# Copies of the programs with their libraries are a quarter of the size of a debootstrap system, and take a
# tenth of the time.
set -euo pipefail

SELF=$(readlink -f "$0") CACHE=$1
PACKAGES=(bash dash coreutils util-linux mount sed grep mawk findutils cpio zstd kmod udev dmsetup dracut-core
    cryptsetup-bin lvm2 gpg gpg-agent gpgconf grub2-common grub-common grub-pc-bin grub-efi-amd64-bin e2fsprogs
    dosfstools passwd procps tar gzip libc-bin debianutils gettext-base)
# With all modules that these depend on; a virtual machine needs no others.
MODULES=(virtio_blk virtio_pci virtio_rng virtio_scsi ahci ata_piix nvme xhci_pci ehci_pci uhci_hcd usb_storage uas
    usbhid hid_generic sd_mod dm_mod dm_crypt dm_snapshot dm_raid raid0 raid1 raid456 ext4 xfs btrfs f2fs vfat
    nls_cp437 nls_ascii nls_iso8859-1 nls_utf8 xts cbc aes_generic aesni_intel sha1_generic sha256_generic sha512_generic
    sha256_ssse3 algif_skcipher algif_hash crc32c_intel crc32c_generic overlay loop efivarfs efi_pstore)
NOT_NEEDED='^/usr/share/(doc|man|locale|info|bash-completion|zsh|lintian|bug|gcc|gdb|common-licenses|doc-base|perl5|menu)/'
NOT_NEEDED+='|^/(usr/)?lib/udev/hwdb|/monolithic/|^/usr/share/grub/.*\.(pf2|ttf)$|^/(usr/)?lib/systemd/system/|^/etc/(init\.d|cron|apt)'
# dracut takes time to examine each of its modules, only to find that it is not needed here.
NOT_NEEDED+='|/udev/rules\.d/(60-(drm|evdev|fido|input|sensor|serial|persistent-(alsa|input|v4l))|7[0-8]-|80-(net|debian)|81-|90-|99-)'
NOT_NEEDED+='|/dracut/modules\.d/(01systemd-|0[1-9](fips|caps|modsign|watchdog|dbus|rngd|console-setup)|10i18n|50|62|8[01]|97|9[0158](dmraid|multipath|nvdimm|ppcmac|qemu|overlay|fido2|pcsc|pkcs11|tpm2|zipl|dasd|dcss|nvmf|qeth|virt|lunmask|ecryptfs|integrity|selinux|pollcdrom|syslog))'

say() { echo "$*" >&2; }
die() { echo "$*" >&2; exit 1; }
command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    die 'a root that boots is put together from Debian packages, and this is no Debian system'
missing=()
for package in "${PACKAGES[@]}" busybox-static; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
done
[ ${#missing[@]} = 0 ] || die "missing packages: ${missing[*]} (apt install ${missing[*]})"

mkdir -p "$CACHE"
cd "$CACHE"
exec 9>lock
flock 9

# The kernel: an existing download, or otherwise the newest one.
deb=$(find . -maxdepth 1 -name 'linux-image-*.deb' | sort -V | tail -n 1)
if [ -z "$deb" ]; then
    kernel=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
    [ -n "$kernel" ] || die 'apt knows no package linux-image-amd64 (apt-get update)'
    say "Downloading the kernel ($kernel)"
    apt-get -qq download "$kernel" >&2 2>&1 || die "the package $kernel can't be downloaded (apt-get update)"
    deb=$(find . -maxdepth 1 -name 'linux-image-*.deb' | head -n 1)
fi
key=$({ cat "$SELF"; echo "$deb"; dpkg-query -W "${PACKAGES[@]}" busybox-static; } | sha256sum | cut -c1-16)
tarball=$PWD/bootable-$key.tar
if [ -s "$tarball" ]; then
    echo "$tarball"
    exit
fi
say 'Putting together a root that boots, from packages of this system (once: it is kept)'
rm -rf bootable-*.tar whole-*.tar work
trap 'rm -rf "$CACHE/work"' EXIT
mkdir -p work/deb work/root && cd work
dpkg-deb -x "../$deb" deb

ROOT=$PWD/root
for dir in bin sbin lib; do mkdir -p "$ROOT/usr/$dir" && ln -s "usr/$dir" "$ROOT/$dir"; done
mkdir -p "$ROOT"/usr/lib64 && ln -s usr/lib64 "$ROOT/lib64"
mkdir -p "$ROOT"/{boot,dev,etc/default,home,mnt,proc,run,sys,var/{tmp,lib,log}} "$ROOT/usr/src"
mkdir -m 1777 "$ROOT/tmp" && mkdir -m 700 "$ROOT/root" && ln -s ../run "$ROOT/var/run"

say 'Copying programs'
# Programs and their data, without directories: symlinks of this system must not replace those above.
dpkg -L "${PACKAGES[@]}" | grep -vE "$NOT_NEEDED" | sort -u |
    while read -r file; do if [ -f "$file" ] || [ -L "$file" ]; then echo "${file#/}"; fi; done >files
tar -C / --no-recursion -T files -cf - | tar -C "$ROOT" --keep-directory-symlink -xf -
cp "$(command -v busybox)" "$ROOT/bin/busybox"
ln -sf mawk "$ROOT/usr/bin/awk"
[ -e "$ROOT/bin/sh" ] || ln -s dash "$ROOT/bin/sh"
# The libraries that they are linked with; a library that is only loaded at run time is in a package of the
# list.
find "$ROOT/usr/bin" "$ROOT/usr/sbin" "$ROOT/usr/lib" "$ROOT/usr/lib64" -type f \( -perm -u+x -o -name '*.so*' \) -exec ldd {} + 2>/dev/null >ldd.txt || true
grep -oE '(=> )?/[^ ]+ \(0x' ldd.txt | sed -E 's/^=> //; s/ \(0x$//' | sort -u >libraries
while read -r file; do
    [ -e "$ROOT$file" ] || install -D -m 755 "$(readlink -f "$file")" "$ROOT$file"
done <libraries
# The token plugins of LUKS2 are next to its library, and PAM is not needed here.
cp -r /etc/ld.so.conf /etc/ld.so.conf.d "$ROOT/etc/"
ldconfig -r "$ROOT"

say 'Picking modules of the kernel'
# The kernel as it is after a build from sources, and its modules.
KV=$(basename deb/lib/modules/*)
FROM=deb/lib/modules/$KV TO=$ROOT/usr/lib/modules/$KV
cp "$FROM"/modules.{order,builtin,builtin.modinfo} "$FROM" 2>/dev/null || true
depmod -b deb "$KV"
mkdir -p "$TO"
cp "$FROM"/modules.{order,builtin,builtin.modinfo} "$TO"
for module in "${MODULES[@]}"; do
    modprobe -d "$PWD/deb" -S "$KV" --show-depends "$module" 2>/dev/null || echo "the kernel has no module $module" >&2
done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u |
    while read -r file; do install -D -m 644 "$file" "$TO${file#"$PWD/$FROM"}"; done
depmod -b "$ROOT" "$KV"
SOURCES=$ROOT/usr/src/linux-$KV
mkdir -p "$SOURCES/arch/x86/boot" "$SOURCES/include/config" && ln -s "linux-$KV" "$ROOT/usr/src/linux"
cp "deb/boot/vmlinuz-$KV" "$SOURCES/arch/x86/boot/bzImage"
cp "deb/boot/config-$KV" "$SOURCES/.config"
echo "$KV" >"$SOURCES/include/config/kernel.release"
echo "# Debian's symbols are in a package of their own" >"$SOURCES/System.map"
IFS=.- read -r version patch sub extra <<<"$KV"
printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\nEXTRAVERSION = -%s\n' "$version" "$patch" "$sub" "$extra" >"$SOURCES/Makefile"

# Accounts, and a boot menu without a timeout on the serial console.
printf 'NAME=Gentoo\nID=gentoo\nPRETTY_NAME="Stand-in for a stage3 that boots"\n' >"$ROOT/etc/os-release"
printf 'root:x:0:0:root:/root:/bin/bash\nportage:x:250:250:portage:/var/tmp:/bin/false\n' >"$ROOT/etc/passwd"
printf 'root:x:0:\ntty:x:5:\ndisk:x:6:\nportage:x:250:\n' >"$ROOT/etc/group"
printf 'root:*:19000:0:99999:7:::\nportage:*:19000:0:99999:7:::\n' >"$ROOT/etc/shadow" && chmod 640 "$ROOT/etc/shadow"
printf 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n' >"$ROOT/etc/profile"
echo '# Nothing is mounted yet.' >"$ROOT/etc/fstab"
# The initramfs is built on a machine without logs: dracut prints each message once.
rm -f "$ROOT/etc/lvm/lvmlocal.conf"
printf 'GRUB_TIMEOUT=0\nGRUB_TERMINAL="console serial"\nGRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"\nGRUB_DISABLE_OS_PROBER=true\nGRUB_CMDLINE_LINUX_DEFAULT="console=ttyS0,115200"\n' >"$ROOT/etc/default/grub"
rm -f "$ROOT/sbin/init"
cat >"$ROOT/sbin/init" <<'INIT'
#!/bin/sh
# The first process: prints where its root is, down to the disk, and powers the machine off.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mountpoint -q /proc || mount -t proc proc /proc
mountpoint -q /sys || mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
root=$(findmnt -nvro SOURCE /)
chain=$(lsblk -nslo TYPE "$root")
# Messages of the kernel would appear within the lines.
echo 1 >/proc/sys/kernel/printk
echo
echo "gscript: init runs on $root ($(echo $chain))"
sync
echo o >/proc/sysrq-trigger
# There is no disk left to load a program from.
read -r _
INIT
chmod 755 "$ROOT/sbin/init"

# dracut queries the libraries of each of its programs; glibc's ldd starts ten processes for a query.
cat >"$ROOT/usr/bin/ldd" <<'LDD'
#!/bin/dash
/lib64/ld-linux-x86-64.so.2 --list "$1" 2>/dev/null || echo 'not a dynamic executable'
LDD
chmod 755 "$ROOT/usr/bin/ldd"

say 'Packing it'
tar --numeric-owner --owner=0 --group=0 --sort=name -C "$ROOT" -cf "$tarball.new" .
mv "$tarball.new" "$tarball"
echo "$tarball"
