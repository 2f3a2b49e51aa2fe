"""A hostile XMPP server: whatever it does ends in a clear reason and a living daemon."""
# ctest: timeout=420
import pytest

ALICE = "xmpp:alice@xmpp.test"
PASSWORD = "open-sesame"
HEALING_SECONDS = 30

# What is done before the login is through: the trick, whether over STARTTLS, and what is said of it.
LOGINS = [
    ("strip_starttls", True, "TLS_NOT_OFFERED"), ("starttls_failure", True, "TLS_REFUSED"),
    ("starttls_injection", True, "TLS_INJECTION"), ("doctype", False, "XML_DOCTYPE"),
    ("not_xmpp", False, "NOT_XMPP"), ("no_mechanism", False, "SASL_NO_MECHANISM"),
    ("odd_mechanisms", False, "SASL_NO_MECHANISM"), ("early_success", False, "SERVER_NOT_AUTHENTIC"),
    ("no_signature", False, "SERVER_NOT_AUTHENTIC"), ("wrong_signature", False, "SERVER_NOT_AUTHENTIC"),
    ("many_iterations", False, "SCRAM_ITERATIONS_TOO_HIGH"), ("one_iteration", False, "SCRAM_ITERATIONS_TOO_LOW"),
    ("other_nonce", False, "SCRAM_NONCE"), ("refuse", False, "WRONG_PASSWORD"),
    ("no_bind", False, "BIND_NOT_OFFERED"), ("bind_other", False, "BIND_OTHER_ADDRESS"),
]

# What is sent to a session that is up, and ends it.
POISON = {
    "deep": ("<message>" + "<a>" * 100_000, "XML_DEPTH"),
    "a megabyte": ("<message><body>" + "x" * 1_048_576, "XML_STANZA_SIZE"),
    "long attribute": ("<message a='" + "x" * 1_048_576, "XML_TAG_SIZE"),
    "many elements": ("<message>" + "<a/>" * 60_000 + "</message>", "XML_NODES"),
    "many attributes": ("<message " + " ".join(f"a{n}='1'" for n in range(500)) + "/>", "XML_ATTRIBUTES"),
    "comment": ("<message><!-- x --></message>", "XML_COMMENT"),
    "instruction": ("<message><?x y?></message>", "XML_INSTRUCTION"),
    "entity": ("<message><body>&lol;</body></message>", "XML_NOT_WELL_FORMED"),
    "doctype": ("<!DOCTYPE x [<!ENTITY a 'b'>]><message/>", "XML_DOCTYPE"),
    "bad UTF-8": (b"<message><body>\xff\xfe\xc0\xaf</body></message>", "XML_NOT_WELL_FORMED"),
    "stray text": ("hello<message/>", "XML_STRAY_TEXT"),
    "unbalanced": ("<message></presence>", "XML_NOT_WELL_FORMED"),
    "ack of nothing": ("<a xmlns='urn:xmpp:sm:3' h='99999'/>", "SM_ACK_INVALID"),
    "policy": ("<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
               "</stream:stream>", "STREAM_POLICY"),
}

# Nonsense that is a stanza all the same: passed over, or answered with an error.
NONSENSE = (
    "<message/>", "<message from='@'/>", "<message from='bob@xmpp.test' type='chat'/>",
    "<message from='&#x202e;@xmpp.test'><body>x</body></message>", "<presence from='alice@xmpp.test' type='odd'/>",
    "<presence from=''/>", "<iq/>", "<iq type='result'/>", "<iq type='result' id='never-asked'><query/></iq>",
    "<iq type='get' id='1'/>", "<iq type='get' id='2'><query xmlns='urn:unknown'/></iq>",
    "<iq type='set' id='3'><a/><b/><c/></iq>", "<iq type='error' id='4'/>", "<a xmlns='urn:sm:none'/>",
    "<r xmlns='urn:xmpp:sm:3'/>", "<features/>", "<nothing xmlns='urn:x'/>",
    "<message type='error' from='bob@xmpp.test' id='never-sent'><error type='cancel'/></message>",
    "<message from='bob@xmpp.test'>" + "<a>" * 60 + "</a>" * 60 + "</message>",
)


