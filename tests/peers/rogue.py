"""An XMPP server for what no decent server would do: right in everything but its `trick`.

    rogue = Rogue(pki, trick="wrong_signature")        # TLS from the first byte on 127.0.0.1
    rogue.port
    rogue.wait_session(); rogue.send("<message>...")   # after a login that went well
    rogue.heard(r"<iq[^>]*roster")                     # what came from the client, of all connections

The password of everybody is "open-sesame"; the login is SCRAM-SHA-256. Tricks of the login are in
Connection; what is sent after it is the test's own.
"""
import base64
import contextlib
import hashlib
import hmac
import re
import select
import socket
import ssl
import threading
import time

from .process import deadline

DOMAIN = "xmpp.test"
PASSWORD = b"open-sesame"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
DTD = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"


def b64(data):
    return base64.b64encode(data).decode()


class Gone(Exception):
    """The client has left."""


class Connection:
    """One client, on a thread of its own."""

    def __init__(self, rogue, raw):
        self.rogue, self.trick = rogue, rogue.trick
        self._socket, self._seen = raw, ""
        # The test sends while the thread reads, which one TLS object cannot do at once.
        self._lock = threading.Lock()
        raw.setblocking(False)

    # ---- bytes -----------------------------------------------------------------

    def _do(self, action):
        """Its result, as soon as the socket lets it; the lock is not held while it waits."""
        while True:
            try:
                with self._lock:
                    return action(self._socket)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
                to_read = not isinstance(error, ssl.SSLWantWriteError)
            except OSError as error:
                raise Gone from error
            try:
                select.select([self._socket] if to_read else [], [] if to_read else [self._socket], [], 1)
            except (OSError, ValueError) as error:  # it was closed
                raise Gone from error

    def send(self, text):
        data = memoryview(text if isinstance(text, bytes) else text.encode())
        while data:
            data = data[self._do(lambda to, part=data: to.send(part)):]

    def until(self, pattern):
        while True:
            found = re.search(pattern, self._seen, re.S)
            if found:
                self._seen = self._seen[found.end():]
                return found
            self._read()

    def _read(self):
        data = self._do(lambda of: of.recv(65536))
        if not data:
            raise Gone
        text = data.decode("utf-8", "replace")
        self._seen += text
        self.rogue.note(text)

    def drain(self):
        """Reads until the client goes."""
        while True:
            self._read()
            self._seen = ""

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.close()

    # ---- the stream --------------------------------------------------------------

    def header(self, doctype=""):
        self.send(f"<?xml version='1.0'?>{doctype}<stream:stream xmlns='jabber:client' from='{DOMAIN}' id='r1' "
                  "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")

    def features(self, inner):
        self.send(f"<stream:features>{inner}</stream:features>")

    def open(self, inner):
        self.until(r"<stream:stream[^>]*>")
        self.header(DTD if self.trick == "doctype" else "")
        self.features(inner)

    def to_tls(self):
        self._socket.setblocking(True)
        self._socket = self.rogue.tls.wrap_socket(self._socket, server_side=True)
        self._socket.setblocking(False)

    def run(self):
        if self.trick == "mute":
            self.drain()
        if self.rogue.starttls:
            self.start_tls()
        else:
            self.to_tls()
        if self.trick == "mute_stream":
            self.drain()
        if self.trick == "not_xmpp":
            self.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            self.drain()
        if self.trick == "redirect":
            self.until(r"<stream:stream[^>]*>")
            self.header()
            self.send(f"<stream:error><see-other-host xmlns='{ERRORS}'>{self.rogue.elsewhere}</see-other-host>"
                      "</stream:error></stream:stream>")
            self.drain()
        self.login()
        self.bind()
        self.rogue.session_begins(self)
        self.serve()

    def start_tls(self):
        offers = {"strip_starttls": f"<mechanisms xmlns='{SASL}'><mechanism>PLAIN</mechanism></mechanisms>"}
        self.open(offers.get(self.trick, f"<starttls xmlns='{TLS}'><required/></starttls>"))
        self.until(r"<starttls[^>]*>")
        if self.trick == "starttls_failure":
            self.send(f"<failure xmlns='{TLS}'/></stream:stream>")
            self.drain()
        injected = "<message><body>injected</body></message>" if self.trick == "starttls_injection" else ""
        self.send(f"<proceed xmlns='{TLS}'/>{injected}")
        self.to_tls()

    # ---- the login -----------------------------------------------------------------

    def login(self):
        names = {"no_mechanism": (), "odd_mechanisms": ("X-MAGIC", "ANONYMOUS")}.get(self.trick, ("SCRAM-SHA-256",))
        self.open(f"<mechanisms xmlns='{SASL}'>{''.join(f'<mechanism>{name}</mechanism>' for name in names)}"
                  "</mechanisms>")
        first = base64.b64decode(self.until(r"<auth [^>]*>([^<]*)</auth>")[1]).decode()
        bare = first.split(",", 2)[2]
        if self.trick == "early_success":
            self.send(f"<success xmlns='{SASL}'/>")
            self.drain()
        count = {"many_iterations": 2_000_000_000, "one_iteration": 1}.get(self.trick, 4096)
        nonce = "another" if self.trick == "other_nonce" else bare.split("r=")[1] + "server"
        challenge = f"r={nonce},s={b64(b'salt-salt')},i={count}"
        self.send(f"<challenge xmlns='{SASL}'>{b64(challenge.encode())}</challenge>")
        answer = base64.b64decode(self.until(r"<response [^>]*>([^<]*)</response>")[1]).decode()
        self.send(self.verdict(bare, challenge, answer.rsplit(",p=", 1)[0], count))
        if self.trick in ("wrong_signature", "no_signature", "refuse"):
            self.drain()

    def verdict(self, bare, challenge, final, count):
        if self.trick == "refuse":
            return f"<failure xmlns='{SASL}'><not-authorized/></failure>"
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD, b"salt-salt", count)
        key = hmac.digest(salted, b"Server Key", "sha256")
        signature = hmac.digest(key, ",".join((bare, challenge, final)).encode(), "sha256")
        if self.trick == "wrong_signature":
            signature = bytes([signature[0] ^ 1]) + signature[1:]
        text = "" if self.trick == "no_signature" else b64(b"v=" + b64(signature).encode())
        return f"<success xmlns='{SASL}'>{text}</success>"

    def bind(self):
        self.open("" if self.trick == "no_bind" else f"<bind xmlns='{BIND}'/>")
        number = self.until(r"<iq[^>]*\bid=['\"]([^'\"]*)['\"][^>]*>.*?</iq>")[1]
        who = "mallory@xmpp.test/x" if self.trick == "bind_other" else f"alice@{DOMAIN}/rogue"
        self.send(f"<iq type='result' id='{number}'><bind xmlns='{BIND}'><jid>{who}</jid></bind></iq>")

    def serve(self):
        """Answers the roster, pings, and what rooms are like; all else is the test's."""
        while True:
            found = self.until(r"<iq\b[^>]*>.*?</iq>|<iq\b[^>]*/>")[0]
            number = re.search(r"\bid=['\"]([^'\"]*)['\"]", found)
            asks = re.match(r"<iq\b[^>]*\btype=['\"](get|set)['\"]", found)
            if not number or not asks:
                continue
            room = re.match(r"<iq\b[^>]*\bto=['\"]([^'\"]*@rooms\.[^'\"]*)['\"]", found)
            if room and "disco#info" in found:
                self.send(f"<iq type='result' id='{number[1]}' from='{room[1]}'><query "
                          "xmlns='http://jabber.org/protocol/disco#info'><identity category='conference' type='text'/>"
                          "<feature var='http://jabber.org/protocol/muc'/></query></iq>")
            elif "jabber:iq:roster" in found:
                self.send(f"<iq type='result' id='{number[1]}'><query xmlns='jabber:iq:roster'/></iq>")
            else:
                self.send(f"<iq type='result' id='{number[1]}'/>")


