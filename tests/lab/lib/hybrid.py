"""Writes an image for both optical media and USB sticks to a device: ISO 9660 with one file, README, and a partition
table with a partition that is the whole image and one inside it. As isohybrid(1) and xorriso(1) make them."""
import struct, sys

BLOCK = 2048
BLOCKS = 20000
TEXT = b"a live medium\n"


def both(form, number):
    return struct.pack("<" + form, number) + struct.pack(">" + form, number)


def entry(name, block, size, flags):
    head = bytes([0]) + both("I", block) + both("I", size) + bytes([126, 1, 1, 0, 0, 0, 0, flags, 0, 0]) + both("H", 1)
    body = head + bytes([len(name)]) + name
    body += b"\0" * ((len(body) + 1) % 2)
    return bytes([len(body) + 1]) + body


def descriptor():
    text = lambda word, width: word.ljust(width).encode()
    root = entry(b"\0", 20, BLOCK, 2)
    body = b"\x01CD001\x01\0" + text("LINUX", 32) + text("LIVE", 32) + b"\0" * 8 + both("I", BLOCKS) + b"\0" * 32
    body += both("H", 1) + both("H", 1) + both("H", BLOCK) + both("I", 10)
    body += struct.pack("<II", 18, 0) + struct.pack(">II", 19, 0) + root + b" " * 623
    body += b"2026010112000000\0" * 2 + b"0000000000000000\0" * 2 + b"\x01"
    return body.ljust(BLOCK, b"\0")


def partition(boot, kind, start, size):
    return struct.pack("<B3sB3sII", boot, b"\0\2\0", kind, b"\xff\xff\xff", start, size)


with open(sys.argv[1], "r+b") as device:
    table = partition(0x80, 0, 0, BLOCKS * 4) + partition(0, 0xEF, 20000, 8000)
    device.write(b"\0" * 440 + b"\1\2\3\4\0\0" + table.ljust(64, b"\0") + b"\x55\xaa")
    path = lambda order, block: bytes([1, 0]) + struct.pack(order + "IH", block, 1) + b"\0\0"
    files = entry(b"\0", 20, BLOCK, 2) + entry(b"\1", 20, BLOCK, 2) + entry(b"README.;1", 21, len(TEXT), 0)
    blocks = [descriptor(), b"\xffCD001\x01", path("<", 20), path(">", 20), files, TEXT]
    for number, block in enumerate(blocks, 16):
        device.seek(number * BLOCK)
        device.write(block.ljust(BLOCK, b"\0"))
