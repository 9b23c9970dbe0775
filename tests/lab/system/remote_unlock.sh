#!/bin/bash
# The module remote: real dracut puts the host key and the trusted keys into the initramfs. The module crypt-ssh is a stand-in,
# which reads the same settings and refuses what the original refuses; it has no SSH server.
#
# disks: none
# tier: make lab
# takes: 20 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

it 'the initramfs has the keys that may unlock the root'
target /mnt/t
T=/mnt/t
KV=$(basename /usr/lib/uml/modules/*)
mkdir -p $T/usr/lib/modules && cp -a "/usr/lib/uml/modules/$KV" $T/usr/lib/modules/
mkdir -p $T/usr/lib/dracut/modules.d/60crypt-ssh
cat >$T/usr/lib/dracut/modules.d/60crypt-ssh/module-setup.sh <<'END'
check() { return 0; }
install() {
    local kind key
    for kind in ${dropbear_keytypes:-rsa ecdsa ed25519}; do
        eval key=\$dropbear_${kind}_key
        [[ -f $key && -f $key.pub ]] || { derror "Cannot locate a system SSH ${kind^^} host key in $key"; return 1; }
        inst_simple "$key" "/etc/dropbear/dropbear_${kind}_host_key"
    done
    inst_simple "${dropbear_acl:-/root/.ssh/authorized_keys}" /root/.ssh/authorized_keys
    echo "dropbear_port='${dropbear_port:-222}'" >"$initdir/etc/crypt-ssh.conf"
}
END
must ssh-keygen -q -t ed25519 -N '' -C ada@box -f "$OUT/ada"
do_ 'chroot::prepare("/mnt/t");'
configure() {
    printf '%s' 'import "remote" as remote;
remote::check(#{ remote_unlock: "ssh", unlock_keys: "'"$1"'" });
let layout = #{ target: "/mnt/t", containers: [#{ kind: "luks", passphrase: true }] };
remote::configure(layout, #{ remote_unlock: "ssh", unlock_keys: "'"$1"'", unlock_port: 2222, init: "openrc" });
kernel::initramfs("/mnt/t", #{ version: "'"$KV"'", add: remote::modules(#{ remote_unlock: "ssh" }) });'
}
do_ "$(configure "$OUT/ada.pub")"
must test "$(stat -c %a $T/etc/dropbear/initramfs_host_key $T/etc/dropbear/initramfs_authorized_keys)" = $'600\n600'
inside() { lsinitrd -f "$1" $T/boot/initramfs-"$KV".img; }
inside root/.ssh/authorized_keys | must cmp - "$OUT/ada.pub"
inside etc/dropbear/dropbear_ed25519_host_key | must cmp - $T/etc/dropbear/initramfs_host_key
must test "$(inside etc/crypt-ssh.conf)" = "dropbear_port='2222'"

it 'the host key stays at the next run'
cp $T/etc/dropbear/initramfs_host_key before
do_ "$(configure "$OUT/ada.pub")"
must cmp before $T/etc/dropbear/initramfs_host_key

it 'a private key is refused'
fails 'contains a private key: give the file with the extension .pub' "$(configure "$OUT/ada")"
do_ 'chroot::release("/mnt/t");'
umount /mnt/t
