#!/bin/bash
# net.*: links of a kernel, listed and set up.
#
# disks: 16M
# tier: make lab
# takes: 15 s
. "${0%/*}/../lib/cases.sh"

# Uses ioctl(2), so that the state of the link does not come from gscript itself.
lo() {
    python3 - "$1" <<'END'
import fcntl, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
name = b"lo".ljust(16, b"\0")
flags = lambda: struct.unpack("16xh", fcntl.ioctl(s, 0x8913, name + bytes(16))[:18])[0]
if sys.argv[1] == "down":
    fcntl.ioctl(s, 0x8914, name + struct.pack("h", flags() & ~1) + bytes(14))
print("up" if flags() & 1 else "down")
END
}

it 'a link is set up once'
must test "$(lo down)" = down
says 'net::up("lo"); print(net::links().filter(|link| link.name == "lo")[0].up);' true
must test "$(lo show)" = up
do_ 'net::up("lo");'
must test "$(lo show)" = up
must test "$(lo down)" = down
