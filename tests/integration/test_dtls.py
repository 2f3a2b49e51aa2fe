"""Keys that two ends agree on in the media path (DTLS-SRTP): with another phone, and with those who lie."""
# ctest: timeout=200
import re

import pytest
from helpers import listen_for, register, ringing
from test_security_sip import ended
from test_security_sip import register as register_at

from peers import tones
from peers.api import until
from peers.dtls import described, hello
from peers.stranger import sdp


def security(commd, call):
    shown = commd.ctl("calls", "show", call)["security"]
    return shown["level"], shown["mechanism"], shown["suite"]


def test_baresip_calls(daemon, kamailio, baresip, pki, folder):
    server, alice = kamailio(), daemon("alice")
    register(alice, server, "alice", "udp", pki)
    bob = baresip("bob", registrar=server, codecs=["pcmu"], source="sine:1000", mediaenc="dtls_srtp")
    bob.wait_registered()
    bob.dial(f"sip:alice@{server.domain}")
    call = ringing(alice)
    alice.ctl("calls", "answer", call, "--capture", "tone:440", "--playback", f"file:{folder / 'heard.wav'}")
    alice.ctl("wait", "call", call, "--for=state=active")
    listen_for(2)
    level, mechanism, suite = security(alice, call)
    assert (level, mechanism) == ("LEVEL_ENCRYPTED", "DTLS-SRTP")
    assert suite in ("AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80")
    alice.ctl("calls", "hangup", call)
    bob.wait_event("CALL_CLOSED")
    tones.assert_tone(folder / "heard.wav", 1000, absent=[440])
    tones.assert_tone(bob.heard(), 440, absent=[1000])


@pytest.mark.parametrize("mediaenc, mechanism", [("dtls_srtp", "DTLS-SRTP"), ("srtp-mand", "SDES")])
def test_baresip_that_takes_no_clear_offer_is_called(daemon, kamailio, baresip, pki, folder, mediaenc, mechanism):
    """It refuses RTP/AVP with 488, before it rings; what it is offered then stays, over a hold too."""
    server, alice = kamailio(), daemon("alice")
    register(alice, server, "alice", "udp", pki)
    bob = baresip("bob", registrar=server, codecs=["pcmu"], source="sine:1000", mediaenc=mediaenc)
    bob.wait_registered()
    call = alice.ctl("call", f"sip:bob@{server.domain}", "--capture", "tone:440",
                     "--playback", f"file:{folder / 'heard.wav'}", "--detach")["id"]
    alice.ctl("wait", "call", call, "--for=state=active")
    listen_for(2)
    assert security(alice, call)[1] == mechanism
    alice.ctl("calls", "hold", call)
    alice.ctl("calls", "resume", call)
    assert security(alice, call)[1] == mechanism
    alice.ctl("calls", "hangup", call)
    bob.wait_event("CALL_CLOSED")
    tones.assert_tone(folder / "heard.wav", 1000, absent=[440])
    tones.assert_tone(bob.heard(), 440, absent=[1000])


def protocol(invite):
    return re.search(r"m=audio \d+ (\S+)", invite.body).group(1)


@pytest.fixture
def refused(daemon, stranger):
    """A call whose callee refused the first offer: (commd, proxy, call, the second INVITE)."""
    proxy, commd = stranger(registrar="example.test"), daemon()
    register_at(commd, proxy)
    call = commd.ctl("call", "sip:x@example.test", "--capture", "none", "--playback", "none", "--detach")["id"]
    first = proxy.wait("INVITE")
    assert protocol(first) == "RTP/AVP"
    since = proxy.mark()
    proxy.reply(first, "488 Not Acceptable Here")
    second = proxy.wait("INVITE", since=since)
    assert protocol(second) == "RTP/SAVP"
    assert second.field("Call-ID") == first.field("Call-ID")
    return commd, proxy, call, second


def test_who_refused_the_clear_cannot_answer_in_it(refused, ports):
    commd, proxy, call, invite = refused
    proxy.reply(invite, "200 OK", [f"Contact: <sip:x@{proxy.host}:{proxy.port}>"], sdp(ports.pair()))
    over = ended(commd, call)
    assert over["end_reason"] == "END_REASON_ENCRYPTION_REQUIRED"
    assert "without" in over["end_text"]
    proxy.wait("BYE")


def test_what_is_offered_goes_up_alone_and_ends(refused):
    commd, proxy, call, invite = refused
    since = proxy.mark()
    proxy.reply(invite, "606 Not Acceptable")
    invite = proxy.wait("INVITE", since=since)
    assert protocol(invite) == "UDP/TLS/RTP/SAVPF"
    proxy.reply(invite, "488 Not Acceptable Here")
    assert ended(commd, call)["end_reason"] == "END_REASON_INCOMPATIBLE_MEDIA"


