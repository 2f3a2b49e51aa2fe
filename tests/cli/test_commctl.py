"""commctl by pipes, against a pretended daemon: words, JSON, exit codes."""
import json
import os
import shutil
import signal
import stat
import subprocess

import pytest
from cli.fake import BIN, SECONDS, Fake

CLIENTS = os.path.join(os.path.dirname(__file__), "../../clients")


@pytest.fixture
def fake():
    daemon = Fake()
    yield daemon
    daemon.close()


def add(fake, address="alice@example.org", password="right", *more):
    return fake.run("account", "add", address, "--password-file", "-", *more, stdin=password + "\n")


# ---- usage -----------------------------------------------------------------------

@pytest.mark.parametrize("words, told", [
    (["cal"], 'Did you mean "call"'), (["expound"], "unknown command"),
    (["conference"], "not available yet"), (["chat"], "ADDRESS"),
    (["calls", "verify", ""], "CALL is empty"), (["help", "conference"], "not available yet"),
    (["calls", "hangup", ""], "CALL is empty"), (["call", "echo", "--from", ""], "--from is empty"),
    (["call", b"\xff@x"], "UTF-8"), (["help", "nonsense"], "unknown command"),
    (["status", "--jsn"], 'Did you mean "--json"'), (["call"], "ADDRESS is missing"),
    (["call", "bob", "--duration", "soon"], "no duration"), (["status", "--timeout=0"], "no duration"),
    (["calls"], "Commands:"), ([], "Commands:"), (["wait", "call", "x"], "--for"),
    (["wait", "room", "x", "--for=state=on"], "nothing to wait for"),
    (["wait", "call", "x", "--for=state=activ"], 'Did you mean "active"'),
    (["calls", "transfer", "x"], "--to"), (["calls", "record", "x"], "--stop"),
    (["calls", "dtmf", "x", "12y"], "digits"), (["completion", "csh"], "no shell"),
    (["account", "add", "a@b", "--set", "encription=off"], 'Did you mean "encryption"'),
    (["account", "add", "a@b", "--set", "auto_answer=always"], "--yes"),
    (["account", "add", "a@b", "--password-file", "/nonexistent"], "cannot read"),
    (["account", "set", "a"], "nothing to set"), (["account", "set"], "ACCOUNT is missing"),
    (["call", "bob", "--set", "stun=x"], "cannot be set for one call")])
def test_mistakes_are_explained_with_exit_2(fake, words, told):
    done = fake.run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_help_and_version(fake):
    assert fake.run("--help").stdout == fake.run("help").stdout
    assert fake.run("call", "--help").stdout == fake.run("help", "call").stdout
    assert fake.run("--json", "help", "call").stdout == fake.run("help", "call").stdout
    assert "Not yet:" in fake.run("help").stdout
    assert "Examples:" in fake.run("calls", "transfer", "-h").stdout
    assert fake.run("--version").stdout.startswith("commctl ")


# ---- stdout that cannot be written to ---------------------------------------------

@pytest.mark.parametrize("words", [["status"], ["watch"], ["watch", "--json"], ["--help"], ["completion", "bash"]])
@pytest.mark.parametrize("stdout, why", [("/dev/full", "No space left"), (None, "Bad file descriptor")])
def test_what_cannot_be_printed_is_exit_1_at_once(fake, words, stdout, why):
    fake.say("account alice@example.org 3")
    redirection = f">{stdout}" if stdout else ">&-"
    done = subprocess.run(["sh", "-c", f'exec "$@" {redirection}', "sh", BIN.resolve() / "commctl", *words],
                          stderr=subprocess.PIPE, text=True, timeout=SECONDS, env=fake.env)
    assert done.returncode == 1
    assert why in done.stderr and done.stderr.count("cannot write to stdout") == 1


def test_closed_descriptors_are_not_taken_for_the_daemon(fake):
    # The socket to the daemon would be descriptor 1, and the report be written into it.
    done = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", BIN.resolve() / "commctl", "call", "echo",
                           "--detach"], timeout=SECONDS, env=fake.env)
    assert done.returncode == 1
    assert len(fake.json("calls", "list")) == 1


