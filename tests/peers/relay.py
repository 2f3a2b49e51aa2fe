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
import random
import selectors
import socket
import threading
import time

HELD = 50  # packets kept for an end that is not known yet


@dataclasses.dataclass
class Impairment:
    """What happens to one direction. Probabilities 0..1, times in milliseconds."""

    loss: float = 0.0
    burst: float = 1.0        # mean number of packets lost in a row
    delay_ms: float = 0.0
    jitter_ms: float = 0.0    # uniformly 0..jitter on top of the delay
    reorder: float = 0.0      # such a packet is held back by reorder_ms more
    reorder_ms: float = 50.0
    duplicate: float = 0.0


@dataclasses.dataclass
class Counters:
    """RTP packets of one direction (RTCP is impaired alike, but not counted here)."""

    received: int = 0
    forwarded: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    bytes: int = 0


class _Direction:
    """From one socket to the other, with dice of its own."""

    def __init__(self, seed):
        self._dice = random.Random(seed)
        self._in_burst = False
        self.impairment = Impairment()
        self.counters = Counters()

    def fate(self):
        """Delays in seconds of each copy to forward: none, one or two; and what to count."""
        # Always the same number of throws a packet: changing one knob moves no other packet.
        lost, jitter, late, twice, jitter2 = (self._dice.random() for _ in range(5))
        how = self.impairment
        if how.loss > 0:
            leave = 1 / max(1.0, how.burst)
            enter = min(1.0, how.loss * leave / max(1e-9, 1 - how.loss))
            self._in_burst = lost >= leave if self._in_burst else lost < enter
            if how.burst <= 1:
                self._in_burst = lost < how.loss
        else:
            self._in_burst = False
        if self._in_burst:
            return [], "lost"
        delay = how.delay_ms + jitter * how.jitter_ms
        note = None
        if late < how.reorder:
            delay, note = delay + how.reorder_ms, "reordered"
        delays = [delay / 1000]
        if twice < how.duplicate:
            delays.append((how.delay_ms + jitter2 * how.jitter_ms) / 1000)
            note = "duplicated"
        return delays, note


class Relay:
    """Runs in a thread until close(). `ports` is a ports.Ports; give port pairs to SDP."""

    def __init__(self, ports, seed=1, host="127.0.0.1"):
        self.host = host
        self.port_a, self.port_b = ports.pair(), ports.pair()
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._directions = {}
        self._peers, self._held, self._queue = {}, {}, []
        self._order = itertools.count()
        sockets = {(side, rtcp): self._bind(port + rtcp)
                   for side, port in (("a", self.port_a), ("b", self.port_b)) for rtcp in (0, 1)}
        for (side, rtcp), sock in sockets.items():
            other = sockets["b" if side == "a" else "a", rtcp]
            self._directions[side, rtcp] = _Direction(f"{seed}{side}{rtcp}")
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
        """A copy of what was done to the RTP that side "a" or "b" sent."""
        with self._lock:
            return dataclasses.replace(self._directions[side, 0].counters)

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
            with self._lock:
                self._peers[sock] = source
                for held in self._held.pop(sock, []):
                    self._send(sock, held)
                direction = self._directions[side, rtcp]
                delays, note = direction.fate()
                direction.counters.received += 1
                direction.counters.bytes += len(packet)
                direction.counters.forwarded += len(delays)
                if note:
                    setattr(direction.counters, note, getattr(direction.counters, note) + 1)
                now = time.monotonic()
                for delay in delays:
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