def test_nobody_is_rung_twice(refused):
    commd, proxy, call, invite = refused
    proxy.reply(invite, "180 Ringing")
    commd.ctl("wait", "call", call, "--for=state=ringing")
    proxy.reply(invite, "488 Not Acceptable Here")
    assert ended(commd, call)["end_reason"] == "END_REASON_INCOMPATIBLE_MEDIA"
    asked = {m.field("CSeq") for m in proxy.all() if m.first.startswith("INVITE")}
    assert len(asked) == 2


def test_the_certificate_of_an_account_is_kept(daemon, stranger, ports):
    proxy, commd = stranger(registrar="example.test"), daemon()
    register_at(commd, proxy)
    seen = []
    for _ in range(2):
        since = proxy.mark()
        call = commd.ctl("call", "sip:x@example.test", "--capture", "none", "--playback", "none", "--detach")["id"]
        invite = proxy.wait("INVITE", since=since)
        seen.append(re.search(r"a=fingerprint:sha-256 (\S+)", invite.body).group(1))
        commd.ctl("calls", "hangup", call)
        proxy.reply(invite, "487 Request Terminated")
        commd.restart()
        proxy.wait_registered()
        commd.ctl("wait", "account", "sip:alice@example.test", "--for=state=online")
    assert seen[0] == seen[1]


@pytest.fixture
def ask(daemon, stranger, ports, pki):
    """A call of somebody who promises a certificate, just answered; with these settings of the account:
    (commd, call, his port, ours, his certificate)."""
    def make(*settings):
        proxy, commd = stranger(registrar="example.test"), daemon()
        contact, where = register_at(commd, proxy, *settings)
        promised, port = pki.leaf("promised"), ports.pair()
        his = proxy.invite(contact, where, sdp(port, profile="UDP/TLS/RTP/SAVP", more=described(promised)))
        call = ringing(commd)
        commd.ctl("calls", "answer", call, "--capture", "none", "--playback", "none")
        answered = proxy.confirm(his)
        assert "a=setup:passive" in answered.body and "UDP/TLS/RTP/SAVP" in answered.body
        assert "a=crypto" not in answered.body
        ours = int(re.search(r"m=audio (\d+)", answered.body).group(1))
        commd.ctl("wait", "call", call, "--for=state=connecting")
        return commd, call, port, ours, promised
    return make


@pytest.fixture
def asked(ask):
    return ask()


def test_who_is_promised_is_believed(asked, folder):
    commd, call, port, ours, promised = asked
    with hello(folder, promised, port, ("127.0.0.1", ours)):
        commd.ctl("wait", "call", call, "--for=state=active")
        assert security(commd, call) == ("LEVEL_ENCRYPTED", "DTLS-SRTP", "AES_CM_128_HMAC_SHA1_80")


def test_another_certificate_ends_the_call(asked, folder, pki):
    """Somebody in the middle of the media alone."""
    commd, call, port, ours, _ = asked
    with hello(folder, pki.leaf("another"), port, ("127.0.0.1", ours)):
        over = ended(commd, call)
    assert over["end_reason"] == "END_REASON_MEDIA_FAILED"
    assert "certificate" in over["end_text"]
    assert over["security"]["level"] == "LEVEL_NONE"


def rejected(commd, call):
    return int(commd.ctl("calls", "stats", call).get("packets_rejected", 0))


def test_a_hello_from_elsewhere_disturbs_nothing(ask, folder, pki, ports):
    """The race of a stranger's hello against the caller's own, where the stream may not move: it is not even read."""
    commd, call, port, ours, promised = ask("--set", "latch=off")
    with hello(folder, pki.leaf("another"), ports.pair(), ("127.0.0.1", ours), "stranger") as stranger_:
        assert until(lambda: rejected(commd, call) > 0)
        with hello(folder, promised, port, ("127.0.0.1", ours)):
            commd.ctl("wait", "call", call, "--for=state=active")
        assert "SRTP Extension negotiated" not in stranger_.tail(1000)


def test_a_caller_behind_a_translator_is_found_by_the_certificate(ask, folder, pki, ports):
    """His hello comes from another address than he described, and after a stranger's, who wants to be him."""
    commd, call, port, ours, promised = ask("--set", "latch=on")
    there, translated = ("127.0.0.1", ours), ports.pair()
    with hello(folder, pki.leaf("another"), ports.pair(), there, "stranger"):
        assert until(lambda: rejected(commd, call) > 0)
        assert security(commd, call)[0] == "LEVEL_NONE"
        with hello(folder, promised, translated, there):
            commd.ctl("wait", "call", call, "--for=state=active")
            assert security(commd, call) == ("LEVEL_ENCRYPTED", "DTLS-SRTP", "AES_CM_128_HMAC_SHA1_80")
            assert commd.ctl("calls", "stats", call)["remote_address"] == f"127.0.0.1:{translated}"
