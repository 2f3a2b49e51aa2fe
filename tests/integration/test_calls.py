"""Calls between two daemons, and with baresip, through a real registrar and proxy."""
# ctest: timeout=300
import pytest
from helpers import is_notice, listen_for, register, ringing, wave

from peers import tones


def two_daemons(daemon, server, transport, pki, *options):
    alice, bob = daemon("alice"), daemon("bob")
    register(alice, server, "alice", transport, pki, *options)
    register(bob, server, "bob", transport, pki, *options)
    return alice, bob


def talk(alice, bob, folder, target, *options):
    """alice calls, bob answers; returns both call ids and what each hears."""
    ears = {name: folder / f"heard-{name}.wav" for name in ("alice", "bob")}
    call = alice.ctl("call", target, "--capture", f"file:{wave(folder, 'a.wav', 440)}",
                     "--playback", f"file:{ears['alice']}", "--detach", *options)["id"]
    theirs = ringing(bob)
    bob.ctl("calls", "answer", theirs, "--capture", f"file:{wave(folder, 'b.wav', 1000)}",
            "--playback", f"file:{ears['bob']}")
    alice.ctl("wait", "call", call, "--for=state=active")
    bob.ctl("wait", "call", theirs, "--for=state=active")
    return call, theirs, ears


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_two_daemons_talk_in_every_transport(daemon, kamailio, pki, folder, transport):
    server = kamailio()
    alice, bob = two_daemons(daemon, server, transport, pki)
    call, theirs, ears = talk(alice, bob, folder, f"sip:bob@{server.domain}")
    listen_for(2)
    stats = alice.ctl("calls", "stats", call)
    assert stats["received"]["codec"].startswith("opus")
    assert float(stats["received"]["loss_ratio"]) == 0
    assert stats["security"]["mechanism"] == "DTLS-SRTP"
    assert stats["security"]["level"] == "LEVEL_ENCRYPTED"
    alice.ctl("calls", "hangup", call)
    bob.ctl("wait", "call", theirs, "--for=state=ended")
    tones.assert_tone(ears["alice"], 1000, absent=[440])
    tones.assert_tone(ears["bob"], 440, absent=[1000])
    assert bob.ctl("calls", "show", theirs)["ended_by"] == "ENDED_BY_REMOTE"


@pytest.mark.parametrize("codec", ["pcmu", "pcma", "opus"])
def test_calling_baresip(daemon, kamailio, baresip, pki, folder, codec):
    server = kamailio()
    alice = daemon("alice")
    register(alice, server, "alice", "udp", pki, "--set", f"codecs={codec.upper() if codec != 'opus' else codec}")
    bob = baresip("bob", registrar=server, codecs=[codec], source="sine:1000")
    bob.wait_registered()
    heard = folder / "heard.wav"
    call = alice.ctl("call", f"sip:bob@{server.domain}", "--capture", "tone:440",
                     "--playback", f"file:{heard}", "--detach")["id"]
    alice.ctl("wait", "call", call, "--for=state=active")
    listen_for(2)
    alice.ctl("calls", "hangup", call)
    bob.wait_event("CALL_CLOSED")
    tones.assert_tone(heard, 1000, absent=[440])
    tones.assert_tone(bob.heard(), 440, absent=[1000])


@pytest.mark.parametrize("mediaenc", ["", "srtp-mand"])
def test_baresip_calls(daemon, kamailio, baresip, pki, folder, mediaenc):
    server = kamailio()
    alice = daemon("alice")
    register(alice, server, "alice", "udp", pki)
    bob = baresip("bob", registrar=server, codecs=["pcmu"], source="sine:1000", mediaenc=mediaenc)
    bob.wait_registered()
    bob.dial(f"sip:alice@{server.domain}")
    call = ringing(alice)
    heard = folder / "heard.wav"
    alice.ctl("calls", "answer", call, "--capture", "tone:440", "--playback", f"file:{heard}")
    bob.wait_event("CALL_ESTABLISHED")
    listen_for(2)
    level = alice.ctl("calls", "show", call)["security"]["level"]
    assert level == ("LEVEL_ENCRYPTED" if mediaenc else "LEVEL_NONE")
    bob.hangup()
    alice.ctl("wait", "call", call, "--for=state=ended")
    tones.assert_tone(heard, 1000, absent=[440])
    tones.assert_tone(bob.heard(), 440, absent=[1000])


def test_encryption_required_refuses_a_clear_call(daemon, kamailio, baresip, pki):
    server = kamailio()
    alice = daemon("alice")
    register(alice, server, "alice", "udp", pki, "--set", "encryption=required")
    bob = baresip("bob", registrar=server, codecs=["pcmu"])
    bob.wait_registered()
    bob.dial(f"sip:alice@{server.domain}")
    closed = bob.wait_event("CALL_CLOSED")
    assert "488" in closed.get("param", "")
    assert alice.rows("calls", "list") == []


def test_hold_and_resume(daemon, kamailio, pki, folder):
    server = kamailio()
    alice, bob = two_daemons(daemon, server, "udp", pki)
    call, theirs, _ = talk(alice, bob, folder, f"sip:bob@{server.domain}")
    alice.ctl("calls", "hold", call)
    bob.ctl("wait", "call", theirs, "--for=state=held")
    assert bob.ctl("calls", "show", theirs)["held_by_remote"] is True
    alice.ctl("calls", "resume", call)
    bob.ctl("wait", "call", theirs, "--for=state=active")


