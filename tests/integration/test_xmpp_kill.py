"""Servers and daemons that are killed in the middle of a conversation: nothing lost, nothing twice."""
# ctest: timeout=600
import random
import time

import pytest

from peers.api import Api
from peers.process import SLOW
from test_xmpp_messages import ALICE, BOB, is_message, served, sign_in, watching  # noqa: F401

MESSAGES = 200
TURNS = 50 if SLOW <= 1 else 10
SEED = 20240607


def bodies(friend):
    return [event["body"] for event in friend.events("message") if event["body"]]


def send(api, text, to="bob@xmpp.test"):
    return api.messages.SendMessage(Api.v1.message.SendMessageRequest(address=to, text=text), timeout=20 * SLOW)


@pytest.mark.seconds(240)
def test_a_server_killed_under_messages_both_ways_loses_none_and_doubles_none(daemon, prosody, pki, served):
    one, two, server = daemon("one"), daemon("two"), prosody(**served)
    chance = random.Random(SEED)
    cuts = chance.sample(range(MESSAGES), 2)
    with watching(one) as hears_one, watching(two) as hears_two, Api(one) as alice, Api(two) as bob:
        sign_in(one, server, pki)
        sign_in(two, server, pki, "bob")
        for number in range(MESSAGES):
            send(alice, f"out {number}")
            send(bob, f"in {number}", to="alice@xmpp.test")
            if number in cuts:
                server.kill()
                server.start()
        for number in range(MESSAGES):
            hears_one.wait_for(is_message("received", f"in {number}"), seconds=90)
            hears_two.wait_for(is_message("received", f"out {number}"), seconds=90)
            hears_one.wait_for(lambda e, t=f"out {number}": is_message("sent", t)(e) or is_message("delivered", t)(e),
                               seconds=90)
    for commd, came, went in ((one, "in", "out"), (two, "out", "in")):
        rows = commd.rows("message", "list", "--limit", "1000")
        for direction, word in (("INCOMING", came), ("OUTGOING", went)):
            found = sorted(row["text"] for row in rows if row["direction"] == f"DIRECTION_{direction}")
            assert found == sorted(f"{word} {number}" for number in range(MESSAGES))


@pytest.mark.seconds(400)
def test_a_daemon_killed_anywhere_loses_nothing_that_was_acknowledged(daemon, prosody, friend, pki, served):
    """TURNS times at a seeded moment while messages go both ways: what a client was told is kept, what a server was told
    is kept, and the friend sees each once."""
    one, server = daemon("one"), prosody(**served)
    bob = friend("bob", server)
    sign_in(one, server, pki)
    chance = random.Random(SEED)
    kept, said = [], []
    for turn in range(TURNS):
        with Api(one) as api:
            for number in range(3):
                said.append(f"in {turn} {number}")
                bob.say("alice@xmpp.test", said[-1], id=f"b{turn}.{number}")
                text = f"out {turn} {number}"
                assert send(api, text).text == text
                kept.append(text)
            # Anywhere from the login on: no waiting for anything, the moment is the point.
            time.sleep(chance.uniform(0, 0.4))
        one.kill()
        one.start()
    one.ctl("wait", "account", ALICE, "--for=state=online")
    with watching(one) as watch:
        bob.say("alice@xmpp.test", "the end")
        watch.wait_for(is_message("received", "the end"), seconds=60)
        send_last = one.ctl("message", "send", "bob@xmpp.test", "the end, too")
        watch.wait_for(is_message("delivered", id=send_last["id"]), seconds=60)
    rows = one.rows("message", "list", BOB, "--limit", "1000")
    incoming = sorted(row["text"] for row in rows if row["direction"] == "DIRECTION_INCOMING")
    assert incoming == sorted([*said, "the end"])
    heard = [body for body in bodies(bob) if body != "the end, too"]
    assert sorted(heard) == sorted(kept), "none lost, none twice"
