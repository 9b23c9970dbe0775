# Sourced first by every script of the lab: cases, assertions, and functions that run gscript.
#
#     . "${0%/*}/../lib/cases.sh"
#
# Arguments of a script: the program (G), the directory that host and guest share (OUT), and the project (PROJECT).
# Each `it NAME` begins a case, and its name is the name of a test. A case passes when the next one begins or when the
# script ends with 0. It fails with the first assertion that does not hold; then the script ends, because later cases
# need the results of earlier ones. Results go to the file `tap` in OUT, in the Test Anything Protocol;
# tests/support/tap.rs reads it.

OUT=$2 PROJECT=${3%/}
LAB=$PROJECT/tests/lab
cd "$OUT" || exit 99
export GSCRIPT_STATE=/run/gscript-state
CASE='' SINCE=$EPOCHREALTIME TAP=$OUT/tap
# The program, and, as G, a script that starts it. Recipes of the lab are its own: where they run unattended, they may do anything, unless the script
# names a root itself.
PROGRAM=$1
G=$OUT/gscript
cat >"$G" <<END
#!/bin/bash
for word; do case \$word in --yes) approved=1 ;; --anything-in) named=1 ;; esac; done
if [ "\$1" != release ] && [ "\$approved" ] && [ ! "\$named" ]; then set -- "\$@" --anything-in /; fi
exec '$1' "\$@"
END
chmod 755 "$G"
: >>"$TAP"

# it NAME: ends the case before as passed and begins this one.
it() {
    pass
    CASE=$1
    echo "== $1"
}

pass() {
    # A failed assertion in a subshell or a pipeline ends only that.
    [ ! -e "$TAP.failed" ] || exit 1
    local now=$EPOCHREALTIME
    [ -z "$CASE" ] || echo "ok - $CASE # time=$(((${now/[.,]/} - ${SINCE/[.,]/}) / 1000))ms" >>"$TAP"
    SINCE=$now CASE=''
}

# fail REASON…: fails the case; records the line of the script, its command, and the newest output.
fail() {
    local frame=1 line
    while [[ ${BASH_SOURCE[frame]} == */lib/* && frame -lt $((${#BASH_SOURCE[@]} - 1)) ]]; do frame=$((frame + 1)); done
    line=${BASH_LINENO[frame - 1]}
    {
        echo "not ok - ${CASE:-before the first case}"
        echo '  ---'
        echo "  at: ${BASH_SOURCE[frame]#"$PROJECT/"}:$line"
        echo "  command: $(sed -n "${line}s/^ *//p" "${BASH_SOURCE[frame]}" | cut -c1-300)"
        [ $# = 0 ] || echo "  why: $*" | cut -c1-1000 | sed '2,$s/^/    /'
        newest_output | sed 's/^/  /'
        echo '  ...'
    } | tee -a "$TAP"
    : >"$TAP.failed"
    exit 1
}

# newest_output: prints the last lines of the newest output files.
newest_output() {
    local file
    for file in $(find . /run -maxdepth 1 -type f \( -name '*.err' -o -name '*.out' -o -name '*.txt' \) -size +0 -printf '%T@ %p\n' |
        sort -rn | head -n 2 | cut -d' ' -f2); do
        echo "output: $file"
        tail -n 15 "$file" | cut -c1-400 | sed 's/^/  /'
    done
}

# Runs at the end of the script, whatever ends it.
finish() {
    local code=$?
    if [ -e "$TAP.failed" ]; then
        code=1
    elif [ $code != 0 ]; then
        (fail "the script ended with $code")
    else
        (pass)
        [ -e "$TAP.failed" ] || echo "1..$(grep -c '^ok ' "$TAP")" >>"$TAP"
    fi
    # The power may be cut before the file is written back.
    sync "$TAP" 2>/dev/null
    exit $code
}
trap finish EXIT

# must COMMAND…: requires success.
must() {
    "$@" || fail "exit code $?: $*"
}

# must_not COMMAND…: requires a failure that is the command's answer: a missing program, a signal or an unreadable
# input does not count.
must_not() {
    local code=0
    "$@" || code=$?
    [ $code != 0 ] || fail "worked, and must not: $*"
    case $1 in
    grep | cmp | diff | pgrep | test) [ $code = 1 ] || fail "it can't tell (exit code $code): $*" ;;
    "$G") [ $code -le 4 ] || fail "exit code $code: $*" ;;
    *) [ $code -lt 126 ] || fail "exit code $code: $*" ;;
    esac
}

# ask NAME COMMAND…: runs a command and keeps its output and exit code.
ask() {
    local name=$1
    shift
    "$@" >"$OUT/$name.out" 2>"$OUT/$name.err" </dev/null
    echo $? >"$OUT/$name.code"
}

# exits NAME CODE: requires this exit code.
exits() {
    [ "$(cat "$OUT/$1.code")" = "$2" ] || fail "$1: exit code $(cat "$OUT/$1.code"), not $2"
}

# tells NAME TEXT: requires this text in the errors.
tells() {
    grep -Fq -- "$2" "$1.err" || fail "$1 does not say: $2"
}

# typed ACTS COMMAND…: runs a command on a terminal and types into it; see typed.py.
typed() { python3 "$LAB/lib/typed.py" "$@"; }

