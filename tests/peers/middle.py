"""A man in the middle: the server that two people have, who does with their calls what he likes.

    with Middle(ports, media=True) as middle:
        alice.add_account(middle.address("alice"), "secret", "--server", middle.server)     # and so bob
        middle.touch_descriptions("bob", in_the_clear)     # what bob describes, on its way to alice
        alice.ctl("call", middle.address("bob"), "--detach")

A registrar over UDP, who believes everybody, and a stateless proxy that stays on the route (RFC 3261, sections 16.11
and 16.12). What he is not told to touch passes as it is. With media=True the media of alice and bob goes through a
Relay of his: descriptions then name his ports, and have no ICE.
"""
import hashlib
import re
import socket
import threading

from .process import deadline
from .relay import Relay
from .stranger import Message, Stranger

HERE, REALM = "127.0.0.1", "example.test"
SIDES = {"alice": "a", "bob": "b"}  # of the relay
USERS = {side: user for user, side in SIDES.items()}


# ---- descriptions -------------------------------------------------------------------------


def lines_of(sdp):
    return sdp.split("\r\n")


def without(*names):
    """Takes away all lines of these attributes."""
    def touch(sdp):
        return "\r\n".join(line for line in lines_of(sdp)
                           if not any(line == f"a={name}" or line.startswith(f"a={name}:") for name in names))
    return touch


no_ice = without("candidate", "ice-ufrag", "ice-pwd", "ice-options", "end-of-candidates", "rtcp")
no_keys = without("crypto", "fingerprint", "setup", "zrtp-hash")


def in_the_clear(sdp):
    """Without any key, and as if that was all that its author knows."""
    return re.sub(r"(?m)^(m=audio \d+) \S+", r"\1 RTP/AVP", no_keys(sdp))


def only(name):
    """Leaves this one kind of keys."""
    return without(*({"crypto", "fingerprint", "zrtp-hash"} - {name}), *(["setup"] if name != "fingerprint" else []))


def other_fingerprint(sdp):
    return re.sub(r"(?m)^(a=fingerprint:\S+ )(..)", lambda m: m[1] + f"{int(m[2], 16) ^ 1:02X}", sdp)


def other_hash(sdp):
    """Of ZRTP's Hello."""
    return re.sub(r"(?m)^(a=zrtp-hash:\S+ )(..)", lambda m: m[1] + f"{int(m[2], 16) ^ 1:02x}", sdp)


def other_crypto(sdp):
    return re.sub(r"inline:(.)", lambda m: "inline:" + ("B" if m[1] == "A" else "A"), sdp)


# ---- messages -----------------------------------------------------------------------------


class Touched(Message):
    """A message on its way."""

    def drop(self, name):
        """Takes the first such field away."""
        at = next(i for i, line in enumerate(self.lines) if line.lower().startswith(name.lower() + ":"))
        return self.lines.pop(at)

    def packed(self):
        lines = [line for line in self.lines if not line.lower().startswith("content-length:")]
        return "\r\n".join([self.first, *lines, f"Content-Length: {len(self.body.encode())}", "", self.body]).encode()


def place(uri):
    """(user, host, port) of the SIP address in it."""
    user, host, port = re.search(r"sips?:(?:([^@>\s]*)@)?([^;:>\s]+)(?::(\d+))?", uri).groups()
    return user, host, int(port or 5060)


def branch_of(via):
    return re.search(r"branch=([^;,\s]+)", via)[1]


