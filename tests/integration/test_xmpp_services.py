"""Services of a real prosody: discovery, commands of several stages, registration with gateways; and services
that answer wrongly. The far ends are components of ours (peers.component)."""
# ctest: timeout=300
import json
import os
import re
import time

import pytest

from cli.fake import Terminal
from peers.process import deadline
from test_xmpp_contacts import sign_in

SMS, SECRET = "sms.xmpp.test", "component-secret"
COMMANDS = "http://jabber.org/protocol/commands"
REGISTER = "jabber:iq:register"


@pytest.fixture
def site(daemon, prosody, component, pki):
    """site(**options of the component): alice's daemon, online, and a service beside her server."""
    def make(**options):
        one, server = daemon("one"), prosody(components={SMS: SECRET})
        service = component(server.component_port, SMS, SECRET, **options)
        sign_in(one, server, pki)
        return one, service
    return make


@pytest.fixture
def terminal(folder):
    """terminal(daemon, *words): commctl in a terminal."""
    opened = []

    def run(one, *words):
        env = {"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "HOME": str(folder)}
        opened.append(Terminal(one.command_line(*words, json_output=False), env, folder, 100, 40))
        return opened[-1]

    yield run
    for each in opened:
        each.close()


def again(terminal, text, times):
    """Until that is on the screen so many times."""
    until = deadline(15)
    while terminal.screen().count(text) < times:
        assert terminal._read(until - time.monotonic()), terminal.screen()


def form(*fields, kind="form"):
    return f"<x xmlns='jabber:x:data' type='{kind}'>{''.join(fields)}</x>"


def command(attributes, inside="", node="order"):
    return f"<command xmlns='{COMMANDS}' node='{node}' {attributes}>{inside}</command>"


# ---- discovery ---------------------------------------------------------------------------


def test_a_server_says_what_it_offers(site):
    one, _ = site(identity="gateway/sms", name="Texts", program="commands")
    services = {row["address"]: row for row in one.rows("service", "list")}
    assert "server/im" in services["xmpp:xmpp.test"]["identities"]
    gateway = services[f"xmpp:{SMS}"]
    assert gateway["identities"] == ["gateway/sms"] and gateway["name"] == "Texts"
    assert gateway["gateway"] and gateway["has_commands"] and not gateway["registered"]
    assert [row["address"] for row in one.rows("service", "list", "--gateways")] == [f"xmpp:{SMS}"]
    assert [(row["node"], row["name"]) for row in one.rows("service", "commands", SMS)] == [("order", "Order a meal")]
    assert one.run("service", "commands", "bob@xmpp.test").returncode != 0


def test_what_is_not_there_is_said(site):
    one, _ = site()
    for words in (("list", "nobody.xmpp.test"), ("commands", "nobody.xmpp.test"),
                  ("run", "nobody.xmpp.test", "x"), ("register", "nobody.xmpp.test", "--show")):
        error = json.loads(one.run("service", *words).stderr.splitlines()[-1])["error"]
        assert error["reason"].startswith("XMPP_"), (words, error)


# ---- commands ----------------------------------------------------------------------------


def test_a_command_of_several_stages_for_a_script(site, folder):
    one, _ = site(program="commands")
    code = folder / "code"
    code.write_text("4711\n")
    steps = one.rows("service", "run", SMS, "order", "--set", "dish=soup", "--set", "hot=no", "--set",
                     "street=Main Street", "--set", "street=5", "--set-file", f"code={code}")
    assert [step["status"] for step in steps] == ["STATUS_EXECUTING", "STATUS_EXECUTING", "STATUS_COMPLETED"]
    first, second, last = steps
    assert first["form"]["title"] == "Order" and first["actions"] == ["ACTION_NEXT"]
    assert sorted(second["actions"]) == ["ACTION_COMPLETE", "ACTION_NEXT", "ACTION_PREV"]
    assert second["default_action"] == "ACTION_NEXT"
    assert last["notes"] == [{"level": "LEVEL_INFO", "text": "It is on its way."}]
    told = {field["name"]: field["values"] for field in last["form"]["fields"]}
    assert told["dish"] == ["soup"] and told["street"] == ["Main Street", "5"] and told["code"] == ["4711"]
    assert told["secret-way"] == ["kept"], "what is hidden goes back as it came"
    assert told["hot"] in (["0"], ["false"])


def test_a_script_is_told_what_it_did_wrong(site):
    one, service = site(program="commands")
    for words, status, text in (
            ((), 2, "--set"),
            (("--set", "dish=steak"), 2, "choice"),
            (("--defaults",), 2, "dish"),
            (("--set", "dish=soup", "--set", "code=4711"), 2, "--set-file"),
            (("--set", "dish=soup", "--set", "dsh=1", "--set", "street=x"), 1, "dsh")):
        done = one.run("service", "run", SMS, "order", *words, json_output=False)
        assert done.returncode == status and text in done.stderr, (words, done)
    # What was called off is over for the service as well.
    assert service.wait("iq", lambda e: "action=\"cancel\"" in e["xml"])


def test_a_person_is_asked(site, terminal):
    one, _ = site(program="commands")
    asked = terminal(one, "service", "run", SMS, "order")
    asked.wait("Order", "What do you want to eat?", "The kitchen closes soon.", "1 Soup of the day", "Dish (required): ")
    assert "kept" not in asked.screen()
    asked.keys("steak\n")
    asked.wait("none of the choices")
    asked.keys("1\n")
    asked.wait("Hot (yes or no) [yes]: ")
    asked.keys("\n")
    asked.wait("Street: (an empty line ends it)")
    asked.keys("Main Street\n")
    asked.keys("\n")
    asked.wait("Door code: ")
    asked.keys("4711\n")
    asked.wait("b back")
    assert "4711" not in asked.screen(), "a secret is not shown"
    asked.keys("b\n")
    # What was typed before a secret is asked for is dropped: one after the other.
    for prompt, answer in (("Dish (required)", "bread"), ("Hot (yes or no)", "n"), ("Street: (", ""), ("Door code", ""),
                           ("b back", "")):
        again(asked, prompt, 2 if prompt != "Dish (required)" else 3)
        asked.keys(answer + "\n")
    assert asked.finish() == 0
    screen = asked.screen()
    assert "It is on its way." in screen and re.search(r"Dish\s+bread", screen)


def test_a_person_can_call_it_off(site, terminal):
    one, service = site(program="commands")
    asked = terminal(one, "service", "run", SMS, "order")
    asked.wait("Dish (required)")
    asked.keys("\x04")
    assert asked.finish() == 1 and "Called off." in asked.screen()
    service.wait("iq", lambda e: "action=\"cancel\"" in e["xml"])


HOSTILE = {
    "no command": "<query xmlns='jabber:iq:version'/>",
    "no status": command("sessionid='s1'"),
    "no session": command("status='executing'"),
    "another command": command("sessionid='s1' status='completed'", node="other"),
    "a field twice": command("sessionid='s1' status='executing'",
                             form("<field var='a'/><field var='a'/>")),
    "too many fields": command("sessionid='s1' status='executing'",
                               form("".join(f"<field var='f{i}'/>" for i in range(300)))),
    "too much text": command("sessionid='s1' status='executing'",
                             form(f"<field var='a'><value>{'x' * 70000}</value></field>")),
}


def test_answers_that_are_none_are_refused(site):
    one, service = site()
    for what, payload in HOSTILE.items():
        service.answer(COMMANDS, "set", payload)
        done = one.run("service", "run", SMS, "order", "--defaults")
        assert done.returncode == 1, (what, done)
        assert "ANSWER_UNREADABLE" in done.stderr, (what, done.stderr)
    service.answer(COMMANDS, "set", command("sessionid='s1' status='completed'"))
    assert one.ctl("service", "run", SMS, "order")["status"] == "STATUS_COMPLETED", "and it lives"


def test_another_session_is_refused(site):
    one, service = site()
    asks = form("<field var='a' type='text-single'/>")
    service.answer(COMMANDS, "set", command("sessionid='s1' status='executing'", asks))
    control = one.start_ctl("service", "run", SMS, "order", "--set", "a=1", "--set", "b=2")
    # The same answer once more is of the same session; then it is of another one.
    service.wait("iq", lambda e: 'sessionid="s1"' in e["xml"])
    service.answer(COMMANDS, "set", command("sessionid='s2' status='completed'"))
    assert control.wait_exit(15) == 1
    assert any("another session" in line for line in control.lines.all())


def test_nobody_else_answers_for_a_service(site, friend, prosody):
    one, service = site()
    service.answer(COMMANDS, "set", command("sessionid='s1' status='completed'"), sender=f"eve@{SMS}")
    control = one.start_ctl("--timeout", "1s", "service", "run", SMS, "order")
    service.wait("iq", lambda e: e["ns"] == COMMANDS)
    service.answer(COMMANDS, "set", command("sessionid='s1' status='completed'"))
    assert one.ctl("service", "run", SMS, "order")["status"] == "STATUS_COMPLETED"
    assert control.returncode is None, "the forged answer counts for nothing"


def test_what_came_is_escaped(site):
    one, service = site()
    evil = "a\u009b31mb\u202ec"
    service.answer(COMMANDS, "set", command(
        "sessionid='s1' status='completed'",
        f"<note type='info'>{evil}</note>" + form(f"<title>{evil}</title>", f"<field var='{evil}'><value>{evil}</value>"
                                                  "</field>", kind="result")))
    done = one.run("service", "run", SMS, "order", json_output=False)
    assert done.returncode == 0
    for text in (done.stdout, done.stderr):
        assert "\u009b" not in text and "\u202e" not in text


# ---- gateways ----------------------------------------------------------------------------

OLD_FORM = (f"<query xmlns='{REGISTER}'><instructions>Say who you are there.</instructions><username/><password/>"
            "<key>k1</key></query>")
NEW_FORM = (f"<query xmlns='{REGISTER}'><registered/>" + form(
    "<title>Texts</title>", "<field var='FORM_TYPE' type='hidden'><value>jabber:iq:register</value></field>",
    "<field var='number' type='text-single' label='Your number'><required/><value>555</value></field>",
    "<field var='pin' type='text-private'/>") + "</query>")


@pytest.mark.parametrize("asked", ["old", "form"])
def test_registration_with_a_gateway(site, folder, asked):
    one, service = site(identity="gateway/sms", features=(REGISTER,))
    service.answer(REGISTER, "get", OLD_FORM if asked == "old" else NEW_FORM)
    service.answer(REGISTER, "set", "")
    secret = folder / "secret"
    secret.write_text("hunter2")
    row = one.rows("service", "list", "--gateways")[0]
    assert row["registered"] == (asked == "form")
    shown = one.ctl("service", "register", SMS, "--show")
    names = [field["name"] for field in shown["form"]["fields"]]
    assert names == (["username", "password", "key"] if asked == "old" else ["FORM_TYPE", "number", "pin"])
    if asked == "old":
        one.run("service", "register", SMS, "--set", "username=bob", "--set-file", f"password={secret}")
    else:
        one.run("service", "register", SMS, "--set", "number=777", "--set-file", f"pin={secret}")
    sent = service.wait("iq", lambda e: e["ns"] == REGISTER and e["type"] == "set")["xml"]
    assert "hunter2" in sent
    if asked == "old":
        assert re.search(r"username>bob</", sent) and re.search(r"key>k1</", sent)
    else:
        assert "777" in sent and 'var="FORM_TYPE"' in sent and 'type="submit"' in sent
    assert "hunter2" not in one.log_path.read_text(), "no secret in the log"

    mark = service.mark()
    assert one.run("service", "unregister", SMS).returncode == 0
    assert "remove" in service.wait("iq", lambda e: e["type"] == "set", since=mark)["xml"]


def test_a_gateway_that_refuses_says_why(site):
    one, service = site(identity="gateway/sms", features=(REGISTER,))
    service.answer(REGISTER, "get", OLD_FORM)
    service.answer(REGISTER, "set", "<error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                   "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no such number</text></error>", type="error")
    done = one.run("service", "register", SMS, "--set", "username=bob", "--set-file", "password=-", stdin="x")
    assert done.returncode == 2 and "no such number" in done.stderr
    done = one.run("service", "register", SMS, "--set", "username=bob", "--set", "password=x")
    assert done.returncode == 2 and "--set-file" in done.stderr
    done = one.run("service", "register", SMS, "--set", "usrname=bob", "--set-file", "password=-", stdin="x")
    assert done.returncode == 2 and "usrname" in done.stderr


def test_a_gateway_and_its_people_are_contacts(site):
    one, service = site(identity="gateway/sms", features=(REGISTER,))
    address = f"xmpp:555@{SMS}"
    with one.watch() as watch:
        one.ctl("contact", "add", f"555@{SMS}", "--name", "Five")
        service.wait("presence", lambda e: e["type"] == "subscribe" and e["to"] == f"555@{SMS}")
        service.raw(f"<presence from='555@{SMS}' to='alice@xmpp.test' type='subscribed'/>")
        service.raw(f"<presence from='555@{SMS}/phone' to='alice@xmpp.test'><status>here</status></presence>")
        watch.wait_for(lambda e: e.get("event", {}).get("contact_changed", {}).get("address") == address
                       and e["event"]["contact_changed"]["presence"]["status"] == "here")
        one.ctl("message", "send", f"555@{SMS}", "over the gateway")
        service.wait("message", lambda e: e["to"] == f"555@{SMS}" and e["body"] == "over the gateway")
        service.raw(f"<message from='555@{SMS}/phone' to='alice@xmpp.test' type='chat' id='m1'><body>and back</body>"
                    "</message>")
        watch.wait_for(lambda e: e.get("event", {}).get("message_changed", {}).get("text") == "and back")
    mark = service.mark()
    one.run("service", "logout", SMS)
    service.wait("presence", lambda e: e["type"] == "unavailable" and e["to"] == SMS, since=mark)
    one.run("service", "login", SMS)
    service.wait("presence", lambda e: e["type"] == "" and e["to"] == SMS, since=mark)
