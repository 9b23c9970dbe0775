--- Tests of the encrypted root in Lua: variants of the machine.

-- One disk and one stick, as they are called on this machine.
local function machine(disk, stick)
    given.machine({
        [disk] = { size = "64G", model = "Example NVMe", serial = "N1" },
        [stick] = { size = "8G", removable = true, parts = { { size = "rest", content = "ext4" } } },
    })
    given.answers({ disk = disk, key_dev = stick .. "1", stage3 = "/var/tmp/stage3.tar.xz", goal = "base" })
end

test("partitions of an NVMe disk are called p1 and p2", function()
    machine("/dev/nvme0n1", "/dev/sda")
    run.recipe()
    expect.steps({
        "wait for /dev/nvme0n1p1 /dev/nvme0n1p2",
        "cryptsetup open … /dev/nvme0n1p2 hdd_nvme0n1p2",
        "mkfs.ext4 … -L boot /dev/nvme0n1p1",
    })
    expect.nothing_left()
end)

test("a stick with permissions is mounted plainly", function()
    machine("/dev/sdb", "/dev/sda")
    run.recipe()
    expect.steps({ "mount -t ext4 /dev/sda1 /mnt/key" }, { action = "mount.mount /dev/sda1" })
    expect.no_step("umask=0077")
end)

test("a stick that is not there", function()
    machine("/dev/sdb", "/dev/sda")
    given.answers({ key_dev = "/dev/sdx1" })
    run.plan()
    expect.fails("there is no device /dev/sdx1", { ends = "usage" })
end)

test("every filesystem on offer", function()
    for _, kind in ipairs({ "ext4", "xfs", "btrfs", "f2fs" }) do
        machine("/dev/sdb", "/dev/sda")
        given.answers({ filesystem = kind })
        run.recipe()
        expect.steps({ "mkfs." .. kind .. " … /dev/mapper/vg_hostos-root" })
        expect.file("/mnt/gentoo/etc/fstab", { has = "UUID=…/…" .. kind })
    end
end)

test("whatever fails, nothing is left behind", function()
    machine("/dev/sdb", "/dev/sda")
    run.recipe()
    local steps = #run.steps()
    expect.same(steps > 40, true)
    for after = 0, steps - 1 do
        fault.fails("…", { after = after })
        run.recipe()
        expect.fails("", { ends = "failed" })
        expect.nothing_left()
    end
end)
