"""commd and commctl as the shell sees them: words, exit codes, and what a script may rely on."""
import socket
import subprocess

import pytest
from helpers import wave

from peers.daemon import binary


def commd(*words, seconds=10):
    return subprocess.run([binary("commd"), *map(str, words)], capture_output=True, text=True, timeout=seconds)


# ---- commd -------------------------------------------------------------------------

@pytest.mark.parametrize("words, told", [
    (["--fork"], 'unknown argument "--fork"'), (["start"], 'unknown argument "start"'),
    (["--config"], "--config wants a path"), (["--config="], "--config wants a path"),
    (["--state-dir", ""], "--state-dir wants a path"), (["--version=1"], 'unknown argument "--version=1"')])
def test_mistakes_of_the_command_line_are_exit_2(words, told):
    done = commd(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr and "usage: commd" in done.stderr


@pytest.mark.parametrize("attached", [True, False])
def test_check_config(folder, attached):
    path = folder / "commd.toml"
    words = [f"--config={path}"] if attached else ["--config", path]
    path.write_text("[sip]\nlocal_port = 0\n")
    done = commd("--check-config", *words)
    assert (done.returncode, done.stderr) == (0, "") and str(path) in done.stdout
    path.write_text("[sip]\nlocal_prt = 0\n[log]\nlevel = 'loud'\n")
    done = commd("--check-config", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{path}:2:1: " in done.stderr and f"{path}:4:1: " in done.stderr, "every mistake, with its line"
    done = commd("--check-config", "--config", folder / "none.toml")
    assert done.returncode == 2 and "none.toml" in done.stderr


def test_a_second_daemon_and_open_folders_are_refused(daemon, folder):
    one = daemon("one")
    for socket_path in (one.socket, folder / "two.sock"):
        done = commd("--config", one.config, "--state-dir", one.state, "--socket", socket_path)
        assert done.returncode == 1 and "another commd" in done.stderr and "--state-dir" in done.stderr
    wide = folder / "wide"
    wide.mkdir()
    wide.chmod(0o755)
    done = commd("--config", one.config, "--state-dir", wide, "--socket", folder / "three.sock")
    assert done.returncode == 1 and f"chmod 0700 {wide}" in done.stderr
    assert one.ctl("status")["pid"] == one.process.pid


def test_a_local_port_that_is_taken_is_told_everywhere(daemon):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        one = daemon("one", settings={"sip": {"local_port": port}})
        one.process.wait_line(f"LOCAL_PORT_TAKEN.*port {port} of 127.0.0.1 is in use")
        status = one.ctl("status")
        assert [problem for problem in status["problems"] if str(port) in problem]
        listening = [line for line in status["listening"] if line.startswith("udp 127.0.0.1:")]
        assert listening and listening != [f"udp 127.0.0.1:{port}"]
        account = one.ctl("account", "show", "local")
        assert (account["state"], account["state_reason"]) == ("STATE_ONLINE", "LOCAL_PORT_TAKEN")
    one.ctl("call", "echo", "--duration", "200ms")


def test_the_service_manager_is_told(daemon):
    one = daemon("one", env={"WATCHDOG_USEC": "400000"}, start=False)
    process = one.spawn()
    for word in ("READY=1", "WATCHDOG=1"):
        one._notify.wait(word, process)
    one.terminate()
    assert "STOPPING=1" in one._notify.rest()
    one._notify.close()


def test_standard_descriptors_that_are_closed_are_left_to_nobody(daemon, folder):
    one = daemon("one", start=False)
    process = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", binary("commd"), "--config", one.config,
                                "--state-dir", one.state, "--socket", one.socket])
    try:
        while one.run("status").returncode != 0:
            assert process.poll() is None
        one.ctl("call", "echo", "--duration", "200ms")  # writes to the log and to the database
    finally:
        process.terminate()
        assert process.wait(10) == 0
    # What had been written into descriptor 2 would have ended up in one of these.
    for path in (folder / "one").rglob("*"):
        if path.is_file():
            assert b"event: ready" not in path.read_bytes()


# ---- accounts ----------------------------------------------------------------------

