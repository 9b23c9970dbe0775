--- Tests of the compile farm: `gscript test distcc-ssh`.

local KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
-- What ssh-keygen -l shows of it.
local FINGERPRINT = "SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA"
local OTHER = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
local COMPILER = "version 14.2.0\ntarget x86_64-pc-linux-gnu\n"

local function node(key)
    given.machine({ ["/dev/sda"] = { size = "64G", parts = { { size = "rest", content = "ext4", mounted = "/mnt/t" } } } })
    given.file("/mnt/t/etc/passwd", "root:x:0:0::/root:/bin/bash\ndistcc:x:240:2::/dev/null:/bin/false\n")
    given.file("/mnt/t/etc/group", "daemon:x:2:\n")
    given.file("/mnt/t/etc/shadow", "distcc:!:19000::::::\n")
    given.file("/mnt/t/etc/distcc/.ssh/authorized_keys", "# mine\n")
    given.file("/root/front.pub", key .. "\n")
    given.answers({ role = "node", root = "/mnt/t", front_end_key = "/root/front.pub" })
end

local function front_end(fingerprints)
    given.machine({ ["/dev/sda"] = { size = "64G" } })
    given.file("/etc/passwd", "distcc:x:240:2::/dev/null:/bin/false\nportage:x:250:250::/var/tmp/portage:/bin/false\n")
    given.file("/etc/group", "portage:x:250:\n")
    given.file("/etc/distcc/.ssh/known_hosts", "")
    given.file("/etc/portage/make.conf", 'CFLAGS="-march=native"\nFEATURES="ccache -network-sandbox"\n')
    given.answers({ role = "front-end", nodes = "n1 n2" })
    given.prints("ssh-keyscan … n1", "n1 " .. KEY .. "\n")
    given.prints("ssh-keyscan … n2", "n2 " .. KEY .. "\n")
    if fingerprints then
        given.answers({ host_keys = "approved", fingerprints = fingerprints })
    end
end

test("a node limits the key to distccd", function()
    node(KEY .. " distcc@front")
    run.recipe()
    expect.file("/mnt/t/etc/distcc/.ssh/authorized_keys", { text = '# mine\nrestrict,command="/etc/distcc/distcc-node" ' .. KEY .. " distcc@front\n" })
    expect.steps({ "usermod … --home /etc/distcc --shell /bin/bash --password '*' distcc" })
    expect.file("/mnt/t/etc/ssh/sshd_config.d/distcc.conf", { has = "AuthenticationMethods publickey" })
    expect.nothing_left()
end)

test("the compilers of a node have limits", function()
    node(KEY)
    run.recipe()
    expect.file("/mnt/t/etc/init.d/distcc-node", { has = "echo 1024 >$group/pids.max" })
    expect.file("/mnt/t/etc/init.d/distcc-node", { has = "int($2 * 75 / 100)" })
    expect.steps({ "rc-update … add distcc-node default" })
    node(KEY)
    given.answers({ limits = "systemd", node_memory = 50, node_processes = 100 })
    run.recipe()
    expect.file("/mnt/t/etc/systemd/system/distcc-node.service", { has = "MemoryMax=50%\nMemorySwapMax=0\nTasksMax=100\n" })
    for _, case in ipairs({ { node_memory = 101 }, { node_memory = 0 }, { node_processes = 31 } }) do
        node(KEY)
        given.answers(case)
        run.recipe()
        expect.fails("node_", { ends = "usage" })
    end
end)

test("DSA, private and other keys are refused", function()
    for _, case in ipairs({
        { "ssh-dss AAAAB3NzaC1kc3MAAACBAP old", "is a DSA key" },
        { "-----BEGIN OPENSSH PRIVATE KEY-----", "contains a private key" },
        { 'command="id" ' .. KEY, "is not one public ed25519 key" },
    }) do
        node(case[1])
        run.recipe()
        expect.fails(case[2], { ends = "usage" })
    end
end)

test("the host keys are shown before anything is configured", function()
    front_end()
    run.recipe()
    expect.prints("n1 " .. FINGERPRINT)
    expect.prints("n2 " .. FINGERPRINT)
    expect.file("/etc/distcc/.ssh/known_hosts", { text = "" })
    expect.no_step("make.conf")
end)

test("approved nodes are configured and proved", function()
    front_end(FINGERPRINT .. " " .. FINGERPRINT)
    given.prints("sh /etc/distcc/distcc-ssh distcc@n1 node-info", "processors 4\n" .. COMPILER .. "confined yes\nlimited yes\n")
    given.prints("sh /etc/distcc/distcc-ssh distcc@n2 node-info", "processors 32\n" .. COMPILER .. "confined no\nlimited no\n")
    given.prints("sh -e -s…", "processors 2\n" .. COMPILER)
    given.prints("sh -s -- gcc distcc@n1 log…", "distccd[1] COMPILE_OK check-1.c\n")
    given.prints("sh -s -- gcc distcc@n2 log…", "distccd[2] COMPILE_OK check-2.c\n")
    run.recipe()
    expect.file("/etc/distcc/.ssh/known_hosts", { text = "n1 " .. KEY .. "\nn2 " .. KEY .. "\n" })
    expect.file("/etc/portage/make.conf", { has = 'DISTCC_HOSTS="localhost/2 distcc@n1/4 distcc@n2/10"' })
    expect.file("/etc/portage/make.conf", { has = 'MAKEOPTS="-j16"' })
    expect.prints("warning: the compilers of n2 can use its network…")
    expect.prints("warning: the compilers of n2 have no limit of memory and processes…")
    expect.prints("warning: -march=native in make.conf…")
    expect.prints("warning: FEATURES in make.conf has -network-sandbox…")
    expect.prints("n2: distccd[2] COMPILE_OK check-2.c")
end)

test("another host key is refused", function()
    front_end(FINGERPRINT .. " " .. OTHER)
    run.recipe()
    expect.fails("node n2 has the host key " .. FINGERPRINT .. ", not the approved " .. OTHER, { ends = "refused" })
    expect.no_step("make.conf")
end)

test("a node with another compiler is refused", function()
    front_end(FINGERPRINT .. " " .. FINGERPRINT)
    given.prints("sh /etc/distcc/distcc-ssh distcc@n1 node-info", "processors 4\n" .. COMPILER)
    given.prints("sh /etc/distcc/distcc-ssh distcc@n2 node-info", "processors 4\nversion 13.1.0\ntarget x86_64-pc-linux-gnu\n")
    given.prints("sh -e -s…", "processors 2\n" .. COMPILER)
    run.recipe()
    expect.fails("node n2 has gcc 13.1.0 for x86_64-pc-linux-gnu, and the front end has gcc 14.2.0 for x86_64-pc-linux-gnu", { ends = "refused" })
    expect.no_step("make.conf")
end)
