---@meta gscript

--- Begins a chapter: it groups the plan, the screen and the journal.
---@param title string
function step(title) end

--- A test of a recipe, in a file of tests.
---@param name string
---@param body fun()
function test(name, body) end

--- All parameters of the recipe, also those whose names are taken by something else.
---@type table<string, any>
params = {}

---@class gscript.disk
disk = {}

--- Lists the whole disks of the machine, USB sticks included, as maps like those of `disk.info`.
---
--- Source: lsblk(8).
---
--- ```lua
--- local disks = disk.list()
--- ```
---@return any
function disk.list() end

--- Tells about one block device: `path`, `what`, `bytes`, `human` (its size for people),
--- `sector`, `removable`, `read_only`, `model`, `serial`, `by_id`, `table`, `content`, `uuid`,
--- `label`, `partuuid`, `partitions` (paths) and `in_use`. What does not apply is nothing.
---
--- Source: lsblk(8), blkid(8).
---
--- ```lua
--- print(disk.info("/dev/sdb1").label)
--- ```
---@param device string The device, by any of its names.
---@return any
function disk.info(device) end

--- Tells who holds a device: a list of maps with `what` (a sentence) and `free` (the command
--- that gives it back), in the order in which they have to be freed. Empty when it is free.
---
--- ```lua
--- local holders = disk.holders("/dev/sdc")
--- ```
---@param device string The device.
---@return any
function disk.holders(device) end

---@class gscript.disk.partition.parts
---@field size string|integer `"512M"`, `"rest"` for all that is left, or `"-8G"` to leave 8 GiB at the end. Rounded up to whole MiB.
---@field name? string Its name in the table (GPT only, at most 36 characters).
---@field kind? "linux"|"luks"|"lvm"|"raid"|"swap"|"efi"|"bios-boot"|"boot"|"home"|"data" What it is for.
---@field bootable? boolean Whether a BIOS may boot from it.

---@class gscript.disk.partition.options
---@field table? "gpt"|"mbr" The format of the table.
---@field keep? boolean Whether to leave the table alone, with all that is on its partitions, where it is exactly so already: format, number, places, types and names.

--- Writes a new partition table; everything on the disk is lost.
---
--- Partitions follow one another in the order of the list, aligned to 1 MiB. Signatures of what
--- was there before are wiped first, from the old partitions to the disk, so that nothing of it
--- comes back to life. Returns a map from the name (or else the number) of each partition to
--- its device: `parts.boot`, or `parts["1"]`.
---
--- Source: sfdisk(8); guide ER, "Partition The Hard Drive".
---
--- ```lua
--- local parts = disk.partition("/dev/sda", {
---     { name = "boot", size = "512M", kind = "linux" },
---     { name = "root", size = "rest", kind = "luks" },
--- })
--- fs.make(parts.boot)
--- ```
---@param disk string The whole disk.
---@param parts gscript.disk.partition.parts[] Its partitions, as maps.
---@param options? gscript.disk.partition.options
---@return any
function disk.partition(disk, parts, options) end

--- Removes every signature from a device: filesystems, LUKS, LVM, RAID, the partition table;
--- on a disk from its partitions first, so that none of it is found again later. The data
--- itself stays until something is written over it.
---
--- Source: wipefs(8).
---
--- ```lua
--- disk.wipe("/dev/sda")
--- ```
---@param device string The disk, partition or volume.
---@return any
function disk.wipe(device) end

--- Overwrites a whole device with random data, as fast as it can be written.
---
--- What was on it before can't be read again, and what will be encrypted on it later can't be
--- told from what was never written. Ctrl-C stops it at any time; the device is then partly
--- overwritten.
---
--- Source: guide ER, "Populate $ROOT_DEV With Random Data"; the key stream is AES-256 in counter
--- mode with a throw-away key.
---
--- ```lua
--- disk.fill_random("/dev/sda2")
--- ```
---@param device string The disk, partition or volume.
---@return any
function disk.fill_random(device) end

---@class gscript.key
key = {}

---@class gscript.key.generate.options
---@field bytes? string How many bytes. 512 are more than any cipher uses; fewer than 32 are refused.

--- Makes a key file of random bytes from the kernel's generator, readable by its owner only
--- from its first moment. A file that is there already is never overwritten: one that looks
--- like such a key is kept, anything else is an error. Returns its path.
---
--- Source: guide ER, "Create The Encryption Key"; random(7).
---
--- ```lua
--- local key = key.generate("/mnt/key/laptop.bin")
--- luks.format("/dev/sda2", { key = key })
--- ```
---@param path string Where; the folder must exist, and belongs on a stick, not on the disk that it will open.
---@param options? gscript.key.generate.options
---@return any
function key.generate(path, options) end

--- Checks that a key file can be trusted with a disk: a regular file, not empty, readable by
--- its owner only, and not plainly predictable. Returns a map with `bytes`.
---
--- ```lua
--- print(key.check("/mnt/key/keyfile.bin").bytes)
--- ```
---@param path string The key file.
---@return any
function key.check(path) end

--- Protects a key file by a passphrase: a copy is encrypted with AES-256 by GnuPG, and only its
--- owner can read it. A file that is there already is not overwritten. The plain key stays until
--- `file::remove` takes it away. `luks.open` takes the protected one as `gpg_key`. Returns its path.
---
--- Source: gpg(1), `--symmetric`; guide ER, "gpg --symmetric" for the key on the stick.
---
--- ```lua
--- key.generate("/mnt/key/laptop.bin")
--- key.protect("/mnt/key/laptop.bin", "/mnt/key/laptop.gpg", passphrase)
--- ```
---@param key string The plain key file.
---@param to string Where the protected one goes, `.gpg` by custom.
---@param passphrase any The passphrase, from a parameter of type `secret`.
---@return any
function key.protect(key, to, passphrase) end

--- Unlocks a key that a passphrase protects into a file in memory, to give it another passphrase or to
--- use it with other programs; on a disk it is refused. Take the file away with `file.remove`. To open a
--- container there is no need for it: `luks.open` takes the protected key. Returns the path.
---
--- Source: gpg(1), `--decrypt`.
---
--- ```lua
--- local key = key.unlock("/mnt/key/laptop.gpg", "/run/laptop.bin", passphrase)
--- print(luks.test_key("/dev/sda3", { key = key }))
--- file.remove(key)
--- ```
---@param key string The protected key.
---@param to string Where the plain one goes: below `/run`, say.
---@param passphrase any Its passphrase, from a parameter of type `secret`.
---@return any
function key.unlock(key, to, passphrase) end

---@class gscript.luks
luks = {}

---@class gscript.luks.format.kdf
---@field kind? "argon2id"|"argon2i"|"pbkdf2" The function.
---@field memory? string|integer How much memory each try costs (argon2).
---@field iterations? integer How many passes each try costs, instead of a measured time.

---@class gscript.luks.format.options
---@field key? string A key file.
---@field passphrase? any A passphrase, from a parameter of type `secret`.
---@field version? "luks2"|"luks1" The format of the header.
---@field cipher? string The cipher with its mode.
---@field key_size? string|integer Bits of the volume key; xts splits them in two halves.
---@field kdf? gscript.luks.format.kdf How keys are derived; argon2id on LUKS2 and pbkdf2 on LUKS1 by default.
---@field keep? boolean Whether to leave a container alone, with all that is in it, where one of this version and cipher is there already. Whether the key opens it shows when it is opened.

--- Makes a LUKS container; everything on the device is lost. Returns the container's UUID.
---
--- Give a key file *or* a passphrase; more keys are added with `luks.add_key`. The key file must
--- not be empty, readable by others, or on the disk that it opens.
---
--- Source: cryptsetup-luksFormat(8); guide ER, "Create And Mount The Encrypted Partition". The
--- guide's `aes-xts-plain` repeats its numbering after 2 TiB: `aes-xts-plain64` is the default.
---
--- ```lua
--- luks.format("/dev/sda2", { key = "/mnt/key/keyfile.bin" })
--- luks.format("/dev/sda2", { key = "/mnt/key/keyfile.bin", version = "luks1" })
--- luks.format("/dev/sda2", {
---     key = "/mnt/key/keyfile.bin",
---     kdf = { kind = "argon2id", memory = "32M", iterations = 4 },
--- })
--- ```
---@param device string The partition or other device.
---@param options? gscript.luks.format.options
---@return any
function luks.format(device, options) end

---@class gscript.luks.open.options
---@field key? string A key file.
---@field passphrase? any A passphrase, from a parameter of type `secret`: the container's, or that of `gpg_key`.
---@field gpg_key? string A key file that `key.protect` or `gpg --symmetric` made. The plain key goes from gpg to cryptsetup through pipes, and into no file.
---@field read_only? boolean Whether nothing can be written to it.
---@field discard? boolean Whether discards reach the disk below: faster SSDs, but free space can be told.

--- Opens a container: its inside appears as `/dev/mapper/NAME`, which is returned.
---
--- Source: cryptsetup-open(8); guide ER, `luksOpen $ROOT_DEV $ENC_HDD`.
---
--- ```lua
--- local inside = luks.open("/dev/sda3", "hdd_a3", { key = "/mnt/key/keyfile.bin" })
--- lvm.pv_create(inside)
--- ```
---@param device string The container.
---@param name string The name below `/dev/mapper`; a telling one is `hdd_a3` for `/dev/sda3`.
---@param options? gscript.luks.open.options
---@return any
function luks.open(device, name, options) end

--- Closes a container. What is mounted, swapped to or active inside has to be given back first.
---
--- Source: cryptsetup-close(8).
---
--- ```lua
--- luks.open("/dev/sda3", "hdd_a3", { key = "/mnt/key/keyfile.bin" })
--- luks.close("hdd_a3")
--- ```
---@param name string The name below `/dev/mapper`.
---@return any
function luks.close(name) end

--- Tells about a container: `version`, `uuid`, `cipher`, `offset` (bytes before the data),
--- `slots` (the key slots in use) and `open` (the device of its inside, if it is open).
---
--- ```lua
--- print(luks.info("/dev/sda3").slots)
--- ```
---@param device string The container.
---@return any
function luks.info(device) end

--- Lists the containers of the machine, open or not, as maps with `device`, `human` (its size for
--- people), `disk` (its make and size), `uuid` and `open` (the device of its inside, if it is open).
---
--- ```lua
--- local found = luks.containers()
--- ```
---@return any
function luks.containers() end

---@class gscript.luks.test_key.options
---@field key? string A key file.
---@field passphrase? any A passphrase, from a parameter of type `secret`.

