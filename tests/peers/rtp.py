"""RTP made by hand: a peer's voice, and voices of those who were never asked.

    with Rtp() as voice:
        voice.talk(("127.0.0.1", 20000), tone_hz=440, seconds=2)
"""
import random
import socket
import struct
import threading
import time

import numpy as np

RATE, FRAME = 8000, 160


def ulaw(samples):
    """Floats -1..1 as G.711 u-law."""
    value = np.clip(np.asarray(samples) * 32635, -32635, 32635).astype(np.int32)
    sign, value = np.where(value < 0, 0x80, 0), np.abs(value) + 132
    exponent = np.floor(np.log2(value)).astype(np.int32) - 7
    mantissa = (value >> (exponent + 3)) & 0x0F
    return (~(sign | exponent << 4 | mantissa) & 0xFF).astype(np.uint8).tobytes()


def linear(payload):
    """G.711 u-law as floats -1..1."""
    value = ~np.frombuffer(payload, np.uint8).astype(np.int32)
    size = ((value & 0x0F) << 3) + 132 << (value >> 4 & 7)
    return np.where(value & 0x80, 132 - size, size - 132) / 32768.0


def is_rtp(packet):
    """Neither RTCP on the same port nor a handshake (RFC 7983, RFC 5761)."""
    return len(packet) > 12 and packet[0] >> 6 == 2 and not 192 <= packet[1] <= 223


class Rtp:
    """One socket that sends PCMU and telephone events (payload type 101)."""

    def __init__(self, host="127.0.0.1", port=0, ssrc=None):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._socket.setblocking(False)
        self.host, self.port = self._socket.getsockname()
        self.ssrc = random.getrandbits(32) if ssrc is None else ssrc
        self.sequence, self.timestamp = 1000, 0

    def packet(self, payload, *, payload_type=0, marker=False, timestamp=None):
        header = struct.pack("!BBHII", 0x80, payload_type | (0x80 if marker else 0), self.sequence & 0xFFFF,
                             self.timestamp if timestamp is None else timestamp, self.ssrc)
        self.sequence += 1
        return header + payload

    def send(self, data, where):
        self._socket.sendto(data, where)

    def talk(self, where, tone_hz, seconds, stop=None):
        """A tone in real time, until `stop` (a threading.Event) is set or the time is over."""
        begin, count = time.monotonic(), int(seconds * RATE / FRAME)
        for number in range(count):
            at = (np.arange(FRAME) + self.timestamp) / RATE
            self.send(self.packet(ulaw(0.35 * np.sin(2 * np.pi * tone_hz * at))), where)
            self.timestamp += FRAME
            left = begin + (number + 1) * 0.02 - time.monotonic()
            if (stop or threading.Event()).wait(max(0, left)) and stop:
                return

    def digit(self, where, event):
        """One telephone event, pressed for 100 ms and released (RFC 4733)."""
        start = self.timestamp
        for number, end in ((1, 0), (3, 0), (5, 0), (5, 0x80), (5, 0x80), (5, 0x80)):
            payload = struct.pack("!BBH", event, end | 10, number * FRAME)
            self.send(self.packet(payload, payload_type=101, marker=number == 1, timestamp=start), where)
        self.timestamp += 5 * FRAME

    def received(self):
        """Everything that came so far."""
        found = []
        try:
            while True:
                found.append(self._socket.recv(4096))
        except BlockingIOError:
            return found

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
