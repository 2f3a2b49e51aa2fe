"""Mouth to ear: chirps from a file, through the wire to another daemon's echo and back, in a recording.

The recording of a call has what was said on the left and what was heard on the right, by one clock.
See delay.mouth_to_ear() for the arithmetic. Jitter buffers are as they are by default and have settled;
sound cards and the sound server are not part of it.
"""
import time

from peers import tones

from ..delay import delays, mouth_to_ear, stereo
from ..subjects import Commd

SECONDS = 22
EVERY_S, RATE = 1.0, 48000
SETTLE_S, TALK_S = 3.0, 9.0


def record(bench, codec, encryption):
    """The round trips of one call, in seconds."""
    sound = tones.write(bench.folder / "chirps.wav", tones.chirps(20, EVERY_S, RATE), RATE)
    recording = bench.folder / f"talk-{codec}.wav"
    with Commd(bench.folder, bench.ports) as caller, Commd(bench.folder, bench.ports) as callee:
        ctl = caller.daemon.ctl
        call = ctl("call", f"sip:echo@127.0.0.1:{callee.port}", "--capture", f"file:{sound}", "--playback", "none",
                   "--detach", "--set", f"codecs={codec}", "--set", f"encryption={encryption}")["id"]
        ctl("wait", "call", call, "--for=state=active")
        ctl("calls", "record", call, recording)
        time.sleep(TALK_S)  # the talk is what is measured
        ctl("calls", "hangup", call)
    left, right, rate = stereo(recording)
    return delays(left, right, rate, EVERY_S, SETTLE_S)


def run(bench):
    for codec, encryption, name, goal in (("opus", "required", "mouth_to_ear_ms", 60),
                                          ("PCMU", "off", "mouth_to_ear_pcmu_ms", 60)):
        found = record(bench, codec, encryption)
        if len(found) < (TALK_S - SETTLE_S) / 2:
            bench.note(f"{codec}: only {len(found)} chirps came back, no figure")
            continue
        ways = sorted(mouth_to_ear(value) * 1000 for value in found)
        bench.add(name, f"mouth to ear, {codec}{'+SRTP' if encryption == 'required' else ''}, median of "
                  f"{len(ways)} chirps", ways[len(ways) // 2], "ms", goal)
        bench.note(f"{codec}: mouth to ear between {ways[0]:.1f} and {ways[-1]:.1f} ms")
