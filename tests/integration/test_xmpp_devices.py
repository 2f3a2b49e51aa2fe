"""Other devices of the same person, and the archive of the account, at a real prosody."""
# ctest: timeout=400
import pytest

from test_xmpp_messages import ALICE, BOB, is_message, message, served, sign_in, watching  # noqa: F401


def texts(commd, *words):
    """What was said, oldest first."""
    return [row["text"] for row in reversed(commd.rows("message", "list", "--limit", "1000", *words))]


def synced(friend):
    """All that the friend has sent is at the server."""
    friend.ask('<iq type="get" id="sync" to="xmpp.test"><ping xmlns="urn:xmpp:ping"/></iq>')


def test_what_another_device_sends_and_gets_is_here_as_well(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    bob, phone = friend("bob", server), friend("alice", server, resource="phone")
    sign_in(one, server, pki)
    with watching(one) as watch:
        phone.say("bob@xmpp.test", "from the phone", id="p1")
        sent = message(watch.wait_for(is_message("sent", "from the phone")))
        assert sent["direction"] == "DIRECTION_OUTGOING" and sent["peer"] == BOB
        assert sent["sender"] == f"{ALICE}/phone"
        # Bob's client answers with a receipt to the phone: known here, too. That of slixmpp is of no type that the
        # server copies.
        bob.raw('<message to="alice@xmpp.test/phone" type="chat" id="b0"><received xmlns="urn:xmpp:receipts" id="p1"/>'
                '</message>')
        watch.wait_for(is_message("delivered", id=sent["id"]))
        # To the phone alone.
        bob.say("alice@xmpp.test/phone", "to the phone", id="b1")
        came = message(watch.wait_for(is_message("received", "to the phone")))
        # What the phone has read is read.
        phone.raw('<message to="bob@xmpp.test" type="chat" id="p2"><displayed xmlns="urn:xmpp:chat-markers:0" '
                  'id="b1"/><store xmlns="urn:xmpp:hints"/></message>')
        watch.wait_for(is_message("read", id=came["id"]))
    # One receipt: that of the phone.
    bob.wait("receipt")
    synced(bob)
    assert [e["id"] for e in bob.events("receipt")] == ["b1"]
    assert texts(one) == ["from the phone", "to the phone"]


def test_what_happened_during_an_absence_is_there_afterwards_once(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    bob, phone = friend("bob", server), friend("alice", server, resource="phone")
    sign_in(one, server, pki)
    with watching(one) as watch:
        bob.say("alice@xmpp.test", "before", id="b0")
        watch.wait_for(is_message("received", "before"))
        one.ctl("account", "disable", ALICE)
        # More than two pages, so that they are gone through.
        for number in range(120):
            bob.say("alice@xmpp.test", f"in {number}", id=f"b{number + 1}")
        synced(bob)
        phone.say("bob@xmpp.test", "out", id="p1")
        # No ids of the sender's: the archive's own tell them apart.
        bob.raw('<message to="alice@xmpp.test" type="chat"><body>no id</body></message>' * 2)
        synced(phone)
        synced(bob)
        one.ctl("account", "enable", ALICE)
        watch.wait_for(is_message("received", "in 119"), seconds=30)
        watch.wait_for(is_message("sent", "out"), seconds=30)
        one.ctl("account", "disable", ALICE)
        one.ctl("account", "enable", ALICE)
        one.ctl("wait", "account", ALICE, "--for=state=online")
        bob.say("alice@xmpp.test", "last")
        watch.wait_for(is_message("received", "last"))
    found = texts(one)
    wanted = ["before", *(f"in {number}" for number in range(120)), "out", "no id", "no id", "last"]
    assert sorted(found) == sorted(wanted)
    assert one.rows("message", "list", "--limit", "1000")[-1]["text"] == "before"
    one.restart()
    one.ctl("wait", "account", ALICE, "--for=state=online")
    with watching(one) as watch:
        bob.say("alice@xmpp.test", "after the restart")
        watch.wait_for(is_message("received", "after the restart"))
    assert sorted(texts(one)) == sorted([*wanted, "after the restart"])


def test_the_first_time_the_last_days_are_taken(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    bob, phone = friend("bob", server), friend("alice", server, resource="phone")
    for number in range(3):
        bob.say("alice@xmpp.test", f"in {number}", id=f"b{number}")
    synced(bob)
    phone.say("bob@xmpp.test", "out", id="p0")
    synced(phone)
    with watching(one) as watch:
        sign_in(one, server, pki)
        watch.wait_for(is_message("sent", "out"))
    assert texts(one) == ["in 0", "in 1", "in 2", "out"]


FORWARDED = ('<forwarded xmlns="urn:xmpp:forward:0"><message xmlns="jabber:client" type="chat" id="x" '
             'from="bob@xmpp.test/x" to="alice@xmpp.test"><body>forged</body></message></forwarded>')


@pytest.mark.parametrize("forged", [
    f'<received xmlns="urn:xmpp:carbons:2">{FORWARDED}</received>',
    f'<sent xmlns="urn:xmpp:carbons:2">{FORWARDED}</sent>',
    f'<result xmlns="urn:xmpp:mam:2" queryid="q" id="1">{FORWARDED}</result>',
    f'<result xmlns="urn:xmpp:mam:2" id="1">{FORWARDED}</result>'])
def test_words_that_others_put_into_somebodys_mouth_are_not_heard(daemon, prosody, friend, pki, served, forged):
    one, server = daemon("one"), prosody(**served)
    carol = friend("carol", server)
    with watching(one) as watch:
        account = sign_in(one, server, pki)
        carol.raw(f'<message to="alice@xmpp.test" type="chat">{forged}</message>')
        carol.say("alice@xmpp.test", "done")
        watch.wait_for(is_message("received", "done"))
    assert texts(one) == ["done"] and account == ALICE


def test_a_place_in_the_archive_is_the_own_servers_to_say(daemon, prosody, friend, pki, served):
    """Who claims that his message is the end of the archive hides nothing that came before it."""
    one, server = daemon("one"), prosody(**served)
    carol, bob = friend("carol", server), friend("bob", server)
    with watching(one) as watch:
        sign_in(one, server, pki)
        carol.raw('<message to="alice@xmpp.test" type="chat" id="c1"><body>look</body><stanza-id '
                  'xmlns="urn:xmpp:sid:0" by="alice@xmpp.test" id="ffffffff"/><stanza-id xmlns="urn:xmpp:sid:0" '
                  'by="carol@xmpp.test" id="eeeeeeee"/></message>')
        watch.wait_for(is_message("received", "look"))
        one.ctl("account", "disable", ALICE)
        bob.say("alice@xmpp.test", "meanwhile")
        synced(bob)
        one.ctl("account", "enable", ALICE)
        watch.wait_for(is_message("received", "meanwhile"))
