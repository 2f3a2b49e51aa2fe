"""`commctl doctor`: what is wrong is found, told from what is like it, and said with a remedy."""
# ctest: timeout=300
import email.utils
import json
import os
import socket
import stat
import time

import grpc
import pytest

from peers.api import Api, error_info
from peers.process import SLOW

ALICE, DOMAIN, HERE = "sip:alice@example.test", "example.test", "127.0.0.1"
PASSWORD, RELAY_PASSWORD = "alice-secret", "Elf-Relais-Wörter"


@pytest.fixture
def doctor(daemon, stranger, folder):
    """doctor("turn=...", password=..., status=0): the checks of an account at a registrar, by id."""
    commd, proxy = daemon(), stranger(registrar=DOMAIN)
    commd.add_account(ALICE, PASSWORD, "--server", f"{HERE}:{proxy.port}", "--transport", "udp", "--id", "alice")

    def examine(*settings, user="alice", password=None, status=0):
        words = ["account", "set", "alice", *settings]
        if password is not None:
            words.append(f"turn_username={user}")
            secret = folder / "relay-password"
            secret.write_text(password + "\n")
            words += ["--turn-password-file", secret]
        if len(words) > 3:
            commd.ctl(*words)
        commd.ctl("wait", "account", "alice", "--for=state=online")
        return checks_of(commd, "alice", status=status)

    examine.commd, examine.proxy = commd, proxy
    return examine


def checks_of(commd, *words, status=0):
    done = commd.run("doctor", *words, seconds=40)
    assert done.returncode == status, done.stdout + done.stderr
    checks = [json.loads(line) for line in done.stdout.splitlines()]
    # A clock that is kept and a sound card are the machine's affair.
    return {check["id"]: check for check in checks if check["account"] or check["id"] != "clock"}


def ms_of(check):
    return float(check["round_trip"].removesuffix("s")) * 1000


# ---- relays ------------------------------------------------------------------------------


def test_every_transport_carries_a_datagram_there_and_back(doctor, coturn, pki):
    server = coturn(users={"alice": RELAY_PASSWORD})
    checks = doctor(f"turn={server.uri()},{server.uri('tls')}", f"tls_ca_file={pki.ca.cert}",
                    password=RELAY_PASSWORD)
    for transport in ("udp", "tcp", "tls"):
        check = checks[f"turn.{transport}"]
        assert check["result"] == "RESULT_OK", check
        assert 0 < ms_of(check) < 2000 * SLOW
        assert check["facts"]["mapped"].startswith(f"{HERE}:")
        assert check["addresses"] == [check["facts"]["relayed"]]
    assert checks["stun.binding"]["result"] == "RESULT_OK", "a relay is a STUN server, too"
    assert checks["stun.mapping"]["facts"]["mapping"] == "none"
    server.wait_line(r"refreshed, realm=<turn.test>, username=<alice>, lifetime=0")  # given back, not left there


def test_credentials_of_a_shared_secret(doctor, coturn):
    server = coturn(secret="shared")
    user, password = server.credentials("carol")
    checks = doctor(f"turn={server.uri('udp')}", user=user, password=password)
    assert checks["turn.udp"]["result"] == "RESULT_OK", checks["turn.udp"]
    user, password = server.credentials("carol", seconds=-60)
    checks = doctor(f"turn={server.uri('udp')}", user=user, password=password, status=1)
    assert checks["turn.udp"]["reason"] == "TURN_CREDENTIALS_REFUSED", "they have ended"


def test_wrong_credentials(doctor, coturn):
    server = coturn(users={"alice": RELAY_PASSWORD})
    for user, password in (("alice", "wrong"), ("mallory", RELAY_PASSWORD)):
        check = doctor(f"turn={server.uri('udp')}", user=user, password=password, status=1)["turn.udp"]
        assert check["reason"] == "TURN_CREDENTIALS_REFUSED"
        assert "--turn-password-file" in check["remedy"]


