"""Presence over SIP: published at a server, watched there, and between two ends without one."""
# ctest: timeout=600
import time

import pytest
from helpers import local_address, local_uri, register as register_at

from peers.notifier import Notifier, Watcher
from peers.stranger import Stranger

DOMAIN, ALICE, BOB = "example.test", "sip:alice@example.test", "sip:bob@example.test"
USERS = {"alice": "alice-secret", "bob": "bob-secret", "carol": "carol-secret"}
PIDF = "application/pidf+xml"


def document(*tuples, note=""):
    tuples = "".join(f'<tuple id="{name}"><status><basic>{basic}</basic></status></tuple>' for name, basic in tuples)
    return (f'<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{BOB}">{tuples}'
            + (f"<note>{note}</note>" if note else "") + "</presence>")


def register(commd, proxy, *options):
    """alice, at a stranger's registrar."""
    commd.add_account(ALICE, "secret", "--server", f"127.0.0.1:{proxy.port}", "--transport", "udp",
                      "--set", "message_waiting=off", *options)
    commd.ctl("wait", "account", ALICE, "--for=state=online")
    proxy.wait_registered()
    return proxy.contact, proxy.registered_from


def is_contact(address=BOB, **more):
    """A change of a contact; availability and status are those of its presence."""
    def matches(event):
        contact = event.get("event", {}).get("contact_changed", {})
        if contact.get("address") != address:
            return False
        shown = {**contact, "availability": contact["presence"]["availability"].removeprefix("AVAILABILITY_"),
                 "status": contact["presence"]["status"], "subscription": contact["subscription"][13:],
                 "devices": [each["resource"] for each in contact["resources"]]}
        return all(shown[key] == value for key, value in more.items())
    return matches


def is_gone(address):
    return lambda event: event.get("event", {}).get("contact_removed", "").endswith("/" + address)


# ---- without a server ----------------------------------------------------------------


def test_two_people_without_a_server_see_each_other(daemon):
    one, two = daemon("one"), daemon("two")
    ones, twos = local_uri(one), local_uri(two)
    two.ctl("presence", "set", "dnd", "at <work> & \U0001f600")
    with one.watch() as watch1, two.watch() as watch2:
        added = one.ctl("contact", "add", twos, "--name", "Two", "--group", "Work")
        assert added["listed"] and added["asked"] and added["subscription"] == "SUBSCRIPTION_NONE"
        assert (added["id"], added["name"]) == (f"local/{twos}", "Two")
        watch2.wait_for(is_contact(ones, asks=True, listed=False))
        assert [row["address"] for row in two.rows("contact", "list", "--asking")] == [ones]
        approved = two.ctl("contact", "approve", ones)
        assert approved["subscription"] == "SUBSCRIPTION_FROM" and not approved["asks"]
        watch1.wait_for(is_contact(twos, subscription="TO", asked=False, availability="DND",
                                   status="at <work> & \U0001f600"))
        two.ctl("presence", "set", "away", "out")
        watch1.wait_for(is_contact(twos, availability="AWAY", status="out"))
        two.ctl("presence", "set", "unavailable", "bye")
        watch1.wait_for(is_contact(twos, availability="UNAVAILABLE", status="bye", devices=[]))
        two.ctl("presence", "set", "available")
        watch1.wait_for(is_contact(twos, availability="AVAILABLE", status=""))
        # Back the same way: who is seen already is approved by name.
        two.ctl("contact", "add", ones)
        watch1.wait_for(is_contact(twos, asks=True))
        assert one.ctl("contact", "approve", twos)["subscription"] == "SUBSCRIPTION_BOTH"
        watch2.wait_for(is_contact(ones, subscription="BOTH", availability="AVAILABLE"))
        two.run("contact", "remove", ones)
        watch2.wait_for(is_gone(ones))
        watch1.wait_for(is_contact(twos, availability="UNAVAILABLE"))


