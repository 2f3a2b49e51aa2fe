"""Who watches this person at the daemon itself, without a server between: strangers, and people with a daemon of their own."""
# ctest: timeout=300
import time

import pytest
from helpers import local_address, local_uri
from presence import PIDF, is_contact, is_gone

from peers.notifier import Watcher
from peers.stranger import Stranger


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


class Pace:
    """As fast as the daemon lets new watchers in, of all sources together: 100 at once, and then 20 a second.
    What it answers is then never for the pace's sake."""
    BURST, A_SECOND = 100, 20

    def __init__(self):
        self._left, self._since = self.BURST, time.monotonic()

    def ask(self, watcher):
        """A first SUBSCRIBE; the status of the answer."""
        self._fill()
        while self._left < 1:
            time.sleep((1 - self._left) / self.A_SECOND)
            self._fill()
        status = watcher.subscribe().status
        # Its own clock began to count when the daemon had read it, and so before now.
        self._left, self._since = self._left - 1, time.monotonic()
        return status

    def _fill(self):
        now = time.monotonic()
        self._left, self._since = min(self.BURST, self._left + (now - self._since) * self.A_SECOND), now


@pytest.mark.seconds(120)
def test_names_of_one_address_take_no_place_of_others(daemon, cleanup):
    commd, pace = daemon(), Pace()
    where = local_address(commd)

    def at(host):
        peer = Stranger(host)
        cleanup.callback(peer.close)
        return peer

    def watcher(peer, user):
        return Watcher(peer, "local@{}:{}".format(*where), where, user)

    def fill(peer, count):
        """So many new names, which answer nothing."""
        names = [watcher(peer, f"w{n}") for n in range(count)]
        assert [pace.ask(one) for one in names] == [202] * count
        return names

    flood = at("127.0.0.2")
    first, second = fill(flood, 32)[:2]
    assert pace.ask(watcher(flood, "more")) == 503
    # 256 in all. They never answered: the oldest gives way to whoever comes.
    for n in range(3, 10):
        fill(at(f"127.0.0.{n}"), 32)
    real = watcher(at("127.0.0.1"), "real")
    assert pace.ask(real) == 202
    assert real.told().field("Subscription-State").startswith("pending")
    assert first.subscribe(300).status == 481
    assert second.subscribe(300).status == 200
    fill(at("127.0.0.10"), 3)
    assert real.subscribe(300).status == 200, "who has answered stays"
