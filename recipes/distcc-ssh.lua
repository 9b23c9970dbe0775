--- # distcc over SSH
---
--- Distributes compilations of Portage over SSH to other machines, without a daemon that listens to the network. Run it on each
--- compile node (`role = "node"`) with the public key of the front end, and on the front end (`role = "front-end"`).
---
--- Both sides trust each other. The front end installs the object files of every node: the owner of a node can run anything on
--- the front end. A client of distcc can make a compiler run other programs: the owner of the front end can run anything on a
--- node, as the user distcc. Therefore the node limits the key to distccd and the compilers named in `compilers`, for an hour
--- per process, and where its kernel lets users have namespaces, without the network, other processes, homes and the temporary
--- files of others. Use a virtual machine as a node where that is not enough, and let the firewall of the nodes admit only the
--- front end.
---
--- All compilers of a node together have a limit of memory and of processes: the service distcc-node runs them in its control
--- group, so that the kernel kills a compiler that needs too much, and nothing else. It needs version 2 of control groups, at
--- `/sys/fs/cgroup`, and Python 3.9. Without the service the node refuses to compile; `limits = "none"` does without it.
---
--- Two steps of the guide are refused. DSA keys: OpenSSH has removed them, and 1024 bits can be broken. `PermitEmptyPasswords
--- yes`: anyone who reaches the node could then log in to accounts without a password; the key needs no password. A locked account is unlocked by
--- the password `*`, which nothing matches, instead of `passwd -u`, which would leave it empty.
---
--- The first run of the front end shows the key of every node, and changes nothing but its own key and wrapper. Compare each
--- fingerprint with the one on the console of the node (`ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub`), set up the nodes
--- with `/etc/distcc/.ssh/id_ed25519.pub`, and run it again with `host_keys = "approved"`. A node with any other key is refused.
---
--- distcc compiles on the front end if a node fails, and emerge succeeds: only the log of the node proves that it has compiled.
--- The last chapter does that for each node. Repeat it after updates of gcc, which must be the same on all machines. To find out
--- why nothing is distributed, set `DISTCC_VERBOSE=1` in make.conf for one build; `distcc::status()` shows what is.
---
--- `-march=native` in make.conf is replaced with the flags that gcc chooses for the front end: with `native`, each node would
--- choose another processor, and distcc distributes nothing. The nodes need not have that processor.
---
--- Portage's network sandbox stays on: the service distcc-ssh keeps a connection to each node, and compilations reach it by its socket.
---
--- ```toml
--- [params.role]
--- type = "choice"
--- choices = ["front-end", "node"]
--- ask = "Role of this machine: front end (runs emerge) or compile node"
---
--- [params.root]
--- type = "path"
--- default = "/"
--- when = { role = "node" }
--- ask = "Mount point of the node's system; / for the running system"
---
--- [params.front_end_key]
--- type = "path"
--- when = { role = "node" }
--- ask = "File with the public ed25519 key of the front end (its /etc/distcc/.ssh/id_ed25519.pub)"
---
--- [params.compilers]
--- type = "text"
--- default = "gcc g++ cc c++ x86_64-pc-linux-gnu-gcc x86_64-pc-linux-gnu-g++"
--- when = { role = "node" }
--- ask = "Compilers that the front end may start, separated by spaces; distcc uses the names with the target (gcc -dumpmachine)"
---
--- [params.limits]
--- type = "choice"
--- choices = ["openrc", "systemd", "none"]
--- default = "openrc"
--- when = { role = "node" }
--- ask = "Limit the compilers of this node by a service of OpenRC or systemd, or not at all"
---
--- [params.node_memory]
--- type = "number"
--- default = 75
--- when = { limits = ["openrc", "systemd"] }
--- ask = "Memory for all compilers of this node together, in percent of its memory"
---
--- [params.node_processes]
--- type = "number"
--- default = 1024
--- when = { limits = ["openrc", "systemd"] }
--- ask = "Largest number of processes for all compilers of this node together; a job has about ten"
---
--- [params.nodes]
--- type = "text"
--- when = { role = "front-end" }
--- example = "192.0.2.11 192.0.2.12"
--- ask = "Names or IPv4 addresses of the compile nodes, separated by spaces"
---
--- [params.host_keys]
--- type = "choice"
--- choices = ["show", "approved"]
--- default = "show"
--- when = { role = "front-end" }
--- ask = "Only show the host keys of the nodes, or set up distcc with those that you have approved"
---
--- [params.fingerprints]
--- type = "text"
--- when = { host_keys = "approved" }
--- example = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU SHA256:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek"
--- ask = "Approved fingerprints of the nodes' host keys, in the order of the nodes, separated by spaces"
---
--- [params.own_jobs]
--- type = "number"
--- default = 2
--- when = { host_keys = "approved" }
--- ask = "Number of jobs on the front end itself"
---
--- [params.node_jobs]
--- type = "number"
--- default = 10
--- when = { host_keys = "approved" }
--- ask = "Largest number of jobs on a node; up to 64 on nodes set up by this recipe"
---
--- [params.connections]
--- type = "choice"
--- choices = ["openrc", "systemd", "manual"]
--- default = "openrc"
--- when = { host_keys = "approved" }
--- ask = "Connect to the nodes by a service of OpenRC or systemd, or manually with /etc/distcc/distcc-masters"
---
--- [needs]
--- reads = ["$front_end_key", "$root/etc/shadow"]
--- writes = ["$root/etc", "$root/var/log/distcc", "$root/usr/lib/distcc", "/etc/distcc", "/etc/portage", "/etc/init.d", "/etc/systemd/system"]
--- runs = ["usermod", "ssh-keygen", "gcc", "distcc", "/etc/distcc/distcc-ssh", "rc-update", "systemctl", "distcc-ssh", "distcc-node"]
--- network = true
--- ```

