#!/bin/sh
# A stand-in for portageq: the stable version is older than that of the live medium until emerge.sh has
# installed the newer one.
echo "portageq $*" >>/var/emerge.log
[ "$1" != envvar ] || { echo amd64; exit; }
[ -e /var/cryptsetup ]
