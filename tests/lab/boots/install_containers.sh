#!/bin/bash
# Installs with a second container, which the key of the root opens at boot as well.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

stick
must install_ --set containers=true
nothing_left
