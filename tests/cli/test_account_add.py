"""account add with a bare user@domain: what is found there, and what becomes of it."""
import json

import pytest
from cli.fake import Fake


@pytest.fixture
def fake():
    daemon = Fake()
    yield daemon
    daemon.close()


def add(fake, address, *more, password="right"):
    return fake.run("account", "add", address, "--password-file", "-", *more, stdin=password + "\n")


def ids(fake):
    return [account["id"] for account in fake.json("account", "list")]


def test_both_protocols_of_a_domain_become_accounts(fake):
    done = add(fake, "alice@both.example")
    assert done.returncode == 0
    assert "xmpp:alice@both.example: _xmpps-client._tcp says xmpp.both.example:5223" in done.stderr
    assert ids(fake) == ["sip:alice@both.example", "xmpp:alice@both.example"]


def test_a_name_of_its_own_for_two(fake):
    assert add(fake, "alice@both.example", "--id", "work").returncode == 0
    assert ids(fake) == ["work-sip", "work-xmpp"]


def test_json_has_each_account(fake):
    done = fake.run("--json", "account", "add", "alice@both.example", "--password-file", "-", stdin="right\n")
    rest, found = done.stdout.strip(), []
    while rest:
        account, end = json.JSONDecoder().raw_decode(rest)
        found.append(account["address"])
        rest = rest[end:].lstrip()
    assert found == ["sip:alice@both.example", "xmpp:alice@both.example"]


def test_a_protocol_that_does_not_take_the_password_is_not_kept(fake):
    done = add(fake, "alice@both.example", password="xmpp-only")
    assert done.returncode == 0
    assert "sip:alice@both.example: not kept" in done.stderr
    assert ids(fake) == ["xmpp:alice@both.example"]


def test_both_are_kept_when_neither_takes_it(fake):
    done = add(fake, "alice@both.example", password="wrong")
    assert done.returncode == 1
    assert len(ids(fake)) == 2 and done.stderr.count("is kept, but not online") == 2


def test_nothing_found_says_what_was_tried_and_what_to_do(fake):
    done = add(fake, "alice@nowhere.example")
    assert (done.returncode, done.stdout) == (5, "")
    assert "SIP: UDP: 192.0.2.9:5060: no answer" in done.stderr
    assert "commctl account add xmpp:alice@nowhere.example --server HOST" in done.stderr
    assert ids(fake) == []


def test_with_a_server_nothing_is_looked_for(fake):
    assert add(fake, "alice@nowhere.example", "--server", "pbx.example").returncode == 0
    assert ids(fake) == ["alice@nowhere.example"]
