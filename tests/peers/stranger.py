"""A SIP peer made of single messages, for what no decent phone or server would send.

    with Stranger() as evil:                        # UDP on 127.0.0.1
        evil.call("token@127.0.0.1:5060")           # an INVITE; .wait("SIP/2.0 180")
        evil.send("anything", ("127.0.0.1", 5060))

With registrar=REALM it is a registrar and proxy too: it challenges REGISTER once (realm REALM) and
grants it; `contact` is then the address of who registered. Nothing else is answered by itself:
tests take what came by wait() and say what comes back.
"""
import random
import re
import socket
import threading
import time

from .process import deadline

CRYPTO = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw\r\n"


def token():
    return f"{random.getrandbits(64):016x}"


class Message:
    """One message as it came."""

    def __init__(self, raw, source):
        self.text, self.source = raw.decode("utf-8", "replace"), source
        head, _, self.body = self.text.partition("\r\n\r\n")
        self.first, *self.lines = head.split("\r\n")

    def field(self, name):
        """The first header field of that name, or None."""
        return next((value for value in self.fields(name)), None)

    def fields(self, name):
        prefix = name.lower() + ":"
        return [line[len(prefix):].strip() for line in self.lines if line.lower().startswith(prefix)]

    @property
    def status(self):
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0

    @property
    def method(self):
        return self.field("CSeq").split()[1]


def sdp(port, *, profile="RTP/AVP", ip="127.0.0.1", more="", payload=0):
    return (f"v=0\r\no=- {random.getrandbits(30)} 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
            f"m=audio {port} {profile} {payload} 101\r\na=rtpmap:101 telephone-event/8000\r\n{more}")


class Call:
    """The dialog of an INVITE that we sent or got: what its messages need."""

    def __init__(self, local, remote, call_id, target, to, cseq=1):
        self.local, self.remote, self.call_id = local, remote, call_id
        self.target, self.to, self.cseq, self.branch = target, to, cseq, None


