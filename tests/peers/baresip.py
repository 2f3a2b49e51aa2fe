"""Another vendor's phone: baresip, configured and driven from outside.

    bob = Baresip(folder, ports, "bob", registrar=kamailio, password="secret",
                  source="sine:1000", transport="tls", mediaenc="srtp-mand", answer="auto")
    bob.wait_registered(); bob.dial("sip:alice@example.test"); bob.wait_event("CALL_ESTABLISHED")
    bob.hangup(); tones.assert_tone(bob.heard(), 440)

What it sends and hears is recorded by its sndfile module; its log has every SIP message.
"""
import json
import pathlib
import re
import select
import socket
import time

from .process import Process, deadline, wait_udp

CODECS = {"pcmu": "PCMU/8000/1", "pcma": "PCMA/8000/1", "g722": "G722/16000/1",
          "opus": "opus/48000/1", "l16": "L16/16000/1", "gsm": "GSM/8000/1"}
MODULES = ("g711", "g722", "gsm", "opus", "l16", "ausine", "aufile", "aubridge", "stun", "turn",
           "ice", "srtp", "dtls_srtp", "debug_cmd", "uuid", "sndfile")
RTP_PORTS = 16

CONFIG = """poll_method epoll
sip_listen {host}:{sip}
sip_certificate {certificate}
sip_cafile {ca}
call_local_timeout 120
call_max_calls {max_calls}
audio_player aubridge,{name}
audio_source {source}
audio_alert aufile,/dev/null
ausrc_channels {channels}
ausrc_srate 48000
auplay_channels 1
audio_level no
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 20-160
rtp_tos 184
rtp_ports {rtp}-{rtp_last}
rtp_bandwidth 512-1024
jitter_buffer_type fixed
jitter_buffer_delay 2-10
rtp_stats yes
net_interface {interface}
module_path /usr/lib/baresip/modules
{modules}
snd_path {recordings}
module_tmp account.so
module_app contact.so
module_app presence.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
opus_bitrate 28000
opus_stereo no
opus_sprop_stereo no
menu_bell no
"""


class Control:
    """The JSON netstrings of ctrl_tcp."""

    def __init__(self, port, process):
        self._socket = self._connect(port, process)
        self._buffer = b""
        self.events = []

    @staticmethod
    def _connect(port, process, seconds=10):
        """The only connection ever made: baresip serves one, and a probe before it would disturb it."""
        until = deadline(seconds)
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), 1)
            except OSError:
                if not process.alive() or time.monotonic() > until:
                    process.fail("does not accept on its control port")
            select.select([], [], [], 0.01)

    def _netstring(self):
        colon = self._buffer.find(b":")
        if colon <= 0:
            return None
        length = int(self._buffer[:colon])
        end = colon + 1 + length
        if len(self._buffer) <= end:
            return None
        body, self._buffer = self._buffer[colon + 1:end], self._buffer[end + 1:]
        return json.loads(body)

    def receive(self, until):
        """The next message, or None when it is too late or baresip is gone."""
        while True:
            message = self._netstring()
            if message:
                if message.get("event"):
                    self.events.append(message)
                return message
            left = until - time.monotonic()
            if left <= 0:
                return None
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(65536)
            except (TimeoutError, ConnectionError):
                return None
            if not data:
                return None
            self._buffer += data

    def command(self, command, parameters="", seconds=5):
        body = json.dumps({"command": command, "params": parameters, "token": "t"}).encode()
        self._socket.sendall(b"%d:%s," % (len(body), body))
        until = deadline(seconds)
        while True:
            message = self.receive(until)
            if message is None or message.get("response"):
                return message

    def close(self):
        self._socket.close()


