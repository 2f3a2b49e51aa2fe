"""Each kind of network proved to be of that kind, packet by packet."""
import contextlib
import http.client
import os
import select
import signal
import socket
import subprocess
import sys

import pytest

from peers import natlab as networks
from peers.natlab import SERVER, SERVER2, SERVER_IPV6, path
from peers.process import SLOW, wait_exit_of

PORT = 7000
ARRIVES_S, LOST_S = 10, 0.4


@pytest.fixture
def lab(natlab):
    return natlab()


@pytest.fixture
def open_socket(cleanup):
    """open_socket(namespace or client, host, port): a UDP socket there until the end of the test."""
    def make(where, host="0.0.0.0", port=0):
        return cleanup.enter_context(contextlib.closing(where.udp(host, port)))
    return make


def receive(sock, seconds=ARRIVES_S):
    """(data, (host, port)) of the next packet, None when there is none."""
    if not select.select([sock], [], [], seconds * SLOW)[0]:
        return None
    data, source = sock.recvfrom(2048)
    return data, source[:2]


def seen(client, server, address):
    """Sends one packet; the address it seems to come from, None when it does not arrive."""
    client.sendto(b"hello", address)
    found = receive(server, ARRIVES_S)
    return found and found[1]


@pytest.fixture
def two_servers(lab, open_socket):
    return {host: open_socket(lab.public, host, PORT) for host in (SERVER, SERVER2)}


def mappings(lab, kind, two_servers, open_socket):
    """The network, a client's socket, and how each of the servers sees it."""
    network = lab.network(kind)
    client = open_socket(network.client("alice"), port=4000)
    return network, client, [seen(client, sock, (host, PORT)) for host, sock in two_servers.items()]


# ---- each kind -----------------------------------------------------------------------


def test_open_shows_its_own_address_and_lets_all_in(lab, two_servers, open_socket):
    network = lab.network("open")
    alice = network.client("alice")
    client = open_socket(alice, port=4000)
    two_servers[SERVER].sendto(b"unasked", (alice.host, 4000))
    assert receive(client) == (b"unasked", (SERVER, PORT))
    assert seen(client, two_servers[SERVER], (SERVER, PORT)) == (alice.host, 4000)
    assert alice.host.startswith("198.51.100.")


@pytest.mark.parametrize("kind", ["port_restricted", "isolated"])
def test_port_restricted_keeps_its_mapping(lab, two_servers, open_socket, kind):
    network, client, seen_as = mappings(lab, kind, two_servers, open_socket)
    assert seen_as == [(network.public, 4000)] * 2
    two_servers[SERVER].sendto(b"answer", seen_as[0])
    assert receive(client) == (b"answer", (SERVER, PORT))


def test_symmetric_has_a_mapping_for_each_destination(lab, two_servers, open_socket):
    network, client, seen_as = mappings(lab, "symmetric", two_servers, open_socket)
    assert {host for host, _ in seen_as} == {network.public}
    assert len({port for _, port in seen_as}) == 2
    for (host, sock), one in zip(two_servers.items(), seen_as):
        sock.sendto(b"answer", one)
        assert receive(client) == (b"answer", (host, PORT))


@pytest.mark.parametrize("kind", ["port_restricted", "symmetric", "isolated"])
def test_a_nat_drops_what_nobody_asked_for(lab, two_servers, open_socket, kind):
    _, client, seen_as = mappings(lab, kind, two_servers, open_socket)
    other_port = open_socket(lab.public, SERVER, PORT + 1)
    other_port.sendto(b"same host, other port", seen_as[0])
    two_servers[SERVER].sendto(b"no mapping", (seen_as[0][0], 5555))
    assert receive(client, LOST_S) is None
    # What was dropped has not spoilt the mapping: once asked for, it comes in.
    client.sendto(b"hello", (SERVER, PORT + 1))
    source = receive(other_port)[1]
    other_port.sendto(b"asked for", source)
    assert receive(client) == (b"asked for", (SERVER, PORT + 1))
    if kind != "symmetric":
        assert source == seen_as[0]


@pytest.mark.parametrize("kind", ["udp_blocked", "web_only"])
def test_udp_goes_nowhere_and_tcp_does(lab, two_servers, open_socket, kind):
    network = lab.network(kind)
    alice = network.client("alice")
    client = open_socket(alice)
    client.sendto(b"hello", (SERVER, PORT))
    assert receive(two_servers[SERVER], LOST_S) is None
    for port, arrives in ((443, True), (PORT, kind == "udp_blocked")):
        assert connects(lab, alice, port) is arrives, port


def connects(lab, client, port):
    with lab.public.inside():
        listener = socket.create_server((SERVER, port))
    with listener, client.inside():
        try:
            socket.create_connection((SERVER, port), ARRIVES_S * SLOW if port == 443 else LOST_S * SLOW + 1).close()
            return True
        except TimeoutError:
            return False


