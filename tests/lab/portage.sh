# portage.*: real Portage, with a repository of a few packages that need no network.

target /mnt/t
T=/mnt/t
P=/usr/local/lib/gscript-portage
if [ -x $P/bin/emerge ]; then
    # Portage from PyPI lives in a folder of its own; it is told that the root is its root.
    for program in emerge portageq ebuild; do
        printf '#!/bin/sh\nPORTAGE_OVERRIDE_EPREFIX= exec %s "$@"\n' $P/bin/$program >$T/usr/local/bin/$program
        chmod 755 $T/usr/local/bin/$program
    done
    mkdir -p $T/share && ln -s $P/share/portage $T/share/portage
    chroot $T groupadd -g 250 portage
    chroot $T useradd -u 250 -g portage -d /var/tmp/portage -s /bin/false portage
else
    must command -v emerge
fi

# No udev made this one.
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
do_ 'chroot::prepare("/mnt/t");'

# package NAME VERSION KEYWORDS <<END: an ebuild, with what is to be in it.
R=$T/var/db/repos/gentoo
package() {
    mkdir -p "$R/$1"
    { printf 'EAPI=8\nDESCRIPTION="a test"\nLICENSE="GPL-2"\nSLOT="0"\nS="${WORKDIR}"\nKEYWORDS="%s"\n' "$3"; cat; } >"$R/$1/${1#*/}-$2.ebuild"
}
mkdir -p $R/metadata $R/profiles/default/linux/test $R/profiles/default/linux/other $R/licenses
printf 'repo-name = gentoo\nmasters =\nthin-manifests = true\nsign-manifests = false\nprofile-formats = portage-2\n' >$R/metadata/layout.conf
echo gentoo >$R/profiles/repo_name; echo 8 >$R/profiles/eapi; echo amd64 >$R/profiles/arch.list
printf 'app-misc\nsys-kernel\n' >$R/profiles/categories
printf 'amd64 default/linux/test stable\namd64 default/linux/other stable\n' >$R/profiles/profiles.desc
: >$R/profiles/use.desc; : >$R/licenses/GPL-2; : >$R/licenses/odd
for p in test other; do
    echo 8 >$R/profiles/default/linux/$p/eapi
    printf 'ARCH="amd64"\nACCEPT_KEYWORDS="amd64"\nUSERLAND="GNU"\nKERNEL="linux"\nCHOST="x86_64-pc-linux-gnu"\n' >$R/profiles/default/linux/$p/make.defaults
done
package app-misc/one 1 amd64 <<'END'
IUSE="extra"
src_install() { insinto /opt; newins - one <<<"$(usex extra with without)"; }
END
package app-misc/two 1 amd64 <<'END'
RDEPEND="app-misc/one[extra]"
END
package app-misc/three 1 '~amd64' <<'END'
END
package app-misc/broken 1 amd64 <<'END'
src_compile() { die "it is made so"; }
END
package app-misc/after 1 amd64 <<'END'
BDEPEND="app-misc/one"
END
package sys-kernel/module 1 amd64 <<'END'
src_install() { insinto /lib/modules/6.6.62-test/extra; newins - module.ko <<<$RANDOM$RANDOM; }
END
sed -i 's/LICENSE="GPL-2"/LICENSE="odd"/' $R/app-misc/after/after-1.ebuild
mkdir -p $T/etc/portage/repos.conf $T/etc/portage/package.use
printf '[DEFAULT]\nmain-repo = gentoo\n[gentoo]\nlocation = /var/db/repos/gentoo\nsync-type =\nsync-uri =\nauto-sync = no\n' >$T/etc/portage/repos.conf/gentoo.conf
printf '# Mine.\nNJOBS="$(nproc)"\nFEATURES="-sandbox -usersandbox -userpriv -userfetch -pid-sandbox -network-sandbox -ipc-sandbox -mount-sandbox -news"\nMAKEOPTS="-j1" # few\nACCEPT_LICENSE="GPL-2"\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' >$T/etc/portage/make.conf
echo '# one file' >$T/etc/portage/package.accept_keywords
cp $T/etc/portage/make.conf before

