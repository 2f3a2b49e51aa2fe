"""Messages over XMPP with another person (slixmpp) at a real prosody."""
# ctest: timeout=300
import pytest

ALICE, BOB = "xmpp:alice@xmpp.test", "xmpp:bob@xmpp.test"


@pytest.fixture
def served(folder):
    """Options of a prosody at which all users are each other's contacts."""
    people = folder / "groups.txt"
    people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\ncarol@xmpp.test\n")
    return {"more": f'groups_file = "{people}"', "modules": ["groups"]}


def sign_in(commd, server, pki, user="alice"):
    account = commd.add_account(f"xmpp:{user}@xmpp.test", server.users[user], *server.options(pki))
    commd.ctl("wait", "account", account["id"], "--for=state=online")
    return account["id"]


def watching(commd):
    """Its changes from now on: messages are in no snapshot."""
    watch = commd.watch()
    watch.wait_for(lambda event: "checkpoint" in event)
    return watch


def is_message(state, text=None, **more):
    def matches(event):
        shown = event.get("event", {}).get("message_changed", {})
        return (shown.get("state") == f"STATE_{state.upper()}" and text in (None, shown["text"])
                and all(shown[key] == value for key, value in more.items()))
    return matches


def message(event):
    return event["event"]["message_changed"]


