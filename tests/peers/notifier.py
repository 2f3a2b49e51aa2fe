"""Both ends of a subscription (RFC 6665), spoken by a Stranger.

    asked = Notifier.wait(proxy, "presence")      # a SUBSCRIBE that came
    asked.accept(); asked.notify(BODY, kind="application/pidf+xml")
    watcher = Watcher(evil, "local@127.0.0.1:5060", where)
    watcher.subscribe().status; watcher.told()    # the answer, and the next NOTIFY
"""
import re

from .stranger import token


def target_of(message):
    """The URI in a message's Contact, without its scheme."""
    return re.search(r"<sip:([^>]*)>", message.field("Contact")).group(1)


class Notifier:
    """The dialog of a SUBSCRIBE that came, as whoever tells has it."""

    def __init__(self, peer, request):
        self.peer, self.request, self.cseq = peer, request, 0

    @classmethod
    def wait(cls, peer, event, since=0, expires=None):
        """The first SUBSCRIBE to that event."""
        while True:
            request = peer.wait("SUBSCRIBE", since=since)
            if request.field("Event") == event and expires in (None, request.field("Expires")):
                return cls(peer, request)
            since = peer.all().index(request) + 1

    @property
    def call(self):
        return self.request.field("Call-ID")

    def accept(self, status="202 Accepted", expires=3600):
        self.peer.reply(self.request, status,
                        [f"Expires: {expires}", f"Contact: <sip:teller@{self.peer.host}:{self.peer.port}>"])

    def notify(self, body="", state="active;expires=3600", *, event=None, kind=None, tag="there"):
        """A NOTIFY within it, and the answer."""
        self.cseq += 1
        where = f"{self.peer.host}:{self.peer.port}"
        lines = [f"NOTIFY sip:{target_of(self.request)} SIP/2.0",
                 f"Via: SIP/2.0/UDP {where};branch=z9hG4bK{token()};rport", "Max-Forwards: 70",
                 f"From: {self.request.field('To')};tag={tag}", f"To: {self.request.field('From')}",
                 f"Call-ID: {self.call}", f"CSeq: {self.cseq} NOTIFY", f"Contact: <sip:teller@{where}>",
                 f"Event: {event or self.request.field('Event')}", f"Subscription-State: {state}"]
        body = body if isinstance(body, bytes) else body.encode()
        if body:
            lines.append(f"Content-Type: {kind}")
        since = self.peer.mark()
        self.peer.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body,
                       self.request.source)
        return self.peer.wait("SIP/2.0", since=since, call=self.call, method="NOTIFY")


class Watcher:
    """A subscription of a stranger's to presence at `target`."""

    def __init__(self, peer, target, where, user="evil", event="presence"):
        self.peer, self.target, self.where, self.event = peer, target, where, event
        self.address = f"sip:{user}@{peer.host}:{peer.port}"
        self.call, self.tag, self.cseq, self.remote = token(), token(), 0, ""
        self._seen = 0

    def subscribe(self, expires=600, more=(), call=None):
        """A SUBSCRIBE, and the answer; the second one renews."""
        self.cseq += 1
        where = f"{self.peer.host}:{self.peer.port}"
        lines = [f"SUBSCRIBE sip:{self.target} SIP/2.0",
                 f"Via: SIP/2.0/UDP {where};branch=z9hG4bK{token()};rport", "Max-Forwards: 70",
                 f"From: <{self.address}>;tag={self.tag}",
                 f"To: <sip:{self.target}>" + (f";tag={self.remote}" if self.remote else ""),
                 f"Call-ID: {self.call}", f"CSeq: {self.cseq} SUBSCRIBE", f"Contact: <{self.address}>",
                 f"Event: {self.event}", f"Expires: {expires}", *more, "Content-Length: 0", "", ""]
        since = self.peer.mark()
        self.peer.send("\r\n".join(lines), self.where)
        answer = self.peer.wait("SIP/2.0", since=since, call=self.call, method="SUBSCRIBE")
        if answer.status < 300:
            self.remote = re.search(r"tag=([^;]+)", answer.field("To")).group(1)
            self.target = target_of(answer)
        return answer

    def told(self, status="200 OK", seconds=10):
        """The next NOTIFY, answered."""
        notify = self.peer.wait("NOTIFY", seconds, since=self._seen, call=self.call)
        self._seen = self.peer.all().index(notify) + 1
        self.peer.reply(notify, status)
        return notify

    def told_state(self, start):
        """The first NOTIFY from now on whose state begins so."""
        while True:
            notify = self.told()
            if notify.field("Subscription-State").startswith(start):
                return notify