def begin(commd, server, address=ALICE):
    secret = commd.folder / address.replace(":", "-")
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    return commd.start_ctl("account", "add", address, "--password-file", secret, *server.options())


def wait_account(watch, holds, since=0, address=ALICE):
    def matches(event):
        shown = event.get("event", {}).get("account_changed", {})
        return shown.get("id") == address and holds(shown)
    return watch.wait_for(matches, HEALING_SECONDS, since)["event"]["account_changed"]


def online(shown):
    return shown["state"] == "STATE_ONLINE"


def wait_reason(watch, since=0):
    """The account once it says why it is not online."""
    return wait_account(watch, lambda shown: shown["state_reason"], since)


def is_alive(commd):
    assert commd.ctl("status")["version"]
    assert commd.ctl("call", "echo", "--duration", "1s", "--capture", "tone:440", "--playback", "none")


@pytest.mark.parametrize("trick, starttls, reason", LOGINS, ids=[name for name, *_ in LOGINS])
def test_a_login_that_is_not_right_is_refused_with_its_reason(daemon, rogue, trick, starttls, reason):
    one, server = daemon("one"), rogue(trick, starttls=starttls)
    with one.watch() as watch:
        begin(one, server)
        shown = wait_reason(watch)
    assert shown["state_reason"] == reason and shown["state"] in ("STATE_RETRYING", "STATE_FAILED")
    assert len(shown["state_message"]) > 20
    assert PASSWORD not in "\n".join(one.process.lines.all())
    is_alive(one)


def test_no_password_goes_where_tls_was_taken_away(daemon, rogue):
    one, server = daemon("one"), rogue("strip_starttls", starttls=True)
    with one.watch() as watch:
        begin(one, server)
        wait_reason(watch)
    assert not server.heard("<auth")


@pytest.mark.parametrize("name", POISON)
def test_what_a_session_is_sent_ends_it_and_it_comes_back(daemon, rogue, name):
    poison, reason = POISON[name]
    one, server = daemon("one"), rogue()
    with one.watch() as watch:
        begin(one, server)
        wait_account(watch, online)
        mark = watch.mark()
        server.send(poison)
        assert wait_reason(watch, mark)["state_reason"] == reason
        is_alive(one)
        wait_account(watch, online, mark)
    server.wait_session(2)


def test_nonsense_is_passed_over(daemon, rogue):
    one, server = daemon("one"), rogue()
    with one.watch() as watch:
        begin(one, server)
        wait_account(watch, online)
        mark = watch.mark()
        for stanza in NONSENSE:
            server.send(stanza)
        server.send("<message from='bob@xmpp.test/x' type='chat' id='m1'><body>sane</body></message>")
        watch.wait_for(lambda e: e.get("event", {}).get("message_changed", {}).get("text") == "sane", since=mark)
    assert server.connections == 1
    for number in ("1", "2"):
        server.wait_heard(rf"<iq[^>]*id=.{number}.[^>]*type=.error.|<iq[^>]*type=.error.[^>]*id=.{number}.")
    is_alive(one)


def test_a_redirect_is_followed_where_the_domain_is_proved_again(daemon, rogue):
    one, there = daemon("one"), rogue()
    server = rogue("redirect", elsewhere=f"127.0.0.1:{there.port}")
    with one.watch() as watch:
        begin(one, server)
        shown = wait_account(watch, online)
    assert str(there.port) in shown["server_in_use"]
    there.wait_session()


def test_a_redirect_to_itself_ends(daemon, rogue):
    one, server = daemon("one"), rogue("redirect")
    server.elsewhere = f"127.0.0.1:{server.port}"
    with one.watch() as watch:
        begin(one, server)
        assert wait_reason(watch)["state_reason"] == "STREAM_REDIRECT"
    assert server.connections <= 8
    is_alive(one)


