#!/bin/bash
# net.arm_rollback, net.confirm and gscript confirm: runs over SSH that change the link of their own connection.
#
# disks: none
# tier: make test
# takes: 50 s
# needs: /usr/local/lib/gscript-farm/usr/sbin/sshd
[ -n "${FARM_NETWORK-}" ] || FARM_NETWORK=own exec unshare --net -- "$BASH" "$0" "$@"
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/farm.sh"
own_root "$@"
. "$LAB/lib/target.sh"
trap 'code=$?; kill $(ip netns pids srv) 2>/dev/null; (exit $code); finish' EXIT

# This machine is the client, at 10.88.0.1; the namespace srv is the server that is changed.
server() {
    front_end
    mkdir -p /run/c /run/sshd
    must useradd --system --no-create-home --home-dir /run/sshd --shell /bin/false sshd
    must ssh-keygen -q -t ed25519 -N '' -f /run/c/host
    must ssh-keygen -q -t ed25519 -N '' -f /run/c/key
    cp /run/c/key.pub /run/c/authorized
    printf '%s\n' 'HostKey /run/c/host' 'AuthorizedKeysFile /run/c/authorized' 'StrictModes no' \
        'PermitRootLogin yes' 'PidFile none' "SetEnv GSCRIPT_STATE=$GSCRIPT_STATE" >/run/c/sshd.conf
    must ip netns add srv
    must ip link add c0 type veth peer name eth0 netns srv
    must ip link add d0 type veth peer name eth1 netns srv
    must ip address add 10.88.0.1/24 dev c0
    must ip address add 10.89.0.1/24 dev d0
    must ip link set c0 up
    must ip link set d0 up
    must ip -n srv address add 10.88.0.2/24 dev eth0
    must ip -n srv address add 10.89.0.2/24 dev eth1
    for link in lo eth0 eth1; do must ip -n srv link set $link up; done
    must ip -n srv route add default via 10.88.0.1
    # To gscript, the network of the server must not also be one of the named namespaces.
    must ip netns exec srv unshare --mount sh -c 'mount -t tmpfs tmpfs /run/netns; exec /usr/sbin/sshd -f /run/c/sshd.conf -E /run/c/sshd.log'
    until ip netns exec srv ss -Hltn 'sport = :22' | grep -q .; do sleep 0.05; done
    state >before.txt
}

# over ADDRESS COMMAND…: runs a command on the server, over a connection of its own, for which it waits CONNECT seconds.
over() {
    local address=$1
    shift
    # shellcheck disable=SC2086
    ssh ${TERMINAL-} -F none -i /run/c/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
        -o ConnectTimeout=${CONNECT-20} "root@$address" "$@" </dev/null
}

# reached: whether the server accepts a connection; ssh exits with 255 if it does not.
reached() {
    local code=0
    over 10.88.0.2 true 2>/dev/null || code=$?
    [ $code = 0 ] || [ $code = 255 ] || fail "ssh: exit code $code"
    return $((code != 0))
}

# state: prints the links, addresses and routes of the server.
state() {
    ip -n srv -o link show | sed -E 's/^[0-9]+: //; s/ (state|qlen|link-netns|qdisc|group) [^ ]+//g; s/,LOWER_UP|,M-DOWN//g'
    ip -n srv -o -4 address show | sed -E 's/^[0-9]+: //'
    ip -n srv route show
}

# restored: requires that the server is as it was, and that it can be reached.
restored() {
    state >now.txt
    must cmp before.txt now.txt
    must reached
}

# until_ COMMAND…: waits until a command succeeds.
until_() {
    local end=$((SECONDS + 90))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "not within 90 s: $*"
        sleep 0.05
    done
}

# begin RECIPE ADDRESS: starts a run over ssh, and waits until it waits for a confirmation.
begin() {
    rm -rf /run/c/journal
    over "$2" "$G" "$OUT/$1" --yes --prove --journal /run/c/journal >run.out 2>run.err &
    RUN=$!
    waits
}

# waits: waits until a run waits for a confirmation. Its output may not arrive.
waits() {
    until CHANGE=$(pending); do
        kill -0 "$RUN" 2>/dev/null || fail "the run ended: $(cat run.err)"
        sleep 0.05
    done
}

