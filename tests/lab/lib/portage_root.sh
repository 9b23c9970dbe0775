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