--- Tells whether a key file or passphrase opens a container, without opening it.
---
--- Source: cryptsetup-open(8), `--test-passphrase`.
---
--- ```lua
--- local fits = luks.test_key("/dev/sda3", { key = "/mnt/key/keyfile.bin" })
--- ```
---@param device string The container.
---@param options? gscript.luks.test_key.options
---@return any
function luks.test_key(device, options) end

--- Tells the version of the cryptsetup that opens and formats containers here, `2.6.1`. That of an
--- installed system has to be at least as new to be sure to open them.
---
--- Source: cryptsetup(8), `--version`; guide ER, "Ensuring cryptsetup Version Is Correct".
---
--- ```lua
--- print(luks.version())
--- ```
---@return any
function luks.version() end

---@class gscript.luks.add_key.kdf
---@field kind? "argon2id"|"argon2i"|"pbkdf2" The function.
---@field memory? string|integer How much memory each try costs (argon2).
---@field iterations? integer How many passes each try costs, instead of a measured time.

---@class gscript.luks.add_key.options
---@field key? string A key file that opens it now.
---@field passphrase? any A passphrase that opens it now.
---@field new_key? string The key file to add.
---@field new_passphrase? any The passphrase to add.
---@field slot? integer The slot; the first free one when absent.
---@field kdf? gscript.luks.add_key.kdf How the new key is derived.

--- Adds a key file or passphrase to a container and makes sure that it opens it. LUKS1 has 8
--- slots, LUKS2 has 32. Returns the number of the slot.
---
--- Source: cryptsetup-luksAddKey(8); guide ER, "You can have up to eight (8) key files and/or
--- passphrases".
---
--- ```lua
--- key.generate("/mnt/key/second.bin")
--- luks.add_key("/dev/sda3", { key = "/mnt/key/keyfile.bin", new_key = "/mnt/key/second.bin" })
--- ```
---@param device string The container.
---@param options? gscript.luks.add_key.options
---@return any
function luks.add_key(device, options) end

--- Removes the key in a slot. The last key is never removed.
---
--- Source: cryptsetup-luksKillSlot(8).
---
--- ```lua
--- key.generate("/mnt/key/second.bin")
--- luks.add_key("/dev/sda3", { key = "/mnt/key/keyfile.bin", new_key = "/mnt/key/second.bin" })
--- luks.remove_key("/dev/sda3", 0)
--- ```
---@param device string The container.
---@param slot integer The slot, as `luks.info` and `luks.add_key` tell it.
---@return any
function luks.remove_key(device, slot) end

--- Keeps a copy of a container's header. Without its header a container is lost, whoever has
--- the key. The file must not exist; on the same stick as the key it is as safe as the key.
---
--- LUKS2 has a second header, and `blkid` looks for it at nine places in the first 4 MiB of a device: a stick
--- where the copy lies so would be taken for a container and not be mounted. The copy is laid elsewhere then.
---
--- Source: cryptsetup-luksHeaderBackup(8).
---
--- ```lua
--- luks.backup_header("/dev/sda3", "/mnt/key/sda3.header")
--- ```
---@param device string The container.
---@param file string Where the copy goes.
---@return any
function luks.backup_header(device, file) end

--- Puts a copy of a header back onto a device. Keys that were added or removed since the copy
--- was made are as they were then. The container must be closed.
---
--- Source: cryptsetup-luksHeaderRestore(8).
---
--- ```lua
--- luks.restore_header("/dev/sda3", "/mnt/key/saved.header")
--- ```
---@param device string The device.
---@param file string The copy.
---@return any
function luks.restore_header(device, file) end

---@class gscript.crypt
crypt = {}

---@class gscript.crypt.swap_on.options
---@field cipher? string The cipher with its mode.
---@field key_size? string|integer Bits of the key; xts splits them in two halves.

--- Swaps to a device through a key that nobody knows: what was swapped out can't be read after
--- the machine is off. Everything on the device is lost, at each start anew, and the machine
--- can't hibernate. Returns the device that is swapped to, `/dev/mapper/NAME`.
---
--- Source: cryptsetup-open(8), "PLAIN"; the kernel makes the key (urandom(4)). A device with a
--- header of its own, LUKS for example, is nothing for this: the header would be gone.
---
--- ```lua
--- crypt.swap_on("/dev/sda1", "swap")
--- ```
---@param device string The partition or volume.
---@param name string The name below `/dev/mapper`.
---@param options? gscript.crypt.swap_on.options
---@return any
function crypt.swap_on(device, name, options) end

---@class gscript.md
md = {}

---@class gscript.md.create.options
---@field format? "1.2"|"1.0" Where its superblock lies: 1.2 near the beginning; 1.0 at the end, so that firmware which knows no arrays sees the filesystem on a raid1.
---@field chunk? string|integer How much goes to one device before the next gets its turn (not in raid1).
---@field keep? boolean Whether to leave it alone, with all that is on it, where an array of this name, level and these devices is there already.

--- Makes an md array and starts it; everything on its devices is lost. Returns its device.
---
--- The array is found again by its name, on any host: `md.assemble` starts it after a reboot
--- where udev did not, and returns its device then. While the kernel brings the devices into
--- step for the first time, which `cat /proc/mdstat` shows, the array can be used already.
---
--- Source: mdadm(8), md(4).
---
--- ```lua
--- local array = md.create("root", "raid1", {"/dev/sda2", "/dev/sda3"})
--- fs.make(array)
--- ```
---@param name string Its name.
---@param level "raid0"|"raid1"|"raid5"|"raid6"|"raid10" How it spreads data: raid0 for speed alone, raid1 for copies, raid5 and raid6 survive the loss of one and of two devices, raid10 is copies and speed.
---@param devices string[] Its devices: at least 2, 3 for raid5, 4 for raid6, an even number for raid10.
---@param options? gscript.md.create.options
---@return any
function md.create(name, level, devices, options) end

---@class gscript.md.assemble.options
---@field degraded? boolean Whether to start it although devices are missing: what is lost next has no copy left.

--- Starts an array whose devices are there. Returns its device.
---
--- Source: mdadm(8), `--assemble`.
---
--- ```lua
--- md.create("root", "raid1", {"/dev/sda2", "/dev/sda3"})
--- md.stop("root")
--- local array = md.assemble("root")
--- ```
---@param name string Its name.
---@param options? gscript.md.assemble.options
---@return any
function md.assemble(name, options) end

--- Stops an array: its device disappears until it is started again. Nothing on it may be mounted,
--- swapped to or open.
---
--- Source: mdadm(8), `--stop`.
---
--- ```lua
--- md.create("root", "raid1", {"/dev/sda2", "/dev/sda3"})
--- md.stop("root")
--- ```
---@param name string Its name.
---@return any
function md.stop(name) end

--- Tells about an array: `name`, `uuid`, `level`, `devices` (how many it has when it is complete),
--- `members` (those that are there), `path` (nothing while it is stopped) and `bytes`.
---
--- Source: mdadm(8), `--examine`, `--detail`.
---
--- ```lua
--- md.create("root", "raid1", {"/dev/sda2", "/dev/sda3"})
--- print(md.info("root").members)
--- ```
---@param name string Its name.
---@return any
function md.info(name) end

---@class gscript.lvm
lvm = {}

---@class gscript.lvm.pv_create.options
---@field keep? boolean Whether to leave it alone, with its volumes, where it is a physical volume already.

--- Makes a physical volume; everything on the device is lost. Returns the device's path, for
--- `lvm.vg_create`.
---
--- Source: pvcreate(8); guide ER, "Use LVM".
---
--- ```lua
--- local pv = lvm.pv_create("/dev/sda2")
--- lvm.vg_create("vg", {pv})
--- ```
---@param device string A partition, or the inside of a container.
---@param options? gscript.lvm.pv_create.options
---@return any
function lvm.pv_create(device, options) end

---@class gscript.lvm.vg_create.options
---@field extent_size? string|integer The size of an extent, the unit in which volumes grow.

--- Makes a volume group of physical volumes. Returns its name.
---
--- Source: vgcreate(8); guide ER, `vgcreate $VG_NAME /dev/mapper/$ENC_HDD`.
---
--- ```lua
--- lvm.vg_create("vg_hostos", {lvm.pv_create("/dev/sda2")})
--- ```
---@param name string Its name.
---@param devices string[] Its physical volumes.
---@param options? gscript.lvm.vg_create.options
---@return any
function lvm.vg_create(name, devices, options) end

--- Activates a volume group: its volumes appear as `/dev/GROUP/VOLUME`.
---
--- Source: vgchange(8); guide ER, `vgchange -a y $VG_NAME`.
---
--- ```lua
--- lvm.vg_activate("vg_old")
--- ```
---@param name string Its name.
---@return any
function lvm.vg_activate(name) end

--- Deactivates a volume group: its volumes disappear until it is activated again. Nothing on
--- them may be mounted or swapped to.
---
--- Source: vgchange(8).
---
--- ```lua
--- lvm.vg_activate("vg_old")
--- lvm.vg_deactivate("vg_old")
--- ```
---@param name string Its name.
---@return any
function lvm.vg_deactivate(name) end

--- Tells about a volume group: `name`, `members` (devices), `extent_size`, `extents` and `free`
--- (numbers of extents), `free_size` (for people), `active`, and `volumes`, a map from name to
--- `path`, `extents`, `bytes` and `active`.
---
--- Source: vgs(8); guide ER, "the number of physical extents available".
---
--- ```lua
--- print(lvm.vg_info("vg_old").free)
--- ```
---@param name string Its name.
---@return any
function lvm.vg_info(name) end

---@class gscript.lvm.groups.options
---@field on? string The device.

--- Lists the names of the volume groups that lie on a device, or of all that there are. What lies
--- in a container shows when it is open: a plan knows of none.
---
--- Source: vgs(8).
---
--- ```lua
--- local names = lvm.groups({ on = "/dev/sdc2" })
--- ```
---@param options? gscript.lvm.groups.options
---@return any
function lvm.groups(options) end

---@class gscript.lvm.lv_create.options
---@field contiguous? boolean Whether its extents follow one another on the disk.
---@field raid? "raid0"|"raid1"|"raid5"|"raid6"|"raid10" Spreads it over several physical volumes (lvmraid(7)).
---@field images? integer Over how many: 2 for raid1, and else all of the group, unless told otherwise.

--- Makes a logical volume and activates it. Returns its device, `/dev/GROUP/NAME`.
---
--- Source: lvcreate(8); guide ER: the swap volume with `--contiguous y`, the root volume with all
--- free extents.
---
--- ```lua
--- lvm.vg_create("vg", {lvm.pv_create("/dev/sda2")})
--- local swap = lvm.lv_create("vg", "swap", "4G", { contiguous = true })
--- local root = lvm.lv_create("vg", "root", "100%FREE")
--- lvm.vg_create("two", {lvm.pv_create("/dev/sda1"), lvm.pv_create("/dev/sda3")})
--- lvm.lv_create("two", "copied", "100M", { raid = "raid1" })
--- ```
---@param group string The volume group.
---@param name string Its name in the group.
---@param size string|integer A size (rounded up to whole extents), a percentage of the free or of all extents, or a number of extents.
---@param options? gscript.lvm.lv_create.options
---@return any
function lvm.lv_create(group, name, size, options) end

