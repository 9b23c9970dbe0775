#!/bin/sh
# A stand-in for emerge in a system that the complete recipe installs: it logs its arguments, and creates what
# the recipe needs afterwards. The kernel is that of the installed modules, from the sources if there are any.
case " $* " in *' --pretend '*) exit ;; esac
echo "emerge $*" >>/var/emerge.log
KV=$(ls /lib/modules | sort -V | tail -n 1)
# flags PACKAGE: prints its USE flags in package.use.
flags() {
    echo " $(cat /etc/portage/package.use/* /etc/portage/package.use 2>/dev/null | sed -n "s,^$1 ,,p" | tr '\n' ' ') "
}
for word; do case $word in
    sys-kernel/installkernel)
        layout=compat
        case $(flags $word) in
        *' uki '*) layout=uki ;;
        *' grub '*) layout=grub ;;
        *' systemd-boot '*) layout=bls ;;
        esac
        mkdir -p /usr/lib/kernel
        echo "layout=$layout initrd_generator=dracut" >/usr/lib/kernel/install.conf
        [ ! -d /var/standin/installkernel ] || cp -a /var/standin/installkernel/. / ;;
    sys-kernel/gentoo-kernel-bin)
        case $(flags sys-kernel/installkernel) in *' systemd '*)
            kernel-install add "$KV" "/usr/src/linux-$KV/arch/x86/boot/bzImage" || exit 1
            continue ;;
        esac
        if [ -d /usr/src/linux ]; then
            cp /usr/src/linux/arch/x86/boot/bzImage "/boot/vmlinuz-$KV"
            cp /usr/src/linux/.config "/boot/config-$KV"
        else
            echo kernel >"/boot/vmlinuz-$KV"
        fi ;;
    sys-apps/systemd | sys-apps/systemd-utils)
        # USE cryptsetup and boot are off in a stage3; they take effect when the package is merged again.
        case " $* " in *' --newuse '*)
            for flag in $(flags $word); do
                [ ! -d "/var/standin/systemd/$flag" ] || cp -a "/var/standin/systemd/$flag/." /
            done ;;
        esac ;;
    sys-fs/lvm2) [ ! -d /var/standin/lvm2 ] || cp -a /var/standin/lvm2/. / ;;
    *cryptsetup) [ ! -e /etc/portage/package.accept_keywords/crypto ] || echo new >/var/cryptsetup ;;
esac; done
for one in lvm cronie dhcpcd sysklogd sshd; do
    unit=/usr/lib/systemd/system/$one.service script=/etc/init.d/$one
    if [ -d /etc/runlevels ]; then
        [ -e $script ] || printf '#!/sbin/openrc-run\nstart() { :; }\n' >$script
        chmod 755 $script
    elif [ $one != lvm ] && [ ! -e $unit ]; then
        printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >$unit
    fi
done
mkdir -p /etc/default
