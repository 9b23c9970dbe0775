---@meta gscript

--- Begins a chapter, which groups the plan, the output and the journal.
---@param title string
function step(title) end

--- Defines a test of a recipe, in a test file.
---@param name string
---@param body fun()
function test(name, body) end

--- All parameters of the recipe, including those whose names are otherwise defined.
---@type table<string, any>
params = {}

---@class gscript.disk
disk = {}

--- Lists the whole disks of the machine, including USB drives.
---
--- Returns a list of maps like that of `disk.info`.
---
--- Source: lsblk(8).
---
--- ```lua
--- local disks = disk.list()
--- ```
---@return any
function disk.list() end

--- Lists all block devices of the machine, including partitions, open containers, arrays and
--- active volumes, as maps like those of `disk.info`.
---
--- Source: lsblk(8).
---
--- ```lua
--- local devices = disk.devices()
--- ```
---@return any
function disk.devices() end

--- Returns information about a block device.
---
--- The result is a map with `path`, `what` (the kind of device), `bytes` (the size), `human`
--- (the size in human-readable form), `sector` (the logical sector size in bytes), `removable`,
--- `read_only`, `model`, `serial`, `by_id`, `table`, `content`, `uuid`, `label`, `name` (of a
--- partition in its table, or of a logical volume), `partuuid`, `partitions` (paths) and
--- `in_use`. Values that do not apply to the device are nil. The content of a device that could
--- not be read is `unknown`, and so is that of a container in a plan, which the run opens.
---
--- Source: lsblk(8), blkid(8).
---
--- ```lua
--- print(disk.info("/dev/sdb1").label)
--- ```
---@param device string The device, by any of its paths.
---@return any
function disk.info(device) end

--- Lists what keeps a device in use.
---
--- Returns a list of maps with `what` (a description) and `free` (the command that releases
--- it), in the order in which they have to be released. The list is empty if the device is not
--- in use.
---
--- ```lua
--- local holders = disk.holders("/dev/sdc")
--- ```
---@param device string The device.
---@return any
function disk.holders(device) end

---@class gscript.disk.partition.parts
---@field size string|integer The size: `"512M"`, `"rest"` for all remaining space, or `"-8G"` to leave 8 GiB at the end. Rounded up to whole MiB.
---@field name? string The partition name (GPT only), at most 36 characters; must be unique.
---@field kind? "linux"|"luks"|"lvm"|"raid"|"swap"|"efi"|"bios-boot"|"boot"|"home"|"data" The type of the partition; a name, or a code of the table format.
---@field bootable? boolean Whether to mark the partition as bootable for a BIOS.

---@class gscript.disk.partition.options
---@field table? "gpt"|"mbr" The format of the partition table; an MBR addresses at most 2^32 sectors (2 TiB with sectors of 512 bytes).
---@field keep? boolean Whether to keep an existing table unchanged, with the data on all its partitions, if it matches the request exactly: format, number, positions, types and names of the partitions.

--- Writes a new partition table to a disk and returns the devices of its partitions.
---
--- All data on the disk is lost; this cannot be undone. The partitions are created in the order
--- of the list, starting at 1 MiB and aligned to 1 MiB. The signatures of the old partitions
--- and of the disk are erased first, so that old contents are not detected again.
---
--- Returns a map from the name of each partition, or its number if it has no name, to its
--- device: `parts.boot`, or `parts["1"]`.
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
---@param parts gscript.disk.partition.parts[] The partitions, as maps; an MBR holds at most 4.
---@param options? gscript.disk.partition.options
---@return any
function disk.partition(disk, parts, options) end

--- Erases all signatures from a device: filesystems, LUKS, LVM, RAID and the partition table.
---
--- On a disk, the signatures of its partitions are erased first, so that they are not detected
--- again when new partitions are created at the same positions. The data itself remains on the
--- device until it is overwritten, but the erased signatures are not saved: this cannot be
--- undone.
---
--- Source: wipefs(8).
---
--- ```lua
--- disk.wipe("/dev/sda")
--- ```
---@param device string The disk, partition or volume.
---@return any
function disk.wipe(device) end

--- Overwrites a whole device with random data.
---
--- All data on the device is lost; this cannot be undone. The old data cannot be recovered, and
--- data that is encrypted on the device later is indistinguishable from unused space. Ctrl-C
--- interrupts the action at any time and leaves the device partly overwritten.
---
--- Source: guide ER, "Populate $ROOT_DEV With Random Data"; the random data is AES-256 in
--- counter mode with a disposable key.
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
---@field bytes? string The length in bytes, from 32 to 8388608; the default exceeds the key size of every cipher.

--- Generates a key file of random bytes and returns its path.
---
--- The bytes come from the random number generator of the kernel, and the file is readable only
--- by its owner from the moment it is created. Existing files are never overwritten: a file of
--- exactly this length that only its owner can read is kept as the key; anything else at this
--- path is an error. Undo removes the file.
---
--- Source: guide ER, "Create The Encryption Key"; random(7).
---
--- ```lua
--- local key = key.generate("/mnt/key/laptop.bin")
--- luks.format("/dev/sda2", { key = key })
--- ```
---@param path string The path of the key file, in an existing directory; store it on a USB drive, not on the disk that it unlocks.
---@param options? gscript.key.generate.options
---@return any
function key.generate(path, options) end

--- Checks that a key file is safe to use.
---
--- Fails unless it is a regular, non-empty file of at most 8388608 bytes that only its owner
--- can read, and its content is not obviously predictable. Returns a map with `bytes`, the
--- length.
---
--- ```lua
--- print(key.check("/mnt/key/keyfile.bin").bytes)
--- ```
---@param path string The path of the key file.
---@return any
function key.check(path) end

--- Encrypts a key file with a passphrase into a new file and returns the path of that file.
---
--- GnuPG encrypts the copy with AES-256; only its owner can read it. An existing file is never
--- overwritten. The plain key file remains until `file.remove` deletes it. Pass the encrypted
--- file to `luks.open` as `gpg_key`. Undo removes the encrypted file.
---
--- Source: gpg(1), `--symmetric`; guide ER, "gpg --symmetric" for the key on the USB drive.
---
--- ```lua
--- key.generate("/mnt/key/laptop.bin")
--- key.protect("/mnt/key/laptop.bin", "/mnt/key/laptop.gpg", passphrase)
--- ```
---@param key string The path of the plain key file.
---@param to string The path of the encrypted file, conventionally with the extension `.gpg`.
---@param passphrase any The passphrase, from a parameter of type `secret`.
---@return any
function key.protect(key, to, passphrase) end

--- Decrypts an encrypted key into a new file in memory and returns the path of that file.
---
--- Use it to change the passphrase of the key or to pass the key to other programs. The target
--- must be on a tmpfs or ramfs; paths on a disk are rejected. Delete the file with
--- `file.remove`, or by undoing the action. To open a container it is not needed: `luks.open`
--- accepts the encrypted key.
---
--- Source: gpg(1), `--decrypt`.
---
--- ```lua
--- local key = key.unlock("/mnt/key/laptop.gpg", "/run/laptop.bin", passphrase)
--- print(luks.test_key("/dev/sda3", { key = key }))
--- file.remove(key)
--- ```
---@param key string The path of the encrypted key.
---@param to string The path of the plain key file, for example below `/run`.
---@param passphrase any The passphrase of the key, from a parameter of type `secret`.
---@return any
function key.unlock(key, to, passphrase) end

---@class gscript.luks
luks = {}

---@class gscript.luks.format.kdf
---@field kind? "argon2id"|"argon2i"|"pbkdf2" The key derivation function; LUKS1 supports only pbkdf2.
---@field memory? string|integer The memory cost (argon2 only; ignored for pbkdf2).
---@field iterations? integer The number of iterations, instead of a benchmarked time cost.

---@class gscript.luks.format.options
---@field key? string The path of a key file.
---@field passphrase? any A passphrase, from a parameter of type `secret`.
---@field version? "luks2"|"luks1" The version of the LUKS header.
---@field cipher? string The cipher and its mode, in the notation of cryptsetup(8).
---@field key_size? string|integer The size of the volume key in bits, a multiple of 64 from 128 to 1024; XTS mode splits the key in two.
---@field kdf? gscript.luks.format.kdf The key derivation function and its costs; the default function is argon2id for LUKS2 and pbkdf2 for LUKS1.
---@field sector? string|integer The size of an encrypted sector in bytes: 512, 1024, 2048 or 4096; by default that of the device. LUKS2 only.
---@field keep? boolean Whether to keep an existing container of the same version and cipher unchanged, with all its data. A container without key slots is not kept: formatting it was interrupted. The key is not tested: `luks.open` reports a key that does not fit.

--- Formats a device as a LUKS container and returns the UUID of the container.
---
--- All data on the device is lost; this cannot be undone. The container stays closed: open it
--- with `luks.open`.
---
--- Requires either a key file or a passphrase; `luks.add_key` adds further keys. The key file
--- must not be empty, readable by other users, or stored on the disk that it unlocks. The LUKS1
--- header takes 2 MiB, the LUKS2 header 16 MiB.
---
--- Source: cryptsetup-luksFormat(8); guide ER, "Create And Mount The Encrypted Partition". The
--- guide's `aes-xts-plain` repeats its initialization vectors after 2 TiB, so the default is
--- `aes-xts-plain64`.
---
--- By itself, cryptsetup would choose sectors of 4096 bytes on most disks, although these
--- disks, and other containers in the same volume group, have sectors of 512 bytes. With
--- `sector: 4096`, a container is faster on a disk with physical sectors of this size.
---
--- ```lua
--- luks.format("/dev/sda2", { key = "/mnt/key/keyfile.bin" })
--- luks.format("/dev/sda2", { key = "/mnt/key/keyfile.bin", version = "luks1" })
--- luks.format("/dev/sda2", {
---     key = "/mnt/key/keyfile.bin",
---     kdf = { kind = "argon2id", memory = "32M", iterations = 4 },
--- })
--- ```
---@param device string The partition, disk or volume to format.
---@param options? gscript.luks.format.options
---@return any
function luks.format(device, options) end

---@class gscript.luks.open.options
---@field key? string The path of a key file.
---@field passphrase? any The passphrase of the container, or of `gpg_key` if that is given; from a parameter of type `secret`.
---@field gpg_key? string The path of a key file that is encrypted with `key.protect` or `gpg --symmetric`. The decrypted key is piped from gpg to cryptsetup and never written to a file.
---@field header? string The path of a file or device with the header, if it is not on the device itself (a detached header). The device must then not be in use, and its present contents are taken for encrypted data.
---@field read_only? boolean Whether to open the container read-only.
---@field discard? boolean Whether to pass discards (TRIM) to the underlying disk. This improves the performance of SSDs, but reveals which blocks are unused.

--- Opens a LUKS container and returns the mapped device, `/dev/mapper/NAME`.
---
--- Requires `key`, `passphrase`, or `gpg_key` together with `passphrase`. Undo closes the
--- container.
---
--- Source: cryptsetup-open(8); guide ER, `luksOpen $ROOT_DEV $ENC_HDD`.
---
--- ```lua
--- local inside = luks.open("/dev/sda3", "hdd_a3", { key = "/mnt/key/keyfile.bin" })
--- lvm.pv_create(inside)
--- ```
---@param device string The container.
---@param name string The name of the mapped device below `/dev/mapper`, for example `hdd_a3` for `/dev/sda3`.
---@param options? gscript.luks.open.options
---@return any
function luks.open(device, name, options) end

--- Closes a LUKS container.
---
--- Filesystems, swap areas and volume groups on the mapped device must be released first.
---
--- Source: cryptsetup-close(8).
---
--- ```lua
--- luks.open("/dev/sda3", "hdd_a3", { key = "/mnt/key/keyfile.bin" })
--- luks.close("hdd_a3")
--- ```
---@param name string The name of the mapped device below `/dev/mapper`.
---@return any
function luks.close(name) end

--- Returns information about a LUKS container.
---
--- The result is a map with `version`, `uuid`, `cipher`, `offset` (of the data, in bytes),
--- `slots` (the key slots in use) and `open` (the mapped device, or nil if the container is
--- closed).
---
--- ```lua
--- print(luks.info("/dev/sda3").slots)
--- ```
---@param device string The container.
---@return any
function luks.info(device) end

--- Lists all LUKS containers of the machine, open or closed.
---
--- Returns a list of maps with `device`, `human` (the size in human-readable form), `disk`
--- (model and size of the disk), `uuid` and `open` (the mapped device, or nil if the container
--- is closed).
---
--- ```lua
--- local found = luks.containers()
--- ```
---@return any
function luks.containers() end

---@class gscript.luks.test_key.options
---@field key? string The path of a key file.
---@field passphrase? any A passphrase, from a parameter of type `secret`.

--- Tests whether a key file or passphrase unlocks a container, without opening it.
---
--- Returns true if it does, and false if no key slot accepts it.
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

--- Returns the version of the cryptsetup that gscript uses, such as `2.6.1`.
---
--- The cryptsetup of an installed system should be at least as new; an older one may not
--- support the containers that are created here.
---
--- Source: cryptsetup(8), `--version`; guide ER, "Ensuring cryptsetup Version Is Correct".
---
--- ```lua
--- print(luks.version())
--- ```
---@return any
function luks.version() end

---@class gscript.luks.add_key.kdf
---@field kind? "argon2id"|"argon2i"|"pbkdf2" The key derivation function; LUKS1 supports only pbkdf2.
---@field memory? string|integer The memory cost (argon2 only; ignored for pbkdf2).
---@field iterations? integer The number of iterations, instead of a benchmarked time cost.

---@class gscript.luks.add_key.options
---@field key? string The path of a key file that unlocks the container now.
---@field passphrase? any A passphrase that unlocks the container now, from a parameter of type `secret`.
---@field new_key? string The path of the key file to add.
---@field new_passphrase? any The passphrase to add, from a parameter of type `secret`.
---@field slot? integer The key slot to use; by default the first free one.
---@field kdf? gscript.luks.add_key.kdf The key derivation function of the new key.

--- Adds a key to a LUKS container and returns the number of its key slot.
---
--- Requires an existing key (`key` or `passphrase`) and a new one (`new_key` or
--- `new_passphrase`). The new key is tested after it has been added. LUKS1 has 8 key slots,
--- LUKS2 has 32. Undo removes the key.
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

---@class gscript.luks.enroll.options
---@field key? string The path of a key file that unlocks the container now.
---@field passphrase? any A passphrase that unlocks the container now, from a parameter of type `secret`.
---@field pcrs? string The registers of the chip that the key is sealed to, joined by `+`; for `tpm2` only.
---@field hardware? string The device, if there are several: a path, or for `tpm2` a driver of tpm2-tss and its argument, such as `swtpm:path=/run/swtpm`.

--- Enrolls the TPM2 chip of this machine, or a FIDO2 token, as a further key of a LUKS2
--- container, and returns the number of its key slot.
---
--- Requires an existing key (`key` or `passphrase`), which stays: a chip or a token can be lost.
--- systemd unlocks the container with it at boot, where `tpm2-device=auto` or
--- `fido2-device=auto` is among the options of the container: in `crypttab.set`, and for the
--- root in `boot.cmdline`. The key is sealed to the chip and to the values of its registers (PCR)
--- at this moment; register 7 changes with Secure Boot and its keys, so that a passphrase is
--- requested then. Without a PIN, the chip unlocks the container for anyone who switches the
--- machine on. A FIDO2 token has to be touched, now and at every boot. Undo removes the key.
---
--- The passphrase is passed to systemd-cryptenroll in its environment, which only root can read.
---
--- Source: systemd-cryptenroll(1), crypttab(5).
---
--- ```lua
--- luks.enroll("/dev/sda3", "tpm2", { key = "/mnt/key/keyfile.bin" })
--- ```
---@param device string The container.
---@param token "tpm2"|"fido2" The kind of the chip or token.
---@param options? gscript.luks.enroll.options
---@return any
function luks.enroll(device, token, options) end

--- Removes the key in a key slot of a LUKS container.
---
--- Cannot be undone: the key has to be added again. The last remaining key is never removed.
---
--- Source: cryptsetup-luksKillSlot(8).
---
--- ```lua
--- key.generate("/mnt/key/second.bin")
--- luks.add_key("/dev/sda3", { key = "/mnt/key/keyfile.bin", new_key = "/mnt/key/second.bin" })
--- luks.remove_key("/dev/sda3", 0)
--- ```
---@param device string The container.
---@param slot integer The key slot, as returned by `luks.info` or `luks.add_key`.
---@return any
function luks.remove_key(device, slot) end

--- Backs up the header of a LUKS container to a new file and returns the path of the file.
---
--- A container whose header is damaged cannot be opened, even with the right key. The backup
--- contains the current key slots: store it as safely as the key, for example on the same USB
--- drive. The file must not exist yet. Undo removes it.
---
--- LUKS2 has a secondary header, which blkid(8) searches for at nine offsets in the first 4 MiB
--- of a device. If the backup happened to lie at one of them, the USB drive would be detected
--- as a LUKS container and could no longer be mounted; the file is therefore written to a
--- different place.
---
--- Source: cryptsetup-luksHeaderBackup(8).
---
--- ```lua
--- luks.backup_header("/dev/sda3", "/mnt/key/sda3.header")
--- ```
---@param device string The container.
---@param file string The path of the new backup file.
---@return any
function luks.backup_header(device, file) end

--- Restores the header of a LUKS container from a backup file.
---
--- The current header is overwritten; this cannot be undone. All key slots are restored to
--- their state at the time of the backup: keys added since then no longer work, and keys
--- removed since then work again. The container must be closed.
---
--- Source: cryptsetup-luksHeaderRestore(8).
---
--- ```lua
--- luks.restore_header("/dev/sda3", "/mnt/key/saved.header")
--- ```
---@param device string The device that receives the header.
---@param file string The path of the backup file, created by `luks.backup_header`.
---@return any
function luks.restore_header(device, file) end

---@class gscript.crypt
crypt = {}

---@class gscript.crypt.swap_on.options
---@field cipher? string The cipher and its mode, in the notation of cryptsetup(8).
---@field key_size? string|integer The size of the key in bits, a multiple of 64 from 128 to 1024; XTS mode splits the key in two.

--- Activates encrypted swap with a random key and returns its device, `/dev/mapper/NAME`.
---
--- All data on the device is lost, and the swapped data cannot be read after the machine is
--- switched off. The key exists only until the mapping is closed, so hibernation does not work.
--- Undo deactivates the swap area and closes the mapping; it does not restore the old data.
---
--- Source: cryptsetup-open(8), "PLAIN"; the kernel generates the key (urandom(4)). Any header
--- on the device, such as a LUKS header, is destroyed.
---
--- ```lua
--- crypt.swap_on("/dev/sda1", "swap")
--- ```
---@param device string The partition or volume.
---@param name string The name of the mapped device below `/dev/mapper`.
---@param options? gscript.crypt.swap_on.options
---@return any
function crypt.swap_on(device, name, options) end

---@class gscript.md
md = {}

---@class gscript.md.create.options
---@field format? "1.2"|"1.0" The metadata format: 1.2 stores the superblock near the start of the devices; 1.0 stores it at the end, so that firmware without RAID support finds the filesystem of a raid1. raid0 requires 1.2.
---@field chunk? string|integer The amount of data per device and stripe, a power of two of at least 4 KiB; ignored for raid1.
---@field keep? boolean Whether to keep an existing array of this name and level on exactly these devices unchanged, with all its data. If only some of the devices belong to it, the call fails.

--- Creates and starts an md array and returns its device.
---
--- All data on the member devices is lost. Undo only stops the array; it does not restore the
--- old data.
---
--- The array is identified by its name on any host: after a reboot, `md.assemble` starts it
--- unless udev has already done so, and returns its device, which may have a different number.
--- The array is usable during the initial synchronization; `cat /proc/mdstat` shows its
--- progress.
---
--- Source: mdadm(8), md(4).
---
--- ```lua
--- local array = md.create("root", "raid1", {"/dev/sda2", "/dev/sda3"})
--- fs.make(array)
--- ```
---@param name string The name of the array.
---@param level "raid0"|"raid1"|"raid5"|"raid6"|"raid10" The RAID level: raid0 stripes without redundancy, raid1 mirrors, raid5 and raid6 survive the loss of one and of two devices, raid10 stripes across mirrors.
---@param devices string[] The member devices: at least 2, 3 for raid5, 4 for raid6, an even number of at least 4 for raid10.
---@param options? gscript.md.create.options
---@return any
function md.create(name, level, devices, options) end

---@class gscript.md.assemble.options
---@field degraded? boolean Whether to start the array even if members are missing. Its redundancy is then reduced or lost.
---@field read_only? boolean Whether to start the array read-only: nothing is written to its members, not even to their superblocks, and no synchronization starts. An array that is already running is left as it is.

--- Starts an existing md array and returns its device.
---
--- Fails if members are missing, unless `degraded` is set. An array that is already running is
--- left unchanged. Undo stops the array.
---
--- Source: mdadm(8), `--assemble`.
---
--- ```lua
--- md.create("root", "raid1", {"/dev/sda2", "/dev/sda3"})
--- md.stop("root")
--- local array = md.assemble("root")
--- ```
---@param name string The name of the array, or its UUID.
---@param options? gscript.md.assemble.options
---@return any
function md.assemble(name, options) end

--- Stops a running md array.
---
--- Its device disappears until the array is started again. Filesystems, swap areas and
--- containers on it must be released first.
---
--- Source: mdadm(8), `--stop`.
---
--- ```lua
--- md.create("root", "raid1", {"/dev/sda2", "/dev/sda3"})
--- md.stop("root")
--- ```
---@param name string The name of the array, or its UUID.
---@return any
function md.stop(name) end

---@class gscript.md.mdadm_conf.options
---@field arrays? string[] The names or UUIDs of the arrays; by default all arrays of this machine, running or stopped.

--- Lists the arrays of this machine in the `/etc/mdadm.conf` of a system.
---
--- Each array gets an `ARRAY` line with its name and UUID, so that it has the same device
--- `/dev/md/NAME` whenever the system starts. An array whose UUID has a line keeps it. A line of
--- the same name with the UUID of an array that this machine does not have is replaced; all
--- other lines are unchanged. A line that tells mdadm to ignore an array is reported. Undo
--- restores the previous file.
---
--- Source: mdadm.conf(5); Gentoo's location of the file.
---
--- ```lua
--- md.create("root", "raid1", {"/dev/sda2", "/dev/sda3"})
--- md.mdadm_conf("/mnt/old", { arrays = {"root"} })
--- ```
---@param root string The mount point of the system.
---@param options? gscript.md.mdadm_conf.options
---@return any
function md.mdadm_conf(root, options) end

--- Lists the names of all arrays, running or stopped, from the superblocks of their members.
---
--- An array without a name, or with the name of another one, is listed by its UUID.
---
--- Source: mdadm(8), `--examine`.
---
--- ```lua
--- local names = md.list()
--- ```
---@return any
function md.list() end

--- Returns information about an md array.
---
--- The result is a map with `name` (empty if it has none), `uuid`, `level`, `devices` (the number of members of the
--- complete array), `members` (the devices that are present), `path` (nil if the array is
--- stopped) and `bytes` (the size).
---
--- Source: mdadm(8), `--examine`, `--detail`.
---
--- ```lua
--- md.create("root", "raid1", {"/dev/sda2", "/dev/sda3"})
--- print(md.info("root").members)
--- ```
---@param name string The name of the array, or its UUID.
---@return any
function md.info(name) end

---@class gscript.lvm
lvm = {}

---@class gscript.lvm.pv_create.options
---@field keep? boolean Whether to keep an existing physical volume unchanged, with its logical volumes.

--- Creates an LVM physical volume and returns the path of the device, for `lvm.vg_create`.
---
--- All data on the device is lost; this cannot be undone. The device must have at least 2 MiB.
---
--- Source: pvcreate(8); guide ER, "Use LVM".
---
--- ```lua
--- local pv = lvm.pv_create("/dev/sda2")
--- lvm.vg_create("vg", {pv})
--- ```
---@param device string The partition, or the mapped device of a LUKS container.
---@param options? gscript.lvm.pv_create.options
---@return any
function lvm.pv_create(device, options) end

---@class gscript.lvm.vg_create.options
---@field extent_size? string|integer The size of an extent, the allocation unit of logical volumes: a power of two from 1 KiB to 16 GiB.

