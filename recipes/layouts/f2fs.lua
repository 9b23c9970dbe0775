--- # A filesystem for flash
---
--- f2fs writes in the order that flash likes: for cards and sticks, and for disks without a good
--- controller of their own.
---
--- ```toml
--- [params.card]
--- type = "disk"
--- ask = "Card, stick or disk; everything on it is lost"
--- [params.target]
--- type = "path"
--- default = "/mnt/gentoo"
--- ask = "Where the new root is mounted"
--- [needs]
--- destroys = ["$card"]
--- writes = ["$target"]
--- ```

step("Partition the disk")
local parts = disk.partition(card, {
    { name = "esp", size = "512M", kind = "efi" },
    { name = "root", size = "rest", kind = "linux" },
}, { keep = true })

--- The boot loader reads FAT; it need not know f2fs.
step("Format and mount")
fs.make(parts.esp, { kind = "vfat", label = "ESP", keep = true })
fs.make(parts.root, { kind = "f2fs", label = "root", keep = true })
mount.mount(parts.root, target, { options = "noatime" })
mount.mount(parts.esp, target .. "/boot", { options = "umask=0077" })
