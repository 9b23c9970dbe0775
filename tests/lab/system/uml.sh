#!/bin/bash
# uml.*: guests of an ordinary user on a bridge, their consoles, every way of stopping them, and what prevents a start.
#
# disks: none
# tier: make lab
# takes: 60 s
# needs: /usr/bin/linux.uml
# A kernel that is a program cannot run in another one, so this runs beside this system, with a network of its own.
[ -n "${UML_NETWORK-}" ] || UML_NETWORK=own exec unshare --net -- "$BASH" "$0" "$@"
. "${0%/*}/../lib/cases.sh"
[ "${NAMESPACE-}" = own ] || fail 'this needs namespaces of its own (unshare --mount)'
. "$LAB/lib/target.sh"
. "$LAB/lib/uml.sh"
LOCKER=
trap 'code=$?; kill_guests; kill $LOCKER 2>/dev/null; (exit $code); finish' EXIT

it 'guests of an ordinary user on a bridge reach each other'
do_ 'uml::image("'$U'/one/root.img", "32M", #{ tree: "/run/tree", owner: "nobody" });
uml::image("'$U'/one/swap.img", "8M", #{ swap: true, owner: "nobody" });
uml::image("'$U'/two/root.img", "32M", #{ tree: "/run/tree", owner: "nobody" });
bridge::create("near0"); net::up("near0");
for tap in ["tap1", "tap2"] { tap::create(tap, #{ owner: '"$NOBODY"' }); bridge::add_port("near0", tap); net::up(tap); }
uml::start("one", ["'$U'/one/root.img", "'$U'/one/swap.img"], "nobody", #{ path: "'$U'", taps: ["tap1"], append: ["address=10.81.0.1", "peer=10.81.0.2"] });
uml::start("two", ["'$U'/two/root.img"], "nobody", #{ path: "'$U'", taps: ["tap2"], append: ["address=10.81.0.2", "peer=10.81.0.1"] });'
console one 'peer answers'
console two 'peer answers'
must test "$(stat -c %U "/proc/$(pid one)")" = nobody
must test "$(ps -o sid= -p "$(pid one)" | tr -d ' ')" = "$(pid one)"
must grep -q ubdb $U/one/console.log

it 'a guest is known while it runs, and answers on its consoles'
says 'let g = uml::info("one", #{ path: "'$U'" }); print(`${g.state} ${g.disks.len()}`);' 'running 2'
says 'print(uml::info("none", #{ path: "'$U'" }).exists);' false
must "$G" list --guests >list.txt
must grep -Eq "^two +uml +running +$(pid two) $U/two\$" list.txt
"$G" --eval 'print(uml::console("one", #{ path: "'$U'" }).terminal)' >terminal.txt 2>terminal.err
must test -c "$(grep -o '/dev/pts/[0-9]*' terminal.txt)"
do_ 'uml::mconsole("one", "sysrq s", #{ path: "'$U'" });'
fails 'Unknown command' 'uml::mconsole("one", "bogus", #{ path: "'$U'" });'
refused '"halt" is not allowed' 'uml::mconsole("one", "halt", #{ path: "'$U'" });'
same_again 'uml::start("one", ["'$U'/one/root.img"], "nobody", #{ path: "'$U'" });'

it 'what prevents a start is found before'
mkdir -p $U/three/run/three; cp $U/two/root.img $U/three/run/three/; chown -R nobody $U/three
start() { echo 'uml::start("three", ["'"$1"'"], "nobody", #{ path: "'$U'", '"$2"' });'; }
refused "image $U/two/root.img: in use by guest two" "$(start $U/two/root.img)"
refused "where the kernel removes all files" "$(start $U/three/run/three/root.img)"
mv $U/three/run/three/root.img $U/three/
refused 'the image /run/none.img does not exist' "$(start /run/none.img)"
ln -s /dev/null null.img
refused "disk $OUT/null.img is a device of this machine" "$(start "$OUT/null.img")"
refused 'there is no tap device tap9' "$(start $U/three/root.img 'taps: ["tap9"]')"
ip tuntap add dev tap3 mode tap user root
refused 'user nobody must not attach to tap device tap3' "$(start $U/three/root.img 'taps: ["tap3"]')"
refused 'must not run as root' 'uml::start("three", ["'$U'/three/root.img"], "root", #{ path: "'$U'" });'
refused 'does not exist' "$(start $U/three/root.img 'kernel: "/usr/bin/none"')"
chown root $U/three
refused "$U/three does not belong to user nobody" "$(start $U/three/root.img)"
chown nobody $U/three
must mount -t tmpfs -o mode=1777,noexec tmpfs /dev/shm
refused '/dev/shm is mounted noexec' "$(start $U/three/root.img)"
do_ "$(start $U/three/root.img 'tmp: "/run/tmp"')"
must umount /dev/shm
refused 'exists already' 'uml::image("'$U'/one/new.img", "8M"); uml::image("'$U'/three/console.log", "8M");'
refused 'in use by guest one' 'uml::image("'$U'/one/root.img", "8M");'

it 'an image that another process has locked is found at the start'
mkdir $U/four; cp $U/two/root.img $U/four/; chown -R nobody $U/four
python3 -c 'import fcntl, os, sys, time
image = open(sys.argv[1], "r+b")
fcntl.lockf(image, fcntl.LOCK_EX); open("/run/locked", "w"); time.sleep(1000)' $U/four/root.img &
LOCKER=$!
until [ -e /run/locked ]; do sleep 0.05; done
fails "image $U/four/root.img: in use by process $LOCKER" 'uml::start("four", ["'$U'/four/root.img"], "nobody", #{ path: "'$U'" });'
kill $LOCKER
LOCKER=

it 'a kernel that finds no root shows the reason, and nothing is left'
head -c 1M /dev/zero >$U/four/empty.img; chown nobody $U/four/empty.img
fails 'its kernel ended during the start' 'uml::start("four", ["'$U'/four/empty.img"], "nobody", #{ path: "'$U'" });'
must grep -q 'Unable to mount root' $U/four/console.log
must_not running four

it 'a guest shuts down at ctrl-alt-del'
says 'print(uml::stop("two", #{ path: "'$U'" }));' ctrl-alt-del
must_not running two
must grep -q 'shutting down' $U/two/console.log
must e2fsck -fn $U/two/root.img >fsck.txt 2>&1
same_again 'uml::stop("two", #{ path: "'$U'" });'

it 'a guest that ignores ctrl-alt-del is halted'
do_ 'uml::start("two", ["'$U'/two/root.img"], "nobody", #{ path: "'$U'", append: ["init=/bin/stubborn"] });'
console two 'stubborn'
says 'print(uml::stop("two", #{ path: "'$U'", timeout: 1 }));' halt
must_not running two
must e2fsck -fn $U/two/root.img >fsck.txt 2>&1

it 'a guest that restarts at ctrl-alt-del is halted'
# Until its first process says otherwise, the kernel restarts at once.
printf '%s\n' 'uml::start("two", ["'$U'/two/root.img"], "nobody", #{ path: "'$U'", append: ["init=/bin/early"] });' 'uml::stop("two", #{ path: "'$U'" });' >early.rhai
must "$G" early.rhai --yes >early.txt 2>&1
must grep -q 'has restarted at ctrl-alt-del; halting it' early.txt
must_not running two

it 'a kernel that does not answer is killed after approval only'
kill -STOP "$(pid three)"
fails 'guest three still runs' 'uml::stop("three", #{ path: "'$U'", timeout: 1 });'
printf '%s\n' 'print(uml::stop("three", #{ path: "'$U'", timeout: 1, kill: true }));' >kill.rhai
ask kill "$G" kill.rhai --yes
must test "$(cat kill.code)" != 0
must running three
must "$G" kill.rhai --yes --prove --journal /run/proved --destroy three >kill.txt 2>&1
proved
must grep -q kill kill.txt
must_not running three

it 'a failed run stops the guest that it has started'
fails 'Unknown command' 'uml::start("two", ["'$U'/two/root.img"], "nobody", #{ path: "'$U'" }); uml::mconsole("two", "bogus", #{ path: "'$U'" });'
must_not running two

it 'a run that is killed while it starts a guest is released'
printf '%s\n' 'uml::start("two", ["'$U'/two/root.img"], "nobody", #{ path: "'$U'" });' >killed.rhai
"$G" killed.rhai --yes --journal /run/killed >killed.out 2>killed.err </dev/null &
PID=$!
until running two; do sleep 0.02; done
kill -9 $PID
wait $PID
must "$G" release --yes "$(echo /run/killed/*/journal.jsonl)" >release.out 2>release.err
must_not running two
must running one
says 'print(uml::stop("one", #{ path: "'$U'" }));' ctrl-alt-del
must_not pgrep -f "uml_dir=$U/"