same_again 'portage::make_conf("/mnt/t", #{ MAKEOPTS: "-j9 -l8", EMERGE_DEFAULT_OPTS: "--jobs=2 --load-average=8 --ask" });
portage::profile("/mnt/t", "default/linux/test");'
{ sed 's/"-j1"/"-j9 -l8"/' before; echo 'EMERGE_DEFAULT_OPTS="--jobs=2 --load-average=8 --ask"'; } | must cmp - $T/etc/portage/make.conf
printf 'portage::make_conf("/mnt/t", #{ A: "b" });' >warned.rhai
"$G" plan warned.rhai >warned.out 2>&1
must grep -q 'sets NJOBS in a way that only a shell understands' warned.out
sed -i 's/NJOBS=.*/NJOBS=$(nproc)/' $T/etc/portage/make.conf
refused 'and no line of the file counts' 'portage::make_conf("/mnt/t", #{ A: "b" });'
sed -i 's/NJOBS=.*/NJOBS="$(nproc)"/' $T/etc/portage/make.conf
refused 'would become nothing' 'portage::make_conf("/mnt/t", #{ MAKEOPTS: "-j$((NJOBS+1))" });'
refused 'there is no profile default/linux/tset' 'portage::profile("/mnt/t", "default/linux/tset");'
must grep -q 'default/linux/test' refused.out
refused 'is not a package' 'portage::emerge("/mnt/t", ["--unmerge"]);'
must test "$(chroot $T portageq envvar MAKEOPTS)" = '-j9 -l8'

# Portage wants settings changed: the error has the calls, and they do.
fails 'portage::package_use("/mnt/t", ">=app-misc/one-1", ["extra"])' 'portage::emerge("/mnt/t", ["app-misc/two", "app-misc/three"]);'
must grep -qF 'portage::accept_keywords("/mnt/t", "=app-misc/three-1", ["~amd64"])' fails.out
same_again 'portage::package_use("/mnt/t", ">=app-misc/one-1", ["extra"]);
portage::accept_keywords("/mnt/t", "app-misc/three", ["~amd64"]);
portage::license("/mnt/t", "app-misc/after", ["odd"]);'
printf '# one file\napp-misc/three ~amd64\n' | must cmp - $T/etc/portage/package.accept_keywords
must test -f $T/etc/portage/package.use/gscript
do_ 'portage::emerge("/mnt/t", ["app-misc/two", "app-misc/three"], #{ jobs: 1 });'
must test "$(cat $T/opt/one)" = with
says 'print(portage::has_version("/mnt/t", ">=app-misc/one-1")); print(portage::has_version("/mnt/t", "app-misc/broken"));' 'true
false'

# A package that fails: which, its log, and how to go on without it.
fails 'the package app-misc/broken-1::gentoo failed (compile phase)' 'portage::emerge("/mnt/t", ["app-misc/broken", "app-misc/after"], #{ jobs: 1 });'
must grep -q 'it is made so' fails.out
must test -f "$(grep -o '/mnt/t/var/tmp/portage/app-misc/broken-1/temp/build.log' fails.out | head -1)"
do_ 'portage::resume("/mnt/t", #{ skip_first: true });'
must test -d $T/var/db/pkg/app-misc/after-1
do_ 'portage::emerge("/mnt/t", ["sys-kernel/module"]);'
before=$(cat $T/lib/modules/6.6.62-test/extra/module.ko)
do_ 'kernel::modules_rebuild("/mnt/t");'
must_not grep -qx "$before" $T/lib/modules/6.6.62-test/extra/module.ko
fails 'emerge knows no package for: app-misc/nonesuch' 'portage::emerge("/mnt/t", ["app-misc/nonesuch"]);'
