--- # Two disks as a fast one
---
--- Reading and writing go to all disks at once. The loss of one of them is the loss of everything:
--- for what can be fetched or built again.
---
--- ```toml
--- [params.disks]
--- type = "disks"
--- ask = "Two disks or more; everything on them is lost"
--- [params.target]
--- type = "path"
--- default = "/mnt/gentoo"
--- ask = "Where the new root is mounted"
--- [needs]
--- destroys = ["$disks"]
--- writes = ["$target"]
--- ```

step("Partition the disks")
local members = {}
for number, path in ipairs(disks) do
    local parts = disk.partition(path, { { name = "raid", size = "rest", kind = "raid" } }, { keep = true })
    members[number] = parts.raid
end

--- The array uses all of each disk, also where they differ in size.
step("Put the array together")
md.create("fast", "raid0", members, { keep = true })
local array = md.assemble("fast")

step("Format and mount")
fs.make(array, { label = "fast", keep = true })
mount.mount(array, target)
