"""Calls between networks that have IPv6 alone, both, and IPv4 alone, over XMPP and over SIP."""
# ctest: timeout=600
import ipaddress

import pytest
from helpers import listen_for, ringing, wave

from peers import tones
from peers.dino import dns_records
from peers.fixtures import USERS
from peers.natlab import SERVER, SERVER_IPV6, path

SIP, SIPS = 5060, 5061
PAIRS = [("ipv6_only", "ipv6_only"), ("ipv6_only", "dual"), ("dual", "ipv6_only"), ("ipv6_only", "port_restricted"),
         ("port_restricted", "ipv6_only"), ("dual", "dual")]


@pytest.fixture
def lab(natlab):
    made = natlab()
    for kind, host in (("A", SERVER), ("AAAA", SERVER_IPV6)):
        made.dns.add("turn.test", kind, host)
    return made


@pytest.fixture
def turn(lab, coturn):
    """A relay that is reached by either, and relays by both."""
    with lab.public.inside():
        return coturn(users=USERS, hosts=(SERVER, SERVER_IPV6), port=3478, tls_port=5349)


@pytest.fixture
def xmpp(lab, turn, prosody, folder):
    people = folder / "groups.txt"
    people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\n")
    with lab.public.inside():
        server = prosody(hosts=(SERVER, SERVER_IPV6), starttls=5222, direct=5223, turn=turn, turn_host="turn.test",
                         modules=["groups"], more=f'groups_file = "{people}"\n')
    dns_records(lab.dns, server.domain, SERVER, SERVER_IPV6)
    return server


@pytest.fixture
def sip(lab, kamailio):
    with lab.public.inside():
        server = kamailio(hosts=(SERVER, SERVER_IPV6), port=SIP, tls_port=SIPS, nat=True)
    lab.dns.add(f"_sips._tcp.{server.domain}", "SRV", (10, 10, SIPS, f"host.{server.domain}"))
    for kind, host in (("A", SERVER), ("AAAA", SERVER_IPV6)):
        lab.dns.add(f"host.{server.domain}", kind, host)
    return server


@pytest.fixture
def phone(request, lab, turn, daemon, pki, folder):
    """phone("ipv6_only", "alice", "sip"): a daemon on a machine of its own in such a network, online."""
    def make(kind, user, protocol):
        server = request.getfixturevalue(protocol)
        commd = daemon(user, network=lab.network(kind).client(user))
        words = []
        if protocol == "sip":
            secret = folder / f"{user}.turn"
            secret.touch(mode=0o600)
            secret.write_text(turn.credentials(user)[1])
            words = ["--transport", "tls", "--set", "ice=on", "--set", "turn=turn:turn.test:3478", "--set",
                     f"turn_username={user}", "--turn-password-file", str(secret)]
        account = commd.add_account(f"{protocol}:{user}@{server.domain}", server.users[user], *words, "--set",
                                    f"tls_ca_file={pki.ca.cert}")
        commd.ctl("wait", "account", account["id"], "--for=state=online")
        return commd, f"{protocol}:{user}@{server.domain}"
    return make


def speak(folder, name, hz):
    return ["--capture", f"file:{wave(folder, f'{name}.wav', hz, 30)}", "--playback", f"file:{folder / name}-heard.wav"]


def heard(folder, name, hz, other):
    tones.wait_length(folder / f"{name}-heard.wav", 1)
    tones.assert_tone(folder / f"{name}-heard.wav", hz, absent=[other])


def is_ipv6(address):
    """Whether HOST:PORT is one of IPv6."""
    return ipaddress.ip_address(address.rsplit(":", 1)[0].strip("[]")).version == 6


@pytest.mark.parametrize("protocol", ["xmpp", "sip"])
@pytest.mark.parametrize("kinds", PAIRS, ids="-".join)
def test_every_pair_of_families_connects(phone, folder, protocol, kinds):
    """Directly where both have IPv6; else the relay stands between the one and the other (RFC 8656)."""
    (one, _), (other, target) = (phone(kind, user, protocol) for kind, user in zip(kinds, ("alice", "bob")))
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
    relayed = any("relay" in (each["path"]["local_type"], each["path"]["remote_type"]) for each in stats)
    assert relayed == (path(*kinds) == "relayed"), [each["path"] for each in stats]
    if "ipv6_only" in kinds and not relayed:
        assert all(is_ipv6(each["remote_address"]) for each in stats), stats
