"""Calls over SIP find a way by ICE between networks of every kind: of daemons, and with another vendor's phone."""
# ctest: timeout=600
import pytest
from helpers import listen_for, ringing, wave

from peers import tones
from peers.fixtures import USERS
from peers.natlab import SERVER, path

SIP, SIPS = 5060, 5061


@pytest.fixture
def internet(natlab, kamailio, coturn):
    """A laboratory with a SIP server that is found by its domain's records, and a relay."""
    lab = natlab()
    with lab.public.inside():
        server = kamailio(hosts=(SERVER,), port=SIP, tls_port=SIPS, nat=True)
        turn = coturn(users=USERS, hosts=(SERVER,), port=3478, tls_port=5349)
    for service, port in (("_sips._tcp", SIPS), ("_sip._tcp", SIP), ("_sip._udp", SIP)):
        lab.dns.add(f"{service}.{server.domain}", "SRV", (10, 10, port, f"host.{server.domain}"))
    lab.dns.add(f"host.{server.domain}", "A", SERVER)
    lab.dns.add("turn.test", "A", SERVER)
    return lab, server, turn


@pytest.fixture
def phone(internet, daemon, pki, folder):
    """phone("symmetric", "alice"): a daemon on a machine of its own in such a network, online, with ICE and the relay."""
    lab, server, turn = internet

    def make(kind, user, *options, transport="tls", relays="turn:turn.test:3478,turn:turn.test:3478?transport=tcp"):
        secret = folder / f"{user}.turn"
        secret.touch(mode=0o600)
        secret.write_text(turn.credentials(user)[1])
        client = lab.network(kind).client(user)
        commd = daemon(user, network=client)
        account = commd.add_account(
            f"sip:{user}@{server.domain}", server.users[user], "--transport", transport, "--set",
            f"tls_ca_file={pki.ca.cert}", "--set", "ice=on", "--set", f"turn={relays}",
            "--set", f"turn_username={user}", "--turn-password-file", str(secret), *options)
        commd.ctl("wait", "account", account["id"], "--for=state=online")
        commd.client = client
        return commd
    return make


def speak(folder, name, hz):
    return ["--capture", f"file:{wave(folder, f'{name}.wav', hz, 30)}", "--playback", f"file:{folder / name}-heard.wav"]


def heard(folder, name, hz, other):
    tones.wait_length(folder / f"{name}-heard.wav", 1)
    tones.assert_tone(folder / f"{name}-heard.wav", hz, absent=[other])


def begin(one, other, target, folder):
    call = one.ctl("call", target, "--detach", *speak(folder, "one", 440))["id"]
    theirs = ringing(other)
    other.ctl("calls", "answer", theirs, *speak(folder, "other", 1000))
    for commd, each in ((one, call), (other, theirs)):
        commd.ctl("wait", "call", each, "--for=state=active")
    return call, theirs


def end(one, call, other, theirs, folder):
    one.ctl("calls", "hangup", call)
    other.ctl("wait", "call", theirs, "--for=state=ended")
    heard(folder, "one", 1000, 440)
    heard(folder, "other", 440, 1000)


def is_relayed(paths):
    return any("relay" in (each["local_type"], each["remote_type"]) for each in paths)


@pytest.mark.parametrize("kinds", [("open", "open"), ("port_restricted", "port_restricted"), ("symmetric", "symmetric"),
                                   ("port_restricted", "symmetric"), ("udp_blocked", "open"),
                                   ("udp_blocked", "symmetric")], ids="-".join)
def test_pairs_of_networks_connect(internet, phone, folder, kinds):
    _, server, _ = internet
    one, other = (phone(kind, user) for kind, user in zip(kinds, ("alice", "bob")))
    call, theirs = begin(one, other, f"sip:bob@{server.domain}", folder)
    listen_for(2)
    stats = [one.ctl("calls", "stats", call), other.ctl("calls", "stats", theirs)]
    end(one, call, other, theirs, folder)
    assert {each["security"]["mechanism"] for each in stats} == {"DTLS-SRTP"}
    tcp_reaches = "udp_blocked" in kinds and "open" in kinds  # by TCP of ICE, or the relay: both are a way
    assert tcp_reaches or is_relayed([each["path"] for each in stats]) == (path(*kinds) == "relayed"), stats


def test_relays_alone(internet, phone, folder):
    """Nobody learns an address of whoever wants that, and a relay behind TLS is one."""
    _, server, _ = internet
    one = phone("open", "alice", "--set", "relay_only=true", relays="turns:turn.test:5349")
    other = phone("open", "bob")
    call, theirs = begin(one, other, f"sip:bob@{server.domain}", folder)
    listen_for(2)
    stats, seen = one.ctl("calls", "stats", call), other.ctl("calls", "stats", theirs)
    end(one, call, other, theirs, folder)
    assert stats["path"]["local_type"] == "relay" and stats["path"]["relay_transport"] == "tls"
    assert one.client.host not in seen["remote_address"]


@pytest.mark.parametrize("direction", ["calls", "is_called"])
@pytest.mark.parametrize("kinds", [("open", "open"), ("symmetric", "symmetric")], ids="-".join)
def test_another_vendors_phone(internet, phone, baresip, folder, kinds, direction):
    lab, server, turn = internet
    alice, client = phone(kinds[0], "alice"), lab.network(kinds[1]).client("bob")
    with client.inside():
        bob = baresip("bob", registrar=server, host=client.host, transport="tls", medianat="ice", source="sine:1000",
                      mediaenc="dtls_srtp", answer="auto" if direction == "is_called" else "manual",
                      account=f'stunserver="turn:{SERVER}:3478";stunuser=bob;stunpass={turn.credentials("bob")[1]}')
    bob.wait_registered()
    if direction == "calls":
        bob.dial(f"sip:alice@{server.domain}")
        call = ringing(alice)
        alice.ctl("calls", "answer", call, *speak(folder, "alice", 440))
    else:
        call = alice.ctl("call", f"sip:bob@{server.domain}", "--detach", *speak(folder, "alice", 440))["id"]
    alice.ctl("wait", "call", call, "--for=state=active")
    tones.wait_length(bob.heard(), 2)
    stats = alice.ctl("calls", "stats", call)
    alice.ctl("calls", "hangup", call)
    bob.wait_event("CALL_CLOSED")
    heard(folder, "alice", 1000, 440)
    tones.assert_tone(bob.heard(), 440, absent=[1000])
    assert stats["security"]["mechanism"] == "DTLS-SRTP"
    if "symmetric" in kinds:
        assert is_relayed([stats["path"]]), stats
