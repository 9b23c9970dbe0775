--- # Gentoo on an encrypted root
---
--- If a disk falls into the wrong hands, nobody can read it: everything but `/boot` lies in one
--- encrypted partition, and the key to it lies on a USB stick.
---
--- Boot a live medium first (the Gentoo LiveDVD has all the tools), and keep it at hand until the
--- installed system has started by itself: before that it is the only way back in. The disk is
--- Gentoo's alone. The stick keeps what is on it; keys never go onto the hard disk, which is
--- refused here, because a key next to its lock is none.
---
--- The names are those of the guide: INST_HDD is `disk`, BOOT_DEV and ROOT_DEV are its partitions,
--- KEY_DEV, KEY_MOUNT, KEY_FILE, ENC_HDD, VG_NAME, SWAP_NAME and ROOT_NAME are parameters.
---
--- Where 2011's way and today's differ, today's is the default: EFI instead of the boot sector
--- (`firmware`), GPT instead of MBR (`table`), LUKS2 instead of LUKS1 (`luks`), a kernel of the
--- distribution instead of one's own (`kernel_from`), dracut instead of genkernel's initramfs, GRUB 2
--- instead of GRUB legacy, whose numbering of drives from 0 nobody has to know any more: GRUB finds
--- `/boot` by its UUID. The installation needs the network: the live medium configures it (DHCP), or
--- `net-setup` does.
---
--- ```toml
--- [params.disk]
--- type = "disk"
--- ask = "Disk that gets Gentoo; everything on it is lost (INST_HDD)"
---
--- [params.goal]
--- type = "choice"
--- choices = ["bootable", "system", "base"]
--- default = "bootable"
--- ask = "How far it goes: until the disk starts by itself, without kernel and boot loader, or only to the unpacked stage3; you do the rest by hand"
---
--- [params.firmware]
--- type = "choice"
--- choices = ["efi", "bios"]
--- default = "efi"
--- ask = "What starts the machine"
---
--- [params.nvram]
--- type = "bool"
--- default = false
--- when = { firmware = "efi" }
--- ask = "Enter it in the firmware's own list of systems, instead of taking the place that every firmware looks at"
---
--- [params.table]
--- type = "choice"
--- choices = ["gpt", "mbr"]
--- default = "gpt"
--- ask = "Partition table"
---
--- [params.boot_size]
--- type = "size"
--- default = "512M"
--- ask = "Size of the boot partition, which stays unencrypted"
---
--- [params.random_fill]
--- type = "bool"
--- default = false
--- ask = "Overwrite the root partition with random data first (takes as long as writing all of it)"
---
--- [params.unlock]
--- type = "choice"
--- choices = ["key", "gpg", "passphrase"]
--- default = "key"
--- ask = "What opens the disk: a key file on a USB stick, one that GPG protects by a passphrase, or a passphrase"
---
--- [params.key_dev]
--- type = "device"
--- when = { unlock = ["key", "gpg"] }
--- ask = "Partition of the USB stick; its files stay (KEY_DEV)"
---
--- [params.key_mount]
--- type = "path"
--- default = "/mnt/key"
--- ask = "Where the stick is mounted (KEY_MOUNT)"
---
--- [params.key_file]
--- type = "text"
--- default = ""
--- ask = "Name of the key file; when empty, one that tells the disk's model, serial number and partition (KEY_FILE)"
---
--- [params.key_bytes]
--- type = "number"
--- default = 512
--- ask = "Random bytes in the key file"
---
--- [params.passphrase]
--- type = "secret"
--- when = { unlock = ["passphrase", "gpg"] }
--- ask = "Passphrase; make it long"
---
--- [params.fallback]
--- type = "choice"
--- choices = ["none", "passphrase"]
--- default = "none"
--- when = { unlock = ["key", "gpg"] }
--- ask = "Whether a passphrase of its own opens the disk as well, should the stick be lost"
---
--- [params.fallback_passphrase]
--- type = "secret"
--- when = { fallback = "passphrase" }
--- ask = "That passphrase, which needs no stick; make it very long"
---
--- [params.header_backup]
--- type = "bool"
--- default = true
--- ask = "Keep a copy of the LUKS header next to the key"
---
--- [params.luks]
--- type = "choice"
--- choices = ["luks2", "luks1"]
--- default = "luks2"
--- ask = "Format of the encrypted partition"
---
--- [params.cipher]
--- type = "text"
--- default = "aes-xts-plain64"
--- ask = "Cipher"
---
--- [params.kdf_memory]
--- type = "size"
--- default = "0"
--- ask = "Memory that guessing a key costs; 0 lets cryptsetup measure it"
---
--- [params.enc_hdd]
--- type = "text"
--- default = ""
--- ask = "Name of the opened partition; when empty, hdd_ and the partition's name (ENC_HDD)"
---
--- [params.vg_name]
--- type = "text"
--- default = "vg_hostos"
--- ask = "Name of the volume group (VG_NAME)"
---
--- [params.swap_name]
--- type = "text"
--- default = "swap"
--- ask = "Name of the swap volume (SWAP_NAME)"
---
--- [params.swap_size]
--- type = "size"
--- default = "4G"
--- ask = "Size of the swap volume; 0 for none"
---
--- [params.root_name]
--- type = "text"
--- default = "root"
--- ask = "Name of the root volume (ROOT_NAME)"
---
--- [params.root_size]
--- type = "text"
--- default = "100%FREE"
--- ask = "Size of the root volume"
---
--- [params.home_size]
--- type = "text"
--- default = ""
--- ask = "Size of a volume of its own for /home; empty for none"
---
--- [params.filesystem]
--- type = "choice"
--- choices = ["ext4", "xfs", "btrfs", "f2fs"]
--- default = "ext4"
--- ask = "Filesystem of the root volume"
---
--- [params.target]
--- type = "path"
--- default = "/mnt/gentoo"
--- ask = "Where the new root is mounted"
---
--- [params.stage3]
--- type = "path"
--- ask = "The stage3 tarball, with its .DIGESTS beside it"
---
--- [params.stage3_keys]
--- type = "path"
--- default = "/usr/share/openpgp-keys/gentoo-release.asc"
--- ask = "The public keys that may have signed it"
---
--- [params.repository]
--- type = "choice"
--- choices = ["webrsync", "there"]
--- default = "webrsync"
--- when = { goal = ["bootable", "system"] }
--- ask = "Where Portage's ebuilds come from: fetched as a signed snapshot, or in the stage3 already"
---
--- [params.profile]
--- type = "text"
--- default = ""
--- when = { goal = ["bootable", "system"] }
--- ask = "Profile; empty for that of the stage3"
---
--- [params.jobs]
--- type = "number"
--- default = 0
--- when = { goal = ["bootable", "system"] }
--- ask = "Processors to build with (grep -c ^processor /proc/cpuinfo); 0 leaves make.conf alone"
---
--- [params.packages]
--- type = "text"
--- default = ""
--- when = { goal = ["bootable", "system"] }
--- ask = "Further packages, with blanks between them"
---
--- [params.microcode]
--- type = "bool"
--- default = true
--- when = { goal = ["bootable", "system"] }
--- ask = "Install linux-firmware, whose licence not everybody likes"
---
--- [params.init]
--- type = "choice"
--- choices = ["openrc", "systemd"]
--- default = "openrc"
--- ask = "What starts the services: what the stage3 is made for"
---
--- [params.hostname]
--- type = "text"
--- default = "gentoo"
--- when = { goal = ["bootable", "system"] }
--- ask = "Name of the machine"
---
--- [params.timezone]
--- type = "text"
--- default = "Etc/UTC"
--- when = { goal = ["bootable", "system"] }
--- ask = "Time zone"
---
--- [params.locale]
--- type = "text"
--- default = "en_US.UTF-8"
--- when = { goal = ["bootable", "system"] }
--- ask = "Locale"
---
--- [params.keymap]
--- type = "text"
--- default = "us"
--- when = { goal = ["bootable", "system"] }
--- ask = "Keyboard of the console"
---
--- [params.serial]
--- type = "choice"
--- choices = ["none", "ttyS0", "ttyS1"]
--- default = "none"
--- when = { goal = ["bootable", "system"] }
--- ask = "Serial line that a machine without a screen is used by: GRUB, the kernel, the question for the passphrase and a login speak on it"
---
--- [params.serial_speed]
--- type = "number"
--- default = 115200
--- when = { serial = ["ttyS0", "ttyS1"] }
--- ask = "Speed of that line in baud"
---
--- [params.network]
--- type = "choice"
--- choices = ["dhcpcd", "none"]
--- default = "dhcpcd"
--- when = { goal = ["bootable", "system"] }
--- ask = "What configures the network of the installed system"
---
--- [params.sshd]
--- type = "bool"
--- default = false
--- when = { goal = ["bootable", "system"] }
--- ask = "Start sshd with the system"
---
--- [params.root_password]
--- type = "secret"
--- when = { goal = ["bootable", "system"] }
--- ask = "Password of root in the new system"
---
--- [params.kernel_from]
--- type = "choice"
--- choices = ["dist", "genkernel", "sources"]
--- default = "dist"
--- when = { goal = "bootable" }
--- ask = "Where the kernel comes from: Gentoo's binary one, genkernel (the guide's way), or sources that make builds"
---
--- [params.kernel_config]
--- type = "path"
--- default = "/proc/config.gz"
--- when = { kernel_from = ["genkernel", "sources"] }
--- ask = "The configuration to begin with: the live medium's"
---
--- [params.stay]
--- type = "bool"
--- default = false
--- ask = "Leave everything mounted and open at the end"
---
--- [needs]
--- destroys = ["$disk"]
--- reads = ["$stage3"]
--- writes = ["$target", "$key_mount"]
--- runs = ["cat", "a shell", "emerge-webrsync", "emerge", "portageq", "cryptsetup", "locale-gen", "chpasswd", "rc-update", "systemctl", "genkernel", "make", "dracut", "grub-install", "grub-mkconfig"]
--- network = true
--- ```

