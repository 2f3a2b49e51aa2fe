"""Messages that wait at the server (RFC 3842): asked for, told unasked, and not there at all."""
# ctest: timeout=300
import pytest
from helpers import register as register_at

from peers.notifier import Notifier
from peers.stranger import token

DOMAIN, ALICE = "example.test", "sip:alice@example.test"
USERS = {"alice": "alice-secret"}
EVENT = ["Event: message-summary"]
BODY = "Messages-Waiting: yes\r\nMessage-Account: sip:box@example.test\r\nVoice-Message: 2/8 (1/0)\r\n"
NOTHING = "Messages-Waiting: no\r\nVoice-Message: 0/8\r\n"
KIND = "application/simple-message-summary"


def register(commd, proxy, *options):
    commd.add_account(ALICE, "secret", "--server", f"127.0.0.1:{proxy.port}", "--transport", "udp", *options)
    commd.ctl("wait", "account", ALICE, "--for=state=online")
    proxy.wait_registered()
    return proxy.contact, proxy.registered_from


def mailbox(commd):
    return commd.ctl("account", "show", ALICE).get("message_waiting")


def is_mailbox(state, **more):
    def matches(event):
        shown = event.get("event", {}).get("account_changed", {}).get("message_waiting") or {}
        return shown.get("state") == f"STATE_{state.upper()}" and all(shown[k] == v for k, v in more.items())
    return matches


class Mailbox(Notifier):
    """Tells summaries."""

    def notify(self, body=BODY, state="active;expires=3600", *, kind=KIND, **more):
        return super().notify(body, state, kind=kind, **more)


def subscribed(proxy, since=0, expires=None):
    return Mailbox.wait(proxy, "message-summary", since, expires)