def test_adding_an_account_waits_for_its_outcome(daemon):
    one = daemon("one")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{mute.getsockname()[1]}"
        done = one.run("account", "add", "sip:alice@127.0.0.1", "--id", "alice", "--server", server, "--transport",
                       "udp", "--password-file", "-", "--timeout", "1s", stdin="secret\n", json_output=False)
        assert done.returncode == 6, done.stderr
        assert "alice: connecting" in done.stderr and "not online after 1.0 s" in done.stderr
        one.kill()
        one.start()
        account = one.ctl("account", "show", "alice")
        assert account["has_password"] and account["settings"]["server"] == server
        assert one.ctl("account", "disable", "alice")["state"] == "STATE_DISABLED"
        one.ctl("wait", "account", "alice", "--for=state=online", status=1)
        assert one.ctl("account", "enable", "alice")["state"] == "STATE_CONNECTING"
        one.ctl("wait", "account", "alice", "--for=state=online", "--timeout", "300ms", status=6)


# ---- calls -------------------------------------------------------------------------

@pytest.mark.parametrize("words, status, told", [
    (["bob"], 2, "NO_ACCOUNT"), (["bob@example.org"], 2, "NO_ACCOUNT"),
    (["http://example.org"], 2, "http:"), (["sip:@example.org"], 2, "no name before"),
    (["echo", "--from", "nobody"], 5, "no account"), (["echo", "--capture", "mic"], 2, 'capture is \\"mic\\"'),
    (["echo", "--capture", "file:none.wav"], 5, "none.wav: No such file"),
    (["echo", "--playback", "file:/nonexistent/heard.wav"], 5, "playback: /nonexistent: ")])
def test_a_call_that_cannot_be_is_not_placed(daemon, words, status, told):
    one = daemon("one")
    done = one.run("call", *words)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert told in done.stderr
    assert one.run("calls", "list", "--ended").stdout == ""


def test_what_is_no_sound_is_not_sent(daemon, folder):
    one = daemon("one")
    broken = folder / "broken.wav"
    broken.write_text("no sound at all")
    done = one.run("call", "echo", "--capture", f"file:{broken}", "--duration", "5s")
    assert (done.returncode, done.stdout) == (2, "") and "broken.wav" in done.stderr
    assert one.run("calls", "list", "--ended").stdout == ""


@pytest.mark.parametrize("words, said", [
    (["call", "sip:[::1"], ["bracket", "not closed"]),
    (["call", "sip:bob@example.org:99999", "--from", "local"], ["port", "65535"]),
    (["call", "echo", "--set", "codecs=foo"], ["foo", "opus"]),
    (["account", "set", "local", "codecs=opus,foo"], ["foo", "G722", "PCMA"]),
    (["account", "set", "local", "listen=224.0.0.1"], ["224.0.0.1", "192.0.2.7"]),
    (["account", "set", "local", "transfers=maybe"], ["ask", "allow", "refuse"]),
])
def test_what_makes_no_sense_is_refused_with_what_would(daemon, words, said):
    one = daemon("one")
    before = one.ctl("account", "show", "local")
    done = one.run(*words, json_output=False)
    assert done.returncode == 2, done.stderr
    for word in said:
        assert word in done.stderr
    assert one.ctl("account", "show", "local") == before
    assert one.rows("calls", "list", "--ended") == []


def test_a_transfer_says_whom_to(daemon, folder):
    one = daemon("one")
    call = one.ctl("call", "echo", "--capture", f"file:{wave(folder, 'tone.wav', 440)}", "--detach")["id"]
    one.ctl("wait", "call", call, "--for=state=active")
    done = one.run("calls", "transfer", call, "sip:nobody@localhost", json_output=False)
    assert done.returncode == 0 and "transfer to sip:nobody@localhost" in done.stderr


def test_a_hidden_caller_stays_hidden_on_the_local_account_too(daemon):
    one, two = daemon("one"), daemon("two")
    port = next(line for line in two.ctl("status")["listening"] if line.startswith("udp 127.0.0.1:")).split(":")[-1]
    call = one.ctl("call", f"sip:local@127.0.0.1:{port}", "--set", "hide_number=on", "--detach")["id"]
    one.ctl("wait", "call", call, "--for=state=ringing")
    [seen] = two.rows("calls", "list")
    assert seen["remote"] == {"address": "sip:anonymous@anonymous.invalid", "display_name": "Anonymous"}
