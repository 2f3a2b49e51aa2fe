"""Messages over SIP (RFC 3428): through a server, without one, to a phone, and from strangers."""
# ctest: timeout=300
import re
import subprocess

import pytest
from helpers import local_address, local_uri, register, ringing

from peers.api import Api
from peers.stranger import sdp, token

ALICE, BOB = "sip:alice@example.test", "sip:bob@example.test"
USERS = {"alice": "alice-secret", "bob": "bob-secret", "carol": "carol-secret"}
TEXT = ["Content-Type: text/plain;charset=UTF-8"]


def watching(commd):
    """Its changes from now on: messages are in no snapshot."""
    watch = commd.watch()
    watch.wait_for(lambda event: "checkpoint" in event)
    return watch


def is_message(state, text=None, **more):
    def matches(event):
        shown = event.get("event", {}).get("message_changed", {})
        return (shown.get("state") == f"STATE_{state.upper()}" and text in (None, shown["text"])
                and all(shown[key] == value for key, value in more.items()))
    return matches


def message(event):
    return event["event"]["message_changed"]


def texts(rows):
    return [row["text"] for row in rows]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_two_people_talk_through_a_server(daemon, kamailio, pki, transport):
    server = kamailio(users=USERS)
    one, two = daemon("one"), daemon("two")
    register(one, server, "alice", transport, pki)
    register(two, server, "bob", transport, pki)
    with watching(one) as ones, watching(two) as twos:
        sent = one.ctl("message", "send", BOB, "Hello <Bob> & all \U0001f600\nsecond line")
        assert sent["state"] == "STATE_QUEUED" and sent["peer"] == BOB and sent["account"] == ALICE
        came = message(twos.wait_for(is_message("received")))
        assert came["text"] == sent["text"] and came["peer"] == ALICE and came["account"] == BOB
        ones.wait_for(is_message("delivered", id=sent["id"]))
        # In their order, however fast; and answered by the bare address, as no XMPP account is there.
        for number in range(20):
            two.ctl("message", "send", "alice@example.test", f"answer {number}")
        ones.wait_for(is_message("received", "answer 19"), 20)
        twos.wait_for(is_message("delivered", "answer 19"))
    rows = one.rows("message", "list", BOB, "--limit", "100")
    assert texts(rows)[::-1] == [sent["text"]] + [f"answer {number}" for number in range(20)]
    assert texts(two.rows("message", "search", "hello")) == [sent["text"]]
    two.restart()
    rows = two.rows("message", "list", "--limit", "100")
    assert {row["state"] for row in rows} == {"STATE_DELIVERED", "STATE_RECEIVED"} and len(rows) == 21


def test_what_does_not_arrive_says_why(daemon, kamailio, pki):
    server = kamailio(users=USERS)
    one = daemon("one")
    register(one, server, "alice", "udp", pki)
    with watching(one) as watch:
        one.ctl("message", "send", "sip:carol@example.test", "nobody there")
        failed = message(watch.wait_for(is_message("failed")))
        assert failed["fail_reason"] == "RECIPIENT_UNKNOWN" and "404" in failed["fail_message"]
        # RFC 3261 section 18.1.1: not over UDP.
        one.ctl("message", "send", BOB, "x" * 1200)
        failed = message(watch.wait_for(is_message("failed", "x" * 1200)))
        assert failed["fail_reason"] == "MESSAGE_TOO_LARGE" and "transport=tcp" in failed["fail_message"]


def test_long_messages_go_over_connections(daemon, kamailio, pki):
    server = kamailio(users=USERS)
    one, two = daemon("one"), daemon("two")
    register(one, server, "alice", "tcp", pki)
    register(two, server, "bob", "tcp", pki)
    long = "word " * 500  # kamailio reads no more than 4 KiB at once
    with watching(two) as watch:
        one.ctl("message", "send", BOB, "-", stdin=long)
        assert message(watch.wait_for(is_message("received")))["text"] == long


def test_a_message_waits_for_its_account_also_over_a_restart(daemon, kamailio, pki):
    server = kamailio(users=USERS)
    one, two = daemon("one"), daemon("two")
    register(one, server, "alice", "tcp", pki)
    register(two, server, "bob", "tcp", pki)
    server.stop()
    one.ctl("wait", "account", ALICE, "--for=state=retrying")
    for text in ("first", "second"):
        one.ctl("message", "send", BOB, text)
    one.kill()
    server.start()
    # The server has forgotten everybody.
    two.ctl("account", "disable", BOB)
    two.ctl("account", "enable", BOB)
    two.ctl("wait", "account", BOB, "--for=state=online")
    with watching(two) as watch:
        one.start()
        watch.wait_for(is_message("received", "second"), 30)
    assert texts(two.rows("message", "list")) == ["second", "first"]


