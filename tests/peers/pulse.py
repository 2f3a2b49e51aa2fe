"""A PulseAudio of the test's own, without a sound card.

    sound = Pulse(folder)
    daemon("alice", env=sound.env, settings={"audio": {"capture": "default", ...}})
    with sound.play("room", tones.tone(440, 1)):   # what is played in the room, `mic` hears
        ...
    with sound.listen("speakers") as ear:          # what comes out of the loudspeaker
        ear.wait_tone(1000)

Devices: the loudspeakers `speakers` (the default) and `bell`, and the
microphone `mic` (the default), which hears what is played on the sink `room`.
"""
import contextlib
import os
import pathlib
import subprocess
import threading
import time

import numpy as np

from . import tones
from .process import Process, deadline

RATE = 48000
WINDOW_S = 0.4
HEARD = 0.02     # amplitude of a tone that is there, of full scale
ABSENT = 0.002


class Ear:
    """Listens to a source all the time; what it heard is judged over the last 0.4 s."""

    def __init__(self, sound, source):
        self._sound, self._heard, self._changed = sound, bytearray(), threading.Condition()
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", "parec", "--raw", "--latency-msec=20", f"--rate={RATE}",
             "--channels=1", "--format=s16le", f"--device={source}"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=sound.environment())
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def _pump(self):
        with self._child.stdout as stream:
            while chunk := stream.read1(4096):
                with self._changed:
                    self._heard += chunk
                    self._changed.notify_all()

    def samples(self, seconds=WINDOW_S):
        """The last so many seconds; fewer if less was heard since the last forget()."""
        size = int(seconds * RATE) * 2
        with self._changed:
            raw = bytes(self._heard[-size:]) if size else bytes()
        return np.frombuffer(raw[:len(raw) // 2 * 2], dtype="<i2") / 32768.0

    def forget(self):
        with self._changed:
            self._heard.clear()

    def wait_for(self, predicate, what, seconds=15):
        """Until predicate(last 0.4 s) holds."""
        until, size = deadline(seconds), int(WINDOW_S * RATE)
        while True:
            part = self.samples()
            if len(part) == size and predicate(part):
                return
            left = until - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{what} was not heard within {seconds} s; "
                                     f"{len(part)} samples of {tones.level_db(part):.0f} dBFS, "
                                     f"loudest {tones.dominant(part, RATE) if len(part) else 0:.0f} Hz")
            with self._changed:
                self._changed.wait(min(left, 0.1))

    def wait_tone(self, *hz, absent=(), seconds=15):
        """Until all these tones are heard at once, and none of the absent ones."""
        self.wait_for(lambda part: all(tones.goertzel(part, RATE, tone) > HEARD for tone in hz)
                      and all(tones.goertzel(part, RATE, tone) < ABSENT for tone in absent),
                      f"{hz} Hz without {absent}", seconds)

    def wait_silence(self, seconds=15):
        self.wait_for(lambda part: tones.level_db(part) < -70, "silence", seconds)

    def stop(self):
        self._child.kill()
        self._child.wait()
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Pulse:
    """The server, running when the constructor returns. start(), kill(), freeze() and thaw() as told."""

    def __init__(self, folder, start=True):
        self.folder = pathlib.Path(folder) / "pulse"
        (self.folder / "run").mkdir(mode=0o700, parents=True)
        (self.folder / "home").mkdir(mode=0o700)
        self.socket = self.folder / "run" / "native"
        self.log_path = pathlib.Path(folder) / "pulseaudio.log"
        self.env = {"PULSE_SERVER": f"unix:{self.socket}"}
        self.process, self._children = None, contextlib.ExitStack()
        if start:
            self.start()

    def environment(self):
        """For programs that use it: the machine's own sound server is none of our business."""
        kept = {key: value for key, value in os.environ.items()
                if not key.startswith(("PULSE_", "XDG_", "DBUS_")) and key != "LD_PRELOAD"}
        return {**kept, **self.env, "HOME": str(self.folder / "home"), "LC_ALL": "C"}

    # ---- life ------------------------------------------------------------------

    def start(self, seconds=10):
        self.socket.unlink(missing_ok=True)

        def sink(name):
            return ["-L", f"module-null-sink sink_name={name} rate={RATE} channels=1 "
                          f"sink_properties=device.description={name}"]

        self.process = Process(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--high-priority=no",
             "--disable-shm=yes", *sink("speakers"), *sink("bell"), *sink("room"),
             "-L", "module-remap-source source_name=mic master=room.monitor "
                   "source_properties=device.description=Microphone",
             "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}"],
            self.log_path, env={"HOME": str(self.folder / "home"), "XDG_RUNTIME_DIR": str(self.folder / "run")})
        until = deadline(seconds)
        while self._pactl("info", check=False).returncode != 0:
            if not self.process.alive() or time.monotonic() > until:
                self.process.fail("does not answer")
            threading.Event().wait(0.02)
        self.pactl("set-default-sink", "speakers")
        self.pactl("set-default-source", "mic")

    def kill(self):
        self.process.kill()

    def freeze(self):
        self.process.signal(19)

    def thaw(self):
        self.process.signal(18)

    def stop(self):
        self._children.close()
        self.process.kill()

    # ---- use -------------------------------------------------------------------

    def _pactl(self, *words, check=True):
        return subprocess.run(["pactl", *words], env=self.environment(), capture_output=True, text=True,
                              timeout=30, check=check)

    def pactl(self, *words):
        return self._pactl(*words).stdout.strip()

    def load_sink(self, name):
        """Plugs a loudspeaker in; give what is returned to unload()."""
        return self.pactl("load-module", "module-null-sink", f"sink_name={name}", f"rate={RATE}", "channels=1")

    def unload(self, module):
        self.pactl("unload-module", module)

    def listen(self, sink):
        """An Ear at what this sink plays."""
        ear = Ear(self, f"{sink}.monitor")
        self._children.callback(ear.stop)
        return ear

    @contextlib.contextmanager
    def play(self, sink, samples):
        """Plays the samples again and again."""
        path = self.folder / f"play-{sink}.raw"
        # As long as any test: paplay does not repeat.
        long = np.tile(samples, int(np.ceil(120 * RATE / len(samples))))
        np.clip(np.round(long * 32767), -32767, 32767).astype("<i2").tofile(path)
        player = Process(["paplay", "--raw", "--latency-msec=20", f"--rate={RATE}", "--channels=1", "--format=s16le",
                          f"--device={sink}", path], self.folder / "paplay.log", env=self.environment())
        try:
            yield
        finally:
            player.kill()
            path.unlink()
