"""SIP by strangers: what a phone on an open port is sent by those who want its password, its
microphone, its minutes, or only its end. docs/security.md says which duty each test guards."""
# ctest: timeout=300
import socket

import pytest
from helpers import local_address, ringing

from peers.stranger import CRYPTO, sdp, token

DOMAIN = "example.test"
ALICE = f"sip:alice@{DOMAIN}"
PASSWORD = "alice-secret"
HERE = "127.0.0.1"


def register(commd, proxy, *options):
    """alice, online at the proxy; returns where her INVITEs are to be sent."""
    commd.add_account(ALICE, PASSWORD, "--server", f"{HERE}:{proxy.port}", "--transport", "udp", *options)
    commd.ctl("wait", "account", ALICE, "--for=state=online")
    proxy.wait_registered()
    return proxy.contact, proxy.registered_from


def answer(commd, call):
    commd.ctl("calls", "answer", call, "--capture", "none", "--playback", "none")


def state(commd, call):
    return commd.ctl("calls", "show", call)["state"]


def ended(commd, call):
    commd.ctl("wait", "call", call, "--for=state=ended")
    return commd.ctl("calls", "show", call)


def talking(commd, peer, target, where, body, **options):
    """A call of the peer's that was answered: (the peer's Call, the daemon's id, the 200)."""
    call = peer.invite(target, where, body, **options)
    theirs = ringing(commd)
    answer(commd, theirs)
    confirmed = peer.confirm(call)
    commd.ctl("wait", "call", theirs, "--for=state=active")
    return call, theirs, confirmed


def credentials_in(peer):
    return [m.text for m in peer.all() if m.field("Authorization") or m.field("Proxy-Authorization")]


# ---- the password ------------------------------------------------------------------


@pytest.mark.parametrize("moved", [False, True], ids=["at once", "after it moved"])
def test_a_caller_never_gets_a_digest(daemon, stranger, ports, moved):
    """The call came by our proxy, but its dialog goes straight to the caller's Contact. The caller
    challenges hold and hang-up with our realm (the SIP digest leak)."""
    proxy, evil, commd = stranger(registrar=DOMAIN), stranger("127.0.0.2"), daemon()
    contact, where = register(commd, proxy)
    body = sdp(ports.pair())
    first = f"<sip:x@{HERE}:{proxy.port}>" if moved else f"<sip:x@127.0.0.2:{evil.port}>"
    call, theirs, _ = talking(commd, proxy, contact, where, body, contact=first)
    if moved:
        # The Contact was our proxy's; a re-INVITE moves it.
        proxy.in_dialog("INVITE", call, body=body, contact=f"<sip:x@127.0.0.2:{evil.port}>")
        proxy.wait("SIP/2.0 200", call=call.call_id, since=proxy.mark() - 1)
        proxy.in_dialog("ACK", call, cseq=call.cseq)
        proxy.ask_in_dialog("INFO", call, contact=f"<sip:x@127.0.0.2:{evil.port}>")
    hold = commd.start_ctl("calls", "hold", theirs)
    offer = evil.wait("INVITE")
    evil.reply(offer, "407 Proxy Authentication Required", evil.challenge("Proxy-Authenticate", DOMAIN))
    assert hold.wait_exit(10) != 0
    commd.ctl("calls", "hangup", theirs)
    bye = evil.wait("BYE")
    evil.reply(bye, "401 Unauthorized", evil.challenge("WWW-Authenticate", DOMAIN))
    ended(commd, theirs)
    commd.terminate()
    assert credentials_in(evil) == []
    assert [m.method for m in evil.all() if not m.first.startswith("ACK")] == ["INVITE", "BYE"]


@pytest.mark.parametrize("before, code", [([], 407), (["180 Ringing"], 407), (["183 Progress"], 401)],
                         ids=["at once", "after 180", "after 183"])
def test_whoever_is_behind_the_proxy_gets_no_digest(daemon, stranger, before, code):
    """A proxy challenges before it passes an INVITE on: who rang first is the far end."""
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    call = commd.ctl("call", f"sip:bob@{DOMAIN}", "--capture", "none", "--playback", "none", "--detach")["id"]
    invite = proxy.wait("INVITE")
    for status in before:
        proxy.reply(invite, status)
    field = "Proxy-Authenticate" if code == 407 else "WWW-Authenticate"
    proxy.reply(invite, f"{code} Who are you", proxy.challenge(field, DOMAIN))
    if not before:
        second = proxy.wait("INVITE", since=proxy.all().index(invite) + 1)
        assert 'realm="example.test"' in second.field("Proxy-Authorization")
        return proxy.reply(second, "486 Busy Here")
    assert ended(commd, call)["end_reason"] == "END_REASON_AUTHENTICATION_FAILED"
    assert credentials_in(proxy) == []


