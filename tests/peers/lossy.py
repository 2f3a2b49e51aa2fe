"""A link that loses, delays, reorders and doubles packets of every kind, in user space and repeatable.

    link = Lossy(folder, "home", seed, inside=router, outside=public, devices=("wan", "wan1"))
    link.impair("up", loss=0.1)            # what clients send; "down" is what they get
    link.impair(what="media", loss=0.05)   # nothing but RTP and RTCP, also inside of TURN's channels
    link.counters("up").lost

It is a cable between two namespaces: a TUN device in each, and this program between them, so that it works
for whatever is spoken there (SIP, TLS, ICE, TURN). Media has dice of its own: the fate of its n-th packet
in a direction depends on the seed alone, however much else there is.
"""
import ctypes
import dataclasses
import fcntl
import heapq
import itertools
import json
import os
import pathlib
import re
import selectors
import struct
import subprocess
import sys
import time

from peers.impairment import Counters, Direction
from peers.process import Process

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
DIRECTIONS, KINDS = ("up", "down"), ("media", "rest")
UDP = 17


class Lossy:
    """Both devices are there, and down, when the constructor returns. inside, outside: a Namespace each."""

    def __init__(self, folder, name, seed, *, inside, outside, devices):
        self._process = Process([sys.executable, "-m", "peers.lossy", seed, inside.pid, devices[0],
                                 outside.pid, devices[1]], f"{folder}/lossy-{name}.log", split=True,
                                stdin=subprocess.PIPE, env={"PYTHONPATH": str(pathlib.Path(__file__).parents[1])})
        self._answer("^ready$")

    def _answer(self, pattern, since=0):
        line = self._process.out.wait(re.compile(pattern).search, 10, since)
        if not line:
            self._process.fail("does not answer")
        return line.string

    def _ask(self, **what):
        since = self._process.out.count()
        self._process.stdin.write((json.dumps(what) + "\n").encode())
        self._process.stdin.flush()
        return json.loads(self._answer("^{", since))

    def impair(self, direction="both", what="all", **knobs):
        """Sets fields of Impairment for "up", "down" or "both", and "media", "rest" or "all", from now on."""
        self._ask(direction=direction, what=what, knobs=knobs)

    def counters(self, direction, what="media"):
        """Counters of one direction so far."""
        return Counters(**self._ask(direction=direction, what=what))

    def close(self):
        self._process.kill()


# ---- the process -----------------------------------------------------------------------


def open_tun(pid, device):
    """A TUN device in the network of that process: the file whose packets it is."""
    with open(f"/proc/{pid}/ns/net", "rb") as network:
        if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def kind_of(packet):
    """Whether an IP packet holds RTP, RTCP (RFC 7983) or TURN's ChannelData, which holds them."""
    version = packet[0] >> 4
    start, protocol = ((packet[0] & 15) * 4, packet[9]) if version == 4 else (40, packet[6])
    if protocol != UDP or len(packet) < start + 9:
        return "rest"
    first = packet[start + 8]
    return "media" if 128 <= first <= 191 or 64 <= first <= 79 else "rest"


class Link:
    def __init__(self, seed, inside, outside):
        self.directions = {(way, kind): Direction(f"{seed}{way}{kind}") for way in DIRECTIONS for kind in KINDS}
        self._queue, self._order = [], itertools.count()
        self._selector = selectors.DefaultSelector()
        for tun, other, way in ((inside, outside, "up"), (outside, inside, "down")):
            self._selector.register(tun, selectors.EVENT_READ, (way, other))
        self._selector.register(0, selectors.EVENT_READ)
        self._commands = b""

    def run(self):
        """Until standard input ends."""
        while True:
            wait = max(0.0, self._queue[0][0] - time.monotonic()) if self._queue else None
            for key, _ in self._selector.select(wait):
                if key.data:
                    self._receive(key.fd, *key.data)
                elif not self._obey():
                    return
            while self._queue and self._queue[0][0] <= time.monotonic():
                _, _, tun, packet = heapq.heappop(self._queue)
                try:
                    os.write(tun, packet)
                except OSError:
                    pass  # the device is down

    def _receive(self, tun, way, other):
        for _ in range(64):
            try:
                packet = os.read(tun, 65536)
            except OSError:
                return
            direction = self.directions[way, kind_of(packet)]
            for delay in direction.pass_on(packet):
                heapq.heappush(self._queue, (time.monotonic() + delay, next(self._order), other, packet))

    def _obey(self):
        data = os.read(0, 65536)
        *lines, self._commands = (self._commands + data).split(b"\n")
        for line in lines:
            print(json.dumps(self._command(json.loads(line))), flush=True)
        return bool(data)

    def _command(self, command):
        chosen = [one for (way, kind), one in self.directions.items()
                  if command["direction"] in (way, "both") and command["what"] in (kind, "all")]
        for one in chosen:
            one.impairment = dataclasses.replace(one.impairment, **command.get("knobs", {}))
        total = {field: sum(getattr(one.counters, field) for one in chosen) for field in vars(chosen[0].counters)}
        return total


def main(seed, inside, inside_device, outside, outside_device):
    tuns = open_tun(inside, inside_device), open_tun(outside, outside_device)
    link = Link(seed, *tuns)
    print("ready", flush=True)
    link.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
