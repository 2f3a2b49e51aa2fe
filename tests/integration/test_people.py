"""The address book: people of many addresses, imported, merged, called and written to by name."""
# ctest: timeout=200
import json

import pytest

from helpers import local_uri

VCARDS = """BEGIN:VCARD\r
VERSION:3.0\r
FN:Bob Marley\r
ORG:Tuff Gong;Studio\r
TEL;TYPE=CELL:+1 876 555\r
IMPP:xmpp:bob@Example.test\r
NOTE:Likes\\nfootball\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:2.1\r
N;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:M=C3=BCller;J=C3=BCrgen\r
TEL;WORK:nobody knows\r
EMAIL:jm@example.org\r
END:VCARD\r
"""
TABLE = "First Name,Last Name,E-mail Address,Mobile Phone\nJ\u00fcrgen,M\u00fcller,jm@example.org,0170 1\n"


@pytest.fixture
def one(daemon):
    return daemon("one")


def names(daemon, *words):
    return [row["name"] for row in daemon.rows("person", "list", *words)]


def addresses(person):
    return [each["address"] for each in person["addresses"]]


def show(daemon, who):
    return daemon.rows("person", "show", who)[0]


def test_an_address_book_is_imported_and_stays(one, folder):
    cards = folder / "people.vcf"
    cards.write_text(VCARDS)
    dry = one.run("person", "import", cards, "--dry-run", json_output=False)
    assert "2 would be new, 0 would be completed, 0 known." in dry.stdout
    assert "line 12" in dry.stderr and "nobody knows" in dry.stderr
    assert names(one) == []
    done = one.rows("person", "import", cards)[0]
    assert (done["created"], done["updated"], done["unchanged"]) == (2, 0, 0)
    assert names(one) == ["Bob Marley", "J\u00fcrgen M\u00fcller"]
    assert one.rows("person", "import", cards)[0]["unchanged"] == 2

    table = folder / "people.csv"
    table.write_text(TABLE)
    assert one.rows("person", "import", table)[0]["updated"] == 1
    one.restart()
    juergen = show(one, "J\u00fcrgen M\u00fcller")
    assert addresses(juergen) == ["mailto:jm@example.org", "tel:01701"]
    bob = show(one, "bob")
    assert addresses(bob) == ["tel:+1876555", "xmpp:bob@example.test"]
    assert (bob["organization"], bob["note"]) == ("Tuff Gong", "Likes football")
    assert names(one, "tuff") == ["Bob Marley"]

    wrong = folder / "wrong.csv"
    wrong.write_text("Bob;bob@example.org\n")
    assert "heading" in one.ctl("person", "import", wrong, status=2)
    assert "cannot be read" in one.ctl("person", "import", folder / "missing", status=2)


def test_ten_thousand_people(one, folder):
    table = folder / "many.csv"
    table.write_text("name,address,note\n" + "".join(
        f"Person {i},tel:+49{i:07},note {i}\n" for i in range(10_000)))
    assert one.rows("person", "import", table)[0]["created"] == 10_000
    assert len(names(one)) == 10_000
    assert names(one, "+490009999") == ["Person 9999"]
    one.restart()
    assert show(one, "person 77")["note"] == "note 77"


def test_people_are_made_changed_merged_and_split(one):
    with one.watch() as events:
        one.ctl("person", "add", "Bob", "xmpp:bob@example.org", "work=+49 30 1")
        events.wait_for(lambda e: e.get("event", {}).get("person_changed", {}).get("name") == "Bob")
        one.ctl("person", "add", "Robert", "sip:bob@example.org")
        assert "ADDRESS_TAKEN" in json.dumps(
            json.loads(one.run("person", "add", "X", "xmpp:BOB@example.org").stderr))
        assert "person merge" in one.run("person", "add", "X", "bob@example.org", json_output=False).stderr
        suggested = one.run("person", "suggest", json_output=False).stdout
        assert "commctl person merge" in suggested and "two protocols" in suggested
        robert = show(one, "Robert")["id"]
        one.ctl("person", "merge", "Bob", "Robert")
        events.wait_for(lambda e: e.get("event", {}).get("person_removed") == robert)
    assert addresses(show(one, "Bob")) == ["xmpp:bob@example.org", "tel:+49301", "sip:bob@example.org"]
    assert [each["label"] for each in show(one, "Bob")["addresses"]] == ["", "work", ""]
    one.ctl("person", "split", "Bob", "tel:+49301")
    one.ctl("person", "change", "Bob", "--name", "Bob M", "--address", "cell=+49170", "--note", "hello")
    bob = show(one, "Bob M")
    assert addresses(bob) == ["xmpp:bob@example.org", "sip:bob@example.org", "tel:+49170"]
    assert bob["note"] == "hello"
    one.ctl("person", "remove", "Bob M")
    assert names(one) == []
    assert "no person" in one.ctl("person", "show", "Bob M", status=5)


def test_a_name_is_called(one):
    one.ctl("person", "add", "The Echo", "mailto:echo@example.org", local_uri(one).replace("local@", "echo@"))
    called = one.run("call", "the echo", "--duration", "1s", "--capture", "tone:440", "--playback", "none",
                     json_output=False)
    assert called.returncode == 0, called.stderr
    one.ctl("person", "add", "Paper Mail", "mailto:paper@example.org")
    refused = one.run("call", "Paper Mail", json_output=False)
    assert refused.returncode == 1
    assert "Paper Mail has no address that an enabled account can reach" in refused.stderr


def test_what_is_remote_is_escaped(one):
    one.ctl("person", "add", "A\u202eB", "xmpp:a@example.org")
    assert "\u202e" not in one.run("person", "list", json_output=False).stdout


def test_conversations_are_listed(daemon, prosody, friend, folder, pki):
    people = folder / "groups.txt"
    people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\ncarol@xmpp.test\n")
    one, server = daemon("one"), prosody(more=f'groups_file = "{people}"', modules=["groups"])
    account = one.add_account("xmpp:alice@xmpp.test", server.users["alice"], *server.options(pki))["id"]
    one.ctl("wait", "account", account, "--for=state=online")
    bob, carol = friend("bob", server), friend("carol", server)
    one.ctl("person", "add", "Carol", "carol@xmpp.test")
    with one.watch() as watch:
        watch.wait_for(lambda event: "checkpoint" in event)
        bob.say("alice@xmpp.test", "one")
        bob.say("alice@xmpp.test", "two")
        newest = watch.wait_for(lambda e: e.get("event", {}).get("message_changed", {}).get("text") == "two")
        one.ctl("message", "send", "Carol", "hello by name")
        carol.wait("message", lambda e: e["body"] == "hello by name")

    def listed(*options):
        return [(row["peer"], row["unread"], row["last"]["text"])
                for row in one.rows("message", "conversations", *options)]
    assert listed() == [("xmpp:carol@xmpp.test", 0, "hello by name"), ("xmpp:bob@xmpp.test", 2, "two")]
    assert listed("--unread") == [("xmpp:bob@xmpp.test", 2, "two")]
    assert "2 new" in one.run("message", "conversations", json_output=False).stdout
    one.ctl("message", "read", newest["event"]["message_changed"]["id"])
    assert listed("--unread") == []
    one.restart()
    assert [row[0] for row in listed()] == ["xmpp:carol@xmpp.test", "xmpp:bob@xmpp.test"]
