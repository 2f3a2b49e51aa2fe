"""A service of an XMPP server: a slixmpp component in a process of its own (XEP-0114).

    sms = Component(folder, prosody, port, "sms.xmpp.test", "component-secret", identity="gateway/sms")
    sms.answer("jabber:iq:register", "get", "<query xmlns='jabber:iq:register'>...</query>")
    sms.wait("iq", lambda event: event["ns"] == "jabber:iq:register")

It answers what it was told to answer, `{session}`-like words left as they are, and tells every
stanza that comes as one JSON object a line. `program` names a function of this file that plays a
service with a mind of its own.
"""
import json
import pathlib
import subprocess
import sys

from .process import Process


class Component:
    def __init__(self, folder, port, domain, secret, *, identity="component/generic", name="", features=(),
                 program="plain"):
        self.domain = domain
        log = pathlib.Path(folder) / f"component-{domain}.log"
        self._process = Process([sys.executable, "-m", "peers.component", domain, str(port), identity, name,
                                 ",".join(features), program], log, split=True, stdin=subprocess.PIPE)
        self._command(secret=secret)
        self.wait("online")

    def _command(self, **what):
        self._process.stdin.write((json.dumps(what) + "\n").encode())
        self._process.stdin.flush()

    def answer(self, ns, kind, payload, *, type="result", sender=None):
        """How it answers an iq of that type whose child is of that namespace, from now on.

        sender: who says so, instead of the one that was asked.
        """
        self._command(do="answer", ns=ns, kind=kind, payload=payload, type=type, sender=sender)
        self.wait("ready", lambda event: event["ns"] == ns and event["kind"] == kind)

    def raw(self, xml):
        self._command(do="raw", xml=xml)

    # ---- what it hears -----------------------------------------------------------------

    def mark(self):
        return self._process.out.count()

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


def plain(_):
    """Answers what it was told to, and nothing else."""


def commands(component):
    """A command of three stages that ends by telling what it was told."""
    async def first(_, session):
        form = component["xep_0004"].make_form("form", "Order")
        form["instructions"] = "What do you want to eat?"
        form.add_field(var="note", ftype="fixed", value="The kitchen closes soon.")
        form.add_field(var="secret-way", ftype="hidden", value="kept")
        form.add_field(var="dish", ftype="list-single", label="Dish", required=True,
                       options=[{"label": "Soup of the day", "value": "soup"},
                                {"label": "Bread", "value": "bread"}])
        form.add_field(var="hot", ftype="boolean", label="Hot", value=True)
        return {**session, "payload": form, "next": second, "has_next": True, "allow_prev": False,
                "allow_complete": False}

    async def second(payload, session):
        session["order"] = payload["values"]
        form = component["xep_0004"].make_form("form", "Way")
        form.add_field(var="street", ftype="text-multi", label="Street")
        form.add_field(var="code", ftype="text-private", label="Door code")
        return {**session, "payload": form, "next": third, "prev": first, "has_next": True,
                "allow_prev": True, "allow_complete": True}

    async def third(payload, session):
        way = payload["values"] if payload else {}
        form = component["xep_0004"].make_form("result", "Ordered")
        for key, value in {**session["order"], **way}.items():
            form.add_field(var=key, ftype="text-multi" if isinstance(value, list) else "text-single",
                           label=key.capitalize(), value=value)
        return {**session, "payload": form, "next": None, "has_next": False,
                "notes": [("info", "It is on its way.")]}

    component["xep_0050"].add_command(jid=component.boundjid.full, node="order", name="Order a meal",
                                      handler=first)


def main(domain, port, identity, name, features, program):
    import asyncio

    import slixmpp
    from slixmpp.componentxmpp import ComponentXMPP
    from slixmpp.xmlstream import ET

    def tell(event, **what):
        print(json.dumps({"event": event, **what}), flush=True)

    class Service(ComponentXMPP):
        def __init__(self, secret):
            super().__init__(domain, secret, "127.0.0.1", int(port))
            self.answers = {}
            for plugin in ("xep_0030", "xep_0004", "xep_0199", "xep_0050"):
                self.register_plugin(plugin)
            category, kind = identity.split("/")
            self["xep_0030"].add_identity(category, kind, name or None)
            for feature in filter(None, features.split(",")):
                self["xep_0030"].add_feature(feature)
            self.auto_authorize = self.auto_subscribe = None
            self.add_event_handler("session_start", self.begin)
            self.add_filter("in", self.incoming)

        async def begin(self, _):
            globals()[program](self)
            tell("online", jid=str(self.boundjid))

        def incoming(self, stanza):
            xml = stanza.xml
            kind = xml.tag.rpartition("}")[2]
            child = xml[0] if len(xml) else None
            ns = child.tag.partition("}")[0][1:] if child is not None else ""
            tell(kind, sender=xml.get("from"), to=xml.get("to"), type=xml.get("type", ""), ns=ns,
                 body=xml.findtext("{jabber:component:accept}body"), xml=ET.tostring(xml, encoding="unicode"))
            answer = self.answers.get((ns, xml.get("type")))
            if kind != "iq" or answer is None:
                return stanza
            sender = answer["sender"] or xml.get("to")
            self.send_raw(f"<iq type='{answer['type']}' id='{xml.get('id')}' from='{sender}' "
                          f"to='{xml.get('from')}'>{answer['payload']}</iq>")
            return None

        def command(self, what):
            if what["do"] == "answer":
                self.answers[what["ns"], what["kind"]] = what
                tell("ready", ns=what["ns"], kind=what["kind"])
            else:
                self.send_raw(what["xml"])

    async def run():
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=1 << 24)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        service = Service(json.loads(await reader.readline())["secret"])
        service.connect()
        while line := await reader.readline():
            service.command(json.loads(line))
        await service.disconnect(wait=1.0)

    asyncio.run(run())


if __name__ == "__main__":
    main(*sys.argv[1:])