class Rogue:
    """starttls: TLS after STARTTLS instead of from the first byte. elsewhere: HOST:PORT of "redirect"."""

    def __init__(self, pki, trick="", *, starttls=False, elsewhere=""):
        self.trick, self.starttls, self.elsewhere = trick, starttls, elsewhere
        leaf = pki.leaf(DOMAIN)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(leaf.chain, leaf.key)
        self._ca = pki.ca.cert
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._heard, self._sessions, self._all = "", [], []
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def options(self):
        """Words for `account add` so that the account comes here."""
        return ["--server", f"127.0.0.1:{self.port}", "--transport", "tcp" if self.starttls else "tls",
                "--set", f"tls_ca_file={self._ca}"]

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                raw, _ = self._listener.accept()
                connection = Connection(self, raw)
                with self._changed:
                    self.connections += 1
                    self._all.append(connection)
                threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    @staticmethod
    def _run(connection):
        try:
            connection.run()
        except (Gone, OSError):
            pass
        finally:
            connection.close()

    # ---- from the connections ------------------------------------------------------

    def note(self, text):
        with self._changed:
            self._heard += text
            self._changed.notify_all()

    def session_begins(self, connection):
        with self._changed:
            self._sessions.append(connection)
            self._changed.notify_all()

    # ---- for tests -----------------------------------------------------------------

    def _wait(self, what, seconds, words):
        until = deadline(seconds)
        with self._changed:
            while not what():
                if not self._changed.wait(until - time.monotonic()):
                    raise AssertionError(f"{words}; heard:\n{self._heard[-3000:]}")

    def wait_session(self, number=1, seconds=20):
        """The session of that number, from 1: logged in."""
        self._wait(lambda: len(self._sessions) >= number, seconds, f"session {number} did not begin")
        return self._sessions[number - 1]

    def wait_heard(self, pattern, seconds=20):
        self._wait(lambda: re.search(pattern, self._heard, re.S), seconds, f"{pattern} did not come")

    def heard(self, pattern):
        with self._changed:
            return re.search(pattern, self._heard, re.S) is not None

    def send(self, text):
        """To the newest session; a client that leaves meanwhile is no error."""
        self.wait_session()
        with self._changed:
            session = self._sessions[-1]
        with contextlib.suppress(Gone):
            session.send(text)

    def stop(self):
        self._listener.close()
        for connection in self._all:
            connection.close()
