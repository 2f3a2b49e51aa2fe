"""Accounts at a registrar: every transport, and every way it goes wrong and heals."""
import re
import socket
import threading

import pytest

DOMAIN = "example.test"
ALICE = f"sip:alice@{DOMAIN}"
PASSWORD = "alice-secret"
HEALING_SECONDS = 20  # a wait of the back-off, and what comes after


def begin(commd, where, transport="udp", *, password=PASSWORD, **settings):
    """Adds alice, registered at `where`, and does not wait for what comes of it."""
    secret = commd.folder / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    words = [f"--set={key}={value}" for key, value in settings.items()]
    commd.start_ctl("account", "add", ALICE, "--password-file", secret, "--server", where,
                    "--transport", transport, *words)


def add(commd, where, transport="udp", *, until="online", reason=None, **settings):
    """The same, until she is in that state; returns her."""
    with commd.watch() as watch:
        begin(commd, where, transport, **settings)
        return wait_state(watch, until, reason)


def account(commd):
    return commd.ctl("account", "show", ALICE)


def wait_state(watch, state, reason=None, since=0, seconds=HEALING_SECONDS):
    """Alice as the event showed her that brought her there."""
    def matches(event):
        shown = event.get("event", {}).get("account_changed", {})
        return (shown.get("id") == ALICE and shown["state"] == f"STATE_{state.upper()}"
                and reason in (None, shown["state_reason"]))
    return watch.wait_for(matches, seconds, since)["event"]["account_changed"]


class ScriptedRegistrar:
    """A registrar over UDP that says what it is told to: `answers` are (status, header fields), one
    a REGISTER, the last one for ever; None is silence. `outside` is the address that it pretends to
    see, as if a NAT were in between."""

    def __init__(self, *answers, outside=None):
        self._outside = outside
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.requests, self.blanks = [], []
        self._answers = list(answers)
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            data, source = self._socket.recvfrom(65536)
            if not self._open:
                return
            if data.startswith(b"REGISTER"):
                self._answer(data.decode(), source)
            elif data == b"\r\n\r\n":
                with self._changed:
                    self.blanks.append(source)
                    self._changed.notify_all()

    def _answer(self, request, source):
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        if answer is None:
            return
        status, extra = answer
        kept = [line for line in request.split("\r\n")[1:]
                if re.match(r"(Via|From|To|Call-ID|CSeq):", line, re.I)]
        seen = self._outside or source
        kept = [re.sub(r";rport(?=;|$)", f";received={seen[0]};rport={seen[1]}", line) for line in kept]
        kept = [line + ";tag=there" if line.startswith("To:") else line for line in kept]
        lines = [f"SIP/2.0 {status}", *kept, *extra, "Content-Length: 0", "", ""]
        self._socket.sendto("\r\n".join(lines).encode(), source)

    def wait_requests(self, count, seconds=10):
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.requests) >= count, seconds)
        assert enough, f"{len(self.requests)} of {count} REGISTERs came"
        return self.requests

    def wait_blanks(self, count, seconds=10):
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.blanks) >= count, seconds)
        assert enough, f"{len(self.blanks)} of {count} keep-alives came"
        return self.blanks

    def close(self):
        self._open = False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()


@pytest.fixture
def registrar(cleanup):
    def start(*answers, **options):
        peer = ScriptedRegistrar(*answers, **options)
        cleanup.callback(peer.close)
        return peer
    return start


def field(request, name):
    found = re.search(rf"^{name}: *(.*?)\r$", request, re.M | re.I)
    return found.group(1) if found else None


def challenge(nonce="n1", more=""):
    return ("401 Unauthorized",
            [f'WWW-Authenticate: Digest realm="{DOMAIN}", nonce="{nonce}", qop="auth", algorithm=MD5{more}'])


