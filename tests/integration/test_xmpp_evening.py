"""One evening of two people, as they live it: alice in `commctl chat`, bob in another program, at one prosody.
They talk, one types, a word is corrected, a file goes over, they meet in a room; and all of it is found again."""
# ctest: timeout=200
import os

import pytest

from cli.fake import Terminal
from peers.occupant import Occupant
from peers.prosody import file_share

ALICE, BOB = "alice@xmpp.test", "bob@xmpp.test"
ROOM = "tea@rooms.xmpp.test"


@pytest.fixture
def evening(daemon, prosody, friend, folder, ports, pki):
    """alice's daemon, bob, and alice's terminal: chat(address)."""
    people = folder / "groups.txt"
    people.write_text(f"[People]\n{ALICE}\n{BOB}\n")
    more, _ = file_share(ports, pki)
    server = prosody(more=f'groups_file = "{people}"\n' + more, modules=["groups"], rooms="archive", locking=False)
    one = daemon("one", env={"SSL_CERT_FILE": str(pki.ca.cert)})
    account = one.add_account(f"xmpp:{ALICE}", server.users["alice"], *server.options(pki))["id"]
    one.ctl("wait", "account", account, "--for=state=online")
    opened = []

    def chat(address):
        env = {"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "HOME": str(folder)}
        opened.append(Terminal(one.command_line("chat", address, json_output=False), env, folder, 110, 40))
        return opened[-1]

    yield one, friend("bob", server), chat
    for each in opened:
        each.close()


def found(commd, *words):
    return sorted((row["peer"].removeprefix("xmpp:"), row["direction"].removeprefix("DIRECTION_"))
                  for row in commd.rows("message", "search", *words))


def test_an_evening(evening, folder):
    one, bob, chat = evening
    screen = chat(BOB)
    screen.wait("/help")
    # They talk: he sees that she types, has it, reads it.
    screen.keys("How is the weather in Perugia?")
    bob.wait("message", lambda e: any("composing" in child for child in e["children"]))
    screen.keys("\r")
    asked = bob.wait("message", lambda e: "Perugia" in e["body"])
    screen.wait("delivered")
    bob.displayed(ALICE, asked["id"])
    screen.wait("last message: read")
    bob.say(ALICE, "Splendid, and yours?")
    screen.wait("Splendid, and yours?")
    bob.raw(f"<message to='{ALICE}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    screen.wait("is typing")
    # What she wrote wrong she writes again.
    screen.keys("Reyn\r")
    wrong = bob.wait("message", lambda e: e["body"] == "Reyn")
    screen.keys("/correct Rain\r")
    right = bob.wait("message", lambda e: e["body"] == "Rain")
    assert f'id="{wrong["id"]}"' in right["xml"] and "replace" in right["xml"]
    # A file goes to him, and one of his comes to her.
    (folder / "umbrella.txt").write_text("for the rain")
    screen.keys(f"/send {folder}/umbrella.txt\r")
    sent = bob.wait("message", lambda e: e["body"].startswith("https://") and e["body"].endswith("umbrella.txt"))
    assert "jabber:x:oob" in sent["xml"]
    bob.raw(f"<message to='{ALICE}' type='chat' id='f1'><body>{sent['body']}</body>"
            f"<x xmlns='jabber:x:oob'><url>{sent['body']}</url></x></message>")
    target = folder / "fetched.txt"
    with one.watch() as watch:
        watch.wait_for(lambda event: "checkpoint" in event)
        screen.keys(f"/get {target}\r")
        watch.wait_for(lambda e: e.get("event", {}).get("file_changed", {}).get("state") == "STATE_DONE")
    assert target.read_text() == "for the rain"
    screen.keys("/quit\r")
    assert screen.finish() == 0

    # They meet in a room.
    tea = Occupant(bob, ROOM, "Bob")
    tea.join()
    one.ctl("room", "join", ROOM, "--nick", "Ann")
    room = chat(ROOM)
    room.wait("/help")
    tea.say("Ann: is there any tea?")
    room.wait("Ann: is there any tea?")
    room.keys("Darjeeling\r")
    tea.hears("Darjeeling", nick="Ann")
    room.keys("/quit\r")
    assert room.finish() == 0

    # All of it is found again, also by another daemon of the same state.
    one.restart()
    assert found(one, "perugia") == [(BOB, "OUTGOING")]
    assert found(one, "splendid") == [(BOB, "INCOMING")]
    assert found(one, "rain") == [(BOB, "OUTGOING")] and found(one, "reyn") == []
    assert found(one, "umbrella") == [(BOB, "INCOMING"), (BOB, "OUTGOING")]
    assert found(one, "tea") == [(ROOM, "INCOMING")]
    assert found(one, "darjeeling") == [(ROOM, "OUTGOING")]
