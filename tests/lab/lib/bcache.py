"""Writes the superblock of a bcache backing device: bcache.py DEVICE.

The tools of bcache are not needed for anything else here. The format is that of bcache.h in the kernel.
"""

import struct
import sys

POLYNOMIAL = 0x42F0E1EBA9EA3693
MASK = (1 << 64) - 1


def crc64(data):
    crc = MASK
    for byte in data:
        crc ^= byte << 56
        for _ in range(8):
            crc = (crc << 1 ^ POLYNOMIAL if crc >> 63 else crc << 1) & MASK
    return crc ^ MASK


magic = bytes.fromhex("c68573f64e1a45ca8265f57f48ba6d81")
# Position in sectors, version (a backing device), identifiers, label, flags, sequence number, reserved.
body = struct.pack("<QQ16s16s16s32sQQ64x", 8, 1, magic, b"\x11" * 16, b"\x22" * 16, b"", 0, 0)
# Number of buckets, sizes of blocks and buckets in sectors, position in the set, time, first bucket, number of keys.
body += struct.pack("<QHHHHIHH", 0, 1, 128, 1, 0, 0, 0, 0)
with open(sys.argv[1], "r+b") as device:
    device.seek(4096)
    device.write(struct.pack("<Q", crc64(body)) + body)