def test_a_server_tells_what_waits(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    with commd.watch() as watch:
        register(commd, proxy)
        asked = subscribed(proxy)
        assert asked.request.first == f"SUBSCRIBE {ALICE} SIP/2.0"
        assert asked.request.field("Accept") == "application/simple-message-summary"
        asked.accept()
        assert asked.notify("", "active").status == 200
        assert asked.notify().status == 200
        watch.wait_for(is_mailbox("known", waiting=True, voice_new=2, voice_old=8, voice_urgent=1,
                                  address="sip:box@example.test"))
        for words in (("account", "show", ALICE), ("status",)):
            shown = commd.run(*words, json_output=False).stdout
            assert "2 new voice messages (1 urgent), 8 old; call sip:box@example.test" in shown
        asked.notify(NOTHING)
        watch.wait_for(is_mailbox("known", waiting=False, voice_new=0))
    assert "box" not in commd.run("status", json_output=False).stdout
    commd.ctl("account", "disable", ALICE)
    assert mailbox(commd) is None


@pytest.mark.parametrize("status, state", [
    ("489 Bad Event", "UNSUPPORTED"), ("405 No", "UNSUPPORTED"), ("404 Not Found", "UNSUPPORTED"),
    ("403 Forbidden", "REFUSED"), ("603 Decline", "REFUSED"), ("500 Oops", "UNKNOWN")])
def test_a_server_without_mailboxes_disturbs_nothing(daemon, stranger, status, state):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    with commd.watch() as watch:
        register(commd, proxy)
        proxy.reply(subscribed(proxy).request, status)
        watch.wait_for(is_mailbox(state, state_message=status))
    shown = commd.ctl("account", "show", ALICE)
    assert shown["state"] == "STATE_ONLINE" and shown["state_reason"] == ""
    assert f"({status})" in commd.run("account", "show", ALICE, json_output=False).stdout
    assert commd.ctl("status")["problems"] == []


def test_it_is_asked_only_where_it_is_wanted(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    contact, where = register(commd, proxy, "--set", "message_waiting=off", "--set", "publish_presence=off")
    assert mailbox(commd) is None
    assert proxy.ask("NOTIFY", contact, where, more=EVENT).status == 481
    assert not [m for m in proxy.all() if m.first.startswith(("SUBSCRIBE", "PUBLISH"))]
    commd.ctl("account", "set", ALICE, "message_waiting=on")
    asked = subscribed(proxy)
    asked.accept()
    asked.notify()
    with commd.watch() as watch:
        watch.wait_for(is_mailbox("known", waiting=True))
        since = proxy.mark()
        commd.ctl("account", "set", ALICE, "message_waiting=off")
        watch.wait_for(lambda e: "message_waiting" not in e.get("event", {}).get("account_changed", {"message_waiting": 1}))
        subscribed(proxy, since, expires="0")


def unasked(peer, contact, where, body=BODY, event=EVENT, kind=KIND):
    """A NOTIFY of no dialog, and the answer to it."""
    call, since = token(), peer.mark()
    lines = [f"NOTIFY sip:{contact} SIP/2.0",
             f"Via: SIP/2.0/UDP {peer.host}:{peer.port};branch=z9hG4bK{token()};rport", "Max-Forwards: 70",
             f"From: <sip:box@{DOMAIN}>;tag=box", f"To: <{ALICE}>", f"Call-ID: {call}", "CSeq: 1 NOTIFY",
             f"Contact: <sip:box@{peer.host}:{peer.port}>", "Subscription-State: active", *event, f"Content-Type: {kind}"]
    peer.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body.encode(), where)
    return peer.wait("SIP/2.0", since=since, call=call)


@pytest.mark.parametrize("accept_from", ["proxy", "any"])
def test_only_the_server_tells_it_unasked(daemon, stranger, accept_from):
    proxy, evil, commd = stranger(registrar=DOMAIN), stranger("127.0.0.2"), daemon()
    contact, where = register(commd, proxy, "--set", f"accept_from={accept_from}")
    proxy.reply(subscribed(proxy).request, "489 Bad Event")
    place = contact.split("@")[1]
    with commd.watch() as watch:
        watch.wait_for(is_mailbox("unsupported"))
        assert unasked(evil, contact, where).status == 481
        assert unasked(proxy, f"alice@{place}", where).status == 481
        assert unasked(proxy, contact, where, event=["Event: presence"]).status == 400
        assert unasked(proxy, contact, where, event=[]).status == 400
        wrong = unasked(proxy, contact, where, kind="text/html")
        assert wrong.status == 415 and wrong.field("Accept") == "application/simple-message-summary"
        assert unasked(proxy, contact, where, body="who knows").status == 400
        assert mailbox(commd)["state"] == "STATE_UNSUPPORTED"
        assert unasked(proxy, contact, where).status == 200
        watch.wait_for(is_mailbox("known", waiting=True, voice_new=2))
        assert unasked(proxy, contact, where, NOTHING + "Voice-Message: 9/9\r\n" * 500).status == 200
        watch.wait_for(is_mailbox("known", waiting=False, voice_new=0))
    assert commd.ctl("account", "show", ALICE)["state"] == "STATE_ONLINE"


def test_other_branches_and_other_events_are_refused(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    asked = subscribed(proxy)
    # It may come before the 202 (RFC 6665 section 4.1.2.4), and then is the one dialog.
    assert asked.notify().status == 200
    asked.accept()
    assert asked.notify(NOTHING, tag="other").status == 481
    assert asked.notify("x", event="dialog", kind="text/plain").status in (481, 489)
    with commd.watch() as watch:
        watch.wait_for(is_mailbox("known", waiting=True))
        assert asked.notify("<html>", kind="text/html").status == 200
        asked.notify(NOTHING.replace("0/8", "0/9"))
        watch.wait_for(is_mailbox("known", waiting=False, voice_old=9))


@pytest.mark.parametrize("ends", ["deactivated", "timeout", "probation;retry-after=1", "481"])
def test_what_ends_is_asked_for_again(daemon, stranger, ends):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    asked = subscribed(proxy)
    asked.accept(expires=4 if ends == "481" else 3600)
    asked.notify()
    since = proxy.mark()
    if ends == "481":
        renewed = subscribed(proxy, since)
        assert renewed.call == asked.call and renewed.request.first == f"SUBSCRIBE sip:teller@127.0.0.1:{proxy.port} SIP/2.0"
        since = proxy.mark()
        proxy.reply(renewed.request, "481 Gone")
    else:
        asked.notify("", f"terminated;reason={ends}")
    again = subscribed(proxy, since)
    while again.call == asked.call:
        proxy.reply(again.request, "481 Gone")  # a farewell to what is over
        since = proxy.all().index(again.request) + 1
        again = subscribed(proxy, since)
    again.accept()
    with commd.watch() as watch:
        watch.wait_for(is_mailbox("known", waiting=True))
        again.notify(NOTHING)
        watch.wait_for(is_mailbox("known", waiting=False))


def test_what_comes_after_the_end_is_refused(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    asked = subscribed(proxy)
    asked.accept()
    asked.notify()
    since = proxy.mark()
    commd.ctl("account", "set", ALICE, "message_waiting=off")
    farewell = subscribed(proxy, since, expires="0")
    proxy.reply(farewell.request, "200 OK", ["Expires: 0"])
    assert asked.notify("", "terminated;reason=timeout").status in (200, 481)
    assert asked.notify().status == 481
    assert mailbox(commd) is None


def test_a_server_may_ask_for_patience_a_login_and_longer_terms(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    first = subscribed(proxy)
    since = proxy.mark()
    proxy.reply(first.request, "401 Unauthorized", proxy.challenge("WWW-Authenticate", DOMAIN))
    second = subscribed(proxy, since)
    assert f'uri="{ALICE}"' in second.request.field("Authorization")
    since = proxy.mark()
    proxy.reply(second.request, "423 Too Brief", ["Min-Expires: 7200"])
    third = subscribed(proxy, since)
    assert third.request.field("Expires") == "7200"
    since = proxy.mark()
    proxy.reply(third.request, "503 Later", ["Retry-After: 1"])
    last = subscribed(proxy, since)
    last.accept()
    last.notify()
    with commd.watch() as watch:
        watch.wait_for(is_mailbox("known", waiting=True))


def test_a_digest_is_for_the_server_s_realm_alone(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    proxy.reply(subscribed(proxy).request, "401 No", proxy.challenge("WWW-Authenticate", "evil.test"))
    with commd.watch() as watch:
        watch.wait_for(is_mailbox("unknown", state_message="401 No"))
    assert all(m.field("Authorization") is None for m in proxy.all() if m.first.startswith("SUBSCRIBE"))


def test_a_real_server_without_mailboxes(daemon, kamailio, pki):
    """It sends the question on to us, and we know of no mailbox of our own."""
    server, commd = kamailio(users=USERS), daemon()
    register_at(commd, server, "alice", "tcp", pki)
    with commd.watch() as watch:
        watch.wait_for(is_mailbox("unsupported"))


def test_a_real_server_tells_of_its_mailbox(daemon, kamailio, stranger, pki):
    server, commd, voicemail = kamailio(users=USERS, presence=True), daemon(), stranger()
    register_at(commd, server, "alice", "udp", pki)
    with commd.watch() as watch:
        lines = [f"PUBLISH {ALICE} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{voicemail.port};branch=z9hG4bK{token()};rport",
                 "Max-Forwards: 70", "From: <sip:voicemail@box.test>;tag=1", f"To: <{ALICE}>", f"Call-ID: {token()}",
                 "CSeq: 1 PUBLISH", "Expires: 600", *EVENT, f"Content-Type: {KIND}", f"Content-Length: {len(BODY)}", "", BODY]
        voicemail.send("\r\n".join(lines), ("127.0.0.1", server.udp))
        assert voicemail.wait("SIP/2.0 200")
        watch.wait_for(is_mailbox("known", waiting=True, voice_new=2))
