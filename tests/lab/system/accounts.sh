#!/bin/bash
# system.authorized_keys, net.address, net.hosts and the accounts and network of an installation, in a root of its own.
#
# disks: none
# tier: make test
# takes: 5 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

it 'keys of a user belong to that user, and nobody else can read them'
target /mnt/t
T=/mnt/t
must ssh-keygen -q -t ed25519 -N '' -C ada@box -f "$OUT/ada"
must ssh-keygen -q -t rsa -b 2048 -N '' -C old@box -f "$OUT/old"
do_ 'system::user("/mnt/t", "ada", #{ groups: ["audio"] });'
KEYS=$T/home/ada/.ssh
same_again 'system::authorized_keys("/mnt/t", "ada", "'"$OUT"'/ada.pub");'
must test "$(stat -c %a "$KEYS")" = 700
must test "$(stat -c %a "$KEYS/authorized_keys")" = 600
must test "$(chroot $T stat -c %U:%G /home/ada/.ssh /home/ada/.ssh/authorized_keys)" = $'ada:ada\nada:ada'
must ssh-keygen -l -f "$KEYS/authorized_keys" >fingerprints.out
must grep -q 'ada@box (ED25519)' fingerprints.out

it 'another key is added, and wrong modes are corrected'
chmod 755 "$KEYS"; chmod 644 "$KEYS/authorized_keys"; chroot $T chown root: /home/ada/.ssh
same_again 'system::authorized_keys("/mnt/t", "ada", "'"$OUT"'/old.pub");'
cat "$OUT/ada.pub" "$OUT/old.pub" | must cmp - "$KEYS/authorized_keys"
must test "$(stat -c %a "$KEYS" "$KEYS/authorized_keys")" = $'700\n600'
must test "$(chroot $T stat -c %U /home/ada/.ssh)" = ada
must ssh-keygen -l -f "$KEYS/authorized_keys" >fingerprints.out
must test "$(wc -l <fingerprints.out)" = 2
same_again 'system::authorized_keys("/mnt/t", "root", "'"$OUT"'/ada.pub");'
must test "$(chroot $T stat -c '%a %U' /root/.ssh/authorized_keys)" = '600 root'

it 'private keys, other files, unknown users and links are refused'
refused 'contains a private key' 'system::authorized_keys("/mnt/t", "ada", "'"$OUT"'/ada");'
must_not grep -q 'BEGIN\|b3BlbnNz' refused.out
printf 'ssh-ed25519 AAAA\n' >"$OUT/short.pub"
refused 'short.pub:1: not a public key' 'system::authorized_keys("/mnt/t", "ada", "'"$OUT"'/short.pub");'
refused 'there is no user "bob"' 'system::authorized_keys("/mnt/t", "bob", "'"$OUT"'/ada.pub");'
mv "$KEYS" $T/home/ada/elsewhere; ln -s /root/.ssh "$KEYS"
refused 'is a link' 'system::authorized_keys("/mnt/t", "ada", "'"$OUT"'/old.pub");'
must test "$(grep -c old@box $T/root/.ssh/authorized_keys)" = 0
rm "$KEYS"; mv $T/home/ada/elsewhere "$KEYS"

it 'only the home directory that is named is written to'
chroot $T useradd --home-dir /srv/eve --create-home eve || fail
refused 'the home directory of eve is /srv/eve, not /home/eve' 'system::authorized_keys("/mnt/t", "eve", "'"$OUT"'/ada.pub");'
must grep -q 'add the option home: "/srv/eve"' refused.out
printf 'system::authorized_keys("/mnt/t", "eve", "%s/ada.pub", #{ home: "/srv/eve" });' "$OUT" >narrow.rhai
"$G" plan narrow.rhai >narrow.out 2>&1 || fail
must grep -qx '  writes /mnt/t/srv/eve/.ssh' narrow.out
same_again 'system::authorized_keys("/mnt/t", "eve", "'"$OUT"'/ada.pub", #{ home: "/srv/eve" });'
must test "$(chroot $T stat -c '%a %U' /srv/eve/.ssh/authorized_keys)" = '600 eve'

it 'a file belongs to a user that the same run adds'
# A stand-in for an unpacked root: the plan cannot read its users.
OWNED='chroot::run("/mnt/t", ["true"]);
system::user("/mnt/t", "bob");
file::write("/home/bob/file", "x", #{ root: "/mnt/t" });
file::chown("/home/bob/file", "bob:audio", #{ root: "/mnt/t" });'
printf '%s' "$OWNED" >owned.rhai
"$G" plan owned.rhai >owned.out 2>&1 || fail
must grep -q 'chown bob:audio /mnt/t/home/bob/file' owned.out
must_not grep -q 65534 owned.out
do_ "$OWNED"
must test "$(chroot $T stat -c %U:%G /home/bob/file)" = bob:audio

it 'a fixed address of netifrc and of systemd-networkd'
mkdir -p $T/etc/init.d $T/etc/conf.d; : >$T/etc/init.d/net.lo
printf '# mine\nconfig_lo="127.0.0.1/8"\nconfig_br_0="dhcp"\n' >$T/etc/conf.d/net
same_again 'net::address("/mnt/t", "br-0", "192.0.2.10/24", #{ gateway: "192.0.2.1", dns: ["192.0.2.1", "2001:db8::1"], init: "openrc" });'
must test "$(readlink $T/etc/init.d/net.br-0)" = net.lo
must test "$(. $T/etc/conf.d/net; echo "$config_lo|$config_br_0|$routes_br_0|$dns_servers_br_0")" = \
    '127.0.0.1/8|192.0.2.10/24|default via 192.0.2.1|192.0.2.1 2001:db8::1'
same_again 'net::address("/mnt/t", "wired0", "192.0.2.10/24", #{ gateway: "192.0.2.1", dns: ["192.0.2.1"], init: "systemd" });'
printf '[Match]\nName=wired0\n\n[Network]\nAddress=192.0.2.10/24\nGateway=192.0.2.1\nDNS=192.0.2.1\n' |
    must cmp - $T/etc/systemd/network/20-wired0.network
refused 'not in the network of' 'net::address("/mnt/t", "e0", "192.0.2.10/24", #{ gateway: "192.0.3.1" });'
refused 'expected an address with' 'net::address("/mnt/t", "e0", "192.0.2.10");'

it 'the name of the host needs no name server'
printf '127.0.0.1 localhost\n::1 localhost\n' >$T/etc/hosts
same_again 'net::hosts("/mnt/t", "127.0.1.1", ["box.example.org", "box"]);'
must test "$(chroot $T getent -s files ahostsv4 box | head -n 1)" = '127.0.1.1       STREAM box.example.org'
must test "$(wc -l <$T/etc/hosts)" = 3
refused 'expected labels' 'net::hosts("/mnt/t", "127.0.1.1", ["a b"]);'
