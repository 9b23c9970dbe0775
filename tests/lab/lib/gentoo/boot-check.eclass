# Refuses to install into /boot while it, or the EFI system partition, is in fstab and not mounted. A stand-in for
# Gentoo's mount-boot.eclass. A test sets /etc/booted-by-efi, because its machine has no EFI.

boot-check() {
	local at mounted places=(/boot)
	[[ -z ${EROOT} && ${MERGE_TYPE} != buildonly ]] || return 0
	[[ ! -d /sys/firmware/efi && ! -e /etc/booted-by-efi ]] || places+=(/efi /boot/efi /boot/EFI)
	for at in "${places[@]}"; do
		awk -v at=${at} '!/^[[:blank:]]*#/ && $2 == at { found = 1 } END { exit !found }' /etc/fstab || continue
		mounted=$(awk -v at=${at} '$2 == at { print ($4 ~ /^ro(,|$)/) ? "ro" : "rw"; exit }' /proc/mounts)
		if [[ -z ${mounted} ]]; then
			eerror "Your ${at} partition is not mounted"
			eerror "Please mount it and retry."
			die -n "${at} not mounted" || return 1
		elif [[ ${mounted} == ro ]]; then
			die -n "${at} mounted read-only" || return 2
		fi
	done
}
