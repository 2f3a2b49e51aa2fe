"""Calls through the devices of a real sound server: heard, ringing, dying and coming back."""
# ctest: timeout=400
import signal

import numpy as np
import pytest
from helpers import (BOB_HZ, PLAIN, ROOM_HZ, call_to, is_notice, listen_for, local_uri, problems, ringing,
                     whole)

from peers import tones
from peers.process import SLOW

RINGTONE_HZ = (587.3, 698.5)
RINGBACK_HZ = 425


@pytest.fixture
def sound(pulse):
    return pulse()


@pytest.fixture
def alice(daemon, sound):
    return daemon("alice", env=sound.env, settings={"audio": PLAIN})


@pytest.fixture
def bob(daemon):
    return daemon("bob")


@pytest.fixture
def in_the_room(sound):
    with sound.play("room", tones.tone(ROOM_HZ, 1)):
        yield


# ---- devices ---------------------------------------------------------------------


def test_devices_are_listed_at_the_first_time_of_asking(alice):
    devices = {(row["kind"], row["id"]): row for row in alice.rows("device", "list")}
    assert devices["KIND_CAPTURE", "mic"]["default"] is True
    assert devices["KIND_CAPTURE", "mic"]["description"] == "Microphone"
    assert devices["KIND_PLAYBACK", "speakers"]["default"] is True
    assert devices["KIND_PLAYBACK", "bell"]["default"] is False
    assert devices["KIND_CAPTURE", "room.monitor"]["monitor"] is True
    table = alice.run("device", "list", json_output=False)
    assert "pulse:speakers" in table.stdout and table.stderr == ""


def test_without_a_server_the_list_says_why_it_is_empty(alice, sound):
    sound.kill()
    listed = alice.run("device", "list", json_output=False)
    assert listed.returncode == 0 and listed.stdout == ""
    assert "No sound devices" in listed.stderr and "PulseAudio or PipeWire" in listed.stderr


def test_the_device_test_hears_the_room(alice, in_the_room, sound):
    speakers = sound.listen("speakers")
    tested = alice.start_ctl("device", "test", "--duration", "2s")
    speakers.wait_for(lambda part: tones.level_db(part) > -40, "the tone of the test")
    assert tested.wait_exit(20) == 0
    result = "".join(tested.out.all())
    assert "the microphone works" in result
    # A tone of 0.35 of full scale.
    result = alice.ctl("device", "test", "--capture", "pulse:mic", "--playback", "none", "--duration", "1s")
    assert -12 < result["peak_dbov"] < -7
    assert "capture: a device is tested" in alice.ctl("device", "test", "--capture", "file:/x.wav", status=2)


def test_without_a_server_the_device_test_says_so(alice, sound):
    sound.kill()
    assert "no sound server" in alice.ctl("device", "test")["message"]


def test_devices_come_and_go_in_the_watch(alice, sound):
    with alice.watch() as events:
        events.wait_for(lambda e: e.get("event", {}).get("device_changed", {}).get("id") == "mic")
        mark = events.mark()
        module = sound.load_sink("headset")
        added = events.wait_for(lambda e: e.get("event", {}).get("device_changed", {}).get("id") == "headset",
                                since=mark)["event"]["device_changed"]
        assert added["kind"] == "KIND_PLAYBACK"
        sound.pactl("set-default-sink", "headset")
        events.wait_for(lambda e: e.get("event", {}).get("device_changed", {}).get("id") == "headset"
                        and e["event"]["device_changed"]["default"], since=mark)
        sound.unload(module)
        events.wait_for(lambda e: e.get("event", {}).get("device_removed") == "headset", since=mark)


# ---- calls ------------------------------------------------------------------------


@pytest.mark.parametrize("capture, playback, loudspeaker, other", [
    ("default", "default", "speakers", "bell"), ("pulse:mic", "pulse:bell", "bell", "speakers")])