# ---- it works ----------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_registers_and_takes_it_back(daemon, kamailio, pki, transport, host, algorithm):
    server = kamailio(algorithm=algorithm)
    if host != "127.0.0.1" and not server.ipv6:
        pytest.skip("this machine has no IPv6")
    commd = daemon()
    port = server.tls if transport == "tls" else server.udp
    shown = add(commd, f"{host}:{port}", transport, tls_ca_file=pki.ca.cert)
    assert shown["server_in_use"] == f"{transport} {host.strip('[]')} ({host}:{port})"
    assert server.contacts("alice") == 1
    commd.terminate()
    assert server.contacts("alice") == 0


def test_secure_addresses_register_as_such(daemon, kamailio, pki):
    server, commd = kamailio(), daemon()
    secure = ALICE.replace("sip:", "sips:")
    commd.ctl("account", "add", secure, "--password-file", "-", "--server", f"127.0.0.1:{server.tls}",
              "--set", f"tls_ca_file={pki.ca.cert}", stdin=PASSWORD)
    commd.ctl("wait", "account", secure, "--for=state=online")
    assert server.contacts("alice") == 1


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_registers_through_an_outbound_proxy(daemon, kamailio, pki, transport):
    server, commd = kamailio(), daemon()
    port = server.tls if transport == "tls" else server.udp
    commd.ctl("account", "add", ALICE, "--password-file", "-",
              "--set", f"outbound_proxy=sip:127.0.0.1:{port};transport={transport}",
              "--set", f"tls_ca_file={pki.ca.cert}", stdin=PASSWORD)
    commd.ctl("wait", "account", ALICE, "--for=state=online")
    assert account(commd)["server_in_use"] == f"{transport} 127.0.0.1 (127.0.0.1:{port})"
    assert server.contacts("alice") == 1


def test_disable_takes_it_back_and_enable_brings_it_again(daemon, kamailio):
    server, commd = kamailio(), daemon()
    add(commd, f"127.0.0.1:{server.udp}")
    with commd.watch() as watch:
        mark = watch.mark()
        commd.ctl("account", "disable", ALICE)
        wait_state(watch, "disabled", since=mark)
        commd.ctl("account", "enable", ALICE)
        wait_state(watch, "online", since=mark)
    assert server.contacts("alice") == 1


def test_moves_to_another_server(daemon, registrar):
    old, new = registrar(("200 OK", ["Expires: 600"])), registrar(("200 OK", ["Expires: 600"]))
    commd = daemon()
    add(commd, f"127.0.0.1:{old.port}")
    commd.ctl("account", "set", ALICE, f"server=127.0.0.1:{new.port}")
    assert field(old.wait_requests(2)[1], "Expires") == "0"
    assert field(new.wait_requests(1)[0], "Expires") == "600"


def test_registers_again_after_a_restart(daemon, kamailio):
    server, commd = kamailio(), daemon()
    add(commd, f"127.0.0.1:{server.udp}")
    commd.restart()
    with commd.watch() as watch:
        wait_state(watch, "online")
    assert server.contacts("alice") == 1


# ---- the protocol ------------------------------------------------------------------


def test_refreshes_in_time_with_the_next_nonce_count(daemon, registrar):
    server = registrar(challenge(), ("200 OK", ["Expires: 2"]))
    commd = daemon()
    add(commd, f"127.0.0.1:{server.port}")
    requests = server.wait_requests(5)
    assert len({field(request, "Call-ID") for request in requests}) == 1
    numbers = [int(field(request, "CSeq").split()[0]) for request in requests[:5]]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    answers = [field(request, "Authorization") for request in requests[1:5]]
    assert [re.search(r"nc=(\w+)", answer).group(1) for answer in answers] == [
        "00000001", "00000002", "00000003", "00000004"]
    assert account(commd)["state"] == "STATE_ONLINE"


def test_shows_the_server_the_contact_it_sees(daemon, registrar):
    """The answer says that a NAT is in between: the Contact becomes the address outside."""
    server = registrar(("200 OK", ["Expires: 600"]), outside=("203.0.113.9", 40123))
    commd = daemon()
    add(commd, f"127.0.0.1:{server.port}")
    first, second = server.wait_requests(2)[:2]
    old = re.match(r"<sip:(\w+)@127.0.0.1:(\d+)>$", field(first, "Contact"))
    assert old
    assert re.findall(r"^Contact: (.*)\r$", second, re.M) == [
        f"<sip:{old.group(1)}@203.0.113.9:40123>", f"<sip:{old.group(1)}@127.0.0.1:{old.group(2)}>;expires=0"]
    assert account(commd)["state"] == "STATE_ONLINE"