def test_digits_arrive_once_each(daemon, kamailio, pki, folder):
    server = kamailio()
    alice, bob = two_daemons(daemon, server, "udp", pki)
    call, _, _ = talk(alice, bob, folder, f"sip:bob@{server.domain}")
    with bob.watch() as events:
        events.wait_for(lambda e: "checkpoint" in e)  # a digit is no state: no snapshot has it
        alice.ctl("calls", "dtmf", call, "12#0")
        events.wait_for(lambda e: e.get("event", {}).get("dtmf_received", {}).get("digit") == "0")
        digits = [e["event"]["dtmf_received"]["digit"] for e in events.events()
                  if "dtmf_received" in e.get("event", {})]
    assert digits == ["1", "2", "#", "0"]


def test_a_call_that_is_given_up_is_missed(daemon, kamailio, pki, folder):
    server = kamailio()
    alice, bob = two_daemons(daemon, server, "udp", pki)
    call = alice.ctl("call", f"sip:bob@{server.domain}", "--detach")["id"]
    theirs = ringing(bob)
    alice.ctl("calls", "hangup", call)
    bob.ctl("wait", "call", theirs, "--for=state=ended")
    ended = bob.ctl("calls", "show", theirs)
    assert ended["missed"] is True
    assert ended["end_reason"] == "END_REASON_CANCELLED"


def test_busy_and_declined_are_told_apart(daemon, kamailio, pki):
    server = kamailio()
    alice, bob = two_daemons(daemon, server, "udp", pki)
    for words, reason in ((["--busy"], "END_REASON_BUSY"), ([], "END_REASON_DECLINED")):
        call = alice.ctl("call", f"sip:bob@{server.domain}", "--detach")["id"]
        bob.ctl("calls", "reject", ringing(bob), *words)
        alice.ctl("wait", "call", call, "--for=state=ended")
        assert alice.ctl("calls", "show", call)["end_reason"] == reason


def agree(daemon, call):
    """The person agrees to what the far end asks."""
    asks = lambda e: e.get("event", {}).get("call_changed", {}).get("transfer_request")  # noqa: E731
    with daemon.watch() as events:
        target = asks(events.wait_for(asks, 10))["target"]
    assert daemon.ctl("calls", "accept-transfer", call)["successor"]
    return target


def test_a_far_end_that_transfers_must_wait_for_the_person(daemon, kamailio, pki, folder):
    server = kamailio()
    alice, bob = two_daemons(daemon, server, "udp", pki)
    call, theirs, _ = talk(alice, bob, folder, f"sip:bob@{server.domain}")
    with bob.watch() as events:
        alice.ctl("calls", "transfer", call, f"sip:carol@{server.domain}")
        events.wait_for(is_notice("TRANSFER_REQUESTED", theirs), 10)
    assert len(bob.rows("calls", "list")) == 1
    with alice.watch() as events:
        assert "transfer_request" not in bob.ctl("calls", "refuse-transfer")
        failed = events.wait_for(lambda e: e.get("event", {}).get("call_changed", {}).get("transfer", {})
                                 .get("state") == "STATE_FAILED", 10)
    assert failed["event"]["call_changed"]["transfer"]["sip_code"] == 603
    assert bob.ctl("calls", "show", theirs)["state"] == "STATE_ACTIVE"
    bob.ctl("account", "set", f"sip:bob@{server.domain}", "transfers=refuse")
    with alice.watch() as events:
        alice.ctl("calls", "transfer", call, f"sip:carol@{server.domain}")
        for state in ("STATE_REQUESTED", "STATE_FAILED"):
            events.wait_for(lambda e, s=state: e.get("event", {}).get("call_changed", {})
                            .get("transfer", {}).get("state") == s, 10)
    assert len(bob.rows("calls", "list")) == 1
    alice.ctl("calls", "hangup", call)


def test_blind_transfer(daemon, kamailio, pki, folder):
    server = kamailio()
    alice, bob = two_daemons(daemon, server, "udp", pki)
    carol = daemon("carol")
    register(carol, server, "carol", "udp", pki)
    call, theirs, _ = talk(alice, bob, folder, f"sip:bob@{server.domain}")
    alice.ctl("calls", "transfer", call, f"sip:carol@{server.domain}")
    assert agree(bob, theirs) == f"sip:carol@{server.domain}"
    at_carol = ringing(carol)
    carol.ctl("calls", "answer", at_carol, "--capture", "tone:700", "--playback", "none")
    alice.ctl("wait", "call", call, "--for=state=ended")
    assert alice.ctl("calls", "show", call)["end_reason"] == "END_REASON_TRANSFERRED"
    successor = bob.ctl("calls", "show", theirs)["successor"]
    bob.ctl("wait", "call", successor, "--for=state=active")


def test_attended_transfer(daemon, kamailio, pki, folder):
    server = kamailio()
    alice, bob = two_daemons(daemon, server, "udp", pki)
    carol = daemon("carol")
    register(carol, server, "carol", "udp", pki)
    call, theirs, _ = talk(alice, bob, folder, f"sip:bob@{server.domain}")
    alice.ctl("calls", "hold", call)
    consult = alice.ctl("call", f"sip:carol@{server.domain}", "--detach")["id"]
    at_carol = ringing(carol)
    carol.ctl("calls", "answer", at_carol)
    alice.ctl("wait", "call", consult, "--for=state=active")
    bob.ctl("account", "set", f"sip:bob@{server.domain}", "transfers=allow")
    alice.ctl("calls", "transfer", call, "--to", consult)
    alice.ctl("wait", "call", call, "--for=state=ended")
    successor = bob.ctl("calls", "show", theirs)["successor"]
    bob.ctl("wait", "call", successor, "--for=state=active")
    taken = carol.ctl("calls", "show", at_carol)
    assert taken["end_reason"] == "END_REASON_TRANSFERRED"
    carol.ctl("wait", "call", taken["successor"], "--for=state=active")
    alice.ctl("wait", "call", consult, "--for=state=ended")