def test_another_realm_of_our_own_proxy_gets_no_digest(daemon, stranger):
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    register(commd, proxy)
    call = commd.ctl("call", f"sip:bob@{DOMAIN}", "--capture", "none", "--playback", "none", "--detach")["id"]
    proxy.reply(proxy.wait("INVITE"), "407 Who are you", proxy.challenge("Proxy-Authenticate", "evil.test"))
    assert ended(commd, call)["end_reason"] == "END_REASON_AUTHENTICATION_FAILED"
    assert credentials_in(proxy) == []


# ---- the open port -----------------------------------------------------------------


def test_calls_come_in_by_the_token_and_from_the_proxy_alone(daemon, stranger, ports):
    proxy, evil, commd = stranger(registrar=DOMAIN), stranger("127.0.0.2"), daemon()
    contact, where = register(commd, proxy)
    offer, place = sdp(ports.pair()), contact.split("@")[1]
    for user in ("alice", "100", "token", ""):
        target = f"{user}@{place}" if user else place
        assert proxy.ask("INVITE", target, where, body=offer).status == 404, user
    assert evil.ask("INVITE", contact, where, body=offer).status == 404
    assert commd.rows("calls", "list") == []
    call = proxy.invite(contact, where, offer)
    proxy.wait("SIP/2.0 180", call=call.call_id)


def test_accept_from_any_lets_strangers_ring(daemon, stranger, ports):
    proxy, other, commd = stranger(registrar=DOMAIN), stranger("127.0.0.2"), daemon()
    contact, where = register(commd, proxy, "--set", "accept_from=any")
    call = other.invite(contact, where, sdp(ports.pair()))
    other.wait("SIP/2.0 180", call=call.call_id)


# What each gets with a To tag that was never ours, and without one.
STRAYS = {"BYE": (481, 400), "NOTIFY": (481, 400), "INFO": (481, 400), "UPDATE": (481, 400),
          "PRACK": (481, 400), "REFER": (481, 481), "CANCEL": (481, 481), "INVITE": (481, None),
          "SUBSCRIBE": (481, 489), "MESSAGE": (481, 400), "REGISTER": (405, 405), "PUBLISH": (405, 405),
          "WHATEVER": (501, 501)}
EXTRA = {"NOTIFY": ["Event: message-summary", "Subscription-State: active"],
         "SUBSCRIBE": ["Event: dialog"], "PUBLISH": ["Event: presence"],
         "REFER": [f"Refer-To: <sip:premium@{DOMAIN}>"], "PRACK": ["RAck: 1 1 INVITE"]}


@pytest.mark.parametrize("target", ["local", "token"])
def test_what_belongs_to_no_dialog_is_refused(daemon, stranger, ports, target):
    """Nothing that nobody asked for is taken with a 2xx, whoever sends it."""
    proxy, commd = stranger(registrar=DOMAIN), daemon()
    contact, where = register(commd, proxy)
    if target == "local":
        where = local_address(commd)
        contact = f"local@{where[0]}:{where[1]}"
    got = {method: tuple(proxy.ask(method, contact, where, remote=remote, more=EXTRA.get(method, [])).status
                         for remote in ("stray", "") if remote or method != "INVITE")
           for method in STRAYS}
    # The account's own server may tell of a mailbox unasked, but with a summary.
    wanted = {**STRAYS, "NOTIFY": (481, 415 if target == "token" else 481)}
    assert got == {method: tuple(s for s in expected if s) for method, expected in wanted.items()}
    assert commd.rows("calls", "list") == [] and commd.rows("calls", "list", "--ended") == []


