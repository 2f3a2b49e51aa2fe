"""A STUN and TURN server: coturn with a generated configuration.

    coturn = Coturn(folder, ports, pki=pki, users={"alice": "secret"})
    coturn.port, coturn.tls           # 127.0.0.1: UDP and TCP, and TLS (None without a pki)
    Coturn(folder, ports, secret="shared").credentials("carol")   # user and password for an hour
"""
import base64
import hashlib
import hmac
import pathlib
import socket
import time

from .process import Process, ProcessFailed, deadline

REALM = "turn.test"


class Coturn:
    """Runs until stop(). Long-term users, or with `secret` those of the REST way.

    Relays lie in a range of its own, and what is relayed may be of this machine. `hosts` are the
    addresses that are listened on; with two of them it answers as RFC 5780 has it. `udp`, `tcp`:
    False for a server that does not speak it. `certificate`: for TLS, default one of 127.0.0.1 and
    localhost. `options` are further lines of the configuration.
    """

    def __init__(self, folder, ports, name="coturn", *, pki=None, users=None, secret=None, hosts=("127.0.0.1",),
                 certificate=None, udp=True, tcp=True, relays=32, options=()):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir(mode=0o700)
        self.host, self.secret, self.users = hosts[0], secret, dict(users or {})
        self.port = ports.pair()
        self._alternate = ports.pair() if len(hosts) > 1 else None
        certificate = certificate or (pki.leaf("localhost", ["DNS:localhost", "IP:127.0.0.1"]) if pki else None)
        self.tls = ports.pair() if certificate else None
        first = ports.block(relays)
        lines = [f"listening-ip={host}" for host in hosts] + [
            f"relay-ip={hosts[0]}", f"listening-port={self.port}", f"realm={REALM}", "fingerprint", "no-cli",
            "allow-loopback-peers", f"min-port={first}", f"max-port={first + relays - 1}", "no-dtls",
            f"pidfile={self.folder}/pid", f"userdb={self.folder}/users.sqlite", "log-file=stdout", "verbose",
            "no-software-attribute", "cli-password=none", "max-allocate-timeout=5"]
        if self._alternate:
            lines.append(f"alt-listening-port={self._alternate}")
        else:
            lines.append("no-rfc5780")
        if certificate:
            lines += [f"tls-listening-port={self.tls}", f"cert={certificate.chain}", f"pkey={certificate.key}"]
        else:
            lines.append("no-tls")
        lines += [] if udp else ["no-udp"]
        lines += [] if tcp else ["no-tcp"]
        if secret:
            lines += ["use-auth-secret", f"static-auth-secret={secret}"]
        else:
            lines += ["lt-cred-mech"] + [f"user={user}:{password}" for user, password in self.users.items()]
        config = self.folder / "turnserver.conf"
        config.write_text("\n".join([*lines, *options]) + "\n")
        config.chmod(0o600)
        self._process = Process(["turnserver", "-c", str(config)], log=self.folder / "coturn.log", cwd=self.folder)
        try:
            self._wait(udp, tcp)
        except BaseException:
            self.stop()
            raise

    def uri(self, transport=None):
        """What the setting `turn` takes: turn:HOST:PORT?transport=, or turns: for tls."""
        if transport == "tls":
            return f"turns:{self.host}:{self.tls}"
        return f"turn:{self.host}:{self.port}" + (f"?transport={transport}" if transport else "")

    def credentials(self, name, seconds=3600):
        """(user, password) as whoever shares the secret gives them out; they end after `seconds`."""
        user = f"{int(time.time()) + seconds}:{name}"
        digest = hmac.new(self.secret.encode(), user.encode(), hashlib.sha1).digest()
        return user, base64.b64encode(digest).decode()

    def wait_line(self, pattern, seconds=10):
        """A line of its log that the pattern matches, from the very first on."""
        return self._process.wait_line(pattern, seconds)

    def log(self):
        return (self.folder / "coturn.log").read_text(errors="replace")

    def stop(self):
        self._process.stop()

    def _wait(self, udp, tcp):
        """Until it answers on what it was told to speak: a Binding request (RFC 8489)."""
        request = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"commd-wakeup"
        until = deadline(20)
        while time.monotonic() < until:
            if not self._process.alive():
                raise ProcessFailed(f"turnserver ended: {self.log()[-2000:]}")
            try:
                if tcp or self.tls:
                    socket.create_connection((self.host, self.port if tcp else self.tls), 1).close()
                if not udp:
                    return
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.connect((self.host, self.port))
                    probe.settimeout(0.3)
                    probe.send(request)
                    if probe.recv(1500)[8:20] == b"commd-wakeup":
                        return
            except OSError:
                time.sleep(0.05)
        raise ProcessFailed(f"turnserver does not answer: {self.log()[-2000:]}")