def test_a_certificate_that_is_not_right_is_named(doctor, coturn, pki):
    stranger = coturn(users={"alice": RELAY_PASSWORD}, certificate=pki.unknown_ca("localhost"))
    checks = doctor(f"turn={stranger.uri('tls')}", f"tls_ca_file={pki.ca.cert}", password=RELAY_PASSWORD,
                    status=1)
    assert checks["turn.tls"]["reason"] == "TLS_UNKNOWN_ISSUER"
    assert "tls_ca_file" in checks["turn.tls"]["remedy"]
    other = coturn(name="other", users={"alice": RELAY_PASSWORD}, certificate=pki.leaf("other.test"))
    checks = doctor(f"turn={other.uri('tls')}", status=1)
    assert checks["turn.tls"]["reason"] == "TLS_WRONG_NAME"
    assert "other.test" in checks["turn.tls"]["found"]


def test_a_closed_port_and_one_that_is_silent(doctor, ports):
    closed = ports.free()
    checks = doctor(f"turn=turn:{HERE}:{closed}", password="x", status=1)
    assert checks["turn.udp"]["reason"] == "CONNECTION_REFUSED"
    assert checks["turn.udp"]["result"] == "RESULT_FAILED"
    assert checks["turn.tcp"]["result"] == "RESULT_WARNING", "nobody has asked for TCP"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HERE, 0))
        checks = doctor(f"turn=turn:{HERE}:{silent.getsockname()[1]}", status=1)
    assert checks["turn.udp"]["reason"] == "STUN_NO_ANSWER"
    assert "firewall" in checks["turn.udp"]["remedy"]


def test_where_udp_is_refused_tcp_goes(doctor, coturn):
    server = coturn(users={"alice": RELAY_PASSWORD}, transports=("tcp", "tls"))
    checks = doctor(f"turn={server.uri()}", password=RELAY_PASSWORD, status=1)
    assert checks["turn.udp"]["reason"] == "CONNECTION_REFUSED"
    assert checks["turn.tcp"]["result"] == "RESULT_OK", checks["turn.tcp"]


def test_a_relay_that_lets_nobody_in_is_a_warning(doctor, coturn):
    server = coturn(users={"alice": RELAY_PASSWORD}, more="denied-peer-ip=127.0.0.0-127.255.255.255")
    check = doctor(f"turn={server.uri('udp')}", password=RELAY_PASSWORD)["turn.udp"]
    assert (check["result"], check["reason"]) == ("RESULT_WARNING", "TURN_PEER_REFUSED"), check
    assert "403" in check["found"] and check["facts"]["relayed"]


def test_a_second_address_of_a_stun_server_is_asked(doctor, coturn):
    server = coturn(hosts=(HERE, "127.0.0.2"))
    checks = doctor(f"stun={HERE}:{server.port}")
    assert len(checks["stun.mapping"]["addresses"]) == 2
    assert checks["stun.mapping"]["facts"]["mapping"] == "none"
    assert checks["turn"]["result"] == "RESULT_SKIPPED"
    assert "turn=turn:HOST" in checks["turn"]["remedy"]


def test_the_password_of_a_relay_is_nowhere_to_be_read(doctor, coturn):
    commd, server = doctor.commd, coturn(users={"alice": RELAY_PASSWORD})
    with commd.watch() as watch:
        doctor(f"turn={server.uri('udp')}", password=RELAY_PASSWORD)
        told = "\n".join(map(str, watch.events()))
    shown = commd.run("account", "show", "alice").stdout + commd.run("doctor", "alice", json_output=False).stdout
    assert RELAY_PASSWORD not in told + shown
    commd.terminate()
    assert RELAY_PASSWORD.encode() not in commd.log_path.read_bytes()
    holders = [os.path.join(where, name) for where, _, names in os.walk(commd.state) for name in names
               if RELAY_PASSWORD.encode() in open(os.path.join(where, name), "rb").read()]
    assert len(holders) == 1 and stat.S_IMODE(os.stat(holders[0]).st_mode) == 0o600
    commd.start()
    commd.ctl("wait", "account", "alice", "--for=state=online")
    assert checks_of(commd, "alice")["turn.udp"]["result"] == "RESULT_OK", "and it is kept"
    commd.ctl("account", "remove", "alice")
    assert not os.path.exists(holders[0])


# ---- servers -----------------------------------------------------------------------------