---@class gscript.lvm.thin_pool_create.options
---@field chunk? string|integer The unit in which volumes take room: a power of two from 64K to 1G.

--- Makes a thin pool: room that thin volumes take when they are written to. Returns its name.
---
--- Its list of what is where takes room of its own beside it, and LVM keeps as much again in the
--- group for repairs.
---
--- Source: lvmthin(7).
---
--- ```lua
--- lvm.vg_create("vg", {lvm.pv_create("/dev/sda2")})
--- local pool = lvm.thin_pool_create("vg", "pool", "100%FREE")
--- lvm.thin_create("vg", pool, "root", "20G")
--- ```
---@param group string The volume group.
---@param name string Its name in the group.
---@param size string|integer Room for data; a percentage includes the room for the list.
---@param options? gscript.lvm.thin_pool_create.options
---@return any
function lvm.thin_pool_create(group, name, size, options) end

--- Makes a thin volume and activates it. It may be larger than its pool: the pool has to grow
--- before it is full, or writing stops. Returns its device, `/dev/GROUP/NAME`.
---
--- Source: lvmthin(7).
---
--- ```lua
--- lvm.vg_create("vg", {lvm.pv_create("/dev/sda2")})
--- lvm.thin_pool_create("vg", "pool", "10G")
--- local home = lvm.thin_create("vg", "pool", "home", "20G")
--- ```
---@param group string The volume group.
---@param pool string The pool.
---@param name string Its name in the group.
---@param size string|integer How large it looks.
---@return any
function lvm.thin_create(group, pool, name, size) end

--- Removes a logical volume; everything on it is lost.
---
--- Source: lvremove(8).
---
--- ```lua
--- lvm.vg_activate("vg_old")
--- lvm.lv_remove("vg_old", "data")
--- ```
---@param group string The volume group.
---@param name string Its name in the group.
---@return any
function lvm.lv_remove(group, name) end

--- Removes a thin pool that has no volumes left.
---
--- Source: lvremove(8).
---
--- ```lua
--- lvm.vg_create("vg", {lvm.pv_create("/dev/sda2")})
--- lvm.thin_pool_create("vg", "pool", "10G")
--- lvm.thin_pool_remove("vg", "pool")
--- ```
---@param group string The volume group.
---@param name string Its name in the group.
---@return any
function lvm.thin_pool_remove(group, name) end

--- Removes a volume group that has no volumes left. Its devices stay physical volumes.
---
--- Source: vgremove(8).
---
--- ```lua
--- lvm.vg_create("vg", {lvm.pv_create("/dev/sda2")})
--- lvm.vg_remove("vg")
--- ```
---@param name string Its name.
---@return any
function lvm.vg_remove(name) end

---@class gscript.fs
fs = {}

---@class gscript.fs.make.options
---@field kind? "ext4"|"ext2"|"xfs"|"btrfs"|"vfat"|"f2fs" The filesystem.
---@field label? string Its label: at most 16 bytes for ext2 and ext4, 12 for xfs, 11 of ASCII for vfat, 255 for btrfs, 511 for f2fs.
---@field keep? boolean Whether to leave it alone, with all its files, where a filesystem of this kind and label is there already.

--- Makes a filesystem; everything on the device is lost. Returns its UUID, which is chosen
--- beforehand.
---
--- Source: mkfs.ext4(8), mkfs.xfs(8), mkfs.btrfs(8), mkfs.fat(8), mkfs.f2fs(8); guide ER,
--- "Formatting And Mounting Required Partitions".
---
--- ```lua
--- fs.make("/dev/sda1")
--- local uuid = fs.make("/dev/sda1", { kind = "vfat", label = "EFI" })
--- ```
---@param device string The partition or volume.
---@param options? gscript.fs.make.options
---@return any
function fs.make(device, options) end

---@class gscript.fs.swap.options
---@field label? string Its label, at most 15 bytes.
---@field keep? boolean Whether to leave it alone where a swap area with this label is there already.

--- Makes a swap area; everything on the device is lost. Returns its UUID.
---
--- Source: mkswap(8); guide ER.
---
--- ```lua
--- fs.swap("/dev/sda1", { label = "swap" })
--- ```
---@param device string The partition or volume.
---@param options? gscript.fs.swap.options
---@return any
function fs.swap(device, options) end

--- Makes a swap file: without holes, readable by root only, and on btrfs in one piece that is
--- never copied on write. A file of that size which is there already is left alone. Returns its
--- path, for `mount.swap_on`.
---
--- Source: mkswap(8), swapon(8) "Files with holes", btrfs(5) "SWAPFILE SUPPORT". On btrfs it
--- belongs into a subvolume of its own, which then has no snapshots.
---
--- ```lua
--- mount.mount("/dev/sdb1", "/mnt/stick")
--- local swap = fs.swap_file("/mnt/stick/swapfile", "64M")
--- ```
---@param path string The file; its folder exists, on ext4, xfs or btrfs.
---@param size string|integer Its size, at least 1 MiB.
---@return any
function fs.swap_file(path, size) end

--- Tells the UUID of what is on a device: filesystem, swap, container or physical volume.
---
--- Source: blkid(8); guide ER, "Determining All Partitions' UUIDs".
---
--- ```lua
--- local uuid = fs.uuid("/dev/sdb1")
--- ```
---@param device string The device.
---@return any
function fs.uuid(device) end

--- Tells the label of the filesystem or swap area on a device; nothing if it has none.
---
--- ```lua
--- print(fs.label("/dev/sdb1"))
--- ```
---@param device string The device.
---@return any
function fs.label(device) end

---@class gscript.fs.image.options
---@field kind? "ext4"|"ext2"|"xfs"|"btrfs"|"vfat"|"f2fs" The filesystem.
---@field label? string Its label.

--- Makes a new file with a filesystem in it, as a disk for a virtual machine. The file takes
--- up only what is written to it. Returns the filesystem's UUID.
---
--- Source: guide UM, "root image".
---
--- ```lua
--- fs.image("/var/lib/machines/root.img", "3G")
--- ```
---@param path string The file; it must not exist.
---@param size string|integer Its size.
---@param options? gscript.fs.image.options
---@return any
function fs.image(path, size, options) end

--- Looks for damage in a filesystem that is not mounted, changing nothing. Returns a map with
--- `clean` and `report`, what the checker said.
---
--- Source: e2fsck(8) `-n`, xfs_repair(8) `-n`, btrfs-check(8), fsck.fat(8) `-n`.
---
--- ```lua
--- local found = fs.check("/dev/sdb1")
--- print(found.clean)
--- ```
---@param device string The device.
---@return any
function fs.check(device) end

---@class gscript.btrfs
btrfs = {}

---@class gscript.btrfs.make.options
---@field profile? "single"|"raid0"|"raid1"|"raid1c3"|"raid10" How data and metadata are spread over them.
---@field label? string Its label, at most 255 bytes.
---@field keep? boolean Whether to leave it alone, with all its files, where one btrfs with this label is on exactly these devices already.

--- Makes one btrfs on several devices; everything on them is lost. Returns its UUID. Any of the
--- devices can be given to `mount.mount`, which names the others to the kernel.
---
--- Source: mkfs.btrfs(8). A single device is `fs.make`'s.
---
--- ```lua
--- btrfs.make({"/dev/sda2", "/dev/sda3"}, { label = "data" })
--- mount.mount("/dev/sda2", "/mnt/data")
--- ```
---@param devices string[] The devices, at least 2 (3 for raid1c3, 4 for raid10).
---@param options? gscript.btrfs.make.options
---@return any
function btrfs.make(devices, options) end

--- Makes a subvolume: a folder that is mounted, kept and given back by itself. Returns its path.
---
--- Source: btrfs-subvolume(8). It is mounted by its name: `#{ options: "subvol=@home" }`.
---
--- ```lua
--- fs.make("/dev/sda1", { kind = "btrfs" })
--- mount.mount("/dev/sda1", "/mnt/top")
--- btrfs.subvolume_create("/mnt/top/@home")
--- mount.mount("/dev/sda1", "/mnt/home", { options = "subvol=@home" })
--- ```
---@param path string Its path below a mounted btrfs; the folder above it exists.
---@return any
function btrfs.subvolume_create(path) end

--- Lists the subvolumes of the btrfs that is mounted somewhere: their paths from its top, in
--- the order in which they were made.
---
--- Source: btrfs-subvolume(8).
---
--- ```lua
--- fs.make("/dev/sda1", { kind = "btrfs" })
--- mount.mount("/dev/sda1", "/mnt/top")
--- print(btrfs.subvolumes("/mnt/top"))
--- ```
---@param at string Where it is mounted.
---@return any
function btrfs.subvolumes(at) end

---@class gscript.mount
mount = {}

---@class gscript.mount.mount.options
---@field options? string Options as in fstab, with commas.

--- Mounts the filesystem on a device, by a system call. The folder is made if it is missing.
--- Returns the mount point.
---
--- Source: mount(2), mount(8); guide ER, "Formatting And Mounting Required Partitions".
---
--- ```lua
--- mount.mount("/dev/sdb1", "/mnt/stick", { options = "umask=0077,noatime" })
--- ```
---@param device string The partition or volume.
---@param at string Where.
---@param options? gscript.mount.mount.options
---@return any
function mount.mount(device, at, options) end

---@class gscript.mount.tmpfs.options
---@field size? string|integer The most that it holds; half of the memory when absent.
---@field mode? string|integer Permission bits of its root.

--- Mounts an empty filesystem that lies in memory and is gone after a reboot. Returns the mount
--- point.
---
--- Source: tmpfs(5).
---
--- ```lua
--- mount.tmpfs("/mnt/new", { size = "1G" })
--- ```
---@param at string Where.
---@param options? gscript.mount.tmpfs.options
---@return any
function mount.tmpfs(at, options) end

---@class gscript.mount.bind.options
---@field recursive? boolean Whether what is mounted below it comes along.
---@field propagation? "slave"|"private"|"shared" How later mounts spread between both places.
---@field read_only? boolean Whether nothing can be written in the second place.