def test_a_listener_ends_with_its_reader(fake):
    ctl = fake.start_ctl("listen", "--json", "-q")
    fake.say("incoming i1 sip:carol@x Carol")
    assert ctl.stdout.readline().startswith("{")
    ctl.stdout.close()
    for n in range(2, 50):
        fake.say(f"incoming i{n} sip:carol@x Carol")
        if ctl.poll() is not None:
            break
    assert ctl.wait(SECONDS) == 1
    assert ctl.stderr.read() == ""
    ctl.stderr.close()


# ---- the daemon away, stuck, forbidden -------------------------------------------

def test_no_daemon_is_exit_3_and_says_how_to_start_it(fake):
    for words in (["status"], ["watch"], ["listen"], ["call", "echo"], ["account", "list"],
                  ["wait", "call", "x", "--for=state=ended"]):
        done = fake.run("--socket", str(fake.folder / "none"), *words)
        assert done.returncode == 3, words
        assert "systemctl --user start commd" in done.stderr
    error = json.loads(fake.run("--json", "--socket", "/none", "status").stderr)["error"]
    assert error["code"] == "UNAVAILABLE"


def test_a_socket_of_another_user_is_exit_4(fake):
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("no setpriv to become another user with")
        os.chmod(fake.folder, 0o755)
        os.chmod(fake.socket, 0o600)
        done = subprocess.run([setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--",
                               BIN.resolve() / "commctl", "status"], env=fake.env, capture_output=True, text=True)
        if done.returncode in (126, 127):
            pytest.skip("another user may not run the program here")
    else:
        os.chmod(fake.socket, 0)
        done = fake.run("status")
    assert done.returncode == 4, done.stderr
    assert "may not use" in done.stderr


def test_a_stuck_daemon_is_exit_6(fake):
    fake.process.send_signal(signal.SIGSTOP)
    try:
        assert fake.run("status", "--timeout", "300ms").returncode == 6
        assert fake.run("wait", "account", "a", "--for=state=online", "--timeout", "300ms").returncode == 6
    finally:
        fake.process.send_signal(signal.SIGCONT)


def test_a_path_that_is_too_long_is_a_mistake(fake):
    done = fake.run("--socket", "/" + "x" * 200, "status")
    assert done.returncode == 2 and "too long" in done.stderr


# ---- status, accounts ------------------------------------------------------------

def test_status(fake):
    [status] = fake.json("status")
    assert status["socket"] == fake.socket
    assert status["problems"] == [] and status["calls"] == 0, "defaults are printed"
    assert "udp 127.0.0.1:5060" in fake.run("status").stdout


def test_account_life(fake):
    done = add(fake)
    assert (done.returncode, done.stdout) == (0, "")
    assert "connecting" in done.stderr and "online" in done.stderr
    [account] = fake.json("account", "list")
    assert account["state"] == "STATE_ONLINE" and account["has_password"] and account["enabled"]
    assert fake.run("account", "set", "al", "encryption=required", "codecs=opus,PCMU").returncode == 0
    [account] = fake.json("account", "show", "al")
    assert account["settings"]["encryption"] == "ENCRYPTION_REQUIRED"
    assert account["settings"]["codecs"] == ["opus", "PCMU"]
    assert "required" in fake.run("account", "show", "al").stdout
    assert fake.json("account", "disable", "al")[0]["state"] == "STATE_DISABLED"
    assert fake.json("account", "enable", "al")[0]["state"] == "STATE_ONLINE"
    assert fake.run("account", "remove", "al").returncode == 0
    done = fake.run("account", "list")
    assert (done.returncode, done.stdout) == (0, "") and "No accounts" in done.stderr


def test_account_add_tells_a_failure(fake):
    done = add(fake, "alice@example.org", "wrong")
    assert done.returncode == 1
    assert "the server refused the password" in done.stderr
    done = add(fake, "bob@example.org", "slow", "--timeout", "300ms")
    assert done.returncode == 6 and "keeps trying" in done.stderr
    assert add(fake).returncode == 1, "there is one of that name"


