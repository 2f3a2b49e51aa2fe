"""Free ports for suites that run side by side.

A port is taken by a lock on a file in a folder that all suites share, and
checked by binding it (UDP and TCP, IPv4 and IPv6). The lock is held until
close(), so nobody else hands the port out between the check and its use.
The range lies below the ephemeral ports of Linux and below the daemon's own
RTP range.
"""
import fcntl
import os
import random
import socket

FIRST, LAST = 10000, 19999
FOLDER = f"/tmp/commd-ports-{os.getuid()}"


def have_ipv6():
    """Whether ::1 can be bound."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


class Ports:
    """Hands out ports; close() gives all of them back."""

    def __init__(self):
        os.makedirs(FOLDER, mode=0o700, exist_ok=True)
        self._locks = {}

    def free(self):
        """One port."""
        return self.block(1)

    def pair(self):
        """An even port whose successor is ours too (RTP and RTCP, SIP and SIP/TLS)."""
        return self.block(2)

    def block(self, count):
        """The first of `count` ports in a row; even when there are several."""
        step = 1 if count == 1 else 2
        for _ in range(2000):
            first = random.randrange(FIRST, LAST - count, step)
            if self._take(range(first, first + count)):
                return first
        raise OSError(f"no {count} free ports in a row in {FIRST}-{LAST}")

    def _take(self, wanted):
        taken = {}
        for port in wanted:
            lock = self._lock(port)
            if lock is None or not self._bindable(port):
                for descriptor in [*taken.values(), *([lock] if lock is not None else [])]:
                    os.close(descriptor)
                return False
            taken[port] = lock
        self._locks.update(taken)
        return True

    def _lock(self, port):
        descriptor = os.open(f"{FOLDER}/{port}", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None

    def _bindable(self, port):
        families = [(socket.AF_INET, "127.0.0.1")]
        if have_ipv6():  # asked each time: a test may be in a network without
            families.append((socket.AF_INET6, "::1"))
        try:
            for family, address in families:
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    with socket.socket(family, kind) as probe:
                        if kind == socket.SOCK_STREAM:
                            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                        probe.bind((address, port))
            return True
        except OSError:
            return False

    def close(self):
        for descriptor in self._locks.values():
            os.close(descriptor)
        self._locks.clear()
