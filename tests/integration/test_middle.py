"""A server in the middle that strips and changes the keys of calls: refused, or shown for what it is.

Nothing that was not agreed on goes in the clear through its relay, and nobody is told more protection than there is.
"""
# ctest: timeout=300
import pytest
from between import KEPT, KEYS, PEOPLE, Talk, between, called, person, says, talking  # noqa: F401
from helpers import BOB_HZ, ROOM_HZ, is_notice, listen_for, whole
from test_dtls import rejected
from test_security_sip import ended

from peers import tones
from peers.api import until
from peers.middle import in_the_clear, only, other_crypto, other_fingerprint, other_hash, without

# ---- who touches nothing -----------------------------------------------------------------


@pytest.mark.parametrize("policy", ["preferred", "required"])
@pytest.mark.parametrize("keys", KEYS)
def test_who_touches_nothing_hears_nothing(talking, folder, keys, policy):
    talk = talking(keys, policy)
    talk.wait("active")
    assert talk.security() == [("LEVEL_ENCRYPTED", keys)] * 2
    listen_for(2)
    talk.hang_up()
    assert min(len(talk.man.heard(user)) for user in PEOPLE) > 50
    assert talk.in_clear() == 0
    whole(talk.alice, talk.bob)
    tones.assert_tone(folder / "alice.wav", BOB_HZ, absent=[ROOM_HZ])
    tones.assert_tone(folder / "bob.wav", ROOM_HZ, absent=[BOB_HZ])


# ---- keys that are taken away --------------------------------------------------------------


@pytest.mark.parametrize("keys", KEYS)
def test_an_offer_whose_keys_are_gone_rings_nowhere(called, keys):
    talk = called(keys, "required", alice=[in_the_clear])
    over = ended(talk.alice, talk.call)
    assert over["end_sip_code"] == 488 and "ncrypt" in over["end_text"]
    assert talk.codes("alice")[0] == "ENCRYPTION_REQUIRED"
    assert talk.bob.rows("calls", "list") == []
    assert talk.in_clear() == 0


@pytest.mark.parametrize("keys", KEYS)
def test_an_answer_whose_keys_are_gone_ends_the_call(talking, keys):
    talk = talking(keys, "required", bob=[in_the_clear])
    assert ended(talk.alice, talk.call)["end_reason"] == "END_REASON_ENCRYPTION_REQUIRED"
    assert talk.codes("alice")[0] == "ENCRYPTION_REQUIRED"
    ended(talk.bob, talk.theirs)
    assert talk.in_clear() == 0


@pytest.mark.parametrize("keys", KEYS)
def test_where_encryption_is_a_wish_its_absence_is_told(talking, keys):
    talk = talking(keys, alice=[in_the_clear])
    talk.wait("active")
    assert talk.security() == [("LEVEL_NONE", "")] * 2
    assert until(lambda: talk.in_clear() > 20)
    talk.hang_up()


@pytest.mark.parametrize("keys", ["DTLS-SRTP", "ZRTP"])
def test_nobody_claims_keys_that_the_other_does_not_have(talking, keys):
    """The answer was stripped: who has given it waits for keys, and says and hears nothing meanwhile."""
    talk = talking(keys, bob=[in_the_clear])
    talk.alice.ctl("wait", "call", talk.call, "--for=state=active")
    assert until(lambda: talk.in_clear() > 20)
    assert talk.security() == [("LEVEL_NONE", "")] * 2
    assert talk.bob.ctl("calls", "show", talk.theirs)["state"] == "STATE_CONNECTING"
    assert not any(says(packet, BOB_HZ) for packet in talk.man.heard("bob"))
    talk.hang_up()
    talk.bob.terminate()
    tones.assert_silence(talk.folder / "bob.wav")


def test_without_zrtp_the_other_keys_are_told_as_what_they_are(talking):
    talk = talking("ZRTP", "required", alice=[without("zrtp-hash")])
    talk.wait("active")
    assert talk.security() == [("LEVEL_ENCRYPTED", "DTLS-SRTP")] * 2
    listen_for(1)
    assert talk.in_clear() == 0