def test_two_daemons_without_a_server(daemon):
    one, two = daemon("one"), daemon("two")
    with watching(one) as ones, watching(two) as twos:
        sent = one.ctl("message", "send", local_uri(two), "hi there")
        assert sent["account"] == "local"
        came = message(twos.wait_for(is_message("received")))
        assert came["peer"] == local_uri(one), "it can be answered"
        two.ctl("message", "send", came["peer"], "hi back")
        answered = message(ones.wait_for(is_message("received")))
        assert answered["peer"] == sent["peer"], "one conversation"
        ones.wait_for(is_message("delivered", id=sent["id"]))
    assert texts(one.rows("message", "list", local_uri(two))) == ["hi back", "hi there"]


def test_chat_talks_through_pipes(daemon):
    one, two = daemon("one"), daemon("two")
    words = one.command_line("chat", local_uri(two), json_output=False)
    with watching(two) as watch, subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                  stderr=subprocess.PIPE, text=True) as chat:
        print("hello", file=chat.stdin, flush=True)
        came = message(watch.wait_for(is_message("received", "hello")))
        assert chat.stdout.readline().endswith(" me: hello\n")
        assert chat.stderr.readline() == "delivered: hello\n"
        two.ctl("message", "send", came["peer"], "hi\x1b[2J")
        assert chat.stdout.readline().endswith(f" {local_uri(two)[4:]}: hi\\x1b[2J\n")
        chat.stdin.close()
        assert chat.wait(20) == 0


def test_a_phone_gets_it(daemon, kamailio, baresip, pki):
    server = kamailio(users=USERS)
    one = daemon("one")
    register(one, server, "alice", "udp", pki)
    bob = baresip("bob", registrar=server, password=USERS["bob"], pki=pki)
    bob.wait_registered()
    with watching(one) as watch:
        one.ctl("message", "send", BOB, "Hello phone")
        watch.wait_for(is_message("delivered", "Hello phone"))
    bob.process.wait_line("Hello phone")


# ---- answers of all kinds, and hostile input -----------------------------------------


@pytest.mark.parametrize("status, state, reason", [
    ("200 OK", "delivered", ""), ("202 Accepted", "sent", ""), ("405 No", "failed", "MESSAGES_NOT_ACCEPTED"),
    ("415 No", "failed", "TEXT_NOT_ACCEPTED"), ("480 Gone", "failed", "RECIPIENT_UNAVAILABLE"),
    ("603 Decline", "failed", "RECIPIENT_DECLINED"), ("500 Oops", "failed", "SERVER_UNAVAILABLE"),
    # A stranger gets no digest of anybody's.
    ("401 Unauthorized", "failed", "LOGIN_REFUSED")])
def test_answers_mean_something(daemon, stranger, status, state, reason):
    commd, peer = daemon(), stranger()
    with watching(commd) as watch:
        commd.ctl("message", "send", f"sip:bob@127.0.0.1:{peer.port}", "ping")
        asked = peer.wait("MESSAGE")
        assert asked.body == "ping" and asked.field("Contact") is None
        assert asked.field("Content-Type") == "text/plain;charset=UTF-8"
        more = peer.challenge("WWW-Authenticate", "example.test") if status.startswith("401") else []
        peer.reply(asked, status, more)
        shown = message(watch.wait_for(is_message(state)))
        assert shown["fail_reason"] == reason
    assert all(each.field("Authorization") is None for each in peer.all())


def tell(peer, where, body="hello", user="local", more=TEXT, call_id=None, tag="here", cseq=1, remote=None,
         target=None, user_from="evil"):
    """A MESSAGE of a stranger's to the local account, in a dialog if it has both tags; its Call-ID."""
    call = call_id or token()
    target = target or f"{user}@127.0.0.1:{where[1]}"
    lines = [f"MESSAGE sip:{target} SIP/2.0",
             f"Via: SIP/2.0/UDP {peer.host}:{peer.port};branch=z9hG4bK{token()};rport", "Max-Forwards: 70",
             f"From: <sip:{user_from}@{peer.host}:{peer.port}>;tag={tag}",
             f"To: <sip:{user}@127.0.0.1>" + (f";tag={remote}" if remote else ""), f"Call-ID: {call}", f"CSeq: {cseq} MESSAGE", *more]
    body = body if isinstance(body, bytes) else body.encode()
    peer.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body, where)
    return call