def test_two_people_talk(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    bob = friend("bob", server)
    with watching(one) as watch:
        sign_in(one, server, pki)
        sent = one.ctl("message", "send", "bob@xmpp.test", "Hello <Bob> & all")
        assert sent["state"] == "STATE_QUEUED" and sent["peer"] == BOB
        heard = bob.wait("message", lambda e: e["body"])
        assert heard["body"] == "Hello <Bob> & all" and heard["type"] == "chat"
        assert heard["id"] == sent["id"] and heard["sender"].startswith("alice@xmpp.test/commd.")
        watch.wait_for(is_message("delivered", id=sent["id"]))
        bob.displayed(heard["sender"], heard["id"])
        watch.wait_for(is_message("read", id=sent["id"]))
        bob.say("alice@xmpp.test", "Hi, Alice \U0001f600\nhow are you?", id="b1")
        came = message(watch.wait_for(is_message("received")))
        assert came["text"] == "Hi, Alice \U0001f600\nhow are you?"
        assert came["peer"] == BOB and came["sender"] == f"{BOB}/friend" and came["account"] == ALICE
        assert bob.wait("receipt")["id"] == "b1"
    rows = one.rows("message", "list", "bob@xmpp.test")
    assert [(row["direction"], row["state"]) for row in rows] == [
        ("DIRECTION_INCOMING", "STATE_RECEIVED"), ("DIRECTION_OUTGOING", "STATE_READ")]
    one.restart()
    assert one.rows("message", "list", "bob@xmpp.test") == rows
    shown = one.run("message", "list", json_output=False).stdout
    assert "Hello <Bob> & all" in shown and "\\nhow are you?" in shown


def test_a_message_waits_for_its_account_also_over_a_restart(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    sign_in(one, server, pki)
    one.ctl("account", "disable", ALICE)
    # Disabled accounts are no choice, unless the person says so.
    assert "NO_ACCOUNT" in one.ctl("message", "send", "bob@xmpp.test", "x", status=2)
    for text in ("first", "second"):
        one.ctl("message", "send", "bob@xmpp.test", text, "--from", ALICE)
    one.kill()
    one.start()
    bob = friend("bob", server)
    with watching(one) as watch:
        one.ctl("account", "enable", ALICE)
        watch.wait_for(is_message("delivered", "second"), seconds=20)
    assert [e["body"] for e in bob.events("message") if e["body"]] == ["first", "second"]


def test_what_came_while_nobody_was_there_is_received_once_with_its_time(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    bob = friend("bob", server)
    bob.say("alice@xmpp.test", "are you there?")
    bob.ask('<iq type="get" id="sync" to="xmpp.test"><ping xmlns="urn:xmpp:ping"/></iq>')
    with watching(one) as watch:
        sign_in(one, server, pki)
        came = message(watch.wait_for(is_message("received", "are you there?")))
        # The server's own time has no fractions; that of its arrival has.
        assert "." not in came["time"] and came["time"][:19] <= came["state_time"][:19]
    one.kill()  # the server may not know yet that it was dealt with
    one.start()
    one.ctl("wait", "account", ALICE, "--for=state=online")
    with watching(one) as watch:
        bob.say("alice@xmpp.test", "still?")
        watch.wait_for(is_message("received", "still?"))
    assert [row["text"] for row in one.rows("message", "list", BOB)] == ["still?", "are you there?"]


def test_a_server_that_was_killed_loses_none_and_doubles_none(daemon, prosody, friend, pki, served):
    """Alice goes on writing while the server is away; whatever was not taken goes out afterwards."""
    one, server = daemon("one"), prosody(**served)
    sign_in(one, server, pki)
    with watching(one) as watch:
        for number in range(20):
            one.ctl("message", "send", "bob@xmpp.test", f"before {number}")
        watch.wait_for(is_message("sent", "before 19"))
        server.kill()
        for number in range(20):
            one.ctl("message", "send", "bob@xmpp.test", f"after {number}")
        server.start()
        watch.wait_for(is_message("sent", "after 19"), seconds=40)
    bob = friend("bob", server)
    bob.wait("message", lambda e: e["body"] == "after 19")
    bodies = [e["body"] for e in bob.events("message") if e["body"]]
    assert [body for body in bodies if body.startswith("after")] == [f"after {n}" for n in range(20)]
    assert len(bodies) == len(set(bodies))


def test_an_error_says_why_it_failed(daemon, prosody, pki, served):
    one, server = daemon("one"), prosody(**served)
    sign_in(one, server, pki)
    with watching(one) as watch:
        one.ctl("message", "send", "nobody@xmpp.test", "x")
        failed = message(watch.wait_for(is_message("failed")))
        assert failed["fail_reason"] == "XMPP_SERVICE_UNAVAILABLE" and failed["fail_message"]


def test_nobody_else_says_what_became_of_a_message(daemon, prosody, friend, pki, served):
    """Receipts, markers and errors of another user, and a roster push of his, change nothing."""
    one, server = daemon("one"), prosody(**served)
    carol = friend("carol", server)
    with watching(one) as watch:
        sign_in(one, server, pki)
        sent = one.ctl("message", "send", "bob@xmpp.test", "x")  # bob is not there
        watch.wait_for(is_message("sent", id=sent["id"]))
        to = 'to="alice@xmpp.test" type="chat"'
        carol.raw(f'<message {to}><received xmlns="urn:xmpp:receipts" id="{sent["id"]}"/></message>')
        carol.raw(f'<message {to}><displayed xmlns="urn:xmpp:chat-markers:0" id="{sent["id"]}"/></message>')
        carol.raw(f'<message to="alice@xmpp.test" type="error" id="{sent["id"]}"><error type="cancel">'
                  '<gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>')
        carol.say("alice@xmpp.test", "done")
        watch.wait_for(is_message("received", "done"))
    shown = {row["id"]: row["state"] for row in one.rows("message", "list")}
    assert shown[sent["id"]] == "STATE_SENT"


def test_strangers_are_told_nothing(daemon, prosody, friend, pki):
    """Without being a contact nobody gets a receipt: it would tell him that alice is there."""
    one, server = daemon("one"), prosody()
    bob = friend("bob", server)
    with watching(one) as watch:
        sign_in(one, server, pki)
        bob.say("alice@xmpp.test", "are you there?")
        watch.wait_for(is_message("received", "are you there?"))
        one.ctl("message", "send", "bob@xmpp.test", "who asks?")
        bob.wait("message", lambda e: e["body"] == "who asks?")
    assert bob.events("receipt") == []


@pytest.mark.parametrize("words, told", [
    (["bob", "hi"], "nobody to write to"), (["bob@xmpp.test", ""], "empty"),
    (["xmpp:bob@example.org", "hi", "--from", "local"], "cannot write"),
    (["bob@xmpp.test", "hi"], "NO_ACCOUNT")])
def test_a_message_that_cannot_be_is_refused_at_once(daemon, words, told):
    one = daemon("one")
    done = one.run("message", "send", *words)
    assert done.returncode in (1, 2) and told in done.stderr
    assert one.run("message", "list").stdout == ""
