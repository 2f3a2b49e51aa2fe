"""A server of XMPP that strips or changes the keys of calls: refused, or shown for what is left."""
# ctest: timeout=300
import pytest
from helpers import is_notice
from test_explain import explain
from test_xmpp_calls import answer, end_of, place, served, sign_in  # noqa: F401

PEOPLE = ("alice", "bob")
ALL_KEYS = ("strip fingerprint", "strip encryption")


@pytest.fixture
def between(daemon, prosody, pki, folder, served):  # noqa: F811
    """between(settings...): alice's and bob's daemons, and touch(user, "strip fingerprint", ...) from then on."""
    orders = folder / "orders.txt"
    orders.touch()
    served["more"] += f'\nmiddle = "{orders}"'
    served["modules"].append("middle")
    server = prosody(**served)

    def touch(user, *what):
        orders.write_text("".join(f"{user} {one}\n" for one in what))

    def make(*settings):
        people = []
        for user in PEOPLE:
            people.append(daemon(user))
            account = sign_in(people[-1], server, pki, user)
            people[-1].ctl("account", "set", account, *settings)
            people[-1].ctl("wait", "account", account, "--for=state=online")
        return *people, touch
    return make


def talk(alice, bob, state="active"):
    call = place(alice, "xmpp:bob@xmpp.test")
    theirs = answer(bob)
    for one, each in ((alice, call), (bob, theirs)):
        one.ctl("wait", "call", each, f"--for=state={state}", "--timeout=25s", seconds=30)
    return call, theirs


def security(commd, call):
    shown = commd.ctl("calls", "show", call)["security"]
    return shown["level"], shown["mechanism"]


def codes(commd, call):
    return [finding["code"] for finding in explain(commd, call)[0]]


@pytest.mark.parametrize("zrtp", ["off", "on"])
@pytest.mark.parametrize("liar", PEOPLE)
def test_keys_that_are_taken_away_end_the_call(between, liar, zrtp):
    alice, bob, touch = between("encryption=required", f"zrtp={zrtp}")
    touch(liar, *ALL_KEYS)
    call = place(alice, "xmpp:bob@xmpp.test")
    theirs = answer(bob)
    over = end_of(alice, call), end_of(bob, theirs)
    assert "END_REASON_ENCRYPTION_REQUIRED" in [each["end_reason"] for each in over]
    assert "ENCRYPTION_REQUIRED" in codes(alice, call) + codes(bob, theirs)
    assert [each["security"]["level"] for each in over] == ["LEVEL_NONE"] * 2


def test_where_encryption_is_a_wish_its_absence_is_told(between):
    alice, bob, touch = between("encryption=preferred")
    touch("alice", *ALL_KEYS)
    call, theirs = talk(alice, bob)
    assert security(alice, call) == security(bob, theirs) == ("LEVEL_NONE", "")


@pytest.mark.parametrize("policy", ["preferred", "required"])
@pytest.mark.parametrize("liar", PEOPLE)
def test_another_fingerprint(between, liar, policy):
    alice, bob, touch = between(f"encryption={policy}")
    touch(liar, "change fingerprint")
    call, theirs = talk(alice, bob, "ended")
    deceived = (bob, theirs) if liar == "alice" else (alice, call)
    assert "FINGERPRINT_MISMATCH" in codes(*deceived)
    assert security(*deceived) == ("LEVEL_NONE", "")


@pytest.mark.parametrize("liar", PEOPLE)
def test_another_hello_of_zrtp(between, liar):
    alice, bob, touch = between("zrtp=on")
    touch(liar, "change zrtp-hash")
    call, theirs = talk(alice, bob, "ended")
    assert codes(*((bob, theirs) if liar == "alice" else (alice, call)))[0] == "ZRTP_HELLO_MISMATCH"
    assert security(alice, call) == security(bob, theirs) == ("LEVEL_NONE", "")


def test_zrtp_that_is_taken_from_people_who_know_each_other_is_told(between):
    alice, bob, touch = between("zrtp=on")
    call, theirs = talk(alice, bob)
    for one, each in ((alice, call), (bob, theirs)):
        assert one.ctl("calls", "verify", each, "--yes")["security"]["level"] == "LEVEL_VERIFIED"
    alice.ctl("calls", "hangup", call)
    end_of(bob, theirs)
    touch("alice", "strip zrtp-hash")
    with alice.watch() as hers, bob.watch() as his:
        call, theirs = talk(alice, bob)
        for events, one, each in ((hers, alice, call), (his, bob, theirs)):
            events.wait_for(is_notice("ZRTP_MISSING", each))
            assert security(one, each) == ("LEVEL_ENCRYPTED", "DTLS-SRTP")
            assert "ZRTP_MISSING" in codes(one, each)
