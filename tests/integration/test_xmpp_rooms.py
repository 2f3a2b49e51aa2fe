"""Rooms (XEP-0045) at a real prosody, with other people who are slixmpp."""
# ctest: timeout=600
import pytest
from peers.occupant import Occupant, stanza_id

SERVICE = "rooms.xmpp.test"
ROOM = f"tea@{SERVICE}"
ADDRESS = f"xmpp:{ROOM}"
ALICE = "xmpp:alice@xmpp.test"
HEALING_SECONDS = 30


@pytest.fixture
def server(prosody):
    return prosody(rooms="archive")


def sign_in(commd, server, pki, user="alice"):
    account = commd.add_account(f"xmpp:{user}@xmpp.test", server.users[user], *server.options(pki))
    commd.ctl("wait", "account", account["id"], "--for=state=online")
    return account["id"]


def is_room(state=None, address=ADDRESS, **more):
    def matches(event):
        room = event.get("event", {}).get("room_changed", {})
        if room.get("address") != address or (state and room["state"] != f"STATE_{state}"):
            return False
        return all(room[key] == value for key, value in more.items())
    return matches


def is_occupant(kind, nick, **more):
    def matches(event):
        change = event.get("event", {}).get("occupant_changed", {})
        if change.get("kind") != f"KIND_{kind}" or change["occupant"]["nick"] != nick:
            return False
        return all(change[key] == value for key, value in more.items())
    return matches


def is_message(text, **more):
    def matches(event):
        message = event.get("event", {}).get("message_changed", {})
        return message.get("text") == text and all(message[key] == value for key, value in more.items())
    return matches


def forget(occupant, nick):
    """The service does not know any more that somebody is in the room, and tells nobody."""
    answer = occupant.friend.ask(f'<iq to="{SERVICE}" type="set" id="forget"><forget xmlns="urn:x-test:forget" '
                                 f'room="{ROOM}" nick="{nick}"/></iq>')
    assert 'type="result"' in answer, answer


def message(event):
    return event["event"]["message_changed"]


def texts(commd, peer=ADDRESS):
    return [each["text"] for each in reversed(commd.rows("message", "list", peer))]


@pytest.fixture
def tea(friend, server):
    """Bob has opened the room."""
    bob = Occupant(friend("bob", server), ROOM, "Bob")
    bob.join()
    return bob


def test_people_talk_in_a_room(daemon, server, tea, friend, pki):
    one = daemon("one")
    account = sign_in(one, server, pki)
    with one.watch() as watch:
        room = one.ctl("room", "join", ROOM, "--nick", "Ann")
        assert (room["state"], room["nick"], room["occupants"]) == ("STATE_JOINED", "Ann", 2)
        assert room["id"] == f"{account}/{ADDRESS}" and room["role"] == "ROLE_PARTICIPANT"
        tea.sees("Ann")
        tea.say("good morning")
        came = message(watch.wait_for(is_message("good morning")))
        assert (came["peer"], came["sender"], came["nick"]) == (ADDRESS, f"{ADDRESS}/Bob", "Bob")
        assert not came["mentioned"]
        tea.say("is ann here?")
        assert message(watch.wait_for(is_message("is ann here?")))["mentioned"]
        tea.say("annexed")
        assert not message(watch.wait_for(is_message("annexed")))["mentioned"]

        sent = one.ctl("message", "send", ROOM, "here I am")
        tea.hears("here I am", nick="Ann")
        watch.wait_for(is_message("here I am", state="STATE_DELIVERED"))
        assert sent["id"] in [each["id"] for each in one.rows("message", "list", ROOM)]

        carol = Occupant(friend("carol", server), ROOM, "Carol")
        carol.join()
        watch.wait_for(is_occupant("JOINED", "Carol"))
        members = one.rows("room", "members", "tea")
        assert [each["nick"] for each in members] == ["Ann", "Bob", "Carol"]
        assert [each["nick"] for each in members if each["self"]] == ["Ann"]
        carol.leave()
        watch.wait_for(is_occupant("LEFT", "Carol"))

        one.ctl("room", "nick", "tea", "Annie")
        tea.sees("Annie")
        watch.wait_for(is_room("JOINED", nick="Annie"))
        tea.friend.raw(f'<message to="{ROOM}" type="groupchat"><subject>Earl Grey</subject></message>')
        watch.wait_for(is_room("JOINED", subject="Earl Grey", subject_by="Bob"))

        assert one.ctl("room", "leave", "tea", "good night")["state"] == "STATE_LEFT"
        tea.sees("Annie", gone=True)
        watch.wait_for(lambda e: e.get("event", {}).get("room_removed") == f"{account}/{ADDRESS}")
    assert one.ctl("room", "list") == []
    assert one.ctl("message", "search", "morning")["text"] == "good morning"


