"""commctl in a terminal: the live view, keys, signals, resizing, the password prompt."""
import os
import signal

import pytest
from cli.fake import Fake


@pytest.fixture
def fake():
    daemon = Fake()
    yield daemon
    daemon.close()


@pytest.fixture
def opened(fake):
    terminals = []

    def run(*words, **options):
        terminals.append(fake.terminal(*words, **options))
        return terminals[-1]

    yield run
    for terminal in terminals:
        terminal.close()


def test_the_call_is_shown_and_obeys_keys(fake, opened):
    terminal = opened("call", "echo")
    terminal.wait("sip:echo@127.0.0.1", "active", "00:0", "opus 48 kHz", "encrypted, far end not verified",
                  "-20 dB", "-35 dB", "MOS 4.4", "loss 2.0 %", "m mute")
    terminal.keys("m")
    terminal.wait("active, muted", "m unmute")
    terminal.keys("m")
    terminal.wait("m mute", gone=["muted"])
    terminal.keys("h")
    terminal.wait("held by you", "h resume")
    terminal.keys("h")
    terminal.wait("active", "h hold")
    terminal.keys("5#")
    fake.wait("dtmf c1fe 5")
    fake.wait("dtmf c1fe #")
    terminal.keys("r")
    terminal.wait("Recording to", "r stop recording")
    assert fake.wait("record").split()[1].startswith(os.path.realpath(fake.folder))
    terminal.keys("q")
    assert terminal.finish() == 0
    assert terminal.screen().startswith("Called "), "the view has gone, the report stays"
    assert "hung up by you" in terminal.screen()


def test_transfer_asks_for_the_address(fake, opened):
    terminal = opened("call", "echo")
    terminal.wait("m mute")
    terminal.keys("tbobX\x7f@x\x1b")
    terminal.wait("m mute", gone=["Transfer to"])
    assert not terminal.cursor
    terminal.keys("tqX")
    terminal.wait("Transfer to", "qX")
    assert terminal.cursor, "who types sees where"
    terminal.keys("\x15carol@x\r")
    terminal.wait("Transfer to carol@x: requested")


@pytest.mark.parametrize("key, word", [("y", "accepted"), ("n", "refused")])
def test_who_is_asked_to_call_somebody_else_decides(fake, opened, key, word):
    terminal = opened("call", "refers")
    terminal.wait("they ask you to call sip:carol@x instead", "y call them  n stay")
    terminal.keys(key)
    fake.wait(f"transfer {word} sip:carol@x")
    terminal.wait("m mute", gone=["they ask you"])
    terminal.keys("yn")
    terminal.keys("m")
    terminal.wait("m unmute")
    assert "transfer" not in terminal.screen().replace("t transfer", ""), "nothing is asked any more"


def test_drawing_stays_in_place(fake, opened):
    terminal = opened("call", "echo")
    terminal.wait("MOS")
    for round_number in range(10):
        terminal.keys("m")
        terminal.wait("m unmute" if round_number % 2 == 0 else "m mute")
    assert terminal.screen().count("MOS") == 1
    assert len(terminal.lines) <= 6


@pytest.mark.parametrize("columns", [80, 60, 40, 20])
def test_no_line_is_wider_than_the_terminal(opened, columns):
    terminal = opened("call", "echo", columns=columns)
    terminal.wait("MOS")
    # A lock is two columns wide, and one character.
    assert max(len(line) for line in terminal.lines) < columns


def test_resizing_draws_anew(opened):
    terminal = opened("call", "echo", columns=100)
    terminal.wait("you", "them", "MOS")
    terminal.lines, terminal.row, terminal.column = [""] * 40, 30, 0  # room for what wraps
    terminal.resize(50)
    terminal.signal(signal.SIGWINCH)
    terminal.wait("MOS", "you", "them")
    drawn = [line for line in terminal.lines if line]
    assert max(len(line) for line in drawn) < 50


@pytest.mark.parametrize("stop, code", [("\x03", 130), (signal.SIGTERM, 130), (signal.SIGHUP, 130),
                                        ("q", 0)])
def test_the_terminal_is_restored_however_it_ends(fake, opened, stop, code):
    terminal = opened("call", "echo")
    terminal.wait("active", "m mute")
    if isinstance(stop, str):
        terminal.keys(stop)
    else:
        terminal.signal(stop)
    assert not terminal.cursor
    assert terminal.finish() == code
    assert terminal.after == terminal.before and terminal.cursor
    assert fake.json("calls", "list") == []


def test_the_terminal_is_restored_after_a_crash(opened):
    terminal = opened("call", "echo")
    terminal.wait("m mute")
    terminal.signal(signal.SIGSEGV)
    assert terminal.finish() == -signal.SIGSEGV
    assert terminal.after == terminal.before and terminal.cursor


def test_suspending_gives_the_terminal_back(fake, opened):
    terminal = opened("call", "echo")
    terminal.wait("m mute")
    terminal.signal(signal.SIGTSTP)
    os.waitpid(terminal.pid, os.WUNTRACED)
    while terminal._read(0.1):
        pass
    assert terminal.cursor and "m mute" not in terminal.screen()
    terminal.signal(signal.SIGCONT)
    terminal.wait("m mute")
    terminal.keys("q")
    assert terminal.finish() == 0
    assert terminal.after == terminal.before and terminal.cursor


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_few_rows_do_not_scroll(fake, opened, rows):
    terminal = opened("call", "echo", columns=40, rows=rows)
    terminal.wait("active")
    for wanted in ("muted", "active"):
        terminal.keys("m")
        terminal.wait(wanted)
    assert len(terminal.lines) <= rows
    terminal.keys("q")
    assert terminal.finish() == 0


