# An ebuild repository of packages that need no network; R is its directory.

# The packages that the recipe merges (including those for this init, firmware and filesystem), as in the guide.
GUIDE=(sys-fs/lvm2 sys-apps/busybox app-portage/eix app-crypt/gnupg app-portage/portage-utils sys-apps/util-linux
    sys-process/cronie app-admin/sysklogd net-misc/dhcpcd net-misc/openssh sys-fs/dosfstools sys-kernel/linux-firmware
    sys-kernel/installkernel sys-kernel/dracut sys-kernel/gentoo-kernel-bin sys-boot/grub)

# The profiles of today that the tests use, by their names.
PROFILES=(default/linux/amd64/23.0 default/linux/amd64/23.0/systemd default/linux/amd64/23.0/desktop
    default/linux/amd64/23.0/desktop/systemd)

# Features that a build in a test machine cannot use: namespaces, other users, news.
WITHOUT='FEATURES="-sandbox -usersandbox -userpriv -userfetch -pid-sandbox -network-sandbox -ipc-sandbox -mount-sandbox -news"'
# Directory of Portage from PyPI.
PYPI=/usr/local/lib/gscript-portage

# use_pypi ROOT: makes its programs available under their usual names, and makes them use / as their root.
use_pypi() {
    local program
    for program in emerge portageq ebuild; do
        printf '#!/bin/sh\nPORTAGE_OVERRIDE_EPREFIX= exec %s "$@"\n' $PYPI/bin/$program >"$1/usr/local/bin/$program"
        chmod 755 "$1/usr/local/bin/$program"
    done
    # Gentoo also calls tar by this name.
    ln -sf /usr/bin/tar "$1/usr/local/bin/gtar"
    mkdir -p "$1/share" && ln -s $PYPI/share/portage "$1/share/portage"
}

# use_repository ROOT: makes the repository, which is in this root, the only one.
use_repository() {
    mkdir -p "$1/etc/portage/repos.conf"
    printf '[DEFAULT]\nmain-repo = gentoo\n[gentoo]\nlocation = %s\nsync-type =\nsync-uri =\nauto-sync = no\n' "${R#"$1"}" >"$1/etc/portage/repos.conf/gentoo.conf"
}

# repository PROFILE…: makes an empty repository with these profiles. A profile inherits from the one that it is below.
repository() {
    local profile license
    mkdir -p "$R/metadata" "$R/profiles" "$R/licenses"
    printf 'repo-name = gentoo\nmasters =\nthin-manifests = true\nsign-manifests = false\nprofile-formats = portage-2\n' >"$R/metadata/layout.conf"
    echo gentoo >"$R/profiles/repo_name"; echo 8 >"$R/profiles/eapi"; echo amd64 >"$R/profiles/arch.list"
    : >"$R/profiles/use.desc"
    for license in GPL-2 linux-fw-redistributable intel-ucode; do : >"$R/licenses/$license"; done
    for profile; do
        mkdir -p "$R/profiles/$profile"
        echo "amd64 $profile stable" >>"$R/profiles/profiles.desc"
        echo 8 >"$R/profiles/$profile/eapi"
        [ ! -e "$R/profiles/${profile%/*}/eapi" ] || echo .. >"$R/profiles/$profile/parent"
        printf 'ARCH="amd64"\nACCEPT_KEYWORDS="amd64"\nUSERLAND="GNU"\nKERNEL="linux"\nCHOST="x86_64-pc-linux-gnu"\n' >"$R/profiles/$profile/make.defaults"
    done
}

# directories ROOT: makes the tables of Portage directories, as they are in a stage3.
directories() {
    mkdir -p "$1"/etc/portage/package.{use,license,accept_keywords,mask}
}

# package NAME VERSION KEYWORDS <<END: makes an ebuild with this content, in the slot SLOT.
package() {
    local license=GPL-2
    case $1 in
    sys-kernel/linux-firmware) license=linux-fw-redistributable ;;
    sys-firmware/intel-microcode) license=intel-ucode ;;
    esac
    mkdir -p "$R/$1"
    grep -qsx "${1%/*}" "$R/profiles/categories" || echo "${1%/*}" >>"$R/profiles/categories"
    { printf 'EAPI=8\nDESCRIPTION="a test"\nLICENSE="%s"\nSLOT="%s"\nS="${WORKDIR}"\nKEYWORDS="%s"\n' "$license" "${SLOT:-0}" "$3"; cat; } >"$R/$1/${1#*/}-$2.ebuild"
}

# guide_packages CRYPTSETUP: makes all of them. The cryptsetup of a live medium may be newer than the stable version.
guide_packages() {
    local one
    for one in "${GUIDE[@]}"; do package "$one" 1 amd64 <<<'IUSE="lvm dracut"'; done
    linux_firmware 1
    intel_microcode 1
    installkernel 1
    small_kernel 1
    for one in sys-block/zram-init sys-apps/zram-generator; do package "$one" 1 amd64 </dev/null; done
    package sys-fs/cryptsetup 1.0 amd64 </dev/null
    package sys-fs/cryptsetup "$1" '~amd64' </dev/null
}

. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/gentoo_packages.sh"
