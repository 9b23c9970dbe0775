#!/bin/bash
# portage.emerge, build-log: what emerge builds, from its status socket and from its log.
#
# disks: none
# tier: make lab
# takes: 35 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"

repository default/linux/test
# Its compile phase lasts until a file exists.
package app-misc/waits 1 amd64 <<'END'
src_compile() {
    echo "it begins to wait"
    until [[ -e /var/tmp/continue ]]; do sleep 0.1; done
    echo "it has waited"
}
END
package app-misc/after 1 amd64 <<'END'
DEPEND="app-misc/waits"
END
package app-misc/broken 1 amd64 <<'END'
src_compile() {
    printf '#include "missing.h"\n' >x.c
    cc -c x.c || die "cc failed"
}
END
printf '%s\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/test");'
echo 'portage::emerge("/mnt/t", ["=app-misc/waits-1", "app-misc/after"], #{ oneshot: true, jobs: 2 });' >"$OUT/seen.rhai"

# seen TEXT FILE PID: waits until the process has written this text.
seen() {
    until grep -qF -- "$1" "$2"; do
        kill -0 "$3" 2>/dev/null || fail "not seen in $2: $1"
        sleep 0.2
    done
}
# begin NAME OPTION…: builds in the background; PID is its process.
begin() {
    local name=$1
    shift
    rm -rf $T/var/tmp/continue /run/seen
    "$G" "$OUT/seen.rhai" --yes --journal /run/seen "$@" >"$OUT/$name.out" 2>"$OUT/$name.err" &
    PID=$!
}

it 'without observability, the log of emerge shows the packages'
begin log --json
seen '"source":"log"' "$OUT/log.out" $PID
must grep -qF '"running":[{"name":"app-misc/waits-1","phase":"build"' "$OUT/log.out"
must grep -qF '"done":0,"total":2' "$OUT/log.out"

it 'a log is followed until the build ends'
seen 'it begins to wait' $T/var/tmp/portage/app-misc/waits-1/temp/build.log $PID
"$G" build-log waits --root /mnt/t >"$OUT/follow.out" 2>"$OUT/follow.err" &
FOLLOW=$!
seen 'it begins to wait' "$OUT/follow.out" $FOLLOW
must_not grep -qF 'it has waited' "$OUT/follow.out"
ask now "$G" build-log app-misc/waits-1 --root /mnt/t --no-follow
exits now 0
must grep -qF 'it begins to wait' "$OUT/now.out"
tells now 'app-misc/waits-1  is being built  /mnt/t/var/tmp/portage/app-misc/waits-1/temp/build.log'
touch $T/var/tmp/continue
must wait $FOLLOW
must grep -qxF 'it has waited' "$OUT/follow.out"
must grep -qF 'app-misc/waits-1: built' "$OUT/follow.err"
must wait $PID

it 'an emerge that waits for another one tells for which'
rm -f $T/var/tmp/continue
chroot $T emerge --oneshot --quiet =app-misc/waits-1 >"$OUT/first.txt" 2>&1 &
PID=$!
until grep -qsF 'it begins to wait' $T/var/tmp/portage/app-misc/waits-1/temp/build.log; do
    kill -0 $PID 2>/dev/null || fail
    sleep 0.2
done
echo 'portage::emerge("/mnt/t", ["=app-misc/waits-1"], #{ oneshot: true });' >"$OUT/second.rhai"
"$G" "$OUT/second.rhai" --yes --journal /run/second >"$OUT/second.out" 2>"$OUT/second.err" &
SECOND=$!
seen 'waiting for a lock of emerge (process ' "$OUT/second.err" $SECOND
HOLDER=$(grep -om 1 'emerge (process [0-9]*' "$OUT/second.err" | grep -o '[0-9]*$')
must grep -q =app-misc/waits-1 "/proc/$HOLDER/cmdline"
touch $T/var/tmp/continue
must wait $PID
must wait $SECOND

it 'observability shows the phases'
do_ 'portage::make_conf("/mnt/t", #{}, #{ add: #{ FEATURES: "observability" } });'
begin socket
seen 'from status socket of Portage' "$OUT/socket.err" $PID
touch $T/var/tmp/continue
must wait $PID
begin events --json
seen '"source":"socket"' "$OUT/events.out" $PID
seen '"phase":"compile"' "$OUT/events.out" $PID
# The earlier build took some seconds.
must grep -qF '"expected":' "$OUT/events.out"
must_not grep -qF '"expected":null' "$OUT/events.out"
touch $T/var/tmp/continue
must wait $PID

it 'the log of a package that failed ends with its error'
echo 'portage::emerge("/mnt/t", ["app-misc/broken"], #{ accept_failure: true });' >"$OUT/broken.rhai"
must "$G" "$OUT/broken.rhai" --yes --journal /run/broken
ask failed "$G" build-log broken --root /mnt/t
exits failed 1
tells failed 'app-misc/broken-1 failed (compile phase): x.c:1:10: fatal error: missing.h: No such file or directory'
ask none "$G" build-log waits --root /mnt/t
exits none 2
tells none 'there is no build log of waits'

it 'an estimate is that of earlier builds'
says 'let plan = portage::estimate("/mnt/t", ["=app-misc/waits-1", "app-misc/after"], #{ jobs: 2 });
print(plan.builds.len()); print(plan.unknown.len()); print(plan.seconds == plan.critical_seconds);
print(plan.critical);' '2
0
true
["app-misc/waits-1", "app-misc/after-1"]'