local storage = require "storage"

-- In Lua these names belong to the language and to the primitives.
local hdd, layout, archive = params.disk, params.table, params.stage3

--- The number of a serial line: of `ttyS1` it is 1.
local function serial_unit(line)
    return line:sub(#"ttyS" + 1)
end

print("Keep the live medium at hand until the installed system has started by itself.")

-- Without these nothing can be opened here. What programs are missing is told before anything else.
-- A kernel that does not tell its configuration is not checked.
local to_open = { BLK_DEV_DM = "m", DM_CRYPT = "m", CRYPTO_XTS = "m" }
kernel.require("/", "nothing", { options = to_open, if_known = true })

--- Partitions, aligned to 1 MiB: a small one for `/boot`, which stays unencrypted, and the rest. The
--- guide's type 7 for the root was a way not to be noticed; today the type says what it is. Firmware
--- needs a third: EFI its system partition, at the end, so that BOOT_DEV and ROOT_DEV are the first two
--- as in the guide; a BIOS room for GRUB in front of a GPT, where old ones reach it on large disks as well.
--- An MBR has that room anyway.
step("Partition the hard drive")

-- In MiB: a kernel, its initramfs, and those of the next update beside them.
local LEAST_BOOT <const> = 128
local names = layout == "gpt"
local boot_part = { size = boot_size, kind = "linux", bootable = true }
local root_part = { size = "rest", kind = "luks" }
if names then
    boot_part.name = "boot"
    root_part.name = "root"
end
local wanted_parts = { boot_part, root_part }
local esp_part = { size = "rest", kind = "efi" }
local bios_part = { size = "1M", kind = "bios-boot" }
if names then
    esp_part.name = "efi"
    bios_part.name = "bios"
end
if goal ~= "base" and firmware == "bios" and names then
    wanted_parts = { bios_part, boot_part, root_part }
end
if goal ~= "base" and firmware == "efi" then
    root_part.size = "-256M"
    wanted_parts = { boot_part, root_part, esp_part }
end
local parts = disk.partition(hdd, wanted_parts, { table = layout })
local boot_dev = names and parts.boot or parts["1"]
local root_dev = names and parts.root or parts["2"]
if goal == "bootable" and disk.info(boot_dev).bytes < LEAST_BOOT * 1024 * 1024 then
    error("a /boot of " .. boot_size .. " has no room for a kernel, its initramfs and those of the next update: choose a boot_size of " .. LEAST_BOOT .. "M or more")
end
local esp_dev
if goal ~= "base" and firmware == "efi" then
    esp_dev = names and parts.efi or parts["3"]
end

--- Optional: what was on the disk before can't be told from what is not used yet.
if random_fill then
    step("Populate the root partition with random data")
    disk.fill_random(root_dev)
end

local unlock_with = {}
local name = key_file
if name == "" then
    name = storage.telling_name(disk.info(hdd), root_dev) .. ".key"
end

local stick = unlock ~= "passphrase"
local on_stick = unlock == "gpg" and name .. ".gpg" or name
local open_with = {}
if stick then
    --- 512 random bytes, made on the stick and nowhere else, readable by root only from the first
    --- moment. A FAT stick knows no permissions: it is mounted so that only root sees its files.
    step("Create the encryption key")
    local options = disk.info(key_dev).content == "vfat" and "umask=0077" or ""
    mount.mount(key_dev, key_mount, { options = options })
    -- A live medium forgets: with this, `gscript resume` goes on after a reboot.
    journal.keep_on(key_mount)
    unlock_with.key = key.generate(key_mount .. "/" .. name, { bytes = key_bytes })
    open_with.key = unlock_with.key
    if unlock == "gpg" then
        -- Who finds the stick then needs the passphrase as well.
        local protected = key.protect(unlock_with.key, key_mount .. "/" .. on_stick, passphrase)
        open_with = { gpg_key = protected, passphrase = passphrase }
    end
else
    unlock_with.passphrase = passphrase
    open_with.passphrase = passphrase
end

--- The partition gets its header, and is opened: from here on `/dev/mapper/ENC_HDD` is a disk that
--- does not look encrypted. aes-xts-plain, the guide's cipher, repeats itself after 2 TiB. A key that GPG
--- protects stays in that form only: the plain one goes as soon as the partition has been formatted with
--- it, and what opens the partition here is what will at every start. (A stick may keep the contents of
--- removed files for a while: take one that nobody else gets.) The guide's entry "Passphrase Boot"
--- takes a passphrase in a key slot of its own: `fallback`.
step("Create and mount the encrypted partition")

local format_with = { version = params.luks, cipher = cipher }
for option, value in pairs(unlock_with) do
    format_with[option] = value
end
if kdf_memory ~= "0" and params.luks == "luks2" then
    format_with.kdf = { kind = "argon2id", memory = kdf_memory, iterations = 4 }
end
local luks_uuid = luks.format(root_dev, format_with)
local opened_name = enc_hdd == "" and "hdd_" .. storage.short(root_dev) or enc_hdd
if fallback == "passphrase" then
    local second = { new_passphrase = fallback_passphrase, kdf = format_with.kdf }
    for option, value in pairs(unlock_with) do
        second[option] = value
    end
    luks.add_key(root_dev, second)
end
if unlock == "gpg" then
    file.remove(unlock_with.key)
end
local opened = luks.open(root_dev, opened_name, open_with)
if header_backup and stick then
    luks.backup_header(root_dev, key_mount .. "/" .. storage.short(root_dev) .. "-" .. luks_uuid .. ".header")
end

--- One physical volume on the opened partition, one volume group on that, and in it the swap
--- volume (in one piece, and encrypted like everything else) and the root volume with what is left.
step("Use LVM to create the volumes")

lvm.pv_create(opened)
lvm.vg_create(vg_name, { opened })
lvm.vg_activate(vg_name)
local swap_dev
if swap_size ~= "0" then
    swap_dev = lvm.lv_create(vg_name, swap_name, swap_size, { contiguous = true })
end
local home_dev
if home_size ~= "" then
    home_dev = lvm.lv_create(vg_name, "home", home_size)
end
local root_volume = lvm.lv_create(vg_name, root_name, root_size)

--- Swap first, then the root at its place and everything else inside it.
step("Format and mount the required partitions")

if swap_dev then
    fs.swap(swap_dev)
    mount.swap_on(swap_dev)
end
fs.make(root_volume, { kind = filesystem })
mount.mount(root_volume, target)
fs.make(boot_dev, { kind = "ext4", label = "boot" })
mount.mount(boot_dev, target .. "/boot")
if esp_dev then
    fs.make(esp_dev, { kind = "vfat", label = "EFI" })
    mount.mount(esp_dev, target .. "/boot/efi")
end
if not stick then
    -- There is no stick: of what outlives a reboot only /boot can be read without opening anything.
    journal.keep_on(target .. "/boot")
end
if home_dev then
    fs.make(home_dev, { kind = filesystem })
    mount.mount(home_dev, target .. "/home")
end

--- The tarball is only unpacked when its digests are right and signed by Gentoo.
step("Install the stage3")

stage3.verify(archive, { keys = stage3_keys })
stage3.unpack(archive, target)

--- By UUID: names of disks change with the order in which they are found.
step("Configure /etc/fstab")

local entries = {
    { at = "/", device = root_volume, options = "errors=remount-ro", pass = 1 },
    { at = "/boot", device = boot_dev, options = "noauto,noatime", pass = 1 },
}
if filesystem ~= "ext4" then
    entries[1].options = "defaults"
end
if esp_dev then
    table.insert(entries, { at = "/boot/efi", device = esp_dev, options = "noauto,noatime,umask=0077" })
end
if home_dev then
    table.insert(entries, { at = "/home", device = home_dev, pass = 2 })
end
if swap_dev then
    table.insert(entries, { at = "none", device = swap_dev, options = "sw" })
end
for _, entry in ipairs({
    { at = "/mnt/cdrom", source = "/dev/cdrom", kind = "auto", options = "noauto,user,ro" },
    { at = "/proc", source = "proc", kind = "proc" },
    { at = "/dev/shm", source = "shm", kind = "tmpfs", options = "nodev,nosuid,noexec" },
}) do
    table.insert(entries, entry)
end
fstab.write(target, entries)

--- Names resolve inside as they do outside; /proc, /sys, /dev and /run are there. On a terminal, when
--- only the base is wanted, this is the place to go on with the normal installation: leave the shell
--- when you are done.
step("Enter the new system")

chroot.prepare(target)
chroot.run(target, { "cat", "/etc/os-release" })
if goal == "base" then
    chroot.shell(target)
end

if goal ~= "base" then
    --- The normal installation begins. Ebuilds first, as a snapshot that Gentoo has signed; then the
    --- profile and make.conf. Portage reads make.conf without a shell, so everything in it is a number;
    --- the guide's rule is one job more than there are processors, and no new one above that load.
    step("Configure Portage")

    if repository == "webrsync" then
        chroot.run(target, { "emerge-webrsync" })
    end
    if profile ~= "" then
        portage.profile(target, profile)
    end
    local settings = { GRUB_PLATFORMS = firmware == "efi" and "efi-64" or "pc" }
    if jobs > 0 then
        settings.MAKEOPTS = ("-j%d -l%d"):format(jobs + 1, jobs)
        settings.EMERGE_DEFAULT_OPTS = ("--jobs=%d --load-average=%d"):format(jobs, jobs)
    end
    portage.make_conf(target, settings)
    portage.package_use(target, "sys-fs/lvm2", { "lvm" })
    if init == "systemd" then
        portage.package_use(target, "sys-apps/systemd", { "cryptsetup" })
    end

    --- The guide's list, with what the choices above need. `module-rebuild` is a set of Portage today,
    --- `hardened-sources` are gone, and gnupg is there for a key that it protects.
    step("Install the packages")

    local wanted = {
        "sys-fs/cryptsetup", "sys-fs/lvm2", "sys-apps/busybox", "app-portage/eix", "app-crypt/gnupg",
        "app-portage/portage-utils", "sys-apps/util-linux", "sys-process/cronie",
    }
    if init == "openrc" then
        table.insert(wanted, "app-admin/sysklogd")
    end
    if network == "dhcpcd" then
        table.insert(wanted, "net-misc/dhcpcd")
    end
    if sshd then
        table.insert(wanted, "net-misc/openssh")
    end
    if esp_dev then
        table.insert(wanted, "sys-fs/dosfstools")
    end
    local tools = { xfs = "sys-fs/xfsprogs", btrfs = "sys-fs/btrfs-progs", f2fs = "sys-fs/f2fs-tools" }
    if filesystem ~= "ext4" then
        table.insert(wanted, tools[filesystem])
    end
    if microcode then
        portage.license(target, "sys-kernel/linux-firmware", { "linux-fw-redistributable" })
        table.insert(wanted, "sys-kernel/linux-firmware")
    end
    for word in packages:gmatch("[^ ]+") do
        table.insert(wanted, word)
    end
    portage.emerge(target, wanted, { noreplace = true })

    --- What the live medium's cryptsetup has written, an older one inside may not be able to open. Then
    --- the newer one is accepted although it is not called stable.
    step("Ensure that the cryptsetup version is correct")

    local outside = luks.version()
    local new_enough = ">=sys-fs/cryptsetup-" .. outside
    if not portage.has_version(target, new_enough) then
        portage.accept_keywords(target, "sys-fs/cryptsetup", { "~amd64" }, { file = "crypto" })
        portage.emerge(target, { "sys-fs/cryptsetup" }, { oneshot = true, update = true, autounmask = true })
        local inside = chroot.run(target, { "cryptsetup", "--version" })
        if inside.stdout ~= "" and not portage.has_version(target, new_enough) then
            print("The live medium's cryptsetup (" .. outside .. ") is newer than any here; LUKS1 and LUKS2 can be read by both.")
        end
    end

    --- What makes it this machine: time zone, language, keyboard, name, the password of root, and the
    --- services that a system can't do without. systemd brings its own logger.
    step("Configure the system")

    system.timezone(target, timezone, { init = init })
    system.locale(target, { locale }, { init = init })
    system.keymap(target, keymap, { init = init })
    system.hostname(target, hostname, { init = init })
    if init == "systemd" then
        system.machine_id(target)
    end
    system.password(target, "root", root_password)
    local services = { "cronie" }
    if network == "dhcpcd" then
        table.insert(services, "dhcpcd")
    end
    if sshd then
        table.insert(services, "sshd")
    end
    if init == "openrc" then
        table.insert(services, "sysklogd")
        -- The initramfs activates the root's volume alone; swap and /home are this one's.
        service.enable(target, "lvm", { runlevel = "boot", init = init })
    end
    for _, one in ipairs(services) do
        service.enable(target, one, { init = init })
    end
    -- systemd sees from the kernel's command line that there is one.
    if serial ~= "none" and init == "openrc" then
        file.append_line("/etc/inittab", "s" .. serial_unit(serial) .. ":12345:respawn:/sbin/agetty -L " .. serial_speed .. " " .. serial .. " vt100", { root = target })
    end
    -- What is mounted is the kernel's to tell; a copy of it would be old at once.
    file.link("../proc/self/mounts", "/etc/mtab", { root = target })
    if goal == "system" then
        chroot.shell(target)
    end
end

if goal == "bootable" then
    --- Gentoo's binary kernel is there in minutes and starts on any machine. The guide's way is genkernel:
    --- sources, the live medium's configuration, its options for encryption set to Yes, and a kernel that
    --- brings its own initramfs. `sources` is the same kernel without genkernel.
    step("Configure and build the kernel")

    local modules = { "crypt", "lvm" }
    if unlock == "gpg" then
        table.insert(modules, "crypt-gpg")
    end
    if kernel_from ~= "genkernel" then
        -- Packages of kernels run dracut themselves, now and at every update.
        local conf = 'hostonly="no"\n'
        for _, one in ipairs(modules) do
            conf = conf .. 'add_dracutmodules+=" ' .. one .. ' "\n'
        end
        if unlock == "gpg" then
            -- systemd's own cryptsetup does not know keys that GPG protects.
            conf = conf .. 'omit_dracutmodules+=" systemd systemd-initrd dracut-systemd "\n'
        end
        file.make_dir("/etc/dracut.conf.d", { root = target })
        file.write("/etc/dracut.conf.d/encrypted-root.conf", conf, { root = target })
        portage.package_use(target, "sys-kernel/installkernel", { "dracut" })
    end
    if kernel_from == "dist" then
        portage.emerge(target, { "sys-kernel/installkernel", "sys-kernel/dracut", "sys-kernel/gentoo-kernel-bin" }, { noreplace = true })
    else
        portage.package_use(target, "sys-kernel/gentoo-sources", { "symlink" })
        local builder = kernel_from == "genkernel" and "sys-kernel/genkernel" or "sys-kernel/dracut"
        portage.emerge(target, { "sys-kernel/gentoo-sources", builder }, { noreplace = true })
        kernel.config(target, {
            BLK_DEV_INITRD = "y", DEVTMPFS = "y", MD = "y", BLK_DEV_DM = "y", DM_CRYPT = "y",
            CRYPTO_USER_API_HASH = "y", CRYPTO_USER_API_SKCIPHER = "y",
            CRYPTO_CBC = "y", CRYPTO_ECB = "y", CRYPTO_XTS = "y", CRYPTO_HMAC = "y", CRYPTO_CRC32C = "y",
            CRYPTO_MD5 = "y", CRYPTO_MICHAEL_MIC = "y", CRYPTO_SHA1 = "y", CRYPTO_SHA256 = "y",
            CRYPTO_SHA512 = "y", CRYPTO_AES = "y",
        }, { base = kernel_config })
        kernel.require(target, "guide-crypto")
        local build_with = { how = "make" }
        if kernel_from == "genkernel" then
            build_with.how = "genkernel"
            -- genkernel reads no make.conf, and would begin with a configuration of its own.
            local genkernel = { MRPROPER = "no", DEFAULT_KERNEL_CONFIG = "/usr/src/linux/.config" }
            if jobs > 0 then
                genkernel.MAKEOPTS = ("-j%d -l%d"):format(jobs + 1, jobs)
            end
            kernel.genkernel_conf(target, { values = genkernel })
        end
        if jobs > 0 then
            build_with.jobs = jobs + 1
        end
        kernel.build(target, build_with)
        -- An option is taken back when something that it needs is not set.
        kernel.require(target, "encrypted-root")
        kernel.require(target, "guide-crypto")
        if kernel_from == "sources" then
            kernel.install(target)
        end
    end
    kernel.modules_rebuild(target)

    if kernel_from ~= "genkernel" then
        --- It asks for the passphrase or takes the key from the stick, opens the partition, activates the
        --- volumes and mounts the root.
        step("Make the initramfs")

        local initramfs = { add = modules }
        if kernel_from == "dist" then
            for _, version in ipairs(kernel.installed(target)) do
                initramfs.version = version
                local config = "/boot/config-" .. version
                if file.exists(config, { root = target }) then
                    kernel.require(target, "encrypted-root", { file = config })
                end
            end
        end
        kernel.initramfs(target, initramfs)
    end

    --- GRUB is installed with a menu of its own, and two entries of the guide's: with the key file, and with
    --- the passphrase where one opens the partition. It takes the place that every firmware looks at, and
    --- needs none of its variables; with `nvram` it is in the firmware's list, as other systems are. On a
    --- machine with a `serial` line the menu is there as well, and the passphrase is asked for there alone.
    step("Configure the boot loader")

    portage.emerge(target, { "sys-boot/grub" }, { noreplace = true })
    if firmware == "efi" then
        boot.grub_install(target, { efi = "/boot/efi", removable = not nvram })
    else
        boot.grub_install(target, { disk = hdd })
    end
    local menu = {}
    local consoles = {}
    if serial ~= "none" then
        menu.GRUB_TERMINAL = "console serial"
        menu.GRUB_SERIAL_COMMAND = "serial --unit=" .. serial_unit(serial) .. " --speed=" .. serial_speed
        -- Messages go to both, questions to the last one.
        consoles = { "console=tty0", "console=" .. serial .. "," .. serial_speed }
    end
    local style = kernel_from == "genkernel" and "genkernel" or "dracut"
    local by_passphrase = boot.cmdline(root_volume, { style = style, extra = consoles })
    local line = by_passphrase
    if stick then
        line = boot.cmdline(root_volume, { style = style, key = "/" .. on_stick, key_device = key_dev, extra = consoles })
    end
    menu.GRUB_CMDLINE_LINUX = line
    local found = boot.grub_config(target, { defaults = menu })
    -- Only grub-mkconfig knows how they are called.
    local image = found.kernels[1] or "/boot/vmlinuz-unknown"
    local initrd = found.initrds[1] or "/boot/initramfs-unknown.img"
    if stick then
        boot.entry(target, "Gentoo Linux (Keyfile Boot)", image, line, { initrd = initrd })
    end
    if not stick or fallback == "passphrase" then
        boot.entry(target, "Gentoo Linux (Passphrase Boot)", image, by_passphrase, { initrd = initrd })
    end

    --- What the next start depends on is looked at once more, while it can be mended.
    step("Check it")

    for _, needed in ipairs({ image, initrd }) do
        if not file.exists(needed, { root = target }) and #found.kernels > 0 then
            error("there is no " .. needed .. " in " .. target .. ": the system could not start")
        end
    end
    if unlock == "key" and not luks.test_key(root_dev, { key = unlock_with.key }) then
        error(on_stick .. " does not open " .. root_dev)
    end
    if fallback == "passphrase" and not luks.test_key(root_dev, { passphrase = fallback_passphrase }) then
        error("the second passphrase does not open " .. root_dev)
    end
    for _, entry in ipairs(boot.entries(target)) do
        print("In the menu: " .. entry.title)
    end
    for _, entry in ipairs(fstab.entries(target)) do
        print("In fstab: " .. entry.source .. " at " .. entry.at)
    end
    if stick then
        print("The stick with " .. on_stick .. " has to be plugged in at every start. Keep a copy of it elsewhere.")
    end
end

if not stay then
    --- Newest first, so that nothing is in use when it goes.
    step("Leave it in good order")
    chroot.release(target)
    mount.unmount(target, { recursive = true })
    if swap_dev then
        mount.swap_off(swap_dev)
    end
    lvm.vg_deactivate(vg_name)
    luks.close(opened_name)
    if stick then
        mount.unmount(key_mount)
    end
end
if goal == "bootable" then
    print("You may reboot now, without the live medium. If it does not boot: gscript rescue-encrypted-root.")
end
