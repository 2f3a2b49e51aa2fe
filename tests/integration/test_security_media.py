"""RTP of strangers: injected voices and digits, and voices that would leak to whoever asks for them
(RTP bleed). The strangers know everything but the port of the peer."""
# ctest: timeout=120
import re
import threading

import pytest
from helpers import local_address, ringing

from peers import tones
from peers.rtp import Rtp
from peers.stranger import sdp

HERE = "127.0.0.1"


@pytest.fixture
def talk(daemon, stranger, ports, folder):
    """A call that was answered, in the clear: (daemon, call, its RTP address, the peer's voice, what is heard)."""
    with Rtp(HERE, ports.pair()) as voice:
        commd, caller, heard = daemon(), stranger(), folder / "heard.wav"
        where = local_address(commd)
        call = caller.invite(f"local@{HERE}:{where[1]}", where, sdp(voice.port))
        theirs = ringing(commd)
        commd.ctl("calls", "answer", theirs, "--capture", "tone:700", "--playback", f"file:{heard}")
        answer = caller.confirm(call)
        commd.ctl("wait", "call", theirs, "--for=state=active")
        yield commd, theirs, (HERE, int(re.search(r"m=audio (\d+)", answer.body).group(1))), voice, heard


def test_strangers_are_neither_heard_nor_sent_to(talk):
    commd, call, there, voice, heard = talk
    voice.talk(there, 440, 0.2)  # the described address speaks: nothing may move any more
    with Rtp(HERE, ssrc=voice.ssrc) as twin, Rtp("127.0.0.2", ssrc=voice.ssrc) as far, Rtp(HERE) as other:
        twin.sequence, twin.timestamp = voice.sequence, voice.timestamp
        far.sequence, far.timestamp = voice.sequence + 1, voice.timestamp + 160
        stop = threading.Event()
        evil = [threading.Thread(target=one.talk, args=(there, hz, 30, stop))
                for one, hz in ((twin, 1000), (far, 1500), (other, 2000))]
        for thread in evil:
            thread.start()
        voice.talk(there, 440, 2.5)
        stop.set()
        for thread in evil:
            thread.join()
        commd.ctl("calls", "hangup", call)
        commd.ctl("wait", "call", call, "--for=state=ended")
        assert not (twin.received() or far.received() or other.received())
    assert len(voice.received()) > 50
    tones.assert_tone(heard, 440, absent=[1000, 1500, 2000])


def test_nobody_latches_who_comes_late(talk):
    """The described address is mute. More than a second after the answer nobody takes its place."""
    commd, call, there, voice, heard = talk
    threading.Event().wait(1.2)  # what is under test is that this second is over
    with Rtp(HERE) as evil:
        evil.talk(there, 1000, 1)
        commd.ctl("calls", "hangup", call)
        commd.ctl("wait", "call", call, "--for=state=ended")
        assert evil.received() == []
    assert voice.received()
    tones.assert_silence(heard)


def test_strangers_press_no_digits(talk):
    commd, _, there, voice, _ = talk
    voice.talk(there, 440, 0.1)
    with commd.watch() as events, Rtp(HERE, ssrc=voice.ssrc) as twin, Rtp(HERE) as other:
        events.wait_for(lambda e: "checkpoint" in e)
        for evil in (twin, other):
            evil.sequence, evil.timestamp = voice.sequence, voice.timestamp
            evil.digit(there, 5)
        voice.digit(there, 1)
        for evil in (twin, other):
            evil.digit(there, 6)
        voice.digit(there, 2)
        events.wait_for(lambda e: e.get("event", {}).get("dtmf_received", {}).get("digit") == "2")
        digits = [e["event"]["dtmf_received"]["digit"] for e in events.events() if "dtmf_received" in e.get("event", {})]
    assert digits == ["1", "2"]