def test_a_call_is_heard_both_ways(alice, daemon, sound, in_the_room, capture, playback, loudspeaker, other):
    bob = daemon("bob", env=sound.env, settings={"audio": {**PLAIN, "ring": "none"}})
    here, there = sound.listen(loudspeaker), sound.listen(other)
    with call_to(alice, bob, "--capture", capture, "--playback", playback, playback=f"pulse:{other}"):
        here.wait_tone(BOB_HZ, absent=[ROOM_HZ])
        there.wait_tone(ROOM_HZ, absent=[BOB_HZ])
    here.wait_silence()
    there.wait_silence()


def test_an_incoming_call_rings_on_the_device_for_it(daemon, bob, sound):
    alice = daemon("alice", env=sound.env, settings={"audio": {**PLAIN, "ring": "pulse:bell"}})
    bell, speakers = sound.listen("bell"), sound.listen("speakers")
    call = bob.ctl("call", local_uri(alice), "--capture", f"tone:{BOB_HZ}", "--detach")["id"]
    theirs = ringing(alice)
    for hz in RINGTONE_HZ:
        bell.wait_tone(hz)
    speakers.wait_silence()
    alice.ctl("calls", "answer", theirs)
    bell.wait_silence()
    speakers.wait_tone(BOB_HZ)
    bob.ctl("calls", "hangup", call)
    speakers.wait_silence()


def test_ringback_is_heard_where_the_call_will_be(alice, bob, sound):
    bell, speakers = sound.listen("bell"), sound.listen("speakers")
    call = alice.ctl("call", local_uri(bob), "--playback", "pulse:bell", "--detach")["id"]
    theirs = ringing(bob)
    bell.wait_tone(RINGBACK_HZ)
    speakers.wait_silence()
    bob.ctl("calls", "answer", theirs, "--capture", f"tone:{BOB_HZ}")
    bell.wait_tone(BOB_HZ, absent=[RINGBACK_HZ])
    alice.ctl("calls", "hangup", call)


def test_who_is_muted_is_not_heard(alice, sound, in_the_room):
    call = alice.ctl("call", "echo", "--capture", "pulse:mic", "--detach")["id"]
    ear = sound.listen("speakers")
    ear.wait_tone(ROOM_HZ)
    alice.ctl("calls", "mute", call)
    ear.wait_silence()
    alice.ctl("calls", "unmute", call)
    ear.wait_tone(ROOM_HZ)
    alice.ctl("calls", "hangup", call)


def test_two_calls_share_one_microphone(alice, daemon, sound, in_the_room):
    quiet = {"env": sound.env, "settings": {"audio": {**PLAIN, "ring": "none"}}}
    bob, carol = daemon("bob", **quiet), daemon("carol", **quiet)
    at_bob, at_carol = sound.listen("speakers"), sound.listen("bell")
    with call_to(alice, bob, "--playback", "none", playback="pulse:speakers"):
        at_bob.wait_tone(ROOM_HZ)
        with call_to(alice, carol, "--playback", "none", playback="pulse:bell"):
            at_carol.wait_tone(ROOM_HZ)
            at_bob.wait_tone(ROOM_HZ)
        at_carol.wait_silence()
        # The one that stays still has it.
        at_bob.forget()
        at_bob.wait_tone(ROOM_HZ)


def test_an_echo_is_cancelled_unless_told_otherwise(daemon, bob, sound, folder):
    """The microphone hears nothing but the loudspeaker; bob should not hear himself."""
    voice = folder / "voice.wav"
    spoken = int(14 + 6 * SLOW) * 48000  # longer than anybody listens
    tones.write(voice, np.random.default_rng(1).uniform(-0.2, 0.2, spoken), 48000)
    files = {cancelled: folder / f"heard-{cancelled}.wav" for cancelled in (False, True)}
    alice = daemon("alice", env=sound.env, settings={"audio": PLAIN})

    def talk(heard):
        with call_to(alice, bob, "--capture", "pulse:speakers.monitor", capture=f"file:{voice}",
                     playback=f"file:{heard}"):
            listen_for(6)

    talk(files[False])
    # What is read anew holds for the next call.
    alice.configure({"audio": {**PLAIN, "echo_cancellation": True}})
    alice.process.signal(signal.SIGHUP)
    alice.process.wait_line("config_changed, key: audio.echo_cancellation")
    talk(files[True])
    whole(bob)
    levels = {}
    for cancelled, heard in files.items():
        samples, rate = tones.read(heard)
        levels[cancelled] = tones.level_db(samples[-2 * rate:])
    assert levels[False] > -40, f"without cancellation the echo is heard: {levels}"
    assert levels[True] < levels[False] - 20, f"with it nearly nothing is: {levels}"


