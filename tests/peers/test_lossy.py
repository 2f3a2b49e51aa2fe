"""The bad link proved on numbered packets: what was asked for is what happens, and happens again."""
import contextlib
import select
import socket
import struct
import time

import pytest

from peers.lossy import kind_of
from peers.natlab import SERVER, SERVER_IPV6
from peers.process import SLOW, deadline

PORT = 7000
COUNT = 2000


@pytest.fixture
def far(natlab, cleanup):
    """far(seed, kind): the link of a network, a client's socket in it that has been heard, and the server's."""
    lab = natlab()
    server = cleanup.enter_context(contextlib.closing(lab.public.udp(SERVER, PORT)))

    def make(seed, kind="port_restricted"):
        network = lab.network(kind, seed=seed)
        client = cleanup.enter_context(contextlib.closing(network.client(f"client{network.number}").udp(port=4000)))
        client.connect((SERVER, PORT))
        client.send(b"hello")
        server.settimeout(10 * SLOW)
        data, source = server.recvfrom(100)
        assert data == b"hello"
        return network.link, client, server, source
    return make


def rtp(number, first=0x80):
    return struct.pack("!BBHII", first, 111, number & 0xFFFF, number * 960, 7) + bytes(60)


def numbers(sock, seconds):
    """The numbers of what comes in until nothing has come for so long."""
    found = []
    while select.select([sock], [], [], seconds)[0]:
        found.append(struct.unpack_from("!H", sock.recv(2048), 2)[0])
    return found


def stream(sender, receiver, link, direction, count=COUNT):
    """Sends numbered packets, a few at a time; the numbers that arrive, in their order."""
    start, found = link.counters(direction), []
    for number in range(count):
        sender(rtp(number))
        if number % 50 == 49:
            wait_decided(link, direction, start.received + number + 1)
            found += numbers(receiver, 0)
    coming, until = link.counters(direction).forwarded - start.forwarded, deadline(10)
    while len(found) < coming and time.monotonic() < until:
        found += numbers(receiver, 0.05)
    return found


def wait_decided(link, direction, count):
    """Until the link has seen so many packets: what it has not seen would wait in a queue that is not endless."""
    until = deadline(10)
    while (seen := link.counters(direction).received) < count:
        assert time.monotonic() < until, f"{seen} packets have come to the link, {count} expected"


@pytest.mark.parametrize("loss", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_loss_is_what_was_asked_for(far, loss, direction):
    link, client, server, source = far(seed=1)
    link.impair(direction, loss=loss)
    sender = client.send if direction == "up" else lambda packet: server.sendto(packet, source)
    got = stream(sender, server if direction == "up" else client, link, direction)
    counters = link.counters(direction)
    assert counters.received == COUNT and counters.lost == COUNT - len(got)
    assert got == sorted(got) and len(set(got)) == len(got)
    # Three standard deviations; with a given seed it is the same each time.
    assert abs(counters.lost / COUNT - loss) < 3 * (loss * (1 - loss) / COUNT) ** 0.5
    other = link.counters("down" if direction == "up" else "up")
    assert other.lost == 0


def test_a_seed_decides(far):
    def lost(seed, noise=False):
        link, client, server, _ = far(seed)
        link.impair("up", what="media", loss=0.1, reorder=0.02, duplicate=0.02)
        if noise:
            for _ in range(30):
                client.send(b"no media")
            assert len(numbers(server, 0.2)) == 30
        return sorted(set(range(500)) - set(stream(client.send, server, link, "up", 500)))

    first = lost(5)
    assert 25 < len(first) < 80
    assert lost(5, noise=True) == first
    assert lost(6) != first


def test_bursts_reordering_and_doubles(far):
    link, client, server, _ = far(seed=3)
    link.impair("up", reorder=0.05, reorder_ms=20)
    got = stream(client.send, server, link, "up", 500)
    assert sorted(got) == list(range(500)) and got != sorted(got)
    assert link.counters("up").reordered == pytest.approx(25, abs=15)
    link.impair("up", reorder=0, duplicate=0.1)
    before = link.counters("up")
    got = stream(client.send, server, link, "up", 500)
    doubled = link.counters("up").duplicated - before.duplicated
    assert sorted(set(got)) == list(range(500)) and doubled == pytest.approx(50, abs=20)
    link.impair("up", duplicate=0, loss=0.1, burst=4)
    got = stream(client.send, server, link, "up")
    missing = sorted(set(range(COUNT)) - set(got))
    runs = sum(1 for number in missing if number - 1 not in missing)
    assert len(missing) / runs == pytest.approx(4, rel=0.4)


def test_only_media_suffers_when_told_so(far):
    link, client, server, source = far(seed=2)
    link.impair(what="media", loss=1)
    for first in (0x80, 0xBF, 0x40, 0x4F):
        client.send(rtp(0, first))
    assert numbers(server, 0.3) == []
    for first in (0x00, 0x16, 0x50, 0xC0):  # STUN, DTLS and others
        client.send(rtp(7, first))
    assert numbers(server, 0.3) == [7] * 4
    server.sendto(rtp(0), source)
    assert numbers(client, 0.3) == []
    link.impair(loss=0)
    client.send(rtp(8))
    assert numbers(server, 0.3) == [8]


def test_delay_holds_packets_back(far):
    link, client, server, _ = far(seed=2)
    link.impair("up", delay_ms=300)
    begin = time.monotonic()
    client.send(rtp(1))
    assert select.select([server], [], [], 10 * SLOW)[0]
    assert time.monotonic() - begin >= 0.3
    assert numbers(server, 0) == [1]


def test_jitter_spreads_packets(far):
    link, client, server, _ = far(seed=2)
    link.impair("up", jitter_ms=100)
    got = stream(client.send, server, link, "up", 100)
    assert sorted(got) == list(range(100)) and got != sorted(got)


@pytest.mark.parametrize("kind,host", [("symmetric", SERVER), ("ipv6_only", SERVER_IPV6)])
def test_tcp_gets_across_in_spite_of_it(natlab, kind, host):
    lab = natlab()
    network = lab.network(kind, seed=4)
    alice, sent = network.client("alice"), bytes(range(256)) * 400
    network.link.impair(loss=0.05, jitter_ms=5)
    with lab.public.inside():
        listener = socket.create_server((host, PORT), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    with listener, alice.inside():
        with socket.create_connection((host, PORT), 20 * SLOW) as ours, listener.accept()[0] as theirs:
            ours.sendall(sent)
            ours.shutdown(socket.SHUT_WR)
            theirs.settimeout(20 * SLOW)
            got = b""
            while chunk := theirs.recv(65536):
                got += chunk
    assert got == sent
    counters = network.link.counters("both", "rest")
    assert counters.lost > 0 and counters.received > 70


def test_what_is_no_udp_is_no_media():
    assert kind_of(bytes([0x45, *[0] * 8, 6]) + bytes(10) + bytes(8) + b"\x80") == "rest"
    assert kind_of(bytes([0x45, *[0] * 8, 17]) + bytes(10) + bytes(8) + b"\x80") == "media"
    assert kind_of(bytes([0x60, *[0] * 5, 17]) + bytes(33) + bytes(8) + b"\x80") == "media"
    assert kind_of(bytes([0x45, *[0] * 8, 17]) + bytes(10) + bytes(8)) == "rest"
