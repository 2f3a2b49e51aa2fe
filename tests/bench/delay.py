"""Delays read from sound: chirps and their echoes."""
import wave

import numpy as np

from peers import tones

FRAME_S = 0.02


def stereo(path):
    """(left, right, rate) of a 16 bit WAV file."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768.0
        return samples[0::2], samples[1::2], file.getframerate()


def delays(sent, heard, rate, every, settle):
    """Seconds from each chirp in `sent` to its copy in `heard`, from `settle` seconds on."""
    there = [at for at, _ in tones.find_chirps(sent, rate, every)]
    back = [at for at, _ in tones.find_chirps(heard, rate, every)]
    found = []
    for at in there:
        later = [other - at for other in back if at < other < at + every / 2]
        if at >= settle and later:
            found.append(later[0])
    return found


def mouth_to_ear(round_trip):
    """One way, from a round trip by an echo, in seconds.

    In the recording a sample is said when its frame leaves and heard when its frame is played. Two
    ways make the round trip, and the echo says one frame later what it hears. From a mouth to an ear
    one way takes the frame that the speaker must fill before it leaves, and half of the rest.
    """
    return FRAME_S + (round_trip - FRAME_S) / 2