--- Creates a volume group from physical volumes and returns its name.
---
--- Devices of different sector sizes are rejected. Undo removes the volume group.
---
--- Source: vgcreate(8); guide ER, `vgcreate $VG_NAME /dev/mapper/$ENC_HDD`.
---
--- ```lua
--- lvm.vg_create("vg_hostos", {lvm.pv_create("/dev/sda2")})
--- ```
---@param name string The name of the volume group.
---@param devices string[] The physical volumes, created by `lvm.pv_create`; at least one.
---@param options? gscript.lvm.vg_create.options
---@return any
function lvm.vg_create(name, devices, options) end

---@class gscript.lvm.vg_activate.options
---@field complete_only? boolean Whether to activate only the volumes of which no physical volume is missing. Otherwise, a group with incomplete volumes is refused.
---@field read_only? boolean Whether its logical volumes can only be read. Required if its physical volumes can only be read, such as on a container that was opened with `read_only`.

--- Activates a volume group: its logical volumes appear as `/dev/GROUP/VOLUME`.
---
--- If two groups have the same name, give the UUID, which `lvm.groups` lists instead. Undo
--- deactivates the volume group.
---
--- Source: vgchange(8); guide ER, `vgchange -a y $VG_NAME`.
---
--- ```lua
--- lvm.vg_activate("vg_old")
--- ```
---@param name string The name of the volume group, or its UUID.
---@param options? gscript.lvm.vg_activate.options
---@return any
function lvm.vg_activate(name, options) end

--- Deactivates a volume group: its logical volumes disappear until it is activated again.
---
--- Filesystems, swap areas and containers on them must be released first.
---
--- Source: vgchange(8).
---
--- ```lua
--- lvm.vg_activate("vg_old")
--- lvm.vg_deactivate("vg_old")
--- ```
---@param name string The name of the volume group, or its UUID.
---@return any
function lvm.vg_deactivate(name) end

--- Returns information about a volume group.
---
--- The result is a map with `name`, `members` (the physical volumes), `extent_size` (in bytes),
--- `extents` and `free` (numbers of extents), `free_size` (the free space in human-readable
--- form), `active`, and `volumes`, a map from the name of each logical volume to a map with
--- `path`, `extents`, `bytes` and `active`.
---
--- Source: vgs(8); guide ER, "the number of physical extents available".
---
--- ```lua
--- print(lvm.vg_info("vg_old").free)
--- ```
---@param name string The name of the volume group, or its UUID.
---@return any
function lvm.vg_info(name) end

---@class gscript.lvm.groups.options
---@field on? string The device to which the list is restricted; includes volume groups in containers on it.

--- Lists the names of all volume groups, or of those on a device.
---
--- Volume groups inside a LUKS container are detected only while the container is open. If it
--- is opened during the run, the plan assumes that it contains none.
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
---@field contiguous? boolean Whether to allocate the extents contiguously; not available with `raid`.
---@field raid? "raid0"|"raid1"|"raid5"|"raid6"|"raid10" The RAID level, which distributes the volume over several physical volumes (lvmraid(7)).
---@field images? integer The number of physical volumes for `raid`; by default 2 for raid1, and otherwise all of the group (rounded down to an even number for raid10). raid6 requires at least 5, raid10 an even number.

--- Creates and activates a logical volume and returns its device, `/dev/GROUP/NAME`.
---
--- An existing volume of the same name, size and layout is kept, provided that it is active.
--- Undo removes the volume.
---
--- Source: lvcreate(8); guide ER: the swap volume with `--contiguous y`, the root volume with
--- all free extents.
---
--- ```lua
--- lvm.vg_create("vg", {lvm.pv_create("/dev/sda2")})
--- local swap = lvm.lv_create("vg", "swap", "4G", { contiguous = true })
--- local root = lvm.lv_create("vg", "root", "100%FREE")
--- lvm.vg_create("two", {lvm.pv_create("/dev/sda1"), lvm.pv_create("/dev/sda3")})
--- lvm.lv_create("two", "copied", "100M", { raid = "raid1" })
--- ```
---@param group string The volume group.
---@param name string The name of the volume in the volume group.
---@param size string|integer The size, rounded up to whole extents; or a percentage of the free or of all extents (`"100%FREE"`, `"50%VG"`); or a number of extents.
---@param options? gscript.lvm.lv_create.options
---@return any
function lvm.lv_create(group, name, size, options) end

---@class gscript.lvm.thin_pool_create.options
---@field chunk? string|integer The allocation unit of the thin volumes: a power of two from 64 KiB to 1 GiB.

--- Creates a thin pool and returns its name.
---
--- The space of the pool is allocated to thin volumes as they are written to. The metadata of
--- the pool takes additional space, and LVM reserves the same amount again in the volume group
--- for repairs. Undo removes the pool.
---
--- Source: lvmthin(7).
---
--- ```lua
--- lvm.vg_create("vg", {lvm.pv_create("/dev/sda2")})
--- local pool = lvm.thin_pool_create("vg", "pool", "100%FREE")
--- lvm.thin_create("vg", pool, "root", "20G")
--- ```
---@param group string The volume group.
---@param name string The name of the pool in the volume group.
---@param size string|integer The space for data; a percentage includes the space for the metadata.
---@param options? gscript.lvm.thin_pool_create.options
---@return any
function lvm.thin_pool_create(group, name, size, options) end

--- Creates and activates a thin volume and returns its device, `/dev/GROUP/NAME`.
---
--- The volume may be larger than its pool, but writes fail when the pool is full: extend it in
--- time. Undo removes the volume.
---
--- Source: lvmthin(7).
---
--- ```lua
--- lvm.vg_create("vg", {lvm.pv_create("/dev/sda2")})
--- lvm.thin_pool_create("vg", "pool", "10G")
--- local home = lvm.thin_create("vg", "pool", "home", "20G")
--- ```
---@param group string The volume group.
---@param pool string The name of the thin pool.
---@param name string The name of the volume in the volume group.
---@param size string|integer The virtual size, rounded up to whole extents.
---@return any
function lvm.thin_create(group, pool, name, size) end

--- Removes a logical volume. All data on it is lost; this cannot be undone.
---
--- Source: lvremove(8).
---
--- ```lua
--- lvm.vg_activate("vg_old")
--- lvm.lv_remove("vg_old", "data")
--- ```
---@param group string The volume group.
---@param name string The name of the volume in the volume group.
---@return any
function lvm.lv_remove(group, name) end

--- Removes a thin pool that has no volumes.
---
--- Cannot be undone. Remove its thin volumes first with `lvm.lv_remove`.
---
--- Source: lvremove(8).
---
--- ```lua
--- lvm.vg_create("vg", {lvm.pv_create("/dev/sda2")})
--- lvm.thin_pool_create("vg", "pool", "10G")
--- lvm.thin_pool_remove("vg", "pool")
--- ```
---@param group string The volume group.
---@param name string The name of the pool in the volume group.
---@return any
function lvm.thin_pool_remove(group, name) end

--- Removes a volume group that has no logical volumes.
---
--- Cannot be undone. The devices remain physical volumes.
---
--- Source: vgremove(8).
---
--- ```lua
--- lvm.vg_create("vg", {lvm.pv_create("/dev/sda2")})
--- lvm.vg_remove("vg")
--- ```
---@param name string The name of the volume group.
---@return any
function lvm.vg_remove(name) end

---@class gscript.fs
fs = {}

---@class gscript.fs.make.options
---@field kind? "ext4"|"ext2"|"xfs"|"btrfs"|"vfat"|"f2fs" The type of the filesystem.
---@field label? string The label: at most 16 bytes for ext2 and ext4, 12 for xfs, 11 (ASCII) for vfat, 255 for btrfs and 511 for f2fs.
---@field keep? boolean Whether to keep an existing filesystem of the same type and label unchanged, with all its files.

--- Creates a filesystem on a device and returns its UUID.
---
--- All data on the device is lost; this cannot be undone. The UUID is chosen when the plan is
--- made. The minimum size is 1 MiB for ext2, ext4 and vfat, 40 MiB for f2fs, 109 MiB for btrfs
--- and 300 MiB for xfs.
---
--- An EFI system partition gets FAT32, whatever its size, because firmware need not read
--- another FAT on a fixed disk. That takes 33 MiB, or 257 MiB with sectors of 4 KiB.
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
---@field label? string The label, at most 15 bytes.
---@field keep? boolean Whether to keep an existing swap area with this label unchanged.

--- Creates a swap area on a device and returns its UUID.
---
--- All data on the device is lost; this cannot be undone. Activate it with `mount.swap_on`.
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

--- Creates a swap file and returns its path, for `mount.swap_on`.
---
--- The file has no holes and is readable only by root. On btrfs, copy-on-write is disabled for
--- it. An existing swap file of this size is kept unchanged. Undo removes the file.
---
--- Source: mkswap(8), swapon(8) "Files with holes", btrfs(5) "SWAPFILE SUPPORT". On btrfs, use
--- a separate subvolume, which must not have snapshots.
---
--- ```lua
--- mount.mount("/dev/sdb1", "/mnt/stick")
--- local swap = fs.swap_file("/mnt/stick/swapfile", "64M")
--- ```
---@param path string The path of the file, in an existing directory on ext4, xfs or btrfs.
---@param size string|integer The size, at least 1 MiB; rounded up to whole pages of 4 KiB.
---@return any
function fs.swap_file(path, size) end

--- Returns the UUID of a filesystem, swap area, LUKS container or physical volume.
---
--- Source: blkid(8); guide ER, "Determining All Partitions' UUIDs".
---
--- ```lua
--- local uuid = fs.uuid("/dev/sdb1")
--- ```
---@param device string The device.
---@return any
function fs.uuid(device) end

--- Returns the label of the filesystem or swap area on a device, or nil if it has none.
---
--- ```lua
--- print(fs.label("/dev/sdb1"))
--- ```
---@param device string The device.
---@return any
function fs.label(device) end

---@class gscript.fs.image.options
---@field kind? "ext4"|"ext2"|"xfs"|"btrfs"|"vfat"|"f2fs" The type of the filesystem.
---@field label? string The label of the filesystem; see `fs.make` for the limits.

--- Creates an image file that contains a filesystem and returns the UUID of the filesystem.
---
--- A virtual machine can use the file as a disk. The file is sparse: it takes up only the space
--- that has been written to. Undo removes the file.
---
--- Source: guide UM, "root image".
---
--- ```lua
--- fs.image("/var/lib/machines/root.img", "3G")
--- ```
---@param path string The path of the file, which must not exist yet.
---@param size string|integer The size of the image.
---@param options? gscript.fs.image.options
---@return any
function fs.image(path, size, options) end

--- Checks an unmounted filesystem for damage, without changing it.
---
--- Returns a map with `clean` (whether the checker exited with code 0) and `report` (its
--- output). Supports ext2, ext3, ext4, xfs, btrfs, vfat and f2fs.
---
--- Source: e2fsck(8) `-n`, xfs_repair(8) `-n`, btrfs-check(8), fsck.fat(8) `-n`.
---
--- ```lua
--- local found = fs.check("/dev/sdb1")
--- print(found.clean)
--- ```
---@param device string The device that contains the filesystem; it must not be in use.
---@return any
function fs.check(device) end

---@class gscript.btrfs
btrfs = {}

---@class gscript.btrfs.make.options
---@field profile? "single"|"raid0"|"raid1"|"raid1c3"|"raid10" The profile that distributes the data over the devices. Metadata uses the same profile, except that it is mirrored (raid1) for single.
---@field label? string The label, at most 255 bytes.
---@field keep? boolean Whether to keep an existing btrfs filesystem with this label on exactly these devices unchanged, with all its files.

--- Creates a btrfs filesystem on several devices and returns its UUID.
---
--- All data on the devices is lost; this cannot be undone. Any of the devices can be passed to
--- `mount.mount`, which adds the others. Each device must have at least 109 MiB.
---
--- Source: mkfs.btrfs(8). Use `fs.make` for a single device.
---
--- ```lua
--- btrfs.make({"/dev/sda2", "/dev/sda3"}, { label = "data" })
--- mount.mount("/dev/sda2", "/mnt/data")
--- ```
---@param devices string[] The devices: at least 2, 3 for raid1c3, 4 for raid10.
---@param options? gscript.btrfs.make.options
---@return any
function btrfs.make(devices, options) end

--- Creates a btrfs subvolume and returns its path.
---
--- An existing subvolume is kept unchanged. Undo deletes the subvolume with all its files.
---
--- Source: btrfs-subvolume(8). A subvolume is mounted by its name:
--- `#{ options: "subvol=@home" }`.
---
--- ```lua
--- fs.make("/dev/sda1", { kind = "btrfs" })
--- mount.mount("/dev/sda1", "/mnt/top")
--- btrfs.subvolume_create("/mnt/top/@home")
--- mount.mount("/dev/sda1", "/mnt/home", { options = "subvol=@home" })
--- ```
---@param path string The path on a mounted btrfs filesystem; the parent directory must exist.
---@return any
function btrfs.subvolume_create(path) end

--- Lists the subvolumes of a mounted btrfs filesystem.
---
--- Returns their paths relative to the top level of the filesystem, in the order of creation.
---
--- Source: btrfs-subvolume(8).
---
--- ```lua
--- fs.make("/dev/sda1", { kind = "btrfs" })
--- mount.mount("/dev/sda1", "/mnt/top")
--- print(btrfs.subvolumes("/mnt/top"))
--- ```
---@param at string The mount point of the filesystem.
---@return any
function btrfs.subvolumes(at) end

--- Returns the default subvolume of a mounted btrfs filesystem: what is mounted without the
--- option `subvol`.
---
--- Returns its path relative to the top level, or nil if it is the top level itself.
---
--- Source: btrfs-subvolume(8), `get-default`.
---
--- ```lua
--- fs.make("/dev/sda1", { kind = "btrfs" })
--- mount.mount("/dev/sda1", "/mnt/top", { options = "subvolid=5" })
--- print(btrfs.default_subvolume("/mnt/top"))
--- ```
---@param at string The mount point of the filesystem.
---@return any
function btrfs.default_subvolume(at) end

--- Returns how many devices of a btrfs filesystem are missing.
---
--- The filesystem may be mounted or not; nothing is mounted. Devices in a closed container count
--- as missing.
---
--- Source: btrfs-filesystem(8), `show`.
---
--- ```lua
--- btrfs.make({"/dev/sda2", "/dev/sda3"})
--- print(btrfs.missing("/dev/sda2"))
--- ```
---@param device string A device of the filesystem.
---@return any
function btrfs.missing(device) end

---@class gscript.mount
mount = {}

---@class gscript.mount.mount.options
---@field options? string The mount options, separated by commas as in fstab(5). Options for mount(8) itself, such as `noauto`, are ignored.

--- Mounts the filesystem on a device and returns the mount point.
---
--- A missing mount point is created. For a btrfs filesystem on several devices, any of them may
--- be given; the option `subvol=NAME` mounts one of its subvolumes, otherwise its default one is
--- mounted; `device=` is ignored, because all devices are found. The options `logdev=` and
--- `journal_path=` must name a log of XFS or a journal of ext4; `rtdev=` and `journal_dev=` are
--- rejected. If the filesystem is already mounted elsewhere, options that apply to all its mounts
--- are rejected: only flags of mount(2), `subvol` and `subvolid` are allowed. Filesystems that the
--- kernel can only read, such as `iso9660` and `squashfs`, are mounted read-only. Undo unmounts
--- the filesystem.
---
--- Source: mount(2), mount(8); guide ER, "Formatting And Mounting Required Partitions".
---
--- ```lua
--- mount.mount("/dev/sdb1", "/mnt/stick", { options = "umask=0077,noatime" })
--- ```
---@param device string The partition or volume.
---@param at string The mount point.
---@param options? gscript.mount.mount.options
---@return any
function mount.mount(device, at, options) end

---@class gscript.mount.tmpfs.options
---@field size? string|integer The maximum size; by default half of the memory.
---@field mode? string|integer The permission bits of its root directory.

--- Mounts an empty filesystem in memory and returns the mount point.
---
--- Its contents are lost on unmount or reboot; undo unmounts it.
---
--- Source: tmpfs(5).
---
--- ```lua
--- mount.tmpfs("/mnt/new", { size = "1G" })
--- ```
---@param at string The mount point, which is created if it is missing.
---@param options? gscript.mount.tmpfs.options
---@return any
function mount.tmpfs(at, options) end

---@class gscript.mount.bind.options
---@field recursive? boolean Whether to include the mounts below the directory (`mount --rbind`).
---@field propagation? "slave"|"private"|"shared" The propagation of later mounts between both mount points; see mount_namespaces(7).
---@field read_only? boolean Whether the second mount point is read-only.

--- Bind-mounts a directory at a second mount point, which is returned.
---
--- Undo unmounts it.
---
--- Source: mount(2), `MS_BIND`; mount_namespaces(7); guide ER, `mount --rbind /dev`.
---
--- ```lua
--- mount.bind("/dev", "/mnt/gentoo/dev", { recursive = true, propagation = "slave" })
--- ```
---@param from string The directory to mount.
---@param at string The second mount point, which is created if it is missing.
---@param options? gscript.mount.bind.options
---@return any
function mount.bind(from, at, options) end

---@class gscript.mount.unmount.options
---@field recursive? boolean Whether to unmount all mounts below the mount point as well.

--- Unmounts a mount point.
---
--- Fails if other filesystems are mounted below it, unless `recursive` is set: then these are
--- unmounted first, newest first. Mount points of the running system, such as `/` and `/dev`,
--- are rejected.
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
---@field priority? string The priority, from 0 to 32767; areas with a higher priority are used first. By default, the kernel chooses.

--- Activates a swap area on a device or in a file.
---
--- Undo deactivates it.
---
--- Source: swapon(2); guide ER. Swap areas are created by `fs.swap` and `fs.swap_file`.
---
--- ```lua
--- fs.swap("/dev/sda1")
--- mount.swap_on("/dev/sda1", { priority = 10 })
--- ```
---@param device string The swap area: a device or a file.
---@param options? gscript.mount.swap_on.options
---@return any
function mount.swap_on(device, options) end

--- Deactivates a swap area on a device or in a file.
---
--- Source: swapoff(2).
---
--- ```lua
--- mount.swap_off("/dev/sda1")
--- ```
---@param device string The swap area: a device or a file.
---@return any
function mount.swap_off(device) end

--- Lists the mounts at a directory and below it.
---
--- Returns a list of maps with `source` (a device, or the name of a pseudo-filesystem), `at`,
--- `kind`, `part` (the mounted subvolume or directory of the filesystem, `/` for all of it, empty
--- for a default subvolume in a plan), `read_only`, `used` (the percentage of its space that is
--- in use) and `free` (the bytes that are free); both are nil if they are unknown, as in a plan.
---
--- Source: mountinfo in proc(5), statvfs(3).
---
--- ```lua
--- local mounts = mount.list("/mnt")
--- ```
---@param below string The directory.
---@return any
function mount.list(below) end

---@class gscript.stage3
stage3 = {}

---@class gscript.stage3.fetch.options
---@field variant? string The kind of stage3: `openrc`, `systemd`, `desktop-openrc`, `desktop-systemd`, `hardened-openrc`, `hardened-systemd`, `musl`, `musl-hardened` or another one that the mirror has.
---@field mirror? string The mirror.
---@field proxy? string The proxy; by default that of the environment.
---@field keys? string The file with the trusted public keys; by default `/usr/share/openpgp-keys/gentoo-release.asc`.
---@field fingerprint? string The fingerprint of the only trusted key, if the key file contains several.

--- Downloads the latest stage3 tarball of a mirror and verifies it.
---
--- The signed index `latest-stage3-amd64-VARIANT.txt` names the tarball and its size; its
--- `.DIGESTS` or `.sha256` file has the digests. Both must be signed by a key in the key file
--- that is neither expired nor revoked. wget or curl downloads; lost connections are continued,
--- and so is a file that an earlier run has downloaded in part. A tarball with wrong digests is
--- removed. The proxy is that of the environment (`https_proxy`) unless one is given.
---
--- Choose a path on the new root filesystem: the memory of a live medium may be too small for
--- the tarball.
---
--- Returns a map with `sha512` and `signer` (the fingerprint of the signing key).
---
--- Source: Gentoo handbook, "Downloading the stage file"; wget(1), curl(1).
---
--- ```lua
--- fs.make("/dev/sda1")
--- mount.mount("/dev/sda1", "/mnt/gentoo")
--- stage3.fetch("/mnt/gentoo/stage3.tar.xz", { variant = "systemd" })
--- stage3.unpack("/mnt/gentoo/stage3.tar.xz", "/mnt/gentoo")
--- ```
---@param into string The file for the tarball.
---@param options? gscript.stage3.fetch.options
---@return any
function stage3.fetch(into, options) end

---@class gscript.stage3.verify.options
---@field digests? string The digest file; by default the files that Gentoo publishes next to the tarball.
---@field signature? string The detached signature of the digest file, if it has no inline signature; without `digests`, that of the tarball.
---@field keys? string The file with the trusted public keys; by default `/usr/share/openpgp-keys/gentoo-release.asc`.
---@field fingerprint? string The fingerprint of the only trusted key, if the key file contains several.

--- Verifies the signature of a stage3 tarball.
---
--- Gentoo publishes three files next to a tarball, and one of them is enough: `.asc` is a
--- signature of the tarball itself, `.DIGESTS` and `.sha256` have an inline signature and list
--- digests. They are tried in this order. A file that is missing, is not signed, or is signed
--- by a key that is not in the key file is passed over; any other fault is an error: a bad
--- signature, an expired or revoked key, or a digest that the tarball does not have. All
--- SHA-512, BLAKE2b and SHA-256 digests that are listed for the tarball must match.
---
--- If `digests` is given, only this file is used, with an inline signature or with a detached
--- one: `signature`.
---
--- Returns a map with `sha512` and `signer` (the fingerprint of the signing key).
---
--- Source: Gentoo handbook, "Verifying and validating"; gpg(1), doc/DETAILS of GnuPG.
---
--- ```lua
--- stage3.verify("/mnt/gentoo/stage3.tar.xz", { keys = "/usr/share/openpgp-keys/gentoo-release.asc" })
--- ```
---@param archive string The path of the tarball.
---@param options? gscript.stage3.verify.options
---@return any
function stage3.verify(archive, options) end

--- Unpacks a stage3 tarball into a mounted filesystem.
---
--- Preserves numeric owners, permissions, links, extended attributes and capabilities. Cannot
--- be undone: the unpacked files are mixed with existing ones; format the filesystem again.
---
--- Source: Gentoo handbook, `tar xpvf stage3-*.tar.xz --xattrs-include='*.*' --numeric-owner`.
---
--- ```lua
--- fs.make("/dev/sda1")
--- mount.mount("/dev/sda1", "/mnt/gentoo")
--- stage3.unpack("/var/tmp/stage3.tar.xz", "/mnt/gentoo")
--- ```
---@param archive string The tarball, uncompressed or compressed with xz, zstd, gzip or bzip2.
---@param into string The mount point of the new system.
---@return any
function stage3.unpack(archive, into) end

---@class gscript.chroot
chroot = {}

---@class gscript.chroot.prepare.options
---@field resolv_conf? boolean Whether to provide resolv.conf, so that name resolution works inside.
---@field untouched? boolean Whether to leave the root filesystem unchanged: resolv.conf is then bind-mounted over the existing file until it is released, instead of copied.

--- Prepares the root filesystem of an installed system for chroot.
---
--- Mounts `/proc`, recursively bind-mounts `/sys`, `/dev` and `/run` of the running system, and
--- copies its resolv.conf (the target of a link, not the link). Existing mounts are unchanged.
--- Undo unmounts everything, but keeps the copied resolv.conf.
---
--- Source: guide ER, "Copy resolv.conf" to "Mount /dev"; the current handbook adds `/sys`,
--- `/run` and `--make-rslave`, so that unmounting inside the chroot does not unmount anything
--- outside.
---
--- ```lua
--- fs.make("/dev/sda1")
--- mount.mount("/dev/sda1", "/mnt/gentoo")
--- chroot.prepare("/mnt/gentoo")
--- ```
---@param root string The mount point of the root filesystem.
---@param options? gscript.chroot.prepare.options
---@return any
function chroot.prepare(root, options) end

---@class gscript.chroot.run.options
---@field env? table<string, any> The environment variables to set, as a map from names to values.
---@field check? boolean Whether an exit code other than 0 is an error.

