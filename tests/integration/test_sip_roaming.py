"""Calls over SIP go on when this machine's network changes in their middle, and the far end finds it afterwards."""
# ctest: timeout=600
import time

import pytest
from helpers import is_heard, listen_for, ringing, wave

from peers import tones
from peers.api import until
from peers.natlab import SERVER

SIP, SIPS = 5060, 5061
WAYS = [("udp", "off"), ("tcp", "off"), ("tls", "off"), ("udp", "on"), ("tcp", "on"), ("tls", "on")]


@pytest.fixture
def internet(natlab, kamailio):
    """A laboratory with a SIP server that is found by its domain's records."""
    lab = natlab()
    with lab.public.inside():
        server = kamailio(hosts=(SERVER,), port=SIP, tls_port=SIPS, nat=True)
    for service, port in (("_sips._tcp", SIPS), ("_sip._tcp", SIP), ("_sip._udp", SIP)):
        lab.dns.add(f"{service}.{server.domain}", "SRV", (10, 10, port, f"host.{server.domain}"))
    lab.dns.add(f"host.{server.domain}", "A", SERVER)
    return lab, server


@pytest.fixture
def phone(internet, daemon, pki):
    """phone("alice", "udp"): a daemon on a machine of its own in an open network, online."""
    lab, server = internet

    def make(user, transport, *options):
        client = lab.network("open").client(user)
        commd = daemon(user, network=client)
        commd.client = client
        words = ["--set", f"tls_ca_file={pki.ca.cert}"] if transport == "tls" else []
        account = commd.add_account(f"sip:{user}@{server.domain}", server.users[user], "--transport", transport,
                                    *words, *options)
        commd.ctl("wait", "account", account["id"], "--for=state=online")
        return commd
    return make


def speak(folder, name, hz):
    return ["--capture", f"file:{wave(folder, f'{name}.wav', hz, 40)}", "--playback", f"file:{folder / name}-heard.wav"]


def talk(caller, callee, server, folder):
    """Both hear each other; the ids of the call at either end."""
    call = caller.ctl("call", f"sip:{callee.name}@{server.domain}", "--detach", *speak(folder, caller.name, 440))["id"]
    theirs = ringing(callee)
    callee.ctl("calls", "answer", theirs, *speak(folder, callee.name, 1000))
    ends = ((caller, call), (callee, theirs))
    for commd, each in ends:
        commd.ctl("wait", "call", each, "--for=state=active")
    assert until(lambda: all(is_heard(*end) for end in ends))
    listen_for(1)
    return call, theirs


def wait_back(one, call, other, theirs, left, since, what, report):
    """Until alice speaks from another address than `left` and both hear each other; says how long that took."""
    if left:
        assert until(lambda: left not in one.ctl("calls", "stats", call)["local_address"], 30)
    assert until(lambda: is_heard(one, call) and is_heard(other, theirs), 30)
    report(f"{what}: heard again after {time.monotonic() - since:.1f} s")


def is_the_last_heard(path, hz):
    samples, rate = tones.read(path)
    return tones.purity(samples[-rate:], rate, hz) > 0.8


def far_end_ends_it(one, call, other, theirs, folder, hz):
    """The BYE reaches alice where she is now; until then each has heard the other, alice `hz`."""
    listen_for(1)
    other.ctl("calls", "hangup", theirs)
    one.ctl("wait", "call", call, "--for=state=ended")
    ended = one.ctl("calls", "show", call)
    assert ended["end_reason"] == "END_REASON_HUNG_UP" and ended["ended_by"] == "ENDED_BY_REMOTE", ended
    for commd, tone in ((one, hz), (other, 1440 - hz)):
        assert until(lambda: is_the_last_heard(folder / f"{commd.name}-heard.wav", tone))


@pytest.mark.parametrize("transport,ice", WAYS)
@pytest.mark.parametrize("role", ["caller", "callee"])
def test_another_address_in_the_middle_of_a_call(internet, phone, folder, report, transport, ice, role):
    _, server = internet
    alice, bob = (phone(user, transport, "--set", f"ice={ice}") for user in ("alice", "bob"))
    calls = role == "caller"
    ids = talk(alice, bob, server, folder) if calls else talk(bob, alice, server, folder)[::-1]
    left = alice.client.host
    since = time.monotonic()
    alice.client.renumber()
    wait_back(alice, ids[0], bob, ids[1], left, since, f"{transport}, ice {ice}, {role} renumbered", report)
    # The old way of ICE may be found dead meanwhile, which asks for another one.
    assert server.reinvites() <= (1 if ice == "off" else 2)
    assert [alice.client.host in each for each in server.addresses("alice")] == [True]
    far_end_ends_it(alice, ids[0], bob, ids[1], folder, 1000 if calls else 440)


