"""A network that is not XMPP, and the gateway to it: an IRC server (ngircd), people there, and
biboumi, which is a component of an XMPP server.

    irc = IrcServer(folder, ports)
    carol = irc.person("carol")
    gateway = Biboumi(folder, component_port, "irc.xmpp.test", "component-secret")
    carol.say("alice", "hello")
    carol.wait("PRIVMSG carol :hi")
"""
import os
import pathlib
import socket
import threading
import time

from .process import Process, deadline, wait_tcp

NGIRCD = """[Global]
Name = irc.commd.test
Info = of the tests
Listen = 127.0.0.1
Ports = {port}
ServerUID = {user}
ServerGID = {group}
[Limits]
MaxConnectionsIP = 0
[Options]
DNS = no
Ident = no
PAM = no
[Channel]
Name = #tests
"""

BIBOUMI = """hostname={domain}
password={secret}
xmpp_server_ip=127.0.0.1
port={port}
db_name={folder}/biboumi.sqlite
log_file=
log_level=0
identd_port=0
realname_from_jid=false
"""


class IrcServer:
    def __init__(self, folder, ports, name="ngircd"):
        self.port = ports.free()
        config = pathlib.Path(folder) / f"{name}.conf"
        config.write_text(NGIRCD.format(port=self.port, user=os.getuid(), group=os.getgid()))
        self.process = Process(["ngircd", "-n", "-f", config], pathlib.Path(folder) / f"{name}.log")
        self._people = []
        try:
            wait_tcp(self.port, process=self.process)
        except BaseException:
            self.process.kill()
            raise

    def person(self, nick):
        self._people.append(IrcPerson(self.port, nick))
        return self._people[-1]

    def stop(self):
        for person in self._people:
            person.close()
        self.process.stop()


class IrcPerson:
    """Somebody on IRC: RFC 2812, as much of it as talking needs."""

    def __init__(self, port, nick):
        self.nick, self._lines, self._changed = nick, [], threading.Condition()
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._socket.settimeout(None)
        threading.Thread(target=self._pump, daemon=True).start()
        self.send(f"NICK {nick}")
        self.send(f"USER {nick} 0 * :{nick}")
        self.wait(" 001 ")

    def send(self, line):
        self._socket.sendall((line + "\r\n").encode())

    def say(self, to, text):
        self.send(f"PRIVMSG {to} :{text}")

    def _pump(self):
        with self._socket.makefile("rb") as stream:
            try:
                for raw in stream:
                    line = raw.decode("utf-8", "replace").rstrip()
                    if line.startswith("PING"):
                        self.send("PONG" + line[4:])
                    with self._changed:
                        self._lines.append(line)
                        self._changed.notify_all()
            except OSError:
                pass  # closed

    def wait(self, text, seconds=15):
        """The first line with that text in it."""
        until = deadline(seconds)
        with self._changed:
            while True:
                for line in self._lines:
                    if text in line:
                        return line
                left = until - time.monotonic()
                assert left > 0 and self._changed.wait(left) or any(text in line for line in self._lines), \
                    f"{self.nick} heard no {text!r}; the last were {self._lines[-10:]}"

    def close(self):
        self._socket.close()


class Biboumi:
    def __init__(self, folder, port, domain, secret, name="biboumi"):
        home = pathlib.Path(folder) / name
        home.mkdir(mode=0o700)
        config = home / "biboumi.cfg"
        config.write_text(BIBOUMI.format(domain=domain, secret=secret, port=port, folder=home))
        self.domain = domain
        self.process = Process(["biboumi", config], pathlib.Path(folder) / f"{name}.log")
        try:
            self.process.wait_line("Authenticated with the XMPP server")
        except BaseException:
            self.process.kill()
            raise

    def stop(self):
        self.process.stop()