# ---- keys that are changed -----------------------------------------------------------------


@pytest.mark.parametrize("policy", ["preferred", "required"])
@pytest.mark.parametrize("liar, deceived", [("alice", "bob"), ("bob", "alice")])
def test_another_fingerprint(talking, policy, liar, deceived):
    talk = talking("DTLS-SRTP", policy, **{liar: [other_fingerprint]})
    talk.wait("ended")
    assert "FINGERPRINT_MISMATCH" in talk.codes(deceived)
    one, call = talk.end_of(deceived)
    assert one.ctl("calls", "show", call)["security"]["level"] == "LEVEL_NONE"
    assert talk.in_clear() == 0


@pytest.mark.parametrize("policy", ["preferred", "required"])
def test_another_key_in_the_signalling(talking, policy):
    """Nobody who sends rubbish may end a call: it is told, and nothing is heard."""
    talk = talking("SDES", policy, alice=[other_crypto])
    talk.wait("active")
    assert until(lambda: talk.codes("bob")[0] == "WRONG_KEYS", 15)
    assert talk.in_clear() == 0
    talk.hang_up()
    talk.bob.terminate()
    tones.assert_silence(talk.folder / "bob.wav")


def test_two_that_were_told_to_begin_both_come_to_nothing(talking):
    """Bob begins (DTLS); alice is told that he waits for her."""
    talk = talking(bob=[lambda sdp: sdp.replace("a=setup:active", "a=setup:passive")])
    talk.wait("ended", 30)
    assert {"DTLS_ROLE_CONFLICT", "DTLS_SILENT"} & set(talk.codes("alice") + talk.codes("bob"))
    assert talk.in_clear() == 0


@pytest.mark.parametrize("liar, deceived", [("alice", "bob"), ("bob", "alice")])
def test_another_hello_of_zrtp_than_was_announced(talking, liar, deceived):
    talk = talking("ZRTP", "preferred", **{liar: [other_hash]})
    talk.wait("ended", 25)
    assert talk.codes(deceived)[0] == "ZRTP_HELLO_MISMATCH"
    assert [level for level, _ in talk.security()] == ["LEVEL_NONE"] * 2
    assert talk.in_clear() == 0


# ---- in the middle of a call -------------------------------------------------------------------


@pytest.mark.parametrize("keys", KEYS)
def test_a_hold_without_keys_is_refused(talking, keys):
    """alice holds; the offer that bob gets has no keys any more."""
    talk = talking(keys)
    talk.wait("active")
    before = talk.security()
    since = talk.man.mark()
    talk.man.touch_descriptions("alice", in_the_clear)
    with talk.bob.watch() as events:
        for _ in range(2):
            refused = talk.alice.run("calls", "hold", talk.call)
            assert refused.returncode == 1 and "REFUSED_BY_PEER" in refused.stderr + refused.stdout
        events.wait_for(is_notice("DOWNGRADE_REFUSED", talk.theirs))
        assert len([e for e in events.events() if is_notice("DOWNGRADE_REFUSED")(e)]) == 1
    listen_for(1)
    assert talk.security() == before == [("LEVEL_ENCRYPTED", keys)] * 2
    assert "DOWNGRADE_REFUSED" in talk.codes("bob")
    talk.wait("active")
    # What is left alone again is heard again.
    talk.man.touch_descriptions("alice", *KEPT[keys])
    talk.alice.ctl("calls", "hold", talk.call)
    talk.alice.ctl("calls", "resume", talk.call)
    assert talk.security() == before
    assert talk.in_clear(since) == 0
    talk.man.wait_heard("bob", 20, talk.man.mark())


@pytest.mark.parametrize("keys", KEYS)
def test_an_answer_without_keys_ends_a_call_that_had_them(talking, keys):
    talk = talking(keys)
    talk.wait("active")
    since = talk.man.mark()
    talk.man.touch_descriptions("bob", in_the_clear)
    talk.alice.run("calls", "hold", talk.call)
    assert ended(talk.alice, talk.call)["end_reason"] == "END_REASON_ENCRYPTION_REQUIRED"
    assert talk.codes("alice")[0] == "DOWNGRADE_REFUSED"
    ended(talk.bob, talk.theirs)
    assert talk.in_clear(since) == 0