def test_a_room_is_made_as_wanted_and_changed(daemon, server, friend, pki):
    one = daemon("one")
    sign_in(one, server, pki)
    with one.watch() as watch:
        room = one.ctl("room", "create", ROOM, "--nick", "Ann", "--set", "membersonly=yes", "--set",
                       "roomname=Tea for two", "--set", "persistentroom=yes")
        assert (room["state"], room["affiliation"]) == ("STATE_JOINED", "AFFILIATION_OWNER")
        watch.wait_for(is_room("JOINED", members_only=True, name="Tea for two", persistent=True))
        bob = Occupant(friend("bob", server), ROOM, "Bob")
        assert "registration-required" in bob.join()["xml"]
        one.run("room", "grant", "tea", "bob@xmpp.test", "member")
        assert 'type="error"' not in bob.join()["xml"]
        form = one.ctl("room", "configure", "tea")
        fields = {field["name"]: field["values"] for field in form["fields"]}
        assert fields["muc#roomconfig_membersonly"] == ["1"]
        one.ctl("room", "configure", "tea", "moderatedroom=1", "membersonly=no")
        watch.wait_for(is_room("JOINED", moderated=True, members_only=False))
        assert "FIELD_UNKNOWN" in one.run("room", "configure", "tea", "nonsense=1").stderr
        assert "ROOM_EXISTS" in one.run("room", "create", ROOM).stderr
        assert one.ctl("room", "topic", "tea", "Darjeeling")["subject"] == "Darjeeling"
        who = {each["address"]: each["affiliation"] for each in one.rows("room", "members", "tea", "--affiliations")}
        assert who == {ALICE: "AFFILIATION_OWNER", "xmpp:bob@xmpp.test": "AFFILIATION_MEMBER"}
        one.run("room", "destroy", "tea", "--yes", "--reason", "enough")
        bob.friend.wait("presence", lambda e: "<ns0:destroy" in e["xml"] or "destroy" in e["xml"])
    assert one.ctl("room", "list") == []


def test_whoever_may_not_come_in_is_told_why(daemon, server, tea, friend, pki):
    one = daemon("one")
    sign_in(one, server, pki)
    refused = lambda *words: one.run("room", "join", ROOM, *words).stderr  # noqa: E731
    assert "NICK_TAKEN" in refused("--nick", "Bob")
    tea.configure(roomsecret="sesame")
    assert "ROOM_PASSWORD" in refused()
    assert one.ctl("room", "list") == []
    secret = one.folder / "room-secret"
    secret.write_text("sesame")
    secret.chmod(0o600)
    with one.watch() as watch:
        one.ctl("room", "join", ROOM, "--password-file", secret)
        one.restart()
    with one.watch() as watch:
        watch.wait_for(is_room("JOINED"), HEALING_SECONDS)
        tea.affiliation("alice@xmpp.test", "outcast", why="spam")
        failed = watch.wait_for(is_room("FAILED"))["event"]["room_changed"]
        assert failed["state_reason"] == "ROOM_BANNED" and "spam" in failed["state_message"]
    assert "ROOM_BANNED" in refused()
    tea.affiliation("alice@xmpp.test", "none")
    tea.configure(membersonly="1", roomsecret="")
    assert "ROOM_MEMBERS_ONLY" in refused()
    assert "ROOM_NOT_FOUND" in one.run("room", "join", f"nowhere@{SERVICE}", "--must-exist").stderr
    assert "sesame" not in "\n".join(one.process.lines.all())


