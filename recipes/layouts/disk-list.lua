--- # One ext4 filesystem on each of several disks
---
--- The filesystems are mounted below one directory as data1, data2 and so on, in the order of the list. It is a layout for data:
--- it has no root to install a system on.
---
--- ```toml
--- layout = true
---
--- [params.disks]
--- type = "disks"
--- ask = "One or more disks; all data on them is lost"
---
--- [params.target]
--- type = "path"
--- default = "/mnt/data"
--- ask = "Directory below which the filesystems are mounted"
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
    local mounts = {}
    for number, path in ipairs(params.disks) do
        local name = "data" .. number
        local parts = disk.partition(path, { { name = name, size = "rest" } }, { keep = true })
        mounts[number] = { at = "/" .. name, device = parts[name] }
    end

    --- Labels identify the disks when they are connected to another machine.
    step("Format and mount")
    for number, one in ipairs(mounts) do
        fs.make(one.device, { label = "data" .. number, keep = true })
        storage.mount_all(params.target, { one })
    end

    return { target = params.target, disks = params.disks, mounts = mounts, containers = {} }
end

return layout
