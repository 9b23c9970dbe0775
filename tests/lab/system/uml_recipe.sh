#!/bin/bash
# recipes/uml-guest.rhai: a guest from a signed stage3 with sysvinit and sshd, started and stopped by gscript and by OpenRC.
#
# disks: none
# tier: make lab
# takes: 25 s
# needs: /usr/bin/linux.uml
# needs: /usr/local/lib/gscript-sysvinit/usr/sbin/init
# needs: /usr/sbin/openrc-run
# needs: /usr/local/lib/gscript-farm/usr/sbin/sshd
# A kernel that is a program cannot run in another one, so this runs beside this system, with a network of its own.
[ -n "${UML_NETWORK-}" ] || UML_NETWORK=own exec unshare --net -- "$BASH" "$0" "$@"
. "${0%/*}/../lib/cases.sh"
[ "${NAMESPACE-}" = own ] || fail 'this needs namespaces of its own (unshare --mount)'
. "$LAB/lib/target.sh"
. "$LAB/lib/farm.sh"
U=/var/lib/uml WEB=/var/lib/uml/web SYSVINIT=/usr/local/lib/gscript-sysvinit/usr/sbin
mkdir -p $U && must mount -t tmpfs tmpfs $U
trap 'code=$?; kill_web; (exit $code); finish' EXIT

# An /etc of its own, which only this script sees, with OpenRC as booted by Gentoo.
mkdir -p /run/etc/{upper,work} \
    /run/openrc/{daemons,exclusive,failed,hotplugged,inactive,init.d,options,scheduled,started,starting,stopping,tmp,wasinactive}
must mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work /etc
mkdir -p /etc/{conf.d,init.d,insserv.conf.d,runlevels/{sysinit,boot,default,shutdown}}
rm -f /etc/runlevels/*/*
printf '#!/sbin/openrc-run\nstart() { :; }\n' >/etc/init.d/localmount
chmod 755 /etc/init.d/localmount
touch /etc/insserv.conf /run/openrc/softlevel

mkdir -p tree/{bin,dev,etc/{conf.d,init.d,runlevels/default},lib64,proc,run,sbin,sys,tmp,usr/lib,var/{log,run}}
cp "$(command -v busybox)" tree/bin/busybox
for applet in cat chmod chown echo grep halt ip mkdir mount ping poweroff sed sh sleep sync swapon umount; do ln -s busybox tree/bin/$applet; done
cp $SYSVINIT/{init,shutdown} /usr/sbin/rc-update $FARM/usr/sbin/sshd tree/sbin/
LD_LIBRARY_PATH=$FARM/usr/lib/$(uname -m)-linux-gnu ldd tree/sbin/* | grep -o '/[^ ]*' | grep -v ':$' | sort -u |
    while read -r library; do mkdir -p "tree${library%/*}" && cp -L "$library" "tree$library"; done
echo 'ID=gentoo' >tree/etc/os-release
printf '#!/bin/sh\n' >tree/sbin/openrc-run
printf '#!/sbin/openrc-run\n' >tree/etc/init.d/net.lo
mkdir -p tree/root tree/etc/ssh
printf '#!/sbin/openrc-run\n' >tree/etc/init.d/sshd
printf '%s\n' root:x:0:0:root:/root:/bin/sh sshd:x:22:22::/run/sshd:/bin/false >tree/etc/passwd
printf '%s\n' root:x:0: sshd:x:22: >tree/etc/group
printf '%s:*:19000:0:99999:7:::\n' root sshd >tree/etc/shadow
printf 'HostKey /etc/ssh/ssh_host_ed25519_key\nPasswordAuthentication no\n' >tree/etc/ssh/sshd_config
for key in tree/etc/ssh/ssh_host_ed25519_key mine other; do must ssh-keygen -q -t ed25519 -N '' -f $key; done
chmod 600 tree/etc/shadow
printf '%s\n' id:3:initdefault: si::sysinit:/bin/begin l0:0:wait:/bin/end l6:6:wait:/bin/end \
    'c1:12345:respawn:/sbin/agetty 38400 tty1 linux' 'c2:2345:respawn:/sbin/agetty 38400 tty2 linux' \
    'ca:12345:ctrlaltdel:/sbin/shutdown -r now' >tree/etc/inittab
cat >tree/bin/begin <<'END'
#!/bin/sh
mount -t proc proc /proc
# Messages of the kernel would appear within the lines.
echo 1 >/proc/sys/kernel/printk
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run
swapon /dev/ubdb && echo swap is on
. /etc/conf.d/net
ip address add "$config_vec0" dev vec0
ip link set vec0 up
mkdir -p /run/sshd
[ ! -e /etc/runlevels/default/sshd ] || LD_LIBRARY_PATH=$(cat /etc/libraries) /sbin/sshd
echo began as "$(cat /etc/hostname)" "$(cat /etc/conf.d/hostname)"
END
cat >tree/bin/end <<'END'
#!/bin/sh
echo ended in runlevel "$RUNLEVEL" >/dev/console
umount -a -r
poweroff -f
END
printf '#!/bin/sh\necho login on $2 >/dev/console\nexec sleep 100000\n' >tree/sbin/agetty
chmod 755 tree/bin/{begin,end} tree/sbin/{agetty,openrc-run} tree/etc/init.d/{net.lo,sshd}
# The packages of sshd are not installed.
echo "$FARM/usr/lib/$(uname -m)-linux-gnu" >tree/etc/libraries
tar --numeric-owner --owner=0 --group=0 -C tree -cf - . | xz -0 >a.tar.xz
sign_archive

# guest NAME ARGUMENTS…: runs the recipe.
guest() {
    "$G" "$PROJECT/recipes/uml-guest.rhai" --yes --prove --journal "/run/$1" --set name=web --set user=nobody --set size=64M --set swap=8M \
        --set stage3="$OUT/a.tar.xz" --set stage3_keys="$OUT/good.asc" --set address=10.82.0.2/24 "${@:2}" >"$1.out" 2>"$1.err"
}
# web: prints the number of the process of the guest's kernel; kill_web: ends what a failed case has left.
web() { pgrep -o -f "ubd0=$WEB/root.img" --ns $$ --nslist mnt; }
kill_web() { pkill -9 -f "ubd0=$WEB/root.img" --ns $$ --nslist mnt; }
# words: prints the arguments of the kernel.
words() { tr '\0' '\n' <"/proc/$(web)/cmdline" | tail -n +2; }
# answers: waits until the guest has a login and answers to a ping.
answers() {
    until grep -q 'login on tty1' $WEB/console.log; do
        web >/dev/null || fail "the guest has ended: $(tail -n 3 $WEB/console.log)"
        sleep 0.1
    done
    for _ in $(seq 100); do ! busybox ping -c 1 -W 1 10.82.0.2 >ping.txt 2>&1 || return 0; done
    fail "no answer"
}
# shut_down: requires that init of the guest has shut it down.
shut_down() {
    must_not web
    must grep -q 'ended in runlevel 0' $WEB/console.log
    must e2fsck -fn $WEB/root.img >fsck.txt 2>&1
}

it 'a stage3 with a wrong signature makes no guest'
cp a.tar.xz whole.tar.xz
printf x >>a.tar.xz
must_not guest forged
must_not test -e $WEB
mv whole.tar.xz a.tar.xz

it 'a guest of an ordinary user answers on its tap'
must guest made --set login=keys --set authorized_keys="$OUT/mine.pub"
ip address add 10.82.0.1/24 dev guests0
answers
must test "$(stat -c %U "/proc/$(web)" $WEB $WEB/root.img $WEB/swap.img | uniq)" = nobody
must test "$(readlink $WEB/linux)" = /usr/bin/linux.uml
must grep -q 'began as web hostname="web"' $WEB/console.log
must grep -q 'swap is on' $WEB/console.log
must_not grep 'login on tty2' $WEB/console.log
words >started.txt

it 'root logs in over the bridge with the key that the recipe was given'
echo "10.82.0.2 $(cut -d' ' -f1,2 tree/etc/ssh/ssh_host_ed25519_key.pub)" >known
# login KEY COMMAND: runs a command in the guest.
login() {
    ssh -F none -i "$1" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$OUT/known" \
        -o ConnectTimeout=60 root@10.82.0.2 "$2" </dev/null 2>login.err
}
must test "$(login mine 'cat /etc/hostname /proc/cpuinfo' | grep -E '^web$|vendor_id')" = "$(printf 'web\nvendor_id\t: User Mode Linux')"
if login other true; then fail 'another key is accepted'; fi
must grep -q 'Permission denied (publickey' login.err

it 'a second run keeps the guest and adds its service'
pid=$(web)
must guest again --set autostart=openrc
must test "$(web)" = "$pid"
must test "$(readlink /etc/init.d/uml.web)" = uml
must test -L /etc/runlevels/default/uml.web
must rc-service uml.web start >openrc.txt 2>&1
must test "$(web)" = "$pid"
must grep -q 'runs already' openrc.txt

it 'a guest shuts down at ctrl-alt-del'
says 'print(uml::stop("web"));' ctrl-alt-del
shut_down

it 'OpenRC starts and stops the guest as gscript does, and creates its links'
must rc-service uml.web zap >openrc.txt 2>&1
ip link delete uml0
ip link delete guests0
must rc-service uml.web start >openrc.txt 2>&1
ip address add 10.82.0.1/24 dev guests0
answers
words | must cmp - started.txt
must test "$(stat -c %U "/proc/$(web)")" = nobody
"$G" list --guests >list.txt
must grep -Eq "^web +uml +running +$(web) $WEB\$" list.txt
must rc-service uml.web stop >openrc.txt 2>&1
must_not grep 'has not shut down' openrc.txt
shut_down

it 'a guest that does not shut down is ended by OpenRC in any case'
sed -i 's/^TIMEOUT=.*/TIMEOUT="1"/' /etc/conf.d/uml.web
must rc-service uml.web start >openrc.txt 2>&1
answers
kill -STOP "$(web)"
must rc-service uml.web stop >openrc.txt 2>&1
must grep -q 'killing it' openrc.txt
must_not web

it 'OpenRC shows why a guest does not start, and refuses root'
printf 'USER="root"\n' >>/etc/conf.d/uml.web
must_not rc-service uml.web start >openrc.txt 2>&1
must grep -q 'must not run as root' openrc.txt
sed -i '$d' /etc/conf.d/uml.web
mv $WEB/root.img $WEB/other.img
must_not rc-service uml.web start >openrc.txt 2>&1
must grep -q 'Unable to mount root' openrc.txt
must_not web
