"""An account that is a component of a real prosody (XEP-0114): it logs in, stays, comes back, and writes and is written to
by addresses of its domain."""
# ctest: timeout=200
import json

GATEWAY, SECRET = "gw.xmpp.test", "component-secret"


def add(commd, server, *options, secret=SECRET, status=0):
    done = commd.run("account", "add", f"xmpp:{GATEWAY}", "--password-file", "-", "--server",
                     f"127.0.0.1:{server.component_port}", *options, stdin=secret)
    assert done.returncode == status, done
    return done


def is_message(**values):
    return lambda e: all(e.get("event", {}).get("message_changed", {}).get(key) == value
                         for key, value in values.items())


def test_a_component_writes_and_is_written_to(daemon, prosody, friend, pki):
    one, server = daemon("one"), prosody(components={GATEWAY: SECRET})
    add(one, server)
    account = one.ctl("wait", "account", f"xmpp:{GATEWAY}", "--for=state=online")
    assert account["protocol"] == "PROTOCOL_XMPP_COMPONENT"
    assert account["server_in_use"].startswith("tcp 127.0.0.1")
    bob = friend("bob", server)
    with one.watch() as watch:
        sent = one.ctl("message", "send", "bob@xmpp.test", "sunny", "--from", GATEWAY, "--as", f"weather@{GATEWAY}")
        assert sent["local"] == f"xmpp:weather@{GATEWAY}"
        bob.wait("message", lambda e: e["body"] == "sunny" and e["sender"] == f"weather@{GATEWAY}")
        watch.wait_for(is_message(id=sent["id"], state="STATE_DELIVERED"))
        bob.say(f"news@{GATEWAY}", "what is new?")
        came = watch.wait_for(is_message(text="what is new?"))["event"]["message_changed"]
        assert came["local"] == f"xmpp:news@{GATEWAY}" and came["peer"] == "xmpp:bob@xmpp.test"
        assert "result" in bob.ask(f"<iq type='get' id='p' to='anybody@{GATEWAY}'><ping xmlns='urn:xmpp:ping'/></iq>")

        server.kill()
        watch.wait_for(lambda e: e.get("event", {}).get("account_changed", {}).get("state") == "STATE_RETRYING"
                       and e["event"]["account_changed"]["id"] == f"xmpp:{GATEWAY}")
        late = one.ctl("message", "send", "bob@xmpp.test", "stormy", "--from", GATEWAY)
        server.start()
        watch.wait_for(is_message(id=late["id"], state="STATE_SENT"), seconds=30)
    bob = friend("bob", server, resource="again")
    bob.wait("message", lambda e: e["body"] == "stormy" and e["sender"] == GATEWAY)
    one.restart()
    one.ctl("wait", "account", f"xmpp:{GATEWAY}", "--for=state=online")
    told = {row["text"]: row["local"] for row in one.rows("message", "list", "bob@xmpp.test")}
    assert told == {"sunny": f"xmpp:weather@{GATEWAY}", "what is new?": f"xmpp:news@{GATEWAY}",
                    "stormy": f"xmpp:{GATEWAY}"}


def test_what_is_wrong_is_said(daemon, prosody, pki):
    one, server = daemon("one"), prosody(components={GATEWAY: SECRET})
    done = one.run("account", "add", f"xmpp:{GATEWAY}", "--password-file", "-", stdin=SECRET)
    assert done.returncode == 2 and "server=HOST:PORT" in done.stderr
    add(one, server, secret="wrong", status=1)
    account = one.ctl("account", "show", f"xmpp:{GATEWAY}")
    assert (account["state"], account["state_reason"]) == ("STATE_FAILED", "COMPONENT_SECRET_REFUSED")
    one.run("account", "set", f"xmpp:{GATEWAY}", "--password-file", "-", stdin=SECRET)
    one.ctl("wait", "account", f"xmpp:{GATEWAY}", "--for=state=online")
    assert SECRET not in one.log_path.read_text()
    for words, text in ((("message", "send", "bob@xmpp.test", "x", "--from", GATEWAY, "--as", "bob@xmpp.test"),
                         f"weather@{GATEWAY}"),
                        (("service", "list", "--from", GATEWAY), "XMPP accounts alone")):
        done = one.run(*words)
        assert done.returncode != 0 and text in json.loads(done.stderr)["error"]["message"], done


def test_nothing_goes_over_a_network_in_clear(daemon, prosody, own_network, pki):
    own_network("192.0.2.77")
    one, server = daemon("one"), prosody(components={GATEWAY: SECRET}, more='component_interface = "*"\n')
    done = one.run("account", "add", f"xmpp:{GATEWAY}", "--password-file", "-", "--server",
                   f"192.0.2.77:{server.component_port}", stdin=SECRET)
    account = one.ctl("account", "show", f"xmpp:{GATEWAY}")
    assert account["state_reason"] == "COMPONENT_NOT_PROTECTED" and "allow_clear_text=on" in account["state_message"], done
    one.ctl("account", "set", f"xmpp:{GATEWAY}", "allow_clear_text=on")
    one.ctl("wait", "account", f"xmpp:{GATEWAY}", "--for=state=online")