--- Shows a folder in a second place. Returns the mount point.
---
--- Source: mount(2), `MS_BIND`; mount_namespaces(7); guide ER, `mount --rbind /dev`.
---
--- ```lua
--- mount.bind("/dev", "/mnt/gentoo/dev", { recursive = true, propagation = "slave" })
--- ```
---@param from string The folder.
---@param at string Where it is shown.
---@param options? gscript.mount.bind.options
---@return any
function mount.bind(from, at, options) end

---@class gscript.mount.unmount.options
---@field recursive? boolean Whether to unmount what is mounted below it as well.

--- Unmounts a mount point. Never more than that unless `recursive`: then what is mounted below
--- goes first, the newest before the older.
---
--- Source: umount2(2).
---
--- ```lua
--- mount.mount("/dev/sdb1", "/mnt/stick")
--- mount.unmount("/mnt/stick")
--- ```
---@param at string The mount point.
---@param options? gscript.mount.unmount.options
---@return any
function mount.unmount(at, options) end

---@class gscript.mount.swap_on.options
---@field priority? string Areas of a higher priority fill first; 0 to 32767. The kernel chooses when absent.

--- Begins to swap to a device or a file.
---
--- Source: swapon(2); guide ER. A swap file comes from `fs.swap_file`.
---
--- ```lua
--- fs.swap("/dev/sda1")
--- mount.swap_on("/dev/sda1", { priority = 10 })
--- ```
---@param device string The swap area: a device, or a file.
---@param options? gscript.mount.swap_on.options
---@return any
function mount.swap_on(device, options) end

--- Stops swapping to a device or a file.
---
--- Source: swapoff(2).
---
--- ```lua
--- mount.swap_off("/dev/sda1")
--- ```
---@param device string The swap area: a device, or a file.
---@return any
function mount.swap_off(device) end

---@class gscript.stage3
stage3 = {}

---@class gscript.stage3.verify.options
---@field digests? string The digest file; the archive's name with `.DIGESTS` by default.
---@field signature? string A detached signature of the digest file, where it is not signed in itself.
---@field keys? string The public keys to trust.
---@field fingerprint? string The fingerprint of the only key to trust, where the key file holds several.

