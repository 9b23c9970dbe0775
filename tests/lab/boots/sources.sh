#!/bin/bash
# Builds a kernel from sources with the chapter of the recipe: sys-kernel/gentoo-sources is Linux unmodified, merged by
# Portage and built with its own Makefile and Kconfig. The result is kernel.tar, for a bootable root.
# Uses portage_root.sh; SOURCES is the archive.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"

repository default/linux/test
printf '%s\n' "$WITHOUT" >$T/etc/portage/make.conf
V=$(basename "$SOURCES" .tar.xz); V=${V#linux-}
mkdir -p $T/var/cache/distfiles
must cp "$SOURCES" "$T/var/cache/distfiles/linux-$V.tar.xz"
package sys-kernel/gentoo-sources "$V" amd64 <<END
IUSE="symlink"
SRC_URI="https://mirror.invalid/linux-$V.tar.xz"
RESTRICT="strip"
src_prepare() {
    # Drivers that this machine does not need: Kconfig reads their menus, but they are never compiled.
    find */sound */drivers/{gpu/drm,media,infiniband,staging,net/ethernet,net/wireless} */arch/[!x]* -name '*.[chS]' -delete
    default
}
src_install() { dodir /usr/src && mv linux-source-* "\${ED}/usr/src/linux-$V-gentoo" || die; }
pkg_postinst() { use !symlink || ln -sfn linux-$V-gentoo "\${EROOT}/usr/src/linux" || die; }
END
package sys-kernel/dracut 1 amd64 </dev/null
printf 'DIST linux-%s.tar.xz %s BLAKE2B %s SHA512 %s\n' "$V" "$(stat -c %s "$SOURCES")" "$(b2sum <"$SOURCES" | cut -d' ' -f1)" \
    "$(sha512sum <"$SOURCES" | cut -d' ' -f1)" >"$R/sys-kernel/gentoo-sources/Manifest"

# The configuration of the live medium: small, and without the options that the recipe has to enable.
mkdir live && must tar -C live --strip-components=1 -xf "$SOURCES" --exclude '*.[chS]' --exclude '*.dts*'
must tar -C live --strip-components=1 -xf "$SOURCES" --wildcards '*/scripts/*'
make -s -C live tinyconfig >make.out 2>&1 || fail
cat "$LAB/boots/kernel.config" >>live/.config
must make -s -C live olddefconfig
must cp live/.config live.config
must_not grep -qE '^CONFIG_(MD|DM_CRYPT|CRYPTO_XTS|BLK_DEV_INITRD)=' live.config
rm -r live

cat >sources.rhai <<END
import "kernels" as kernels;
let layout = #{
    target: "/mnt/t", mounts: [#{ at: "/", device: "/dev/x2" }],
    containers: [#{ kind: "luks", name: "x2", device: "/dev/x2", on_stick: "/x.gpg" }, #{ kind: "lvm", name: "vg" }],
};
portage::profile("/mnt/t", "default/linux/test");
kernels::kernel(layout, #{ goal: "bootable", jobs: 3, kernel_from: "sources", kernel_config: "$OUT/live.config" });
END
"$G" sources.rhai --yes --prove --journal /run/sources >sources.out 2>&1 || fail
S=$T/usr/src/linux-$V-gentoo KV=$(cat $T/usr/src/linux/include/config/kernel.release)
echo "$KV" >version
must test "$(readlink $T/usr/src/linux)" = "linux-$V-gentoo"
for one in arch/x86/boot/bzImage:vmlinuz .config:config System.map:System.map; do must cmp "$S/${one%:*}" "$T/boot/${one#*:}-$KV"; done
must test -f "$T/lib/modules/$KV/kernel/drivers/usb/storage/usb-storage.ko"
says "print(kernel::version(\"/mnt/t\")); print(kernel::option(\"/mnt/t\", \"DM_CRYPT\"));" "$KV
y"
must tar --numeric-owner -C $T -cf kernel.tar "usr/lib/modules/$KV" "usr/src/linux" \
    "usr/src/linux-$V-gentoo"/{arch/x86/boot/bzImage,.config,System.map,Makefile,include/config/kernel.release}

# Kconfig disables options whose dependencies are missing. That is reported, and no kernel is built that cannot open
# the root.
do_ 'kernel::config("/mnt/t", #{ MD: "n", DM_CRYPT: "y" });
chroot::run("/mnt/t", ["make", "-C", "/usr/src/linux", "olddefconfig"]);'
fails 'DM_CRYPT' 'kernel::require("/mnt/t", "encrypted-root");'
must grep -q 'Device Drivers → Multiple devices driver support' fails.out

do_ 'chroot::release("/mnt/t");'
umount /mnt/t
