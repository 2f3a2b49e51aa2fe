"""A far end that dies in the middle of a call without a word."""
# ctest: timeout=240
import pytest
from helpers import register, ringing


@pytest.mark.seconds(150)
def test_a_peer_that_dies_is_told_and_its_call_ends(daemon, kamailio, pki):
    server = kamailio()
    alice = daemon("alice", settings={"media": {"lost_ends_call": 60}})
    bob = daemon("bob")
    register(alice, server, "alice", "udp", pki)
    register(bob, server, "bob", "udp", pki)
    call = alice.ctl("call", f"sip:bob@{server.domain}", "--capture", "tone:440", "--detach")["id"]
    theirs = ringing(bob)
    bob.ctl("calls", "answer", theirs)
    alice.ctl("wait", "call", call, "--for=state=active")
    with alice.watch() as events:
        bob.kill()
        events.wait_for(lambda e: e.get("event", {}).get("notice", {}).get("reason") == "MEDIA_LOST", 60)
        assert alice.ctl("calls", "show", call)["state"] == "STATE_ACTIVE"
        assert alice.ctl("calls", "stats", call)["media_lost"] is True
        events.wait_for(lambda e: e.get("event", {}).get("call_changed", {}).get("state") == "STATE_ENDED", 60)
    ended = alice.ctl("calls", "show", call)
    assert ended["end_reason"] == "END_REASON_MEDIA_LOST"
    assert ended["ended_by"] == "ENDED_BY_DAEMON"
