"""Finding a domain's servers by DNS (RFC 3263): which one, over what, and for whose name."""
# ctest: timeout=300
import pytest
from helpers import ringing

DOMAIN = "example.test"
PASSWORDS = {"alice": "alice-secret", "bob": "bob-secret"}
SERVICES = {"udp": ("SIP+D2U", "_sip._udp"), "tcp": ("SIP+D2T", "_sip._tcp"), "tls": ("SIPS+D2T", "_sips._tcp")}


@pytest.fixture
def zone(dns):
    """zone("tcp", [ports...], domain): NAPTR and SRV of these servers in that order; returns the DNS server."""
    server = dns()

    def publish(transport, ports, domain=DOMAIN):
        service, name = SERVICES[transport]
        server.add(domain, "NAPTR", (10, 10, "s", service, "", f"{name}.{domain}"))
        for number, port in enumerate(ports):
            server.add(f"{name}.{domain}", "SRV", (10 + number, 0, port, f"host{number}.{domain}"))
            server.add(f"host{number}.{domain}", "A", "127.0.0.1")
        return server
    return publish


@pytest.fixture
def phone(daemon, folder):
    """phone("alice", dns): a daemon that asks that DNS server."""
    def start(name, dns):
        return daemon(name, settings={"sip": {"resolv_conf": dns.resolv_conf(folder)}})
    return start


def begin(commd, user, pki, domain=DOMAIN):
    secret = commd.folder / f"{user}-{domain}"
    secret.write_text(PASSWORDS[user])
    commd.start_ctl("account", "add", f"sip:{user}@{domain}", "--password-file", secret,
                    "--set", f"tls_ca_file={pki.ca.cert}")


def wait_state(events, user, state, reason=None, domain=DOMAIN, since=0):
    def matches(event):
        shown = event.get("event", {}).get("account_changed", {})
        return (shown.get("id") == f"sip:{user}@{domain}" and shown["state"] == f"STATE_{state.upper()}"
                and reason in (None, shown["state_reason"]))
    return events.wait_for(matches, 30, since)["event"]["account_changed"]


def online(commd, user, pki, domain=DOMAIN):
    with commd.watch() as events:
        begin(commd, user, pki, domain)
        return wait_state(events, user, "online", domain=domain)


def port_of(server, transport):
    return {"udp": server.udp, "tcp": server.tcp, "tls": server.tls}[transport]


@pytest.mark.parametrize("transport", SERVICES)
def test_the_next_server_is_used_when_the_first_is_dead(kamailio, ports, pki, zone, phone, transport):
    """For REGISTER, and for the INVITEs that follow it."""
    server = kamailio(certificate=pki.leaf(DOMAIN))
    dns = zone(transport, [ports.free(), port_of(server, transport)])
    alice, bob = phone("alice", dns), phone("bob", dns)
    for commd, user in ((alice, "alice"), (bob, "bob")):
        shown = online(commd, user, pki)
        assert shown["server_in_use"].startswith(transport)
        assert f":{port_of(server, transport)})" in shown["server_in_use"]
        assert server.contacts(user) == 1
    call = alice.ctl("call", f"sip:bob@{DOMAIN}", "--capture", "none", "--playback", "none", "--detach")["id"]
    theirs = ringing(bob)
    bob.ctl("calls", "answer", theirs, "--capture", "none", "--playback", "none")
    alice.ctl("wait", "call", call, "--for=state=active")
    assert (DOMAIN, "NAPTR") in dns.queries()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_the_next_server_takes_over_when_the_first_dies(kamailio, pki, zone, phone, transport):
    first, second = (kamailio(certificate=pki.leaf(DOMAIN), name=name) for name in ("first", "second"))
    dns = zone(transport, [port_of(first, transport), port_of(second, transport)])
    alice, bob = phone("alice", dns), phone("bob", dns)
    online(alice, "alice", pki)
    assert (first.contacts("alice"), second.contacts("alice")) == (1, 0)
    with alice.watch() as events:
        mark = events.mark()
        first.kill()
        wait_state(events, "alice", "online", since=mark)
        events.wait_for(lambda e: str(port_of(second, transport)) in
                        e.get("event", {}).get("account_changed", {}).get("server_in_use", ""), 30)
    assert second.contacts("alice") == 1
    online(bob, "bob", pki)
    bob.ctl("call", f"sip:alice@{DOMAIN}", "--capture", "none", "--playback", "none", "--detach")
    ringing(alice)


@pytest.mark.parametrize("names, accepted", [
    ([f"DNS:{DOMAIN}"], True), ([f"DNS:host0.{DOMAIN}"], False), (["DNS:host0.example.test", f"DNS:{DOMAIN}"], True),
    (["IP:127.0.0.1"], False), ([f"DNS:*.{DOMAIN}"], False)],
    ids=["domain", "target", "both", "address", "wildcard"])
def test_the_certificate_is_for_the_domain_of_the_address(kamailio, pki, zone, phone, names, accepted):
    """Never for the name that DNS gave, which nobody vouches for."""
    server = kamailio(certificate=pki.leaf("server", names))
    commd = phone("alice", zone("tls", [server.tls]))
    with commd.watch() as events:
        begin(commd, "alice", pki)
        if accepted:
            wait_state(events, "alice", "online")
        else:
            assert DOMAIN in wait_state(events, "alice", "retrying", "TLS_WRONG_NAME")["state_message"]
    assert server.contacts("alice") == (1 if accepted else 0)


@pytest.mark.parametrize("first, second", [(DOMAIN, "other.test"), ("other.test", DOMAIN)])
def test_two_domains_on_one_address_share_no_connection(kamailio, pki, zone, phone, first, second):
    """The server has the certificate of one domain alone; the other one's password must not reach it over
    the connection that is open."""
    server = kamailio(certificate=pki.leaf(DOMAIN))
    zone("tls", [server.tls], "other.test")
    commd = phone("alice", zone("tls", [server.tls]))
    with commd.watch() as events:
        for domain in (first, second):
            begin(commd, "alice", pki, domain)
            if domain == DOMAIN:
                wait_state(events, "alice", "online", domain=domain)
            else:
                wait_state(events, "alice", "retrying", "TLS_WRONG_NAME", domain=domain)
    assert commd.ctl("account", "show", f"sip:alice@{DOMAIN}")["state"] == "STATE_ONLINE"
    assert server.contacts("alice") == 1