def test_a_waiting_call_is_answered_and_switched(fake, opened):
    terminal = opened("call", "echo")
    terminal.wait("active", "m mute")
    fake.say("incoming i1 sip:carol@x Carol")
    terminal.wait("Carol <sip:carol@x> calls alice@example.org", "a answer  d decline")
    assert terminal.bells >= 1
    terminal.keys("a")
    terminal.wait("Carol <sip:carol@x>", "sip:echo@127.0.0.1  held by you", "s switch")
    terminal.keys("s")
    terminal.wait("Carol <sip:carol@x>  held by you")
    fake.say("end i1")
    terminal.wait("Carol <sip:carol@x>: hung up by the far end")
    terminal.keys("q")
    assert terminal.finish() == 0


def test_calls_are_switched_faster_than_their_events_come(fake, opened):
    terminal = opened("call", "echo")
    terminal.wait("active", "m mute")
    fake.say("incoming i1 sip:carol@x Carol")
    terminal.wait("a answer  d decline")
    fake.say("pause")
    terminal.keys("a")
    terminal.wait("s switch", gone=["a answer"])
    terminal.keys("s")
    terminal.wait("→ sip:echo@127.0.0.1", "  Carol <sip:carol@x>  active")
    fake.say("go_on")
    terminal.wait("Carol <sip:carol@x>  held by you", gone=["sip:echo@127.0.0.1  held by you"])
    terminal.wait("→ sip:echo@127.0.0.1", "active")
    terminal.keys("q")
    terminal.wait("Carol <sip:carol@x>", "held by you", gone=["sip:echo"])
    terminal.keys("h")
    terminal.wait("active", gone=["held by you"])
    terminal.keys("q")
    assert terminal.finish() == 0


def test_a_waiting_call_is_answered_while_ones_own_rings(fake, opened):
    terminal = opened("call", "nobody")
    terminal.wait("ringing", "q hang up")
    fake.say("incoming i1 sip:carol@x Carol")
    terminal.wait("a answer  d decline")
    terminal.keys("a")
    terminal.wait("Carol <sip:carol@x>", "active", "sip:nobody@127.0.0.1  ringing", "s switch", gone=["not answered"])
    fake.say("answer c1fe")
    terminal.wait("sip:nobody@127.0.0.1  held by you")
    terminal.keys("q")
    terminal.wait("h resume")
    terminal.keys("q")
    assert terminal.finish() == 0


def test_listen(fake, opened):
    fake.say("account alice@example.org 3")
    terminal = opened("listen")
    terminal.wait("Waiting for calls to alice@example.org.", "q quit")
    fake.say("incoming i1 sip:carol@x \x1b[2JCarol")
    fake.say("incoming i2 sip:dave@x Dave")
    terminal.wait("\\x1b[2JCarol", "Dave", "Tab next")
    terminal.keys("\t")
    terminal.keys("d")
    terminal.wait("declined", "a answer  d decline", gone=["Tab next"])
    terminal.keys("a")
    terminal.wait("Carol", "active", "m mute")
    fake.wait("attached i1")
    fake.say("incoming i3 sip:erin@x Erin")
    fake.say("end i3")
    terminal.wait("missed Erin")
    fake.say("end i1")
    terminal.wait("hung up by the far end after", "Waiting for calls")
    terminal.keys("q")
    assert terminal.finish() == 0
    assert terminal.after == terminal.before


def test_listen_follows_a_restart_of_the_daemon(fake, opened):
    terminal = opened("listen")
    terminal.wait("No account is online")
    fake.stop()
    terminal.wait("Connection to the daemon lost")
    fake.start()
    fake.say("account alice@example.org 3")
    terminal.wait("Waiting for calls to alice@example.org.")
    terminal.keys("\x03")
    assert terminal.finish() == 130


def test_the_password_is_not_shown(fake, opened):
    terminal = opened("account", "add", "alice@example.org")
    terminal.wait("Password of alice@example.org")
    terminal.keys("wrong\r")
    assert terminal.finish() == 1
    assert "wrong" not in terminal.screen()
    assert terminal.after == terminal.before


def test_an_interrupted_prompt_restores_the_terminal(opened):
    terminal = opened("account", "add", "alice@example.org")
    terminal.wait("Password of alice@example.org")
    terminal.keys("\x03")
    assert terminal.finish() == 130
    assert terminal.after == terminal.before


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_only_where_they_are_wanted(fake, opened, env):
    fake.say("account alice@example.org 3")
    coloured = opened("account", "list")
    plain = opened("account", "list", env=env)
    raw = {}
    for name, terminal in (("coloured", coloured), ("plain", plain)):
        taken = []
        take = terminal._take
        terminal._take = lambda text, take=take, taken=taken: (taken.append(text), take(text))[1]
        terminal.finish()
        raw[name] = "".join(taken)
    assert "\x1b[" in raw["coloured"] and "\x1b[" not in raw["plain"]


def test_tables_fit_the_terminal(fake, opened):
    fake.say("incoming i1 sip:" + "x" * 80 + "@example.org A very long name")
    terminal = opened("calls", "list", columns=70)
    terminal.finish()
    assert max(len(line) for line in terminal.lines) <= 70
    assert "ringing" in terminal.screen()
