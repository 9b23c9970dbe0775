#!/bin/bash
# recipes/distcc-ssh.lua in use: killed and resumed, its service run by OpenRC, and an emerge of real Portage in its network
# sandbox that three nodes compile, one of them slowly.
#
# disks: none
# tier: make lab
# takes: 30 s
# needs: /usr/local/lib/gscript-farm/usr/sbin/sshd
# needs: /usr/local/lib/gscript-farm/usr/bin/distcc
# needs: /usr/local/lib/gscript-portage/bin/emerge
[ -n "${FARM_NETWORK-}" ] || FARM_NETWORK=own exec unshare --net -- "$BASH" "$0" "$@"
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/farm.sh"
own_root "$@"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
trap 'code=$?; for n in 1 2 3; do sshd_stop $n; done; (exit $code); finish' EXIT

TARGET=$(gcc -dumpmachine)
SHARED=/var/lib/farm
FRONT=("$PROJECT/recipes/distcc-ssh.lua" --set role=front-end --set 'nodes=10.79.0.11 10.79.0.12 10.79.0.13')

# seen FILE PID: waits until a file exists; fails if the process ends before.
seen() {
    until [ -e "$1" ]; do
        kill -0 "$2" 2>/dev/null || fail "not seen: $1"
        sleep 0.05
    done
}

# compilers: replaces the compilers of all machines. With the file `together`, a compilation waits until each node has begun
# one: all of them must take part, however fast they are. Node 3 waits for the file `go`. An object file has a symbol that
# names its machine. What a compilation can reach is noted.
compilers() {
    local name real
    real=$(readlink -f /usr/bin/gcc)
    for name in gcc "$TARGET-gcc"; do
        rm /usr/bin/"$name"
        cat >/usr/bin/"$name" <<END2
#!/bin/bash
case " \$* " in *' -c '*) ;; *) exec $real "\$@" ;; esac
name=\$(cat /etc/farm-name)
{
    echo "links \$(tail -n +3 /proc/net/dev | cut -d: -f1 | xargs)"
    (exec 3<>/dev/tcp/10.79.0.1/22) 2>&1 | grep -o 'Network is unreachable'
    echo "files \$(echo /home/* /root/* /etc/distcc/* /tmp/of*)"
    echo "processes \$(cd /proc && echo [0-9]* | wc -w) \$(id -un)"
} >$SHARED/reach.\$name
: >$SHARED/begun.\$name
wait_for() { for try in {1..5000}; do [ ! -e "\$1" ] || return 0; sleep 0.05; done; exit 9; }
if [ -e $SHARED/together ]; then
    for node in n1 n2 n3; do wait_for $SHARED/begun.\$node; done
fi
[ \$name != n3 ] || wait_for $SHARED/go
exec $real "\$@" -Wa,--defsym,built_on_\$name=1
END2
        chmod 755 /usr/bin/"$name"
    done
    must install -d -m 1777 $SHARED
    echo front >/etc/farm-name
}

it 'a run that is killed while a node compiles is resumed'
front_end
compilers
for n in 1 2 3; do
    node $n
    echo n$n >/mnt/n$n/etc/farm-name
    must mount --bind $SHARED /mnt/n$n$SHARED
    # What compilers must not see, although every user may.
    touch /mnt/n$n/{home,tmp}/of-others
    sshd_start $n
done
must "$G" "${FRONT[@]}" --yes >show.txt 2>&1
for n in 1 2 3; do
    must "$G" "$PROJECT/recipes/distcc-ssh.lua" --yes --set role=node --set root=/mnt/n$n \
        --set front_end_key=/etc/distcc/.ssh/id_ed25519.pub --set limits=none --set compilers="gcc $TARGET-gcc" >node.txt 2>&1
    sshd_stop $n; sshd_start $n
