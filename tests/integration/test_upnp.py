"""Who is behind a router that maps ports can be called by anybody, without a relay: by UPnP."""
# ctest: timeout=300
import pytest
from helpers import listen_for, ringing, wave

from peers import tones
from peers.dino import dns_records
from peers.natlab import SERVER

SIP, SIPS = 5060, 5061


@pytest.fixture
def lab(natlab):
    return natlab()


@pytest.fixture
def xmpp(lab, prosody, folder):
    """A server of XMPP that names no relay; alice and bob are each other's contacts."""
    people = folder / "groups.txt"
    people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\n")
    with lab.public.inside():
        server = prosody(hosts=(SERVER,), starttls=5222, direct=5223, modules=["groups"],
                         more=f'groups_file = "{people}"\n')
    dns_records(lab.dns, server.domain, SERVER)
    return server


@pytest.fixture
def sip(lab, kamailio):
    """A SIP server that is found by its domain's records."""
    with lab.public.inside():
        server = kamailio(hosts=(SERVER,), port=SIP, tls_port=SIPS, nat=True)
    lab.dns.add(f"_sips._tcp.{server.domain}", "SRV", (10, 10, SIPS, f"host.{server.domain}"))
    lab.dns.add(f"host.{server.domain}", "A", SERVER)
    return server


@pytest.fixture
def phone(lab, daemon, pki):
    """phone(network, "alice", server, "xmpp"): a daemon on a machine of its own there, online."""
    def make(network, user, server, protocol, **settings):
        commd = daemon(user, network=network.client(user), settings=settings)
        words = ["--transport", "tls", "--set", "ice=on"] if protocol == "sip" else []
        account = commd.add_account(f"{protocol}:{user}@{server.domain}", server.users[user], *words, "--set",
                                    f"tls_ca_file={pki.ca.cert}")
        commd.ctl("wait", "account", account["id"], "--for=state=online")
        return commd
    return make


@pytest.fixture
def home(lab, igd):
    """home(): a network of people whose router maps ports, and that router."""
    def make(**options):
        network = lab.network("port_restricted", maps_ports=True)
        return network, igd(network, **options)
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
    return call, theirs


def active(*pairs):
    for commd, call in pairs:
        commd.ctl("wait", "call", call, "--for=state=active")
    listen_for(2)
    return [commd.ctl("calls", "stats", call) for commd, call in pairs]


@pytest.mark.parametrize("who_calls", ["alice", "bob"])
@pytest.mark.parametrize("protocol", ["xmpp", "sip"])
def test_a_mapped_port_leads_home(request, lab, home, phone, folder, protocol, who_calls):
    """bob's NAT is one that only a relay, or an open door, gets through; alice's router opens one for the call."""
    server = request.getfixturevalue(protocol)
    network, igd = home()
    alice = phone(network, "alice", server, protocol)
    bob = phone(lab.network("symmetric"), "bob", server, protocol)
    one, other = (alice, bob) if who_calls == "alice" else (bob, alice)
    assert not igd.mappings()
    call, theirs = begin(one, other, f"{protocol}:{'bob' if who_calls == 'alice' else 'alice'}@{server.domain}", folder)
    stats = active((one, call), (other, theirs))
    ours, far = stats if who_calls == "alice" else reversed(stats)
    mapped = igd.mappings()
    assert mapped and {ip for _, _, ip, _ in mapped} == {"10.1.0.2"}
    # bob goes through the door, which is where alice's own socket is; and what comes back shows her the same.
    host, port = far["remote_address"].rsplit(":", 1)
    assert host == network.public and ("udp", int(port)) in {each[:2] for each in mapped}, far
    assert far["path"]["remote_type"] == "srflx", far["path"]
    assert ours["path"]["local_type"] in ("srflx", "host"), ours["path"]
    assert not any("relay" in (each["path"]["local_type"], each["path"]["remote_type"]) for each in stats)
    one.ctl("calls", "hangup", call)
    other.ctl("wait", "call", theirs, "--for=state=ended")
    heard(folder, "one", 1000, 440)
    heard(folder, "other", 440, 1000)
    igd.wait(lambda mappings: not mappings)