def test_who_is_put_out_is_told_and_stays_out(daemon, server, tea, pki):
    one = daemon("one")
    sign_in(one, server, pki)
    with one.watch() as watch:
        one.ctl("room", "join", ROOM, "--nick", "Ann")
        tea.role("Ann", "none", why="too loud")
        watch.wait_for(is_occupant("KICKED", "Ann", by="Bob", text="too loud"))
        failed = watch.wait_for(is_room("FAILED"))["event"]["room_changed"]
        assert failed["state_reason"] == "ROOM_KICKED" and "too loud" in failed["state_message"]
        one.restart()
    with one.watch() as watch:
        one.ctl("wait", "account", ALICE, "--for=state=online")
        assert one.ctl("room", "show", "tea")["state"] == "STATE_FAILED"
        assert one.ctl("room", "join", "tea")["nick"] == "Ann"
        tea.affiliation("alice@xmpp.test", "none")
        tea.role("Ann", "visitor")
        watch.wait_for(is_room("JOINED", role="ROLE_VISITOR"))
        tea.configure(moderatedroom="1")
        tea.role("Ann", "visitor")
        one.ctl("message", "send", ROOM, "may I?")
        watch.wait_for(is_message("may I?", state="STATE_FAILED"))


def test_a_moderator_kicks_bans_and_grants(daemon, server, friend, pki):
    one = daemon("one")
    sign_in(one, server, pki)
    one.ctl("room", "create", ROOM, "--nick", "Ann")
    bob = Occupant(friend("bob", server), ROOM, "Bob")
    bob.join()
    with one.watch() as watch:
        watch.wait_for(is_room("JOINED"))
        one.run("room", "kick", "tea", "Bob", "enough")
        kicked = bob.sees("Bob", gone=True)
        assert 'code="307"' in kicked["xml"] and "enough" in kicked["xml"]
        watch.wait_for(is_occupant("KICKED", "Bob", by="Ann"))
        assert "OCCUPANT_NOT_FOUND" in one.run("room", "kick", "tea", "Bob").stderr
        bob.join()
        watch.wait_for(is_occupant("JOINED", "Bob"))
        one.ctl("room", "grant", "tea", "Bob", "moderator")
        watch.wait_for(lambda e: is_occupant("CHANGED", "Bob")(e)
                       and e["event"]["occupant_changed"]["occupant"]["role"] == "ROLE_MODERATOR")
        mark = bob.friend.mark()
        one.run("room", "ban", "tea", "bob@xmpp.test", "spam")
        assert 'code="301"' in bob.sees("Bob", gone=True, since=mark)["xml"]
        watch.wait_for(is_occupant("BANNED", "Bob"))
        assert "forbidden" in bob.join()["xml"]
        one.run("room", "grant", "tea", "bob@xmpp.test", "none")
        assert 'type="error"' not in bob.join()["xml"]