# pending: prints the change that waits for a confirmation.
pending() {
    local directory
    for directory in /run/gscript/rollback/*; do
        [ -e "$directory/complete.json" ] && [ ! -e "$directory/decision.json" ] && basename "$directory" && return 0
    done
    return 1
}

# ended CODE: waits for the end of the run.
ended() {
    local code=0
    wait "$RUN" || code=$?
    [ $code = "$1" ] || fail "the run ended with $code: $(cat run.err)"
}

# run_of CHANGE, keeper_of CHANGE: print the process of the run, and that which restores the links.
run_of() { grep -o '"run":[0-9]*' "/run/gscript/rollback/$1/record.json" | cut -d: -f2; }
keeper_of() { pgrep -f "^/proc/self/exe keep-rollback $1"; }

# bridged WITHIN PORT: a recipe that moves the address of eth0 to a bridge, with eth0 as its port if PORT is not empty.
bridged() {
    local add='bridge::add_port("br0", "eth0");'
    [ -n "$2" ] || add=
    cat <<END
let change = net::arm_rollback(["eth0", "br0"], #{ within: $1 });
bridge::create("br0");
net::up("br0");
net::remove_address("eth0", "10.88.0.2/24");
$add
net::add_address("br0", "10.88.0.2/24");
net::add_route("default", "br0", #{ via: "10.88.0.1" });
net::confirm(change);
file::write("/run/c/persistent", "bridge_br0=eth0\n");
END
}

it 'a change that cuts the connection is rolled back in time'
server
bridged 6 '' | recipe cut.rhai
begin cut.rhai 10.88.0.2
CONNECT=1 must_not reached
must_not test -e "/run/gscript/rollback/$CHANGE/decision.json"
until_ test -e "/run/gscript/rollback/$CHANGE/result.json"
restored
ended 1
must grep -q "network change $CHANGE was rolled back: it was not confirmed within 6 s" run.err
must_not test -e /run/c/persistent

it 'a new connection confirms, and the change stays'
bridged 60 port | recipe good.rhai
begin good.rhai 10.88.0.2
ask list over 10.88.0.2 "$G" confirm
must grep -q "^$CHANGE  br0, eth0  waits for confirmation, " list.out
ask other over 10.89.0.2 "$G" confirm "$CHANGE"
exits other 3
tells other 'this connection uses link eth1, which was not changed'
ask console ip netns exec srv "$G" confirm "$CHANGE"
exits console 3
tells console 'the run was started over SSH, and this is a console'
ask confirm over 10.88.0.2 "$G" confirm "$CHANGE"
exits confirm 0
ended 0
must grep -q br0 /run/c/persistent
must test "$(ip -n srv -o -4 address show br0 | grep -o '10.88.0.2/24')" = 10.88.0.2/24
must_not pgrep -f "keep-rollback $CHANGE"
ask again over 10.88.0.2 "$G" confirm "$CHANGE"
exits again 0
# What was confirmed does not belong to the run any more.
ask release ip netns exec srv "$G" release --yes "$(echo /run/c/journal/*/journal.jsonl)"
must over 10.88.0.2 test -e /sys/class/net/br0/brif/eth0
mv /run/c/journal /run/proved
proved

# unbridge: makes the server as it was.
unbridge() {
    must ip -n srv link delete br0
    must ip -n srv address add 10.88.0.2/24 dev eth0
    must ip -n srv route add default via 10.88.0.1
    rm -f /run/c/persistent
    restored
}
unbridge

it 'the connection of the run and earlier ones do not confirm'
ssh -F none -i /run/c/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -M -S /run/c/early -fN root@10.88.0.2
bridged 60 port | recipe good.rhai
begin good.rhai 10.88.0.2
ask early ssh -F none -S /run/c/early root@10.88.0.2 "$G" confirm "$CHANGE"
exits early 3
tells early 'this connection was opened before the change'
# The run itself has the variable of its connection.
own=$(tr '\0' '\n' <"/proc/$(run_of "$CHANGE")/environ" | sed -n 's/^SSH_CONNECTION=//p')
ask own ip netns exec srv env SSH_CONNECTION="$own" "$G" confirm "$CHANGE"
exits own 3
tells own 'this is the connection over which the run was started'
ask roll over 10.88.0.2 "$G" confirm --roll-back "$CHANGE"
exits roll 0
ended 1
must grep -q 'was rolled back: the user requested it' run.err
restored
ssh -F none -S /run/c/early -O exit root@10.88.0.2 2>/dev/null

it 'a run that is killed before the end of its changes is rolled back at once'
# br1 has no port, and never gets a carrier.
bridged 60 port | sed 's/"br0"\], /"br0", "br1"], /; /net::confirm/,$d' >killed.rhai
echo 'bridge::create("br1"); net::wait("br1", #{ within: 60 }); net::confirm(change);' >>killed.rhai
over 10.88.0.2 "$G" "$OUT/killed.rhai" --yes --journal /run/c/journal >run.out 2>run.err &
RUN=$!
until_ ip -n srv link show br1
for directory in /run/gscript/rollback/*; do [ -e "$directory/decision.json" ] || change=${directory##*/}; done
ask early over 10.88.0.2 "$G" confirm "$change"
exits early 3
tells early 'is not complete: the run is still changing links'
kill -9 "$(run_of "$change")"
until_ test -e "/run/gscript/rollback/$change/result.json"
restored
must grep -q 'the run ended before the change was complete' "/run/gscript/rollback/$change/decision.json"

