"""XMPP accounts at a real prosody: every way in, and every way it goes wrong and heals."""
# ctest: timeout=300
import contextlib
import socket
import threading

import pytest

ALICE = "xmpp:alice@xmpp.test"
PASSWORD = "alice-secret"
HEALING_SECONDS = 20  # a few waits of the back-off, and what comes after


def begin(commd, *options, address=ALICE, password=PASSWORD):
    """Adds an account and does not wait for what comes of it."""
    secret = commd.folder / address.replace(":", "-")
    secret.write_text(password)
    secret.chmod(0o600)
    return commd.start_ctl("account", "add", address, "--password-file", secret, *options)


def wait_state(watch, state, reason=None, since=0, seconds=HEALING_SECONDS, account=ALICE):
    """The account as the event showed it that brought it there."""
    def matches(event):
        shown = event.get("event", {}).get("account_changed", {})
        return (shown.get("id") == account and shown["state"] == f"STATE_{state.upper()}"
                and reason in (None, shown["state_reason"]))
    return watch.wait_for(matches, seconds, since)["event"]["account_changed"]


def add(commd, *options, until="online", reason=None, **more):
    with commd.watch() as watch:
        begin(commd, *options, **more)
        return wait_state(watch, until, reason)


def log_has(commd, text):
    return any(text in line for line in commd.process.lines.all())


# ---- the ways in ---------------------------------------------------------------------


@pytest.mark.parametrize("way, word", [("direct", "tls"), ("starttls", "starttls")])
def test_an_account_signs_in(daemon, prosody, pki, way, word):
    one, server = daemon("one"), prosody()
    shown = add(one, *server.options(pki, way))
    port = server.direct if way == "direct" else server.starttls
    assert shown["server_in_use"] == f"{word} 127.0.0.1 (127.0.0.1:{port})"
    listed = {account["id"]: account for account in one.rows("account", "list")}
    assert listed[ALICE]["state"] == "STATE_ONLINE" and listed[ALICE]["protocol"] == "PROTOCOL_XMPP"
    assert "1 online of 1" in one.run("status", json_output=False).stdout
    # The server saw the end of the session, not a connection that was lost.
    mark = server.process.mark()
    one.terminate()
    server.process.wait_line(r"Received </stream:stream>", since=mark)


def test_the_login_is_bound_to_the_connection_where_the_server_can(daemon, prosody, pki):
    """prosody 0.12 knows tls-unique alone, which TLS 1.2 has."""
    one, server = daemon("one"), prosody(tls="tlsv1_2")
    add(one, *server.options(pki))
    assert log_has(one, "mechanism: SCRAM-SHA-1-PLUS")


def test_dns_leads_to_the_server_and_the_certificate_is_for_the_domain(daemon, prosody, dns, folder, pki):
    server, names = prosody(), dns()
    names.add("_xmpps-client._tcp.xmpp.test", "SRV", (5, 0, server.direct, "host.elsewhere.test"))
    names.add("_xmpp-client._tcp.xmpp.test", "SRV", (10, 0, server.starttls, "host.elsewhere.test"))
    names.add("host.elsewhere.test", "A", "127.0.0.1")
    conf = folder / "resolv.conf"
    conf.write_text(f"nameserver 127.0.0.1:{names.port}\n")
    one = daemon("one", settings={"xmpp": {"resolv_conf": conf}})
    shown = add(one, "--set", f"tls_ca_file={pki.ca.cert}")
    assert shown["server_in_use"] == f"tls host.elsewhere.test (127.0.0.1:{server.direct})"


def test_where_the_first_place_does_not_do_the_next_one_is_tried(daemon, prosody, dns, folder, pki):
    """The port for direct TLS leads to something that speaks it not; STARTTLS is behind it."""
    server, names = prosody(), dns()
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as mute:
        threading.Thread(target=lambda: mute.accept()[0].close(), daemon=True).start()
        names.add("_xmpps-client._tcp.xmpp.test", "SRV", (5, 0, mute.getsockname()[1], "host.elsewhere.test"))
        names.add("_xmpp-client._tcp.xmpp.test", "SRV", (10, 0, server.starttls, "host.elsewhere.test"))
        names.add("host.elsewhere.test", "A", "127.0.0.1")
        conf = folder / "resolv.conf"
        conf.write_text(f"nameserver 127.0.0.1:{names.port}\n")
        one = daemon("one", settings={"xmpp": {"resolv_conf": conf}})
        shown = add(one, "--set", f"tls_ca_file={pki.ca.cert}")
        assert shown["server_in_use"].startswith("starttls ")