def test_invitations_both_ways(daemon, server, tea, friend, pki):
    one = daemon("one")
    sign_in(one, server, pki)
    with one.watch() as watch:
        tea.friend.raw('<message to="alice@xmpp.test"><x xmlns="jabber:x:conference" '
                       f'jid="{ROOM}" reason="come &amp; see"/></message>')
        room = watch.wait_for(is_room("INVITED"))["event"]["room_changed"]
        assert room["invitation"]["inviter"] == "xmpp:bob@xmpp.test"
        assert room["invitation"]["text"] == "come & see"
        one.restart()
    with one.watch() as watch:
        watch.wait_for(is_room("INVITED"))
        one.ctl("wait", "account", ALICE, "--for=state=online")
        assert one.ctl("room", "join", "tea")["state"] == "STATE_JOINED"
        mark = watch.mark()
        one.ctl("room", "leave", "tea")
        tea.friend.raw(f'<message to="{ROOM}"><x xmlns="http://jabber.org/protocol/muc#user">'
                       '<invite to="alice@xmpp.test"><reason>again</reason></invite></x></message>')
        watch.wait_for(is_room("INVITED"), since=mark)
        one.run("room", "decline", "tea", "no time")
        tea.friend.wait("message", lambda e: "decline" in e["xml"] and "no time" in e["xml"])
        assert one.ctl("room", "list") == []
        one.ctl("room", "join", ROOM, "--nick", "Ann")
        carol = friend("carol", server)
        one.run("room", "invite", "tea", "carol@xmpp.test", "tea is ready")
        carol.wait("message", lambda e: "jabber:x:conference" in e["xml"] and "tea is ready" in e["xml"])
        tea.affiliation("alice@xmpp.test", "admin")
        tea.configure(membersonly="1")
        watch.wait_for(is_room("JOINED", members_only=True))
        one.run("room", "invite", "tea", "carol@xmpp.test", "come in")
        carol.wait("message", lambda e: e["sender"] == ROOM and "come in" in e["xml"])


def test_what_is_said_to_one_alone_is_another_conversation(daemon, server, tea, pki):
    one = daemon("one")
    sign_in(one, server, pki)
    with one.watch() as watch:
        one.ctl("room", "join", ROOM, "--nick", "Ann")
        tea.whisper("Ann", "psst")
        assert message(watch.wait_for(is_message("psst")))["peer"] == f"{ADDRESS}/Bob"
        one.ctl("message", "send", f"{ROOM}/Bob", "what is it?")
        tea.friend.wait("message", lambda e: e["body"] == "what is it?" and e["type"] == "chat"
                        and e["sender"] == f"{ROOM}/Ann")
    assert texts(one) == []
    assert texts(one, f"{ROOM}/Bob") == ["psst", "what is it?"]


def test_only_who_wrote_it_changes_it(daemon, server, tea, friend, pki):
    one = daemon("one")
    sign_in(one, server, pki)
    eve = Occupant(friend("carol", server), ROOM, "Eve")
    eve.join()
    with one.watch() as watch:
        one.ctl("room", "join", ROOM, "--nick", "Ann")
        first = tea.say("helo", id="m1")
        heard = tea.hears("helo")
        watch.wait_for(is_message("helo"))
        eve.say("I am a thief", inside=f'<replace id="{first}" xmlns="urn:xmpp:message-correct:0"/>')
        watch.wait_for(is_message("I am a thief", sender=f"{ADDRESS}/Eve"))
        name = stanza_id(heard, ROOM)
        eve.friend.raw(f'<message to="{ROOM}" type="groupchat" id="r1"><retract id="{name}" '
                       'xmlns="urn:xmpp:message-retract:1"/><body>gone</body></message>')
        # The nick alone makes nobody the one who had it.
        tea.leave()
        watch.wait_for(is_occupant("LEFT", "Bob"))
        eve.friend.raw(f'<presence to="{ROOM}/Bob"/>')
        watch.wait_for(is_occupant("RENAMED", "Eve", new_nick="Bob"))
        eve.say("I am a fool", inside=f'<replace id="{first}" xmlns="urn:xmpp:message-correct:0"/>')
        watch.wait_for(is_message("I am a fool"))
        tea.nick = "Robert"
        tea.join()
        tea.say("hello", inside=f'<replace id="{first}" xmlns="urn:xmpp:message-correct:0"/>')
        corrected = message(watch.wait_for(is_message("hello")))
        assert corrected["edit_time"] and corrected["sender"] == f"{ADDRESS}/Bob"
        tea.friend.raw(f'<message to="{ROOM}" type="groupchat" id="r2"><reactions id="{name}" '
                       'xmlns="urn:xmpp:reactions:0"><reaction>+1</reaction></reactions></message>')
        reacted = message(watch.wait_for(lambda e: e.get("event", {}).get("message_changed", {}).get("reactions")))
        assert reacted["id"] == corrected["id"] and reacted["reactions"][0]["sender"] == f"{ADDRESS}/Robert"
        assert "gone" not in texts(one) and texts(one)[0] == "hello"

        mine = one.ctl("message", "send", ROOM, "Ernest")
        watch.wait_for(is_message("Ernest", state="STATE_DELIVERED"))
        one.ctl("message", "correct", mine["id"], "Earnest")
        tea.friend.wait("message", lambda e: e["body"] == "Earnest" and f'replace id="{mine["id"]}"' in
                        e["xml"].replace("ns1:", "").replace("ns0:", "") or mine["id"] in e["xml"]
                        and e["body"] == "Earnest")
        one.ctl("message", "reply", corrected["id"], "and to you")
        tea.friend.wait("message", lambda e: e["body"].endswith("and to you") and name in e["xml"])
        one.ctl("message", "react", corrected["id"], "ok")
        tea.friend.wait("message", lambda e: "reactions" in e["xml"] and name in e["xml"])
        one.ctl("message", "retract", mine["id"])
        tea.friend.wait("message", lambda e: "urn:xmpp:message-retract:1" in e["xml"])


