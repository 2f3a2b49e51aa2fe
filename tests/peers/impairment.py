"""What a bad network does to packets, repeatable: the fate of the n-th packet depends on the seed alone."""
import dataclasses
import random


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
    """What was done to the packets of one direction."""

    received: int = 0
    forwarded: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    bytes: int = 0


class Direction:
    """One way of a link, with dice of its own."""

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

    def pass_on(self, packet):
        """Counts the packet; the delays in seconds of each copy to forward, none when it is lost."""
        delays, note = self.fate()
        self.counters.received += 1
        self.counters.bytes += len(packet)
        self.counters.forwarded += len(delays)
        if note:
            setattr(self.counters, note, getattr(self.counters, note) + 1)
        return delays
