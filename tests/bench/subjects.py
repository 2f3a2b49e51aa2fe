"""The callees that are measured, all alike: a SIP port on 127.0.0.1, a user to call, a process id.

    with Commd(folder, ports) as subject: Generator(folder).rate(subject, 300, 4)

commd and baresip echo what they hear, after decoding and encoding it again; the reflector sends
packets back as they are.
"""
import itertools
import json
import pathlib

from peers.daemon import Daemon, binary
from peers.process import Process, wait_udp

# The ports of media of whoever is measured; the generator's begin above.
FIRST_RTP, LAST_RTP = 20000, 59999
LIMITS = {"limits": {"calls": 20000, "ringing": 20000, "per_source_rate": 100000},
          "log": {"level": "warn"}, "media": {"rtp_ports": f"{FIRST_RTP}-{LAST_RTP}"}}
_numbers = itertools.count(1)


class Subject:
    """Base: a context that stops what it has started."""

    name = ""
    port = 0
    pid = 0

    def __init__(self, user):
        self.user = user

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Commd(Subject):
    """user "echo" is its echo service; "local" a person: rings, or answers at once with auto_answer."""

    name = "commd"

    def __init__(self, folder, _ports, *, user="echo", auto_answer=False):
        super().__init__(user)
        self.daemon = Daemon(folder, f"commd-{next(_numbers)}", settings=LIMITS)
        try:
            if auto_answer:
                self.daemon.ctl("account", "set", "local", "auto_answer=always", "--yes")
            listening = self.daemon.ctl("status")["listening"]
            self.port = next(int(address.rsplit(":", 1)[1]) for address in listening
                             if address.startswith("udp 127.0.0.1:"))
        except BaseException:
            self.daemon.stop()
            raise
        self.pid = self.daemon.process.pid

    def stop(self):
        self.daemon.stop()


BARESIP_CONFIG = """poll_method epoll
sip_listen 127.0.0.1:{port}
call_local_timeout 120
call_max_calls 5000
audio_player aubridge,nobody
audio_source aubridge,nobody
audio_alert aubridge,nobody
ausrc_channels 1
auplay_channels 1
audio_level no
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 20-160
rtp_ports {first}-{last}
rtp_bandwidth 512-1024
jitter_buffer_type fixed
jitter_buffer_delay 2-10
rtp_stats no
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module g711.so
module opus.so
module aubridge.so
module srtp.so
{more}
module_tmp account.so
{echo}
opus_bitrate 32000
opus_complexity 5
opus_application voip
opus_packet_loss 5
opus_stereo no
opus_sprop_stereo no
opus_inbandfec yes
"""


class Baresip(Subject):
    """With echo: its echo module answers, decodes, and encodes again. Without: it rings.

    accounts: whole lines of its accounts file instead of the one without a registrar. modules: further ones.
    """

    name = "baresip"

    def __init__(self, folder, ports, *, codec="pcmu", srtp=False, echo=True, accounts=None, modules=()):
        super().__init__("echo")
        folder = pathlib.Path(folder) / f"bench-baresip-{next(_numbers)}"
        folder.mkdir()
        self.port = ports.pair()
        (folder / "config").write_text(BARESIP_CONFIG.format(
            port=self.port, first=FIRST_RTP, last=LAST_RTP, more="\n".join(f"module {each}.so" for each in modules),
            echo="module_app echo.so" if echo else ""))
        codecs = {"pcmu": "PCMU/8000/1", "opus": "opus/48000/1"}[codec]
        own = (f"<sip:echo@127.0.0.1:{self.port};transport=udp>;regint=0;answermode=manual;"
               f"audio_codecs={codecs}{';mediaenc=srtp-mand' if srtp else ''}")
        (folder / "accounts").write_text("\n".join(accounts or [own]) + "\n")
        (folder / "contacts").touch()
        self.process = Process(["baresip", "-f", folder, "-4"], folder / "log")
        self.pid = self.process.pid
        try:
            wait_udp(self.port, process=self.process)
            self.process.wait_line("baresip is ready")
        except BaseException:
            self.process.kill()
            raise

    def stop(self):
        self.process.kill()


class Reflector(Subject):
    """Packets back as they came, one receive and one send each: what sockets alone cost."""

    name = "reflector"

    def __init__(self, folder, _ports):
        super().__init__("echo")
        self.process = Process([binary("bench_load"), "answer"],
                               pathlib.Path(folder) / f"reflector-{next(_numbers)}.log", split=True)
        self.pid = self.process.pid
        line = self.process.out.wait(lambda text: text, 10)
        if line is None:
            self.process.kill()
            self.process.fail("did not say its port")
        self.port = json.loads(line)["port"]

    def stop(self):
        self.process.kill()
