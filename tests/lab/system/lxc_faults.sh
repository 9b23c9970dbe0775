#!/bin/bash
# lxc.*: what a guest needs, a second run, limits that LXC ignores, runs that fail or are killed, removal.
#
# disks: 128M
# tier: make lab
# takes: 60 s
# needs: /usr/local/lib/gscript-lxc/usr/bin/lxc-start
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/lxc.sh"

it 'a guest needs subordinate identifiers, a root and a bridge'
root_of one
mv /etc/subuid subuid
fails 'user root: 0 subordinate identifiers in /etc/subuid' 'lxc::create("one");'
echo root:100000:1000 >/etc/subuid
fails 'user root: 1000 subordinate identifiers in /etc/subuid' 'lxc::create("one");'
mv subuid /etc/subuid
fails 'the root /var/lib/lxc/two/rootfs does not exist' 'lxc::create("two");'
fails 'there is no bridge none0' 'lxc::create("one", #{ bridge: "none0" });'
fails '/usr/share/lxc/templates/lxc-none does not exist' 'lxc::create("two", #{ template: "none" });'
fails 'guest one: no such guest in /var/lib/lxc' 'lxc::start("one");'

it 'a second run changes nothing, and another setting is refused'
do_ 'lxc::create("one", #{ read_only: ["/usr/share"] }); lxc::start("one");'
must_not inside one 'touch /usr/share/made' 2>read_only.txt
must inside one 'test -d /usr/share/lxc'
says 'print(`${lxc::info("one").state} ${lxc::info("one").rootfs} ${lxc::info("none").exists}`);' 'running /var/lib/lxc/one/rootfs false'
same_again 'lxc::create("one", #{ read_only: ["/usr/share"] }); lxc::start("one");'
fails 'guest one: exists without the setting lxc.mount.entry' 'lxc::create("one", #{ read_only: ["/usr/lib"] });'
fails 'guest one is running' 'lxc::destroy("one");'

it 'a limit that LXC ignores is found'
do_ 'lxc::limits("one", #{ pids_max: 20 }); lxc::stop("one", #{ timeout: 30 });'
sed -i 's/^lxc.cgroup2.pids.max.*/lxc.cgroup.pids.max = 20/' /var/lib/lxc/one/config
fails 'limit pids.max of guest one: configured 20, found max' 'lxc::start("one");'
must test "$(lxc-info -n one -s -H)" = STOPPED

it 'a failed run stops what it has started'
root_of two
do_ 'lxc::create("two");'
sed -i /pids.max/d /var/lib/lxc/one/config
fails 'exit code 9' 'lxc::start("one"); lxc::freeze("one"); lxc::start("two"); lxc::attach("two", ["sh", "-c", "exit 9"]);'
must test "$(lxc-info -n one -s -H) $(lxc-info -n two -s -H)" = 'STOPPED STOPPED'
must_not compgen -G "$C/lxc.payload.*"

it 'a run that is killed while it starts a guest is released'
printf '%s\n' 'lxc::start("two");' >killed.rhai
"$G" killed.rhai --yes --journal /run/killed >killed.out 2>killed.err </dev/null &
PID=$!
until grep -q '@/var/lib/lxc/two/command' /proc/net/unix; do sleep 0.05; done
kill -9 $PID
wait $PID
must "$G" release --yes "$(echo /run/killed/*/journal.jsonl)" 2>release.err
must test "$(lxc-info -n two -s -H)" = STOPPED
must_not compgen -G "$C/lxc.payload.*"

it 'a guest that cannot start shows the reason'
rm /var/lib/lxc/one/rootfs/sbin/init
fails 'No such file or directory - Failed to exec "/sbin/init"' 'lxc::start("one");'

it 'a guest is destroyed after approval only'
printf '%s\n' 'lxc::destroy("one");' >destroy.rhai
ask destroy "$G" destroy.rhai --yes --journal /run/destroy
must test "$(cat destroy.code)" != 0
must test -e /var/lib/lxc/one/config
approved one 'lxc::destroy("one");'
must_not test -e /var/lib/lxc/one
