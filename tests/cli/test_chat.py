"""commctl chat: in a terminal, and line by line without one."""
import json
import signal

import pytest
from cli.fake import Fake


@pytest.fixture
def fake():
    daemon = Fake()
    yield daemon
    daemon.close()


@pytest.fixture
def chat(fake):
    terminals = []

    def run(*words, **options):
        terminals.append(fake.terminal("chat", "bob@x", *words, **options))
        return terminals[-1]

    yield run
    for terminal in terminals:
        terminal.close()


def test_two_people_talk(fake, chat):
    fake.say("message bob@x Are you there?")
    fake.say("message carol@x not for this chat")
    terminal = chat()
    terminal.wait("bob@x: Are you there?", "> ")
    terminal.keys("Yes\r")
    terminal.wait("me: Yes", "last message: delivered")
    fake.say("message bob@x First\\nsecond line")
    terminal.wait("bob@x: First", "        second line")
    assert terminal.bells == 1, "what was said before makes no noise"
    assert "carol" not in terminal.screen()
    lines = [line for line in terminal.lines if line]
    order = [next(i for i, line in enumerate(lines) if word in line)
             for word in ("Are you there?", "me: Yes", "First", "second line", "last message", "> ")]
    assert order == sorted(order)
    terminal.keys("/quit\r")
    assert terminal.finish() == 0
    assert "me: Yes" in terminal.screen() and "> " not in terminal.screen(), "what was said stays"
    assert terminal.after == terminal.before


def test_somebody_is_called_by_his_name(fake):
    fake.say("message bob@x Are you there?")
    terminal = fake.terminal("chat", "Bob Builder")
    try:
        terminal.wait("bob@x: Are you there?", "> ")
        fake.say("message bob@x Hello?")
        fake.say("types bob@x")
        terminal.wait("bob@x: Hello?", "is typing")
        terminal.keys("Yes\r")
        terminal.wait("me: Yes", "last message: delivered")
        terminal.keys("/quit\r")
        assert terminal.finish() == 0
    finally:
        terminal.close()


def test_typing_is_told_both_ways(fake, chat):
    terminal = chat()
    terminal.wait("/help")  # from here on it is told what happens
    fake.say("types carol@x")
    fake.say("types bob@x")
    terminal.wait("bob@x is typing")
    fake.say("rests bob@x")
    terminal.wait("> ", gone=["is typing"])
    terminal.keys("Hel")
    assert fake.wait("typing") == "typing STATE_COMPOSING"
    terminal.keys("\x15")
    assert fake.wait("typing") == "typing STATE_STOPPED"
    terminal.keys("x")
    fake.wait("typing STATE_COMPOSING")
    terminal.keys("\x15/help\r")
    terminal.wait("/correct TEXT")
    assert fake.wait("typing") == "typing STATE_STOPPED"
    terminal.keys("/quit\r")
    assert terminal.finish() == 0
    assert not [line for line in fake.seen if line.startswith("typing")], "of a command nobody is told"


def test_a_change_of_what_was_said_does_not_end_typing(fake, chat):
    fake.say("message bob@x Tuesday")
    terminal = chat()
    terminal.wait("Tuesday")
    fake.wait("read")
    fake.say("types bob@x")
    fake.say("correct bob@x Wednesday")
    terminal.wait("Wednesday", "is typing")
    fake.say("message bob@x Or Thursday?")
    terminal.wait("Or Thursday?", gone=["is typing"])


def test_what_is_seen_is_marked_as_read(fake, chat):
    fake.say("message bob@x One")
    fake.say("message bob@x Two")
    chat().wait("Two")
    assert fake.wait("read").strip() == "read m2", "the newest stands for all before it"
    fake.say("message bob@x Three")
    assert fake.wait("read").strip() == "read m3"


def test_messages_are_corrected_taken_back_and_answered(fake, chat):
    terminal = chat()
    terminal.wait("/help")  # from here on it is told what happens
    terminal.keys("/correct nothing\r")
    terminal.wait("not corrected: there is no message yet")
    terminal.keys("Lnuch?\r")
    terminal.wait("me: Lnuch?", "last message: delivered")
    terminal.keys("/correct Lunch?\r")
    terminal.wait("me: Lunch? (edited)")
    fake.say("message bob@x Yse")
    fake.say("correct bob@x Yes")
    terminal.wait("bob@x: Yes (edited)")
    terminal.keys("/react +1\r")
    terminal.wait("+1", "Yes")
    terminal.keys("/retract\r")
    terminal.wait("me: (taken back)")


