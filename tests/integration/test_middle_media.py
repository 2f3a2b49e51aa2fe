"""Somebody in the middle of the media: messages of ZRTP that are touched, strangers and forgers, one who speaks ZRTP with both."""
# ctest: timeout=300
import re
import struct

import numpy as np
import pytest
from between import KEYS, PEOPLE, Talk, between, called, person, talking  # noqa: F401
from helpers import BOB_HZ, ROOM_HZ, is_notice, listen_for, ringing, whole
from test_explain import explain, repeated

from peers import tones, zrtp
from peers.api import until
from peers.dtls import hello
from peers.middle import HERE
from peers.rtp import FRAME, RATE, Rtp, is_rtp, ulaw

# ---- messages of ZRTP that are touched -------------------------------------------------------


class Sieve:
    """What becomes of the first messages of each kind, and of all of some kinds."""

    def __init__(self, touch, *always):
        self.touch, self.always, self.met = touch, always, set()

    def __call__(self, user, packet):
        kind = zrtp.kind(packet)
        first = (user, kind) not in self.met
        self.met.add((user, kind))
        wanted = kind in self.always if self.always else first
        return self.touch(packet) if kind and wanted else packet


@pytest.fixture
def sifted(between, folder):
    """sifted(sieve): a call with ZRTP whose messages go through it."""
    def make(sieve):
        man, alice, bob = between("ZRTP")
        man.touch_media = sieve
        call = alice.ctl("call", man.address("bob"), "--detach", "--capture", f"tone:{ROOM_HZ}", "--playback", "none")
        talk = Talk(man, alice, bob, call["id"], folder)
        talk.answer()
        return talk
    return make


def altered_but(*kinds):
    """A message that commits an end to what follows cannot be taken back: those pass."""
    return lambda packet: packet if zrtp.kind(packet) in kinds else zrtp.altered(packet)


@pytest.mark.parametrize("touch", [lambda packet: None, altered_but("Commit", "DHPart1")], ids=["lost", "altered"])
def test_messages_that_come_again_make_it_good(sifted, touch):
    sieve = Sieve(touch)
    talk = sifted(sieve)
    talk.wait("active")
    assert talk.security() == [("LEVEL_ENCRYPTED", "ZRTP")] * 2
    words = {one.ctl("calls", "show", call)["security"]["sas"] for one, call in talk.ends()}
    assert len(words) == 1
    assert {kind for _, kind in sieve.met} >= {"Hello", "HelloACK", "Commit", "DHPart1", "DHPart2", "Confirm1", "Confirm2"}


@pytest.mark.parametrize("touch, kind, deceived, code", [
    (zrtp.altered, "Commit", "alice", "ZRTP_TAMPERED"), (zrtp.altered, "DHPart1", "bob", "ZRTP_TAMPERED"),
    (zrtp.altered, "DHPart2", "alice", "ZRTP_TAMPERED"), (zrtp.altered, "Confirm2", "alice", "ZRTP_TAMPERED"),
    (lambda packet: None, "Hello", "bob", "ZRTP_SILENT")],
    ids=lambda value: value if isinstance(value, str) and value.isalnum() else "")
def test_messages_that_never_come_whole(sifted, touch, kind, deceived, code):
    talk = sifted(Sieve(touch, kind))
    talk.wait("ended", 25)
    assert code in talk.codes(deceived)
    assert [level for level, _ in talk.security()] == ["LEVEL_NONE"] * 2
    assert talk.in_clear() == 0


# ---- others in the media ---------------------------------------------------------------------------


def figures(commd, call):
    stats = commd.ctl("calls", "stats", call)
    return stats["remote_address"], int(stats.get("packets_rejected", 0))


def goes_on(talk, send, seconds=3):
    """The call does, while that is sent again and again; nobody else than bob is heard."""
    talk.wait("active")
    before, place = talk.security(), figures(talk.alice, talk.call)
    with repeated(send):
        listen_for(seconds)
    after = figures(talk.alice, talk.call)
    assert talk.security() == before
    assert after[0] == place[0] and after[1] > place[1]
    assert [one.ctl("calls", "show", call)["state"] for one, call in talk.ends()] == ["STATE_ACTIVE"] * 2
    talk.hang_up()
    whole(talk.alice, talk.bob)
    tones.assert_tone(talk.folder / "alice.wav", BOB_HZ, absent=[2000])
    tones.assert_tone(talk.folder / "bob.wav", ROOM_HZ)


def tone_packet(voice):
    at = (np.arange(FRAME) + voice.timestamp) / RATE
    voice.timestamp += FRAME
    return voice.packet(ulaw(0.35 * np.sin(2 * np.pi * 2000 * at)))


GOODBYE = struct.pack("!BBHI", 0x80, 201, 1, 7) + struct.pack("!BBHI", 0x81, 203, 1, 7)
# A hello of DTLS 1.2 that is cut off, and the word of somebody who never shook hands that all is lost.
DTLS_HELLO = bytes.fromhex("16fefd0000000000000000002f010000230000000000000023fefd") + bytes(33)
DTLS_ALERT = bytes.fromhex("15fefd0000000000000000000202 28")
NOISE = [GOODBYE, DTLS_HELLO, DTLS_ALERT, zrtp.made("Hello", b"1.10" + bytes(72)), zrtp.made("GoClear", bytes(8)),
         zrtp.made("Error", bytes([0, 0, 0, 0x90])), zrtp.made("Conf2ACK"), b"\x80", b"\x00\x01\x00\x00" + bytes(16)]


