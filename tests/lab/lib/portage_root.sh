# /mnt/t: this system as a root with Portage and an empty repository; uses target.sh and repository.sh.

target /mnt/t
T=/mnt/t
if [ -x $PYPI/bin/emerge ]; then
    use_pypi $T
    chroot $T groupadd -g 250 portage
    chroot $T useradd -u 250 -g portage -d /var/tmp/portage -s /bin/false portage
else
    must command -v emerge
fi

do_ 'chroot::prepare("/mnt/t");'

R=$T/var/db/repos/gentoo
use_repository $T

# hungry_package MIB: adds app-misc/hungry, whose build has four jobs, each of which needs this memory. Those that make starts at once
# allocate at once, and are what the kernel kills, as compilers would be.
hungry_package() {
    package app-misc/hungry 1 amd64 <<END
src_compile() {
    cat >job.py <<'PY'
import glob, sys, time
open("/proc/self/oom_score_adj", "w").write("1000")
open("started." + sys.argv[1], "w").close()
while len(glob.glob("started.*")) < int(sys.argv[2]): time.sleep(0.05)
memory = bytearray(b"x") * ($1 << 20)
time.sleep(1)
PY
    local jobs=\${MAKEOPTS#-j}
    jobs=\${jobs%% *}
    printf 'all: 1 2 3 4\n1 2 3 4:\n\t/usr/bin/python3 job.py \$@ %s\ninstall:\n' "\$jobs" >Makefile
    emake
}
END
}
