"""Calls over XMPP find a way by ICE between networks of every kind: of daemons, and with people at Dino."""
# ctest: timeout=600
import itertools
import time

import pytest
from helpers import is_heard, listen_for, ringing, wave

from peers import tones
from peers.api import until
from peers.dino import dns_records
from peers.natlab import SERVER, path

# One Dino takes long to start: of the pairs of networks the ones that differ.
WITH_DINO = [("open", "open"), ("symmetric", "symmetric"), ("port_restricted", "symmetric")]
KINDS = ("open", "port_restricted", "symmetric", "udp_blocked", "isolated")


@pytest.fixture
def internet(natlab, coturn, prosody, folder):
    """A laboratory with a server of XMPP that names a relay; alice and bob are each other's contacts."""
    lab = natlab()
    people = folder / "groups.txt"
    people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\n")
    with lab.public.inside():
        turn = coturn(secret="shared", hosts=(SERVER,), port=3478, tls_port=5349)
        server = prosody(hosts=(SERVER,), starttls=5222, direct=5223, turn=turn, modules=["groups", "carbons"],
                         more=f'groups_file = "{people}"\n')
    dns_records(lab.dns, server.domain, SERVER)
    return lab, server


@pytest.fixture
def phone(internet, daemon, pki):
    """phone("symmetric", "alice"): a daemon on a machine of its own in such a network, online."""
    lab, server = internet
    networks = {}

    def make(kind, user, shared=False):
        network = networks.get(kind) if shared else None
        network = network or lab.network(kind)
        networks[kind] = network
        client = network.client(user)
        commd = daemon(user, network=client)
        commd.client = client
        account = commd.add_account(f"xmpp:{user}@{server.domain}", server.users[user],
                                    "--set", f"tls_ca_file={pki.ca.cert}")
        commd.ctl("wait", "account", account["id"], "--for=state=online")
        return commd
    return make


def speak(folder, name, hz):
    return ["--capture", f"file:{wave(folder, f'{name}.wav', hz)}", "--playback", f"file:{folder / name}-heard.wav"]


def heard(folder, name, hz, other):
    tones.wait_length(folder / f"{name}-heard.wav", 1)
    tones.assert_tone(folder / f"{name}-heard.wav", hz, absent=[other])


def talk(one, other, target, folder):
    """one calls, the other answers; the ways that their media goes, each as its own end sees it."""
    call = one.ctl("call", target, "--detach", *speak(folder, "one", 440))["id"]
    theirs = ringing(other)
    other.ctl("calls", "answer", theirs, *speak(folder, "other", 1000))
    for commd, each in ((one, call), (other, theirs)):
        commd.ctl("wait", "call", each, "--for=state=active")
    listen_for(2)
    stats = [one.ctl("calls", "stats", call), other.ctl("calls", "stats", theirs)]
    one.ctl("calls", "hangup", call)
    other.ctl("wait", "call", theirs, "--for=state=ended")
    heard(folder, "one", 1000, 440)
    heard(folder, "other", 440, 1000)
    assert {each["security"]["mechanism"] for each in stats} == {"DTLS-SRTP"}
    return [each["path"] for each in stats]


def is_relayed(paths):
    return any("relay" in (each["local_type"], each["remote_type"]) for each in paths)


@pytest.mark.parametrize("kinds", list(itertools.combinations_with_replacement(KINDS, 2)), ids="-".join)
def test_every_pair_of_networks_connects(phone, internet, folder, kinds):
    _, server = internet
    one, other = (phone(kind, user) for kind, user in zip(kinds, ("alice", "bob")))
    paths = talk(one, other, f"xmpp:bob@{server.domain}", folder)
    tcp_reaches = "udp_blocked" in kinds and "open" in kinds  # by TCP of ICE, or the relay: both are a way
    assert tcp_reaches or is_relayed(paths) == (path(*kinds) == "relayed"), paths


@pytest.mark.parametrize("kind", ["port_restricted", "isolated"])
def test_neighbours_on_one_network(phone, internet, folder, kind):
    _, server = internet
    one, other = (phone(kind, user, shared=True) for user in ("alice", "bob"))
    paths = talk(one, other, f"xmpp:bob@{server.domain}", folder)
    assert is_relayed(paths) == (path(kind, kind, same_network=True) == "relayed"), paths


