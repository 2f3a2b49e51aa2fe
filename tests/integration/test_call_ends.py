"""Where a call's sound comes from and goes to when that is a file: recordings, and what cannot be used."""
import os
import subprocess

import numpy as np
import pytest
from helpers import (BOB_HZ, PLAIN, ROOM_HZ, call_to, is_notice, listen_for, local_uri, problems, ringing, wave,
                     whole)

from peers import tones


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


# ---- recordings ----------------------------------------------------------------------


def channels(path, folder):
    """(left, right, rate) of a recording; Ogg by another vendor's decoder."""
    if path.suffix == ".ogg":
        decoded = folder / "decoded.wav"
        subprocess.run(["opusdec", "--quiet", "--force-wav", "--rate", "48000", path, decoded], check=True,
                       timeout=30)
        path = decoded
    raw = path.read_bytes()
    rate = int.from_bytes(raw[24:28], "little")
    assert int.from_bytes(raw[22:24], "little") == 2
    samples = np.frombuffer(raw[44:len(raw) // 4 * 4], dtype="<i2") / 32768.0
    return samples[0::2], samples[1::2], rate


@pytest.mark.parametrize("kind", ["wav", "ogg"])
def test_a_recording_has_both_directions_apart(alice, bob, in_the_room, folder, kind):
    path = folder / f"talk.{kind}"
    with call_to(alice, bob) as (call, _):
        assert alice.ctl("calls", "record", call, path)["recording"] is True
        listen_for(2)
        assert alice.ctl("calls", "record", call, "--stop")["recording"] is False
    assert os.stat(path).st_mode & 0o777 == 0o600
    whole(alice)
    sent, received, rate = channels(path, folder)
    assert len(sent) > rate
    assert tones.share(sent, rate, ROOM_HZ) > 0.8 and tones.share(sent, rate, BOB_HZ) < 0.01
    assert tones.share(received, rate, BOB_HZ) > 0.8 and tones.share(received, rate, ROOM_HZ) < 0.01


# ---- files and names that cannot be used ----------------------------------------------


def bad_ends(folder):
    """(option, value, exit status, words of the message)"""
    (folder / "text.wav").write_text("not a WAV file, whatever its name says")
    (folder / "folder.wav").mkdir()
    yield "--capture", f"file:{folder}/none.wav", 5, "capture: "
    yield "--capture", f"file:{folder}/text.wav", 2, "capture: "
    yield "--capture", f"file:{folder}/folder.wav", 2, "capture: "
    yield "--capture", f"file:{folder}/none.wav,loop", 5, "name a .wav file"
    yield "--capture", "pulse:nobody", 5, "pulse:mic"
    yield "--playback", f"file:{folder}/none/x.wav", 5, "playback: "
    yield "--playback", f"file:{folder}/folder.wav", 4, "playback: "
    yield "--playback", "pulse:nobody", 5, "pulse:speakers"
    if os.geteuid() != 0:
        (folder / "secret.wav").touch(0o000)
        (folder / "locked").mkdir(0o500)
        yield "--capture", f"file:{folder}/secret.wav", 4, "capture: "
        yield "--playback", f"file:{folder}/locked/x.wav", 4, "playback: "


def test_a_bad_end_is_refused_before_anything_happens(alice, bob, folder):
    for option, value, status, words in bad_ends(folder):
        error = alice.ctl("call", local_uri(bob), option, value, status=status)
        assert words in error, f"{option} {value}: {error}"
    assert alice.rows("calls", "list", "--ended") == [] and bob.rows("calls", "list", "--ended") == []
    call = bob.ctl("call", local_uri(alice), "--detach")["id"]
    theirs = ringing(alice)
    for field, path in (("capture", folder / "none.wav"), ("playback", folder / "none" / "x.wav")):
        error = alice.ctl("calls", "answer", theirs, f"--{field}", f"file:{path}", status=5)
        assert f"{field}: {path.parent if field == 'playback' else path}" in error
    assert alice.ctl("calls", "show", theirs)["state"] == "STATE_RINGING"
    alice.ctl("calls", "answer", theirs)
    bob.ctl("wait", "call", call, "--for=state=active")


def test_a_bad_path_in_a_call_is_refused_and_the_call_lives(alice, bob, folder):
    (folder / "text.wav").write_text("not a WAV file")
    (folder / "folder.ogg").mkdir()
    with call_to(alice, bob) as (call, _):
        for verb, path, status in [("play", "none.wav", 5), ("play", "text.wav", 2), ("play", "folder.ogg", 2),
                                   ("record", "none/x.wav", 5), ("record", "none/x.ogg", 5),
                                   ("record", "folder.ogg", 4), ("record", "x.mp3", 2)]:
            error = alice.ctl("calls", verb, call, folder / path, status=status)
            assert "path" in error and ".wav" in error, f"{verb} {path}: {error}"
        shown = alice.ctl("calls", "show", call)
        assert shown["state"] == "STATE_ACTIVE" and not shown["recording"] and not shown["playing"]


def test_configured_ends_that_cannot_be_used_are_silent_and_a_problem(daemon, bob, folder):
    audio = {"capture": f"file:{folder}/none.wav", "playback": f"file:{folder}/none/x.wav"}
    alice = daemon("alice", settings={"audio": audio})
    with alice.watch() as events, call_to(alice, bob) as (call, _):
        events.wait_for(is_notice("CAPTURE_UNUSABLE", call))
        events.wait_for(is_notice("PLAYBACK_UNUSABLE", call))
        shown = alice.ctl("calls", "show", call)
        assert (shown["state"], shown["capture"], shown["playback"]) == ("STATE_ACTIVE", "none", "none")
        assert len(problems(alice)) == 2


def test_a_file_is_played_into_a_call_with_devices(alice, bob, in_the_room, folder):
    heard = folder / "bob.wav"
    with call_to(alice, bob, playback=f"file:{heard}") as (call, _):
        alice.ctl("calls", "play", call, wave(folder, "music.wav", 700, seconds=3))
        listen_for(2)
    whole(bob)
    samples, rate = tones.read(heard)
    assert tones.goertzel(samples, rate, 700) > 0.02 and tones.goertzel(samples, rate, ROOM_HZ) > 0.02