def test_what_is_sent_again_can_be_known(daemon, stranger):
    """The daemon is killed before it has the answer: the next one sends the same once more."""
    commd, peer = daemon(), stranger()
    commd.ctl("message", "send", f"sip:bob@127.0.0.1:{peer.port}", "ping")
    first = peer.wait("MESSAGE")
    commd.kill()
    since = peer.mark()
    commd.start()
    again = peer.wait("MESSAGE", since=since)
    # The local account may have got another port meanwhile.
    assert re.search(r"tag=.*", again.field("From"))[0] == re.search(r"tag=.*", first.field("From"))[0]
    assert again.field("Call-ID") == first.field("Call-ID")
    assert again.field("CSeq") == first.field("CSeq") and again.body == first.body


def ask(peer, commd, **options):
    """The same, and the answer to it."""
    since = peer.mark()
    return peer.wait("SIP/2.0", since=since, call=tell(peer, local_address(commd), **options))


def test_only_text_is_taken(daemon, stranger):
    commd, evil = daemon(), stranger()
    html = ask(evil, commd, more=["Content-Type: text/html"])
    assert html.status == 415 and html.field("Accept") == "text/plain, application/im-iscomposing+xml"
    assert ask(evil, commd, more=[*TEXT, "Content-Encoding: gzip"]).status == 415
    assert ask(evil, commd, more=["Content-Type: text/plain;charset=utf-16"]).status == 415
    assert ask(evil, commd, user="nobody").status == 404
    assert ask(evil, commd, user="echo").status == 404
    assert ask(evil, commd, body="").status == 400
    assert commd.rows("message", "list") == []
    assert ask(evil, commd, body=b"a\xff\x00\xe2\x82 \x1b[31m").status == 200
    assert texts(commd.rows("message", "list")) == ["a\ufffd \ufffd \x1b[31m"]
    shown = commd.run("message", "list", json_output=False).stdout
    assert "\\x1b[31m" in shown and "\x1b" not in shown
    big = ask(evil, commd, body="x" * 40_000)
    assert big.status == 200 and len(commd.rows("message", "list")[0]["text"]) == 40_000


def test_what_is_sent_again_is_there_once(daemon, stranger):
    commd, evil = daemon(), stranger()
    for text, options in (("one", {"call_id": "same"}), ("two", {"call_id": "same", "cseq": 2}),
                          ("three", {"call_id": "other"})):
        assert ask(evil, commd, body=text, **options).status == 200
    # While the first is remembered as a transaction it came by two ways (RFC 3261 section 8.2.2.2).
    assert ask(evil, commd, body="one", call_id="same").status == 482
    commd.restart()
    assert ask(evil, commd, body="one", call_id="same").status == 200
    assert texts(commd.rows("message", "list")) == ["three", "two", "one"]


def test_it_is_on_disk_before_it_is_acknowledged(daemon, stranger):
    commd, evil = daemon(), stranger()
    for number in range(5):
        assert ask(evil, commd, body=f"message {number}").status == 200
        commd.kill()
        commd.start()
    assert texts(commd.rows("message", "list")) == [f"message {number}" for number in reversed(range(5))]


def test_a_flood_is_turned_away(daemon, stranger):
    commd, evil = daemon(), stranger()
    where = local_address(commd)
    answers = []
    for _ in range(6):  # no more at once than the socket of a test holds
        calls = [tell(evil, where, body=str(number)) for number in range(50)]
        answers += [evil.wait("SIP/2.0", 30, call=call) for call in calls]
    assert {each.status for each in answers} == {200, 503}
    assert all(each.field("Retry-After") for each in answers if each.status == 503)
    taken = sum(each.status == 200 for each in answers)
    assert 60 <= taken < 300
    assert len(commd.rows("message", "list", "--limit", "1000")) == taken


def test_only_the_account_s_server_may_bring_messages(daemon, stranger):
    proxy, evil, commd = stranger(registrar="example.test"), stranger("127.0.0.2"), daemon()
    commd.add_account(ALICE, "secret", "--server", f"127.0.0.1:{proxy.port}", "--transport", "udp")
    commd.ctl("wait", "account", ALICE, "--for=state=online")
    target, where = proxy.wait_registered(), proxy.registered_from
    assert evil.ask("MESSAGE", target, where, more=TEXT).status == 404
    assert proxy.ask("MESSAGE", target, where, more=TEXT).status == 400, "it only lacks a text"
    assert commd.rows("message", "list") == []


# ---- typing, and messages in a call ----------------------------------------------------

COMPOSING = "application/im-iscomposing+xml"


def composing(state, refresh=None):
    return ('<?xml version="1.0"?><isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">'
            f"<state>{state}</state>" + (f"<refresh>{refresh}</refresh>" if refresh else "") + "</isComposing>")


def is_typing(peer, state):
    return lambda event: (event.get("event", {}).get("typing", {}).get("peer") == peer
                          and event["event"]["typing"]["state"] == f"STATE_{state.upper()}")