# recipe NAME <<END: writes a recipe.
recipe() { cat >"$OUT/$1"; }

# everything: prints the options that approve destroying every disk of the machine.
everything() {
    for d in /dev/ubd[a-o] /dev/loop0; do
        [ -b "$d" ] && echo --destroy "$d"
    done
}

# proved: records the actions of the last run, which was compared with the plan.
proved() {
    grep -oP '"record":"begin",.*?"name":"\K[^"]*' /run/proved/*/journal.jsonl | sed 's/.*://' >>"$OUT/proved"
    rm -r /run/proved
}

# do_ RHAI: runs a script for real; all disks may be destroyed. The resulting machine must match the plan exactly.
do_() {
    printf '%s\n' "$1" >"$OUT/do.rhai"
    # shellcheck disable=SC2046
    must "$G" "$OUT/do.rhai" --yes --prove --journal /run/proved $(everything)
    proved
}

# says RHAI EXPECTED: checks what a script prints when it runs for real. In the plan, answers of programs are
# assumed values, so a script must not throw because of them.
says() {
    printf '%s\n' "$1" >"$OUT/says.rhai"
    # shellcheck disable=SC2046
    must "$G" "$OUT/says.rhai" --yes --prove --journal /run/proved --json $(everything) >"$OUT/says.json"
    proved
    python3 - "$OUT/says.json" "$2" <<'END' || fail "of: $1"
import json, sys
said = [e["text"] for e in map(json.loads, open(sys.argv[1])) if e["event"] == "said"]
if "\n".join(said) != sys.argv[2]:
    sys.exit(f"said {said}, expected {sys.argv[2]!r}")
END
}

# has_stopped PLACE: waits until the process $pid, which runs with cut.so and CUT_SIGN=/run/stopped, has stopped at a place.
has_stopped() {
    until [ -e /run/stopped ] && grep -q '^State:.T' /proc/$pid/status; do
        kill -0 $pid 2>/dev/null || fail "it ended before $1"
        sleep 0.1
    done
}

# nothing_left: requires that no mount, mapping, active group, array, swap, loop device, network bridge, namespace or
# process is left.
nothing_left() {
    must_not grep -E ' /mnt| /dev/(ubd|mapper)' /proc/mounts
    [ "$(wc -l </proc/swaps)" -le 1 ] || fail "$(cat /proc/swaps)"
    [ ! -e /proc/mdstat ] || must_not grep -E '^md' /proc/mdstat
    # Active volumes, and so active groups, are mappings as well.
    [ "$(dmsetup ls 2>/dev/null | grep -cv '^No devices')" = 0 ] || fail "$(dmsetup ls)"
    local left
    for left in '/sys/block/dm-*' '/sys/block/loop*/loop/backing_file' '/sys/class/net/*/bridge' '/run/netns/*'; do must_not compgen -G "$left"; done
    orphans_end || fail "still there: $orphan"
    # kdevtmpfs, a kernel thread, has a namespace of its own.
    namespaces=$(lsns --noheadings --output TYPE,COMMAND | grep -v kdevtmpfs | cut -d' ' -f1 | sort | uniq -d)
    [ -z "$namespaces" ] || fail "$(lsns)"
}

# orphans_end: waits until no orphaned process is left. Orphans are children of the first process; a killed process
# may take a moment to disappear.
orphans_end() {
    local stat state parent rest
    for _ in $(seq 6000); do
        orphan=
        for stat in /proc/[0-9]*/stat; do
            read -r orphan <"$stat" || continue
            # The daemon of LVM that monitors RAID volumes keeps running.
            case $orphan in *"(dmeventd)"*) orphan=; continue ;; esac
            # The name is in parentheses and may contain any character.
            rest=${orphan##*) }
            read -r state parent _ <<<"$rest"
            [ "$parent" = 1 ] && [ "$state" != Z ] && [ "${orphan%% *}" != $$ ] && break
            orphan=
        done 2>/dev/null
        [ -n "$orphan" ] || return 0
        sleep 0.1
    done
    return 1
}

# Fast key derivation: its duration is not what is tested.
KDF='kdf: #{ kind: "pbkdf2", iterations: 1000 }'

# sign_archive: writes the signed digests of a.tar.xz, and the signing key to good.asc.
sign_archive() {
    export GNUPGHOME=/run/gpg
    mkdir -m 700 $GNUPGHOME
    gpg --batch --quiet --passphrase '' --quick-generate-key good ed25519 sign 1d
    gpg --armor --export good >good.asc
    printf '# SHA512 HASH\n%s  a.tar.xz\n' "$(sha512sum <a.tar.xz | cut -d' ' -f1)" >d.txt
    must gpg --batch --quiet --local-user good --output a.tar.xz.DIGESTS --clearsign d.txt
    gpgconf --kill all
}

# own_accounts ROOT: gives the root password files of its own, because only the host's root may read those of the
# host.
own_accounts() {
    rm -f "$1"/etc/.pwd.lock "$1"/etc/{,g}shadow{,-}
    sed 's/:.*/:*:19000:0:99999:7:::/' "$1/etc/passwd" >"$1/etc/shadow"
    sed 's/:.*/:*::/' "$1/etc/group" >"$1/etc/gshadow"
    chmod 600 "$1"/etc/{,g}shadow
}
