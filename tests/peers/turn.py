"""A small client of a TURN server (RFC 8656), for tests of the servers and of networks.

    with Allocation("203.0.113.1", 3478, *coturn.credentials("alice"), way="udp") as one:
        one.permit("198.51.100.7")
        one.send(b"hello", ("198.51.100.7", 4000))
        data, source = one.receive()
"""
import hashlib
import hmac
import ipaddress
import os
import socket
import ssl
import struct
import time

from .process import SLOW
from .stun import COOKIE

ALLOCATE, SEND, DATA, CREATE_PERMISSION = 0x003, 0x016, 0x017, 0x008
SUCCESS = 0x100
USERNAME, INTEGRITY, ERROR_CODE = 0x0006, 0x0008, 0x0009
PEER, PAYLOAD, REALM, NONCE, RELAYED, FAMILY, TRANSPORT = 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0017, 0x0019
MAPPED = 0x0020
UDP = b"\x11\0\0\0"
ASK_AGAIN_S = 0.25


class TurnRefused(AssertionError):
    """The server said no; `code` is its number."""

    def __init__(self, code):
        super().__init__(f"the TURN server answers {code}")
        self.code = code


def attribute(name, value):
    return struct.pack("!HH", name, len(value)) + value + bytes(-len(value) & 3)


def attributes(packet):
    """name -> value; the first of each name."""
    found, at = {}, 20
    while at + 4 <= len(packet):
        name, size = struct.unpack_from("!HH", packet, at)
        found.setdefault(name, packet[at + 4:at + 4 + size])
        at += 4 + size + (-size & 3)
    return found


def address(value, transaction, xored=True):
    """The (host, port) of an XOR-...-ADDRESS, or of another one."""
    mask = struct.pack("!I", COOKIE) + transaction if xored else bytes(16)
    port = struct.unpack_from("!H", value, 2)[0] ^ struct.unpack_from("!H", mask)[0]
    return str(ipaddress.ip_address(bytes(a ^ b for a, b in zip(value[4:], mask)))), port


def hidden(peer, transaction):
    """The other way round."""
    host = ipaddress.ip_address(peer[0])
    mask = struct.pack("!I", COOKIE) + transaction
    return struct.pack("!BBH", 0, 1 if host.version == 4 else 2, peer[1] ^ (COOKIE >> 16)) + \
        bytes(a ^ b for a, b in zip(host.packed, mask))


class Allocation:
    """Made when the constructor returns; way: how to speak with the server, "udp", "tcp" or "tls".

    Raises TurnRefused when the server does not want us, OSError when it cannot be reached.
    ca: the file of the authority of its certificate, whose name is `name`. ipv6: the relayed address is
    to be one of IPv6.
    """

    def __init__(self, host, port, user, password, *, way="udp", ca=None, name=None, ipv6=False, seconds=5):
        self._way, self._seconds, self._received, self._data = way, seconds * SLOW, b"", []
        kind = socket.SOCK_DGRAM if way == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
        try:
            self._socket.settimeout(self._seconds)
            self._socket.connect((host, port))
            if way == "tls":
                self._socket = ssl.create_default_context(cafile=ca).wrap_socket(
                    self._socket, server_hostname=name or host)
            self._key = self._realm = self._nonce = None
            self._user, self._password = user, password
            answer, transaction = self._ask(ALLOCATE, lambda _: attribute(TRANSPORT, UDP) + (
                attribute(FAMILY, b"\x02\0\0\0") if ipv6 else b""))
        except BaseException:
            self._socket.close()
            raise
        found = attributes(answer)
        self.relayed = address(found[RELAYED], transaction)
        self.mapped = address(found[MAPPED], transaction)

    # ---- requests ------------------------------------------------------------------

    def _ask(self, method, body):
        """(the success, its transaction id); body(transaction id) makes its attributes. Signs in when told to."""
        for _ in range(3):
            answer, transaction = self._round(method, body)
            if struct.unpack_from("!H", answer)[0] == method | SUCCESS:
                return answer, transaction
            found = attributes(answer)
            code = found[ERROR_CODE][2] * 100 + found[ERROR_CODE][3]
            if not (code == 401 and self._key is None) and code != 438:
                raise TurnRefused(code)
            self._realm, self._nonce = found[REALM], found[NONCE]
            self._key = hashlib.md5(b":".join((self._user.encode(), self._realm, self._password.encode()))).digest()
        raise TurnRefused(code)

    def _round(self, method, body):
        transaction = os.urandom(12)
        body = body(transaction)
        if self._key:
            body += attribute(USERNAME, self._user.encode()) + attribute(REALM, self._realm) + \
                attribute(NONCE, self._nonce)
            signed = struct.pack("!HHI", method, len(body) + 24, COOKIE) + transaction + body
            body += attribute(INTEGRITY, hmac.new(self._key, signed, hashlib.sha1).digest())
        packet = struct.pack("!HHI", method, len(body), COOKIE) + transaction + body
        until = time.monotonic() + self._seconds
        while time.monotonic() < until:
            self._socket.sendall(packet)
            answer = self._next(lambda got: got[8:20] == transaction,
                                ASK_AGAIN_S if self._way == "udp" else self._seconds)
            if answer:
                return answer, transaction
        raise TimeoutError("the TURN server does not answer")

    # ---- packets -------------------------------------------------------------------

    def _next(self, wanted, seconds):
        """The next packet that is wanted, None when too late; data on the way is kept."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                packet = self._packet()
            except (TimeoutError, ConnectionRefusedError):
                continue
            if wanted(packet):
                return packet
            if struct.unpack_from("!H", packet)[0] == DATA:
                self._data.append(packet)
        return None

    def _packet(self):
        if self._way == "udp":
            return self._socket.recv(4096)
        while len(self._received) < 20 or len(self._received) < 20 + struct.unpack_from("!H", self._received, 2)[0]:
            chunk = self._socket.recv(4096)
            if not chunk:
                raise ConnectionError("the TURN server has hung up")
            self._received += chunk
        size = 20 + struct.unpack_from("!H", self._received, 2)[0]
        packet, self._received = self._received[:size], self._received[size:]
        return packet

    # ---- use -----------------------------------------------------------------------

    def permit(self, host):
        """Lets packets from this address in."""
        self._ask(CREATE_PERMISSION, lambda transaction: attribute(PEER, hidden((host, 0), transaction)))

    def send(self, data, peer):
        transaction = os.urandom(12)
        body = attribute(PEER, hidden(peer, transaction)) + attribute(PAYLOAD, data)
        self._socket.sendall(struct.pack("!HHI", SEND, len(body), COOKIE) + transaction + body)

    def receive(self, seconds=5):
        """(data, (host, port) of its sender); None when nothing came in time."""
        packet = self._data.pop(0) if self._data else \
            self._next(lambda got: struct.unpack_from("!H", got)[0] == DATA, seconds * SLOW)
        if packet is None:
            return None
        found = attributes(packet)
        return found[PAYLOAD], address(found[PEER], packet[8:20])

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
