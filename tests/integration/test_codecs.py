"""Codecs that come from plugins: loaded when a call wants them, between daemons and with baresip."""
# ctest: timeout=300
import os
import pathlib

import pytest
from helpers import listen_for, register, ringing

from peers import tones

PLUGIN_CODECS = ["G722", "speex", "GSM"]


def gstreamer_is_loaded(daemon):
    """Whether a plugin's library is mapped; GStreamer's core is linked and says nothing."""
    maps = pathlib.Path(f"/proc/{daemon.process.pid}/maps").read_text()
    return "/gstreamer-1.0/" in maps


def talk(caller, callee, target, folder):
    """caller says 440 Hz, callee 1000 Hz; returns both calls' ids and what each hears."""
    ears = {name: folder / f"heard-{name}.wav" for name in ("caller", "callee")}
    call = caller.ctl("call", target, "--capture", "tone:440", "--playback", f"file:{ears['caller']}",
                      "--detach")["id"]
    theirs = ringing(callee)
    assert not gstreamer_is_loaded(callee), "nothing is loaded before the answer"
    callee.ctl("calls", "answer", theirs, "--capture", "tone:1000", "--playback", f"file:{ears['callee']}")
    caller.ctl("wait", "call", call, "--for=state=active")
    callee.ctl("wait", "call", theirs, "--for=state=active")
    return call, theirs, ears


@pytest.mark.parametrize("codec", PLUGIN_CODECS)
def test_two_daemons_talk_by_a_plugins_codec(daemon, kamailio, pki, folder, codec):
    """alice's account names it, bob's is as it comes and takes it since nothing better is there."""
    server = kamailio()
    alice, bob = daemon("alice"), daemon("bob")
    register(alice, server, "alice", "udp", pki, "--set", f"codecs={codec}")
    register(bob, server, "bob", "udp", pki)
    for each in (alice, bob):
        assert codec in each.ctl("status")["codecs"]
        assert not gstreamer_is_loaded(each), "an account alone loads nothing"
    call, theirs, ears = talk(alice, bob, f"sip:bob@{server.domain}", folder)
    listen_for(2)
    for each, which in ((alice, call), (bob, theirs)):
        stats = each.ctl("calls", "stats", which)
        assert stats["received"]["codec"].startswith(codec)
        assert stats["sent"]["codec"].startswith(codec)
    # Held and resumed, it is still the only codec they have in common.
    bob.ctl("calls", "hold", theirs)
    alice.ctl("wait", "call", call, "--for=state=held")
    bob.ctl("calls", "resume", theirs)
    alice.ctl("wait", "call", call, "--for=state=active")
    alice.ctl("calls", "hangup", call)
    bob.ctl("wait", "call", theirs, "--for=state=ended")
    tones.assert_tone(ears["caller"], 1000, absent=[440])
    tones.assert_tone(ears["callee"], 440, absent=[1000])


@pytest.mark.parametrize("codec", ["g722", "gsm"])
def test_calling_a_baresip_that_has_nothing_else(daemon, kamailio, baresip, pki, folder, codec):
    server = kamailio()
    alice = daemon("alice")
    register(alice, server, "alice", "udp", pki)
    bob = baresip("bob", registrar=server, codecs=[codec], source="sine:1000")
    bob.wait_registered()
    heard = folder / "heard.wav"
    # G.722 is offered by default; GSM has to be asked for, here for one call.
    options = ["--set", "codecs=GSM"] if codec == "gsm" else []
    call = alice.ctl("call", f"sip:bob@{server.domain}", "--capture", "tone:440",
                     "--playback", f"file:{heard}", "--detach", *options)["id"]
    alice.ctl("wait", "call", call, "--for=state=active")
    listen_for(2)
    assert alice.ctl("calls", "show", call)["codec"] == f"{codec.upper()}/8000"
    alice.ctl("calls", "hangup", call)
    bob.wait_event("CALL_CLOSED")
    tones.assert_tone(heard, 1000, absent=[440])
    tones.assert_tone(bob.heard(), 440, absent=[1000])


@pytest.mark.parametrize("codec", ["g722", "gsm"])
def test_a_baresip_that_has_nothing_else_calls(daemon, kamailio, baresip, pki, folder, codec):
    server = kamailio()
    alice = daemon("alice")
    register(alice, server, "alice", "udp", pki)
    bob = baresip("bob", registrar=server, codecs=[codec], source="sine:1000")
    bob.wait_registered()
    bob.dial(f"sip:alice@{server.domain}")
    call = ringing(alice)
    assert not gstreamer_is_loaded(alice)
    heard = folder / "heard.wav"
    alice.ctl("calls", "answer", call, "--capture", "tone:440", "--playback", f"file:{heard}")
    bob.wait_event("CALL_ESTABLISHED")
    listen_for(2)
    bob.hangup()
    alice.ctl("wait", "call", call, "--for=state=ended")
    tones.assert_tone(heard, 1000, absent=[440])
    tones.assert_tone(bob.heard(), 440, absent=[1000])


def without_plugins(folder):
    """The environment of a machine on which GStreamer's plugins are not installed."""
    empty = folder / "no-plugins"
    empty.mkdir()
    return {"GST_PLUGIN_SYSTEM_PATH_1_0": str(empty), "GST_PLUGIN_PATH_1_0": ""}


def test_what_is_not_installed_is_neither_listed_nor_offered_nor_taken(daemon, kamailio, baresip, pki, folder):
    server = kamailio()
    alice = daemon("alice", env=without_plugins(folder))
    assert not set(PLUGIN_CODECS) & set(alice.ctl("status")["codecs"])
    register(alice, server, "alice", "udp", pki)
    bob = baresip("bob", registrar=server, codecs=["g722"])
    bob.wait_registered()
    bob.dial(f"sip:alice@{server.domain}")
    assert "488" in bob.wait_event("CALL_CLOSED").get("param", "")
    assert alice.rows("calls", "list") == []
    call = alice.ctl("call", f"sip:bob@{server.domain}", "--set", "codecs=G722", "--detach")["id"]
    alice.ctl("wait", "call", call, "--for=state=ended")
    ended = alice.ctl("calls", "show", call)
    assert ended["end_reason"] == "END_REASON_INCOMPATIBLE_MEDIA"
    assert "commctl status" in ended["end_text"]


def test_a_plugin_that_does_not_work_gives_way(daemon, kamailio, baresip, pki, folder):
    """Its file is there, so it is believed until it is tried; after that it is known."""
    server = kamailio()
    env = without_plugins(folder)
    broken = pathlib.Path(env["GST_PLUGIN_SYSTEM_PATH_1_0"])
    (broken / "libgstlibav.so").write_bytes(os.urandom(4096))
    alice = daemon("alice", env=env)
    register(alice, server, "alice", "udp", pki)
    assert "G722" in alice.ctl("status")["codecs"]
    bob = baresip("bob", registrar=server, codecs=["g722", "pcmu"], source="sine:1000")
    bob.wait_registered()
    bob.dial(f"sip:alice@{server.domain}")
    call = ringing(alice)
    alice.ctl("calls", "answer", call)
    alice.ctl("wait", "call", call, "--for=state=active")
    assert alice.ctl("calls", "show", call)["codec"] == "PCMU/8000"
    assert "G722" not in alice.ctl("status")["codecs"]
    bob.hangup()
    alice.ctl("wait", "call", call, "--for=state=ended")
