"""Media goes only where it is wanted still (RFC 7675): a far end that vanishes is sent nothing after a while."""
# ctest: timeout=600
import re
import select
import time

import pytest
from helpers import listen_for, ringing, wave

from peers import tones
from peers.api import until
from peers.dino import dns_records
from peers.fixtures import USERS
from peers.natlab import SERVER
from peers.process import deadline

SIP, SIPS = 5060, 5061
COUNT = """
table inet count {{
  chain forward {{
    type filter hook forward priority -20;
    ip daddr {host} udp dport >= 1024 counter
  }}
}}
"""


@pytest.fixture
def lab(natlab):
    return natlab()


@pytest.fixture
def turn(lab, coturn):
    with lab.public.inside():
        return coturn(users=USERS, hosts=(SERVER,), port=3478, tls_port=5349)


@pytest.fixture
def xmpp(lab, turn, prosody, folder):
    people = folder / "groups.txt"
    people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\n")
    with lab.public.inside():
        server = prosody(hosts=(SERVER,), starttls=5222, direct=5223, turn=turn, modules=["groups"],
                         more=f'groups_file = "{people}"\n')
    dns_records(lab.dns, server.domain, SERVER)
    return server


@pytest.fixture
def sip(lab, kamailio):
    with lab.public.inside():
        server = kamailio(hosts=(SERVER,), port=SIP, tls_port=SIPS, nat=True)
    lab.dns.add(f"_sips._tcp.{server.domain}", "SRV", (10, 10, SIPS, f"host.{server.domain}"))
    lab.dns.add(f"host.{server.domain}", "A", SERVER)
    return server


@pytest.fixture
def phone(request, lab, turn, daemon, pki, folder):
    """phone("alice", "sip"): a daemon on a machine of its own in an open network, online, with the relay."""
    def make(user, protocol):
        server, network = request.getfixturevalue(protocol), lab.network("open")
        commd = daemon(user, network=network.client(user))
        commd.home = network
        words = []
        if protocol == "sip":
            secret = folder / f"{user}.turn"
            secret.touch(mode=0o600)
            secret.write_text(turn.credentials(user)[1])
            words = ["--transport", "tls", "--set", "ice=on", "--set", f"turn=turn:{SERVER}:3478", "--set",
                     f"turn_username={user}", "--turn-password-file", str(secret)]
        account = commd.add_account(f"{protocol}:{user}@{server.domain}", server.users[user], *words, "--set",
                                    f"tls_ca_file={pki.ca.cert}")
        commd.ctl("wait", "account", account["id"], "--for=state=online")
        return commd, f"{protocol}:{user}@{server.domain}"
    return make


@pytest.fixture
def call(phone, folder):
    """call("sip"): alice, bob, the call as each has it, and where its media goes directly."""
    def make(protocol):
        (alice, _), (bob, target) = phone("alice", protocol), phone("bob", protocol)
        ours = alice.ctl("call", target, "--detach", "--capture", f"file:{wave(folder, 'alice.wav', 440, 90)}",
                         "--playback", f"file:{folder}/alice-heard.wav")["id"]
        theirs = ringing(bob)
        bob.ctl("calls", "answer", theirs, "--capture", f"file:{wave(folder, 'bob.wav', 1000, 90)}", "--playback",
                f"file:{folder}/bob-heard.wav")
        for commd, each in ((alice, ours), (bob, theirs)):
            commd.ctl("wait", "call", each, "--for=state=active")
        listen_for(2)
        stats = alice.ctl("calls", "stats", ours)
        assert "relay" not in (stats["path"]["local_type"], stats["path"]["remote_type"])
        return alice, bob, ours, theirs, stats["remote_address"].rsplit(":", 1)[0]
    return make


def passed(network):
    """How many packets its router has seen on their way to the host that is counted."""
    return int(re.search(r"counter packets (\d+)", network.router.run("nft", "list", "table", "inet", "count"))[1])


def hears(commd, call):
    return float(commd.ctl("calls", "stats", call).get("since_last_packet", "9s").rstrip("s")) < 0.2


def end(alice, ours, bob, theirs, folder):
    """Both hear each other now, whatever was in between."""
    assert alice.ctl("calls", "show", ours)["state"] == "STATE_ACTIVE"
    listen_for(2)
    alice.ctl("calls", "hangup", ours)
    bob.ctl("wait", "call", theirs, "--for=state=ended")
    for name, hz in (("alice", 1000), ("bob", 440)):
        samples, rate = tones.read(folder / f"{name}-heard.wav")
        assert tones.purity(samples[-int(1.5 * rate):], rate, hz) > 0.8, name


@pytest.mark.seconds(120)
@pytest.mark.parametrize("protocol", ["xmpp", "sip"])
def test_who_has_vanished_is_sent_nothing(call, protocol):
    """bob's whole network is cut off. alice's sound is not sent into the void for long, and she is told."""
    alice, bob, ours, _, host = call(protocol)
    alice.home.router.nft(COUNT.format(host=host))
    listen_for(2)
    assert passed(alice.home) > 80  # fifty a second
    with alice.watch() as events:
        bob.home.block("meta l4proto { tcp, udp }")
        over, last, quiet = deadline(30), passed(alice.home), 0
        while quiet < 3:
            assert time.monotonic() < over, "media still goes where nobody has answered for 30 s"
            select.select([], [], [], 1)
            now = passed(alice.home)
            quiet, last = (quiet + 1 if now - last < 15 else 0), now
        events.wait_for(lambda e: e.get("event", {}).get("notice", {}).get("reason") == "MEDIA_LOST", 45)


@pytest.mark.seconds(120)
@pytest.mark.parametrize("protocol", ["xmpp", "sip"])
def test_a_way_that_dies_is_left_for_another(call, folder, protocol):
    """Only what goes directly is cut: both notice, and meet at the relay."""
    alice, bob, ours, theirs, host = call(protocol)
    alice.home.block(f"ip daddr {host} meta l4proto udp", f"ip saddr {host} meta l4proto udp")
    assert until(lambda: not hears(alice, ours), 5)
    assert until(lambda: hears(alice, ours) and hears(bob, theirs), 40)
    paths = [alice.ctl("calls", "stats", ours)["path"], bob.ctl("calls", "stats", theirs)["path"]]
    assert any("relay" in (each["local_type"], each["remote_type"]) or each["transport"] == "tcp" for each in paths)
    end(alice, ours, bob, theirs, folder)


@pytest.mark.seconds(150)
@pytest.mark.parametrize("protocol", ["xmpp", "sip"])
def test_who_comes_back_is_heard_again(call, folder, protocol):
    """bob's network was gone for longer than consent lasts, but not for longer than the call."""
    alice, bob, ours, theirs, _ = call(protocol)
    bob.home.block("meta l4proto { tcp, udp }")
    listen_for(20)
    bob.home.unblock()
    assert until(lambda: hears(alice, ours) and hears(bob, theirs), 60)
    end(alice, ours, bob, theirs, folder)