it 'a killed run that was complete can still be confirmed, and is resumed'
bridged 60 port | recipe good.rhai
begin good.rhai 10.88.0.2
kill -9 "$(run_of "$CHANGE")"
ask confirm over 10.88.0.2 "$G" confirm "$CHANGE"
exits confirm 0
must_not test -e /run/c/persistent
ask resume over 10.88.0.2 "$G" resume --yes --journal /run/c/journal
exits resume 0
must grep -q br0 /run/c/persistent
must over 10.88.0.2 test -e /sys/class/net/br0/brif/eth0
unbridge

it 'a run that was rolled back is resumed with all changes'
bridged 60 port | recipe good.rhai
begin good.rhai 10.88.0.2
kill -9 "$(run_of "$CHANGE")"
must over 10.88.0.2 "$G" confirm --roll-back "$CHANGE" 2>roll.err
until_ test -e "/run/gscript/rollback/$CHANGE/result.json"
restored
over 10.88.0.2 "$G" resume --yes --journal /run/c/journal >run.out 2>run.err &
RUN=$!
waits
ask confirm over 10.88.0.2 "$G" confirm "$CHANGE"
exits confirm 0
ended 0
must grep -q br0 /run/c/persistent
unbridge

it 'a lost terminal does not end the wait'
bridged 60 port | recipe good.rhai
begin good.rhai 10.88.0.2
kill -HUP "$(run_of "$CHANGE")"
ask confirm over 10.88.0.2 "$G" confirm "$CHANGE"
exits confirm 0
ended 0
must grep -q br0 /run/c/persistent
unbridge

it 'a terminal that is closed does not end the wait'
bridged 60 port | recipe good.rhai
TERMINAL=-tt begin good.rhai 10.88.0.2
PID=$(run_of "$CHANGE")
must test -c "/proc/$PID/fd/2"
# The client ends without a farewell, and sshd closes the terminal, so that writing to it fails.
kill -9 "$(pgrep -P "$RUN" -x ssh)"
until_ sh -c "! echo >/proc/$PID/fd/2"
must kill -0 "$PID"
ask confirm over 10.88.0.2 "$G" confirm "$CHANGE"
exits confirm 0
until_ test -s /run/c/persistent
# A process that has ended may still be listed, because its parent has.
until_ sh -c "! grep -q '^State:.[^Z]' /proc/$PID/status"
must grep -q '"record":"ended"' /run/c/journal/*/journal.jsonl
wait "$RUN"
unbridge

it 'a reboot before the confirmation ends the change'
bridged 60 port | recipe good.rhai
begin good.rhai 10.88.0.2
kill -9 "$(run_of "$CHANGE")" "$(keeper_of "$CHANGE")"
wait "$RUN"
must_not test -e /run/c/persistent
# What a reboot loses: the links of the run, and /run.
rm -rf /run/gscript
unbridge
over 10.88.0.2 "$G" resume --yes --journal /run/c/journal >run.out 2>run.err &
RUN=$!
waits
must_not test -e /run/c/persistent
ask confirm over 10.88.0.2 "$G" confirm "$CHANGE"
exits confirm 0
ended 0
must grep -q br0 /run/c/persistent
unbridge

it 'if the process that restores the links is killed, the run rolls back'
bridged 60 port | recipe good.rhai
begin good.rhai 10.88.0.2
kill -9 "$(keeper_of "$CHANGE")"
ended 1
must grep -q 'was rolled back: the process that restores the links has ended' run.err
restored

it 'a step that fails rolls back at once'
cat <<END | recipe fails.rhai
let change = net::arm_rollback(["eth0", "br0"]);
bridge::create("br0");
net::remove_address("eth0", "10.88.0.2/24");
net::wait("br0", #{ within: 1 });
net::confirm(change);
END
ask fails ip netns exec srv "$G" fails.rhai --yes --journal /run/c/journal
exits fails 1
tells fails 'timed out after 1 s waiting for a carrier of link br0'
restored
must_not pgrep -f keep-rollback

it 'a link that is not restored must not be changed'
cat <<END | recipe other.rhai
let change = net::arm_rollback(["eth0"]);
bridge::create("br0");
END
ask other ip netns exec srv "$G" other.rhai --yes --journal /run/c/journal
exits other 3
tells other 'network link br0: not restored by the rollback of network change'
restored