@pytest.mark.parametrize("how", ["renumber", "move"])
def test_another_address_in_the_middle_of_a_call(internet, phone, folder, report, how):
    """The sound comes back by a way that both look for anew."""
    lab, server = internet
    one, other = phone("open", "alice"), phone("port_restricted", "bob")
    call = one.ctl("call", f"xmpp:bob@{server.domain}", "--detach", *speak(folder, "one", 440))["id"]
    theirs = ringing(other)
    other.ctl("calls", "answer", theirs, *speak(folder, "other", 1000))
    for commd, each in ((one, call), (other, theirs)):
        commd.ctl("wait", "call", each, "--for=state=active")
    listen_for(1)
    before, since = one.client.host, time.monotonic()
    one.client.renumber() if how == "renumber" else one.client.move(lab.network("port_restricted"))
    assert until(lambda: before not in one.ctl("calls", "stats", call)["local_address"], 20)
    assert until(lambda: is_heard(one, call) and is_heard(other, theirs), 10)
    report(f"{how}: heard again after {time.monotonic() - since:.1f} s")
    assert one.ctl("calls", "show", call)["state"] == "STATE_ACTIVE"
    one.ctl("calls", "hangup", call)
    other.ctl("wait", "call", theirs, "--for=state=ended")


# ---- with people at Dino -------------------------------------------------------------------


@pytest.fixture
def friends(internet, phone, dino):
    """alice at commctl and bob at Dino, in networks of these kinds."""
    lab, server = internet

    def make(kinds):
        return phone(kinds[0], "alice"), dino("bob", lab.network(kinds[1]).client("bob"), server)
    return make


@pytest.mark.parametrize("kinds", WITH_DINO, ids="-".join)
def test_dino_is_called(friends, folder, kinds):
    alice, bob = friends(kinds)
    with bob.says(1000):
        call = alice.ctl("call", f"xmpp:{bob.jid}", "--detach", *speak(folder, "alice", 440))["id"]
        bob.wait_ringing()  # it tells nobody that it rings
        bob.accept()
        alice.ctl("wait", "call", call, "--for=state=active")
        bob.ear.wait_tone(440, absent=[1000])
        listen_for(3)  # its microphone takes its time
        stats = alice.ctl("calls", "stats", call)
        alice.ctl("calls", "hangup", call)
    bob.wait_ended()
    heard(folder, "alice", 1000, 440)
    assert stats["security"]["mechanism"] == "DTLS-SRTP" and stats["security"]["level"] == "LEVEL_ENCRYPTED"
    assert is_relayed([stats["path"]]) == (path(*kinds) == "relayed"), stats["path"]


@pytest.mark.parametrize("kinds", WITH_DINO, ids="-".join)
def test_dino_calls(friends, folder, kinds):
    alice, bob = friends(kinds)
    with bob.says(1000):
        bob.call("alice@xmpp.test")
        call = ringing(alice)
        alice.ctl("calls", "answer", call, *speak(folder, "alice", 440))
        alice.ctl("wait", "call", call, "--for=state=active")
        bob.ear.wait_tone(440, absent=[1000])
        listen_for(3)  # its microphone takes its time
        stats = alice.ctl("calls", "stats", call)
        bob.hang_up()
        alice.ctl("wait", "call", call, "--for=state=ended")
    heard(folder, "alice", 1000, 440)
    assert stats["security"]["mechanism"] == "DTLS-SRTP"
    assert is_relayed([stats["path"]]) == (path(*kinds) == "relayed"), stats["path"]


def test_dino_says_no(friends):
    alice, bob = friends(("open", "open"))
    call = alice.ctl("call", f"xmpp:{bob.jid}", "--capture", "none", "--playback", "none", "--detach")["id"]
    bob.wait_ringing()
    bob.reject()
    alice.ctl("wait", "call", call, "--for=state=ended")
    assert alice.ctl("calls", "show", call)["end_reason"] in ("END_REASON_DECLINED", "END_REASON_BUSY")
