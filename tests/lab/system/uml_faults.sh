#!/bin/bash
# uml.*: a run is killed after every record while it starts and stops a guest; a kernel that hangs, and a system without taps for users.
#
# disks: none
# with: cut.so
# tier: make lab
# takes: 25 s
# needs: /usr/bin/linux.uml
# A kernel that is a program cannot run in another one, so this runs beside this system, with a network of its own.
[ -n "${UML_NETWORK-}" ] || UML_NETWORK=own exec unshare --net -- "$BASH" "$0" "$@"
. "${0%/*}/../lib/cases.sh"
[ "${NAMESPACE-}" = own ] || fail 'this needs namespaces of its own (unshare --mount)'
. "$LAB/lib/target.sh"
. "$LAB/lib/uml.sh"
trap 'code=$?; kill_guests; (exit $code); finish' EXIT

cat >whole.rhai <<END
uml::image("$U/one/swap.img", "8M", #{ swap: true, owner: "nobody" });
bridge::create("near0");
net::up("near0");
tap::create("tap1", #{ owner: $NOBODY });
bridge::add_port("near0", "tap1");
net::up("tap1");
uml::start("one", ["$U/one/root.img", "$U/one/swap.img"], "nobody", #{ path: "$U", taps: ["tap1"] });
print(uml::mconsole("one", "version", #{ path: "$U" }));
print(uml::stop("one", #{ path: "$U", timeout: 20 }));
END
# whole JOURNAL: runs it, past the script that starts the program.
whole() { "$PROGRAM" whole.rhai --yes --anything-in / --journal "$1"; }
# at_first: removes what a run has made.
at_first() {
    rm -f $U/one/swap.img
    ip link delete near0
    ip link delete tap1
} 2>/dev/null
# ended: requires that no process of the guest is left, and that its filesystem has no errors.
ended() {
    must_not pgrep -f "uml_dir=$U/"
    must test -z "$(find /dev/shm /run/tmp -user nobody 2>/dev/null)"
    e2fsck -fp $U/one/root.img >fsck.txt 2>&1 || [ $? = 1 ] || fail "$1: the filesystem is damaged"
    must e2fsck -fn $U/one/root.img >fsck.txt 2>&1
}

do_ 'uml::image("'$U'/one/root.img", "32M", #{ tree: "/run/tree", owner: "nobody" });'
must whole /run/reference >reference.out 2>reference.err
ended reference
records=$(wc -l </run/reference/*/journal.jsonl)

it 'a run that is killed after any record is resumed, or released'
must [ "$records" -gt 18 ]
for n in $(seq 2 "${RESUME_STEP:-1}" $((records - 1))); do
    rm -rf /run/killed
    at_first
    (export CUT_RECORD=$n LD_PRELOAD=$OUT/cut.so; whole /run/killed >killed.out 2>killed.err </dev/null)
    [ $? = 137 ] || fail "it was not killed after record $n"
    must [ "$(wc -l </run/killed/*/journal.jsonl)" = "$n" ]
    if [ $((n % 2)) = 0 ]; then
        "$PROGRAM" resume --journal /run/killed --yes --anything-in / >resumed.out 2>resumed.err || fail "not resumed after record $n"
        must test -e $U/one/swap.img
    else
        "$PROGRAM" release --yes "$(echo /run/killed/*/journal.jsonl)" >released.out 2>released.err || fail "not released after record $n"
    fi
    ended "record $n"
done

it 'a kernel that hangs is named with its remedy'
do_ 'uml::start("one", ["'$U'/one/root.img"], "nobody", #{ path: "'$U'" });'
# Before the first process runs, the kernel itself handles a ctrl-alt-del: it restarts.
console one '#blocks'
kill -STOP "$(pid one)"
fails 'timed out after 5 s waiting for an answer to version' 'uml::mconsole("one", "version", #{ path: "'$U'" });'
must grep -q 'help: .*uml::stop(name, #{ kill: true })' fails.out
fails 'its kernel does not answer' 'uml::stop("one", #{ path: "'$U'", timeout: 1 });'
must grep -q 'help: .*kill: true' fails.out
# It gets the ctrl-alt-del now.
kill -CONT "$(pid one)"
while running one; do sleep 0.1; done
ended 'a kernel that hangs'

it 'a system without taps for users is found at the start'
at_first
do_ 'tap::create("tap1", #{ owner: '"$NOBODY"' });'
mknod -m 600 "$OUT/private" c 10 200
must mount --bind "$OUT/private" /dev/net/tun
fails 'user nobody must not open /dev/net/tun' 'uml::start("one", ["'$U'/one/root.img"], "nobody", #{ path: "'$U'", taps: ["tap1"] });'
must grep -q 'help: .*chmod 666 /dev/net/tun' fails.out
must umount /dev/net/tun
ended 'no taps'
