--- # RAID 0 across two or more disks
---
--- All disks are read and written in parallel. If one of them fails, all data is lost: use it for data that can be downloaded or
--- built again.
---
--- ```toml
--- layout = true
---
--- [params.disks]
--- type = "disks"
--- ask = "Two or more disks; all data on them is lost"
---
--- [params.target]
--- type = "path"
--- default = "/mnt/gentoo"
--- ask = "Mount point of the new root"
---
--- [needs]
--- destroys = ["$disks"]
--- writes = ["$target"]
--- ```

local storage = require "storage"

local layout = {}

--- Partitions and mounts the disks. Returns the map of a layout.
function layout.prepare(params)
    step("Partition the disks")
    local members = {}
    for number, path in ipairs(params.disks) do
        local parts = disk.partition(path, { { name = "raid", size = "rest", kind = "raid" } }, { keep = true })
        members[number] = parts.raid
    end

    --- The array uses all of each disk, even if their sizes differ.
    step("Assemble the array")
    md.create("fast", "raid0", members, { keep = true })
    local array = md.assemble("fast")

    step("Format and mount")
    fs.make(array, { label = "fast", keep = true })
    local mounts = storage.mount_all(params.target, { { at = "/", device = array } })

    return {
        target = params.target,
        disks = params.disks,
        root = array,
        mounts = mounts,
        containers = { { kind = "raid", name = "fast" } },
    }
end

return layout