def test_ipv6_only_has_no_nat_and_lets_in_who_was_asked(lab, open_socket):
    alice = lab.network("ipv6_only").client("alice")
    client = open_socket(alice, "::", 4000)
    server, stranger = open_socket(lab.public, SERVER_IPV6, PORT), open_socket(lab.public, SERVER_IPV6, PORT + 1)
    assert seen(client, server, (SERVER_IPV6, PORT)) == (alice.host, 4000)
    stranger.sendto(b"unasked", (alice.host, 4000))
    server.sendto(b"answer", (alice.host, 4000))
    assert receive(client)[0] == b"answer"
    assert receive(client, LOST_S) is None
    with pytest.raises(OSError):
        open_socket(alice).sendto(b"hello", (SERVER, PORT))


def test_dual_has_a_nat_for_the_one_and_none_for_the_other(lab, two_servers, open_socket):
    network = lab.network("dual")
    alice = network.client("alice")
    assert seen(open_socket(alice, port=4000), two_servers[SERVER], (SERVER, PORT)) == (network.public, 4000)
    client, server = open_socket(alice, "::", 4001), open_socket(lab.public, SERVER_IPV6, PORT)
    assert seen(client, server, (SERVER_IPV6, PORT)) == (network.host_ipv6(alice.host), 4001)
    open_socket(lab.public, SERVER_IPV6, PORT + 1).sendto(b"unasked", (network.host_ipv6(alice.host), 4001))
    assert receive(client, LOST_S) is None
    assert path("dual", "ipv6_only") == "direct" and path("dual", "symmetric") == "relayed"


def test_a_router_lets_in_what_it_was_asked_for(lab, two_servers, open_socket, igd):
    network = lab.network("port_restricted", maps_ports=True)
    router, alice = igd(network), network.client("alice")
    client = open_socket(alice, port=4000)
    two_servers[SERVER].sendto(b"unasked", (network.public, 4000))
    assert receive(client, LOST_S) is None
    with alice.inside():
        assert ask(router, "AddPortMapping", NewExternalPort=4000, NewProtocol="UDP", NewInternalPort=4000,
                   NewInternalClient=alice.host, NewEnabled=1, NewPortMappingDescription="test", NewLeaseDuration=60)
    assert router.mappings() == {("udp", 4000, alice.host, 4000)}
    two_servers[SERVER2].sendto(b"welcome", (network.public, 4000))
    assert receive(client) == (b"welcome", (SERVER2, PORT))
    with alice.inside():
        assert ask(router, "DeletePortMapping", NewExternalPort=4000, NewProtocol="UDP")
    assert not router.wait(lambda mappings: not mappings)


def ask(router, action, **arguments):
    """Whether the router does what it is asked for; from whoever's network this is called in."""
    kind = "urn:schemas-upnp-org:service:WANIPConnection:1"
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in {"NewRemoteHost": "", **arguments}.items())
    body = (f'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
            f'<u:{action} xmlns:u="{kind}">{inner}</u:{action}></s:Body></s:Envelope>')
    connection = http.client.HTTPConnection(router.network.gateway, router.port, timeout=10 * SLOW)
    with contextlib.closing(connection):
        connection.request("POST", "/ctl/IPConn", body, {"SOAPAction": f'"{kind}#{action}"', "Content-Type": "text/xml"})
        return connection.getresponse().status == 200


@pytest.mark.parametrize("kind,reach", [("isolated", False), ("port_restricted", True)])
def test_neighbours(lab, open_socket, kind, reach):
    network = lab.network(kind)
    alice, bob = network.client("alice"), network.client("bob")
    ours, theirs = open_socket(alice, port=4000), open_socket(bob, port=4000)
    ours.sendto(b"hello", (bob.host, 4000))
    assert (receive(theirs, ARRIVES_S if reach else LOST_S) is not None) is reach


@pytest.mark.parametrize("kind", ["port_restricted", "isolated", "symmetric"])
def test_a_public_address_is_not_reached_from_behind_it(lab, open_socket, two_servers, kind):
    network = lab.network(kind)
    ours = open_socket(network.client("alice"), port=4000)
    theirs = open_socket(network.client("bob"), port=4001)
    mapped = [seen(sock, two_servers[SERVER], (SERVER, PORT)) for sock in (ours, theirs)]
    for sock, other in ((ours, mapped[1]), (theirs, mapped[0])) * 3:
        sock.sendto(b"hello", other)
    assert receive(ours, LOST_S) is None and receive(theirs, LOST_S) is None


def test_nobody_is_told_of_private_addresses_that_are_not_reached(lab, open_socket, two_servers):
    alice = lab.network("open").client("alice")
    for sock in (two_servers[SERVER], open_socket(alice)):
        sock.connect(("10.77.0.1", PORT))
        for _ in range(3):
            sock.send(b"hello")
        assert receive(sock, LOST_S) is None


# ---- between networks ------------------------------------------------------------------

KINDS_OF_IPV4 = ("open", "port_restricted", "symmetric", "udp_blocked", "isolated")