--- Verifies a stage3 tarball: its digests must be those of the digest file (SHA-512 and
--- BLAKE2b, whichever are listed), and the digest file must be signed by a key of the key file
--- that is neither expired nor revoked. Anything that is missing or does not fit is an error.
--- Returns a map with `sha512` and `signer` (the fingerprint of the key).
---
--- The digest file is signed in itself (Gentoo's `.DIGESTS`), or by a separate `signature`.
---
--- Source: Gentoo handbook, "Verifying and validating"; gpg(1), doc/DETAILS of GnuPG.
---
--- ```lua
--- stage3.verify("/mnt/gentoo/stage3.tar.xz", { keys = "/usr/share/openpgp-keys/gentoo-release.asc" })
--- ```
---@param archive string The tarball.
---@param options? gscript.stage3.verify.options
---@return any
function stage3.verify(archive, options) end

--- Unpacks a tarball into a mounted filesystem: numeric owners, permissions, links, extended
--- attributes and capabilities as they are in it.
---
--- Source: Gentoo handbook, `tar xpvf stage3-*.tar.xz --xattrs-include='*.*' --numeric-owner`.
---
--- ```lua
--- fs.make("/dev/sda1")
--- mount.mount("/dev/sda1", "/mnt/gentoo")
--- stage3.unpack("/var/tmp/stage3.tar.xz", "/mnt/gentoo")
--- ```
---@param archive string The tarball: plain, xz, zstd, gzip or bzip2.
---@param into string The mount point of the new root.
---@return any
function stage3.unpack(archive, into) end

---@class gscript.chroot
chroot = {}

---@class gscript.chroot.prepare.options
---@field resolv_conf? boolean Whether names can be resolved inside as they are outside.
---@field untouched? boolean Whether nothing is written inside: then resolv.conf is not copied over its own one, but shown in its place until it is released.

--- Makes a root ready to be entered: resolv.conf is copied into it (what a link leads to, not
--- the link), `/proc` is mounted, and `/sys`, `/dev` and `/run` of the running system are shown
--- in it. What is there already stays.
---
--- Source: guide ER, "Copy resolv.conf" to "Mount /dev"; today's handbook adds `/sys`, `/run`
--- and `--make-rslave`, so that what the chroot unmounts stays mounted outside.
---
--- ```lua
--- fs.make("/dev/sda1")
--- mount.mount("/dev/sda1", "/mnt/gentoo")
--- chroot.prepare("/mnt/gentoo")
--- ```
---@param root string The mount point of the root.
---@param options? gscript.chroot.prepare.options
---@return any
function chroot.prepare(root, options) end

---@class gscript.chroot.run.options
---@field env? table<string, any> Variables for it, as a map from name to value.
---@field check? boolean Whether an exit code other than 0 ends the recipe.

--- Runs a program inside a root: a list of words, without a shell. What it prints is shown and
--- logged as it comes. Returns a map with `code` and `stdout`, of which it has the first MiB.
---
--- Source: chroot(2).
---
--- ```lua
--- local found = chroot.run("/mnt/old", {"cryptsetup", "--version"})
--- print(found.stdout)
--- ```
---@param root string The mount point of the root.
---@param argv string[] The program and its arguments.
---@param options? gscript.chroot.run.options
---@return any
function chroot.run(root, argv, options) end

--- Gives the person a shell inside a root: with its own `/etc/profile`, and a prompt that says
--- where they are. Without a terminal there is nobody to give it to, and nothing happens.
---
--- Source: guide ER, `chroot /mnt/gentoo /bin/bash`, `source /etc/profile`, `export PS1=…`.
---
--- ```lua
--- chroot.shell("/mnt/old")
--- ```
---@param root string The mount point of the root.
---@return any
function chroot.shell(root) end

--- Unmounts what `chroot.prepare` mounted, newest first.
---
--- ```lua
--- chroot.prepare("/mnt/old")
--- chroot.release("/mnt/old")
--- ```
---@param root string The mount point of the root.
---@return any
function chroot.release(root) end

---@class gscript.file
file = {}

---@class gscript.file.read.options
---@field root? string The root it is in.

--- Reads a text file of at most 64 MiB.
---
--- ```lua
--- print(file.read("/etc/os-release"))
--- ```
---@param path string The file.
---@param options? gscript.file.read.options
---@return any
function file.read(path, options) end

---@class gscript.file.write.options
---@field root? string The root it is in.
---@field mode? string|integer Its permission bits.

--- Writes a text file. It appears whole or not at all; a file that is there keeps its owner
--- and, unless another is asked for, its mode. A link is replaced, not followed.
---
--- ```lua
--- file.write("/etc/hostname", "box\n")
--- file.write("/etc/conf.d/hostname", "hostname=\"box\"\n", { root = "/mnt/old" })
--- ```
---@param path string The file.
---@param content string Its whole content.
---@param options? gscript.file.write.options
---@return any
function file.write(path, content, options) end

---@class gscript.file.append_line.options
---@field root? string The root it is in.

--- Appends a line to a text file unless the file has it already. The file is made if it is
--- missing.
---
--- ```lua
--- file.append_line("/etc/portage/package.accept_keywords", "sys-fs/cryptsetup ~amd64", { root = "/mnt/old" })
--- ```
---@param path string The file.
---@param line string The line, without its end.
---@param options? gscript.file.append_line.options
---@return any
function file.append_line(path, line, options) end

---@class gscript.file.copy.options
---@field root? string The root that the copy is in.
---@field from_root? string The root that the original is in.
---@field mode? string|integer The copy's permission bits; those of the original when absent.

--- Copies a regular file; a link is followed, as with `cp -L`.
---
--- ```lua
--- file.copy("/etc/resolv.conf", "/etc/resolv.conf", { root = "/mnt/old" })
--- ```
---@param from string The file.
---@param to string Where the copy goes.
---@param options? gscript.file.copy.options
---@return any
function file.copy(from, to, options) end

---@class gscript.file.make_dir.options
---@field root? string The root it is in.
---@field mode? string|integer Its permission bits; those above get 0755.

--- Makes a folder, and those above it.
---
--- ```lua
--- file.make_dir("/mnt/gentoo")
--- ```
---@param path string The folder.
---@param options? gscript.file.make_dir.options
---@return any
function file.make_dir(path, options) end

---@class gscript.file.link.options
---@field root? string The root it is in.

--- Makes a symbolic link, replacing a file or link that is there, but never a folder.
---
--- ```lua
--- file.link("/proc/self/mounts", "/etc/mtab", { root = "/mnt/old" })
--- ```
---@param to string What the link says.
---@param path string The link.
---@param options? gscript.file.link.options
---@return any
function file.link(to, path, options) end

---@class gscript.file.remove.options
---@field root? string The root it is in.

--- Removes a file, a link or an empty folder. Nothing is ever removed recursively.
---
--- ```lua
--- file.remove("/etc/hostname", { root = "/mnt/old" })
--- ```
---@param path string What.
---@param options? gscript.file.remove.options
---@return any
function file.remove(path, options) end

---@class gscript.file.exists.options
---@field root? string The root it is in.

--- Tells whether something is there: a file, a folder, a link (even one that leads nowhere).
---
--- ```lua
--- local guided = file.exists("/etc/gentoo-release")
--- ```
---@param path string The path.
---@param options? gscript.file.exists.options
---@return any
function file.exists(path, options) end

---@class gscript.file.chmod.options
---@field root? string The root it is in.

--- Changes the permission bits of a file or folder.
---
--- ```lua
--- file.chmod("/mnt/key/keyfile.bin", "0400")
--- ```
---@param path string Which.
---@param mode string|integer The bits in octal.
---@param options? gscript.file.chmod.options
---@return any
function file.chmod(path, mode, options) end

---@class gscript.file.chown.options
---@field root? string The root it is in.

--- Changes the owner of a file, folder or link. Names are those of the root that the file is
--- in: its own `/etc/passwd` and `/etc/group` tell their numbers.
---
--- Source: chown(1).
---
--- ```lua
--- file.chown("/mnt/key/keyfile.bin", "root:root")
--- file.chown("/var/db/repos", "250:250", { root = "/mnt/old" })
--- ```
---@param path string Which.
---@param owner string `user`, `user:group`, or numbers.
---@param options? gscript.file.chown.options
---@return any
function file.chown(path, owner, options) end

---@class gscript.fstab
fstab = {}

---@class gscript.fstab.write.entries
---@field at string Where it is mounted; `none` for swap.
---@field device? string The device; the line names it by the UUID of what is on it.
---@field source? string What the line says instead of a UUID: `proc`, `tmpfs`, `/dev/cdrom`.
---@field kind? string The filesystem's type; that of the device when absent.
---@field options? string Mount options.
---@field dump? string Whether dump(8) saves it.
---@field pass? string In which pass fsck(8) checks it: 1 for the root, 2 for others, 0 for never.

--- Writes the `/etc/fstab` of an installed system. Devices are named by UUID, never by a name
--- that can change. Two lines for one mount point, or one UUID on two devices, are refused.
---
--- Source: fstab(5); guide ER, "Configuring /etc/fstab".
---
--- ```lua
--- fstab.write("/mnt/old", {
---     { at = "/", device = "/dev/vg_live/data", options = "errors=remount-ro", pass = 1 },
---     { at = "/boot", device = "/dev/sdc1", options = "noauto,noatime", pass = 1 },
---     { at = "/proc", source = "proc", kind = "proc" },
--- })
--- ```
---@param root string The mount point of the installed system.
---@param entries gscript.fstab.write.entries[] The lines, as maps, in their order.
---@return any
function fstab.write(root, entries) end

--- Reads the `/etc/fstab` of a system: a list of maps with `source`, `at`, `kind`, `options`,
--- `dump` and `pass`.
---
--- Source: fstab(5).
---
--- ```lua
--- local entries = fstab.entries("/mnt/old")
--- ```
---@param root string The mount point of the system; `/` for the running one.
---@return any
function fstab.entries(root) end

---@class gscript.crypttab
crypttab = {}

---@class gscript.crypttab.set.options
---@field key? string The key: a file, `FILE:UUID=…` for one on a stick, `none` for a passphrase.
---@field options? string Options, with commas between them.

--- Has a container opened at boot: sets its line in `/etc/crypttab`, and leaves the others as they
--- are. A container is named by its UUID, another partition by its PARTUUID.
---
--- Source: crypttab(5).
---
--- ```lua
--- crypttab.set("/mnt/old", "hdd_a3", "/dev/sda3", { options = "luks,discard" })
--- ```
---@param root string The mount point of the system.
---@param name string The name below `/dev/mapper`.
---@param device string The container.
---@param options? gscript.crypttab.set.options
---@return any
function crypttab.set(root, name, device, options) end

--- Reads `/etc/crypttab`: a list of maps with `name`, `device`, `key` and `options`.
---
--- Source: crypttab(5).
---
--- ```lua
--- local entries = crypttab.entries("/mnt/old")
--- ```
---@param root string The mount point of the system; `/` for the running one.
---@return any
function crypttab.entries(root) end

---@class gscript.dmcrypt
dmcrypt = {}

---@class gscript.dmcrypt.set.options
---@field kind? "target"|"swap" What it is for: swap gets a signature at every boot.
---@field key? string The key file, with `:gpg` behind it when GPG protects it; a passphrase when absent.
---@field options? string Options of cryptsetup.
---@field stick? string The stick that the key is on.

--- Has OpenRC's `dmcrypt` service open a container: sets its stanza in `/etc/conf.d/dmcrypt`, and
--- leaves the others as they are. The service has to be enabled in the runlevel `boot`.
---
--- Source: the comments in the file itself (sys-fs/cryptsetup); Gentoo wiki, "Dm-crypt".
---
--- ```lua
--- dmcrypt.set("/mnt/old", "home", "/dev/sda3", { key = "/keyfile.gpg:gpg" })
--- ```
---@param root string The mount point of the system.
---@param name string The name below `/dev/mapper`.
---@param device string The container.
---@param options? gscript.dmcrypt.set.options
---@return any
function dmcrypt.set(root, name, device, options) end

---@class gscript.system
system = {}

---@class gscript.system.hostname.options
---@field init? "openrc"|"systemd" What starts it; found out when absent.

--- Names a system: in `/etc/hostname`, and in `/etc/conf.d/hostname` where OpenRC starts it.
---
--- Source: Gentoo handbook, "Set the hostname"; hostname(5).
---
--- ```lua
--- system.hostname("/mnt/old", "box")
--- ```
---@param root string The mount point of the system.
---@param name string The name, without a domain.
---@param options? gscript.system.hostname.options
---@return any
function system.hostname(root, name, options) end

---@class gscript.system.timezone.options
---@field init? "openrc"|"systemd" What starts it; found out when absent.

--- Sets the time zone: `/etc/localtime` leads to it, and `/etc/timezone` names it where OpenRC
--- starts the system.
---
--- Source: Gentoo handbook, "Timezone"; localtime(5).
---
--- ```lua
--- system.timezone("/mnt/old", "Europe/Vienna")
--- ```
---@param root string The mount point of the system.
---@param zone string Its name below `/usr/share/zoneinfo`.
---@param options? gscript.system.timezone.options
---@return any
function system.timezone(root, zone, options) end

---@class gscript.system.locale.options
---@field lang? string The default one; the first when absent.
---@field init? "openrc"|"systemd" What starts it; found out when absent.

--- Has locales made, and sets the default one: lines in `/etc/locale.gen`, `locale-gen`, and `LANG`
--- in `/etc/env.d/02locale` (OpenRC) or `/etc/locale.conf` (systemd).
---
--- Source: Gentoo handbook, "Configure locales"; locale.gen(5).
---
--- ```lua
--- system.locale("/mnt/old", {"en_US.UTF-8", "de_AT.UTF-8"}, { lang = "de_AT.UTF-8" })
--- ```
---@param root string The mount point of the system.
---@param locales string[] The locales, as `de_AT.UTF-8`.
---@param options? gscript.system.locale.options
---@return any
function system.locale(root, locales, options) end

---@class gscript.system.keymap.options
---@field init? "openrc"|"systemd" What starts it; found out when absent.

--- Sets the keyboard of the console: in `/etc/conf.d/keymaps` (OpenRC) or `/etc/vconsole.conf`
--- (systemd).
---
--- Source: Gentoo handbook, "Init and boot configuration"; vconsole.conf(5).
---
--- ```lua
--- system.keymap("/mnt/old", "de-latin1")
--- ```
---@param root string The mount point of the system.
---@param keymap string Its name below `/usr/share/keymaps`.
---@param options? gscript.system.keymap.options
---@return any
function system.keymap(root, keymap, options) end

---@class gscript.system.password.options
---@field again? any The same, entered again.

--- Sets a password. It goes to chpasswd(8) inside the system by its standard input, and nowhere
--- else. Where it was entered twice, the two have to be the same.
---
--- Source: Gentoo handbook, "Set the root password"; chpasswd(8).
---
--- ```lua
--- system.password("/mnt/old", "root", passphrase)
--- ```
---@param root string The mount point of the system.
---@param user string Whose.
---@param password any The password, from a parameter of type `secret`.
---@param options? gscript.system.password.options
---@return any
function system.password(root, user, password, options) end

---@class gscript.system.user.options
---@field groups? string[] The groups besides its own.
---@field shell? string The shell.

--- Adds a user with a home folder, and puts it into groups. One that is there already only gets the
--- groups that it lacks. It can't log in until it has a password: `system.password`.
---
--- Source: Gentoo handbook, "Adding a user for daily use"; useradd(8).
---
--- ```lua
--- system.user("/mnt/old", "ada", { groups = {"wheel", "audio"} })
--- ```
---@param root string The mount point of the system.
---@param name string Its name.
---@param options? gscript.system.user.options
---@return any
function system.user(root, name, options) end

---@class gscript.system.machine_id.options
---@field renew? boolean Whether it gets a new one although it has one.

--- Gives a system an identifier of its own (`/etc/machine-id`), unless it has one. A copy of another
--- system should get a new one: `renew: true`. Returns it.
---
--- Source: machine-id(5).
---
--- ```lua
--- print(system.machine_id("/mnt/old"))
--- ```
---@param root string The mount point of the system.
---@param options? gscript.system.machine_id.options
---@return any
function system.machine_id(root, options) end

---@class gscript.service
service = {}

---@class gscript.service.enable.options
---@field runlevel? string OpenRC's runlevel; systemd's units say themselves when they start.
---@field init? "openrc"|"systemd" What starts the system; found out when absent.

--- Has a service start with the system: `rc-update add` where OpenRC starts it, `systemctl enable`
--- where systemd does. It is not started now.
---
--- Source: rc-update(8); systemctl(1).
---
--- ```lua
--- service.enable("/mnt/old", "dmcrypt", { runlevel = "boot" })
--- ```
---@param root string The mount point of the system; `/` for the running one.
---@param name string The service: a script of `/etc/init.d`, or a unit.
---@param options? gscript.service.enable.options
---@return any
function service.enable(root, name, options) end

---@class gscript.service.disable.options
---@field runlevel? string OpenRC's runlevel.
---@field init? "openrc"|"systemd" What starts the system; found out when absent.

--- Has a service not start with the system any more.
---
--- Source: rc-update(8); systemctl(1).
---
--- ```lua
--- service.disable("/mnt/old", "sshd")
--- ```
---@param root string The mount point of the system; `/` for the running one.
---@param name string The service.
---@param options? gscript.service.disable.options
---@return any
function service.disable(root, name, options) end

---@class gscript.service.start.options
---@field init? "openrc"|"systemd" What started the system; found out when absent.

--- Starts a service of the running system.
---
--- Source: rc-service(8); systemctl(1).
---
--- ```lua
--- service.start("sshd")
--- ```
---@param name string The service.
---@param options? gscript.service.start.options
---@return any
function service.start(name, options) end

---@class gscript.service.stop.options
---@field init? "openrc"|"systemd" What started the system; found out when absent.

--- Stops a service of the running system.
---
--- Source: rc-service(8); systemctl(1).
---
--- ```lua
--- service.stop("sshd")
--- ```
---@param name string The service.
---@param options? gscript.service.stop.options
---@return any
function service.stop(name, options) end

---@class gscript.service.status.options
---@field init? "openrc"|"systemd" What starts the system; found out when absent.

--- Tells about a service: a map with `enabled`, `runlevels` (OpenRC's) and `started` (nothing for a
--- system that does not run).
---
--- ```lua
--- print(service.status("/mnt/old", "sshd"))
--- ```
---@param root string The mount point of the system; `/` for the running one.
---@param name string The service.
---@param options? gscript.service.status.options
---@return any
function service.status(root, name, options) end

---@class gscript.portage
portage = {}

--- Sets variables in `/etc/portage/make.conf`; everything else in it stays as it is. Portage
--- reads this file without a shell: values that it would silently lose (`$(nproc)`,
--- `-j$((NJOBS+1))`, `${V:-x}`) are refused. `${NAME}` is left to it.
---
--- Source: make.conf(5); guide PE, "MAKEOPTS" and "EMERGE_DEFAULT_OPTS".
---
--- ```lua
--- portage.make_conf("/mnt/old", { MAKEOPTS = "-j9 -l8", EMERGE_DEFAULT_OPTS = "--jobs=8 --load-average=8" })
--- ```
---@param root string The mount point of the system.
---@param values table<string, any> The variables.
---@return any
function portage.make_conf(root, values) end

---@class gscript.portage.package_use.options
---@field file? string The file below `/etc/portage/package.use`, where that is a folder.

--- Sets use flags of a package, besides those that it has already.
---
--- Source: portage(5), "package.use".
---
--- ```lua
--- portage.package_use("/mnt/old", "sys-fs/cryptsetup", {"static", "-udev"})
--- ```
---@param root string The mount point of the system.
---@param atom string The package.
---@param flags string[] The flags.
---@param options? gscript.portage.package_use.options
---@return any
function portage.package_use(root, atom, flags, options) end

---@class gscript.portage.accept_keywords.options
---@field file? string The file below `/etc/portage/package.accept_keywords`, where that is a folder.

--- Accepts a package that is not stable yet.
---
--- Source: portage(5), "package.accept_keywords"; guide ER, "sys-fs/cryptsetup ~amd64".
---
--- ```lua
--- portage.accept_keywords("/mnt/old", "sys-fs/cryptsetup", {"~amd64"}, { file = "crypto" })
--- ```
---@param root string The mount point of the system.
---@param atom string The package.
---@param keywords string[] The keywords.
---@param options? gscript.portage.accept_keywords.options
---@return any
function portage.accept_keywords(root, atom, keywords, options) end

---@class gscript.portage.license.options
---@field file? string The file below `/etc/portage/package.license`, where that is a folder.

--- Accepts the licence of a package.
---
--- Source: portage(5), "package.license".
---
--- ```lua
--- portage.license("/mnt/old", "sys-kernel/linux-firmware", {"linux-fw-redistributable"})
--- ```
---@param root string The mount point of the system.
---@param atom string The package.
---@param licenses string[] The licences.
---@param options? gscript.portage.license.options
---@return any
function portage.license(root, atom, licenses, options) end

---@class gscript.portage.profile.options
---@field repository? string The repository.

--- Chooses a profile by its name: `/etc/portage/make.profile` leads to it afterwards, as after
--- `eselect profile set`, which need not be installed. An unknown name is refused with those that
--- are like it.
---
--- Source: eselect(1), profile module; portage(5), "make.profile".
---
--- ```lua
--- portage.profile("/mnt/old", "default/linux/amd64/23.0")
--- ```
---@param root string The mount point of the system.
---@param name string Its name below `profiles` in the repository.
---@param options? gscript.portage.profile.options
---@return any
function portage.profile(root, name, options) end

---@class gscript.portage.emerge.options
---@field noreplace? boolean Whether what is installed already is left out.
---@field oneshot? boolean Whether the packages stay out of the list of what was asked for.
---@field update? boolean Whether the newest versions are wanted.
---@field deep? boolean Whether dependencies of dependencies count as well.
---@field newuse? boolean Whether packages whose use flags have changed are made again.
---@field keep_going? boolean Whether the others are made although one fails.
---@field getbinpkg? boolean Whether binary packages are fetched.
---@field autounmask? boolean Whether settings that are in the way are changed: use flags, keywords, licences.
---@field jobs? string How many packages at a time; as make.conf says when absent. 1 for packages that need it.
---@field load_average? string The load above which no further package is begun.

--- Installs packages, inside the system that they are for. It never asks. When a package fails, the
--- error names it, its log and what comes next; when Portage wants settings changed first (use
--- flags, keywords, licences), the error has the calls that change them.
---
--- Source: emerge(1); guide ER, `emerge -av …`; guide PE.
---
--- ```lua
--- portage.emerge("/mnt/old", {"sys-fs/cryptsetup", "app-crypt/gnupg"}, { noreplace = true, jobs = 4 })
--- ```
---@param root string The mount point of the system.
---@param packages string[] Packages, atoms, sets such as `@world`.
---@param options? gscript.portage.emerge.options
---@return any
function portage.emerge(root, packages, options) end

---@class gscript.portage.resume.options
---@field skip_first? boolean Whether the package that failed is left out.

--- Goes on with packages that an `emerge` that failed has left, once what it failed by is set right;
--- `skip_first` leaves that package out. Portage remembers one list only: a second failure of
--- another `emerge` in between loses it.
---
--- Source: emerge(1), `--resume`; guide PE, "Dealing With Failed Builds".
---
--- ```lua
--- portage.resume("/mnt/old", { skip_first = true })
--- ```
---@param root string The mount point of the system.
---@param options? gscript.portage.resume.options
---@return any
function portage.resume(root, options) end

--- Tells whether a package that fits an atom is installed.
---
--- Source: portageq(1), `has_version`.
---
--- ```lua
--- local new_enough = portage.has_version("/mnt/old", ">=sys-fs/cryptsetup-2.6")
--- ```
---@param root string The mount point of the system.
---@param atom string The atom.
---@return any
function portage.has_version(root, atom) end

---@class gscript.kernel
kernel = {}

---@class gscript.kernel.version.options
---@field sources? string The folder of the sources in it.

--- Tells the version of kernel sources, as the kernel that is built from them calls itself
--- (`6.6.62-gentoo`): from `include/config/kernel.release` where they were built, and from their
--- Makefile before that.
---
--- Source: the kernel's Makefile.
---
--- ```lua
--- print(kernel.version("/mnt/old"))
--- ```
---@param root string The mount point of the system; `/` for the running one.
---@param options? gscript.kernel.version.options
---@return any
function kernel.version(root, options) end

--- Lists the kernels that a system has modules of, in the order of their names.
---
--- Source: `ls /lib/modules`.
---
--- ```lua
--- local versions = kernel.installed("/mnt/old")
--- ```
---@param root string The mount point of the system.
---@return any
function kernel.installed(root) end

---@class gscript.kernel.option.options
---@field file? string The file in it: as it is, or compressed with gzip.

--- Reads an option of a kernel's configuration: `"y"`, `"m"`, `"n"` (also where the file does not
--- mention it), the number, or the text in its quotes.
---
--- Source: Documentation/kbuild/kconfig.rst.
---
--- ```lua
--- print(kernel.option("/mnt/old", "DM_CRYPT"))
--- ```
---@param root string The mount point of the system; `/` for the running one.
---@param name string Its name, with or without `CONFIG_`.
---@param options? gscript.kernel.option.options
---@return any
function kernel.option(root, name, options) end

