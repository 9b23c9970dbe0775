#!/bin/bash
# distcc.*, and both roles of recipes/distcc-ssh.lua: nodes as network namespaces, each with a real sshd and distccd.
#
# disks: none
# tier: make lab
# takes: 20 s
# needs: /usr/local/lib/gscript-farm/usr/sbin/sshd
# needs: /usr/local/lib/gscript-farm/usr/bin/distcc
[ -n "${FARM_NETWORK-}" ] || FARM_NETWORK=own exec unshare --net -- "$BASH" "$0" "$@"
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/farm.sh"
own_root "$@"
. "$LAB/lib/target.sh"
trap 'code=$?; for n in 1 2; do sshd_stop $n; done; (exit $code); finish' EXIT

front() { "$G" "$PROJECT/recipes/distcc-ssh.lua" --yes --journal /run/proved --set role=front-end "$@"; }

it 'the first run shows the host keys and connects to no account'
front_end
for n in 1 2; do node $n; sshd_start $n; done
must front --prove --set nodes='10.79.0.11 10.79.0.12' >show.txt 2>&1
proved
for n in 1 2; do must grep -qF "10.79.0.1$n $(fingerprint $n)" show.txt; done
must test "$(stat -c '%a %U' /etc/distcc/.ssh/id_ed25519)" = '600 portage'
must test "$(stat -c %a /etc/distcc/.ssh/id_ed25519.pub)" = 644
must_not test -e /etc/distcc/.ssh/known_hosts
must "$G" plan "$PROJECT/recipes/distcc-ssh.lua" --set role=front-end --set nodes=10.79.0.11 --json >plan.json 2>plan.err
must python3 -c 'import json; assert {"effect": "connects", "host": "10.79.0.11"} in json.load(open("plan.json"))["effects"]'

it 'a node accepts the key for distccd only'
# distcc calls gcc by its name with the target.
COMPILERS="gcc g++ $(gcc -dumpmachine)-gcc $(gcc -dumpmachine)-g++"
for n in 1 2; do
    must "$G" "$PROJECT/recipes/distcc-ssh.lua" --yes --prove --journal /run/proved --set role=node --set root=/mnt/n$n \
        --set front_end_key=/etc/distcc/.ssh/id_ed25519.pub --set limits=none --set compilers="$COMPILERS" >node.txt 2>&1
    proved
    must test "$(chroot /mnt/n$n getent passwd distcc | cut -d: -f6,7)" = /etc/distcc:/bin/bash
    must test "$(grep ^distcc: /mnt/n$n/etc/shadow | cut -d: -f2)" = '*'
    must test "$(stat -c '%a %U' /mnt/n$n/etc/distcc/.ssh/authorized_keys)" = '644 root'
    sshd_stop $n; sshd_start $n
done
for n in 1 2; do ssh-keyscan -t ed25519 10.79.0.1$n 2>/dev/null; done >/etc/distcc/.ssh/known_hosts
must_not by_key 1 id
must grep -q 'this key is only for distccd' by_key.out
must by_key 1 node-info
must grep -qx 'limited no' by_key.out
must grep -qx "version $(gcc -dumpfullversion)" by_key.out
must_not by_key 1 -t 'distccd --inetd; id'
must_not grep -q uid= by_key.out
rm /etc/distcc/.ssh/known_hosts

it 'the second run of the node changes nothing'
must "$G" "$PROJECT/recipes/distcc-ssh.lua" --yes --json --journal /run/again --set role=node --set root=/mnt/n1 \
    --set front_end_key=/etc/distcc/.ssh/id_ed25519.pub --set limits=none --set compilers="$COMPILERS" >again.json 2>again.err
rm -r /run/again
must test "$(grep '"event":"done"' again.json | grep -vc '"already":"')" = 0

it 'another host key than the approved one is refused'
must_not front --set nodes=10.79.0.11 --set host_keys=approved --set fingerprints="$(fingerprint 2)" --set connections=manual >other.txt 2>&1
must grep -qF "has the host key $(fingerprint 1), not the approved $(fingerprint 2)" other.txt
must_not test -s /etc/distcc/.ssh/known_hosts
rm -r /run/proved

