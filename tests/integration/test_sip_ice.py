"""Calls over SIP find their way by ICE: between daemons, with another phone, and without it where the far end knows none."""
# ctest: timeout=300
import pytest
from helpers import listen_for, register, ringing, wave

from peers import tones

ICE = ("--set", "ice=on")


def talk(one, other, target, folder):
    """one calls, the other answers; what both ends say of their media."""
    call = one.ctl("call", target, "--capture", f"file:{wave(folder, 'one.wav', 440)}",
                   "--playback", f"file:{folder / 'one-heard.wav'}", "--detach")["id"]
    theirs = ringing(other)
    other.ctl("calls", "answer", theirs, "--capture", f"file:{wave(folder, 'other.wav', 1000)}",
              "--playback", f"file:{folder / 'other-heard.wav'}")
    for commd, each in ((one, call), (other, theirs)):
        commd.ctl("wait", "call", each, "--for=state=active")
    listen_for(2)
    stats = [one.ctl("calls", "stats", call), other.ctl("calls", "stats", theirs)]
    one.ctl("calls", "hangup", call)
    other.ctl("wait", "call", theirs, "--for=state=ended")
    for heard, hz, not_hz in (("one", 1000, 440), ("other", 440, 1000)):
        tones.wait_length(folder / f"{heard}-heard.wav", 1)
        tones.assert_tone(folder / f"{heard}-heard.wav", hz, absent=[not_hz])
    return stats


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_two_daemons_talk(daemon, kamailio, pki, folder, transport):
    server, one, two = kamailio(), daemon("one"), daemon("two")
    register(one, server, "alice", transport, pki, *ICE)
    register(two, server, "bob", transport, pki, *ICE)
    for each in talk(one, two, f"sip:bob@{server.domain}", folder):
        assert each["path"]["local_type"] and each["path"]["remote_type"], each
        assert each["security"]["mechanism"] == "DTLS-SRTP"


@pytest.mark.parametrize("callers", [(ICE, ()), ((), ICE)], ids=["caller", "callee"])
def test_a_far_end_that_knows_none_is_reached_without(daemon, kamailio, pki, folder, callers):
    server, one, two = kamailio(), daemon("one"), daemon("two")
    register(one, server, "alice", "tcp", pki, *callers[0])
    register(two, server, "bob", "tcp", pki, *callers[1])
    for each in talk(one, two, f"sip:bob@{server.domain}", folder):
        assert "path" not in each, each


def both_hear(alice, call, bob, folder):
    """The call becomes active by a path of ICE, and each end hears the other; then it ends."""
    alice.ctl("wait", "call", call, "--for=state=active")
    listen_for(2)
    stats = alice.ctl("calls", "stats", call)
    assert stats["path"]["local_type"], stats
    alice.ctl("calls", "hangup", call)
    bob.wait_event("CALL_CLOSED")
    tones.wait_length(folder / "heard.wav", 1)
    tones.assert_tone(folder / "heard.wav", 1000, absent=[440])
    tones.assert_tone(bob.heard(), 440, absent=[1000])


@pytest.mark.parametrize("mediaenc", ["", "dtls_srtp"])
def test_baresip_calls(daemon, kamailio, baresip, pki, folder, mediaenc):
    server, alice = kamailio(), daemon("alice")
    register(alice, server, "alice", "tcp", pki, *ICE)
    bob = baresip("bob", registrar=server, transport="tcp", codecs=["pcmu"], source="sine:1000", medianat="ice",
                  mediaenc=mediaenc)
    bob.wait_registered()
    bob.dial(f"sip:alice@{server.domain}")
    call = ringing(alice)
    alice.ctl("calls", "answer", call, "--capture", "tone:440", "--playback", f"file:{folder / 'heard.wav'}")
    both_hear(alice, call, bob, folder)


@pytest.mark.parametrize("mediaenc", ["", "dtls_srtp"])
def test_baresip_is_called(daemon, kamailio, baresip, pki, folder, mediaenc):
    server, alice = kamailio(), daemon("alice")
    register(alice, server, "alice", "tcp", pki, *ICE)
    bob = baresip("bob", registrar=server, transport="tcp", codecs=["pcmu"], source="sine:1000", medianat="ice",
                  mediaenc=mediaenc, answer="auto")
    bob.wait_registered()
    call = alice.ctl("call", f"sip:bob@{server.domain}", "--capture", "tone:440",
                     "--playback", f"file:{folder / 'heard.wav'}", "--detach")["id"]
    both_hear(alice, call, bob, folder)


def test_hold_and_back_keep_the_way(daemon, kamailio, pki):
    server, one, two = kamailio(), daemon("one"), daemon("two")
    register(one, server, "alice", "tcp", pki, *ICE)
    register(two, server, "bob", "tcp", pki, *ICE)
    call = one.ctl("call", f"sip:bob@{server.domain}", "--capture", "tone:440", "--playback", "none", "--detach")["id"]
    theirs = ringing(two)
    two.ctl("calls", "answer", theirs, "--capture", "tone:1000", "--playback", "none")
    for commd, each in ((one, call), (two, theirs)):
        commd.ctl("wait", "call", each, "--for=state=active")
    listen_for(1)
    before = one.ctl("calls", "stats", call)["local_address"]
    for commd, mine, other, its in ((one, call, two, theirs), (two, theirs, one, call)):
        commd.ctl("calls", "hold", mine)
        other.ctl("wait", "call", its, "--for=state=held")
        commd.ctl("calls", "resume", mine)
        other.ctl("wait", "call", its, "--for=state=active")
    listen_for(1)
    assert one.ctl("calls", "stats", call)["local_address"] == before
