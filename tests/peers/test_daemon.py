"""The daemon harness, against stand-ins that behave and misbehave as a daemon may."""
import os
import signal

import pytest

from peers.daemon import ControlFailed
from peers.process import ProcessFailed

COMMD = """#!/usr/bin/python3
import os, signal, socket, sys, time
mode = os.environ.get("MODE", "good")
if mode == "dies":
    sys.exit("no such device")
signal.signal(signal.SIGTERM, (lambda *_: sys.exit(0)) if mode != "deaf" else signal.SIG_IGN)
if mode != "mute":
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.sendto(b"STATUS=up\\nREADY=1", os.environ["NOTIFY_SOCKET"])
print(open(sys.argv[sys.argv.index("--config") + 1]).read(), flush=True)
while True:
    signal.pause()
"""

COMMCTL = """#!/bin/sh
case "$*" in
  *watch*) echo '{"checkpoint": {}}'; echo '{"n": 1}'; echo '{"n": 2}'; exec sleep 60;;
  *list*) echo '{"a": 1}'; echo '{"a": 2}';;
  *add*) read -r word; printf '{"password": "%s"}\\n' "$word";;
  *) echo "commctl: no such thing" >&2; exit 5;;
esac
"""


@pytest.fixture(autouse=True)
def stand_ins(tmp_path, monkeypatch):
    for name, text in (("commd", COMMD), ("commctl", COMMCTL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("COMMD_BIN", str(tmp_path))


def test_life_and_configuration(daemon):
    one = daemon("one", settings={"sip": {"listen": ["a", "b"]}, "media": {"rtp_ports": "21000-21100"}})
    two = daemon("two")
    log = "\n".join(one.process.lines.all())
    one.process.wait_line("rtp_ports")
    assert 'listen = ["a", "b"]' in one.config.read_text() and "local_port = 0" in log + one.config.read_text()
    one.terminate()
    one.start()
    one.kill()
    assert two.process.alive()


def test_start_that_fails(daemon):
    with pytest.raises(ProcessFailed, match="no such device"):
        daemon("dead", env={"MODE": "dies"})
    mute = daemon("mute", env={"MODE": "mute"}, start=False)
    with pytest.raises(ProcessFailed, match="did not say READY=1"):
        mute.start(seconds=0.2)


def test_daemon_that_does_not_end(daemon):
    deaf = daemon("deaf", env={"MODE": "deaf"})
    with pytest.raises(ProcessFailed, match="still running"):
        deaf.terminate()
    pid = deaf.process.pid
    with pytest.raises(ProcessFailed, match=f"ended with status -{int(signal.SIGKILL)}"):
        deaf.stop()
    assert not os.path.exists(f"/proc/{pid}")
    deaf.process = None  # the teardown has nothing left to complain about


def test_control(daemon):
    one = daemon()
    assert one.ctl("calls", "list") == [{"a": 1}, {"a": 2}]
    assert one.add_account("sip:a@example.test", "secret") == {"password": "secret"}
    assert "no such thing" in one.ctl("calls", "show", "x", status=5)
    with pytest.raises(ControlFailed, match="exit 5, expected 0"):
        one.ctl("calls", "show", "x")


def test_watch(daemon):
    one = daemon()
    with one.watch() as events:
        assert events.wait_for(lambda event: event.get("n") == 2) == {"n": 2}
        with pytest.raises(ProcessFailed, match="no such event"):
            events.wait_for(lambda event: event.get("n") == 3, seconds=0.1)
