"""The relay proved by a small client of our own: each transport, each kind of credentials, and how it says no."""
import contextlib
import socket
from xml.etree import ElementTree

import pytest

from peers import stun
from peers.fixtures import USERS
from peers.turn import Allocation, TurnRefused

WAYS = ("udp", "tcp", "tls")
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
