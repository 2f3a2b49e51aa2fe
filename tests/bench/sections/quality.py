"""Speech over links that lose, delay and reorder: what the listener's daemon says of it, and what came through.

One daemon calls several, each in a network of its own behind a link with its own loss, seeded, at the same time. It
speaks; they write down what they hear. Media alone suffers: how a call comes about in spite of loss is another matter.
"""
import contextlib
import os
import time

from peers import tones
from peers.daemon import Daemon
from peers.kamailio import Kamailio
from peers.natlab import SERVER, NatLab

from .. import speech
from ..callers import Caller
from ..subjects import LIMITS

SECONDS = 50
SPEECH_S = 30
SEED = 7
JITTER = {"jitter_ms": 20, "reorder": 0.01, "reorder_ms": 40}
GOAL = 3.5
# name, title, codec, loss, goal of the MOS
LINKS = (("opus_0", "Opus, no loss", "opus", 0, None), ("opus_5", "Opus, 5 % loss", "opus", 0.05, GOAL),
         ("opus_10", "Opus, 10 % loss", "opus", 0.1, GOAL), ("opus_20", "Opus, 20 % loss", "opus", 0.2, None),
         ("pcmu_10", "PCMU, 10 % loss", "PCMU", 0.1, None))


class Listener:
    """A daemon behind a bad link, which writes down what it hears."""

    def __init__(self, bench, lab, stack, server, link):
        self.name, self.title, codec, loss, self.goal = link
        network = lab.network("open", seed=SEED)
        self._link = network.link
        self._link.impair(what="media", loss=loss, **JITTER)
        self.file = bench.folder / f"heard-{self.name}.wav"
        self.address = f"sip:{self.name.replace('_', '')}@{server.domain}"
        self._caller = sign_in(bench, stack, network.client(self.name), server, self.address, codec)

    def answer(self):
        self._caller.answer(self._caller.wait("RINGING"), "none", f"file:{self.file}")

    def stats(self):
        return self._caller.stats()[0]

    def lost(self):
        counters = self._link.counters("down")
        return 100 * counters.lost / max(1, counters.received)


def sign_in(bench, stack, client, server, address, codec=None):
    user = address.split(":")[1].split("@")[0]
    daemon = Daemon(bench.folder, f"quality-{user}", settings=LIMITS, network=client)
    stack.callback(daemon.stop)
    settings = ["--set", "ice=on", "--set", "encryption=preferred", *(["--set", f"codecs={codec}"] if codec else [])]
    account = daemon.add_account(address, server.users[user], "--server", f"{SERVER}:{server.udp}", "--transport", "udp",
                                 *settings)
    daemon.ctl("wait", "account", account["id"], "--for=state=online")
    return Caller(daemon, stack)


def add_link(bench, listener, told, lost, said):
    """told: CallStats. lost: by the link, in per cent. said: the samples spoken."""
    heard = speech.resampled(*tones.read(listener.file), speech.RATE)
    name, title = f"quality_{listener.name}", listener.title
    bench.add(f"{name}_mos", f"{title}: MOS that is told", told.mos, "", listener.goal, lower=False)
    bench.add(f"{name}_stoi", f"{title}: intelligibility (STOI)", speech.intelligibility(said, heard), "", lower=False)
    bench.note(f"{title}: the link lost {lost:.1f} %, told are {100 * told.received.loss_ratio:.1f} %, {told.packets_late} "
               f"late, {told.frames_concealed} of {told.frames_played} frames concealed, buffer "
               f"{told.jitter_buffer_ms:.0f} ms, mouth to ear {told.mouth_to_ear_ms:.0f} ms, {told.received.codec}, "
               f"{told.security.mechanism}, {told.path.local_type}")


def talk(speaker, listeners, sound):
    """CallStats of each listener at the end, and what each link has lost."""
    calls = [speaker.dial(each.address, f"file:{sound}") for each in listeners]
    for each in listeners:
        each.answer()
    speaker.wait_all("ACTIVE", calls)
    time.sleep(SPEECH_S)  # the speech is what is measured
    found = [(each.stats(), each.lost()) for each in listeners]
    for call in calls:
        speaker.hang_up(call)
    speaker.wait_all("ENDED", calls)
    return found


def run(bench):
    if os.geteuid() != 0:
        bench.note("quality: left out, networks of one's own are for root")
        return
    sound = speech.write(bench.folder / "speech.wav", SPEECH_S)
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(contextlib.closing(NatLab(bench.folder)))
        users = {name.replace("_", ""): f"secret-{name}" for name, *_ in LINKS} | {"speaker": "secret-speaker"}
        with lab.public.inside():
            server = Kamailio(bench.folder, bench.ports, users=users, name="quality-kamailio", hosts=(SERVER,))
        stack.callback(server.stop)
        speaker = sign_in(bench, stack, lab.network("open").client("speaker"), server, f"sip:speaker@{server.domain}")
        listeners = [Listener(bench, lab, stack, server, link) for link in LINKS]
        found = talk(speaker, listeners, sound)
    # Their files are whole now.
    said = tones.read(sound)[0]
    for listener, (told, lost) in zip(listeners, found):
        add_link(bench, listener, told, lost, said)
