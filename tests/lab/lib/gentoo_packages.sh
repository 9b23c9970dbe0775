# Packages of Gentoo that write to /boot, as unfriendly as the original ebuilds of 2026; sourced by repository.sh.

PARTS=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/gentoo

# microcode PACKAGE VERSION IMAGE FILE: makes a package that installs an early initramfs with microcode.
microcode() {
    mkdir -p "$R/eclass" && cp "$PARTS/boot-check.eclass" "$R/eclass/"
    package "$1" "$2" amd64 <<END
inherit boot-check
IUSE="dist-kernel +initramfs"
RDEPEND="dist-kernel? ( virtual/dist-kernel )"
pkg_pretend() {
    use initramfs || return 0
    if use dist-kernel; then nonfatal boot-check || :; else boot-check; fi
}
src_install() {
    insinto /lib/firmware/\${PN}
    newins - version <<<"\${PV}"
    insinto /usr/lib/dracut/dracut.conf.d
    newins - 10-\${PN}.conf <<<"early_microcode=\$(usex initramfs)"
    if use initramfs && ! use dist-kernel; then
        mkdir -p kernel/x86/microcode || die
        echo "\${PV}" >kernel/x86/microcode/$4 || die
        find kernel | cpio --quiet -o -H newc >$3 || die
        insinto /boot
        doins $3
    fi
}
pkg_preinst() { if use initramfs && ! use dist-kernel; then boot-check; fi; }
pkg_postinst() {
    local image
    use initramfs && use dist-kernel || return 0
    for image in "\${EROOT}"/usr/src/linux-*/arch/x86/boot/bzImage; do
        [[ ! -f \${image} ]] || again "\${image%/arch/*}"
    done
}
again() { installkernel "\${1##*/linux-}" "\$1/arch/x86/boot/bzImage" "\$1/System.map" || die "Installing the kernel failed"; }
pkg_prerm() { if use initramfs && ! use dist-kernel; then boot-check; fi; }
END
}

linux_firmware() { microcode sys-kernel/linux-firmware "$1" amd-uc.img AuthenticAMD.bin; }
intel_microcode() { microcode sys-firmware/intel-microcode "$1" intel-uc.img GenuineIntel.bin; }

# installkernel VERSION: makes the program that installs kernels; USE flags decide what it does.
installkernel() {
    package sys-kernel/installkernel "$1" amd64 <<'END'
IUSE="dracut grub systemd"
RDEPEND="dracut? ( sys-kernel/dracut ) grub? ( sys-boot/grub )"
src_install() {
    insinto /usr/lib/kernel
    newins - install.conf <<<"layout=$(usex grub grub compat)
initrd_generator=$(usex dracut dracut none)"
    into /
    dosbin "${FILESDIR}/installkernel"
}
END
    mkdir -p "$R/sys-kernel/installkernel/files"
    cp "$PARTS/installkernel" "$R/sys-kernel/installkernel/files/"
}

# dist_kernel VERSION RELEASE <<END: makes a kernel package with this content, and its virtual. The kernel is installed as
# soon as it is merged, next to the previous one. Its files in /boot stay when the package is removed.
dist_kernel() {
    SLOT=$1 package sys-kernel/gentoo-kernel-bin "$1" amd64 < <(
        cat
        cat <<END
IUSE="+initramfs"
PDEPEND=">=virtual/dist-kernel-\${PV}"
RDEPEND="initramfs? ( sys-kernel/installkernel[dracut(-)] ) !initramfs? ( sys-kernel/installkernel )"
pkg_postinst() {
    ln -sfn linux-$2 "\${EROOT}/usr/src/linux"
    installkernel $2 /usr/src/linux-$2/arch/x86/boot/bzImage /usr/src/linux-$2/System.map ||
        die "Kernel install failed, please fix the problems and run emerge --config"
}
END
    )
    SLOT=0/$1 package virtual/dist-kernel "$1" amd64 <<<'RDEPEND="~sys-kernel/gentoo-kernel-bin-${PV}"'
}

# small_kernel VERSION: makes a kernel package of a few files.
small_kernel() {
    dist_kernel "$1" "$1-gentoo-dist" <<'END'
src_install() {
    insinto /usr/src/linux-${PV}-gentoo-dist
    newins - System.map <<<"map"
    newins - .config <<<"CONFIG_DM_CRYPT=m"
    insinto /usr/src/linux-${PV}-gentoo-dist/arch/x86/boot
    newins - bzImage <<<"kernel ${PV}"
    insinto /lib/modules/${PV}-gentoo-dist
    newins - modules.order </dev/null
}
END
}
