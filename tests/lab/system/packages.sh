# The lines of the recipe that deal with packages, word for word, against real Portage; after portage.sh, whose
# repository gets the packages that the guide names. They hold nothing: what is proved is that Portage knows
# every option, atom, table and set that the recipe uses.

rm -rf $T/etc/portage/package.accept_keywords $T/etc/portage/package.use $T/etc/portage/package.license
sed -i 's/^EMERGE_DEFAULT_OPTS.*//' $T/etc/portage/make.conf
OUTSIDE=$(cryptsetup --version | cut -d' ' -f2)
guide_packages "$OUTSIDE"

# chapters FROM TO: the recipe's text between the beginnings of two chapters.
chapters() { sed -n "/step(\"$1\")/,/step(\"$2\")/p" "$PROJECT/recipes/encrypted-root.rhai" | sed '$d'; }
{
    echo 'let target = "/mnt/t"; let init = "openrc"; let firmware = "efi"; let jobs = 2; let network = "dhcpcd"; let sshd = true;
let filesystem = "ext4"; let esp_dev = "/dev/x"; let microcode = true; let packages = " app-misc/one  app-misc/two"; let profile = "default/linux/test";
let repository = "there"; let unlock = "gpg"; let kernel_from = "dist"; let kernel_config = "";'
    chapters 'Configure Portage' 'Configure the system'
    sed -n '/step("Configure and build the kernel")/,/kernel::modules_rebuild/p' "$PROJECT/recipes/encrypted-root.rhai"
    grep -F 'portage::emerge(target, ["sys-boot/grub"]' "$PROJECT/recipes/encrypted-root.rhai"
} >packages.rhai
"$G" packages.rhai --yes --prove --journal /run/packages >packages.out 2>&1 || { cat packages.out; exit 1; }
for one in "${GUIDE[@]}" app-misc/one app-misc/two; do
    must test -d "$T/var/db/pkg/$one-1"
done
must test -d "$T/var/db/pkg/sys-fs/cryptsetup-$OUTSIDE"
must grep -qx 'sys-fs/cryptsetup ~amd64' $T/etc/portage/package.accept_keywords/crypto
must test "$(cat $T/var/db/pkg/sys-fs/lvm2-1/USE | tr ' ' '\n' | grep -x lvm)" = lvm
must test "$(chroot $T portageq envvar MAKEOPTS EMERGE_DEFAULT_OPTS GRUB_PLATFORMS | tr '\n' ' ')" = '-j3 -l2 --jobs=2 --load-average=2 efi-64 '
