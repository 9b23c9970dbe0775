#!/bin/bash
# Makes some calls of a recipe (RECIPE, FIRST, LAST) fail in every way.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/wrappers.sh"
. "$LAB/lib/signed.sh"
. "$LAB/lib/faults.sh"

it 'every call fails'
record_calls
inject_in_range "$RECIPE" "$FIRST" "$LAST"
echo "$struck calls went wrong"
