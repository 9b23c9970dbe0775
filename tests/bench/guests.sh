#!/bin/bash
# Measures guests; writes lines of a name and two times in nanoseconds to the file `times`.
#
#   guests.sh PROGRAM DIRECTORY PROJECT start|parallel|emerge RUNS
WHAT=$4 RUNS=$5
. "$3/tests/lab/lib/cases.sh"
. "$LAB/lib/target.sh"
CASE=$WHAT
: >times
now() { date +%s%N; }
# note OURS THEIRS: records two times in nanoseconds.
note() { echo "$1 $2" >>times; }
run() { must "$PROGRAM" "$1" --yes --anything-in / --journal "/run/runs" >run.out 2>run.err; }

uml_guests() {
    . "$LAB/lib/uml.sh"
    trap 'code=$?; kill_guests; (exit $code); finish' EXIT
    echo 'echo login: >/dev/console' >>/run/tree/bin/begin
    sed -i '/exit 0/d; /peer/d; /address/d; /vec0/d' /run/tree/bin/begin
    printf 'uml::image("%s/one/root.img", "32M", #{ tree: "/run/tree", owner: "nobody" });\n' $U >image.rhai
    run image.rhai
}
# at_login NAME: waits for the prompt.
at_login() { until grep -q '^login:' $U/$1/console.log 2>/dev/null; do sleep 0.01; done; }

case $WHAT in
start)
    uml_guests
    printf 'uml::start("one", ["%s/one/root.img"], "nobody", #{ path: "%s" });\n' $U $U >start.rhai
    for _ in $(seq "$RUNS"); do
        rm -f $U/one/console.log
        since=$(now); run start.rhai; at_login one; ours=$(($(now) - since))
        kill_guests
        while running one; do sleep 0.01; done
        rm -rf $U/one/{console.log,run}
        setpriv --reuid=nobody --clear-groups mkdir $U/one/run
        since=$(now)
        setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups setsid /usr/bin/linux.uml umid=one uml_dir=$U/one/run mem=128M \
            ubd0=$U/one/root.img root=/dev/ubda rw con=null con0=null,fd:1 con1=pts ssl=null </dev/null >$U/one/console.log 2>&1 &
        at_login one
        note "$ours" $(($(now) - since))
        kill_guests
        while running one; do sleep 0.01; done
    done
    ;;
parallel)
    uml_guests
    for n in $(seq 10); do
        mkdir -p $U/g$n && cp --sparse=always $U/one/root.img $U/g$n/ && chown -R nobody $U/g$n
        printf 'uml::start("g%s", ["%s/g%s/root.img"], "nobody", #{ path: "%s", memory: "64M" });\nprint(uml::stop("g%s", #{ path: "%s" }));\n' \
            "$n" $U "$n" $U "$n" $U >g$n.rhai
    done
    one() {
        "$PROGRAM" "g$1.rhai" --yes --anything-in / --journal "/run/runs$1" >"g$1.out" 2>"g$1.err" || fail "guest g$1: $(tail -n 4 "$U/g$1/console.log")"
    }
    for _ in $(seq "$RUNS"); do
        since=$(now)
        for n in $(seq 10); do one "$n" & done
        wait
        together=$(($(now) - since)) since=$(now)
        for n in $(seq 10); do one "$n"; done
        note $together $(($(now) - since))
    done
    ;;
emerge)
    . "$LAB/lib/virtual.sh"
    . "$LAB/lib/repository.sh"
    vm_own
    vm_kernel
    vm_gentoo root
    truncate -s 256M disk.img && must mkfs.ext4 -q -F disk.img
    # The package is merged twice before: what is read once is in memory then.
    cat >root/measure <<END
mount -t ext4 /dev/vda /mnt
for one in /mnt /var/tmp $(for _ in $(seq "$RUNS"); do echo /var/tmp /mnt; done); do
    since=\$(cut -d' ' -f1 /proc/uptime)
    PORTAGE_TMPDIR=\$one emerge --oneshot --quiet app-misc/hello </dev/null >/var/log/emerge.out 2>&1 || tail -n 20 /var/log/emerge.out
    echo "TIME \$one \$since \$(cut -d' ' -f1 /proc/uptime)"
done
END
    sed -i 's/^since=.*/. \/measure/; /^emerge /d' root/sbin/init
    machine '' | sed "s|memory:|disks: [\"$OUT/disk.img\"], memory:|" >vm.rhai
    run vm.rhai
    vm_says vm >said.txt
    grep '^TIME /' said.txt | awk 'NR > 2 { t = ($4 - $3) * 1e9; if (NR % 2) ours = t; else printf "%d %d\n", ours, t }' >times
    ;;
esac