--- Runs a program inside a chroot, without a shell, and returns its exit code and output.
---
--- The output is displayed and logged while the program runs. Returns a map with `code` and
--- `stdout` (truncated to 1 MiB). There is no time limit. Cannot be undone: the changes made by
--- the program are unknown.
---
--- Source: chroot(2).
---
--- ```lua
--- local found = chroot.run("/mnt/old", {"cryptsetup", "--version"})
--- print(found.stdout)
--- ```
---@param root string The mount point of the root filesystem.
---@param argv string[] The program and its arguments, as a list of strings.
---@param options? gscript.chroot.run.options
---@return any
function chroot.run(root, argv, options) end

--- Starts an interactive shell inside a chroot.
---
--- Uses bash, or else sh, loads the system's `/etc/profile`, and adds `(chroot)` to the prompt.
--- Without a terminal, the action is skipped. Changes made in the shell are not undone.
---
--- Source: guide ER, `chroot /mnt/gentoo /bin/bash`, `source /etc/profile`, `export PS1=…`.
---
--- ```lua
--- chroot.shell("/mnt/old")
--- ```
---@param root string The mount point of the root filesystem.
---@return any
function chroot.shell(root) end

---@class gscript.chroot.find_shell.options
---@field first? "bash"|"sh" The shell that is tried first.

--- Finds a shell of a root filesystem that this machine can run, without running it.
---
--- Returns a map with `path` (`/bin/bash` or `/bin/sh`; nil if neither can run), `problem` (the
--- reason as a sentence, or nil) and `advice` (what to do instead, or nil). A shell cannot run if
--- it is built for another architecture and no interpreter for it is registered in
--- `binfmt_misc`, or if its dynamic loader does not exist. In a plan, a shell that is not known
--- yet is assumed to run.
---
--- Source: execve(2), elf(5).
---
--- ```lua
--- local shell = chroot.find_shell("/mnt/old").path
--- ```
---@param root string The directory of the root filesystem.
---@param options? gscript.chroot.find_shell.options
---@return any
function chroot.find_shell(root, options) end

--- Unmounts everything that `chroot.prepare` has mounted, newest first.
---
--- ```lua
--- chroot.prepare("/mnt/old")
--- chroot.release("/mnt/old")
--- ```
---@param root string The mount point of the root filesystem.
---@return any
function chroot.release(root) end

---@class gscript.file
file = {}

---@class gscript.file.read.options
---@field root? string The root directory that the path is relative to; by default that of the running system.

--- Returns the content of a text file of at most 4 MiB.
---
--- The file must be valid UTF-8. Files of kernel filesystems, such as `/proc`, are rejected:
--- use the query for the information instead.
---
--- ```lua
--- print(file.read("/etc/os-release"))
--- ```
---@param path string The file.
---@param options? gscript.file.read.options
---@return any
function file.read(path, options) end

---@class gscript.file.write.options
---@field root? string The root directory that the path is relative to; by default that of the running system.
---@field mode? string|integer The permission bits, in octal.

--- Writes a text file.
---
--- The file is replaced atomically. An existing file keeps its owner and, unless `mode` is
--- given, its permission bits. A symbolic link is replaced, not followed. The parent directory
--- must exist. Undo restores the previous content or removes a new file; a replaced link cannot
--- be restored.
---
--- ```lua
--- file.write("/etc/hostname", "box\n")
--- file.write("/etc/conf.d/hostname", "hostname=\"box\"\n", { root = "/mnt/old" })
--- ```
---@param path string The file.
---@param content string The complete content.
---@param options? gscript.file.write.options
---@return any
function file.write(path, content, options) end

---@class gscript.file.append_line.options
---@field root? string The root directory that the path is relative to; by default that of the running system.

--- Appends a line to a text file that does not contain it yet.
---
--- A missing file is created; its parent directory must exist. Undo restores the previous
--- content.
---
--- ```lua
--- file.append_line("/etc/portage/package.accept_keywords", "sys-fs/cryptsetup ~amd64", { root = "/mnt/old" })
--- ```
---@param path string The file.
---@param line string The line, without a newline.
---@param options? gscript.file.append_line.options
---@return any
function file.append_line(path, line, options) end

---@class gscript.file.copy.options
---@field root? string The root directory of the copy; by default that of the running system.
---@field from_root? string The root directory of the original; by default that of the running system.
---@field mode? string|integer The permission bits of the copy, in octal; by default those of the original.

--- Copies a regular file.
---
--- Symbolic links are followed, as with `cp -L`. An existing file is overwritten and cannot be
--- restored; undo removes a new one. The parent directory must exist.
---
--- ```lua
--- file.copy("/etc/resolv.conf", "/etc/resolv.conf", { root = "/mnt/old" })
--- ```
---@param from string The file to copy.
---@param to string The path of the copy.
---@param options? gscript.file.copy.options
---@return any
function file.copy(from, to, options) end

---@class gscript.file.make_dir.options
---@field root? string The root directory that the path is relative to; by default that of the running system.
---@field mode? string|integer The permission bits of the directory; its missing parents get 0755.

--- Creates a directory and its missing parent directories.
---
--- An existing directory is unchanged. Undo removes the directory, but not its parents.
---
--- ```lua
--- file.make_dir("/mnt/gentoo")
--- ```
---@param path string The directory.
---@param options? gscript.file.make_dir.options
---@return any
function file.make_dir(path, options) end

---@class gscript.file.link.options
---@field root? string The root directory that the path is relative to; by default that of the running system.

--- Creates a symbolic link.
---
--- Replaces an existing file or link, but never a directory. Undo restores a replaced link or
--- removes a new one; a replaced file cannot be restored.
---
--- ```lua
--- file.link("/proc/self/mounts", "/etc/mtab", { root = "/mnt/old" })
--- ```
---@param to string The target of the link.
---@param path string The path of the link.
---@param options? gscript.file.link.options
---@return any
function file.link(to, path, options) end

---@class gscript.file.remove.options
---@field root? string The root directory that the path is relative to; by default that of the running system.

--- Removes a file, a symbolic link or an empty directory.
---
--- Directories are never removed recursively. Cannot be undone: the removed file is not kept.
---
--- ```lua
--- file.remove("/etc/hostname", { root = "/mnt/old" })
--- ```
---@param path string The path to remove.
---@param options? gscript.file.remove.options
---@return any
function file.remove(path, options) end

---@class gscript.file.exists.options
---@field root? string The root directory that the path is relative to; by default that of the running system.

--- Returns whether a path exists, as a file, a directory or a symbolic link, even a broken one.
---
--- ```lua
--- local guided = file.exists("/etc/gentoo-release")
--- ```
---@param path string The path.
---@param options? gscript.file.exists.options
---@return any
function file.exists(path, options) end

---@class gscript.file.chmod.options
---@field root? string The root directory that the path is relative to; by default that of the running system.

--- Changes the permission bits of a file or directory.
---
--- Undo restores the previous permission bits.
---
--- ```lua
--- file.chmod("/mnt/key/keyfile.bin", "0400")
--- ```
---@param path string The path of the file or directory.
---@param mode string|integer The permission bits, in octal.
---@param options? gscript.file.chmod.options
---@return any
function file.chmod(path, mode, options) end

---@class gscript.file.chown.options
---@field root? string The root directory that the path is relative to; by default that of the running system.

--- Changes the owner of a file, directory or symbolic link.
---
--- Names are looked up in `/etc/passwd` and `/etc/group` of the root directory that the file is
--- in. Undo restores the previous owner of a file or directory.
---
--- Source: chown(1).
---
--- ```lua
--- file.chown("/mnt/key/keyfile.bin", "root:root")
--- file.chown("/var/db/repos", "250:250", { root = "/mnt/old" })
--- ```
---@param path string The path of the file, directory or link.
---@param owner string The new owner: `user`, `user:group`, or numeric IDs. Without a group, the group is unchanged.
---@param options? gscript.file.chown.options
---@return any
function file.chown(path, owner, options) end

---@class gscript.fstab
fstab = {}

---@class gscript.fstab.write.entries
---@field at string The mount point; `none` for swap.
---@field device? string The device; the entry names it by the UUID of its filesystem or swap area.
---@field source? string The first field of the entry instead of a UUID, such as `proc`, `tmpfs` or `/dev/cdrom`.
---@field kind? string The type of the filesystem; by default that of the device. Required with `source`.
---@field options? string The mount options, separated by commas.
---@field dump? string Whether dump(8) backs up the filesystem: 1 or 0.
---@field pass? string The pass in which fsck(8) checks the filesystem at boot: 1 for the root, 2 for others, 0 for never.

--- Writes the `/etc/fstab` of an installed system.
---
--- The file is replaced: entries that are not in the list are lost. Devices are named by UUID,
--- never by a device path that can change. Two entries with the same mount point, and a UUID
--- that exists on two devices, are rejected. Undo restores the previous file.
---
--- Source: fstab(5); guide ER, "Configuring /etc/fstab".
---
--- ```lua
--- fstab.write("/mnt/old", {
---     { at = "/", device = "/dev/vg_live/data", options = "errors=remount-ro", pass = 1 },
---     { at = "/boot", device = "/dev/sdc1", options = "noatime", pass = 2 },
---     { at = "/proc", source = "proc", kind = "proc" },
--- })
--- ```
---@param root string The mount point of the installed system.
---@param entries gscript.fstab.write.entries[] The entries, as maps, in the order of the file.
---@return any
function fstab.write(root, entries) end

---@class gscript.fstab.set.entry
---@field at string The mount point; `none` for swap.
---@field device? string The device; the entry names it by the UUID of its filesystem or swap area.
---@field source? string The first field of the entry instead of a UUID, such as `proc`, `tmpfs` or `/dev/cdrom`.
---@field kind? string The type of the filesystem; by default that of the device. Required with `source`.
---@field options? string The mount options, separated by commas.
---@field dump? string Whether dump(8) backs up the filesystem: 1 or 0.
---@field pass? string The pass in which fsck(8) checks the filesystem at boot: 1 for the root, 2 for others, 0 for never.

---@class gscript.fstab.set.options
---@field replaces? string The first field of the entry to replace, as `fstab.entries` returns it: for swap on another device, or to select one of several entries with the same mount point.

--- Sets the entry of a mount point or of a swap area in the `/etc/fstab` of a system.
---
--- An existing entry is replaced completely: options that are not given have their defaults. A
--- new entry is added after the entries of its parent directories and before those of
--- directories below it, because mount(8) follows the order of the file. All other lines are
--- unchanged. Undo restores the previous file.
---
--- An entry for swap has no mount point: `at` is `none`, and the entry that names the same
--- device, by its path or by an identifier, is replaced. Another swap area gets an entry of its
--- own, unless `replaces` names one. Two matching entries are rejected.
---
--- Source: fstab(5), mount(8).
---
--- ```lua
--- fstab.set("/mnt/old", { at = "/home", device = "/dev/vg_live/data", options = "noatime", pass = 2 })
--- fstab.set("/mnt/old", { at = "none", source = "/swapfile", kind = "swap" }, { replaces = "/dev/sda3" })
--- ```
---@param root string The mount point of the system.
---@param entry gscript.fstab.set.entry The entry, as in the list of `fstab.write`.
---@param options? gscript.fstab.set.options
---@return any
function fstab.set(root, entry, options) end

---@class gscript.fstab.remove.options
---@field source? string The first field of the entry, as `fstab.entries` returns it. If `at` is `none`, either this or `device` is required; otherwise it selects one of several entries with the same mount point.
---@field device? string The device of the entry, whether the entry names it by its path, UUID or label.

--- Removes one entry from the `/etc/fstab` of a system.
---
--- All other lines are unchanged. Nothing is done if there is no such entry. Two matching
--- entries are rejected. Undo restores the previous file.
---
--- An entry for swap has no mount point: it is selected with `at: "none"` and its `device` or
--- its `source`.
---
--- Source: fstab(5).
---
--- ```lua
--- fstab.remove("/mnt/old", "/home")
--- fstab.remove("/mnt/old", "none", { source = "/dev/sda3" })
--- fstab.remove("/mnt/old", "none", { device = "/dev/sda1" })
--- ```
---@param root string The mount point of the system.
---@param at string The mount point of the entry; `none` for swap.
---@param options? gscript.fstab.remove.options
---@return any
function fstab.remove(root, at, options) end

--- Returns the entries of the `/etc/fstab` of a system.
---
--- The result is a list of maps with `source`, `at`, `kind`, `options`, `dump` and `pass`. A line
--- with less than three fields, which mount(8) ignores, is not in it, and is reported.
---
--- Source: fstab(5).
---
--- ```lua
--- local entries = fstab.entries("/mnt/old")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@return any
function fstab.entries(root) end

---@class gscript.crypttab
crypttab = {}

---@class gscript.crypttab.set.options
---@field key? string The key: the path of a key file, `FILE:UUID=…` for a file on a USB drive, or `none` for a passphrase.
---@field options? string The options, separated by commas.

--- Sets the entry of a container in `/etc/crypttab`, so that it is opened at boot.
---
--- Other entries are unchanged. A LUKS container is named by its UUID, another partition by its
--- PARTUUID, and another device, such as a disk whose header is in a file (`header=PATH` in
--- `options`), by its volume group or its link below `/dev/disk/by-id`. If the file has several
--- entries of this name, the first is set, because the others have no effect, and they are
--- reported. A key that is encrypted with GPG (`.gpg`) is refused without a `keyscript`, because
--- systemd and dracut do not decrypt it. Undo restores the previous file.
---
--- Source: crypttab(5).
---
--- ```lua
--- crypttab.set("/mnt/old", "hdd_a3", "/dev/sda3", { options = "luks,discard" })
--- ```
---@param root string The mount point of the system.
---@param name string The name of the mapped device below `/dev/mapper`.
---@param device string The container.
---@param options? gscript.crypttab.set.options
---@return any
function crypttab.set(root, name, device, options) end

--- Removes the entry of a container from the `/etc/crypttab` of a system.
---
--- The container is no longer opened at boot. All other lines are unchanged. Nothing is done if
--- there is no such entry; several entries of this name are all removed. Undo restores the
--- previous file.
---
--- Source: crypttab(5).
---
--- ```lua
--- crypttab.remove("/mnt/old", "hdd_a3")
--- ```
---@param root string The mount point of the system.
---@param name string The name of the mapped device below `/dev/mapper`.
---@return any
function crypttab.remove(root, name) end

--- Returns the entries of the `/etc/crypttab` of a system.
---
--- The result is a list of maps with `name`, `device`, `key` and `options`. The list is empty
--- if the file does not exist. A line with one field is not in it, and is reported.
---
--- Source: crypttab(5).
---
--- ```lua
--- local entries = crypttab.entries("/mnt/old")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@return any
function crypttab.entries(root) end

---@class gscript.dmcrypt
dmcrypt = {}

---@class gscript.dmcrypt.set.options
---@field kind? "target"|"swap" The purpose of the container: target for a filesystem, swap for a swap area that is recreated at every boot.
---@field key? string The path of the key file, followed by `:gpg` if it is encrypted with GnuPG; by default, a passphrase is requested.
---@field options? string Options for cryptsetup(8).
---@field stick? string The partition of the USB drive that contains the key file.

--- Sets the entry of a container in `/etc/conf.d/dmcrypt`, so that OpenRC opens it at boot.
---
--- Other entries are unchanged. The service `dmcrypt` must be enabled in the runlevel `boot`;
--- see `service.enable`. Undo restores the previous file.
---
--- Source: the comments in the file itself (sys-fs/cryptsetup); Gentoo wiki, "Dm-crypt".
---
--- ```lua
--- dmcrypt.set("/mnt/old", "home", "/dev/sda3", { key = "/keyfile.gpg:gpg" })
--- ```
---@param root string The mount point of the system.
---@param name string The name of the mapped device below `/dev/mapper`.
---@param device string The container.
---@param options? gscript.dmcrypt.set.options
---@return any
function dmcrypt.set(root, name, device, options) end

---@class gscript.system
system = {}

--- Returns the architecture and the firmware of this machine.
---
--- Returns a map with `architecture` (as of uname(2), such as `x86_64`), `firmware` (`efi` or
--- `bios`), `bits` (the word size of an EFI firmware), `secure_boot` (whether Secure Boot is
--- on) and `variables` (whether firmware variables can be written). What is not known is nil.
---
--- Source: Documentation/ABI/testing/sysfs-firmware-efi of Linux; efivarfs.
---
--- ```lua
--- local host = system.host()
--- ```
---@return any
function system.host() end

--- Returns the init system that is installed in a root, or `/` for the running one.
---
--- Returns `openrc` or `systemd`; nil if it is neither of them, or not known while planning.
---
--- Source: openrc(8), systemd(1).
---
--- ```lua
--- local init = system.init("/mnt/old")
--- ```
---@param root string The mount point of the system.
---@return any
function system.init(root) end

---@class gscript.system.hostname.options
---@field init? "openrc"|"systemd" The init system; detected by default.

--- Sets the hostname of a system.
---
--- Writes `/etc/hostname`, and on OpenRC also `/etc/conf.d/hostname`. Undo restores the
--- previous files.
---
--- Source: Gentoo handbook, "Set the hostname"; hostname(5).
---
--- ```lua
--- system.hostname("/mnt/old", "box")
--- ```
---@param root string The mount point of the system.
---@param name string The hostname, without a domain.
---@param options? gscript.system.hostname.options
---@return any
function system.hostname(root, name, options) end

---@class gscript.system.timezone.options
---@field init? "openrc"|"systemd" The init system; detected by default.

--- Sets the time zone of a system.
---
--- Links `/etc/localtime` to the time zone, and on OpenRC also writes its name to
--- `/etc/timezone`. Undo restores the previous link and file.
---
--- Source: Gentoo handbook, "Timezone"; localtime(5).
---
--- ```lua
--- system.timezone("/mnt/old", "Europe/Vienna")
--- ```
---@param root string The mount point of the system.
---@param zone string The name of the time zone below `/usr/share/zoneinfo`.
---@param options? gscript.system.timezone.options
---@return any
function system.timezone(root, zone, options) end

---@class gscript.system.locale.options
---@field lang? string The default locale, which must be in the list; by default the first one.
---@field init? "openrc"|"systemd" The init system; detected by default.

--- Generates locales and sets the default locale of a system.
---
--- Adds the locales to `/etc/locale.gen`, runs `locale-gen`, and sets `LANG` in
--- `/etc/env.d/02locale` (OpenRC) or `/etc/locale.conf` (systemd). Cannot be undone: generated
--- locales stay.
---
--- Source: Gentoo handbook, "Configure locales"; locale.gen(5).
---
--- ```lua
--- system.locale("/mnt/old", {"en_US.UTF-8", "de_AT.UTF-8"}, { lang = "de_AT.UTF-8" })
--- ```
---@param root string The mount point of the system.
---@param locales string[] The locales to generate, such as `de_AT.UTF-8`; at least one.
---@param options? gscript.system.locale.options
---@return any
function system.locale(root, locales, options) end

---@class gscript.system.keymap.options
---@field init? "openrc"|"systemd" The init system; detected by default.

--- Sets the keyboard layout of the console.
---
--- Writes `/etc/conf.d/keymaps` (OpenRC) or `/etc/vconsole.conf` (systemd); other settings in
--- the file are unchanged. Undo restores the previous file.
---
--- Source: Gentoo handbook, "Init and boot configuration"; vconsole.conf(5).
---
--- ```lua
--- system.keymap("/mnt/old", "de-latin1")
--- ```
---@param root string The mount point of the system.
---@param keymap string The name of the layout below `/usr/share/keymaps`.
---@param options? gscript.system.keymap.options
---@return any
function system.keymap(root, keymap, options) end

---@class gscript.system.password.options
---@field again? any The password, entered a second time.

--- Sets the password of a user.
---
--- The password is passed to chpasswd(8) on standard input and nowhere else; it must not
--- contain a newline. If `again` is given, both entries must match. Cannot be undone: the
--- previous password is unknown.
---
--- Source: Gentoo handbook, "Set the root password"; chpasswd(8).
---
--- ```lua
--- system.password("/mnt/old", "root", passphrase)
--- ```
---@param root string The mount point of the system.
---@param user string The name of the user.
---@param password any The password, from a parameter of type `secret`.
---@param options? gscript.system.password.options
---@return any
function system.password(root, user, password, options) end

---@class gscript.system.user.options
---@field groups? string[] The supplementary groups, which must exist.
---@field shell? string The login shell.

--- Adds a user with a home directory and a list of groups.
---
--- An existing user is only added to the missing groups; this cannot be undone. Undo deletes a
--- new user, but keeps the home directory. A new user cannot log in until `system.password`
--- sets a password.
---
--- Source: Gentoo handbook, "Adding a user for daily use"; useradd(8).
---
--- ```lua
--- system.user("/mnt/old", "ada", { groups = {"wheel", "audio"} })
--- ```
---@param root string The mount point of the system.
---@param name string The name of the user.
---@param options? gscript.system.user.options
---@return any
function system.user(root, name, options) end

---@class gscript.system.authorized_keys.options
---@field home? string The home directory of the user; by default `/root` or `/home/NAME`. Another one in `/etc/passwd` is an error.

--- Lets SSH keys log in as a user.
---
--- Adds the public keys of a file to `~/.ssh/authorized_keys`; keys that it contains stay. The
--- directory gets mode 0700, the file 0600, and both belong to the user: sshd ignores keys that
--- others can change. A private key and a line that is not a key are rejected. Undo restores the
--- previous file.
---
--- Source: sshd(8), "AUTHORIZED_KEYS FILE FORMAT"; sshd_config(5), `StrictModes`.
---
--- ```lua
--- file.write("/run/ada.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGmZ4Xk0n8wq0Qp1ZQ0J5rN1mC0Qb9Xv3o5m8b2qv1aZ ada\n")
--- system.user("/mnt/old", "ada")
--- system.authorized_keys("/mnt/old", "ada", "/run/ada.pub")
--- ```
---@param root string The mount point of the system.
---@param user string The name of the user.
---@param keys string A file with public keys, one per line, on the running system.
---@param options? gscript.system.authorized_keys.options
---@return any
function system.authorized_keys(root, user, keys, options) end

---@class gscript.system.machine_id.options
---@field renew? boolean Whether to replace an existing machine ID.

--- Creates the machine ID of a system (`/etc/machine-id`) and returns it.
---
--- An existing valid machine ID is kept, unless `renew` is set, as it should be for a copy of
--- another system. Undo restores the previous file.
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

--- Returns the vendor of the processor, and the instruction sets that it supports.
---
--- The map has `vendor`, such as `"GenuineIntel"` or `"AuthenticAMD"`, and `flags`, the values
--- of `CPU_FLAGS_X86` as cpuid2cpuflags prints them, sorted by name. Both are empty if they are
--- unknown, as on a machine that is only described.
---
--- Source: proc_cpuinfo(5); cpuid2cpuflags(1); Gentoo handbook, "CPU_FLAGS_*".
---
--- ```lua
--- local processor = system.processor()
--- print(processor.vendor)
--- ```
---@return any
function system.processor() end

--- Returns the size of the memory in bytes, as far as the kernel can use it.
---
--- Swap for hibernation must be at least this large. 0 for a described machine, whose memory is
--- unknown.
---
--- Source: proc(5), `MemTotal`.
---
--- ```lua
--- print(system.memory())
--- ```
---@return any
function system.memory() end

--- Returns how many processors and how much memory programs on the running system can use.
---
--- The map has `processors`, the number of hardware threads, and `memory` in bytes. Limits of
--- the control groups of gscript (`cpuset.cpus`, `cpu.max`, `memory.max` and those of version
--- 1), as in a container, are taken into account. Both are 0 on a machine that is only
--- described.
---
--- Source: proc_pid_status(5), `Cpus_allowed_list`; proc(5), `MemTotal`; cgroups(7); guide PE,
--- "Determining Hardware Limits On Parallelism".
---
--- ```lua
--- local capacity = system.capacity()
--- print(capacity.processors)
--- ```
---@return any
function system.capacity() end

