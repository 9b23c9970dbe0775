# The chapters that deal with packages against real Portage; after portage.sh, whose
# repository gets the packages that the guide names. They hold nothing: what is proved is that Portage knows
# every option, atom, table and set that the recipe uses.

rm -rf $T/etc/portage/package.accept_keywords $T/etc/portage/package.use $T/etc/portage/package.license
sed -i 's/^EMERGE_DEFAULT_OPTS.*//' $T/etc/portage/make.conf
OUTSIDE=$(cryptsetup --version | cut -d' ' -f2)
guide_packages "$OUTSIDE"

{
    cat <<'END'
import "chapters" as chapters;
let target = "/mnt/t";
let layout = #{
    target: target, disks: ["/dev/x"], root: "/dev/x2", boot: (), esp: "/dev/x1", swap: (), mounts: [#{ at: "/", device: "/dev/x2" }],
    containers: [#{ kind: "luks", name: "x2", device: "/dev/x2", on_stick: "/x.gpg" }, #{ kind: "lvm", name: "vg" }],
};
let params = #{
    goal: "bootable", init: "openrc", firmware: "efi", jobs: 2, network: "dhcpcd", sshd: true, microcode: true,
    packages: " app-misc/one  app-misc/two", profile: "default/linux/test", repository: "there", kernel_from: "dist", kernel_config: "",
};
chapters::portage(layout, params);
chapters::packages(layout, params);
chapters::kernel(layout, params);
END
    grep -F 'portage::emerge(target, ["sys-boot/grub"]' "$PROJECT/stdlib/chapters.rhai"
} >packages.rhai
"$G" packages.rhai --yes --prove --journal /run/packages >packages.out 2>&1 || { cat packages.out; exit 1; }
for one in "${GUIDE[@]}" app-misc/one app-misc/two; do
    must test -d "$T/var/db/pkg/$one-1"
done
must test -d "$T/var/db/pkg/sys-fs/cryptsetup-$OUTSIDE"
must grep -qx 'sys-fs/cryptsetup ~amd64' $T/etc/portage/package.accept_keywords/crypto
must test "$(cat $T/var/db/pkg/sys-fs/lvm2-1/USE | tr ' ' '\n' | grep -x lvm)" = lvm
must test "$(chroot $T portageq envvar MAKEOPTS EMERGE_DEFAULT_OPTS GRUB_PLATFORMS | tr '\n' ' ')" = '-j3 -l2 --jobs=2 --load-average=2 efi-64 '
