"""The relay proved by a small client of our own: each transport, each kind of credentials, and how it says no."""
import contextlib
import socket
from xml.etree import ElementTree

import pytest

from peers import stun
from peers.fixtures import USERS
from peers.natlab import SERVER, SERVER2, SERVER_IPV6
from peers.turn import Allocation, TurnRefused, address, attributes

WAYS = ("udp", "tcp", "tls")
OTHER_ADDRESS = 0x802C
KINDS = {"users": {"users": USERS}, "secret": {"secret": "shared"}}


def allocation(server, pki, way="udp", credentials=None):
    return Allocation(server.host, server.tls if way == "tls" else server.port,
                      *(credentials or server.credentials("alice")), way=way, ca=pki.ca.cert)


@pytest.fixture
def peer():
    with contextlib.closing(stun.socket_for("127.0.0.1")) as sock:
        sock.settimeout(10)
        yield sock


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_relays_both_ways(coturn, pki, peer, way, kind):
    server = coturn(**KINDS[kind])
    with allocation(server, pki, way) as ours:
        assert ours.relayed[0] == server.host
        ours.permit("127.0.0.1")
        ours.send(b"there", ("127.0.0.1", peer.getsockname()[1]))
        assert peer.recvfrom(100) == (b"there", ours.relayed)
        peer.sendto(b"and back", ours.relayed)
        assert ours.receive() == (b"and back", ("127.0.0.1", peer.getsockname()[1]))
        server.wait_allocation("alice")
        assert server.allocations() == 1


def test_drops_what_was_not_permitted(coturn, pki, peer):
    with allocation(coturn(users=USERS), pki) as ours:
        peer.sendto(b"early", ours.relayed)
        assert ours.receive(0.5) is None
        ours.permit("127.0.0.1")
        peer.sendto(b"later", ours.relayed)
        assert ours.receive()[0] == b"later"


def test_refuses_a_wrong_password(coturn, pki):
    server = coturn(users=USERS)
    with pytest.raises(TurnRefused) as refused:
        allocation(server, pki, credentials=("alice", "wrong"))
    assert refused.value.code == 401
    assert server.allocations() == 0


def test_refuses_credentials_that_have_expired(coturn, pki):
    server = coturn(secret="shared")
    with pytest.raises(TurnRefused) as refused:
        allocation(server, pki, credentials=server.credentials("alice", -10))
    assert refused.value.code == 401
    assert server.allocations() == 0


def test_tells_the_address_it_sees(coturn, peer):
    server = coturn(users=USERS)
    assert stun.binding(peer, (server.host, server.port)) == ("127.0.0.1", peer.getsockname()[1])


def test_speaks_only_what_it_is_told(coturn, pki, peer):
    server = coturn(users=USERS, transports=("tls",))
    assert stun.binding(peer, (server.host, server.port), 0.5) is None
    with pytest.raises(OSError):
        socket.create_connection((server.host, server.port), 1).close()
    with allocation(server, pki, "tls") as ours:
        assert ours.relayed[0] == server.host


def test_returns_after_a_power_failure(coturn, pki):
    server = coturn(users=USERS)
    for _ in range(2):
        allocation(server, pki).close()
        server.kill()
        server.start()
    allocation(server, pki).close()


def test_an_xmpp_server_tells_of_it(coturn, prosody, friend, pki):
    server = coturn(secret="shared")
    alice = friend("alice", prosody(turn=server, turn_ttl=600))
    answer = alice.ask("<iq type='get' id='s1' to='xmpp.test'><services xmlns='urn:xmpp:extdisco:2'/></iq>")
    services = [one.attrib for one in ElementTree.fromstring(answer).iter("{urn:xmpp:extdisco:2}service")]
    assert [(one["type"], one["transport"], one["port"]) for one in services] == [
        ("stun", "udp", str(server.port)), ("turn", "udp", str(server.port)), ("turn", "tcp", str(server.port)),
        ("turns", "tcp", str(server.tls))]
    for one, way in zip(services[1:], WAYS):
        with allocation(server, pki, way, (one["username"], one["password"])) as ours:
            assert ours.relayed[0] == one["host"]


# ---- from networks of every kind ----------------------------------------------------------


@pytest.mark.parametrize("kind,ways", [
    ("open", WAYS), ("port_restricted", WAYS), ("symmetric", WAYS), ("isolated", WAYS), ("ipv6_only", WAYS),
    ("udp_blocked", ("tcp", "tls")), ("web_only", ("tls",))])
def test_a_relay_for_every_network(natlab, coturn, pki, kind, ways):
    """Who is there talks through the relay with somebody in the open, over IPv4."""
    lab = natlab()
    with lab.public.inside():
        server = coturn(users=USERS, hosts=(SERVER, SERVER_IPV6), port=3478, tls_port=443)
    alice, bob = lab.network(kind).client("alice"), lab.network("open").client("bob")
    host = SERVER_IPV6 if kind == "ipv6_only" else SERVER
    with contextlib.closing(bob.udp(port=4000)) as peer:
        peer.settimeout(10)
        for way in WAYS:
            with alice.inside():
                try:
                    ours = Allocation(host, server.tls if way == "tls" else server.port, *server.credentials("alice"),
                                      way=way, ca=pki.ca.cert, seconds=10 if way in ways else 1)
                except OSError:
                    assert way not in ways
                    continue
            assert way in ways
            with ours:
                assert ours.relayed[0] == SERVER
                ours.permit(bob.host)
                ours.send(b"there", (bob.host, 4000))
                assert peer.recvfrom(100) == (b"there", ours.relayed)
                peer.sendto(b"and back", ours.relayed)
                assert ours.receive() == (b"and back", (bob.host, 4000))


def test_two_addresses_tell_kinds_of_nat_apart(natlab, coturn):
    """RFC 5780: the server names its other address, and what is seen there differs where mappings do."""
    lab = natlab()
    with lab.public.inside():
        server = coturn(users=USERS, hosts=(SERVER, SERVER2), port=3478)
    with contextlib.closing(lab.network("open").client("open").udp()) as sock:
        sock.settimeout(10)
        sock.sendto(stun.request()[0], (SERVER, server.port))
        packet = sock.recv(2048)
        other = address(attributes(packet)[OTHER_ADDRESS], packet[8:20], xored=False)
        assert other == (SERVER2, server.port + 1)
    for kind, same in (("port_restricted", True), ("symmetric", False)):
        with contextlib.closing(lab.network(kind).client(kind).udp()) as sock:
            seen = [stun.binding(sock, (host, server.port)) for host in (SERVER, SERVER2)]
            assert None not in seen and (seen[0] == seen[1]) is same