--- Returns how a system gets its pseudo-terminals.
---
--- Returns a map with `kernel` (the release of the running kernel), `instances` (whether it
--- makes every mount of devpts an instance of its own, as Linux does since 4.7), `mounted`
--- (whether devpts is mounted at `/dev/pts`), `mode` (the permission bits of `/dev/pts/ptmx`,
--- such as `"666"`) and `link` (the target of `/dev/ptmx`, nil unless it is a symbolic link).
--- What is not known is nil.
---
--- Source: pts(4); Documentation/filesystems/devpts.rst of Linux; guide PT.
---
--- ```lua
--- local found = system.pseudo_terminals("/")
--- print(found.link)
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@return any
function system.pseudo_terminals(root) end

---@class gscript.service
service = {}

---@class gscript.service.enable.options
---@field runlevel? string The OpenRC runlevel; ignored on systemd, where the unit itself determines when it starts.
---@field init? "openrc"|"systemd" The init system; detected by default.

--- Enables a service at boot, without starting it now.
---
--- Runs `rc-update add` on OpenRC and `systemctl enable` on systemd. Undo disables the service.
---
--- Source: rc-update(8); systemctl(1).
---
--- ```lua
--- service.enable("/mnt/old", "dmcrypt", { runlevel = "boot" })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param name string The name of the service: a script in `/etc/init.d`, or a unit.
---@param options? gscript.service.enable.options
---@return any
function service.enable(root, name, options) end

---@class gscript.service.disable.options
---@field runlevel? string The OpenRC runlevel; ignored on systemd.
---@field init? "openrc"|"systemd" The init system; detected by default.

--- Disables a service at boot, without stopping it now.
---
--- Undo enables the service.
---
--- Source: rc-update(8); systemctl(1).
---
--- ```lua
--- service.disable("/mnt/old", "sshd")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param name string The name of the service.
---@param options? gscript.service.disable.options
---@return any
function service.disable(root, name, options) end

---@class gscript.service.start.options
---@field init? "openrc"|"systemd" The init system; detected by default.

--- Starts a service of the running system.
---
--- Undo stops it.
---
--- Source: rc-service(8); systemctl(1).
---
--- ```lua
--- service.start("sshd")
--- ```
---@param name string The name of the service.
---@param options? gscript.service.start.options
---@return any
function service.start(name, options) end

---@class gscript.service.stop.options
---@field init? "openrc"|"systemd" The init system; detected by default.

--- Stops a service of the running system.
---
--- Undo starts it.
---
--- Source: rc-service(8); systemctl(1).
---
--- ```lua
--- service.stop("sshd")
--- ```
---@param name string The name of the service.
---@param options? gscript.service.stop.options
---@return any
function service.stop(name, options) end

---@class gscript.service.status.options
---@field init? "openrc"|"systemd" The init system; detected by default.

--- Returns the state of a service.
---
--- The result is a map with `enabled`, `runlevels` (the OpenRC runlevels in which the service
--- is enabled) and `started` (nil unless the system is the running one).
---
--- ```lua
--- print(service.status("/mnt/old", "sshd"))
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param name string The name of the service.
---@param options? gscript.service.status.options
---@return any
function service.status(root, name, options) end

---@class gscript.portage
portage = {}

---@class gscript.portage.make_conf.options
---@field add? table<string, any> Words to add to variables that are lists, such as `FEATURES`: a map from names to words separated by spaces. Words that are there already are not repeated.
---@field file? string The name of the file for new variables in `/etc/portage/make.conf`, if that is a directory.

--- Sets variables in `/etc/portage/make.conf`.
---
--- A variable is set where its value takes effect: if the file assigns it several times, or
--- includes another file with `source`, after the last assignment that is read; if `make.conf`
--- is a directory, in the last of its files that assigns it. A new variable goes into a file of
--- its own there. The result is read as Portage reads it, and an assignment that still takes
--- precedence is reported. Other content is unchanged. Undo restores the previous files.
---
--- Portage does not read the file with a shell: values that it would silently discard
--- (`$(nproc)`, `-j$((NJOBS+1))`, `${V:-x}`) are rejected. References such as `${NAME}` are
--- passed through.
---
--- Source: make.conf(5); guide PE, "MAKEOPTS" and "EMERGE_DEFAULT_OPTS".
---
--- ```lua
--- portage.make_conf("/mnt/old", { MAKEOPTS = "-j9 -l8", EMERGE_DEFAULT_OPTS = "--jobs=8 --load-average=8" })
--- portage.make_conf("/mnt/old", {}, { add = { FEATURES = "getbinpkg binpkg-request-signature" } })
--- ```
---@param root string The mount point of the system.
---@param values table<string, any> The variables, as a map from names to values.
---@param options? gscript.portage.make_conf.options
---@return any
function portage.make_conf(root, values, options) end

---@class gscript.portage.package_use.options
---@field file? string The name of the file in `/etc/portage/package.use`, if that is a directory.

--- Sets USE flags of a package, in addition to existing ones.
---
--- A word such as `VIDEO_CARDS:` begins a group, as in the file: the flags after it are values
--- of that `USE_EXPAND` variable, and `-*` clears the others. A flag that a later file of the
--- directory sets for the same atom is set there, because the last file takes precedence; a
--- contrary flag of a more specific atom is reported. Undo restores the previous file.
---
--- Source: portage(5), "package.use".
---
--- ```lua
--- portage.package_use("/mnt/old", "sys-fs/cryptsetup", {"static", "-udev"})
--- portage.package_use("/mnt/old", "*/*", {"VIDEO_CARDS:", "-*", "intel"})
--- ```
---@param root string The mount point of the system.
---@param atom string The package, as an atom.
---@param flags string[] The USE flags; a leading `-` disables a flag.
---@param options? gscript.portage.package_use.options
---@return any
function portage.package_use(root, atom, flags, options) end

--- Returns the USE flags that `/etc/portage/package.use` sets for an atom.
---
--- Flags of a group have their complete name, such as `video_cards_intel`; a disabled flag
--- begins with `-`. Later lines take precedence. Lines of other atoms that match the same
--- package are not considered.
---
--- Source: portage(5), "package.use".
---
--- ```lua
--- local flags = portage.use_flags("/mnt/old", "*/*")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param atom string The package, as an atom.
---@return any
function portage.use_flags(root, atom) end

---@class gscript.portage.accept_keywords.options
---@field file? string The name of the file in `/etc/portage/package.accept_keywords`, if that is a directory.

--- Accepts keywords of a package, such as `~amd64` for a version that is not stable yet.
---
--- Undo restores the previous file.
---
--- Source: portage(5), "package.accept_keywords"; guide ER, "sys-fs/cryptsetup ~amd64".
---
--- ```lua
--- portage.accept_keywords("/mnt/old", "sys-fs/cryptsetup", {"~amd64"}, { file = "crypto" })
--- ```
---@param root string The mount point of the system.
---@param atom string The package, as an atom.
---@param keywords string[] The keywords.
---@param options? gscript.portage.accept_keywords.options
---@return any
function portage.accept_keywords(root, atom, keywords, options) end

---@class gscript.portage.license.options
---@field file? string The name of the file in `/etc/portage/package.license`, if that is a directory.

--- Accepts licenses of a package.
---
--- Undo restores the previous file.
---
--- Source: portage(5), "package.license".
---
--- ```lua
--- portage.license("/mnt/old", "sys-kernel/linux-firmware", {"linux-fw-redistributable"})
--- ```
---@param root string The mount point of the system.
---@param atom string The package, as an atom.
---@param licenses string[] The names of the licenses.
---@param options? gscript.portage.license.options
---@return any
function portage.license(root, atom, licenses, options) end

---@class gscript.portage.mask.options
---@field file? string The name of the file in `/etc/portage/package.mask`, if that is a directory.

--- Masks versions of a package, so that Portage does not install them.
---
--- An entry of `package.unmask` for the same versions takes precedence. Undo restores the
--- previous file.
---
--- Source: portage(5), "package.mask".
---
--- ```lua
--- portage.mask("/mnt/old", ">=sys-fs/cryptsetup-2.8")
--- ```
---@param root string The mount point of the system.
---@param atom string The package or its versions, as an atom.
---@param options? gscript.portage.mask.options
---@return any
function portage.mask(root, atom, options) end

---@class gscript.portage.unmask.options
---@field file? string The name of the file in `/etc/portage/package.unmask`, if that is a directory.

--- Removes the mask of versions of a package that the profile, or `package.mask`, masks.
---
--- Undo restores the previous file.
---
--- Source: portage(5), "package.unmask".
---
--- ```lua
--- portage.unmask("/mnt/old", "=dev-lang/rust-1.90.0")
--- ```
---@param root string The mount point of the system.
---@param atom string The package or its versions, as an atom.
---@param options? gscript.portage.unmask.options
---@return any
function portage.unmask(root, atom, options) end

--- Sets variables in a file of `/etc/portage/env`, which `portage.package_env` applies to packages.
---
--- Other content is unchanged. Values that Portage would silently discard (`$(nproc)`) are
--- rejected. Undo restores the previous file.
---
--- Source: portage(5), "/etc/portage/env" and "package.env".
---
--- ```lua
--- portage.env("/mnt/old", "serial", { MAKEOPTS = "-j1" })
--- ```
---@param root string The mount point of the system.
---@param name string The name of the file.
---@param values table<string, any> The variables, as a map from names to values.
---@return any
function portage.env(root, name, values) end

---@class gscript.portage.package_env.options
---@field file? string The name of the file in `/etc/portage/package.env`, if that is a directory.

--- Applies files of `/etc/portage/env` to a package, in addition to existing ones.
---
--- Each file must exist: `portage.env` makes one. Undo restores the previous file.
---
--- Source: portage(5), "package.env"; guide PE, "emerge -j1".
---
--- ```lua
--- portage.env("/mnt/old", "serial", { MAKEOPTS = "-j1" })
--- portage.package_env("/mnt/old", "app-office/libreoffice", {"serial"})
--- ```
---@param root string The mount point of the system.
---@param atom string The package, as an atom.
---@param env string[] The names of the files; variables of a later one take precedence.
---@param options? gscript.portage.package_env.options
---@return any
function portage.package_env(root, atom, env, options) end

---@class gscript.portage.repository.options
---@field location? string Its directory in the system. Required for a new repository.
---@field sync_type? string How it is synchronized.
---@field sync_uri? string Where it is downloaded from.
---@field auto_sync? boolean Whether `emerge --sync` without a name synchronizes it.

--- Sets keys of an ebuild repository in `/etc/portage/repos.conf`.
---
--- `repos.conf` is a file, or a directory of files: the keys are set in the last file that has
--- the section of the repository; a new section goes into `NAME.conf` of the directory. Comments
--- and other keys are unchanged. Portage ignores all of these files if one has a mistake: such a
--- mistake is an error with its line. Undo restores the previous file.
---
--- Source: portage(5), "repos.conf".
---
--- ```lua
--- portage.repository("/mnt/old", "gentoo", { location = "/var/db/repos/gentoo", sync_type = "git", sync_uri = "https://github.com/gentoo-mirror/gentoo" })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param name string The name of the repository.
---@param options? gscript.portage.repository.options
---@return any
function portage.repository(root, name, options) end

---@class gscript.portage.binary_repository.options
---@field sync_uri? string Where packages are downloaded from. Required for a new repository.
---@field verify_signature? boolean Whether packages must be signed by a key of the keyring in `/etc/portage/gnupg`.

--- Sets keys of a binary repository in `/etc/portage/binrepos.conf`.
---
--- The file or directory is edited as by `portage.repository`. Undo restores the previous file.
---
--- Source: portage(5), "binrepos.conf".
---
--- ```lua
--- portage.binary_repository("/mnt/old", "gentoo", { sync_uri = "https://distfiles.gentoo.org/releases/amd64/binpackages/23.0/x86-64" })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param name string The name of the repository.
---@param options? gscript.portage.binary_repository.options
---@return any
function portage.binary_repository(root, name, options) end

--- Returns the ebuild repositories of a system.
---
--- Each is a map with `name`, `location`, `sync_type` and `sync_uri` (empty if not set),
--- `exists` (whether the directory exists; nil if unknown) and `synced` (the time of its
--- content in seconds since 1970; nil if it does not tell).
---
--- Source: portage(5), "repos.conf"; `metadata/timestamp.x` of a repository.
---
--- ```lua
--- local repositories = portage.repositories("/mnt/old")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@return any
function portage.repositories(root) end

---@class gscript.portage.sync_repository.options
---@field repository? string The name of the repository; by default all whose `auto-sync` is not `no`.

--- Downloads the current content of the ebuild repositories of a system.
---
--- A repository that is not configured, or has no `sync-type`, is an error; so is a system
--- without any that can be synchronized. Cannot be undone: the previous content is not kept.
---
--- Source: emerge(1), `--sync`.
---
--- ```lua
--- portage.sync_repository("/mnt/old")
--- portage.sync_repository("/mnt/old", { repository = "gentoo" })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param options? gscript.portage.sync_repository.options
---@return any
function portage.sync_repository(root, options) end

---@class gscript.portage.profile_list.options
---@field arch? string Only profiles of this architecture; by default all.
---@field repository? string The path of the ebuild repository in the system.

--- Returns the profiles that a repository offers for an architecture.
---
--- Each is a map with `name` and `status` (`"stable"`, `"dev"` or `"exp"`), in the order of
--- `profiles.desc`.
---
--- Source: eselect(1), profile module; `profiles/profiles.desc` of the repository.
---
--- ```lua
--- local profiles = portage.profile_list("/mnt/old", { arch = "amd64" })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param options? gscript.portage.profile_list.options
---@return any
function portage.profile_list(root, options) end

---@class gscript.portage.profile.options
---@field repository? string The path of the ebuild repository in the system.

--- Sets the Portage profile of a system by its name.
---
--- Links `/etc/portage/make.profile` to the profile, like `eselect profile set`, which need not
--- be installed. An unknown name is rejected with a list of similar names. Undo restores the
--- previous link.
---
--- Source: eselect(1), profile module; portage(5), "make.profile".
---
--- ```lua
--- portage.profile("/mnt/old", "default/linux/amd64/23.0")
--- ```
---@param root string The mount point of the system.
---@param name string The name of the profile, relative to `profiles` in the repository.
---@param options? gscript.portage.profile.options
---@return any
function portage.profile(root, name, options) end

---@class gscript.portage.pretend.options
---@field noreplace? boolean Whether to skip packages that are already installed.
---@field update? boolean Whether to update the packages to the best available version.
---@field deep? boolean Whether to consider the whole dependency tree.
---@field newuse? boolean Whether to rebuild packages whose USE flags have changed.

--- Returns what emerge would do for packages, without doing it.
---
--- The map has `packages`, in the order of merging: maps with `name` (`category/name-version`),
--- `version`, `slot`, `repository`, `kind` (`"new"`, `"new slot"`, `"update"`, `"downgrade"` or
--- `"rebuild"`), `binary` (whether it is a binary package), `installed` (a list of versions),
--- `flags` and `changed_flags` (lists of USE flags) and `download` (in bytes); `download`, the
--- sum of these; and `changes`, the settings that Portage requires first, as `portage.accept`
--- takes them.
---
--- emerge runs confined: it cannot write files or use the network, so the query needs no
--- approval, and also answers while a run is planned if the system has an ebuild repository.
--- It sees the settings in `/etc/portage` as the plan has changed them so far. Binary packages
--- of other hosts are considered only if their list is in the cache.
---
--- Source: emerge(1), `--pretend`.
---
--- ```lua
--- local merge = portage.pretend("/mnt/old", {"@world"}, { update = true, deep = true })
--- print(merge.download)
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param packages string[] The packages, as atoms or as sets such as `@world`.
---@param options? gscript.portage.pretend.options
---@return any
function portage.pretend(root, packages, options) end

---@class gscript.portage.accept.options
---@field file? string The name of the file in a table that is a directory.

--- Changes the settings that Portage requires to merge packages.
---
--- Takes the `changes` of `portage.pretend`, and adds each to its table as `portage.package_use`,
--- `portage.accept_keywords`, `portage.license` or `portage.unmask` would. The plan shows the
--- changes of the files. Undo restores the previous files.
---
--- Source: emerge(1), `--autounmask`, which writes to files that etc-update has to merge.
---
--- ```lua
--- local wanted = portage.pretend("/mnt/old", {"sys-fs/cryptsetup"})
--- portage.accept("/mnt/old", wanted.changes)
--- portage.accept("/mnt/old", {"package.use sys-fs/lvm2 lvm", "package.accept_keywords sys-fs/lvm2 ~amd64"})
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param changes string[] The changes, each a table, an atom and words.
---@param options? gscript.portage.accept.options
---@return any
function portage.accept(root, changes, options) end

---@class gscript.portage.emerge.options
---@field noreplace? boolean Whether to skip packages that are already installed.
---@field oneshot? boolean Whether to leave the packages out of the world file.
---@field update? boolean Whether to update the packages to the best available version.
---@field deep? boolean Whether to consider the whole dependency tree.
---@field newuse? boolean Whether to rebuild packages whose USE flags have changed.
---@field keep_going? boolean Whether to continue with other packages after a failure.
---@field getbinpkg? boolean Whether to download binary packages.
---@field jobs? string The number of packages to build in parallel, from 1 to 4096; by default as configured in make.conf. Use 1 for packages that require it.
---@field load_average? string The load average above which no further build is started; by default as configured in make.conf.
---@field make_jobs? string The number of jobs within each build (`MAKEOPTS`), from 1 to 4096; by default as configured in make.conf.
---@field accept_failure? boolean Whether packages that fail are returned in `failed`, rather than being an error.

--- Installs packages in a system with emerge, without prompting.
---
--- The plan lists the packages, if the system has an ebuild repository when it is planned
--- (see `portage.pretend`). If a package fails, the error names the package, its log and the next
--- step. If Portage requires changed settings (USE flags, keywords, licenses), the error lists the
--- calls that make them; `portage.accept` makes all of them. Returns a map with `ok`, `built` (a list of packages as `category/name-version`),
--- `failed` (a list of maps with `name` and `log`, the path of its build log), and `dropped`,
--- what was not built because of others (a list of maps with `name` and `requires`, a list
--- of atoms). Cannot be undone: merged packages stay installed.
---
--- Source: emerge(1); guide ER, `emerge -av …`; guide PE.
---
--- ```lua
--- portage.emerge("/mnt/old", {"sys-fs/cryptsetup", "app-crypt/gnupg"}, { noreplace = true, jobs = 4 })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param packages string[] The packages, as atoms or as sets such as `@world`.
---@param options? gscript.portage.emerge.options
---@return any
function portage.emerge(root, packages, options) end

---@class gscript.portage.world.options
---@field changed_use? boolean Whether to rebuild packages only if USE flags that were set differ, and not if the ebuild has other ones (`--changed-use`).
---@field keep_going? boolean Whether to continue with other packages after a failure.
---@field jobs? string The number of packages to build in parallel, from 1 to 4096; by default as configured in make.conf.
---@field accept_failure? boolean Whether packages that fail are returned in `failed`, rather than being an error.

--- Updates all packages of a system: `emerge --update --deep --newuse --with-bdeps=y @world`.
---
--- The plan lists the packages, if the system has an ebuild repository when it is planned.
--- Returns the same map as `portage.emerge`. Cannot be undone: merged packages stay installed.
--- Afterwards `portage.depclean` removes what nothing requires any more, and
--- `portage.pending_updates` lists new versions of configuration files.
---
--- Source: emerge(1), `--update`, `--deep`, `--newuse`, `--with-bdeps`.
---
--- ```lua
--- portage.world("/mnt/old", { jobs = 4, keep_going = true })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param options? gscript.portage.world.options
---@return any
function portage.world(root, options) end

---@class gscript.portage.depclean.options
---@field packages? string[] The packages to remove, as atoms; by default all that nothing requires.
---@field keep? string[] Packages to keep, as atoms without a version.

--- Removes installed packages that no other package and no entry of the world file requires.
---
--- The plan lists what is removed, if the packages of the system can be read when it is planned.
--- Packages of the running kernel are always kept. With `packages`, only these are removed, and
--- only if nothing requires them. Returns the removed packages, as a list of
--- `category/name-version`. Cannot be undone: the files of the packages are lost.
---
--- Source: emerge(1), `--depclean`.
---
--- ```lua
--- portage.depclean("/mnt/old")
--- portage.depclean("/mnt/old", { packages = {"sys-kernel/gentoo-sources"}, keep = {"dev-lang/rust"} })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param options? gscript.portage.depclean.options
---@return any
function portage.depclean(root, options) end

---@class gscript.portage.resume.options
---@field skip_first? boolean Whether to skip the package that failed.
---@field accept_failure? boolean Whether packages that fail are returned in `failed`, rather than being an error.

--- Resumes an emerge run that failed.
---
--- Fix the cause first, or set `skip_first`. Portage remembers only the most recent list: if
--- another run of emerge fails in between, the list is lost. Returns the same map as
--- `portage.emerge`. Cannot be undone: merged packages stay installed.
---
--- Source: emerge(1), `--resume`; guide PE, "Dealing With Failed Builds".
---
--- ```lua
--- portage.resume("/mnt/old", { skip_first = true })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param options? gscript.portage.resume.options
---@return any
function portage.resume(root, options) end

---@class gscript.portage.pending_updates.options
---@field directory? string The directory to search in the system.

--- Returns the configuration files for which packages have installed new versions.
---
--- Portage does not overwrite a changed file in a directory of `CONFIG_PROTECT`: it leaves the new
--- version beside it, as `._cfg0000_NAME`. Each entry is a map with `file` and `updates`, the
--- paths of the new versions; the last one is the newest. `portage.config_update` decides.
---
--- Source: emerge(1), "CONFIGURATION FILES"; etc-update(1).
---
--- ```lua
--- local files = portage.pending_updates("/mnt/old")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param options? gscript.portage.pending_updates.options
---@return any
function portage.pending_updates(root, options) end

---@class gscript.portage.config_update.options
---@field take? boolean Whether the newest version replaces the file; otherwise the file is unchanged, and the new versions are removed.

--- Replaces a configuration file with its new version, or keeps it and removes the new version.
---
--- The plan shows the difference. The mode and owner of the file stay. Undo restores the file
--- and its new versions.
---
--- Source: etc-update(1); dispatch-conf(1).
---
--- ```lua
--- portage.config_update("/mnt/old", "/etc/conf.d/net")
--- portage.config_update("/mnt/old", "/etc/conf.d/net", { take = false })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param file string The path of the file in the system.
---@param options? gscript.portage.config_update.options
---@return any
function portage.config_update(root, file, options) end

--- Returns whether a package that matches an atom is installed.
---
--- Source: portageq(1), `has_version`.
---
--- ```lua
--- local new_enough = portage.has_version("/mnt/old", ">=sys-fs/cryptsetup-2.6")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param atom string The atom, optionally with a version: `">=sys-fs/cryptsetup-2.6"`.
---@return any
function portage.has_version(root, atom) end

--- Returns the newest installed package that matches an atom, as `category/name-version`; empty if
--- there is none.
---
--- portageq runs confined: it needs no approval, and also answers while a run is planned.
---
--- Source: portageq(1), `best_version`.
---
--- ```lua
--- local installed = portage.version("/mnt/old", "sys-fs/cryptsetup")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param atom string The atom, optionally with a version or a slot.
---@return any
function portage.version(root, atom) end

--- Returns the newest package that matches an atom and may be installed, as
--- `category/name-version`; empty if there is none, or if all versions are masked.
---
--- portageq runs confined: it needs no approval, and also answers while a run is planned.
---
--- Source: portageq(1), `best_visible`.
---
--- ```lua
--- local newest = portage.best_version("/mnt/old", "sys-fs/cryptsetup")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param atom string The atom, optionally with a version or a slot.
---@return any
function portage.best_version(root, atom) end

--- Returns the `MAKEFLAGS` for the job server that builds can use; empty if there is none.
---
--- That is a job server which `MAKEFLAGS` in `make.conf` names, or `/dev/steve` of
--- sys-devel/steve. All builds then share one number of jobs. `MAKEOPTS` must not have `-j`:
--- it would switch the job server off for a build.
---
--- Source: make.conf(5), "MAKEOPTS"; GNU make, "POSIX Jobserver Interaction".
---
--- ```lua
--- local flags = portage.jobserver("/mnt/old")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@return any
function portage.jobserver(root) end