def test_keeps_the_way_open(daemon, registrar):
    server = registrar(("200 OK", ["Expires: 600"]))
    commd = daemon()
    add(commd, f"127.0.0.1:{server.port}", keepalive_s=5)
    contact = field(server.wait_requests(1)[0], "Contact")
    assert {f"{ip}:{port}" for ip, port in server.wait_blanks(2)} == {contact.split("@")[1].rstrip(">")}


def test_sends_no_keepalives_when_told_so(daemon, registrar):
    server = registrar(("200 OK", ["Expires: 2"]))
    commd = daemon()
    add(commd, f"127.0.0.1:{server.port}", keepalive_s=0)
    server.wait_requests(3)
    assert not server.blanks


def test_obeys_a_longer_expiry(daemon, registrar):
    server = registrar(("423 Interval Too Brief", ["Min-Expires: 3600"]), ("200 OK", ["Expires: 3600"]))
    commd = daemon()
    add(commd, f"127.0.0.1:{server.port}", register_expiry_s=120)
    requests = server.wait_requests(2)
    assert [field(request, "Expires") for request in requests[:2]] == ["120", "3600"]
    assert account(commd)["state"] == "STATE_ONLINE"


# ---- refusals ----------------------------------------------------------------------


def test_wrong_password_fails_and_is_not_repeated(daemon, kamailio):
    server, commd = kamailio(), daemon()
    shown = add(commd, f"127.0.0.1:{server.udp}", password="guessed", until="failed")
    assert shown["state_reason"] == "WRONG_PASSWORD"
    assert "password" in shown["state_message"]
    assert server.contacts("alice") == 0


def test_a_new_password_is_tried_at_once(daemon, kamailio):
    server, commd = kamailio(), daemon()
    add(commd, f"127.0.0.1:{server.udp}", password="guessed", until="failed")
    with commd.watch() as watch:
        mark = watch.mark()
        commd.ctl("account", "set", ALICE, "display_name=Alice", "--password-file", "-", stdin=PASSWORD)
        wait_state(watch, "online", since=mark)


@pytest.mark.parametrize("answer, reason, words", [
    (("403 Forbidden", []), "REGISTRATION_FORBIDDEN", "403 Forbidden"),
    (("404 Not Found", []), "ADDRESS_UNKNOWN", "spelling"),
    (("302 Moved", ["Contact: <sip:elsewhere.test>"]), "SERVER_MOVED", "sip:elsewhere.test"),
    (("420 Bad Extension", ["Unsupported: path"]), "REGISTRATION_REFUSED", "420"),
], ids=["403", "404", "302", "420"])
def test_refusals_that_stay(daemon, registrar, answer, reason, words):
    server = registrar(answer)
    commd = daemon()
    shown = add(commd, f"127.0.0.1:{server.port}", until="failed", reason=reason)
    assert words in shown["state_message"]
    assert len(server.requests) == 1


def test_a_server_that_is_busy_is_asked_again_when_it_says(daemon, registrar):
    server = registrar(("503 Service Unavailable", ["Retry-After: 3"]), ("200 OK", ["Expires: 600"]))
    commd = daemon()
    with commd.watch() as watch:
        begin(commd, f"127.0.0.1:{server.port}")
        shown = wait_state(watch, "retrying", "SERVER_UNAVAILABLE")
        assert "503" in shown["state_message"] and shown["retry_time"] > shown["state_time"]
        wait_state(watch, "online")


def test_a_challenge_of_another_realm_is_not_answered(daemon, registrar):
    stranger = ("401 Unauthorized", ['WWW-Authenticate: Digest realm="evil.test", nonce="n", qop="auth"'])
    server = registrar(challenge(), ("200 OK", ["Expires: 2"]), stranger)
    commd = daemon()
    with commd.watch() as watch:
        begin(commd, f"127.0.0.1:{server.port}")
        wait_state(watch, "online")
        wait_state(watch, "failed", "CHALLENGE_NOT_OURS")
    assert len(server.requests) == 3


