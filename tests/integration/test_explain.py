"""Faults of every kind, and what `commctl explain` calls them: each by its code, with words that name the remedy."""
# ctest: timeout=420
import contextlib
import datetime
import re
import struct
import threading

import pytest
from helpers import PLAIN, call_to, is_notice, local_address, ringing
from test_security_sip import ended, register

from peers.api import until
from peers.dino import dns_records
from peers.dtls import described, hello
from peers.natlab import SERVER
from peers.rtp import FRAME, Rtp, ulaw
from peers.stranger import CRYPTO, sdp

HERE = "127.0.0.1"
NOBODY = ("--capture", "none", "--playback", "none")


def explain(commd, *call):
    """The findings, the worst first, and the codes of the steps."""
    told = commd.ctl("explain", *call)
    assert told["findings"]
    return told["findings"], [step["code"] for step in told["steps"]]


def verdict(commd, call, code, *words):
    """It is the first thing said; what happened and what to do have these words."""
    findings, steps = explain(commd, call)
    worst = findings[0]
    assert worst["code"] == code, findings
    said = worst["text"] + " " + worst.get("advice", "")
    for word in words:
        assert word in said, said
    plain = commd.run("explain", call, json_output=False)
    assert plain.returncode == 0 and f"[{code}]" in plain.stdout
    assert not worst.get("advice") or worst["advice"] in plain.stdout
    return steps


def wait_for_code(commd, call, code, seconds=20):
    """Whether it becomes the first thing that is said."""
    return until(lambda: explain(commd, call)[0][0]["code"] == code, seconds)


def moment(event):
    """To the microsecond, which is as far as Python's dates go."""
    seconds, fraction = re.fullmatch(r"(.*:\d\d)(\.\d+)?Z", event["event"]["time"]).groups()
    return datetime.datetime.fromisoformat(seconds) + datetime.timedelta(seconds=float(fraction or 0))


def told_in_time(events, call, code, since="STATE_ACTIVE"):
    """CALL_SILENT came within 5 s of the state, by the daemon's own clock."""
    begun = events.wait_for(lambda e: e.get("event", {}).get("call_changed", {}).get("id") == call
                            and e["event"]["call_changed"]["state"] == since)
    silent = events.wait_for(is_notice("CALL_SILENT", call), 15)
    assert silent["event"]["notice"]["message"].startswith(code + ": ")
    assert moment(silent) - moment(begun) <= datetime.timedelta(seconds=5)


class Answered:
    """A call of a stranger's that was answered: where its sound goes, and what is told of it."""

    def __init__(self, commd, call, events, there, voice):
        self.commd, self.call, self.events, self.there, self.voice = commd, call, events, there, voice

    def is_silent_for(self, code, *words):
        told_in_time(self.events, self.call, code)
        return verdict(self.commd, self.call, code, *words)


@pytest.fixture
def answered(daemon, stranger, ports):
    """answered(): a stranger's call, with this more in its offer."""
    with contextlib.ExitStack() as stack:
        def make(*settings, capture="tone:440", **offer):
            commd, caller = daemon(), stranger(registrar="example.test")
            voice = stack.enter_context(Rtp(HERE, ports.pair()))
            contact, where = register(commd, caller, *settings)
            events = stack.enter_context(commd.watch())
            events.wait_for(lambda e: "checkpoint" in e)
            his = caller.invite(contact, where, sdp(voice.port, **offer))
            call = ringing(commd)
            commd.ctl("calls", "answer", call, "--capture", capture, "--playback", "none")
            there = (HERE, int(re.search(r"m=audio (\d+)", caller.confirm(his).body).group(1)))
            return Answered(commd, call, events, there, voice)
        yield make


