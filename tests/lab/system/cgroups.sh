#!/bin/bash
# cgroup.*: limits that act on processes and disks, freezing, killing, devices that root cannot open, and refusals of the kernel.
#
# disks: 16M
# with: cut.so
# tier: make lab
# takes: 40 s
. "${0%/*}/../lib/cases.sh"
C=/sys/fs/cgroup
mountpoint -q $C || must mount -t cgroup2 cgroup2 $C

# waiting CODE: starts a Python program that waits until `go` is written to, and sets PID.
waiting() {
    rm -f go
    mkfifo go
    python3 -c "open('go').read()
$1" >waiting.out &
    PID=$!
}

# killed RHAI: like do_, with the loss of the processes in the group approved.
killed() {
    printf '%s\n' "$1" >"$OUT/do.rhai"
    must "$G" "$OUT/do.rhai" --yes --prove --journal /run/proved --destroy lim
    proved
}

it 'limits are read back from the kernel'
says 'cgroup::create("lim", #{ controllers: ["memory", "pids", "cpu"] });
let set = cgroup::set("lim", #{ memory_max: "20000001", pids_max: 10, cpu_quota: 50, cpu_weight: 20 });
print(`${set.memory_max} ${set.pids_max} ${set.cpu_quota} ${set.cpu_weight}`);' '19996672 10 50 20'
must test "$(cat $C/lim/memory.max) $(cat $C/lim/pids.max) $(cat $C/lim/cpu.max)" = '19996672 10 50000 100000'

it 'a process that uses more memory is killed'
waiting 'bytearray(b"x") * (64 << 20)'
do_ "cgroup::add_process(\"lim\", $PID);"
echo >go
wait $PID
must test $? = 137
says 'print(cgroup::stat("lim").oom_kills);' 1

it 'a fork bomb stops at the limit'
waiting 'import os, time
count = 0
try:
    while count < 100:
        if os.fork() == 0: time.sleep(10000)
        count += 1
except BlockingIOError: pass
print(count, flush=True)
time.sleep(10000)'
do_ "cgroup::add_process(\"lim\", $PID);"
echo >go
until [ -s waiting.out ]; do sleep 0.1; done
must test "$(cat waiting.out)" = 9
says 'let used = cgroup::stat("lim"); print(`${used.pids} ${used.pids_refused > 0} ${cgroup::processes("lim").len()}`);' '10 true 10'

it 'processes are frozen, and run again'
do_ 'cgroup::freeze("lim");'
must grep -qx 'frozen 1' $C/lim/cgroup.events
do_ 'cgroup::thaw("lim");'
must grep -qx 'frozen 0' $C/lim/cgroup.events

it 'what the kernel would refuse is refused'
printf '%s\n' 'cgroup::create("lim/in", #{ controllers: ["memory"] });' >in.rhai
ask in "$G" in.rhai --yes --journal /run/in
exits in 2
tells in 'control group lim: cannot enable memory for its children while it has 10 processes of its own'
printf '%s\n' 'cgroup::create("huge", #{ controllers: ["hugetlb"] });' >huge.rhai
ask huge "$G" huge.rhai --yes --journal /run/huge
exits huge 2
tells huge 'controller hugetlb: not available in control group /'
# The same from the kernel, where the plan could not know: the hierarchy is not writable.
printf '%s\n' 'cgroup::create("late");' >late.rhai
must mount -o remount,ro $C
ask late "$G" late.rhai --yes --journal /run/late
must mount -o remount,rw $C
exits late 1
tells late 'the hierarchy is not writable'

it 'all processes of a group are killed'
killed 'cgroup::kill("lim");'
must test -z "$(cat $C/lim/cgroup.procs)"
do_ 'cgroup::remove("lim");'
must_not test -e $C/lim

it 'a failed run leaves no group, and no controller enabled'
must_not grep -qw io $C/cgroup.subtree_control
python3 -c 'import time; time.sleep(10000)' &
PID=$!
cat >fails.rhai <<END
cgroup::create("gone", #{ controllers: ["io"] });
cgroup::create("gone/in");
cgroup::add_process("gone/in", $PID);
cgroup::freeze("gone/in");
cgroup::add_process("gone/in", 4194303);
END
ask fails "$G" fails.rhai --yes --journal /run/fails
exits fails 1
tells fails 'the process has ended'
must_not test -e $C/gone
must_not grep -qw io $C/cgroup.subtree_control
must grep -qx '0::/' /proc/$PID/cgroup
kill $PID

it 'root cannot open or make a disk that is not allowed'
do_ 'cgroup::create("jail"); cgroup::device_allow("jail", ["/dev/ubda"]);'
waiting 'import os, stat
def attempt(what):
    try: what()
    except PermissionError: return "refused"
    return "allowed"
def make():
    number = os.stat("/dev/ubdp").st_rdev
    os.mknod("/run/node", stat.S_IFBLK | 0o600, number)
print(*map(attempt, [lambda: open("/dev/ubda"), lambda: open("/dev/ubdp"), make, lambda: open("/dev/null", "w")]))'
do_ "cgroup::add_process(\"jail\", $PID);"
echo >go
wait $PID
must test "$(cat waiting.out)" = 'allowed refused refused allowed'
do_ 'cgroup::remove("jail");'

it 'the throughput of a disk is limited'
says 'cgroup::create("slow", #{ controllers: ["io"] });
let set = cgroup::set("slow", #{ io_max: [#{ device: "/dev/ubda", rbps: "1M", wiops: 50 }] });
let found = set.io_max[0];
print(`${found.device} ${found.rbps} ${found.wbps} ${found.wiops} ${cgroup::get("slow").io_max == set.io_max}`);' '/dev/ubda 1048576  50 true'
number=$(lsblk -dnro MAJ:MIN /dev/ubda)
must grep -qx "$number rbps=1048576 wbps=max riops=max wiops=50" $C/slow/io.max
# A machine that is slow needs longer, never less.
reads='dd if=/dev/ubda of=/dev/null bs=256K count=16 iflag=direct'
begun=$EPOCHREALTIME
must bash -c "echo 0 >$C/slow/cgroup.procs && exec $reads" 2>dd.err
took=$(((${EPOCHREALTIME/[.,]/} - ${begun/[.,]/}) / 1000))
must test $took -ge 2500
must grep -Eq "^$number rbytes=4194304 " $C/slow/io.stat
do_ 'cgroup::set("slow", #{ io_max: [#{ device: "/dev/ubda", rbps: "max", wiops: "max" }, #{ device: "/dev/ubdp", wbps: "2M" }] });'
number=$(lsblk -dnro MAJ:MIN /dev/ubdp)
must test "$(cat $C/slow/io.max)" = "$number rbps=max wbps=2097152 riops=max wiops=max"
do_ 'cgroup::remove("slow");'

it 'limits of a disk are restored when a run fails'
do_ 'cgroup::create("slow", #{ controllers: ["io"] }); cgroup::set("slow", #{ io_max: [#{ device: "/dev/ubda", rbps: "1M" }] });'
before=$(cat $C/slow/io.max)
echo 'cgroup::set("slow", #{ io_max: [#{ device: "/dev/ubda", rbps: "2M" }, #{ device: "/dev/ubdp", riops: 9 }] }); cgroup::add_process("slow", 4194303);' >io.rhai
ask io "$G" io.rhai --yes --journal /run/io
exits io 1
must test "$(cat $C/slow/io.max)" = "$before"
do_ 'cgroup::remove("slow");'

it 'a killed run leaves no group, or is resumed'
waiting pass
groups() { find $C -mindepth 1 -type d | sort; cat $C/cgroup.subtree_control "/proc/$PID/cgroup"; }
before=$(groups)
cat >killed.rhai <<END
cgroup::create("cut", #{ controllers: ["pids", "memory"] });
cgroup::set("cut", #{ pids_max: 20, memory_max: "64M" });
cgroup::create("cut/in");
cgroup::add_process("cut/in", $PID);
cgroup::freeze("cut/in");
cgroup::create("jail");
cgroup::device_allow("jail", ["/dev/ubda"]);
END
must "$G" killed.rhai --yes --prove --journal /run/whole 2>whole.err
all=$(groups)
must grep -qx 'frozen 1' $C/cut/in/cgroup.events
total=$(cat /run/whole/*/journal.jsonl | wc -l)
must "$G" release --yes "$(echo /run/whole/*/journal.jsonl)" 2>release.err
must test "$(groups)" = "$before"
# With CUT_EACH, after every record but the last.
records='3 6 9 12'
[ -z "${CUT_EACH:-}" ] || records=$(seq 2 $((total - 1)))
for n in $records; do
    rm -rf /run/killed
    (export CUT_RECORD=$n LD_PRELOAD=$OUT/cut.so; "$G" killed.rhai --yes --journal /run/killed >killed.out 2>killed.err)
    [ $? = 137 ] || fail "it was not killed after record $n"
    if [ $((n % 2)) = 0 ]; then
        must "$G" resume --journal /run/killed --yes >resumed.out 2>resumed.err
        must test "$(groups)" = "$all"
        must test "$(cat $C/cut/pids.max) $(cat $C/cut/memory.max)" = '20 67108864'
    fi
    must "$G" release --yes "$(echo /run/killed/*/journal.jsonl)" 2>release.err
    must test "$(groups)" = "$before"
done
echo >go
wait $PID
