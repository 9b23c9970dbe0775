# net.*: a link is set up, seen, and the same again.

# Through ioctl(2), so that not the program itself tells what it has done.
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

must test "$(lo down)" = down
says 'net::up("lo"); print(net::links().filter(|link| link.name == "lo")[0].up);' true
must test "$(lo show)" = up
do_ 'net::up("lo");'
must test "$(lo show)" = up
lo down
