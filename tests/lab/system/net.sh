#!/bin/bash
# net.*, bridge.*, tap.*, veth.*, vlan.*, macvlan.*, netns.*: links, addresses, routes and namespaces of a kernel.
#
# disks: 16M
# with: cut.so
# tier: make lab
# takes: 60 s
. "${0%/*}/../lib/cases.sh"

# Uses ioctl(2), so that the state of the link does not come from gscript itself.
lo() {
    python3 - "$1" <<'END'
import fcntl, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
name = b"lo".ljust(16, b"\0")
flags = lambda: struct.unpack("16xh", fcntl.ioctl(s, 0x8913, name + bytes(16))[:18])[0]
if sys.argv[1] == "down":
    fcntl.ioctl(s, 0x8914, name + struct.pack("h", flags() & ~1) + bytes(14))
print("up" if flags() & 1 else "down")
END
}

# links: prints the names of all links but the loopback one, and of all namespaces.
links() { ls /sys/class/net /run/netns 2>/dev/null | grep -vx lo | tr '\n' ' '; }

# reaches NAMESPACE ADDRESS: pings an address from a namespace.
reaches() { ip netns exec "$1" busybox ping -c 1 -W 3 "$2"; }

# group_of IP LINK: prints the group of a link, as the command ip of a namespace shows it.
group_of() { $1 -d link show "$2" | grep -o 'group [0-9]*'; }

must modprobe tun
mkdir -p /run/netns

it 'a link is set up once'
must test "$(lo down)" = down
says 'net::up("lo"); print(net::links().filter(|link| link.name == "lo")[0].up);' true
must test "$(lo show)" = up
do_ 'net::up("lo");'
must test "$(lo show)" = up
must test "$(lo down)" = down
before=$(links)

it 'namespaces on one bridge reach each other, and not those on another'
{
    echo 'bridge::create("br0"); bridge::create("br1"); net::up("br0"); net::up("br1");'
    for name in a b c; do
        bridge=br0 address=10.9.0.1
        case $name in b) address=10.9.0.2 ;; c) bridge=br1 address=10.9.0.3 ;; esac
        cat <<END
