--- # /dev/ptmx in containers with OpenRC
---
--- A container has pseudo-terminals of its own only if `/dev/ptmx` leads to the devpts that is mounted in it: otherwise sshd,
--- screen and script in the container open terminals of the host, or none.
---
--- The guide was written for Linux 2.6, where devpts had to be built with `CONFIG_DEVPTS_MULTIPLE_INSTANCES` and mounted with
--- `newinstance`. Since Linux 4.7, every mount of devpts is an instance of its own, both settings are gone, and opening
--- `/dev/ptmx` leads to the devpts at `/dev/pts` beside it, whether it is a device node or a link. LXC, systemd-nspawn and OpenRC
--- make the link themselves. So this recipe changes nothing on such a kernel, unless `install` is `always`: for a container that
--- was set up manually, whose `/dev` is kept from boot to boot.
---
--- What it installs is the guide's: an entry in `/etc/fstab`, and a service in the runlevel `sysinit` that runs after devfs and
--- udev, mounts devpts again with the options of that entry, and replaces `/dev/ptmx` by a link. The guide's `mode=666` would
--- let every user write to the terminals of all others; here a terminal belongs to its user and the group `tty` (620), as
--- everywhere else.
---
--- To test the fix, restart the container and run the recipe again: its last chapter shows the link and the permissions.
---
--- ```toml
--- [params.root]
--- type = "path"
--- default = "/"
--- ask = "Mount point of the container's root; / inside the container"
---
--- [params.install]
--- type = "choice"
--- choices = ["needed", "always"]
--- default = "needed"
--- ask = "Install the service only if the kernel needs it (before Linux 4.7), or always"
---
--- [needs]
--- writes = ["$root/etc"]
--- runs = ["rc-update"]
--- ```

--- Linux 4.7 made instances of devpts the only way, so that neither the option of the kernel nor that of the mount exists.
step("Check the kernel")
local found = system.pseudo_terminals(root)
if found.instances then
    print("Linux " .. found.kernel .. ": every mount of devpts has terminals of its own")
elseif found.kernel then
    print("Linux " .. found.kernel .. ": build it with CONFIG_DEVPTS_MULTIPLE_INSTANCES, and mount devpts with newinstance")
end

if install == "always" or not found.instances then
    --- devpts(5), the group 5 is tty. `ptmxmode` is the mode of `/dev/pts/ptmx`, which would be 000.
    step("Mount devpts by /etc/fstab")
    fstab.set(root, {
        at = "/dev/pts",
        source = "devpts",
        kind = "devpts",
        options = "rw,relatime,gid=5,mode=620,ptmxmode=666",
    })

    --- Gentoo's own scripts are not edited: the service runs after them, so that their updates do not undo it.
    step("Install the service ptmx-fix")
    file.write("/etc/init.d/ptmx-fix", [[
#!/sbin/openrc-run
# /dev/ptmx as a link to the devpts of this container.

description="Link /dev/ptmx to /dev/pts/ptmx"

depend() {
	after devfs udev
}

start() {
	if [ ! -e /dev/pts/ptmx ]; then
		eerror "/dev/pts/ptmx does not exist: devpts is not mounted"
		return 1
	fi
	ebegin "Linking /dev/ptmx to /dev/pts/ptmx"
	mount -o remount /dev/pts &&
		ln -snf pts/ptmx /dev/ptmx.new &&
		mv -fT /dev/ptmx.new /dev/ptmx
	eend $?
}
]], { root = root, mode = "0755" })

    step("Start it in sysinit")
    service.enable(root, "ptmx-fix", { runlevel = "sysinit", init = "openrc" })
else
    print("Nothing has to be installed.")
end

--- Right are a link to pts/ptmx, and the mode 666: everyone may open a new terminal.
step("Test the link and its permissions")
if not found.kernel then
    print("Unknown on a described machine.")
elseif not found.mounted then
    print("devpts is not mounted at " .. root .. "/dev/pts: the container does not run, or its /dev is in another mount namespace")
else
    local link = found.link and "a link to " .. found.link or "not a link"
    print("/dev/ptmx is " .. link .. "; the mode of /dev/pts/ptmx is " .. tostring(found.mode))
    if found.link and found.mode ~= "666" then
        print("warning: users cannot open a terminal: /dev/pts must be mounted with ptmxmode=666")
    end
end