it 'each node proves that it compiles'
mkdir -p /etc/portage; printf 'CFLAGS="-O2"\nFEATURES="ccache"\n' >/etc/portage/make.conf
must front --prove --set nodes='10.79.0.11 10.79.0.12' --set host_keys=approved --set fingerprints="$(fingerprint 1) $(fingerprint 2)" --set connections=manual >front.txt 2>&1
proved
for n in 1 2; do must test "$(compiled $n)" = 1; done
must grep -q '10.79.0.12: .*COMPILE_OK.*check-' front.txt
must grep -q 'warning: the compilers of 10.79.0.12 have no limit of memory and processes' front.txt
jobs=$(nproc); [ "$jobs" -le 10 ] || jobs=10
must grep -qxF "DISTCC_HOSTS=\"localhost/2 distcc@10.79.0.11/$jobs distcc@10.79.0.12/$jobs\"" /etc/portage/make.conf
must grep -qxF "MAKEOPTS=\"-j$((2 + jobs + jobs))\"" /etc/portage/make.conf
must grep -qxF 'FEATURES="ccache distcc"' /etc/portage/make.conf

it 'compilations in the network sandbox reach the nodes by the socket of a connection'
install -d -o portage -g portage /var/tmp/portage
must_not compile 1 alone gcc
must /etc/distcc/distcc-masters start
for n in 1 2; do
    must compile $n sandboxed$n gcc
    must test -s /var/tmp/portage/sandboxed$n.o
    must grep -q "COMPILE_OK.*sandboxed$n.c" /mnt/n$n/var/log/distcc/distccd.log
done
says 'print(distcc::status().len());' 0

it 'only the compilers that are permitted run'
ln -s /bin/sh /mnt/n1/etc/distcc/evil-gcc
must_not compile 1 evil /etc/distcc/evil-gcc
must test "$(gcc-other -dumpmachine)" = "$(gcc -dumpmachine)"
must_not compile 1 other gcc-other
must grep -q 'gcc-other not in .*whitelist' /mnt/n1/var/log/distcc/distccd.log
must_not grep -q 'COMPILE_OK.*\(evil\|other\)' /mnt/n1/var/log/distcc/distccd.log
fails 'did not compile' 'distcc::check("10.79.0.11", #{ compiler: "gcc-other" });'
do_ 'distcc::check("10.79.0.11", #{ compiler: "g++" });'

it 'another compiler is refused'
rm /mnt/n2/usr/bin/gcc
printf '#!/bin/sh\ncase $1 in -dumpfullversion) echo 2.95.3;; *) exec %s-gcc "$@";; esac\n' "$(gcc -dumpmachine)" >/mnt/n2/usr/bin/gcc
chmod 755 /mnt/n2/usr/bin/gcc
fails 'node 10.79.0.12 has gcc 2.95.3 for' 'distcc::hosts(distcc::compiler(), [distcc::node_info("10.79.0.12")]);'

it 'a changed host key is refused'
must /etc/distcc/distcc-masters stop
sshd_stop 2; rm /mnt/n2/etc/ssh/ssh_host_*
must ssh-keygen -q -t ed25519 -N '' -f /mnt/n2/etc/ssh/ssh_host_ed25519_key
sshd_start 2
fails 'the host key of node 10.79.0.12 is unknown or has changed' 'distcc::node_info("10.79.0.12");'
before=$(compiled 2)
fails 'the host key of node 10.79.0.12 is unknown or has changed' 'distcc::check("10.79.0.12");'
must test "$(compiled 2)" = "$before"

it 'a dead node is told, and the others connect'
sshd_stop 2
fails 'no answer from node 10.79.0.12' 'distcc::scan_host("10.79.0.12");'
fails 'no answer from node 10.79.0.12' 'distcc::node_info("10.79.0.12");'
fails 'no answer from node 10.79.0.12' 'distcc::check("10.79.0.12");'
must /etc/distcc/distcc-masters start 2>masters.err
must grep -q 'no connection to 10.79.0.12' masters.err
must compile 1 alive gcc
must /etc/distcc/distcc-masters stop
must test -z "$(ls -A /run/distcc-ssh)"
must_not compgen -G "/tmp/distcc-check.*"

it 'private, DSA and other keys are refused'
refuses() { must_not "$G" "$PROJECT/recipes/distcc-ssh.lua" --yes --set role=node --set root=/mnt/n1 --set front_end_key="$1" >refuses.out 2>&1; }
refuses /etc/distcc/.ssh/id_ed25519
must grep -q 'contains a private key' refuses.out
must_not grep -q b3BlbnNz refuses.out
echo 'ssh-dss AAAAB3NzaC1kc3MAAACBAP old' >/run/dsa.pub
refuses /run/dsa.pub
must grep -q 'is a DSA key' refuses.out
must_not grep -q ssh-dss /mnt/n1/etc/distcc/.ssh/authorized_keys
