#!/bin/bash
# bridge.at_boot, vlan.at_boot: a bridge and a VLAN in the files of netifrc, NetworkManager and systemd-networkd, which sets them up.
#
# disks: 16M
# tier: make lab
# takes: 30 s
# needs: /lib/systemd/systemd-networkd
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

target /mnt/t
T=/mnt/t
must modprobe -a 8021q bridge veth
mkdir -p $T/etc/init.d $T/etc/conf.d $T/etc/systemd
: >$T/etc/init.d/net.lo

# bridge OPTIONS, vlan OPTIONS: gives the system the bridge, or the VLAN.
vlan() { same_again "vlan::at_boot(\"/mnt/t\", \"e0.5\", \"e0\", 5, #{ $1 });"; }
bridge() { same_again "bridge::at_boot(\"/mnt/t\", \"br-0\", #{ $1 });"; }
address='address: "192.0.2.10/24", gateway: "192.0.2.1", dns: ["192.0.2.1", "2001:db8::1"]'

it 'netifrc gets variables of the bridge and its ports'
printf '# mine\nconfig_lo="127.0.0.1/8"\nconfig_e0="dhcp"\n' >$T/etc/conf.d/net
bridge "$address, ports: [\"e0\", \"e1\"], manager: \"netifrc\""
must test "$(. $T/etc/conf.d/net; echo "$config_lo|$config_br_0|$bridge_br_0|$config_e0|$config_e1|$routes_br_0|$rc_net_br_0_need")" = \
    '127.0.0.1/8|192.0.2.10/24|e0 e1|null|null|default via 192.0.2.1|net.e0 net.e1'
for link in br-0 e0 e1; do must test "$(readlink $T/etc/init.d/net.$link)" = net.lo; done

it 'arrays of older guides stay arrays'
cat >$T/etc/conf.d/net <<'END'
# it's old
config_e0=( "192.168.0.2/24" "192.168.0.3/24" ) # two addresses
routes_e0=(
	"default via 192.168.0.1"
)
END
same_again 'net::address("/mnt/t", "e0", "192.0.2.10/24", #{ gateway: "192.0.2.1", init: "openrc" });'
printf '%s\n' "# it's old" 'config_e0=( "192.0.2.10/24" ) # two addresses' 'routes_e0=(' '	"default via 192.0.2.1"' ')' | must cmp - $T/etc/conf.d/net
must test "$(. $T/etc/conf.d/net; echo "${#config_e0[@]} ${config_e0[0]} ${routes_e0[0]}")" = '1 192.0.2.10/24 default via 192.0.2.1'
printf 'x=1\nconfig_e0=( "$x" )\n' >$T/etc/conf.d/net
refused '/etc/conf.d/net: line 2: config_e0: refers to another variable' \
    'net::address("/mnt/t", "e0", "192.0.2.10/24", #{ init: "openrc" });'

it 'netifrc gets a VLAN, and the link below keeps its settings'
printf 'config_e0="192.168.0.2/24"\nvlans_e0="2"\n' >$T/etc/conf.d/net
rm $T/etc/init.d/net.e0
vlan "$address, manager: \"netifrc\""
must test "$(. $T/etc/conf.d/net; echo "$config_e0|$vlans_e0|$e0_vlan5_name|$config_e0_5|$routes_e0_5")" = \
    '192.168.0.2/24|2 5|e0.5|192.0.2.10/24|default via 192.0.2.1'
must test "$(readlink $T/etc/init.d/net.e0)" = net.lo
must_not test -e $T/etc/init.d/net.e0.5

it 'NetworkManager gets files that only root can read'
connections=$T/etc/NetworkManager/system-connections
mkdir -p $connections
bridge "$address, ports: [\"e0\"], manager: \"networkmanager\""
printf '%s\n' '[connection]' id=br-0 type=bridge interface-name=br-0 '' '[ipv4]' method=manual address1=192.0.2.10/24,192.0.2.1 \
    'dns=192.0.2.1;' '' '[ipv6]' method=auto 'dns=2001:db8::1;' | must cmp - $connections/br-0.nmconnection
must test "$(stat -c %a:%u $connections/br-0.nmconnection)" = 600:0
must grep -qx master=br-0 $connections/br-0-e0.nmconnection
vlan "$address, manager: \"networkmanager\""
printf '%s\n' '[connection]' id=e0.5 type=vlan interface-name=e0.5 '' '[vlan]' id=5 parent=e0 '' '[ipv4]' method=manual \
    address1=192.0.2.10/24,192.0.2.1 'dns=192.0.2.1;' '' '[ipv6]' method=auto 'dns=2001:db8::1;' | must cmp - $connections/e0.5.nmconnection
must test "$(stat -c %a:%u $connections/e0.5.nmconnection)" = 600:0

it 'systemd-networkd sets up the bridge with its port'
bridge 'address: "192.0.2.10/24", gateway: "192.0.2.1", ports: ["e0"], manager: "networkd"'
# boot COMMAND: prints what a command prints after systemd-networkd has set up the links of the files, with 192.0.2.1 as gateway.
boot() {
    cat >boot.sh <<END
mount -t tmpfs tmpfs /run
# Without udev, as in a container.
mount -t sysfs -o ro sysfs /sys
mkdir -p /run/systemd/network
cp -r $T/etc/systemd/network/* /run/systemd/network/
ip link add e0 type veth peer name far
ip link set far up
/lib/systemd/systemd-networkd &
until ip route show default | grep -q 192.0.2.1; do sleep 0.1; done
$1
kill \$!
wait
END
    unshare --net --mount --fork --kill-child bash boot.sh >networkd.txt 2>networkd.err
}
must boot 'ip -brief address show dev br-0; ip -brief link show master br-0'
must grep -q '^br-0 .* 192.0.2.10/24' networkd.txt
must grep -q '^e0@far' networkd.txt

it 'systemd-networkd sets up the VLAN above a link with an address'
rm -r $T/etc/systemd/network
same_again 'net::address("/mnt/t", "e0", "198.51.100.2/24", #{ init: "systemd" });'
vlan 'address: "192.0.2.10/24", gateway: "192.0.2.1", manager: "networkd"'
must boot 'ip -brief -4 address; ip -d link show e0.5'
must grep -q '^e0@far .* 198.51.100.2/24' networkd.txt
must grep -q '^e0.5@e0 .* 192.0.2.10/24' networkd.txt
must grep -q 'vlan protocol 802.1Q id 5' networkd.txt

it 'systemd-networkd sets up the VLAN above a link without settings'
rm -r $T/etc/systemd/network
vlan 'address: "192.0.2.10/24", gateway: "192.0.2.1", manager: "networkd"'
must boot 'ip -brief -4 address'
must grep -q '^e0.5@e0 .* 192.0.2.10/24' networkd.txt

it 'settings that contradict each other are refused'
refused 'the name is taken by the link below' 'vlan::at_boot("/mnt/t", "e0", "e0", 5);'
refused 'there is no address' 'bridge::at_boot("/mnt/t", "br0", #{ gateway: "192.0.2.1" });'
refused 'not in the network of' 'bridge::at_boot("/mnt/t", "br0", #{ gateway: "192.0.3.1", address: "192.0.2.10/24" });'