local compile_node = require "compile_node"

local directory = "/etc/distcc"
local wrapper = directory .. "/distcc-ssh"
local key = directory .. "/.ssh/id_ed25519"
local known_hosts = directory .. "/.ssh/known_hosts"

local function words(text)
    local found = {}
    for word in text:gmatch("%S+") do
        found[#found + 1] = word
    end
    return found
end

--- The files below the home directory belong to root: a compiler that runs another program could otherwise change the keys.
local function set_up_node()
    step("Set up the account of distcc")
    file.make_dir(directory .. "/.ssh", { root = root })
    distcc.account(root, { shell = "/bin/bash" })

    --- The key may start nothing but distccd: `restrict` forbids terminals and forwarding, and `command` replaces the command.
    step("Authorize the key of the front end")
    local public = file.read(front_end_key):gsub("%s+$", "")
    if public:find("PRIVATE KEY", 1, true) then
        error("front_end_key: " .. front_end_key .. " contains a private key: give the file with the extension .pub")
    end
    if public:find("^ssh%-dss ") then
        error("front_end_key: " .. front_end_key .. " is a DSA key, which OpenSSH refuses: create an ed25519 key on the front end")
    end
    if public ~= "" and not public:find("^ssh%-ed25519 [%w+/=]+ ?[%w@._-]*$") then
        error("front_end_key: " .. front_end_key .. " is not one public ed25519 key")
    end
    file.write(directory .. "/distcc-node", distcc.node_script(), { root = root, mode = "0755" })
    local line = 'restrict,command="' .. directory .. '/distcc-node" ' .. public
    file.append_line(directory .. "/.ssh/authorized_keys", line, { root = root })
    file.chmod(directory .. "/.ssh/authorized_keys", "0644", { root = root })
    file.make_dir("/var/log/distcc", { root = root, mode = "0750" })
    file.chown("/var/log/distcc", "distcc:daemon", { root = root })

    --- Only compilers with a link here run. Portage calls them by the name with the target.
    step("Permit the compilers")
    file.make_dir("/usr/lib/distcc", { root = root })
    for _, name in ipairs(words(compilers)) do
        file.link("/usr/bin/distcc", "/usr/lib/distcc/" .. name, { root = root })
    end

    --- A job is a session of SSH, of which a connection has ten by default.
    step("Configure sshd for distcc")
    file.make_dir("/etc/ssh/sshd_config.d", { root = root })
    file.write("/etc/ssh/sshd_config.d/distcc.conf", [[
Match User distcc
    AuthorizedKeysFile /etc/distcc/.ssh/authorized_keys
    AuthenticationMethods publickey
    DisableForwarding yes
    PermitTTY no
    MaxSessions 64
]], { root = root, mode = "0644" })
    print("Let sshd read its configuration again: rc-service sshd reload, or systemctl reload sshd.")
    print("Its sshd_config must have the line: Include /etc/ssh/sshd_config.d/*.conf")
end

local function install_wrapper()
    --- Portage compiles as the user portage, which must be able to read the key, and no other user.
    step("Create the key of the front end")
    file.make_dir(directory .. "/.ssh")
    distcc.account("/")
    distcc.key("/", key)
    file.chown(key, "portage:portage")
    file.chmod(key, "0600")
    file.chmod(key .. ".pub", "0644")

    --- distcc cannot pass options to ssh. Where the service has a connection to the node, its socket is used.
    step("Install the wrapper for ssh")
    file.write(wrapper, [[
#!/bin/sh
# Started by distcc instead of ssh. It never asks, and accepts only known host keys.
exec /usr/bin/ssh -F none -i /etc/distcc/.ssh/id_ed25519 \
    -o BatchMode=yes -o IdentitiesOnly=yes -o ConnectTimeout=10 -o ServerAliveInterval=15 \
    -o StrictHostKeyChecking=yes -o UserKnownHostsFile=/etc/distcc/.ssh/known_hosts -o GlobalKnownHostsFile=/dev/null \
    -o ControlMaster=no -o ControlPath=/run/distcc-ssh/%h "$@"
]], { mode = "0755" })
end

--- A connection belongs to the user portage, because ssh shares it only with its own user.
local function install_masters(hosts)
    step("Keep a connection to each node")
    file.write(directory .. "/distcc-masters", [[
#!/bin/sh
# Opens (start) or closes (stop) a connection to each node. Compilations reach the nodes by its socket, even in Portage's
# network sandbox.
nodes=']] .. table.concat(hosts, " ") .. [['
as_portage() { setpriv --reuid=portage --regid=portage --clear-groups /etc/distcc/distcc-ssh "$@"; }

case $1 in
start)
    install -d -o portage -g portage -m 0700 /run/distcc-ssh || exit 1
    connected=1
    for node in $nodes; do
        if as_portage -O check "distcc@$node" 2>/dev/null || as_portage -M -f -N "distcc@$node" </dev/null >/dev/null; then
            connected=0
        else
            echo "no connection to $node: it does not compile" >&2
        fi
    done
    exit $connected
    ;;
stop)
    for node in $nodes; do
        # A node without a connection is no error.
        as_portage -O exit "distcc@$node" 2>/dev/null || :
    done
    ;;
*)
    echo "usage: $0 start|stop" >&2
    exit 2
    ;;
esac
]], { mode = "0755" })
    if connections == "manual" then
        print("Connect to the nodes: " .. directory .. "/distcc-masters start")
    else
        if connections == "systemd" then
            file.write("/etc/systemd/system/distcc-ssh.service", [[
[Unit]
Description=SSH connections to the compile nodes of distcc
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/etc/distcc/distcc-masters start
ExecStop=/etc/distcc/distcc-masters stop

[Install]
WantedBy=multi-user.target
]])
        else
            file.write("/etc/init.d/distcc-ssh", [[
#!/sbin/openrc-run
# Connections to the compile nodes of distcc.

description="Keep SSH connections to the compile nodes of distcc"

depend() {
	need net
}

start() {
	ebegin "Connecting to the compile nodes"
	/etc/distcc/distcc-masters start
	eend $?
}

stop() {
	ebegin "Disconnecting from the compile nodes"
	/etc/distcc/distcc-masters stop
	eend $?
}
]], { mode = "0755" })
        end
        service.enable("/", "distcc-ssh", { init = connections })
        service.start("distcc-ssh", { init = connections })
    end