@pytest.mark.parametrize("protocol", ["xmpp", "sip"])
def test_a_mapped_port_takes_tcp_where_udp_goes_nowhere(request, lab, home, phone, folder, protocol):
    server = request.getfixturevalue(protocol)
    network, igd = home()
    alice = phone(network, "alice", server, protocol)
    bob = phone(lab.network("udp_blocked"), "bob", server, protocol)
    call, theirs = begin(alice, bob, f"{protocol}:bob@{server.domain}", folder)
    _, far = active((alice, call), (bob, theirs))
    host, port = far["remote_address"].rsplit(":", 1)
    assert host == network.public and ("tcp", int(port)) in {each[:2] for each in igd.mappings()}, far
    assert far["path"]["transport"] == "tcp" and far["path"]["remote_type"] == "srflx", far["path"]
    alice.ctl("calls", "hangup", call)
    bob.ctl("wait", "call", theirs, "--for=state=ended")
    heard(folder, "one", 1000, 440)
    heard(folder, "other", 440, 1000)
    igd.wait(lambda mappings: not mappings)


def test_without_it_there_is_no_way(lab, home, xmpp, phone, folder):
    """The same two where that is switched off: nobody asks the router, and nothing connects."""
    network, igd = home()
    alice = phone(network, "alice", xmpp, "xmpp", media={"upnp": False})
    bob = phone(lab.network("symmetric"), "bob", xmpp, "xmpp")
    call, theirs = begin(bob, alice, f"xmpp:alice@{xmpp.domain}", folder)
    ended = []
    for commd, each in ((bob, call), (alice, theirs)):
        commd.ctl("wait", "call", each, "--for=state=ended", "--timeout", "50s")
        ended.append(commd.ctl("calls", "show", each))
    # Whoever gives up first says so to the other, who may have waited longer.
    assert "END_REASON_MEDIA_FAILED" in {each["end_reason"] for each in ended}, ended
    assert not igd.requests() and not igd.mappings()


def test_before_the_answer_no_door_is_opened(lab, home, xmpp, phone):
    network, igd = home()
    alice = phone(network, "alice", xmpp, "xmpp")
    bob = phone(lab.network("symmetric"), "bob", xmpp, "xmpp")
    call = bob.ctl("call", f"xmpp:alice@{xmpp.domain}", "--detach", "--capture", "none", "--playback", "none")["id"]
    alice.ctl("calls", "reject", ringing(alice))
    bob.ctl("wait", "call", call, "--for=state=ended")
    assert not igd.requests()


def test_the_end_of_the_daemon_closes_the_door(lab, home, xmpp, phone, folder):
    network, igd = home()
    alice = phone(network, "alice", xmpp, "xmpp")
    bob = phone(lab.network("symmetric"), "bob", xmpp, "xmpp")
    call, theirs = begin(bob, alice, f"xmpp:alice@{xmpp.domain}", folder)
    active((bob, call), (alice, theirs))
    assert igd.mappings()
    alice.stop()
    assert not igd.mappings()
    bob.ctl("wait", "call", call, "--for=state=ended")


def test_a_silent_router_holds_nobody_up(lab, home, sip, phone, folder):
    """Its answer to the search is there, and then nothing more comes from it: calls go on without, in time."""
    network, igd = home()
    alice = phone(network, "alice", sip, "sip")
    bob = phone(lab.network("open"), "bob", sip, "sip")
    target = f"sip:bob@{sip.domain}"
    call, theirs = begin(alice, bob, target, folder)
    active((alice, call), (bob, theirs))
    assert igd.mappings()
    igd.pause()
    alice.ctl("calls", "hangup", call)
    bob.ctl("wait", "call", theirs, "--for=state=ended")
    call, theirs = begin(alice, bob, target, folder)
    stats = active((alice, call), (bob, theirs))
    assert int(stats[1]["received"]["packets"]) > 50
    alice.stop()