@pytest.mark.parametrize("trick, reason", [("mute", "TLS_TIMEOUT"), ("mute_stream", "LOGIN_TIMEOUT")])
def test_a_mute_server_is_given_up_and_holds_up_nobody(daemon, rogue, trick, reason):
    one, mute, other = daemon("one"), rogue(trick), rogue()
    with one.watch() as watch:
        begin(one, mute)
        begin(one, other, "xmpp:other@xmpp.test")
        wait_account(watch, lambda shown: shown["state_reason"] in ("", "BIND_OTHER_ADDRESS")
                     and shown["state"] != "STATE_CONNECTING", address="xmpp:other@xmpp.test")
        assert wait_reason(watch)["state_reason"] == reason
    one.terminate()


ROOM = "tea@rooms.xmpp.test"


def occupant(nick, more="", role="participant"):
    return (f"<presence from='{ROOM}/{nick}'><x xmlns='http://jabber.org/protocol/muc#user'>"
            f"<item affiliation='none' role='{role}'/>{more}</x></presence>")


@pytest.mark.seconds(120)
def test_a_room_of_a_hostile_service_is_bounded(daemon, rogue):
    one, server = daemon("one"), rogue()
    with one.watch() as watch:
        begin(one, server)
        wait_account(watch, online)
        joins = one.start_ctl("room", "join", f"xmpp:{ROOM}", "--nick", "Ann", "--timeout", "60s")
        server.wait_heard(r"<presence[^>]*to=.tea@rooms.xmpp.test/Ann")
        for start in range(0, 25_000, 500):
            server.send("".join(occupant(f"n{n}") for n in range(start, start + 500)))
        server.send(occupant("x" * 900) + occupant("Ann", "<status code='110'/>"))
        assert joins.wait_exit(60) == 0
        assert len(one.rows("room", "members", "tea", seconds=60)) <= 20_001
        # What others say in the name of the room, or of one that nobody is in.
        for sender in ("eve@xmpp.test/x", "coffee@rooms.xmpp.test/Bob", "rooms.xmpp.test", ""):
            server.send(f"<message type='groupchat' from='{sender}'><body>forged</body></message>")
        server.send("<message from='eve@xmpp.test/x'><event xmlns='http://jabber.org/protocol/pubsub#event'><items "
                    "node='urn:xmpp:bookmarks:1'><item id='trap@rooms.xmpp.test'><conference "
                    "xmlns='urn:xmpp:bookmarks:1' autojoin='true'/></item></items></event></message>")
        server.send(f"<message from='{ROOM}'><result xmlns='urn:xmpp:mam:2' queryid='guess' id='1'><forwarded "
                    f"xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' type='groupchat' from='{ROOM}/Bob'>"
                    "<body>forged</body></message></forwarded></result></message>")
        for start in range(0, 5_000, 100):
            server.send("".join(f"<message from='eve{n}@xmpp.test'><x xmlns='jabber:x:conference' "
                                f"jid='r{n}@rooms.xmpp.test'/></message>" for n in range(start, start + 100)))
        server.send(f"<message type='groupchat' from='{ROOM}/n1'><subject>{'s' * 60_000}</subject></message>")
        server.send(f"<message type='groupchat' from='{ROOM}/n1' id='m1'><body>sane</body></message>")
        watch.wait_for(lambda e: e.get("event", {}).get("message_changed", {}).get("text") == "sane", 30)
    rooms = one.rows("room", "list")
    assert len(rooms) == 101 and len(next(room for room in rooms if room["nick"] == "Ann")["subject"]) == 4096
    assert "forged" not in one.run("message", "search", "forged").stdout
    assert not server.heard("trap@rooms")
    assert server.connections == 1
    is_alive(one)
