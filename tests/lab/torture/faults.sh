#!/bin/bash
# Some calls of a recipe, each in every way: RECIPE, FIRST, LAST.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/wrappers.sh"
. "$LAB/lib/signed.sh"
. "$LAB/lib/faults.sh"

it 'every call fails'
calm
part "$RECIPE" "$FIRST" "$LAST"
echo "$struck calls went wrong"
