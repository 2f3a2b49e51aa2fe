"""Files by the server: upload and download (XEP-0363) at a real prosody."""
# ctest: timeout=300
import hashlib
import json
import pathlib
import ssl
import urllib.request

import pytest

from peers.prosody import file_share

BOB = "xmpp:bob@xmpp.test"


@pytest.fixture
def served(folder, ports, pki):
    """Options of a prosody that keeps files, at which all users are each other's contacts."""
    people = folder / "groups.txt"
    people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\n")
    more, port = file_share(ports, pki, limit=8 << 20)
    return {"more": f'groups_file = "{people}"\n' + more, "modules": ["groups"]}


@pytest.fixture
def trusting(daemon, pki):
    """A daemon to whose system the test's authority is one."""
    return lambda name, **options: daemon(name, env={"SSL_CERT_FILE": str(pki.ca.cert)}, **options)


def sign_in(commd, server, pki, user):
    account = commd.add_account(f"xmpp:{user}@xmpp.test", server.users[user], *server.options(pki))
    commd.ctl("wait", "account", account["id"], "--for=state=online")
    return account["id"]


def content(size):
    return hashlib.shake_256(b"commd").digest(size)


def write(folder, name, size):
    path = folder / name
    path.write_bytes(content(size))
    return path


def with_attachment(event):
    shown = event.get("event", {}).get("message_changed", {})
    return shown.get("direction") == "DIRECTION_INCOMING" and shown.get("attachment")


def last(rows):
    """The state in which a followed transfer ended."""
    return json.loads(rows.strip().splitlines()[-1])


def send(commd, *words, status=0):
    run = commd.run("file", "send", *words, seconds=30)
    assert run.returncode == status, run.stderr
    return run


def get(commd, *words, status=0):
    run = commd.run("file", "get", *words, seconds=60)
    assert run.returncode == status, run.stderr
    return last(run.stdout)


def test_a_file_goes_from_one_to_the_other(trusting, prosody, pki, served, folder):
    one, two, server = trusting("one"), trusting("two"), prosody(**served)
    sign_in(one, server, pki, "alice")
    sign_in(two, server, pki, "bob")
    photo = write(folder, "The photo.jpg", 1_500_000)
    with two.watch() as watch:
        watch.wait_for(lambda event: "checkpoint" in event)
        sent = last(send(one, "bob@xmpp.test", str(photo), "--caption", "the <beach>").stdout)
        assert sent["state"] == "STATE_DONE" and sent["method"] == "METHOD_HTTP" and sent["message"]
        assert sent["transferred"] == sent["size"] == "1500000" and sent["media_type"] == "image/jpeg"
        came = watch.wait_for(with_attachment)["event"]["message_changed"]
    attachment = came["attachment"]
    assert attachment["name"] == "The photo.jpg" and attachment["size"] == "1500000"
    assert attachment["media_type"] == "image/jpeg" and attachment["description"] == "the <beach>"
    assert not attachment["transfer"], "nothing is fetched by itself"
    assert two.rows("file", "list") == []
    into = folder / "in"
    into.mkdir()
    for name in ("The photo.jpg", "The photo (2).jpg"):
        got = get(two, came["id"], "--to", str(into))
        assert got["state"] == "STATE_DONE" and got["path"] == str(into / name)
        assert (into / name).read_bytes() == photo.read_bytes()
        assert got["sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert sorted(each.name for each in into.iterdir()) == ["The photo (2).jpg", "The photo.jpg"]
    shown = two.rows("message", "list")[0]
    assert shown["attachment"]["transfer"] == got["id"]
    assert "[file The photo.jpg, 1.5 MB: the <beach>]" in two.run("message", "list", json_output=False).stdout
    # Both remember it.
    two.restart()
    assert [row["state"] for row in two.rows("file", "list")] == ["STATE_DONE"] * 2
    assert two.ctl("file", "show", got["id"][:8])["path"] == got["path"]


def test_another_client_gets_it_and_sends_one(trusting, prosody, friend, pki, served, folder):
    one, server = trusting("one"), prosody(**served)
    bob = friend("bob", server)
    sign_in(one, server, pki, "alice")
    send(one, "bob@xmpp.test", str(write(folder, "a.txt", 300_000)))
    heard = bob.wait("message", lambda e: e["body"])
    context = ssl.create_default_context(cafile=str(pki.ca.cert))
    with urllib.request.urlopen(heard["body"], context=context) as answer:
        assert answer.read() == content(300_000)
    with one.watch() as watch:
        watch.wait_for(lambda event: "checkpoint" in event)
        bob.raw(f"<message to='alice@xmpp.test' type='chat' id='f1'><body>{heard['body']}</body>"
                f"<x xmlns='jabber:x:oob'><url>{heard['body']}</url></x></message>")
        came = watch.wait_for(with_attachment)["event"]["message_changed"]
        # A link in a sentence is no file.
        bob.raw("<message to='alice@xmpp.test' type='chat' id='f2'><body>see https://x.test/a</body>"
                "<x xmlns='jabber:x:oob'><url>https://x.test/a</url></x></message>")
        spoken = watch.wait_for(lambda e: e.get("event", {}).get("message_changed", {}).get("text", "").startswith("see"))
        assert "attachment" not in spoken["event"]["message_changed"] or not spoken["event"]["message_changed"]["attachment"]
    assert came["attachment"]["name"] == "a.txt"
    got = get(one, came["id"])
    assert pathlib.Path(got["path"]).read_bytes() == content(300_000)
    assert got["path"].endswith("/media/incoming/a.txt")


def test_what_the_server_does_not_take(trusting, prosody, pki, served, folder):
    one, server = trusting("one"), prosody(**served)
    sign_in(one, server, pki, "alice")
    big = folder / "big"
    with open(big, "wb") as file:
        file.truncate(9 << 20)
    run = send(one, "bob@xmpp.test", str(big), "--server", status=1)
    assert last(run.stdout)["fail_reason"] == "FILE_TOO_LARGE"
    assert "FILE_NOT_FOUND" in one.ctl("file", "send", "bob@xmpp.test", str(folder / "none"), status=5)
    assert "FILE_NOT_ORDINARY" in one.ctl("file", "send", "bob@xmpp.test", str(folder), status=2)
    empty = folder / "empty"
    empty.touch()
    one.run("file", "send", "bob@xmpp.test", str(empty))


def test_it_waits_for_its_account(trusting, prosody, friend, pki, served, folder):
    one, server = trusting("one"), prosody(**served)
    bob = friend("bob", server)
    account = sign_in(one, server, pki, "alice")
    server.kill()
    path = write(folder, "later.txt", 5000)
    sent = one.ctl("file", "send", "bob@xmpp.test", str(path), "--from", account, "--detach")
    assert sent["state"] == "STATE_WAITING"
    one.kill()
    one.start()
    with one.watch() as watch:
        server.start()
        watch.wait_for(lambda e: e.get("event", {}).get("file_changed", {}).get("state") == "STATE_DONE", 40)
    assert one.ctl("file", "show", sent["id"])["message"]