netns::create("$name");
veth::create("v$name", "eth0", #{ peer_netns: "$name" });
bridge::add_port("$bridge", "v$name");
net::up("v$name");
net::add_address("eth0", "$address/24", #{ netns: "$name" });
net::up("eth0", #{ netns: "$name" });
net::wait("eth0", #{ netns: "$name", address: true });
END
    done
} >joined.rhai
do_ "$(cat joined.rhai)"
must reaches a 10.9.0.2
must reaches b 10.9.0.1
must_not reaches a 10.9.0.3
must_not reaches c 10.9.0.1
group=$(group_of ip br0)
for name in va vb vc br1; do must test "$(group_of ip $name)" = "$group"; done
must test "$(group_of 'ip -n a' eth0)" = "$group"

it 'a second run keeps everything'
do_ "$(cat joined.rhai)"
must reaches a 10.9.0.2
says 'print(bridge::list().map(|bridge| bridge.ports.len())); print(netns::list());' '[2, 1]
["a", "b", "c"]'

it 'routes lead through a gateway'
do_ 'net::add_address("br0", "10.9.0.254/24"); net::add_address("br1", "10.8.0.254/24");
net::remove_address("eth0", "10.9.0.3/24", #{ netns: "c" });
net::add_address("eth0", "10.8.0.3/24", #{ netns: "c" });
net::add_route("default", "eth0", #{ via: "10.8.0.254", netns: "c" });
net::add_route("10.8.0.0/24", "eth0", #{ via: "10.9.0.254", netns: "a" });'
echo 1 >/proc/sys/net/ipv4/ip_forward
must reaches a 10.8.0.3
do_ 'net::remove_route("10.8.0.0/24", "eth0", #{ via: "10.9.0.254", netns: "a" });'
must_not reaches a 10.8.0.3
do_ 'net::add_address("eth0", "fd00:9::1/64", #{ netns: "a" });
net::add_address("eth0", "fd00:9::2/64", #{ netns: "b" });
net::wait("eth0", #{ netns: "a", address: true });
net::wait("eth0", #{ netns: "b" });'
must reaches a fd00:9::2

it 'a port that is removed is not reached'
do_ 'bridge::remove_port("br0", "vb");'
must_not reaches a 10.9.0.2

it 'VLANs, macvlans and tap devices are created and removed'
do_ 'vlan::create("vb.5", "vb", 5); net::up("vb.5"); macvlan::create("mac0", "vb");
vlan::create("eth0.5", "eth0", 5, #{ netns: "b" }); net::up("eth0.5", #{ netns: "b" });
net::add_address("vb.5", "10.7.0.1/24"); net::add_address("eth0.5", "10.7.0.2/24", #{ netns: "b" });
tap::create("tap0", #{ owner: 1000 }); tap::create("tap1", #{ netns: "a" });'
must reaches b 10.7.0.1
ip -d tuntap >tap.txt
must grep -q 'tap0: tap persist user 1000' tap.txt
ip -d link show mac0 >mac.txt
must grep -q 'macvlan mode bridge' mac.txt
do_ 'net::down("vb");'
must test "$(cat /sys/class/net/vb.5/operstate)" = down
do_ 'net::up("vb");'
must reaches b 10.7.0.1
do_ 'macvlan::remove("mac0"); vlan::remove("vb.5"); tap::remove("tap0"); tap::remove("tap1", #{ netns: "a" });'
must_not test -e /sys/class/net/tap0

it 'a link that does not come up is an error'
echo 'tap::create("tap9"); net::up("tap9"); net::wait("tap9", #{ within: 1 });' >wait.rhai
ask wait "$G" wait.rhai --yes --journal /run/wait
exits wait 1
tells wait 'timed out after 1 s waiting for a carrier of link tap9'
must_not test -e /sys/class/net/tap9

it 'removal leaves nothing'
do_ 'veth::remove("va"); netns::remove("a"); netns::remove("b"); netns::remove("c"); bridge::remove("br0"); bridge::remove("br1");'
must test "$(links)" = "$before"
nothing_left

# removed NAME: prints how many messages asked the kernel to remove links, as strace has recorded them in the file NAME.
removed() { grep -c 'nlmsg_type=RTM_DELLINK' "$1"; }

# traced NAME COMMAND…: runs a command, and records its messages to the kernel in the file NAME.
traced() { strace -f -qq -s 200 -e trace=sendto -o "$@"; }

it 'the links of a run are removed with one message'
echo 'for name in ["b0", "b1", "b2"] { bridge::create(name); net::up(name); }' >group.rhai
must "$G" group.rhai --yes --journal /run/group 2>group.err
group=$(group_of ip b0)
must traced group.trace "$PROGRAM" release --yes "$(echo /run/group/*/journal.jsonl)" 2>release.err
must grep -qF "$ ip link delete $group" release.err
must test "$(removed group.trace)" = 1
must test "$(links)" = "$before"

it 'a link of another program with the same group is kept'
rm -rf /run/group
must "$G" group.rhai --yes --journal /run/group 2>group.err
must ip link add alien type dummy
must ip link set alien group "$(group_of ip b0 | cut -d" " -f2)"
must traced alien.trace "$PROGRAM" release --yes "$(echo /run/group/*/journal.jsonl)" 2>release.err
must test "$(removed alien.trace)" = 3
must test -e /sys/class/net/alien
must ip link delete alien
must test "$(links)" = "$before"

it 'links of a failed run are removed with one message'
echo 'tap::create("b3"); net::up("b3"); net::wait("b3", #{ within: 1 });' >>group.rhai
must_not traced failed.trace "$G" group.rhai --yes --journal /run/failed 2>failed.err
must test "$(removed failed.trace)" = 1
must test "$(links)" = "$before"
nothing_left

it 'an action reads the links that it changes, and not all'
recipe many.rhai <<'END'
for n in 0..20 { bridge::create(`b${n}`); tap::create(`t${n}`); bridge::add_port(`b${n}`, `t${n}`); }
END
must traced many.trace "$G" many.rhai --yes --prove --journal /run/many 2>many.err
# One of all links per second at most, and not one per action.
must test "$(grep -c 'RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP' many.trace)" -lt 30
must "$G" release --yes "$(echo /run/many/*/journal.jsonl)" 2>release.err
must test "$(links)" = "$before"

it 'a link that is not as predicted is found'
echo 'bridge::create("b0"); tap::create("t0");' >differs.rhai
must strace -f -qq -e trace=ioctl -o differs.trace "$G" differs.rhai --yes --journal /run/alike 2>differs.err
must "$G" release --yes "$(echo /run/alike/*/journal.jsonl)" 2>release.err
# The kernel removes the device with the descriptor, as if the call that keeps it had not been made.
call=$(awk '/TUNSETPERSIST/ { print count[$1] + 1; exit } / ioctl\(/ { count[$1]++ }' differs.trace)
must test -n "$call"
must_not strace -f -qq -e trace=ioctl -e inject="ioctl:retval=0:when=$call" -o differs.trace "$G" differs.rhai --yes --journal /run/differs 2>differs.err
must grep -q 'link t0: predicted tap, down, found nothing' differs.err
must test "$(links)" = "$before"

it 'what changes with a link is read, too'
must ip link add up0 type dummy
must ip link add link up0 name up0.7 type vlan id 7 loose_binding on
echo 'bridge::create("b0"); net::up("up0"); print(net::links().filter(|link| link.name == "up0.7")[0].up);' >loose.rhai
ask loose "$G" loose.rhai --yes --journal /run/loose
exits loose 3
tells loose 'the result of net.links differs from the plan'
must ip link delete up0
must test "$(links)" = "$before"

it 'a name that is taken is refused'
must ip link add taken type dummy
echo 'bridge::create("taken");' >taken.rhai
ask taken "$G" taken.rhai --yes --journal /run/taken
exits taken 2
tells taken 'network link taken: the name is taken by a dummy'
must ip link delete taken

it 'a port that carries the session or the default route is refused'
must ip link add up0 type dummy
must ip address add 192.0.2.10/24 dev up0
must ip link set up0 up
echo 'bridge::create("br0"); bridge::add_port("br0", "up0");' >cut.rhai
SSH_CONNECTION='192.0.2.9 50000 192.0.2.10 22' ask cut "$G" cut.rhai --yes --journal /run/cut
exits cut 3
tells cut 'network link up0 carries the SSH connection of this session, to 192.0.2.10'
must ip route add default via 192.0.2.254
ask cut "$G" cut.rhai --yes --journal /run/cut
exits cut 3
tells cut 'network link up0 carries the default route'
must ip link delete up0
must test "$(links)" = "$before"

it 'a killed run is released or resumed'
recipe killed.rhai <<'END'
netns::create("a");
bridge::create("br0");
veth::create("va", "eth0", #{ peer_netns: "a" });
bridge::add_port("br0", "va");
tap::create("tap0");
vlan::create("br0.5", "br0", 5);
net::up("br0");
net::add_address("eth0", "10.9.0.1/24", #{ netns: "a" });
net::up("eth0", #{ netns: "a" });
net::add_route("10.8.0.0/24", "eth0", #{ netns: "a" });
END
must "$G" killed.rhai --yes --prove --journal /run/whole 2>whole.err
all=$(links)
must "$G" release --yes "$(echo /run/whole/*/journal.jsonl)" 2>release.err
must test "$(links)" = "$before"
# With CUT_EACH, after every record.
records='3 8 13 18'
[ -z "${CUT_EACH:-}" ] || records=$(seq 2 20)
for n in $records; do
    rm -rf /run/killed
    (export CUT_RECORD=$n LD_PRELOAD=$OUT/cut.so; "$G" killed.rhai --yes --journal /run/killed >killed.out 2>killed.err)
    [ $? = 137 ] || fail "it was not killed after record $n"
    if [ $((n % 2)) = 0 ]; then
        must "$G" resume --journal /run/killed --yes >resumed.out 2>resumed.err
        must test "$(links)" = "$all"
        ip -n a route show >route.txt
        must grep -q '10.8.0.0/24 dev eth0' route.txt
    fi
    must "$G" release --yes "$(echo /run/killed/*/journal.jsonl)" 2>release.err
    must test "$(links)" = "$before"
done
nothing_left

it 'a run is resumed as after a reboot'
rm -rf /run/killed
(export CUT_RECORD=19 LD_PRELOAD=$OUT/cut.so; "$G" killed.rhai --yes --journal /run/killed >killed.out 2>killed.err)
for link in br0 va tap0; do must ip link delete $link; done
must umount /run/netns/a
must rm /run/netns/a
must "$G" resume --journal /run/killed --yes >resumed.out 2>resumed.err
must test "$(links)" = "$all"
must "$G" release --yes "$(echo /run/killed/*/journal.jsonl)" 2>release.err
must test "$(links)" = "$before"
nothing_left
