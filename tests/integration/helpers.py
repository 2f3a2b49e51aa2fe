"""What the call tests share: accounts at a registrar, a call and its proof by tones."""
import contextlib
import threading

from peers import tones
from peers.process import SLOW

# What alice's microphone hears, and what bob sends her.
ROOM_HZ, BOB_HZ = 440, 1000
# Tones pass as they are.
PLAIN = {"capture": "default", "playback": "default", "ring": "default", "echo_cancellation": False,
         "noise_suppression": False, "gain_control": False}


def server_options(server, transport, pki):
    """Words for `account add` so that the account registers at this kamailio."""
    port = {"udp": server.udp, "tcp": server.tcp, "tls": server.tls}[transport]
    words = ["--server", f"{server.host}:{port}", "--transport", transport]
    if transport == "tls":
        words += ["--set", f"tls_ca_file={pki.ca.cert}"]
    return words


def register(daemon, server, user, transport, pki, *options):
    """An account that is online when this returns."""
    account = daemon.add_account(f"sip:{user}@{server.domain}", server.users[user],
                                 *server_options(server, transport, pki), *options)
    daemon.ctl("wait", "account", account["id"], "--for=state=online")
    return account["id"]


def wave(folder, name, hz, seconds=8):
    path = folder / name
    tones.write(path, tones.tone(hz, seconds), 48000)
    return path


def listen_for(seconds):
    """Lets a call go on: the length of the recording is what is under test."""
    threading.Event().wait(seconds * SLOW)


def is_heard(daemon, call):
    """Something has come within the last fifth of a second."""
    return float(daemon.ctl("calls", "stats", call).get("since_last_packet", "9s").rstrip("s")) < 0.2


def ringing(daemon, seconds=10):
    """The id of the call that rings at this daemon."""
    with daemon.watch() as events:
        event = events.wait_for(
            lambda e: e.get("event", {}).get("call_changed", {}).get("state") == "STATE_RINGING", seconds)
        return event["event"]["call_changed"]["id"]


def local_address(daemon):
    """Where the local account can be called on 127.0.0.1 over UDP."""
    listening = daemon.ctl("status")["listening"]
    return "127.0.0.1", int(next(a.rsplit(":", 1)[1] for a in listening if a.startswith("udp 127.0.0.1:")))


# ---- two daemons without a server ---------------------------------------------------


def local_uri(daemon):
    """Where this daemon's own person can be called without a server."""
    return "sip:local@{}:{}".format(*local_address(daemon))


@contextlib.contextmanager
def call_to(alice, bob, *options, capture=f"tone:{BOB_HZ}", playback="none"):
    """alice calls, bob answers; both ids, until the end."""
    call = alice.ctl("call", local_uri(bob), "--detach", *options)["id"]
    theirs = ringing(bob)
    bob.ctl("calls", "answer", theirs, "--capture", capture, "--playback", playback)
    alice.ctl("wait", "call", call, "--for=state=active")
    yield call, theirs
    alice.ctl("calls", "hangup", call)
    bob.ctl("wait", "call", theirs, "--for=state=ended")


def is_notice(reason, subject=None):
    def matches(event):
        notice = event.get("event", {}).get("notice", {})
        return notice.get("reason") == reason and subject in (None, notice.get("subject"))
    return matches


def whole(*daemons):
    """The files that these wrote are: a daemon that has ended has ended them."""
    for one in daemons:
        one.terminate()


def problems(daemon):
    return daemon.ctl("status")["problems"]