--- Returns the packages that emerge builds or installs at the moment.
---
--- Each entry is a map with `name` (`category/name-version`), `phase`, `seconds` (since it was
--- begun; nil if unknown), `memory` (the peak in bytes; nil if unknown) and `source`:
--- `"socket"`, if Portage reports it (3.0.82 or later, with `FEATURES="observability"`), and
--- otherwise `"log"`: a package that emerge has begun and not ended, according to its log. After
--- a crash, such packages are in the log until they are begun again.
---
--- Source: portageq(1), `jobs`; emerge(1), `--status`.
---
--- ```lua
--- local jobs = portage.jobs("/mnt/old")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@return any
function portage.jobs(root) end

---@class gscript.portage.estimate.options
---@field jobs? string The number of packages to build in parallel; by default as configured in make.conf.
---@field update? boolean Whether to update the packages to the best available version.
---@field deep? boolean Whether to consider the whole dependency tree.
---@field newuse? boolean Whether to rebuild packages whose USE flags have changed.

--- Returns how long emerge would take to build packages, with all that they require.
---
--- The list and its order are those of `emerge --pretend --tree`; the durations are the medians
--- of the latest builds in the log of emerge. The map has `seconds` (with this many jobs; nil if
--- no package was built before), `sequential` (with one job), `critical_seconds` and `critical`
--- (the longest chain of packages that wait for each other, which more jobs do not shorten),
--- `jobs`, `builds` (a list of maps with `name` and `seconds`, nil if unknown) and `unknown` (the
--- packages that were not built before; they count as an average one).
---
--- Source: emerge(1), `--pretend`, `--tree`, `--jobs`; guide PE, `qlop`.
---
--- ```lua
--- local plan = portage.estimate("/mnt/old", {"sys-fs/cryptsetup"}, { jobs = 4 })
--- print(plan.seconds)
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param packages string[] The packages, as atoms or as sets such as `@world`.
---@param options? gscript.portage.estimate.options
---@return any
function portage.estimate(root, packages, options) end

---@class gscript.portage.history.options
---@field name? string Only this package, as `category/name`; by default all.
---@field log? string The path of the log inside the system (`EMERGE_LOG_DIR`).

--- Returns the packages that emerge has merged, or tried to, in the order in which it began them.
---
--- Each entry is a map with `name` (`category/name-version`), `outcome`, `started` and
--- `ended` (in seconds since 1970; `ended` is nil if unknown), `seconds` (nil if unknown),
--- `binary` (whether it was a binary package), `atom` (`category/name`) and `memory` (the peak
--- of its build in bytes, which Portage 3.0.82 logs with `FEATURES="cgroup"`; otherwise nil). The outcome is `"merged"`; `"failed"`, if the run ended unsuccessfully
--- without it; `"interrupted"`, if the run was ended or the package was begun again; or
--- `"unfinished"`, if the log does not tell: emerge may still be running. Portage does not log
--- a failure: it is known because the end of the package is missing.
---
--- Source: emerge(1), `/var/log/emerge.log`; guide PE, `qlop`.
---
--- ```lua
--- local merges = portage.history("/mnt/old", { name = "sys-fs/cryptsetup" })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param options? gscript.portage.history.options
---@return any
function portage.history(root, options) end

--- Returns the first real error in the build log of a package, with a remedy.
---
--- The phase in which the ebuild died decides which lines count: what make, ninja and the ebuild
--- report at the end is a consequence. The map has `kind` (`"compiler"`, `"linker"`,
--- `"configure"`, `"header"`, `"dependency"`, `"program"`, `"patch"`, `"test"`, `"fetch"`,
--- `"checksum"`, `"sandbox"`, `"collision"`, `"space"`, `"memory"`, `"ebuild"`, or `"unknown"`), `phase`, `line` (its
--- number in the log), `text`, `context` (the lines around it), `remedy`, `atom`
--- (`category/name`) and `jobs`, the number of jobs of the latest make or ninja in the log (nil
--- if unknown).
---
--- Needs the same approval as running emerge, whose output the log is.
---
--- Source: guide PE, "Dealing With Failed Builds"; `build.log` in `PORTAGE_TMPDIR`.
---
--- ```lua
--- local error = portage.build_error("/mnt/old", "app-misc/broken-1", "/var/tmp/portage/app-misc/broken-1/temp/build.log")
--- print(error.text)
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param name string The package as `category/name-version`, for the remedy.
---@param log string The path of the log inside the system.
---@return any
function portage.build_error(root, name, log) end

---@class gscript.kernel
kernel = {}

---@class gscript.kernel.version.options
---@field sources? string The path of the sources in the system.

--- Returns the version of kernel sources, such as `6.6.62-gentoo`.
---
--- Reads `include/config/kernel.release` if the sources have been built, and otherwise the
--- Makefile.
---
--- Source: the kernel's Makefile.
---
--- ```lua
--- print(kernel.version("/mnt/old"))
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param options? gscript.kernel.version.options
---@return any
function kernel.version(root, options) end

--- Lists the versions of the installed kernels, sorted by name.
---
--- A kernel is installed if it has a directory in `/lib/modules`. If a plan cannot know it, it
--- contains the version `<kernel-version>`.
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
---@field file? string The path of the configuration file in the system, uncompressed or compressed with gzip.

--- Returns the value of an option in a kernel configuration.
---
--- The result is `"y"`, `"m"`, `"n"` (also for options that the file does not contain), a
--- number, or a quoted string.
---
--- Source: Documentation/kbuild/kconfig.rst.
---
--- ```lua
--- print(kernel.option("/mnt/old", "DM_CRYPT"))
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param name string The name of the option, with or without `CONFIG_`.
---@param options? gscript.kernel.option.options
---@return any
function kernel.option(root, name, options) end

---@class gscript.kernel.require.options
---@field options? table<string, any> Additional required options; for `"m"`, built-in is sufficient as well.
---@field file? string The path of the configuration file in the system, uncompressed or compressed with gzip.
---@field check? boolean Whether missing options are an error.
---@field if_known? boolean Whether to return an empty list if no configuration is found, instead of an error.

--- Checks that a kernel configuration has all required options.
---
--- Fails if options are missing, with a table of the changes to make in menuconfig. The set
--- `encrypted-root` contains the options for booting from LVM in a LUKS container,
--- `guide-crypto` those that the guide requires to be set to Yes.
---
--- Returns a list of maps with `option`, `wanted`, `found`, `ok` and `menu` (the position in
--- menuconfig, or nil if it is unknown). Kernels drop options over the years: one that the
--- Kconfig files of the sources do not define cannot be set, so it is not required either, and
--- `found` is `"no such option"`. By default, the configuration is that of the running
--- kernel (`/proc/config.gz`, `/boot/config-VERSION`) if the root is `/`, and otherwise that of
--- the sources in `/usr/src/linux`.
---
--- Source: guide ER, "ensure the following options are set to Yes"; Gentoo wiki, "Dm-crypt".
---
--- ```lua
--- local table = kernel.require("/mnt/old", "encrypted-root", { options = { EXT4_FS = "y" }, check = false })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param need "encrypted-root"|"guide-crypto"|"nothing" The set of required options.
---@param options? gscript.kernel.require.options
---@return any
function kernel.require(root, need, options) end

---@class gscript.kernel.config.options
---@field file? string The path of the configuration file in the system.
---@field base? string The initial configuration if the file does not exist or is empty, such as `/proc/config.gz`; a path in the running system, uncompressed or compressed with gzip.

--- Sets options in the `.config` of kernel sources.
---
--- Other options are unchanged. `kernel.build` resolves dependencies with `make olddefconfig`;
--- use `kernel.require` afterwards to check that no option was reset because of an unmet
--- dependency. Names are accepted with or without `CONFIG_`. Undo restores the previous file.
---
--- Source: guide ER, `zcat /proc/config.gz >.config`; Documentation/kbuild/kconfig.rst.
---
--- ```lua
--- kernel.config("/mnt/old", { DM_CRYPT = "y", CRYPTO_XTS = "m", HZ = 250, DEBUG_INFO = "n" })
--- ```
---@param root string The mount point of the system.
---@param options table<string, any> The options, as a map from names to `"y"`, `"m"`, `"n"`, a number or a string.
---@param options? gscript.kernel.config.options
---@return any
function kernel.config(root, options, options) end

---@class gscript.kernel.genkernel_conf.options
---@field values? table<string, any> The variables, as a map from names to values.

--- Sets variables in `/etc/genkernel.conf`.
---
--- Other settings in the file are unchanged. Variables that the guide requires are set as well,
--- unless they are given: LUKS, LVM, GPG and BUSYBOX to yes, MENUCONFIG to no.
--- genkernel does not read make.conf, so MAKEOPTS has to be set here as well. Undo restores the
--- previous file.
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
---@field how? "genkernel"|"make" The build method. `make` requires an existing `.config`.
---@field jobs? string The number of parallel compiler processes, from 1 to 4096.

--- Builds the kernel in `/usr/src/linux` and installs its modules.
---
--- `make` updates the configuration first (`olddefconfig`) and leaves the installation of the
--- image to `kernel.install`; `genkernel` also installs the kernel and builds an initramfs.
--- There is no time limit. Cannot be undone: the build output stays in the source tree.
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
---@field version? string The version of the kernel; by default that of the sources.
---@field image? string The path of the image in the sources.

--- Installs the kernel that was built in `/usr/src/linux` and returns the path of its image.
---
--- Copies `vmlinuz-VERSION`, `config-VERSION` and, if it exists, `System.map-VERSION` to
--- `/boot`. Undo removes the copies; overwritten files cannot be restored.
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

--- Rebuilds the external kernel modules that are installed by packages.
---
--- Runs emerge with the set `@module-rebuild`. Returns the same map as `portage.emerge`. Cannot be
--- undone: merged packages stay installed.
---
--- Source: guide ER, `module-rebuild rebuild`, which is now a set in Portage.
---
--- ```lua
--- kernel.modules_rebuild("/mnt/old")
--- ```
---@param root string The mount point of the system.
---@return any
function kernel.modules_rebuild(root) end

---@class gscript.kernel.initramfs.options
---@field how? "dracut"|"genkernel" The generator of the initramfs.
---@field version? string The version of the kernel; by default that of the sources in `/usr/src/linux`. dracut only.
---@field add? string[] The modules to add, by their dracut names; by default `crypt` and `lvm`. genkernel supports only these two, `crypt-gpg`, `mdraid` and `btrfs`.
---@field install? string[] The programs to include; by default `stty`, without which a passphrase is visible while it is typed. dracut only.
---@field omit? string[] The modules to omit; by default none, or with `crypt-gpg` those of systemd, because systemd-cryptsetup does not support keys that are encrypted with GnuPG. dracut only.
---@field image? string The path of the image in the system; by default `/boot/initramfs-VERSION.img`.
---@field compress? string The compression method, optionally with a level; genkernel ignores the level.

--- Builds an initramfs and returns the path of the image.
---
--- The image is not specific to the hardware of the machine. An existing image is overwritten
--- and cannot be restored; undo removes a new one.
---
--- If dracut omits a requested module, the action fails. The module `crypt-gpg`, for a key that
--- is encrypted with GnuPG, must be listed explicitly and requires gpg in the system. dracut
--- includes systemd if the system has it; then `crypt` requires systemd-cryptsetup, which opens
--- the containers.
---
--- genkernel builds cryptsetup, GnuPG 1 and LVM from source, and always uses the kernel in
--- `/usr/src/linux`. `kernel.build` with genkernel already includes an initramfs.
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

--- Selects the kernel sources that `/usr/src/linux` links to, and returns their directory.
---
--- The sources must be installed as `/usr/src/linux-VERSION`. Undo restores the previous link.
---
--- Source: `eselect kernel set`; Gentoo handbook, "Configuring the kernel".
---
--- ```lua
--- kernel.sources("/mnt/old", "6.6.62-gentoo")
--- ```
---@param root string The mount point of the system.
---@param version string The version in the name of the directory, `linux-VERSION`.
---@return any
function kernel.sources(root, version) end

---@class gscript.kernel.copy_from.options
---@field from? string The mount point of the system to copy from; `/` for the running system.

--- Copies a kernel from another system and returns the path of its image.
---
--- Use it for a system that cannot install a kernel itself. Copies the modules, the image and
--- the configuration in `/boot` and, if they exist, the sources. Build an initramfs with
--- `kernel.initramfs` and the same version. Cannot be undone: the copied files stay.
---
--- Source: guide VF, where the kernel package cannot be installed on virtiofs.
---
--- ```lua
--- kernel.copy_from("/mnt/old", "6.6.62-gentoo-dist", { from = "/" })
--- ```
---@param root string The mount point of the system.
---@param version string The version of the kernel, as in `uname -r` and in the name of its module directory.
---@param options? gscript.kernel.copy_from.options
---@return any
function kernel.copy_from(root, version, options) end

---@class gscript.boot
boot = {}

---@class gscript.boot.cmdline.options
---@field style? "dracut"|"dracut-systemd"|"genkernel" The generator of the initramfs that parses the command line.
---@field key? string The path of the key file on its USB drive, such as `/laptop.gpg`; requires `key_device`.
---@field key_device? string The partition of the USB drive that contains the key file; requires `key`.
---@field resume? string The swap area to resume from after hibernation.
---@field containers? string[] Further LUKS containers to open at boot, such as that of another filesystem. Those that the root or the swap area needs are opened anyway.
---@field keymap? string The keymap for the passphrase, as in `system.keymap`; by default the kernel's, which is `us`.
---@field discard? boolean Whether the containers pass discards (TRIM) to their devices, which shows unused blocks.
---@field token? "tpm2"|"fido2" What unlocks the containers, apart from a passphrase, where systemd does (see `luks.enroll`); requires the style `dracut-systemd`.
---@field extra? string[] Additional kernel parameters.

--- Returns the kernel command line for a root filesystem.
---
--- It names the containers to open, their key, the arrays and logical volumes to activate, and
--- the filesystem to mount: everything below any device of the filesystem, and of the swap area
--- to resume from. Devices are identified by UUID, logical volumes by name. Use it with
--- `boot.grub_config` or `boot.entry`.
---
--- The style `dracut` uses the options of its crypt, lvm and mdraid modules; `dracut-systemd`
--- those of systemd-cryptsetup, which opens the containers where systemd is in the initramfs;
--- `genkernel` those in the guide. The initramfs of genkernel opens at most one container for
--- the root and one for swap, and ignores `containers`. The key is a file on a USB drive; an
--- encrypted one must have the extension `.gpg`, and systemd cannot use it. It is tried on each of the containers. Where it
--- does not fit, or without a key, a passphrase is requested at boot; systemd waits 30 seconds
--- for the USB drive first. The passphrase is typed with `keymap`.
---
--- Source: dracut.cmdline(7); systemd-cryptsetup-generator(8); genkernel(8); guide ER,
--- "Configuring grub".
---
--- ```lua
--- print(boot.cmdline("/dev/vg_live/data", { extra = {"quiet"} }))
--- ```
---@param device string The device that contains the root filesystem.
---@param options? gscript.boot.cmdline.options
---@return any
function boot.cmdline(device, options) end

---@class gscript.boot.grub_install.options
---@field disk? string The disk whose boot sector is overwritten, for BIOS.
---@field efi? string The mount point of the EFI system partition in the system, such as `/boot/efi`, for UEFI.
---@field removable? boolean Whether to install to the path for removable media instead of creating a firmware boot entry; UEFI only.
---@field modules? string[] Additional GRUB modules to embed in the core image.

--- Installs GRUB from inside a system, to a disk (BIOS) or to an EFI system partition.
---
--- Requires either `disk` or `efi`. With `removable` (the default), GRUB is installed to the
--- path that every UEFI firmware searches, and no firmware boot entry is created. Cannot be
--- undone: the previous boot loader is overwritten.
---
--- Rejects a GPT disk without a BIOS boot partition and a directory that is not an EFI system
--- partition. A firmware boot entry requires access to the EFI variables and efibootmgr in the
--- system. If `/boot` is in a LUKS container, `GRUB_ENABLE_CRYPTODISK=y` must be set in
--- `/etc/default/grub`, and a key of the container must be derived by pbkdf2.
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

--- Sets variables in `/etc/default/grub`, which grub-mkconfig reads.
---
--- Does not generate the menu: see `boot.grub_config`. Useful before packages that install a
--- kernel and run grub-mkconfig themselves. If grub-mkconfig reads `/etc/default/grub.d`, too, a
--- variable that a file there replaces is set in that file, where its value takes effect. Other
--- settings are unchanged. Undo restores the previous files.
---
--- Source: GRUB manual, "Simple configuration handling".
---
--- ```lua
--- boot.grub_defaults("/mnt/old", { GRUB_CMDLINE_LINUX = boot.cmdline("/dev/vg_live/data") })
--- ```
---@param root string The mount point of the system.
---@param values table<string, any> The variables, as a map from names to values.
---@return any
function boot.grub_defaults(root, values) end

---@class gscript.boot.grub_config.options
---@field defaults? table<string, any> The variables for `/etc/default/grub`, as a map from names to values.

--- Sets variables in `/etc/default/grub` and generates `grub.cfg` with grub-mkconfig.
---
--- The menu is written to `/boot/grub/grub.cfg`. Variables are set where their values take
--- effect, as by `boot.grub_defaults`; other settings are unchanged. Returns a list of the
--- kernels that were found, as maps with `kernel` and `initrd`, a list: microcode images are
--- loaded before the initramfs. Finding no kernel is an error. Cannot be undone: the previous
--- menu is overwritten.
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

--- Adds GRUB menu entries that boot every installed kernel with this command line.
---
--- Writes a script to `/etc/grub.d`, which grub-mkconfig runs: after a kernel update, the
--- entries name the new kernel. The script calls GRUB's own `10_linux`, so kernels and images
--- are those of GRUB's other entries. The newest kernel has the title; all of them are in a
--- submenu. Arguments in `GRUB_CMDLINE_LINUX_DEFAULT` are appended. An existing script for the
--- same title is replaced. Call `boot.grub_config` afterwards. Undo restores the previous
--- script or removes the new one.
---
--- Source: grub-mkconfig(8); guide ER, "Keyfile Boot" and "Passphrase Boot".
---
--- ```lua
--- local line = boot.cmdline("/dev/vg_live/data")
--- boot.kernel_entries("/mnt/old", "Gentoo Linux (Passphrase Boot)", line)
--- ```
---@param root string The mount point of the system.
---@param title string The title of the entry of the newest kernel.
---@param cmdline string The kernel command line, as returned by `boot.cmdline`.
---@return any
function boot.kernel_entries(root, title, cmdline) end

---@class gscript.boot.entry.options
---@field initrd? string[] The paths of the images in the system that the initramfs consists of, in this order: microcode first.

--- Adds an entry for one kernel to the GRUB menu, or replaces the one with the same title.
---
--- The entry names this kernel even after an update: entries from `boot.kernel_entries` follow
--- the installed kernels.
---
--- Writes `/boot/grub/custom.cfg`, which every `grub.cfg` generated by grub-mkconfig includes.
--- GRUB finds the filesystem of the kernel by its UUID, independent of the order of disks. Undo
--- restores the previous file.
---
--- Source: GRUB manual, "menuentry" and "search"; guide ER, "Keyfile Boot" and "Passphrase
--- Boot".
---
--- ```lua
--- local line = boot.cmdline("/dev/vg_live/data")
--- boot.entry("/mnt/old", "Gentoo (passphrase)", "/boot/vmlinuz-6.6.62-gentoo", line, { initrd = {"/boot/initramfs-6.6.62-gentoo.img"} })
--- ```
---@param root string The mount point of the system.
---@param title string The title of the menu entry.
---@param kernel string The path of the kernel in the system.
---@param cmdline string The kernel command line, as returned by `boot.cmdline`.
---@param options? gscript.boot.entry.options
---@return any
function boot.entry(root, title, kernel, cmdline, options) end

--- Lists the entries of the GRUB menu.
---
--- Returns a list of maps with `title`, `kernel`, `initrd` (a list) and `cmdline`, from
--- `grub.cfg` and `custom.cfg`.
---
--- ```lua
--- local entries = boot.entries("/mnt/old")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@return any
function boot.entries(root) end

--- Installs systemd-boot from inside a system to its EFI system partition.
---
--- It is installed to the path that every UEFI firmware searches, and no firmware boot entry is
--- created. Menu entries are created by `boot.kernel_install`. Cannot be undone: the previous
--- boot loader is overwritten.
---
--- Rejects a directory that is not an EFI system partition, and a system without bootctl.
---
--- Source: bootctl(1), `install`.
---
--- ```lua
--- local parts = disk.partition("/dev/sda", {{ name = "esp", size = "512M", kind = "efi" }})
--- fs.make(parts.esp, { kind = "vfat" })
--- mount.mount(parts.esp, "/mnt/old/boot/efi")
--- chroot.prepare("/mnt/old")
--- boot.systemd_boot("/mnt/old", "/boot/efi")
--- ```
---@param root string The mount point of the system.
---@param efi string The mount point of the EFI system partition in the system, such as `/boot/efi`.
---@return any
function boot.systemd_boot(root, efi) end

---@class gscript.boot.kernel_install.options
---@field version? string The version of the kernel; by default that of the sources in `/usr/src/linux`.
---@field image? string The path of the image in the system; by default that of the modules, the sources or `/boot`, whichever exists.

--- Installs a kernel to the EFI system partition with kernel-install.
---
--- Runs the plugins of kernel-install, which build the initramfs or the unified kernel image
--- and create the menu entry, as a package of a kernel does. `/etc/kernel/cmdline` contains the
--- kernel command line; `install.conf` in `/etc/kernel` or `/usr/lib/kernel` names the layout.
--- There is no time limit. Cannot be undone: previous images are overwritten.
---
--- Source: kernel-install(8).
---
--- ```lua
--- local parts = disk.partition("/dev/sda", {{ name = "esp", size = "512M", kind = "efi" }})
--- fs.make(parts.esp, { kind = "vfat" })
--- mount.mount(parts.esp, "/mnt/old/boot/efi")
--- chroot.prepare("/mnt/old")
--- boot.systemd_boot("/mnt/old", "/boot/efi")
--- boot.kernel_install("/mnt/old", "/boot/efi", { version = "6.6.62-gentoo", image = "/boot/vmlinuz-6.6.62-gentoo" })
--- ```
---@param root string The mount point of the system.
---@param efi string The mount point of the EFI system partition in the system.
---@param options? gscript.boot.kernel_install.options
---@return any
function boot.kernel_install(root, efi, options) end