# ---- a sound server that fails -----------------------------------------------------


def test_a_call_outlives_its_sound_server(alice, bob, sound, folder):
    heard = folder / "bob.wav"
    with alice.watch() as events, call_to(alice, bob, playback=f"file:{heard}") as (call, theirs):
        with sound.listen("speakers") as ear:
            ear.wait_tone(BOB_HZ)
        mark = events.mark()
        sound.kill()
        lost = events.wait_for(is_notice("SOUND_SERVER_LOST"), since=mark)
        assert "calls go on without sound devices" in lost["event"]["notice"]["message"]
        assert any("no sound server" in problem for problem in problems(alice))
        assert alice.ctl("calls", "show", call)["state"] == "STATE_ACTIVE"
        sound.start()
        events.wait_for(is_notice("SOUND_SERVER_FOUND"), 20, since=mark)
        assert problems(alice) == []
        ear = sound.listen("speakers")
        ear.wait_tone(BOB_HZ, seconds=20)
        # The microphone, too: bob's file ends with it.
        with sound.play("room", tones.tone(ROOM_HZ, 1)):
            listen_for(3)
        assert bob.ctl("calls", "show", theirs)["state"] == "STATE_ACTIVE"
    whole(bob)
    samples, rate = tones.read(heard)
    assert tones.share(samples[-2 * rate:], rate, ROOM_HZ) > 0.8


def test_no_sound_server_is_silence_and_a_warning(alice, bob, sound, folder):
    sound.kill()
    heard = folder / "bob.wav"
    with alice.watch() as events, call_to(alice, bob, playback=f"file:{heard}") as (call, _):
        events.wait_for(is_notice("SOUND_SERVER_ABSENT", call))
        assert any("no sound server" in problem for problem in problems(alice))
        listen_for(1)
        stats = alice.ctl("calls", "stats", call)
        assert int(stats["sent"]["packets"]) > 0
    whole(bob)
    tones.assert_silence(heard)


def test_a_configured_device_that_is_not_there_is_a_problem_until_it_comes(daemon, bob, sound):
    alice = daemon("alice", env=sound.env, settings={"audio": {**PLAIN, "playback": "pulse:headset"}})
    with alice.watch() as events, call_to(alice, bob):
        events.wait_for(is_notice("AUDIO_DEVICE_FAILED", "pulse:headset"))
        assert any("loudspeaker pulse:headset" in problem for problem in problems(alice))
        sound.load_sink("headset")
        ear = sound.listen("headset")
        ear.wait_tone(BOB_HZ)


def test_the_end_does_not_wait_for_a_server_that_hangs(alice, bob, sound):
    call = alice.ctl("call", local_uri(bob), "--detach")["id"]
    bob.ctl("calls", "answer", ringing(bob), "--capture", f"tone:{BOB_HZ}")
    alice.ctl("wait", "call", call, "--for=state=active")
    sound.listen("speakers").wait_tone(BOB_HZ)
    sound.freeze()
    # Somebody waits for an answer that will not come.
    alice.start_ctl("device", "test")
    alice.terminate()


def test_a_server_that_hangs_keeps_nobody_from_calling(alice, bob, sound):
    sound.listen("speakers")
    sound.freeze()
    assert alice.rows("device", "list") == []
    with call_to(alice, bob, "--capture", "pulse:mic"):
        pass
    sound.thaw()