@contextlib.contextmanager
def repeated(send, pause=0.02):
    """send() again and again, meanwhile."""
    stop = threading.Event()

    def run():
        while not stop.wait(pause):
            send()
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def sound(voice, there, payload=None, payload_type=0):
    """Sends one packet: of this payload, else of a tone."""
    loud = ulaw([0.3, -0.3] * (FRAME // 2))

    def send():
        voice.send(voice.packet(loud if payload is None else payload, payload_type=payload_type), there)
        voice.timestamp += FRAME
    return send


def report(voice, there):
    """Sends a receiver report that says nothing of anybody (RFC 3550, section 6.4.2)."""
    packet = struct.pack("!BBHI", 0x80, 201, 1, voice.ssrc) + struct.pack("!BBHIBB2s", 0x81, 202, 2, voice.ssrc, 1, 2, b"xy")
    return lambda: voice.send(packet, (there[0], there[1] + 1))


# ---- sound that does not come, or is of no use ------------------------------------------


def test_nothing_comes(answered):
    talk = answered()
    steps = talk.is_silent_for("NOTHING_RECEIVED", "firewall", "rtp_ports")
    assert {"THEIR_OFFER", "OUR_ANSWER", "FIRST_SENT", "CALL_SILENT"} <= set(steps)
    talk.commd.ctl("calls", "hangup", talk.call)
    ended(talk.commd, talk.call)
    assert explain(talk.commd)[0][0]["code"] == "NOTHING_RECEIVED"
    assert "HUNG_UP" in [finding["code"] for finding in explain(talk.commd)[0]]


def test_what_was_found_is_kept(answered):
    talk = answered()
    talk.is_silent_for("NOTHING_RECEIVED")
    talk.commd.ctl("calls", "hangup", talk.call)
    ended(talk.commd, talk.call)
    before = talk.commd.ctl("explain", talk.call)
    talk.commd.restart()
    assert talk.commd.ctl("explain", talk.call) == before
    trace = talk.commd.run("explain", talk.call, "--trace", json_output=False).stdout
    assert "THEIR_OFFER" in trace and re.search(r"\+\d+\.\d{3} s", trace)


def test_only_reports_come(answered):
    talk = answered()
    with repeated(report(talk.voice, talk.there), 0.5):
        talk.is_silent_for("FAR_END_SENDS_NOTHING", "microphone")


def test_sound_comes_from_elsewhere(answered):
    talk = answered("--set", "latch=off")
    with Rtp(HERE) as other, repeated(sound(other, talk.there)):
        talk.is_silent_for("OTHER_ADDRESS", f"{HERE}:{other.port}", f"{HERE}:{talk.voice.port}", "latch=on")


def test_sound_comes_in_another_codec(answered):
    talk = answered()
    with repeated(sound(talk.voice, talk.there, b"\1" * 20, payload_type=18)):
        talk.is_silent_for("UNEXPECTED_CODEC", "payload type 18", "PCMU")


def test_sound_comes_with_other_keys(answered):
    """Or without any: the key was promised and is not used."""
    talk = answered(profile="RTP/SAVP", more=CRYPTO)
    with repeated(sound(talk.voice, talk.there)):
        talk.is_silent_for("WRONG_KEYS", "decrypted")


def test_the_far_end_sends_silence(answered):
    talk = answered()
    with repeated(sound(talk.voice, talk.there, ulaw([0.0] * FRAME))), repeated(report(talk.voice, talk.there), 5):
        talk.is_silent_for("FAR_END_SILENT", "microphone")


def test_nothing_arrives_there(answered):
    talk = answered()
    with repeated(sound(talk.voice, talk.there)), repeated(report(talk.voice, talk.there), 0.5):
        talk.is_silent_for("NOT_HEARD", f"{HERE}:{talk.voice.port}", "ice=on")


def test_the_answer_is_not_confirmed(daemon, stranger, ports):
    """The caller's ACK is lost on the way."""
    commd, caller = daemon(), stranger()
    with commd.watch() as events:
        events.wait_for(lambda e: "checkpoint" in e)
        where = local_address(commd)
        caller.invite(f"local@{HERE}:{where[1]}", where, sdp(ports.pair()))
        call = ringing(commd)
        commd.ctl("calls", "answer", call, *NOBODY)
        told_in_time(events, call, "ANSWER_NOT_CONFIRMED", since="STATE_CONNECTING")
    verdict(commd, call, "ANSWER_NOT_CONFIRMED", "ACK", "transport=tcp")


def test_sound_stops(answered):
    talk = answered()
    with repeated(sound(talk.voice, talk.there)):
        talk.commd.ctl("wait", "call", talk.call, "--for=state=active")
        assert wait_for_code(talk.commd, talk.call, "SOUND_BOTH_WAYS")
    assert wait_for_code(talk.commd, talk.call, "SOUND_STOPPED")


# ---- silence that is no fault ------------------------------------------------------------


def test_a_call_that_is_well_says_nothing(daemon):
    alice, bob = daemon("alice"), daemon("bob")
    with alice.watch() as events, call_to(alice, bob, "--capture", "tone:440", "--playback", "none") as (call, theirs):
        assert wait_for_code(alice, call, "SOUND_BOTH_WAYS")
        threading.Event().wait(5)  # what is under test is that nothing is said in that time
        assert explain(bob, theirs)[0][0]["code"] == "SOUND_BOTH_WAYS"
        assert not [e for e in events.events() if is_notice("CALL_SILENT")(e)]


def test_silence_on_hold_or_of_the_muted_is_wanted(daemon):
    alice, bob = daemon("alice"), daemon("bob")
    with alice.watch() as events, call_to(alice, bob, "--capture", "tone:440", "--playback", "none") as (call, theirs):
        alice.ctl("calls", "mute", call)
        verdict(alice, call, "MUTED", "unmute")
        alice.ctl("calls", "unmute", call)
        alice.ctl("calls", "hold", call)
        verdict(alice, call, "HELD_HERE", "resume")
        verdict(bob, theirs, "HELD_BY_FAR_END", "Wait")
        threading.Event().wait(5)  # what is under test is that nothing is said in that time
        assert not [e for e in events.events() if is_notice("CALL_SILENT")(e)]


# ---- devices -------------------------------------------------------------------------------


def test_a_microphone_that_hears_nothing(daemon, pulse):
    """The room is silent: what it gives is nothing but zeros."""
    alice, bob = daemon("alice", env=pulse().env, settings={"audio": PLAIN}), daemon("bob")
    with alice.watch() as events, call_to(alice, bob, "--capture", "default", "--playback", "none") as (call, _):
        told_in_time(events, call, "MICROPHONE_SILENT")
        verdict(alice, call, "MICROPHONE_SILENT", "device test")


def test_no_sound_server(daemon):
    alice, bob = daemon("alice", settings={"audio": PLAIN}), daemon("bob")
    with call_to(alice, bob, "--capture", "default", "--playback", "none") as (call, _):
        assert wait_for_code(alice, call, "CAPTURE_UNUSABLE")
        verdict(alice, call, "CAPTURE_UNUSABLE", "device list")


# ---- keys ------------------------------------------------------------------------------------


def test_nobody_shakes_hands(answered, pki):
    talk = answered(profile="UDP/TLS/RTP/SAVP", more=described(pki.leaf("promised")))
    told_in_time(talk.events, talk.call, "DTLS_SILENT", since="STATE_CONNECTING")
    verdict(talk.commd, talk.call, "DTLS_SILENT", "DTLS", "ice=on")


def test_another_certificate(answered, pki, folder):
    talk = answered(profile="UDP/TLS/RTP/SAVP", more=described(pki.leaf("promised")))
    talk.voice.close()
    with hello(folder, pki.leaf("another"), talk.voice.port, talk.there):
        ended(talk.commd, talk.call)
    verdict(talk.commd, talk.call, "FINGERPRINT_MISMATCH", "in the middle", "Do not trust")


def test_both_ends_begin(answered, pki, folder):
    promised = pki.leaf("promised")
    talk = answered(profile="UDP/TLS/RTP/SAVP", more=described(promised, setup="passive"))
    talk.voice.close()
    with hello(folder, promised, talk.voice.port, talk.there):
        talk.commd.ctl("wait", "call", talk.call, "--for=state=ended", "--timeout=40s", seconds=45)
    verdict(talk.commd, talk.call, "DTLS_ROLE_CONFLICT", "a=setup")


# ---- calls that never became any --------------------------------------------------------------


@pytest.fixture
def refused(daemon, stranger):
    """refused("486 Busy Here"): a call that was answered so; with these settings of the account."""
    def make(status, *settings):
        proxy, commd = stranger(registrar="example.test"), daemon()
        register(commd, proxy, *settings)
        call = commd.ctl("call", "sip:x@example.test", *NOBODY, "--detach")["id"]
        since, last = 0, "SAVPF" if status.startswith("488") and "encryption=off" not in settings else "RTP"
        while True:  # each kind of offer is refused
            invite = proxy.wait("INVITE", since=since)
            since = proxy.mark()
            proxy.reply(invite, status)
            if last in re.search(r"m=audio \d+ (\S+)", invite.body).group(1):
                break
        ended(commd, call)
        return commd, call
    return make


@pytest.mark.parametrize("status,settings,code,words", [
    ("486 Busy Here", [], "BUSY", ["later"]),
    ("404 Not Found", [], "ADDRESS_NOT_FOUND", ["slip"]),
    ("480 Gone Home", [], "NOT_AVAILABLE", ["logged in"]),
    ("403 Forbidden", [], "FORBIDDEN", ["server"]),
    ("603 Decline", [], "DECLINED", ["message"]),
    ("503 Service Unavailable", [], "SERVER_UNREACHABLE", ["503"]),
    ("416 Unsupported URI Scheme", [], "SCHEME_REFUSED", ["416", "sip:"]),
    ("488 Not Acceptable Here", ["--set", "codecs=PCMU"], "NO_COMMON_CODEC", ["PCMU/8000", "codecs="]),
    ("488 Not Acceptable Here", ["--set", "encryption=required"], "ENCRYPTION_NOT_ACCEPTED", ["encryption=preferred"]),
    ("488 Encryption Required", ["--set", "encryption=off"], "ENCRYPTION_REQUIRED", ["encryption=preferred"]),
], ids=lambda value: value if isinstance(value, str) and value.isupper() else "")
def test_the_call_is_refused(refused, status, settings, code, words):
    commd, call = refused(status, *settings)
    verdict(commd, call, code, *words)


def test_an_answer_without_keys(daemon, stranger, ports):
    proxy, commd = stranger(registrar="example.test"), daemon()
    register(commd, proxy, "--set", "encryption=required")
    call = commd.ctl("call", "sip:x@example.test", *NOBODY, "--detach")["id"]
    proxy.reply(proxy.wait("INVITE"), "200 OK", body=sdp(ports.pair()), more=[f"Contact: <sip:x@{HERE}:{proxy.port}>"])
    ended(commd, call)
    verdict(commd, call, "ENCRYPTION_REQUIRED", "encryption=required", "SRTP")


def test_it_rang_and_nobody_answered(daemon, stranger):
    proxy, commd = stranger(registrar="example.test"), daemon()
    register(commd, proxy)
    call = commd.ctl("call", "sip:x@example.test", *NOBODY, "--detach")["id"]
    invite = proxy.wait("INVITE")
    proxy.reply(invite, "180 Ringing")
    commd.ctl("wait", "call", call, "--for=state=ringing")
    proxy.reply(invite, "480 Temporarily Unavailable")
    ended(commd, call)
    verdict(commd, call, "NO_ANSWER", "rang for", "480")


def test_nothing_listens(daemon, ports):
    commd = daemon()
    call = commd.ctl("call", f"sip:x@{HERE}:{ports.pair()}", "--from", "local", *NOBODY, "--detach")["id"]
    commd.ctl("wait", "call", call, "--for=state=ended", "--timeout=40s", seconds=45)
    verdict(commd, call, "NOTHING_LISTENS", HERE, "port")
    assert not commd.ctl("calls", "show", call).get("end_sip_code")


def test_a_domain_that_is_not_there(daemon, dns, folder):
    commd = daemon(settings={"sip": {"resolv_conf": dns().resolv_conf(folder)}})
    call = commd.ctl("call", "sip:x@nowhere.invalid", "--from", "local", *NOBODY, "--detach")["id"]
    commd.ctl("wait", "call", call, "--for=state=ended", "--timeout=40s", seconds=45)
    verdict(commd, call, "NAME_NOT_FOUND", "domain", "nowhere.invalid")


# ---- quality ------------------------------------------------------------------------------------


def test_a_lossy_way(answered):
    talk = answered()
    good, count = sound(talk.voice, talk.there), iter(range(10 ** 6))

    def lossy():
        if next(count) % 5 == 0:
            talk.voice.sequence += 1
            talk.voice.timestamp += FRAME
        else:
            good()
    with repeated(lossy):
        assert wait_for_code(talk.commd, talk.call, "LOSS_HIGH")
        verdict(talk.commd, talk.call, "LOSS_HIGH", "%", "cable")


# ---- networks that do not let each other in -------------------------------------------------------


@pytest.fixture
def internet(natlab, coturn, prosody, folder):
    """internet(turn): the laboratory with a server of XMPP that names this relay, or none."""
    def make(relay, transports=("udp",)):
        lab = natlab()
        people = folder / "groups.txt"
        people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\n")
        with lab.public.inside():
            turn = relay(coturn(secret="shared", hosts=(SERVER,), port=3478, transports=transports)) if relay else None
            server = prosody(hosts=(SERVER,), starttls=5222, direct=5223, turn=turn, modules=["groups"],
                             more=f'groups_file = "{people}"\n')
        dns_records(lab.dns, server.domain, SERVER)
        return lab, server
    return make


def talk_by_xmpp(lab, server, daemon, pki, kind):
    """alice calls bob from such a network to another one; both daemons, the call, bob's id of it."""
    phones = []
    for user in ("alice", "bob"):
        commd = daemon(user, network=lab.network(kind).client(user))
        account = commd.add_account(f"xmpp:{user}@{server.domain}", server.users[user],
                                    "--set", f"tls_ca_file={pki.ca.cert}")
        commd.ctl("wait", "account", account["id"], "--for=state=online")
        phones.append(commd)
    alice, bob = phones
    call = alice.ctl("call", f"xmpp:bob@{server.domain}", "--detach", "--capture", "tone:440", "--playback", "none")["id"]
    theirs = ringing(bob)
    bob.ctl("calls", "answer", theirs, "--capture", "tone:1000", "--playback", "none")
    return alice, bob, call, theirs


def test_two_networks_without_a_relay(internet, daemon, pki):
    lab, server = internet(None)
    alice, bob, call, theirs = talk_by_xmpp(lab, server, daemon, pki, "symmetric")
    assert wait_for_code(alice, call, "NO_RELAY")
    verdict(alice, call, "NO_RELAY", "TURN server", "by STUN")
    verdict(bob, theirs, "NO_RELAY", "TURN server")
    alice.ctl("wait", "call", call, "--for=state=ended", "--timeout=60s", seconds=65)
    ended(bob, theirs)
    steps = verdict(alice, call, "NO_RELAY", "turn=") + verdict(bob, theirs, "NO_RELAY", "turn=")
    # Whoever gives up first ends it for the other.
    assert {"ICE_CHECKING", "OUR_CANDIDATE", "THEIR_CANDIDATE", "ICE_FAILED", "ICE_PAIRS_TRIED"} <= set(steps)


def with_another_secret(relay):
    relay.secret = "another"
    return relay


@pytest.mark.parametrize("transports", [("udp",), ("udp", "tcp")], ids="-".join)
def test_a_relay_that_refuses_the_password(internet, daemon, pki, transports):
    """Of several servers that are asked at once nobody tells which of them has refused: both remedies are named."""
    lab, server = internet(with_another_secret, transports)
    alice, _, call, _ = talk_by_xmpp(lab, server, daemon, pki, "symmetric")
    without_relay(alice, call, {"RELAY_REFUSED", "RELAY_UNUSABLE"}, "password")


def without_relay(commd, call, codes, word):
    assert until(lambda: explain(commd, call)[0][0]["code"] in codes, 20)
    verdict(commd, call, explain(commd, call)[0][0]["code"], word, SERVER, "TURN server")


def killed(relay):
    relay.kill()
    return relay


def test_a_relay_that_is_silent(internet, daemon, pki):
    lab, server = internet(killed)
    alice, _, call, _ = talk_by_xmpp(lab, server, daemon, pki, "symmetric")
    without_relay(alice, call, {"RELAY_SILENT", "RELAY_UNUSABLE"}, "the port")
