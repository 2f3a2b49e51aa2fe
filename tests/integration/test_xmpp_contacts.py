"""Contacts and presence over XMPP with other people (slixmpp) at a real prosody."""
# ctest: timeout=400
import hashlib
import base64
import re
import time

import pytest

ALICE, BOB, CAROL = (f"xmpp:{user}@xmpp.test" for user in ("alice", "bob", "carol"))
DISCO = "http://jabber.org/protocol/disco#info"


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


def is_contact(address=BOB, **more):
    """A change of a contact; availability and status are those of its presence."""
    def matches(event):
        contact = event.get("event", {}).get("contact_changed", {})
        if contact.get("address") != address:
            return False
        shown = {**contact, "availability": contact["presence"]["availability"].removeprefix("AVAILABILITY_"),
                 "status": contact["presence"]["status"]}
        return all(shown[key] == value for key, value in more.items())
    return matches


def contact(event):
    return event["event"]["contact_changed"]


def is_presence(**more):
    return lambda event: all(event[key] == value for key, value in more.items())


def test_two_people_become_contacts_and_see_each_other(daemon, prosody, friend, pki):
    one, server = daemon("one"), prosody()
    bob = friend("bob", server, plugins=["xep_0115"])
    sign_in(one, server, pki)
    with one.watch() as watch:
        added = one.ctl("contact", "add", "bob@xmpp.test", "--name", "Bob", "--group", "Work")
        assert added["listed"] and added["asked"] and added["subscription"] == "SUBSCRIPTION_NONE"
        assert (added["id"], added["name"], added["groups"]) == (f"{ALICE}/{BOB}", "Bob", ["Work"])
        bob.wait("presence", is_presence(type="subscribe", sender="alice@xmpp.test"))
        bob.presence(to="alice@xmpp.test", type="subscribed")
        watch.wait_for(is_contact(subscription="SUBSCRIPTION_TO", asked=False))
        watch.wait_for(is_contact(availability="AVAILABLE"))

        bob.raw('<presence to="alice@xmpp.test" type="subscribe"><status>let me in</status>'
                '<nick xmlns="http://jabber.org/protocol/nick">Bobby</nick></presence>')
        watch.wait_for(is_contact(asks=True, asks_text="let me in", nickname="Bobby"))
        assert [row["address"] for row in one.rows("contact", "list", "--asking")] == [BOB]
        approved = one.ctl("contact", "approve", "bob")
        assert approved["subscription"] == "SUBSCRIPTION_BOTH" and not approved["asks"]
        bob.wait("presence", lambda e: e["sender"].startswith("alice@xmpp.test/commd.") and e["type"] == "available")

        bob.presence(show="away", status="out")
        seen = contact(watch.wait_for(is_contact(availability="AWAY", status="out")))
        assert [device["resource"] for device in seen["resources"]] == ["friend"]
        watch.wait_for(lambda e: is_contact()(e) and contact(e)["resources"]
                       and contact(e)["resources"][0]["client_type"] == "bot")
        one.ctl("presence", "set", "dnd", "in a lecture")
        bob.wait("presence", is_presence(show="dnd", status="in a lecture"))

        other = friend("bob", server, resource="phone")
        other.raw("<presence><priority>5</priority><status>on the phone</status></presence>")
        watch.wait_for(is_contact(availability="AVAILABLE", status="on the phone"))
        other.stop()
        watch.wait_for(lambda e: is_contact(availability="AWAY")(e) and len(contact(e)["resources"]) == 1)
        bob.stop()
        watch.wait_for(is_contact(availability="UNAVAILABLE", resources=[]))

        assert one.ctl("contact", "rename", "bob", "Robert")["name"] == "Robert"
        assert one.ctl("contact", "groups", "bob")["groups"] == []
        bob = friend("bob", server)
        mark = bob.mark()
        one.run("contact", "remove", "bob")
        watch.wait_for(lambda e: e.get("event", {}).get("contact_removed") == f"{ALICE}/{BOB}")
        bob.wait("presence", is_presence(type="unsubscribed", sender="alice@xmpp.test"), since=mark)
    assert one.ctl("contact", "show", "bob", status=5)


def test_who_asks_can_be_denied(daemon, prosody, friend, pki):
    one, server = daemon("one"), prosody()
    sign_in(one, server, pki)
    with one.watch() as watch:
        carol = friend("carol", server)
        carol.presence(to="alice@xmpp.test", type="subscribe")
        watch.wait_for(is_contact(CAROL, asks=True, listed=False))
        one.restart()  # the server keeps the question
    with one.watch() as watch:
        watch.wait_for(is_contact(CAROL, asks=True), seconds=20)
        one.run("contact", "deny", "carol")
        carol.wait("presence", is_presence(type="unsubscribed", sender="alice@xmpp.test"))
        watch.wait_for(lambda e: e.get("event", {}).get("contact_removed") == f"{ALICE}/{CAROL}")
    assert one.run("contact", "list").stdout == ""


