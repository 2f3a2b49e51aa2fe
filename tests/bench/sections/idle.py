"""Start to ready, and a daemon with two registered accounts that does nothing; baresip beside it."""
import time

from peers.daemon import Daemon, grpc_threads
from peers.kamailio import Kamailio

from ..measure import Window, memory_mb, voluntary_switches
from ..subjects import Baresip

SECONDS = 20
IDLE_SECONDS = 10
SETTLE_SECONDS = 40  # for the end of gRPC, some 16 s after the last client
STARTS = 5
USERS = {"alice": "a-secret", "bob": "b-secret"}


class Watched:
    """A process at rest, from the making of this until figures()."""

    def __init__(self, pid):
        self._pid, self._begin = pid, time.monotonic()
        self._switches, self._window = voluntary_switches(pid), Window(pid)

    def figures(self):
        """(RSS MB, PSS MB, wake-ups a second, percent of a core)."""
        share = self._window.share()
        woken = (voluntary_switches(self._pid) - self._switches) / (time.monotonic() - self._begin)
        return (*memory_mb(self._pid), woken, share)


def measure_starts(bench, daemon):
    """The first start, on a new state folder, and the median of some more."""
    times = []
    for _ in range(1 + STARTS):
        begin = time.monotonic()
        daemon.start()
        times.append((time.monotonic() - begin) * 1000)
        daemon.terminate()
    bench.add("start_to_ready_ms", "start to ready", sorted(times[1:])[STARTS // 2], "ms", 100)
    bench.add("start_to_ready_new_ms", "start to ready, new state folder", times[0], "ms")


def register(daemon, server):
    for user, word in server.users.items():
        account = daemon.add_account(f"sip:{user}@{server.domain}", word, "--server",
                                     f"127.0.0.1:{server.udp}", "--transport", "udp")
        daemon.ctl("wait", "account", account["id"], "--for=state=online")


def come_to_rest(pid):
    """Until what served the last client has ended; a daemon that keeps it is measured as it is."""
    until = time.monotonic() + SETTLE_SECONDS
    while grpc_threads(pid) and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1)  # and what that needed is given back


def start_peer(bench, server):
    lines = [f"<sip:{user}@{server.domain};transport=udp>;auth_user={user};auth_pass={word};"
             f'outbound="sip:127.0.0.1:{server.udp};transport=udp";regint=300;answermode=manual'
             for user, word in server.users.items()]
    peer = Baresip(bench.folder, bench.ports, accounts=lines)
    try:
        for user in server.users:
            peer.process.wait_line(rf"^{user}@.* 200 OK")
    except BaseException:
        peer.stop()
        raise
    return peer


def run(bench):
    server = Kamailio(bench.folder, bench.ports, users=USERS)
    daemon = Daemon(bench.folder, "idle", settings={"log": {"level": "info"}}, start=False)
    peer = None
    try:
        measure_starts(bench, daemon)
        daemon.start()
        register(daemon, server)
        peer = bench.peer("idle", lambda: start_peer(bench, server))
        come_to_rest(daemon.process.pid)
        watched = [Watched(daemon.process.pid)] + ([Watched(peer.pid)] if peer else [])
        time.sleep(IDLE_SECONDS)  # idle time is what is measured
        figures = [watch.figures() for watch in watched]
        ours, theirs = figures[0], figures[1] if peer else (None,) * 4
        names = (("idle_rss_mb", "RSS", "MB", 30), ("idle_pss_mb", "PSS", "MB", None),
                 ("idle_wakeups_per_s", "wake-ups", "/s", 2), ("idle_cpu_percent", "processor", "% core", None))
        for (name, title, unit, goal), value, other in zip(names, ours, theirs):
            bench.add(name, f"idle with two accounts: {title}", value, unit, goal, peer=other)
    finally:
        if peer:
            peer.stop()
        daemon.stop()
        server.stop()
