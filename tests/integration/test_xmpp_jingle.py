"""Files from device to device (Jingle): two daemons, and a daemon with another program (slixmpp)."""
# ctest: timeout=300
import base64
import hashlib
import json

import pytest

ALICE, BOB = "xmpp:alice@xmpp.test", "xmpp:bob@xmpp.test"
JINGLE, FILE = "urn:xmpp:jingle:1", "urn:xmpp:jingle:apps:file-transfer:5"
IBB, S5B = "urn:xmpp:jingle:transports:ibb:1", "urn:xmpp:jingle:transports:s5b:1"


@pytest.fixture
def served(folder):
    """Options of a prosody at which alice and bob are each other's contacts, carol is nobody's."""
    people = folder / "groups.txt"
    people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\n")
    return {"more": f'groups_file = "{people}"', "modules": ["groups"]}


def sign_in(commd, server, pki, user, *options):
    account = commd.add_account(f"xmpp:{user}@xmpp.test", server.users[user], *server.options(pki), *options)
    commd.ctl("wait", "account", account["id"], "--for=state=online")
    return account["id"]


def content(size):
    return hashlib.shake_256(b"jingle").digest(size)


def write(folder, name, size):
    path = folder / name
    path.write_bytes(content(size))
    return path


def is_file(state, **more):
    def matches(event):
        shown = event.get("event", {}).get("file_changed", {})
        return (shown.get("state") == f"STATE_{state.upper()}" and shown
                and all(shown[key] == value for key, value in more.items()))
    return matches


def file_of(event):
    return event["event"]["file_changed"]


def sees(watch, commd, person):
    """Waits until a contact is there, whatever was before."""
    if any(each["address"] == person and each["resources"] for each in commd.rows("contact", "list")):
        return
    watch.wait_for(lambda e: e.get("event", {}).get("contact_changed", {}).get("address") == person
                   and e["event"]["contact_changed"]["resources"], 20)


@pytest.fixture
def pair(daemon, prosody, pki, served):
    """alice's and bob's daemons, who see each other."""
    server = prosody(**served)
    one, two = daemon("one"), daemon("two")
    with one.watch() as watch:
        sign_in(one, server, pki, "alice")
        sign_in(two, server, pki, "bob")
        sees(watch, one, BOB)
    return one, two


def hand_over(one, two, path, to, *options):
    """Sends and accepts; the two transfers as they ended."""
    with one.watch() as sender, two.watch() as taker:
        sent = one.ctl("file", "send", "bob@xmpp.test", str(path), "--direct", "--detach", *options)
        offer = file_of(taker.wait_for(is_file("offered"), 20))
        run = two.run("file", "accept", offer["id"], "--to", str(to), seconds=60)
        assert run.returncode == 0, run.stderr
        got = json.loads(run.stdout.strip().splitlines()[-1])
        done = file_of(sender.wait_for(is_file("done", id=sent["id"]), 20))
    return done, got, offer