--- Lists the entries that systemd-boot finds on an EFI system partition.
---
--- Returns a list of maps with `title`, `kernel`, `initrd` (a list) and `cmdline`; the paths are
--- those in the system. Entries are files in `loader/entries`, and unified kernel images in
--- `EFI/Linux`. An image is its own `initrd`, its title is the name of the file, and its
--- `cmdline` is empty, because it is inside the image.
---
--- Source: UAPI.1 Boot Loader Specification.
---
--- ```lua
--- local entries = boot.loader_entries("/mnt/old", "/boot/efi")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param efi string The mount point of the EFI system partition in the system.
---@return any
function boot.loader_entries(root, efi) end

---@class gscript.journal
journal = {}

--- Keeps a copy of the journal on a medium that survives a reboot of the live system.
---
--- After a reboot, `gscript resume FILE` resumes the run from the copy. Each line of the
--- journal is copied immediately, until the filesystem is unmounted. The journal contains no
--- secrets. Undo keeps the copy.
---
--- Source: none; live media do not preserve files across a reboot.
---
--- ```lua
--- mount.mount("/dev/sdb1", "/mnt/key")
--- journal.keep_on("/mnt/key")
--- ```
---@param path string A mount point, or a directory below one. The copy is `gscript/RUN/journal.jsonl` in it.
---@return any
function journal.keep_on(path) end

---@class gscript.plan
plan = {}

---@class gscript.plan.may_call.options
---@field writes? string[] Directories and files that these actions may write. This is approved with the plan.

--- Announces actions that the run may call although the plan does not reach them.
---
--- Whether such an action is called can depend on information that is available only at run
--- time, such as the contents of a LUKS container that is still closed. Without an
--- announcement, the action has to be confirmed on a terminal, and is rejected without one. The
--- announcement is part of the approved plan; the actions must stay within the approved
--- effects.
---
--- Source: none.
---
--- ```lua
--- plan.may_call({"lvm.vg_activate", "mount.mount"})
--- ```
---@param actions ("luks.open"|"lvm.vg_activate"|"md.assemble"|"mount.mount"|"mount.swap_on"|"portage.emerge"|"portage.env"|"portage.make_conf"|"portage.package_env")[] The names of the actions: luks.open, lvm.vg_activate, md.assemble, mount.mount, mount.swap_on, portage.emerge (of any packages), portage.env, portage.make_conf (any settings), or portage.package_env.
---@param options? gscript.plan.may_call.options
---@return any
function plan.may_call(actions, options) end

---@class gscript.text
text = {}

--- Finds the first match of a regular expression in a string.
---
--- Returns a list with the whole match and the match of each capture group, in this order, or
--- nil if there is no match. A group that does not participate in the match is nil.
---
--- Source: the syntax of the regex crate. Matching takes linear time, and a pattern that is too
--- complex for the length of the string is an error, so that no pattern can block a run.
---
--- ```lua
--- local found = text.find("cryptsetup 2.6.1 flags: UDEV", "(\\d+)\\.(\\d+)")
--- ```
---@param text string The string to search.
---@param pattern string The regular expression.
---@return any
function text.find(text, pattern) end

--- Splits a string into lines, without empty lines and trailing whitespace.
---
--- ```lua
--- local lines = text.lines("one\ntwo\n")
--- ```
---@param text string The string to split.
---@return any
function text.lines(text) end

---@class gscript.net
net = {}

---@class gscript.net.links.options
---@field netns? string The network namespace; that of the program by default.

--- Lists the network links.
---
--- Returns a list of maps with `name`, `up`, `kind` (such as `bridge` or `veth`; nil for
--- hardware and loopback), `master` (the bridge or bond that the link belongs to, or nil),
--- `mtu` (in bytes) and, as far as the link has them, `parent` (the link below), `vlan`,
--- `mode`, `peer` (a map with `link` and `netns`), `owner` (the number of a user), `group`,
--- `addresses` and `dynamic` (addresses with a lifetime).
---
--- Source: ip-link(8), rtnetlink(7).
---
--- ```lua
--- local links = net.links()
--- ```
---@param options? gscript.net.links.options
---@return any
function net.links(options) end

---@class gscript.net.up.options
---@field netns? string The network namespace; that of the program by default.

--- Sets a network link up, without assigning an address.
---
--- A link that the run has set up is set down again when the run cleans up.
---
--- Source: ip-link(8), `set`.
---
--- ```lua
--- net.up("lo")
--- ```
---@param link string The name of the link.
---@param options? gscript.net.up.options
---@return any
function net.up(link, options) end

---@class gscript.net.down.options
---@field netns? string The network namespace; that of the program by default.
---@field disconnect? boolean Allows a link that carries the default route or the SSH connection of the session.

--- Sets a network link down. Its routes and IPv6 addresses are removed, its IPv4 addresses are
--- kept.
---
--- Source: ip-link(8), `set`.
---
--- ```lua
--- net.down("eth1")
--- ```
---@param link string The name of the link.
---@param options? gscript.net.down.options
---@return any
function net.down(link, options) end

---@class gscript.net.wait.options
---@field address? boolean Whether the link must also have an address other than an IPv6 link-local one.
---@field within? string The time limit in seconds.
---@field netns? string The network namespace; that of the program by default.

--- Waits until a network link is up and has a carrier, and none of its addresses is tentative.
---
--- Fails if this takes longer than the time limit. Changes nothing.
---
--- Source: rtnetlink(7); RFC 4862, "Duplicate Address Detection".
---
--- ```lua
--- net.wait("eth0", { address = true, within = 60 })
--- ```
---@param link string The name of the link.
---@param options? gscript.net.wait.options
---@return any
function net.wait(link, options) end

---@class gscript.net.add_address.options
---@field netns? string The network namespace; that of the program by default.
---@field overlap? boolean Allows a network that overlaps that of another link or route.

--- Assigns an address to a network link until the next reboot.
---
--- An address that another link has, and a network that overlaps that of another link or route,
--- are refused. `net.address` writes the settings that are used at boot.
---
--- Source: ip-address(8), `add`.
---
--- ```lua
--- net.add_address("br0", "192.0.2.1/24")
--- ```
---@param link string The name of the link.
---@param address string The address with the length of its prefix.
---@param options? gscript.net.add_address.options
---@return any
function net.add_address(link, address, options) end

---@class gscript.net.remove_address.options
---@field netns? string The network namespace; that of the program by default.
---@field disconnect? boolean Allows a link that carries the default route or the SSH connection of the session.

--- Removes an address from a network link.
---
--- Source: ip-address(8), `delete`.
---
--- ```lua
--- net.remove_address("br0", "192.0.2.1/24")
--- ```
---@param link string The name of the link.
---@param address string The address with the length of its prefix.
---@param options? gscript.net.remove_address.options
---@return any
function net.remove_address(link, address, options) end

---@class gscript.net.add_route.options
---@field via? string The address of the gateway; by default the network is on the link.
---@field netns? string The network namespace; that of the program by default.

--- Adds a route until the next reboot.
---
--- Source: ip-route(8), `add`.
---
--- ```lua
--- net.add_route("198.51.100.0/24", "br0", { via = "192.0.2.254" })
--- ```
---@param to string The network, or `default`.
---@param link string The name of the link.
---@param options? gscript.net.add_route.options
---@return any
function net.add_route(to, link, options) end

---@class gscript.net.remove_route.options
---@field via? string The address of the gateway.
---@field netns? string The network namespace; that of the program by default.
---@field disconnect? boolean Allows a default route, and a link that carries the SSH connection of the session.

--- Removes a route.
---
--- Source: ip-route(8), `delete`.
---
--- ```lua
--- net.remove_route("198.51.100.0/24", "br0", { via = "192.0.2.254" })
--- ```
---@param to string The network, or `default`.
---@param link string The name of the link.
---@param options? gscript.net.remove_route.options
---@return any
function net.remove_route(to, link, options) end

---@class gscript.net.arm_rollback.options
---@field within? string The time for the confirmation in seconds. It begins when the rollback is armed, and again with `net.confirm`.

--- Allows to change links that carry the SSH connection of the session or the default route:
--- they are rolled back unless `net.confirm` succeeds.
---
--- Returns the identifier of the change. A process of its own restores the state, master, MTU,
--- addresses and routes of the links, and removes those that did not exist: if the change is
--- not confirmed in time, if the run fails or ends before `net.confirm`, or if it is killed. It
--- survives the loss of the terminal. A reboot is a rollback, too: write persistent settings
--- (`net.address`, `bridge.at_boot`, `vlan.at_boot`) after `net.confirm`. A script that ends without
--- `net.confirm` is refused.
---
--- Until `net.confirm`, only the given links can be changed in the network namespace of the
--- program. List all of them, including those that will be created. An address with a lifetime
--- is restored without it. A tap device or a veth pair cannot be removed in between.
---
--- Source: RFC 6241, section 8.4; ip-link(8), ip-address(8), ip-route(8).
---
--- ```lua
--- local change = net.arm_rollback({"eth0", "br0"}, { within = 120 })
--- bridge.create("br0")
--- bridge.add_port("br0", "eth0")
--- net.up("br0")
--- net.confirm(change)
--- ```
---@param links string[] The names of the links.
---@param options? gscript.net.arm_rollback.options
---@return any
function net.arm_rollback(links, options) end

--- Waits until a user has logged in over a changed link and confirmed the change with
--- `gscript confirm`. Otherwise, the links are rolled back, and the run fails.
---
--- The confirmation must come over an SSH connection that was opened after the change and uses
--- one of the links. If the run was not started over SSH, a local console will do. Closing the
--- terminal of the run does not end the wait.
---
--- Source: RFC 6241, section 8.4.
---
--- ```lua
--- local change = net.arm_rollback({"eth0"})
--- net.down("eth0")
--- net.confirm(change)
--- ```
---@param change string The identifier that `net.arm_rollback` returned.
---@return any
function net.confirm(change) end

---@class gscript.net.address.options
---@field gateway? string The address of the default gateway, in the same network.
---@field dns? string[] The addresses of name servers.
---@field init? "openrc"|"systemd" The init system; detected by default.

--- Gives an interface of a system a fixed address at boot.
---
--- On OpenRC, sets the variables of the interface in `/etc/conf.d/net` of netifrc and links its
--- service, `net.LINK`. A variable that is an array of bash, as in older guides, stays one. On systemd, writes `/etc/systemd/network/20-LINK.network`. Enable the
--- service with `service.enable`: `net.LINK`, or `systemd-networkd`. Undo restores the previous
--- files.
---
--- Source: Gentoo handbook, "Configuring the network"; netifrc's net.example;
--- systemd.network(5).
---
--- ```lua
--- net.address("/mnt/old", "enp1s0", "192.0.2.10/24", { gateway = "192.0.2.1", dns = {"192.0.2.1"} })
--- ```
---@param root string The mount point of the system.
---@param link string The name of the interface in the system.
---@param address string The address with the length of its prefix.
---@param options? gscript.net.address.options
---@return any
function net.address(root, link, address, options) end

--- Sets the names of an address in the `/etc/hosts` of a system.
---
--- Other lines are unchanged. Undo restores the previous file.
---
--- Source: Gentoo handbook, "The hosts file"; hosts(5).
---
--- ```lua
--- net.hosts("/mnt/old", "127.0.1.1", {"box.example.org", "box"})
--- ```
---@param root string The mount point of the system.
---@param address string The address.
---@param names string[] The names of the address; the first one is the canonical name.
---@return any
function net.hosts(root, address, names) end

---@class gscript.net.head.options
---@field proxy? string The proxy; by default that of the environment.

--- Asks a server for the head of a page, by wget or curl.
---
--- Shows that the network, the names of hosts and the server work, and compares the clocks: an
--- error in the clock makes certificates and signatures invalid. Returns a map with `status`
--- (the HTTP status, such as 200) and `behind` (by how many seconds the clock of this machine
--- is behind that of the server; negative if it is ahead; nil if the server does not say). No
--- answer is an error. Changes nothing.
---
--- Source: RFC 9110, "Date"; wget(1), curl(1).
---
--- ```lua
--- local answer = net.head("https://distfiles.gentoo.org")
--- ```
---@param address string The address.
---@param options? gscript.net.head.options
---@return any
function net.head(address, options) end

---@class gscript.bridge
bridge = {}

---@class gscript.bridge.create.options
---@field netns? string The network namespace; that of the program by default.

--- Creates a bridge, which is down and has no ports.
---
--- A bridge that exists is kept. The bridge exists until the next reboot; if the run fails, it
--- is removed when the run cleans up.
---
--- Source: ip-link(8), `add`.
---
--- ```lua
--- bridge.create("br0")
--- ```
---@param name string The name of the bridge.
---@param options? gscript.bridge.create.options
---@return any
function bridge.create(name, options) end

---@class gscript.bridge.add_port.options
---@field netns? string The network namespace; that of the program by default.
---@field disconnect? boolean Allows a link that carries the default route or the SSH connection of the session.

--- Makes a link a port of a bridge.
---
--- Frames that arrive on a port only reach the bridge: addresses belong on the bridge. A link
--- that carries the default route or the SSH connection of the session is refused, unless
--- `net.arm_rollback` restores it.
---
--- Source: ip-link(8), `set`; bridge(8).
---
--- ```lua
--- bridge.create("br0")
--- tap.create("tap0")
--- bridge.add_port("br0", "tap0")
--- ```
---@param name string The name of the bridge.
---@param link string The name of the link.
---@param options? gscript.bridge.add_port.options
---@return any
function bridge.add_port(name, link, options) end

---@class gscript.bridge.remove_port.options
---@field netns? string The network namespace; that of the program by default.
---@field disconnect? boolean Allows a bridge that carries the default route or the SSH connection of the session.

--- Removes a port from its bridge. The link itself is kept.
---
--- Source: ip-link(8), `set`.
---
--- ```lua
--- bridge.remove_port("br0", "tap0")
--- ```
---@param name string The name of the bridge.
---@param link string The name of the link.
---@param options? gscript.bridge.remove_port.options
---@return any
function bridge.remove_port(name, link, options) end

---@class gscript.bridge.remove.options
---@field netns? string The network namespace; that of the program by default.
---@field disconnect? boolean Allows a bridge that carries the default route or the SSH connection of the session.

--- Removes a bridge. Its ports are kept, and belong to no bridge afterwards.
---
--- Source: ip-link(8), `delete`.
---
--- ```lua
--- bridge.remove("br0")
--- ```
---@param name string The name of the bridge.
---@param options? gscript.bridge.remove.options
---@return any
function bridge.remove(name, options) end

---@class gscript.bridge.list.options
---@field netns? string The network namespace; that of the program by default.

--- Lists the bridges.
---
--- Returns a list of maps with `name`, `up`, `mtu` (in bytes), `ports` (a list of names) and
--- `addresses` (a list of addresses with the lengths of their prefixes).
---
--- Source: rtnetlink(7).
---
--- ```lua
--- local bridges = bridge.list()
--- ```
---@param options? gscript.bridge.list.options
---@return any
function bridge.list(options) end

---@class gscript.bridge.at_boot.options
---@field ports? string[] The links that are its ports. They get no address of their own.
---@field address? string The address of the bridge with the length of its prefix; by DHCP without one.
---@field gateway? string The address of the default gateway, in the same network.
---@field dns? string[] The addresses of name servers.
---@field manager? "netifrc"|"networkd"|"networkmanager" The network manager; by default `netifrc` with OpenRC, and `networkd` with systemd.

--- Gives a system a bridge at boot, with its ports and its address.
---
--- With netifrc, sets the variables of the bridge and its ports in `/etc/conf.d/net` and links
--- their services, `net.LINK`. With systemd-networkd, writes files in `/etc/systemd/network`;
--- with NetworkManager, keyfiles in `/etc/NetworkManager/system-connections` with mode 0600. It
--- changes nothing now: create the bridge with `bridge.create`, and call this after
--- `net.confirm`. Enable the service with `service.enable`. Undo restores the previous files.
---
--- Source: netifrc's net.example; systemd.netdev(5), systemd.network(5);
--- nm-settings-keyfile(5).
---
--- ```lua
--- bridge.at_boot("/mnt/old", "br0", { ports = {"enp1s0"}, address = "192.0.2.10/24", gateway = "192.0.2.1" })
--- ```
---@param root string The mount point of the system.
---@param name string The name of the bridge.
---@param options? gscript.bridge.at_boot.options
---@return any
function bridge.at_boot(root, name, options) end

---@class gscript.tap
tap = {}

---@class gscript.tap.create.options
---@field owner? string The number of the user who may attach to it; by default only root may.
---@field netns? string The network namespace; that of the program by default.

--- Creates a persistent tap device, for a virtual machine.
---
--- A tap device with the same owner that exists is kept. The device exists until the next
--- reboot; if the run fails, it is removed when the run cleans up.
---
--- Source: Documentation/networking/tuntap.rst; ip-tuntap(8).
---
--- ```lua
--- tap.create("tap0", { owner = 1000 })
--- ```
---@param name string The name of the device.
---@param options? gscript.tap.create.options
---@return any
function tap.create(name, options) end

---@class gscript.tap.remove.options
---@field netns? string The network namespace; that of the program by default.
---@field disconnect? boolean Allows a device that carries the default route or the SSH connection of the session.

--- Removes a tap device.
---
--- Source: ip-link(8), `delete`.
---
--- ```lua
--- tap.remove("tap0")
--- ```
---@param name string The name of the device.
---@param options? gscript.tap.remove.options
---@return any
function tap.remove(name, options) end

---@class gscript.veth
veth = {}

---@class gscript.veth.create.options
---@field netns? string The network namespace of the one link; that of the program by default.
---@field peer_netns? string The network namespace of the other link; that of the program by default.

--- Creates a pair of links: whatever enters one leaves the other.
---
--- A pair of these links that exists is kept. The pair exists until the next reboot; if the run
--- fails, it is removed when the run cleans up.
---
--- Source: veth(4).
---
--- ```lua
--- netns.create("guest")
--- veth.create("guest0", "eth0", { peer_netns = "guest" })
--- ```
---@param name string The name of one link.
---@param peer string The name of the other link.
---@param options? gscript.veth.create.options
---@return any
function veth.create(name, peer, options) end

---@class gscript.veth.remove.options
---@field netns? string The network namespace; that of the program by default.
---@field disconnect? boolean Allows a link that carries the default route or the SSH connection of the session.

--- Removes a pair of links. Either of them can be given.
---
--- Source: veth(4).
---
--- ```lua
--- veth.remove("guest0")
--- ```
---@param name string The name of one link.
---@param options? gscript.veth.remove.options
---@return any
function veth.remove(name, options) end

---@class gscript.vlan
vlan = {}

---@class gscript.vlan.create.options
---@field netns? string The network namespace; that of the program by default.

--- Creates a VLAN of a link: its frames carry an identifier on that link.
---
--- The same VLAN that exists is kept. The VLAN exists until the next reboot; if the run fails,
--- it is removed when the run cleans up.
---
--- Source: ip-link(8), `type vlan`; IEEE 802.1Q.
---
--- ```lua
--- vlan.create("eth0.5", "eth0", 5)
--- ```
---@param name string The name of the VLAN's link.
---@param parent string The name of the link below.
---@param id string The identifier of the VLAN, from 1 to 4094.
---@param options? gscript.vlan.create.options
---@return any
function vlan.create(name, parent, id, options) end

---@class gscript.vlan.remove.options
---@field netns? string The network namespace; that of the program by default.
---@field disconnect? boolean Allows a VLAN that carries the default route or the SSH connection of the session.

--- Removes a VLAN.
---
--- Source: ip-link(8), `delete`.
---
--- ```lua
--- vlan.remove("eth0.5")
--- ```
---@param name string The name of the VLAN's link.
---@param options? gscript.vlan.remove.options
---@return any
function vlan.remove(name, options) end

---@class gscript.vlan.at_boot.options
---@field address? string The address of the VLAN with the length of its prefix; by DHCP without one.
---@field gateway? string The address of the default gateway, in the same network.
---@field dns? string[] The addresses of name servers.
---@field manager? "netifrc"|"networkd"|"networkmanager" The network manager; by default `netifrc` with OpenRC, and `networkd` with systemd.

--- Gives a system a VLAN at boot, with its address.
---
--- The settings of the link below stay as they are: set them with `net.address` or
--- `bridge.at_boot` before. With netifrc, adds the VLAN to the variable `vlans_PARENT` in
--- `/etc/conf.d/net`, sets its own variables, and links the service of the link below,
--- `net.PARENT`, which starts the VLAN; without `config_PARENT`, that link gets its address by
--- DHCP. With systemd-networkd, writes files in `/etc/systemd/network`; the link below must be
--- set up by `20-PARENT.network`, which is created without an address if it does not exist. With
--- NetworkManager, writes a keyfile in `/etc/NetworkManager/system-connections` with mode 0600.
--- It changes nothing now: create the VLAN with `vlan.create`, and call this after
--- `net.confirm`. Undo restores the previous files.
---
--- Source: netifrc's net.example; systemd.netdev(5), systemd.network(5);
--- nm-settings-keyfile(5).
---
--- ```lua
--- vlan.at_boot("/mnt/old", "enp1s0.5", "enp1s0", 5, { address = "192.0.2.10/24" })
--- ```
---@param root string The mount point of the system.
---@param name string The name of the VLAN's link.
---@param parent string The name of the link below.
---@param id string The identifier of the VLAN, from 1 to 4094.
---@param options? gscript.vlan.at_boot.options
---@return any
function vlan.at_boot(root, name, parent, id, options) end

---@class gscript.macvlan
macvlan = {}

---@class gscript.macvlan.create.options
---@field mode? "bridge"|"private"|"vepa"|"passthru" Which macvlans of the same link reach each other: all (`bridge`), none (`private`), all through the switch (`vepa`), or there is only one (`passthru`).
---@field netns? string The network namespace; that of the program by default.

--- Creates a macvlan: a link with a hardware address of its own on another link.
---
--- The same macvlan that exists is kept. A macvlan reaches other hosts, but not the link below.
--- The macvlan exists until the next reboot; if the run fails, it is removed when the run cleans
--- up.
---
--- Source: ip-link(8), `type macvlan`.
---
--- ```lua
--- macvlan.create("guest0", "eth0")
--- macvlan.create("guest1", "eth0", { mode = "private" })
--- ```
---@param name string The name of the macvlan.
---@param parent string The name of the link below.
---@param options? gscript.macvlan.create.options
---@return any
function macvlan.create(name, parent, options) end

---@class gscript.macvlan.remove.options
---@field netns? string The network namespace; that of the program by default.
---@field disconnect? boolean Allows a macvlan that carries the default route or the SSH connection of the session.

--- Removes a macvlan.
---
--- Source: ip-link(8), `delete`.
---
--- ```lua
--- macvlan.remove("guest0")
--- ```
---@param name string The name of the macvlan.
---@param options? gscript.macvlan.remove.options
---@return any
function macvlan.remove(name, options) end

---@class gscript.netns
netns = {}

--- Creates a network namespace, which has only a loopback link that is down.
---
--- A namespace that exists is kept. The namespace exists until the next reboot; if the run
--- fails, it is removed when the run cleans up.
---
--- Source: ip-netns(8), network_namespaces(7).
---
--- ```lua
--- netns.create("guest")
--- ```
---@param name string The name of the namespace.
---@return any
function netns.create(name) end

--- Removes a network namespace, with the links that were created in it.
---
--- Network cards in it return to the initial namespace. Processes in it keep running, without
--- these links.
---
--- Source: ip-netns(8), network_namespaces(7).
---
--- ```lua
--- netns.remove("guest")
--- ```
---@param name string The name of the namespace.
---@return any
function netns.remove(name) end

--- Lists the names of the network namespaces.
---
--- Source: ip-netns(8).
---
--- ```lua
--- local names = netns.list()
--- ```
---@return any
function netns.list() end

---@class gscript.cgroup
cgroup = {}

--- Returns the version of control groups that is mounted.
---
--- Returns `v1`, `v2`, `hybrid` (version 1 with version 2 beside it), or `none`.
---
--- Source: cgroups(7), mount(8).
---
--- ```lua
--- local version = cgroup.version()
--- ```
---@return any
function cgroup.version() end

--- Lists the controllers of a control group.
---
--- Returns a list of names: for `/` the controllers that groups can get, for another group
--- those that limit it. `io` is the name of `blkio` of version 1.
---
--- Source: cgroups(7), "Cgroups version 2 controllers".
---
--- ```lua
--- local controllers = cgroup.controllers("/")
--- ```
---@param group string The path of the group.
---@return any
function cgroup.controllers(group) end

---@class gscript.cgroup.create.options
---@field controllers? ("cpu"|"cpuset"|"io"|"memory"|"pids"|"hugetlb"|"devices")[] The controllers that limit the group. By default none: the group can be frozen and killed.

--- Creates a control group.
---
--- In version 2, enables the controllers in the groups above it. In version 1, creates the
--- group in the hierarchy of each controller, and of `freezer`; a new `cpuset` gets the
--- processors and memory nodes of the group above. A group that exists is kept if it has the
--- controllers.
---
--- When the run cleans up, its processes move to the group above, the group is removed, and
--- controllers that no other group uses are disabled again. Groups end with a reboot.
---
--- Source: cgroups(7); Documentation/admin-guide/cgroup-v2.rst of the kernel.
---
--- ```lua
--- cgroup.create("build", { controllers = {"memory", "pids"} })
--- ```
---@param group string The path of the group. The group above it must exist.
---@param options? gscript.cgroup.create.options
---@return any
function cgroup.create(group, options) end

--- Removes a control group that has no processes and no groups in it.
---
--- Source: cgroups(7).
---
--- ```lua
--- cgroup.create("done")
--- cgroup.remove("done")
--- ```
---@param group string The path of the group.
---@return any
function cgroup.remove(group) end

---@class gscript.cgroup.set.io_max
---@field device string The device, which is not a partition.
---@field rbps? string The most bytes that are read in a second.
---@field wbps? string The most bytes that are written in a second.
---@field riops? string The most read operations in a second.
---@field wiops? string The most write operations in a second.

---@class gscript.cgroup.set.options
---@field memory_max? string The most memory, including caches.
---@field memory_high? string The memory from which processes are slowed down (version 2).
---@field swap_max? string The most swap (version 2).
---@field pids_max? string The most processes and threads.
---@field cpu_weight? string The share of processor time, compared with groups beside it; 100 by default.
---@field cpu_quota? string The most processor time, in percent of one processor.
---@field io_weight? string The share of the throughput of disks, compared with groups beside it (version 2).
---@field io_max? gscript.cgroup.set.io_max[] The most throughput of devices; in version 1, what passes through the page cache is not limited when it is written.
---@field cpus? string The processors that the group may use.
---@field mems? string The memory nodes that the group may use.

--- Limits a control group.
---
--- Each limit is read back from the kernel, which rounds memory down to whole pages. Returns
--- the limits that were set, as `cgroup.get` does. Processes of the group that use more than a
--- new `memory_max` are killed by the kernel, and lose what they have not saved.
---
--- When the run cleans up, the limits before are restored. Limits end with the group.
---
--- Source: cgroups(7); Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the kernel.
---
--- ```lua
--- cgroup.create("small", { controllers = {"memory", "pids", "cpu"} })
--- cgroup.set("small", { memory_max = "512M", pids_max = 100, cpu_quota = 150 })
--- cgroup.create("slow", { controllers = {"io"} })
--- cgroup.set("slow", { io_max = {{ device = "/dev/sda", rbps = "10M", wiops = 100 }} })
--- ```
---@param group string The path of the group.
---@param options? gscript.cgroup.set.options
---@return any
function cgroup.set(group, options) end

--- Returns the limits of a control group.
---
--- Returns a map with `memory_max`, `memory_high` and `swap_max` (in bytes), `pids_max`,
--- `cpu_weight`, `cpu_quota` (in percent of one processor), `io_weight`, `io_max` (a list of
--- maps with `device`, `rbps`, `wbps`, `riops` and `wiops`), `cpus` and `mems`. A limit that is
--- not set, or that the kernel does not have, is nil.
---
--- Source: cgroups(7).
---
--- ```lua
--- local limits = cgroup.get("/")
--- ```
---@param group string The path of the group.
---@return any
function cgroup.get(group) end

--- Moves a process to a control group.
---
--- Its limits apply to the process and to all processes that it starts from now on, in every
--- hierarchy in which the group exists. When the run cleans up, the process moves back.
---
--- Source: cgroups(7).
---
--- ```lua
--- cgroup.create("quiet")
--- cgroup.add_process("quiet", 4711)
--- ```
---@param group string The path of the group.
---@param pid string The number of the process.
---@return any
function cgroup.add_process(group, pid) end

--- Lists the processes of a control group, without those of the groups in it.
---
--- Returns a list of numbers. A plan assumes those that were there when the machine was probed.
---
--- Source: cgroups(7).
---
--- ```lua
--- local pids = cgroup.processes("/")
--- ```
---@param group string The path of the group.
---@return any
function cgroup.processes(group) end

--- Returns what a control group uses.
---
--- Returns a map with `memory` and `memory_peak` (in bytes), `oom_kills` (how many processes
--- were killed at the limit), `pids` (processes and threads), `pids_refused` (how often a
--- process could not be started at the limit), and `cpu_ms` (used processor time in
--- milliseconds). What the kernel does not count, or the group has no controller for, is nil.
---
--- Source: cgroups(7); Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the kernel.
---
--- ```lua
--- local used = cgroup.stat("/")
--- ```
---@param group string The path of the group.
---@return any
function cgroup.stat(group) end

--- Stops the processes of a control group and of the groups in it, and waits until they are
--- stopped.
---
--- A frozen group that contains gscript itself is refused. When the run cleans up, the
--- processes run again.
---
--- Source: cgroups(7); Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst of the kernel.
---
--- ```lua
--- cgroup.create("pause")
--- cgroup.freeze("pause")
--- ```
---@param group string The path of the group.
---@return any
function cgroup.freeze(group) end

--- Lets the processes of a frozen control group run again.
---
--- Source: cgroups(7).
---
--- ```lua
--- cgroup.create("wake")
--- cgroup.thaw("wake")
--- ```
---@param group string The path of the group.
---@return any
function cgroup.thaw(group) end

--- Kills all processes of a control group and of the groups in it, and waits until they have
--- ended.
---
--- They lose what they have not saved, so the name of the group has to be approved like that of
--- a disk (`--destroy NAME`). No process escapes by starting others. A group that contains
--- gscript itself is refused.
---
--- Source: cgroups(7), `cgroup.kill`.
---
--- ```lua
--- cgroup.create("jobs")
--- cgroup.kill("jobs")
--- ```
---@param group string The path of the group.
---@return any
function cgroup.kill(group) end

---@class gscript.cgroup.device_allow.options
---@field basic? boolean Whether to allow `/dev/null`, `zero`, `full`, `random`, `urandom` and `tty`, too, which most programs need.

--- Allows the processes of a control group to open and make only these devices.
---
--- All other devices are refused by the kernel, to root as well: to open and make them, and to
--- mount them or swap to them. Devices that are open already stay open. In version 2, a filter
--- is added, and a device must be allowed by all filters of the group and of those above it. In
--- version 1, the list of the group is replaced; it needs the controller `devices`.
---
--- Source: Documentation/admin-guide/cgroup-v2.rst ("Device controller") and
--- cgroup-v1/devices.rst of the kernel; bpf(2).
---
--- ```lua
--- cgroup.create("jail", { controllers = {"devices"} })
--- cgroup.device_allow("jail", {"/dev/sda"})
--- ```
---@param group string The path of the group.
---@param devices string[] The devices.
---@param options? gscript.cgroup.device_allow.options
---@return any
function cgroup.device_allow(group, devices, options) end

---@class gscript.lxc
lxc = {}

---@class gscript.lxc.create.options
---@field template? string The template of lxc-create, such as `busybox` or `download`.
---@field arguments? string[] Arguments for the template.
---@field bridge? string The bridge that its network card `eth0` is connected to. By default it has no network but loopback.
---@field address? string The address of `eth0`. By default the guest configures it, for example with DHCP.
---@field gateway? string The gateway of the default route.
---@field hwaddr? string The MAC address of `eth0`; by default one that the name and path determine.
---@field read_only? string[] Directories of this system that the guest sees at the same place and cannot change. On ext4, xfs, btrfs and f2fs they are mounted with mapped identifiers: what belongs to root here belongs to root in the guest. On other filesystems the owners have no names there.
---@field privileged? boolean Whether root in the guest is root of this system.
---@field autostart? boolean Whether a service that starts all such guests starts it (lxc-autostart(1)).
---@field path? string The directory of the guests.

--- Creates a guest of LXC.
---
--- Without `template`, the guest has the files that are in `PATH/NAME/rootfs`, for example those of an unpacked stage3, and
--- its configuration is written to `PATH/NAME/config`. With `template`, lxc-create makes the files; the configuration that
--- it begins with is kept in `/etc/lxc/NAME.conf`.
---
--- Root in the guest is not root of this system: the users and groups of the guest are the first 65,536 subordinate
--- identifiers of root in `/etc/subuid` and `/etc/subgid`. An unpacked root keeps its owners, and is mounted with mapped
--- identifiers, which ext4, xfs and btrfs support since Linux 5.12 to 5.19. With `privileged: true`, root in the guest is
--- root of this system, without some capabilities and devices: use it only for guests whose users you trust.
---
--- A guest that exists is kept if its configuration has these settings, and refused otherwise.
---
--- Source: lxc-create(1), lxc.container.conf(5); guide LX 2, 9 to 13, 20.
---
--- ```lua
--- bridge.create("guests0")
--- lxc.create("web", { template = "busybox", bridge = "guests0", address = "10.0.9.2/24" })
--- ```
---@param name string The name of the guest.
---@param options? gscript.lxc.create.options
---@return any
function lxc.create(name, options) end

--- Converts a configuration of LXC to the keys of today.
---
--- LXC 3 and later refuse files with keys such as `lxc.network.ipv4`, `lxc.tty` and `lxc.utsname`, which guides still name.
--- Each `lxc.network.type` begins a network card, and its settings get the number of the card. A root gets its type, and
--- keys without a successor are removed. Comments and all other lines are unchanged, and included files are not converted.
--- The plan shows the difference. Undo restores the previous file.
---
--- Source: lxc.container.conf(5), lxc-update-config(1); guide LX 9, 18.
---
--- ```lua
--- file.write("/etc/lxc/old.conf", "lxc.network.type = empty\nlxc.tty = 4\n")
--- lxc.convert("/etc/lxc/old.conf")
--- ```
---@param file string The file, for example `/var/lib/lxc/web/config`.
---@return any
function lxc.convert(file) end

---@class gscript.lxc.limits.options
---@field memory_max? string The most memory, including caches.
---@field swap_max? string The most swap (version 2).
---@field pids_max? string The most processes and threads.
---@field cpu_weight? string The share of processor time, compared with other guests; 100 by default.
---@field cpu_quota? string The most processor time, in percent of one processor.
---@field path? string The directory of the guests.

--- Limits a guest.
---
--- The limits are set in the configuration of the guest with the keys of the version of control groups that this system
--- has, because LXC ignores those of the other one with a warning. A guest that runs is limited at once, and the limits are
--- read back from the kernel. Limits that are not given are kept.
---
--- All processes of the guest together have these limits. Limits that the guest sets for its own services act only if its
--- init makes control groups below its own: systemd does, OpenRC as the first process does not.
---
--- Source: lxc.container.conf(5), "CONTROL GROUPS"; cgroups(7); guide LX 3.
---
--- ```lua
--- lxc.create("small", { template = "busybox" })
--- lxc.limits("small", { memory_max = "512M", pids_max = 200, cpu_quota = 150 })
--- ```
---@param name string The name of the guest.
---@param options? gscript.lxc.limits.options
---@return any
function lxc.limits(name, options) end

---@class gscript.lxc.start.options
---@field path? string The directory of the guests.

--- Starts a guest in the background.
---
--- Waits until its first process runs, and reads its limits back from the kernel: LXC ignores limits that the control groups
--- of this system do not have. The log of the start is `/var/log/lxc/NAME.log`; its last lines are shown if the start fails.
---
--- A guest that runs is unchanged. When the run cleans up, the guest is stopped, and killed after 10 seconds.
---
--- Source: lxc-start(1), lxc-cgroup(1); guide LX 15, 20.
---
--- ```lua
--- lxc.create("daily", { template = "busybox" })
--- lxc.start("daily")
--- ```
---@param name string The name of the guest.
---@param options? gscript.lxc.start.options
---@return any
function lxc.start(name, options) end

---@class gscript.lxc.stop.options
---@field timeout? string How long to wait for the shutdown, in seconds.
---@field kill? boolean Whether to kill the processes that are left then.
---@field path? string The directory of the guests.

--- Stops a guest.
---
--- Its init gets the signal for an orderly shutdown; nothing else on this system is shut down. If it has not ended after
--- `timeout`, the call fails, or, with `kill`, all of its processes are killed and lose what they have not saved: then the
--- name of the guest has to be approved like that of a disk (`--destroy NAME`). A guest that does not run is unchanged.
---
--- Source: lxc-stop(1); guide LX 2, 15.
---
--- ```lua
--- lxc.create("evening", { template = "busybox" })
--- lxc.start("evening")
--- lxc.stop("evening")
--- ```
---@param name string The name of the guest.
---@param options? gscript.lxc.stop.options
---@return any
function lxc.stop(name, options) end

---@class gscript.lxc.freeze.options
---@field path? string The directory of the guests.

--- Stops all processes of a guest until it is thawed.
---
--- When the run cleans up, they run again.
---
--- Source: lxc-freeze(1); guide LX 4.
---
--- ```lua
--- lxc.create("pause", { template = "busybox" })
--- lxc.start("pause")
--- lxc.freeze("pause")
--- ```
---@param name string The name of the guest.
---@param options? gscript.lxc.freeze.options
---@return any
function lxc.freeze(name, options) end

---@class gscript.lxc.thaw.options
---@field path? string The directory of the guests.

--- Lets the processes of a frozen guest run again.
---
--- Source: lxc-unfreeze(1); guide LX 4.
---
--- ```lua
--- lxc.create("wake", { template = "busybox" })
--- lxc.start("wake")
--- lxc.freeze("wake")
--- lxc.thaw("wake")
--- ```
---@param name string The name of the guest.
---@param options? gscript.lxc.thaw.options
---@return any
function lxc.thaw(name, options) end

---@class gscript.lxc.attach.options
---@field check? boolean Whether an exit code other than 0 is an error.
---@field path? string The directory of the guests.

--- Runs a program in a guest that runs.
---
--- It runs as root of the guest, in all of its namespaces and with its limits, and gets nothing of the environment of this
--- system but the variable PATH for system programs. Returns a map with `code`, its exit code, and `stdout`, what it printed.
---
--- Source: lxc-attach(1); guide LX 14, 18.
---
--- ```lua
--- lxc.create("inside", { template = "busybox" })
--- lxc.start("inside")
--- local kernel = lxc.attach("inside", {"uname", "-r"}).stdout
--- ```
---@param name string The name of the guest.
---@param argv string[] The program and its arguments. No shell is involved.
---@param options? gscript.lxc.attach.options
---@return any
function lxc.attach(name, argv, options) end

---@class gscript.lxc.info.options
---@field path? string The directory of the guests.

--- Returns what a guest is and does.
---
--- Returns a map with `exists`, `state` (`"stopped"`, `"running"`, `"frozen"`, or nil if it does not exist), `init` (the
--- number of its first process on this system, or nil), `rootfs` (the directory of its files), and the configured limits
--- `memory_max` (in bytes), `pids_max` and `cpu_quota` (in percent of one processor), which are nil if there are none.
---
--- Source: lxc-info(1), lxc.container.conf(5).
---
--- ```lua
--- local running = lxc.info("web").state == "running"
--- ```
---@param name string The name of the guest.
---@param options? gscript.lxc.info.options
---@return any
function lxc.info(name, options) end

---@class gscript.lxc.destroy.options
---@field path? string The directory of the guests.

--- Removes a guest with all of its files.
---
--- The name of the guest has to be approved like that of a disk (`--destroy NAME`). A guest that runs is refused, as is one
--- that has snapshots or that others are clones of. The configuration in `/etc/lxc` that a template began with is kept.
---
--- Source: lxc-destroy(1).
---
--- ```lua
--- lxc.create("gone", { template = "busybox" })
--- lxc.destroy("gone")
--- ```
---@param name string The name of the guest.
---@param options? gscript.lxc.destroy.options
---@return any
function lxc.destroy(name, options) end

---@class gscript.virtiofs
virtiofs = {}

--- Returns the virtiofsd that gscript uses on this system.
---
--- There are two programs with this name: one in C, part of QEMU until 7.2, and one in Rust. Both are searched for in the search path
--- and in the directories of Gentoo, Debian and Arch, and are told apart by what they print as their version.
---
--- Returns a map with `path`, `implementation` (`"c"` or `"rust"`) and `version`, which are nil if there is none or if it is unknown, and
--- `xattrmap`, the map of extended attributes that `virtiofs.share` chooses for it: before 1.14, a map that renames `security.`
--- makes every change of the owner of a symbolic link fail.
---
--- Source: virtiofsd(1), `--version`; guide VF 2, 9, 13.
---
--- ```lua
--- print(virtiofs.daemon().version)
--- ```
---@return any
function virtiofs.daemon() end

---@class gscript.virtiofs.share.options
---@field cache? "auto"|"always"|"never" How long the virtual machine may rely on what it has read: `auto` for a moment, `always` if nothing else changes the files, `never` for not at all.
---@field sandbox? "namespace"|"chroot" What confines virtiofsd to the directory: namespaces of its own, or only chroot(2), for a system that allows no namespaces.
---@field acl? boolean Whether the virtual machine has ACLs (acl(5)).
---@field xattrmap? string The map of extended attributes, in place of the one for the version of virtiofsd.
---@field group? string The group that may open the socket besides root: that of the user of `qemu.start`.

--- Shares a directory with one virtual machine by virtiofsd, until that machine ends.
---
--- Starts virtiofsd in the background with the options of the version that is there, waits for the socket, and returns its path, for
--- `qemu.start`. The virtual machine can change all files in the directory, but cannot leave it. It gets extended attributes, ACLs, and a
--- map of attributes with which capabilities of files and changes of owner work (see `virtiofs.daemon`). Messages of virtiofsd are in
--- `SOCKET.log`; the last lines are shown if it does not start.
---
--- The root of the running system is refused, as is a filesystem without extended attributes. A directory that is shared
--- on this socket is unchanged. When the run cleans up, virtiofsd is ended and its socket removed.
---
--- Source: virtiofsd(1), xattr(7); guide VF 1, 2, 9.
---
--- ```lua
--- file.make_dir("/srv/web")
--- local socket = virtiofs.share("/srv/web", "/run/virtiofs/web.sock")
--- ```
---@param directory string The directory.
---@param socket string The socket that virtiofsd makes.
---@param options? gscript.virtiofs.share.options
---@return any
function virtiofs.share(directory, socket, options) end

--- Tries in a directory what the root filesystem of Gentoo needs.
---
--- Run it in the virtual machine, on the shared filesystem: what works depends on virtiofsd and its options. Makes a directory in the given one
--- and removes it again.
---
--- Returns a map with `ok`, `results` and `causes`. `results` has one entry for each of `chown_link` (the owner of a symbolic link changes),
--- `chown_file`, `device_node`, `capability` (of a file), `acl` and `user_attribute`: `"ok"`, or the error of the kernel. `causes` lists what
--- is known about the failures, with the version of virtiofsd that they come from and the remedy.
---
--- Source: capabilities(7), acl(5), xattr(7); guide VF 8 to 10.
---
--- ```lua
--- print(virtiofs.probe("/mnt/old").causes)
--- ```
---@param directory string The directory.
---@return any
function virtiofs.probe(directory) end

---@class gscript.qemu
qemu = {}

---@class gscript.qemu.start.options
---@field kernel? string The kernel to boot. By default the firmware boots the first disk.
---@field initrd? string The initramfs of the kernel.
---@field append? string The command line of the kernel.
---@field memory? string|integer The memory.
---@field cpus? string The number of processors.
---@field shares? string The shares, from tags to the sockets that `virtiofs.share` has returned.
---@field disks? string[] Raw image files, which the guest sees as `/dev/vda`, `/dev/vdb` and so on.
---@field tap? string The tap that its network card is connected to. By default it has none.
---@field hwaddr? string The MAC address of the network card.
---@field user? string The user of the process of QEMU; by default the user that runs the program.
---@field path? string The directory of the virtual machines.

--- Starts a virtual machine of QEMU in the background.
---
--- It uses KVM if that works: a few instructions are run first, because `/dev/kvm` exists where it does not work, too. Otherwise its processor is
--- emulated, which is about ten times slower. Returns `"kvm"` or `"tcg"`.
---
--- The memory is shared, as virtiofsd needs it. What the guest prints on its serial console (`console=ttyS0`) is in `PATH/NAME/console.log`, the
--- messages of QEMU in `PATH/NAME/qemu.log`, the monitor (QMP) is `PATH/NAME/monitor`, the command that started it is in
--- `PATH/NAME/qemu.command`. A guest that reboots ends.
---
--- QEMU cannot start programs, change its user or its limits (`-sandbox`). With `user` it is a process of that user, who then owns
--- `PATH/NAME`, and needs the right to read and write the disks, to open the sockets of the shares (`group` of `virtiofs.share`) and the tap, and,
--- for KVM, `/dev/kvm`.
---
--- A virtual machine that runs is unchanged. When the run cleans up, it is told to shut down, and ended after 10 seconds.
---
--- Source: qemu-system-x86_64(1); guide VF 6.
---
--- ```lua
--- file.write("/boot/vmlinuz-guest", "kernel")
--- qemu.start("web", { kernel = "/boot/vmlinuz-guest", append = "console=ttyS0", memory = "512M" })
--- ```
---@param name string The name of the virtual machine.
---@param options? gscript.qemu.start.options
---@return any
function qemu.start(name, options) end

---@class gscript.qemu.stop.options
---@field timeout? string How long to wait for the shutdown, in seconds.
---@field kill? boolean Whether to end it then.
---@field path? string The directory of the virtual machines.

--- Stops a virtual machine.
---
--- Presses its power button by the monitor, and waits until it has shut down. If it has not after `timeout`, the call fails, or, with `kill`,
--- QEMU is told to quit and, if it does not, killed: then the guest loses what it has not written, and its name has to be approved like that of a disk
--- (`--destroy NAME`). Returns what ended it: `"powerdown"`, `"quit"` or `"kill"`. One that does not run is unchanged.
---
--- A guest without a service for the power button (acpid, systemd-logind) does not shut down.
---
--- Source: qemu-qmp-ref(7), `system_powerdown`, `quit`.
---
--- ```lua
--- qemu.start("evening")
--- qemu.stop("evening")
--- ```
---@param name string The name of the virtual machine.
---@param options? gscript.qemu.stop.options
---@return any
function qemu.stop(name, options) end

---@class gscript.qemu.info.options
---@field path? string The directory of the virtual machines.

--- Returns what a virtual machine is and does.
---
--- Returns a map with `exists`, `state` (`"stopped"`, `"running"`, or nil if it does not exist), `process` (the number of the process of QEMU, or
--- nil), `console` (the file with what it prints on its serial console) and `monitor` (its socket for QMP).
---
--- Source: qemu-system-x86_64(1).
---
--- ```lua
--- local running = qemu.info("web").state == "running"
--- ```
---@param name string The name of the virtual machine.
---@param options? gscript.qemu.info.options
---@return any
function qemu.info(name, options) end

---@class gscript.libvirt
libvirt = {}

---@class gscript.libvirt.domain_xml.options
---@field binary? string The program in place of virtiofsd.
---@field cache? "auto"|"always"|"never" How long the guest may rely on what it has read; by default virtiofsd decides.
---@field sandbox? "namespace"|"chroot" What confines virtiofsd; by default namespaces.

--- Adds a share of virtiofs to the description of a virtual machine for libvirt.
---
--- A share with the same tag is replaced. The memory of the virtual machine becomes shared (memfd), without which libvirt refuses the share. Everything
--- else in the file is unchanged, with comments, order and white space. Load it with `virsh define FILE`. Undo restores the previous file.
---
--- libvirt has no option for the map of extended attributes. Where one is needed (see `virtiofs.daemon`), give a script as `binary` that starts
--- virtiofsd with it: `exec /usr/libexec/virtiofsd "$@" --xattrmap MAP`.
---
--- Source: <https://libvirt.org/formatdomain.html#filesystems>; guide VF 1, 2.
---
--- ```lua
--- file.write("/root/web.xml", "<domain type='kvm'><name>web</name><devices/></domain>")
--- libvirt.domain_xml("/root/web.xml", "/srv/web", "fs", { binary = "/usr/local/bin/wrapper-virtiofsd" })
--- ```
---@param file string The file with the description.
---@param directory string The directory to share.
---@param tag string The tag with which the guest mounts it.
---@param options? gscript.libvirt.domain_xml.options
---@return any
function libvirt.domain_xml(file, directory, tag, options) end

---@class gscript.uml
uml = {}

---@class gscript.uml.image.options
---@field tree? string The directory with the files of the filesystem; without one it is empty.
---@field swap? boolean Whether the image has swap space instead of a filesystem.
---@field owner? string The owner of the file, which is the user of the guest; by default the user that runs the program.

--- Creates an image of a disk of a guest, and returns the UUID of what is in it.
---
--- The image has an ext4 filesystem with the files of a directory, with their owners and modes, or swap space. Nothing is mounted. The file is
--- sparse: it takes up only the space that has been written to. A file that exists is refused. Undo removes the file.
---
--- Source: mke2fs(8), mkswap(8); guide UM 1.
---
--- ```lua
--- uml.image("/var/lib/uml/web/root.img", "3G", { tree = "/mnt/old" })
--- uml.image("/var/lib/uml/web/swap.img", "512M", { swap = true })
--- ```
---@param path string The path of the file, which must not exist yet.
---@param size string|integer The size of the image.
---@param options? gscript.uml.image.options
---@return any
function uml.image(path, size, options) end

---@class gscript.uml.start.options
---@field memory? string|integer Its memory.
---@field taps? string[] Tap devices of that user, each for a network card of the guest.
---@field kernel? string The kernel.
---@field append? string[] Further words for the command line of the kernel, such as `init=/bin/sh`.
---@field tmp? string The directory of the file with the memory of the guest, if it must not be `/dev/shm`.
---@field allow_root? boolean Allows root as the user. Root of the guest can then use all files of this system (hostfs).
---@field path? string The directory of the guests.

--- Starts a guest in the background, as an ordinary user.
---
--- The directory of the guest, `PATH/NAME`, must belong to that user. Waits until the kernel of the guest answers on its management console. The
--- output of the kernel and of the first console goes to the file `console.log` in that directory, whose last lines are shown if the start fails; the
--- console tty1 is a terminal of this system (`uml.console`). The guest has a session of its own, and runs on when the run has succeeded.
---
--- The first disk is the root, `/dev/ubda`; further ones are `/dev/ubdb` and so on. Images must not be in the directory `run`, where the kernel
--- removes all files of its own when it ends. Tap devices are `vec0`, `vec1` … in the guest, or `eth0` … with a kernel that only has the older driver;
--- their MAC addresses are fixed by the directory of the guest.
---
--- A kernel cannot run in a guest of User Mode Linux, such as the virtual machine of `gscript try`: the call is refused there.
---
--- A guest that runs is unchanged. When the run cleans up, the guest is stopped: by ctrl-alt-del, after 10 seconds by halting it, and if it does not
--- answer by killing it.
---
--- Source: guide UM 8 to 12; `Documentation/virt/uml/user_mode_linux_howto_v2.rst`.
---
--- ```lua
--- uml.start("daily", {"/var/lib/uml/daily/root.img", "/var/lib/uml/daily/swap.img"}, "alice", { memory = "256M" })
--- ```
---@param name string The name of the guest.
---@param disks string[] The images of its disks; the first is the root.
---@param user string The user of the guest's processes on this system.
---@param options? gscript.uml.start.options
---@return any
function uml.start(name, disks, user, options) end

---@class gscript.uml.stop.options
---@field timeout? string How long to wait for the shutdown, in seconds.
---@field kill? boolean Whether to kill the processes of a guest that nothing else stops.
---@field path? string The directory of the guests.

--- Stops a guest, and returns what ended it: `"ctrl-alt-del"`, `"halt"`, `"kill"`, or `"nothing"` if it did not run.
---
--- Its kernel gets ctrl-alt-del on the management console, which `/etc/inittab` of the guest turns into a shutdown. If it has not ended after
--- `timeout`, it is told to write its data, to remount its filesystems read-only, and to halt: its processes end and lose what they have not
--- saved. If the kernel does not answer at all, the call fails, or, with `kill`, its processes are killed: then the name of the guest has to be
--- approved like that of a disk (`--destroy NAME`).
---
--- Source: guide UM 13; `Documentation/virt/uml/user_mode_linux_howto_v2.rst`.
---
--- ```lua
--- uml.start("evening", {"/var/lib/uml/evening/root.img"}, "alice")
--- uml.stop("evening")
--- ```
---@param name string The name of the guest.
---@param options? gscript.uml.stop.options
---@return any
function uml.stop(name, options) end

---@class gscript.uml.mconsole.options
---@field path? string The directory of the guests.

--- Sends a command to the management console of a guest that runs, and returns the answer.
---
--- The kernel of the guest must answer within 5 seconds. An answer that reports an error is one. Commands that end or restart the guest are refused;
--- use `uml.stop`.
---
--- Source: uml_mconsole(1); guide UM 13.
---
--- ```lua
--- uml.start("asked", {"/var/lib/uml/asked/root.img"}, "alice")
--- local kernel = uml.mconsole("asked", "version")
--- ```
---@param name string The name of the guest.
---@param command string The command, such as `version`, `config mem` or `sysrq s`.
---@param options? gscript.uml.mconsole.options
---@return any
function uml.mconsole(name, command, options) end

---@class gscript.uml.console.options
---@field path? string The directory of the guests.

--- Returns where the consoles of a guest are.
---
--- Returns a map with `log` (the file with the output of the kernel and of the first console) and `terminal` (the terminal on this system that is
--- the console tty1 of the guest, or nil if the guest does not run). To use it, run `screen` with the name of the terminal.
---
--- Source: guide UM 3.
---
--- ```lua
--- print(uml.console("web").log)
--- ```
---@param name string The name of the guest.
---@param options? gscript.uml.console.options
---@return any
function uml.console(name, options) end

---@class gscript.uml.info.options
---@field path? string The directory of the guests.

--- Returns what a guest is and does.
---
--- Returns a map with `exists`, `state` (`"stopped"` or `"running"`, or nil if it does not exist), `process` (the number of its kernel's process, or
--- nil), and `disks` (the images that its kernel uses). A guest is a directory with `root.img`, or in which `uml.start` has been used.
---
--- Source: guide UM 11, 14.
---
--- ```lua
--- local running = uml.info("web").state == "running"
--- ```
---@param name string The name of the guest.
---@param options? gscript.uml.info.options
---@return any
function uml.info(name, options) end

---@class gscript.distcc
distcc = {}

---@class gscript.distcc.account.options
---@field home? string The home directory.
---@field shell? string The login shell; by default, the shell and the password are unchanged.
---@field user? string The name of the account.

--- Gives the account of distcc a home directory, and a shell on compile nodes.
---
--- sshd starts the forced command of a key by the shell of the account, and refuses a locked one
--- (`!` in shadow(5)). Such an account gets `*` instead, which no password matches: it is not
--- locked, and only a key can log in. Undo restores the previous home directory and shell.
---
--- Source: usermod(8); sshd(8), "AUTHENTICATION"; guide DS 1, 2 and 8.
---
--- ```lua
--- system.user("/mnt/old", "distcc")
--- distcc.account("/mnt/old", { shell = "/bin/bash" })
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param options? gscript.distcc.account.options
---@return any
function distcc.account(root, options) end

