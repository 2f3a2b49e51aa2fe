"""What ICE costs: agents that only keep consent, and calls with it and DTLS-SRTP beside plain ones.

The calls go from one commd to another, both at a server on the loopback, or to baresip's echo; each callee decodes
what it hears and encodes a voice. The processor time is that of the callee's process alone.
"""
import contextlib
import dataclasses
import subprocess
import time

import numpy as np

from peers import tones
from peers.daemon import binary
from peers.kamailio import Kamailio
from peers.process import Process

from ..callers import sign_in, sip_options
from ..load import LoadFailed
from ..measure import Window
from ..subjects import Baresip
from .idle import Watched

SECONDS = 130
AGENTS, REST_S, IDLE_S = 100, 8, 20
COUNTS = (1, 25)
SETTLE_S, WINDOW_S = 3, 5
USERS = {"alice": "a-secret", "bob": "b-secret"}


@dataclasses.dataclass(frozen=True)
class Kind:
    """settings: of commd's accounts. protection: the key agreement, which goes with ICE here."""

    name: str
    title: str
    settings: tuple
    protection: str


PLAIN = Kind("plain_opus", "Opus, plain RTP", ("codecs=opus", "ice=off", "encryption=off"), "")
ICE = Kind("ice_dtls_opus", "Opus, ICE and DTLS-SRTP", ("codecs=opus", "ice=on", "encryption=required"), "DTLS-SRTP")


def idle_agents(bench):
    with Process([binary("bench_ice"), AGENTS], bench.folder / "bench_ice.log", split=True,
                 stdin=subprocess.PIPE) as process:
        if process.out.wait(lambda line: line, 30) is None:
            process.fail("its agents do not find each other")
        time.sleep(REST_S)  # until nothing of their beginning goes on
        watched = Watched(process.pid)
        time.sleep(IDLE_S)  # idle time is what is measured
        resident, _, woken, share = watched.figures()
    title = f"{AGENTS} ICE agents that keep consent"
    bench.add("ice_idle_cpu_ms_per_s", f"{title}: CPU a second", 10 * share, "ms CPU")
    bench.add("ice_idle_wakeups_per_s", f"{title}: wake-ups", woken, "/s")
    bench.add("ice_idle_rss_mb", f"{title}: RSS of the process", resident, "MB")


# ---- calls -----------------------------------------------------------------------------


def hum(seconds=1, rate=48000):
    """As the voice of bench_load: twelve harmonics that swell four times a second and are never silent."""
    turn = 2 * np.pi * np.arange(seconds * rate) / rate
    voice = sum(np.sin(turn * 150 * n + n) / n for n in range(1, 13))
    return 0.25 * voice / np.max(np.abs(voice)) * (0.55 + 0.45 * np.sin(turn * 4))


def check(stats, calls, protection):
    """That what was measured is what it is called."""
    mechanisms = {each.security.mechanism for each in stats}
    if len(stats) != calls or mechanisms != {protection} or any(bool(each.path.local_type) != bool(protection)
                                                                for each in stats):
        raise LoadFailed(f"{len(stats)} of {calls} calls, protected by {mechanisms}")


def answering_commd(bench, stack, server, kind, voice):
    """(process id, what answers so many calls)."""
    callee = sign_in(bench, stack, f"sip:bob@{server.domain}", USERS["bob"], *sip_options(server, kind.settings))

    def answer(calls):
        for _ in range(calls):
            callee.answer(callee.wait("RINGING"), voice)
    return callee.daemon.process.pid, answer


def answering_baresip(bench, stack, server, kind, _voice):
    """The same of its echo, which answers by itself."""
    account = (f"<sip:bob@{server.domain};transport=udp>;auth_user=bob;auth_pass={USERS['bob']};regint=300;"
               f'outbound="sip:127.0.0.1:{server.udp};transport=udp";answermode=manual;audio_codecs=opus/48000/1')
    if kind.protection:
        account += ";medianat=ice;mediaenc=dtls_srtp"
    peer = stack.enter_context(Baresip(bench.folder, bench.ports, accounts=[account], modules=("ice", "dtls_srtp")))
    peer.process.wait_line(r"^bob@.* 200 OK")
    return peer.pid, lambda calls: None


def hold(bench, server, answering, calls, kind):
    """Percent of a core of the callee for one of that many calls."""
    voice = f"file:{bench.folder / 'hum.wav'},loop"
    with contextlib.ExitStack() as stack:
        pid, answer = answering(bench, stack, server, kind, voice)
        caller = sign_in(bench, stack, f"sip:alice@{server.domain}", USERS["alice"],
                         *sip_options(server, kind.settings))
        made = [caller.dial(f"sip:bob@{server.domain}", voice) for _ in range(calls)]
        answer(calls)
        caller.wait_all("ACTIVE", made)
        time.sleep(SETTLE_S)
        window = Window(pid)
        time.sleep(WINDOW_S)  # the talk is what is measured
        share = window.share()
        check(caller.stats(), calls, kind.protection)
    return share / calls


def add_calls(bench, server):
    tones.write(bench.folder / "hum.wav", hum(), 48000)
    found = {}
    for kind in (PLAIN, ICE):
        for calls in COUNTS:
            ours = hold(bench, server, answering_commd, calls, kind)
            theirs = bench.peer(f"{kind.title}, {calls}", lambda: hold(bench, server, answering_baresip, calls, kind))
            found[kind.name, calls] = ours
            bench.add(f"{kind.name}_{calls}_cpu_percent",
                      f"{kind.title}, {calls} call{'s' if calls > 1 else ''}: processor, each", ours, "% core",
                      peer=theirs)
    for calls in COUNTS:
        bench.note(f"{calls} calls: ICE and DTLS-SRTP take {found[ICE.name, calls] - found[PLAIN.name, calls]:.3f} % of "
                   "a core a call more than plain RTP")


def run(bench):
    idle_agents(bench)
    server = Kamailio(bench.folder, bench.ports, users=USERS, name="ice-kamailio")
    try:
        add_calls(bench, server)
    finally:
        server.stop()
