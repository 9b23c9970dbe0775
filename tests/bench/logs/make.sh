#!/bin/bash
# Makes build logs by running real tools that fail: make.sh CASES DIRECTORY
#
# For each case of the files in CASES, NAME.log is written, and NAME.want: the kinds that are right, and a part of the
# line that is the first real error, separated by a tab. A case whose tools are missing is skipped, and reported.
#
#   fails NAME PHASE KIND[,KIND…] TEXT <<'END'     the script that fails; TEXT is in the line to find
#   needs PROGRAM…                                 of all further cases of the file
set -u
export LC_ALL=C.UTF-8 HOME=/nonexistent TERM=dumb
from=$(readlink -f "$1")
to=$(readlink -f "$2")
missing=
PYTHON=/usr/bin/python3; export PYTHON

needs() {
    local program
    missing=
    for program; do command -v "$program" >/dev/null || missing="$missing $program"; done
}

# What a build prints before it fails: results of configure and warnings that mention errors.
harmless() {
    cat >error.c <<'C'
#include <stdio.h>
int handle_error(int number) { int unused; printf("error: %ld\n", number); return 0; }
C
    cat >configure.ac <<'C'
AC_INIT([harmless], [1])
AC_PROG_CC
AC_CHECK_HEADERS([error.h nope_error.h])
AC_CHECK_FUNCS([strerror no_such_function])
AC_OUTPUT
C
    { autoconf && ./configure; } 2>&1
    echo "gcc -O2 -Wall -Wno-error -c error.c -o error.o"
    gcc -O2 -Wall -Wno-error -c error.c -o error.o 2>&1
}

fails() {
    local name=$1 phase=$2 kinds=$3 text=$4 work
    if [ -n "$missing" ]; then cat >/dev/null; echo "skipped: $name needs$missing" >&2; return; fi
    work=$(mktemp -d)
    cat >"$work/.case"
    {
        printf ' * Package:    app-misc/%s-1:0\n * Repository: gentoo\n>>> Unpacking source...\n' "$name"
        case $phase in unpack | prepare) ;; *) cat "$to/harmless" ;; esac
        (cd "$work" && bash -e ./.case) 2>&1 </dev/null
        [ $? -ne 0 ] || echo "did not fail: $name" >&2
        printf ' * ERROR: app-misc/%s-1::gentoo failed (%s phase):\n *   %s\n * \n' "$name" "$phase" "${died:-(no error message)}"
        printf ' * Call stack:\n *     ebuild.sh, line 127:  Called src_%s\n *   The specific snippet of code:\n *       emake || die\n * \n' "$phase"
        printf " * If you need support, post the output of \`emerge --info '=app-misc/%s-1::gentoo'\`,\n" "$name"
        printf " * The complete build log is located at '/var/tmp/portage/app-misc/%s-1/temp/build.log'.\n" "$name"
    } >"$to/$name.log"
    printf '%s\t%s\n' "$kinds" "$text" >"$to/$name.want"
    rm -rf "$work"
}

mkdir -p "$to"
work=$(mktemp -d)
(cd "$work" && harmless) >"$to/harmless"
rm -rf "$work"
for cases in "$from"/*.cases; do
    missing=
    . "$cases"
done
rm "$to/harmless"
