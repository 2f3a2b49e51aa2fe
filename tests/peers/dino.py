"""A person at Dino, the messenger, on a screen of its own with a microphone and loudspeakers.

    bob = Dino(folder, client, server, "bob")      # client: a natlab.Client that finds and trusts the server
    with bob.says(1000):                           # into the microphone
        bob.call("alice@xmpp.test")                # or: bob.wait_ringing(); bob.accept()
        bob.ear.wait_tone(440)
        bob.hang_up()

It finds its server by the records of its domain (see dns_records) and port 5222. It calls and hangs up by
the mouse, and answers by D-Bus; its log has every stanza.
"""
import contextlib
import os
import pathlib
import re
import select
import sqlite3
import subprocess
import threading
import time

from . import tones
from .process import SLOW, Process, deadline
from .pulse import RATE, Pulse
from .screen import Screen

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>{address}</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""
# Where the mouse finds what: the window is 1200x700 at 0,0 where there is no window manager.
PHONE, PHONE_AUDIO = (977, 28), (965, 80)
HANG_UP = (421, 475)  # in the window of a call, which is 704x528
TRY_AGAIN_S = 3
PLACED = r"\{urn:xmpp:jingle-message:0\}:propose|action='session-initiate'"
ENDED = r"action='session-terminate'|\{urn:xmpp:jingle-message:0\}:(finish|reject|retract)"
CONNECTED = r"pad added: recv_rtp_sink_\d"
PAIR = r"new_selected_pair_full 1 \[a=candidate:[^,\]]* typ (\w+)[^,\]]*, a=candidate:[^,\]]* typ (\w+)"


def dns_records(dns, domain, *hosts):
    """What Dino asks for before it connects to a server at these addresses, port 5222."""
    dns.add(f"_xmpp-client._tcp.{domain}", "SRV", (10, 10, 5222, f"host.{domain}"))
    for host in hosts:
        dns.add(f"host.{domain}", "AAAA" if ":" in host else "A", host)
        dns.add(domain, "AAAA" if ":" in host else "A", host)