def test_accounts_named_by_prefix(fake):
    fake.say("account alice@x 3")
    fake.say("account albert@x 3")
    done = fake.run("account", "show", "al")
    assert done.returncode == 2
    assert "  albert@x\n  alice@x\n" in done.stderr
    assert fake.run("account", "show", "bob").returncode == 5
    error = json.loads(fake.run("--json", "account", "show", "al").stderr)["error"]
    assert error["reason"] == "AMBIGUOUS" and error["metadata"]["candidates"] == "albert@x, alice@x"


# ---- calls -----------------------------------------------------------------------

def test_call_reports_and_exits_0_when_it_was_answered(fake):
    done = fake.run("call", "drop")
    assert done.returncode == 0
    for part in ("opus 48 kHz", "encrypted", "SDES", "mouth to ear", "2.0 % received", "Jitter", "MOS",
                 "hung up by the far end"):
        assert part in done.stdout
    assert "ringing" in done.stderr and "ringing" not in done.stdout


def test_call_exits_1_when_it_was_not(fake):
    done = fake.run("call", "busy")
    assert done.returncode == 1
    assert "not answered" in done.stdout and "busy (486)" in done.stdout


def test_call_as_json_is_the_call_with_its_statistics(fake):
    (fake.folder / "a.wav").touch()
    [report] = fake.json("call", "echo", "--duration", "100ms", "--capture", "file:a.wav,loop")
    assert report["state"] == "STATE_ENDED" and report["ended_by"] == "ENDED_BY_LOCAL"
    assert report["stats"]["mos"] > 4
    assert report["capture"] == f"file:{os.path.realpath(fake.folder)}/a.wav,loop"
    assert report["owned"] is True
    fake.wait("attached " + report["id"])
    fake.wait("detached " + report["id"])


def test_call_detached_prints_the_id_and_lives(fake):
    done = fake.run("call", "echo", "--detach")
    assert done.returncode == 0
    call = done.stdout.strip()
    assert fake.run("wait", "call", call, "--for=state=active").returncode == 0
    [shown] = fake.json("calls", "show")
    assert shown["id"] == call and shown["owned"] is False
    assert fake.run("call", "echo", "--detach", "--duration", "3").returncode == 2


def test_call_gives_up_after_the_timeout(fake):
    done = fake.run("call", "nobody", "--timeout", "200ms")
    assert done.returncode == 6
    assert fake.json("calls", "list", "--ended")[0]["end_reason"] == "END_REASON_CANCELLED"


def test_call_wants_a_choice_of_account(fake):
    done = fake.run("call", "choose")
    assert done.returncode == 2
    assert "  alice@example.org\n  work\n" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_call_is_hung_up(fake, number):
    control = fake.start_ctl("call", "echo")
    fake.wait("attached")
    control.send_signal(number)
    out, _ = control.communicate(timeout=SECONDS)
    assert control.returncode == 130
    assert "Ended" in out
    assert fake.json("calls", "list") == []


def test_a_cut_watch_stream_does_not_disturb_a_call(fake):
    control = fake.start_ctl("call", "echo", "--json")
    call = fake.wait("attached").split()[1]
    assert fake.run("wait", "call", call, "--for=state=active").returncode == 0
    for _ in range(3):
        fake.say("cut")
    fake.say("expire")
    fake.say("end " + call)
    out, err = control.communicate(timeout=SECONDS)
    assert control.returncode == 0, err
    assert json.loads(out)["end_reason"] == "END_REASON_HUNG_UP"


def test_remote_text_is_escaped(fake):
    done = fake.run("call", "evil", "--duration", "50ms")
    assert "\\x1b[2JEvil\\r\\n\\u{202e}" in done.stdout
    for text in (done.stdout, done.stderr, fake.run("calls", "list", "--ended").stdout,
                 fake.run("--json", "calls", "list", "--ended").stdout):
        assert "\x1b" not in text and "\u202e" not in text