@pytest.mark.parametrize("transport,ice", WAYS)
def test_another_network_after_a_while_without_any(internet, phone, folder, report, transport, ice):
    lab, server = internet
    alice, bob = (phone(user, transport, "--set", f"ice={ice}") for user in ("alice", "bob"))
    call, theirs = talk(alice, bob, server, folder)
    left = alice.client.host
    alice.client.leave()
    listen_for(5)
    assert not is_heard(bob, theirs)
    since = time.monotonic()
    alice.client.join(lab.network("port_restricted" if ice == "on" else "open"))
    wait_back(alice, call, bob, theirs, left, since, f"{transport}, ice {ice}, 5 s without a network", report)
    assert server.reinvites() <= (1 if ice == "off" else 2) and server.contacts("alice") == 1
    far_end_ends_it(alice, call, bob, theirs, folder, 1000)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_nobody_is_told_of_an_address_that_comes_back(internet, phone, folder, report, transport):
    _, server = internet
    alice, bob = (phone(user, transport) for user in ("alice", "bob"))
    call, theirs = talk(alice, bob, server, folder)
    alice.client.drop()
    alice.ctl("wait", "account", "sip:alice@example.test", "--for=state=retrying")
    listen_for(4)
    assert not is_heard(bob, theirs)
    since = time.monotonic()
    alice.client.regain()
    wait_back(alice, call, bob, theirs, None, since, f"{transport}, the same address after 5 s", report)
    alice.ctl("wait", "account", "sip:alice@example.test", "--for=state=online")
    far_end_ends_it(alice, call, bob, theirs, folder, 1000)
    assert server.reinvites() == 0 and server.contacts("alice") == 1


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_another_vendors_phone_is_told(internet, phone, baresip, folder, report, transport):
    lab, server = internet
    alice, client = phone("alice", transport, "--set", "encryption=off"), lab.network("open").client("bob")
    with client.inside():
        bob = baresip("bob", registrar=server, host=client.host, transport=transport, source="sine:1000", answer="auto")
    bob.wait_registered()
    call = alice.ctl("call", f"sip:bob@{server.domain}", "--detach", *speak(folder, "alice", 440))["id"]
    alice.ctl("wait", "call", call, "--for=state=active")
    assert until(lambda: is_heard(alice, call))
    left, since = alice.client.host, time.monotonic()
    alice.client.renumber()
    assert until(lambda: left not in alice.ctl("calls", "stats", call)["local_address"], 30)
    assert until(lambda: is_heard(alice, call), 30)
    report(f"{transport}, baresip: heard again after {time.monotonic() - since:.1f} s")
    listen_for(2)
    assert server.reinvites() == 1
    bob.hangup()
    alice.ctl("wait", "call", call, "--for=state=ended")
    assert alice.ctl("calls", "show", call)["ended_by"] == "ENDED_BY_REMOTE"
    assert until(lambda: is_the_last_heard(folder / "alice-heard.wav", 1000))
    assert until(lambda: is_the_last_heard(bob.heard(), 440))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_call_that_rings_here_can_still_be_answered(internet, phone, folder, transport):
    _, server = internet
    alice, bob = (phone(user, transport) for user in ("alice", "bob"))
    theirs = bob.ctl("call", f"sip:alice@{server.domain}", "--detach", *speak(folder, "bob", 440))["id"]
    call = ringing(alice)
    with alice.watch() as events:
        alice.client.renumber()
        events.wait_for(lambda e: e.get("event", {}).get("account_changed", {}).get("state") == "STATE_CONNECTING")
    alice.ctl("wait", "account", "sip:alice@example.test", "--for=state=online")
    alice.ctl("calls", "answer", call, *speak(folder, "alice", 1000))
    for commd, each in ((alice, call), (bob, theirs)):
        commd.ctl("wait", "call", each, "--for=state=active")
    assert until(lambda: is_heard(alice, call) and is_heard(bob, theirs))
    far_end_ends_it(alice, call, bob, theirs, folder, 440)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_that_rings_there_ends_here_for_its_answer_would_be_lost(internet, phone, transport):
    _, server = internet
    alice, bob = (phone(user, transport) for user in ("alice", "bob"))
    call = alice.ctl("call", f"sip:bob@{server.domain}", "--detach", "--capture", "none", "--playback", "none")["id"]
    ringing(bob)
    alice.client.renumber()
    alice.ctl("wait", "call", call, "--for=state=ended")
    assert alice.ctl("calls", "show", call)["end_reason"] == "END_REASON_UNREACHABLE"


def test_a_network_that_comes_late_is_enough(phone):
    """What could not be asked when the daemon began is asked when it can, also names."""
    alice = phone("alice", "udp")
    alice.client.drop()
    alice.restart()
    alice.ctl("wait", "account", "sip:alice@example.test", "--for=state=retrying")
    alice.client.regain()
    alice.ctl("wait", "account", "sip:alice@example.test", "--for=state=online", seconds=60)