@pytest.mark.parametrize("keys", ["DTLS-SRTP", "ZRTP"])
def test_keys_of_the_signalling_do_not_take_their_place(talking, keys):
    """He would know them."""
    talk = talking(keys)
    talk.wait("active")
    talk.man.touch_descriptions("alice", without("fingerprint", "setup", "zrtp-hash"), lambda sdp: sdp.replace(
        "a=rtcp-mux\r\n", "a=rtcp-mux\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
        "inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw\r\n"))
    assert talk.alice.run("calls", "hold", talk.call).returncode == 1
    assert talk.security() == [("LEVEL_ENCRYPTED", keys)] * 2
    assert "DOWNGRADE_REFUSED" in talk.codes("bob")


def test_another_key_of_the_signalling_in_the_middle_of_a_call(talking):
    """What alice says cannot be read from then on, by nobody: it is told, and neither goes in the clear."""
    talk = talking("SDES")
    talk.wait("active")
    since = talk.man.mark()
    talk.man.touch_descriptions("alice", *KEPT["SDES"], other_crypto)
    talk.alice.ctl("calls", "hold", talk.call)
    talk.alice.ctl("calls", "resume", talk.call)
    listen_for(1)
    assert talk.security() == [("LEVEL_ENCRYPTED", "SDES")] * 2
    assert rejected(talk.bob, talk.theirs) > 20
    assert talk.in_clear(since) == 0


@pytest.mark.parametrize("keys, change", [("DTLS-SRTP", other_fingerprint), ("ZRTP", other_hash)], ids=KEYS[::2])
def test_other_keys_in_the_middle_of_a_call_end_it(talking, keys, change):
    """Nobody has them: nothing is said any more, and in the end it is told why."""
    talk = talking(keys)
    talk.wait("active")
    since = talk.man.mark()
    talk.man.touch_descriptions("alice", change)
    talk.alice.run("calls", "hold", talk.call)
    talk.alice.run("calls", "resume", talk.call)
    talk.wait("ended", 40)
    over = talk.bob.ctl("calls", "show", talk.theirs)
    assert over["end_reason"] == "END_REASON_MEDIA_FAILED"
    assert talk.codes("bob")[0].startswith(("DTLS_", "FINGERPRINT_", "ZRTP_"))
    assert talk.in_clear(since) == 0


# ---- signalling that anybody can read --------------------------------------------------------------------


@pytest.fixture
def exposed(own_network, daemon, middle, folder):
    """exposed(policy): alice has called bob with ZRTP over a server without TLS that is not on this machine; what it
    does to what alice describes."""
    def make(policy, *touches):
        man = middle(media=True, host=own_network("192.0.2.77"))
        alice, bob = (person(daemon, man, name, f"encryption={policy}", "zrtp=on") for name in PEOPLE)
        man.touch_descriptions("alice", *touches)
        call = alice.ctl("call", man.address("bob"), "--detach", "--capture", f"tone:{ROOM_HZ}", "--playback", "none")
        return Talk(man, alice, bob, call["id"], folder)
    return make


@pytest.mark.parametrize("policy", ["preferred", "required"])
def test_zrtp_needs_no_protected_signalling(exposed, policy):
    talk = exposed(policy)
    talk.answer()
    talk.wait("active")
    assert talk.security() == [("LEVEL_ENCRYPTED", "ZRTP")] * 2
    listen_for(1)
    assert talk.in_clear() == 0


def test_nothing_stands_in_for_zrtp_where_the_signalling_is_read(exposed):
    talk = exposed("required", without("zrtp-hash"))
    assert ended(talk.alice, talk.call)["end_sip_code"] == 488
    assert talk.codes("alice")[0] == "ENCRYPTION_REQUIRED"
    assert talk.bob.rows("calls", "list") == []


def test_keys_that_were_read_are_told_as_such(exposed):
    talk = exposed("preferred", only("crypto"))
    talk.answer()
    talk.wait("active")
    assert talk.security() == [("LEVEL_KEY_EXPOSED", "SDES")] * 2
