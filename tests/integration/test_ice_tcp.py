"""Where UDP goes nowhere and there is no relay, calls go by TCP from one end to the other (RFC 6544)."""
# ctest: timeout=300
import pytest
from helpers import listen_for, ringing, wave

from peers import tones
from peers.dino import dns_records
from peers.natlab import SERVER

SIP, SIPS = 5060, 5061
NO_UDP = f"ip daddr != {SERVER} ip saddr != {SERVER} meta l4proto udp"


@pytest.fixture
def lab(natlab):
    return natlab()


@pytest.fixture
def xmpp(lab, prosody, folder):
    people = folder / "groups.txt"
    people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\n")
    with lab.public.inside():
        server = prosody(hosts=(SERVER,), starttls=5222, direct=5223, modules=["groups"],
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
def phone(request, lab, daemon, pki):
    """phone("open", "alice", "xmpp"): a daemon on a machine of its own, online, that no UDP of others reaches."""
    def make(kind, user, protocol):
        server, network = request.getfixturevalue(protocol), lab.network(kind)
        network.block(NO_UDP)
        commd = daemon(user, network=network.client(user))
        words = ["--transport", "tls", "--set", "ice=on"] if protocol == "sip" else []
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


@pytest.mark.parametrize("protocol", ["xmpp", "sip"])
@pytest.mark.parametrize("kinds", [("open", "open"), ("udp_blocked", "open"), ("open", "udp_blocked")], ids="-".join)
def test_without_udp_it_goes_by_tcp(phone, folder, protocol, kinds):
    """Who is behind a NAT connects to who is not, whoever of them calls."""
    (one, _), (other, target) = (phone(kind, user, protocol) for kind, user in zip(kinds, ("alice", "bob")))
    call = one.ctl("call", target, "--detach", *speak(folder, "one", 440))["id"]
    theirs = ringing(other)
    other.ctl("calls", "answer", theirs, *speak(folder, "other", 1000))
    for commd, each in ((one, call), (other, theirs)):
        commd.ctl("wait", "call", each, "--for=state=active")
    listen_for(3)
    stats = [one.ctl("calls", "stats", call), other.ctl("calls", "stats", theirs)]
    one.ctl("calls", "hangup", call)
    other.ctl("wait", "call", theirs, "--for=state=ended")
    heard(folder, "one", 1000, 440)
    heard(folder, "other", 440, 1000)
    assert [each["path"]["transport"] for each in stats] == ["tcp", "tcp"], [each["path"] for each in stats]
    assert not any("relay" in (each["path"]["local_type"], each["path"]["remote_type"]) for each in stats)
    assert {each["security"]["mechanism"] for each in stats} == {"DTLS-SRTP"}