def test_the_list_and_who_may_see_outlive_the_daemon(daemon, stranger):
    commd, bob = daemon(), stranger()
    watcher = Watcher(bob, "local@{}:{}".format(*local_address(commd)), local_address(commd), "bob")
    with commd.watch() as watch:
        assert watcher.subscribe().status == 202
        watch.wait_for(is_contact(watcher.address, asks=True))
    commd.ctl("contact", "approve", watcher.address)
    commd.ctl("contact", "rename", watcher.address, "Robert")
    commd.ctl("contact", "groups", watcher.address, "Friends")
    commd.ctl("contact", "block", f"sip:eve@127.0.0.1:{bob.port}", "--from", "local")
    commd.ctl("presence", "set", "away", "kept")
    watcher.told_state("active")
    commd.restart()
    [robert] = [row for row in commd.rows("contact", "list") if row["address"] == watcher.address]
    assert (robert["name"], robert["groups"], robert["subscription"]) == ("Robert", ["Friends"], "SUBSCRIPTION_FROM")
    where = local_address(commd)
    again = Watcher(bob, "local@{}:{}".format(*where), where, "bob")
    assert again.subscribe().status == 200
    told = again.told()
    assert "<rpid:away/>" in told.body and "<note>kept</note>" in told.body
    assert Watcher(bob, "local@{}:{}".format(*where), where, "eve").subscribe().status == 603
    commd.run("contact", "unblock", f"sip:eve@127.0.0.1:{bob.port}")
    assert Watcher(bob, "local@{}:{}".format(*where), where, "eve").subscribe().status == 202


def test_who_watches_is_told_what_he_may_know(daemon, stranger):
    commd, bob = daemon(), stranger()
    where = local_address(commd)
    watcher = Watcher(bob, "local@{}:{}".format(*where), where, "bob", "presence;id=7")
    with commd.watch() as watch:
        answer = watcher.subscribe(7200)
        assert answer.status == 202 and answer.field("Expires") == "3600"
        waits = watcher.told()
        assert waits.field("Subscription-State").startswith("pending;expires=")
        assert waits.field("Event") == "presence;id=7" and waits.body == ""
        watch.wait_for(is_contact(watcher.address, asks=True))
        # While he waits nothing is told to him.
        since = bob.mark()
        commd.ctl("presence", "set", "dnd", "secret")
        commd.ctl("contact", "approve", watcher.address)
        told = watcher.told()
        assert told.field("Subscription-State").startswith("active") and "secret" in told.body
        assert told.field("Content-Type") == PIDF
        assert sum(m.first.startswith("NOTIFY") for m in bob.all()[since:]) == 1
        commd.ctl("presence", "set", "available")
        assert "secret" not in watcher.told().body
        renewed = watcher.subscribe(600)
        assert renewed.status == 200 and renewed.field("Expires") == "600"
        assert "<basic>open</basic>" in watcher.told_state("active").body
        assert watcher.subscribe(0).status == 200
        assert watcher.told_state("terminated").field("Subscription-State") == "terminated;reason=timeout"
        fetched = Watcher(bob, "local@{}:{}".format(*where), where, "bob")
        assert fetched.subscribe(0).status == 200
        last = fetched.told()
        assert last.field("Subscription-State").startswith("terminated") and "<basic>open" in last.body
        # Over: who renews it finds nothing.
        assert fetched.subscribe(600).status == 481


def test_who_is_denied_or_blocked_sees_nothing(daemon, stranger):
    commd, bob = daemon(), stranger()
    where = local_address(commd)
    target = "local@{}:{}".format(*where)
    watcher = Watcher(bob, target, where, "bob")
    with commd.watch() as watch:
        watcher.subscribe()
        watch.wait_for(is_contact(watcher.address, asks=True))
        commd.run("contact", "deny", watcher.address)
        assert watcher.told_state("terminated").field("Subscription-State") == "terminated;reason=rejected"
        watch.wait_for(is_gone(watcher.address))
        again = Watcher(bob, target, where, "bob")
        assert again.subscribe().status == 202
        watch.wait_for(is_contact(watcher.address, asks=True))
        commd.ctl("contact", "approve", watcher.address)
        again.told_state("active")
        commd.ctl("contact", "block", watcher.address)
        assert "reason=rejected" in again.told_state("terminated").field("Subscription-State")
        assert Watcher(bob, target, where, "bob").subscribe().status == 603
        # Who gives up asking asks no more.
        other = Watcher(bob, target, where, "carol")
        other.subscribe()
        watch.wait_for(is_contact(other.address, asks=True))
        other.subscribe(0)
        watch.wait_for(is_gone(other.address))