---@class gscript.kernel.require.options
---@field options? table<string, any> More options; what is to be a module may also be built in.
---@field file? string The configuration: as it is, or compressed with gzip.
---@field check? boolean Whether options that are missing end the recipe.
---@field if_known? boolean Whether nothing is checked, and nothing returned, where no configuration is found.

--- Checks that a kernel has the options that something needs, and refuses one that has not, with a
--- table that says what to change in menuconfig. `encrypted-root` is what booting from LVM in a
--- LUKS container takes, `guide-crypto` the guide's own list of options to set to Yes.
---
--- Returns a list of maps with `option`, `wanted`, `found`, `ok` and `menu` (where menuconfig has it,
--- where that is known). Without a `file`, it looks for the configuration of the running kernel
--- (`/proc/config.gz`, `/boot/config-VERSION`) where the root is `/`, and for that of the sources in
--- `/usr/src/linux` elsewhere.
---
--- Source: guide ER, "ensure the following options are set to Yes"; Gentoo wiki, "Dm-crypt".
---
--- ```lua
--- local table = kernel.require("/mnt/old", "encrypted-root", { options = { EXT4_FS = "y" }, check = false })
--- ```
---@param root string The mount point of the system; `/` for the running one.
---@param need "encrypted-root"|"guide-crypto"|"nothing" What needs them.
---@param options? gscript.kernel.require.options
---@return any
function kernel.require(root, need, options) end

---@class gscript.kernel.config.options
---@field file? string The file in it.
---@field base? string The configuration to begin with where there is none yet, of the running system: `/proc/config.gz`.

--- Sets options in the `.config` of kernel sources; everything else in it stays as it is. What
--- depends on them is brought into line by `kernel.build`, which runs `make olddefconfig` first;
--- `kernel.require` then tells whether an option was taken back because something that it needs is
--- not set. Names are written with or without `CONFIG_`.
---
--- Source: guide ER, `zcat /proc/config.gz >.config`; Documentation/kbuild/kconfig.rst.
---
--- ```lua
--- kernel.config("/mnt/old", { DM_CRYPT = "y", CRYPTO_XTS = "m", HZ = 250, DEBUG_INFO = "n" })
--- ```
---@param root string The mount point of the system.
---@param options table<string, any> The options: `"y"`, `"m"`, `"n"`, a number, a text.
---@param options? gscript.kernel.config.options
---@return any
function kernel.config(root, options, options) end

---@class gscript.kernel.genkernel_conf.options
---@field values? table<string, any> The variables.

--- Sets variables in `/etc/genkernel.conf`; everything else in it stays as it is. What the guide asks
--- for is set as well, unless it is given: LUKS, LVM, GPG, BUSYBOX and DISKLABEL on, MENUCONFIG
--- off. genkernel does not read make.conf: MAKEOPTS has to be set here again.
---
--- Source: guide ER, "ensure these settings are set in /etc/genkernel.conf"; genkernel(8).
---
--- ```lua
--- kernel.genkernel_conf("/mnt/old", { values = { MAKEOPTS = "-j9 -l8" } })
--- ```
---@param root string The mount point of the system.
---@param options? gscript.kernel.genkernel_conf.options
---@return any
function kernel.genkernel_conf(root, options) end

---@class gscript.kernel.build.options
---@field how? "genkernel"|"make" By which means.
---@field jobs? string How many compilers at a time.

--- Builds the kernel in `/usr/src/linux` and installs its modules. `make` brings the configuration
--- into line first (`olddefconfig`) and leaves the image to `kernel.install`; `genkernel` does
--- everything, the initramfs included.
---
--- Source: guide ER, `genkernel all`; the kernel's Documentation/admin-guide/README.rst.
---
--- ```lua
--- kernel.build("/mnt/old", { how = "make", jobs = 9 })
--- ```
---@param root string The mount point of the system.
---@param options? gscript.kernel.build.options
---@return any
function kernel.build(root, options) end

---@class gscript.kernel.install.options
---@field version? string The version; that of the sources when absent.
---@field image? string The image in the sources.

--- Installs the kernel that was built in `/usr/src/linux` into `/boot`: `vmlinuz-VERSION`,
--- `config-VERSION` and, where there is one, `System.map-VERSION`. Returns the path of the kernel.
---
--- Source: installkernel(8).
---
--- ```lua
--- local image = kernel.install("/mnt/old", { version = "6.6.62-gentoo" })
--- ```
---@param root string The mount point of the system.
---@param options? gscript.kernel.install.options
---@return any
function kernel.install(root, options) end