def test_typing_is_seen_and_ends_with_the_text(daemon, stranger):
    commd, bob = daemon(), stranger()
    peer, kind = f"sip:evil@{bob.host}:{bob.port}", [f"Content-Type: {COMPOSING}"]
    with watching(commd) as watch:
        assert ask(bob, commd, body=composing("active"), more=kind).status == 200
        watch.wait_for(is_typing(peer, "composing"))
        assert ask(bob, commd, body=composing("idle"), more=kind).status == 200
        watch.wait_for(is_typing(peer, "stopped"))
        ask(bob, commd, body=composing("active", 300), more=kind)
        watch.wait_for(is_typing(peer, "composing"))
        assert ask(bob, commd, body="here it is").status == 200
        watch.wait_for(is_typing(peer, "stopped"))
        # Whoever falls silent has stopped, too.
        ask(bob, commd, body=composing("active", 1), more=kind)
        watch.wait_for(is_typing(peer, "composing"))
        watch.wait_for(is_typing(peer, "stopped"), 30)
        for body in ("", "typing", "<isComposing/>", "<!DOCTYPE a>" + composing("active"), composing("active")[:-3]):
            assert ask(bob, commd, body=body, more=kind).status == 400
    assert texts(commd.rows("message", "list")) == ["here it is"]


def test_typing_is_told_to_whoever_understands_it(daemon, stranger):
    commd, bob, deaf = daemon(), stranger(), stranger()

    def types(who, state):
        api.messages.SetTyping(Api.v1.message.SetTypingRequest(
            address=f"sip:bob@{who.host}:{who.port}", state=f"STATE_{state}"))

    def texted(who, text):
        """A text that arrived: what was answered before it has been read, too."""
        since = who.mark()
        commd.ctl("message", "send", f"sip:bob@{who.host}:{who.port}", text)
        who.reply(who.wait("MESSAGE", since=since), "200 OK")
        watch.wait_for(is_message("delivered", text))

    with Api(commd) as api, watching(commd) as watch:
        types(bob, "COMPOSING")
        told = bob.wait("MESSAGE")
        assert told.field("Content-Type") == COMPOSING and "<state>active</state>" in told.body
        # What changes while it is under way follows it.
        types(bob, "PAUSED")
        since = bob.mark()
        bob.reply(told, "200 OK")
        told = bob.wait("MESSAGE", since=since)
        assert "<state>idle</state>" in told.body
        bob.reply(told, "200 OK")
        types(deaf, "COMPOSING")
        deaf.reply(deaf.wait("MESSAGE"), "415 What")
        texted(deaf, "hello")
        types(deaf, "COMPOSING")
        texted(deaf, "again")
        # Who has said himself that he types understands it.
        assert ask(deaf, commd, body=composing("idle"), more=[f"Content-Type: {COMPOSING}"], user_from="bob").status == 200
        since = deaf.mark()
        types(deaf, "COMPOSING")
        assert deaf.wait("MESSAGE", since=since).field("Content-Type") == COMPOSING
    assert sum(m.field("Content-Type") == COMPOSING for m in deaf.all()) == 2


def test_messages_come_in_a_call_too(daemon, stranger, ports):
    commd, bob = daemon(), stranger()
    where = local_address(commd)
    call = bob.invite(f"local@127.0.0.1:{where[1]}", where, sdp(ports.pair()))
    theirs = ringing(commd)
    commd.ctl("calls", "answer", theirs, "--capture", "none", "--playback", "none")
    bob.confirm(call)
    inside = {"call_id": call.call_id, "tag": call.local, "remote": call.remote, "target": call.target}
    with watching(commd) as watch:
        for number, text in enumerate(("first", "second"), 2):
            assert ask(bob, commd, body=text, cseq=number, **inside).status == 200
            watch.wait_for(is_message("received", text, account="local"))
        assert ask(bob, commd, body="<b>", cseq=4, more=["Content-Type: text/html"], **inside).status == 415
        kind = [f"Content-Type: {COMPOSING}"]
        assert ask(bob, commd, body=composing("active"), cseq=5, more=kind, **inside).status == 200
        watch.wait_for(is_typing(f"sip:evil@{bob.host}:{bob.port}", "composing"))
        assert ask(bob, commd, body="guess", cseq=6, **{**inside, "remote": "guess"}).status == 481
        assert commd.ctl("calls", "show", theirs)["state"] == "STATE_ACTIVE"
        # A call that ends takes nothing along that was said in it.
        tell(bob, where, body="last", cseq=7, **inside)
        call.cseq = 7
        assert bob.ask_in_dialog("BYE", call).status == 200
        watch.wait_for(is_message("received", "last"))
    assert texts(commd.rows("message", "list")) == ["last", "second", "first"]
