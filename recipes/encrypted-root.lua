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
--- ```toml
--- [params.disk]
--- type = "disk"
--- ask = "Disk that gets Gentoo; everything on it is lost (INST_HDD)"
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
--- choices = ["key", "passphrase"]
--- default = "key"
--- ask = "What opens the disk: a key file on a USB stick, or a passphrase"
---
--- [params.key_dev]
--- type = "device"
--- when = { unlock = "key" }
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
--- when = { unlock = "passphrase" }
--- ask = "Passphrase; make it long"
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
--- [params.stay]
--- type = "bool"
--- default = false
--- ask = "Leave everything mounted and open at the end"
---
--- [needs]
--- destroys = ["$disk"]
--- writes = ["$target", "$key_mount"]
--- runs = ["cat", "a shell"]
--- ```

local storage = require "storage"

-- In Lua these names belong to the language and to the primitives.
local hdd, layout, archive = params.disk, params.table, params.stage3

print("Keep the live medium at hand until the installed system has started by itself.")

--- Two partitions, aligned to 1 MiB: a small one for `/boot`, which stays unencrypted, and the rest.
--- The guide's type 7 for the root was a way not to be noticed; today the type says what it is.
step("Partition the hard drive")

local names = layout == "gpt"
local boot_part = { size = boot_size, kind = "linux", bootable = true }
local root_part = { size = "rest", kind = "luks" }
if names then
    boot_part.name = "boot"
    root_part.name = "root"
end
local parts = disk.partition(hdd, { boot_part, root_part }, { table = layout })
local boot_dev = names and parts.boot or parts["1"]
local root_dev = names and parts.root or parts["2"]

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

if unlock == "key" then
    --- 512 random bytes, made on the stick and nowhere else, readable by root only from the first
    --- moment. A FAT stick knows no permissions: it is mounted so that only root sees its files.
    step("Create the encryption key")
    local options = disk.info(key_dev).content == "vfat" and "umask=0077" or ""
    mount.mount(key_dev, key_mount, { options = options })
    -- A live medium forgets: with this, `gscript resume` goes on after a reboot.
    journal.keep_on(key_mount)
    unlock_with.key = key.generate(key_mount .. "/" .. name, { bytes = key_bytes })
else
    unlock_with.passphrase = passphrase
end

--- The partition gets its header, and is opened: from here on `/dev/mapper/ENC_HDD` is a disk that
--- does not look encrypted. aes-xts-plain, the guide's cipher, repeats itself after 2 TiB.
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
local opened = luks.open(root_dev, opened_name, unlock_with)
if header_backup and unlock == "key" then
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
if unlock == "passphrase" then
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

--- Names resolve inside as they do outside; /proc, /sys, /dev and /run are there. On a terminal this
--- is the place to go on with the normal installation: leave the shell when you are done.
step("Enter the new system")

chroot.prepare(target)
chroot.run(target, { "cat", "/etc/os-release" })
chroot.shell(target)

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
    if unlock == "key" then
        mount.unmount(key_mount)
    end
end
