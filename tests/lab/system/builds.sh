#!/bin/bash
# portage.*, parallel-emerge: parallel builds with real Portage, a build that goes on, logs, masks and env.
#
# disks: none
# tier: make test
# takes: 60 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"

repository default/linux/test
package app-misc/one 1 amd64 <<'END'
src_install() { insinto /opt; newins - one <<<"$MAKEOPTS"; }
END
SLOT=0 package app-misc/one 2 amd64 <<'END'
END
# Fails for a reason that the compiler tells, long before make ends.
package app-misc/broken 1 amd64 <<'END'
src_compile() {
    printf '#include "missing.h"\n' >x.c
    printf 'all: x.o y\nx.o: x.c\n\tcc -c x.c\ny:\n\techo y\ninstall:\n' >Makefile
    make -k || die "make failed"
}
END
package app-misc/after 1 amd64 <<'END'
DEPEND="app-misc/broken"
END
# Can only be built with one job.
package app-misc/sporadic 1 amd64 <<'END'
src_compile() { [[ $MAKEOPTS == -j1 ]] || die "it needs one job"; }
END
package app-misc/waits 1 amd64 <<'END'
DEPEND="app-misc/sporadic"
END
printf '%s\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/test");'

# parallel OPTION…: runs the recipe for this root.
parallel() { "$G" parallel-emerge --yes --set root=/mnt/t --set processors=2 --set memory_per_job=0 "$@" --journal /run/parallel; }

it 'masks, and what they mask is not installed'
same_again 'portage::mask("/mnt/t", ">=app-misc/one-2");'
must grep -qx '>=app-misc/one-2' $T/etc/portage/package.mask/gscript
do_ 'portage::emerge("/mnt/t", ["app-misc/one"], #{ oneshot: true });'
must test -d $T/var/db/pkg/app-misc/one-1
same_again 'portage::unmask("/mnt/t", "=app-misc/one-2");'
do_ 'portage::emerge("/mnt/t", ["app-misc/one"], #{ oneshot: true, update: true });'
must test -d $T/var/db/pkg/app-misc/one-2
rm $T/etc/portage/package.unmask/gscript

it 'the numbers of the guide, and packages with one job'
refused '/mnt/t/etc/portage/env/serial does not exist' 'portage::package_env("/mnt/t", "app-misc/one", ["serial"]);'
must parallel
must rm -r /run/parallel
must test "$(chroot $T portageq envvar MAKEOPTS EMERGE_DEFAULT_OPTS | tr '\n' ' ')" = '-j3 -l2 --jobs=2 --load-average=2 '
do_ 'portage::emerge("/mnt/t", ["=app-misc/one-1"], #{ oneshot: true });'
must test "$(cat $T/opt/one)" = '-j3 -l2'
same_again 'portage::env("/mnt/t", "serial", #{ MAKEOPTS: "-j1" });
portage::package_env("/mnt/t", "app-misc/one", ["serial"]);'
do_ 'portage::emerge("/mnt/t", ["=app-misc/one-1"], #{ oneshot: true });'
must test "$(cat $T/opt/one)" = '-j1'
refused 'does not support command or arithmetic expansion' 'portage::env("/mnt/t", "serial", #{ MAKEOPTS: "-j$(nproc)" });'

it 'a build goes on, and what failed is built alone'
ask went_on parallel --set build=packages --set 'packages=app-misc/waits app-misc/one app-misc/after'
exits went_on 1
tells went_on 'app-misc/sporadic-1 failed: it needs one job (ebuild, '
tells went_on 'app-misc/broken-1 failed: x.c:1:10: fatal error: missing.h: No such file or directory (header, '
tells went_on 'built      app-misc/sporadic-1'
tells went_on 'built      app-misc/waits-1'
tells went_on 'failed     app-misc/broken-1: x.c:1:10: fatal error: missing.h: No such file or directory'
tells went_on 'not built  app-misc/after-1: requires app-misc/broken'
must rm -r /run/parallel
must test -d $T/var/db/pkg/app-misc/waits-1
must grep -qx app-misc/waits $T/var/lib/portage/world
must_not test -d $T/var/db/pkg/app-misc/after-1

it 'the history knows what failed'
says 'let last = #{};
for merge in portage::history("/mnt/t") { last[merge.name] = merge.outcome; }
print(last["app-misc/waits-1"]); print(last["app-misc/broken-1"]);
print(portage::history("/mnt/t", #{ name: "app-misc/one" }).len() > 2);' 'merged
failed
true'

it 'nothing is lost although Portage has cleared its list, and an installed package has a broken dependency'
# Gentoo bugs 640328 and 771987: what is left is computed from the packages themselves.
package app-misc/user 1 amd64 </dev/null
do_ 'portage::emerge("/mnt/t", ["app-misc/user"], #{ oneshot: true });'
echo 'app-misc/gone:0/5=' >$T/var/db/pkg/app-misc/user-1/RDEPEND
ask resumed chroot $T emerge --resume --ask=n
exits resumed 0
must grep -q 'nothing to resume' resumed.out resumed.err
rm -r $T/var/db/pkg/app-misc/waits-1
ask rest parallel --set build=packages --set 'packages=app-misc/after app-misc/one app-misc/waits'
exits rest 1
tells rest 'built      app-misc/waits-1'
tells rest 'not built  app-misc/after-1: requires app-misc/broken'
must rm -r /run/parallel

it 'all is built once the cause is gone'
sed -i 's/#include "missing.h"/int x;/' $R/app-misc/broken/broken-1.ebuild
ask all parallel --set build=packages --set 'packages=app-misc/waits app-misc/one app-misc/after'
exits all 0
must rm -r /run/parallel
must test -d $T/var/db/pkg/app-misc/after-1

it 'in the running system'
install -D "$PROGRAM" $T/usr/local/bin/gscript
ask running chroot $T gscript parallel-emerge --yes --set processors=1 --set memory_per_job=0 --set build=packages --set packages=app-misc/sporadic --journal /run/running
exits running 0
must test "$(chroot $T portageq envvar MAKEOPTS)" = '-j2 -l1'
