"""Where secrets may be, which is almost nowhere, and which doors there are."""
# ctest: timeout=120
import os
import re
import stat

import pytest

from peers.stranger import CRYPTO, sdp

DOMAIN, HERE = "example.test", "127.0.0.1"
PASSWORD = "Zweiundvierzig-Pferde-7"


@pytest.fixture
def used(daemon, stranger, ports):
    """A daemon that has registered, answered a challenge and talked with keys; and what it must not tell."""
    commd, proxy = daemon(), stranger(registrar=DOMAIN)
    watch = commd.watch()
    commd.add_account(f"sip:alice@{DOMAIN}", PASSWORD, "--server", f"{HERE}:{proxy.port}", "--transport", "udp",
                      "--set", "encryption=required")
    commd.ctl("wait", "account", f"sip:alice@{DOMAIN}", "--for=state=online")
    call = commd.ctl("call", f"sip:bob@{DOMAIN}", "--capture", "none", "--playback", "none", "--detach")["id"]
    first = proxy.wait("INVITE")
    proxy.reply(first, "407 Who are you", proxy.challenge("Proxy-Authenticate", DOMAIN))
    invite = proxy.wait("INVITE", since=proxy.all().index(first) + 1)
    ours = re.search(r"a=crypto:1 (\S+) (\S+)", invite.body)
    assert ours.group(1) in CRYPTO
    proxy.reply(invite, "200 OK", [f"Contact: <sip:bob@{HERE}:{proxy.port}>"],
                sdp(ports.pair(), profile="RTP/SAVP", more=CRYPTO))
    commd.ctl("wait", "call", call, "--for=state=active")
    secrets = [PASSWORD, re.search(r"inline:(\S+)", CRYPTO).group(1), ours.group(2).removeprefix("inline:").split("|")[0]]
    for message in (proxy.registrations[1], invite):
        shown = message.field("Authorization") or message.field("Proxy-Authorization")
        secrets.append(re.search(r'response="(\w+)"', shown).group(1))
    yield commd, call, proxy, watch, secrets
    watch.stop()


def found_in(text, secrets):
    text = text if isinstance(text, bytes) else text.encode()
    return [secret for secret in secrets if secret.encode() in text]


def proc(commd, name):
    with open(f"/proc/{commd.process.pid}/{name}", "rb") as file:
        return file.read()


def test_secrets_are_in_no_log_event_answer_or_process_table(used):
    commd, call, proxy, watch, secrets = used
    assert found_in(proc(commd, "cmdline") + proc(commd, "environ"), secrets) == []
    shown = [commd.run(*words).stdout for words in (
        ("account", "show", f"sip:alice@{DOMAIN}"), ("account", "list"), ("calls", "show", call),
        ("calls", "stats", call), ("calls", "list"), ("status",))]
    assert found_in("".join(shown), secrets) == []
    commd.ctl("calls", "hangup", call)
    proxy.reply(proxy.wait("BYE"), "200 OK")
    commd.ctl("wait", "call", call, "--for=state=ended")
    assert found_in("\n".join(map(str, watch.events())), secrets) == []
    commd.terminate()
    log = commd.log_path.read_bytes()
    assert 'level = "debug"' in commd.config.read_text()
    assert found_in(log, secrets) == []


def test_the_password_of_a_relay_is_kept_as_one(daemon, folder):
    relay, commd = "Siebzehn-Ziegen-3", daemon()
    secret = folder / "relay-secret"
    secret.write_text(relay + "\n")
    account = f"sip:alice@{DOMAIN}"
    added = commd.run("account", "add", account, "--password-file", "-", "--server", f"{HERE}:9",
                      "--set", "turn=turn:relay.example.test,turns:relay.example.test:443",
                      "--set", "turn_username=alice", "--turn-password-file", secret, "--timeout", "0.1",
                      stdin=PASSWORD)
    assert added.returncode == 6, added.stderr  # kept, and not online yet
    commd.restart()
    assert commd.ctl("account", "show", account)["has_turn_password"]
    refused = commd.run("account", "set", account, f"turn=turn:alice:{relay}@relay.example.test")
    assert refused.returncode != 0 and "turn_username" in refused.stderr
    shown = commd.run("account", "show", account)
    assert "turn:relay.example.test" in shown.stdout
    assert found_in(shown.stdout + refused.stderr, [relay, PASSWORD]) == []
    commd.terminate()
    assert found_in(commd.log_path.read_bytes(), [relay, PASSWORD]) == []
    holders = [path for path in commd.folder.rglob("*") if path.is_file() and found_in(path.read_bytes(), [relay])]
    assert len(holders) == 1 and stat.S_IMODE(holders[0].stat().st_mode) == 0o600


def test_the_password_is_in_one_private_file_and_keys_are_in_none(used):
    commd, call, _, _, secrets = used
    commd.ctl("calls", "hangup", call)
    commd.terminate()
    holders = {}
    for folder, _, names in os.walk(commd.folder):
        for name in names:
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                with open(path, "rb") as file:
                    holders[path] = found_in(file.read(), secrets)
    holders = {path: found for path, found in holders.items() if found}
    assert list(holders.values()) == [[PASSWORD]], holders
    path = next(iter(holders))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700


def test_no_core_is_ever_written(used):
    commd = used[0]
    limits = proc(commd, "limits").decode()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.M)


def sockets_of(commd):
    """Inodes of the daemon's sockets."""
    folder, found = f"/proc/{commd.process.pid}/fd", set()
    for name in os.listdir(folder):
        match = re.match(r"socket:\[(\d+)\]", os.readlink(f"{folder}/{name}"))
        if match:
            found.add(match.group(1))
    return found


def bound(commd, table, state):
    own, rows = sockets_of(commd), set()
    for family in (table, table + "6"):
        try:
            with open(f"/proc/net/{family}", encoding="ascii") as file:
                lines = file.readlines()[1:]
        except FileNotFoundError:
            continue
        for fields in map(str.split, lines):
            if fields[9] in own and fields[3] == state:
                rows.add(int(fields[1].rsplit(":", 1)[1], 16))
    return rows


def test_there_is_no_door_but_those_that_status_names(daemon):
    """No TCP for the API, no media port before a call."""
    commd = daemon()
    named = {(a.split()[0], int(a.rsplit(":", 1)[1])) for a in commd.ctl("status")["listening"]
             if a.split()[0] in ("udp", "tcp", "tls")}
    assert {("tcp", port) for port in bound(commd, "tcp", "0A")} == {n for n in named if n[0] == "tcp"}
    assert {("udp", port) for port in bound(commd, "udp", "07")} == {n for n in named if n[0] == "udp"}


def test_the_socket_is_the_users_alone(daemon):
    commd = daemon()
    assert stat.S_IMODE(os.stat(commd.socket).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(commd.socket.parent).st_mode) == 0o700


def test_an_open_microphone_must_be_confirmed(daemon):
    commd = daemon()
    refused = commd.run("account", "set", "local", "auto_answer=always")
    assert refused.returncode != 0 and "--yes" in refused.stderr
    assert commd.run("account", "set", "local", "auto_answer=always", "--yes").returncode == 0