class Dino:
    """Signed in when the constructor returns."""

    def __init__(self, folder, client, server, user):
        self.user, self.jid, self._client = user, f"{user}@{server.domain}", client
        self.folder = pathlib.Path(folder) / f"dino-{user}"
        self._log = pathlib.Path(folder) / f"dino-{user}.log"
        self._home = self.folder / "home"
        self._run = self.folder / "run"
        for each in (self.folder, self._home, self._run):
            each.mkdir(mode=0o700)
        self.process, self._mark, self._stack = None, 0, contextlib.ExitStack()
        try:
            self.sound = self._keep(Pulse(self.folder))
            self.screen = self._keep(Screen(self.folder))
            self._bus = f"unix:path={self._run}/bus"
            self._keep(self._start_bus())
            self.ear = self.sound.listen("speakers")
            self._seed(server.users[user])
            self.start()
        except BaseException:
            self.stop()
            raise

    def _keep(self, part):
        self._stack.callback(part.stop)
        return part

    def _start_bus(self):
        config = self._run / "bus.conf"
        config.write_text(BUS.format(address=self._bus))
        bus = Process(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
                      self.folder / "bus.log")
        bus.wait_line("^unix:path")
        return bus

    # ---- life --------------------------------------------------------------------

    def _environment(self):
        kept = {key: value for key, value in self.sound.environment().items() if key != "WAYLAND_DISPLAY"}
        return {**kept, **self.screen.env, "HOME": str(self._home), "XDG_RUNTIME_DIR": str(self._run),
                "XDG_DATA_HOME": str(self._home / "data"), "DBUS_SESSION_BUS_ADDRESS": self._bus,
                "GDK_BACKEND": "x11", "GSK_RENDERER": "cairo", "LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1",
                "GTK_A11Y": "none", "GSETTINGS_BACKEND": "memory", "LC_ALL": "C.UTF-8",
                "G_MESSAGES_DEBUG": "dino,rtp,ice"}

    def _spawn(self):
        with self._client.inside():
            self.process = Process(["dino-im", "--print-xmpp=all"], self._log, env=self._environment())

    def _seed(self, password):
        """An account without its assistant: the first start makes the tables, then it is written into them."""
        self._spawn()
        self.screen.wait_window("Dino")
        self._gdbus("org.gtk.Actions.Activate", "quit", "[]", "{}")
        self.process.wait_exit(20)
        self.process.kill()
        with contextlib.closing(sqlite3.connect(self._database)) as database:
            database.execute("insert into account(bare_jid, resourcepart, password, alias, enabled)"
                             " values(?, 'dino', ?, '', 1)", (self.jid, password))
            database.commit()

    @property
    def _database(self):
        return self._home / "data" / "dino" / "dino.db"

    def start(self, seconds=30):
        self._spawn()
        self.screen.wait_window("Dino", seconds)
        self.process.wait_line(r"\{jabber:iq:roster\}:query", seconds)

    def stop(self):
        if self.process:
            self.process.stop()
        self._stack.close()

    # ---- its other doors -----------------------------------------------------------

    def _gdbus(self, method, *arguments):
        done = subprocess.run(
            ["gdbus", "call", "--session", "-d", "im.dino.Dino", "-o", "/im/dino/Dino", "-m", method, *arguments],
            env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": self._bus}, capture_output=True, text=True,
            timeout=20 * SLOW)
        if done.returncode:
            self.process.fail(f"{method} {arguments}: {done.stderr}")

    def _ask(self, query, *values):
        with contextlib.closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(query, values).fetchone()

    # ---- calls ---------------------------------------------------------------------

    @contextlib.contextmanager
    def says(self, hz):
        """Into the microphone, during the block."""
        with self.sound.play("room", tones.tone(hz, 1, RATE)):
            yield

    def _line(self, pattern, seconds, since):
        """A line of the log, None when it does not come in time."""
        return self.process.lines.wait(re.compile(pattern).search, seconds, since)

    def _cover_microphone(self):
        """Holds its sound back until the way for it is there.

        Dino 0.4 starts the device before it has connected the encoder, and a first piece of sound in between
        ends the device for the whole call.
        """
        self.sound.pactl("suspend-source", "mic", "1")
        since, process = self.process.mark(), self.process

        def uncover():
            if process.lines.wait(re.compile(CONNECTED).search, 3600, since):
                with contextlib.suppress(subprocess.CalledProcessError):  # the end of the test
                    self.sound.pactl("suspend-source", "mic", "0")

        threading.Thread(target=uncover, daemon=True).start()

    def call(self, jid, seconds=60):
        """Calls until the far end has been told; Dino offers it once it knows what the far end can do."""
        self._gdbus("org.gtk.Application.Open", f"['xmpp:{jid}?message']", "", "{}")
        self._cover_microphone()
        self._mark, until = self.process.mark(), deadline(seconds)
        while time.monotonic() < until:
            shown = len(self.screen.windows(".*"))
            self.screen.click(*PHONE)
            if self._wait_until(lambda: len(self.screen.windows(".*")) > shown):  # the menu is there
                self.screen.click(*PHONE_AUDIO)
                if self._line(PLACED, TRY_AGAIN_S, self._mark):
                    return
            self.screen.xdotool("key", "Escape")
        self.process.fail(f"did not call {jid} within {seconds} s")

    @staticmethod
    def _wait_until(holds, seconds=TRY_AGAIN_S):
        until = deadline(seconds)
        while not holds():
            if time.monotonic() > until:
                return False
            select.select([], [], [], 0.02)
        return True

    def wait_ringing(self, seconds=30):
        """Until somebody calls who has not been waited for before."""
        self.process.wait_line("Call notification$", seconds, self._mark)
        self._mark = self.process.mark()

    def accept(self):
        self._cover_microphone()
        self._answer("accept-call")

    def reject(self):
        self._answer("reject-call")

    def _answer(self, action):
        """To the newest call, in the words of the notification that nobody here shows."""
        found = []
        if not self._wait_until(lambda: found.extend(self._ask(
                "select conversation.id, call.id from call join conversation on conversation.account_id ="
                " call.account_id and conversation.jid_id = call.counterpart_id where call.direction = 0"
                " order by call.id desc") or ()) or found, 10):
            self.process.fail("knows of no call")
        self._gdbus("org.gtk.Actions.Activate", action, f"[<({found[0]}, {found[1]})>]", "{}")

    def hang_up(self, seconds=20):
        """By the red button of the call's window."""
        since, until = self.process.mark(), deadline(seconds)
        while time.monotonic() < until:
            window = self.screen.windows("^Dino$")[-1]
            # The buttons hide while the mouse rests.
            self.screen.xdotool("windowraise", window, "mousemove", "--window", window, 352, 264,
                                "mousemove", "--window", window, *HANG_UP, "click", 1)
            if self._line(ENDED, TRY_AGAIN_S, since):
                return
        self.process.fail(f"did not hang up within {seconds} s")

    def wait_ended(self, seconds=20):
        """Until the call that was placed or waited for last is over."""
        self.process.wait_line(ENDED, seconds, self._mark)

    def wait_secure(self, seconds=30):
        """Until DTLS is done."""
        self.process.wait_line("Finished DTLS connection", seconds, self._mark)

    def wait_pair(self, seconds=30):
        """The types of the candidates in use, ours and theirs: "host", "srflx", "prflx" or "relay"."""
        self.process.wait_line(PAIR, seconds, self._mark)
        found = [match for match in map(re.compile(PAIR).search, self.process.lines.all(self._mark)) if match]
        return found[-1].group(1), found[-1].group(2)