def test_bookmarks_take_every_client_along(daemon, server, tea, pki):
    one, two = daemon("one"), daemon("two")
    sign_in(one, server, pki)
    sign_in(two, server, pki)
    with two.watch() as watch:
        one.ctl("room", "join", ROOM, "--nick", "Ann")
        assert one.ctl("room", "bookmark", "tea", "--autojoin", "--name", "Tea")["autojoin"]
        joined = watch.wait_for(is_room("JOINED"), HEALING_SECONDS)["event"]["room_changed"]
        assert (joined["name"], joined["autojoin"], joined["nick"]) == ("Tea", True, "Ann")
        tea.say("both of you")
        watch.wait_for(is_message("both of you"))
        one.ctl("message", "send", ROOM, "from one")
        assert message(watch.wait_for(is_message("from one")))["direction"] == "DIRECTION_OUTGOING"
        mark = watch.mark()
        one.ctl("room", "leave", "tea")
        watch.wait_for(is_room("LEFT", autojoin=False), since=mark)
        one.run("room", "bookmark", "tea", "--remove")
        watch.wait_for(lambda e: "room_removed" in e.get("event", {}), since=mark)
    assert one.ctl("room", "list") == [] and two.ctl("room", "list") == []
    three = daemon("three")
    one.ctl("room", "join", ROOM, "--nick", "Ann")
    one.ctl("room", "bookmark", "tea", "--autojoin")
    with three.watch() as watch:
        sign_in(three, server, pki)
        watch.wait_for(is_room("JOINED", bookmarked=True), HEALING_SECONDS)


@pytest.mark.seconds(120)
def test_what_is_wanted_while_the_server_is_away_is_done_when_it_is_back(daemon, server, pki):
    one, coffee = daemon("one"), f"coffee@{SERVICE}"
    account = sign_in(one, server, pki)
    one.ctl("room", "join", ROOM, "--nick", "Ann")
    one.ctl("room", "bookmark", "tea", "--autojoin")
    with one.watch() as watch:
        mark = watch.mark()
        server.kill()
        watch.wait_for(lambda e: e.get("event", {}).get("account_changed", {}).get("state")
                       in ("STATE_RETRYING", "STATE_CONNECTING"), HEALING_SECONDS, since=mark)
        assert one.ctl("room", "leave", "tea")["state"] == "STATE_LEFT"
        asked = one.ctl("room", "join", coffee, "--nick", "Ann")
        assert (asked["state"], asked["state_reason"]) == ("STATE_JOINING", "ACCOUNT_NOT_ONLINE")
        server.start()
        watch.wait_for(is_room("JOINED", address=f"xmpp:{coffee}"), HEALING_SECONDS)
        one.ctl("wait", "account", account, "--for=state=online")
    two = daemon("two")
    with two.watch() as watch:
        sign_in(two, server, pki)
        watch.wait_for(is_room("LEFT", bookmarked=True, autojoin=False), HEALING_SECONDS)
    [left] = [room for room in one.ctl("room", "list") if room["address"] == ADDRESS]
    assert (left["state"], left["autojoin"]) == ("STATE_LEFT", False)