--- Generates the ed25519 key with which the front end logs in on compile nodes, without a
--- passphrase, unless it exists.
---
--- The public key is in the same file with `.pub` at its end. distcc cannot type a passphrase, so
--- the nodes must limit what the key may do: `distcc::node_script`. Undo removes both files.
---
--- Source: ssh-keygen(1); guide DS 3.
---
--- ```lua
--- distcc.key("/mnt/old", "/root/id_distcc")
--- ```
---@param root string The mount point of the system; `/` for the running system.
---@param path string The file of the key, in a directory that exists.
---@return any
function distcc.key(root, path) end

--- Returns the shell script that a compile node runs for the key of the front end, whatever the
--- front end requests.
---
--- It starts `distccd --inetd` without the option that would permit every program, so that only
--- the compilers below `/usr/lib/distcc` run. If the kernel lets users have namespaces, they have
--- no network, see no other process, and have empty directories for temporary files and in place
--- of `/home`, `/root` and the home directory of distcc. If `distcc::limits_script` is installed,
--- everything runs in the control group of its service, and nothing runs without the service. The
--- script also answers `node-info` (the processors, the compiler, whether it is confined that way,
--- and whether its control group limits memory and processes) and `log` (the end of
--- `/var/log/distcc/distccd.log`). Anything else is refused.
---
--- Source: sshd(8), `command="…"`; distccd(1); unshare(1); guide DS 18.
---
--- ```lua
--- file.write("/etc/distcc/distcc-node", distcc.node_script(), { root = "/mnt/old", mode = "0755" })
--- ```
---@return any
function distcc.node_script() end

