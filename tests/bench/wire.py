"""What goes over the loopback, by the kernel's time of arrival: when a call's first packets of each kind came.

    with Wire() as wire:                   # of the network this thread is in; needs to be root
        begin = now()
        ...
        steps = wire.until_heard(begin, 2, 10)
"""
import dataclasses
import select
import socket
import struct
import time

IPV4, OUTGOING = 0x0800, 4
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
UDP, MOST = 17, 2048
SENDER_REPORTS = range(192, 224)  # RTCP's second octet (RFC 5761, section 4)
BUFFER = 16 << 20


def now():
    """Seconds by the clock of packets."""
    return time.clock_gettime(time.CLOCK_REALTIME)


@dataclasses.dataclass
class Steps:
    """Of one call, in seconds by that clock; None: there was none."""

    rtp: dict = dataclasses.field(default_factory=dict)  # source (SSRC) -> its first packet
    answer: float | None = None  # 200 to the INVITE
    first_check: float | None = None  # of ICE
    first_dtls: float | None = None
    last_dtls: float | None = None

    def note(self, kind, at, packet):
        if kind == "rtp":
            self.rtp.setdefault(packet[8:12], at)
        elif kind == "dtls":
            self.first_dtls, self.last_dtls = self.first_dtls or at, at
        elif kind == "stun":
            self.first_check = self.first_check or at
        elif packet.startswith(b"SIP/2.0 200") and b" INVITE\r\n" in packet:
            self.answer = self.answer or at

    def heard(self, ends):
        """When that many ends had been heard, or None."""
        return sorted(self.rtp.values())[ends - 1] if len(self.rtp) >= ends else None


def kind_of(payload):
    """Of a UDP datagram by its first octets (RFC 7983), "rtp" without RTCP."""
    if len(payload) < 12:
        return "other"
    first = payload[0]
    if first < 4:
        return "stun"
    if 20 <= first <= 63:
        return "dtls"
    if 128 <= first <= 191:
        return "rtcp" if payload[1] in SENDER_REPORTS else "rtp"
    return "other"


def udp_payload(packet):
    """Of an IPv4 packet, cut or not; empty for another protocol."""
    start = (packet[0] & 15) * 4
    return packet[start + 8:] if packet[9] == UDP else b""


class Wire:
    def __init__(self, device="lo"):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self._socket.bind((device, IPV4))
        self._socket.setblocking(False)

    def _packets(self):
        """(time, payload's beginning) of each UDP datagram that waits."""
        while True:
            try:
                packet, ancillary, _, address = self._socket.recvmsg(MOST, socket.CMSG_SPACE(16))
            except BlockingIOError:
                return
            if address[2] == OUTGOING:
                continue  # each is seen as it leaves and as it arrives
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            payload = udp_payload(packet)
            if payload:
                yield seconds + nanoseconds / 1e9, payload

    def until_heard(self, begin, ends, seconds):
        """The Steps since `begin`, until RTP of that many ends has arrived; without it when time is up."""
        steps, until = Steps(), time.monotonic() + seconds
        while steps.heard(ends) is None and time.monotonic() < until:
            select.select([self._socket], [], [], 0.1)
            for at, payload in self._packets():
                if at >= begin and steps.heard(ends) is None:
                    steps.note(kind_of(payload), at, payload)
        return steps

    def forget(self):
        """What has come so far."""
        for _ in self._packets():
            pass

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
