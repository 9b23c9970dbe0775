#!/bin/bash
# portage.*: the upkeep of a system with real Portage: repositories, updates, depclean, configuration files.
#
# disks: none
# tier: make lab
# takes: 25 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"

repository default/linux/test default/linux/other
package app-misc/one 1 amd64 <<'END'
src_install() { insinto /etc/one; newins - a.conf <<<'version 1'; newins - b.conf <<<'version 1'; }
END
package app-misc/lone 1 amd64 </dev/null
package app-misc/base 1 amd64 </dev/null
KERNEL=$(uname -r | cut -d- -f1)
SLOT=$KERNEL package sys-kernel/small-sources "$KERNEL" amd64 </dev/null
SLOT=1.0 package sys-kernel/small-sources 1.0 amd64 </dev/null
printf '%s\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/test");'
do_ 'portage::emerge("/mnt/t", ["app-misc/one", "app-misc/base"]);
portage::emerge("/mnt/t", ["app-misc/lone", "=sys-kernel/small-sources-1.0", "=sys-kernel/small-sources-'"$KERNEL"'"], #{ oneshot: true });'

it 'profiles and repositories are listed'
says 'for one in portage::profile_list("/mnt/t", #{ arch: "amd64" }) { print(`${one.name} ${one.status}`); }
for one in portage::repositories("/mnt/t") { print(`${one.name} ${one.location} ${one.exists} ${one.sync_type}`); }' 'default/linux/test stable
default/linux/other stable
gentoo /var/db/repos/gentoo true '

it 'repos.conf is edited without loss, and its mistakes are refused'
C=$T/etc/portage/repos.conf
printf '# mine\n[gentoo]\nsync-type =\n# Unsigned.\nsync-git-verify-commit-signature = false\n' >$C/zz.conf
same_again 'portage::repository("/mnt/t", "gentoo", #{ sync_type: "git", sync_uri: "file:///run/upstream" });
portage::repository("/mnt/t", "local", #{ location: "/srv/local", auto_sync: false });'
printf '# mine\n[gentoo]\nsync-type = git\n# Unsigned.\nsync-git-verify-commit-signature = false\nsync-uri = file:///run/upstream\n' | must cmp - $C/zz.conf
printf '[local]\nlocation = /srv/local\nauto-sync = no\n' | must cmp - $C/local.conf
refused 'the repository other has no location: Portage would ignore it' 'portage::repository("/mnt/t", "other", #{ sync_type: "git" });'
printf '[x]\nlocation = /x\n[x]\n' >$C/bad.conf
refused '/mnt/t/etc/portage/repos.conf/bad.conf:3: the section [x] occurs twice' 'portage::repository("/mnt/t", "local", #{ auto_sync: true });'
rm $C/bad.conf $C/local.conf
echo '# binary packages' >$T/etc/portage/binrepos.conf
same_again 'portage::binary_repository("/mnt/t", "test", #{ sync_uri: "https://example.org/packages", verify_signature: true });'
printf '# binary packages\n\n[test]\nsync-uri = https://example.org/packages\nverify-signature = true\n' | must cmp - $T/etc/portage/binrepos.conf
rm $T/etc/portage/binrepos.conf

it 'a repository is synchronized, and one that cannot be is refused'
cp -a $R /run/upstream
git -C /run/upstream init -q && git -C /run/upstream add -A
must git -C /run/upstream -c user.name=me -c user.email=me@example.org commit -q -m one
rm -r $R
refused 'the repository gentto is not configured; there are gentoo' 'portage::sync_repository("/mnt/t", #{ repository: "gentto" });'
do_ 'portage::sync_repository("/mnt/t", #{ repository: "gentoo" });'
must test -f $R/app-misc/one/one-1.ebuild
sed -i 's/sync-type = git/sync-type =/' $C/zz.conf
refused 'no sync-type is set for the repository: gentoo' 'portage::sync_repository("/mnt/t");'

it 'the world is updated, and files of packages wait for a decision'
echo mine >$T/etc/one/a.conf; echo mine >$T/etc/one/b.conf
package app-misc/one 2 amd64 <<'END'
src_install() { insinto /etc/one; newins - a.conf <<<'version 2'; newins - b.conf <<<'version 2'; }
END
printf 'portage::world("/mnt/t");\n' >world.rhai
must "$G" plan world.rhai >world.out
must grep -q '  update app-misc/one-2 (installed: 1)$' world.out
do_ 'portage::world("/mnt/t", #{ jobs: 1 });'
says 'for one in portage::pending_updates("/mnt/t", #{ directory: "/etc/one" }) { print(`${one.file} ${one.updates}`); }' '/etc/one/a.conf ["/etc/one/._cfg0000_a.conf"]
/etc/one/b.conf ["/etc/one/._cfg0000_b.conf"]'
printf 'portage::config_update("/mnt/t", "/etc/one/a.conf");\n' >update.rhai
must "$G" plan update.rhai >update.out
must grep -q '^ *-mine$' update.out
must grep -q '^ *+version 2$' update.out
same_again 'portage::config_update("/mnt/t", "/etc/one/a.conf");
portage::config_update("/mnt/t", "/etc/one/b.conf", #{ take: false });'
must test "$(cat $T/etc/one/a.conf $T/etc/one/b.conf)" = $'version 2\nmine'
must_not compgen -G "$T/etc/one/._cfg*"

it 'a plan of changed USE flags lists what they rebuild'
package app-misc/base 1 amd64 <<'END'
IUSE="extra"
END
mkdir -p $T/etc/portage/package.use
echo 'app-misc/base extra' >$T/etc/portage/package.use/base
printf 'portage::world("/mnt/t", #{ changed_use: true });\n' >changed.rhai
must "$G" plan changed.rhai >changed.out
must grep -q '  rebuild app-misc/base-1 .*extra' changed.out
rm $T/etc/portage/package.use/base

it 'a plan lists what depclean removes, and the running kernel is kept'
printf 'portage::depclean("/mnt/t");\n' >depclean.rhai
must "$G" plan depclean.rhai >depclean.out
must grep -q '  remove app-misc/lone-1$' depclean.out
must grep -q '  remove sys-kernel/small-sources-1.0$' depclean.out
must_not grep -q "small-sources-$KERNEL" depclean.out
says 'let gone = portage::depclean("/mnt/t", #{ keep: ["app-misc/lone"] }); print(gone);' '["sys-kernel/small-sources-1.0"]'
must test -d $T/var/db/pkg/app-misc/lone-1 -a -d $T/var/db/pkg/sys-kernel/small-sources-$KERNEL
must_not test -d $T/var/db/pkg/sys-kernel/small-sources-1.0