def test_a_call_listens_to_its_own_tags_alone(daemon, stranger, ports):
    evil, commd = stranger("127.0.0.2"), daemon()
    caller, where = stranger(), local_address(commd)
    call, theirs, _ = talking(commd, caller, f"local@{where[0]}:{where[1]}", where, sdp(ports.pair()))
    for who in (caller, evil):
        for wrong in ({"remote": "guess"}, {"local": "guess"}, {"remote": "guess", "local": "guess"}, {"remote": ""}):
            for method in ("BYE", "INFO", "UPDATE", "REFER", "NOTIFY"):
                call.cseq += 1
                got = who.ask(method, call.target, where, call_id=call.call_id, cseq=call.cseq,
                              more=EXTRA.get(method, []), **{"remote": call.remote, "local": call.local, **wrong})
                assert got.status in (400, 481), (method, wrong, got.first)
        assert who.ask("CANCEL", call.target, where, call_id=call.call_id, cseq=1).status in (200, 481, 482)
    # Right tags, but nothing that anybody subscribed to: that ends no call either.
    assert caller.ask_in_dialog("NOTIFY", call, more=["Event: talk", "Subscription-State: active"]).status == 481
    assert state(commd, theirs) == "STATE_ACTIVE"
    assert caller.ask_in_dialog("BYE", call).status == 200
    assert ended(commd, theirs)["end_reason"] == "END_REASON_HUNG_UP"


def test_servers_may_ask_whether_we_are_there_and_scanners_learn_nothing(daemon, stranger):
    proxy, evil, commd = stranger(registrar=DOMAIN), stranger("127.0.0.2"), daemon()
    contact, where = register(commd, proxy)
    place = contact.split("@")[1]
    assert proxy.ask("OPTIONS", contact, where).status == 200
    assert proxy.ask("OPTIONS", f"100@{place}", where).status == 404
    assert evil.ask("OPTIONS", contact, where).status == 404


def test_an_invite_that_came_twice_changes_no_call(daemon, stranger, ports):
    """The same Call-ID and From tag without a To tag is no re-INVITE (RFC 3261 section 8.2.2.2)."""
    caller, commd = stranger(), daemon()
    where = local_address(commd)
    call, theirs, _ = talking(commd, caller, f"local@{where[0]}:{where[1]}", where, sdp(ports.pair()))
    got = caller.ask("INVITE", call.target, where, call_id=call.call_id, local=call.local,
                     cseq=call.cseq + 1, body=sdp(ports.pair(), more="a=inactive\r\n"))
    assert got.status == 400, got.first
    shown = commd.ctl("calls", "show", theirs)
    assert shown["state"] == "STATE_ACTIVE" and not shown["held_by_remote"]


def test_a_cancel_of_somebody_else_stops_no_ringing(daemon, stranger, ports):
    caller, evil, commd = stranger(), stranger("127.0.0.2"), daemon()
    where = local_address(commd)
    call = caller.invite(f"local@{where[0]}:{where[1]}", where, sdp(ports.pair()))
    theirs = ringing(commd)
    for changed in ({"branch": "z9hG4bKguess"}, {"call_id": token()}, {"local": "guess"}):
        got = evil.ask("CANCEL", f"local@{where[0]}:{where[1]}", where,
                       **{"call_id": call.call_id, "local": call.local, "branch": call.branch, **changed})
        assert got.status == 481, (changed, got.first)
    assert state(commd, theirs) == "STATE_RINGING"


@pytest.mark.parametrize("header", [
    "Answer-Mode: Auto;require", "Priv-Answer-Mode: Auto", "Call-Info: <sip:{there}>;answer-after=0",
    "Alert-Info: <http://{there}/ring.wav>;info=alert-autoanswer;delay=0", "P-Auto-Answer: normal"])
def test_nobody_but_the_person_answers_and_nothing_is_fetched(daemon, stranger, ports, header):
    caller, commd = stranger(), daemon()
    where = local_address(commd)
    with socket.create_server((HERE, 0)) as web:
        header = header.format(there=f"{HERE}:{web.getsockname()[1]}")
        call = caller.invite(f"local@{where[0]}:{where[1]}", where, sdp(ports.pair()), more=[header])
        theirs = ringing(commd)
        caller.wait("SIP/2.0 180", call=call.call_id)
        assert caller.ask("OPTIONS", "x", where).status == 200
        assert state(commd, theirs) == "STATE_RINGING"
        assert not [m for m in caller.all() if m.status == 200 and m.method == "INVITE"]
        web.settimeout(0)
        with pytest.raises(BlockingIOError):
            web.accept()


# ---- what is shown and logged ----------------------------------------------------------


