"""A small DNS server over UDP with a zone that tests write: A, AAAA, SRV, NAPTR, CNAME.

    with DnsServer() as dns:
        dns.add("example.test", "NAPTR", (10, 10, "s", "SIPS+D2T", "", "_sips._tcp.example.test"))
        dns.add("_sips._tcp.example.test", "SRV", (10, 50, 5061, "a.example.test"))
        dns.add("a.example.test", "A", "127.0.0.1")
        dns.fail("b.example.test", "servfail")
        path = dns.resolv_conf(folder)           # for whoever resolves
"""
import pathlib
import socket
import struct
import threading
import time

from .process import deadline

TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "AAAA": 28, "SRV": 33, "NAPTR": 35}
NAMES = {number: name for name, number in TYPES.items()}
FAILURES = ("nxdomain", "servfail", "refused", "silence", "truncated", "garbage")
RCODES = {"servfail": 2, "nxdomain": 3, "refused": 5}
QR_AA_RA = 0x8480


def encode_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        raw = label.encode("ascii")
        if raw:
            out += bytes([len(raw)]) + raw
    return out + b"\0"


def encode_text(text):
    raw = text.encode()
    return bytes([len(raw)]) + raw


def encode_data(kind, value):
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "CNAME":
        return encode_name(value)
    if kind == "SRV":
        priority, weight, port, target = value
        return struct.pack("!HHH", priority, weight, port) + encode_name(target)
    order, preference, flags, service, regexp, replacement = value  # NAPTR
    return (struct.pack("!HH", order, preference) + encode_text(flags) + encode_text(service)
            + encode_text(regexp) + encode_name(replacement))


def decode_question(packet):
    """(name, type, length of the question); raises ValueError for what is no single question."""
    if len(packet) < 17 or struct.unpack_from("!H", packet, 4)[0] != 1:
        raise ValueError("not one question")
    labels, at = [], 12
    while packet[at]:
        length = packet[at]
        if length > 63 or at + 1 + length >= len(packet):
            raise ValueError("bad label")
        labels.append(packet[at + 1:at + 1 + length].decode("ascii", "replace"))
        at += 1 + length
    kind = struct.unpack_from("!H", packet, at + 1)[0]
    return ".".join(labels).lower(), NAMES.get(kind, str(kind)), at + 5 - 12


class DnsServer:
    """Serves its zone from a thread until close(). Everything may be changed while it runs."""

    def __init__(self, host="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self.host, self.port = self._socket.getsockname()[:2]
        self._zone, self._failures, self._queries = {}, {}, []
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    # ---- the zone ------------------------------------------------------------

    def add(self, name, kind, value, ttl=60):
        if kind not in TYPES:
            raise ValueError(f"unknown record type {kind}")
        with self._changed:
            self._zone.setdefault(name.lower().rstrip("."), []).append(
                (kind, ttl, encode_data(kind, value)))

    def remove(self, name, kind=None):
        with self._changed:
            name = name.lower().rstrip(".")
            self._zone[name] = [r for r in self._zone.get(name, []) if kind not in (None, r[0])]

    def fail(self, name, how, kind=None):
        """Answers for `name` (of one type, or all) with a failure; how=None heals it."""
        if how is not None and how not in FAILURES:
            raise ValueError(f"unknown failure {how}")
        with self._changed:
            self._failures[(name.lower().rstrip("."), kind)] = how

    def resolv_conf(self, folder):
        """Writes a file in the form of resolv.conf (with a port, as sofia-sip reads it); returns its path."""
        path = pathlib.Path(folder) / "resolv.conf"
        path.write_text(f"nameserver {self.host}\nport {self.port}\noptions timeout:1 attempts:2\n")
        return str(path)

    # ---- what was asked --------------------------------------------------------

    def queries(self):
        """The (name, type) pairs asked so far."""
        with self._changed:
            return list(self._queries)

    def wait_query(self, name, kind, seconds=10):
        until, wanted = deadline(seconds), (name.lower(), kind)
        with self._changed:
            while wanted not in self._queries:
                left = until - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"no query for {wanted}; asked: {self._queries}")
                self._changed.wait(left)

    # ---- the server --------------------------------------------------------------

    def _serve(self):
        while True:
            packet, source = self._socket.recvfrom(4096)
            if not self._open:
                return
            try:
                reply = self._answer(packet)
            except (ValueError, IndexError, struct.error):
                continue
            if reply:
                self._socket.sendto(reply, source)

    def _answer(self, packet):
        name, kind, length = decode_question(packet)
        question = packet[12:12 + length]
        with self._changed:
            self._queries.append((name, kind))
            self._changed.notify_all()
            how = self._failures.get((name, kind)) or self._failures.get((name, None))
            known = self._zone.get(name)
            records = list(known or [])
        identity, flags = struct.unpack_from("!HH", packet)
        flags = QR_AA_RA | (flags & 0x0100)
        if how == "silence":
            return None
        if how == "garbage":
            return packet[:2] + b"\xff" * 10 + question + b"\xc0\xc0\xc0"
        if how == "truncated":
            return struct.pack("!HHHHHH", identity, flags | 0x0200, 1, 0, 0, 0) + question
        if how is None and known is None:
            how = "nxdomain"
        if how:
            return struct.pack("!HHHHHH", identity, flags | RCODES[how], 1, 0, 0, 0) + question
        found = [r for r in records if r[0] == kind] or [r for r in records if r[0] == "CNAME"]
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", TYPES[t], 1, ttl, len(data)) + data
                           for t, ttl, data in found)
        return struct.pack("!HHHHHH", identity, flags, 1, len(found), 0, 0) + question + answers

    def close(self):
        if self._open:
            self._open = False
            # From itself: where it is, it may be reached from nowhere else.
            self._socket.sendto(b"", (self.host, self.port))
            self._thread.join()
            self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
