"""Somebody in a room: a Friend who speaks XEP-0045.

    bob = Occupant(friend("bob", server), "tea@rooms.xmpp.test", "Bob")
    bob.join(); bob.say("hello"); bob.hears("hello", nick="Ann")
"""
import re
from xml.sax.saxutils import escape, quoteattr

ADMIN = "http://jabber.org/protocol/muc#admin"
OWNER = "http://jabber.org/protocol/muc#owner"


class Occupant:
    def __init__(self, friend, room, nick):
        self.friend, self.room, self.nick = friend, room, nick

    # ---- what he does ----------------------------------------------------------------

    def join(self, password=None):
        inside = f"<password>{password}</password>" if password else ""
        mark = self.friend.mark()
        self.friend.raw(f'<presence to={quoteattr(f"{self.room}/{self.nick}")}>'
                        f'<x xmlns="http://jabber.org/protocol/muc">{inside}</x></presence>')
        event = self.friend.wait("presence", lambda e: e["sender"] == f"{self.room}/{self.nick}"
                                 and (e["type"] == "error" or 'code="110"' in e["xml"]), since=mark)
        if event["type"] != "error" and 'code="201"' in event["xml"]:
            self.configure()
        return event

    def configure(self, **fields):
        """Opens a new room, or sets how it is; names without muc#roomconfig_."""
        form = '<field var="FORM_TYPE"><value>http://jabber.org/protocol/muc#roomconfig</value></field>' if fields \
            else ""
        form += "".join(f'<field var="muc#roomconfig_{name}"><value>{value}</value></field>'
                        for name, value in fields.items())
        return self.ask("set", f'<query xmlns="{OWNER}"><x xmlns="jabber:x:data" type="submit">{form}</x></query>')

    def ask(self, kind, inside):
        self.number = getattr(self, "number", 0) + 1
        answer = self.friend.ask(f'<iq type="{kind}" id="q{self.number}" to="{self.room}">{inside}</iq>')
        assert 'type="result"' in answer, answer
        return answer

    def leave(self):
        self.friend.raw(f'<presence to={quoteattr(f"{self.room}/{self.nick}")} type="unavailable"/>')

    def say(self, text, id=None, inside=""):
        self.number = getattr(self, "number", 0) + 1
        id = id or f"{self.nick}-{self.number}"
        self.friend.raw(f'<message to="{self.room}" type="groupchat" id="{id}"><body>{escape(text)}</body>{inside}'
                        "</message>")
        return id

    def whisper(self, nick, text):
        self.friend.raw(f'<message to={quoteattr(f"{self.room}/{nick}")} type="chat" id="w-{text}">'
                        f"<body>{escape(text)}</body></message>")

    def role(self, nick, role, why=""):
        self.ask("set", f'<query xmlns="{ADMIN}"><item nick={quoteattr(nick)} role="{role}">'
                        f"<reason>{why}</reason></item></query>")

    def affiliation(self, jid, affiliation, why=""):
        self.ask("set", f'<query xmlns="{ADMIN}"><item jid={quoteattr(jid)} affiliation="{affiliation}">'
                        f"<reason>{why}</reason></item></query>")

    # ---- what he hears ---------------------------------------------------------------

    def hears(self, text, nick=None, since=0, seconds=15):
        return self.friend.wait("message", lambda e: e["type"] == "groupchat" and e["body"] == text
                                and (nick is None or e["sender"] == f"{self.room}/{nick}"), seconds, since)

    def sees(self, nick, gone=False, since=0, seconds=15):
        return self.friend.wait("presence", lambda e: e["sender"] == f"{self.room}/{nick}"
                                and (e["type"] == "unavailable") == gone, seconds, since)

    def heard(self):
        return [event["body"] for event in self.friend.events("message")
                if event["type"] == "groupchat" and event["body"]]


def stanza_id(event, room):
    """What the room calls a message that was heard."""
    found = re.search(rf'stanza-id [^>]*id="([^"]+)"[^>]*by="{room}"|stanza-id [^>]*by="{room}"[^>]*id="([^"]+)"',
                      event["xml"])
    return found and (found.group(1) or found.group(2))
