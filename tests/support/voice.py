#!/usr/bin/python3
"""The voice of `./dev run`: makes the sample, then draws and judges what came back.

    voice.py make OUT.wav              a spoken sentence, 48 kHz, mono, 16 bit
    voice.py compare SENT.wav HEARD.wav

`compare` exits 0 only if the voice was heard: the loudness over time of both
recordings must rise and fall together once the delay is taken out. Standard
library only, so that a first call needs no numerical packages.
"""
import array
import math
import shutil
import subprocess
import sys
import tempfile
import wave

RATE = 48000
SENTENCE = ("Hello, this is commd. What you hear was encoded, sent, "
            "received and decoded.")
FRAME_S = 0.02       # one value of the envelope
MAX_DELAY_S = 2.0    # an echo later than this is not an echo
SIMILAR = 0.7        # correlation of the envelopes that counts as heard
LOUD_DB = 12         # and the level may differ by this much
ROWS, COLUMNS = 5, 76


def read_wav(path):
    """Samples of a 16 bit WAV file as floats -1..1, mixed to mono, and the rate."""
    with wave.open(path, "rb") as wav:
        if wav.getsampwidth() != 2:
            raise ValueError(f"{path}: only 16 bit samples are read")
        channels, rate = wav.getnchannels(), wav.getframerate()
        samples = array.array("h", wav.readframes(wav.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    mono = [sum(samples[i:i + channels]) / channels / 32768
            for i in range(0, len(samples) - channels + 1, channels)]
    return mono, rate


def write_wav(path, samples, rate):
    values = array.array("h", (max(-32767, min(32767, round(s * 32767))) for s in samples))
    if sys.byteorder == "big":
        values.byteswap()
    with wave.open(path, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(values.tobytes())


def resample(samples, old, new):
    """Linear interpolation: good enough for a voice on its way up to 48 kHz."""
    if old == new or not samples:
        return samples
    out = []
    for i in range(int(len(samples) * new / old)):
        at = i * old / new
        left = int(at)
        right = min(left + 1, len(samples) - 1)
        out.append(samples[left] + (samples[right] - samples[left]) * (at - left))
    return out


def spoken():
    """The sentence, read by espeak-ng; None if it is not installed."""
    if not shutil.which("espeak-ng"):
        return None
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["espeak-ng", "-v", "en", "-s", "165", "-w", file.name, SENTENCE],
                       check=True, timeout=30)
        samples, rate = read_wav(file.name)
    return resample(samples, rate, RATE)


def hummed():
    """Syllables of two vowels, for a machine without a speech synthesiser."""
    out = []
    for i in range(int(5.0 * RATE)):
        t = i / RATE
        pitch = 120 + 15 * math.sin(2 * math.pi * 0.7 * t)
        vowel = (700, 1100) if int(t * 2.5) % 2 else (300, 2200)
        syllable = max(0.0, math.sin(2 * math.pi * 2.5 * t)) * (1 if int(t) % 3 != 2 else 0.2)
        tone = sum(math.exp(-min(abs(pitch * n - f) for f in vowel) / 250)
                   * math.sin(2 * math.pi * pitch * n * t) for n in range(1, 20))
        out.append(0.25 * syllable * tone)
    return out


def make(path):
    samples = spoken() or hummed()
    peak = max(abs(s) for s in samples) or 1.0
    silence = [0.0] * int(0.3 * RATE)
    write_wav(path, silence + [0.5 * s / peak for s in samples], RATE)


def envelope(samples, rate):
    """Loudness (RMS) of each 20 ms."""
    step = int(rate * FRAME_S)
    return [math.sqrt(sum(s * s for s in samples[i:i + step]) / step)
            for i in range(0, len(samples) - step + 1, step)]


def correlation(a, b):
    n = min(len(a), len(b))
    if n < 2:
        return 0.0
    a, b = a[:n], b[:n]
    mean_a, mean_b = sum(a) / n, sum(b) / n
    cross = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    power = (sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))
    return cross / math.sqrt(power) if power > 1e-18 else 0.0


def best_delay(sent, heard):
    """(delay in frames, correlation) at which the two envelopes agree most."""
    limit = int(MAX_DELAY_S / FRAME_S)
    candidates = [(correlation(sent, heard[lag:]), -lag)
                  for lag in range(min(limit, max(1, len(heard) - 25)))]
    best, lag = max(candidates, default=(0.0, 0))
    return -lag, best


def decibel(values):
    power = sum(v * v for v in values) / max(1, len(values))
    return 10 * math.log10(power) if power > 1e-12 else -120.0


def draw(title, values, peak):
    """A mirrored bar for each slice of time, like an audio editor's track."""
    print(f"{title}")
    per_column = max(1.0, len(values) / COLUMNS)
    bars = []
    for c in range(COLUMNS):
        part = values[int(c * per_column):max(int(c * per_column) + 1, int((c + 1) * per_column))]
        bars.append(max(part, default=0.0) / peak if peak else 0.0)
    for row in range(ROWS, -ROWS - 1, -1):
        line = ""
        for bar in bars:
            height = bar * ROWS
            line += "-" if row == 0 else "#" if abs(row) <= round(height) else " "
        print("  " + line.rstrip())


def compare(sent_path, heard_path):
    sent = envelope(*read_wav(sent_path))
    heard = envelope(*read_wav(heard_path))
    lag, similar = best_delay(sent, heard)
    aligned = heard[lag:lag + len(sent)]
    length = len(aligned)
    difference = decibel(aligned) - decibel(sent[:length])
    seconds = length * FRAME_S
    draw(f"sent      {len(sent) * FRAME_S:.1f} s", sent[:length], max(sent, default=0.0))
    draw(f"received  {seconds:.1f} s", aligned, max(max(sent, default=0.0), max(aligned, default=0.0)))
    print(f"similarity {similar:.2f} (at least {SIMILAR}), level {difference:+.1f} dB, "
          f"start of the file to the voice {lag * FRAME_S * 1000:.0f} ms")
    ok = similar >= SIMILAR and abs(difference) <= LOUD_DB and seconds >= 2
    print("The voice was heard." if ok else "The voice was NOT heard.")
    return 0 if ok else 1


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "make":
        make(arguments[1])
        return 0
    if len(arguments) == 3 and arguments[0] == "compare":
        try:
            return compare(arguments[1], arguments[2])
        except (OSError, EOFError, ValueError, wave.Error) as error:
            print(f"voice.py: {error}", file=sys.stderr)
            return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