def test_the_line_is_edited(chat):
    terminal = chat()
    terminal.wait("> ")
    terminal.keys("wrld\x1b[D\x1b[D\x1b[Do\x01hello \x05!")
    terminal.wait("> hello world!")
    assert terminal.column == len("> hello world!")
    terminal.keys("\x1b[D")
    terminal.keys("?\r")
    terminal.wait("me: hello world?!")
    terminal.keys("\x1b[A")
    terminal.wait("> hello world?!")
    terminal.keys("\x15")
    terminal.wait("> ", gone=["> hello"])


def test_what_does_not_arrive_is_said(chat):
    terminal = chat()
    terminal.wait("> ")
    terminal.keys("this is lost\r")
    terminal.wait("not delivered: this is lost (there is nobody of that address)", "last message: failed")
    terminal.keys("this is refused\r")
    terminal.wait("not sent: no account is enabled")
    terminal.keys("/nonsense\r")
    terminal.wait("/nonsense is no command", gone=["not sent"])
    terminal.keys("//path\r/me waves\r/help\r")
    terminal.wait("me: /path", "me: /me waves", "/quit (or Ctrl-D) leaves", gone=["no command"])


def test_nothing_remote_commands_the_terminal(fake, chat):
    terminal = chat()
    terminal.wait("> ", gone=["Asking"])
    fake.say("message bob@x \\e[2Jgone\\e]0;title")
    terminal.wait("\\x1b[2Jgone\\x1b]0;title")


@pytest.mark.parametrize("stop, code", [("\x03", 130), ("\x04", 0), ("/q\r", 0), (signal.SIGTERM, 130),
                                        (signal.SIGHUP, 130)])
def test_the_terminal_is_restored_however_it_ends(chat, stop, code):
    terminal = chat()
    terminal.wait("> ")
    if isinstance(stop, str):
        terminal.keys(stop)
    else:
        terminal.signal(stop)
    assert terminal.finish() == code
    assert terminal.after == terminal.before and terminal.cursor


def test_resizing_draws_anew(fake, chat):
    terminal = chat(columns=90)
    terminal.wait("> ")
    terminal.keys("x" * 70)
    terminal.wait("x" * 70)
    terminal.lines, terminal.row, terminal.column = [""] * 40, 30, 0  # room for what wraps
    terminal.resize(40)
    terminal.signal(signal.SIGWINCH)
    terminal.wait("> " + "x" * 30)
    fake.say("message bob@x " + "word " * 30)
    terminal.wait("bob@x: word")
    assert max(len(line) for line in terminal.lines) < 40


def test_the_chat_goes_on_after_the_daemon_restarts(fake, chat):
    terminal = chat()
    terminal.wait("> ", gone=["Asking"])
    fake.say("cut")
    terminal.wait("Connection to the daemon lost", "no connection to the daemon")
    fake.say("message bob@x back again")
    terminal.wait("bob@x: back again", gone=["no connection"])
    fake.say("expire")
    fake.say("message bob@x once")
    terminal.wait("bob@x: once")
    assert terminal.screen().count("back again") == 1, "what is known is not shown again"


def test_lines_in_and_lines_out(fake):
    fake.say("message bob@x before")
    done = fake.run("chat", "bob@x", stdin="one\ntwo\n")
    assert done.returncode == 0
    said = [line.split(" ", 1)[1] for line in done.stdout.splitlines()]
    assert said == ["bob@x: before", "me: one", "me: two"]
    done = fake.run("chat", "bob@x", "--limit", "0", stdin="this is refused\nthree")
    assert done.returncode == 1 and "no account is enabled" in done.stderr
    assert [line.split(" ", 1)[1] for line in done.stdout.splitlines()] == ["me: three"]
    assert fake.run("chat", "bob@x", "--limit", "0", stdin="/quit\nfour\n").stdout == ""


def test_objects_for_scripts(fake):
    fake.say("message bob@x before")
    rows = [json.loads(line) for line in
            fake.run("--json", "chat", "bob@x", stdin="one\n").stdout.splitlines()]
    assert [(row["direction"], row["text"]) for row in rows][:2] == [
        ("DIRECTION_INCOMING", "before"), ("DIRECTION_OUTGOING", "one")]


def test_mistakes(fake):
    nobody = fake.run("chat", "bob")
    assert nobody.returncode == 2 and "is nobody to write to" in nobody.stderr
    assert fake.run("chat", "bob@x", "--limit", "x").returncode == 2
    fake.stop()
    assert fake.run("chat", "bob@x").returncode == 3
    fake.start()