class Stranger:
    def __init__(self, host="127.0.0.1", registrar=None):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.host, self.port = self._socket.getsockname()
        self._realm, self._closed = registrar, False
        self.granted_with = []  # further header fields of the 200 to REGISTER
        self._messages, self._changed = [], threading.Condition()
        self.contact = self.registered_from = None
        self.registrations = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    # ---- what comes ------------------------------------------------------------

    def _serve(self):
        while True:
            raw, source = self._socket.recvfrom(65536)
            if self._closed:
                return
            if not raw.strip():
                continue
            message = Message(raw, source)
            if self._realm and message.first.startswith("REGISTER"):
                self._register(message)
                continue
            with self._changed:
                self._messages.append(message)
                self._changed.notify_all()

    def _register(self, request):
        self.registrations.append(request)
        if request.field("Authorization") is None:
            return self.reply(request, "401 Unauthorized", self.challenge("WWW-Authenticate", self._realm))
        with self._changed:
            self.contact = re.search(r"<sip:([^>]*)>", request.field("Contact")).group(1)
            self.registered_from = request.source
            self._changed.notify_all()
        return self.reply(request, "200 OK", ["Expires: 600", *self.granted_with])

    def wait_registered(self, seconds=10):
        with self._changed:
            until = deadline(seconds)
            while self.contact is None:
                assert self._changed.wait(max(0.01, until - time.monotonic())) or until > time.monotonic(), \
                    "nobody registered"
        return self.contact

    def all(self):
        with self._changed:
            return list(self._messages)

    def mark(self):
        with self._changed:
            return len(self._messages)

    def wait(self, start, seconds=10, since=0, call=None, method=None):
        """The first message that begins so (and is of this call, answers this method)."""
        def fits(message):
            return (message.first.startswith(start) and call in (None, message.field("Call-ID"))
                    and method in (None, message.method))
        until = deadline(seconds)
        with self._changed:
            while True:
                for message in self._messages[since:]:
                    if fits(message):
                        return message
                left = until - time.monotonic()
                if left <= 0:
                    seen = [m.first for m in self._messages]
                    raise AssertionError(f"no message {start!r} within {seconds} s; there were {seen}")
                self._changed.wait(left)

    # ---- what goes ---------------------------------------------------------------

    def send(self, data, where):
        self._socket.sendto(data if isinstance(data, bytes) else data.encode(), where)

    @staticmethod
    def challenge(field, realm):
        return [f'{field}: Digest realm="{realm}", nonce="{token()}", qop="auth", algorithm=MD5']

    def reply(self, request, status, more=(), body="", tag="there"):
        """An answer to a request that came, sent to where it came from."""
        kept = [line for line in request.lines
                if re.match(r"(Via|From|To|Call-ID|CSeq|Record-Route):", line, re.I)]
        kept = [line + f";tag={tag}" if line.lower().startswith("to:") and ";tag=" not in line
                and not status.startswith("100") else line for line in kept]
        self._send_message([f"SIP/2.0 {status}", *kept, *more], body, request.source)

    def _send_message(self, lines, body, where):
        if body:
            lines = [*lines, "Content-Type: application/sdp"]
        self.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]), where)

    def request(self, method, target, where, *, call_id=None, local="here", remote="", cseq=1, more=(),
                body="", max_forwards=70, contact=None, branch=None):
        """A request from nothing; returns its Call-ID."""
        call_id = call_id or token()
        contact = contact or f"<sip:evil@{self.host}:{self.port}>"
        self._send_message(
            [f"{method} sip:{target} SIP/2.0",
             f"Via: SIP/2.0/UDP {self.host}:{self.port};branch={branch or 'z9hG4bK' + token()};rport",
             f"Max-Forwards: {max_forwards}",
             f"From: <sip:evil@example.test>;tag={local}",
             f"To: <sip:{target}>" + (f";tag={remote}" if remote else ""),
             f"Call-ID: {call_id}", f"CSeq: {cseq} {method}", f"Contact: {contact}", *more], body, where)
        return call_id

    def ask(self, method, target, where, **options):
        """The same, and the final answer to it."""
        call_id, since = options.pop("call_id", None) or token(), self.mark()
        self.request(method, target, where, call_id=call_id, **options)
        while True:
            answer = self.wait("SIP/2.0", since=since, call=call_id, method=method)
            if answer.status >= 200:
                return answer
            since = self.all().index(answer) + 1

    def invite(self, target, where, body="", *, more=(), contact=None):
        """An INVITE; returns the Call that its answers complete."""
        call = Call(token(), "", token(), target, where)
        call.branch = "z9hG4bK" + token()
        self.request("INVITE", target, where, call_id=call.call_id, local=call.local, body=body, more=more,
                     contact=contact, branch=call.branch)
        return call

    def confirm(self, call):
        """Waits for its 200 and sends the ACK; returns the 200."""
        answer = self.wait("SIP/2.0 200", call=call.call_id, method="INVITE", seconds=15)
        call.remote = re.search(r"tag=([^;]+)", answer.field("To")).group(1)
        call.target = re.search(r"<sip:([^>]*)>", answer.field("Contact")).group(1)
        self.in_dialog("ACK", call, cseq=call.cseq)
        return answer

    def in_dialog(self, method, call, *, cseq=None, **options):
        """A request within the dialog of a call of ours."""
        if cseq is None:
            call.cseq += 1
            cseq = call.cseq
        options.setdefault("remote", call.remote)
        options.setdefault("local", call.local)
        return self.request(method, call.target, call.to, call_id=call.call_id, cseq=cseq, **options)

    def ask_in_dialog(self, method, call, **options):
        call.cseq += 1
        options.setdefault("remote", call.remote)
        options.setdefault("local", call.local)
        return self.ask(method, call.target, call.to, call_id=call.call_id, cseq=call.cseq, **options)

    def close(self):
        if self._closed:
            return
        self._closed = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (self.host, self.port))
        self._thread.join()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
