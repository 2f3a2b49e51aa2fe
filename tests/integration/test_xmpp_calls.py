"""Calls over XMPP (Jingle): daemons call each other through a real prosody, with sound both ways."""
# ctest: timeout=300
import pytest
from helpers import listen_for, ringing, wave

from peers import tones


@pytest.fixture
def served(folder):
    """Options of a prosody at which alice and bob are each other's contacts, carol is nobody's."""
    people = folder / "groups.txt"
    people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\n")
    return {"more": f'groups_file = "{people}"', "modules": ["groups", "carbons"]}


def sign_in(commd, server, pki, user):
    account = commd.add_account(f"xmpp:{user}@xmpp.test", server.users[user], *server.options(pki))
    commd.ctl("wait", "account", account["id"], "--for=state=online")
    return account["id"]


@pytest.fixture
def pair(daemon, prosody, pki, served):
    """alice's and bob's daemons; a third one for more of bob's devices."""
    server = prosody(**served)
    one, two = daemon("one"), daemon("two")
    sign_in(one, server, pki, "alice")
    sign_in(two, server, pki, "bob")
    return one, two, server


def place(commd, target, *options):
    return commd.ctl("call", target, "--capture", "none", "--playback", "none", "--detach", *options)["id"]


def answer(commd, *options):
    call = ringing(commd)
    commd.ctl("calls", "answer", call, *(options or ("--capture", "none", "--playback", "none")))
    return call


def end_of(commd, call):
    commd.ctl("wait", "call", call, "--for=state=ended")
    return commd.ctl("calls", "show", call)


def test_two_daemons_talk(pair, folder):
    one, two, _ = pair
    ears = {name: folder / f"heard-{name}.wav" for name in ("one", "two")}
    call = one.ctl("call", "xmpp:bob@xmpp.test", "--capture", f"file:{wave(folder, 'a.wav', 440)}",
                   "--playback", f"file:{ears['one']}", "--detach")["id"]
    one.ctl("wait", "call", call, "--for=state=ringing")
    theirs = answer(two, "--capture", f"file:{wave(folder, 'b.wav', 1000)}", "--playback", f"file:{ears['two']}")
    for commd, each in ((one, call), (two, theirs)):
        commd.ctl("wait", "call", each, "--for=state=active")
    listen_for(2)
    shown = two.ctl("calls", "show", theirs)
    assert shown["remote"]["address"] == "xmpp:alice@xmpp.test" and shown["direction"] == "DIRECTION_INCOMING"
    stats = one.ctl("calls", "stats", call)
    assert stats["received"]["codec"].startswith("opus")
    assert stats["security"]["mechanism"] == "DTLS-SRTP" and stats["security"]["level"] == "LEVEL_ENCRYPTED"
    one.ctl("calls", "hangup", call)
    shown = end_of(two, theirs)
    assert shown["ended_by"] == "ENDED_BY_REMOTE" and shown["end_reason"] == "END_REASON_HUNG_UP"
    tones.assert_tone(ears["one"], 1000, absent=[440])
    tones.assert_tone(ears["two"], 440, absent=[1000])


def test_hold_and_back_from_both_ends(pair):
    one, two, _ = pair
    call = place(one, "xmpp:bob@xmpp.test")
    theirs = answer(two)
    for commd, each in ((one, call), (two, theirs)):
        commd.ctl("wait", "call", each, "--for=state=active")
    for holder, mine, held, other in ((one, call, two, theirs), (two, theirs, one, call)):
        holder.ctl("calls", "hold", mine)
        held.ctl("wait", "call", other, "--for=state=held")
        assert held.ctl("calls", "show", other)["held_by_remote"]
        holder.ctl("calls", "resume", mine)
        held.ctl("wait", "call", other, "--for=state=active")
    two.ctl("calls", "hangup", theirs)
    assert end_of(one, call)["ended_by"] == "ENDED_BY_REMOTE"


def test_ends_before_the_answer(pair):
    one, two, _ = pair
    call = place(one, "xmpp:bob@xmpp.test")
    theirs = ringing(two)
    one.ctl("calls", "hangup", call)
    shown = end_of(two, theirs)
    assert shown["end_reason"] == "END_REASON_CANCELLED" and shown["missed"]
    call = place(one, "xmpp:bob@xmpp.test")
    two.ctl("calls", "reject", ringing(two))
    assert end_of(one, call)["end_reason"] == "END_REASON_DECLINED"


def test_one_device_answers_and_the_other_one_stops(pair, daemon, pki):
    one, two, server = pair
    three = daemon("three")
    sign_in(three, server, pki, "bob")
    call = place(one, "xmpp:bob@xmpp.test")
    others = ringing(three)
    theirs = answer(two)
    assert end_of(three, others)["end_reason"] == "END_REASON_ANSWERED_ELSEWHERE"
    one.ctl("wait", "call", call, "--for=state=active")
    one.ctl("calls", "hangup", call)
    end_of(two, theirs)


def test_strangers_ring_and_learn_nothing(pair, friend):
    _, two, server = pair
    carol = friend("carol", server)
    carol.raw("<message type='chat' to='bob@xmpp.test'><propose xmlns='urn:xmpp:jingle-message:0' id='c1'>"
              "<description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'/></propose></message>")
    theirs = ringing(two)
    assert two.ctl("calls", "show", theirs)["remote"]["address"] == "xmpp:carol@xmpp.test"
    two.ctl("calls", "reject", theirs)
    # What would have come has come before the answer to this.
    carol.ask("<iq type='get' id='p1' to='xmpp.test'><ping xmlns='urn:xmpp:ping'/></iq>")
    assert not any(each["sender"].startswith("bob@") for each in carol.events("message"))
    # One that is answered is told to call: it is too late for secrets then.
    carol.raw("<message type='chat' to='bob@xmpp.test'><propose xmlns='urn:xmpp:jingle-message:0' id='c2'>"
              "<description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'/></propose></message>")
    answer(two)
    told = carol.wait("message", lambda each: "proceed" in each["xml"])
    assert told["sender"].startswith("bob@xmpp.test/")


def test_nobody_of_that_name(pair):
    one, _, _ = pair
    shown = end_of(one, place(one, "xmpp:nobody@xmpp.test"))
    assert shown["end_reason"] == "END_REASON_UNAVAILABLE"
