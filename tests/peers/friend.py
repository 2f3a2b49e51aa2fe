"""The other person of an XMPP conversation: a slixmpp client in a process of its own.

    bob = Friend(folder, prosody, pki, "bob")
    bob.say("alice@xmpp.test", "hello")
    bob.wait("message", lambda event: event["body"] == "hello")

It answers receipts (XEP-0184), tells what comes in as one JSON object a line, and takes commands
as JSON on its standard input. With echo=True it sends each message back. plugins: further ones of
slixmpp, for example "xep_0115"; "jingle" is ours (jingle.py).
"""
import json
import pathlib
import subprocess
import sys

from .process import Process


class Friend:
    def __init__(self, folder, prosody, pki, user, *, password=None, echo=False, resource="friend",
                 plugins=()):
        self.jid = f"{user}@{prosody.domain}"
        log = pathlib.Path(folder) / f"friend-{user}-{resource}.log"
        # With a tail of nothing secret: the password goes in by standard input.
        self._process = Process([sys.executable, "-m", "peers.friend", self.jid, resource, prosody.host,
                                 str(prosody.starttls), str(pki.ca.cert), "echo" if echo else "quiet", ",".join(plugins)],
                                log, split=True, stdin=subprocess.PIPE)
        self._command(password=password or prosody.users[user])
        self.wait("online")

    def _command(self, **what):
        self._process.stdin.write((json.dumps(what) + "\n").encode())
        self._process.stdin.flush()

    # ---- what it does --------------------------------------------------------------

    def say(self, to, body, **more):
        """A chat message; more: id, marker=True asks for a displayed marker."""
        self._command(do="say", to=to, body=body, **more)

    def raw(self, xml):
        """Any stanza at all."""
        self._command(do="raw", xml=xml)

    def ask(self, xml, seconds=10):
        """Sends an iq and gives the answer's XML."""
        mark = self.mark()
        self._command(do="raw", xml=xml)
        return self.wait("iq", seconds=seconds, since=mark)["xml"]

    def displayed(self, to, message_id):
        self._command(do="displayed", to=to, id=message_id)

    def take_files(self):
        """With "jingle": files that are offered, in band alone."""
        self._command(do="take_files")

    def presence(self, **what):
        """to, type, show, status"""
        self._command(do="presence", **what)

    # ---- what it hears ---------------------------------------------------------------

    def mark(self):
        return self._process.out.count()

    def events(self, kind=None):
        events = [json.loads(line) for line in self._process.out.all()]
        return [event for event in events if kind in (None, event["event"])]

    def wait(self, kind, predicate=lambda event: True, seconds=15, since=0):
        def matches(line):
            event = json.loads(line)
            return event if event["event"] == kind and predicate(event) else None

        event = self._process.out.wait(matches, seconds, since)
        if event is None:
            last = "\n".join(self._process.out.all()[-15:])
            self._process.fail(f"no such {kind} within {seconds} s; the last were\n{last}")
        return event

    def stop(self):
        self._process.stop()


# ---- the process -----------------------------------------------------------------------


def main(jid, resource, host, port, ca_file, mode, plugins):
    import asyncio

    import slixmpp
    from slixmpp.xmlstream import ET

    from peers.jingle import Jingle

    def tell(event, **what):
        print(json.dumps({"event": event, **what}), flush=True)

    class Client(slixmpp.ClientXMPP):
        def __init__(self, password):
            super().__init__(f"{jid}/{resource}", password)
            self.ca_certs = ca_file
            for plugin in ("xep_0030", "xep_0199", "xep_0184", "xep_0085", "xep_0333",
                           *(name for name in plugins.split(",") if name.startswith("xep_"))):
                self.register_plugin(plugin)
            self.plugin["xep_0184"].auto_ack = True
            self.auto_authorize = self.auto_subscribe = None
            self.add_event_handler("session_start", self.begin)
            self.add_event_handler("message", self.message)
            self.add_event_handler("receipt_received",
                                   lambda m: tell("receipt", id=m["receipt"], sender=str(m["from"])))
            self.add_event_handler("presence", self.on_presence)
            self.jingle = Jingle(self, tell) if "jingle" in plugins.split(",") else None
            for name in ("failed_auth", "disconnected"):
                self.add_event_handler(name, lambda _, name=name: tell(name))

        async def begin(self, _):
            if "xep_0115" in self.plugin:
                await self["xep_0115"].update_caps()
            self.send_presence()
            await self.get_roster()
            tell("online", jid=str(self.boundjid))

        def on_presence(self, stanza):
            tell("presence", sender=str(stanza["from"]), type=stanza["type"], status=stanza["status"],
                 show=stanza["show"], xml=ET.tostring(stanza.xml, encoding="unicode"))

        def message(self, m):
            children = sorted(child.tag for child in m.xml)
            tell("message", sender=str(m["from"]), body=m["body"], id=m["id"], type=m["type"],
                 children=children, xml=ET.tostring(m.xml, encoding="unicode"))
            if mode == "echo" and m["type"] == "chat" and m["body"]:
                self.say({"to": str(m["from"]), "body": m["body"]})

        def say(self, what):
            m = self.make_message(mto=what["to"], mbody=what["body"], mtype="chat")
            if "id" in what:
                m["id"] = what["id"]
            if what.get("marker"):
                m.append(ET.Element("{urn:xmpp:chat-markers:0}markable"))
            m["request_receipt"] = True
            m.send()

        def command(self, what):
            if what["do"] == "say":
                self.say(what)
            elif what["do"] == "displayed":
                m = self.make_message(mto=what["to"], mtype="chat")
                m.append(ET.Element("{urn:xmpp:chat-markers:0}displayed", {"id": what["id"]}))
                m.send()
            elif what["do"] == "take_files":
                self.jingle.takes = True
            elif what["do"] == "presence":
                self.send_presence(pto=what.get("to"), ptype=what.get("type"), pshow=what.get("show"),
                                   pstatus=what.get("status"))
            else:
                self.send_raw(what["xml"])

    async def run():
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=1 << 24)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        client = Client(json.loads(await reader.readline())["password"])

        def answers(stanza):
            if stanza.tag.endswith("}iq"):
                tell("iq", xml=ET.tostring(stanza, encoding="unicode"))

        def incoming(stanza):
            if isinstance(stanza, slixmpp.stanza.Iq) and stanza["type"] in ("result", "error"):
                answers(stanza.xml)
            # What says nothing is no message to slixmpp.
            if isinstance(stanza, slixmpp.stanza.Message) and not stanza["body"]:
                client.message(stanza)
            return stanza

        client.add_filter("in", incoming)
        client.connect((host, int(port)))
        while line := await reader.readline():
            client.command(json.loads(line))
        await client.disconnect(wait=1.0)

    asyncio.run(run())


if __name__ == "__main__":
    main(*sys.argv[1:])
