"""As much of STUN (RFC 8489) as it takes to ask a server how it sees us.

    mapped = stun.binding(sock, ("203.0.113.1", 3478), seconds=5)     # ("198.51.100.7", 40000)
"""
import ipaddress
import os
import select
import socket
import struct
import time

from .process import SLOW

COOKIE = 0x2112A442
BINDING, SUCCESS = 0x0001, 0x0101
MAPPED, XOR_MAPPED = 0x0001, 0x0020
ASK_AGAIN_S = 0.1


def request():
    """(the packet, its transaction id)"""
    transaction = os.urandom(12)
    return struct.pack("!HHI", BINDING, 0, COOKIE) + transaction, transaction


def answer(packet, transaction):
    """The address in a success response to that transaction; None for any other packet."""
    if len(packet) < 20:
        return None
    kind, length, cookie = struct.unpack_from("!HHI", packet)
    if kind != SUCCESS or cookie != COOKIE or packet[8:20] != transaction or len(packet) < 20 + length:
        return None
    at = 20
    while at + 4 <= 20 + length:
        name, size = struct.unpack_from("!HH", packet, at)
        if name in (MAPPED, XOR_MAPPED) and size in (8, 20):
            mask = packet[4:20] if name == XOR_MAPPED else bytes(16)
            value = packet[at + 4:at + 4 + size]
            port = struct.unpack_from("!H", value, 2)[0] ^ struct.unpack_from("!H", mask)[0]
            return str(ipaddress.ip_address(bytes(a ^ b for a, b in zip(value[4:], mask)))), port
        at += 4 + size + (-size & 3)
    return None


def binding(sock, server, seconds=5):
    """Asks over this UDP socket until answered; None when nobody answers in time."""
    packet, transaction = request()
    until = time.monotonic() + seconds * SLOW
    while (left := until - time.monotonic()) > 0:
        try:
            sock.sendto(packet, server)
        except OSError:
            pass  # the port is closed, or the way to it: perhaps not yet open
        again = time.monotonic() + min(left, ASK_AGAIN_S)
        while (wait := again - time.monotonic()) > 0:
            if not select.select([sock], [], [], wait)[0]:
                break
            try:
                found = answer(sock.recv(2048), transaction)
            except OSError:
                continue
            if found:
                return found
    return None


def socket_for(host):
    """A UDP socket of the family of that address, bound to a port of its own."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("::" if ":" in host else "0.0.0.0", 0))
    return sock
