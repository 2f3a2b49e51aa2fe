"""A STUN and TURN server: coturn with a generated configuration.

    coturn = Coturn(folder, ports, users={"alice": "secret"}, pki=pki)   # long-term credentials
    coturn = Coturn(folder, ports, secret="shared", pki=pki)             # made from a shared secret
    coturn.host, coturn.port, coturn.tls          # UDP and TCP on `port`; tls is None without a pki
    name, password = coturn.credentials("alice")
"""
import base64
import contextlib
import hashlib
import hmac
import pathlib
import re
import select
import time

from . import stun
from .process import Process, deadline, wait_tcp

REALM = "turn.test"
# Told when a session ends, also of those that have had no allocation.
USAGE = re.compile(r"peer usage: realm=<[^>]*>, username=<[^>]+>, rp=(\d+), rb=\d+, sp=(\d+)")
RELAYS = 60  # ports for allocations, where ports are handed out

CONFIG = """
{listen}
listening-port={port}
min-port={first}
max-port={last}
realm={realm}
fingerprint
lt-cred-mech
allow-loopback-peers
no-multicast-peers
no-cli
no-dtls
relay-threads=1
log-file=stdout
simple-log
verbose
pidfile={folder}/coturn.pid
userdb={folder}/coturn.sqlite
{more}
"""


class Coturn:
    """Starts at once; ready when the constructor returns.

    users: name -> password (long-term credentials); or secret: what `credentials` and an XMPP server
    (XEP-0215) make passwords from. hosts: the addresses to listen and relay on; two of them make it a
    server that tells kinds of NAT apart (RFC 5780). transports: of "udp", "tcp" and "tls", those it is to
    speak with its clients. port, tls_port: fixed ones, for a network of one's own, where the relayed
    ports are 49152 and up as usual; without them free ports are taken. more: lines of its configuration.
    """

    def __init__(self, folder, ports, *, users=None, secret=None, pki=None, certificate=None, hosts=("127.0.0.1",),
                 transports=("udp", "tcp", "tls"), realm=REALM, name="coturn", port=None, tls_port=None, more=""):
        if (users is None) == (secret is None):
            raise ValueError("either users or a secret")
        self.hosts, self.host, self.realm = tuple(hosts), hosts[0], realm
        self.users, self.secret = dict(users or {}), secret
        self.transports = tuple(one for one in transports if one != "tls" or pki or certificate)
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir(mode=0o700)
        first, last = (49152, 65535) if port else self._block(ports)
        self.port = port or ports.pair()  # two: RFC 5780 listens on the next one too
        self.tls = (tls_port or ports.pair()) if "tls" in self.transports else None
        if self.tls:
            certificate = certificate or pki.leaf(realm, [f"DNS:{realm}", *(f"IP:{host}" for host in hosts)])
        self._log, self._config = pathlib.Path(folder) / f"{name}.log", self.folder / "turnserver.conf"
        self._config.touch(mode=0o600)
        self._config.write_text(CONFIG.format(
            folder=self.folder, port=self.port, realm=realm, first=first, last=last,
            listen="\n".join(f"listening-ip={host}\nrelay-ip={host}" for host in hosts),
            more="\n".join([*self._credential_lines(), *self._transport_lines(certificate), more])))
        self.process = None
        self.start()

    @staticmethod
    def _block(ports):
        first = ports.block(RELAYS)
        return first, first + RELAYS - 1

    def _credential_lines(self):
        if self.secret:
            return ["use-auth-secret", f"static-auth-secret={self.secret}"]
        return [f"user={name}:{password}" for name, password in self.users.items()]

    def _transport_lines(self, certificate):
        lines = [f"no-{one}" for one in ("udp", "tcp", "tls") if one not in self.transports]
        if self.tls:
            lines += [f"tls-listening-port={self.tls}", f"cert={certificate.chain}", f"pkey={certificate.key}"]
        return lines

    # ---- life --------------------------------------------------------------------

    def start(self, seconds=10):
        """Starts (again, having forgotten every allocation)."""
        self.process = Process(["turnserver", "-c", self._config], self._log)
        try:
            if "udp" in self.transports:
                self._wait_udp(seconds)
            for one, port in (("tcp", self.port), ("tls", self.tls)):
                if one in self.transports:
                    wait_tcp(port, seconds, host=self.host, process=self.process)
        except BaseException:
            self.process.kill()
            raise

    def _wait_udp(self, seconds):
        until = deadline(seconds)
        with contextlib.closing(stun.socket_for(self.host)) as probe:
            while not stun.binding(probe, (self.host, self.port), 0.5):
                if not self.process.alive() or time.monotonic() > until:
                    self.process.fail("does not answer")

    def stop(self):
        self.process.stop()

    def kill(self):
        """At once, like a machine that lost its power."""
        self.process.kill()

    # ---- for clients -------------------------------------------------------------

    def credentials(self, user, seconds=3600):
        """(name, password) for a client; with a shared secret they hold for so long from now on."""
        if not self.secret:
            return user, self.users[user]
        name = f"{int(time.time()) + int(seconds)}:{user}"
        made = hmac.new(self.secret.encode(), name.encode(), hashlib.sha1).digest()
        return name, base64.b64encode(made).decode()

    def uri(self, transport=None):
        """What the setting `turn` takes: turn:HOST:PORT?transport=, or turns: for tls."""
        if transport == "tls":
            return f"turns:{self.host}:{self.tls}"
        return f"turn:{self.host}:{self.port}" + (f"?transport={transport}" if transport else "")

    # ---- what it did ---------------------------------------------------------------

    def wait_line(self, pattern, seconds=10):
        """A line of its log, from the very first on."""
        return self.process.wait_line(pattern, seconds)

    def wait_allocation(self, user=None, seconds=10, since=0):
        """Until somebody (of that name) has an address here; `since` is a process.mark()."""
        name = r"[^>]*" if user is None else rf"(?:\d+:)?{re.escape(user)}"
        self.process.wait_line(rf"session \d+: new, realm <[^>]*>, username=<{name}>|"
                               rf"session \d+: realm <[^>]*> user <{name}>: incoming packet ALLOCATE processed, success",
                               seconds, since)

    def allocations(self, since=0):
        """How many allocations were made since that process.mark()."""
        return sum("incoming packet ALLOCATE processed, success" in line for line in self.process.lines.all(since))

    def wait_relayed(self, seconds=20):
        """Until every allocation has ended; how many packets went through them, both ways."""
        until = deadline(seconds)
        while True:
            lines = self.process.lines.all()
            ended = [match for match in map(USAGE.search, lines) if match]
            if len(ended) >= self.allocations():
                return sum(int(number) for match in ended for number in match.groups())
            if time.monotonic() > until:
                self.process.fail(f"{len(ended)} of {self.allocations()} allocations have ended within {seconds} s")
            select.select([], [], [], 0.05)