def test_presence_is_kept_over_restarts_of_both_ends(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    account = sign_in(one, server, pki)
    one.ctl("presence", "set", "away", "in a lecture")
    one.restart()
    shown = one.ctl("presence", "show")
    assert shown["account"] == account and shown["presence"]["availability"] == "AVAILABILITY_AWAY"
    assert shown["presence"]["status"] == "in a lecture"
    one.ctl("wait", "account", account, "--for=state=online")
    bob = friend("bob", server)
    bob.wait("presence", is_presence(show="away", status="in a lecture"))
    with one.watch() as watch:
        watch.wait_for(is_contact(availability="AVAILABLE"))
        server.kill()
        watch.wait_for(lambda e: e.get("event", {}).get("account_changed", {}).get("state") == "STATE_RETRYING")
        mark = watch.mark()
        server.start()
        one.ctl("wait", "account", account, "--for=state=online", seconds=60)
        assert one.ctl("contact", "show", "bob")["listed"]
        bob = friend("bob", server, resource="again")
        bob.wait("presence", is_presence(show="away", status="in a lecture"))
        watch.wait_for(lambda e: is_contact(availability="AVAILABLE")(e) and
                       "again" in [d["resource"] for d in contact(e)["resources"]], since=mark, seconds=20)
    one.ctl("presence", "set", "offline")
    bob.wait("presence", is_presence(type="unavailable"))
    assert one.ctl("contact", "show", "bob")["presence"]["availability"] == "AVAILABILITY_UNAVAILABLE"


def test_contacts_are_known_without_a_server(daemon, prosody, pki, served):
    one, server = daemon("one"), prosody(**served)
    sign_in(one, server, pki)
    known = one.rows("contact", "list")
    assert [row["address"] for row in known] == [BOB, CAROL]
    server.stop()
    one.restart()
    assert one.rows("contact", "list") == known
    assert "ACCOUNT_NOT_ONLINE" in one.ctl("contact", "rename", "bob", "B", status=1)
    shown = one.run("contact", "list", json_output=False).stdout
    assert "bob@xmpp.test" in shown and "you see each other" in shown


def test_blocking(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    bob, carol = friend("bob", server), friend("carol", server)
    sign_in(one, server, pki)
    with one.watch() as watch:
        watch.wait_for(is_contact(availability="AVAILABLE"))
        bob.wait("presence", is_presence(type="available", sender=alice_device(bob)))
        mark = bob.mark()
        assert one.ctl("contact", "block", "bob")["blocked"]
        bob.wait("presence", is_presence(type="unavailable"), since=mark)
        bob.say("alice@xmpp.test", "can you hear me?")
        bob.presence(show="xa")
        carol.say("alice@xmpp.test", "only me")
        watch.wait_for(lambda e: e.get("event", {}).get("message_changed", {}).get("text") == "only me")
        assert [row["text"] for row in one.rows("message", "list")] == ["only me"]
        one.restart()
    with one.watch() as watch:
        watch.wait_for(is_contact(blocked=True), seconds=20)
        one.run("contact", "unblock", "bob")
        watch.wait_for(is_contact(blocked=False))
        bob.say("alice@xmpp.test", "and now?")
        watch.wait_for(lambda e: e.get("event", {}).get("message_changed", {}).get("text") == "and now?")


def alice_device(peer):
    """The full address that alice's presence came from."""
    event = peer.wait("presence", lambda e: e["sender"].startswith("alice@xmpp.test/") and e["type"] == "available")
    return event["sender"]


def test_says_what_it_is_and_can_do(daemon, prosody, friend, pki, served):
    one, server = daemon("one"), prosody(**served)
    bob = friend("bob", server)
    sign_in(one, server, pki)
    device = alice_device(bob)
    node = re.search(r'node="(urn:x-commd:client#[^"]+)"',
                     disco_question(bob, device)) or pytest.fail("no caps were answered")
    answer = bob.ask(f'<iq type="get" id="d" to="{device}"><query xmlns="{DISCO}" node="{node[1]}"/></iq>')
    features = sorted(re.findall(r'feature[^>]* var="([^"]+)"', answer))
    text = "client/pc//commd<" + "".join(feature + "<" for feature in features)
    assert base64.b64encode(hashlib.sha1(text.encode()).digest()).decode() == node[1].split("#")[1]
    version = bob.ask(f'<iq type="get" id="v" to="{device}"><query xmlns="jabber:iq:version"/></iq>')
    assert ">commd<" in version and re.search(r"version>\d+\.\d+", version)
    last = bob.ask(f'<iq type="get" id="l" to="{device}"><query xmlns="jabber:iq:last"/></iq>')
    assert re.search(r'seconds="\d+"', last)


def disco_question(peer, device):
    """What slixmpp saw of the capabilities: its answer to a plain question, then that with the node."""
    plain = peer.ask(f'<iq type="get" id="p" to="{device}"><query xmlns="{DISCO}"/></iq>')
    features = sorted(re.findall(r'feature[^>]* var="([^"]+)"', plain))
    text = "client/pc//commd<" + "".join(feature + "<" for feature in features)
    ver = base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()
    return peer.ask(f'<iq type="get" id="q" to="{device}"><query xmlns="{DISCO}" '
                    f'node="urn:x-commd:client#{ver}"/></iq>')


def test_nobody_else_changes_lists_or_presence(daemon, prosody, friend, pki):
    """Roster and block pushes of another user, and presence of one who is no contact."""
    one, server = daemon("one"), prosody()
    carol, bob = friend("carol", server), friend("bob", server)
    sign_in(one, server, pki)
    one.ctl("contact", "add", "bob@xmpp.test")
    one.ctl("message", "send", "carol@xmpp.test", "hello")
    device = carol.wait("message", lambda e: e["body"] == "hello")["sender"]
    before = one.rows("contact", "list")
    for payload in ('<query xmlns="jabber:iq:roster"><item jid="carol@xmpp.test" subscription="both"/></query>',
                    '<query xmlns="jabber:iq:roster"><item jid="bob@xmpp.test" subscription="remove"/></query>',
                    '<block xmlns="urn:xmpp:blocking"><item jid="bob@xmpp.test"/></block>'):
        assert "service-unavailable" in carol.ask(f'<iq type="set" id="f" to="{device}">{payload}</iq>')
    carol.presence(to=device, status="I am here")
    for forbidden in ("jabber:iq:last", "jabber:iq:version"):
        answer = carol.ask(f'<iq type="get" id="g" to="{device}"><query xmlns="{forbidden}"/></iq>')
        assert "forbidden" in answer or "service-unavailable" in answer
    assert one.rows("contact", "list") == before
    assert bob.events("error") == []


@pytest.mark.seconds(180)
def test_ten_thousand_contacts(daemon, prosody, pki):
    one, server = daemon("one"), prosody()
    server.stop()
    roster = server.folder / "data" / "xmpp%2etest" / "roster"
    roster.mkdir(parents=True, exist_ok=True)
    (roster / "alice.dat").write_text(
        'return {\n\t[false] = { ["version"] = 1 };\n' + "".join(
            f'\t["person{n}@elsewhere.test"] = {{ ["subscription"] = "none"; ["name"] = "Person {n}"; '
            f'["groups"] = {{ ["Group {n % 20}"] = true }} }};\n' for n in range(10_000)) + "};\n")
    server.start()
    begin = time.monotonic()
    sign_in(one, server, pki)
    wanted = {f"xmpp:person{n}@elsewhere.test" for n in range(10_000)}
    with one.watch() as watch:
        watch.wait_for(lambda e: e.get("event", {}).get("contact_changed", {}).get("name") == "Person 9999",
                       seconds=60)
    while {row["address"] for row in one.rows("contact", "list", seconds=30)} != wanted:
        assert time.monotonic() - begin < 90
    print(f"10,000 contacts after {time.monotonic() - begin:.2f} s")
    assert one.ctl("contact", "show", "person77@elsewhere.test")["groups"] == ["Group 17"]
    first = one.ctl("status")["cpu_time"]
    one.restart()
    one.ctl("wait", "account", "xmpp:alice@xmpp.test", "--for=state=online", seconds=30)
    # The server answers in order: the list, if there was one, has come.
    one.ctl("contact", "rename", "person77@elsewhere.test", "Person 77", seconds=30)
    print(f"CPU of the first start {first}, of the second {one.ctl('status')['cpu_time']}")
    assert len(one.rows("contact", "list", seconds=30)) == 10_000


@pytest.mark.parametrize("words, status, told", [
    (["presence", "set", "happy"], 2, "is one of unavailable, available"),
    (["presence", "set", "dnd", "--account", "nobody"], 5, "NOT_FOUND"),
    (["contact", "show", "nobody"], 5, "NOT_FOUND"),
    (["contact", "add", "bob@example.org"], 2, "NO_ACCOUNT"),
    (["contact", "add", "nobody"], 2, "INVALID_ARGUMENT")])
def test_what_cannot_be_is_refused_at_once(daemon, words, status, told):
    one = daemon("one")
    done = one.run(*words)
    assert done.returncode == status and told in done.stderr, done.stderr
