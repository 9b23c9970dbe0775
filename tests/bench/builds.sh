#!/bin/bash
# Builds with real Portage, by gscript or by emerge alone: builds.sh PROGRAM DIRECTORY PROJECT WHAT. Writes `microseconds` (of
# the whole run), and for gscript itself, without the programs that it starts, `ticks` (processor time) and `memory` (bytes).
WHAT=$4
. "$3/tests/lab/lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"

repository default/linux/test
printf '%s\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/test");'

# loud BYTES: a package whose build prints that much.
loud() {
    package app-misc/loud 1 amd64 <<END
src_compile() { yes "x86_64-pc-linux-gnu-gcc -O2 -pipe -c -o src/module.o src/module.c" | head -c $1; }
END
}

# measured RECIPE: runs it, and notes what the process of gscript has used until shortly before its end.
measured() {
    local begin=$EPOCHREALTIME pid words
    printf '%s\n' "$1" >run.rhai
    "$G" run.rhai --yes --journal /run/measured >run.out 2>&1 &
    pid=$!
    while [ -e /proc/$pid/stat ]; do
        sed 's/.*) //' /proc/$pid/stat >stat.new 2>/dev/null && [ -s stat.new ] && mv stat.new stat
        grep -s VmHWM /proc/$pid/status >status.new && mv status.new status
        sleep 0.1
    done
    wait $pid || fail "it does not run"
    echo $(((${EPOCHREALTIME/[.,]/} - ${begin/[.,]/}))) >microseconds
    read -ra words <stat
    echo $((words[11] + words[12])) >ticks
    read -ra words <status
    echo $((words[1] * 1024)) >memory
}

many=$(printf 'app-misc/p%s ' {1..50})
case $WHAT in
keep_building | keep_going)
    for name in $many; do package "$name" 1 amd64 </dev/null; done
    # A repository that was synchronized has the metadata of its ebuilds; otherwise, each calculation of a list runs all of them.
    must chroot $T emerge --regen --quiet >regen.out 2>&1
    ;;
esac
case $WHAT in
keep_building)
    # Without the figures of `measured`: taking them starts two programs every tenth of a second.
    printf '%s\n' "import \"parallel\" as parallel; parallel::keep_building(\"/mnt/t\", \"${many% }\".split(\" \"), #{ jobs: 2 });" >run.rhai
    begin=$EPOCHREALTIME
    must "$G" run.rhai --yes --journal /run/measured >run.out 2>&1
    echo $(((${EPOCHREALTIME/[.,]/} - ${begin/[.,]/}))) >microseconds
    ;;
keep_going)
    begin=$EPOCHREALTIME
    # shellcheck disable=SC2086
    must chroot $T emerge --quiet --keep-going --jobs=2 $many >run.out 2>&1
    echo $(((${EPOCHREALTIME/[.,]/} - ${begin/[.,]/}))) >microseconds
    ;;
loud_*)
    loud "${WHAT#loud_}"
    measured 'portage::emerge("/mnt/t", ["app-misc/loud"]);'
    ;;
esac
getconf CLK_TCK >hertz
