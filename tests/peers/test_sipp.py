"""Each sipp scenario against a counterpart that behaves, and some against one that does not."""
import pytest

CHECK = __import__("pathlib").Path(__file__).with_name("scenarios") / "check"


def run(sipp, server, client, calls=1, keys=None, **options):
    """Both to their end; returns them."""
    peer = sipp(server, calls=calls, keys=keys or {})
    caller = sipp(client, target=f"127.0.0.1:{peer.port}", calls=calls, **options)
    caller.wait_success()
    peer.wait_success()
    return peer, caller


@pytest.mark.parametrize("server", ["uas_busy", "uas_prack", "uas_forked_twice",
                                    "uas_cancel_race", "uas_lost_ack", "uas_glare"])
def test_counterpart(sipp, server):
    run(sipp, server, CHECK / f"{server}.xml")


@pytest.mark.parametrize("server", ["uas_early_media", "uas_forked", "uas_lost_200"])
def test_ordinary_caller(sipp, server):
    run(sipp, server, CHECK / "ordinary.xml")


def test_redirect_names_its_target(sipp):
    run(sipp, "uas_302", CHECK / "uas_302.xml", keys={"contact": "sip:elsewhere@127.0.0.1:9"})


def test_endless_challenge_is_content_with_a_caller_that_gives_up(sipp):
    run(sipp, "uas_407_loop", CHECK / "uas_407_loop.xml")


def test_endless_challenge_fails_a_caller_that_does_not(sipp):
    peer = sipp("uas_407_loop", seconds=6)
    sipp(CHECK / "uas_407_loop_for_ever.xml", target=f"127.0.0.1:{peer.port}", seconds=6)
    peer.wait_failure()


@pytest.mark.parametrize("method", ["update", "invite"])
def test_session_timer(sipp, method):
    run(sipp, "uas_session_timer", CHECK / f"uas_session_timer_{method}.xml",
        keys={"session_expires": "90"})


def test_cancel(sipp):
    run(sipp, "uas_cancelled", "uac_cancel", hold_ms=50)


def test_call(sipp):
    run(sipp, CHECK / "uas_answers.xml", "uac_call", hold_ms=200)


@pytest.mark.parametrize("server", ["uas_answers", "uas_rejects"])
def test_burst(sipp, server):
    run(sipp, CHECK / f"{server}.xml", "uac_burst", calls=300, rate=300, hold_ms=200)


def test_failure_shows_the_messages(sipp):
    peer = sipp("uas_busy")
    caller = sipp("uac_call", target=f"127.0.0.1:{peer.port}", hold_ms=10)
    with pytest.raises(AssertionError, match="486"):
        caller.wait_success()
