#!/bin/sh
# A stand-in for getuto, which makes the keyring of Gentoo's signatures: it makes an empty one.
mkdir -p -m 700 /etc/portage/gnupg
