# What every script of the lab sources first: cases, assertions, and runs of gscript.
#
#     . "${0%/*}/../lib/cases.sh"
#
# A script is called with the program, the directory that host and guest share, and the project: G, OUT, PROJECT.
# Each `it NAME` begins a case, and its name is the name of a test. A case passes where the next one begins, or where the
# script ends with 0. It fails with the first assertion that does not hold, and the script ends there: later cases need what
# earlier ones have made. Results go to the file `tap` in OUT, in the Test Anything Protocol; tests/support/tap.rs reads it.

G=$1 OUT=$2 PROJECT=${3%/}
LAB=$PROJECT/tests/lab
cd "$OUT" || exit 99
export GSCRIPT_STATE=/run/gscript-state
CASE='' SINCE=$EPOCHREALTIME TAP=$OUT/tap
: >>"$TAP"

# it NAME: the case before has passed, and this one begins.
it() {
    pass
    CASE=$1
    echo "== $1"
}

pass() {
    # An assertion in a subshell or a pipeline ends only that.
    [ ! -e "$TAP.failed" ] || exit 1
    local now=$EPOCHREALTIME
    [ -z "$CASE" ] || echo "ok - $CASE # time=$(((${now/[.,]/} - ${SINCE/[.,]/}) / 1000))ms" >>"$TAP"
    SINCE=$now CASE=''
}

# fail WHY…: the case fails; the line of the script that says so, its command, and the newest output are kept.
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

# newest_output: the last lines of what was written last.
newest_output() {
    local file
    for file in $(find . /run -maxdepth 1 -type f \( -name '*.err' -o -name '*.out' -o -name '*.txt' \) -size +0 -printf '%T@ %p\n' |
        sort -rn | head -n 2 | cut -d' ' -f2); do
        echo "output: $file"
        tail -n 15 "$file" | cut -c1-400 | sed 's/^/  /'
    done
}

# The end, however it comes about.
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
    # This machine is perhaps ended before it writes that out by itself.
    sync "$TAP" 2>/dev/null
    exit $code
}
trap finish EXIT

# must COMMAND…: it has to work.
must() {
    "$@" || fail "exit code $?: $*"
}

# must_not COMMAND…: it has to fail, and by its own verdict: what is not there, is ended by a signal or can't read what it
# should look at says nothing.
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

# ask NAME COMMAND…: runs it and keeps what it prints and its exit code.
ask() {
    local name=$1
    shift
    "$@" >"$OUT/$name.out" 2>"$OUT/$name.err" </dev/null
    echo $? >"$OUT/$name.code"
}

# exits NAME CODE: how it ended.
exits() {
    [ "$(cat "$OUT/$1.code")" = "$2" ] || fail "$1: exit code $(cat "$OUT/$1.code"), not $2"
}

# tells NAME TEXT: it has this in its errors.
tells() {
    grep -Fq -- "$2" "$1.err" || fail "$1 does not say: $2"
}

# typed ACTS COMMAND…: types into it on a terminal, as typed.py says.
typed() { python3 "$LAB/lib/typed.py" "$@"; }

# recipe NAME <<END: writes a recipe.
recipe() { cat >"$OUT/$1"; }

# everything: agreement to destroy every disk of the machine.
everything() {
    for d in /dev/ubd[a-o] /dev/loop0; do
        [ -b "$d" ] && echo --destroy "$d"
    done
}

# proved: the actions of the last run were done for real, and the machine is as the simulation said.
proved() {
    grep -oP '"record":"begin",.*?"name":"\K[^"]*' /run/proved/*/journal.jsonl | sed 's/.*://' >>"$OUT/proved"
    rm -r /run/proved
}

# do_ RHAI: runs a script for real; everything may be destroyed. Afterwards the whole machine must
# be as the simulation said.
do_() {
    printf '%s\n' "$1" >"$OUT/do.rhai"
    # shellcheck disable=SC2046
    must "$G" "$OUT/do.rhai" --yes --prove --journal /run/proved $(everything)
    proved
}

# says RHAI EXPECTED: what a script prints when it runs for real. In the plan answers of programs
# are guesses, so a script can't throw because of them.
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

# nothing_left: no mount, mapping, active group, array, swap, loop device, network bridge, namespace or
# process is left of what ran before.
nothing_left() {
    must_not grep -E ' /mnt| /dev/(ubd|mapper)' /proc/mounts
    [ "$(wc -l </proc/swaps)" -le 1 ] || fail "$(cat /proc/swaps)"
    [ ! -e /proc/mdstat ] || must_not grep -E '^md' /proc/mdstat
    # An active volume, and with it an active group, is a mapping as well.
    [ "$(dmsetup ls 2>/dev/null | grep -cv '^No devices')" = 0 ] || fail "$(dmsetup ls)"
    local left
    for left in '/sys/block/dm-*' '/sys/block/loop*/loop/backing_file' '/sys/class/net/*/bridge' '/run/netns/*'; do must_not compgen -G "$left"; done
    orphans_end || fail "still there: $orphan"
    # (kdevtmpfs, of the kernel, has its own.)
    namespaces=$(lsns --noheadings --output TYPE,COMMAND | grep -v kdevtmpfs | cut -d' ' -f1 | sort | uniq -d)
    [ -z "$namespaces" ] || fail "$(lsns)"
}

# orphans_end: programs whose parent has ended are children of the first process. What was killed
# just now may need a moment to be gone.
orphans_end() {
    local stat state parent rest
    for _ in $(seq 6000); do
        orphan=
        for stat in /proc/[0-9]*/stat; do
            read -r orphan <"$stat" || continue
            # LVM's own watcher of RAID volumes stays for the next one.
            case $orphan in *"(dmeventd)"*) orphan=; continue ;; esac
            # The name is in parentheses and may hold anything.
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

# Fast key derivation: what is tested is not how long it takes.
KDF='kdf: #{ kind: "pbkdf2", iterations: 1000 }'

# sign_archive: a.tar.xz gets its signed digests, and good.asc the key that may have signed them.
sign_archive() {
    export GNUPGHOME=/run/gpg
    mkdir -m 700 $GNUPGHOME
    gpg --batch --quiet --passphrase '' --quick-generate-key good ed25519 sign 1d
    gpg --armor --export good >good.asc
    printf '# SHA512 HASH\n%s  a.tar.xz\n' "$(sha512sum <a.tar.xz | cut -d' ' -f1)" >d.txt
    must gpg --batch --quiet --local-user good --output a.tar.xz.DIGESTS --clearsign d.txt
    gpgconf --kill all
}

# own_accounts ROOT: the host's root alone may read what passwords it has, so the system gets its own.
own_accounts() {
    rm -f "$1"/etc/.pwd.lock "$1"/etc/{,g}shadow{,-}
    sed 's/:.*/:*:19000:0:99999:7:::/' "$1/etc/passwd" >"$1/etc/shadow"
    sed 's/:.*/:*::/' "$1/etc/group" >"$1/etc/gshadow"
    chmod 600 "$1"/etc/{,g}shadow
}
