# Sourced by stage3.sh: Portage from PyPI with Debian's Python, and a repository of the packages that the recipe
# merges.
# The recipe needs what they install: services, and a kernel with its modules, which exist only after its package
# was merged. Its archive is fetched, verified and unpacked like any other.

. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../lib/repository.sh"
[ -x $PYPI/bin/emerge ] || { echo "there is no Portage in $PYPI (.ci/deps)" >&2; exit 1; }
PYTHON=$(basename "$(readlink -f /usr/bin/python3)")
TOOLS=(/usr/bin/{awk,bzip2,cmp,cpio,cut,df,diff,du,patch,scanelf,stat,xz})
STDLIB=("$PYTHON-minimal" "lib$PYTHON-minimal" "lib$PYTHON-stdlib")
dpkg -L "${STDLIB[@]}" | grep -E "^/usr/(bin/$PYTHON|lib/$PYTHON/)" |
    grep -vE '/(test|lib2to3|pydoc_data|idlelib|config-[^/]*)/' >"$ROOT/list"
for one in "${TOOLS[@]}"; do [ ! -x "$one" ] || echo "$one"; done >>"$ROOT/list"
while read -r file; do [ ! -f "$file" ] || put "$file"; done <"$ROOT/list"
{ xargs ldd <"$ROOT/list" 2>/dev/null || true; } | grep -oE '/[^ ]+ \(0x' | sed 's/ (0x$//' | sort -u >"$ROOT/libraries"
while read -r file; do put "$file"; done <"$ROOT/libraries"
rm "$ROOT/list" "$ROOT/libraries"
ln -sf "$PYTHON" "$ROOT/usr/bin/python3"

mkdir -p "$ROOT$PYPI"
tar -C $PYPI --exclude 'site-packages/[a-oq-z]*' --exclude 'site-packages/p[ik]*' -cf - . | tar -C "$ROOT$PYPI" -xf -
ln -sf "/usr/bin/$PYTHON" "$ROOT$PYPI/bin/python3"
sed -i 's,^home = .*,home = /usr/bin,' "$ROOT$PYPI/pyvenv.cfg"
use_pypi "$ROOT"
# Compiled here, because the emulated machine is ten times as slow.
/usr/bin/python3 -m compileall -q -s "$ROOT" --invalidation-mode unchecked-hash "$ROOT/usr/lib/$PYTHON" "$ROOT$PYPI/lib"

R=$ROOT/var/db/repos/gentoo
repository "${PROFILES[@]}"
directories "$ROOT"
guide_packages "$(cryptsetup --version | cut -d' ' -f2)"
use_repository "$ROOT"
printf '%s\nACCEPT_LICENSE="GPL-2"\n' "$WITHOUT" >"$ROOT/etc/portage/make.conf"

# service PACKAGE NAME: makes a package with an init script for OpenRC.
service() {
    package "$1" 1 amd64 <<END
IUSE="lvm"
src_install() { newinitd - $2 <<<'#!/sbin/openrc-run'; }
END
}
service sys-fs/lvm2 lvm
service sys-process/cronie cronie
service app-admin/sysklogd sysklogd
service net-misc/dhcpcd dhcpcd
service net-misc/openssh sshd

# Moves the kernel from the tarball to its package.
KERNEL=$(mktemp -d)
tar -C "$KERNEL" -xf "$TO" ./usr/lib/modules ./usr/src
tar -f "$TO" --wildcards --delete './usr/lib/modules/*' './usr/src/*'
KV=$(basename "$KERNEL"/usr/lib/modules/*)
mkdir -p "$ROOT/var/cache/distfiles"
ARCHIVE=$ROOT/var/cache/distfiles/kernel-1.tar
tar --numeric-owner --owner=0 --group=0 -C "$KERNEL" -cf "$ARCHIVE" usr
rm -r "$KERNEL"
dist_kernel 1 "$KV" <<'END'
SRC_URI="https://mirror.invalid/kernel-1.tar"
RESTRICT="strip"
src_install() { insinto /; doins -r usr; }
END
printf 'DIST kernel-1.tar %s BLAKE2B %s SHA512 %s\n' "$(stat -c %s "$ARCHIVE")" "$(b2sum <"$ARCHIVE" | cut -d' ' -f1)" \
    "$(sha512sum <"$ARCHIVE" | cut -d' ' -f1)" >"$R/sys-kernel/gentoo-kernel-bin/Manifest"
