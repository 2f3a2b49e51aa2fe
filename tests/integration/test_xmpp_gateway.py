"""A real gateway to a real network that is not XMPP: biboumi, and an IRC server behind it."""
# ctest: timeout=200
from test_xmpp_contacts import sign_in

IRC, SECRET = "irc.xmpp.test", "component-secret"
CAROL = f"carol%127.0.0.1@{IRC}"
JOIN = "<presence to='#tests%127.0.0.1@{0}/alice'><x xmlns='http://jabber.org/protocol/muc'/></presence>"


def test_irc_by_biboumi(daemon, prosody, irc, biboumi, friend, pki):
    one, server, network = daemon("one"), prosody(components={IRC: SECRET}), irc()
    carol = network.person("carol")
    biboumi(server.component_port, IRC, SECRET)
    account = sign_in(one, server, pki)

    gateway = one.rows("service", "list", "--gateways")[0]
    assert gateway["address"] == f"xmpp:{IRC}" and gateway["identities"] == ["conference/irc"]
    assert {row["node"] for row in one.rows("service", "commands", IRC)} >= {"configure", "hello", "ping"}
    greeting = one.rows("service", "run", IRC, "hello", "--set", "name=Alice")[-1]
    assert "Alice" in greeting["notes"][0]["text"]

    # The IRC server is not where biboumi would look for one.
    configured = one.rows("service", "run", f"127.0.0.1@{IRC}", "configure", "--set", f"ports={network.port}")[-1]
    assert configured["status"] == "STATUS_COMPLETED" and "applied" in configured["notes"][0]["text"]
    shown = one.rows("service", "run", f"127.0.0.1@{IRC}", "configure", "--defaults")[0]
    ports = next(field for field in shown["form"]["fields"] if field["name"] == "ports")
    assert ports["values"] == [str(network.port)], "it is kept"

    # biboumi is on IRC for whoever is in a channel; here another device of the same person is.
    other = friend("alice", server)
    other.raw(JOIN.format(IRC))
    other.wait("presence", lambda e: e["sender"].endswith("/alice") and "tests" in e["sender"], seconds=30)
    one.ctl("message", "send", CAROL, "hello from XMPP")
    carol.wait("PRIVMSG carol :hello from XMPP")
    carol.say("alice", "hello from IRC")
    other.wait("message", lambda e: e["body"] == "hello from IRC" and e["sender"].startswith(CAROL))
    # biboumi writes to the devices in the channel alone; the archive has it for all of them.
    one.run("account", "disable", account)
    with one.watch() as watch:
        one.run("account", "enable", account)
        watch.wait_for(lambda e: e.get("event", {}).get("message_changed", {}).get("text") == "hello from IRC", 20)
    conversation = [row["text"] for row in one.rows("message", "list", CAROL)]
    assert sorted(conversation) == ["hello from IRC", "hello from XMPP"]
