#!/bin/bash
# lxc.convert: configurations of before LXC 2.1, compared with lxc-update-config, and a guest that starts with the result.
#
# disks: 64M
# tier: make lab
# takes: 35 s
# needs: /usr/local/lib/gscript-lxc/usr/bin/lxc-start
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/lxc.sh"

# settings FILE: prints the lines that are settings, without the differences in whitespace.
settings() { sed -E '/^[[:blank:]]*(#|$)/d; s/^[[:blank:]]+//; s/[[:blank:]]*=[[:blank:]]*/ = /' "$1"; }

# converted NAME <<END: requires that a file becomes what lxc-update-config makes of it.
converted() {
    cat >"$1.conf"
    cp "$1.conf" "$1.tool"
    must lxc-update-config -c "$1.tool" >"$1.txt" 2>&1
    same_again "lxc::convert(\"$OUT/$1.conf\");"
    settings "$1.tool" >expected.txt
    settings "$1.conf" >found.txt
    must cmp expected.txt found.txt
}

it 'keys of guides become those of lxc-update-config'
converted guide <<'END'
# The network of the guest.
lxc.network.type = veth
lxc.network.flags = up
lxc.network.link = br0
lxc.network.name = eth0
lxc.network.hwaddr = 00:16:3e:11:22:33
lxc.network.ipv4 = 10.80.0.9/24
lxc.network.ipv4.gateway = 10.80.0.1
lxc.network.ipv6 = 2001:db8::9/64

lxc.network.type = vlan
lxc.network.vlan.id = 5
lxc.network.link = eth0
lxc.utsname = web
lxc.tty = 4
lxc.pts = 1024
lxc.rootfs = /var/lib/lxc/web/rootfs
lxc.mount = /var/lib/lxc/web/fstab
lxc.mount.entry = /var/cache/distfiles var/cache/distfiles none bind,ro 0 0
lxc.cap.drop = sys_module mac_admin
lxc.cgroup.memory.limit_in_bytes = 256M
END
converted others <<'END'
lxc.id_map = u 0 100000 65536
lxc.id_map = g 0 100000 65536
lxc.devttydir = lxc
lxc.aa_profile = unconfined
lxc.aa_allow_incomplete = 1
lxc.se_context = system_u:system_r:lxc_t:s0
lxc.seccomp = /usr/share/lxc/config/common.seccomp
lxc.console = none
lxc.console.logfile = /var/log/web.log
lxc.haltsignal = SIGPWR
lxc.rebootsignal = SIGINT
lxc.stopsignal = SIGKILL
lxc.loglevel = 1
lxc.logfile = /var/log/lxc.log
lxc.init_cmd = /sbin/init
lxc.init_uid = 0
lxc.init_gid = 0
lxc.kmsg = 0
lxc.pivotdir = lxc_putold
lxc.autodev = 1
END
converted spaces <<'END'
lxc.utsname=web
lxc.tty  =  2
lxc.network.type=veth
lxc.network.link=br0
END
converted today <<'END'
lxc.uts.name = web
lxc.net.0.type = empty
lxc.rootfs.path = dir:/var/lib/lxc/web/rootfs
END

it 'comments stay, and a setting without a card is refused'
must grep -qx '# The network of the guest.' guide.conf
printf 'lxc.utsname = web\nlxc.network.link = br0\n' >early.conf
refused 'early.conf:2: lxc.network.link is set before lxc.network.type' "lxc::convert(\"$OUT/early.conf\");"
refused 'none.conf: no such file' "lxc::convert(\"$OUT/none.conf\");"

it 'a guest with old keys starts after the conversion'
root_of old
printf '%s\n' 'lxc.include = /usr/share/lxc/config/common.conf' 'lxc.utsname = old' 'lxc.tty = 1' 'lxc.network.type = empty' \
    'lxc.rootfs = /var/lib/lxc/old/rootfs' 'lxc.limit.nofile = 100' >/var/lib/lxc/old/config
must_not lxc-start -n old >old.txt 2>&1
printf 'lxc::convert("/var/lib/lxc/old/config");' >plan.rhai
must "$G" plan plan.rhai >plan.txt 2>&1
must grep -q -- '-lxc.tty = 1' plan.txt
must grep -q -- '+lxc.tty.max = 1' plan.txt
do_ 'lxc::convert("/var/lib/lxc/old/config"); lxc::start("old");'
must test "$(inside old 'hostname; cat /proc/1/limits' | grep -E '^old|open files' | tr -s ' \n' ' ')" = 'old Max open files 100 100 files '
approved old 'lxc::stop("old", #{ timeout: 20, kill: true });'
