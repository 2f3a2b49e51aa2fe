"""What a network does to calls: crossed, lost, forked, refused and redirected messages, against
sipp scenarios that fail unless every message is as the specifications want it."""
# ctest: timeout=300
import threading
import time

import pytest
from test_security_sip import register as register_at

from peers.process import SLOW
from peers.stranger import sdp


def place(commd, peer, *options):
    return commd.ctl("call", peer.uri, "--capture", "none", "--playback", "none", "--detach", *options)["id"]


def until(condition, seconds=10):
    """Waits for what only a file tells."""
    end = time.monotonic() + seconds * SLOW
    while not condition():
        assert time.monotonic() < end, "it did not come"
        threading.Event().wait(0.05)


def ended(commd, call):
    commd.ctl("wait", "call", call, "--for=state=ended")
    return commd.ctl("calls", "show", call)


def test_busy(daemon, sipp):
    commd, peer = daemon(), sipp("uas_busy")
    call = ended(commd, place(commd, peer))
    assert (call["end_reason"], call["end_sip_code"]) == ("END_REASON_BUSY", 486)
    peer.wait_success()


def test_a_redirect_is_followed(daemon, sipp):
    commd = daemon()
    target = sipp("uas_early_media")
    peer = sipp("uas_302", keys={"contact": target.uri})
    call = place(commd, peer)
    commd.ctl("wait", "call", call, "--for=state=active")
    commd.ctl("calls", "hangup", call)
    for each in (peer, target):
        each.wait_success()


def test_an_endless_challenge_is_given_up(daemon, sipp):
    commd, peer = daemon(), sipp("uas_407_loop")
    call = ended(commd, place(commd, peer))
    assert call["end_reason"] == "END_REASON_AUTHENTICATION_FAILED"
    peer.wait_success()


def test_a_lost_ack_is_sent_again(daemon, sipp):
    commd, peer = daemon(), sipp("uas_lost_ack")
    call = place(commd, peer)
    commd.ctl("wait", "call", call, "--for=state=active")
    # The peer repeats its 200 and must get the very same ACK again. (sipp takes that for a
    # retransmission, so the trace is what proves it.)
    until(lambda: peer.messages().count("\nACK sip:") >= 2)
    assert commd.ctl("calls", "show", call)["state"] == "STATE_ACTIVE"
    commd.ctl("calls", "hangup", call)


@pytest.mark.parametrize("scenario", ["uas_early_media", "uas_prack", "uas_forked", "uas_forked_twice",
                                      "uas_lost_200"])
def test_the_call_is_set_up_and_ended(daemon, sipp, scenario):
    commd, peer = daemon(), sipp(scenario)
    call = place(commd, peer)
    commd.ctl("wait", "call", call, "--for=state=active")
    commd.ctl("calls", "hangup", call)
    assert ended(commd, call)["end_reason"] == "END_REASON_HUNG_UP"
    peer.wait_success()


def test_an_answer_that_crosses_our_cancel_is_acknowledged_and_ended(daemon, sipp):
    commd, peer = daemon(), sipp("uas_cancel_race")
    call = place(commd, peer)
    commd.ctl("wait", "call", call, "--for=state=ringing")
    commd.ctl("calls", "hangup", call)
    assert ended(commd, call)["end_reason"] == "END_REASON_CANCELLED"
    peer.wait_success()


def test_glare_is_tried_again(daemon, sipp):
    commd, peer = daemon(), sipp("uas_glare")
    call = place(commd, peer)
    commd.ctl("wait", "call", call, "--for=state=active")
    commd.ctl("calls", "hold", call)
    assert commd.ctl("calls", "show", call)["held_by_local"] is True
    commd.ctl("calls", "hangup", call)
    peer.wait_success()


def local_port(commd):
    """Where the local account listens for UDP on 127.0.0.1."""
    listening = commd.ctl("status")["listening"]
    return next(a.rsplit(":", 1)[1] for a in listening if a.startswith("udp 127.0.0.1:"))


def test_a_caller_that_cancels_is_missed(daemon, sipp):
    commd = daemon()
    peer = sipp("uac_cancel", target=f"127.0.0.1:{local_port(commd)}", service="local", hold_ms=300)
    peer.wait_success()
    calls = commd.rows("calls", "list", "--ended")
    assert [c["missed"] for c in calls] == [True]


def test_an_unknown_user_is_not_found(daemon, sipp):
    commd = daemon()
    peer = sipp("uac_call", target=f"127.0.0.1:{local_port(commd)}", service="nobody")
    peer.wait_failure()
    assert "404" in peer.messages()


def test_a_burst_of_invites_is_answered(daemon, sipp):
    commd = daemon(settings={"limits": {"calls": 1000, "per_source_rate": 100000}})
    peer = sipp("uac_burst", target=f"127.0.0.1:{local_port(commd)}", service="echo", calls=300,
                rate=100, hold_ms=200, seconds=60)
    peer.wait_success()
    assert commd.ctl("status")["calls"] == 0


def test_a_flood_is_shed_and_a_running_call_is_unharmed(daemon, sipp):
    commd = daemon(settings={"limits": {"per_source_rate": 5}})
    call = commd.ctl("call", "echo", "--capture", "tone:440", "--playback", "none", "--detach")["id"]
    commd.ctl("wait", "call", call, "--for=state=active")
    peer = sipp("uac_burst", target=f"127.0.0.1:{local_port(commd)}", service="echo", calls=200,
                rate=200, hold_ms=50, seconds=30)
    peer.process.wait_exit(35)
    assert "SIP/2.0 503" in peer.messages()
    stats = commd.ctl("calls", "stats", call)
    assert stats["received"]["packets_lost"] == "0"
    assert commd.ctl("calls", "show", call)["state"] == "STATE_ACTIVE"


def test_ringing_that_comes_after_the_answer_changes_nothing(daemon, stranger, ports):
    """The network may turn them around; the answer is acknowledged all the same."""
    proxy, commd = stranger(registrar="example.test"), daemon()
    register_at(commd, proxy)
    for _ in range(5):
        since = proxy.mark()
        call = commd.ctl("call", "sip:x@example.test", "--capture", "none", "--playback", "none", "--detach")["id"]
        invite = proxy.wait("INVITE", since=since)
        proxy.reply(invite, "200 OK", [f"Contact: <sip:x@{proxy.host}:{proxy.port}>"], sdp(ports.pair()))
        proxy.reply(invite, "180 Ringing")
        proxy.wait("ACK", since=since, call=invite.field("Call-ID"))
        commd.ctl("wait", "call", call, "--for=state=active")
        commd.ctl("calls", "hangup", call)
        proxy.reply(proxy.wait("BYE", since=since), "200 OK")
