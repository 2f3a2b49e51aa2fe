"""Session timers (RFC 4028): who refreshes does so in time, and a session that nobody refreshes ends.

No session is shorter than 90 s, so a refresh comes after 45 s and an end after 60 s (section 10: a third
before the interval is over). Every role is waited for at once, in one test of some 62 s."""
# ctest: timeout=300
import pytest
from helpers import local_address, ringing

from peers.stranger import sdp

HERE = "127.0.0.1"
TIMER = ["Supported: timer", "Require: timer"]
METHODS = "INVITE, ACK, BYE, CANCEL"


def contact(peer):
    return f"Contact: <sip:x@{HERE}:{peer.port}>"


class Called:
    """A call of ours that this peer has answered with that session timer."""

    def __init__(self, commd, peer, port, expires, allow=METHODS + ", UPDATE"):
        self.peer, self.port, self.expires = peer, port, expires
        self.id = commd.ctl("call", f"sip:x@{HERE}:{peer.port}", "--capture", "none", "--playback", "none",
                            "--detach")["id"]
        self.invite = peer.wait("INVITE")
        assert self.invite.field("Session-Expires") and "timer" in self.invite.field("Supported")
        self.accept(self.invite, f"Allow: {allow}", body=sdp(port))
        peer.wait("ACK")
        commd.ctl("wait", "call", self.id, "--for=state=active")

    def accept(self, request, *more, body=""):
        self.peer.reply(request, "200 OK", [contact(self.peer), *TIMER, f"Session-Expires: {self.expires}", *more], body)

    def wait(self, method, seconds=60):
        """The next request of that method after the first INVITE."""
        return self.peer.wait(method, since=self.peer.all().index(self.invite) + 1, seconds=seconds)


class Caller:
    """A call of this peer that we have answered, with that session timer."""

    def __init__(self, commd, peer, port, expires, allow=METHODS + ", UPDATE"):
        self.peer, self.port = peer, port
        where = local_address(commd)
        call = peer.invite(f"local@{HERE}:{where[1]}", where, sdp(port),
                           more=["Supported: timer", f"Allow: {allow}", f"Session-Expires: {expires}"])
        self.id = ringing(commd)
        commd.ctl("calls", "answer", self.id, "--capture", "none", "--playback", "none")
        assert peer.confirm(call).field("Session-Expires").replace(" ", "") == expires


def state(commd, call):
    return commd.ctl("calls", "show", call.id)["state"]


def assert_complete(peer, invite):
    """The refresh is an offer, so its ACK has nothing to say (RFC 3264)."""
    assert "a=sendrecv" in invite.body
    assert not peer.wait("ACK", since=peer.all().index(invite)).body


def assert_hung_up(commd, call, seconds):
    call.peer.reply(call.peer.wait("BYE", seconds=seconds), "200 OK")
    commd.ctl("wait", "call", call.id, "--for=state=ended")
    shown = commd.ctl("calls", "show", call.id)
    assert (shown["end_reason"], shown["ended_by"]) == ("END_REASON_TIMEOUT", "ENDED_BY_NETWORK")
    assert "refreshed" in shown["end_text"]


@pytest.mark.seconds(150)
def test_every_role_keeps_its_time(daemon, stranger, ports):
    commd = daemon()
    by_update = Called(commd, stranger(), ports.pair(), "90;refresher=uac")
    by_invite = Called(commd, stranger(), ports.pair(), "90;refresher=uac", allow=METHODS)
    refused = Called(commd, stranger(), ports.pair(), "90;refresher=uac")
    mute_callee = Called(commd, stranger(), ports.pair(), "90;refresher=uas")
    as_callee = Caller(commd, stranger(), ports.pair(), "90;refresher=uas")
    as_callee_by_invite = Caller(commd, stranger(), ports.pair(), "90;refresher=uas", allow=METHODS)
    mute_caller = Caller(commd, stranger(), ports.pair(), "90;refresher=uac")

    update = by_update.wait("UPDATE")
    assert not update.body
    by_update.accept(update)

    invite = by_invite.wait("INVITE")
    by_invite.accept(invite, body=sdp(by_invite.port))
    assert_complete(by_invite.peer, invite)

    refused.peer.reply(refused.wait("UPDATE"), "481 Call Does Not Exist")
    commd.ctl("wait", "call", refused.id, "--for=state=ended")
    assert commd.ctl("calls", "show", refused.id)["ended_by"] == "ENDED_BY_NETWORK"

    update = as_callee.peer.wait("UPDATE", seconds=60)
    assert "refresher=uac" in update.field("Session-Expires")
    as_callee.peer.reply(update, "200 OK", [contact(as_callee.peer), *TIMER, "Session-Expires: 90;refresher=uac"])

    peer = as_callee_by_invite.peer
    invite = peer.wait("INVITE", seconds=60)
    peer.reply(invite, "200 OK", [contact(peer), *TIMER, "Session-Expires: 90;refresher=uac"],
               sdp(as_callee_by_invite.port))
    assert_complete(peer, invite)

    assert_hung_up(commd, mute_callee, 75)
    assert_hung_up(commd, mute_caller, 75)
    # Nobody else was: they are refreshed again, and again.
    for call in (by_update, by_invite, as_callee, as_callee_by_invite):
        assert state(commd, call) == "STATE_ACTIVE"


def test_an_interval_that_is_too_short_is_refused(daemon, stranger, ports):
    commd, peer = daemon(), stranger()
    where = local_address(commd)
    got = peer.ask("INVITE", f"local@{HERE}:{where[1]}", where, more=["Supported: timer", "Session-Expires: 89"],
                   body=sdp(ports.pair()))
    assert (got.status, got.field("Min-SE")) == (422, "90")