@pytest.mark.parametrize("kind", ["archive", "plain"])
@pytest.mark.seconds(120)
def test_nothing_is_lost_and_nothing_twice_over_a_cut(daemon, prosody, friend, pki, kind):
    one, server = daemon("one"), prosody(rooms=kind)
    sign_in(one, server, pki)
    bob = Occupant(friend("bob", server), ROOM, "Bob")
    bob.join()
    bob.configure(persistentroom="1")
    with one.watch() as watch:
        one.ctl("room", "join", ROOM, "--nick", "Ann")
        for n in range(5):
            bob.say(f"before {n}")
        watch.wait_for(is_message("before 4"))
        one.ctl("message", "send", ROOM, "mine before")
        watch.wait_for(is_message("mine before", state="STATE_DELIVERED"))
        one.terminate()
        for n in range(5):
            bob.say(f"away {n}")
        bob.hears("away 4")
        one.start()
    with one.watch() as watch:
        watch.wait_for(is_message("away 4"), HEALING_SECONDS) if "away 4" not in texts(one) else None
        watch.wait_for(is_room("JOINED"), HEALING_SECONDS)
        mark = watch.mark()
        server.kill()
        one.ctl("message", "send", ROOM, "mine meanwhile")
        server.start()
        bob.friend.stop()
        bob = Occupant(friend("bob", server, resource="again"), ROOM, "Bob")
        watch.wait_for(is_room("JOINED"), HEALING_SECONDS, since=mark)
        watch.wait_for(is_message("mine meanwhile", state="STATE_DELIVERED"), HEALING_SECONDS)
        bob.join()
        bob.say("after")
        watch.wait_for(is_message("after"))
    expected = [*(f"before {n}" for n in range(5)), "mine before", *(f"away {n}" for n in range(5)),
                "mine meanwhile", "after"]
    # Servers tell when something was said by the second alone.
    assert sorted(texts(one)) == sorted(expected)
    assert [text for text in texts(one) if text.startswith("away")] == [f"away {n}" for n in range(5)]
    assert bob.heard().count("mine meanwhile") <= 1


@pytest.mark.seconds(90)
def test_a_room_that_has_forgotten_this_person_is_entered_again(daemon, server, tea, pki):
    """The service throws the occupants out without a word; the next message finds out."""
    one = daemon("one")
    sign_in(one, server, pki)
    with one.watch() as watch:
        one.ctl("room", "join", ROOM, "--nick", "Ann")
        mark = watch.mark()
        forget(tea, "Ann")
        one.ctl("message", "send", ROOM, "anybody?")
        watch.wait_for(is_message("anybody?", state="STATE_DELIVERED"), HEALING_SECONDS)
        watch.wait_for(is_room("JOINED"), since=mark)
        tea.hears("anybody?", nick="Ann")


def test_rooms_are_found(daemon, server, tea, pki):
    one = daemon("one")
    sign_in(one, server, pki)
    tea.configure(publicroom="1")
    assert one.ctl("room", "find")["address"] == ADDRESS
    assert one.ctl("room", "find", SERVICE)["address"] == ADDRESS
    assert "XMPP_" in one.run("room", "find", "nowhere.xmpp.test").stderr


def test_a_chat_in_a_room(daemon, server, tea, pki):
    one = daemon("one")
    sign_in(one, server, pki)
    one.ctl("room", "join", ROOM, "--nick", "Ann")
    tea.role("Ann", "moderator")
    done = one.run("chat", ROOM, stdin="hello all\n/topic Oolong\n/members\n/quit\n", json_output=False)
    assert done.returncode == 0, done.stderr
    tea.hears("hello all", nick="Ann")
    tea.friend.wait("message", lambda e: "Oolong" in e["xml"])
    assert "Bob" in done.stderr