def test_calls_verbs(fake):
    call = fake.run("call", "echo", "--detach").stdout.strip()
    fake.run("wait", "call", call, "--for=state=active")
    assert fake.json("calls", "hold")[0]["held_by_local"] is True
    assert fake.json("calls", "resume", call[:2])[0]["state"] == "STATE_ACTIVE"
    assert fake.json("calls", "mute")[0]["muted"] is True
    assert fake.json("calls", "unmute")[0]["muted"] is False
    assert fake.run("calls", "dtmf", call, "1,2#").returncode == 0
    fake.wait(f"dtmf {call} 1,2#")
    assert fake.json("calls", "transfer", call, "bob@x")[0]["transfer"]["target"] == "bob@x"
    assert fake.run("calls", "verify", call).returncode == 1, "there are no words"
    assert fake.json("calls", "verify", call, "--yes")[0]["security"]["verified_here"] is True
    assert "x19g" in fake.run("calls", "verify", call).stdout
    assert fake.json("calls", "verify", call, "--reset")[0]["security"]["level"] == "LEVEL_ENCRYPTED"
    assert "compare x19g" in fake.run("calls", "show", call).stdout
    assert fake.run("calls", "verify", call, "--yes", "--reset").returncode == 2
    fake.json("calls", "record", call, "talk.wav")
    fake.wait(f"record {os.path.realpath(fake.folder)}/talk.wav")
    assert fake.json("calls", "record", call, "--stop")[0]["recording"] is False
    assert fake.json("calls", "play", call, "a.wav")[0]["playing"] is True
    assert fake.json("calls", "stats")[0]["call"] == call
    assert fake.json("calls", "hangup")[0]["state"] == "STATE_ENDED"
    assert fake.run("calls", "hangup").returncode == 5
    assert fake.run("calls", "hold", call).returncode == 1, "it is over"
    assert fake.run("calls", "show", "zzz").returncode == 5


def test_a_far_end_that_asks_for_a_transfer_is_answered(fake):
    for verb, word in (("accept-transfer", "accepted"), ("refuse-transfer", "refused")):
        call = fake.run("call", "refers", "--detach").stdout.strip()
        fake.run("wait", "call", call, "--for=state=active")
        fake.wait(f"refers {call}")
        assert "they ask you to call sip:carol@x instead" in fake.run("calls", "show", call).stdout
        assert fake.run("calls", verb, call).returncode == 0
        fake.wait(f"transfer {word} sip:carol@x")
        fake.run("calls", "hangup", call)


def test_incoming_calls_are_answered_and_refused(fake):
    fake.say("incoming i1 sip:carol@x Carol")
    assert fake.json("calls", "answer", "--capture", "tone:440")[0]["capture"] == "tone:440"
    fake.say("incoming i2 sip:dave@x")
    assert fake.json("calls", "reject", "i2", "--busy")[0]["end_reason"] == "END_REASON_BUSY"
    fake.say("incoming i3 sip:erin@x")
    fake.say("end i3")
    assert [call["id"] for call in fake.json("calls", "list", "--missed")] == ["i3"]
    assert "missed" in fake.run("calls", "list", "--ended").stdout


def test_empty_lists_say_so_on_stderr(fake):
    for words in (["calls", "list"], ["calls", "list", "--ended"], ["calls", "list", "--missed"],
                  ["calls", "stats"], ["account", "list"]):
        done = fake.run(*words)
        assert (done.returncode, done.stdout) == (0, ""), words
        assert "No " in done.stderr
        assert fake.run("-q", *words).stderr == ""
        assert fake.run("--json", *words).stdout == ""


# ---- devices, pipes, completion --------------------------------------------------

def test_devices(fake):
    assert "pulse:headset" in fake.run("device", "list").stdout
    assert fake.json("device", "list")[0]["id"] == "headset"
    assert "the tone was heard" in fake.run("device", "test").stdout
    assert fake.json("device", "test")[0]["peak_dbov"] == -12.5


def test_a_full_disk_is_told(fake):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BIN / "commctl", "status"], stdout=full, stderr=subprocess.PIPE, text=True,
                              env=fake.env)
    assert done.returncode == 1 and "cannot write" in done.stderr


