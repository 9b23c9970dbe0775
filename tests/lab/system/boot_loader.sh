#!/bin/bash
# kernel.* and boot.*: from sources to a menu, in a system on LVM in a container, with a boot partition of its own.
#
# disks: 200M 400M 16M 16M
# tier: make lab
# takes: 190 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

KV=$(uname -r)
head -c 64 /dev/urandom >"$OUT/key"; chmod 400 "$OUT/key"
do_ 'let parts = disk::partition("/dev/ubda", [#{ name: "bios", size: "2M", kind: "bios-boot" },
    #{ name: "esp", size: "40M", kind: "efi" }, #{ name: "boot", size: "rest" }]);
luks::format("/dev/ubdb", #{ key: "'"$OUT"'/key", '"$KDF"' });
lvm::vg_create("vg", [lvm::pv_create(luks::open("/dev/ubdb", "enc", #{ key: "'"$OUT"'/key" }))]);
fs::swap(lvm::lv_create("vg", "swap", "16M"));
fs::make(lvm::lv_create("vg", "root", "100%FREE"));
mount::mount("/dev/vg/root", "/mnt/t");
fs::make(parts.boot); mount::mount(parts.boot, "/mnt/t/boot");
fs::make(parts.esp, #{ kind: "vfat" }); mount::mount(parts.esp, "/mnt/t/boot/efi");
fs::make("/dev/ubdc", #{ kind: "vfat", label: "STICK" });'
T=/mnt/t
mkdir -p $T/usr $T/var/tmp $T/var/lib $T/root $T/tmp $T/proc $T/sys $T/dev $T/run
cp -a /etc $T/
for d in bin sbin lib lib64; do ln -s usr/$d $T/$d; done
must mount --bind /usr $T/usr
ROOT=$(blkid -s UUID -o value /dev/vg/root) BOOT=$(blkid -s UUID -o value /dev/ubda3)
LUKS=$(cryptsetup luksUUID /dev/ubdb) STICK=$(blkid -s UUID -o value /dev/ubdc) SWAP=$(blkid -s UUID -o value /dev/vg/swap)
do_ 'chroot::prepare("/mnt/t");'

it 'a kernel is built from sources and installed'
# A Makefile that imitates the targets of the kernel's; make is real.
S=$T/usr/src/linux-$KV
mkdir -p $S && ln -sfn linux-$KV $T/usr/src/linux
IFS=. read -r V P L <<<"$KV"
printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\nEXTRAVERSION =\n' "$V" "$P" "$L" >$S/Makefile
cat >>$S/Makefile <<'END'
all: include/config/kernel.release
	grep -qx CONFIG_DEPENDENCY=y .config
	mkdir -p arch/x86/boot && echo image >arch/x86/boot/bzImage && echo map >System.map
include/config/kernel.release:
	mkdir -p include/config && echo $(VERSION).$(PATCHLEVEL).$(SUBLEVEL)$(EXTRAVERSION) >$@
olddefconfig:
	grep -qx CONFIG_DM_CRYPT=m .config && echo CONFIG_DEPENDENCY=y >>.config
modules_install:
	echo installed >modules
END
refused 'there is no kernel configuration' 'kernel::build("/mnt/t", #{ how: "make" });'
refused 'the kernel is not built' 'kernel::install("/mnt/t");'
do_ 'kernel::config("/mnt/t", #{ DM_CRYPT: "m" });
kernel::build("/mnt/t", #{ how: "make", jobs: 2 });'
must test -f $S/modules
says 'print(kernel::version("/mnt/t")); print(kernel::installed("/mnt/t")); print(kernel::option("/mnt/t", "DEPENDENCY"));' "$KV
[\"$KV\"]
y"
same_again 'kernel::install("/mnt/t");'
must cmp $S/.config $T/boot/config-"$KV"
must cmp $S/System.map $T/boot/System.map-"$KV"
printf '# genkernel\n#MENUCONFIG="yes"\nLVM="no" # volumes\n' >$T/etc/genkernel.conf
same_again 'kernel::genkernel_conf("/mnt/t", #{ values: #{ MAKEOPTS: "-j3 -l2" } });'
printf '# genkernel\n#MENUCONFIG="yes"\nMENUCONFIG="no"\nLVM="yes" # volumes\nLUKS="yes"\nGPG="yes"\nBUSYBOX="yes"\nMAKEOPTS="-j3 -l2"\n' | must cmp - $T/etc/genkernel.conf

it 'genkernel gets the options that are asked for'
# genkernel is not available here: a stand-in records its arguments.
refused '/mnt/t has no genkernel' 'kernel::initramfs("/mnt/t", #{ how: "genkernel" });'
cat >/usr/bin/genkernel <<'END'
#!/bin/sh
echo "$@" >/root/asked
for word; do case $word in --bootdir=*) dir=${word#*=} ;; --initramfs-filename=*) name=${word#*=} ;; esac; done
echo image >"$dir/$name"
END
chmod 755 /usr/bin/genkernel
do_ 'kernel::initramfs("/mnt/t", #{ how: "genkernel", add: ["crypt", "crypt-gpg", "lvm"], image: "/boot/by-genkernel" });'
must test "$(cat $T/root/asked)" = '--kerneldir=/usr/src/linux --luks --gpg --lvm --no-mdadm --no-btrfs --compress-initramfs-type=zstd --bootdir=/boot --initramfs-filename=by-genkernel initramfs'
refused 'has no option for the module "nbd"' 'kernel::initramfs("/mnt/t", #{ how: "genkernel", add: ["nbd"] });'
refused 'install applies only to an initramfs built by dracut' 'kernel::initramfs("/mnt/t", #{ how: "genkernel", install: ["vi"] });'
rm /usr/bin/genkernel
echo initramfs >$T/boot/initramfs-"$KV".img

it 'the kernel command line is what the machine is'
says 'print(boot::cmdline("/dev/vg/root", #{ key: "/k.gpg", key_device: "/dev/ubdc", resume: "/dev/vg/swap", extra: ["quiet"] }));
print(boot::cmdline("/dev/vg/root", #{ style: "genkernel", key: "/k.gpg", key_device: "/dev/ubdc" }));
print(boot::cmdline("/dev/ubda3"));' "root=/dev/vg/root ro rootfstype=ext4 rd.md=0 rd.dm=0 rd.luks.uuid=$LUKS rd.luks.key=/k.gpg:UUID=$STICK:UUID=$LUKS rd.lvm.lv=vg/root rd.lvm.lv=vg/swap resume=UUID=$SWAP quiet
root=/dev/ram0 crypt_root=UUID=$LUKS real_root=/dev/mapper/vg-root root_keydev=UUID=$STICK root_key=k.gpg rootfstype=ext4 key_timeout=0 dolvm
root=UUID=$BOOT ro rootfstype=ext4 rd.md=0 rd.dm=0"
says 'print(boot::cmdline("/dev/vg/root", #{ style: "dracut-systemd", key: "/k", key_device: "/dev/ubdc", keymap: "de-latin1", discard: true }));
print(boot::cmdline("/dev/vg/root", #{ style: "genkernel", keymap: "de", discard: true }));
print(boot::cmdline("/dev/vg/root", #{ discard: true }));' "root=/dev/vg/root ro rootfstype=ext4 rd.md=0 rd.dm=0 rd.luks.uuid=$LUKS rd.luks.key=$LUKS=/k:UUID=$STICK rd.luks.options=$LUKS=keyfile-timeout=30s,discard rd.lvm.lv=vg/root rd.vconsole.keymap=de-latin1
root=/dev/ram0 crypt_root=UUID=$LUKS real_root=/dev/mapper/vg-root rootfstype=ext4 key_timeout=0 dolvm root_trim=yes keymap=de
root=/dev/vg/root ro rootfstype=ext4 rd.md=0 rd.dm=0 rd.luks.uuid=$LUKS rd.luks.allow-discards=$LUKS rd.lvm.lv=vg/root"
refused '/k.gpg is encrypted by GPG: systemd in the initramfs cannot use it' 'boot::cmdline("/dev/vg/root", #{ style: "dracut-systemd", key: "/k.gpg", key_device: "/dev/ubdc" });'
refused "colons in the name of a key" 'boot::cmdline("/dev/vg/root", #{ key: "/k:1", key_device: "/dev/ubdc" });'
refused 'is not in an encrypted container' 'boot::cmdline("/dev/ubda3", #{ key: "/k", key_device: "/dev/ubdc" });'
refused "expected a word of the kernel's command line" 'boot::cmdline("/dev/ubda3", #{ extra: ["a b"] });'

it 'GRUB on a disk and on an EFI system partition'
do_ 'boot::grub_install("/mnt/t", #{ disk: "/dev/ubda" });
boot::grub_install("/mnt/t", #{ efi: "/boot/efi" });'
must test "$(dd if=/dev/ubda bs=1 skip=392 count=4 2>/dev/null)" = GRUB -o -n "$(strings -n4 /dev/ubda 2>/dev/null | grep -m1 GRUB)"
must test -s $T/boot/efi/EFI/BOOT/BOOTX64.EFI
refused 'without a BIOS boot partition' 'disk::partition("/dev/ubdd", [#{ name: "a", size: "rest" }]); boot::grub_install("/mnt/t", #{ disk: "/dev/ubdd" });'
refused 'is not an EFI system partition: nothing is mounted there' 'boot::grub_install("/mnt/t", #{ efi: "/boot/nothing" });'
# This machine has no firmware.
refused 'nothing is mounted at /sys/firmware/efi/efivars' 'boot::grub_install("/mnt/t", #{ efi: "/boot/efi", removable: false });'
must grep -q 'help: install to the fallback path that every firmware tries' refused.out
refused 'is not an EFI system partition: the filesystem on' 'boot::grub_install("/mnt/t", #{ efi: "/boot" });'

it "GRUB's menu and the entries of the recipe"
printf '# mine\nGRUB_TIMEOUT=5\nGRUB_DISABLE_OS_PROBER=true\n' >$T/etc/default/grub
# linux-firmware installs microcode on every machine, and GRUB loads it before the initramfs.
echo microcode >$T/boot/amd-uc.img
recipe menu.rhai <<'END'
let line = boot::cmdline("/dev/vg/root", #{ key: "/k.gpg", key_device: "/dev/ubdc" });
boot::entry("/mnt/t", "Gentoo Linux (Keyfile Boot)", "/boot/vmlinuz-KV", line, #{ initrd: ["/boot/amd-uc.img", "/boot/initramfs-KV.img"] });
boot::entry("/mnt/t", "Gentoo Linux (Passphrase Boot)", "/boot/vmlinuz-KV", boot::cmdline("/dev/vg/root"), #{ initrd: ["/boot/initramfs-KV.img"] });
END
same_again "$(sed "s/KV/$KV/g" menu.rhai)"
do_ 'let found = boot::grub_config("/mnt/t", #{ defaults: #{ GRUB_TIMEOUT: "0", GRUB_CMDLINE_LINUX: boot::cmdline("/dev/vg/root") } });
for one in found { if one.kernel != "/boot/vmlinuz-'"$KV"'" || one.initrd != ["/boot/amd-uc.img", "/boot/initramfs-'"$KV"'.img"] { throw found; } }'
must grep -qx 'GRUB_TIMEOUT="0"' $T/etc/default/grub
must grub-script-check $T/boot/grub/grub.cfg
# Debian's grub-mkconfig reads more settings.
mkdir -p $T/etc/default/grub.d
printf '# vendor\nGRUB_TIMEOUT=7\n' >$T/etc/default/grub.d/50-vendor.cfg
echo 'GRUB_TIMEOUT="${GRUB_TIMEOUT}1"' >$T/etc/default/grub.d/zz.cfg
do_ 'boot::grub_config("/mnt/t", #{ defaults: #{ GRUB_TIMEOUT: "4", GRUB_DISABLE_RECOVERY: "true" } });'
must grep -q 'set timeout=41' $T/boot/grub/grub.cfg
must test "$(cat $T/etc/default/grub.d/50-vendor.cfg)" = "$(printf '# vendor\nGRUB_TIMEOUT="4"')"
must grep -qx 'GRUB_TIMEOUT="0"' $T/etc/default/grub
must grep -qx 'GRUB_DISABLE_RECOVERY="true"' $T/etc/default/grub
rm $T/etc/default/grub.d/*.cfg
do_ 'boot::grub_config("/mnt/t");'
must grub-script-check $T/boot/grub/custom.cfg
must grep -q "search --no-floppy --fs-uuid --set=root $BOOT" $T/boot/grub/custom.cfg
must grep -q "linux /vmlinuz-$KV root=/dev/vg/root" $T/boot/grub/custom.cfg
says 'let e = boot::entries("/mnt/t");
let mine = e.filter(|e| e.title.contains("Keyfile"));
print(mine[0].kernel); print(mine[0].initrd);
print(e.filter(|e| e.cmdline.contains("rd.luks.uuid='"$LUKS"'")).len() >= 3);' "/vmlinuz-$KV
[\"/amd-uc.img\", \"/initramfs-$KV.img\"]
true"
refused 'there is no /mnt/t/boot/nothing' 'boot::entry("/mnt/t", "x", "/boot/nothing", "ro");'

it 'entries for every kernel follow a kernel update'
rm $T/boot/grub/custom.cfg
recipe entries.rhai <<'END'
let line = boot::cmdline("/dev/vg/root", #{ key: "/k.gpg", key_device: "/dev/ubdc" });
boot::kernel_entries("/mnt/t", "Gentoo Linux (Keyfile Boot)", line);
boot::kernel_entries("/mnt/t", "Gentoo Linux (Passphrase Boot)", boot::cmdline("/dev/vg/root"));
boot::grub_defaults("/mnt/t", #{ GRUB_CMDLINE_LINUX: line, GRUB_CMDLINE_LINUX_DEFAULT: "quiet" });
END
same_again "$(cat entries.rhai)"
do_ 'boot::grub_config("/mnt/t");'
# boots TITLE RESULT: checks the only entry with this title.
boots() {
    says 'let e = boot::entries("/mnt/t").filter(|e| e.title == "'"$1"'");
print(e.len()); print(e[0].kernel); print(e[0].initrd); print(e[0].cmdline.contains("rd.luks.key=")); print(e[0].cmdline.ends_with("quiet"));' "$2"
}
boots 'Gentoo Linux (Keyfile Boot)' "1
/vmlinuz-$KV
[\"/amd-uc.img\", \"/initramfs-$KV.img\"]
true
true"
boots 'Gentoo Linux (Passphrase Boot)' "1
/vmlinuz-$KV
[\"/amd-uc.img\", \"/initramfs-$KV.img\"]
false
true"
# The update, as installkernel with USE grub makes it.
for one in vmlinuz System.map config; do cp $T/boot/$one-"$KV" $T/boot/$one-99.1.0; done
echo initramfs >$T/boot/initramfs-99.1.0.img
must chroot $T grub-mkconfig -o /boot/grub/grub.cfg
must grub-script-check $T/boot/grub/grub.cfg
boots 'Gentoo Linux (Passphrase Boot)' '1
/vmlinuz-99.1.0
["/amd-uc.img", "/initramfs-99.1.0.img"]
false
true'
boots "Gentoo Linux (Keyfile Boot), with Linux $KV" "1
/vmlinuz-$KV
[\"/amd-uc.img\", \"/initramfs-$KV.img\"]
true
true"
must test "$(grep -o "menuentry_id_option '[^']*'" $T/boot/grub/grub.cfg | sort | uniq -d | wc -l)" = 0
mv $T/etc/grub.d/10_linux $T/etc/grub.d/linux
refused 'there is no /mnt/t/etc/grub.d/10_linux' 'boot::kernel_entries("/mnt/t", "x", "ro");'
mv $T/etc/grub.d/linux $T/etc/grub.d/10_linux
rm $T/boot/vmlinuz-*
fails 'has found no kernel' 'boot::grub_config("/mnt/t");'

do_ 'chroot::release("/mnt/t");'
umount $T/usr
do_ 'mount::unmount("/mnt/t", #{ recursive: true }); lvm::vg_deactivate("vg"); luks::close("enc");'
nothing_left