def test_an_xmpp_server_that_is_well(daemon, prosody, pki):
    server, commd = prosody(modules=("time",)), daemon()
    for way, name in (("direct", "alice"), ("starttls", "bob")):
        commd.add_account(f"xmpp:{name}@xmpp.test", server.users[name], *server.options(pki, way), "--id", name)
        checks = checks_of(commd, name)
        assert checks["tls.certificate"]["result"] == "RESULT_OK", checks["tls.certificate"]
        assert checks["tls.certificate"]["facts"]["days_left"] in ("28", "29")
        assert checks["login"]["result"] == "RESULT_OK"
        assert checks["clock"]["result"] == "RESULT_OK", checks["clock"]


def test_a_stun_server_that_the_domain_publishes(daemon, dns, prosody, coturn, folder, pki):
    server, relay, names = prosody(), coturn(), dns()
    names.add("_xmpps-client._tcp.xmpp.test", "SRV", (5, 0, server.direct, "im.xmpp.test"))
    names.add("_stun._udp.xmpp.test", "SRV", (5, 0, relay.port, "im.xmpp.test"))
    names.add("im.xmpp.test", "A", HERE)
    commd = daemon(settings={"xmpp": {"resolv_conf": names.resolv_conf(folder)}})
    commd.add_account("xmpp:alice@xmpp.test", server.users["alice"], "--set", f"tls_ca_file={pki.ca.cert}", "--id", "a")
    checks = checks_of(commd, "a")
    assert checks["stun.binding"]["facts"]["server"] == f"{HERE}:{relay.port}"


def test_a_certificate_that_ends_soon_or_has_ended(daemon, prosody, pki):
    soon = prosody(certificate=pki.leaf("xmpp.test", days=10))
    commd = daemon()
    commd.add_account("xmpp:alice@xmpp.test", soon.users["alice"], *soon.options(pki), "--id", "soon")
    check = checks_of(commd, "soon")["tls.certificate"]
    assert (check["result"], check["reason"]) == ("RESULT_WARNING", "TLS_EXPIRES_SOON"), check
    over = prosody(name="over", certificate=pki.expired("xmpp.test"))
    added = commd.run("account", "add", "xmpp:alice@xmpp.test", "--password-file", "-", *over.options(pki), "--id",
                      "over", "--timeout", "2", stdin="x")
    assert added.returncode in (1, 6)
    checks = checks_of(commd, "over", status=1)
    assert checks["tls.certificate"]["reason"] == "TLS_EXPIRED"
    assert checks["login"]["reason"] == "TLS_EXPIRED"
    assert "tls.certificate" in checks["login"]["remedy"]


def test_a_wrong_password_is_the_login_s(daemon, prosody, pki):
    server, commd = prosody(), daemon()
    commd.ctl("account", "add", "xmpp:alice@xmpp.test", "--password-file", "-", *server.options(pki), "--id", "alice",
              stdin="wrong", status=1)
    checks = checks_of(commd, "alice", status=1)
    assert checks["login"]["reason"] == "WRONG_PASSWORD"
    assert "--password-file" in checks["login"]["remedy"]
    assert checks["tls.certificate"]["result"] == "RESULT_OK"


def test_names_that_are_not_there_and_name_servers_that_are_silent(daemon, dns, folder):
    names = dns()
    conf = names.resolv_conf(folder)
    commd = daemon(settings={"xmpp": {"resolv_conf": conf}})
    commd.run("account", "add", "xmpp:alice@nowhere.test", "--password-file", "-", "--id", "gone", "--timeout", "1",
              stdin="x")
    checks = checks_of(commd, "gone", status=1)
    assert checks["dns.address"]["reason"] == "DNS_NO_SUCH_NAME"
    assert "commctl account set gone server=HOST" in checks["dns.address"]["remedy"]
    for name in ("_xmpps-client._tcp.nowhere.test", "_xmpp-client._tcp.nowhere.test", "nowhere.test"):
        names.fail(name, "silence")
    checks = checks_of(commd, "gone", status=1)
    assert checks["dns.srv"]["reason"] == "DNS_TIMEOUT"
    assert "name servers" in checks["dns.srv"]["remedy"]