end

--- Returns the variables of make.conf that have `-march=native`, with the flags that it stands for.
local function without_native(conf)
    local flags = distcc.native_flags()
    local changed, left = {}, conf
    if flags ~= "" then
        for _, name in ipairs({ "COMMON_FLAGS", "CFLAGS", "CXXFLAGS", "FCFLAGS", "FFLAGS" }) do
            for line, value in ("\n" .. conf):gmatch("\n(" .. name .. '="([^"\n]*)")') do
                if value:find("-march=native", 1, true) then
                    changed[name] = value:gsub("%-m[tc][up][nu]e?=native%s*", ""):gsub("%-march=native", function() return flags end)
                    left = left:gsub(line:gsub("%p", "%%%0"), "")
                end
            end
        end
    end
    if ("\n" .. left):find("\n[^#\n]*%-march=native") then
        print("warning: -march=native in make.conf is compiled on the front end only, because each node would choose another processor: write the flags that gcc -march=native -Q --help=target shows")
    end
    return changed
end

local function set_up_front_end()
    local hosts = words(nodes)
    install_wrapper()

    --- What answers may be another machine: the fingerprints have to be compared with those on the nodes themselves.
    step("Check the host keys of the nodes")
    if host_keys == "show" then
        for _, host in ipairs(hosts) do
            print(host .. " " .. distcc.scan_host(host).fingerprint)
        end
        print("Compare each with the one on the console of the node: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub")
        print("If all are right, set up the nodes, and run this again with the fingerprints in this order:")
        print("--set host_keys=approved --set fingerprints='SHA256:… SHA256:…'")
    else
        local approved = words(fingerprints)
        if #hosts == 0 or #approved ~= #hosts then
            error("fingerprints: " .. #approved .. " for " .. #hosts .. " nodes: give one per node, in the same order")
        end
        for at, host in ipairs(hosts) do
            file.append_line(known_hosts, distcc.scan_host(host, { approved = approved[at] }).line)
        end
        file.chmod(known_hosts, "0644")
        install_masters(hosts)

        --- A node with another version or target of gcc is refused.
        step("Compare the compilers of the nodes")
        local infos = {}
        for at, host in ipairs(hosts) do
            infos[at] = distcc.node_info(host)
            if not infos[at].confined then
                print("warning: the compilers of " .. host .. " can use its network and see its files: its kernel does not let users have namespaces, or it was set up by an older version of this recipe")
            end
            if not infos[at].limited then
                print("warning: the compilers of " .. host .. " have no limit of memory and processes: set it up with limits=openrc or limits=systemd")
            end
        end
        local list = distcc.hosts(distcc.compiler(), infos, { own_jobs = own_jobs, limit = node_jobs })

        --- The jobs of all machines together are the number for make. The hosts answer only in the run.
        plan.may_call({ "portage.make_conf" })
        step("Configure Portage for distcc")
        local found, conf = pcall(file.read, "/etc/portage/make.conf")
        local settings = {}
        if found and conf:find("-march=native", 1, true) then
            settings = without_native(conf)
        end
        if found and conf:find("-network-sandbox", 1, true) then
            print("warning: FEATURES in make.conf has -network-sandbox, which this recipe does not need: remove it")
        end
        settings.DISTCC_HOSTS = list.hosts
        settings.DISTCC_SSH = wrapper
        settings.MAKEOPTS = "-j" .. list.jobs
        portage.make_conf("/", settings, { add = { FEATURES = "distcc" } })

        --- The node writes into its log what it has compiled.
        step("Prove that each node compiles")
        for _, host in ipairs(hosts) do
            print(host .. ": " .. distcc.check(host).line)
        end
    end
end

if role == "node" then
    set_up_node()
    if limits ~= "none" then
        compile_node.limit(root, { init = limits, memory = node_memory, processes = node_processes })
    end
else
    set_up_front_end()
end
