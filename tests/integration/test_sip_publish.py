"""Presence that is published at a server (RFC 3903)."""
# ctest: timeout=200
import time

import pytest
from presence import ALICE, DOMAIN, register


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