def test_watchers_are_bounded_and_typed(daemon, stranger):
    commd, bob = daemon(), stranger()
    where = local_address(commd)
    target = "local@{}:{}".format(*where)
    assert Watcher(bob, "echo@127.0.0.1", where).subscribe().status == 404
    assert Watcher(bob, "nobody@127.0.0.1", where).subscribe().status == 404
    bad = Watcher(bob, target, where, event="dialog").subscribe()
    assert bad.status == 489 and bad.field("Allow-Events") == "presence"
    odd = Watcher(bob, target, where).subscribe(more=["Accept: text/html"])
    assert odd.status == 406 and odd.field("Accept") == PIDF
    statuses = [Watcher(bob, target, where, "flood").subscribe().status for _ in range(12)]
    assert statuses[:8] == [202] * 8 and set(statuses[8:]) == {503}
    assert len(commd.rows("contact", "list", "--asking")) == 1
    # Who does not know the subscription any more is told nothing more.
    gone = Watcher(bob, target, where, "gone")
    assert gone.subscribe().status == 202
    assert gone.told("481 Gone").field("Subscription-State").startswith("pending")
    with commd.watch() as watch:
        watch.wait_for(is_contact("sip:flood@{}:{}".format(bob.host, bob.port), asks=True))
    assert gone.subscribe().status == 481


@pytest.mark.seconds(120)
def test_names_of_one_address_take_no_place_of_others(daemon, cleanup):
    commd = daemon()
    where = local_address(commd)
    target = "local@{}:{}".format(*where)

    def at(host):
        peer = Stranger(host)
        cleanup.callback(peer.close)
        return peer

    def ask(watcher):
        """Whoever comes too fast comes again: the pace is of all together, and not what is tested."""
        while (answer := watcher.subscribe()).status == 503:
            time.sleep(0.1)
        return answer.status

    def fill(peer, most):
        """As many as it takes that answer nothing."""
        for n in range(most):
            ask(Watcher(peer, target, where, f"w{n}"))

    flood = at("127.0.0.2")
    fill(flood, 32)
    assert Watcher(flood, target, where, "more").subscribe().status == 503
    # All places are taken by those who never answered: they give way to whoever comes.
    for n in range(3, 10):
        fill(at(f"127.0.0.{n}"), 32)
    real = Watcher(at("127.0.0.1"), target, where, "real")
    assert ask(real) == 202
    assert real.told().field("Subscription-State").startswith("pending")
    fill(at("127.0.0.10"), 3)
    assert real.subscribe(300).status == 200, "who has answered stays"


# ---- whom we watch -------------------------------------------------------------------


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


# ---- what is published ---------------------------------------------------------------


def published(proxy, since=0):
    return proxy.wait("PUBLISH", since=since)


def take(proxy, request, etag, expires=3600):
    proxy.reply(request, "200 OK", [f"SIP-ETag: {etag}", f"Expires: {expires}"])
    return proxy.mark()