--- Builds the modules again that packages bring for the kernel.
---
--- Source: guide ER, `module-rebuild rebuild`, which is a set of Portage today.
---
--- ```lua
--- kernel.modules_rebuild("/mnt/old")
--- ```
---@param root string The mount point of the system.
---@return any
function kernel.modules_rebuild(root) end

---@class gscript.kernel.initramfs.options
---@field how? "dracut"|"genkernel" What makes it.
---@field version? string The kernel; that of the sources in `/usr/src/linux` when absent.
---@field add? string[] Modules, as dracut calls them; `crypt` and `lvm` when absent. genkernel has these two, `crypt-gpg`, `mdraid` and `btrfs`.
---@field install? string[] Programs that dracut takes along; `stty` when absent. Without stty a passphrase is shown while it is typed.
---@field omit? string[] dracut's modules to leave out. With `crypt-gpg` and nothing named, systemd is left out of the initramfs: its own cryptsetup does not know keys that GPG protects.
---@field image? string The image; `/boot/initramfs-VERSION.img` when absent.
---@field compress? string How it is compressed.

--- Makes an initramfs with dracut. It is made for any machine, not for the one that it is made on.
--- A module that dracut leaves out is an error: `crypt-gpg`, for a key that GPG protects, has to be
--- asked for by name and needs gpg inside the system. Returns the path of the image.
---
--- genkernel builds cryptsetup, GnuPG 1 and LVM itself; it makes one for the kernel in
--- `/usr/src/linux`. `kernel.build` by genkernel has made it already.
---
--- Source: dracut(8); genkernel(8), version 4; guide ER, `genkernel all`.
---
--- ```lua
--- local image = kernel.initramfs("/mnt/old", { version = "6.6.62-gentoo", add = {"crypt", "crypt-gpg", "lvm"} })
--- ```
---@param root string The mount point of the system.
---@param options? gscript.kernel.initramfs.options
---@return any
function kernel.initramfs(root, options) end

--- Chooses the sources that `/usr/src/linux` means, among those that are installed. Returns their folder.
---
--- Source: `eselect kernel set`; Gentoo's handbook, "Configuring the kernel".
---
--- ```lua
--- kernel.sources("/mnt/old", "6.6.62-gentoo")
--- ```
---@param root string The mount point of the system.
---@param version string The version in the folder's name, `linux-VERSION`.
---@return any
function kernel.sources(root, version) end

---@class gscript.kernel.copy_from.options
---@field from? string The system that has it.

--- Takes over a kernel from another system, by default the running one: its modules, its image and
--- configuration in `/boot` and, where it has them, its sources. For a system that can't install one
--- itself. Returns the path of the image; the initramfs is `kernel.initramfs` with the same version.
---
--- Source: guide VF, where the package of the kernel does not install on virtiofs.
---
--- ```lua
--- kernel.copy_from("/mnt/old", "6.6.62-gentoo-dist", { from = "/" })
--- ```
---@param root string The mount point of the system.
---@param version string The kernel's version, as `uname -r` and the folder of its modules have it.
---@param options? gscript.kernel.copy_from.options
---@return any
function kernel.copy_from(root, version, options) end

---@class gscript.boot
boot = {}

---@class gscript.boot.cmdline.options
---@field style? "dracut"|"genkernel" Who reads it.
---@field key? string The key's path on its stick, `/laptop.gpg`.
---@field key_device? string The stick's partition.
---@field resume? string The swap to wake up from.
---@field extra? string[] Further words.

--- Writes the kernel's command line for a root: which containers to open, with which key, which
--- volumes to activate, and what to mount then. Everything is named by UUID, or by its volume.
---
--- `dracut` is what its crypt, lvm and mdraid modules read; `genkernel` is what the guide writes. A
--- key is a path on a stick: for GPG's, the name ends in `.gpg`. Without one, a passphrase is asked
--- for.
---
--- Source: dracut.cmdline(7); genkernel(8); guide ER, "Configuring grub".
---
--- ```lua
--- print(boot.cmdline("/dev/vg_live/data", { extra = {"quiet"} }))
--- ```
---@param device string The device of the root's filesystem.
---@param options? gscript.boot.cmdline.options
---@return any
function boot.cmdline(device, options) end

---@class gscript.boot.grub_install.options
---@field disk? string The disk, for BIOS.
---@field efi? string Where the EFI system partition is mounted in the system, for EFI: `/boot/efi`.
---@field removable? boolean For EFI: whether it takes the place for removable media.
---@field modules? string[] Modules of GRUB to have at once.

--- Installs GRUB from inside a system: into the boot sector of a disk (BIOS), or into an EFI system
--- partition. `removable` (the default) takes the place that every firmware looks at, and leaves
--- the firmware's own list of systems alone.
---
--- A GPT disk without a BIOS boot partition, a folder that is no EFI system partition, and an entry in
--- the list of a firmware whose variables are not there are refused.
---
--- Source: grub-install(8); guide ER, `grub-install --no-floppy $INST_HDD`.
---
--- ```lua
--- disk.partition("/dev/sda", {{ name = "bios", size = "2M", kind = "bios-boot" }, { name = "root", size = "rest" }})
--- chroot.prepare("/mnt/old")
--- boot.grub_install("/mnt/old", { disk = "/dev/sda" })
--- ```
---@param root string The mount point of the system.
---@param options? gscript.boot.grub_install.options
---@return any
function boot.grub_install(root, options) end

---@class gscript.boot.grub_config.options
---@field defaults? table<string, any> The variables.

--- Sets variables in `/etc/default/grub` (everything else in it stays as it is) and has
--- `grub-mkconfig` write `/boot/grub/grub.cfg`. Returns a map with `kernels` and `initrds`, the
--- images that it found. That it finds no kernel is an error.
---
--- Source: grub-mkconfig(8); guide ER, "Configuring grub".
---
--- ```lua
--- local line = boot.cmdline("/dev/vg_live/data")
--- boot.grub_config("/mnt/old", { defaults = { GRUB_CMDLINE_LINUX = line, GRUB_TIMEOUT = "3" } })
--- ```
---@param root string The mount point of the system.
---@param options? gscript.boot.grub_config.options
---@return any
function boot.grub_config(root, options) end

---@class gscript.boot.entry.options
---@field initrd? string The initramfs.

--- Adds an entry of one's own to GRUB's menu, or changes the one with this title: in
--- `/boot/grub/custom.cfg`, which every `grub.cfg` of grub-mkconfig reads. GRUB finds the filesystem
--- of the kernel by its UUID, so no drive has to be numbered.
---
--- Source: GRUB manual, "menuentry" and "search"; guide ER, "Keyfile Boot" and "Passphrase Boot".
---
--- ```lua
--- local line = boot.cmdline("/dev/vg_live/data")
--- boot.entry("/mnt/old", "Gentoo (passphrase)", "/boot/vmlinuz-6.6.62-gentoo", line, { initrd = "/boot/initramfs-6.6.62-gentoo.img" })
--- ```
---@param root string The mount point of the system.
---@param title string What the menu shows.
---@param kernel string The kernel.
---@param cmdline string Its command line: `boot.cmdline`.
---@param options? gscript.boot.entry.options
---@return any
function boot.entry(root, title, kernel, cmdline, options) end

--- Lists the entries of GRUB's menu: maps with `title`, `kernel`, `initrd` (a list) and `cmdline`,
--- from `grub.cfg` and `custom.cfg`.
---
--- ```lua
--- local entries = boot.entries("/mnt/old")
--- ```
---@param root string The mount point of the system; `/` for the running one.
---@return any
function boot.entries(root) end

---@class gscript.journal
journal = {}

--- Keeps a copy of the run's journal on a medium that outlives a reboot of a live system, so
--- that the run can be resumed after one: `gscript resume FILE`. The copy follows the journal,
--- line by line, until its filesystem is unmounted. There is no secret in it.
---
--- Source: none; live media forget what they write.
---
--- ```lua
--- mount.mount("/dev/sdb1", "/mnt/key")
--- journal.keep_on("/mnt/key")
--- ```
---@param path string A mount point, or a folder below one; the copy goes into `gscript/RUN/journal.jsonl`.
---@return any
function journal.keep_on(path) end

---@class gscript.plan
plan = {}

--- Announces actions that the plan can't reach, because whether they are called depends on what only
--- the run can know: the content of a container that is still closed, the lines of a file in it.
--- Without this, such an action is shown and confirmed on a terminal, and refused elsewhere. The
--- announcement is part of the plan; what the actions do stays within the approved effects.
---
--- Source: none.
---
--- ```lua
--- plan.may_call({"lvm.vg_activate", "mount.mount"})
--- ```
---@param actions ("luks.open"|"lvm.vg_activate"|"md.assemble"|"mount.mount"|"mount.swap_on")[] Names of actions.
---@return any
function plan.may_call(actions) end

---@class gscript.text
text = {}

--- Finds the first place where a pattern fits a text, and returns the list of what its groups
--- matched: the whole match first, then each group in its order. Nothing if it fits nowhere.
---
--- Source: the pattern language of the regex crate; it is linear, and a pattern that is too complex for a
--- text of this length is an error, so no pattern can hang a run.
---
--- ```lua
--- local found = text.find("cryptsetup 2.6.1 flags: UDEV", "(\\d+)\\.(\\d+)")
--- ```
---@param text string The text.
---@param pattern string The pattern.
---@return any
function text.find(text, pattern) end

--- Splits a text into its lines, without empty ones and without blanks at their ends.
---
--- ```lua
--- local lines = text.lines("one\ntwo\n")
--- ```
---@param text string The text.
---@return any
function text.lines(text) end

---@class gscript.net
net = {}

--- Lists the network links: `name`, `up`, `kind` (`bridge`, `veth` and so on; nothing for hardware and
--- loopback), `master` (the bridge or bond that it belongs to, or nothing) and `mtu`.
---
--- Source: ip-link(8), rtnetlink(7).
---
--- ```lua
--- local links = net.links()
--- ```
---@return any
function net.links() end

--- Sets a network link up. It gets no address: that is the business of whoever configures it. A link that the run
--- has set up is set down again when the run cleans up.
---
--- Source: ip-link(8), `set`.
---
--- ```lua
--- net.up("lo")
--- ```
---@param link string Its name.
---@return any
function net.up(link) end

---@class gscript.given
given = {}

--- Names the recipe to test, by its path from the file of tests. Without it, it is the one beside:
--- `backup.test.rhai` and `backup.test.lua` test `backup.rhai` or `backup.lua`. Another recipe has
--- other questions: the answers so far are forgotten. With `run::again()` it goes on where the
--- latest run of the other one ended.
---
--- ```lua
--- given.recipe("backup.rhai")
--- ```
---@param path string The recipe's file.
---@return any
function given.recipe(path) end

