"""The history: found by its words, exported, forgotten when told to, and whole after a crash."""
# ctest: timeout=200
import json
import sqlite3
import time

import pytest

NOW = int(time.time())
DAY = 86400


def remember(daemon, rows):
    """Puts messages into the store of a daemon that does not run: (id, peer, direction, text, days ago)."""
    with sqlite3.connect(daemon.state / "commd.db") as store:
        for id, peer, direction, text, days in rows:
            at = int((NOW - days * DAY) * 1e9)
            store.execute(
                "INSERT INTO message (id, account, peer, sender, direction, state, text, time, state_time,"
                " remote_id, fingerprint, fail_reason, fail_message, request_id)"
                " VALUES (?, 'me@example.org', ?, '', ?, ?, ?, ?, ?, '', '', '', '', '')",
                (id, peer, direction, "received" if direction == "incoming" else "delivered", text, at, at))
        store.execute("UPDATE message SET place = time / 1000 + rowid WHERE place IS NULL")
        store.execute("INSERT INTO message_words (message_words) VALUES ('rebuild')")
    store.close()


BOB, CAROL = "xmpp:bob@example.org", "xmpp:carol@example.org"
PAST = [
    ("m1", BOB, "incoming", "Lunch on Tuesday?", 400),
    ("m2", BOB, "outgoing", "Gladly. At the café", 399),
    ("m3", CAROL, "incoming", "the invoice for Tuesday is due", 30),
    ("m4", BOB, "incoming", "tuesday again: lunch \x1b[31mred\x1b[0m", 1),
]


@pytest.fixture
def one(daemon):
    one = daemon("one")
    one.terminate()
    remember(one, PAST)
    one.start()
    return one


def ids(rows):
    return [row["id"] for row in rows]


def test_messages_are_found(one):
    def found(*words):
        return ids(one.rows("message", "search", *words))
    assert found("tuesday") == ["m4", "m3", "m1"]
    assert found("lunch", "tuesday") == ["m4", "m1"]
    assert found('"on tuesday"') == ["m1"]
    assert found("invo*") == ["m3"] and found("cafe") == ["m2"]
    assert found("tuesday", "--with", "Bob@Example.org/phone") == ["m4", "m1"]
    assert found("tuesday", "--account", "me@example.org", "--since", "60d") == ["m4", "m3"]
    assert found("tuesday", "--until", "60d") == ["m1"]
    assert found("tuesday", "--limit", "1") == ["m4"]
    assert found("NOT", "(") == found("NEAR(") == []
    assert "words" in one.ctl("message", "search", "*", status=2)
    assert "--since" in one.ctl("message", "search", "x", "--since", "soon", status=2)
    one.restart()
    assert found("lunch") == ["m4", "m1"]
    # As a person sees it: in order, and nothing of a message commands the terminal.
    shown = one.run("message", "search", "lunch", json_output=False)
    assert shown.stdout.index("Lunch on Tuesday?") < shown.stdout.index("tuesday again")
    assert "\\x1b[31mred" in shown.stdout and "\x1b" not in shown.stdout
    assert "No message has these words." in one.run("message", "search", "supper", json_output=False).stderr


def test_the_history_is_exported_and_goes_on(one, folder):
    path = folder / "history.jsonl"
    said = one.run("message", "export", path, json_output=False)
    assert said.returncode == 0 and f"4 messages written to {path}" in said.stderr
    lines = path.read_text().splitlines()
    assert ids(map(json.loads, lines)) == ["m1", "m2", "m3", "m4"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert "is there already" in one.ctl("message", "export", path, status=2)
    # Cut in the middle of a line, and then there is more.
    one.terminate()
    path.write_text("\n".join(lines[:2]) + "\n" + lines[2][:20])
    remember(one, [("m5", BOB, "incoming", "one more", 0)])
    one.start()
    one.run("message", "export", path, "--continue")
    assert ids(map(json.loads, path.read_text().splitlines())) == ["m1", "m2", "m3", "m4", "m5"]
    assert path.read_text().splitlines()[:4] == lines
    assert ids(one.rows("message", "export", "--with", "bob@example.org", "--until", "30d")) == ["m1", "m2"]


def test_pages_of_long_messages_stay_small_enough_for_every_client(one):
    one.terminate()
    remember(one, [(f"long{n:03}", CAROL, "incoming", "x" * 65_000, 0) for n in range(120)])
    one.start()
    assert ids(one.rows("message", "export", "--with", CAROL)) == ["m3"] + [f"long{n:03}" for n in range(120)]
    assert len(one.rows("message", "list", CAROL, "--limit", "1000")) >= 16


def test_old_messages_are_forgotten_when_told_to(one):
    one.configure({"history": {"keep_days": 60}})
    one.restart()
    # What is on disk changes behind the start, which nobody waits for.
    deadline = time.monotonic() + 20
    while ids(one.rows("message", "list")) != ["m4", "m3"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ids(one.rows("message", "list")) == ["m4", "m3"]
    assert ids(one.rows("message", "search", "tuesday")) == ["m4", "m3"]
    one.configure({})
    one.restart()
    assert ids(one.rows("message", "list")) == ["m4", "m3"]


def test_a_damaged_index_is_mended_after_a_crash(one):
    one.kill()
    with sqlite3.connect(one.state / "commd.db") as store:
        store.execute("UPDATE message_words_data SET block = x'00' WHERE id > 10")
    store.close()
    one.start()
    assert ids(one.rows("message", "search", "tuesday")) == ["m4", "m3", "m1"]
    assert "search_index_rebuilt" in one.log_path.read_text()
