"""Messages that no parser likes: what cannot be read, and what would take long to read."""
# ctest: timeout=120
import os
import socket

import pytest
from helpers import local_address

from peers.process import SLOW
from peers.stranger import sdp

RUBBISH = [
    b"\0" * 100, b"\xff" * 1500, b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"INVITE", b"INVITE sip:a SIP/2.0",
    b"INVITE sip:a SIP/2.0\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01",
    b"INVITE sip:a@b SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\r\nContent-Length: -1\r\nVia: SIP/2.0/UDP x;branch=\r\n\r\n",
    b"INVITE sip:%00@%ff SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nFrom: <>\r\nTo: <\r\nCSeq: 4294967296 X\r\n\r\n",
    b"ACK sip:local@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKq\r\nCall-ID: q\r\n\r\n",
    b"\0\1\0\0\x21\x12\xa4\x42" + b"a" * 12, b"OPTIONS sip:a@b SIP/7.0\r\n\r\n", b"x" * 65000]


def test_no_datagram_changes_how_the_next_is_read(daemon, stranger):
    peer, commd = stranger(), daemon()
    where = local_address(commd)
    for rubbish in RUBBISH:
        peer.send(rubbish, where)
        assert peer.ask("OPTIONS", "x", where).status == 200, rubbish[:40]


def thread_seconds(commd, name):
    """The CPU time of one thread of the daemon so far."""
    tasks = f"/proc/{commd.process.pid}/task"
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/comm", encoding="ascii") as comm:
            if comm.read().strip() == name:
                with open(f"{tasks}/{task}/schedstat", encoding="ascii") as stat:
                    return int(stat.read().split()[0]) / 1e9
    raise AssertionError(f"the daemon has no thread {name}")


def huge(head, again, tail="\r\n"):
    return head + again * ((60_000 - len(head)) // len(again)) + tail


BOMBS = {
    "header fields": ([huge("X: y\r\n", "X: y\r\n", "X: y")], "", "local"),
    "contacts": ([huge("m: <sip:a>", ",<sip:a>", "")], "", "local"),
    "routes": ([huge("Route: <sip:a>\r\n", "Route: <sip:a>\r\n", "X: y")], "", "local"),
    "uri": ([], "", "a" * 30_000), "uri parameters": ([], "", "a@b" + ";a=b" * 7_000),
    "display name": (["P-Asserted-Identity: \"" + "\\\"" * 30_000 + "\" <sip:a@b>"], "", "local"),
    "sdp lines": ([], sdp(30000, more="a=x\r\n" * 11_000), "local"),
    "sdp streams": ([], sdp(30000, more="m=audio 30000 RTP/AVP 0\r\n" * 2_300), "local"),
    "sdp feedback": ([], sdp(30000, more="a=rtcp-fb:* nack\r\n" * 500), "local"),
    "multipart": (["Content-Type: multipart/mixed;boundary=b"], "--b\r\n\r\n" * 7_000, "local"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_message_costs_less_than_twenty_milliseconds(daemon, stranger, bomb):
    """Of CPU on the SIP thread: what others do on this machine meanwhile is not counted."""
    peer, commd = stranger(), daemon(settings={"limits": {"per_source_rate": 100000, "ringing": 100}})
    where = local_address(commd)
    more, body, target = BOMBS[bomb]
    peer.ask("OPTIONS", "x", where)
    before, rounds = thread_seconds(commd, "sip"), 10
    for _ in range(rounds):
        peer.request("INVITE", target, where, more=more, body=body)
        assert peer.ask("OPTIONS", "x", where).status == 200
    each = (thread_seconds(commd, "sip") - before) / rounds
    assert each < 0.020 * SLOW, f"{each * 1000:.1f} ms"


def test_a_stream_that_sends_too_much_is_cut_off(daemon, stranger):
    peer, commd = stranger(), daemon()
    where = local_address(commd)
    with socket.create_connection(where) as stream:
        stream.settimeout(10 * SLOW)
        try:
            stream.sendall(b"INVITE sip:local@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1\r\n"
                           b"Content-Length: 10000000\r\n\r\n" + b"x" * 1_000_000)
            while stream.recv(65536):
                pass
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert peer.ask("OPTIONS", "x", where).status == 200
