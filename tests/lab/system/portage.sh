#!/bin/bash
# portage.*: real Portage, with a repository of a few packages that need no network.
#
# disks: none
# tier: make test
# takes: 60 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"

it 'make.conf and the profile'
repository default/linux/test default/linux/other
: >$R/licenses/odd
package app-misc/one 1 amd64 <<'END'
IUSE="extra"
src_install() { insinto /opt; newins - one <<<"$(usex extra with without)"; }
END
package app-misc/two 1 amd64 <<'END'
RDEPEND="app-misc/one[extra]"
END
package app-misc/three 1 '~amd64' <<'END'
END
package app-misc/broken 1 amd64 <<'END'
src_compile() { die "it is made so"; }
END
package app-misc/after 1 amd64 <<'END'
BDEPEND="app-misc/one"
END
package sys-kernel/module 1 amd64 <<'END'
src_install() { insinto /lib/modules/6.6.62-test/extra; newins - module.ko <<<$RANDOM$RANDOM; }
END
sed -i 's/LICENSE="GPL-2"/LICENSE="odd"/' $R/app-misc/after/after-1.ebuild
mkdir -p $T/etc/portage/package.use
printf '# Mine.\nNJOBS="$(nproc)"\n%s\nMAKEOPTS="-j1" # few\nACCEPT_LICENSE="GPL-2"\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
echo '# one file' >$T/etc/portage/package.accept_keywords
cp $T/etc/portage/make.conf before

same_again 'portage::make_conf("/mnt/t", #{ MAKEOPTS: "-j9 -l8", EMERGE_DEFAULT_OPTS: "--jobs=2 --load-average=8 --ask" });
portage::profile("/mnt/t", "default/linux/test");'
{ sed 's/"-j1"/"-j9 -l8"/' before; echo 'EMERGE_DEFAULT_OPTS="--jobs=2 --load-average=8 --ask"'; } | must cmp - $T/etc/portage/make.conf
printf 'portage::make_conf("/mnt/t", #{ A: "b" });' >warned.rhai
"$G" plan warned.rhai >warned.out 2>&1
must grep -q 'sets NJOBS with shell syntax that Portage does not support' warned.out
sed -i 's/NJOBS=.*/NJOBS=$(nproc)/' $T/etc/portage/make.conf
refused 'ignores the whole file' 'portage::make_conf("/mnt/t", #{ A: "b" });'
sed -i 's/NJOBS=.*/NJOBS="$(nproc)"/' $T/etc/portage/make.conf
refused 'does not support command or arithmetic expansion' 'portage::make_conf("/mnt/t", #{ MAKEOPTS: "-j$((NJOBS+1))" });'
refused 'there is no profile default/linux/tset' 'portage::profile("/mnt/t", "default/linux/tset");'
must grep -q 'default/linux/test' refused.out
refused 'got "--unmerge"' 'portage::emerge("/mnt/t", ["--unmerge"]);'
must test "$(chroot $T portageq envvar MAKEOPTS)" = '-j9 -l8'

it 'make.conf as a directory, and a variable that an included file sets'
mv $T/etc/portage/make.conf whole
mkdir $T/etc/portage/make.conf
cp whole $T/etc/portage/make.conf/00-base
echo 'MAKEOPTS="-j2" # few' >$T/etc/portage/make.conf/10-jobs
echo 'source /etc/portage/more' >$T/etc/portage/make.conf/20-more
echo 'CLEAN_DELAY="5"' | tee $T/etc/portage/more $T/etc/portage/make.conf/.hidden >$T/etc/portage/make.conf/30-old~
same_again 'portage::make_conf("/mnt/t", #{ MAKEOPTS: "-j3", CLEAN_DELAY: "1", NOCOLOR: "true" });'
must cmp whole $T/etc/portage/make.conf/00-base
echo 'MAKEOPTS="-j3" # few' | must cmp - $T/etc/portage/make.conf/10-jobs
printf 'source /etc/portage/more\nCLEAN_DELAY="1"\n' | must cmp - $T/etc/portage/make.conf/20-more
echo 'NOCOLOR="true"' | must cmp - $T/etc/portage/make.conf/gscript
echo 'CLEAN_DELAY="5"' | must cmp - $T/etc/portage/more
must test "$(chroot $T portageq envvar MAKEOPTS CLEAN_DELAY NOCOLOR | tr '\n' ' ')" = '-j3 1 true '
rm -r $T/etc/portage/make.conf $T/etc/portage/more
mv whole $T/etc/portage/make.conf

