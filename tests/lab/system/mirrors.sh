#!/bin/bash
# The module mirrors: real Portage downloads the sources of a package from a mirror, and through a proxy.
#
# disks: none
# tier: make lab
# takes: 15 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"
. "$LAB/lib/mirror.sh"

it 'sources come from the mirror that answers'
repository default/linux/test
mkdir -p mirror/distfiles
echo content >mirror/distfiles/source-1.txt
for version in 1 2; do
    package app-misc/fetched $version amd64 <<'END'
SRC_URI="https://source.invalid/source-1.txt -> source-${PV}.txt"
src_unpack() { :; }
src_install() { insinto /opt; newins "${DISTDIR}/source-${PV}.txt" fetched; }
END
    cp -n mirror/distfiles/source-1.txt mirror/distfiles/source-$version.txt
done
for version in 1 2; do
    printf 'DIST source-%s.txt 8 BLAKE2B %s SHA512 %s\n' $version "$(b2sum <mirror/distfiles/source-1.txt | cut -d' ' -f1)" \
        "$(sha512sum <mirror/distfiles/source-1.txt | cut -d' ' -f1)"
done >$R/app-misc/fetched/Manifest
start_mirror
printf '%s\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/test");'
# set_ MIRRORS PROXY: what the chapter does.
set_() {
    same_again 'import "mirrors" as mirrors;
portage::make_conf("/mnt/t", mirrors::variables(#{ mirror: "'"$1"'", proxy: "'"$2"'" }));'
}
set_ "http://127.0.0.1:1 $URL" ''
must test "$(chroot $T portageq envvar GENTOO_MIRRORS)" = "http://127.0.0.1:1 $URL"
do_ 'portage::emerge("/mnt/t", ["=app-misc/fetched-1"]);'
must cmp $T/opt/fetched mirror/distfiles/source-1.txt
must test "$(asked 'GET /distfiles/.*source-1.txt')" -ge 1

it 'sources come through the proxy'
: >mirror.log
set_ http://mirror.invalid "$URL"
do_ 'portage::emerge("/mnt/t", ["=app-misc/fetched-2"], #{ update: true });'
must test "$(asked 'GET http://mirror.invalid/distfiles/.*source-2.txt')" -ge 1
stop_mirror
do_ 'chroot::release("/mnt/t");'
umount /mnt/t
