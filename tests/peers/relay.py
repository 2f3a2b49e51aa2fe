"""A bad network between two ends that speak RTP, in user space and repeatable.

    A  <->  relay.port_a [relay] relay.port_b  <->  B        (RTCP on the ports + 1)

A is told that B lives at port_a, B that A lives at port_b. Where the two
really are is learnt from what they send (symmetric RTP), so no address has to
be known beforehand; packets for an end that has not spoken yet wait (a few).
The fate of the n-th packet of a direction depends on the seed alone.
"""
import dataclasses
import heapq
import itertools
import os
import selectors
import socket
import threading
import time

from .impairment import Direction

HELD = 50  # packets kept for an end that is not known yet


class Relay:
    """Runs in a thread until close(). `ports` is a ports.Ports; give port pairs to SDP."""

    def __init__(self, ports, seed=1, host="127.0.0.1"):
        self.host = host
        self.port_a, self.port_b = ports.pair(), ports.pair()
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._directions = {}
        self._peers, self._held, self._queue = {}, {}, []
        self.touch = None  # touch(side, packet): what of RTP goes on, or None; called in the thread
        self._order = itertools.count()
        sockets = {(side, rtcp): self._bind(port + rtcp)
                   for side, port in (("a", self.port_a), ("b", self.port_b)) for rtcp in (0, 1)}
        for (side, rtcp), sock in sockets.items():
            other = sockets["b" if side == "a" else "a", rtcp]
            self._directions[side, rtcp] = Direction(f"{seed}{side}{rtcp}")
            self._selector.register(sock, selectors.EVENT_READ, (side, rtcp, other))
        self._sockets = sockets
        self._wake_out, self._wake_in = os.pipe()
        self._selector.register(self._wake_out, selectors.EVENT_READ, None)
        self._open = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _bind(self, port):
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.bind((self.host, port))
        return sock

    # ---- for tests -------------------------------------------------------------

    def impair(self, direction="both", **knobs):
        """Sets fields of Impairment for "a" (what A sends), "b" or "both", from now on."""
        with self._lock:
            for (side, _), one in self._directions.items():
                if direction in (side, "both"):
                    one.impairment = dataclasses.replace(one.impairment, **knobs)

    def counters(self, side):
        """A copy of what was done to the RTP that side "a" or "b" sent (RTCP is impaired alike, but not counted)."""
        with self._lock:
            return dataclasses.replace(self._directions[side, 0].counters)

    def meet(self, side, where):
        """Where that end lives, as it has said: it need not speak first."""
        with self._lock:
            for rtcp in (0, 1):
                sock = self._sockets[side, rtcp]
                self._peers[sock] = (where[0], where[1] + rtcp)
                for held in self._held.pop(sock, []):
                    self._send(sock, held)

    def inject(self, side, packet):
        """To that end, as if the other one had sent it."""
        with self._lock:
            self._send(self._sockets[side, 0], packet)

    def forget(self):
        """Unlearns both ends: the next packet of each tells where it lives now."""
        with self._lock:
            self._peers.clear()

    # ---- the thread --------------------------------------------------------------

    def _run(self):
        while self._open:
            wait = None
            if self._queue:
                wait = max(0.0, self._queue[0][0] - time.monotonic())
            for key, _ in self._selector.select(wait):
                if key.data is None:
                    return
                self._receive(key.fileobj, *key.data)
            with self._lock:
                self._release()

    def _receive(self, sock, side, rtcp, other):
        for _ in range(64):
            try:
                packet, source = sock.recvfrom(4096)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if self.touch and not rtcp:
                packet = self.touch(side, packet)
                if packet is None:
                    continue
            with self._lock:
                self._peers[sock] = source
                for held in self._held.pop(sock, []):
                    self._send(sock, held)
                now = time.monotonic()
                for delay in self._directions[side, rtcp].pass_on(packet):
                    heapq.heappush(self._queue, (now + delay, next(self._order), other, packet))

    def _release(self):
        now = time.monotonic()
        while self._queue and self._queue[0][0] <= now:
            _, _, sock, packet = heapq.heappop(self._queue)
            self._send(sock, packet)

    def _send(self, sock, packet):
        peer = self._peers.get(sock)
        if peer is None:
            held = self._held.setdefault(sock, [])
            held.append(packet)
            del held[:-HELD]
            return
        try:
            sock.sendto(packet, peer)
        except (BlockingIOError, ConnectionRefusedError):
            pass

    def close(self):
        if self._open:
            self._open = False
            os.write(self._wake_in, b"x")
            self._thread.join()
            self._selector.close()
            for sock in self._sockets.values():
                sock.close()
            os.close(self._wake_in)
            os.close(self._wake_out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
