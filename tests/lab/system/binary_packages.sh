#!/bin/bash
# The module binaries: real Portage, with binary packages that the key of a test has signed.
#
# disks: none
# tier: make lab
# takes: 10 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"
repository "${PROFILES[@]}"
directories $T
printf '%s\nACCEPT_LICENSE="GPL-2"\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/amd64/23.0");'

it 'a package that a key of the keyring has signed is installed'
package app-misc/binary 1 amd64 <<'END'
pkg_postinst() { echo "${MERGE_TYPE}" >"${EROOT}/opt/how"; }
END
# Gentoo's getuto makes a keyring of Gentoo's keys; this one makes one of the key of the test.
SIGNING=$T/var/tmp/signing
# Portage locks the keyring there.
mkdir -p /run/lock
mkdir -m 700 $SIGNING
must gpg --homedir $SIGNING --batch --quiet --passphrase '' --quick-generate-key good@example.org ed25519 sign 1d
KEY=$(gpg --homedir $SIGNING --list-keys --with-colons | grep -m1 ^fpr | cut -d: -f10)
gpg --homedir $SIGNING --export good@example.org >$T/usr/share/test-key.gpg
gpgconf --homedir $SIGNING --kill all
cat >$T/usr/local/bin/getuto <<'END'
#!/bin/sh
mkdir -p /etc/portage/gnupg && export GNUPGHOME=/etc/portage/gnupg
gpg --batch --quiet --import /usr/share/test-key.gpg
gpg --list-keys --with-colons | grep -m1 ^fpr | cut -d: -f10 | sed 's/$/:6:/' | gpg --batch --quiet --import-ownertrust
gpg --batch --quiet --check-trustdb
gpgconf --kill all
# Portage verifies signatures as nobody.
chmod -R a+rX /etc/portage/gnupg
END
chmod 755 $T/usr/local/bin/getuto
# Portage also verifies what it has signed.
must chroot $T getuto
# packed VARIABLES…: makes the binary package, and moves it to where packages are offered.
packed() {
    rm -rf $T/srv/binhost
    mkdir -p $T/srv/binhost
    must chroot $T env PKGDIR=/srv/binhost BINPKG_FORMAT=gpkg "$@" emerge --quiet --buildpkgonly app-misc/binary >packed.out 2>&1
}
packed FEATURES=binpkg-signing BINPKG_GPG_SIGNING_GPG_HOME=/var/tmp/signing BINPKG_GPG_SIGNING_KEY="$KEY"
mkdir -p $T/etc/portage/binrepos.conf
printf '[gentoo]\npriority = 1\nsync-uri = file:///srv/binhost\n' >$T/etc/portage/binrepos.conf/gentoo.conf
cat >signed.rhai <<'END'
import "binaries" as binaries;
binaries::prepare("/mnt/t", #{ binary_packages: true });
portage::emerge("/mnt/t", ["app-misc/binary"]);
END
must "$G" signed.rhai --yes --prove --journal /run/binaries
must test "$(cat $T/opt/how)" = binary
must test "$(chroot $T portageq envvar FEATURES | tr ' ' '\n' | grep -cxE 'getbinpkg|binpkg-request-signature')" = 2
must grep -q 'FEATURES="-sandbox .* getbinpkg binpkg-request-signature"' $T/etc/portage/make.conf

it 'a package without a signature is refused'
packed FEATURES="-binpkg-signing -binpkg-request-signature"
rm -rf $T/var/cache/binpkgs $T/var/cache/edb/binhost
fails 'app-misc/binary' 'portage::emerge("/mnt/t", ["app-misc/binary"]);'
# The agent that has signed the first package runs in the root.
chroot $T gpgconf --homedir /var/tmp/signing --kill all

do_ 'chroot::release("/mnt/t");'
umount /mnt/t
