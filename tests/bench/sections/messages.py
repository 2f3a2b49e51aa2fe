"""XMPP through a prosody: what a login costs, a message on its way from a client's call to another
client's watch, and twenty accounts that do nothing. The server keeps no archive: Debian's, in files, takes it
0.9 ms a message, and far more from 10,000 on."""
import json
import subprocess
import time

from peers.certs import Pki
from peers.daemon import Daemon
from peers.prosody import Prosody

from ..measure import Window, cpu_seconds
from .idle import Watched, come_to_rest

SECONDS = 75
PROGRAM, BARE = "bench_messages", "bench_strophe"
ACCOUNTS = 20
IDLE_SECONDS = 10
FLOOD = 10000
USERS = {"alice": "a-secret", "bob": "b-secret", **{f"user{n}": f"secret-{n}" for n in range(ACCOUNTS)}}


def sign_in(daemon, server, pki, users):
    for user in users:
        daemon.ctl("account", "add", f"xmpp:{user}@{server.domain}", "--password-file", "-", *server.options(pki),
                   stdin=USERS[user])


def logins(bench, server, pki):
    """CPU of the start of a daemon with so many accounts, above that of one without; then its rest."""
    daemon = Daemon(bench.folder, "logins", settings={"log": {"level": "warn"}})
    try:
        bare = started(daemon, 0)
        sign_in(daemon, server, pki, [f"user{n}" for n in range(ACCOUNTS)])
        cost = started(daemon, ACCOUNTS) - bare
        bench.add("xmpp_login_cpu_ms", f"XMPP: a login, of {ACCOUNTS} at once", 1000 * cost / ACCOUNTS, "ms CPU")
        come_to_rest(daemon.process.pid)
        watched = Watched(daemon.process.pid)
        time.sleep(IDLE_SECONDS)  # idle time is what is measured
        resident, _, woken, share = watched.figures()
        bench.add("xmpp_idle_wakeups_per_s", f"idle with {ACCOUNTS} XMPP accounts: wake-ups", woken, "/s", 0.2)
        bench.add("xmpp_idle_rss_mb", f"idle with {ACCOUNTS} XMPP accounts: RSS", resident, "MB")
        bench.add("xmpp_idle_cpu_percent", f"idle with {ACCOUNTS} XMPP accounts: processor", share, "% core")
    finally:
        daemon.stop()


def started(daemon, accounts):
    """CPU seconds until that many accounts are online after a restart."""
    daemon.terminate()
    daemon.start()
    for number in range(accounts):
        daemon.ctl("wait", "account", f"xmpp:user{number}@xmpp.test", "--for=state=online")
    return cpu_seconds(daemon.process.pid)


def add_messages(bench, server, pki):
    pair = [Daemon(bench.folder, name, settings={"log": {"level": "warn"}}) for name in ("writer", "reader")]
    try:
        for daemon, user in zip(pair, ("alice", "bob")):
            sign_in(daemon, server, pki, [user])
        windows = [Window(daemon.process.pid) for daemon in pair]
        latency, rate = measured(bench, pair, server, 300, FLOOD)
        cpu = sum(window.cpu() for window in windows) / (300 + FLOOD)
    finally:
        for daemon in pair:
            daemon.stop()
    bare = bench.peer("messages", lambda: bare_strophe(bench, server)) or {}
    bench.add("message_p50_ms", "a message, client to client: p50", latency["p50_ms"], "ms", 3)
    bench.add("message_p99_ms", "a message, client to client: p99", latency["p99_ms"], "ms")
    bench.add("messages_per_s", "messages a second, client to client", rate["per_second"], "/s", 3000, lower=False)
    bench.add("message_cpu_us", "a message, both daemons", 1e6 * cpu, "us CPU")
    bench.add("message_lost", "messages that did not come", rate["missing"], "", 0)
    if bare:
        bench.add("bare_strophe_per_s", "libstrophe alone, nothing kept: messages a second", bare["per_second"], "/s",
                  lower=False)
        bench.add("bare_strophe_cpu_us", "libstrophe alone: a message, both ends", bare["cpu_us_per_message"], "us CPU")


def measured(bench, pair, server, count, flood):
    done = subprocess.run([bench.binaries / PROGRAM, "--from", pair[0].socket, "--to", pair[1].socket,
                           "--address", f"xmpp:bob@{server.domain}", "--count", str(count), "--flood", str(flood)],
                          capture_output=True, text=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def bare_strophe(bench, server):
    done = subprocess.run([bench.binaries / BARE, str(server.starttls), f"alice@{server.domain}/bare", USERS["alice"],
                           f"bob@{server.domain}/bare", USERS["bob"], str(FLOOD)],
                          capture_output=True, text=True, timeout=90, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def run(bench):
    folder = bench.folder / "pki"
    folder.mkdir()
    pki = Pki(folder)
    server = Prosody(bench.folder, bench.ports, users=USERS, pki=pki, level="warn",
                     more='modules_disabled = { "s2s", "mam" }')
    try:
        logins(bench, server, pki)
        add_messages(bench, server, pki)
    finally:
        server.stop()
