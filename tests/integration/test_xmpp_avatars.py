"""Pictures and nicknames of contacts over a real prosody, by events and by business cards; and the own ones."""
# ctest: timeout=200
import base64
import hashlib
import os
import pathlib
import re
import stat

import pytest

from test_xmpp_contacts import BOB, is_contact, contact, served, sign_in  # noqa: F401

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture of bob"
HASH = hashlib.sha1(PNG).hexdigest()


def publish(node, item, payload):
    return (f"<iq type='set' id='pub'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{node}'>"
            f"<item id='{item}'>{payload}</item></publish></pubsub></iq>")


def show(bob, picture, told=None):
    """Publishes a picture, and that it is `told`."""
    name = hashlib.sha1(told or picture).hexdigest()
    bob.ask(publish("urn:xmpp:avatar:data", name, "<data xmlns='urn:xmpp:avatar:data'>"
                    f"{base64.b64encode(picture).decode()}</data>"))
    bob.ask(publish("urn:xmpp:avatar:metadata", name, "<metadata xmlns='urn:xmpp:avatar:metadata'>"
                    f"<info bytes='{len(picture)}' id='{name}' type='image/gif'/></metadata>"))
    return name


@pytest.fixture
def people(daemon, prosody, friend, pki, served):  # noqa: F811
    one, server = daemon("one"), prosody(**served)
    bob = friend("bob", server)
    sign_in(one, server, pki)
    return one, server, bob


def pictures(one):
    folder = one.state / "pictures"
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def test_a_contacts_picture_is_fetched_and_kept(people):
    one, _, bob = people
    with one.watch() as watch:
        assert show(bob, PNG) == HASH
        seen = contact(watch.wait_for(is_contact(avatar_hash=HASH)))
        path = pathlib.Path(seen["avatar_path"])
        assert path.read_bytes() == PNG and path.name == f"{HASH}.png", "what it is, not what it is called"
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700
        one.restart()
    assert one.ctl("contact", "show", "bob")["avatar_path"] == str(path), "without asking again"
    with one.watch() as watch:
        watch.wait_for(is_contact(availability="AVAILABLE"))
        bob.ask(publish("http://jabber.org/protocol/nick", "current",
                        "<nick xmlns='http://jabber.org/protocol/nick'>Bobby</nick>"))
        watch.wait_for(is_contact(nickname="Bobby"))
        jpeg = b"\xff\xd8\xff another"
        other = show(bob, jpeg)
        watch.wait_for(is_contact(avatar_hash=other))
        assert pictures(one) == [f"{other}.jpg"], "nobody has the first one any more"
        bob.ask(publish("urn:xmpp:avatar:metadata", "none", "<metadata xmlns='urn:xmpp:avatar:metadata'/>"))
        watch.wait_for(is_contact(avatar_hash="", avatar_path=""))


def test_pictures_that_are_none_are_not_kept(people):
    one, _, bob = people
    with one.watch() as watch:
        show(bob, b"<svg onload='alert(1)'/>")
        show(bob, PNG, told=b"something else")
        show(bob, PNG + b"x" * 150_000)
        # Forged by somebody else, and from a device of his own.
        for sender in ("", "bob@xmpp.test/friend"):
            bob.raw(f"<message to='alice@xmpp.test' from='{sender}'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                    "<items node='urn:xmpp:avatar:metadata'><item><metadata xmlns='urn:xmpp:avatar:metadata'>"
                    f"<info bytes='9' id='{'0' * 40}' type='image/png'/></metadata></item></items></event></message>")
        good = show(bob, PNG)
        watch.wait_for(is_contact(avatar_hash=good))
        assert pictures(one) == [f"{HASH}.png"]
        assert not any(is_contact()(e) and contact(e)["avatar_hash"] not in ("", good) for e in watch.events())


def test_the_picture_of_a_business_card(daemon, prosody, friend, pki, served):  # noqa: F811
    one, server = daemon("one"), prosody(**{**served, "modules": ["groups", "vcard"]})
    bob = friend("bob", server)
    sign_in(one, server, pki)
    with one.watch() as watch:
        bob.ask("<iq type='set' id='card'><vCard xmlns='vcard-temp'><FN>Bob</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>"
                f"{base64.b64encode(PNG).decode()}</BINVAL></PHOTO></vCard></iq>")
        bob.raw(f"<presence><x xmlns='vcard-temp:x:update'><photo>{HASH}</photo></x></presence>")
        seen = contact(watch.wait_for(is_contact(avatar_hash=HASH)))
        assert pathlib.Path(seen["avatar_path"]).read_bytes() == PNG


def test_the_own_picture_and_nickname(people, friend, folder):
    one, server, _ = people
    one.ctl("contact", "list")
    picture = folder / "me.png"
    picture.write_bytes(PNG)
    told = one.ctl("contact", "avatar", picture)
    assert told["accounts"] == ["xmpp:alice@xmpp.test"]
    bob = friend("bob", server, resource="asks")
    items = "<iq type='get' id='{0}' to='alice@xmpp.test'><pubsub xmlns='http://jabber.org/protocol/pubsub'>" \
            "<items node='{1}'/></pubsub></iq>"
    assert base64.b64encode(PNG).decode() in bob.ask(items.format(1, "urn:xmpp:avatar:data"))
    facts = bob.ask(items.format(2, "urn:xmpp:avatar:metadata"))
    assert HASH in facts and f'bytes="{len(PNG)}"' in facts and "image/png" in facts
    one.ctl("contact", "nickname", "Ally")
    assert "Ally" in bob.ask(items.format(3, "http://jabber.org/protocol/nick"))
    one.ctl("contact", "avatar", "--clear")
    assert HASH not in re.sub(r"item id=\S+", "", bob.ask(items.format(4, "urn:xmpp:avatar:metadata")))
    (folder / "text").write_text("no picture")
    assert "PICTURE_UNUSABLE" in one.run("contact", "avatar", folder / "text").stderr
    assert one.run("contact", "avatar").returncode == 2
    assert one.run("contact", "avatar", folder / "nowhere.png").returncode == 2