done
# OpenRC is not the init of this machine, and its network needs no service.
mkdir -p /run/openrc/{daemons,exclusive,failed,hotplugged,inactive,options,scheduled,started,starting,stopping,tmp,wasinactive}
: >/run/openrc/softlevel
printf '#!/sbin/openrc-run\ndepend() { provide net; }\nstart() { :; }\n' >/etc/init.d/farm-net
chmod 755 /etc/init.d/farm-net
mkdir -p /etc/portage
printf 'CHOST="%s"\nCFLAGS="-O2 -march=native -pipe"\n%s\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$TARGET" 'FEATURES="-sandbox -usersandbox -news"' >/etc/portage/make.conf
FRONT+=(--set host_keys=approved --set "fingerprints=$(fingerprint 1) $(fingerprint 2) $(fingerprint 3)" --set node_jobs=2)
must "$G" plan "${FRONT[@]}" >plan.out 2>&1
"$G" "${FRONT[@]}" --yes --journal /run/killed >killed.out 2>&1 &
seen $SHARED/begun.n3 $!
must kill -KILL $!
wait $!
must test $? = 137
touch $SHARED/go
must "$G" resume /run/killed/* --yes >resumed.out 2>&1
must test "$(wc -l </etc/distcc/.ssh/known_hosts)" = 3
must test "$(grep -c ^DISTCC_HOSTS= /etc/portage/make.conf)" = 1
for n in 1 2 3; do must test "$(compiled $n)" -ge 1; done
must grep -q '10.79.0.13: .*COMPILE_OK.*check-' resumed.out

it 'compilers on a node have no network and see no files of others'
for n in 1 2 3; do
    must grep -qx 'links lo' $SHARED/reach.n$n
    must grep -qx 'Network is unreachable' $SHARED/reach.n$n
    must chroot /mnt/n$n sh -c 'test -e /home/of-others && test -e /tmp/of-others && test -e /etc/distcc/distcc-node'
    must grep -qxF 'files /home/* /root/* /etc/distcc/* /tmp/of*' $SHARED/reach.n$n
done

it '-march=native is replaced with the flags of the front end'
must grep -q -- '-CFLAGS="-O2 -march=native -pipe"' plan.out
must grep -q -- '+CFLAGS="-O2 -march=[^n].* -pipe"' plan.out
must_not grep -q native /etc/portage/make.conf
# Of the limits, which these nodes do not have.
must_not grep -q 'warning: .*march' resumed.out
flags=$(sed -n 's/^CFLAGS="-O2 \(.*\) -pipe"$/\1/p' /etc/portage/make.conf)
must test -n "$flags"
# shellcheck disable=SC2086
must test "$(gcc $flags -Q --help=target)" = "$(gcc -march=native -Q --help=target)"

it 'OpenRC keeps the connections'
must test "$(readlink /etc/runlevels/default/distcc-ssh)" = /etc/init.d/distcc-ssh
must rc-service distcc-ssh status
for n in 1 2 3; do must test -S /run/distcc-ssh/10.79.0.1$n; done
must rc-service distcc-ssh restart
must rc-service distcc-ssh stop
must test -z "$(ls -A /run/distcc-ssh)"
must rc-service distcc-ssh start

it 'an emerge in the network sandbox is compiled by three nodes, and a slow one is waited for'
# As distcc-config of Gentoo makes them.
mkdir -p /usr/lib/distcc/bin
for name in gcc "$TARGET-gcc"; do ln -s /usr/bin/distcc /usr/lib/distcc/bin/$name; done
use_pypi ''
R=/var/db/repos/gentoo
use_repository ''
repository default/linux/test
package app-misc/parts 1 amd64 <<'END2'
RESTRICT="strip"
src_compile() {
    local part
    for part in {1..16}; do echo "int part$part(void) { return $part; }" >part$part.c; done
    echo 'int main(void) { return 0; }' >part.c
    printf 'parts: %s\n\t$(CC) -o $@ $^\n' "$(echo part{,{1..16}}.o)" >Makefile
    ip -o link >links || die
    emake CC="${CHOST}-gcc"
}
src_install() { insinto /opt; doins parts links; }
END2
do_ 'portage::profile("/", "default/linux/test");'
must test "$(portageq envvar FEATURES | tr ' ' '\n' | grep -cxE 'distcc|network-sandbox|userpriv')" = 3
rm $SHARED/*
touch $SHARED/together
printf 'portage::emerge("/", ["app-misc/parts"], #{ oneshot: true });' >emerge.rhai
"$G" emerge.rhai --yes --journal /run/emerge >emerge.out 2>&1 &
EMERGE=$!
seen $SHARED/begun.n3 $EMERGE
slow='let slow = [];
for job in distcc::status() {
    if job.host.contains("10.79.0.13") && job.state == "Compile" && job.file.starts_with("part") { slow.push(job); }
}
print(slow.len() > 0);'
printf '%s\n' "$slow" >slow.rhai
# A compiler may begin before the front end notes that it has sent the file.
until "$G" slow.rhai --yes 2>&1 | grep -qw true; do
    kill -0 $EMERGE 2>/dev/null || fail
done
until grep -q 'COMPILE_OK.*part' /mnt/n1/var/log/distcc/distccd.log && grep -q 'COMPILE_OK.*part' /mnt/n2/var/log/distcc/distccd.log; do
    kill -0 $EMERGE 2>/dev/null || fail
    sleep 0.05
done
says "$slow" true
STATES=/var/tmp/portage/.distcc/state
cp $STATES/binstate_* .
must_not grep -q 'COMPILE_OK.*part' /mnt/n3/var/log/distcc/distccd.log
touch $SHARED/go
must wait $EMERGE
must test "$(cut -d: -f2 /opt/links)" = ' lo'
for n in 1 2 3; do
    must grep -q 'COMPILE_OK.*part' /mnt/n$n/var/log/distcc/distccd.log
    must test "$(nm /opt/parts | grep -c "built_on_n$n\$")" -ge 1
done
# What a client that is killed leaves.
cp binstate_* $STATES
says 'print(distcc::status().len());' 0
must test "$(ls binstate_*)" = "$(cd $STATES && ls)"
echo state >$STATES/binstate_1
fails '/var/tmp/portage/.distcc/state/binstate_1 is not a state file of distcc 3' 'distcc::status();'
