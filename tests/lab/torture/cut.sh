#!/bin/bash
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/torture.sh"
# Runs until the power is cut.
blank_disks
# shellcheck disable=SC2046,SC2163
export CUT_SIGN=$OUT/cut $(cat place)
apply_plan "$RUNS"
echo "it was not cut off: $?"; cat run.err
exit 1