it 'settings that Portage wants are named as calls'
# Portage requires changes of settings: the error names the calls, and these calls succeed.
fails 'portage::package_use("/mnt/t", ">=app-misc/one-1", ["extra"])' 'portage::emerge("/mnt/t", ["app-misc/two", "app-misc/three"]);'
must grep -qF 'portage::accept_keywords("/mnt/t", "=app-misc/three-1", ["~amd64"])' fails.out
same_again 'portage::package_use("/mnt/t", ">=app-misc/one-1", ["extra"]);
portage::accept_keywords("/mnt/t", "app-misc/three", ["~amd64"]);
portage::license("/mnt/t", "app-misc/after", ["odd"]);'
printf '# one file\napp-misc/three ~amd64\n' | must cmp - $T/etc/portage/package.accept_keywords
must test -f $T/etc/portage/package.use/gscript
do_ 'portage::emerge("/mnt/t", ["app-misc/two", "app-misc/three"], #{ jobs: 1 });'
must test "$(cat $T/opt/one)" = with
says 'print(portage::has_version("/mnt/t", ">=app-misc/one-1")); print(portage::has_version("/mnt/t", "app-misc/broken"));' 'true
false'

it 'USE flags take effect, in groups and in spite of later files'
package app-misc/cards 1 amd64 <<'END'
IUSE="vulkan wayland video_cards_intel video_cards_nouveau"
src_install() { insinto /opt; newins - cards <<<"$USE"; }
END
printf '# mine\napp-misc/cards VIDEO_CARDS: nouveau -intel # cards\n' >$T/etc/portage/package.use/cards
echo 'app-misc/cards -wayland' >$T/etc/portage/package.use/zz-local
same_again 'portage::package_use("/mnt/t", "app-misc/cards", ["vulkan"], #{ file: "cards" });
portage::package_use("/mnt/t", "app-misc/cards", ["VIDEO_CARDS:", "-*", "intel"], #{ file: "cards" });
portage::package_use("/mnt/t", "app-misc/cards", ["wayland"], #{ file: "cards" });'
printf '# mine\napp-misc/cards vulkan VIDEO_CARDS: -* intel # cards\n' | must cmp - $T/etc/portage/package.use/cards
echo 'app-misc/cards wayland' | must cmp - $T/etc/portage/package.use/zz-local
says 'print(portage::use_flags("/mnt/t", "app-misc/cards"));' '["-video_cards_*", "video_cards_intel", "vulkan", "wayland"]'
do_ 'portage::emerge("/mnt/t", ["app-misc/cards"]);'
must test "$(tr ' ' '\n' <$T/opt/cards | grep -E '^(vulkan|wayland|video_cards_)' | sort | tr '\n' ' ')" = 'video_cards_intel vulkan wayland '

it 'a package that fails, and going on without it'
# The error names the package, its log, and how to continue without it.
fails 'the package app-misc/broken-1::gentoo failed (compile phase)' 'portage::emerge("/mnt/t", ["app-misc/broken", "app-misc/after"], #{ jobs: 1 });'
must grep -q 'it is made so' fails.out
must test -f "$(grep -o '/mnt/t/var/tmp/portage/app-misc/broken-1/temp/build.log' fails.out | head -1)"
do_ 'portage::resume("/mnt/t", #{ skip_first: true });'
must test -d $T/var/db/pkg/app-misc/after-1
do_ 'portage::emerge("/mnt/t", ["sys-kernel/module"]);'
before=$(cat $T/lib/modules/6.6.62-test/extra/module.ko)
do_ 'kernel::modules_rebuild("/mnt/t");'
must_not grep -qx "$before" $T/lib/modules/6.6.62-test/extra/module.ko
fails 'emerge finds no package for: app-misc/nonesuch' 'portage::emerge("/mnt/t", ["app-misc/nonesuch"]);'

it 'the lines of the recipe that deal with packages'
# The chapters that deal with packages. The packages of the guide are empty: this proves that Portage accepts every
# option, atom, table and set
# that the recipe uses.
rm -rf $T/etc/portage/package.accept_keywords $T/etc/portage/package.use $T/etc/portage/package.license
sed -i 's/^EMERGE_DEFAULT_OPTS.*//' $T/etc/portage/make.conf
OUTSIDE=$(cryptsetup --version | cut -d' ' -f2)
guide_packages "$OUTSIDE"
# This root is not on a device: GRUB could not find it. Kernel packages run both programs (system::updates runs them for real).
for one in dracut grub-mkconfig; do
    printf '#!/bin/sh\necho "$0 $*" >>/var/log/kernels\n' >$T/usr/local/sbin/$one
    chmod 755 $T/usr/local/sbin/$one
done

{
    cat <<'END'
import "packages" as packages;
import "kernels" as kernels;
let target = "/mnt/t";
let layout = #{
    target: target, disks: ["/dev/x"], root: "/dev/x2", boot: (), esp: "/dev/x1", swap: (), mounts: [#{ at: "/", device: "/dev/x2" }],
    containers: [#{ kind: "luks", name: "x2", device: "/dev/x2", on_stick: "/x.gpg" }, #{ kind: "lvm", name: "vg" }],
};
let params = #{
    goal: "bootable", init: "openrc", firmware: "efi", jobs: 2, network: "dhcpcd", sshd: true, microcode: true,
    packages: " app-misc/one  app-misc/two", profile: "default/linux/test", repository: "there", kernel_from: "dist", kernel_config: "",
    update_world: "profile", cpu_flags: true, video_cards: "intel", binary_packages: false, zram_size: 512, keymap: "us", ntp: false, admin: "none",
    mirror: "https://one.invalid https://two.invalid", proxy: "",
};
packages::portage(layout, params);
kernels::kernel_settings(layout, params);
packages::packages(layout, params);
kernels::kernel(layout, params);
END
    grep -F 'portage::emerge(target, ["sys-boot/grub"]' "$PROJECT/stdlib/bootloader.rhai"
} >guide.rhai
"$G" guide.rhai --yes --prove --journal /run/packages >guide.out 2>&1 || fail
must test "$(cut -d' ' -f1 $T/var/log/kernels | sort -u | tr '\n' ' ')" = '/usr/local/sbin/dracut /usr/local/sbin/grub-mkconfig '
must test -e $T/boot/vmlinuz-1-gentoo-dist && must test -e $T/boot/amd-uc.img
# Intel's microcode only on its processors.
if grep -q GenuineIntel /proc/cpuinfo; then
    must test -e $T/boot/intel-uc.img
else
    must_not test -e $T/boot/intel-uc.img
fi
must test -d $T/var/db/pkg/sys-block/zram-init-1
must grep -qE '^\*/\* CPU_FLAGS_X86: .*\bsse2\b' $T/etc/portage/package.use/00cpu-flags
must grep -qx '\*/\* VIDEO_CARDS: -\* intel' $T/etc/portage/package.use/00video-cards
for one in "${GUIDE[@]}" app-misc/one app-misc/two; do
    must test -d "$T/var/db/pkg/$one-1"
done
must test -d "$T/var/db/pkg/sys-fs/cryptsetup-$OUTSIDE"
must grep -qx "~sys-fs/cryptsetup-$OUTSIDE ~amd64" $T/etc/portage/package.accept_keywords/crypto
must test "$(cat $T/var/db/pkg/sys-fs/lvm2-1/USE | tr ' ' '\n' | grep -x lvm)" = lvm
must test "$(chroot $T portageq envvar MAKEOPTS EMERGE_DEFAULT_OPTS GRUB_PLATFORMS | tr '\n' ' ')" = '-j3 -l2 --jobs=2 --load-average=2 efi-64 '
must test "$(chroot $T portageq envvar GENTOO_MIRRORS)" = 'https://one.invalid https://two.invalid'

do_ 'chroot::release("/mnt/t");'
umount /mnt/t
