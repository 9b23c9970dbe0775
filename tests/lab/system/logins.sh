#!/bin/bash
# What the module `users` writes, read by the programs that it is for: visudo and doas.
#
# disks: none
# tier: make lab
# needs: /usr/sbin/visudo
# needs: /usr/bin/doas
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
