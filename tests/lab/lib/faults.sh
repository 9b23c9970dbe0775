# Commands of the recipes fail for real, one in each run. Each time, nothing may be left, and the message must name
# the program and the command to type next.

# Seconds until a hanging command is ended; all others have enough time even on a slow machine.
LIMIT=${LIMIT:-30}
limit=900
HOW="--prove --journal /run/runs"

# Restores the initial state of the disk, so that the calls are the same.
before_install() {
    rm -rf /run/runs
    mkfs.vfat -I -n STICK /dev/ubdb >/dev/null
    wipefs --all /dev/ubda >/dev/null 2>&1; blockdev --rereadpt /dev/ubda
}
# shellcheck disable=SC2086
do_install() { install $HOW --limit $limit --set kdf_memory=1M; }
before_rescue() { rm -rf /run/runs; }
# shellcheck disable=SC2086
do_rescue() { "$G" "$RESCUE" --yes --set key_dev=/dev/ubdb --set key_file=laptop.key $HOW --limit $limit; }

struck=0
report() { fail "$recipe, call $number $how, exit code $code: $*"; }

# interrupt_unlimited: commands that may take any time (tar) have no limit: here a user presses Ctrl-C twice.
mkfifo /run/never
interrupt_unlimited() {
    until [ -f $FAULTS/struck ]; do read -rt 1 _ <>/run/never; done
    read -rt $((LIMIT * 2)) _ <>/run/never
    for _ in 1 2; do
        # The first process of this machine has the same name.
        pgrep -x gscript | grep -vx 1 | while read -r p; do kill -INT "$p"; done
        read -rt 3 _ <>/run/never
    done
}

# inject_fault RECIPE NUMBER HOW: makes this call of the recipe fail.
inject_fault() {
    local recipe=$1 number=$2 how=$3 call tool
    "before_$recipe"
    rm -f $FAULTS/struck
    limit=900
    [ "$how" != hangs ] || { limit=$LIMIT; interrupt_unlimited & waits=$!; }
    faulty "$number" "$how" "do_$recipe"
    [ "$how" != hangs ] || { kill $waits; wait $waits; } 2>/dev/null
    [ -f $FAULTS/struck ] || fail "$recipe has no call $number"
    struck=$((struck + 1))
    call=$(cat $FAULTS/struck) tool=${call%% *}
    echo "$recipe $number $how: exit code $code, $call" | cut -c1-110
    nothing_left
    # A tool that did nothing or printed nothing may have had nothing to do or to print, and a blkid that failed is
    # called again for each device: then the machine is as planned, or --prove would have failed.
    [ $code != 0 ] || [ "$how" = nothing ] || [ "$tool" = blkid ] || report the failure was not noticed
    [ $code = 0 ] || grep -q "$tool" /run/faulty.err || report "$tool is not named"
    [ $code = 0 ] || grep -Eq '= (help|resume): ' /run/faulty.err || report nothing to do next
}

# inject_in_range RECIPE FIRST LAST: makes each of these calls, as far as they exist, fail in every way.
inject_in_range() {
    local number last
    last=$(wc -l <"/run/$1.calls")
    [ "$last" -lt "$3" ] || last=$3
    for number in $(seq "$2" "$last"); do
        for how in fails killed hangs nothing floods; do inject_fault "$1" "$number" $how; done
    done
}

# inject_in_first_call RECIPE COMMANDS: makes the first call of each of these tools or subcommands fail, in alternating ways, but
# not by hanging, which takes long.
inject_in_first_call() {
    local recipe=$1 number ways=(fails killed nothing floods) turn=0
    shift
    for command in "$@"; do
        number=$(grep -nm1 -E "^$command( |$)" "/run/$recipe.calls" | cut -d: -f1)
        [ -n "$number" ] || fail "$recipe does not call $command"
        inject_fault "$recipe" "$number" "${ways[turn++ % 4]}"
    done
}

# record_calls: runs both recipes without a fault, and records their calls.
record_calls() {
    local recipe
    for recipe in install rescue; do
        "before_$recipe"
        faulty 0 none "do_$recipe"
        must [ $code = 0 ]
        nothing_left
        cp $FAULTS/calls /run/$recipe.calls
        must [ -s /run/$recipe.calls ]
    done
}