class Baresip:
    """One phone with one account. It runs when the constructor returns.

    registrar: a Kamailio to register with, or None (then others dial `uri`).
    source: "sine:HZ", "file:PATH.wav" or "silence". codecs: names of CODECS, in order.
    contacts: lines of its contacts file; those with presence=p2p it watches. mediaenc: "", "srtp", "srtp-mand", "srtp-mandf" or "dtls_srtp". answer: "auto", "manual" or "early".
    """

    def __init__(self, folder, ports, name, *, registrar=None, password="", pki=None,
                 transport="udp", source="sine:1000", codecs=("pcmu",), mediaenc="", medianat="",
                 answer="auto", max_calls=4, account="", host="127.0.0.1", contacts=()):
        self.name, self.registrar, self._host = name, registrar, host
        self._folder = pathlib.Path(folder) / f"baresip-{name}"
        self._recordings = self._folder / "recordings"
        self._recordings.mkdir(parents=True)
        self.port, self._control_port = ports.pair(), ports.free()
        self._rtp = ports.block(RTP_PORTS)
        self._transport = transport
        address = f"[{host}]" if ":" in host else host
        # baresip listens for SIP over TLS on the port above.
        port = self.port + 1 if transport == "tls" else self.port
        self.uri = f"sip:{name}@{registrar.domain}" if registrar else \
            f"sip:{name}@{address}:{port};transport={transport}"
        self._write_config(source, pki, max_calls, address, contacts)
        self._write_account(password, codecs, mediaenc, medianat, answer, account, address)
        arguments = ["baresip", "-v", "-s", "-f", self._folder]
        self.process = Process(arguments + ["-6" if ":" in host else "-4"],
                               pathlib.Path(folder) / f"baresip-{name}.log")
        try:
            self._control = Control(self._control_port, self.process)
            wait_udp(self.port, process=self.process)
        except BaseException:
            self.process.kill()
            raise

    def _write_config(self, source, pki, max_calls, address, contacts):
        kind, _, value = source.partition(":")
        driver = {"sine": f"ausine,{value}", "file": f"aufile,{value}",
                  "silence": f"aubridge,{self.name}-silence"}[kind]
        certificate = pki.leaf(f"{self.name}.client.test") if pki else None
        (self._folder / "config").write_text(CONFIG.format(
            host=address, interface=self._host, sip=self.port, certificate=certificate.pem if certificate else "",
            ca=pki.ca.cert if pki else "", max_calls=max_calls, name=self.name, source=driver,
            channels=2 if kind == "sine" else 1, rtp=self._rtp, rtp_last=self._rtp + RTP_PORTS - 1,
            modules="\n".join(f"module {module}.so" for module in MODULES),
            recordings=self._recordings, control=self._control_port))
        (self._folder / "contacts").write_text("".join(f"{each}\n" for each in contacts))

    def _write_account(self, password, codecs, mediaenc, medianat, answer, extra, address):
        extras = [f"answermode={answer}", "audio_codecs=" + ",".join(CODECS.get(c, c) for c in codecs)]
        if mediaenc:
            extras.append(f"mediaenc={mediaenc}")
        if medianat:
            extras.append(f"medianat={medianat}")
        if self.registrar:
            port = {"udp": self.registrar.udp, "tcp": self.registrar.tcp,
                    "tls": self.registrar.tls}[self._transport]
            there = f"[{self.registrar.host}]" if ":" in self.registrar.host else self.registrar.host
            target = f"sip:{there}:{port};transport={self._transport}"
            extras += [f"auth_user={self.name}", f"auth_pass={password}", f'outbound="{target}"', "regint=300"]
            uri = f"sip:{self.name}@{self.registrar.domain};transport={self._transport}"
        else:
            extras.append("regint=0")
            uri = f"sip:{self.name}@{address}:{self.port};transport={self._transport}"
        if extra:
            extras.append(extra)
        (self._folder / "accounts").write_text(f"<{uri}>;{';'.join(extras)}\n")

    # ---- events -----------------------------------------------------------------

    @property
    def events(self):
        """Every event so far, oldest first."""
        return list(self._control.events)

    def wait_event(self, kind, seconds=10, matches=lambda event: True):
        """The first event of that type (also one that has already been), or the test fails."""
        until = deadline(seconds)
        seen = 0
        while True:
            for event in self._control.events[seen:]:
                if event.get("type") == kind and matches(event):
                    return event
            seen = len(self._control.events)
            if self._control.receive(until) is None:
                types = [event.get("type") for event in self._control.events]
                self.process.fail(f"no event {kind} within {seconds} s; there were {types}")

    def forget_events(self):
        """Wait only for what comes from now on."""
        self._control.command("about")
        self._control.events.clear()

    def wait_registered(self, seconds=10):
        """Until the registrar has said 200 (it may have before we could listen for events)."""
        self.process.wait_line(r"\] 200 OK|200 OK \(.*\) \[\d+ binding|All .* registered success", seconds)

    # ---- commands ------------------------------------------------------------------

    def command(self, command, parameters=""):
        answer = self._control.command(command, parameters)
        if answer is None:
            self.process.fail(f"no answer to {command}")
        return answer

    def dial(self, uri):
        return self.command("dial", uri)

    def accept(self):
        return self.command("accept")

    def hangup(self):
        return self.command("hangup")

    def hold(self):
        return self.command("hold")

    def resume(self):
        return self.command("resume")

    def mute(self):
        return self.command("mute")

    def dtmf(self, digits):
        """Sends the digits as RFC 4733 events."""
        for digit in digits:
            self.command("sndcode", digit)

    def dtmf_received(self):
        """The digits heard so far."""
        self._control.command("about")
        return "".join(event.get("param", "") for event in self._control.events
                       if event.get("type") == "CALL_DTMF_START")

    def transfer(self, uri):
        """Blind transfer of the current call by REFER."""
        return self.command("transfer", uri)

    # ---- recordings ----------------------------------------------------------------

    def heard(self):
        """The recording of what the last call's other end was heard to say."""
        return self._recording("dec")

    def said(self):
        return self._recording("enc")

    def _recording(self, direction):
        found = sorted(self._recordings.glob(f"*{direction}.wav"), key=lambda p: p.stat().st_mtime_ns)
        assert found, f"{self.name} has recorded nothing ({direction})"
        return found[-1]

    def encoder(self):
        """The codec it sends, as its log tells: for example "PCMU"."""
        names = [re.search(r"Set audio encoder: (\S+)", line) for line in self.process.lines.all()]
        names = [match.group(1) for match in names if match]
        return names[-1] if names else None

    def stop(self):
        self._control.close()
        self.process.stop()
