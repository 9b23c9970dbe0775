#!/bin/bash
# portage.pretend, portage.accept: what real Portage would merge, in plans and as data, and why it cannot.
#
# disks: none
# tier: make test
# takes: 60 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"

repository default/linux/test
: >$R/licenses/odd
package app-misc/one 1 amd64 <<'END'
IUSE="extra +std"
END
package app-misc/two 1 amd64 <<'END'
RDEPEND="app-misc/one[extra]"
END
package app-misc/three 1 '~amd64' <<'END'
END
package app-misc/licensed 1 amd64 <<'END'
END
sed -i 's/LICENSE="GPL-2"/LICENSE="odd"/' $R/app-misc/licensed/licensed-1.ebuild
package app-misc/masked 1 amd64 <<'END'
END
printf '# it is masked\napp-misc/masked\n' >$R/profiles/package.mask
package app-misc/hen 1 amd64 <<'END'
DEPEND="app-misc/egg"
END
package app-misc/egg 1 amd64 <<'END'
DEPEND="app-misc/hen"
END
package app-misc/cat 1 amd64 <<'END'
RDEPEND="!!app-misc/dog"
END
package app-misc/dog 1 amd64 </dev/null
package app-other/dog 1 amd64 </dev/null
package app-misc/either 1 amd64 <<'END'
IUSE="a b"
REQUIRED_USE="^^ ( a b )"
END
printf '%s\nACCEPT_LICENSE="GPL-2"\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
# The copy that Portage gets can be read by its user.
chmod 600 $T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/test");'

# planned RHAI: plans it; the text is in plan.out.
planned() {
    printf '%s\n' "$1" >plan.rhai
    must "$G" plan plan.rhai >plan.out
}
# state FILE: writes a list of everything that Portage may change.
state() { find $T/etc $T/var/cache $T/var/db $T/var/lib/portage $T/var/log $T/var/tmp -xdev -printf '%p %T@ %s\n' | sort >"$1"; }

it 'a plan lists what will be merged, and nothing is written'
state before.txt
planned 'portage::emerge("/mnt/t", ["app-misc/one"]);'
must grep -q '  new app-misc/one-1 USE="std -extra"$' plan.out
must grep -q ' 1 package$' plan.out
# It sees the changes of the plan.
planned 'portage::package_use("/mnt/t", "app-misc/one", ["extra"]);
portage::emerge("/mnt/t", ["app-misc/two"]);'
must grep -q '  new app-misc/one-1 USE="extra std"$' plan.out
must grep -q '  new app-misc/two-1$' plan.out
# What an earlier program may have changed is not known.
planned 'portage::emerge("/mnt/t", ["app-misc/one"]);
portage::emerge("/mnt/t", ["app-misc/dog"]);'
must_not grep -q 'new app-misc/dog' plan.out
state after.txt
must cmp before.txt after.txt

it 'what Portage would do as data'
says 'let merge = portage::pretend("/mnt/t", ["app-misc/two"]);
for one in merge.packages { print(`${one.name} ${one.version} ${one.slot} ${one.repository} ${one.kind} ${one.flags}`); }
print(merge.changes);' 'app-misc/one-1 1 0 gentoo new ["extra", "std"]
app-misc/two-1 1 0 gentoo new []
["package.use >=app-misc/one-1 extra"]'

it 'why Portage cannot merge, before anything runs'
refused 'package.use >=app-misc/one-1 extra' 'portage::emerge("/mnt/t", ["app-misc/two"]);'
refused 'emerge finds no package for: app-misc/oen; similar names: app-misc/one' 'portage::emerge("/mnt/t", ["app-misc/oen"]);'
refused 'the name dog is ambiguous: app-misc/dog, app-other/dog' 'portage::emerge("/mnt/t", ["dog"]);'
refused 'packages depend on each other in a circle' 'portage::emerge("/mnt/t", ["app-misc/hen"]);'
refused '"app-misc/dog" is hard blocking app-misc/cat-1' 'portage::emerge("/mnt/t", ["app-misc/cat", "app-misc/dog"]);'
refused 'the USE flags of app-misc/either-1::gentoo contradict its REQUIRED_USE' 'portage::emerge("/mnt/t", ["app-misc/either"]);'
must grep -q 'exactly-one-of ( a b )' refused.out
cp -p $T/etc/portage/make.conf make.conf
echo 'B="open' >>$T/etc/portage/make.conf
refused '/etc/portage/make.conf, line 6: Portage cannot parse the file: No closing quotation' 'portage::emerge("/mnt/t", ["app-misc/one"]);'
cp -p make.conf $T/etc/portage/make.conf
mv $R $R.away
refused 'the ebuild repository gentoo is missing: /var/db/repos/gentoo does not exist' 'portage::emerge("/mnt/t", ["app-misc/one"]);'
mv $R.away $R
refused 'the table must be one of' 'portage::accept("/mnt/t", ["package.mask app-misc/one"]);'

