"""Keys by ZRTP: the same four characters on both ends, compared once and known again; and whoever is in between."""
# ctest: timeout=300
import contextlib
import os
import re
import stat

from helpers import BOB_HZ, ROOM_HZ, call_to, is_notice, listen_for, local_address, whole
from test_xmpp_calls import answer, pair, place, served  # noqa: F401

from peers import tones


def speaking(daemon, name, **options):
    """A daemon whose local account speaks ZRTP."""
    one = daemon(name, **options)
    one.ctl("account", "set", "local", "zrtp=on")
    return one


def security(daemon, call):
    return daemon.ctl("calls", "show", call)["security"]


def text(daemon, *words):
    return daemon.run(*words, json_output=False)


@contextlib.contextmanager
def keyed(alice, bob, *options, **more):
    with call_to(alice, bob, *options, **more) as (call, theirs):
        bob.ctl("wait", "call", theirs, "--for=state=active")
        yield call, theirs


def test_the_words_are_compared_once(daemon, folder):
    alice, bob = speaking(daemon, "alice"), speaking(daemon, "bob")
    with keyed(alice, bob, "--capture", f"tone:{ROOM_HZ}", "--playback", f"file:{folder / 'alice.wav'}",
               playback=f"file:{folder / 'bob.wav'}") as (call, theirs):
        ours, his = security(alice, call), security(bob, theirs)
        assert ours["mechanism"] == his["mechanism"] == "ZRTP"
        assert ours["level"] == his["level"] == "LEVEL_ENCRYPTED"
        assert ours["suite"] == "AES_256_CM_HMAC_SHA1_80"
        assert re.fullmatch("[a-km-uw-z1-9]{4}", ours["sas"]) and ours["sas"] == his["sas"]
        assert not ours["verified_here"] and not ours["mismatch"]
        assert ours["sas"] in text(alice, "calls", "verify", call).stdout
        assert ours["sas"] in text(alice, "calls", "show", call).stdout
        verified = alice.ctl("calls", "verify", call, "--yes")["security"]
        assert verified["level"] == "LEVEL_VERIFIED" and verified["verified_here"]
        assert bob.ctl("calls", "verify", theirs, "--yes")["security"]["verified_here"]
        assert alice.ctl("calls", "stats", call)["security"]["level"] == "LEVEL_VERIFIED"
        # What is verified stays it while the call is held and resumed.
        alice.ctl("calls", "hold", call)
        alice.ctl("calls", "resume", call)
        assert security(alice, call)["level"] == "LEVEL_VERIFIED"
        listen_for(2)
    whole(alice, bob)
    tones.assert_tone(folder / "alice.wav", BOB_HZ, absent=[ROOM_HZ])
    tones.assert_tone(folder / "bob.wav", ROOM_HZ, absent=[BOB_HZ])
    alice.start()
    bob.start()
    with keyed(alice, bob) as (call, theirs):
        for one, id_ in ((alice, call), (bob, theirs)):
            seen = security(one, id_)
            assert seen["level"] == "LEVEL_VERIFIED" and seen["verified_here"] and seen["verified_there"]
            assert not seen["mismatch"]
        assert security(alice, call)["sas"] == security(bob, theirs)["sas"]
        assert alice.ctl("calls", "verify", call, "--reset")["security"]["level"] == "LEVEL_ENCRYPTED"
    with keyed(alice, bob) as (call, theirs):
        assert security(alice, call)["level"] == "LEVEL_ENCRYPTED"
        assert security(bob, theirs)["verified_here"] and not security(bob, theirs)["verified_there"]


def test_another_end_of_a_verified_person_is_told_loudly(daemon):
    """Who has lost its memory, a new device, or somebody in between."""
    alice, bob = speaking(daemon, "alice"), speaking(daemon, "bob")
    with keyed(alice, bob) as (call, _):
        alice.ctl("calls", "verify", call, "--yes")
    _, port = local_address(bob)
    bob.terminate()
    carol = speaking(daemon, "carol", settings={"sip": {"local_port": port}})
    with alice.watch() as events, keyed(alice, carol) as (call, theirs):
        events.wait_for(is_notice("ZRTP_MISMATCH", call), 10)
        seen = security(alice, call)
        assert seen["mismatch"] and seen["level"] == "LEVEL_ENCRYPTED"
        assert "perhaps not with whom you think" in text(alice, "calls", "show", call).stdout
        assert not security(carol, theirs)["mismatch"]
        assert not alice.ctl("calls", "verify", call, "--yes")["security"]["mismatch"]


def test_what_is_kept_is_private(daemon):
    alice, bob = speaking(daemon, "alice"), speaking(daemon, "bob")
    with keyed(alice, bob):
        pass
    alice.terminate()
    kept = [path for path in alice.state.rglob("*") if path.is_file() and b"\npeer " in path.read_bytes()]
    assert len(kept) == 1
    assert stat.S_IMODE(os.stat(kept[0]).st_mode) == 0o600
    secret = re.search(rb"\npeer [0-9a-f]{24} ([0-9a-f]{64})", kept[0].read_bytes()).group(1)
    assert secret not in alice.log_path.read_bytes()


def test_who_insists_on_encryption_is_content(daemon):
    alice, bob = speaking(daemon, "alice"), speaking(daemon, "bob")
    for one in (alice, bob):
        one.ctl("account", "set", "local", "encryption=required")
    with keyed(alice, bob) as (call, theirs):
        assert security(alice, call)["mechanism"] == security(bob, theirs)["mechanism"] == "ZRTP"


def test_who_has_it_off_is_called_as_ever(daemon):
    alice, bob = speaking(daemon, "alice"), daemon("bob")
    with keyed(alice, bob) as (call, _):
        assert security(alice, call)["mechanism"] != "ZRTP"
        assert security(alice, call)["sas"] == ""
        refused = text(alice, "calls", "verify", call, "--yes")
        assert refused.returncode == 1 and "zrtp=on" in refused.stderr
        assert text(alice, "calls", "verify", call).returncode == 1


def test_who_was_verified_over_xmpp_is_known_over_sip(pair):  # noqa: F811
    alice, bob, _ = pair
    for one, account in ((alice, "xmpp:alice@xmpp.test"), (bob, "xmpp:bob@xmpp.test")):
        for each in (account, "local"):
            one.ctl("account", "set", each, "zrtp=on")
            one.ctl("wait", "account", each, "--for=state=online")
    call = place(alice, "xmpp:bob@xmpp.test")
    theirs = answer(bob)
    for one, each in ((alice, call), (bob, theirs)):
        one.ctl("wait", "call", each, "--for=state=active")
        assert security(one, each)["mechanism"] == "ZRTP"
    assert len(security(alice, call)["sas"]) == 4
    assert security(alice, call)["sas"] == security(bob, theirs)["sas"]
    alice.ctl("calls", "verify", call, "--yes")
    alice.ctl("calls", "hangup", call)
    bob.ctl("wait", "call", theirs, "--for=state=ended")
    with keyed(alice, bob) as (call, theirs):
        assert security(alice, call)["level"] == "LEVEL_VERIFIED"
        assert security(bob, theirs)["verified_there"]
