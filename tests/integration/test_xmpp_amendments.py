"""What is said of messages over XMPP: typing, markers, corrections, retractions, replies, reactions."""
# ctest: timeout=300
import re

from peers.api import Api
from test_xmpp_messages import ALICE, BOB, is_message, message, served, sign_in, watching  # noqa: F401


def changed(**wanted):
    def matches(event):
        shown = event.get("event", {}).get("message_changed", {})
        return shown and all(shown[key] == value for key, value in wanted.items())
    return matches


def has(namespace, name):
    return lambda event: f"{{{namespace}}}{name}" in event["children"]


def attribute(event, element, name):
    """Of an element in what the friend heard."""
    tag = re.search(rf"<[a-z0-9]*:?{element}\b[^>]*>", event["xml"]).group(0)
    return re.search(rf'\b{name}="([^"]*)"', tag).group(1)


def talk(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    bob = friend("bob", server)
    sign_in(one, server, pki)
    return one, bob


def sent_and_heard(one, bob, watch, text="hello"):
    sent = one.ctl("message", "send", "bob@xmpp.test", text)
    heard = bob.wait("message", lambda e: e["body"] == text)
    watch.wait_for(is_message("delivered", id=sent["id"]))
    return sent, heard


def test_typing_both_ways_is_seen_by_who_watches_and_kept_nowhere(daemon, prosody, friend, pki, served):
    one, bob = talk(daemon, prosody, friend, pki, served)
    states = '<{} xmlns="http://jabber.org/protocol/chatstates"/>'
    with watching(one) as watch:
        for state, told in (("composing", "COMPOSING"), ("paused", "PAUSED"), ("gone", "STOPPED")):
            bob.raw(f'<message to="alice@xmpp.test" type="chat">{states.format(state)}</message>')
            typing = {"account": ALICE, "peer": BOB, "state": f"STATE_{told}"}
            event = watch.wait_for(lambda e, typing=typing: e.get("event", {}).get("typing") == typing)
            assert event["event"]["sequence"] == "0" and not event["resume_token"]
        with Api(one) as api:
            api.messages.SetTyping(Api.v1.message.SetTypingRequest(address="bob@xmpp.test", state="STATE_COMPOSING"))
        bob.wait("message", has("http://jabber.org/protocol/chatstates", "composing"))
    # Nothing of it is in the log.
    with one.watch() as again:
        again.wait_for(lambda e: "checkpoint" in e)
    assert one.run("message", "list").stdout == ""


def test_what_was_read_is_told_to_who_asks(daemon, prosody, friend, pki, served):
    one, bob = talk(daemon, prosody, friend, pki, served)
    with watching(one) as watch:
        bob.say("alice@xmpp.test", "one", id="b1", marker=True)
        bob.say("alice@xmpp.test", "two", id="b2", marker=True)
        bob.say("alice@xmpp.test", "three", id="b3")
        came = {text: message(watch.wait_for(is_message("received", text))) for text in ("one", "two", "three")}
        assert bob.events("message") == [] or not any("displayed" in e["xml"] for e in bob.events("message"))
        assert one.ctl("message", "read", came["three"]["id"])["marked"] == 3
        marker = bob.wait("message", has("urn:xmpp:chat-markers:0", "displayed"))
        assert attribute(marker, "displayed", "id") == "b2"
        for each in came.values():
            watch.wait_for(is_message("read", id=each["id"]))
        assert one.ctl("message", "read", came["one"]["id"])["marked"] == 0


def test_a_message_is_corrected_and_taken_back(daemon, prosody, friend, pki, served):
    one, bob = talk(daemon, prosody, friend, pki, served)
    with watching(one) as watch:
        sent, heard = sent_and_heard(one, bob, watch, "helo")
        shown = one.ctl("message", "correct", sent["id"][:10], "hello")
        assert shown["text"] == "hello" and shown["edit_time"] and shown["id"] == sent["id"]
        fixed = bob.wait("message", lambda e: e["body"] == "hello")
        assert attribute(fixed, "replace", "id") == heard["id"] == sent["id"] and fixed["id"] != heard["id"]
        assert one.ctl("message", "retract", sent["id"])["retracted"]
        gone = bob.wait("message", has("urn:xmpp:message-retract:1", "retract"))
        assert attribute(gone, "retract", "id") == sent["id"]
        assert "MESSAGE_RETRACTED" in one.ctl("message", "correct", sent["id"], "x", status=1)
    assert [row["text"] for row in one.rows("message", "list", BOB)] == [""]
    assert "(taken back)" in one.run("message", "list", json_output=False).stdout


def test_bob_corrects_and_takes_back_and_carol_cannot(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    bob, carol = friend("bob", server), friend("carol", server)
    sign_in(one, server, pki)
    correct = '<replace xmlns="urn:xmpp:message-correct:0" id="b1"/>'
    with watching(one) as watch:
        bob.say("alice@xmpp.test", "noon", id="b1")
        came = message(watch.wait_for(is_message("received", "noon")))
        carol.raw(f'<message to="alice@xmpp.test" type="chat" id="c1"><body>never</body>{correct}</message>')
        carol.raw('<message to="alice@xmpp.test" type="chat" id="c2"><retract xmlns="urn:xmpp:message-retract:1" '
                  'id="b1"/></message>')
        # Of something that carol never said: a message of her own.
        watch.wait_for(is_message("received", "never", peer="xmpp:carol@xmpp.test"))
        bob.raw(f'<message to="alice@xmpp.test" type="chat" id="b2"><body>at one\n</body>{correct}</message>')
        watch.wait_for(changed(id=came["id"], text="at one\n"))
        assert "at one\\n (edited)" in one.run("message", "list", json_output=False).stdout
        bob.raw('<message to="alice@xmpp.test" type="chat" id="b3"><apply-to xmlns="urn:xmpp:fasten:0" id="b1">'
                '<retract xmlns="urn:xmpp:message-retract:0"/></apply-to><body>took it back</body></message>')
        watch.wait_for(changed(id=came["id"], text="", retracted=True))
    rows = {row["peer"]: row for row in one.rows("message", "list")}
    assert len(rows) == 2 and rows["xmpp:carol@xmpp.test"]["text"] == "never"
    # Also after a restart, when the archive may bring all of it again.
    one.restart()
    one.ctl("wait", "account", ALICE, "--for=state=online")
    with watching(one) as watch:
        bob.say("alice@xmpp.test", "anything new?")
        watch.wait_for(is_message("received", "anything new?"))
    assert {row["text"] for row in one.rows("message", "list")} == {"", "never", "anything new?"}


def test_replies_both_ways(daemon, prosody, friend, pki, served):
    one, bob = talk(daemon, prosody, friend, pki, served)
    with watching(one) as watch:
        bob.say("alice@xmpp.test", "lunch?\nat noon", id="b1")
        came = message(watch.wait_for(is_message("received")))
        answer = one.ctl("message", "reply", came["id"], "yes")
        assert answer["reply_to"] == came["id"] and answer["text"] == "yes"
        heard = bob.wait("message", has("urn:xmpp:reply:0", "reply"))
        assert heard["body"] == "> lunch?\n> at noon\nyes"
        assert attribute(heard, "reply", "id") == "b1" and attribute(heard, "reply", "to") == "bob@xmpp.test"
        bob.raw(f'<message to="alice@xmpp.test" type="chat" id="b2"><body>&gt; yes\ngood</body><reply '
                f'xmlns="urn:xmpp:reply:0" to="alice@xmpp.test" id="{answer["id"]}"/><fallback '
                f'xmlns="urn:xmpp:fallback:0" for="urn:xmpp:reply:0"><body start="0" end="6"/></fallback></message>')
        back = message(watch.wait_for(is_message("received", "good")))
        assert back["reply_to"] == answer["id"]


def test_reactions_both_ways_replace_each_other(daemon, prosody, friend, pki, served):
    one, bob = talk(daemon, prosody, friend, pki, served)
    reactions = '<message to="alice@xmpp.test" type="chat" id="{}"><reactions xmlns="urn:xmpp:reactions:0" id="{}">{}' \
                '</reactions><store xmlns="urn:xmpp:hints"/></message>'
    with watching(one) as watch:
        sent, _ = sent_and_heard(one, bob, watch)
        bob.raw(reactions.format("r1", sent["id"], "<reaction>\U0001f44d</reaction><reaction>\u2764</reaction>"))
        watch.wait_for(changed(id=sent["id"], reactions=[{"sender": BOB, "emojis": ["\U0001f44d", "\u2764"]}]))
        bob.raw(reactions.format("r2", sent["id"], "<reaction>\U0001f389</reaction>"))
        watch.wait_for(changed(id=sent["id"], reactions=[{"sender": BOB, "emojis": ["\U0001f389"]}]))
        assert "\U0001f389" in one.run("message", "list", json_output=False).stdout
        bob.raw(reactions.format("r3", sent["id"], ""))
        watch.wait_for(changed(id=sent["id"], reactions=[]))
        bob.say("alice@xmpp.test", "nice", id="b1")
        came = message(watch.wait_for(is_message("received", "nice")))
        one.ctl("message", "react", came["id"], "\U0001f44d", "\u2764")
        heard = bob.wait("message", has("urn:xmpp:reactions:0", "reactions"))
        assert attribute(heard, "reactions", "id") == "b1" and heard["xml"].count("\U0001f44d") == 1
        one.ctl("message", "react", came["id"])
        bob.wait("message", lambda e: "reactions" in e["xml"] and "\U0001f44d" not in e["xml"])
    assert "emojis" in one.ctl("message", "react", came["id"], "two words", status=2)


def test_what_is_said_while_the_account_is_away_goes_out_once_it_is_back(daemon, prosody, friend, pki, served):
    one, bob = talk(daemon, prosody, friend, pki, served)
    with watching(one) as watch:
        sent, _ = sent_and_heard(one, bob, watch, "helo")
    one.ctl("account", "disable", ALICE)
    one.ctl("message", "correct", sent["id"], "hello")
    one.kill()
    one.start()
    one.ctl("account", "enable", ALICE)
    fixed = bob.wait("message", lambda e: e["body"] == "hello", seconds=30)
    assert attribute(fixed, "replace", "id") == sent["id"]