def test_records_are_followed(daemon, dns, prosody, folder, pki):
    server, names = prosody(), dns()
    names.add("_xmpps-client._tcp.xmpp.test", "SRV", (5, 0, server.direct, "im.xmpp.test"))
    names.add("im.xmpp.test", "A", HERE)
    commd = daemon(settings={"xmpp": {"resolv_conf": names.resolv_conf(folder)}})
    commd.add_account("xmpp:alice@xmpp.test", server.users["alice"], "--set", f"tls_ca_file={pki.ca.cert}", "--id", "a")
    checks = checks_of(commd, "a")
    assert checks["dns.srv"]["addresses"] == [f"im.xmpp.test:{server.direct}"]
    assert checks["dns.address"]["addresses"] == [HERE]
    assert checks["tls.certificate"]["addresses"] == [f"{HERE}:{server.direct}"]


def test_a_clock_that_is_wrong(doctor):
    assert doctor()["clock"]["result"] == "RESULT_SKIPPED", "the registrar has not said"
    doctor.proxy.granted_with = ["Date: " + email.utils.formatdate(time.time() + 300, usegmt=True)]
    doctor.commd.ctl("account", "disable", "alice")
    doctor.commd.ctl("account", "enable", "alice")
    check = doctor()["clock"]
    assert (check["result"], check["reason"]) == ("RESULT_WARNING", "CLOCK_WRONG"), check
    assert 200 < int(check["facts"]["ahead_s"]) <= 300


# ---- the machine and the command -----------------------------------------------------------


def test_ports_that_others_have(daemon, ports):
    first = ports.block(4)
    commd = daemon(settings={"media": {"rtp_ports": f"{first}-{first + 3}"}})
    assert checks_of(commd)["ports.rtp"]["result"] == "RESULT_OK"
    taken = []
    try:
        for port in range(first, first + 4):
            taken.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            taken[-1].bind(("0.0.0.0", port))
        check = checks_of(commd, status=1)["ports.rtp"]
    finally:
        for each in taken:
            each.close()
    assert check["reason"] == "RTP_PORTS_TAKEN" and "rtp_ports" in check["remedy"]


def test_a_person_reads_a_line_for_each_and_its_remedy_below(doctor):
    done = doctor.commd.run("doctor", "alice", json_output=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("ok    login  alice: signed in at udp ") for line in lines), done.stdout
    at = next(i for i, line in enumerate(lines) if line.startswith("skip  turn  alice: no relay is set"))
    assert lines[at + 1].startswith("        ") and "--turn-password-file" in lines[at + 1]
    assert "Nothing failed" in done.stderr or "All is well" in done.stderr


def test_an_account_that_is_not_there(doctor):
    done = doctor.commd.run("doctor", "nobody")
    assert done.returncode == 5
    assert json.loads(done.stderr)["error"]["reason"] == "NOT_FOUND"


def test_examinations_end_with_their_clients(doctor):
    """A server that is silent keeps each at work for seconds: so many, and no more, at once."""
    commd = doctor.commd
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent, Api(commd) as api:
        silent.bind((HERE, 0))
        commd.ctl("account", "set", "alice", f"stun={HERE}:{silent.getsockname()[1]}")

        def examine():
            return api.doctor.Examine(Api.v1.doctor.ExamineRequest(account="alice"), timeout=30 * SLOW)

        def refused():
            stream = examine()
            try:
                next(stream)
            except grpc.RpcError as error:
                return error_info(error).reason
            return stream.cancel() and None

        # The first ones may be over before the last has begun: a machine may be that slow.
        for _ in range(20):
            streams = [examine() for _ in range(4)]
            begun = [next(stream).check.id for stream in streams]
            busy = refused()
            for stream in streams:
                stream.cancel()
            if busy:
                break
        assert begun and busy == "DOCTOR_BUSY"
        # The daemon learns of the end of a stream by and by, and long before its examination would be over.
        until = time.monotonic() + 3 * SLOW
        while refused():
            assert time.monotonic() < until, "examinations of clients that are gone go on"
        assert "STUN_NO_ANSWER" in commd.run("doctor", "alice", seconds=40).stdout