def test_completion_asks_the_daemon_and_never_fails(fake):
    fake.say("account alice@x 3")
    assert fake.run("__complete", "account", "show", "").stdout == "alice@x\tonline\n"
    # A name that somebody else has chosen, which bash would run.
    for evil in ("$(touch${IFS}x)@x", "`id`@x", "a;b@x", "a'b@x", "a|b@x"):
        fake.say(f"account {evil} 3")
    assert fake.run("__complete", "account", "show", "").stdout == "alice@x\tonline\n"
    assert fake.run("__complete", "--socket", "/none", "account", "show", "").stdout == ""
    assert fake.run("__complete").returncode == 0


def bash_completes(fake, line):
    script = f"""
      source {CLIENTS}/completions/commctl.bash
      compopt() {{ :; }}
      COMP_LINE={json.dumps(line)}; COMP_POINT=${{#COMP_LINE}}
      read -ra COMP_WORDS <<<"$(sed 's/\\([=:]\\)/ \\1 /g' <<<"$COMP_LINE")"
      [[ "$COMP_LINE" == *' ' ]] && COMP_WORDS+=('')
      COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
      _commctl; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True,
                          env={**fake.env, "PATH": f"{BIN.resolve()}:{os.environ['PATH']}"})
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completion(fake):
    fake.say("account alice@x 3")
    assert bash_completes(fake, "commctl stat") == ["status"]
    assert bash_completes(fake, "commctl account show ") == ["alice@x"]
    assert bash_completes(fake, "commctl call bob --from=al") == ["alice@x"]
    assert bash_completes(fake, "commctl account set alice@x encryption=req") == ["required"]
    assert bash_completes(fake, "commctl call bob --capture tone:4") == ["440"]


def test_fish_completion(fake):
    if shutil.which("fish") is None:
        pytest.skip("no fish here")
    add(fake, "alice@x")

    def complete(line):
        script = f"source {CLIENTS}/completions/commctl.fish; complete -C '{line}'"
        done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, timeout=SECONDS,
                              env={**fake.env, "PATH": f"{BIN.resolve()}:{fake.env['PATH']}"})
        return [found.split("\t")[0] for found in done.stdout.splitlines()]

    assert complete("commctl stat") == ["status"]
    assert complete("commctl help calls sho") == ["show"]
    assert complete("commctl account show al") == ["alice@x"]
    assert complete("commctl account set alice@x encryption=req") == ["encryption=required"]


@pytest.mark.parametrize("shell, check", [("zsh", ["-n"]), ("fish", ["-n"]), ("bash", ["-n"])])
def test_scripts_parse(shell, check):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    name = {"zsh": "_commctl", "fish": "commctl.fish", "bash": "commctl.bash"}[shell]
    subprocess.run([shell, *check, f"{CLIENTS}/completions/{name}"], check=True)


@pytest.mark.parametrize("page", ["commctl.1", "commd.8"])
def test_man_pages_render(page):
    if shutil.which("man") is None:
        pytest.skip("no man here")
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", f"{CLIENTS}/man/{page}"],
                          capture_output=True, text=True, env={**os.environ, "MANWIDTH": "80", "MANPAGER": "cat"})
    assert done.returncode == 0 and done.stderr == ""
    assert "NAME" in done.stdout


def test_commd_man_page_names_its_options():
    page = open(f"{CLIENTS}/man/commd.8").read().replace("\\-", "-")
    for option in ("--config", "--state-dir", "--socket", "--check-config", "--system", "--version"):
        assert page.count(option) >= 2, option
    if (BIN / "commd").exists():
        usage = subprocess.run([BIN / "commd", "--help"], capture_output=True, text=True)
        for word in (usage.stdout + usage.stderr).split():
            if word.strip("[],").startswith("--"):
                assert word.strip("[],") in page


def test_password_files_of_every_kind(fake):
    secret = fake.folder / "secret"
    secret.write_text("right\r\n")
    secret.chmod(stat.S_IRUSR)
    assert fake.run("account", "add", "a@x", "--password-file", str(secret)).returncode == 0
    secret.unlink()
    secret.write_text("two\nlines\n")
    assert fake.run("account", "add", "b@x", "--password-file", str(secret)).returncode == 2
    secret.write_text("x" * 5000)
    assert fake.run("account", "add", "b@x", "--password-file", str(secret)).returncode == 2
