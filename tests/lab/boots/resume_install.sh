#!/bin/bash
# What install_cut.sh began is resumed, and the initramfs is not made again.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

journal=$(ls $RUNS/*/journal.jsonl)
must_not grep -q boot.grub_install $journal
must "$G" resume --journal $RUNS "${ANSWERS[@]}" --yes --destroy /dev/ubda
must grep -q boot.grub_install $journal
must [ "$(grep -c '"name":"kernel.initramfs"' $journal)" = 1 ]
nothing_left
