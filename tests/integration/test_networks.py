"""Daemons behind routers of several kinds: they are reachable there, and they talk where a way is open."""
# ctest: timeout=300
import pytest
from helpers import listen_for, ringing, wave

from peers import tones
from peers.natlab import SERVER, SERVER_IPV6

SIP, SIPS = 5060, 5061


@pytest.fixture
def internet(natlab, kamailio):
    """internet(tls_port): the laboratory with a SIP server that is found by its domain's records."""
    def make(tls_port=SIPS):
        lab = natlab()
        with lab.public.inside():
            server = kamailio(hosts=(SERVER, SERVER_IPV6), port=SIP, tls_port=tls_port, nat=True)
        for service, port in (("_sips._tcp", tls_port), ("_sip._tcp", SIP), ("_sip._udp", SIP)):
            lab.dns.add(f"{service}.{server.domain}", "SRV", (10, 10, port, f"host.{server.domain}"))
        lab.dns.add(f"host.{server.domain}", "A", SERVER)
        lab.dns.add(f"host.{server.domain}", "AAAA", SERVER_IPV6)
        return lab, server
    return make


@pytest.fixture
def phone(daemon, pki):
    """phone(network, "alice", server, "udp", *options): a daemon in a machine of its own there, online."""
    def make(network, user, server, transport, *options):
        client = network.client(user)
        commd = daemon(user, network=client)
        words = ["--set", f"tls_ca_file={pki.ca.cert}"] if transport == "tls" else []
        account = commd.add_account(f"sip:{user}@{server.domain}", server.users[user], "--transport", transport,
                                    *words, *options)
        commd.ctl("wait", "account", account["id"], "--for=state=online")
        return commd
    return make


# ---- to be reached ---------------------------------------------------------------------

BOTH_WAYS = [(kind, transport) for kind in ("open", "port_restricted", "symmetric", "isolated", "ipv6_only")
             for transport in ("udp", "tls")]


@pytest.mark.parametrize("kind,transport", [*BOTH_WAYS, ("udp_blocked", "tcp"), ("udp_blocked", "tls"),
                                            ("web_only", "tls")])
def test_a_phone_in_every_network_rings(internet, phone, folder, kind, transport):
    lab, server = internet(443 if kind == "web_only" else SIPS)
    alice = phone(lab.network(kind), "alice", server, transport)
    # Without ICE nobody can talk from one family of addresses to the other.
    bob = phone(lab.network("ipv6_only" if kind == "ipv6_only" else "open"), "bob", server, "udp")
    assert server.contacts("alice") == 1
    call = bob.ctl("call", f"sip:alice@{server.domain}", "--capture", "none", "--playback", "none",
                   "--detach")["id"]
    theirs = ringing(alice)
    bob.ctl("wait", "call", call, "--for=state=ringing")
    bob.ctl("calls", "hangup", call)
    alice.ctl("wait", "call", theirs, "--for=state=ended")


# ---- to talk ---------------------------------------------------------------------------


def talk(one, other, target, folder):
    """one calls, the other answers; both listen for a while to 440 and 1000 Hz. The two ids and what they hear."""
    ears = [folder / f"heard-{commd.name}.wav" for commd in (one, other)]
    call = one.ctl("call", target, "--capture", f"file:{wave(folder, 'one.wav', 440)}",
                   "--playback", f"file:{ears[0]}", "--detach")["id"]
    theirs = ringing(other)
    other.ctl("calls", "answer", theirs, "--capture", f"file:{wave(folder, 'other.wav', 1000)}",
              "--playback", f"file:{ears[1]}")
    for commd, each in ((one, call), (other, theirs)):
        commd.ctl("wait", "call", each, "--for=state=active")
    listen_for(2)
    one.ctl("calls", "hangup", call)
    other.ctl("wait", "call", theirs, "--for=state=ended")
    return ears


@pytest.mark.parametrize("kinds", [("open", "open"), ("port_restricted", "open"), ("open", "port_restricted"),
                                   ("symmetric", "open"), ("open", "isolated"), ("ipv6_only", "ipv6_only")],
                         ids="-".join)
def test_they_talk_where_a_way_is_open(internet, phone, folder, kinds):
    """By what RTP alone can do: an answer goes where a packet came from."""
    lab, server = internet()
    alice, bob = (phone(lab.network(kind), user, server, "tls", "--set", "encryption=off")
                  for kind, user in zip(kinds, ("alice", "bob")))
    ears = talk(alice, bob, f"sip:bob@{server.domain}", folder)
    tones.assert_tone(ears[0], 1000, absent=[440])
    tones.assert_tone(ears[1], 440, absent=[1000])


# ---- XMPP ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["symmetric", "udp_blocked", "ipv6_only"])
def test_messages_pass_in_every_network(natlab, prosody, daemon, pki, kind):
    lab = natlab()
    with lab.public.inside():
        server = prosody(hosts=(SERVER, SERVER_IPV6), starttls=5222, direct=5223)
    lab.dns.add(f"_xmpps-client._tcp.{server.domain}", "SRV", (10, 10, 5223, f"host.{server.domain}"))
    lab.dns.add(f"host.{server.domain}", "A", SERVER)
    lab.dns.add(f"host.{server.domain}", "AAAA", SERVER_IPV6)
    people = {}
    for user, where in (("alice", kind), ("bob", "open")):
        people[user] = daemon(user, network=lab.network(where).client(user))
        account = people[user].add_account(f"xmpp:{user}@{server.domain}", server.users[user],
                                           "--set", f"tls_ca_file={pki.ca.cert}")
        people[user].ctl("wait", "account", account["id"], "--for=state=online")
    with people["bob"].watch() as events:
        people["alice"].ctl("message", "send", f"xmpp:bob@{server.domain}", "across")
        events.wait_for(lambda event: event.get("event", {}).get("message_changed", {}).get("text") == "across")


def test_a_bad_link_is_told_as_it_is(internet, phone, folder):
    lab, server = internet()
    networks = [lab.network("open", seed=1), lab.network("open")]
    alice, bob = (phone(network, user, server, "udp") for network, user in zip(networks, ("alice", "bob")))
    link = networks[0].link
    link.impair(what="media", loss=0.1)
    call = alice.ctl("call", f"sip:bob@{server.domain}", "--capture", "tone:440", "--playback", "none",
                     "--detach")["id"]
    theirs = ringing(bob)
    bob.ctl("calls", "answer", theirs, "--capture", "tone:1000", "--playback", "none")
    alice.ctl("wait", "call", call, "--for=state=active")
    listen_for(8)
    told = [float(commd.ctl("calls", "stats", each)["received"]["loss_ratio"])
            for commd, each in ((alice, call), (bob, theirs))]
    happened = [link.counters(way) for way in ("down", "up")]
    for ratio, counters in zip(told, happened):
        assert counters.received > 300
        assert ratio == pytest.approx(counters.lost / counters.received, abs=0.03)
    alice.ctl("calls", "hangup", call)
    bob.ctl("wait", "call", theirs, "--for=state=ended")
