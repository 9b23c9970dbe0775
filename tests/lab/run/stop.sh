#!/bin/bash
# Ctrl-C, SIGTERM and failures during a run: nothing is left mounted, open or running.
#
# disks: 400M
# with: cut.so
# tier: make lab
# takes: 200 s
. "${0%/*}/../lib/cases.sh"

stack='disk::partition("/dev/ubda", [#{ name: "root", size: "rest" }]);
key::generate("/run/k.bin");
luks::format("/dev/ubda1", #{ key: "/run/k.bin", '"$KDF"' });
let inside = luks::open("/dev/ubda1", "stop", #{ key: "/run/k.bin" });
lvm::vg_create("stopvg", [lvm::pv_create(inside)]);
fs::swap(lvm::lv_create("stopvg", "swap", "32M")); mount::swap_on("/dev/stopvg/swap");
fs::make(lvm::lv_create("stopvg", "root", "100%FREE")); mount::mount("/dev/stopvg/root", "/mnt/stop");
stage3::unpack("'$OUT'/tree.tar", "/mnt/stop");
chroot::prepare("/mnt/stop");'
mkdir -p /run/tree/bin /run/tree/etc; cp /bin/busybox /run/tree/bin/
for a in sh sleep true cat; do ln -s busybox /run/tree/bin/$a; done
tar -C /run/tree -cf tree.tar .

# start NAME RHAI PATTERN: runs the stack and this script in the background; waits until the log contains PATTERN.
start() {
    printf '%s\n%s\n' "$stack" "$2" >"$1.rhai"
    "$G" "$1.rhai" --yes --destroy /dev/ubda --journal "$OUT/$1.runs" >"$1.out" 2>"$1.err" &
    pid=$!
    n=0
    until grep -q "$3" "$1".runs/*/log.txt 2>/dev/null; do
        sleep 0.1
        n=$((n + 1))
        kill -0 $pid 2>/dev/null && [ $n -lt 6000 ] || grep -q "$3" "$1".runs/*/log.txt || fail "$1: it never came to $3"
    done
}

# ended NAME CODE: waits for the end, requires this exit code, and that nothing is left.
ended() {
    for _ in $(seq 6000); do kill -0 $pid 2>/dev/null || break; sleep 0.1; done
    must_not kill -0 $pid 2>/dev/null
    wait $pid
    code=$?
    [ $code = "$2" ] || fail "$1: exit code $code, not $2"
    nothing_left
}

# heard NAME: waits until it has noticed the Ctrl-C.
heard() {
    for _ in $(seq 6000); do grep -q 'will stop after this command' "$1.err" && return; sleep 0.1; done
    fail "$1: it does not notice"
}

it 'Ctrl-C stops after the command'
# Ctrl-C once: the command ends normally, and then the run stops.
start once 'chroot::run("/mnt/stop", ["sh", "-c", "until [ -e /go ]; do sleep 0.1; done"]); file::write("/mnt/stop/never", "");' 'until'
kill -INT $pid; heard once; touch /mnt/stop/go
ended once 4
must grep -q 'released: cryptsetup close stop' once.runs/*/log.txt

it 'Ctrl-C twice stops at once'
start twice 'chroot::run("/mnt/stop", ["sh", "-c", "sleep 4711 & sleep 4712"]);' 'sleep 4712'
kill -INT $pid; heard twice; kill -INT $pid
ended twice 4
must_not pgrep -f 'sleep 471[12]'

it 'SIGTERM and a lost terminal stop at once'
# SIGTERM and SIGHUP are sent only once.
start term 'chroot::run("/mnt/stop", ["sleep", "4713"]);' 'sleep 4713'
kill -TERM $pid
ended term 4
start hup 'chroot::run("/mnt/stop", ["sleep", "4714"]);' 'sleep 4714'
kill -HUP $pid
ended hup 4

it 'after SIGKILL no tool goes on'
# A killed run cannot clean up, but none of its tools may keep running.
start killed 'chroot::run("/mnt/stop", ["sleep", "4716"]);' 'sleep 4716'
kill -KILL $pid
wait $pid
for _ in $(seq 6000); do pgrep -f 'sleep 4716' >/dev/null || break; sleep 0.1; done
must_not pgrep -f 'sleep 4716'
must "$G" release --yes killed.runs/*/journal.jsonl 2>released.err
nothing_left

it 'filling with random data stops at once'
# Filling with random data stops at once, and the device is reported as partly written.
# The run stops itself shortly after the start, so that there is something left to fill.
export CUT_TEXT='"name":"disk.fill_random"' CUT_AFTER=20000 CUT_SIGN=/run/stopped LD_PRELOAD=$OUT/cut.so
start fill 'chroot::release("/mnt/stop"); mount::unmount("/mnt/stop"); disk::fill_random("/dev/stopvg/root");' ''
unset CUT_TEXT CUT_AFTER CUT_SIGN LD_PRELOAD
has_stopped disk.fill_random
kill -INT $pid; kill -CONT $pid
ended fill 4

it 'a failure with a daemon left behind'
# A command that fails, while a daemon that it started keeps the chroot busy.
start fails 'chroot::run("/mnt/stop", ["sh", "-c", "sleep 4715 >/dev/null 2>&1 & echo some words; exit 3"]);' 'exit 3'
ended fails 1
must grep -q 'chroot failed: exit code 3' fails.err
must grep -q 'output: some words' fails.err
must grep -q 'state: /dev/ubda has 1 partitions' fails.err
must_not pgrep -f 'sleep 4715'

it 'a script that throws'
# A script that throws because of the output of a program, which the plan could not know.
start throws 'if chroot::run("/mnt/stop", ["cat", "/bin/sh"]).code == 0 && chroot::run("/mnt/stop", ["sh", "-c", "echo yes"]).stdout != "" { throw "not today"; }' 'echo yes'
ended throws 1
must grep -q 'not today' throws.err

it 'a failure that a script catches'
# A script that catches a failure cannot continue the run.
start catches 'try { chroot::run("/mnt/stop", ["false"]); } catch { } file::write("/mnt/stop/never", "");' 'FAILED\|umount'
ended catches 1
must_not grep -rq 'write /mnt/stop/never' catches.runs
