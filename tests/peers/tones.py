"""Sound made and judged: proof by ear, not by packet counts.

Samples are numpy arrays of floats -1..1, mono. Thresholds come from
measurements with G.711 and Opus: a chirp's normalised cross-correlation is
0.98 and more through a call and about 0.03 against silence (limit 0.7); the
mean level difference of eight bands is 1.3-2.4 dB when clean, about 3 dB
with concealed loss, 48 dB for silence (limit 6).
"""
import pathlib
import time
import wave

import numpy as np

from .process import deadline

CHIRP_LOW, CHIRP_HIGH, CHIRP_S = 300, 3400, 0.2
CHIRP_HEARD = 0.7
BAND_LIMIT_DB = 6.0
SILENCE = 1e-3


# ---- files ----------------------------------------------------------------------


def write(path, samples, rate):
    """A 16 bit mono WAV file; returns the path."""
    values = np.clip(np.round(np.asarray(samples) * 32767), -32767, 32767).astype("<i2")
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(values.tobytes())
    return pathlib.Path(path)


def read(path):
    """(samples, rate) of a 16 bit WAV file, mixed to mono.

    A header whose lengths were never filled in, because its writer was
    killed, is read to the end of the file.
    """
    raw = pathlib.Path(path).read_bytes()
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise ValueError(f"{path}: not a WAV file")
    at, channels, rate = 12, 0, 0
    while at + 8 <= len(raw):
        kind, size = raw[at:at + 4], int.from_bytes(raw[at + 4:at + 8], "little")
        body = at + 8
        if kind == b"fmt ":
            channels = int.from_bytes(raw[body + 2:body + 4], "little")
            rate = int.from_bytes(raw[body + 4:body + 8], "little")
            if int.from_bytes(raw[body + 14:body + 16], "little") != 16:
                raise ValueError(f"{path}: only 16 bit samples are read")
        elif kind == b"data":
            end = body + size if 0 < size <= len(raw) - body else len(raw)
            samples = np.frombuffer(raw[body:body + (end - body) // 2 * 2], dtype="<i2") / 32768.0
            if channels > 1:
                samples = samples[:len(samples) // channels * channels]
                samples = samples.reshape(-1, channels).mean(axis=1)
            return samples, rate
        at = body + size + (size & 1)
    raise ValueError(f"{path}: no samples")


# ---- sources ----------------------------------------------------------------------


def tone(hz, seconds, rate=48000, level=0.35):
    return level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)


def chirp(rate=48000, level=0.5):
    """One sweep over the telephone band, with soft edges."""
    t = np.arange(int(CHIRP_S * rate)) / rate
    phase = 2 * np.pi * (CHIRP_LOW * t + (CHIRP_HIGH - CHIRP_LOW) * t * t / (2 * CHIRP_S))
    edge = np.minimum(1, np.minimum(t, CHIRP_S - t) / 0.01)
    return level * edge * np.sin(phase)


def chirps(seconds, every=1.0, rate=48000, level=0.5):
    """A chirp at the start of each period, silence between."""
    out = np.zeros(int(seconds * rate))
    one = chirp(rate, level)
    for start in range(0, len(out) - len(one), int(every * rate)):
        out[start:start + len(one)] = one
    return out


def speech_like(seconds, rate=48000, seed=1, level=0.3):
    """Noise in the voice band that rises and falls like syllables: exercises codecs, DTX and VAD."""
    dice = np.random.default_rng(seed)
    noise = np.fft.rfft(dice.standard_normal(int(seconds * rate)))
    hz = np.fft.rfftfreq(int(seconds * rate), 1 / rate)
    shaped = np.fft.irfft(noise * ((hz > 200) & (hz < 3400)) / (1 + hz / 800), int(seconds * rate))
    t = np.arange(len(shaped)) / rate
    shaped *= np.clip(np.sin(2 * np.pi * 2.3 * t), 0, None) * (np.sin(2 * np.pi * 0.31 * t) > -0.5)
    return level * shaped / np.max(np.abs(shaped))


# ---- measurements ---------------------------------------------------------------------


def active(samples):
    """From the first to the last sample that is not silence."""
    loud = np.flatnonzero(np.abs(samples) > SILENCE)
    return samples[loud[0]:loud[-1] + 1] if len(loud) else samples[:0]


def level_db(samples):
    """RMS in dBFS, -120 for silence."""
    power = float(np.mean(np.square(samples))) if len(samples) else 0.0
    return 10 * np.log10(power) if power > 1e-12 else -120.0


def spectrum(samples, rate):
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    return power, np.fft.rfftfreq(len(samples), 1 / rate)


def dominant(samples, rate):
    """The strongest frequency in Hz, 0 for silence."""
    part = active(samples)
    if len(part) < rate // 50:
        return 0.0
    power, hz = spectrum(part, rate)
    power[hz < 20] = 0
    return float(hz[int(np.argmax(power))])


def share(samples, rate, hz, width=20):
    """The part (0..1) of the energy within hz +- width, over what is not silent."""
    part = active(samples)
    if len(part) < rate // 50:
        return 0.0
    power, bins = spectrum(part, rate)
    total = float(power.sum())
    return float(power[np.abs(bins - hz) <= width].sum()) / total if total > 0 else 0.0


def purity(samples, rate, hz, window_s=0.1):
    """As share(), of the middle one of windows of 100 ms.

    A busy machine tears holes into a tone, and each hole spreads its energy over the spectrum of the
    whole; most windows have none, and a wrong tone is in all of them.
    """
    part, size = active(samples), int(rate * window_s)
    windows = part[:len(part) // size * size].reshape(-1, size)
    return float(np.median([share(one, rate, hz) for one in windows])) if len(windows) else 0.0


def goertzel(samples, rate, hz):
    """The amplitude of one frequency over all samples."""
    turns = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / rate)
    return 2 * abs(np.dot(samples, turns)) / max(1, len(samples))


def degraded_ratio(samples, rate, hz, frame_s=0.02, limit=0.05):
    """The share of 20 ms frames of a tone that are more than 5 % of something else.

    Each frame is fitted by a sine of that frequency; what is left over is the
    damage done by loss and its concealment. Silent edges are cut off first.
    """
    part = active(samples)
    size = int(rate * frame_s)
    frames = part[:len(part) // size * size].reshape(-1, size)
    if not len(frames):
        return 1.0
    t = 2 * np.pi * hz * np.arange(size) / rate
    basis = np.stack([np.cos(t), np.sin(t)], axis=1)
    fit = frames @ np.linalg.pinv(basis).T @ basis.T
    rest = np.square(frames - fit).sum(axis=1)
    full = np.square(frames).sum(axis=1)
    usual = np.median(full)
    return float(np.mean((rest > limit * np.maximum(full, 1e-12)) | (full < 0.1 * usual)))


def find_chirps(samples, rate, every=1.0):
    """[(time in seconds, normalised correlation)] of each chirp heard."""
    one = chirp(rate)
    if len(samples) < len(one):
        return []
    size = 1 << (len(samples) + len(one) - 1).bit_length()
    cross = np.fft.irfft(np.fft.rfft(samples, size) * np.conj(np.fft.rfft(one, size)), size)
    cross = cross[:len(samples) - len(one) + 1]
    sums = np.concatenate([[0.0], np.cumsum(np.square(samples))])
    energy = np.sqrt(np.maximum(sums[len(one):] - sums[:-len(one)], 0) * np.square(one).sum())
    score = np.where(energy > 1e-4 * np.square(one).sum(), np.abs(cross) / np.maximum(energy, 1e-12), 0)
    found, guard = [], int(every * rate * 0.5)
    while True:
        at = int(np.argmax(score))
        if score[at] < CHIRP_HEARD:
            return sorted(found)
        found.append((at / rate, float(score[at])))
        score[max(0, at - guard):at + guard] = 0


def resample(samples, old, new):
    if old == new:
        return samples
    at = np.arange(int(len(samples) * new / old)) * old / new
    return np.interp(at, np.arange(len(samples)), samples)


def chirp_delay(sent, heard, rate):
    """(delay of `heard` behind `sent` in seconds, correlation) by the first chirp of each."""
    first, second = find_chirps(sent, rate), find_chirps(heard, rate)
    if not first or not second:
        return None, 0.0
    return second[0][0] - first[0][0], second[0][1]


def band_difference(sent, heard, rate):
    """The mean difference in dB of eight bands of the telephone range, silence cut off."""
    edges = np.geomspace(CHIRP_LOW, CHIRP_HIGH, 9)

    def bands(samples):
        part = active(samples)
        if len(part) < rate // 50:
            return np.full(8, -120.0)
        power, hz = spectrum(part, rate)
        power = power / len(part) ** 2
        return np.array([10 * np.log10(power[(hz >= low) & (hz < high)].sum() + 1e-12)
                         for low, high in zip(edges, edges[1:])])

    return float(np.mean(np.abs(bands(sent) - bands(heard))))


def wait_length(path, seconds):
    """Until the file has so much: its last part is written after the end of the call has been told."""
    until = deadline(10)
    while True:
        try:
            samples, rate = read(path)
        except (OSError, EOFError, ValueError, wave.Error):
            samples, rate = [], 1
        if len(samples) >= seconds * rate:
            return
        assert time.monotonic() < until, f"{path}: {len(samples) / rate:.2f} s, {seconds} expected"
        time.sleep(0.02)


# ---- verdicts -------------------------------------------------------------------------


def assert_tone(path, hz, seconds=1.0, at_least=0.8, absent=()):
    """The file holds this tone, for that long, nearly pure, and none of the absent ones."""
    samples, rate = read(path)
    part = active(samples)
    heard = purity(samples, rate, hz)
    assert len(part) >= seconds * rate, f"{path}: {len(part) / rate:.2f} s of sound, {seconds} expected"
    assert heard >= at_least, \
        f"{path}: {hz} Hz has {heard:.2f} of the energy, loudest is {dominant(samples, rate):.0f} Hz"
    for other in absent:
        level = share(samples, rate, other)
        assert level < 0.01, f"{path}: {other} Hz must be absent and has {level:.3f} of the energy"


def assert_silence(path, limit_db=-60):
    samples, _ = read(path)
    assert level_db(samples) < limit_db, f"{path}: {level_db(samples):.1f} dBFS is not silence"
