#!/bin/bash
# parallel-emerge: packages that fail in each phase, from the download to the merge; ROOT=, and binary packages in plans.
#
# disks: none
# tier: make lab
# takes: 50 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"

repository default/linux/test
# manifest NAME FILE [CONTENT]: declares a file to download; its content is in DISTDIR if given.
manifest() {
    mkdir -p $T/var/cache/distfiles "$R/app-misc/$1"
    local content=${3-missing}
    [ $# = 2 ] || printf '%s' "$content" >"$T/var/cache/distfiles/$2"
    printf 'DIST %s %s BLAKE2B %s SHA512 %s\n' "$2" ${#content} "$(printf '%s' "$content" | b2sum | cut -d' ' -f1)" \
        "$(printf '%s' "$content" | sha512sum | cut -d' ' -f1)" >"$R/app-misc/$1/Manifest"
}
package app-misc/fetch 1 amd64 <<<'SRC_URI="http://127.0.0.1:9/fetch.tar"'
manifest fetch fetch.tar
package app-misc/unpack 1 amd64 <<<'SRC_URI="http://127.0.0.1:9/unpack.tar.gz"'
manifest unpack unpack.tar.gz 'not a tarball'
package app-misc/prepare 1 amd64 <<'END2'
src_prepare() {
    echo one >file
    printf -- '--- a/file\n+++ b/file\n@@ -1 +1 @@\n-two\n+three\n' >wrong.patch
    eapply wrong.patch
    eapply_user
}
END2
package app-misc/configure 1 amd64 <<'END2'
src_configure() {
    printf '#!/bin/sh\necho "checking for libodd..."\necho "configure: error: Package libodd was not found" >&2\nexit 1\n' >configure
    chmod 755 configure
    econf
}
END2
package app-misc/compile 1 amd64 <<'END2'
src_compile() {
    echo 'int x = y;' >x.c
    cc -c x.c || die "cc failed"
}
END2
package app-misc/test 1 amd64 <<'END2'
src_test() {
    echo "FAIL: test-odd"
    die "tests failed"
}
END2
package app-misc/install 1 amd64 <<'END2'
src_install() { doins missing-file; }
END2
package app-misc/preinst 1 amd64 <<'END2'
pkg_preinst() { die "the old data must be converted first"; }
END2
package app-misc/postinst 1 amd64 <<'END2'
pkg_postinst() { die "the cache could not be made"; }
END2
package app-misc/owner 1 amd64 <<'END2'
src_install() { insinto /opt; newins - shared <<<owner; }
END2
package app-misc/collision 1 amd64 <<'END2'
src_install() { insinto /opt; newins - shared <<<collision; }
END2
package app-misc/good 1 amd64 <<'END2'
src_install() { insinto /opt; newins - good <<<good; }
END2
PHASES=(fetch unpack prepare configure compile test install preinst postinst collision)
printf '%s\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\nCOLLISION_IGNORE=""\nGENTOO_MIRRORS=""\n' "${WITHOUT%\"} test collision-protect\"" >$T/etc/portage/make.conf
printf 'FETCHCOMMAND="/bin/false \\${FILE}"\nRESUMECOMMAND="/bin/false \\${FILE}"\n' >>$T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/test");'
do_ 'portage::emerge("/mnt/t", ["app-misc/owner"], #{ oneshot: true });'

it 'a failure in each phase is told with its first error, and the others are built'
ask phases "$G" parallel-emerge --yes --set root=/mnt/t --set processors=4 --set memory_per_job=0 --set build=packages \
    --set "packages=${PHASES[*]/#/app-misc/} app-misc/good" --journal /run/phases
exits phases 1
# failed_in PACKAGE PHASE KIND TEXT: requires that the table has the package, with its first error.
failed_in() { must grep -qE "failed     app-misc/$1-1: .*$4.* \($3, $2 phase, /var/tmp/portage/app-misc/$1-1/temp/build.log:[0-9]+\); " phases.err; }
failed_in fetch fetch fetch "Couldn't download 'fetch.tar'"
failed_in unpack unpack checksum 'This does not look like a tar archive'
failed_in prepare prepare patch 'Hunk #1 FAILED'
failed_in configure configure configure 'Package libodd was not found'
failed_in compile compile compiler "x.c:1:9: error: 'y' undeclared"
failed_in test test test 'FAIL: test-odd'
failed_in install install compiler "No such file or directory: b'missing-file'"
failed_in preinst preinst ebuild 'the old data must be converted first'
failed_in postinst postinst ebuild 'the cache could not be made'
failed_in collision merge collision '/opt/shared'
must grep -q 'built      app-misc/good-1' phases.err
for phase in "${PHASES[@]}"; do must_not grep -q "built      app-misc/$phase-1" phases.err; done
must test "$(cat $T/opt/good) $(cat $T/opt/shared)" = 'good owner'

it 'only what may have failed because of parallel builds is built again'
began() { must test "$(grep -c ">>> emerge .* app-misc/$1-1 to /" $T/var/log/emerge.log)" = "$2"; }
for phase in configure compile test install; do began $phase 2; done
for phase in fetch unpack prepare preinst postinst collision; do began $phase 1; done

it 'packages are merged into another root'
do_ 'portage::make_conf("/mnt/t", #{ ROOT: "/srv/image" });'
mkdir -p $T/srv/image
says 'let report = portage::emerge("/mnt/t", ["app-misc/good"], #{ oneshot: true });
print(report.built);
let outcome = "";
for merge in portage::history("/mnt/t", #{ name: "app-misc/good" }) { outcome = merge.outcome; }
print(outcome);' '["app-misc/good-1"]
merged'
must test "$(cat $T/srv/image/opt/good)" = good
must test -d $T/srv/image/var/db/pkg/app-misc/good-1
sed -i '/^ROOT=/d' $T/etc/portage/make.conf

it 'a plan tells a binary package from one that is built'
must chroot $T emerge --quiet --buildpkgonly app-misc/good >packed.out 2>&1
do_ 'portage::make_conf("/mnt/t", #{ EMERGE_DEFAULT_OPTS: "--usepkg" });'
says 'let merge = portage::pretend("/mnt/t", ["app-misc/good", "app-misc/owner"]);
for one in merge.packages { print(`${one.name} ${one.kind} ${one.binary}`); }' 'app-misc/good-1 rebuild true
app-misc/owner-1 rebuild false'
