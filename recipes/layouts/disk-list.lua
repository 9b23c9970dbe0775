--- # Any number of disks
---
--- One filesystem on each disk of a list, mounted below one directory: data1, data2 and so on, in the
--- order of the list.
---
--- ```toml
--- [params.disks]
--- type = "disks"
--- ask = "The disks; everything on them is lost"
--- [params.target]
--- type = "path"
--- default = "/mnt/data"
--- ask = "The directory below which they are mounted"
--- [needs]
--- destroys = ["$disks"]
--- writes = ["$target"]
--- ```

step("Partition the disks")
local parts = {}
for number, path in ipairs(disks) do
    local name = "data" .. number
    parts[number] = disk.partition(path, { { name = name, size = "rest" } }, { keep = true })[name]
end

--- Labels tell the disks apart when they are plugged in elsewhere.
step("Format and mount")
for number, part in ipairs(parts) do
    local name = "data" .. number
    fs.make(part, { label = name, keep = true })
    mount.mount(part, target .. "/" .. name)
end