it 'why a build could not begin or end'
package app-misc/fetched 1 amd64 <<'END'
SRC_URI="http://127.0.0.1:9/a.tar"
END
echo 'DIST a.tar 10 BLAKE2B 00 SHA512 00' >$R/app-misc/fetched/Manifest
package app-misc/damaged 1 amd64 <<'END'
SRC_URI="http://127.0.0.1:9/b.tar"
END
printf 'DIST b.tar 3 BLAKE2B %s SHA512 %s\n' "$(printf abd | b2sum | cut -d' ' -f1)" "$(printf abd | sha512sum | cut -d' ' -f1)" >$R/app-misc/damaged/Manifest
package app-misc/large 1 amd64 <<'END'
src_compile() { head -c 20000000 /dev/zero >large || die "it cannot write"; }
END
mkdir -p $T/var/cache/distfiles $T/var/tmp/portage
printf abc >$T/var/cache/distfiles/b.tar
printf 'GENTOO_MIRRORS=""\nFETCHCOMMAND="/bin/false \\${FILE}"\nRESUMECOMMAND="/bin/false \\${FILE}"\n' >>$T/etc/portage/make.conf
fails 'the package app-misc/fetched-1 failed: a.tar could not be downloaded' 'portage::emerge("/mnt/t", ["app-misc/fetched"], #{ oneshot: true });'
fails 'the package app-misc/damaged-1 failed: /var/cache/distfiles/b.tar has a wrong checksum' 'portage::emerge("/mnt/t", ["app-misc/damaged"], #{ oneshot: true });'
must mount -t tmpfs -o size=2M tmpfs $T/var/tmp/portage
fails 'the package app-misc/large-1::gentoo failed: no space left on device' 'portage::emerge("/mnt/t", ["app-misc/large"], #{ oneshot: true });'
must umount $T/var/tmp/portage

it 'settings that Portage requires are shown as changes of files, and made without Portage'
ALL='["app-misc/two", "app-misc/three", "app-misc/licensed", "app-misc/masked"]'
mkdir $T/etc/portage/package.use
printf '# mine\napp-misc/one -extra # not yet\n' >$T/etc/portage/package.use/mine
planned "portage::accept(\"/mnt/t\", portage::pretend(\"/mnt/t\", $ALL).changes);
portage::emerge(\"/mnt/t\", $ALL);"
for line in '+=app-misc/three-1 ~amd64' '+>=app-misc/licensed-1 odd' '+=app-misc/masked-1' '+>=app-misc/one-1 extra'; do
    must grep -qF -- "$line" plan.out
done
must grep -q ' 5 packages$' plan.out
do_ "portage::accept(\"/mnt/t\", portage::pretend(\"/mnt/t\", $ALL).changes);
portage::emerge(\"/mnt/t\", $ALL);"
must test -d $T/var/db/pkg/app-misc/two-1 -a -d $T/var/db/pkg/app-misc/masked-1
printf '# mine\napp-misc/one -extra # not yet\n' | must cmp - $T/etc/portage/package.use/mine
must_not compgen -G "$T/etc/portage/*/._cfg*"
must test "$(cat $T/etc/portage/package.license/gscript)" = '>=app-misc/licensed-1 odd'

it 'kinds, versions and flags of updates'
package app-misc/one 2 amd64 <<'END'
IUSE="extra std new"
SRC_URI="https://example.invalid/one.tar"
END
echo 'DIST one.tar 123456 BLAKE2B 00 SHA512 00' >$R/app-misc/one/Manifest
says 'let one = portage::pretend("/mnt/t", ["@world"], #{ update: true, deep: true }).packages[0];
print(`${one.name} ${one.kind} ${one.installed} ${one.changed_flags} ${one.download > 123000} ${one.binary}`);
print(portage::pretend("/mnt/t", ["=app-misc/one-1"]).packages[0].kind);
print(portage::version("/mnt/t", "app-misc/one"));
print(portage::best_version("/mnt/t", "app-misc/one"));
print(portage::version("/mnt/t", "app-misc/dog") == "");' 'app-misc/one-2 update ["1"] ["-new", "-std"] true false
rebuild
app-misc/one-1
app-misc/one-2
true'
