#!/bin/bash
# Resumes the installation that install_cut.sh started; the initramfs is not made again.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

journal=$(ls $RUNS/*/journal.jsonl)
must_not grep -q boot.grub_install $journal
must "$G" resume --journal $RUNS "${ANSWERS[@]}" --yes --destroy /dev/ubda
must grep -q boot.grub_install $journal
must [ "$(grep -c '"name":"kernel.initramfs"' $journal)" = 1 ]
nothing_left
