"""The first thing a newcomer does: call the echo service of the local account."""
from helpers import listen_for, wave

from peers import tones
from peers.process import SLOW


def test_the_echo_service_sends_back_what_it_hears(daemon, folder):
    commd = daemon()
    heard = folder / "heard.wav"
    done = commd.run("call", "echo", "--capture", f"file:{wave(folder, 'tone.wav', 440)}",
                     "--playback", f"file:{heard}", "--duration", "3s", seconds=20, json_output=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tones.assert_tone(heard, 440, seconds=1.5)
    for word in ("opus", "SDES", "Loss", "MOS"):
        assert word in done.stdout
    calls = commd.rows("calls", "list", "--ended")
    assert len(calls) == 1
    assert calls[0]["end_reason"] == "END_REASON_HUNG_UP"
    # Loopback counts as protected signalling, so the keys were not exposed.
    assert calls[0]["security"]["level"] == "LEVEL_ENCRYPTED"


def test_a_call_without_an_answer_fails(daemon):
    commd = daemon()
    done = commd.run("call", "sip:nobody@localhost", "--duration", "1s")
    assert done.returncode == 1
    assert commd.rows("calls", "list", "--ended")[0]["end_reason"] == "END_REASON_NOT_FOUND"


def test_each_direct_codec(daemon, folder):
    commd = daemon()
    for codec in ("opus", "PCMU", "PCMA"):
        heard = folder / f"heard-{codec}.wav"
        commd.ctl("call", "echo", "--capture", "tone:700", "--playback", f"file:{heard}",
                  "--duration", f"{2 * SLOW:g}s", "--set", f"codecs={codec}", seconds=20 + 2 * SLOW)
        tones.wait_length(heard, 1.5 * SLOW)
        tones.assert_tone(heard, 700)
        assert commd.rows("calls", "list", "--ended")[0]["codec"].lower().startswith(codec.lower())


def test_the_call_log_and_the_events_survive_a_kill(daemon):
    commd = daemon()
    with commd.watch() as events:
        commd.ctl("call", "echo", "--capture", "none", "--playback", "none", "--duration", "1s", seconds=20)
        ended = events.wait_for(
            lambda e: e.get("event", {}).get("call_changed", {}).get("state") == "STATE_ENDED")
        token = events.events()[0]
    call = ended["event"]["call_changed"]["id"]
    commd.kill()
    commd.start()
    assert [c["id"] for c in commd.rows("calls", "list", "--ended")] == [call]
    resume = ended["resume_token"]
    with commd.watch("--from", resume) as events:
        first = events.wait_for(lambda e: "event" in e)
        assert int(first["event"]["sequence"]) == int(ended["event"]["sequence"]) + 1
    assert token


def test_a_call_alive_at_a_crash_comes_back_ended(daemon):
    commd = daemon()
    call = commd.ctl("call", "echo", "--capture", "none", "--playback", "none", "--detach")["id"]
    commd.ctl("wait", "call", call, "--for=state=active")
    listen_for(0.2)
    commd.kill()
    commd.start()
    assert commd.ctl("calls", "show", call)["end_reason"] == "END_REASON_DAEMON_RESTARTED"
