# A root for guests that has what a stage3 of Gentoo has: sysvinit, OpenRC and Portage. The programs are those of this machine: a
# guest sees its /usr, without being able to change it, because to copy Python takes minutes here. Sourced after lxc.sh and
# repository.sh.

SYSVINIT=/usr/local/lib/gscript-sysvinit/usr/sbin
use_pypi ''
echo 'lxc.mount.entry = /usr usr none bind,ro 0 0' >/usr/share/lxc/config/common.conf.d/50-usr.conf

# gentoo_root DIRECTORY: makes it.
gentoo_root() {
    local root=$1 one
    mkdir -p "$root"/{dev,home,mnt,opt,proc,root,run,sbin,share,sys,tmp,usr/bin,var/{cache/distfiles,db,lib,log,tmp}} \
        "$root"/etc/{conf.d,env.d,init.d,insserv.conf.d,portage,runlevels/{sysinit,boot,default,shutdown}}
    chmod 1777 "$root"/{tmp,var/tmp}
    for one in bin lib lib64; do ln -s usr/$one "$root/$one"; done
    for one in /usr/sbin/*; do ln -s "..$one" "$root/sbin/"; done
    rm -f "$root"/sbin/{init,shutdown,halt,telinit,reboot,poweroff}
    must cp -a $SYSVINIT/{init,shutdown,halt,telinit,reboot,poweroff} "$root/sbin/"
    ln -s $PYPI/share/portage "$root/share/portage"

    echo 'ID=gentoo' >"$root/etc/os-release"
    printf '%s\n' root:x:0:0:root:/root:/bin/bash nobody:x:65534:65534::/:/bin/false \
        portage:x:250:250:portage:/var/tmp/portage:/bin/false >"$root/etc/passwd"
    printf '%s\n' root:x:0: tty:x:5: uucp:x:14: utmp:x:406: portage:x:250:portage nobody:x:65534: >"$root/etc/group"
    own_accounts "$root"
    # Debian's OpenRC reads it at every start of a service.
    : >"$root/etc/insserv.conf"
    cp /etc/rc.conf /etc/ld.so.cache "$root/etc/"
    cp -a /etc/alternatives "$root/etc/"
    cp /etc/init.d/cgroups "$root/etc/init.d/"
    ln -s /etc/init.d/cgroups "$root/etc/runlevels/sysinit/cgroups"
    printf '%s\n' id:3:initdefault: si::sysinit:/sbin/openrc\ sysinit rc::bootwait:/sbin/openrc\ boot l0u:0:wait:/sbin/telinit\ u \
        l0:0:wait:/sbin/openrc\ shutdown l0s:0:wait:/sbin/halt\ -dhip l3:3:wait:/sbin/openrc\ default \
        l6:6:wait:/sbin/openrc\ reboot l6r:6:wait:/sbin/reboot\ -dkn 'c1:12345:respawn:/sbin/agetty 38400 tty1 linux' \
        'ca:12345:ctrlaltdel:/sbin/shutdown -r now' >"$root/etc/inittab"
}

# guest_service ROOT NAME RUNLEVEL <<END: makes a service of the guest with this script.
guest_service() {
    { echo '#!/sbin/openrc-run'; cat; } >"$1/etc/init.d/$2"
    chmod 755 "$1/etc/init.d/$2"
    ln -s "/etc/init.d/$2" "$1/etc/runlevels/$3/$2"
}
