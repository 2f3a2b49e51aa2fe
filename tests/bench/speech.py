"""Speech to send, and how much of it is understood at the other end.

intelligibility() is the short-time objective intelligibility of Taal, Hendriks, Heusdens and Jensen (IEEE
Transactions on Audio, Speech and Language Processing 19(7), 2011): the mean correlation, over pieces of 384 ms and
fifteen thirds of an octave, of the loudness sent with the loudness heard. 1 is the same, and with 0.75 most listeners
miss hardly a word. It wants both in step, which a call is not: a jitter buffer stretches and shortens pauses. So the
delay is found anew for each second.
"""
import shutil
import subprocess

import numpy as np

from peers import tones

RATE = 48000
# Of the Harvard sentences (IEEE recommended practice for speech quality measurements, 1969).
TEXT = ("The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. It is easy to tell the "
        "depth of a well. These days a chicken leg is a rare dish. Rice is often served in round bowls. The juice of "
        "lemons makes fine punch. The box was thrown beside the parked truck. The hogs were fed chopped corn and "
        "garbage. Four hours of steady work faced us. A large size in stockings is hard to sell.")


def resampled(samples, old, new):
    """By its spectrum, which is cut off at the lower of both ends."""
    count = int(len(samples) * new / old)
    spectrum = np.fft.rfft(samples)
    bins = min(len(spectrum), count // 2 + 1)
    return np.fft.irfft(spectrum[:bins], count) * (count / len(samples))


def write(path, seconds):
    """Speech of at most that length, by espeak-ng, or what is like speech where that is not installed."""
    if shutil.which("espeak-ng"):
        subprocess.run(["espeak-ng", "-v", "en", "-s", "150", "-w", path, TEXT], check=True, timeout=30)
        samples, rate = tones.read(path)
        voice = resampled(samples, rate, RATE)[:seconds * RATE]
        return tones.write(path, 0.5 * voice / np.max(np.abs(voice)), RATE)
    return tones.write(path, tones.speech_like(seconds), RATE)


# ---- short-time objective intelligibility ------------------------------------------------

INNER_RATE, FRAME, HOP, FFT = 10000, 256, 128, 512
BANDS, LOWEST_HZ = 15, 150
PIECE = 30                   # frames
QUIET_DB, CLIP_DB = 40, -15  # below the loudest: nobody speaks; the most that a piece may be off
SECOND = INNER_RATE
MOST_DRIFT_S = 0.3           # of the delay, from one second to the whole


def frames(samples):
    window = np.hanning(FRAME + 2)[1:-1]
    count = max(0, (len(samples) - FRAME) // HOP + 1)
    return np.stack([samples[at * HOP:at * HOP + FRAME] * window for at in range(count)]) if count else \
        np.zeros((0, FRAME))


def bands(found):
    """The loudness of each third of an octave (rows) in each frame."""
    hz = np.fft.rfftfreq(FFT, 1 / INNER_RATE)
    power = np.abs(np.fft.rfft(found, FFT, axis=1)) ** 2
    centres = LOWEST_HZ * 2.0 ** (np.arange(BANDS) / 3)
    masks = np.stack([(hz >= centre * 2 ** (-1 / 6)) & (hz < centre * 2 ** (1 / 6)) for centre in centres])
    return np.sqrt(masks @ power.T)


def correlations(sent, heard):
    found = []
    for start in range(sent.shape[1] - PIECE + 1):
        x, y = sent[:, start:start + PIECE], heard[:, start:start + PIECE]
        scale = np.linalg.norm(x, axis=1, keepdims=True) / (np.linalg.norm(y, axis=1, keepdims=True) + 1e-12)
        y = np.minimum(y * scale, x * (1 + 10 ** (-CLIP_DB / 20)))
        x, y = (one - one.mean(axis=1, keepdims=True) for one in (x, y))
        norm = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1) + 1e-12
        found.append(np.mean(np.sum(x * y, axis=1) / norm))
    return found


def delay(sent, heard, first, last):
    """Of `heard` behind `sent`, in samples from `first` to `last`, where they are most alike."""
    size = 1 << int(np.ceil(np.log2(len(sent) + len(heard))))
    alike = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sent, size)), size)
    lags = np.arange(first, last + 1)
    return int(lags[np.argmax(alike[lags % size])])


def intelligibility(sent, heard, rate=RATE):
    """0 to 1; `heard` begins some time within five seconds before or after `sent` does."""
    sent, heard = (resampled(one, rate, INNER_RATE) for one in (sent, heard))
    whole = delay(sent, heard, -5 * SECOND, 5 * SECOND)
    drift = int(MOST_DRIFT_S * SECOND)
    padded = np.concatenate([np.zeros(6 * SECOND), heard, np.zeros(max(0, len(sent) - len(heard)) + 12 * SECOND)])
    ours, theirs = [], []
    for at in range(0, len(sent) - SECOND, SECOND):
        piece = sent[at:at + SECOND]
        around = padded[6 * SECOND + at + whole - drift:6 * SECOND + at + whole + SECOND + drift]
        here = delay(piece, around, 0, 2 * drift)
        ours.append(piece)
        theirs.append(around[here:here + SECOND])
    ours, theirs = frames(np.concatenate(ours)), frames(np.concatenate(theirs))
    energy = 20 * np.log10(np.linalg.norm(ours, axis=1) + 1e-12)
    spoken = energy > energy.max() - QUIET_DB
    return float(np.mean(correlations(bands(ours[spoken]), bands(theirs[spoken]))))