class Middle:
    def __init__(self, ports, media=False, host=HERE):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.host, self.port = self._socket.getsockname()
        self.server = f"{self.host}:{self.port}"
        self.relay = Relay(ports, host=host) if media else None
        self._changed = threading.Condition()
        self._contacts, self._users, self._back = {}, {}, {}
        self._touches = {}
        self._sent = {user: [] for user in SIDES}
        self.redirected = {}  # (who calls, whom): who gets that call instead
        self.touch_media = None  # (user, packet of RTP's port) -> what goes on, or None
        self.touch_message = None  # (user, Touched): changes it
        self.described = {}  # user: (host, port) where that one really receives
        if self.relay:
            self.relay.touch = self._on_media
        self._closed = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    # ---- for tests ----------------------------------------------------------------

    @staticmethod
    def address(user):
        return f"sip:{user}@{REALM}"

    def touch_descriptions(self, user, *touches):
        """From now on what that user describes is changed so."""
        with self._changed:
            self._touches[user] = touches

    def mark(self):
        """For heard(): how many packets each has sent through the relay so far."""
        with self._changed:
            return {user: len(sent) for user, sent in self._sent.items()}

    def heard(self, user, since=None):
        """The packets that this one sent through the relay, from that mark on."""
        with self._changed:
            return self._sent[user][since[user] if since else 0:]

    def wait_heard(self, user, count, since=None, seconds=10):
        """Until there are so many."""
        until = deadline(seconds)
        with self._changed:
            while len(self._sent[user]) - (since[user] if since else 0) < count:
                assert self._changed.wait(0.5) or deadline(0) < until, f"{user} sends too little"

    # ---- media ----------------------------------------------------------------------

    def _on_media(self, side, packet):
        user = USERS[side]
        with self._changed:
            self._sent[user].append(packet)
            self._changed.notify_all()
            touch = self.touch_media
        return touch(user, packet) if touch else packet

    def _through_relay(self, user, sdp):
        side, port = SIDES[user], self.described[user][1]
        self.relay.meet(side, (self.host, port))
        his = self.relay.port_a if side == "b" else self.relay.port_b
        return re.sub(r"(?m)^m=audio \d+ ", f"m=audio {his} ", no_ice(sdp))

    # ---- signalling -------------------------------------------------------------------

    def _serve(self):
        while True:
            raw, source = self._socket.recvfrom(65536)
            if self._closed:
                return
            if not raw.strip():
                continue
            message = Touched(raw, source)
            if message.first.startswith("REGISTER"):
                self._register(message)
                continue
            user = self._users.get(source)
            if user is None:
                continue
            self._touch(user, message)
            if message.first.startswith("SIP/2.0"):
                self._pass_response(message)
            elif message.first.startswith(("SUBSCRIBE", "PUBLISH", "MESSAGE")):
                self._reply(message, "489 Bad Event")
            else:
                self._pass_request(user, message)

    def _reply(self, request, status, more=()):
        kept = [line for line in request.lines if re.match(r"(Via|From|To|Call-ID|CSeq):", line, re.I)]
        kept = [line + ";tag=m" if line.lower().startswith("to:") and ";tag=" not in line else line for line in kept]
        text = "\r\n".join([f"SIP/2.0 {status}", *kept, *more, "Content-Length: 0", "", ""])
        self._socket.sendto(text.encode(), request.source)

    def _register(self, request):
        if request.field("Authorization") is None:
            return self._reply(request, "401 Unauthorized", Stranger.challenge("WWW-Authenticate", REALM))
        user = place(request.field("To"))[0]
        with self._changed:
            self._users[request.source] = user
            self._contacts[user] = (re.search(r"<([^>]*)>", request.field("Contact"))[1], request.source)
        return self._reply(request, "200 OK", [f"Contact: {request.field('Contact')}", "Expires: 600"])

    def _touch(self, user, message):
        if (message.field("Content-Type") or "").startswith("application/sdp"):
            audio = re.search(r"(?m)^m=audio (\d+) ", message.body)
            if audio and int(audio[1]):
                self.described[user] = (self.host, int(audio[1]))
                if self.relay:
                    message.body = self._through_relay(user, message.body)
            with self._changed:
                touches = self._touches.get(user, ())
            for touch in touches:
                message.body = touch(message.body)
        if self.touch_message:
            self.touch_message(user, message)

    def _pass_request(self, user, message):
        method, uri, version = message.first.split(" ")
        callee, *where = place(uri)
        if where[0] == REALM:
            callee = self.redirected.get((user, callee), callee)
            if callee not in self._contacts:
                return self._reply(message, "404 Not Found")
            uri, where = self._contacts[callee]
            message.first = f"{method} {uri} {version}"
        if message.field("Route"):
            message.drop("Route")
        # The same one for an ACK and a CANCEL, so that who gets these knows what they are for.
        above = branch_of(message.field("Via"))
        branch = "z9hG4bK" + hashlib.sha256(above.encode()).hexdigest()[:20]
        self._back[branch] = message.source
        message.lines.insert(0, f"Via: SIP/2.0/UDP {self.server};branch={branch}")
        if method == "INVITE" and ";tag=" not in message.field("To"):
            message.lines.insert(1, f"Record-Route: <sip:{self.server};lr>")
        return self._socket.sendto(message.packed(), tuple(where))

    def _pass_response(self, message):
        where = self._back.get(branch_of(message.drop("Via")))
        if where:
            self._socket.sendto(message.packed(), where)

    def close(self):
        if self._closed:
            return
        self._closed = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (self.host, self.port))
        self._thread.join()
        self._socket.close()
        if self.relay:
            self.relay.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