--- Sets the machine: a file that `gscript probe` wrote, the name of one in a folder `machines`, or
--- a description. A disk has `size`, `model`, `serial`, `bus`, `sector`, `removable`, `read_only`,
--- `table` (gpt, mbr) and `parts`; a part has `size` (or `rest`) and `name`; both have `content` (a
--- filesystem, swap, luks), `label` and `mounted`.
---
--- ```lua
--- given.machine({
---     ["/dev/sda"] = { size = "64G", model = "Example", serial = "S1" },
---     ["/dev/sdb"] = { size = "8G", removable = true, parts = {{ size = "rest", content = "vfat" }} },
--- })
--- ```
---@param machine any A name, a path, or a map of disks.
---@return any
function given.machine(machine) end

--- Answers the recipe's questions: gives its parameters their values. Called again, it adds to
--- what was answered before.
---
--- ```lua
--- given.answers({ disk = "/dev/sda", swap_size = "8G" })
--- ```
---@param values any Values by the name of the parameter.
---@return any
function given.answers(values) end

---@class gscript.given.file.options
---@field mode? string|integer Its permission bits.

--- Puts a file onto the machine. Of other files that no recipe has made, nothing is known.
---
--- ```lua
--- given.file("/etc/hostname", "live\n", { mode = "0600" })
--- ```
---@param path string Where.
---@param text string What is in it.
---@param options? gscript.given.file.options
---@return any
function given.file(path, text, options) end

---@class gscript.given.prints.options
---@field code? integer The exit code, where every code is an answer.
---@field after? integer How many such steps come before.

--- Lets a program print something when it is run for real, once. Of other programs nobody knows
--- what they print, and the recipe goes on with the guess of its plan.
---
--- ```lua
--- given.prints("fsck … /dev/sda1", "clean", { code = 1 })
--- ```
---@param step string The step, or a part of it; … stands for anything.
---@param text string What is printed on standard output.
---@param options? gscript.given.prints.options
---@return any
function given.prints(step, text, options) end

---@class gscript.fault
fault = {}

---@class gscript.fault.fails.options
---@field code? integer The exit code.
---@field says? string What it prints, or the kernel's reason.
---@field after? integer How many such steps go well before.

--- A step fails: its program ends with an exit code after it has printed something; a step
--- without a program (a mount, a file) is refused by the kernel with these words.
---
--- ```lua
--- fault.fails("cryptsetup luksFormat", { code = 5, says = "Device /dev/sda2 is in use." })
--- ```
---@param step string The step, or a part of it; … stands for anything.
---@param options? gscript.fault.fails.options
---@return any
function fault.fails(step, options) end

---@class gscript.fault.hangs.options
---@field after? integer How many such steps go well before.

--- The program of a step does not come back, and is killed at its time limit; one without a limit
--- runs until somebody presses Ctrl-C.
---
--- ```lua
--- fault.hangs("lvm vgcreate")
--- ```
---@param step string The step, or a part of it; … stands for anything.
---@param options? gscript.fault.hangs.options
---@return any
function fault.hangs(step, options) end

---@class gscript.fault.stops.options
---@field after? integer How many such steps go well before.

--- Somebody presses Ctrl-C during a step.
---
--- ```lua
--- fault.stops("tar xpf")
--- ```
---@param step string The step, or a part of it; … stands for anything.
---@param options? gscript.fault.stops.options
---@return any
function fault.stops(step, options) end

---@class gscript.fault.busy.options
---@field by? string Who holds it.
---@field after? integer How many times it is free before.

--- Somebody holds a device when it is to be overwritten, or a mount point when it is to be
--- unmounted.
---
--- ```lua
--- fault.busy("/mnt/gentoo", { by = "bash (pid 4711) has its working directory there" })
--- ```
---@param what string The device or mount point.
---@param options? gscript.fault.busy.options
---@return any
function fault.busy(what, options) end

--- The node of a device appears late. When that is later than the recipe waits, the step fails.
---
--- ```lua
--- fault.late("/dev/sda2", 60)
--- ```
---@param device string The device.
---@param seconds integer Seconds.
---@return any
function fault.late(device, seconds) end

---@class gscript.fault.gone.options
---@field after? integer How many times it is still there when something on it is to be overwritten.

--- A disk is pulled out, or exchanged, after everybody has agreed to lose what is on it.
---
--- ```lua
--- fault.gone("/dev/sda")
--- ```
---@param disk string The disk.
---@param options? gscript.fault.gone.options
---@return any
function fault.gone(disk, options) end

---@class gscript.run
run = {}

--- Plans the recipe, agrees to its plan, and runs it as if the machine were real.
---
--- ```lua
--- run.recipe()
--- ```
---@return any
function run.recipe() end

--- Only plans the recipe.
---
--- ```lua
--- run.plan()
--- ```
---@return any
function run.plan() end

--- Runs the recipe again, on the machine as the latest run left it.
---
--- ```lua
--- run.again()
--- ```
---@return any
function run.again() end

--- Returns the steps of the latest run as a list of texts, for expectations of your own.
---
--- ```lua
--- local steps = run.steps()
--- ```
---@return any
function run.steps() end

---@class gscript.expect
expect = {}

--- The run should reach the end of the recipe. (One that fails although nothing says that it
--- should is reported in any case.)
---
--- ```lua
--- expect.done()
--- ```
---@return any
function expect.done() end

---@class gscript.expect.fails.options
---@field ends? "failed"|"usage"|"refused"|"stopped" How the program ends.
---@field remedy? string A part of what it proposes to do next.
---@field says? string A part of what the failed tool printed.
---@field step? string A part of the step that failed.
---@field action? string The action that failed: its name, or with what it is about.
---@field line? string The text of the line in the recipe, or a part of it.

--- The run should fail with this error, as `gscript` would show it.
---
--- ```lua
--- expect.fails("cryptsetup failed: exit code 5", { ends = "failed", says = "in use" })
--- ```
---@param error string The message, or a part of it; … stands for anything.
---@param options? gscript.expect.fails.options
---@return any
function expect.fails(error, options) end

--- The recipe should print this.
---
--- ```lua
--- expect.prints("Keep the live medium at hand …")
--- ```
---@param text string A line, or a part of it; … stands for anything.
---@return any
function expect.prints(text) end

--- The run should warn of this.
---
--- ```lua
--- expect.warns("the header backup")
--- ```
---@param text string The warning, or a part of it; … stands for anything.
---@return any
function expect.warns(text) end

--- After its failure the run should give back exactly this, in this order.
---
--- ```lua
--- expect.released({"umount /mnt/gentoo", "cryptsetup close hdd_sda2"})
--- ```
---@param commands string[] The commands.
---@return any
function expect.released(commands) end

--- Nothing should be mounted, swapped to, open or active that was not before the run.
---
--- ```lua
--- expect.nothing_left()
--- ```
---@return any
function expect.nothing_left() end

---@class gscript.expect.steps.options
---@field action? string Only those of actions that begin like this: `luks.format`, `fs.make /dev/sda1`.
---@field chapter? string Only those of this chapter.
---@field exactly? boolean Whether there are no others, and each is given from its beginning to its end.

--- These steps should be taken, in this order; others may come between, unless `exactly` is said.
---
--- ```lua
--- expect.steps({"sfdisk … /dev/sda", "cryptsetup luksFormat … /dev/sda2"})
--- expect.steps({"mkfs.ext4 … /dev/sda1"}, { action = "fs.make /dev/sda1", exactly = true })
--- ```
---@param steps string[] The steps as a person would type them, or parts of them; … stands for anything.
---@param options? gscript.expect.steps.options
---@return any
function expect.steps(steps, options) end

--- No step should contain this.
---
--- ```lua
--- expect.no_step("dd if=/dev/urandom")
--- ```
---@param step string A part of a step; … stands for anything.
---@return any
function expect.no_step(step) end

--- The run should enter exactly these chapters, in this order.
---
--- ```lua
--- expect.chapters({"Partition the hard drive", "Create the encryption key"})
--- ```
---@param titles string[] Their titles.
---@return any
function expect.chapters(titles) end

--- An action should find its result already there, and do nothing.
---
--- ```lua
--- expect.already("lvm.vg_activate vg_hostos")
--- ```
---@param action string How the action begins: its name, or with what it is about.
---@return any
function expect.already(action) end

--- The run should change nothing at all: everything is already so.
---
--- ```lua
--- expect.unchanged()
--- ```
---@return any
function expect.unchanged() end

--- A person should have to agree to exactly this before the run, in this order.
---
--- ```lua
--- expect.effects({"destroys /dev/sda", "mounts /mnt/key", "writes /mnt/key"})
--- ```
---@param effects string[] The effects, as plans show them.
---@return any
function expect.effects(effects) end

--- A disk should look like this after the run, with what is closed again shown as if it were
--- open. Compare it with `After` in a plan; a text over several lines stands between backticks in
--- Rhai, between `[[` and `]]` in Lua.
---
--- ```lua
--- expect.layout("/dev/sda", "sda  64 GiB  Example SSD")
--- ```
---@param disk string The disk.
---@param picture string The picture; how far it is indented does not matter.
---@return any
function expect.layout(disk, picture) end

---@class gscript.expect.mounted.options
---@field device? string Which device.

--- Something should be mounted after the run.
---
--- ```lua
--- expect.mounted("/mnt/gentoo", { device = "/dev/sda1" })
--- ```
---@param at string Where.
---@param options? gscript.expect.mounted.options
---@return any
function expect.mounted(at, options) end

--- These disks or partitions should be exactly as before, nobody should have agreed to change
--- them, and no step should name them.
---
--- ```lua
--- expect.untouched({"/dev/sdb", "/dev/sdc"})
--- ```
---@param devices string[] The devices.
---@return any
function expect.untouched(devices) end

---@class gscript.expect.file.options
---@field text? string All of its text.
---@field has? string A part of its text; … stands for anything.
---@field lacks? string What is not in its text.
---@field missing? boolean Whether it should not be there at all.

--- A file should be like this after the run; one that is out of sight because its filesystem was
--- unmounted is as the run left it. Without options, it should be there.
---
--- ```lua
--- expect.file("/mnt/gentoo/etc/fstab", { has = "UUID=", lacks = "/dev/sda" })
--- ```
---@param path string Its path during the run.
---@param options? gscript.expect.file.options
---@return any
function expect.file(path, options) end

--- Two values should be the same.
---
--- ```lua
--- expect.same(1 + 1, 2)
--- ```
---@param found any What there is.
---@param wanted any What it should be.
---@return any
function expect.same(found, wanted) end