# ---- TLS ---------------------------------------------------------------------------


@pytest.mark.parametrize("certificate, reason, words", [
    (lambda pki: pki.leaf("other.test"), "TLS_WRONG_NAME", "other.test"),
    (lambda pki: pki.leaf("x", ["IP:127.0.0.1"], start=-20, days=10), "TLS_EXPIRED", "expired"),
    (lambda pki: pki.leaf("x", ["IP:127.0.0.1"], start=10), "TLS_NOT_YET_VALID", "valid"),
    (lambda pki: pki.unknown_ca("127.0.0.1"), "TLS_UNKNOWN_ISSUER", "Unknown CA"),
    (lambda pki: pki.self_signed("127.0.0.1"), "TLS_SELF_SIGNED", "127.0.0.1"),
], ids=["name", "expired", "early", "issuer", "self-signed"])
def test_certificates_that_are_refused(daemon, kamailio, pki, certificate, reason, words):
    server = kamailio(certificate=certificate(pki))
    commd = daemon()
    shown = add(commd, f"127.0.0.1:{server.tls}", "tls", tls_ca_file=pki.ca.cert, until="retrying",
                reason=reason)
    assert words in shown["state_message"]
    assert server.contacts("alice") == 0


def test_a_client_certificate_is_shown_to_a_server_that_asks(daemon, kamailio, pki):
    server = kamailio(client_certificates=True)
    own = pki.leaf("alice")
    commd = daemon()
    add(commd, f"127.0.0.1:{server.tls}", "tls", tls_ca_file=pki.ca.cert, tls_client_certificate=own.pem)
    assert server.contacts("alice") == 1


def test_a_file_of_authorities_that_is_missing_is_named(daemon, kamailio, folder):
    server, commd = kamailio(), daemon()
    missing = folder / "missing.pem"
    shown = add(commd, f"127.0.0.1:{server.tls}", "tls", tls_ca_file=missing, until="failed")
    assert shown["state_reason"] == "TLS_CA_UNREADABLE"
    assert str(missing) in shown["state_message"]


# ---- healing -----------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_comes_back_after_the_registrar_does(daemon, kamailio, pki, transport):
    server = kamailio()
    port = server.tls if transport == "tls" else server.tcp
    commd = daemon()
    add(commd, f"127.0.0.1:{port}", transport, tls_ca_file=pki.ca.cert)
    with commd.watch() as watch:
        mark = watch.mark()
        server.kill()
        wait_state(watch, "retrying", since=mark)
        mark = watch.mark()  # an event of its first registration may have come after the other one
        server.start()
        wait_state(watch, "online", since=mark)
    assert server.contacts("alice") == 1


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_waits_for_a_registrar_that_is_not_there_yet(daemon, kamailio, transport):
    server = kamailio()
    server.stop()
    commd = daemon()
    with commd.watch() as watch:
        begin(commd, f"127.0.0.1:{server.udp}", transport)
        shown = wait_state(watch, "retrying", "SERVER_UNREACHABLE")
        assert "127.0.0.1" in shown["state_message"]
        server.start()
        wait_state(watch, "online")


def test_exit_does_not_wait_for_a_mute_registrar(daemon, registrar):
    server = registrar(("200 OK", ["Expires: 600"]), None)
    commd = daemon()
    add(commd, f"127.0.0.1:{server.port}")
    commd.terminate()
    assert field(server.wait_requests(2)[1], "Expires") == "0"


def test_exit_does_not_wait_for_an_answer_to_the_first_register(daemon, registrar):
    server = registrar(None)
    commd = daemon()
    begin(commd, f"127.0.0.1:{server.port}")
    server.wait_requests(1)
    commd.terminate()


def test_without_registration_it_is_online_at_once(daemon, registrar):
    server = registrar(None)
    commd = daemon()
    add(commd, f"127.0.0.1:{server.port}", register="false")
    assert not server.requests