@pytest.mark.parametrize("keys", KEYS)
def test_who_speaks_from_elsewhere_disturbs_nothing(between, folder, pki, ports, keys):
    man, alice, bob = between(keys, media=False)
    call = alice.ctl("call", man.address("bob"), "--detach", "--capture", f"tone:{ROOM_HZ}",
                     "--playback", f"file:{folder / 'alice.wav'}")["id"]
    talk = Talk(man, alice, bob, call, folder)
    talk.answer()
    talk.wait("active")
    there = man.described["alice"]
    with Rtp(HERE) as evil, hello(folder, pki.leaf("evil"), ports.pair(), there) as client:
        def send():
            for packet in (*NOISE, tone_packet(evil)):
                evil.send(packet, there)
        goes_on(talk, send)
        assert evil.received() == []
        assert "SRTP Extension negotiated" not in client.tail(1000)


@pytest.mark.parametrize("keys", KEYS)
def test_who_forges_the_far_ends_address_disturbs_nothing(talking, keys):
    """He has the way, but not the keys."""
    talk = talking(keys)
    talk.wait("active")
    talk.man.wait_heard("bob", 20)
    voice, relay = Rtp(HERE), talk.man.relay
    with voice:
        def send():
            last = [packet for packet in talk.man.heard("bob") if is_rtp(packet)][-1]
            voice.ssrc, voice.sequence = struct.unpack("!I", last[8:12])[0], struct.unpack("!H", last[2:4])[0] + 1
            for packet in (*NOISE, tone_packet(voice), last, last[:-1] + bytes([last[-1] ^ 1])):
                relay.inject("a", packet)
        goes_on(talk, send)


# ---- somebody who speaks ZRTP with both ----------------------------------------------------------------


def zrtp_name(commd):
    """The file in which it is kept, once it is there, and the name (ZID)."""
    def kept():
        return next((path for path in commd.state.rglob("*")
                     if path.is_file() and b"zid " in path.read_bytes()[:200]), None)
    assert until(kept)
    return kept(), re.search(rb"zid ([0-9a-f]{24})", kept().read_bytes())[1]


def takes_the_name_of(commd, other):
    commd.terminate()
    path, own = zrtp_name(commd)
    path.write_bytes(path.read_bytes().replace(own, zrtp_name(other)[1]))
    commd.start()


def words(commd, call):
    commd.ctl("wait", "call", call, "--for=state=active")
    return commd.ctl("calls", "show", call)["security"]


def bridged(man, alice, bob, left, right):
    """alice calls bob and gets left; right calls bob as alice. Their ids of these calls."""
    man.redirected = {("alice", "bob"): "left"}

    def pretend(user, message):
        if user == "right":
            message.lines = [line.replace("sip:right@", "sip:alice@") if line.startswith("From:") else line
                             for line in message.lines]
    man.touch_message = pretend
    call = alice.ctl("call", man.address("bob"), "--detach", "--capture", "none", "--playback", "none")["id"]
    left.ctl("calls", "answer", ringing(left), "--capture", "none", "--playback", "none")
    right.ctl("call", man.address("bob"), "--detach", "--capture", "none", "--playback", "none")
    theirs = ringing(bob)
    bob.ctl("calls", "answer", theirs, "--capture", "none", "--playback", "none")
    assert bob.ctl("calls", "show", theirs)["remote"]["address"] == man.address("alice")
    return call, theirs


@pytest.mark.parametrize("known, named", [(False, False), (True, False), (True, True)],
                         ids=["the_first_call", "by_another_name", "by_their_names"])
def test_who_speaks_zrtp_with_both_is_found_out(daemon, between, known, named):
    """The words differ; and whom they have verified before they know again."""
    man, alice, bob = between("ZRTP", media=False)
    left, right = (person(daemon, man, name, "zrtp=on") for name in ("left", "right"))
    if known:
        call = alice.ctl("call", man.address("bob"), "--detach", "--capture", "none", "--playback", "none")["id"]
        theirs = ringing(bob)
        bob.ctl("calls", "answer", theirs, "--capture", "none", "--playback", "none")
        assert words(alice, call)["sas"] == words(bob, theirs)["sas"]
        for one, each in ((alice, call), (bob, theirs)):
            assert one.ctl("calls", "verify", each, "--yes")["security"]["level"] == "LEVEL_VERIFIED"
        alice.ctl("calls", "hangup", call)
        bob.ctl("wait", "call", theirs, "--for=state=ended")
    if named:
        for one, other in ((left, bob), (right, alice)):
            takes_the_name_of(one, other)
            one.ctl("wait", "account", man.address(one.name), "--for=state=online")
    with alice.watch() as hers, bob.watch() as his:
        call, theirs = bridged(man, alice, bob, left, right)
        ours, others = words(alice, call), words(bob, theirs)
        assert ours["sas"] != others["sas"]
        assert ours["level"] == others["level"] == "LEVEL_ENCRYPTED"
        assert ours["mismatch"] == others["mismatch"] == known
        for events, one, each in ((hers, alice, call), (his, bob, theirs)):
            if known:
                events.wait_for(is_notice("ZRTP_MISMATCH", each))
                assert explain(one, each)[0][0]["code"] == "ZRTP_MISMATCH"
