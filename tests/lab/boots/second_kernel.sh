#!/bin/bash
# Packs another kernel with the modules that an emulated PC needs, as if its package had been merged.
#
#   second_kernel.sh CACHE    prints the path of the tarball
set -euo pipefail

# In a directory of its own: root.sh takes any kernel that is in the cache.
CACHE=$1/second-kernel
MODULES=(virtio_blk virtio_pci virtio_rng dm_mod dm_crypt ext4 btrfs vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8 xts cbc
    aes_generic aesni_intel sha256_generic sha512_generic sha256_ssse3 algif_skcipher algif_hash crc32c_intel crc32c_generic efivarfs virtiofs evdev button)
mkdir -p "$CACHE"
cd "$CACHE"
exec 9>lock
flock 9
package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
[ -n "$package" ] || { echo "apt knows no package linux-image-cloud-amd64 (apt-get update)" >&2; exit 1; }
if ! ls "$package"_*.deb >/dev/null 2>&1; then
    apt-get -qq download "$package" >&2 2>&1 || { echo "the package $package can't be downloaded (apt-get update)" >&2; exit 1; }
fi
deb=$PWD/$(ls "$package"_*.deb | tail -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dpkg-deb -x "$deb" "$work/deb"
KV=$(basename "$work"/deb/lib/modules/*)
depmod -b "$work/deb" "$KV"
FROM=$work/deb/lib/modules/$KV TO=$work/root/usr/lib/modules/$KV
mkdir -p "$TO" "$work/root/usr/src/linux-$KV/arch/x86/boot"
cp "$FROM"/modules.{order,builtin,builtin.modinfo} "$TO"
for module in "${MODULES[@]}"; do
    modprobe -d "$work/deb" -S "$KV" --show-depends "$module" 2>/dev/null || true
done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u |
    while read -r file; do install -D -m 644 "$file" "$TO${file#"$FROM"}"; done
cp "$work/deb/boot/vmlinuz-$KV" "$work/root/usr/src/linux-$KV/arch/x86/boot/bzImage"
cp "$work/deb/boot/config-$KV" "$work/root/usr/src/linux-$KV/.config"
echo "# Debian's symbols are in a package of their own" >"$work/root/usr/src/linux-$KV/System.map"
tar --numeric-owner --owner=0 --group=0 -C "$work/root" -cf "second-kernel.tar.new" usr
mv second-kernel.tar.new second-kernel.tar
echo "$PWD/second-kernel.tar"