@pytest.mark.parametrize("one,other", [(a, b) for i, a in enumerate(KINDS_OF_IPV4) for b in KINDS_OF_IPV4[i:]])
def test_punching_works_exactly_where_it_is_said_to(lab, open_socket, one, other):
    """Both learn how a server sees them, tell each other, and send there at once: what ICE does."""
    server = open_socket(lab.public, SERVER, PORT)
    socks = [open_socket(lab.network(kind).client(name), port=4000)
             for kind, name in ((one, "alice"), (other, "bob"))]
    if "udp_blocked" in (one, other):
        socks[(one, other).index("udp_blocked")].sendto(b"hello", (SERVER, PORT))
        assert receive(server, LOST_S) is None
        assert path(one, other) == "relayed"
        return
    known = [seen(sock, server, (SERVER, PORT)) for sock in socks]
    heard, rounds = [None, None], 0
    # Where it must not work four rounds are enough; where it must, a busy machine has its time.
    while not all(heard) and (rounds := rounds + 1) <= (100 if path(one, other) == "direct" else 4):
        for me, sock in enumerate(socks):
            sock.sendto(b"check", known[1 - me])
        for me, sock in enumerate(socks):
            found = receive(sock, LOST_S / 4)
            if found:
                heard[me], known[1 - me] = found, found[1]  # a mapping nobody knew: it is now known
    assert all(heard) == (path(one, other) == "direct"), heard


def test_ipv6_networks_reach_each_other_once_both_have_sent(lab, open_socket):
    alice, bob = (lab.network("ipv6_only").client(name) for name in ("alice", "bob"))
    ours, theirs = open_socket(alice, "::", 4000), open_socket(bob, "::", 4000)
    ours.sendto(b"check", (bob.host, 4000))
    assert receive(theirs, LOST_S) is None
    theirs.sendto(b"check", (alice.host, 4000))
    assert receive(ours) == (b"check", (bob.host, 4000))
    assert path("ipv6_only", "ipv6_only") == "direct"


# ---- addresses that change ----------------------------------------------------------------


def test_a_client_moves_to_another_network(lab, open_socket, two_servers):
    home, office = lab.network("port_restricted"), lab.network("symmetric")
    alice = home.client("alice")
    assert seen(open_socket(alice), two_servers[SERVER], (SERVER, PORT))[0] == home.public
    before = alice.host
    assert alice.move(office) != before
    assert seen(open_socket(alice), two_servers[SERVER], (SERVER, PORT))[0] == office.public


def test_a_client_gets_another_address(lab, open_socket, two_servers):
    alice = lab.network("open").client("alice")
    before = alice.host
    assert alice.renumber() != before
    assert seen(open_socket(alice, port=4000), two_servers[SERVER], (SERVER, PORT)) == (alice.host, 4000)


def test_a_second_network_takes_over(lab, open_socket, two_servers):
    wireless, mobile = lab.network("port_restricted"), lab.network("port_restricted")
    phone = wireless.client("phone")
    phone.join(mobile, "eth1")
    assert seen(open_socket(phone), two_servers[SERVER], (SERVER, PORT))[0] == wireless.public
    phone.leave("eth0")
    assert seen(open_socket(phone), two_servers[SERVER], (SERVER, PORT))[0] == mobile.public


def test_what_has_been_going_on_can_be_blocked(lab, open_socket, two_servers):
    network, client, seen_as = mappings(lab, "port_restricted", two_servers, open_socket)
    network.block("meta l4proto tcp", 'iifname "wan" meta l4proto udp')
    two_servers[SERVER].sendto(b"answer", seen_as[0])
    assert receive(client, LOST_S) is None
    assert seen(client, two_servers[SERVER], (SERVER, PORT)) == seen_as[0]
    network.unblock()
    two_servers[SERVER].sendto(b"answer", seen_as[0])
    assert receive(client) == (b"answer", (SERVER, PORT))


# ---- names, files, and the end ----------------------------------------------------------------


@pytest.mark.parametrize("kind", networks.KINDS)
def test_names_are_found_everywhere(lab, kind):
    lab.dns.add("server.test", "A", SERVER)
    lab.dns.add("server.test", "AAAA", SERVER_IPV6)
    alice = lab.network(kind).client("alice")
    found = alice.run("getent", "ahosts" if kind != "ipv6_only" else "ahostsv6", "server.test").split()
    assert (SERVER_IPV6 if kind == "ipv6_only" else SERVER) in found


def test_only_clients_trust_the_authority(lab, pki):
    alice = lab.network("open").client("alice")
    ours = pki.ca.cert.read_text().strip()
    assert ours in alice.run("cat", "/etc/ssl/certs/ca-certificates.crt")
    with open("/etc/ssl/certs/ca-certificates.crt", encoding="utf-8") as bundle:
        assert ours not in bundle.read()


def test_nothing_stays_when_the_test_is_killed(folder):
    script = ("import pathlib, sys, time\nfrom peers.natlab import NatLab\n"
              "lab = NatLab(pathlib.Path(sys.argv[1]))\nalice = lab.network('symmetric').client('alice')\n"
              "print(lab.public.pid, alice.pid, flush=True)\ntime.sleep(600)\n")
    child = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    holders = [int(word) for word in child.stdout.readline().split()]
    descriptors = [os.pidfd_open(pid) for pid in holders]
    assert len(holders) == 2
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    for descriptor in descriptors:
        wait_exit_of(descriptor)
        os.close(descriptor)