def test_a_file_goes_directly(pair, folder):
    one, two = pair
    path = write(folder, "a file.bin", 3_000_000)
    done, got, offer = hand_over(one, two, path, folder / "got.bin", "--caption", "for <you>")
    assert offer["name"] == "a file.bin" and offer["size"] == "3000000" and offer["description"] == "for <you>"
    assert offer["peer"] == ALICE and offer["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (folder / "got.bin").read_bytes() == path.read_bytes()
    assert done["method"] == got["method"] == "METHOD_SOCKS5" and got["sha256"] == offer["sha256"]
    empty = folder / "empty"
    empty.touch()
    hand_over(one, two, empty, folder / "got-empty")
    assert (folder / "got-empty").read_bytes() == b""


def test_one_who_does_not_want_it_says_so(pair, folder):
    one, two = pair
    path = write(folder, "a", 1000)
    with one.watch() as sender, two.watch() as taker:
        sent = one.ctl("file", "send", "bob@xmpp.test", str(path), "--direct", "--detach")
        offer = file_of(taker.wait_for(is_file("offered"), 20))
        assert two.ctl("file", "reject", offer["id"])["fail_reason"] == "REJECTED_HERE"
        assert file_of(sender.wait_for(is_file("cancelled", id=sent["id"])))["fail_reason"] == "FILE_REJECTED"
        sent = one.ctl("file", "send", "bob@xmpp.test", str(path), "--direct", "--detach")
        offer = file_of(taker.wait_for(is_file("offered"), 20, since=taker.mark() - 1))
        one.ctl("file", "cancel", sent["id"])
        assert file_of(taker.wait_for(is_file("cancelled", fail_reason="FILE_CANCELLED")))["id"]


def test_an_offer_does_not_outlive_the_daemon(pair, folder):
    one, two = pair
    path = write(folder, "a", 1000)
    with two.watch() as taker:
        one.ctl("file", "send", "bob@xmpp.test", str(path), "--direct", "--detach")
        offer = file_of(taker.wait_for(is_file("offered"), 20))
        two.kill()
    two.start()
    assert two.ctl("file", "show", offer["id"])["fail_reason"] == "DAEMON_RESTARTED"


def test_what_is_cut_goes_on_when_it_is_offered_anew(daemon, prosody, pki, served, folder):
    server = prosody(**served)
    one, two = daemon("one"), daemon("two")
    with one.watch() as watch:
        # Within the stream: slow enough to be cut.
        sign_in(one, server, pki, "alice", "--set", "relay_only=true")
        sign_in(two, server, pki, "bob", "--set", "relay_only=true")
        sees(watch, one, BOB)
    path = write(folder, "a", 30_000_000)
    with one.watch() as sender, two.watch() as taker:
        sent = one.ctl("file", "send", "bob@xmpp.test", str(path), "--direct", "--detach")
        offer = file_of(taker.wait_for(is_file("offered"), 20))
        two.ctl("file", "accept", offer["id"], "--to", str(folder / "got"), "--detach")
        taker.wait_for(lambda e: int(e.get("event", {}).get("file_progress", {}).get("transferred", 0)) > 1_000_000, 30)
        two.kill()
        two.start()
        assert two.ctl("file", "show", offer["id"])["state"] == "STATE_PAUSED"
        sender.wait_for(is_file("paused", id=sent["id"]), 60)
        sees(sender, one, BOB)
        run = one.run("file", "resume", sent["id"], seconds=60)
        assert run.returncode == 0, run.stderr
    files = two.rows("file", "list")
    assert [each["state"] for each in files] == ["STATE_DONE", "STATE_CANCELLED"] and files[0]["method"] == "METHOD_IN_BAND"
    assert files[1]["fail_reason"] == "OFFERED_ANEW"
    assert (folder / "got").read_bytes() == path.read_bytes()
    assert [each.name for each in folder.iterdir() if each.name.endswith(".part")] == []


def test_nobody_is_there(pair, folder):
    one, two = pair
    two.ctl("account", "disable", BOB)
    with one.watch() as watch:
        watch.wait_for(lambda e: e.get("event", {}).get("contact_changed", {}).get("address") == BOB
                       and not e["event"]["contact_changed"]["resources"], 20)
    run = one.run("file", "send", "bob@xmpp.test", str(write(folder, "a", 10)), "--direct")
    assert run.returncode == 1
    assert json.loads(run.stdout.strip().splitlines()[-1])["fail_reason"] == "PEER_TAKES_NO_FILES"


# ---- another program -------------------------------------------------------------------


def offer_of(data, *, name="a.bin", size=None, sha=None, transport=None, sid="s1"):
    sha = base64.b64encode(sha or hashlib.sha256(data).digest()).decode()
    transport = transport or f"<transport xmlns='{IBB}' block-size='4096' sid='b1'/>"
    return (f"<iq type='set' id='o-{sid}' to='{{to}}'><jingle xmlns='{JINGLE}' action='session-initiate' sid='{sid}' "
            f"initiator='bob@xmpp.test/friend'><content creator='initiator' name='f' senders='initiator'>"
            f"<description xmlns='{FILE}'><file><name>{name}</name><size>{size or len(data)}</size>"
            f"<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>{sha}</hash></file></description>{transport}"
            f"</content></jingle></iq>")


@pytest.fixture
def met(daemon, prosody, friend, pki, served):
    """alice's daemon and bob, another program, who see each other; and alice's full address."""
    server = prosody(**served)
    one, bob = daemon("one"), friend("bob", server, plugins=["jingle"])
    sign_in(one, server, pki, "alice")
    there = bob.wait("presence", lambda e: e["sender"].startswith("alice@xmpp.test/") and e["type"] == "available")
    return one, bob, there["sender"], server


def send_in_band(bob, to, data, block=4096):
    bob.ask(f"<iq type='set' id='open' to='{to}'><open xmlns='http://jabber.org/protocol/ibb' sid='b1' "
            f"block-size='{block}' stanza='iq'/></iq>")
    for number, at in enumerate(range(0, len(data), block)):
        text = base64.b64encode(data[at:at + block]).decode()
        answer = bob.ask(f"<iq type='set' id='d{number}' to='{to}'><data xmlns='http://jabber.org/protocol/ibb' "
                         f"sid='b1' seq='{number}'>{text}</data></iq>")
        if "error" in answer:
            return answer
    return None


def test_another_program_sends_in_band(met, folder):
    one, bob, alice, _ = met
    data = content(20_000)
    with one.watch() as watch:
        assert "result" in bob.ask(offer_of(data, name="../../evil.sh").format(to=alice))
        offer = file_of(watch.wait_for(is_file("offered")))
        assert offer["name"] == "evil.sh" and offer["peer"] == BOB
        mark = bob.mark()
        one.ctl("file", "accept", offer["id"], "--to", f"{folder}/in/", "--detach")
        accept = bob.wait("jingle", lambda e: e["action"] == "session-accept", since=mark)["xml"]
        assert IBB in accept
        assert send_in_band(bob, alice, data) is None
        got = file_of(watch.wait_for(is_file("done", id=offer["id"])))
    assert got["method"] == "METHOD_IN_BAND" and got["path"] == str(folder / "in" / "evil.sh")
    assert (folder / "in" / "evil.sh").read_bytes() == data
    bob.wait("jingle", lambda e: e["action"] == "session-terminate" and "success" in e["xml"])


def test_what_is_not_as_announced_is_thrown_away(met, folder):
    one, bob, alice, _ = met
    data = content(9000)
    into = folder / "in"
    # The last does not say how much it will be: then no more comes than was allowed.
    for sid, more, reason in (("s1", {"sha": b"x" * 32}, "FILE_HASH_WRONG"), ("s2", {"size": 5000}, "FILE_TOO_LARGE"),
                              ("s3", {"size": "unknown"}, "FILE_TOO_LARGE")):
        with one.watch() as watch:
            watch.wait_for(lambda event: "checkpoint" in event)
            bob.ask(offer_of(data, sid=sid, **more).format(to=alice))
            offer = file_of(watch.wait_for(is_file("offered")))
            mark = bob.mark()
            one.ctl("file", "accept", offer["id"], "--to", f"{into}/", "--max-size", "8k" if sid == "s3" else "1M",
                    "--detach")
            bob.wait("jingle", lambda e: e["action"] == "session-accept", since=mark)
            send_in_band(bob, alice, data)
            assert file_of(watch.wait_for(is_file("failed", id=offer["id"])))["fail_reason"] == reason
    assert [each.name for each in into.iterdir() if not each.name.endswith(".part")] == []


def test_strangers_offer_nothing(met, friend, folder):
    one, bob, alice, server = met
    carol = friend("carol", server)
    answer = carol.ask(offer_of(b"x").format(to=alice))
    assert "service-unavailable" in answer
    # Nor does anybody touch the session of another.
    bob.ask(offer_of(b"xyz").format(to=alice))
    for action in ("session-terminate", "session-accept", "transport-info"):
        answer = carol.ask(f"<iq type='set' id='e-{action}' to='{alice}'><jingle xmlns='{JINGLE}' "
                           f"action='{action}' sid='s1'/></iq>")
        assert "unknown-session" in answer
    files = one.rows("file", "list")
    assert [row["state"] for row in files] == ["STATE_OFFERED"] and files[0]["peer"] == BOB
    # One that asks for a file of this person's gets none.
    wants = offer_of(b"x", sid="s9").format(to=alice).replace("senders='initiator'", "senders='responder'")
    assert "feature-not-implemented" in bob.ask(wants)


def test_where_nothing_connects_it_goes_in_band(met, folder):
    one, bob, alice, _ = met
    path = write(folder, "a.bin", 30_000)
    mark = bob.mark()
    bob.take_files()
    sent = one.run("file", "send", "bob@xmpp.test", str(path), "--direct", seconds=60)
    assert sent.returncode == 0, sent.stderr
    assert json.loads(sent.stdout.strip().splitlines()[-1])["method"] == "METHOD_IN_BAND"
    assert bob.wait("file", since=mark)["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
