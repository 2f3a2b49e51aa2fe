"""wait, watch and listen by pipes, against a pretended daemon."""
import json
import signal

import pytest
from cli.fake import SECONDS, Fake


@pytest.fixture
def fake():
    daemon = Fake()
    yield daemon
    daemon.close()


def test_wait_for_a_call(fake):
    call = fake.run("call", "nobody", "--detach").stdout.strip()
    waiting = fake.start_ctl("wait", "call", call, "--for=state=active")
    never = fake.start_ctl("wait", "call", call, "--for=state=early")
    fake.say("answer " + call)
    assert waiting.wait(SECONDS) == 0
    assert never.wait(SECONDS) == 1
    assert fake.run("wait", "call", call, "--for=state=ringing").returncode == 1
    assert fake.run("wait", "call", call, "--for=state=held,active").returncode == 0
    assert fake.run("wait", "call", call, "--for=state=ended", "--timeout", "100ms").returncode == 6
    fake.say("end " + call)
    assert fake.run("wait", "call", call, "--for=state=ended").returncode == 0
    assert fake.run("wait", "call", "zzz", "--for=state=ended").returncode == 5
    for control in (waiting, never):
        control.communicate()


def test_wait_for_an_account(fake):
    fake.say("account a@x 2")
    waiting = fake.start_ctl("wait", "account", "a", "--for=state=online")
    failing = fake.start_ctl("wait", "account", "a", "--for=state=disabled,online")
    fake.say("account a@x 5")
    assert waiting.wait(SECONDS) == 1
    fake.say("account a@x 3")
    assert failing.wait(SECONDS) == 0
    assert fake.run("wait", "account", "nobody", "--for=state=online").returncode == 5
    for control in (waiting, failing):
        control.communicate()


def watched(fake, count, *words):
    """So many lines of watch --json, and what it said beside them until it was interrupted."""
    control = fake.start_ctl("--json", "watch", *words)
    lines = [json.loads(control.stdout.readline()) for _ in range(count)]
    control.send_signal(signal.SIGINT)
    out, err = control.communicate(timeout=SECONDS)
    assert (control.returncode, out) == (130, "")
    return lines, err


def test_watch_resumes_after_its_token(fake):
    fake.say("account a@x 2")
    lines, _ = watched(fake, 2)
    assert lines[0]["event"]["account_changed"]["id"] == "a@x"
    assert "checkpoint" in lines[1]
    fake.say("account a@x 3")
    [line], _ = watched(fake, 1, "--from", lines[1]["resume_token"])
    assert line["event"]["account_changed"]["state"] == "STATE_ONLINE" and line["resume_token"]
    assert fake.run("watch", "--from", line["resume_token"], "--timeout", "100ms").returncode == 6


def test_watch_survives_a_restart_of_the_daemon(fake):
    fake.say("account a@x 2")
    control = fake.start_ctl("watch", "--json")
    assert json.loads(control.stdout.readline())["event"]["account_changed"]["id"] == "a@x"
    control.stdout.readline()
    fake.stop()
    fake.start()
    fake.say("account b@x 2")
    fake.say("account c@x 3")
    while "c@x" not in control.stdout.readline():
        assert control.poll() is None
    control.send_signal(signal.SIGINT)
    _, err = control.communicate(timeout=SECONDS)
    assert control.returncode == 130
    assert "Connection lost" in err


def test_watch_begins_again_when_the_token_is_too_old(fake):
    fake.say("account a@x 2")
    fake.say("expire")
    lines, told = watched(fake, 2, "--from", "t1")
    assert "too old" in told
    assert lines[0]["event"]["account_changed"]["id"] == "a@x"


def test_listen_by_pipe_tells_who_calls(fake):
    control = fake.start_ctl("listen", "--json")
    fake.say("incoming i1 sip:carol@x Carol")
    calls = [json.loads(control.stdout.readline())]
    fake.say("end i1")
    calls.append(json.loads(control.stdout.readline()))
    assert [call["state"] for call in calls] == ["STATE_RINGING", "STATE_ENDED"]
    assert calls[1]["missed"]
    control.send_signal(signal.SIGINT)
    control.communicate(timeout=SECONDS)
    assert control.returncode == 130