# ---- what goes wrong -------------------------------------------------------------------


def test_a_wrong_password_wants_a_person_and_heals_with_the_right_one(daemon, prosody, pki):
    one, server = daemon("one"), prosody()
    shown = add(one, *server.options(pki), password="nonsense", until="failed", reason="WRONG_PASSWORD")
    assert "account set" in shown["state_message"]
    with one.watch() as watch:
        mark = watch.mark()
        one.ctl("account", "set", ALICE, "--password-file", "-", stdin=PASSWORD)
        wait_state(watch, "online", since=mark)
    log = "\n".join(one.process.lines.all())
    assert PASSWORD not in log and "nonsense" not in log


@pytest.mark.parametrize("way", ["direct", "starttls"])
def test_a_certificate_for_another_name_is_refused_in_words(daemon, prosody, pki, way):
    one = daemon("one")
    server = prosody(certificate=pki.leaf("other.test"))
    shown = add(one, *server.options(pki, way), until="retrying", reason="TLS_WRONG_NAME")
    assert "other.test" in shown["state_message"] and "xmpp.test" in shown["state_message"]
    assert "SCRAM" not in "\n".join(server.process.lines.all()), "the login must not have begun"


def test_an_unknown_authority_is_refused(daemon, prosody, pki):
    one, server = daemon("one"), prosody()
    options = server.options(pki)[:-2]
    add(one, *options, until="retrying", reason="TLS_UNKNOWN_ISSUER")


def test_what_xmpp_does_not_have_is_refused_at_once(daemon):
    one = daemon("one")
    told = one.ctl("account", "add", ALICE, "--password-file", "-", "--transport", "udp", status=2, stdin="x")
    assert "transport" in told and "UDP" in told
    shown = add(one, "--server", "bad:host:name", until="failed", reason="SERVER_INVALID")
    assert "server" in shown["state_message"]


# ---- what heals by itself ----------------------------------------------------------------


def test_a_server_that_was_killed_is_found_again(daemon, prosody, pki):
    one, server = daemon("one"), prosody()
    with one.watch() as watch:
        begin(one, *server.options(pki))
        wait_state(watch, "online")
        mark = watch.mark()
        server.kill()
        lost = wait_state(watch, "retrying", since=mark)
        assert lost["state_reason"] in ("CONNECTION_LOST", "CONNECTION_CLOSED", "CONNECTION_REFUSED")
        assert lost["retry_time"]
        server.start()
        wait_state(watch, "online", since=mark, seconds=40)


class Cutter:
    """A wire to the server that can be cut: then all its connections break, and new ones are taken."""

    def __init__(self, port):
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lock, self._open = threading.Lock(), []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", self._target))
                with self._lock:
                    self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def cut(self):
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def close(self):
        self.cut()
        self._listener.close()


def test_a_stream_that_was_cut_is_resumed(daemon, prosody, pki, cleanup):
    one, server = daemon("one"), prosody()
    wire = Cutter(server.direct)
    cleanup.callback(wire.close)
    with one.watch() as watch:
        begin(one, "--server", f"127.0.0.1:{wire.port}", "--transport", "tls",
              "--set", f"tls_ca_file={pki.ca.cert}")
        wait_state(watch, "online")
        for _ in range(3):
            mark, seen = watch.mark(), one.process.mark()
            wire.cut()
            wait_state(watch, "retrying", since=mark)
            wait_state(watch, "online", since=mark)
            one.process.wait_line(r"event: xmpp_online.*resumed: true", since=seen)


