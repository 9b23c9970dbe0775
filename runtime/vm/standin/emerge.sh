#!/bin/sh
# A stand-in for emerge in a system that the complete recipe installs: it logs its arguments, and creates what
# the recipe needs afterwards. The kernel is that of the installed modules, from the sources if there are any.
echo "emerge $*" >>/var/emerge.log
KV=$(ls /lib/modules)
for word; do case $word in
    sys-kernel/gentoo-kernel-bin)
        if [ -d /usr/src/linux ]; then
            cp /usr/src/linux/arch/x86/boot/bzImage "/boot/vmlinuz-$KV"
            cp /usr/src/linux/.config "/boot/config-$KV"
        else
            echo kernel >"/boot/vmlinuz-$KV"
        fi ;;
    sys-apps/systemd)
        # USE cryptsetup is off in a stage3; it takes effect when the package is merged again.
        case " $* " in *' --newuse '*)
            grep -rqs '^sys-apps/systemd .*cryptsetup' /etc/portage/package.use && cp -a /var/standin/systemd/. / ;;
        esac ;;
    *cryptsetup) [ ! -e /etc/portage/package.accept_keywords/crypto ] || echo new >/var/cryptsetup ;;
esac; done
for one in lvm cronie dhcpcd sysklogd sshd; do
    unit=/usr/lib/systemd/system/$one.service script=/etc/init.d/$one
    if [ -d /etc/runlevels ]; then
        [ -e $script ] || printf '#!/sbin/openrc-run\n' >$script
        chmod 755 $script
    elif [ $one != lvm ] && [ ! -e $unit ]; then
        printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >$unit
    fi
done
mkdir -p /etc/default
