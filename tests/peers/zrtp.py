"""Messages of ZRTP as they are in its packets (RFC 6189, section 5), for those who touch them on their way.

    if zrtp.kind(packet) == "Commit":
        packet = zrtp.altered(packet)      # whole by its checksum, and another one
"""
import struct

COOKIE = b"ZRTP"
HEADER, MESSAGE_HEADER, CRC = 12, 12, 4


def kind(packet):
    """"Hello", "DHPart1" and so on; "" for what is no ZRTP."""
    if len(packet) < HEADER + MESSAGE_HEADER + CRC or packet[4:8] != COOKIE:
        return ""
    return packet[HEADER + 4:HEADER + 12].decode("ascii", "replace").strip()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sealed(covered):
    """With the checksum that fits (in the order of SCTP, RFC 3309)."""
    return covered + struct.pack("<I", crc32c(covered))


def altered(packet, at=-1):
    """With another octet at that place of its message (the last one by default), and a checksum that fits."""
    covered = bytearray(packet[:-CRC])
    assert sealed(bytes(covered)) == packet, "it had come whole"
    covered[at if at < 0 else HEADER + at] ^= 0x01
    return sealed(bytes(covered))


def made(kind_, body=b"", ssrc=1):
    """A packet of that kind."""
    words = (MESSAGE_HEADER + len(body)) // 4
    message = struct.pack("!HH", 0x505A, words) + kind_.ljust(8).encode() + body
    return sealed(b"\x10\x00\x00\x01" + COOKIE + struct.pack("!I", ssrc) + message)