--- Returns the Python program that runs the compilations of a node in the control group of a
--- service, as `/etc/distcc/distcc-jobs`.
---
--- sshd starts the forced command of a key in its own control group, and only root may move a
--- process into another one. Therefore the script of `distcc::node_script` passes its input,
--- output and errors to the service (`distcc-jobs serve`, as the user distcc), which runs the rest
--- of the script, and ends it with the session. The limits are those of the service: the recipe
--- `distcc-ssh` sets them for OpenRC and systemd.
---
--- Source: cgroups(7), "Control group version 2"; unix(7), `SCM_RIGHTS`; guide DS 18.
---
--- ```lua
--- file.write("/etc/distcc/distcc-jobs", distcc.limits_script(), { root = "/mnt/old", mode = "0755" })
--- ```
---@return any
function distcc.limits_script() end

---@class gscript.distcc.scan_host.options
---@field approved? string The fingerprint that the key must have.

--- Asks a machine for its ed25519 host key.
---
--- Returns a map with `fingerprint` (as `ssh-keygen -l` shows it) and `line` (the line for
--- `known_hosts`). What answers may be another machine: compare the fingerprint with that on the
--- console of the node, and give it as `approved`; any other key is then refused. Only the run
--- knows the key: in the plan, `line` is a placeholder.
---
--- Source: ssh-keyscan(1); guide DS 9 and 10.
---
--- ```lua
--- local key = distcc.scan_host("node1")
--- distcc.scan_host("node1", { approved = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU" })
--- ```
---@param host string The name or IPv4 address of the machine.
---@param options? gscript.distcc.scan_host.options
---@return any
function distcc.scan_host(host, options) end

--- Returns the processors and the compiler of the running system, as `distcc.node_info` does of
--- a node; `confined` and `limited` are nil.
---
--- Source: gcc(1), `-dumpfullversion` and `-dumpmachine`.
---
--- ```lua
--- local own = distcc.compiler()
--- ```
---@return any
function distcc.compiler() end

---@class gscript.distcc.node_info.options
---@field user? string The account on the node.
---@field ssh? string The script that starts ssh with the key and the known hosts of distcc.

--- Asks a compile node for its processors and its compiler, over SSH.
---
--- Returns a map with `host`, `processors`, `version` and `target` (of gcc), `confined`: whether
--- compilers run without the network and private files, and `limited`: whether the control group
--- of compilers has a limit of memory and of processes. The node answers with the script of
--- `distcc::node_script`. A host key that is unknown or has changed is refused; ssh asks no
--- questions.
---
--- Source: gcc(1), `-dumpfullversion` and `-dumpmachine`; guide DS 7 and 12.
---
--- ```lua
--- local node = distcc.node_info("node1")
--- ```
---@param host string The name or IPv4 address of the node.
---@param options? gscript.distcc.node_info.options
---@return any
function distcc.node_info(host, options) end

--- Returns the flags for the processor of this machine that gcc chooses for `-march=native`, as a
--- string.
---
--- distcc compiles with `-march=native` only on the front end, because each node would choose its
--- own processor. The flags are `-march`, `-mtune`, the instructions that differ from those of
--- that `-march`, and the sizes of caches. They are compared with `-march=native` by gcc itself;
--- the string is empty if gcc would not compile the same, or does not know `-march=native`.
---
--- gcc runs confined: it cannot write files or use the network, so the query needs no approval,
--- and also answers while a run is planned.
---
--- Source: gcc(1), `-march`, `-Q` and `--help=target`.
---
--- ```lua
--- local flags = distcc.native_flags()
--- ```
---@return any
function distcc.native_flags() end

---@class gscript.distcc.hosts.own
---@field host string The name or IPv4 address of the machine.
---@field processors string The number of processors.
---@field version string The version of gcc.
---@field target string The target of gcc.
---@field confined? boolean Whether compilers are confined.
---@field limited? boolean Whether the control group of compilers has limits.

---@class gscript.distcc.hosts.nodes
---@field host string The name or IPv4 address of the machine.
---@field processors string The number of processors.
---@field version string The version of gcc.
---@field target string The target of gcc.
---@field confined? boolean Whether compilers are confined.
---@field limited? boolean Whether the control group of compilers has limits.

---@class gscript.distcc.hosts.options
---@field own_jobs? string The number of jobs on the front end.
---@field limit? string The largest number of jobs on a node. A session of SSH is a job, and sshd allows 10 per connection unless `MaxSessions` sets another number.
---@field user? string The account on the nodes.

--- Returns the host list of distcc, and the number of jobs for it.
---
--- Returns a map with `hosts` (for `DISTCC_HOSTS`: this machine with `own_jobs` jobs, and each node
--- with as many jobs as it has processors, but at most `limit`) and `jobs` (their sum, for
--- `MAKEOPTS`). A node whose gcc has another version or target is refused: its object files would
--- not fit.
---
--- Source: distcc(1), "HOST SPECIFICATIONS"; guide DS 12 and 13.
---
--- ```lua
--- local list = distcc.hosts(distcc.compiler(), {distcc.node_info("node1")}, { own_jobs = 2 })
--- ```
---@param own gscript.distcc.hosts.own The front end.
---@param nodes gscript.distcc.hosts.nodes[] The nodes.
---@param options? gscript.distcc.hosts.options
---@return any
function distcc.hosts(own, nodes, options) end

---@class gscript.distcc.check.options
---@field compiler? string The compiler, by the name that the node knows it by.
---@field user? string The account on the node.
---@field ssh? string The script that starts ssh with the key and the known hosts of distcc.

--- Compiles a small file on a node, and proves by the log of the node that it was done there.
---
--- distcc compiles on the front end if a node fails, and exits with 0: here it may not
--- (`DISTCC_FALLBACK=0`), and the node is tried even if it has failed before, because distcc gets
--- an empty directory for its state. Returns a map with `host` and `line`, the line of the log. Leaves
--- nothing to undo.
---
--- Source: distcc(1), "ENVIRONMENT VARIABLES"; guide DS 16.
---
--- ```lua
--- local proof = distcc.check("node1")
--- ```
---@param host string The name or IPv4 address of the node.
---@param options? gscript.distcc.check.options
---@return any
function distcc.check(host, options) end

---@class gscript.distcc.status.options
---@field directory? string The directory with the state of distcc: below `PORTAGE_TMPDIR` for Portage.

--- Returns the compilations that distcc distributes at the moment.
---
--- Each entry is a map with `process`, `state` (`"Startup"`, `"Blocked"`, `"Connect"`,
--- `"Preprocess"`, `"Send"`, `"Compile"` or `"Receive"`), `file`, `host` and `slot` (which one of
--- the compilations that the host does at a time, from 0). They are sorted by host and slot. The
--- number of a process is that of its own namespace: with `FEATURES=pid-sandbox`, that of the
--- build.
---
--- Unlike distccmon-text, it also finds clients in other namespaces of processes and compilations
--- that take longer than a minute, and removes no state file.
---
--- Source: distcc(1), `DISTCC_DIR`; guide DS 16.
---
--- ```lua
--- local jobs = distcc.status()
--- ```
---@param options? gscript.distcc.status.options
---@return any
function distcc.status(options) end

---@class gscript.given
given = {}

--- Selects the recipe to test, by its path relative to the test file. The default is the recipe
--- beside it: `backup.test.rhai` and `backup.test.lua` test `backup.rhai` or `backup.lua`.
--- Earlier answers are discarded, because another recipe has other parameters. A following
--- `run::again()` uses the machine as the latest run of the previous recipe left it.
---
--- ```lua
--- given.recipe("backup.rhai")
--- ```
---@param path string The path of the recipe.
---@return any
function given.recipe(path) end

--- Sets the machine: a file written by `gscript probe`, the name of a file in a directory
--- `machines`, or a description. A disk has `size`, `model`, `serial`, `bus`, `sector`,
--- `removable`, `read_only`, `table` (gpt, mbr) and `parts`; a partition has `size` (or `rest`)
--- and `name`; both have `content` (a filesystem, swap, luks), `label` and `mounted`.
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

--- Sets parameters of the recipe. Another call adds to the earlier answers.
---
--- ```lua
--- given.answers({ disk = "/dev/sda", swap_size = "8G" })
--- ```
---@param values any The values by parameter name.
---@return any
function given.answers(values) end

---@class gscript.given.file.options
---@field mode? string|integer The permission bits.

--- Creates a file on the machine. The state of other files is unknown, unless a recipe has
--- written them.
---
--- The file is on the filesystem that is mounted at its path when the test begins. A filesystem
--- that the recipe mounts above it hides the file; to give a file to such a filesystem, let
--- another recipe write it first, and call `run::again()`.
---
--- ```lua
--- given.file("/etc/hostname", "live\n", { mode = "0600" })
--- ```
---@param path string The path of the file.
---@param text string The contents.
---@param options? gscript.given.file.options
---@return any
function given.file(path, text, options) end

---@class gscript.given.prints.options
---@field code? integer The exit code, if the recipe accepts every exit code of the program.
---@field after? integer The number of matching steps that come first.

--- Sets the output of a program when it is run, once; it has no effect on plans. The output of
--- other programs is unknown, and the recipe continues with the assumed value of its plan.
---
--- ```lua
--- given.prints("fsck … /dev/sda1", "clean", { code = 1 })
--- ```
---@param step string The step, or a part of it; … matches anything.
---@param text string The standard output.
---@param options? gscript.given.prints.options
---@return any
function given.prints(step, text, options) end

---@class gscript.fault
fault = {}

---@class gscript.fault.fails.options
---@field code? integer The exit code.
---@field says? string The output of the program, or the error message of the kernel.
---@field after? integer The number of matching steps that succeed first.

--- Makes a step fail: its program prints output and exits with an exit code; a step without a
--- program (a mount, a file) is refused by the kernel with this message.
---
--- ```lua
--- fault.fails("cryptsetup luksFormat", { code = 5, says = "Device /dev/sda2 is in use." })
--- ```
---@param step string The step, or a part of it; … matches anything.
---@param options? gscript.fault.fails.options
---@return any
function fault.fails(step, options) end

---@class gscript.fault.hangs.options
---@field after? integer The number of matching steps that succeed first.

--- Makes the program of a step hang until it is killed at its time limit; a program without a
--- time limit runs until Ctrl-C is pressed.
---
--- ```lua
--- fault.hangs("lvm vgcreate")
--- ```
---@param step string The step, or a part of it; … matches anything.
---@param options? gscript.fault.hangs.options
---@return any
function fault.hangs(step, options) end

---@class gscript.fault.stops.options
---@field after? integer The number of matching steps that succeed first.

--- Simulates Ctrl-C during a step.
---
--- ```lua
--- fault.stops("tar xpf")
--- ```
---@param step string The step, or a part of it; … matches anything.
---@param options? gscript.fault.stops.options
---@return any
function fault.stops(step, options) end

---@class gscript.fault.busy.options
---@field by? string A description of the process or device that uses it.
---@field after? integer The number of times that it is free first.

--- Makes a device busy when it is to be overwritten, or a mount point when it is to be
--- unmounted.
---
--- ```lua
--- fault.busy("/mnt/gentoo", { by = "bash (pid 4711) has its working directory there" })
--- ```
---@param what string The device or mount point.
---@param options? gscript.fault.busy.options
---@return any
function fault.busy(what, options) end

--- Delays the appearance of a device node. If the delay is longer than the recipe waits, the
--- step fails.
---
--- ```lua
--- fault.late("/dev/sda2", 60)
--- ```
---@param device string The device.
---@param seconds integer The delay in seconds.
---@return any
function fault.late(device, seconds) end

---@class gscript.fault.gone.options
---@field after? integer The number of times that the disk is still present when data on it is to be overwritten.

--- Removes or replaces a disk after the loss of its data has been approved.
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

--- Plans the recipe, approves its plan, and runs it on the simulated machine.
---
--- ```lua
--- run.recipe()
--- ```
---@return any
function run.recipe() end

--- Plans the recipe without running it.
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

--- Returns the steps of the latest run as a list of strings, for other expectations.
---
--- ```lua
--- local steps = run.steps()
--- ```
---@return any
function run.steps() end

---@class gscript.expect
expect = {}

--- Expects the run to reach the end of the recipe. (An unexpected failure is reported even
--- without this expectation.)
---
--- ```lua
--- expect.done()
--- ```
---@return any
function expect.done() end

---@class gscript.expect.fails.options
---@field ends? "failed"|"usage"|"refused"|"stopped" The kind of exit code.
---@field remedy? string A part of the proposed fix.
---@field says? string A part of the output of the failed tool.
---@field step? string A part of the step that failed.
---@field action? string The action that failed: its name, optionally with its object.
---@field line? string The line of the recipe, or a part of it.

--- Expects the run to fail with this error, as `gscript` would print it.
---
--- ```lua
--- expect.fails("cryptsetup failed: exit code 5", { ends = "failed", says = "in use" })
--- ```
---@param error string The message, or a part of it; … matches anything.
---@param options? gscript.expect.fails.options
---@return any
function expect.fails(error, options) end

--- Expects the recipe to print this.
---
--- ```lua
--- expect.prints("Keep the live medium at hand …")
--- ```
---@param text string A line, or a part of it; … matches anything.
---@return any
function expect.prints(text) end

--- Expects the run to print this warning.
---
--- ```lua
--- expect.warns("the header backup")
--- ```
---@param text string The warning, or a part of it; … matches anything.
---@return any
function expect.warns(text) end

--- Expects the cleanup after a failure to run exactly these commands, in this order.
---
--- ```lua
--- expect.released({"umount /mnt/gentoo", "cryptsetup close hdd_sda2"})
--- ```
---@param commands string[] The commands.
---@return any
function expect.released(commands) end

--- Expects the run to leave no additional mounts, active swap, open containers or active
--- volumes.
---
--- ```lua
--- expect.nothing_left()
--- ```
---@return any
function expect.nothing_left() end

---@class gscript.expect.steps.options
---@field action? string Compares only steps of actions that begin with this string: `luks.format`, `fs.make /dev/sda1`.
---@field chapter? string Compares only steps of this chapter.
---@field exactly? boolean Whether no other steps are allowed, and each step must be given completely.

--- Expects these steps in this order; other steps may come in between, unless `exactly` is
--- true.
---
--- ```lua
--- expect.steps({"sfdisk … /dev/sda", "cryptsetup luksFormat … /dev/sda2"})
--- expect.steps({"mkfs.ext4 … /dev/sda1"}, { action = "fs.make /dev/sda1", exactly = true })
--- ```
---@param steps string[] The steps as typed in a shell, or parts of them; … matches anything.
---@param options? gscript.expect.steps.options
---@return any
function expect.steps(steps, options) end

--- Expects that no step contains this.
---
--- ```lua
--- expect.no_step("dd if=/dev/urandom")
--- ```
---@param step string A part of a step; … matches anything.
---@return any
function expect.no_step(step) end

--- Expects the run to enter exactly these chapters, in this order.
---
--- ```lua
--- expect.chapters({"Partition the hard drive", "Create the encryption key"})
--- ```
---@param titles string[] The titles of the chapters.
---@return any
function expect.chapters(titles) end

--- Expects an action to be unchanged, because its result already exists.
---
--- ```lua
--- expect.already("lvm.vg_activate vg_hostos")
--- ```
---@param action string The beginning of the action: its name, optionally with its object.
---@return any
function expect.already(action) end

--- Expects all actions of the run to be unchanged.
---
--- ```lua
--- expect.unchanged()
--- ```
---@return any
function expect.unchanged() end

--- Expects that exactly these effects need approval before the run, in this order.
---
--- ```lua
--- expect.effects({"destroys /dev/sda", "mounts /mnt/key", "writes /mnt/key"})
--- ```
---@param effects string[] The effects, as shown in a plan.
---@return any
function expect.effects(effects) end

--- Expects this layout of a disk after the run; closed containers are shown as if they were
--- open. Compare it with `After` in a plan. A string of several lines is written between
--- backticks in Rhai, and between `[[` and `]]` in Lua.
---
--- ```lua
--- expect.layout("/dev/sda", "sda  64 GiB  Example SSD")
--- ```
---@param disk string The disk.
---@param picture string The layout; its indentation does not matter.
---@return any
function expect.layout(disk, picture) end

---@class gscript.expect.mounted.options
---@field device? string The device.

--- Expects a filesystem to be mounted after the run.
---
--- ```lua
--- expect.mounted("/mnt/gentoo", { device = "/dev/sda1" })
--- ```
---@param at string The mount point.
---@param options? gscript.expect.mounted.options
---@return any
function expect.mounted(at, options) end

--- Expects that these disks or partitions are unchanged, that no change of them needed
--- approval, and that no step names them.
---
--- ```lua
--- expect.untouched({"/dev/sdb", "/dev/sdc"})
--- ```
---@param devices string[] The devices.
---@return any
function expect.untouched(devices) end

---@class gscript.expect.file.options
---@field text? string The complete contents.
---@field has? string A part of the contents; … matches anything.
---@field lacks? string A string that the contents must not have.
---@field missing? boolean Whether the file must not exist.

--- Expects a file after the run. A file on a filesystem that was unmounted is as the run left
--- it. Without options, the file must exist.
---
--- ```lua
--- expect.file("/mnt/gentoo/etc/fstab", { has = "UUID=", lacks = "/dev/sda" })
--- ```
---@param path string The path during the run.
---@param options? gscript.expect.file.options
---@return any
function expect.file(path, options) end

--- Expects two values to be equal.
---
--- ```lua
--- expect.same(1 + 1, 2)
--- ```
---@param found any The actual value.
---@param wanted any The expected value.
---@return any
function expect.same(found, wanted) end
