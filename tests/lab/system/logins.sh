#!/bin/bash
# What the module `users` writes, read by the programs that it is for: visudo, doas and sshd.
#
# disks: none
# tier: make lab
# needs: /usr/sbin/visudo
# needs: /usr/bin/doas
# needs: /usr/sbin/sshd
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

it 'sudo and doas accept their rules'
target /mnt/t
T=/mnt/t
recipe admin.rhai <<'END_OF_RECIPE'
import "users" as users;
users::admin(#{ target: "/mnt/t" }, #{ admin: "sudo" });
users::admin(#{ target: "/mnt/t" }, #{ admin: "doas" });
END_OF_RECIPE
must "$G" admin.rhai --yes
must test "$(stat -c %a $T/etc/sudoers.d/wheel $T/etc/doas.conf)" = $'440\n400'

it 'sshd refuses the password of root, and reads keys that only their user can write'
must ssh-keygen -q -t ed25519 -N '' -f "$OUT/ada"
do_ 'system::user("/mnt/t", "ada"); system::authorized_keys("/mnt/t", "ada", "'"$OUT"'/ada.pub");'
mkdir -p $T/etc/ssh $T/run/sshd
: >$T/etc/ssh/sshd_config
must mount --bind /dev $T/dev
must chroot $T ssh-keygen -q -A
must chroot $T /usr/sbin/sshd -T >sshd.out
must grep -qE '^permitrootlogin (without-password|prohibit-password)' sshd.out
must grep -q '^strictmodes yes' sshd.out
umount $T/dev