def test_settings_that_change_the_way_connect_anew_and_others_do_not(daemon, prosody, pki):
    one, server = daemon("one"), prosody()
    with one.watch() as watch:
        begin(one, *server.options(pki))
        wait_state(watch, "online")
        mark, seen = watch.mark(), one.process.mark()
        one.ctl("account", "set", ALICE, "display_name=Alice")
        wait_state(watch, "online", since=mark)
        mark = watch.mark()
        one.ctl("account", "set", ALICE, f"server=127.0.0.1:{server.starttls}", "transport=tcp")
        one.process.wait_line("event: xmpp_online.*server: starttls", since=seen)
        watch.wait_for(lambda e: e.get("event", {}).get("account_changed", {})
                       .get("server_in_use", "").startswith("starttls"), since=mark)
        logins = [line for line in one.process.lines.all(seen) if "event: xmpp_online" in line]
        assert len(logins) == 1, "another display name is no reason to sign in again"
        one.ctl("account", "disable", ALICE)
        server.process.wait_line("alice@xmpp.test/commd")
        one.ctl("account", "enable", ALICE)
        one.ctl("wait", "account", ALICE, "--for=state=online")


def test_a_mute_server_delays_nobody_else_and_no_end(daemon, prosody, pki, cleanup):
    """One takes the connection and is silent in TLS, one says nothing in its stream; a third account
    is online before either has run out of patience, and the daemon ends within its two seconds."""
    one, server = daemon("one"), prosody()
    mute = socket.create_server(("127.0.0.1", 0))
    cleanup.callback(mute.close)
    where = f"127.0.0.1:{mute.getsockname()[1]}"
    ca = ("--set", f"tls_ca_file={pki.ca.cert}")
    with one.watch() as watch:
        begin(one, "--server", where, "--transport", "tls", *ca, address="xmpp:mute@xmpp.test")
        begin(one, "--server", where, "--transport", "tcp", *ca, address="xmpp:still@xmpp.test")
        for account in ("xmpp:mute@xmpp.test", "xmpp:still@xmpp.test"):
            wait_state(watch, "connecting", account=account)
        begin(one, *server.options(pki))
        wait_state(watch, "online")
        states = {account["id"]: account["state"] for account in one.rows("account", "list")}
        assert states["xmpp:mute@xmpp.test"] == states["xmpp:still@xmpp.test"] == "STATE_CONNECTING"
        wait_state(watch, "retrying", "TLS_TIMEOUT", account="xmpp:mute@xmpp.test", seconds=25)
    one.terminate()


# ---- what is remembered --------------------------------------------------------------------


def test_a_password_that_had_to_be_told_is_told_of_and_scram_is_never_given_up(daemon, prosody, pki):
    """A server that knows SCRAM once is refused when it offers PLAIN alone, also after a restart."""
    one, server = daemon("one"), prosody()
    add(one, *server.options(pki))
    one.restart()
    one.ctl("wait", "account", ALICE, "--for=state=online")
    server.stop()
    config = server.folder / "prosody.cfg.lua"
    config.write_text(config.read_text() + '\n  disable_sasl_mechanisms = { "SCRAM-SHA-1", "SCRAM-SHA-256", '
                      '"SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "DIGEST-MD5" }\n')
    with one.watch() as watch:
        mark = watch.mark()
        server.start()
        wait_state(watch, "retrying", "SASL_DOWNGRADE", since=mark, seconds=40)
        # A new account has no such memory; it is told what happened.
        begin(one, *server.options(pki), address="xmpp:bob@xmpp.test", password="bob-secret")
        wait_state(watch, "online", account="xmpp:bob@xmpp.test")
        watch.wait_for(lambda e: e.get("event", {}).get("notice", {}).get("reason") == "PASSWORD_DISCLOSED")
    assert not log_has(one, "bob-secret")


def test_the_place_of_a_daemon_that_died_is_taken_over(daemon, prosody, pki):
    """After kill -9 the new session replaces the old one on the server at once."""
    one, server = daemon("one"), prosody()
    add(one, *server.options(pki))
    one.kill()
    mark = server.process.mark()
    one.start()
    one.ctl("wait", "account", ALICE, "--for=state=online")
    server.process.wait_line(r"(Replaced by new connection|conflict)", since=mark)
