"""Whom this person watches over SIP: at a server, and at ends behind one."""
# ctest: timeout=300
import time

import pytest
from helpers import register as register_at
from presence import ALICE, BOB, DOMAIN, PIDF, document, is_contact, is_gone, register

from peers.notifier import Notifier

USERS = {"alice": "alice-secret", "bob": "bob-secret", "carol": "carol-secret"}


def watched(commd, proxy):
    """bob is on alice's list; the dialog of her question."""
    added = commd.ctl("contact", "add", BOB, "--from", ALICE)
    assert added["asked"] and added["id"] == f"{ALICE}/{BOB}"
    return Notifier.wait(proxy, "presence")


def test_what_a_server_tells_of_somebody_is_shown(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    with commd.watch() as watch:
        bob = watched(commd, proxy)
        assert bob.request.first == f"SUBSCRIBE {BOB} SIP/2.0" and bob.request.field("Accept") == PIDF
        bob.accept()
        assert bob.notify("", "pending;expires=3600").status == 200
        bob.notify(document(("desk", "open"), ("cell", "open"), note="hi"), kind=PIDF)
        watch.wait_for(is_contact(subscription="TO", asked=False, availability="AVAILABLE", status="hi",
                                  devices=["desk", "cell"]))
        bob.notify(document(("desk", "closed"), ("cell", "open")), kind=PIDF)
        watch.wait_for(is_contact(availability="AVAILABLE", devices=["cell"]))
        bob.notify(document(("desk", "closed"), note="gone home"), kind=PIDF)
        watch.wait_for(is_contact(availability="UNAVAILABLE", status="gone home", devices=[]))
        bob.notify(document(("desk", "open")), kind=PIDF)
        watch.wait_for(is_contact(devices=["desk"]))
        bob.notify("", "terminated;reason=rejected")
        watch.wait_for(is_contact(subscription="NONE", asked=False, availability="UNAVAILABLE"))
        assert bob.notify(document(("desk", "open")), kind=PIDF).status == 481
        since = proxy.mark()
        assert commd.ctl("contact", "add", BOB, "--from", ALICE)["asked"]
        again = Notifier.wait(proxy, "presence", since, expires="3600")
        again.accept()
        again.notify(document(("desk", "open")), kind=PIDF)
        watch.wait_for(is_contact(subscription="TO", devices=["desk"]))
        since = proxy.mark()
        commd.run("contact", "remove", BOB)
        Notifier.wait(proxy, "presence", since, expires="0")
        watch.wait_for(is_gone(BOB))


def test_hostile_documents_change_nothing(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    with commd.watch() as watch:
        bob = watched(commd, proxy)
        bob.accept()
        bob.notify(document(("desk", "open"), note="first"), kind=PIDF)
        watch.wait_for(is_contact(status="first"))
        bomb = '<!DOCTYPE a [<!ENTITY b "' + "x" * 1000 + '"><!ENTITY c "' + "&b;" * 100 + '">]>'
        for body, kind in ((bomb + document(note="&c;"), PIDF), ('<!DOCTYPE a SYSTEM "file:///etc/passwd">' + document(), PIDF),
                           ("<a>" * 5000, PIDF), (document()[:-5], PIDF), (b"\xff\xfe\x00", PIDF), ("hello", "text/plain"),
                           (document(("evil", "open")), "text/html"), ("<presence xmlns='other'/>", PIDF)):
            assert bob.notify(body, kind=kind).status == 200
        many = document(*[(f"t{n}", "open") for n in range(200)], note="last")
        bob.notify(many, kind=PIDF)
        watch.wait_for(is_contact(status="last", devices=[f"t{n}" for n in range(16)]))
    assert len([m for m in proxy.all() if m.first.startswith("SUBSCRIBE") and m.field("Event") == "presence"]) == 1


def test_a_list_outlives_the_daemon_and_is_watched_again(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    bob = watched(commd, proxy)
    bob.accept()
    bob.notify(document(("desk", "open")), kind=PIDF)
    with commd.watch() as watch:
        watch.wait_for(is_contact(devices=["desk"]))
    commd.kill()
    since = proxy.mark()
    commd.start()
    again = Notifier.wait(proxy, "presence", since)
    [shown] = commd.rows("contact", "list")
    assert shown["subscription"] == "SUBSCRIPTION_TO" and shown["resources"] == []
    again.accept()
    again.notify(document(("desk", "open")), kind=PIDF)
    with commd.watch() as watch:
        watch.wait_for(is_contact(devices=["desk"]))
        commd.ctl("account", "disable", ALICE)
        watch.wait_for(is_contact(availability="UNAVAILABLE", devices=[]))
    failed = commd.ctl("contact", "add", "sip:carol@example.test", "--from", ALICE, status=1)
    assert "ACCOUNT_NOT_ONLINE" in failed


def answer_all(proxy, commd, answer, seconds):
    """Every SUBSCRIBE to presence that comes within so many seconds is answered; how many there were."""
    bob, count, until = watched(commd, proxy), 0, time.monotonic() + seconds
    while True:
        count += 1
        since = proxy.all().index(bob.request) + 1
        answer(bob)
        while True:
            try:
                request = proxy.wait("SUBSCRIBE", max(0.1, until - time.monotonic()), since)
            except AssertionError:
                return count
            since = proxy.all().index(request) + 1
            if request.field("Event") != "presence":
                continue
            if request.field("Expires") != "0":
                break
            proxy.reply(request, "200 OK", ["Expires: 0"])
        if request.field("Call-ID") == bob.call:
            bob.request = request
        else:
            bob = Notifier(proxy, request)


def test_whoever_grants_a_second_is_not_asked_every_second(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy, "--set", "publish_presence=off")

    def answer(bob):
        bob.accept("200 OK", expires=1)
        bob.notify(document(("desk", "open")), "active;expires=1", kind=PIDF)

    assert 2 <= answer_all(proxy, commd, answer, 14) <= 6


def test_whoever_ends_at_once_is_asked_less_and_less_often(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy, "--set", "publish_presence=off")

    def answer(bob):
        bob.accept("200 OK")
        bob.notify("", "terminated;reason=deactivated")

    assert 2 <= answer_all(proxy, commd, answer, 15) <= 8


# ---- real servers and phones ----------------------------------------------------------


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_two_people_see_each_other_through_a_presence_server(daemon, kamailio, pki, transport):
    server = kamailio(users=USERS, presence=True)
    one, two = daemon("one"), daemon("two")
    register_at(one, server, "alice", transport, pki)
    register_at(two, server, "bob", transport, pki)
    two.ctl("presence", "set", "dnd", "at work")
    with one.watch() as watch:
        one.ctl("contact", "add", BOB, "--from", ALICE)
        watch.wait_for(is_contact(subscription="TO", availability="DND", status="at work"))
        two.ctl("presence", "set", "away", "out")
        watch.wait_for(is_contact(availability="AWAY", status="out"))
        # It is the server that decides who may watch.
        assert two.rows("contact", "list", "--asking") == []
        two.terminate()
        watch.wait_for(is_contact(availability="UNAVAILABLE", devices=[]))


def test_a_server_without_presence_lets_the_ends_speak(daemon, kamailio, pki):
    server = kamailio(users=USERS)
    one, two = daemon("one"), daemon("two")
    register_at(one, server, "alice", "tcp", pki)
    register_at(two, server, "bob", "tcp", pki)
    with one.watch() as ones, two.watch() as twos:
        one.ctl("contact", "add", BOB, "--from", ALICE)
        twos.wait_for(is_contact(ALICE, asks=True))
        two.ctl("contact", "approve", ALICE)
        ones.wait_for(is_contact(subscription="TO", availability="AVAILABLE"))
        two.ctl("presence", "set", "away", "out")
        ones.wait_for(is_contact(availability="AWAY", status="out"))
        two.ctl("account", "disable", BOB)
        ones.wait_for(is_contact(availability="UNAVAILABLE"))


def test_a_phone_watches_and_is_watched(daemon, kamailio, baresip, pki):
    """baresip publishes its own and watches alice, both at the server."""
    server, commd = kamailio(users=USERS, presence=True), daemon()
    register_at(commd, server, "alice", "udp", pki)
    bob = baresip("bob", registrar=server, password=USERS["bob"], pki=pki, account="pubint=60",
                  contacts=[f"<{ALICE}>;presence=p2p"])
    bob.wait_registered()
    bob.process.wait_line("PUBLISH|presence", 10)
    with commd.watch() as watch:
        commd.ctl("contact", "add", BOB, "--from", ALICE)
        watch.wait_for(is_contact(subscription="TO", availability="AVAILABLE"), 20)
        commd.ctl("presence", "set", "dnd", "busy here")
        bob.process.wait_line("busy here", 20)
