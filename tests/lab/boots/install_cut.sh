#!/bin/bash
# Installs until record number CUT_RECORD, where the power is cut.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

stick
export CUT_RECORD CUT_SIGN=$OUT/cut
LD_PRELOAD=$OUT/cut.so install_
fail "not cut off: $?"
