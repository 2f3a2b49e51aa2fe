"""What a friend (friend.py, plugins=["jingle"]) can do with files from device to device: acknowledges every
Jingle stanza and tells of it, and, once asked to, takes a file as another program would.

Runs in the friend's process.
"""
import hashlib
import itertools

from slixmpp.xmlstream import ET
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXMLMask

JINGLE = "urn:xmpp:jingle:1"
FILE = "urn:xmpp:jingle:apps:file-transfer:5"
IBB = "urn:xmpp:jingle:transports:ibb:1"
S5B = "urn:xmpp:jingle:transports:s5b:1"


class Jingle:
    def __init__(self, client, tell):
        self.client, self.tell = client, tell
        self.numbers = itertools.count()
        self.takes = None  # how
        self.sid = self.peer = self.name = None
        self.data = b""
        client.register_plugin("xep_0047", {"auto_accept": True})
        client.register_handler(Callback(
            "jingle", MatchXMLMask(f"<iq xmlns='jabber:client' type='set'><jingle xmlns='{JINGLE}'/></iq>"), self.take))
        client.add_event_handler("session_start", lambda _: client["xep_0030"].add_feature(FILE))
        client.add_event_handler("ibb_stream_data", self.came)
        client.add_event_handler("ibb_stream_end", self.over)

    def send(self, action, inner):
        self.client.send_raw(
            f"<iq type='set' id='j{next(self.numbers)}' to='{self.peer}'><jingle xmlns='{JINGLE}' "
            f"action='{action}' sid='{self.sid}'>{inner}</jingle></iq>")

    def content(self, inner):
        return f"<content creator='initiator' name='{self.name}' senders='initiator'>{inner}</content>"

    def take(self, iq):
        iq.reply().send()
        jingle = iq.xml.find(f"{{{JINGLE}}}jingle")
        action = jingle.get("action")
        self.tell("jingle", action=action, xml=ET.tostring(iq.xml, encoding="unicode"))
        if not self.takes:
            return
        content = jingle.find(f"{{{JINGLE}}}content")
        if action == "session-initiate":
            self.peer, self.sid, self.name = str(iq["from"]), jingle.get("sid"), content.get("name")
            self.data = b""
            description = ET.tostring(content.find(f"{{{FILE}}}description"), encoding="unicode")
            transport = content.find(f"{{{S5B}}}transport").get("sid")
            self.transport = f"<transport xmlns='{S5B}' sid='{transport}'>%s</transport>"
            self.send("session-accept", self.content(description + self.transport % ""))
            self.send("transport-info", self.content(self.transport % "<candidate-error/>"))
        elif action == "transport-replace":
            transport = content.find(f"{{{IBB}}}transport")
            self.send("transport-accept", self.content(
                f"<transport xmlns='{IBB}' sid='{transport.get('sid')}' block-size='{transport.get('block-size')}'/>"))

    def came(self, stream):
        self.data += stream.read()

    def over(self, _):
        self.tell("file", size=len(self.data), sha256=hashlib.sha256(self.data).hexdigest())
        self.send("session-terminate", "<reason><success/></reason>")
