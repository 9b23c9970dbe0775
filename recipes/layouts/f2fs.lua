--- # F2FS on flash storage
---
--- F2FS writes in the order that suits flash: for memory cards and USB drives, and for disks without a good controller.
---
--- ```toml
--- layout = true
---
--- [params.card]
--- type = "disk"
--- ask = "Memory card, USB drive or disk; all data on it is lost"
---
--- [params.target]
--- type = "path"
--- default = "/mnt/gentoo"
--- ask = "Mount point of the new root"
---
--- [needs]
--- destroys = ["$card"]
--- writes = ["$target"]
--- ```

local storage = require "storage"

local layout = {}

--- Partitions and mounts the card. Returns the map of a layout.
function layout.prepare(params)
    step("Partition the disk")
    local parts = disk.partition(params.card, {
        { name = "esp", size = "512M", kind = "efi" },
        { name = "root", size = "rest", kind = "linux" },
    }, { keep = true })

    --- The boot loader reads FAT; it does not need to support F2FS.
    step("Format and mount")
    fs.make(parts.esp, { kind = "vfat", label = "ESP", keep = true })
    fs.make(parts.root, { kind = "f2fs", label = "root", keep = true })
    local mounts = storage.mount_all(params.target, {
        { at = "/", device = parts.root, kind = "f2fs", options = "noatime" },
        { at = "/boot", device = parts.esp, kind = "vfat", options = "umask=0077" },
    })

    return {
        target = params.target,
        disks = { params.card },
        root = parts.root,
        esp = parts.esp,
        mounts = mounts,
        containers = {},
    }
end

return layout