def test_what_is_set_is_published_changed_and_taken_back(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    first = published(proxy)
    assert first.first == f"PUBLISH {ALICE} SIP/2.0" and first.field("SIP-If-Match") is None
    assert first.field("Event") == "presence" and first.field("Expires") == "3600"
    assert "<basic>open</basic>" in first.body and f'entity="{ALICE}"' in first.body
    since = take(proxy, first, "one")
    commd.ctl("presence", "set", "dnd", "in a <meeting>")
    changed = published(proxy, since)
    assert changed.field("SIP-If-Match") == "one" and "<rpid:busy/>" in changed.body
    assert "<note>in a &lt;meeting&gt;</note>" in changed.body
    # What is said while one is under way follows it.
    commd.ctl("presence", "set", "away")
    commd.ctl("presence", "set", "available", "back")
    since = take(proxy, changed, "two")
    last = published(proxy, since)
    assert last.field("SIP-If-Match") == "two" and "<note>back</note>" in last.body
    since = take(proxy, last, "three")
    commd.ctl("presence", "set", "unavailable")
    gone = published(proxy, since)
    assert (gone.field("SIP-If-Match"), gone.field("Expires"), gone.body) == ("three", "0", "")
    since = take(proxy, gone, "four", 0)
    commd.ctl("presence", "set", "available")
    again = published(proxy, since)
    assert again.field("SIP-If-Match") is None and again.body
    since = take(proxy, again, "five")
    commd.ctl("account", "disable", ALICE)
    gone = published(proxy, since)
    assert (gone.field("SIP-If-Match"), gone.field("Expires")) == ("five", "0")


@pytest.mark.seconds(120)
def test_it_is_renewed_and_made_anew_where_it_is_forgotten(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    since = take(proxy, published(proxy), "one", expires=2)
    granted = time.monotonic()
    renewed = proxy.wait("PUBLISH", 60, since=since)
    assert time.monotonic() - granted > 25, "whoever grants seconds is not asked every second"
    assert (renewed.field("SIP-If-Match"), renewed.body) == ("one", "")
    since = proxy.mark()
    proxy.reply(renewed, "412 Conditional Request Failed")
    anew = published(proxy, since)
    assert anew.field("SIP-If-Match") is None and "<basic>open" in anew.body
    since = take(proxy, anew, "two")
    # The tag outlives a daemon that is killed: no second device is left behind.
    with commd.watch() as watch:
        commd.ctl("presence", "set", "away")
        assert published(proxy, since).field("SIP-If-Match") == "two"
        watch.wait_for(lambda e: e.get("event", {}).get("presence_changed", {}).get("presence", {})
                       .get("availability") == "AVAILABILITY_AWAY")
    commd.kill()
    since = proxy.mark()
    commd.start()
    assert published(proxy, since).field("SIP-If-Match") == "two"


def test_logins_and_terms_of_a_server_that_publishes(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    since = proxy.mark()
    proxy.reply(published(proxy), "407 Who", proxy.challenge("Proxy-Authenticate", DOMAIN))
    second = published(proxy, since)
    assert f'uri="{ALICE}"' in second.field("Proxy-Authorization") and second.body
    since = proxy.mark()
    proxy.reply(second, "423 Too Brief", ["Min-Expires: 7200"])
    third = published(proxy, since)
    assert third.field("Expires") == "7200" and third.body
    since = proxy.mark()
    proxy.reply(third, "503 Later", ["Retry-After: 1"])
    last = published(proxy, since)
    assert last.body and last.field("SIP-If-Match") is None
    take(proxy, last, "one")


@pytest.mark.parametrize("status", ["489 Bad Event", "405 No", "404 Not Found", "403 Forbidden", "401 evil"])
def test_a_server_without_presence_disturbs_nothing(daemon, stranger, status):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    more = proxy.challenge("WWW-Authenticate", "evil.test") if status.startswith("401") else []
    since = proxy.mark()
    proxy.reply(published(proxy), status, more)
    shown = commd.ctl("account", "show", ALICE)
    assert shown["state"] == "STATE_ONLINE" and shown["state_reason"] == ""
    # It is asked again when there is something new to say, and no sooner.
    commd.ctl("presence", "set", "away", "later")
    asked = published(proxy, since)
    assert "later" in asked.body and asked.field("Authorization") is None
    assert commd.ctl("status")["problems"] == []


def test_nothing_is_published_where_it_is_not_wanted(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy, "--set", "publish_presence=off")
    commd.ctl("presence", "set", "away")
    commd.ctl("account", "set", ALICE, "publish_presence=on")
    first = published(proxy)
    assert "<rpid:away/>" in first.body
    assert len([m.first for m in proxy.all() if m.first.startswith("PUBLISH")]) == 1
    since = take(proxy, first, "one")
    commd.ctl("account", "set", ALICE, "publish_presence=off")
    assert published(proxy, since).field("Expires") == "0"


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