def test_a_caller_writes_neither_our_log_nor_our_terminal(daemon, stranger, ports):
    caller, commd = stranger(), daemon()
    where = local_address(commd)
    name = "\x1b]0;pwned\x07\u202etxt.exe\x9b31m\\nerror api: event: forged"
    caller.request("INVITE", f"local@{where[0]}:{where[1]}", where, body=sdp(ports.pair()),
                   more=[f'P-Asserted-Identity: "{name}" <sip:a@b>', f"Diversion: <sip:{name}@x>",
                         f'Subject: {name}', f'Reason: SIP;cause=200;text="{name}"'], local=f"x;x={token()}")
    theirs = ringing(commd)
    shown = commd.run("calls", "show", theirs, json_output=False).stdout + commd.run("calls", "list").stdout
    commd.terminate()
    log = commd.log_path.read_bytes()
    for raw in (shown.encode(), log):
        assert not [b for b in raw if b < 0x20 and b not in b"\n\t"] and b"\x7f" not in raw
        assert "\u202e".encode() not in raw and "\x9b".encode() not in raw
    assert b"\nerror api: event: forged" not in log


# ---- encryption ------------------------------------------------------------------------


def test_an_answer_without_keys_ends_a_call_that_must_be_encrypted(daemon, stranger, ports):
    peer, commd = stranger(), daemon()
    call = commd.ctl("call", f"sip:x@{HERE}:{peer.port}", "--capture", "none", "--playback", "none", "--detach",
                     "--set", "encryption=required")["id"]
    invite = peer.wait("INVITE")
    assert "RTP/SAVP" in invite.body and "a=crypto:" in invite.body
    peer.reply(invite, "200 OK", [f"Contact: <sip:x@{HERE}:{peer.port}>"], sdp(ports.pair()))
    peer.wait("BYE")
    assert ended(commd, call)["end_reason"] == "END_REASON_ENCRYPTION_REQUIRED"


@pytest.mark.parametrize("policy", ["required", "preferred"])
def test_a_running_call_is_not_taken_into_the_clear_in_silence(daemon, stranger, ports, policy):
    """Neither where encryption must be, nor where it is only preferred: what once was is kept."""
    caller, commd = stranger(), daemon()
    commd.ctl("account", "set", "local", f"encryption={policy}")
    where, port = local_address(commd), ports.pair()
    call, theirs, confirmed = talking(commd, caller, f"local@{where[0]}:{where[1]}", where,
                                      sdp(port, profile="RTP/SAVP", more=CRYPTO))
    assert "a=crypto:1 AES_CM_128_HMAC_SHA1_80" in confirmed.body
    assert commd.ctl("calls", "show", theirs)["security"]["level"] == "LEVEL_ENCRYPTED"
    got = [caller.ask_in_dialog("UPDATE", call, body=sdp(port)).status,
           caller.ask_in_dialog("INVITE", call, body=sdp(port)).status]
    caller.in_dialog("ACK", call, cseq=call.cseq)
    assert got == [488, 488]
    shown = commd.ctl("calls", "show", theirs)
    assert shown["state"] == "STATE_ACTIVE"
    assert shown["security"]["level"] == "LEVEL_ENCRYPTED"


def test_nor_by_an_answer_that_comes_with_the_ack(daemon, stranger, ports):
    """Whoever is asked for an offer in a running call offers the keys that it has; what comes back has none."""
    caller, commd = stranger(), daemon()
    where, port = local_address(commd), ports.pair()
    call, theirs, _ = talking(commd, caller, f"local@{where[0]}:{where[1]}", where,
                              sdp(port, profile="RTP/SAVP", more=CRYPTO))
    offered = caller.ask_in_dialog("INVITE", call)
    assert offered.status == 200 and "a=crypto:" in offered.body
    caller.in_dialog("ACK", call, cseq=call.cseq, body=sdp(port))
    assert ended(commd, theirs)["end_reason"] == "END_REASON_ENCRYPTION_REQUIRED"
    caller.wait("BYE")


@pytest.mark.parametrize("policy", ["required", "preferred"])
def test_keys_in_the_clear_are_no_encryption(own_network, daemon, stranger, ports, policy):
    address = own_network("192.0.2.77")
    commd = daemon(settings={"sip": {"local_listen": [address]}})
    commd.ctl("account", "set", "local", f"encryption={policy}")
    caller = stranger(address)
    port = next(a.rsplit(":", 1)[1] for a in commd.ctl("status")["listening"] if a.startswith(f"udp {address}:"))
    target, where = f"local@{address}:{port}", (address, int(port))
    body = sdp(ports.pair(), profile="RTP/SAVP", ip=address, more=CRYPTO)
    if policy == "required":
        assert caller.ask("INVITE", target, where, body=body).status == 488
        assert commd.rows("calls", "list") == []
        return
    _, theirs, _ = talking(commd, caller, target, where, body)
    assert commd.ctl("calls", "show", theirs)["security"]["level"] == "LEVEL_KEY_EXPOSED"
